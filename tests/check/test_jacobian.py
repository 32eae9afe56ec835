"""Rules with several outputs: the Jacobian is compared entry by entry, in bounded time, and never falsely."""

import re
import time
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from microgd.check.diagnosis import KEYS
from microgd.check.jacobian import Jacobians
from microgd.check.probe import Probe
from microgd.check.rules import diagnose

from ..bench.vector_mistakes import (
    RIGHT,
    SAMPLES,
    WRONG,
    cumsum,
    dot,
    drawn,
    each,
    fixed_matvec,
    layernorm,
    layernorm_rule,
    logsumexp,
    mean,
    separate,
    softmax,
    softmax_rule,
    spread,
)

NOT_NAMED = {"rmsnorm: with the mean"}


@pytest.mark.parametrize("mistake", WRONG, ids=[m[0] for m in WRONG])
def test_a_mistake_in_a_rule_with_several_outputs_is_named(mistake):
    name, f, rule, keys = mistake
    found = diagnose(f, separate(rule), SAMPLES[f], seed=3)
    assert not found
    assert found.key in KEYS
    if name in NOT_NAMED:
        assert found.key == "unknown"
    else:
        assert found.key in keys.split(), found.message
        assert "\0" not in found.message


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), case=st.sampled_from(RIGHT))
def test_a_right_rule_with_several_outputs_is_never_accused(seed, case):
    _, f, rule, sample = case
    found = diagnose(f, separate(rule), sample, points=8, seed=seed)
    assert found.ok, found.message


@pytest.mark.parametrize("case", RIGHT, ids=[r[0] for r in RIGHT])
def test_a_right_rule_is_right_as_a_list_and_as_an_array(case):
    _, f, rule, sample = case

    def as_array(*xs):
        return np.array(f(*xs))

    for form in (f, as_array):
        found = diagnose(form, separate(rule), sample, points=6)
        assert found.ok, found.message


def test_the_measured_jacobian_is_that_of_a_matrix():
    matrix = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.5], [-2.5, 3.0, 1.75]])
    probe = Probe(fixed_matvec, separate(lambda x, out, g: matrix.T @ np.array(g)), drawn(3), 4, 0)
    for point in probe.points:
        point.given = probe.ask(point)
    both = Jacobians(probe, [0, 1, 2])
    for right, asked in zip(both.right, both.given, strict=True):
        assert np.allclose(right, matrix.T, rtol=1e-10)
        assert np.allclose(asked, matrix.T, rtol=1e-15)


def test_a_jacobian_is_right_beside_a_kink():
    def f(a, b):
        return [abs(a - 0.001) + b, a * b]

    probe = Probe(f, lambda a, b, out, g: (0, 0), lambda random: [random.uniform(0.0011, 0.01), 0.7], 6, 0)
    for k, point in enumerate(probe.points):
        assert np.allclose(probe.matrix(k), [[1.0, 0.7], [1.0, point.xs[0]]], rtol=1e-6)


def said(f, rule, sample):
    return diagnose(f, separate(rule), sample).message


def test_the_missing_term_is_written_down():
    text = said(softmax, lambda x, p, g: each(lambda a, u: a * u, p, g), drawn(4))
    assert "out[i] * sum(out[j] * g[j]) is missing" in text


def test_the_factor_of_a_layernorm_is_its_standard_deviation():
    text = said(layernorm, lambda x, out, g: [v / spread(x) for v in layernorm_rule(x, out, g)], drawn(5))
    assert "divided by std(x)" in text


def test_other_signs_off_the_diagonal_are_said():
    text = said(
        softmax, lambda x, p, g: each(lambda a, u: a * (1 - a) * u + a * (dot(p, g) - a * u), p, g), drawn(3)
    )
    assert "its own output rightly, and all others with the wrong sign" in text


def test_rows_and_columns_exchanged_are_said():
    text = said(cumsum, lambda x, out, g: cumsum(*g), drawn(4))
    assert "rows and columns are exchanged" in text


def test_an_answer_that_mixes_the_upstream_gradients_is_not_linear():
    found = diagnose(
        cumsum,
        separate(lambda x, out, g: [v * abs(g[0]) / (max(map(abs, g)) or 1.0) for v in g]),
        drawn(3),
    )
    assert not found
    assert found.key in ("not_linear", "unknown")


def test_a_sum_over_too_many_inputs_is_said():
    def f(a, b, c, d, e, h):
        return logsumexp(a, b, c) * 2 + logsumexp(d, e, h)

    def rule(a, b, c, d, e, h, out, g):
        first = softmax(a, b, c, d)[:3]
        return [*(2 * g * p for p in first), *(g * p for p in softmax(d, e, h))]

    found = diagnose(f, rule)
    assert found.key == "wrong_inputs"
    assert found.inputs == (0, 1, 2)
    assert "must not depend on d" in found.message


def without_variance(x, out, g):
    m, s = mean(g), spread(x)
    return [(u - m) / s for u in g]


def by_the_variance(x, out, g):
    s = spread(x)
    return [v / s for v in layernorm_rule(x, out, g)]


MANY = [
    ("ok", softmax, softmax_rule),
    ("ok", layernorm, layernorm_rule),
    ("ok", logsumexp, lambda x, out, g: [g * exp(a - out) for a in x]),
    ("missing_term", softmax, lambda x, p, g: each(lambda a, u: a * u, p, g)),
    ("missing_term", layernorm, without_variance),
    ("extra_factor", layernorm, by_the_variance),
    ("at_input", softmax, lambda x, p, g: softmax_rule(x, x, g)),
    ("zero", softmax, lambda x, p, g: [v * (k != 17) for k, v in enumerate(softmax_rule(x, p, g))]),
    ("missing_upstream", softmax, lambda x, p, g: list(p)),
    ("wrong_shape", softmax, lambda x, p, g: [1.0]),
    ("raises", softmax, lambda x, p, g: 1 // 0),
]


@pytest.mark.parametrize(("key", "f", "rule"), MANY, ids=[f"{k}-{n}" for n, (k, _, _) in enumerate(MANY)])
def test_many_inputs_take_little_time_and_few_words(key, f, rule):
    start = time.process_time()
    found = diagnose(f, separate(rule), drawn(128))
    assert time.process_time() - start < 3.0
    assert found.key == key, found.message
    assert len(re.findall(r"x\[\d+\]", found.message)) <= 24


def test_of_many_inputs_the_wrong_ones_are_found():
    def rule(x, p, g):
        return [v * (2.0 if k in (3, 17, 90) else 1.0) for k, v in enumerate(softmax_rule(x, p, g))]

    found = diagnose(softmax, separate(rule), drawn(128))
    assert found.inputs == (3, 17, 90)
    assert found.key == "ratio"
    assert found.message.startswith("3 of 128 inputs get a wrong gradient: x[3], x[17] and x[90].")


def test_the_upstream_gradient_of_its_own_output_for_all_is_said():
    def rule(x, p, g):
        return [sum(p[j] * ((i == j) - p[i]) * g[i] for j in range(3)) for i in range(3)]

    text = said(softmax, rule, drawn(3))
    assert "if the contributions of all outputs took g[0]" in text
    assert "which g belongs to out[j]?" in text
