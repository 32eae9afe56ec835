"""A finding: the name of a mistake and what is said of it. And the words that all questions share.

It uses `numerical` and `probe`. Each module with questions uses it.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from .numerical import middle
from .probe import WHICH, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .probe import Probe

Finding = tuple[str, str]
"""A key and a sentence."""

EXAMPLES = 4
"""So many inputs or outputs are named in one sentence."""


class Explained(NamedTuple):
    """A finding that is one of several: the one of the least cost is said."""

    cost: float
    finding: Finding


def about(probe: Probe, text: str, inputs: Iterable[int]) -> str:
    """The text with "of a and b " where it has the mark `probe.of`."""
    return text.replace(WHICH, f"of {listed(probe.names[i] for i in inputs)} ")


def together(probe: Probe, findings: Iterable[tuple[int, Finding | None]]) -> Finding | None:
    """One key for all: that of the first input which has one. Inputs of one sentence share it.

    Two sentences are enough. The other inputs that are wrong are listed.
    """
    answers = list(findings)
    named = [(i, finding) for i, finding in answers if finding is not None]
    if not named:
        return None
    groups: dict[str, list[int]] = {}
    for i, (_, text) in named:
        groups.setdefault(text, []).append(i)
    shown = list(groups.items())[:2]
    sentences = [about(probe, text, inputs) for text, inputs in shown]
    rest = [probe.names[i] for i, _ in answers if not any(i in inputs for _, inputs in shown)]
    if rest:
        names = listed(rest if len(rest) <= 4 else [*rest[:3], f"{len(rest) - 3} more"])
        start = f"The gradients of {names} are" if len(rest) > 1 else f"The gradient of {names} is"
        sentences.append(f"{start} wrong, too.")
    return named[0][1][0], " ".join(sentences)


def the_constant(numbers: Sequence[float]) -> float | None:
    """The number they all are, if they all are one."""
    if not numbers or not all(map(isfinite, numbers)):
        return None
    c = middle(numbers)
    return c if all(near(x, c) for x in numbers) else None


def listed(words: Iterable[str]) -> str:
    """a, b and c"""
    several = list(words)
    if len(several) < 2:
        return "".join(several)
    return ", ".join(several[:-1]) + " and " + several[-1]


def listed_some(words: Iterable[str]) -> str:
    """a, b, c, d and 40 more"""
    several = list(words)
    if len(several) <= EXAMPLES + 2:
        return listed(several)
    return f"{', '.join(several[:EXAMPLES])} and {len(several) - EXAMPLES} more"
