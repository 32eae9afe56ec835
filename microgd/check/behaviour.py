"""What is true of a wrong answer that has no formula: how it behaves at 0 and at 1, near 0, and at -x.

It uses `probe`, which measures the derivative at such points and asks the rule there. These questions are
asked last: they do not name a mistake, but say where to look for it.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from .answers import Refused
from .findings import listed, the_constant
from .probe import Point, matches, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .findings import Finding
    from .probe import Probe

FEW = 4
"""At fewer points than this, a number may be the same by chance."""

POINTS = 12
"""At so many points the rule is asked again."""

FAR = 3.5
"""Further out, many functions are flat: then nothing can be seen."""

NEAR = 2.0**-5
"""So near to 0 it is measured how fast something vanishes, and at half of that."""

MOST = 0.7
"""At so many of the points the power must be the same: at others a function may bend too much."""

TIMES = {2: "twice", 3: "three times"}

WHOLE = 0.2
"""How far such a power may be from a whole number."""


class There(NamedTuple):
    """A point elsewhere: what the rule gives there, what is right, and how well that is known."""

    point: Point
    given: float
    right: float
    error: float

    def is_right(self) -> bool:
        """Whether the rule is right there."""
        return matches(self.given, self.right, self.error)


def right_where_zero(probe: Probe, i: int, grows: bool = False) -> Finding | None:
    """Right where some input is 0, and wrong elsewhere; and how fast the error grows from there.

    grows  whether it must grow as a power of the input, and not begin at a border
    """
    for k in range(probe.width):
        there = _with(probe, i, k, 0.0)
        seen = [t for t in there if math.fabs(t.right) > 1e3 * t.error]
        if len(seen) < FEW or not all(t.is_right() for t in there):
            continue
        name = probe.names[k]
        power = _order(probe, i, k, [1.0, -1.0])
        if grows and not power:
            continue
        how = f", and near there the error grows as {_power(name, power)}" if power else ""
        ask = f"Is a term missing that contains {name}"
        if probe.width == 1:
            ask = "What is different further out"
        elif power in TIMES:
            ask = f"{ask}, such as a step that is reached through {name} {TIMES[power]}"
        return (
            "special_case",
            f"The gradient {probe.of}is right where {name} is 0{how}. {ask}?",
        )
    return None


def vanishes_otherwise(probe: Probe, i: int) -> Finding | None:
    """As an input goes to 0, the answer goes to 0 by another power of it than the right gradient."""
    for k in range(probe.width):
        right, given = _order(probe, i, k, [1.0, 0.0]), _order(probe, i, k, [0.0, 1.0])
        if right is None or given is None or right == given:
            continue
        name = probe.names[k]
        ask = "missing, or a term too many" if given < right else "too many, or a term missing"
        return (
            "extra_factor",
            f"As {name} goes to 0, the right gradient {probe.of}{_goes(name, right)}, and yours"
            f" {_goes(name, given)}. Is a factor {name} {ask}?",
        )
    return None


def _goes(name: str, power: int) -> str:
    return f"goes to 0 as {_power(name, power)}" if power else "does not go to 0"


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}**{power}"


def a_special_case(probe: Probe, i: int) -> Finding | None:
    """Where one input is 0 or 1, the right partial is the same number whatever the others are."""
    if not probe.scalar or probe.width < 2:
        return None
    if the_constant([right for _, _, right in probe.local(i)]) is not None:
        return None
    for k in range(probe.width):
        for v in (0.0, 1.0, -1.0):
            there = _with(probe, i, k, v)
            if len(there) < FEW:
                continue
            partials = [(t, t.right / t.point.gs[0], t.given / t.point.gs[0]) for t in there]
            nothing = all(math.fabs(t.right) <= t.error for t in there)
            if not nothing and the_constant([right for _, right, _ in partials]) is None:
                continue
            off = [each for each in partials if not each[0].is_right()]
            if len(off) < FEW:
                continue
            where, other = f"{probe.names[k]} is {v:g}", _at(probe, off[0][0].point, k)
            if nothing:
                fact = f"out does not change with {probe.names[i]}. Yours is {off[0][2]:.4g}{other}"
                return "special_case", f"Where {where}, {fact}. What makes it so?"
            if the_constant([given for _, _, given in off]) is not None:
                continue
            return (
                "special_case",
                f"Where {where}, the partial derivative {probe.of}is the same number, whatever"
                f" {listed(name for j, name in enumerate(probe.names) if j != k)} may be. Yours is"
                f" {off[0][2]:.4g}{other}, and {off[1][2]:.4g}{_at(probe, off[1][0].point, k)}."
                " What is left of each factor there?",
            )
    return None


def _at(probe: Probe, p: Point, k: int) -> str:
    others = [f"{probe.names[j]} = {x:.4g}" for j, x in enumerate(p.xs) if j != k]
    return f" at {listed(others[:3])}"


def another_symmetry(probe: Probe, i: int) -> Finding | None:
    """The function is even, or odd, and the answer is not as its derivative must be."""
    if probe.width > 1 or not probe.scalar:
        return None
    mirrored = []
    for p in probe.points:
        outs = probe.outputs([-p.xs[0]])
        if not outs:
            return None
        mirrored.append((p, outs))
    for sign, word, same in (
        (-1.0, "odd: f(-x) is -f(x)", "the same as"),
        (1.0, "even: f(-x) is f(x)", "minus that"),
    ):
        if not all(near(outs[0], sign * p.outs[0]) for p, outs in mirrored):
            continue
        for p, outs in sorted(mirrored, key=lambda each: math.fabs(each[0].xs[0])):
            try:
                there = probe.ask(Point([-p.xs[0]], outs, p.gs, p.like))[0] / p.gs[0]
            except Refused:
                continue
            here = p.given[i] / p.gs[0]
            if not near(there, -sign * here, slack=1e-4):
                return (
                    "symmetry",
                    f"The function is {word}. So its derivative at -x is {same} at x. Yours is {here:.4g}"
                    f" at {p.xs[0]:.4g} and {there:.4g} at {-p.xs[0]:.4g}. Which part of it knows the sign of"
                    " x?",
                )
    return None


def a_factor_of_some(probe: Probe, i: int) -> Finding | None:
    """Right times something that changes with some inputs only: the part made of the others is right."""
    if not probe.scalar or probe.width < 2:
        return None
    changing: list[str] = []
    steady: list[str] = []
    for k in range(probe.width):
        moved = [(p, t) for p in _chosen(probe) for t in _moved(probe, i, p, k, 1.3 * p.xs[k])]
        pairs = [
            (p.given[i] / p.right[i], t.given / t.right)
            for p, t in moved
            if p.is_sharp(i) and math.fabs(t.right) > 1e4 * t.error
        ]
        if len(pairs) < FEW:
            return None
        (steady if all(near(a, b, slack=1e-5) for a, b in pairs) else changing).append(probe.names[k])
    if not changing or not steady:
        return None
    return (
        "extra_factor",
        f"The gradient {probe.of}is the right one times something that changes with {listed(changing)}, and"
        f" not with {listed(steady)}: what is made of {listed(steady)} is right. Which factor is made of"
        f" {listed(changing)}?",
    )


# --- the rule, asked elsewhere --------------------------------------------------------------------------


def _chosen(probe: Probe) -> list[Point]:
    near_by = [p for p in probe.points if max(map(math.fabs, p.xs)) < FAR]
    return (near_by if len(near_by) >= FEW else probe.points)[:POINTS]


def _with(probe: Probe, i: int, k: int, v: float) -> list[There]:
    """The points with another number for input k."""
    return [t for p in _chosen(probe) for t in _moved(probe, i, p, k, v)]


def _moved(probe: Probe, i: int, p: Point, k: int, v: float) -> Iterator[There]:
    xs = [*p.xs[:k], v, *p.xs[k + 1 :]]
    outs = probe.outputs(xs)
    if len(outs) != len(p.outs) or not all(map(math.isfinite, outs)):
        return
    found = probe.partial(xs, i, p.gs)
    if found.kind not in ("smooth", "weak"):
        return
    there = Point(xs, outs, p.gs, p.like)
    try:
        yield There(there, probe.ask(there)[i], found.value, found.tolerance)
    except Refused:
        return


def _order(probe: Probe, i: int, k: int, of: Sequence[float]) -> int | None:
    """The power of input k with which something vanishes as k goes to 0: of[0] * right - of[1] * given."""
    powers = []
    for p in _chosen(probe):
        sizes = []
        for h in (NEAR, NEAR / 2.0):
            for t in _moved(probe, i, p, k, h):
                size = math.fabs(of[0] * t.right + of[1] * t.given)
                if size > 1e2 * t.error:
                    sizes.append(size)
        if len(sizes) == 2:
            powers.append(math.log2(sizes[0] / sizes[1]))
    if len(powers) < FEW:
        return None
    power = round(median(powers))
    agreeing = sum(math.fabs(q - power) < WHOLE for q in powers)
    return power if agreeing >= max(FEW, MOST * len(powers)) and power >= 0 else None
