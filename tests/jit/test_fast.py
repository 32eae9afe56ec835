"""What fast=True may change: roundings, within bounds."""

import math
import random
from math import inf, nan

import pytest

from microgd.jit import approximate
from microgd.jit.program import Program, Routine
from microgd.ops import TABLE
from tests.domains import MAGNITUDES

pytest.importorskip("llvmlite")
pytest.importorskip("mpmath")

import mpmath

from tests.jit.test_llvm import _folder, bits, compiled  # noqa: F401  (a fixture)
from tests.jit.test_rolling import network, numbers


def results(name, xs):
    program = Program()
    routine = Routine(program, 0, 1, [], [program.operation(TABLE[name], (program.input(),))])
    _, each = compiled(routine, [], [(x,) for x in xs], None, [], 0, len(xs), fast=True)
    return [y for (y,) in each]


EXACT = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
}


def points(name):
    rng = random.Random(name)
    found = [x * sign for x in MAGNITUDES if x < inf for sign in (1.0, -1.0)]
    found += [rng.uniform(-1.0, 1.0) for _ in range(800)]
    found += [rng.gauss(0.0, 20.0) for _ in range(600)]
    found += [rng.uniform(-750.0, 715.0) for _ in range(600)]
    found += [math.ldexp(rng.uniform(0.5, 1.0), rng.randint(-1074, 1024)) for _ in range(600)]
    found += [1.0 + rng.uniform(-1.0, 1.0) * 10.0 ** rng.uniform(-16.0, 0.0) for _ in range(500)]
    found += [rng.choice((1.0, -1.0)) * 10.0 ** rng.uniform(-20.0, 3.0) for _ in range(600)]
    found += [k * math.log(2.0) / 2.0 for k in range(-2150, 2050, 3)]
    if name == "log":
        found = [x for x in found if x > 0.0]
    if name == "log1p":
        found = [x for x in found if x > -1.0]
    return found


@pytest.mark.parametrize("name", sorted(EXACT))
def test_functions_are_within_4_units_in_the_last_place(name):
    xs = points(name)
    for x, y in zip(xs, results(name, xs)):
        with mpmath.workprec(120):
            exact = EXACT[name](mpmath.mpf(x))
        nearest = float(exact)
        if math.isinf(nearest):
            assert y == nearest or abs(y) >= 1.797693134862315e308, (x, y)
            continue
        assert y != inf or nearest >= 1.797693134862315e308, (x, y)
        if y != inf:
            with mpmath.workprec(120):
                error = abs(float((mpmath.mpf(y) - exact) / mpmath.mpf(math.ulp(nearest))))
            assert error <= 4.0, (x, y, nearest, error)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_edges_are_those_of_the_table(name):
    xs = [0.0, -0.0, inf, -inf, nan, -1.0, 1.0, -1e300, 1e300, 5e-324, -5e-324, 710.0, -746.0, -1e16, 1e16]
    for x, y in zip(xs, results(name, xs)):
        expected = TABLE[name].value(x)
        if expected == 0.0 or not math.isfinite(expected):
            assert bits(y) == bits(expected), (x, y)
        else:
            assert y == pytest.approx(expected, rel=4 * 2.0**-52, abs=4 * 5e-324), (x, y)


@pytest.mark.parametrize("sizes", [(16, 16, 16, 1), (64, 32, 10)])
def test_sums_differ_by_roundings_only(sizes):
    routine = network(sizes)
    shared, samples, begun = numbers(routine, 13)
    shared = [x if abs(x) <= 1.0 else 0.5 for x in shared]
    samples = [tuple(x if abs(x) <= 1.0 else 0.5 for x in sample) for sample in samples]
    arguments = (routine, shared, samples, None, begun, 0, 13)
    exact, fast = compiled(*arguments), compiled(*arguments, fast=True)
    scale = max(map(abs, exact[0]))
    assert fast[0] == pytest.approx(exact[0], rel=1e-11, abs=1e-13 * scale)
    assert fast[0] != exact[0]


def test_every_function_of_fast_mode_is_one_of_the_table():
    assert set(approximate.FUNCTIONS) <= set(EXACT)
    assert set(approximate.FUNCTIONS) <= set(TABLE)
