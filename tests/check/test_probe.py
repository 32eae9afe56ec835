"""The points at which a rule is asked, and what its answer is taken for."""

import math
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from microgd import Value
from microgd.check.answers import Refused
from microgd.check.diagnosis import Stopped, agree, described, number, raised
from microgd.check.probe import Point, Probe, matches, near
from microgd.check.sampling import Sampler


def drawn(width, count=600, seed=0):
    sampler, rng = Sampler(width), random.Random(seed)
    return [sampler(rng) for _ in range(count)]


def test_of_every_six_points_one_is_far_out_and_one_near_0():
    sizes = [abs(x) for (x,) in drawn(1)]
    for k, (low, high) in enumerate([(0.2, 3), (3, 9), (0.2, 3), (0.02, 0.95), (0.2, 3), (0.2, 3)]):
        of_these = sizes[k::6]
        assert low <= min(of_these) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(of_these) <= high


def test_each_side_has_a_point_beyond_3_and_one_beyond_6():
    for seed in range(20):
        far = sorted(x for (x,) in drawn(1, 24, seed) if abs(x) > 3)
        assert [-9 < far[0] < -6, -6 < far[1] < -3, 3 < far[2] < 6, 6 < far[3] < 9] == [True] * 4


def test_two_of_six_points_are_positive_and_the_others_of_either_sign():
    points = drawn(2)
    for k in range(6):
        signs = {math.copysign(1.0, x) for point in points[k::6] for x in point}
        assert signs == ({1.0} if k in (2, 5) else {1.0, -1.0})


def test_no_input_is_near_1_or_2_and_no_two_are_alike():
    for point in drawn(3):
        assert all(abs(abs(x) - c) >= 0.03 for x in point for c in (1.0, 2.0))
        a, b, c = map(abs, point)
        assert min(abs(a - b), abs(b - c), abs(a - c)) >= 0.02
    assert any(abs(abs(x) - 1.0) < 0.05 for point in drawn(3) for x in point)
    assert len(drawn(40, 12)) == 12  # so many may be alike


def probe(f, rule, **options):
    return Probe(f, rule, **({"sample": None, "points": 24, "seed": 0} | options))


def rule_of_three(p, q, r, out, g):
    return (g, g, g)


@pytest.mark.parametrize(
    ("f", "rule", "names"),
    [
        (lambda a: a, lambda v, out, g: g, ["x"]),
        (lambda a, b: a * b, lambda u, v, out, g: (g, g), ["u", "v"]),
        (lambda a, b: a * b, lambda *xs: (0, 0), ["a", "b"]),
        (lambda a, b: a * b, lambda u, out, g, h: (0, 0), ["a", "b"]),
        (lambda a, b, c=1.0: a * b * c, lambda u, v, out, g: (g, g), ["u", "v"]),
        (lambda *xs: sum(xs), rule_of_three, ["p", "q", "r"]),
        (lambda *xs: sum(xs), lambda *xs: (0, 0, 0), ["a", "b", "c"]),
        (max, rule_of_three, ["p", "q", "r"]),
        (lambda *xs: sum(xs), lambda out, g: (), ["x"]),
    ],
)
def test_how_many_inputs_there_are_and_what_they_are_called(f, rule, names):
    found = probe(f, rule)
    assert found.names == names
    assert all(len(point.xs) == len(names) for point in found.points)


def test_more_inputs_than_letters():
    found = probe(lambda a, b, c, d, e, f, g, h: a + b, lambda *xs: [0] * 8)
    assert found.names == ["a", "b", "c", "d", "e", "f", "h", "x7"]


def test_the_upstream_gradients_are_of_either_sign_and_not_near_1():
    gs = [g for point in probe(lambda x: [x, x], lambda x, out, g: 0, points=100).points for g in point.gs]
    assert len(gs) == 200
    assert all(0.3 <= abs(g) <= 3.0 and abs(abs(g) - 1.0) > 0.1 for g in gs)
    assert 50 < sum(g > 0 for g in gs) < 150
    assert min(map(abs, gs)) < 0.4
    assert max(map(abs, gs)) > 2.5


def test_points_are_where_f_is_defined_and_smooth():
    assert all(point.xs[0] > 0.0 for point in probe(math.log, lambda x, out, g: g).points)
    ints = probe(math.floor, lambda x, out, g: 0, sample=lambda rng: rng.choice([2.0, 2.5]))
    assert {point.xs[0] for point in ints.points} == {2.5}
    assert len(ints.points) == 24


def test_few_points_are_enough_if_they_are_four():
    left = iter([0.5, 0.6, 0.7, 0.8])
    assert (
        len(probe(math.sin, lambda x, out, g: g, sample=lambda rng: next(left, -9.0), points=4).points) == 4
    )

    def sparse(count):
        left = iter([0.5 + 0.01 * k for k in range(count)])
        return lambda rng: next(left, -9.0)

    assert len(probe(math.log, lambda x, out, g: g, sample=sparse(4)).points) == 4
    with pytest.raises(ValueError, match=r"found only 3 points .* sample=, a function that draws some"):
        probe(math.log, lambda x, out, g: g, sample=sparse(3))


def test_no_value_is_an_empty_list_of_outputs():
    found = probe(lambda x: x * x, lambda x, out, g: g, points=4)
    for f in (lambda x: complex(x), lambda x: 1 // 0, lambda x: math.sqrt(-1.0)):
        found.f = f
        assert found.outputs([1.0]) == []


def test_what_is_right_is_measured_for_each_input():
    found = probe(lambda a, b: a * a * b, lambda a, b, out, g: (g, g))
    for point in found.points:
        (a, b), (g,) = point.xs, point.gs
        assert point.outs == [a * a * b]
        assert point.right == pytest.approx([2 * a * b * g, a * a * g], rel=1e-9)


def test_the_matrix_has_a_row_for_each_input_and_a_column_for_each_output():
    found = probe(lambda a, b: [a * b, a + 3 * b, b * b], lambda a, b, out, g: (0, 0), points=4)
    (a, b), matrix = found.points[2].xs, found.matrix(2)
    assert matrix[0] == pytest.approx([b, 1.0, 0.0], abs=1e-9)
    assert matrix[1] == pytest.approx([a, 3.0, 2 * b], abs=1e-9)
    assert found.matrix(2) is matrix


def test_a_point_is_right_within_its_error_or_a_millionth():
    point = Point([1.0], [1.0], [1.0])
    point.right, point.error, point.given = [4.0], [1e-9], [4.0 + 3.9e-6]
    assert point.is_right(0)
    assert not point.is_right(0, 4.0 + 4.1e-6)
    assert point.is_right(0, 4.0 - 3.9e-6)
    point.error = [1e-3]
    assert point.is_right(0, 4.0009)
    assert not point.is_right(0, 4.0011)


def test_a_point_is_sharp_if_it_is_known_to_seven_digits():
    point = Point([1.0], [1.0], [1.0])
    for right, error, sharp in ((4.0, 3.9e-7, True), (-4.0, 4.1e-7, False), (0.0, 0.0, False)):
        point.right, point.error = [right], [error]
        assert point.is_sharp(0) == sharp


def test_near_and_matches():
    assert near(1.0, 1.0 + 0.9e-6)
    assert not near(1.0, 1.0 + 1.1e-6)
    assert near(1e-9, 2e-9, size=1e-2)
    assert not near(1e-9, 2e-9, size=1e-4)
    assert near(1.0, 1.05, slack=0.1)
    assert matches(1.0, 1.0 + 0.9e-6, 0.0)
    assert not matches(1.0, 1.0 + 1.1e-6, 0.0)
    assert matches(1.0, 1.1, 0.11)


def test_the_rule_is_asked_with_another_upstream_gradient_if_one_is_given():
    found = probe(lambda x: x * x, lambda x, out, g: (x + out) * g)
    point = found.points[0]
    (x,) = point.xs
    assert found.ask(point) == pytest.approx([(x + x * x) * point.gs[0]])
    assert found.ask(point, [2.0]) == pytest.approx([2.0 * (x + x * x)])


def test_an_exception_of_the_rule_is_a_refusal_that_knows_its_point():
    def rule(x, out, g):
        raise KeyError(3)

    found = probe(lambda x: x * x, rule)
    with pytest.raises(Refused) as caught:
        found.ask(found.points[0])
    assert caught.value.diagnosis.key == "raises"
    assert (
        caught.value.diagnosis.message
        == f"Your rule raised KeyError: 3 (at x = {found.points[0].xs[0]:.6g})."
    )


# --- what diagnosis, engines and optimizers share ---


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (3, 3.0),
        (True, 1.0),
        (-0.5, -0.5),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        ("1.0", None),
        (b"1", None),
        (1j, None),
        ([1.0], None),
        (None, None),
        (Value(1.0), 1.0),
        (Value(1.0, requires_grad=False), 1.0),
        (Fraction(1, 4), 0.25),
        (Decimal("0.25"), 0.25),
        (object(), None),
    ],
)
def test_what_counts_as_a_number(x, found):
    assert number(x) == found


def test_numpys_scalars_and_arrays_of_one_element_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert number(numpy.float32(0.5)) == number(numpy.array(0.5)) == number(numpy.array([[0.5]])) == 0.5
    assert number(numpy.array("0.5")) is number(numpy.complex64(1)) is None
    assert number(numpy.array([0.5, 0.5])) is None


def test_numbers_agree_but_for_rounding_errors():
    assert agree([1.0, 1e5], [1.0 + 0.9e-9, 1e5])
    assert not agree([1.0, 1e5], [1.0 + 1.1e-9, 1e5])
    assert agree([0.0], [0.9e-12])
    assert not agree([0.0], [1.1e-12])
    with pytest.raises(ValueError, match="zip"):
        agree([1.0], [1.0, 2.0])


def test_objects_and_exceptions_in_a_sentence():
    assert described(None) == "NoneType"
    assert described("ab") == "str 'ab'"
    assert described("a" * 58) == f"str '{'a' * 58}'"
    assert described("a" * 59) == f"str '{'a' * 56}..."
    assert raised(ValueError()) == "ValueError"
    assert raised(ValueError(" one\ntwo")) == "ValueError: one"
    assert raised(ValueError("a" * 300)) == f"ValueError: {'a' * 200}"
    stopped = Stopped("key", "why", [2, 0])
    assert (str(stopped), stopped.diagnosis) == ("why", (False, "key", (2, 0), "why", ()))
