"""numerical_derivative: never wrong, sharp where it can be, and it names every kind of point."""

import math

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
