"""The second derivatives of every function: PyTorch's at the edges, mpmath's where the two differ."""

import math
from functools import cache
from math import inf

import pytest
import torch
from hypothesis import example, given, strategies as st
from mpmath import mp

from microgd import Value, autograd, ops
from tests import reference
from tests.differences import BEYOND_THE_RANGE, DIFFERENCES, Difference, reciprocal_leaves_the_range
from tests.domains import DOMAINS, ONE, Domain, Point
from tests.reference import SECOND_ULPS, exact_second, largest_second_term, ulps_allowed, ulps_off

COMPOSED = {name: Domain(((-8.0, 8.0),), ONE) for name in ("logsigmoid", "selu")}
EVERY = {**DOMAINS, **COMPOSED}
IN_TORCH = sorted(set(EVERY) - reference.NOT_IN_TORCH)

Pair = tuple[int, int]

# PyTorch's second derivatives are made of more roundings than its first; what differs more is a difference.
CLOSE = 1e-9


def apply(name: str, xs: list[Value]) -> Value:
    if name == "dot":
        n = len(xs) // 2
        return ops.dot(xs[:n], xs[n : 2 * n], *xs[2 * n :])
    if name == "where":
        return ops.where(xs[0].data != 0.0, xs[1], xs[2])
    return getattr(ops, name)(*xs)


def ours(name: str, point: Point) -> dict[Pair, float]:
    """d2 out / (d operand i d operand j), keyed (i, j)."""
    xs = [Value(x) for x in point]
    out = apply(name, xs)
    found = {}
    for i, first in enumerate(autograd.grad(out, xs, create_graph=True, allow_unused=True)):
        row = [None] * len(xs)
        if first is not None and first.requires_grad:
            row = autograd.grad(first, xs, allow_unused=True)
        for j, second in enumerate(row):
            found[i, j] = 0.0 if second is None else second.data
    return found


def theirs(name: str, points: list[Point]) -> dict[Pair, list[float]]:
    """The same of PyTorch, at all points (of one length) at once: each is a row of its own."""
    plain = reference.NUMBERS_IN_TORCH.get(name, ())
    columns = {
        i: torch.tensor(column, dtype=torch.float64, requires_grad=i not in plain)
        for i, column in enumerate(zip(*points, strict=True))
    }
    xs = {i: x for i, x in columns.items() if i not in plain}
    out = reference.TORCH[name](*columns.values())
    firsts = torch.autograd.grad(out.sum(), list(xs.values()), create_graph=True, allow_unused=True)
    found = {}
    for i, first in zip(xs, firsts, strict=True):
        row = [None] * len(xs)
        if first is not None and first.requires_grad:
            row = torch.autograd.grad(first.sum(), list(xs.values()), retain_graph=True, allow_unused=True)
        for j, second in zip(xs, row, strict=True):
            zero = second is None or second._is_zerotensor()
            found[i, j] = [0.0] * len(points) if zero else second.tolist()
    return found


def close(x: float, y: float) -> bool:
    if math.isfinite(x) and math.isfinite(y) and x != 0.0 and y != 0.0:
        return abs(x - y) <= CLOSE * max(abs(x), abs(y))
    return x == y or (x != x and y != y)


@cache
def misses(name: str) -> dict[tuple[Pair, Point], tuple[float, float]]:
    found = {}
    for length in {len(point) for point in EVERY[name].edges}:
        points = [point for point in EVERY[name].edges if len(point) == length]
        # A thousand at most of those many that reductions have.
        points = points[:: 1 + len(points) // 1600]
        expected = theirs(name, points)
        for k, point in enumerate(points):
            got = ours(name, point)
            for pair, numbers in expected.items():
                if not close(got[pair], numbers[k]):
                    found[pair, point] = got[pair], numbers[k]
    return found


@pytest.mark.parametrize("name", IN_TORCH)
def test_second_derivatives_are_pytorch_s_at_every_edge(name):
    unexpected = {
        key: numbers
        for key, numbers in misses(name).items()
        if not any(entry.covers(name, *key) for entry in DIFFERENCES)
        and not (name == "pow" and key[0] == (1, 0) and reciprocal_leaves_the_range(key[1][0]))  # by log
    }
    assert unexpected == {}


# --- mpmath -------------------------------------------------------------------------------------------


def check_against_mpmath(name: str, point: Point, pair: Pair, got: float) -> None:
    exact = exact_second(name, point, pair)
    largest = largest_second_term(name, point) if all(map(math.isfinite, point)) else 0.0
    allowed = SECOND_ULPS + ulps_allowed(name, point) - reference.EXACT_ULPS
    off = ulps_off(got, exact, largest)
    assert off <= allowed, (name, pair, point, got, mp.nstr(exact, 20), off)


OF_SECOND_ORDER = [entry for entry in DIFFERENCES if isinstance(entry.parts[0], tuple)]


def named(entry: Difference) -> str:
    return f"{entry.name}: {entry.reason}"


@pytest.mark.parametrize("entry", OF_SECOND_ORDER, ids=named)
def test_where_a_second_derivative_differs_from_pytorch_s_it_is_exact(entry):
    listed = [(key, got) for key, (got, _) in misses(entry.name).items() if entry.covers(entry.name, *key)]
    for (pair, point), got in listed[:: 1 + len(listed) // 200]:
        check_against_mpmath(entry.name, point, pair, got)


@pytest.mark.parametrize("entry", OF_SECOND_ORDER, ids=named)
def test_a_second_order_difference_that_is_no_longer_needed_is_no_longer_listed(entry):
    missed = [key for key in misses(entry.name) if entry.covers(entry.name, *key)]
    assert {pair for pair, _ in missed} == set(entry.parts)
    if not callable(entry.points):
        assert {point for _, point in missed} == set(entry.points)


UNARY = sorted(name for name, domain in EVERY.items() if len(domain.ranges) == 1 and not domain.variadic)


@pytest.mark.parametrize("name", UNARY)
def test_second_derivatives_of_one_operand_are_mpmath_s_inside_the_domain(name):
    @given(st.floats(*EVERY[name].ranges[0]))
    def check(x):
        if not (name in ("selu", "relu") and x == 0.0):
            check_against_mpmath(name, (x,), (0, 0), ours(name, (x,))[0, 0])

    check()


@pytest.mark.parametrize(
    ("name", "far"),
    [
        ("silu", 700.0),
        ("mish", 350.0),
        ("gelu", 37.0),
        ("gelu_tanh", 20.0),
        ("tanh", 350.0),
        ("sigmoid", 700.0),
    ],
)
def test_second_derivatives_keep_their_digits_far_out(name, far):
    @given(st.floats(-far, far))
    @example(-far)
    @example(far)
    @example(0.0)
    @example(1e-300)
    def check(x):
        check_against_mpmath(name, (x,), (0, 0), ours(name, (x,))[0, 0])

    check()


def test_the_third_derivative_along_the_exponent_of_zero_is_zero():
    x = Value(2.0)
    slope = autograd.grad(0.0**x, x, create_graph=True)[0]
    for _ in range(2):
        slope = autograd.grad(slope, x, create_graph=True)[0]
        assert slope.data == 0.0
    assert math.isnan(_third_of_pytorch())


def _third_of_pytorch() -> float:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    slope = torch.pow(torch.tensor(0.0, dtype=torch.float64), x)
    for _ in range(3):
        slope = torch.autograd.grad(slope, x, create_graph=True)[0]
    return slope.item()


# --- where PyTorch is right -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BEYOND_THE_RANGE)
def test_a_partial_beyond_the_largest_float_is_stored_as_infinity(name):
    """1 / 5e-324 is 2e323. An upstream gradient of 0 times it is 0 in PyTorch, which divides."""
    tiny = 5e-324

    def gradient(upstream):
        x = Value(1.0 if name == "div" else tiny)
        out = x / tiny if name == "div" else getattr(ops, name)(x)
        out.backward(upstream)
        return x.grad

    def of_pytorch(upstream):
        x = torch.tensor(1.0 if name == "div" else tiny, dtype=torch.float64, requires_grad=True)
        out = x / tiny if name == "div" else getattr(torch, name)(x)
        out.backward(torch.tensor(upstream, dtype=torch.float64))
        return x.grad.item()

    assert gradient(1.0) == of_pytorch(1.0) == inf
    assert math.isnan(gradient(0.0))
    assert of_pytorch(0.0) == 0.0
    assert gradient(tiny) == inf
    assert of_pytorch(tiny) < 2.0
