"""Rules without a formula get a true fact: a time step that is missing, a factor in one term."""

import math
import re
from math import cos, exp, log, sin, sqrt, tanh

import pytest

from microgd.check.rules import diagnose

INPUTS = (0.7, -1.2, 0.4, 1.1)


def near(width):
    """Draws inputs that do not saturate anything."""
    return lambda rng: [rng.choice((-1.0, 1.0)) * rng.uniform(0.3, 1.5) for _ in range(width)]


def states(w, u, h, xs=INPUTS):
    made = [h]
    for x in xs:
        made.append(tanh(w * made[-1] + u * x))
    return made


def recurrent(w, u):
    return states(w, u, 0.0)[-1]


def recurrent_from(w, u, h):
    return states(w, u, h)[-1]


def through_time(w, u, h, g, steps):
    """The gradients of w, u and h, of the last so many steps."""
    made = states(w, u, h)
    dw = du = 0.0
    for x, before, after in list(zip(INPUTS, made, made[1:], strict=False))[::-1][:steps]:
        ds = g * (1 - after**2)
        dw, du, g = dw + ds * before, du + ds * x, ds * w
    return dw, du, g


def test_a_recurrent_rule_with_all_its_steps_is_right():
    assert diagnose(recurrent, lambda w, u, out, g: through_time(w, u, 0.0, g, 4)[:2])


@pytest.mark.parametrize(("steps", "fact"), [(3, "w**3"), (2, "w**2")])
def test_time_steps_that_are_missing_are_told_by_how_often_w_leads_to_them(steps, fact):
    found = diagnose(recurrent, lambda w, u, out, g: through_time(w, u, 0.0, g, steps)[:2])
    assert found.key == "special_case"
    assert f"right where w is 0, and near there the error grows as {fact}. Is a term missing" in found.message


def test_a_missing_first_step_is_told_with_the_gradient_of_the_first_state():
    found = diagnose(recurrent_from, lambda w, u, h, out, g: through_time(w, u, h, g, 3), near(3))
    assert found.key == "missing_term"
    assert "differs from the right one by one term, made of h * (d out/d h)/w." in found.message


def batch_norm(a, b, c, gamma, beta):
    mean = (a + b + c) / 3
    std = sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 3)
    return [gamma * (x - mean) / std + beta for x in (a, b, c)]


def without_gamma(a, b, c, gamma, beta, out, g):
    mean = (a + b + c) / 3
    std = sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 3)
    h = [(x - mean) / std for x in (a, b, c)]
    both = sum(x * y for x, y in zip(g, h, strict=True))
    dx = [(y - sum(g) / 3 - x * both / 3) / std for x, y in zip(h, g, strict=True)]
    return *dx, both, sum(g)


def test_a_scale_that_is_left_out_is_told_as_one_factor():
    found = diagnose(batch_norm, without_gamma)
    assert (found.key, found.inputs) == ("extra_factor", (0, 1, 2))
    assert "a, b and c is exactly the right one divided by gamma. Is a factor too many" in found.message


def mish(x):
    return x * tanh(log(1 + exp(x)))


def test_a_factor_that_is_missing_in_one_term_is_told_beside_the_term_that_is_right():
    found = diagnose(mish, lambda x, out, g: g * (out / x + x * (1 - (out / x) ** 2)))
    assert found.key == "extra_factor"
    assert "its term out/x is right. The rest is the right one times 1/sigmoid(x)." in found.message


def attention(q, k1, k2, v1, v2):
    p = 1 / (1 + exp(q * (k2 - k1)))
    return p * v1 + (1 - p) * v2


def past_the_softmax(q, k1, k2, v1, v2, out, g):
    p = 1 / (1 + exp(q * (k2 - k1)))
    return g * (v1 * k1 + v2 * k2), g * v1 * q, g * v2 * q, g * p, g * (1 - p)


def without_the_sum(q, k1, k2, v1, v2, out, g):
    p = 1 / (1 + exp(q * (k2 - k1)))
    d1, d2 = g * v1 * p, g * v2 * (1 - p)
    return d1 * k1 + d2 * k2, d1 * q, d2 * q, g * p, g * (1 - p)


def test_a_gradient_that_goes_past_the_softmax_is_told_as_a_product():
    found = diagnose(attention, past_the_softmax, near(5))
    assert found.key == "not_the_derivative"
    assert "The partial derivative of k1 is q * v1. Is that the derivative of the function" in found.message


def test_a_softmax_without_its_sum_is_told_with_the_gradients_that_are_right():
    found = diagnose(attention, without_the_sum, near(5))
    assert found.key == "missing_term"
    assert "k1 differs from the right one by one term, made of q * out * (d out/d v1)." in found.message


def test_of_a_straight_line_each_number_is_compared():
    def squares(a, b):
        return (a + 2 * b - 3) ** 2 + (a - b) ** 2

    right = diagnose(squares, lambda a, b, out, g: (g * (4 * a + 2 * b - 6), g * (2 * a + 10 * b - 12)))
    assert right.ok
    found = diagnose(squares, lambda a, b, out, g: (g * (4 * a - 2 * b), g * (2 * a + 10 * b - 12)))
    assert found.message == (
        "The gradient of b is right. The partial derivative of a should be a number, plus numbers times a and"
        " b. In yours, the number that stands alone is missing and the part with b has the wrong sign, and"
        " the rest is right. Which term of the derivation does that come from?"
    )
    assert (
        diagnose(squares, lambda a, b, out, g: (g * a / b, g * (2 * a + 10 * b - 12))).key != "coefficients"
    )


def test_what_changes_with_one_input_only_is_told_beside_what_is_right():
    found = diagnose(lambda a, b: a / b, lambda a, b, out, g: (g / b, -g * a / 2**b))
    assert "times something that changes with b, and not with a: what is made of a is right." in found.message


def test_two_inputs_that_are_exchanged_are_told():
    def f(a, b, c):
        return a * sin(b) + exp(b) * c

    def rule(a, b, c, out, g):
        return g * sin(b), g * (c * cos(b) + exp(b) * a), g * exp(b)

    found = diagnose(f, rule)
    assert found.key == "swapped_inputs"
    assert "The gradient of b would be right if a and c were exchanged" in found.message


def test_a_division_by_g_is_told():
    for f, rule in (
        (math.exp, lambda x, out, g: out / g),
        (lambda a, b: a * b, lambda a, b, o, g: (b / g, a * g)),
    ):
        found = diagnose(f, rule)
        assert found.key == "not_linear"
        assert "is halved, where it must be doubled, too. Is something divided by g?" in found.message


def test_an_example_of_what_is_not_proportional_is_one():
    def largest(a, b, out, g):
        return (g, 0.0) if g > b else (0.0, g)

    for seed in range(4):
        found = diagnose(lambda a, b: max(a, b), largest, seed=seed)
        assert found.key == "not_linear"
        said = re.findall(r"is doubled|changes its sign|Here (\S+) becomes (\S+)\.", found.message)
        words = re.findall(r"is doubled|changes its sign", found.message)
        for word, (given, became) in zip(words, [pair for pair in said if pair[0]], strict=True):
            times = 2.0 if word == "is doubled" else -1.0
            assert not math.isclose(float(became), times * float(given), rel_tol=1e-4)


def test_a_rule_that_is_right_in_another_form_is_not_looked_at():
    assert diagnose(mish, lambda x, out, g: g * (out / x + x * (1 - (out / x) ** 2) / (1 + exp(-x))))
    assert diagnose(attention, lambda q, k1, k2, v1, v2, out, g: right_attention(q, k1, k2, v1, v2, g))


def right_attention(q, k1, k2, v1, v2, g):
    p = 1 / (1 + exp(q * (k2 - k1)))
    ds = g * p * (1 - p) * (v1 - v2)
    return ds * (k1 - k2), ds * q, -ds * q, g * p, g * (1 - p)
