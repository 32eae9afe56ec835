"""What rules and functions return is read for what it means, and exceptions become sentences."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import count

import pytest

from microgd import Tensor, Value
from microgd.check.answers import dressed
from microgd.check.diagnosis import elements
from microgd.check.rules import diagnose


def square(x):
    return x * x


def mul(a, b):
    return a * b


def relu(x):
    return max(x, 0.0)


# --- what is in an answer ---


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (1.0, None),
        ("ab", None),
        (b"ab", None),
        ({1: 2}, None),
        ({1, 2}, None),
        (None, None),
        (Value(1.0), None),
        ([], []),
        ([1, (2, [3])], [1, 2, 3]),
        (range(3), [0, 1, 2]),
        (["ab", 1], ["ab", 1]),
        (Tensor([[1.0, 2.0], [3.0, 4.0]]), [1.0, 2.0, 3.0, 4.0]),
    ],
)
def test_the_elements_of_lists_are_read_row_by_row(x, found):
    assert elements(x) == found


def test_the_elements_of_arrays_and_tensors():
    numpy = pytest.importorskip("numpy")
    assert elements(numpy.array(2.0)) is None
    assert elements(numpy.arange(4.0).reshape(2, 2)) == [0, 1, 2, 3]
    torch = pytest.importorskip("torch")
    assert elements(torch.tensor(2.0, requires_grad=True)) is None
    assert elements([torch.tensor([1.0], requires_grad=True), numpy.array([2.0])]) == [1.0, 2.0]


# --- right rules in other forms ---

FORMS = {
    "list": lambda a, b, out, g: [b * g, a * g],
    "nested": lambda a, b, out, g: [[b * g], [a * g]],
    "generator": lambda a, b, out, g: (x * g for x in (b, a)),
    "fractions": lambda a, b, out, g: (Fraction(b) * Fraction(g), Fraction(a) * Fraction(g)),
    "decimals": lambda a, b, out, g: (Decimal(b) * Decimal(g), Decimal(a) * Decimal(g)),
    "Values": lambda a, b, out, g: (Value(b) * g, Value(a) * g),
    "Tensor": lambda a, b, out, g: Tensor([b, a]) * g,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_right_rule_is_right_in_this_form(form):
    found = diagnose(mul, FORMS[form])
    assert (found.key, found.message) == ("ok", "Right at all 24 points.")


def test_numpys_commonest_forms_are_read():
    np = pytest.importorskip("numpy")
    assert diagnose(relu, lambda x, out, g: np.where(x > 0, g, 0.0))
    assert diagnose(square, lambda x, out, g: np.array(2 * x * g))
    assert diagnose(square, lambda x, out, g: np.array([2 * x * g]))
    assert diagnose(mul, lambda a, b, out, g: np.array([[b], [a]]) * g)
    assert diagnose(mul, lambda a, b, out, g: (np.array([b * g]), np.float64(a * g)))
    assert diagnose(square, lambda x, out, g: np.longdouble(2 * x * g))


def test_tensors_of_pytorch_are_read():
    torch = pytest.importorskip("torch")

    def double(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    assert diagnose(square, lambda x, out, g: 2 * double(x) * g)
    assert diagnose(relu, lambda x, out, g: torch.where(double(x) > 0, g, 0.0))
    assert diagnose(mul, lambda a, b, out, g: torch.stack([double(b), double(a)]) * g)
    assert diagnose(mul, lambda a, b, out, g: (double(b) * g, double([a]) * g))


def test_a_function_may_return_an_array_of_no_dimension():
    np = pytest.importorskip("numpy")
    assert diagnose(lambda x: np.array(x * x), lambda x, out, g: 2 * x * g)
    assert diagnose(lambda x: np.float64(x * x), lambda x, out, g: 2 * x * g)
    assert diagnose(lambda x: np.where(x > 0, x, 0.0), lambda x, out, g: np.where(out > 0, g, 0.0))


def test_a_rule_gets_its_outputs_in_the_form_that_f_returns():
    np = pytest.importorskip("numpy")
    weights = np.array([2.0, -3.0, 0.5])

    def rule(x, out, g):
        assert out.shape == g.shape == (3,)
        return (g * weights * 2 * x).sum()

    assert diagnose(lambda x: weights * x * x, rule)
    assert diagnose(lambda x: np.array([x * x]), lambda x, out, g: 2 * x * g)
    assert diagnose(lambda x: iter([x * x, x]), lambda x, out, g: 2 * x * g[0] + g[1])
    assert diagnose(lambda x: [[x], [x * x]], lambda x, out, g: g[0][0] + 2 * x * g[1][0])
    torch = pytest.importorskip("torch")
    double = torch.tensor([1.0, 4.0], dtype=torch.float64)
    assert diagnose(lambda x: torch.exp(double * x), lambda x, out, g: torch.sum(g * out * double))
    assert diagnose(
        lambda x: torch.exp(torch.tensor(x, dtype=torch.float64)), lambda x, out, g: torch.mul(out, g)
    )


def test_jax_is_read():
    jnp = pytest.importorskip("jax.numpy")
    assert diagnose(relu, lambda x, out, g: jnp.where(x > 0, g, 0.0))
    assert dressed(jnp.array([[1.0], [2.0]]), [3.0, 4.0]).tolist() == [[3.0], [4.0]]


def test_numbers_are_dressed_as_what_f_returned():
    assert dressed(1.0, [2.5]) == 2.5
    assert dressed((1.0, [2.0, 3.0]), [4.0, 5.0, 6.0]) == [4.0, [5.0, 6.0]]
    assert dressed(Tensor([[1.0], [2.0]]), [3.0, 4.0]).tolist() == [[3.0], [4.0]]
    torch = pytest.importorskip("torch")
    assert dressed(torch.tensor([1, 2]), [0.5, 1.5]).tolist() == [0.5, 1.5]


# --- rules that have no answer at some points ---


def test_a_rule_that_raises_at_some_points_is_not_called_right():
    found = diagnose(relu, lambda x, out, g: g * math.sqrt(x) / math.sqrt(x))
    assert (found.ok, found.key) == (False, "raises")
    assert found.message.startswith("At 6 of 24 points, where x < 0, your rule raised ValueError: ")
    assert found.message.endswith("At the others it is right. Which step has no value there?")


def no_return(x, out, g):
    if x > 0:
        return g


def unbound(x, out, g):
    if x > 0:
        partial = 1.0
    return partial * g


@pytest.mark.parametrize(
    ("rule", "key", "part"),
    [
        (lambda x, out, g: g if x > 0 else math.nan, "not_a_number", "where x < 0, your rule returned nan"),
        (lambda x, out, g: g if x > 0 else -math.inf, "not_a_number", "where x < 0, your rule returned -inf"),
        (
            no_return,
            "not_a_number",
            "your rule returned None. At the others it is right. Is a `return` missing",
        ),
        (
            lambda x, out, g: g if x > 0 else (),
            "wrong_shape",
            "where x < 0, your rule should return one number",
        ),
        (lambda x, out, g: g if x > 0 else "0", "not_a_number", "where x < 0, your rule returned str '0'"),
        (unbound, "raises", "where x < 0, your rule raised UnboundLocalError"),
    ],
)
def test_whatever_a_rule_does_at_some_points_is_said_with_their_region(rule, key, part):
    found = diagnose(relu, rule)
    assert (found.ok, found.key) == (False, key)
    assert found.message.startswith("At 6 of 24 points")
    assert part in found.message


def test_one_point_without_an_answer_is_enough():
    asked = count()
    found = diagnose(square, lambda x, out, g: 2 * x * g if next(asked) != 13 else math.nan)
    assert (found.ok, found.key) == (False, "not_a_number")
    assert found.message.startswith("At 1 of 24 points, your rule returned nan (as at x = ")


def test_a_rule_that_is_wrong_where_it_has_an_answer_is_named_and_both_are_said():
    found = diagnose(square, lambda x, out, g: x * g if x > -0.5 else 1 / 0)
    assert found.key == "ratio"
    assert "exactly 0.5 times" in found.message
    assert "where x < -0.5, your rule raised ZeroDivisionError" in found.message


def test_a_rule_that_has_an_answer_almost_nowhere():
    found = diagnose(square, lambda x, out, g: 2 * x * g if x > 8 else None)
    assert (found.ok, found.key) == (False, "not_a_number")


# --- functions that cannot be compared ---


def raising(error):
    def f(x):
        raise error

    return f


@pytest.mark.parametrize("error", [KeyError("a"), AssertionError(), TypeError("no"), RuntimeError("no")])
def test_what_a_function_raises_everywhere_is_said(error):
    with pytest.raises(TypeError, match=rf"diagnose calls f with 1 number .* raised {type(error).__name__}"):
        diagnose(raising(error), lambda x, out, g: g)


def test_where_a_function_raises_it_has_no_value():
    def f(x):
        assert x > 0
        return {True: x * x}[x < 5]

    assert diagnose(f, lambda x, out, g: 2 * x * g)


def test_functions_of_a_list_or_an_array_are_explained():
    for f in (lambda xs: sum(xs), lambda x: x.sum(), lambda x: x[0] * x[1]):
        with pytest.raises(TypeError, match=r"diagnose calls f with 1 number and wants .* f\(.*\) raised "):
            diagnose(f, lambda x, out, g: g)


def test_a_function_that_changes_its_mind_is_explained():
    asked = count()
    with pytest.raises(ValueError, match="two different values at the same point"):
        diagnose(lambda x: float(next(asked)), lambda x, out, g: g)


@pytest.mark.parametrize("drawn", [None, "ab", [], [1.0, None], {}])
def test_a_sampler_that_draws_no_numbers_is_explained(drawn):
    with pytest.raises(TypeError, match=r"sample\(random\) should return the inputs of one point"):
        diagnose(square, lambda x, out, g: 2 * x * g, sample=lambda rng: drawn)


def test_a_sampler_that_draws_more_and_more_is_explained():
    drawn = count(1)
    with pytest.raises(ValueError, match="sample returned 1 inputs, and then 2"):
        diagnose(lambda *xs: sum(xs), lambda *xs: xs[-1], sample=lambda rng: [0.5] * next(drawn))


def test_a_sampler_may_draw_an_array():
    np = pytest.importorskip("numpy")
    assert diagnose(square, lambda x, out, g: 2 * x * g, sample=lambda rng: np.array(rng.random()))
    assert diagnose(
        mul, lambda a, b, out, g: (b * g, a * g), sample=lambda rng: np.array([rng.random(), rng.random()])
    )
