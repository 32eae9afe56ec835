"""Random programs for two libraries: each step is one line of Python for microgd and one for PyTorch.

A program is a list of steps. A step defines variables or changes some, and says which it uses, so that
a program can be cut down to the steps that a failure needs and still runs. What is run is what is
printed: `Step.ours` and `Step.theirs` are the source.
"""

import random
from collections.abc import Sequence
from math import inf, nan
from typing import NamedTuple

from tests.domains import DOMAINS

MODERATE = (0.0, 0.5, 1.0, -1.0, 2.0, -3.0, 0.1, -0.7, 1.3)
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 5e-324, -5e-324, 1e-310, 1e-300, -1e-160, 1e-8),
    *(1.0 - 2.0**-53, -1.0 + 2.0**-53, 1.0 + 2.0**-52, 20.0, -20.0, 37.0, -37.0, 700.0, -700.0),
    *(745.0, -745.0, 1e9, 1e16, -1e16, 1e155, -1e155, 1e300, -1e300, 1.7976931348623157e308),
)


class Step(NamedTuple):
    kind: str  # leaf, call, state
    name: str  # of the function called, as the written differences name it
    makes: tuple[str, ...]
    uses: tuple[str, ...]
    ours: str
    theirs: str


# --- how a call is written ------------------------------------------------------------------------------

UNARY = sorted(n for n, d in DOMAINS.items() if len(d.ranges) == 1 and not d.variadic and n != "cbrt")
UNARY += ["logsigmoid", "selu"]
BINARY = sorted(n for n, d in DOMAINS.items() if len(d.ranges) == 2 and n not in ("elu", "leaky_relu"))
REDUCTIONS = ("sum", "mean", "prod", "max", "min", "logsumexp")
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
FUNCTIONAL = {"softplus", "softsign", "logsigmoid", "silu", "mish", "gelu", "gelu_tanh", "hardtanh"}
FUNCTIONAL |= {"elu", "leaky_relu"}
SEVERAL = ("dot", "where", "clamp", "hardtanh", "elu", "leaky_relu", "softmax", "log_softmax")


def torch_name(name: str) -> str:
    name = {"max": "amax", "min": "amin"}.get(name, name)
    return f"F.{name}" if name in FUNCTIONAL else f"torch.{name}"


def as_tensor(x: str) -> str:
    return x if x.startswith("v") else f"T({x})"


def stacked(xs: Sequence[str]) -> str:
    return f"torch.stack([{', '.join(map(as_tensor, xs))}])"


class Writer:
    """Writes a random program; `edges` is how often a number is one of EDGES."""

    def __init__(self, rng: random.Random, edges: float) -> None:
        self.rng = rng
        self.edges = edges
        self.steps: list[Step] = []
        self.count = 0
        self.leaves: list[str] = []
        self.nodes: list[str] = []

    def program(self, length: int) -> list[Step]:
        for _ in range(self.rng.randint(1, 3)):
            self.leaf()
        for _ in range(length):
            kind = self.rng.choices(
                (self.call, self.leaf, self.backward, self.gradient, self.state), (12, 1, 3, 2, 2)
            )[0]
            kind()
        self.backward()
        return self.steps

    def closeup(self) -> list[Step]:
        """One or two calls at an edge, and all first and second derivatives there."""
        for _ in range(self.rng.randint(1, 2)):
            self.leaf()
        for _ in range(self.rng.randint(1, 2)):
            self.call()
        root, leaves = self.nodes[-1], list(self.leaves)
        self.add("backward", "", (), (root,), f"{root}.backward()", f"{root}.backward(retain_graph=True)")
        self.differentiate([root], leaves, True)
        for slope in self.nodes[-len(leaves) :]:
            self.differentiate([slope], leaves, False)
        return self.steps

    def name(self) -> str:
        self.count += 1
        return f"v{self.count - 1}"

    def number(self) -> str:
        if self.rng.random() < self.edges:
            x = self.rng.choice(EDGES)
        elif self.rng.random() < 0.3:
            x = self.rng.choice(MODERATE)
        else:
            x = round(self.rng.uniform(-3.0, 3.0), 3)
        return repr(x)

    def add(
        self, kind: str, name: str, makes: Sequence[str], uses: Sequence[str], ours: str, theirs: str
    ) -> None:
        self.steps.append(Step(kind, name, tuple(makes), tuple(uses), ours, theirs))

    def leaf(self) -> None:
        v, x = self.name(), self.number()
        grad = self.rng.random() < 0.85
        self.leaves.append(v)
        self.add("leaf", "", (v,), (), f"{v} = Value({x}, requires_grad={grad})", f"{v} = T({x}, {grad})")

    def variable(self) -> str:
        """Any variable, the latest ones more often, so that graphs go deep."""
        everything = self.leaves + self.nodes
        if self.nodes and self.rng.random() < 0.4:
            return self.rng.choice(self.nodes[-2:])
        return self.rng.choice(everything)

    def operand(self) -> str:
        return self.number() if self.rng.random() < 0.15 else self.variable()

    # --- calls ---

    def call(self) -> None:
        group = self.rng.choices((UNARY, BINARY, REDUCTIONS, SEVERAL), (5, 4, 2, 3))[0]
        name = self.rng.choice(group)
        makes = [self.name()]
        if group is UNARY:
            xs = [self.variable()]
            ours, theirs = self.unary(name, *xs)
        elif group is BINARY:
            xs = [self.operand(), self.operand()]
            if not any(x.startswith("v") for x in xs):
                xs[self.rng.randrange(2)] = self.variable()
            ours, theirs = self.binary(name, *xs)
        elif group is REDUCTIONS:
            xs = [self.operand() for _ in range(self.rng.randint(0, 4))] + [self.variable()]
            ours = f"microgd.{name}([{', '.join(xs)}])"
            theirs = f"{torch_name(name)}({stacked(xs)}, 0)"
            if name == "prod":
                theirs = f"torch.prod({stacked(xs)})"
        else:
            xs, makes, ours, theirs = self.several(name, makes[0])
        uses = [x for x in xs if x.startswith("v")]
        targets = ", ".join(makes)
        ours, theirs = f"{targets} = {ours}", f"{targets} = {theirs}"
        if self.rng.random() < 0.05:
            ours, theirs = f"with microgd.no_grad(): {ours}", f"with torch.no_grad(): {theirs}"
        self.nodes += makes
        self.add("call", name, makes, uses, ours, theirs)

    def unary(self, name: str, x: str) -> tuple[str, str]:
        if name == "gelu_tanh":
            return f'microgd.gelu({x}, approximate="tanh")', f'F.gelu({x}, approximate="tanh")'
        if name == "neg" and self.rng.random() < 0.5:
            return f"-{x}", f"-{x}"
        return f"microgd.{name}({x})", f"{torch_name(name)}({x})"

    def binary(self, name: str, a: str, b: str) -> tuple[str, str]:
        if name in OPERATORS and self.rng.random() < 0.7:
            # Between brackets: -1.0 ** v is -(1.0 ** v).
            text = f"({a}) {OPERATORS[name]} ({b})"
            return text, f"({as_tensor(a)}) {OPERATORS[name]} ({as_tensor(b)})"
        return f"microgd.{name}({a}, {b})", f"{torch_name(name)}({as_tensor(a)}, {as_tensor(b)})"

    def several(self, name: str, first: str) -> tuple[list[str], list[str], str, str]:
        v, rng = self.variable, self.rng
        if name == "dot":
            n = rng.randint(1, 3)
            a, b = [self.operand() for _ in range(n)], [v() for _ in range(n)]
            bias = [self.operand()] if rng.random() < 0.5 else []
            start = [as_tensor(x) for x in bias]
            products = [f"({as_tensor(x)}) * {y}" for x, y in zip(a, b, strict=True)]
            ours = f"microgd.dot([{', '.join(a)}], [{', '.join(b)}]{''.join(', ' + x for x in bias)})"
            return [*a, *b, *bias], [first], ours, " + ".join([*start, *products])
        if name == "where":
            c, a, b = v(), self.operand(), v()
            return (
                [c, a, b],
                [first],
                f"microgd.where({c} > 0.0, {a}, {b})",
                f"torch.where({c} > 0.0, {as_tensor(a)}, {b})",
            )
        if name == "clamp":
            x, low, high = v(), self.operand(), self.operand()
            return (
                [x, low, high],
                [first],
                f"microgd.clamp({x}, {low}, {high})",
                f"torch.clamp({x}, {as_tensor(low)}, {as_tensor(high)})",
            )
        if name in ("softmax", "log_softmax"):
            xs = [self.operand() for _ in range(rng.randint(0, 2))] + [v()]
            makes = [first] + [self.name() for _ in xs[1:]]
            comma = "" if len(makes) > 1 else "[0]"
            ours = f"microgd.{name}([{', '.join(xs)}]){comma}"
            return xs, makes, ours, f"torch.{name}({stacked(xs)}, 0).unbind(){comma}"
        # The rest takes plain numbers in PyTorch, and there is a kink at 0 or at the borders.
        x = v()
        numbers = "-1.0, 1.0" if name == "hardtanh" else rng.choice(("0.01", "0.5", "1.0"))
        return [x], [first], f"microgd.{name}({x}, {numbers})", f"F.{name}({x}, {numbers})"

    # --- gradients ---

    def backward(self) -> None:
        root = self.variable()
        if self.rng.random() < 0.6:
            self.add("backward", "", (), (root,), f"{root}.backward()", f"{root}.backward(retain_graph=True)")
        else:
            x = self.number()
            self.add(
                *("backward", "", (), (root,), f"{root}.backward({x})"),
                f"{root}.backward(T({x}), retain_graph=True)",
            )

    def gradient(self) -> None:
        roots = [self.variable() for _ in range(self.rng.randint(1, 2))]
        wanted = list(dict.fromkeys(self.variable() for _ in range(self.rng.randint(1, 2))))
        self.differentiate(roots, wanted, self.rng.random() < 0.8)

    def differentiate(self, roots: list[str], wanted: list[str], create: bool) -> None:
        makes = [self.name() for _ in wanted]
        targets = f"[{', '.join(makes)}]"
        lists = f"[{', '.join(roots)}], [{', '.join(wanted)}]"
        how = f"create_graph={create}, allow_unused=True"
        self.add(
            *("gradient", "", makes, [*roots, *wanted]),
            f"{targets} = microgd.autograd.grad({lists}, {how})",
            f"{targets} = torch.autograd.grad({lists}, {how}, retain_graph=True)",
        )
        self.nodes += makes

    # --- state ---

    def state(self) -> None:
        kind = self.rng.choice(("detach", "zero", "require", "update", "accumulate", "sum", "quiet"))
        leaf = self.rng.choice(self.leaves)
        if kind == "detach":
            x, v = self.variable(), self.name()
            self.add("call", "", (v,), (x,), f"{v} = {x}.detach()", f"{v} = {x}.detach().clone()")
            self.nodes.append(v)
        elif kind == "zero":
            self.add("state", "", (), (leaf,), f"{leaf}.zero_grad()", f"{leaf}.grad = None")
        elif kind == "require":  # before the leaf is used, or after
            line = f"{leaf}.requires_grad_({self.rng.random() < 0.6})"
            self.add("state", "", (), (leaf,), line, line)
        elif kind == "update":  # a training step: what was computed before it is gone
            x = self.number()
            line = f"{leaf} += {x}"
            self.add(
                *("update", "", (), (leaf,), f"with microgd.no_grad(): {line}"),
                f"with torch.no_grad(): {line}",
            )
            self.nodes.clear()
        elif kind == "accumulate":
            v, xs = self.name(), [self.variable() for _ in range(2)]
            lines = f"{v} = 0; {v} += {xs[0]}; {v} += 1.0; {v} += {xs[1]}"
            self.add("call", "", (v,), xs, lines, lines)
            self.nodes.append(v)
        elif kind == "sum":  # of one leaf: not that leaf, so that an update does not reach it
            v = self.name()
            self.add("call", "", (v,), (leaf,), f"{v} = sum([{leaf}])", f"{v} = sum([{leaf}])")
            self.nodes.append(v)
        elif kind == "quiet":  # create_graph is stronger than no_grad
            root, v = self.variable(), self.name()
            how = f"[{root}], [{leaf}], create_graph=True, allow_unused=True"
            self.add(
                *("gradient", "", (v,), (root, leaf)),
                f"with microgd.no_grad(): [{v}] = microgd.autograd.grad({how})",
                f"with torch.no_grad(): [{v}] = torch.autograd.grad({how})",
            )
            self.nodes.append(v)


def random_program(seed: int) -> list[Step]:
    rng = random.Random(seed)
    if rng.random() < 0.3:
        return Writer(rng, 0.7).closeup()
    edges = rng.choice((0.0, 0.0, 0.1, 0.4))
    return Writer(rng, edges).program(rng.randint(2, 14))


def written(steps: Sequence[Step]) -> str:
    """The program as Python, for both libraries."""
    ours = ["import microgd", "from math import inf, nan", "from microgd import Value", ""]
    theirs = ["import torch", "import torch.nn.functional as F", "from math import inf, nan", ""]
    theirs += [
        "def T(x, grad=False):",
        "    return torch.tensor(x, dtype=torch.float64, requires_grad=grad)",
        "",
    ]
    return "\n".join([*ours, *(s.ours for s in steps), "", *theirs, *(s.theirs for s in steps)])
