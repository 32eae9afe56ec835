"""Marks: what stands in the texts of a film for the numbers that its page computes.

A film is told twice. The first time its numbers are floats. The second time they are `Marked`: floats that
know which value, partial or contribution they are. `words.number` writes such a number as its mark, and so
the sentences of the second film are forms, into which the page writes the numbers it has at the moment.

A mark is a letter of Unicode's private area, the number of a step, perhaps a slot, perhaps a colon and how
many digits are shown, and a semicolon. It uses nothing else of ours.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

VALUE, PARTIAL, CONTRIBUTION, TOTAL, STRONGEST, LITERAL, TIES = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006"
"""The data of a step, the partial of a slot, what it passes back, the gradient after that, the one of several
numbers that is largest in size, a number that is always the same, and of an operand's share of a maximum how
many are equal."""

BRACKETS_IF_NEGATIVE, BRACKETS_IF_MINUS = 0x10, 0x20
"""Added to the letter: brackets around a text that begins with a minus, or that has one anywhere."""


class Marked(float):
    """A number and its mark; of a sum the marks of its terms, one after the other."""

    __slots__ = ("mark",)
    mark: str

    def __new__(cls, x: float, mark: str) -> Marked:  # noqa: D102  (the class says it)
        made = super().__new__(cls, x)
        made.mark = mark
        return made

    def __mul__(self, upstream: float) -> Marked:
        """A partial times an upstream gradient is a contribution."""
        return Marked(float(self) * float(upstream), CONTRIBUTION + self.mark[1:])

    def __add__(self, other: float) -> Marked:
        return Marked(float(self) + float(other), self.mark + getattr(other, "mark", ""))

    def __radd__(self, other: float) -> Marked:
        return Marked(float(other) + float(self), getattr(other, "mark", "") + self.mark)


def after(total: float, contribution: float) -> float:
    """A gradient so far, after a contribution has been added."""
    if isinstance(total, Marked) and isinstance(contribution, Marked):
        return Marked(total, TOTAL + contribution.mark[1:])
    return total


def strongest(xs: Iterable[float]) -> float:
    """The number that is largest in size."""
    known = list(xs)
    largest = max(known, key=abs) + 0.0  # no -0
    if not any(isinstance(x, Marked) for x in known):
        return largest
    return Marked(largest, STRONGEST + "".join(getattr(x, "mark", f"{LITERAL}{x!r};") for x in known))


def ties(partial: float) -> str:
    """How many operands of a maximum are equal, if there are several: the partial of each is its share."""
    if isinstance(partial, Marked):
        return TIES + partial.mark[1:]
    return f": {round(1.0 / partial)} equal ones" if 0.0 < partial < 1.0 else ""


def in_brackets(text: str, anywhere: bool = False) -> str:
    """A number in a formula, in brackets if it begins with a minus, or if it has one anywhere, as 1e-5."""
    if VALUE <= text[:1] <= LITERAL:
        return chr(ord(text[0]) + (BRACKETS_IF_MINUS if anywhere else BRACKETS_IF_NEGATIVE)) + text[1:]
    return f"({text})" if (("-" in text) if anywhere else text.startswith("-")) else text
