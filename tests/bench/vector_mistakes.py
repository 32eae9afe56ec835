"""Right rules and mistakes for functions with several inputs or outputs, and the keys that are true of each.

A rule here takes three lists: the inputs, the outputs and the upstream gradients. `separate` makes of it a
rule of separate floats, as diagnose wants it.
"""

import math
from math import exp, log, sqrt

import numpy as np


def separate(rule):
    """rule(x, out, g), with lists, as rule(*x, out, g)."""
    return lambda *args: rule(list(args[:-2]), *args[-2:])


def drawn(n, low=-2.0, high=2.0):
    """A sample of n inputs."""
    return lambda random: [random.uniform(low, high) for _ in range(n)]


def softmax(*x):
    top = max(x)
    e = [exp(a - top) for a in x]
    total = sum(e)
    return [a / total for a in e]


def log_softmax(*x):
    top = max(x)
    total = top + log(sum(exp(a - top) for a in x))
    return [a - total for a in x]


def mean(v):
    return sum(v) / len(v)


def spread(x, eps=0.0, less=0):
    m = mean(x)
    return sqrt(sum((a - m) ** 2 for a in x) / (len(x) - less) + eps)


def layernorm(*x):
    m, s = mean(x), spread(x)
    return [(a - m) / s for a in x]


def rms(x):
    return sqrt(mean([a * a for a in x]))


def rmsnorm(*x):
    return [a / rms(x) for a in x]


def norm(x):
    return sqrt(sum(a * a for a in x))


def normalize(*x):
    return [a / norm(x) for a in x]


def cumsum(*x):
    return [sum(x[: k + 1]) for k in range(len(x))]


def cumprod(*x):
    return [math.prod(x[: k + 1]) for k in range(len(x))]


def conv(*x):
    """Four inputs and a kernel of two."""
    x, w = x[:4], x[4:]
    return [w[0] * x[k] + w[1] * x[k + 1] for k in range(3)]


KERNEL = (0.5, -1.25, 2.0)


def fixed_conv(*x):
    return [sum(w * x[k + j] for j, w in enumerate(KERNEL)) for k in range(len(x) - 2)]


def matmul(*x):
    """Two 2 x 2 matrices."""
    a, b = np.array(x[:4]).reshape(2, 2), np.array(x[4:]).reshape(2, 2)
    return a @ b


def matvec(*x):
    """A 2 x 2 matrix and a vector."""
    return [x[0] * x[4] + x[1] * x[5], x[2] * x[4] + x[3] * x[5]]


MATRIX = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.5], [-2.5, 3.0, 1.75]])


def fixed_matvec(*x):
    return MATRIX @ np.array(x)


def outer(*x):
    return [a * b for a in x[:2] for b in x[2:]]


def gather(*x):
    return [x[2], x[0], x[2], x[1]]


def maxpool(*x):
    return [max(x[0:2]), max(x[2:4]), max(x[4:6])]


def meanpool(*x):
    return [0.5 * (x[0] + x[1]), 0.5 * (x[2] + x[3])]


def batch_cross_entropy(*x):
    """Two rows of three logits; the targets are 1 and 2."""
    return -0.5 * (log_softmax(*x[:3])[1] + log_softmax(*x[3:])[2])


def logsumexp(*x):
    return log(sum(map(exp, x)))


def center(*x):
    return [a - mean(x) for a in x]


def scaled(*x):
    """Four inputs times a factor: broadcasting."""
    return [a * x[4] for a in x[:4]]


def rows_softmax(*x):
    return [*softmax(*x[:3]), *softmax(*x[3:])]


VALUES = np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 0.75]])


def attention(*q):
    """One query over three fixed keys and values."""
    scores = VALUES @ np.array(q) / sqrt(2.0)
    return np.array(softmax(*scores)) @ VALUES


def standardized_batch(*x):
    """Two columns of three rows, each normalized."""
    first, second = layernorm(*x[0::2]), layernorm(*x[1::2])
    return [v for pair in zip(first, second, strict=True) for v in pair]


def gates(*x):
    """relu of each input times the sum of all."""
    return [max(a, 0.0) * 2.0 for a in x]


def dot(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True))


def each(compute, *lists):
    return [compute(*parts) for parts in zip(*lists, strict=True)]


def softmax_rule(x, p, g):
    total = dot(p, g)
    return each(lambda a, u: a * (u - total), p, g)


def log_softmax_rule(x, out, g):
    total = sum(g)
    return each(lambda o, u: u - exp(o) * total, out, g)


def layernorm_rule(x, out, g):
    s, a, b = spread(x), mean(g), mean(each(lambda o, u: o * u, out, g))
    return each(lambda o, u: (u - a - o * b) / s, out, g)


def rmsnorm_rule(x, out, g):
    b = mean(each(lambda o, u: o * u, out, g))
    return each(lambda o, u: (u - o * b) / rms(x), out, g)


def normalize_rule(x, out, g):
    b = dot(out, g)
    return each(lambda o, u: (u - o * b) / norm(x), out, g)


def cumsum_rule(x, out, g):
    return [sum(g[k:]) for k in range(len(g))]


def conv_rule(x, out, g):
    x, w = x[:4], x[4:]
    return [
        w[0] * g[0],
        w[1] * g[0] + w[0] * g[1],
        w[1] * g[1] + w[0] * g[2],
        w[1] * g[2],
        dot(x[:3], g),
        dot(x[1:], g),
    ]


def fixed_conv_rule(x, out, g, kernel=KERNEL):
    return [
        sum(kernel[i - k] * g[k] for k in range(len(g)) if 0 <= i - k < len(kernel)) for i in range(len(x))
    ]


def matmul_rule(x, out, g):
    a, b = np.array(x[:4]).reshape(2, 2), np.array(x[4:]).reshape(2, 2)
    return np.array([g @ b.T, a.T @ g])


def matmul_with(left, right):
    def rule(x, out, g):
        a, b = np.array(x[:4]).reshape(2, 2), np.array(x[4:]).reshape(2, 2)
        return [*left(a, b, g).ravel(), *right(a, b, g).ravel()]

    return rule


def matvec_rule(x, out, g):
    return [
        g[0] * x[4],
        g[0] * x[5],
        g[1] * x[4],
        g[1] * x[5],
        x[0] * g[0] + x[2] * g[1],
        x[1] * g[0] + x[3] * g[1],
    ]


def outer_rule(x, out, g):
    a, b = x[:2], x[2:]
    return [*(dot(g[2 * k : 2 * k + 2], b) for k in (0, 1)), *(g[k] * a[0] + g[k + 2] * a[1] for k in (0, 1))]


def gather_rule(x, out, g):
    return [g[1], g[3], g[0] + g[2]]


def maxpool_rule(x, out, g):
    return [g[k // 2] * (x[k] == out[k // 2]) for k in range(6)]


def batch_rule(x, out, g):
    hot = [0, 1, 0, 0, 0, 1]
    return [0.5 * g * (p - y) for p, y in zip(rows_softmax(*x), hot, strict=True)]


def center_rule(x, out, g):
    return [u - mean(g) for u in g]


def scaled_rule(x, out, g):
    return [*(u * x[4] for u in g), dot(g, x[:4])]


def attention_rule(x, out, g):
    p = np.array(softmax(*(VALUES @ np.array(x) / sqrt(2.0))))
    scores = softmax_rule(None, list(p), list(VALUES @ g))
    return VALUES.T @ np.array(scores) / sqrt(2.0)


def columns_rule(x, out, g, rule=layernorm_rule):
    first = rule(x[0::2], out[0::2], g[0::2])
    second = rule(x[1::2], out[1::2], g[1::2])
    return [v for pair in zip(first, second, strict=True) for v in pair]


def softmax_by_matrix(x, out, g):
    p = np.array(out)
    return (np.diag(p) - np.outer(p, p)) @ np.array(g)


def layernorm_by_parts(x, out, g):
    n, m = len(x), mean(x)
    d = [a - m for a in x]
    v = mean([a * a for a in d])
    dv = sum(u * a * -0.5 * v**-1.5 for u, a in zip(g, d, strict=True))
    dm = -sum(g) / sqrt(v) - dv * 2 * mean(d)
    return [u / sqrt(v) + dv * 2 * a / n + dm / n for u, a in zip(g, d, strict=True)]


RIGHT = [
    ("softmax", softmax, softmax_rule, drawn(4)),
    ("softmax by its matrix", softmax, softmax_by_matrix, drawn(4)),
    ("log_softmax", log_softmax, log_softmax_rule, drawn(4)),
    ("layernorm", layernorm, layernorm_rule, drawn(4)),
    ("layernorm by parts", layernorm, layernorm_by_parts, drawn(5)),
    ("rmsnorm", rmsnorm, rmsnorm_rule, drawn(4)),
    ("normalize", normalize, normalize_rule, drawn(3)),
    ("cumsum", cumsum, cumsum_rule, drawn(4)),
    ("conv", conv, conv_rule, drawn(6)),
    ("fixed conv", fixed_conv, fixed_conv_rule, drawn(5)),
    ("matmul", matmul, matmul_rule, drawn(8)),
    ("matvec", matvec, matvec_rule, drawn(6)),
    ("outer", outer, outer_rule, drawn(4)),
    ("gather", gather, gather_rule, drawn(3)),
    ("maxpool", maxpool, maxpool_rule, drawn(6)),
    ("batch cross entropy", batch_cross_entropy, batch_rule, drawn(6)),
    ("center", center, center_rule, drawn(4)),
    ("scaled", scaled, scaled_rule, drawn(5)),
    ("attention", attention, attention_rule, drawn(2)),
    ("columns", standardized_batch, columns_rule, drawn(6)),
]

WRONG = [
    (
        "softmax: the diagonal",
        softmax,
        lambda x, p, g: each(lambda a, u: a * (1 - a) * u, p, g),
        "diagonal_only",
    ),
    ("softmax: p g", softmax, lambda x, p, g: each(lambda a, u: a * u, p, g), "missing_term diagonal_only"),
    (
        "softmax: plus",
        softmax,
        lambda x, p, g: each(lambda a, u: a * (u + dot(p, g)), p, g),
        "sign missing_term",
    ),
    ("softmax: x for out", softmax, lambda x, p, g: softmax_rule(x, x, g), "at_input"),
    (
        "softmax: off-diagonal with the other sign",
        softmax,
        lambda x, p, g: each(lambda a, u: a * (1 - a) * u + a * (dot(p, g) - a * u), p, g),
        "sign",
    ),
    ("softmax: log_softmax's", softmax, log_softmax_rule, "not_the_derivative missing_term"),
    (
        "softmax: sum without p",
        softmax,
        lambda x, p, g: each(lambda a, u: a * (u - sum(g)), p, g),
        "missing_term extra_factor",
    ),
    (
        "softmax: mean for sum",
        softmax,
        lambda x, p, g: each(lambda a, u: a * (u - dot(p, g) / 4), p, g),
        "missing_term ratio",
    ),
    (
        "softmax: term without p_i",
        softmax,
        lambda x, p, g: each(lambda a, u: a * u - dot(p, g), p, g),
        "missing_term extra_factor",
    ),
    (
        "softmax: lower triangle",
        softmax,
        lambda x, p, g: [sum(p[i] * ((i == j) - p[j]) * g[j] for j in range(i + 1)) for i in range(len(p))],
        "left_out",
    ),
    (
        "log_softmax: softmax's",
        log_softmax,
        lambda x, out, g: softmax_rule(x, [exp(o) for o in out], g),
        "extra_factor",
    ),
    (
        "log_softmax: p g",
        log_softmax,
        lambda x, out, g: each(lambda o, u: u - exp(o) * u, out, g),
        "diagonal_only",
    ),
    ("log_softmax: g", log_softmax, lambda x, out, g: list(g), "pass_through diagonal_only missing_term"),
    (
        "log_softmax: out for exp(out)",
        log_softmax,
        lambda x, out, g: each(lambda o, u: u - o * sum(g), out, g),
        "extra_factor missing_term",
    ),
    (
        "log_softmax: mean",
        log_softmax,
        lambda x, out, g: each(lambda o, u: u - exp(o) * mean(g), out, g),
        "missing_term ratio",
    ),
    (
        "log_softmax: dot",
        log_softmax,
        lambda x, out, g: each(lambda o, u: u - dot([exp(a) for a in out], g), out, g),
        "transposed",
    ),
    (
        "layernorm: g / std",
        layernorm,
        lambda x, out, g: [u / spread(x) for u in g],
        "diagonal_only missing_term",
    ),
    (
        "layernorm: no mean path",
        layernorm,
        lambda x, out, g: each(lambda o, u: (u - o * dot(out, g) / len(g)) / spread(x), out, g),
        "missing_term",
    ),
    (
        "layernorm: no var path",
        layernorm,
        lambda x, out, g: [(u - mean(g)) / spread(x) for u in g],
        "missing_term",
    ),
    (
        "layernorm: var for std",
        layernorm,
        lambda x, out, g: [v / spread(x) for v in layernorm_rule(x, out, g)],
        "extra_factor",
    ),
    (
        "layernorm: no std",
        layernorm,
        lambda x, out, g: [v * spread(x) for v in layernorm_rule(x, out, g)],
        "extra_factor",
    ),
    (
        "layernorm: n - 1",
        layernorm,
        lambda x, out, g: [v * spread(x) / spread(x, less=1) for v in layernorm_rule(x, out, g)],
        "ratio",
    ),
    (
        "layernorm: a large eps",
        layernorm,
        lambda x, out, g: [v * spread(x) / spread(x, eps=0.1) for v in layernorm_rule(x, out, g)],
        "extra_factor",
    ),
    (
        "layernorm: x for out",
        layernorm,
        lambda x, out, g: layernorm_rule(x, x, g),
        "at_input missing_term",
    ),
    (
        "layernorm: plus var path",
        layernorm,
        lambda x, out, g: each(lambda o, u: (u - mean(g) + o * dot(out, g) / len(g)) / spread(x), out, g),
        "missing_term sign",
    ),
    ("rmsnorm: g / rms", rmsnorm, lambda x, out, g: [u / rms(x) for u in g], "missing_term diagonal_only"),
    (
        "rmsnorm: with the mean",
        rmsnorm,
        layernorm_rule,
        "missing_term other_rule",
    ),
    (
        "rmsnorm: sum for mean",
        rmsnorm,
        lambda x, out, g: each(lambda o, u: (u - o * dot(out, g)) / rms(x), out, g),
        "missing_term",
    ),
    (
        "normalize: g / norm",
        normalize,
        lambda x, out, g: [u / norm(x) for u in g],
        "missing_term diagonal_only",
    ),
    (
        "normalize: no norm",
        normalize,
        lambda x, out, g: each(lambda o, u: u - o * dot(out, g), out, g),
        "extra_factor",
    ),
    (
        "normalize: x for out",
        normalize,
        lambda x, out, g: each(lambda o, u: (u - o * dot(x, g)) / norm(x), x, g),
        "missing_term at_input",
    ),
    ("cumsum: cumsum", cumsum, lambda x, out, g: cumsum(*g), "transposed"),
    ("cumsum: g", cumsum, lambda x, out, g: list(g), "diagonal_only pass_through"),
    ("cumsum: sum", cumsum, lambda x, out, g: [sum(g)] * len(g), "pass_through one_input"),
    (
        "cumsum: reversed",
        cumsum,
        lambda x, out, g: [sum(g[: k + 1]) for k in range(len(g))][::-1],
        "wrong_outputs rearranged",
    ),
    (
        "cumprod: out / x at the same place",
        cumprod,
        lambda x, out, g: each(lambda o, a, u: o / a * u, out, x, g),
        "diagonal_only",
    ),
    (
        "conv: kernel not flipped",
        fixed_conv,
        lambda x, out, g: fixed_conv_rule(x, out, g, KERNEL[::-1]),
        "rearranged",
    ),
    (
        "conv: w[0] and w[1] exchanged",
        conv,
        lambda x, out, g: conv_rule([*x[:4], x[5], x[4]], out, g),
        "rearranged",
    ),
    (
        "conv: weights see only the first output",
        conv,
        lambda x, out, g: [*conv_rule(x, out, g)[:4], x[0] * g[0], x[1] * g[0]],
        "only_first_use",
    ),
    ("matmul: B for B.T", matmul, matmul_with(lambda a, b, g: g @ b, lambda a, b, g: a.T @ g), "rearranged"),
    ("matmul: A for A.T", matmul, matmul_with(lambda a, b, g: g @ b.T, lambda a, b, g: a @ g), "rearranged"),
    (
        "matmul: wrong order",
        matmul,
        matmul_with(lambda a, b, g: b.T @ g, lambda a, b, g: g @ a.T),
        "rearranged",
    ),
    (
        "matmul: g.T",
        matmul,
        matmul_with(lambda a, b, g: g.T @ b.T, lambda a, b, g: a.T @ g),
        "rearranged wrong_outputs",
    ),
    (
        "matmul: transposed",
        matmul,
        matmul_with(lambda a, b, g: (g @ b.T).T, lambda a, b, g: a.T @ g),
        "swapped_inputs",
    ),
    ("W x: W for W.T", fixed_matvec, lambda x, out, g: MATRIX @ np.array(g), "transposed"),
    (
        "W x: outer with x and g exchanged",
        matvec,
        lambda x, out, g: [g[0] * x[4], g[1] * x[4], g[0] * x[5], g[1] * x[5], *matvec_rule(x, out, g)[4:]],
        "swapped_inputs rearranged",
    ),
    (
        "outer: sum over the wrong axis",
        outer,
        lambda x, out, g: [g[0] * x[2] + g[2] * x[3], g[1] * x[2] + g[3] * x[3], *outer_rule(x, out, g)[2:]],
        "rearranged wrong_outputs",
    ),
    ("gather: assigned", gather, lambda x, out, g: [g[1], g[3], g[2]], "only_last_use"),
    (
        "maxpool: spread evenly",
        maxpool,
        lambda x, out, g: [0.5 * g[k // 2] for k in range(6)],
        "not_the_derivative wrong_branch",
    ),
    (
        "maxpool: the loser",
        maxpool,
        lambda x, out, g: [g[k // 2] * (x[k] != out[k // 2]) for k in range(6)],
        "swapped_inputs wrong_branch",
    ),
    ("meanpool: no half", meanpool, lambda x, out, g: [g[0], g[0], g[1], g[1]], "ratio"),
    (
        "cross entropy: no mean",
        batch_cross_entropy,
        lambda x, out, g: [2 * v for v in batch_rule(x, out, g)],
        "ratio",
    ),
    (
        "cross entropy: without the targets",
        batch_cross_entropy,
        lambda x, out, g: [0.5 * g * p for p in rows_softmax(*x)],
        "missing_term",
    ),
    (
        "cross entropy: softmax over the batch",
        batch_cross_entropy,
        lambda x, out, g: [0.5 * g * (p - y) for p, y in zip(softmax(*x), [0, 1, 0, 0, 0, 1], strict=True)],
        "wrong_inputs",
    ),
    ("logsumexp: exp(x)", logsumexp, lambda x, out, g: [g * exp(a) for a in x], "extra_factor"),
    ("center: g", center, lambda x, out, g: list(g), "missing_term pass_through diagonal_only"),
    ("center: sum for mean", center, lambda x, out, g: [u - sum(g) for u in g], "missing_term"),
    ("center: plus", center, lambda x, out, g: [u + mean(g) for u in g], "missing_term sign"),
    ("scaled: mean for sum", scaled, lambda x, out, g: [*(u * x[4] for u in g), dot(g, x[:4]) / 4], "ratio"),
    ("scaled: not summed", scaled, lambda x, out, g: [*(u * x[4] for u in g), g[3] * x[3]], "only_last_use"),
    (
        "scaled: sums taken apart",
        scaled,
        lambda x, out, g: [*(u * x[4] for u in g), sum(g) * sum(x[:4])],
        "missing_term not_the_derivative extra_factor",
    ),
    (
        "attention: no 1/sqrt(d)",
        attention,
        lambda x, out, g: [sqrt(2.0) * v for v in attention_rule(x, out, g)],
        "ratio",
    ),
    (
        "attention: softmax's p g",
        attention,
        lambda x, out, g: (
            VALUES.T @ (np.array(softmax(*(VALUES @ np.array(x) / sqrt(2.0)))) * (VALUES @ g)) / sqrt(2.0)
        ),
        "missing_term",
    ),
    (
        "columns: over the rows",
        standardized_batch,
        lambda x, out, g: [*layernorm_rule(x[:3], out[:3], g[:3]), *layernorm_rule(x[3:], out[3:], g[3:])],
        "wrong_outputs",
    ),
    (
        "columns: g / std",
        standardized_batch,
        lambda x, out, g: columns_rule(x, out, g, lambda x, out, g: [u / spread(x) for u in g]),
        "diagonal_only missing_term",
    ),
    (
        "columns: no var path",
        standardized_batch,
        lambda x, out, g: columns_rule(x, out, g, lambda x, out, g: [(u - mean(g)) / spread(x) for u in g]),
        "missing_term",
    ),
    (
        "columns: var for std",
        standardized_batch,
        lambda x, out, g: columns_rule(
            x, out, g, lambda x, out, g: [v / spread(x) for v in layernorm_rule(x, out, g)]
        ),
        "extra_factor",
    ),
]

SAMPLES = {f: sample for _, f, _, sample in RIGHT} | {
    cumprod: drawn(4),
    fixed_matvec: drawn(3),
    meanpool: drawn(4),
    logsumexp: drawn(4),
}
