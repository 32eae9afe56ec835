"""numerical_derivative: never wrong, sharp where it can be, and it names every kind of point."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from microgd import ops
from microgd.check.numerical import Derivative, numerical_derivative

SMOOTH = {
    "exp": (math.exp, math.exp, -5, 5),
    "sin": (math.sin, math.cos, -10, 10),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2, -3, 3),
    "log": (math.log, lambda x: 1 / x, 0.05, 20),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), 0.05, 20),
    "cube": (lambda x: x**3, lambda x: 3 * x * x, -5, 5),
    "sin(30x)": (lambda x: math.sin(30 * x), lambda x: 30 * math.cos(30 * x), -2, 2),
    "atan": (math.atan, lambda x: 1 / (1 + x * x), -5, 5),
}


@given(name=st.sampled_from(sorted(SMOOTH)), at=st.floats(0, 1))
def test_at_smooth_points_the_true_slope_is_within_the_tolerance(name, at):
    f, slope, low, high = SMOOTH[name]
    x = low + at * (high - low)
    d = numerical_derivative(f, x)
    assert d.judge(slope(x)) in ("ok", "ok_weak")
    assert abs(d.value - slope(x)) <= d.tolerance


@pytest.mark.parametrize("name", sorted(SMOOTH))
@pytest.mark.parametrize("error", [1e-6, 1e-9])
def test_small_errors_are_seen_at_moderate_points(name, error):
    f, slope, low, high = SMOOTH[name]
    x = low + 0.618 * (high - low)
    d = numerical_derivative(f, x)
    assert d.judge(slope(x)) == "ok"
    assert d.judge(slope(x) * (1 + error)) == "wrong"
    assert d.judge(slope(x) * (1 - error)) == "wrong"


@pytest.mark.parametrize("x", [1e8, -1e8, 1e-8, -1e-8, 1e-100, 3e-300, 1e15, 0.0, -0.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: 3 * x, lambda x: 3.0),
        (math.atan, lambda x: 1 / (1 + x * x)),
        (math.sin, math.cos),
        (math.asinh, lambda x: 1 / math.hypot(1, x)),
        (lambda x: 7.0, lambda x: 0.0),
    ],
)
def test_no_false_alarm_far_from_1(f, slope, x):
    assert numerical_derivative(f, x).judge(slope(x)) in ("ok", "ok_weak", "coarse")


@given(
    distance=st.floats(-16, -1).map(lambda e: 10.0**e),
    side=st.sampled_from([1, -1]),
    kink=st.sampled_from([0.0, 1.0, -3.0, 0.1]),
)
def test_no_false_alarm_near_a_kink(distance, side, kink):
    x = kink + side * distance
    right = math.copysign(1.0, x - kink) if x != kink else 0.0
    assert numerical_derivative(lambda t: abs(t - kink), x).judge(right) != "wrong"


@pytest.mark.parametrize("period", [2.0**-k for k in (36, 38, 40, 41, 42, 44, 46)])
@pytest.mark.parametrize("height", [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-6])
def test_a_ripple_whose_period_divides_the_steps_is_seen(period, height):
    """Its slope is the right one, and that of the function without it is never called right."""
    for x in (1.0, 0.75, 1.1, 2.3, -1.25, 0.6180339):
        phase = 2.0 * math.pi * (x / period % 1.0)
        found = numerical_derivative(
            lambda t: math.sin(t) + height * math.sin(2.0 * math.pi * (t / period % 1.0)), x
        )
        right = math.cos(x) + height * 2.0 * math.pi / period * math.cos(phase)
        assert found.judge(right) != "wrong"
        if abs(right - math.cos(x)) > 0.1 * abs(math.cos(x)):
            assert found.judge(math.cos(x)) not in ("ok", "ok_weak")


def test_waves_that_are_shorter_than_the_shortest_step_are_no_kink():
    assert numerical_derivative(lambda x: math.sin(1.0 / x), -4.803727767725078e-15).kind == "coarse"


def test_a_stair_of_rounding_errors_is_no_ripple():
    found = numerical_derivative(lambda x: x * x * x + 1e8 - 1e8, 0.7)
    assert found.kind == "weak"


@given(x=st.floats(allow_nan=True, allow_infinity=True))
def test_every_float_gets_an_answer(x):
    for f in (ops.relu, ops.sqrt, ops.log, ops.tan, ops.cbrt, ops.exp, lambda t: ops.div(1.0, t)):
        assert isinstance(numerical_derivative(f, x), Derivative)


KINDS = [
    ("relu at 0", lambda x: max(x, 0.0), 0.0, "kink", 0.0, 1.0),
    ("abs at 0", abs, 0.0, "kink", -1.0, 1.0),
    ("abs at 1", lambda x: abs(x - 1), 1.0, "kink", -1.0, 1.0),
    ("max of a tie", lambda x: max(x * x, x), 1.0, "kink", 1.0, 2.0),
    ("floor", math.floor, 2.0, "jump", None, None),
    ("sign", lambda x: float(x > 0) - float(x < 0), 0.0, "jump", None, None),
    ("sqrt at 0", math.sqrt, 0.0, "infinite", None, math.inf),
    ("cbrt at 0", math.cbrt, 0.0, "infinite", math.inf, math.inf),
    ("sqrt|x| at 0", lambda x: math.sqrt(abs(x)), 0.0, "infinite", -math.inf, math.inf),
    ("asin at 1", math.asin, 1.0, "infinite", math.inf, None),
    ("x**1.5 at 0", lambda x: x**1.5, 0.0, "edge", None, 0.0),
    ("log at 0", math.log, 0.0, "undefined", None, None),
    ("1/x at 0", lambda x: 1 / x, 0.0, "undefined", None, None),
    ("sqrt at -1", math.sqrt, -1.0, "undefined", None, None),
    ("inf", math.sin, math.inf, "undefined", None, None),
    ("nan", math.sin, math.nan, "undefined", None, None),
    ("tanh", math.tanh, 0.3, "smooth", None, None),
    ("a slope of 0", lambda x: x * x, 0.0, "smooth", None, None),
    ("flat", lambda x: 7.0, 0.3, "smooth", None, None),
]


@pytest.mark.parametrize(("name", "f", "x", "kind", "left", "right"), KINDS)
def test_every_kind_has_its_smallest_example(name, f, x, kind, left, right):
    d = numerical_derivative(f, x)
    assert d.kind == kind
    if left is not None:
        assert d.left == pytest.approx(left, abs=1e-9)
    if right is not None:
        assert d.right == pytest.approx(right, abs=1e-6)
    assert d.describe()


def test_a_gradient_at_a_kink_may_be_either_slope_or_anything_between():
    d = numerical_derivative(lambda x: max(x, 0.0), 0.0)
    assert [d.judge(g) for g in (0.0, 0.5, 1.0)] == ["kink"] * 3
    assert [d.judge(g) for g in (-0.1, 1.1, math.nan)] == ["wrong"] * 3


def test_where_there_is_no_slope_no_gradient_is_called_wrong():
    for f, x in ((math.floor, 2.0), (math.sqrt, 0.0), (math.log, 0.0)):
        assert numerical_derivative(f, x).judge(123.0) != "wrong"


def test_nan_is_wrong_where_the_function_is_smooth():
    assert numerical_derivative(math.tanh, 0.3).judge(math.nan) == "wrong"
    assert numerical_derivative(math.tanh, 0.3).judge(math.inf) == "wrong"


def test_a_function_that_changes_is_nondeterministic():
    count = iter(range(1000))
    assert numerical_derivative(lambda x: next(count) * x, 1.0).kind == "nondeterministic"


def test_what_is_hidden_in_given_noise_is_not_claimed():
    d = numerical_derivative(math.tanh, 0.3, noise=1e-4)
    assert d.kind == "weak"
    assert d.judge(1 / math.cosh(0.3) ** 2) == "ok_weak"


def test_scatter_is_taken_for_noise():
    """1e8 + sin(x) - 1e8 has errors of 1e-8 that its own size does not tell."""
    f = lambda x: (1e8 + math.sin(x)) - 1e8  # noqa: E731
    assert numerical_derivative(f, 0.7).judge(math.cos(0.7)) != "wrong"


def test_exceptions_of_arithmetic_mean_undefined_and_others_come_out():
    assert numerical_derivative(lambda x: 1 // 0, 1.0).kind == "undefined"
    assert numerical_derivative(lambda x: (-8.0) ** (1 / 3), 1.0).kind == "undefined"
    with pytest.raises(TypeError):
        numerical_derivative(lambda x: x + "", 1.0)


# Only + - * / and sqrt: the same numbers on every machine.
MEASURED = [
    (
        lambda x: x * x,
        1.7,
        {},
        "smooth",
        3.3999999999999995,
        7.953638e-15,
        3.3999999999999995,
        3.3999999999999995,
    ),
    (
        lambda x: x * x,
        -100000000.0,
        {},
        "smooth",
        -200000000.0,
        4.351774619566068e-07,
        -200000000.0,
        -200000000.0,
    ),
    (
        lambda x: x * x,
        1e-30,
        {},
        "smooth",
        2.0000000000000005e-30,
        4.346924e-45,
        2.0000000000000005e-30,
        2.0000000000000005e-30,
    ),
    (
        lambda x: x * x * x,
        0.3,
        {},
        "smooth",
        0.2699999999999999,
        4.325984e-16,
        0.2699999999999999,
        0.2699999999999999,
    ),
    (
        lambda x: 1 / x,
        0.01,
        {},
        "smooth",
        -10000.000000000038,
        7.379104e-10,
        -10000.000000000038,
        -10000.000000000038,
    ),
    (
        lambda x: 1 / x,
        -3.0,
        {},
        "smooth",
        -0.11111111111111077,
        6.898298e-15,
        -0.11111111111111077,
        -0.11111111111111077,
    ),
    (
        math.sqrt,
        2.0,
        {},
        "smooth",
        0.35355339059326946,
        2.719922e-14,
        0.35355339059326946,
        0.35355339059326946,
    ),
    (math.sqrt, 0.001, {}, "smooth", 15.81138830084152, 1.85319e-12, 15.81138830084152, 15.81138830084152),
    (
        lambda x: x / (1 + x * x),
        0.4,
        {},
        "smooth",
        0.6242568370986905,
        2.875214e-14,
        0.6242568370986905,
        0.6242568370986905,
    ),
    (
        lambda x: x * x * x + 100000000.0 - 100000000.0,
        0.7,
        {},
        "weak",
        1.4700000411934324,
        2.410677e-07,
        1.4699996979463668,
        1.4700003223759788,
    ),
    (
        lambda x: x * x * x,
        0.7,
        {"noise": 1e-09},
        "smooth",
        1.4700000000000004,
        1.6e-08,
        1.469999999999998,
        1.4699999999999973,
    ),
    (
        lambda x: x * x * x,
        0.7,
        {"noise": 1e-09, "scale": 0.001},
        "weak",
        1.4700000000000004,
        2e-06,
        1.469999999999998,
        1.4699999999999973,
    ),
    (
        lambda x: x * math.sqrt(x),
        0.0,
        {},
        "edge",
        6.494203334207824e-13,
        1.040297e-13,
        math.nan,
        6.494203334207824e-13,
    ),
    (lambda x: abs(x) * (x + 3), 0.0, {}, "kink", 0.0, 1.132427e-14, -3.0, 3.0),
    (lambda x: max(2 * x, x * x * x), 0.0, {}, "kink", 1.0, 7.549517e-15, -5.473822126268817e-48, 2.0),
    (abs, 0.001, {}, "smooth", 1.0, 2.485123e-15, 1.0, 1.0),
    (lambda x: abs(x) * x + abs(x), 1e-09, {}, "smooth", 1.000000002, 2.647497e-15, 1.000000002, 1.000000002),
    (
        lambda x: 1 / (x - 1),
        1.0001,
        {},
        "smooth",
        -99999999.99957049,
        0.02741337,
        -99999999.94710933,
        -99999999.97107986,
    ),
    (lambda x: x - math.floor(x), 2.5, {}, "smooth", 1.0, 1.44329e-14, 1.0, 1.0),
    (lambda x: x * x + x, 1e-20, {}, "smooth", 1.0, 3.287574e-15, 1.0, 1.0),
    (
        lambda x: x * 1e-300,
        0.5,
        {},
        "smooth",
        1.0000000000000002e-300,
        1.554312e-315,
        1.0000000000000002e-300,
        1.0000000000000002e-300,
    ),
    (
        lambda x: 1 + x * 1e-12,
        0.5,
        {},
        "weak",
        1.000088900582341e-12,
        1.776357e-15,
        1.000088900582341e-12,
        1.000088900582341e-12,
    ),
    (
        lambda x: 1 + x * x - 1,
        1e-09,
        {},
        "weak",
        2.000000165480742e-09,
        1.776357e-15,
        2.0000001469770248e-09,
        2.000000202488176e-09,
    ),
    (lambda x: x * x, 0.0, {}, "smooth", 0.0, 7.34684e-40, 0.0, 0.0),
    (lambda x: x * x if x >= -1e-12 else math.nan, 0.0, {}, "smooth", 0.0, 7.34684e-40, 0.0, 0.0),
    (lambda x: x * x + (x > 0.6), 0.5, {}, "smooth", 1.0, 1.465494e-14, 1.0, 1.0),
]


@pytest.mark.parametrize(("f", "x", "options", "kind", "value", "error", "left", "right"), MEASURED)
def test_what_is_measured_and_how_well(f, x, options, kind, value, error, left, right):
    found = numerical_derivative(f, x, **options)
    assert found.kind == kind
    assert found.error == pytest.approx(error, rel=1e-6, abs=0.0)
    exactly = {"rel": 1e-15, "abs": 0.0, "nan_ok": True}
    assert (found.value, found.left, found.right) == (
        pytest.approx(value, **exactly),
        pytest.approx(left, **exactly),
        pytest.approx(right, **exactly),
    )


def measured(kind, value=3.0, error=1e-9, left=3.0, right=3.0):
    return Derivative(value, error, kind, left, right)


def test_a_gradient_may_be_off_by_ten_errors_and_eight_roundings():
    d = measured("smooth")
    assert d.tolerance == 10 * 1e-9 + 8 * 2.0**-52 * 3.0
    assert d.judge(3.0 + 0.999e-8) == d.judge(3.0 - 0.999e-8) == "ok"
    assert d.judge(3.0 + 1.001e-8) == d.judge(3.0 - 1.001e-8) == "wrong"
    exact = measured("smooth", error=0.0)
    assert exact.judge(3.0 * (1 + 7 * 2.0**-52)) == "ok"
    assert exact.judge(3.0 * (1 + 9 * 2.0**-52)) == "wrong"


def test_a_kink_allows_all_between_its_slopes_and_the_same_tolerance_beyond():
    for left, right in ((-1.0, 2.0), (2.0, -1.0)):
        d = measured("kink", 0.5, 1e-9, left, right)
        assert [d.judge(g) for g in (-1.0 - 0.9e-8, 0.0, 2.0 + 0.9e-8)] == ["kink"] * 3
        assert [d.judge(g) for g in (-1.0 - 1.1e-8, 2.0 + 1.1e-8)] == ["wrong"] * 2
    exact = measured("kink", 0.5, 0.0, 1e-3, 1.0)
    assert exact.judge(1.0 + 7 * 2.0**-52) == "kink"
    assert exact.judge(1e-3 - 7 * 2.0**-52) == "kink"


@pytest.mark.parametrize("kind", ["jump", "infinite", "undefined", "nondeterministic"])
def test_the_verdict_where_there_is_no_slope_is_its_kind(kind):
    assert measured(kind).judge(1e9) == measured(kind).judge(math.nan) == kind


def test_an_edge_is_judged_if_it_was_seen_sharply():
    assert measured("edge").judge(3.0) == "edge"
    assert measured("edge").judge(3.1) == "wrong"
    assert measured("edge", error=1e-6).judge(3.1) == "edge"
    assert measured("edge", error=1e-6).judge(math.inf) == "edge"
    assert measured("edge", error=2.9e-7).judge(3.1) == "wrong"
    assert measured("edge", error=3.1e-7).judge(3.1) == "edge"


def test_a_coarse_measurement_calls_only_nan_and_inf_wrong():
    assert measured("coarse").judge(1e9) == "coarse"
    assert measured("coarse").judge(math.inf) == measured("coarse").judge(math.nan) == "wrong"
    assert measured("smooth", 1.0, math.nan).judge(3.0) == "coarse"


def test_weak_measurements_say_so():
    assert measured("weak", error=1e-3).judge(3.0) == "ok_weak"
    assert measured("weak", error=1e-3).judge(3.1) == "wrong"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (measured("smooth"), "slope 3 ± 1e-08"),
        (measured("weak", error=1e-3), "slope 3; errors below 0.01 cannot be seen"),
        (measured("coarse"), "the slope cannot be measured here"),
        (
            measured("kink", left=-1.0, right=0.1234567),
            "not differentiable here: slope -1 on the left, 0.123457 on the right",
        ),
        (measured("jump"), "not continuous here: the function jumps"),
        (measured("infinite"), "the slope is infinite here"),
        (measured("edge"), "the edge of the domain: the function has values on one side only"),
        (measured("undefined"), "the function has no finite value here"),
        (measured("nondeterministic"), "two evaluations at the same point differ"),
    ],
)
def test_every_kind_has_its_words(found, text):
    assert found.describe() == text


def test_a_value_with_item_and_a_complex_number():
    class Wrapped(float):
        def item(self):
            return float(self) * 2.0

    assert numerical_derivative(lambda x: Wrapped(x * x), 1.5).value == pytest.approx(6.0)
    assert numerical_derivative(lambda x: complex(x), 1.5).kind == "undefined"
    assert numerical_derivative(lambda x: int(4 * x) if x < 1e9 else 0, 1.0).kind == "jump"


def test_a_saw_that_fits_between_the_steps_makes_the_slope_less_certain():
    """All steps are multiples of its width: at each of them it is 0."""
    width = 2.0**-47
    found = numerical_derivative(lambda x: x + 8 * (math.fmod(x / width, 1.0) > 0) * width, 1.0)
    assert found.judge(1.0) != "wrong"
    assert found.error > 5 * numerical_derivative(lambda x: x, 1.0).error


@pytest.mark.parametrize("x", [1e-300, 5e-324, -1e-200, 1e300, -1e307, 1e-60])
def test_the_smallest_and_the_largest_inputs_have_a_slope(x):
    found = numerical_derivative(lambda t: 3.0 * t, x)
    assert found.judge(3.0) in ("ok", "coarse", "ok_weak")


def test_nan_at_the_second_evaluation_is_nondeterministic_and_nan_at_both_undefined():
    values = iter([1.0, math.nan])
    assert numerical_derivative(lambda x: next(values), 1.0).kind == "nondeterministic"
    assert numerical_derivative(lambda x: math.nan, 1.0).kind == "undefined"
    values = iter([math.nan, 1.0])
    assert numerical_derivative(lambda x: next(values), 1.0).kind == "nondeterministic"


def test_a_jump_beside_a_slope_keeps_the_one_slope_there_is():
    found = numerical_derivative(lambda x: 3.0 * x if x <= 0.0 else 1.0 - x, 0.0)
    assert found.kind == "jump"
    assert found.left == pytest.approx(3.0)
    assert found.right == math.inf
    found = numerical_derivative(lambda x: math.sqrt(-x) if x < 0.0 else 2.0 * x, 0.0)
    assert found.kind == "infinite"
    assert found.left == -math.inf
    assert found.right == pytest.approx(2.0)


def test_an_infinite_slope_at_an_edge_has_the_sign_of_its_side():
    for f, x, left, right in (
        (math.sqrt, 0.0, math.nan, math.inf),
        (lambda x: -math.sqrt(x), 0.0, math.nan, -math.inf),
        (lambda x: math.sqrt(-x), 0.0, -math.inf, math.nan),
        (lambda x: -math.sqrt(-x), 0.0, math.inf, math.nan),
    ):
        found = numerical_derivative(f, x)
        assert found.kind == "infinite"
        assert (found.left, found.right) == (
            pytest.approx(left, nan_ok=True),
            pytest.approx(right, nan_ok=True),
        )


def test_a_jump_at_an_edge_and_an_isolated_point():
    assert (
        numerical_derivative(lambda x: 0.0 if x == 0.0 else 1.0 if x > 0.0 else math.nan, 0.0).kind == "jump"
    )
    found = numerical_derivative(lambda x: 0.0 if x == 0.0 else math.nan, 0.0)
    assert found == Derivative(
        pytest.approx(math.nan, nan_ok=True), math.inf, "undefined", found.left, found.right
    )


@pytest.mark.parametrize(
    ("power", "kind"), [(0.05, "jump"), (0.15, "infinite"), (0.85, "infinite"), (0.95, "smooth")]
)
def test_how_steep_is_infinite_and_how_steep_is_a_jump(power, kind):
    found = numerical_derivative(lambda x: math.copysign(abs(x) ** power, x), 0.0)
    assert found.kind == kind or (kind == "smooth" and found.kind in ("coarse", "weak"))


def test_nothing_at_all_is_flat():
    assert numerical_derivative(lambda x: 0.0, 0.3).kind == "smooth"


def test_a_jump_at_a_distance_is_no_noise():
    found = numerical_derivative(lambda x: 1.0 if x > 0.5 + 2.0**-10 else 0.0, 0.5)
    assert (found.kind, found.value) == ("smooth", 0.0)
    assert found.error < 1e-10


def test_a_hole_between_the_steps_is_no_noise():
    found = numerical_derivative(lambda x: math.nan if 0.0 < x - 1.0 < 50 * 2.0**-52 else x, 1.0)
    assert (found.kind, found.value) == ("smooth", 1.0)
    assert found.error < 1e-12


def test_values_that_scatter_by_more_than_their_last_digit_are_noise():
    grid = 2.0**-20
    found = numerical_derivative(lambda x: math.floor(math.sin(1e9 * x) * 4) * grid + x, 0.5)
    assert found.judge(1.0) != "wrong"
    assert found.tolerance > grid


def test_at_the_right_edge_of_a_domain_the_slope_is_that_of_the_left():
    found = numerical_derivative(lambda x: 3.0 * x if x <= 0.0 else math.nan, 0.0)
    assert (found.kind, found.left) == ("edge", found.value)
    assert found.value == pytest.approx(3.0)
    assert math.isnan(found.right)


def test_where_nothing_is_measured_the_error_is_infinite():
    count = iter(range(9))
    for f in (lambda x: math.nan, lambda x: float(next(count))):
        found = numerical_derivative(f, 1.0)
        assert math.isnan(found.value)
        assert found.error == math.inf


LARGE = {
    "log": (math.log, lambda x: 1 / x),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "inverse": (lambda x: 1 / x, lambda x: -1 / x / x),
}


@pytest.mark.parametrize("name", sorted(LARGE))
@pytest.mark.parametrize("x", [1e8, 3.7e10, 1e13, 7e15, -1.3e9])
def test_at_large_inputs_steps_are_in_proportion(name, x):
    f, slope = LARGE[name]
    if x < 0.0 and name in ("log", "sqrt"):
        return
    d = numerical_derivative(f, x)
    assert d.judge(slope(x)) in ("ok", "ok_weak")
    assert d.judge(slope(x) * (1 + 1e-6)) == "wrong"


@pytest.mark.parametrize("gradient", [math.cos(1.0), -3.0, 0.0])
def test_nothing_is_known_of_a_slope_below_the_rounding_errors(gradient):
    assert numerical_derivative(lambda x: 1e15 + math.sin(x), 1.0).judge(gradient) == "coarse"


@pytest.mark.parametrize("wrapped", [np.array, lambda y: np.array([y]), np.float32, lambda y: [y], int])
def test_f_may_return_its_number_in_any_form(wrapped):
    assert numerical_derivative(lambda x: wrapped(x * 0.0 + 2.0), 1.5).judge(0.0) == "ok"


@pytest.mark.parametrize("returned", ["text", None, [1.0, 2.0], np.ones(2)])
def test_anything_but_a_number_is_refused_with_a_sentence(returned):
    with pytest.raises(TypeError, match="f should return one number; it returned"):
        numerical_derivative(lambda x: returned, 1.5)


def test_an_int_beyond_the_range_of_floats_is_infinite():
    assert numerical_derivative(lambda x: 10**400, 1.5).kind == "undefined"


def test_one_kink_among_many_is_a_kink():
    def quadrature(a):
        return sum(abs((k + 0.5) / 1000 - a) for k in range(1000)) / 1000

    d = numerical_derivative(quadrature, 0.3005)
    assert d.kind == "kink"
    assert [d.judge(g) for g in (-0.4, -0.399, -0.398, -0.3979)] == ["kink", "kink", "kink", "wrong"]
