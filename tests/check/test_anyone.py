"""check_gradient: no right gradient is accused, and a wrong one is found wherever it is."""

import math
import random

import numpy as np
import pytest

import microgd
from microgd import check_gradient

W = np.random.default_rng(0).normal(size=(30, 20))


def logsumexp(x):
    return np.log(np.exp(W @ x).sum())


def softmax(x):
    e = np.exp(W @ x)
    return W.T @ (e / e.sum())


def tanh_sum(x):
    return np.tanh(x).sum() ** 2


def tanh_gradient(x):
    return 2 * np.tanh(x).sum() * (1 - np.tanh(x) ** 2)


POINTS = [
    (math.sin, math.cos, 0.3),
    (lambda x: x[0] * x[1], lambda x: [x[1], x[0]], [2.0, -3.0]),
    (
        lambda x: sum(v * v for row in x for v in row),
        lambda x: [[2 * v for v in row] for row in x],
        [[1.0, 2.0], [0.3, -4.0]],
    ),
    (lambda x: (x**2).sum(), lambda x: 2 * x, np.array([1.5, -0.3])),
    (lambda x: (x**2).sum(), lambda x: 2 * x, np.array([1, 2, 3])),
    (lambda x: x**2, lambda x: 2 * x, np.float64(3.0)),
    (lambda x: (x**2).sum(), lambda x: 2 * x, np.ones(5, dtype=np.float32)),
    (logsumexp, softmax, np.linspace(-1.0, 1.0, 20)),
    (tanh_sum, tanh_gradient, np.linspace(-2.0, 2.1, 1000).reshape(20, 50)),
    (lambda x: x @ x * 1e8, lambda x: 2e8 * x, np.linspace(1e8, 2e8, 30)),
    (lambda x: np.log(x).sum(), lambda x: 1 / x, np.logspace(-8, 8, 30)),
    (lambda x: np.abs(x).sum(), np.sign, np.array([0.0, 1.0, -2.0])),
    (lambda x: np.maximum(x, 0).sum(), lambda x: (x > 0) * 1.0, np.linspace(-1.0, 1.0, 31)),
]


@pytest.mark.parametrize(("f", "grad", "x"), POINTS)
def test_right_gradients_are_right(f, grad, x):
    found = check_gradient(f, grad, x)
    assert found.ok
    assert found.key == "ok"
    assert found.coordinates == ()


@pytest.mark.parametrize(("f", "grad", "x"), POINTS)
def test_half_of_a_gradient_is_called_a_ratio(f, grad, x):
    def half(x):
        return (np.asarray(grad(x)) * 0.5).tolist()

    found = check_gradient(f, half, x)
    assert not found
    assert found.key in ("ratio", "unknown", "zero", "not_the_derivative", "other_rule")
    assert found.coordinates


@pytest.mark.parametrize("seed", range(20))
def test_any_single_wrong_coordinate_is_found(seed):
    rng = random.Random(seed)
    i, j, factor = rng.randrange(20), rng.randrange(50), rng.choice([0.0, -1.0, 2.0, 1.001])

    def wrong(x):
        g = tanh_gradient(x)
        g[i, j] *= factor
        return g

    found = check_gradient(tanh_sum, wrong, np.linspace(-2.0, 2.1, 1000).reshape(20, 50))
    assert not found
    assert found.coordinates == ((i, j),)
    assert found.inputs == (50 * i + j,)
    assert f"x[{i}, {j}]" in found.message


def test_two_exchanged_coordinates_are_named():
    def exchanged(x):
        g = softmax(x)
        g[[3, 11]] = g[[11, 3]]
        return g

    found = check_gradient(logsumexp, exchanged, np.linspace(-1.0, 1.0, 20))
    assert found.key == "swapped_inputs"
    assert found.coordinates == (3, 11)


def test_a_gradient_in_float32_agrees_to_some_digits():
    found = check_gradient(logsumexp, lambda x: softmax(x).astype(np.float32), np.linspace(-1.0, 1.0, 20))
    assert found.ok
    assert found.key == "ok_rounded"
    assert found.message == "Agrees to 7 digits: float32 arithmetic, a rounded constant, or an eps?"


def test_one_small_wrong_coordinate_is_not_taken_for_rounding():
    found = check_gradient(lambda x: 1e8 * x[0] + x[1], lambda x: [1e8, 2.0], [1.0, 1.0])
    assert not found
    assert found.coordinates == (1,)


@pytest.mark.parametrize("x", [1e-4, 1e-5, 1e-6, -1e-6])
def test_digits_that_are_lost_to_cancellation_are_no_mistake(x):
    def grad(x):
        return math.sin(x) / x**2 - 2 * (1 - math.cos(x)) / x**3

    found = check_gradient(lambda x: (1 - math.cos(x)) / x**2, grad, x)
    assert "lost to cancellation" in found.message or "cannot be measured" in found.message
    assert found.ok
    assert found.key == "unknown"


def test_a_wrong_gradient_of_a_fast_function_is_not_excused_by_cancellation():
    found = check_gradient(lambda x: math.sin(1e6 * x), lambda x: 1.001e6 * math.cos(1e6 * x), 0.7)
    assert not found
    assert found.key == "ratio"


def test_the_right_numbers_are_never_printed():
    found = check_gradient(lambda x: 0.123456 * x[0] ** 3, lambda x: [x[0] ** 2], [1.7])
    assert not found
    assert str(0.123456 * 3 * 1.7**2)[:6] not in found.message
    assert found.message.startswith("The gradient")


@pytest.mark.parametrize(
    ("f", "grad", "x", "key", "said"),
    [
        (lambda x: {}["a"], lambda x: x, 1.0, "raises", "f raised KeyError"),
        (lambda x: x * 1.0, lambda x: x[0], 1.0, "raises", "grad raised TypeError"),
        (lambda x: [x, x], lambda x: 1.0, 1.0, "wrong_shape", "f should return one number"),
        (lambda x: x @ x, lambda x: 2 * x[:1], np.ones(3), "wrong_shape", r"shape (3,), but grad(x) has the"),
        (lambda x: x @ x, lambda x: 2 * x[:, None], np.ones(3), "wrong_shape", "(3, 1)"),
        (lambda x: x @ x, lambda x: None, np.ones(3), "not_a_number", "is a `return` missing?"),
        (lambda x: x @ x, lambda x: x * math.nan, np.ones(3), "not_a_number", "for x[0]"),
        (lambda x: x @ x, lambda x: x * random.random(), np.ones(3), "nondeterministic", "Two calls"),
        (math.log, lambda x: 1 / x, -1.0, "unknown", "f has no finite value"),
        (math.floor, lambda x: 0.0, 1.0, "unknown", "jumps"),
    ],
)
def test_what_cannot_be_judged_is_said(f, grad, x, key, said):
    found = check_gradient(f, grad, x)
    assert not found
    assert found.key == key
    assert said in found.message


@pytest.mark.parametrize("x", ["text", None, [], ["a"]])
def test_a_point_without_numbers_is_refused(x):
    with pytest.raises(TypeError, match="x should be a number or a sequence of numbers"):
        check_gradient(lambda x: 1.0, lambda x: 0.0, x)


@pytest.mark.parametrize("wrapped", [np.array, lambda y: np.array([y]), np.float32, lambda y: [y]])
def test_f_may_return_its_number_in_any_form(wrapped):
    found = check_gradient(lambda x: wrapped(3.0 * x), lambda x: wrapped(3.0), 0.7)
    assert found.ok


def test_torch_tensors():
    torch = pytest.importorskip("torch")

    def f(x):
        return torch.sin(x).sum() * x[0, 1]

    x = torch.tensor([[0.3, 1.2], [-0.7, 2.0]], requires_grad=True)
    assert check_gradient(f, torch.func.grad(f), x).key == "ok"
    found = check_gradient(f, lambda x: torch.cos(x) * x[0, 1], x)
    assert found.key == "missing_term"
    assert found.coordinates == ((0, 1),)


def test_a_torch_model_in_float32():
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear(3, 1)
    x = torch.tensor([0.3, 1.2, -0.7])
    assert check_gradient(lambda x: linear(x).sum(), lambda x: linear.weight[0], x).ok
    found = check_gradient(lambda x: linear(x).sum(), lambda x: linear.weight[0] * -1.0, x)
    assert (found.key, found.coordinates) == ("sign", (0, 1, 2))


def test_jax_arrays():
    jax = pytest.importorskip("jax")

    def f(x):
        return jax.numpy.sum(jax.numpy.sin(x) * x)

    x = jax.numpy.array([0.3, 1.2, -0.7, 2.0, 5.0, 6.0])
    assert check_gradient(f, jax.grad(f), x).ok
    assert not check_gradient(f, lambda x: 2.0 * jax.grad(f)(x), x)


def test_it_is_named_at_the_top_of_the_package():
    assert microgd.check_gradient is check_gradient
    assert "check_gradient" in microgd.__all__
