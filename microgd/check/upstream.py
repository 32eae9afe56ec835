"""How does a rule's answer depend on the upstream gradient?

It uses `probe`, which asks the rule again with 0, twice and minus the upstream gradient. A right answer is
proportional to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .answers import Refused
from .probe import ENOUGH, near

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .probe import Point, Probe


def upstream_use(probe: Probe, i: int) -> Finding | None:
    """Whether the answer is proportional to g; if not, what it is instead."""
    of = probe.of
    looked = [p for p in probe.points if not p.is_right(i) and p.given[i] != 0.0]
    if not looked:
        return _gated(probe, i)
    replies = []
    for p in looked[: 2 * ENOUGH]:
        nothing, double, opposite = (_asked(probe, p, i, c) for c in (0.0, 2.0, -1.0))
        if double is None:
            return _gated(probe, i)
        # a rule may have no answer where g is 0, or has another sign: that alone is no mistake
        replies.append(
            _Reply(nothing or 0.0, p.given[i], double, -double / 2.0 if opposite is None else opposite)
        )

    def always(test: Callable[[float, float, float, float], bool]) -> bool:
        return all(test(*reply) for reply in replies)

    if always(lambda o, a, d, m: o == 0.0 and near(d, 2 * a) and near(m, -a)):
        return _gated(probe, i)
    if always(lambda o, a, d, m: near(d, a) and near(m, a)):
        return _without_upstream(probe, i)
    if always(lambda o, a, d, m: near(d, 4 * a) and near(m, a)):
        return (
            "upstream_twice",
            f"The gradient {of}grows with the square of g, the upstream gradient. Is it in the"
            " product twice?",
        )
    if always(lambda o, a, d, m: near(2 * d, a) and near(m, -a)):
        return (
            "not_linear",
            f"If g, the upstream gradient, is doubled, the gradient {of}is halved, where it must be doubled,"
            " too. Is something divided by g?",
        )
    if always(lambda o, a, d, m: near(d - o, 2 * (a - o), a) and near(m - o, o - a, a)):
        exact = all(p.is_right(i, p.given[i] - r.nothing) for p, r in zip(looked, replies, strict=False))
        rest = "and apart from that it is right" if exact else "and it should not be"
        return (
            "offset",
            f"If g, the upstream gradient, is 0, the gradient {of}is {replies[0].nothing:.6g} and not 0: a"
            f" term is added that does not depend on g, {rest}. What is that term for?",
        )
    return _gated(probe, i) or _not_linear(probe, replies)


class _Reply(NamedTuple):
    """What a rule answers if the upstream gradient is 0, as it is, doubled, and of the other sign."""

    nothing: float
    given: float
    double: float
    opposite: float


def _asked(probe: Probe, p: Point, i: int, c: float) -> float | None:
    """The rule's answer to c times the upstream gradient of the point; None if it has none."""
    try:
        return probe.ask(p, [c * g for g in p.gs])[i]
    except Refused:
        return None


def _not_linear(probe: Probe, replies: Sequence[_Reply]) -> Finding:
    for _, given, double, opposite in replies:
        for name, answer, times in (("is doubled", double, 2.0), ("changes its sign", opposite, -1.0)):
            if not near(answer, times * given):
                must = "must be doubled" if times == 2.0 else "must change its sign"
                return (
                    "not_linear",
                    f"If g, the upstream gradient, {name}, the gradient {probe.of}{must}, too. Here"
                    f" {given:.6g} becomes {answer:.6g}. Is g used for anything but a factor?",
                )
    return (
        "not_linear",
        f"If g, the upstream gradient, is 0, the gradient {probe.of}must be 0, too, and it is not. Is g used"
        " for anything but a factor?",
    )


def _without_upstream(probe: Probe, i: int) -> Finding:
    of = probe.of
    if probe.scalar:
        times_g = [p.given[i] * p.gs[0] for p in probe.points]
        if all(p.is_right(i, t) for p, t in zip(probe.points, times_g, strict=True)):
            return (
                "missing_upstream",
                f"The gradient {of}is right only when g, the upstream gradient, is 1: it does"
                " not depend on g at all. Which product does the chain rule ask for?",
            )
    return (
        "missing_upstream",
        f"The gradient {of}does not depend on g, the upstream gradient, at all. Which product"
        " does the chain rule ask for? (And it is not right with g = 1 either.)",
    )


def _gated(probe: Probe, i: int) -> Finding | None:
    """Right for one sign of g and wrong for the other, wherever that is."""
    if not probe.scalar:
        return None
    by_sign: dict[bool, list[bool]] = {True: [], False: []}
    for p in probe.points:
        for sign in (1.0, -1.0):
            g = math.copysign(p.gs[0], sign)
            flip = g / p.gs[0]
            try:
                answer = probe.ask(p, [g])[i]
            except Refused:
                return None
            is_right = p.is_right(i, answer * flip)
            if p.is_sharp(i) or not is_right:
                by_sign[sign > 0].append(is_right)
    for sign, word, other in ((True, "positive", "negative"), (False, "negative", "positive")):
        if by_sign[sign] and all(by_sign[sign]) and not any(by_sign[not sign]):
            return (
                "gate_on_upstream",
                f"The gradient {probe.of}is right when g, the upstream gradient, is {word},"
                f" and wrong when it is {other}. Does a condition, or an abs, look at g where it"
                " should look at the input?",
            )
    return None
