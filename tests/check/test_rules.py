"""diagnose: right rules pass, every key has its smallest example, and nothing of a rule escapes."""

import math
import re
from math import cos, exp, log, sin, sqrt, tanh

import pytest
from hypothesis import given, strategies as st

from microgd import Value
from microgd.check.diagnosis import KEYS, Diagnosis
from microgd.check.rules import diagnose

from ..bench.diagnose_bars import (
    CORRECT,
    LAST,
    LATER,
    LISTED,
    UNSEEN,
    Mistake,
    biased,
    cross_entropy,
    dot,
    linear,
    logsumexp,
    mul,
    power,
    relu,
    sigmoid,
    softmax,
    square,
)
from ..bench.fresh_mistakes import FRESH
from ..bench.more_mistakes import MORE
from ..bench.second_batch import SECOND


@given(
    seed=st.integers(0, 2**32),
    case=st.sampled_from(CORRECT),
)
def test_a_right_rule_is_never_called_wrong(seed, case):
    name, f, rule = case
    found = diagnose(f, rule, seed=seed)
    assert found.ok, (name, found.message)
    assert found.key == ("ok_rounded" if name == "log10" else "ok")  # ln 10 with seven digits
    assert found.inputs == ()


@pytest.mark.parametrize("mistake", LISTED, ids=[m.name for m in LISTED])
def test_every_listed_mistake_is_named(mistake):
    found = diagnose(mistake.f, mistake.rule, seed=7)
    assert not found
    assert found.key in mistake.keys
    if mistake.inputs is not None:
        assert found.inputs == mistake.inputs


OTHERS = [*UNSEEN, *LATER, *LAST, *(Mistake(*row) for row in [*FRESH, *MORE, *SECOND])]
NOT_NAMED = {"layernorm: g / spread", "exp(sin x): exp(cos)", "sinh: of out"}


@pytest.mark.parametrize("mistake", OTHERS, ids=[m.name for m in OTHERS])
def test_every_other_mistake_is_caught_and_all_but_three_are_named(mistake):
    found = diagnose(mistake.f, mistake.rule)
    assert not found
    assert (found.key not in mistake.keys) == (mistake.name in NOT_NAMED)
    if mistake.inputs is not None:
        assert found.inputs == mistake.inputs


def halves(a, b):
    return [a + b, a * b]


SMALLEST = [
    ("sign", sin, lambda x, out, g: -cos(x) * g),
    ("ratio", square, lambda x, out, g: x * g),
    ("zero", mul, lambda a, b, out, g: (b * g, 0)),
    ("missing_upstream", square, lambda x, out, g: 2 * x),
    ("upstream_twice", square, lambda x, out, g: 2 * x * g * g),
    ("swapped_inputs", mul, lambda a, b, out, g: (a * g, b * g)),
    ("other_rule", math.asin, lambda x, out, g: g / sqrt(1 + x * x)),
    ("at_output", sin, lambda x, out, g: cos(out) * g),
    ("at_input", math.tan, lambda x, out, g: (1 + x * x) * g),
    ("at_another_point", lambda x: sin(3 * x), lambda x, out, g: 3 * cos(x) * g),
    ("at_negated_input", relu, lambda x, out, g: (x < 0) * g),
    ("inverted", log, lambda x, out, g: x * g),
    ("pass_through", tanh, lambda x, out, g: g),
    ("not_the_derivative", math.atan, lambda x, out, g: out * g),
    ("extra_factor", lambda x: x**3, lambda x, out, g: 3 * x**3 * g),
    ("missing_term", lambda x: x * sin(x), lambda x, out, g: sin(x) * g),
    ("only_last_use", biased, lambda b, out, g: g[-1]),
    ("only_first_use", biased, lambda b, out, g: g[0]),
    ("diagonal_only", softmax, lambda a, b, c, out, g: [p * (1 - p) * u for p, u in zip(out, g)]),
    ("one_input", mul, lambda a, b, out, g: (b * g, b * g)),
    ("left_out", lambda a: [a, 2 * a, 3 * a], lambda a, out, g: g[0] + 3 * g[2]),
    ("wrong_outputs", lambda a, b: [a * b, a - b], lambda a, b, out, g: (b * g[1] + g[0], a * g[1] - g[0])),
    (
        "wrong_inputs",
        lambda a, b, c: a * a + b * c,
        lambda a, b, c, o, g: (a * sin(exp(b) + a) * g, c * g, b * g),
    ),
    (
        "transposed",
        lambda a, b: [a + 2 * b, 3 * a - b],
        lambda a, b, o, g: (g[0] + 2 * g[1], 3 * g[0] - g[1]),
    ),
    (
        "rearranged",
        lambda a, b, c: [2 * a + 3 * b, 2 * b + 3 * c],
        lambda a, b, c, out, g: (3 * g[0], 2 * g[0] + 3 * g[1], 2 * g[1]),
    ),
    ("wrong_branch", abs, lambda x, out, g: (x > 0) * g),
    ("gate_on_upstream", square, lambda x, out, g: 2 * x * max(g, 0)),
    ("not_linear", square, lambda x, out, g: 2 * x * math.copysign(sqrt(abs(g)), g)),
    ("few_digits", lambda x: exp(sin(x)), lambda x, out, g: (exp(sin(x + 0.01)) - out) / 0.01 * g),
    ("offset", square, lambda x, out, g: 2 * x * g + 1),
    ("raises", square, lambda x, out, g: 1 // 0),
    ("raises", square, lambda x: x),
    ("wrong_shape", mul, lambda a, b, out, g: b * g),
    ("wrong_shape", square, lambda x, out, g: (x, x)),
    ("not_a_number", square, lambda x, out, g: None),
    ("not_a_number", square, lambda x, out, g: math.nan),
    ("not_a_number", square, lambda x, out, g: 1j),
    ("not_a_number", square, lambda x, out, g: "2x"),
    ("not_a_number", square, lambda x, out, g: object()),
    ("not_a_number", mul, lambda a, b, out, g: (b * g, None)),
    (
        "coefficients",
        lambda a, b: (a + 2 * b - 3) ** 2 + a * a,
        lambda a, b, out, g: ((6 * a + 4 * b + 6) * g, 4 * (a + 2 * b - 3) * g),
    ),
    ("curved", square, lambda x, out, g: sin(exp(sin(7 * x))) * g),
    (
        "special_case",
        lambda a, b: a**b,
        lambda a, b, out, g: (b * a ** (a - 1) * g, out * log(a) * g),
    ),
    ("symmetry", tanh, lambda x, out, g: cos(exp(x)) * g),
    ("unknown", lambda x: exp(x) + x * x, lambda x, out, g: sin(exp(sin(7 * x))) * g),
]


@pytest.mark.parametrize(
    ("key", "f", "rule"), SMALLEST, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(SMALLEST)]
)
def test_every_key_has_its_smallest_example(key, f, rule):
    found = diagnose(f, rule)
    assert not found.ok
    assert found.key == key, found.message
    assert found.message


def test_every_key_of_the_list_has_an_example():
    assert {key for key, _, _ in SMALLEST} | {"ok", "ok_rounded", "nondeterministic"} == set(KEYS)


def test_a_rule_that_remembers_is_nondeterministic():
    seen = []

    def rule(x, out, g):
        seen.append(x)
        return 2 * x * g + len(seen)

    assert diagnose(square, rule).key == "nondeterministic"


def test_the_inputs_that_are_wrong_are_listed_and_the_others_named_as_right():
    found = diagnose(power, lambda a, b, out, g: (b * a ** (b - 1) * g, 0.0))
    assert found.inputs == (1,)
    assert found.message.startswith("The gradient of a is right.")


def test_the_message_states_a_fact_first_and_then_asks():
    found = diagnose(square, lambda x, out, g: x * g)
    assert found.message == (
        "The gradient is exactly 0.5 times the right one at all 24 points. Did you forget the 2?"
    )


def test_a_listed_ratio_is_said_as_a_person_would():
    assert "ln 10" in diagnose(math.log10, lambda x, out, g: g / x).message
    assert "1/3" in diagnose(biased, lambda b, out, g: sum(g) / 3).message


def test_a_diagnosis_is_true_when_all_is_well_and_prints_as_its_message():
    found = diagnose(square, lambda x, out, g: 2 * x * g)
    assert found
    assert str(found) == "Right at all 24 points."
    assert isinstance(found, Diagnosis)


def test_the_same_seed_gives_the_same_diagnosis():
    rule = LISTED[3].rule
    f = LISTED[3].f
    assert diagnose(f, rule, seed=5) == diagnose(f, rule, seed=5)


def test_a_sampler_draws_the_points():
    drawn = []

    def sample(rng):
        drawn.append(rng.uniform(10.0, 11.0))
        return drawn[-1]

    assert diagnose(square, lambda x, out, g: 2 * x * g if 10 <= x <= 11 else 0.0, sample=sample)
    assert drawn


def test_a_function_that_is_nowhere_smooth_asks_for_a_sampler():
    with pytest.raises(ValueError, match="sample="):
        diagnose(lambda x: math.nan, lambda x, out, g: g)


@pytest.mark.parametrize("points", [0, -1])
def test_there_must_be_a_point(points):
    with pytest.raises(ValueError, match=f"points must be at least 1, got {points}"):
        diagnose(square, lambda x, out, g: 2 * x * g, points=points)


def test_a_function_of_one_list_is_explained():
    with pytest.raises(TypeError, match=r"diagnose calls f with 1 number and .* f\(.*\) raised TypeError: "):
        diagnose(lambda xs: sum(xs), lambda xs, out, g: [g for _ in xs])


def test_a_function_that_returns_no_number_is_explained():
    with pytest.raises(TypeError, match="wants a number or a list of numbers back"):
        diagnose(lambda x: None, lambda x, out, g: g)


def test_a_number_too_large_for_a_float_is_no_number():
    assert diagnose(square, lambda x, out, g: 10**400).key == "not_a_number"
    with pytest.raises(ValueError, match="found only 0 points"):
        diagnose(lambda x: 10**400, lambda x, out, g: g)


def test_functions_of_any_number_of_inputs_take_it_from_the_rule():
    def rule(a, b, c, d, out, g):
        return [exp(x - out) * g for x in (a, b, c, d)]

    assert diagnose(logsumexp, rule)
    assert diagnose(max, lambda a, b, out, g: ((a > b) * g, (b > a) * g))


def test_lists_of_outputs_come_as_lists():
    def rule(a, b, out, g):
        assert isinstance(out, list)
        assert isinstance(g, list)
        return (g[0] + b * g[1], g[0] + a * g[1])

    assert diagnose(halves, rule)


def test_a_rule_may_spoil_the_lists_it_is_given():
    def rule(w, out, g):
        total = sum(a * b for a, b in zip(g, (0.4, -1.7, 2.6)))
        g.clear()
        out.append(None)
        return total

    assert diagnose(linear, rule)


def test_numpy_scalars_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert diagnose(square, lambda x, out, g: numpy.float64(2 * x * g))
    assert diagnose(mul, lambda a, b, out, g: numpy.array([b * g, a * g]))


def test_a_point_where_a_wrong_formula_overflows_does_not_hide_its_name():
    assert diagnose(math.expm1, lambda x, out, g: exp(out) * g).key == "at_output"


class Hostile:
    """An object every question of which raises."""

    @property
    def shape(self):
        raise RuntimeError("shape")

    def __repr__(self):
        raise RuntimeError("repr")

    def __float__(self):
        raise RuntimeError("float")

    def __iter__(self):
        raise RuntimeError("iter")

    def __len__(self):
        raise RuntimeError("len")


class SilentError(Exception):
    def __str__(self):
        raise RuntimeError("str")


def raising(error):
    def rule(*xs):
        raise error

    return rule


def forever(*xs):
    return forever(*xs)


garbage = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.builds(Hostile)
    | st.just(Value(1.0))
    | st.just(math)
    | st.just(object()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(answer=garbage, f=st.sampled_from([square, mul, softmax, biased, cross_entropy, sigmoid]))
def test_garbage_becomes_a_diagnosis(answer, f):
    found = diagnose(f, lambda *xs: answer, points=6)
    assert isinstance(found.key, str)
    assert found.message
    assert not found.ok or f is not square


@pytest.mark.parametrize(
    "rule",
    [
        raising(RuntimeError("no")),
        raising(SilentError()),
        raising(SystemExit(3)),
        raising(MemoryError()),
        raising(StopIteration()),
        raising(AssertionError()),
        forever,
        None,
        17,
        lambda *xs: (x for x in xs),
        lambda *xs: iter([]),
        lambda x, out, g, more: 1.0,
    ],
)
def test_rules_that_break_become_a_diagnosis(rule):
    found = diagnose(square, rule)
    assert found.key in ("raises", "wrong_shape")
    assert "\n" not in found.message


@given(data=st.data())
def test_answers_that_change_from_call_to_call_become_a_diagnosis(data):
    numbers = st.floats() | st.none() | st.integers()
    found = diagnose(square, lambda *xs: data.draw(numbers), points=5)
    assert found.key


def test_the_right_gradient_is_never_printed():
    """Of x**3 at 1.7, 8.67 would give it away."""
    found = diagnose(
        lambda x: x**3, lambda x, out, g: sin(7 * x) * g, sample=lambda rng: 1.7 + 1e-9 * rng.random()
    )
    assert "8.67" not in found.message


def test_a_message_calls_the_inputs_by_the_rules_own_names():
    found = diagnose(lambda w, x, b: w * x + b, lambda w, x, b, out, g: (x * g, w * g, 0.0))
    assert found.key == "zero"
    assert "b" in found.message.split()
    assert "c" not in found.message.replace(",", " ").split()


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (1, 2, 3, 4, 0), (4, 0, 1, 2, 3)])
def test_of_many_inputs_a_turn_and_a_shift_are_known(order):
    weights = (2.0, 3.0, 5.0, 7.0, 11.0)

    def rule(a, b, c, d, e, out, g):
        return [weights[j] * g for j in order]

    found = diagnose(lambda a, b, c, d, e: dot(weights, (a, b, c, d, e)), rule)
    assert found.key == "swapped_inputs"
    assert f"a gets the gradient of {'abcde'[order[0]]}" in found.message


@pytest.mark.parametrize(
    ("f", "rule", "key", "part"),
    [
        (sin, lambda x, out, g: (cos(x) + x) * g, "missing_term", "one term too many, made of x"),
        (sin, lambda x, out, g: (cos(x) - x) * g, "missing_term", "one term too many, made of x"),
        (
            abs,
            lambda x, out, g: g if x > 0 or x < -1 else -0.5 * g,
            "wrong_branch",
            "right where x > 0, and wrong where x < 0",
        ),
        (mul, lambda a, b, out, g: (b * exp(a / b) * g, a * g), "extra_factor", "times exp(a/b)"),
        (mul, lambda a, b, out, g: (b * (a - b) * g, a * g), "extra_factor", "times (a - b)"),
        (
            mul,
            lambda a, b, out, g: (b * g, a * g / (a * a + b * b)),
            "extra_factor",
            "divided by (a**2 + b**2)",
        ),
        (square, lambda x, out, g: -8 * x * x * g, "extra_factor", "times 4, with the other sign, times x"),
        (square, lambda x, out, g: -2 * x * x * g, "extra_factor", "one with the other sign, times x"),
        (square, lambda x, out, g: 2 * x * x * g / 4, "extra_factor", "times 0.25, times x"),
        (tanh, lambda x, out, g: (1 + out) ** 2 * g, "extra_factor", ""),
        (math.floor, lambda x, out, g: g, "pass_through", "unchanged"),
        (math.expm1, lambda x, out, g: exp(out) * g, "at_output", "taken at out"),
    ],
)
def test_more_mistakes_and_what_is_said_of_them(f, rule, key, part):
    found = diagnose(f, rule)
    assert found.key == key
    assert part in found.message


def test_a_right_rule_that_raises_at_a_few_points_is_not_called_right():
    found = diagnose(sin, lambda x, out, g: cos(x) * g if x < 2.5 else 1 / 0)
    assert (found.ok, found.key) == (False, "raises")
    assert found.message.startswith("At 5 of 24 points, where x > 2.5, your rule raised ZeroDivisionError: ")


@pytest.mark.parametrize("seed", range(20))
def test_what_is_wrong_far_out_is_seen_on_either_side(seed):
    for side in (-1, 1):

        def rule(x, out, g, side=side):
            return g / (1 + x * x) if side * x < 6 else 0.0

        assert diagnose(math.atan, rule, seed=seed).key == "wrong_branch"


@pytest.mark.parametrize("seed", range(10))
def test_a_border_is_one_of_both_sides_if_it_is_one(seed):
    found = diagnose(lambda x: min(max(x / 6 + 0.5, 0.0), 1.0), lambda x, out, g: g / 6, seed=seed)
    assert found.key == "wrong_branch"
    assert "right where |x| < 3" in found.message


def test_a_region_is_told_what_is_wrong_in_it():
    found = diagnose(math.atan, lambda x, out, g: (1 if x > 0 else 3) * g / (1 + x * x))
    assert "wrong where x < 0. There, the gradient is exactly 3 times the right one" in found.message


def test_inputs_that_no_sentence_speaks_of_are_listed():
    found = diagnose(lambda a, b, c, d: a * b * c * d, lambda a, b, c, d, out, g: [out * g] * 4)
    assert found.inputs == (0, 1, 2, 3)
    assert found.message.endswith("The gradients of c and d are wrong, too.")


def test_a_formula_holds_at_every_point_or_is_not_said():
    """The answer is 1 at most points, and 0 at some."""
    found = diagnose(lambda x: x * min(max(x + 3, 0.0), 6.0) / 6, lambda x, out, g: (x > -3) * g)
    assert found.key == "wrong_branch"
    assert "There, the gradient is g, the upstream gradient, unchanged." in found.message


def test_a_term_that_is_wrong_in_one_region_only_is_no_term():
    found = diagnose(lambda x: min(max(x, -1.0), 1.0), lambda x, out, g: (abs(x) > 1) * g)
    assert found.key == "wrong_branch"


def test_a_rule_without_an_answer_to_an_upstream_gradient_of_0_is_still_named():
    assert diagnose(square, lambda x, out, g: x * g * g / g).key == "ratio"
    assert diagnose(square, lambda x, out, g: 2 * x * g * g / g)
    assert diagnose(square, lambda x, out, g: 2 * x * g * g / abs(g)).key == "gate_on_upstream"


def largest_of_pairs(*xs):
    return [max(a, b) for a, b in zip(xs[::2], xs[1::2])]


def test_a_gradient_for_all_of_a_window_is_told_where_it_should_be_0():
    found = diagnose(largest_of_pairs, lambda a, b, c, d, e, f, out, g: [u for u in g for _ in range(2)])
    assert found.key == "wrong_branch"
    assert (
        "gradient of a is right where a - b > 0, and not 0 as it should be where a - b < 0" in found.message
    )


def layer_norm(*xs):
    mean = math.fsum(xs) / len(xs)
    std = sqrt(math.fsum((x - mean) ** 2 for x in xs) / len(xs) + 1e-5)
    return [(x - mean) / std for x in xs]


def layer_norm_rule(divisor, with_mean=True):
    def rule(a, b, c, d, out, g):
        std = sqrt(math.fsum((x - (a + b + c + d) / 4) ** 2 for x in (a, b, c, d)) / 4 + 1e-5)
        both = math.fsum(p * u for p, u in zip(out, g)) / divisor
        mean = math.fsum(g) / divisor if with_mean else 0.0
        return [(u - mean - p * both) / std for p, u in zip(out, g)]

    return rule


def test_a_sum_for_a_mean_in_a_norm_is_a_number_of_times():
    assert diagnose(layer_norm, layer_norm_rule(4.0))
    found = diagnose(layer_norm, layer_norm_rule(1.0))
    assert found.key == "ratio"
    assert (
        "contributions of the other outputs are 4 times the right ones, and that of its own" in found.message
    )
    assert found.message.endswith("Is a sum taken where a mean belongs?")


def test_what_is_constant_is_no_part_of_a_formula():
    """The norm of what layer_norm returns is 2, but for its eps."""
    near = lambda rng: [rng.uniform(-2, 2) for _ in range(4)]  # noqa: E731
    found = diagnose(layer_norm, layer_norm_rule(4.0, with_mean=False), near)
    assert found.key == "missing_term"
    assert "norm(out)" not in found.message


def test_small_errors_everywhere_are_told_by_their_size():
    found = diagnose(lambda x: sin(math.pi * x), lambda x, out, g: 3.14 * math.cos(3.14 * x) * g)
    assert re.fullmatch(
        r"The gradient is almost right: no error is larger than [\d.]+ % of its usual size\. Is it a finite"
        r" difference, is a constant rounded, or is a small term missing\?",
        found.message,
    )


def test_a_single_point_is_one_in_the_sentence():
    assert str(diagnose(square, lambda x, out, g: 2 * x * g, points=1)) == "Right at the only point."
    assert "at the only point" in str(diagnose(square, lambda x, out, g: x * g, points=1))


def test_a_sampler_may_come_to_its_end():
    left = iter([0.5 + 0.1 * k for k in range(24)])
    found = diagnose(square, lambda x, out, g: (2 if x > 1.7 else 1) * x * g, sample=lambda rng: next(left))
    assert found.key == "wrong_branch"


def test_a_gradient_is_not_called_right_for_a_sign_of_g_where_it_is_wrong_for_some_inputs():
    found = diagnose(relu, lambda x, out, g: max(0.0, g))
    assert "is right when g" not in found.message
    assert diagnose(relu, lambda x, out, g: (x > 0) * max(0.0, g)).key == "gate_on_upstream"
