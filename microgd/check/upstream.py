"""How does a rule's answer depend on the upstream gradient?

It uses `probe`, which asks the rule again with 0, twice and minus the upstream gradient. A right answer is
proportional to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .probe import ENOUGH, near

if TYPE_CHECKING:
    from collections.abc import Callable

    from .findings import Finding
    from .probe import Probe


def upstream_use(probe: Probe, i: int) -> Finding | None:
    """Whether the answer is proportional to g; if not, what it is instead."""
    of = probe.of
    looked = [p for p in probe.points if not p.is_right(i) and p.given[i] != 0.0]
    if not looked:
        return _gated(probe, i)
    replies = []
    for p in looked[: 2 * ENOUGH]:
        nothing, double, opposite = (probe.ask(p, [c * g for g in p.gs])[i] for c in (0.0, 2.0, -1.0))
        replies.append((nothing, p.given[i], double, opposite))

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
    if always(lambda o, a, d, m: near(d - o, 2 * (a - o), a) and near(m - o, o - a, a)):
        exact = all(p.is_right(i, p.given[i] - r[0]) for p, r in zip(looked, replies, strict=False))
        rest = "and apart from that it is right" if exact else "and it should not be"
        return (
            "offset",
            f"If g, the upstream gradient, is 0, the gradient {of}is {replies[0][0]:.6g} and not 0: a"
            f" term is added that does not depend on g, {rest}. What is that term for?",
        )
    gated = _gated(probe, i)
    if gated is not None:
        return gated
    return (
        "not_linear",
        f"If g, the upstream gradient, is doubled, the gradient {of}must be doubled, too. Here"
        f" {replies[0][1]:.6g} becomes {replies[0][2]:.6g}. Is g used for anything but a factor?",
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
            answer = probe.ask(p, [g])[i]
            if p.is_sharp(i):
                by_sign[sign > 0].append(p.is_right(i, answer * flip))
    for sign, word, other in ((True, "positive", "negative"), (False, "negative", "positive")):
        if by_sign[sign] and all(by_sign[sign]) and not any(by_sign[not sign]):
            return (
                "gate_on_upstream",
                f"The gradient {probe.of}is right when g, the upstream gradient, is {word},"
                f" and wrong when it is {other}. Does a condition, or an abs, look at g where it"
                " should look at the input?",
            )
    return None
