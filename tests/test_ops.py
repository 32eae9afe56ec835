"""Every row of the table against PyTorch at the edges and against mpmath, and what ops promises."""

import math
import struct
from functools import cache
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, strategies as st
from mpmath import mp

import microgd
from microgd import Value, ops
from tests import reference
from tests.differences import DIFFERENCES, Difference
from tests.domains import DOMAINS, FEW, ONE, SEVERAL, Domain, Point
from tests.reference import agrees_with_torch, exact_results, largest_term, ulps_allowed, ulps_off

Part = str | int
FIRST_ORDER = [entry for entry in DIFFERENCES if not isinstance(entry.parts[0], tuple)]

COMPOSED = {
    **{name: (getattr(ops, name), Domain(((-8.0, 8.0),), ONE)) for name in ("logsigmoid", "selu")},
    "softmax": (lambda *xs: ops.softmax(xs)[0], Domain(((-8.0, 8.0),), SEVERAL, True)),
    "log_softmax": (lambda *xs: ops.log_softmax(xs)[0], Domain(((-8.0, 8.0),), SEVERAL, True)),
}
EVERY = {**DOMAINS, **{name: domain for name, (_, domain) in COMPOSED.items()}}


def results(name: str, point: Point) -> dict[Part, float]:
    """The value of a function at a point, and its partials, keyed by the number of the operand."""
    if name in ops.TABLE:
        row = ops.TABLE[name]
        value = row.value(*point)
        slopes = row.partials_at(point, value, [True] * len(point))
    else:
        xs = [Value(x) for x in point]
        out = COMPOSED[name][0](*xs)
        out.backward()
        value, slopes = out.data, [0.0 if x.grad is None else x.grad for x in xs]
    return {"value": value, **{i: float(slope) for i, slope in enumerate(slopes)}}


@cache
def misses(name: str) -> dict[tuple[Part, Point], tuple[float, float]]:
    """Where at the edges PyTorch and microgd differ: what microgd says, and what PyTorch does."""
    found = {}
    for length in {len(point) for point in EVERY[name].edges}:
        points = [point for point in EVERY[name].edges if len(point) == length]
        values, partials = reference.torch_results(name, points)
        judged = [i for i in range(length) if i not in reference.NUMBERS_IN_TORCH.get(name, ())]
        for k, point in enumerate(points):
            ours = results(name, point)
            theirs = {"value": values[k], **{i: partials[i][k] for i in judged}}
            for part, torch in theirs.items():
                if not agrees_with_torch(ours[part], torch):
                    found[part, point] = ours[part], torch
    return found


def exact_at(name: str, point: Point) -> dict[Part, object]:
    value, partials = exact_results(name, point)
    return {"value": value, **dict(enumerate(partials))}


def test_every_row_of_the_table_has_a_domain_and_an_exact_derivative():
    assert set(DOMAINS) == set(ops.TABLE)
    assert set(reference.EXACT) | set(reference.EXACT_REDUCTION) == set(EVERY)
    assert set(reference.TORCH) | reference.NOT_IN_TORCH == set(EVERY)


def test_every_row_of_the_table_has_a_method_of_its_name():
    assert [name for name in ops.TABLE if not callable(getattr(Value, name, None))] == []


@pytest.mark.parametrize("name", sorted(set(EVERY) - reference.NOT_IN_TORCH))
def test_value_and_partials_are_pytorch_s_at_every_edge(name):
    unexpected = {
        key: pair
        for key, pair in misses(name).items()
        if not any(entry.covers(name, *key) for entry in DIFFERENCES)
    }
    assert unexpected == {}


def named(entry: Difference) -> str:
    return f"{entry.name}-{'-'.join(map(str, entry.parts))}"


@pytest.mark.parametrize("entry", FIRST_ORDER, ids=named)
def test_where_microgd_differs_from_pytorch_it_is_exact(entry):
    for part, point in misses(entry.name):
        if entry.covers(entry.name, part, point) and -inf not in point:
            got = results(entry.name, point)[part]
            if entry.name == "softsign" and inf in map(abs, point):
                assert got == 0.0  # the limit of 1 / (1 + |x|)**2
                continue
            exact = exact_at(entry.name, point)[part]
            off = ulps_off(got, exact, largest_term(entry.name, part, point))
            assert off <= ulps_allowed(entry.name, point), (part, point, got, mp.nstr(exact, 20))


@pytest.mark.parametrize("entry", FIRST_ORDER, ids=named)
def test_a_difference_that_is_no_longer_needed_is_no_longer_listed(entry):
    missed = [key for key in misses(entry.name) if entry.covers(entry.name, *key)]
    if callable(entry.points):
        assert {part for part, _ in missed} == set(entry.parts)
    else:
        assert {point for _, point in missed} == set(entry.points)
        assert {part for part, _ in missed} == set(entry.parts)


# --- mpmath -------------------------------------------------------------------------------------------


def beyond_the_formula(name: str, part: Part, point: Point) -> bool:
    """Where mpmath is no judge: an intermediate leaves the range, or a signed zero decides.

    At these points the derivative is the usual formula's, as PyTorch's is, and the comparison with
    PyTorch judges it.
    """
    if name == "pow" and all(point):
        a, b = map(abs, point)
        size = b * math.log10(a)
        return not -290 < size < 290 or not -290 < size - math.log10(a) < 290 or b > 2.0**53
    if name == "elu":
        return point[0] < -700.0
    if name == "prod":
        return 0.0 < min(map(abs, point)) < 1e-300 or max(map(abs, point)) >= 1e300
    return name in ("atan2", "copysign", "pow") and 0.0 in point


def check_against_mpmath(name: str, point: Point) -> None:
    try:
        exact = exact_at(name, point)
    except ZeroDivisionError:  # a pole: PyTorch judges it
        return
    if any(isinstance(x, mp.mpc) or mp.isnan(x) or mp.isinf(x) for x in exact.values()):
        return  # outside of the domain: PyTorch judges it
    value = results(name, point)["value"]
    if math.isnan(value) and not beyond_the_formula(name, "value", point):
        assert name in ("acosh", "pow", "log", "log2", "log10"), point
        return
    for part, got in results(name, point).items():
        if not beyond_the_formula(name, part, point):
            off = ulps_off(got, exact[part], largest_term(name, part, point))
            assert off <= ulps_allowed(name, point), (part, got, mp.nstr(exact[part], 20), off)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_value_and_partials_are_mpmath_s_at_every_finite_edge(name):
    edges = [point for point in EVERY[name].edges if all(map(math.isfinite, point))]
    for point in edges[:: 1 + len(edges) // 300]:
        check_against_mpmath(name, point)


def points_of(domain: Domain, name: str) -> st.SearchStrategy[Point]:
    numbers = [st.floats(low, high) for low, high in domain.ranges]
    if not domain.variadic:
        return st.tuples(*numbers)
    fewest = 2 if name == "dot" else 1
    return st.lists(numbers[0], min_size=fewest, max_size=5).map(tuple)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_value_and_partials_are_mpmath_s_inside_the_domain(name):
    @given(points_of(EVERY[name], name))
    def check(point):
        check_against_mpmath(name, point)

    check()


# --- what a function takes and gives ---------------------------------------------------------------------

PLAIN = (2, True, np.float64(2.0), np.float32(2.0), np.int64(2), np.array(2.0))


@pytest.mark.parametrize("name", sorted(set(ops.TABLE) - {"dot"}))
@pytest.mark.parametrize("number", PLAIN, ids=lambda x: type(x).__name__)
def test_any_kind_of_number_gives_a_python_float(name, number):
    operands = [number] * (2 if DOMAINS[name].variadic else len(DOMAINS[name].ranges))
    assert type(getattr(microgd, name)(*operands)) is float


@pytest.mark.parametrize("name", sorted(ops.TABLE))
def test_no_edge_raises_and_every_value_is_a_python_float(name):
    for point in DOMAINS[name].edges:
        assert type(ops.TABLE[name].value(*point)) is float


@pytest.mark.parametrize("name", sorted(set(ops.TABLE) - {"where", "dot"}))
def test_a_value_goes_in_and_a_value_with_the_table_s_partials_comes_out(name):
    for point in DOMAINS[name].edges[::7]:
        xs = [Value(x) for x in point]
        out = getattr(microgd, name)(*xs)
        row = ops.TABLE[name]
        assert out.op == name
        assert all(x is operand for x, operand in zip(out.inputs, xs, strict=True))
        assert bits(out.data) == bits(row.value(*point))
        slopes = row.partials_at(point, out.data, [True] * len(point))
        assert list(map(bits, microgd.autograd.record(out)[1])) == list(map(bits, slopes))


def bits(x: float) -> bytes:
    return struct.pack("d", nan if math.isnan(x) else x)


ARITHMETIC = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_the_four_operators_hold_the_table_s_partials_bit_for_bit(name):
    row, operate = ops.TABLE[name], ARITHMETIC[name]
    for a, b in DOMAINS[name].edges:
        value = row.value(a, b)
        da, db = row.partials_at((a, b), value, (True, True))
        for x, y in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            out = operate(x, y)
            assert bits(out.data) == bits(value)
            partials = microgd.autograd.record(out)[1]
            for operand, got, want in zip((x, y), partials, (da, db), strict=True):
                assert got is None if isinstance(operand, float) else bits(got) == bits(want)


def test_a_mask_cuts_the_gradient_and_does_not_multiply_it():
    for cut in (
        lambda x: ops.sqrt(ops.relu(x)),
        lambda x: ops.sqrt(ops.where(x > 0.0, x, 0.0)),
        lambda x: ops.sqrt(ops.clamp(x, 0.0, 1.0)),
        lambda x: ops.sqrt(ops.maximum(x, 0.0)),
        lambda x: ops.log(ops.hardtanh(x, 0.0, 1.0)),
    ):
        x = Value(-1.0)
        cut(x).backward()
        assert x.grad == 0.0


def test_the_side_not_taken_by_where_gets_gradient_0_even_if_it_is_infinite_or_nan():
    for number in (inf, -inf, nan):
        x, y = Value(number), Value(2.0)
        (inf * ops.where(False, x, y)).backward()
        assert (x.grad, y.grad) == (0.0, inf)


def test_reductions_take_a_nested_sequence_or_the_numbers_one_by_one():
    for name in ("sum", "mean", "prod", "max", "min", "logsumexp"):
        function = getattr(microgd, name)
        assert function([1.0, [2.0, 3.0]]) == function([1.0, 2.0, 3.0]) == function(1.0, 2.0, 3.0)


def test_max_and_min_of_nothing_are_an_error_and_the_other_reductions_have_a_neutral_element():
    assert (ops.sum([]), ops.prod([])) == (0.0, 1.0)
    assert math.isnan(ops.mean([]))
    for function in (ops.max, ops.min):
        with pytest.raises(ValueError, match="at least one number"):
            function([])


def test_a_dot_product_of_different_lengths_is_an_error_that_names_both():
    with pytest.raises(RuntimeError, match=r"\[2\] and src \[3\]"):
        ops.dot([1.0, 2.0], [1.0, 2.0, 3.0])


wide = st.one_of(st.floats(-1e3, 1e3), st.floats(allow_nan=False, allow_infinity=False))


def in_order(terms, start=0.0):
    for x in terms:
        start = start + x
    return start


@given(st.lists(st.tuples(wide, wide), min_size=1, max_size=20), wide)
def test_every_sum_is_added_up_from_left_to_right_on_every_python(pairs, bias):
    xs, ys = map(list, zip(*pairs, strict=True))
    products = [x * y for x, y in pairs]
    top = max(xs)
    rest = [math.exp(x - top) for x in [*xs[: xs.index(top)], *xs[xs.index(top) + 1 :]]]
    for got, want in (
        (ops.sum(xs), in_order(xs)),
        (ops.mean(xs), in_order(xs) / len(xs)),
        (ops.dot(xs, ys), in_order(products)),
        (ops.dot(xs, ys, bias), in_order(products) + bias),
        (ops.logsumexp(xs), top + math.log1p(in_order(rest))),
    ):
        assert bits(got) == bits(want)


def test_a_compensated_sum_would_give_other_bits():
    assert ops.sum([1.0, 1e100, 1.0, -1e100]) == 0.0


def test_a_sum_of_negative_zeros_is_zero_as_in_pytorch():
    zeros = [-0.0, -0.0]
    for total in (ops.sum(zeros), ops.mean(zeros), ops.dot(zeros, [1.0, 1.0])):
        assert math.copysign(1.0, total) == 1.0


@pytest.mark.parametrize("gate", [ops.silu, ops.mish, ops.gelu, ops.gelu_tanh], ids=lambda f: f.__name__)
def test_an_infinite_upstream_gradient_passes_through_zero_times_a_gate(gate):
    x = Value(0.0)
    gate(x).sqrt().backward()
    assert x.grad == inf


def test_softmax_adds_up_to_one_and_does_not_overflow():
    for xs in ([1000.0, 1000.0, -1000.0], [0.0, 1.0, 2.0], [5.0]):
        assert abs(math.fsum(ops.softmax(xs)) - 1.0) <= 4 * math.ulp(1.0)


def test_gelu_refuses_an_approximation_it_does_not_know():
    with pytest.raises(RuntimeError, match="none or tanh"):
        ops.gelu(1.0, approximate="erf")


@pytest.mark.parametrize("bad", ["1", None, 1j, [1.0], b"1"], ids=repr)
def test_what_is_no_number_is_refused_with_a_sentence(bad):
    with pytest.raises(TypeError, match="expected a number"):
        ops.exp(bad)


def test_the_edges_include_what_is_asked_for():
    asked = (0.0, 1.0, -1.0, inf, -inf, 5e-324, 1e-300, 1e300, 700.0, -700.0, 750.0, -750.0, 1e16)
    assert {(x,) for x in asked} <= set(ONE)
    assert any(math.copysign(1.0, x) < 0.0 for (x,) in ONE if x == 0.0)
    assert any(math.isnan(x) for (x,) in ONE)
    assert any(math.isnan(x) for x in FEW)
