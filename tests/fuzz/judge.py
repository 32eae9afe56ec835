"""Runs a program in both libraries and says where they differ.

After each step every number is compared: values, gradients, flags, errors. Where they agree up to
rounding, PyTorch's number is set to microgd's, so that the next step starts from the same bits in both,
and a tie is a tie in both. What differs more must be on the list of written differences: the judge
repeats each call of the program alone, at the same operands, and looks for one that differs already.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from math import inf, nan
from typing import Any, NamedTuple

import torch
from mpmath import mp
from torch.nn import functional

import microgd
from microgd import Value, autograd
from tests.differences import BEYOND_THE_RANGE, DIFFERENCES, reciprocal_leaves_the_range
from tests.fuzz.programs import Step, written
from tests.reference import (
    EXACT,
    SECOND_ULPS,
    exact_results,
    exact_second,
    largest_second_term,
    largest_term,
    ulps_allowed,
    ulps_off,
)

ULP = 2.0**-52
# Per node on the way: the roundings of a partial in both libraries, and of the sums.
ROUNDINGS = 16.0
# Second derivatives are sums of products of many factors, in PyTorch often of cancelling ones.
SECOND_ORDER = 1e-9
# What a single call is tried with: a listed cancellation or overflow may need a certain upstream gradient.
UPSTREAMS = (1.0, 2.7, 1e298, sys.float_info.max, inf, nan)
LISTED = {entry.name for entry in DIFFERENCES}


class Failure(NamedTuple):
    step: Step
    what: str
    variable: str
    ours: Any
    theirs: Any
    steps: list[Step]

    def __str__(self) -> str:
        return (
            f"{self.what} of {self.variable} after `{self.step.ours}`:"
            f" microgd {self.ours!r}, PyTorch {self.theirs!r}\n\n{written(self.steps)}\n"
        )


def tensor(x: float, grad: bool = False) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=grad)


OURS = {"microgd": microgd, "Value": Value, "inf": inf, "nan": nan}
THEIRS = {"torch": torch, "F": functional, "T": tensor, "inf": inf, "nan": nan}


def same_class(x: float, y: float) -> bool:
    if math.isfinite(x) and math.isfinite(y):
        return (x == 0.0) == (y == 0.0) or abs(x - y) <= 4 * 5e-324
    return x == y or (x != x and y != y)


def near(x: float, y: float, allowed: float) -> bool:
    """Whether x and y are of one class and differ by `allowed` at most."""
    if x == y or (x != x and y != y):
        return True
    return math.isfinite(x) and math.isfinite(y) and abs(x - y) <= allowed


# --- how much rounding may explain ------------------------------------------------------------------------


def number(x: Any) -> float:
    return x if isinstance(x, float) else x.data


def ulps_of(node: Value) -> float:
    """How many ulp of the largest term the two libraries' values of one operation may lie apart."""
    data = [number(x) for x in node.inputs]
    finite = bool(data) and all(map(math.isfinite, data))
    return 8.0 + (ulps_allowed(node.op, tuple(data)) if finite and node.op else 0.0)


def terms_of(node: Value) -> float:
    """The size of what an operation adds up, where it does."""
    data = [number(x) for x in node.inputs]
    if node.op == "dot":
        n = len(data) // 2
        return sum(abs(a * b) for a, b in zip(data, data[n : 2 * n], strict=False)) + abs(data[-1])
    if node.op in ("add", "sub", "sum", "mean", "logsumexp", "logaddexp"):
        return sum(map(abs, data))
    return 0.0


def rounding(roots: Sequence[Value], weights: Sequence[float]) -> dict[int, float]:
    """For each node by how much its gradient may differ, from the sizes of all that is added up.

    Two walks in one: the sum of the sizes, and what an upstream gradient near 0 loses as a subnormal.
    """
    nodes = autograd.topological_order(roots)
    sizes: dict[int, float] = {}
    lost: dict[int, float] = {}
    for root, weight in zip(roots, weights, strict=True):
        sizes[id(root)] = sizes.get(id(root), 0.0) + abs(weight)
    ulps = 0.0
    for node in reversed(nodes):
        operands, partials = autograd.record(node)
        ulps += ROUNDINGS + (ulps_of(node) if operands else 0.0)
        for operand, d in zip(operands, partials, strict=True):
            if d is not None:
                size, loss = sizes.get(id(node), 0.0), lost.get(id(node), 0.0)
                # d * size first: a mask cuts what it meets, and its size would only multiply.
                sizes[id(operand)] = sizes.get(id(operand), 0.0) + abs(d * size)
                lost[id(operand)] = lost.get(id(operand), 0.0) + abs(d * loss) + 5e-324 * max(1.0, size)
    return {key: ULP * ulps * size + 4.0 * lost.get(key, 0.0) for key, size in sizes.items()}


# --- one run ----------------------------------------------------------------------------------------------


class Run:
    """A program on its way through both libraries."""

    def __init__(self) -> None:
        self.ours: dict[str, Any] = dict(OURS)
        self.theirs: dict[str, Any] = dict(THEIRS)
        self.names: list[str] = []
        self.done: list[Step] = []
        self.second = False  # a step asked for the graph of a gradient
        self.graphs = False  # and it was before this one

    def run(self, steps: Sequence[Step]) -> Failure | None:
        for step in steps:
            if any(self.ours.get(x) is None for x in step.uses):
                continue  # an unused input has no gradient to go on with
            failure = self.step(step)
            if failure is not None:
                return failure
        return None

    def step(self, step: Step) -> Failure | None:
        allowed = self.allowed(step)
        self.graphs = self.second
        errors = [_attempt(step.ours, self.ours), _attempt(step.theirs, self.theirs)]
        if None not in errors:
            for v in step.makes:
                self.ours.pop(v, None)
            return None
        self.done.append(step)
        if any(errors):
            return self.failure(step, "error", "all", *errors)
        self.names += step.makes
        if step.kind == "gradient" and "create_graph=True" in step.ours:
            self.second = True
        for v in step.makes:
            failure = self.made(step, v, allowed)
            if failure is not None:
                return failure
        return self.gradients(step, allowed)

    def allowed(self, step: Step) -> dict[int, float]:
        """Before a backward pass: by how much the gradients it finds may differ."""
        if step.kind not in ("backward", "gradient"):
            return {}
        roots = [self.ours[x] for x in step.uses]
        if step.kind == "gradient":
            roots = [self.ours[x] for x in step.ours.split("[")[2].split("]")[0].split(", ")]
        if not all(root.requires_grad for root in roots):
            return {}
        text = step.ours.split("backward(")[-1].rstrip(")") if step.kind == "backward" else ""
        weight = abs(eval(text, dict(OURS))) if text else 1.0
        return rounding(roots, [weight] * len(roots))

    def made(self, step: Step, v: str, allowed: dict[int, float]) -> Failure | None:
        ours, theirs = self.ours[v], self.theirs[v]
        if ours is None or theirs is None:
            if ours is theirs:
                return None
            if self.second:  # whether a rule takes x or the result itself is no promise
                self.ours[v] = self.theirs[v] = None
                return None
            return self.failure(step, "result", v, ours, theirs)
        if theirs._is_zerotensor():  # PyTorch's zero without memory
            theirs = self.theirs[v] = theirs.clone()
        if step.kind == "gradient" and ours.requires_grad != theirs.requires_grad:
            # One library sees that a gradient is constant, the other keeps a graph of zeros.
            ours, theirs = ours.detach(), theirs.detach().clone()
            self.ours[v], self.theirs[v] = ours, theirs
        if ours.requires_grad != theirs.requires_grad:
            return self.failure(step, "requires_grad", v, ours.requires_grad, theirs.requires_grad)
        if theirs.requires_grad and not theirs.is_leaf:
            theirs.retain_grad()
        x, y = ours.data, theirs.item()
        if step.kind == "gradient":
            inputs = step.ours.split("[")[-1].split("]")[0].split(", ")
            input = self.ours[inputs[step.makes.index(v)]]
            fine = self.close(x, y, allowed.get(id(input), 0.0)) or (self.graphs and not input.is_leaf)
        else:
            scale = max(abs(x), terms_of(ours)) if math.isfinite(x) else 0.0
            fine = near(x, y, ulps_of(ours) * max(ULP * scale, 5e-324))
        if not fine and not self.explained(allowed.get(id(input), 0.0) if step.kind == "gradient" else 0.0):
            return self.failure(step, "value", v, x, y)
        theirs.data.fill_(x)  # a nan too: it has a sign, which copysign would tell
        return None

    def gradients(self, step: Step, allowed: dict[int, float]) -> Failure | None:
        for v in self.names:
            ours, theirs = self.ours.get(v), self.theirs.get(v)
            if ours is None or theirs is None:
                continue
            if step.kind == "update" and struct_differs(ours.data, theirs.item()):
                return self.failure(step, "value", v, ours.data, theirs.item())
            if not (theirs.is_leaf or theirs.retains_grad):
                continue
            x, y = ours.grad, None if theirs.grad is None else theirs.grad.item()
            if not theirs.is_leaf and (step.kind == "gradient" or self.graphs):
                # Retained though not asked for; or, at second order, of a node that a rule may go around.
                theirs.grad = None if x is None else tensor(x)
                continue
            if x is None or y is None:
                # At second order what is constant here may be a graph of zeros there, or of near zeros.
                alike = self.second and (self.close(x or 0.0, y or 0.0, 0.0) or self.explained(0.0))
                if x is not y and not alike:
                    return self.failure(step, "gradient", v, x, y)
                ours.grad = theirs.grad = None
            else:
                bound = allowed.get(id(ours), 0.0)
                if not self.close(x, y, bound) and not self.explained(bound):
                    return self.failure(step, "gradient", v, x, y)
                theirs.grad = tensor(x)  # its own: PyTorch's may share their memory
        return None

    def close(self, x: float, y: float, bound: float) -> bool:
        if self.graphs:
            # 0 times inf in a formula of PyTorch, or in both, by other formulas; but not in ours alone.
            if math.isfinite(x) and not math.isfinite(y):
                return True
            if not math.isfinite(bound) and math.isfinite(x) == math.isfinite(y):
                return True
            bound = bound * SECOND_ORDER / (64 * ULP)
        return near(x, y, bound + 8 * math.ulp(max(abs(x), abs(y))) if math.isfinite(x - y) else bound)

    def failure(self, step: Step, what: str, v: str, ours: Any, theirs: Any) -> Failure:
        return Failure(step, what, v, ours, theirs, list(self.done))

    # --- is it on the list? ---

    def explained(self, bound: float) -> bool:
        """Whether some call of the program differs already alone, and is listed.

        Where the bound is infinite, 0 may meet inf on the way, and a rounding decides whether it is
        0 that does. No chain of calls is to blame then, only a call that differs alone.
        """
        calls = [step for step in self.done if step.kind == "call" and step.name]
        operands = [{x: self.ours[x].data for x in step.uses} for step in calls]
        if any(map(beyond_the_range, calls, operands)):
            return True
        factors = [data.values() for step, data in zip(calls, operands, strict=True) if step.name == "prod"]
        if self.second and any(x and not 1e-150 < abs(x) < 1e150 for xs in factors for x in xs):
            return True  # PyTorch's out / x**2, in a chain
        pairs = zip(calls, operands, strict=True)
        differ = [(step, data) for step, data in pairs if differs_alone(step, data, self.second)]
        if not all(is_exact(step, data, self.second) for step, data in differ):
            return False
        return any(step.name in LISTED for step, _ in differ) or (not differ and not math.isfinite(bound))


def beyond_the_range(step: Step, operands: dict[str, float]) -> bool:
    return step.name in (*BEYOND_THE_RANGE, "pow") and any(
        map(reciprocal_leaves_the_range, operands.values())
    )


def struct_differs(x: float, y: float) -> bool:
    """Whether two numbers have different bits; all nan are one."""
    return not (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) and not (x != x and y != y)


def _attempt(line: str, names: dict[str, Any]) -> str | None:
    try:
        exec(line, names)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def differs_alone(step: Step, operands: dict[str, float], second: bool) -> bool:
    """Whether one call by itself, at these numbers, differs in its value or a derivative of it."""
    ours, theirs = dict(OURS), dict(THEIRS)
    for v, x in operands.items():
        ours[v], theirs[v] = Value(x), tensor(x, True)
    if _attempt(step.ours, ours) or _attempt(step.theirs, theirs):
        return True
    inputs = [(ours[v], theirs[v]) for v in operands]
    for made in step.makes:
        x, y = ours[made], theirs[made]
        if not near(x.data, y.item(), 8 * math.ulp(x.data)):
            return True
        if not x.requires_grad:
            continue
        for upstream in UPSTREAMS:
            for d, e in _derivatives(x, y, inputs, upstream, second):
                if not near(d, e, 1e-9 * abs(d) if second else 8 * math.ulp(d)):
                    return True
    return False


def _derivatives(
    ours: Any, theirs: Any, inputs: list[Any], upstream: float, second: bool
) -> list[tuple[float, float]]:
    xs, ts = zip(*inputs, strict=True)
    first = autograd.grad(ours, xs, upstream, create_graph=second, allow_unused=True)
    expected = torch.autograd.grad(
        theirs, ts, tensor(upstream), create_graph=second, retain_graph=True, allow_unused=True
    )
    found = [
        (x.data if x is not None else 0.0, 0.0 if y is None else y.item()) for x, y in zip(first, expected)
    ]
    if second:
        for x, y in zip(first, expected, strict=True):
            if x is not None and y is not None and x.requires_grad and y.requires_grad:
                found += _derivatives(x, y, inputs, 1.0, False)
    return found


def is_exact(step: Step, operands: dict[str, float], second: bool) -> bool:
    """Whether microgd's value and derivatives of one call are mpmath's, as far as mpmath can tell."""
    names = OURS | {v: Value(x) for v, x in operands.items()}
    _attempt(step.ours, names)
    node = names[step.makes[0]]
    if len(EXACT.get(step.name, ())) == 2 and node.requires_grad:
        return _function_is_exact(step.name, node, names[step.uses[0]], second)
    point = tuple(map(number, node.inputs))
    if node.op != step.name or not all(map(math.isfinite, point)):
        return True  # composed of several, or no finite point
    try:
        value, partials = exact_results(node.op, point)
    except ZeroDivisionError:
        return True
    found = [(node.data, value, "value")]
    for i, (got, exact) in enumerate(zip(autograd.record(node)[1], partials, strict=True)):
        if got is not None:
            found.append((float(got), exact, i))
    return all(
        not math.isfinite(got)
        or _agrees(got, exact, largest_term(node.op, part, point), ulps_allowed(node.op, point))
        for got, exact, part in found
    )


def _agrees(got: float, exact: Any, largest: float, allowed: float) -> bool:
    """Whether a number is the exact one within so many ulp; beyond the range of floats, its class."""
    if isinstance(exact, mp.mpc) or mp.isnan(exact):
        return True  # outside of the domain
    if exact == 0 or 1e-290 < abs(exact) < 1e290:
        return ulps_off(got, exact, largest) <= allowed
    return got == got and (abs(got) < 1e-280) == (abs(exact) < 1)


def _function_is_exact(name: str, out: Value, x: Value, second: bool) -> bool:
    """The same for a function of one number, however it is made: nothing but its derivatives counts."""
    point = (x.data,)
    if not math.isfinite(x.data):
        return True
    try:
        value, (partial,) = exact_results(name, point)
    except ZeroDivisionError:
        return True
    first = autograd.grad(out, x, create_graph=True)[0]
    found = [(out.data, value, largest_term(name, "value", point), 0.0)]
    found.append((first.data, partial, largest_term(name, 0, point), 0.0))
    if second and first.requires_grad and x.data != 0.0:  # at 0 may be a kink
        exact = exact_second(name, point, (0, 0))
        got = autograd.grad(first, x)[0].data
        found.append((got, exact, largest_second_term(name, point), SECOND_ULPS))
    for number, exact, largest, more in found:
        if not _agrees(number, exact, largest, ulps_allowed(name, point) + more):
            return False
    in_domain = not isinstance(partial, mp.mpc) and 1e-290 < abs(partial) < 1e290
    return not in_domain or autograd.grad(out, x, inf)[0].data == math.copysign(inf, partial)


def judge(steps: Sequence[Step]) -> Failure | None:
    """The first difference that nothing explains, or None."""
    return Run().run(steps)


def shrunk(failure: Failure) -> Failure:
    """The same failure from fewer steps: whatever can be left out is."""
    best = failure
    changed = True
    while changed:
        changed = False
        for steps in _smaller(best.steps):
            again = judge(steps)
            if again is not None and again.what == failure.what and _size(again.steps) < _size(best.steps):
                best, changed = again, True
                break
    return best


def _size(steps: Sequence[Step]) -> int:
    return 2 * len(steps) + sum(step.kind == "call" for step in steps)


def _smaller(steps: list[Step]) -> Iterator[list[Step]]:
    """The program without one of its steps, or with a number for what a call made."""
    for k in reversed(range(len(steps) - 1)):
        made: set[str] = set()
        whole = []
        for step in steps[:k] + steps[k + 1 :]:
            if made.issuperset(step.uses):
                whole.append(step)
                made.update(step.makes)
        yield whole
    for k, step in enumerate(steps[:-1]):
        if step.kind == "call" and len(step.makes) == 1:
            run = Run()
            run.run(steps[: k + 1])
            v = step.makes[0]
            if isinstance(run.ours.get(v), Value):
                x = run.ours[v].data
                leaf = Step("leaf", "", (v,), (), f"{v} = Value({x})", f"{v} = T({x}, True)")
                yield [*steps[:k], leaf, *steps[k + 1 :]]
