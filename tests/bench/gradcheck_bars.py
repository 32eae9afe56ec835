"""Is the checker ever wrong, and how much does it see? The bars of numerical_derivative and gradcheck.

    python -m tests.bench.gradcheck_bars [--quick] [--points N] [--trees N] [--seed N]
        [--tree-seed N] [--only NAME] [-v]

First part: plain functions whose derivative is known to 50 digits (mpmath evaluates the formula), at
moderate points, around 1e8 and 1e-8, and at and near every kink and pole. Each point is judged three
times: with the true derivative (`wrong` is a false alarm), and with errors of 1e-6 and of 1e-9
(`wrong` means seen). Second part: gradcheck on random expression trees of Values.

The functions, the regions and the seeds were fixed before anything was tuned.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections import Counter
from typing import Any, NamedTuple

import mpmath

from microgd import ops
from microgd.check.gradients import gradcheck
from microgd.check.numerical import numerical_derivative

SEED = 20240229
DIGITS = 60  # enough for sin at 1e8 at a distance of 1e-16 from a zero


class Exact:
    """mpmath under the names of microgd.ops."""

    exp, log, sqrt, cbrt = mpmath.exp, mpmath.log, mpmath.sqrt, mpmath.cbrt
    sin, cos, tan = mpmath.sin, mpmath.cos, mpmath.tan
    asin, acos, atan = mpmath.asin, mpmath.acos, mpmath.atan
    sinh, cosh, tanh = mpmath.sinh, mpmath.cosh, mpmath.tanh
    asinh, acosh, atanh = mpmath.asinh, mpmath.acosh, mpmath.atanh
    erf, erfc, log1p, expm1 = mpmath.erf, mpmath.erfc, mpmath.log1p, mpmath.expm1
    sign, abs, floor = mpmath.sign, abs, mpmath.floor

    @staticmethod
    def log2(x):
        return mpmath.log(x) / mpmath.log(2)

    @staticmethod
    def log10(x):
        return mpmath.log10(x)

    @staticmethod
    def exp2(x):
        return mpmath.mpf(2) ** x

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + mpmath.exp(-x))

    @staticmethod
    def softplus(x):
        return mpmath.log1p(mpmath.exp(-abs(x))) + max(x, 0)

    @staticmethod
    def pow(a, b):
        return mpmath.power(a, b)

    @staticmethod
    def hypot(a, b):
        return mpmath.sqrt(a * a + b * b)


class Plain:
    """The same for floats: microgd's own, and floor."""

    def __getattr__(self, name: str) -> Any:
        return getattr(ops, name)

    @staticmethod
    def floor(x: float) -> float:
        return float(math.floor(x)) if math.isfinite(x) else x


class Case(NamedTuple):
    name: str
    f: Any
    df: Any
    low: float = -3.0  # the moderate points
    high: float = 3.0
    domain: tuple[float, float] = (-math.inf, math.inf)
    kinks: tuple[float, ...] = ()  # where it is not differentiable, or ends
    verdicts: tuple[str, ...] = ()  # what may be said there


KINK, JUMP, STEEP = ("kink",), ("jump",), ("infinite",)
END = ("edge", "infinite", "undefined")
POLE = ("undefined", "jump", "infinite")
inf = math.inf
WHOLE = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


def step(m, x):
    """1 for x > 0, else 0."""
    return 1.0 if x > 0 else 0.0


CASES = [
    Case("line", lambda m, x: 3.0 * x - 2.0, lambda m, x: 3.0),
    Case("constant", lambda m, x: 0.0 * x + 7.0, lambda m, x: 0.0),
    Case("square", lambda m, x: x * x, lambda m, x: 2 * x),
    Case("cube", lambda m, x: x * x * x, lambda m, x: 3 * x * x),
    Case(
        "polynomial",
        lambda m, x: ((x - 2.0) * x + 0.5) * x * x - 1.0,
        lambda m, x: 4 * x**3 - 6 * x * x + x,
    ),
    Case("power 7", lambda m, x: m.pow(x, 7.0), lambda m, x: 7 * m.pow(x, 6)),
    Case("reciprocal", lambda m, x: m.pow(x, -1.0), lambda m, x: -1 / (x * x), kinks=(0.0,),
         verdicts=POLE),
    Case("inverse square", lambda m, x: m.pow(x, -2.0), lambda m, x: -2 / x**3, kinks=(0.0,),
         verdicts=POLE),
    Case("exp", lambda m, x: m.exp(x), lambda m, x: m.exp(x), domain=(-inf, 700)),
    Case("exp of -x*x", lambda m, x: m.exp(-x * x), lambda m, x: -2 * x * m.exp(-x * x)),
    Case("exp2", lambda m, x: m.exp2(x), lambda m, x: m.exp2(x) * m.log(2.0), domain=(-inf, 900)),
    Case("expm1", lambda m, x: m.expm1(x), lambda m, x: m.exp(x), domain=(-inf, 700)),
    Case("log", lambda m, x: m.log(x), lambda m, x: 1 / x, 0.05, 5, (0, inf), (0.0,), END),
    Case("log2", lambda m, x: m.log2(x), lambda m, x: 1 / (x * m.log(2)), 0.05, 5, (0, inf),
         (0.0,), END),
    Case("log10", lambda m, x: m.log10(x), lambda m, x: 1 / (x * m.log(10)), 0.05, 5, (0, inf),
         (0.0,), END),
    Case("log1p", lambda m, x: m.log1p(x), lambda m, x: 1 / (1 + x), -0.95, 5, (-1, inf), (-1.0,),
         END),
    Case("naive log(1+x)", lambda m, x: m.log(1.0 + x), lambda m, x: 1 / (1 + x), -0.95, 5,
         (-1, inf), (-1.0,), END),
    Case("sqrt", lambda m, x: m.sqrt(x), lambda m, x: 0.5 / m.sqrt(x), 0.05, 5, (0, inf), (0.0,),
         END),
    Case("sqrt(x*x+1)", lambda m, x: m.sqrt(x * x + 1.0), lambda m, x: x / m.sqrt(x * x + 1)),
    Case("cbrt", lambda m, x: m.cbrt(x), lambda m, x: 1 / (3 * m.cbrt(abs(x)) ** 2),
         kinks=(0.0,), verdicts=STEEP),
    Case("sqrt|x|", lambda m, x: m.sqrt(m.abs(x)), lambda m, x: m.sign(x) / (2 * m.sqrt(abs(x))),
         kinks=(0.0,), verdicts=STEEP),
    Case("x**1.5", lambda m, x: m.pow(x, 1.5), lambda m, x: 1.5 * m.sqrt(x), 0.05, 5, (0, inf),
         (0.0,), END),
    Case("x**0.3", lambda m, x: m.pow(x, 0.3), lambda m, x: m.pow(x, -0.7) * 0.3, 0.05, 5,
         (0, inf), (0.0,), END),
    Case("x**x", lambda m, x: m.pow(x, x), lambda m, x: m.pow(x, x) * (m.log(x) + 1), 0.05, 4,
         (0, 100), (0.0,), END),
    Case("sin", lambda m, x: m.sin(x), lambda m, x: m.cos(x)),
    Case("cos", lambda m, x: m.cos(x), lambda m, x: -m.sin(x)),
    Case("tan", lambda m, x: m.tan(x), lambda m, x: 1 / m.cos(x) ** 2, -1.4, 1.4,
         kinks=(math.pi / 2,), verdicts=("smooth", *POLE)),
    Case("sin(30x)", lambda m, x: m.sin(30.0 * x), lambda m, x: 30 * m.cos(30 * x)),
    Case("x sin x", lambda m, x: x * m.sin(x), lambda m, x: m.sin(x) + x * m.cos(x)),
    Case("sin(1/x)", lambda m, x: m.sin(m.pow(x, -1.0)),
         lambda m, x: -m.cos(1 / x) / (x * x), 0.1, 3, kinks=(0.0,), verdicts=POLE),
    Case("asin", lambda m, x: m.asin(x), lambda m, x: 1 / m.sqrt((1 - x) * (1 + x)), -0.95, 0.95,
         (-1, 1), (1.0, -1.0), END),
    Case("acos", lambda m, x: m.acos(x), lambda m, x: -1 / m.sqrt((1 - x) * (1 + x)), -0.95, 0.95,
         (-1, 1), (1.0, -1.0), END),
    Case("atan", lambda m, x: m.atan(x), lambda m, x: 1 / (1 + x * x)),
    Case("sinh", lambda m, x: m.sinh(x), lambda m, x: m.cosh(x), domain=(-700, 700)),
    Case("cosh", lambda m, x: m.cosh(x), lambda m, x: m.sinh(x), domain=(-700, 700)),
    Case("tanh", lambda m, x: m.tanh(x), lambda m, x: 1 / m.cosh(x) ** 2),
    Case("asinh", lambda m, x: m.asinh(x), lambda m, x: 1 / m.sqrt(1 + x * x)),
    Case("acosh", lambda m, x: m.acosh(x), lambda m, x: 1 / m.sqrt((x - 1) * (x + 1)), 1.05, 5,
         (1, inf), (1.0,), END),
    Case("atanh", lambda m, x: m.atanh(x), lambda m, x: 1 / ((1 - x) * (1 + x)), -0.95, 0.95,
         (-1, 1), (1.0, -1.0), END),
    Case("erf", lambda m, x: m.erf(x), lambda m, x: 2 / m.sqrt(math.pi) * m.exp(-x * x)),
    Case("erfc", lambda m, x: m.erfc(x), lambda m, x: -2 / m.sqrt(math.pi) * m.exp(-x * x)),
    Case("sigmoid", lambda m, x: m.sigmoid(x), lambda m, x: m.sigmoid(x) * m.sigmoid(-x)),
    Case("softplus", lambda m, x: m.softplus(x), lambda m, x: m.sigmoid(x)),
    Case("naive softplus", lambda m, x: m.log(1.0 + m.exp(x)), lambda m, x: m.sigmoid(x),
         domain=(-inf, 700)),
    Case("silu", lambda m, x: x * m.sigmoid(x),
         lambda m, x: m.sigmoid(x) * (1 + x * m.sigmoid(-x))),
    Case("softsign", lambda m, x: x / (1.0 + m.abs(x)), lambda m, x: 1 / (1 + abs(x)) ** 2),
    Case("runge", lambda m, x: 1.0 / (1.0 + 25.0 * x * x),
         lambda m, x: -50 * x / (1 + 25 * x * x) ** 2),
    Case("narrow bump", lambda m, x: m.exp(-100.0 * (x - 0.5) * (x - 0.5)),
         lambda m, x: -200 * (x - 0.5) * m.exp(-100 * (x - 0.5) ** 2), 0.0, 1.0),
    Case("nearly a kink", lambda m, x: m.sqrt(x * x + 1e-12),
         lambda m, x: x / m.sqrt(x * x + mpmath.mpf(1e-12))),
    Case("two poles", lambda m, x: m.pow(x - 1.0, -1.0) * m.pow(x + 2.0, -1.0),
         lambda m, x: -(2 * x + 1) / ((x - 1) * (x + 2)) ** 2, kinks=(1.0, -2.0), verdicts=POLE),
    Case("relu", lambda m, x: m.relu(x), step, kinks=(0.0,), verdicts=KINK),
    Case("abs", lambda m, x: m.abs(x), lambda m, x: m.sign(x), kinks=(0.0,), verdicts=KINK),
    Case("leaky relu", lambda m, x: m.leaky_relu(x), lambda m, x: 1.0 if x > 0 else 0.01,
         kinks=(0.0,), verdicts=KINK),
    Case("elu", lambda m, x: m.elu(x), lambda m, x: 1.0 if x > 0 else m.exp(x)),
    Case("relu(x*x-1)", lambda m, x: m.relu(x * x - 1.0),
         lambda m, x: 2 * x * step(m, x * x - 1), kinks=(1.0, -1.0), verdicts=KINK),
    Case("max(sin, cos)", lambda m, x: m.maximum(m.sin(x), m.cos(x)),
         lambda m, x: m.cos(x) if m.sin(x) > m.cos(x) else -m.sin(x), kinks=(math.pi / 4,),
         verdicts=("kink", "smooth")),
    Case("clamp", lambda m, x: m.clamp(x, -1.0, 1.0), lambda m, x: 1.0 if abs(x) < 1 else 0.0,
         kinks=(1.0, -1.0), verdicts=KINK),
    Case("sign", lambda m, x: m.sign(x), lambda m, x: 0.0, kinks=(0.0,), verdicts=JUMP),
    Case("floor", lambda m, x: m.floor(x), lambda m, x: 0.0, domain=(-1e7, 1e7),
         kinks=WHOLE, verdicts=JUMP),
    Case("staircase with a slope", lambda m, x: m.floor(x) + m.sin(x), lambda m, x: m.cos(x),
         domain=(-1e7, 1e7), kinks=WHOLE, verdicts=JUMP),
    Case("|x-1| + |x+1|", lambda m, x: m.abs(x - 1.0) + m.abs(x + 1.0),
         lambda m, x: m.sign(x - 1) + m.sign(x + 1), kinks=(1.0, -1.0), verdicts=KINK),
    Case("x|x|", lambda m, x: x * m.abs(x), lambda m, x: 2 * abs(x)),
]  # fmt: skip

REGIONS = ("moderate", "1e8", "1e-8", "near", "exact")


def points(case: Case, count: int, rng: random.Random) -> list[tuple[str, float]]:
    """(region, x): 40 % moderate, 15 % huge, 15 % tiny, 30 % at or near kinks and poles."""
    chosen: list[tuple[str, float]] = []
    low, high = case.domain
    shares = {"moderate": 0.4, "1e8": 0.15, "1e-8": 0.15, "near": 0.27, "exact": 0.03}
    for region, share in shares.items():
        for _ in range(round(share * count)):
            for _ in range(100):
                here = region
                if here in ("near", "exact") and not case.kinks:
                    here = "moderate"
                if here == "moderate":
                    x = rng.uniform(case.low, case.high)
                    if any(abs(x - kink) < 0.01 for kink in case.kinks):
                        continue
                elif here == "near":
                    kink = rng.choice(case.kinks)
                    x = kink + rng.choice((1, -1)) * 10 ** rng.uniform(-16, -1)
                    if x == kink:
                        continue
                elif here == "exact":
                    x = rng.choice(case.kinks)
                    chosen.append((here, x))
                    break
                else:
                    x = rng.choice((1, -1)) * float(here) * rng.uniform(0.5, 2.0)
                if low < x < high:
                    chosen.append((here, x))
                    break
    return chosen


def truth(case: Case, x: float) -> float:
    return float(mpmath.re(case.df(Exact, mpmath.mpf(x))))


def plain_functions(count: int, only: str | None, seed: int) -> bool:
    mpmath.mp.dps = DIGITS
    plain = Plain()
    verdicts: dict[str, Counter[str]] = {region: Counter() for region in REGIONS}
    seen = {1e-6: 0, 1e-9: 0}
    asked = total = 0
    alarms: list[str] = []
    missed: list[str] = []
    unnamed: list[str] = []
    spent = 0.0
    cases = [case for case in CASES if only is None or only == case.name]
    for case in cases:
        rng = random.Random(f"{seed} {case.name}")
        for region, x in points(case, count, rng):
            total += 1
            started = time.perf_counter()
            d = numerical_derivative(lambda x, case=case: case.f(plain, x), x)
            spent += time.perf_counter() - started
            if region == "exact":
                verdicts[region][d.kind] += 1
                if d.kind not in case.verdicts:
                    unnamed.append(f"{case.name} at {x!r}: {d}")
                continue
            right = truth(case, x)
            verdict = d.judge(right)
            verdicts[region][verdict] += 1
            if verdict == "wrong":
                alarms.append(f"{case.name} [{region}] at {x!r}: {right!r} against {d}")
            if region == "moderate" and right != 0.0:
                asked += 1
                if verdict != "ok":
                    missed.append(f"{case.name} at {x!r}: {verdict}: {right!r} against {d}")
                for error in seen:
                    sign = rng.choice((1, -1))
                    seen[error] += d.judge(right * (1 + sign * error)) == "wrong"
    width = max(map(len, REGIONS))
    print(f"{len(cases)} functions, {total} points, {1e3 * spent / total:.2f} ms a point")
    for region in REGIONS:
        n = sum(verdicts[region].values())
        shares = ", ".join(f"{k} {100 * v / n:.2f} %" for k, v in verdicts[region].most_common())
        print(f"  {region:<{width}}  {n:>6}  {shares}")
    share_ok = verdicts["moderate"]["ok"] / max(1, sum(verdicts["moderate"].values()))
    print(f"false alarms: {len(alarms)}")
    for line in alarms[:20] + unnamed[:20]:
        print("   !", line)
    print(f"no name at a non-differentiable point: {len(unnamed)}")
    print(f"ok at moderate points: {100 * share_ok:.3f} % (asked: 99)")
    for error, bar in ((1e-6, 99.9), (1e-9, 99.0)):
        print(f"errors of {error:g} seen: {100 * seen[error] / max(1, asked):.3f} % (asked: {bar})")
    if only or "-v" in sys.argv:
        for line in missed[:30]:
            print("   ?", line)
    return (
        not alarms
        and not unnamed
        and share_ok >= 0.99
        and seen[1e-6] >= 0.999 * asked
        and seen[1e-9] >= 0.99 * asked
    )


# --- random expression trees ---------------------------------------------------------------------------

UNARY = [
    *("neg", "abs", "exp", "expm1", "log", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin"),
    *("acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sigmoid"),
    *("softplus", "softsign", "relu", "elu", "leaky_relu", "silu", "square", "sign"),
]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "atan2", "hypot", "logaddexp"]
REDUCTION = ["sum", "mean", "prod", "logsumexp", "max", "min"]


def tree(rng: random.Random, depth: int, width: int) -> Any:
    """A random expression over `width` inputs, as nested tuples."""
    if depth == 0 or rng.random() < 0.1:
        if rng.random() < 0.2:
            return ("constant", rng.choice((0.5, 2.0, -1.0, 3.0, rng.uniform(-3, 3))))
        return ("input", rng.randrange(width))
    kind = rng.random()
    if kind < 0.45:
        return (rng.choice(UNARY), tree(rng, depth - 1, width))
    if kind < 0.92:
        return (rng.choice(BINARY), tree(rng, depth - 1, width), tree(rng, depth - 1, width))
    parts = tuple(tree(rng, depth - 1, width) for _ in range(rng.randint(2, 4)))
    return (rng.choice(REDUCTION), *parts)


def grown(expression: Any, inputs: Any) -> Any:
    name, *parts = expression
    if name == "constant":
        return parts[0]
    if name == "input":
        return inputs[parts[0]]
    values = [grown(part, inputs) for part in parts]
    if name == "square":
        return values[0] * values[0]
    if name in REDUCTION:
        return getattr(ops, name)(values)
    return getattr(ops, name)(*values)


def trees(count: int, seed: int) -> bool:
    regions: dict[float, Counter[str]] = {scale: Counter() for scale in (1.0, 1e8, 1e-8)}
    alarms: list[str] = []
    done = skipped = 0
    started = time.perf_counter()
    while done < count:
        rng = random.Random(f"{seed} tree {done + skipped}")
        expression = tree(rng, rng.randint(1, 5), rng.randint(1, 3))
        scale = rng.choice((1.0, 1.0, 1.0, 1.0, 1e8, 1e-8))
        data = [scale * rng.choice((rng.gauss(0, 1.5), rng.uniform(-3, 3))) for _ in range(3)]

        def f(*inputs: Any, expression: Any = expression) -> Any:
            return grown(expression, inputs)

        if not math.isfinite(f(*data)):
            skipped += 1
            continue
        done += 1
        order = 2 if done % 4 == 0 else 1
        report = gradcheck(f, data, order=order, raise_exception=False)
        regions[scale].update(row.verdict for row in report.rows)
        if not report:
            alarms.append(f"{expression} at {data}\n{report}")
    spent = time.perf_counter() - started
    print(f"{count} trees, seed {seed}, {1e3 * spent / count:.1f} ms a tree")
    for scale, verdicts in regions.items():
        n = sum(verdicts.values())
        shares = ", ".join(f"{k} {100 * v / n:.2f} %" for k, v in verdicts.most_common())
        print(f"  inputs around {scale:<6g} {n:>6}  {shares}")
    print(f"false alarms: {len(alarms)}")
    for line in alarms[:20]:
        print("   !", line)
    return not alarms


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything")
    parser.add_argument("--points", type=int, default=1000, help="for each function")
    parser.add_argument("--trees", type=int, default=4000, help="0 for none")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--tree-seed", type=int, default=None, help="a fresh one each time")
    parser.add_argument("--only", help="one function")
    parser.add_argument("-v", action="store_true", help="list the points that are not ok")
    given = parser.parse_args()
    scale = 20 if given.quick else 1
    fine = given.points == 0 or plain_functions(given.points // scale, given.only, given.seed)
    fresh = int.from_bytes(os.urandom(4)) if given.tree_seed is None else given.tree_seed
    fine = (given.trees == 0 or trees(given.trees // scale, fresh)) and fine
    print("all bars hold" if fine else "A BAR IS MISSED")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
