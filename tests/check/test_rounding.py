"""Rounded arithmetic is no mistake: it is told from one by the size of the terms."""

import math
import random

import pytest

from microgd.check.rules import diagnose

ROUNDED = (
    "Right at all 24 points, but it agrees to {} digits only: float32 arithmetic, a rounded constant, or an"
    " eps?"
)


def square(x):
    return x * x


def tanh_by_output(x, out, g):
    return (1 - out * out) * g


@pytest.mark.parametrize(
    ("rule", "digits"),
    [
        (lambda x, out, g: 2 * (1 + 9e-9) * x * g, 8),
        (lambda x, out, g: 2 * (1 + 3e-8) * x * g, 7),
        (lambda x, out, g: 2 * (1 - 9e-6) * x * g, 5),
        (lambda x, out, g: 2 * x * g / (1 + 2e-6 * x), 5),
    ],
)
def test_a_small_relative_error_is_said_with_its_digits(rule, digits):
    found = diagnose(square, rule)
    assert (found.ok, found.key, found.inputs) == (True, "ok_rounded", ())
    assert found.message == ROUNDED.format(digits)


@pytest.mark.parametrize(
    ("error", "key"), [(1e-10, "ok"), (1e-7, "ok_rounded"), (1.1e-5, "ratio"), (1e-3, "ratio")]
)
def test_what_is_right_and_what_is_rounded_and_what_is_wrong(error, key):
    assert diagnose(square, lambda x, out, g: 2 * (1 + error) * x * g).key == key
    assert diagnose(square, lambda x, out, g: 2 * (1 - error) * x * g).key == key


@pytest.mark.parametrize("seed", range(20))
def test_terms_that_cancel_in_float32_are_no_mistake(seed):
    np = pytest.importorskip("numpy")
    one = np.float32
    assert diagnose(math.tanh, lambda x, out, g: (1 - one(out) ** 2) * g, seed=seed).ok
    assert diagnose(math.tanh, lambda x, out, g: (1 - np.tanh(one(x)) ** 2) * one(g), seed=seed).ok
    assert diagnose(
        math.cosh, lambda x, out, g: math.copysign(1, x) * np.sqrt(one(out) ** 2 - 1) * g, seed=seed
    ).ok
    assert diagnose(math.tan, lambda x, out, g: one(g) / np.cos(one(x)) ** 2, seed=seed).ok


def test_terms_that_cancel_in_float64_are_exact():
    assert diagnose(math.tanh, tanh_by_output, sample=lambda rng: rng.uniform(6.0, 12.0)).key == "ok"


def test_nothing_at_all_is_no_rounding_error():
    """Where the derivative is tiny, 0 is near to it."""
    assert not diagnose(math.tanh, lambda x, out, g: 0.0, sample=lambda rng: rng.uniform(8.0, 12.0))
    assert not diagnose(math.tanh, lambda x, out, g: g * (1 - out * out if abs(x) < 3 else 0.0))


def layernorm(eps):
    def f(*xs):
        centre = sum(xs) / len(xs)
        spread = math.sqrt(sum((x - centre) ** 2 for x in xs) / len(xs) + eps)
        return [(x - centre) / spread for x in xs]

    return f


def layernorm_rule(eps):
    def rule(a, b, c, out, g):
        xs = (a, b, c)
        centre = sum(xs) / 3
        spread = math.sqrt(sum((x - centre) ** 2 for x in xs) / 3 + eps)
        mean, aligned = sum(g) / 3, sum(u * y for u, y in zip(g, out)) / 3
        return [(u - mean - y * aligned) / spread for u, y in zip(g, out)]

    return rule


@pytest.mark.parametrize("seed", range(10))
def test_an_eps_that_is_left_out_is_no_mistake(seed):
    f = lambda a, b, c: layernorm(1e-5)(a, b, c)  # noqa: E731
    assert diagnose(f, layernorm_rule(0.0), seed=seed).ok
    assert diagnose(f, layernorm_rule(1e-5), seed=seed).ok


def test_a_sum_in_another_order_is_not_nondeterministic():
    rng = random.Random(0)

    def rule(x, out, g):
        terms = [0.1 * x * g] * 10 + [0.1 * x * g * k for k in (1e5, -1e5)] + [x * g]
        rng.shuffle(terms)
        return sum(terms)

    assert diagnose(square, rule).ok


def test_a_rule_that_draws_numbers_is_nondeterministic():
    rng = random.Random(0)
    assert diagnose(square, lambda x, out, g: 2 * x * g * rng.random()).key == "nondeterministic"


@pytest.mark.parametrize("seed", range(5))
def test_a_mistake_in_float32_has_its_name(seed):
    np = pytest.importorskip("numpy")
    one = np.float32
    assert diagnose(square, lambda x, out, g: one(x) * one(g), seed=seed).key == "ratio"
    assert diagnose(abs, lambda x, out, g: one(x > 0) * one(g), seed=seed).key == "wrong_branch"
    assert diagnose(math.tanh, lambda x, out, g: (one(out) ** 2 - 1) * one(g), seed=seed).key == "sign"
    assert diagnose(math.sin, lambda x, out, g: np.cos(one(out)) * one(g), seed=seed).key == "at_output"
