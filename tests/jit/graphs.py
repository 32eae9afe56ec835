"""Random functions to compile, and what eager code makes of them: equality is equality of bits.

A recipe is data: steps that each apply a function of the table to earlier results, to captured Values, to
arguments or to plain numbers. Nothing is squashed into a domain: inf, nan, ties and zeros of both signs
are met on the way.
"""

import importlib.util
import struct
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

import microgd
from microgd import Value
from tests.domains import DOMAINS
from tests.fuzz.programs import EDGES, MODERATE

BACKENDS = ["python"]
if importlib.util.find_spec("llvmlite") and importlib.util.find_spec("microgd.jit.llvm"):
    BACKENDS.append("llvm")


@pytest.fixture(autouse=True, scope="module")
def cache_of_its_own(tmp_path_factory: Any) -> Any:
    """The user's own folder of compiled code is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROGD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# --- equality -------------------------------------------------------------------------------------------


def bits(x: Any) -> Any:
    """What tells numbers apart: 0 from -0, and one nan from no other. Of a list, that of each number."""
    if isinstance(x, (list, tuple)):
        return [bits(item) for item in x]
    if x is None:
        return None
    number = x.item() if hasattr(x, "item") else float(x)
    return "nan" if number != number else struct.pack(">d", number).hex()


def agree(ours: Any, theirs: Any) -> None:
    assert bits(ours) == bits(theirs), f"{ours} is not {theirs}"


def gradients_of(loss: Any, variables: list[Value], gradient: float = 1.0) -> list[float | None]:
    """What backward() leaves in each `.grad`; None where it does not come."""
    for x in variables:
        x.zero_grad()
    if getattr(loss, "requires_grad", False):
        loss.backward(gradient)
    found = [x.grad for x in variables]
    for x in variables:
        x.zero_grad()
    return found


def zero_for_none(numbers: list[float | None]) -> list[float]:
    return [0.0 if x is None else x for x in numbers]


# --- recipes --------------------------------------------------------------------------------------------

OPERATORS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
}
COMPARISONS = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "and": lambda a, b: (a > b) & (b > -1.0),
    "or": lambda a, b: (a > b) | (a < 0.5),
    "xor": lambda a, b: (a > b) ^ (b >= 0.0),
    "number": lambda a, b: a,
}
CONDITIONS = sorted(COMPARISONS)
COMPOSED = ("logsigmoid", "selu", "softmax", "log_softmax")
ARITHMETIC = ("add", "sub", "mul", "div", "neg", "where", "dot", "sum", "mean", "relu", "maximum")
# copysign reads the sign of a nan, which is nobody's promise.
NAMES = sorted([*{*DOMAINS} - {"copysign"}, *COMPOSED])


class Step(NamedTuple):
    name: str
    operands: tuple[int | float, ...]  # the number of an earlier result, or a plain number
    detail: str = ""


class Recipe(NamedTuple):
    """`captured` Values and `arguments` come first among the results, then those of the steps."""

    captured: int
    arguments: int
    steps: tuple[Step, ...]
    result: int

    def __call__(self, captured: Any, arguments: Any) -> Any:
        nodes = [*captured, *arguments]
        for step in self.steps:
            nodes.append(applied(step, [nodes[x] if type(x) is int else x for x in step.operands]))
        return nodes[self.result]


def applied(step: Step, xs: list[Any]) -> Any:
    name = step.name
    if name == "where":
        return microgd.where(COMPARISONS[step.detail](xs[0], xs[1]), xs[2], xs[3])
    if name == "dot":
        n = len(xs) // 2
        return microgd.dot(xs[:n], xs[n : 2 * n], *xs[2 * n :])
    if name in ("softmax", "log_softmax"):
        return getattr(microgd, name)(xs)[-1]
    if name in OPERATORS and any(isinstance(x, Value) for x in xs):
        return OPERATORS[name](*xs)
    return getattr(microgd, name)(*xs)


numbers_at_edges = st.sampled_from(EDGES)
numbers_of_moderation = st.sampled_from(MODERATE) | st.floats(-3.0, 3.0).map(lambda x: round(x, 3))
numbers = st.one_of(numbers_of_moderation, numbers_of_moderation, numbers_at_edges)


@st.composite
def recipes(
    draw: Any,
    names: Any = NAMES,
    most: int = 10,
    captured: int = 2,
    arguments: int = 2,
    constants: Any = numbers,
) -> Recipe:
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(names))
        known = captured + arguments + len(steps)
        node = st.one_of(st.just(known - 1), st.integers(0, known - 1), st.integers(0, known - 1))
        if name in ("softmax", "log_softmax") or (name in DOMAINS and DOMAINS[name].variadic):
            count = draw(st.integers(1, 5))
        elif name == "where":
            count = 4
        else:
            count = len(DOMAINS[name].ranges) if name in DOMAINS else 1
        operand = node if count == 1 else st.one_of(node, node, node, constants)
        operands = [draw(operand) for _ in range(count)]
        if not any(type(x) is int for x in operands):
            operands[-1] = draw(node)
        detail = draw(st.sampled_from(CONDITIONS)) if name == "where" else ""
        steps.append(Step(name, tuple(operands), detail))
    last = captured + arguments + len(steps) - 1
    return Recipe(captured, arguments, tuple(steps), last)


@st.composite
def points(draw: Any, count: int, moderate: bool = False) -> list[float]:
    element = numbers_of_moderation if moderate else numbers
    return [draw(element) for _ in range(count)]
