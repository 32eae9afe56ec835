"""Random expression graphs: one recipe, built by microgd and by PyTorch alike.

A recipe is data: the leaves' numbers, and steps that each apply a primitive to earlier results (any of
them, again and again, so that nodes are shared) or to plain floats. Every result is squashed into the
primitive's domain before it is used, by `into`, so that no step meets a pole and none overflows.
"""

from typing import Any, NamedTuple

from hypothesis import settings, strategies as st

import microgd
from tests import reference
from tests.domains import DOMAINS

# A finite difference means nothing across a kink, and a second derivative little.
KINKED = {"sign", "abs", "copysign", "maximum", "minimum", "clamp", "hardtanh", "relu"}
KINKED |= {"leaky_relu", "elu", "max", "min", "where"}
SMOOTH = sorted(set(DOMAINS) - KINKED)
EVERY = sorted(DOMAINS)


def examples(n: int) -> int:
    """`max_examples` of a test that wants n in the profile `ci`, and as many times more in a longer one."""
    return n * settings.default.max_examples // settings.get_profile("ci").max_examples


class Step(NamedTuple):
    name: str
    operands: tuple[int | float, ...]  # the number of an earlier result, or a plain float


class Recipe(NamedTuple):
    leaves: tuple[float, ...]
    constants: tuple[float, ...]
    steps: tuple[Step, ...]


@st.composite
def recipes(draw: Any, names: list[str] = EVERY, max_steps: int = 8) -> Recipe:
    number = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))
    leaves = tuple(draw(st.lists(number, min_size=1, max_size=3)))
    constants = tuple(draw(st.lists(number, min_size=0, max_size=1)))
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, max_steps))):
        name = draw(st.sampled_from(names))
        domain = DOMAINS[name]
        known = len(leaves) + len(constants) + len(steps)
        count = draw(st.integers(2, 5)) if domain.variadic else len(domain.ranges)
        # At least one operand is a node: the last result or any, so that graphs go deep and wide.
        node = st.one_of(st.just(known - 1), st.integers(0, known - 1))
        operand = st.one_of(node, node, node, number)
        operands = [draw(operand) for _ in range(count)]
        if name == "where":  # of two plain numbers it is a plain number, and records nothing
            operands[1:] = [draw(node), draw(node)]
        if not any(isinstance(x, int) for x in operands):
            operands[draw(st.integers(0, count - 1))] = draw(node)
        steps.append(Step(name, tuple(operands)))
    return Recipe(leaves, constants, tuple(steps))


class Engine(NamedTuple):
    """What it takes to build a recipe: the primitives by name, and a tanh for squashing."""

    apply: Any
    tanh: Any


def _microgd(name: str, xs: list[Any]) -> Any:
    if name == "dot":
        n = len(xs) // 2
        return microgd.dot(xs[:n], xs[n : 2 * n], *xs[2 * n :])
    if name == "where":  # the condition is data
        return microgd.where(xs[0] > 0.0, xs[1], xs[2])
    return getattr(microgd, name)(*xs)


def _torch(name: str, xs: list[Any]) -> Any:
    import torch

    if name == "cbrt":  # PyTorch has none; its operand is positive here
        return xs[0] ** (1.0 / 3.0)
    tensors = [torch.as_tensor(x, dtype=torch.float64) for x in xs]
    if name == "where":
        return torch.where(tensors[0] > 0.0, tensors[1], tensors[2])
    if name in ("leaky_relu", "elu", "hardtanh"):  # PyTorch takes the other operands as numbers
        return COMPOSED_IN_TORCH[name](*tensors)
    return reference.TORCH[name](*tensors)


def _torch_where(condition: Any, a: Any, b: Any) -> Any:
    import torch

    return torch.where(condition, a, b)


def _torch_tanh(x: Any) -> Any:
    import torch

    return torch.as_tensor(x, dtype=torch.float64).tanh()


COMPOSED_IN_TORCH = {
    "leaky_relu": lambda x, slope: _torch_where(x > 0, x, slope * x),
    "elu": lambda x, alpha: _torch_where(x > 0, x, alpha * x.clamp(max=0.0).expm1()),
    "hardtanh": lambda x, lo, hi: _torch_where(x <= lo, lo, _torch_where(x >= hi, hi, x)),
}

MICROGD = Engine(_microgd, microgd.tanh)
TORCH = Engine(_torch, _torch_tanh)


def into(x: Any, low: float, high: float, engine: Engine) -> Any:
    """x squashed smoothly into (low, high); a plain float by the same tanh, so that ties stay ties."""
    return (low + high) / 2 + (high - low) / 2 * engine.tanh(0.25 * x)


def build(recipe: Recipe, leaves: list[Any], constants: list[Any], engine: Engine) -> Any:
    """The last result of the recipe, whatever the leaves are: Values, tensors or floats."""
    nodes = [*leaves, *constants]
    for name, operands in recipe.steps:
        domain = DOMAINS[name]
        ranges = domain.ranges * len(operands) if domain.variadic else domain.ranges
        xs = [nodes[x] if isinstance(x, int) else x for x in operands]
        squashed = [into(x, *pair, engine) for x, pair in zip(xs, ranges, strict=False)]
        nodes.append(engine.apply(name, squashed))
    return nodes[-1]
