"""gradcheck: right gradients pass, wrong ones fail, and the report says which."""

import math

import pytest
from hypothesis import example, given, strategies as st

import microgd
from microgd import Value, autograd, ops
from microgd.check.gradients import GradcheckError, Report, gradcheck
from microgd.check.graphs import width as _width
from microgd.testing import assert_gradients

from ..bench.gradcheck_bars import grown, tree

moderate = st.floats(-3, 3, allow_subnormal=False)


@given(seed=st.integers(0, 2**32), data=st.lists(moderate, min_size=3, max_size=3))
@example(seed=268497, data=[-1.0, 6.752404254218725e-94, -6.752404254218725e-94])
def test_random_expressions_raise_no_false_alarm(seed, data):
    import random

    expression = tree(random.Random(seed), 4, 3)
    if math.isfinite(grown(expression, data)):
        assert gradcheck(lambda *xs: grown(expression, xs), data)


@given(a=moderate, b=moderate)
def test_second_derivatives_of_a_smooth_function_are_right(a, b):
    assert gradcheck(lambda x, y: ops.sin(x * y) + x * x * y, (a, b), order=2)


def wrong_by(factor):
    """x * x with a gradient that is off."""
    return lambda x: x * x * factor + (x * x).detach() * (1.0 - factor)


@pytest.mark.parametrize("error", [1.0, 1e-3, 1e-6, 1e-9])
def test_an_error_is_seen(error):
    report = gradcheck(wrong_by(1.0 + error), 1.7, raise_exception=False)
    assert not report
    assert [row.verdict for row in report.rows] == ["wrong"]


def test_an_error_raises_and_the_exception_carries_the_report():
    with pytest.raises(GradcheckError, match="1 of 2 gradients are wrong") as caught:
        gradcheck(lambda a, b: a.detach() * b, (2.0, 3.0))
    report = caught.value.report
    assert isinstance(report, Report)
    assert [row.verdict for row in report.rows] == ["wrong", "ok"]
    assert [row.input for row in report.wrong] == ["inputs[0]"]


@pytest.fixture
def detached_tanh():
    """A primitive whose partial is right. The partial's own derivative is 0, and that is wrong."""

    def constant(x):
        return x.detach() if isinstance(x, Value) else x

    @microgd.primitive(lambda x, out: 1.0 - constant(out * out))
    def detached_tanh(x):
        return math.tanh(x)

    yield detached_tanh
    del ops.TABLE["detached_tanh"]


def test_a_wrong_second_derivative_is_seen(detached_tanh):
    assert gradcheck(detached_tanh, 0.4)
    report = gradcheck(detached_tanh, Value(0.4, "x"), order=2, raise_exception=False)
    assert [(row.input, row.order, row.verdict) for row in report.rows] == [
        ("x", 1, "ok"),
        ("x", 2, "wrong"),
    ]
    assert report.rows[1].yours == 0.0
    assert report.rows[1].measured.value == pytest.approx(-2 * math.tanh(0.4) / math.cosh(0.4) ** 2)
    assert report.failures == []
    assert "x (2nd order)" in str(report)
    with pytest.raises(GradcheckError, match="1 of 2 gradients are wrong"):
        gradcheck(detached_tanh, 0.4, order=2)


def test_assert_gradients_sees_a_wrong_second_derivative(detached_tanh):
    assert assert_gradients(detached_tanh, 0.4)
    with pytest.raises(AssertionError, match="the gradients of detached_tanh are wrong"):
        assert_gradients(detached_tanh, 0.4, order=2)


def test_order_2_has_a_row_for_each_second_derivative():
    report = gradcheck(lambda a, b: a * a * b, (Value(2.0, "a"), Value(3.0, "b")), order=2)
    assert [(row.input, row.order) for row in report.rows] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    # Each is d/d leaf of u * d/da + v * d/db, for two weights u and v: 2 b u + 2 a v, and 2 a u.
    u = report.rows[3].yours / 4.0
    v = (report.rows[2].yours - 6.0 * u) / 4.0
    assert 0.5 <= abs(u) <= 2.0
    assert 0.5 <= abs(v) <= 2.0


def test_a_gradient_that_differs_with_create_graph_is_a_failure(monkeypatch):
    real = autograd.derived
    monkeypatch.setattr(autograd, "derived", lambda node: [d * 1.01 for d in real(node)])
    report = gradcheck(lambda x: x * x, Value(1.5, "x"), order=2, raise_exception=False)
    assert report.failures == ["the gradient of x is 3.0, and 3.0300000000000002 with create_graph"]


def test_the_report_is_an_aligned_table():
    report = gradcheck(lambda a, b: ops.maximum(a, b), (Value(1.0, "left"), Value(1.0, "right")))
    lines = str(report).splitlines()
    assert lines[0].split() == ["input", "yours", "measured", "±", "can", "be", "seen", "verdict"]
    assert "kink" in lines[1]
    assert "slope 0 on the left, 1 on the right" in lines[1]
    assert lines[1].startswith("left ")
    assert lines[1].index("kink") == lines[2].index("kink") == lines[0].index("verdict")


@pytest.mark.parametrize(
    ("f", "x", "verdict"),
    [
        (lambda x: x.tanh(), 0.3, "ok"),
        (lambda x: x.relu(), 0.0, "kink"),
        (abs, 0.0, "kink"),
        (lambda x: ops.clamp(x, -1.0, 1.0), 1.0, "kink"),
        (lambda x: x.sign(), 0.0, "jump"),
        (lambda x: ops.remainder(x, 1.0), 2.0, "jump"),
        (lambda x: x.sqrt(), 0.0, "infinite"),
        (lambda x: x.cbrt(), 0.0, "infinite"),
        (lambda x: x**1.5, 0.0, "edge"),
        (lambda x: x.log(), 0.0, "undefined"),
        (lambda x: x.log(), -1.0, "undefined"),
        (lambda x: 1.0 / x, 0.0, "undefined"),
        (lambda x: x.sqrt().sign(), -1.0, "undefined"),
        (lambda x: (x + 1e16) - 1e16, 0.5, "coarse"),
    ],
)
def test_points_without_a_slope_get_their_verdict_and_no_failure(f, x, verdict):
    report = gradcheck(f, x)
    assert report
    assert [row.verdict for row in report.rows] == [verdict]


def test_derivatives_that_leave_the_range_of_floats_are_no_failure():
    assert gradcheck(lambda x: x.cbrt().exp() * x.cbrt().exp().sigmoid(), 259405177.84312594, order=2)
    report = gradcheck(lambda x: (x.exp() * 1e300) * (x * 1e-300) * 1e300, 300.0)
    assert [row.verdict for row in report.rows] == ["undefined"]


def test_a_nan_that_no_overflow_explains_is_a_failure(monkeypatch):
    real = autograd._pass_back

    def spoilt(nodes):
        real(nodes)
        for node in nodes:
            node._upstream = math.nan

    monkeypatch.setattr(autograd, "_pass_back", spoilt)
    assert not gradcheck(lambda x: x * x, 1.5, raise_exception=False)


def test_what_can_be_seen_is_said_where_it_is_little():
    report = gradcheck(lambda x: (x.sin() + 1e8) - 1e8, 0.7)
    (row,) = report.rows
    assert row.verdict in ("ok_weak", "coarse")
    assert row.measured.tolerance > 1e-8


def test_inputs_may_be_numbers_values_lists_and_nested_lists():
    def f(a, rows):
        return a * sum(x * x for row in rows for x in row)

    report = gradcheck(f, (2.0, [[Value(1.5), Value(0.5, "w")], [3, Value(4.0, requires_grad=False)]]))
    assert [row.input for row in report.rows] == ["inputs[0]", "inputs[1][0][0]", "w", "inputs[1][1][0]"]


def test_a_tensor_is_one_input_and_parameters_may_come_from_a_generator():
    from microgd.tensor import tensor

    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    assert len(gradcheck(lambda t: (t * t).sum(), x).rows) == 3
    y = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    report = gradcheck(lambda t, u: [t * t, u.sum()], (y, x))
    assert [row.input for row in report.rows[:5]] == [
        *("inputs[0][0][0]", "inputs[0][0][1]", "inputs[0][1][0]", "inputs[0][1][1]", "inputs[1][0]"),
    ]
    ws = [Value(1.0), Value(2.0)]
    assert len(gradcheck(lambda a, b: a * b, (w for w in ws)).rows) == 2


def test_several_outputs_are_checked_together():
    assert gradcheck(lambda a, b: [a * b, [a + b, 7.0]], (1.5, 2.5))
    with pytest.raises(GradcheckError):
        gradcheck(lambda a, b: [a * b, a.detach() + b], (1.5, 2.5))


def test_parameters_in_a_closure_are_moved_and_put_back():
    w = Value(1.5, "w")
    w.grad = 7.0
    x = Value(2.0)
    assert gradcheck(lambda *ignored: (w * x).tanh(), [w])
    assert (w.data, w.grad, x.grad) == (1.5, 7.0, None)


def test_data_is_put_back_even_if_f_raises():
    w = Value(1.5)
    calls = []

    def f(w):
        calls.append(1)
        if len(calls) > 5:
            raise KeyError("enough")
        return w * w

    with pytest.raises(KeyError):
        gradcheck(f, w)
    assert w.data == 1.5


def test_an_input_that_is_not_used_has_gradient_0():
    assert gradcheck(lambda a, b: a * a, (1.0, 2.0))
    assert gradcheck(lambda a: 7.0, 1.0)


def test_something_must_require_grad():
    with pytest.raises(ValueError, match="requires grad"):
        gradcheck(lambda x: x, Value(1.0, requires_grad=False))
    with pytest.raises(ValueError, match="order must be 1 or 2"):
        gradcheck(lambda x: x, 1.0, order=3)


def test_a_function_that_is_not_deterministic_is_found_out():
    import random

    rng = random.Random(0)
    report = gradcheck(lambda x: x * rng.random(), 1.5, raise_exception=False)
    assert not report
    assert any("not deterministic" in failure for failure in report.failures)


def test_a_backward_that_is_not_linear_is_found_out(monkeypatch):
    real = autograd._pass_back

    def gate(nodes):
        for node in nodes:
            node._upstream = min(node._upstream, 1.2)
        real(nodes)

    monkeypatch.setattr(autograd, "_pass_back", gate)
    report = gradcheck(lambda x: x * x, 1.5, raise_exception=False)
    assert any("not linear" in failure for failure in report.failures)


def one_percent_off(real):
    """A pass of `autograd`, 1 % off in every partial."""

    def off(nodes, numbers, partials=autograd.recorded, *record):
        real(nodes, numbers, lambda node: [d and 1.01 * d for d in partials(node)], *record)

    return off


@pytest.mark.parametrize("order", [1, 2])
def test_forward_mode_must_agree_with_reverse_mode(order, monkeypatch):
    monkeypatch.setattr(autograd, "forward_pass", one_percent_off(autograd.forward_pass))
    report = gradcheck(lambda x: x * x, 1.5, order, raise_exception=False)
    assert not report
    assert report.failures
    assert all(failure.startswith("forward and reverse mode differ: ") for failure in report.failures)
    assert all(row.verdict == "ok" for row in report.rows)
    with pytest.raises(GradcheckError, match=r"^backward does not behave like a derivative:"):
        gradcheck(lambda x: x * x, 1.5)


def test_the_textbooks_backward_pass_must_agree_with_the_fast_one(monkeypatch):
    monkeypatch.setattr(autograd, "backward_pass", one_percent_off(autograd.backward_pass))
    report = gradcheck(lambda x: x * x, Value(1.5, "x"), raise_exception=False)
    assert report.failures == ["backward() and backward_pass differ: x gets 3.0 and 3.0300000000000002"]


def test_a_wrong_backward_fails_in_every_comparison(monkeypatch):
    real = autograd._pass_back

    def forgetful(nodes):
        real(nodes)
        for node in nodes:
            if node.is_leaf:
                node._upstream *= 0.5

    monkeypatch.setattr(autograd, "_pass_back", forgetful)
    report = gradcheck(lambda x: x * x, 1.5, raise_exception=False)
    assert [failure.split(" differ")[0] for failure in report.failures] == [
        "backward() and backward_pass",
        "forward and reverse mode",
    ]
    assert [row.verdict for row in report.rows] == ["wrong"]


def test_every_primitive_of_one_operand_passes_at_second_order():
    for name, op in ops.TABLE.items():
        if type(op.partials) is tuple and len(op.partials) == 1:
            for x in (0.37, -0.52, 1.61):
                if math.isfinite(op.value(x)):
                    assert gradcheck(lambda v, name=name: getattr(ops, name)(v), x, order=2), name


def test_assert_gradients_fails_with_a_table():
    assert assert_gradients(lambda a, b: a * b, 2.0, 3.0)
    with pytest.raises(AssertionError, match="verdict") as caught:
        assert_gradients(lambda a, b: a * b.detach(), 2.0, 3.0)
    assert "wrong" in str(caught.value)


def test_no_grad_outside_does_not_hide_the_gradients():
    """Inside no_grad() nothing is recorded: the gradient is 0, and that is wrong."""
    with microgd.no_grad():
        assert not gradcheck(lambda x: x * x, 1.5, raise_exception=False)


def test_a_call_that_f_does_not_take_is_explained():
    with pytest.raises(TypeError, match=r"f cannot be called with 2 inputs: .*\(f, \(\[1.0, 2.0\],\)\)"):
        gradcheck(lambda xs: sum(xs), [1.0, 2.0])
    assert gradcheck(lambda xs: sum(xs), ([1.0, 2.0],))


@pytest.mark.parametrize("f", [lambda x: x * 10**400, lambda x: 10**400])
def test_a_number_too_large_for_a_float_is_explained(f):
    with pytest.raises(OverflowError, match=r"expected at most 1\.8e308"):
        gradcheck(f, 1.0)
    with pytest.raises(OverflowError, match=r"expected at most 1\.8e308"):
        gradcheck(lambda x: x, 10**400)


def test_an_output_that_is_no_number_is_explained():
    for junk in (None, "one", object()):
        with pytest.raises(TypeError, match="expected a number"):
            gradcheck(lambda x, junk=junk: junk, 1.0)


def test_the_report_is_printed_with_what_was_given_and_measured():
    report = gradcheck(
        lambda a, b: a * a * b.detach(), (Value(2.0, "a"), Value(3.0, "long name")), raise_exception=False
    )
    assert str(report) == repr(report)
    assert str(report) == (
        "input      yours  measured  ± can be seen  verdict\n"
        "a          12     12        5e-13          ok\n"
        "long name  0      4         4e-13          wrong"
    )
    report = gradcheck(ops.sign, 0.0)
    assert str(report).splitlines()[1] == (
        "inputs[0]  0      nan       -              jump     not continuous here: the function jumps"
    )


def test_failures_are_printed_once_and_below_the_table():
    report = Report([], ["not this", "not that"])
    assert not report
    assert str(report).splitlines()[1:] == ["not this", "not that"]
    assert str(GradcheckError(report)).startswith("backward does not behave like a derivative:\ninput")
    assert Report([])


@pytest.mark.parametrize(
    ("f", "x", "note"),
    [
        (lambda x: x.sqrt().sign(), -1.0, "the derivative of sqrt is nan at -1"),
        (lambda x: x.cbrt() * x.cbrt() * x.cbrt(), 0.0, "the derivative of cbrt is inf at 0"),
        (lambda x: x.tanh(), 0.3, ""),
        (lambda x: (x.sin() + 1e8) - 1e8, 0.7, ""),
        (lambda x: x**1.5, 0.0, "the edge of the domain: the function has values on one side only"),
        (lambda x: x.relu(), 0.0, "not differentiable here: slope 0 on the left, 1 on the right"),
    ],
)
def test_a_row_says_what_its_verdict_cannot(f, x, note):
    (row,) = gradcheck(f, x).rows
    assert row.remark == note


def test_a_wrong_gradient_at_a_kink_is_explained():
    (row,) = gradcheck(lambda x: x.relu() + x.detach() * 3.0, 0.0, raise_exception=False).rows
    assert row.verdict == "wrong"
    assert row.remark == "not differentiable here: slope 3 on the left, 4 on the right"


@pytest.mark.parametrize(
    ("make", "width"),
    [
        (lambda x, y: x * y, math.inf),
        (lambda x, y: ops.sum([x, y, x]), math.inf),
        (lambda x, y: x.exp(), 1.0),
        (lambda x, y: ops.logsumexp([x, y, x]), 1.0),
        (lambda x, y: x.log(), 0.25),
        (lambda x, y: y.sqrt(), 0.125),
        (lambda x, y: (y + 10.0).sqrt(), 1.0),
        (lambda x, y: (x - 2.0).abs(), 0.25),
        (lambda x, y: (x - x).abs(), 1.0),
        (lambda x, y: x / y, 0.375),
        (lambda x, y: ops.maximum(x, y), 0.375),
        (lambda x, y: ops.maximum(-x, y), 0.75),
        (lambda x, y: x**2.0, math.inf),
        (lambda x, y: x**4.0, math.inf),
        (lambda x, y: x**5.0, 0.75),
        (lambda x, y: x ** Value(2.0), 0.75),
    ],
)
def test_how_near_an_operation_may_turn(make, width):
    assert _width(make(Value(0.75), Value(1.125))) == width


def test_a_ripple_hidden_in_the_noise_is_not_called_wrong():
    report = gradcheck(lambda x: (x * 1e8).sin() + 1e17, 0.3)
    assert report.rows[0].verdict == "coarse"
    assert report.rows[0].measured.tolerance > 1e8


def test_the_noise_counts_what_an_operation_adds_up_inside():
    def small(x):
        return ops.sum([x * 1e9, -x * 1e9, x])

    (row,) = gradcheck(small, 0.7).rows
    assert row.measured.tolerance > 1e-10
    (row,) = gradcheck(lambda x: ops.sum([x, x, x]), 0.7).rows
    assert row.measured.tolerance < 1e-11


def test_an_honest_loss_of_digits_in_the_gradient_is_no_failure():
    """(1e8 + 1) x - 1e8 x: the gradient is a difference of large terms."""
    report = gradcheck(lambda x: x * (1e8 + 0.1) - x * 1e8, 0.7)
    assert report.rows[0].measured.error >= 2.0**-52 * 2e8


def test_the_same_output_twice_counts_twice():
    def f(x):
        y = x * x
        return [y, y, x]

    assert gradcheck(f, 1.5)
    assert gradcheck(f, 1.5, order=2)


def test_one_output_that_changes_is_enough_to_be_not_deterministic():
    import random

    rng = random.Random(0)
    report = gradcheck(lambda x: [x * x, x * rng.random()], 1.5, raise_exception=False)
    assert "not deterministic: two runs at the same inputs differ" in report.failures
    lengths = iter(range(1, 1000))
    report = gradcheck(lambda x: [x] * (2 + (next(lengths) == 1)), 1.5, raise_exception=False)
    assert not report
