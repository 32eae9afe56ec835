"""Loops of a program that differ in shape from turn to turn: they are known by their lines.

    for k in range(1, 30):
        y = y + x**k / k          another power in each turn

Operations that were made inside of `microgd.lines()` know their line and its instruction. A line that made
operations again and again is a loop, together with the lines that did so in the meantime. As in `loops`, it
is a stretch of the operations in their order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from .code import statement
from .loops import FEWEST_ITERATIONS, FEWEST_STEPS, LONGEST_FORMULA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .graph import Step


@dataclass(slots=True)
class LineLoop:
    """Operations that follow each other, from the same lines.

    turns  the operations of each turn; [] if turns cannot be told apart
    """

    start: int
    steps: list[Step]
    turns: list[list[Step]]

    def title(self, first: int = 0, last: int = 0) -> str:
        """The text of the lines, and how often they ran: "y = y + x**k / k, ×29"; or which operations."""
        places = sorted({step.place[:2]: step.place for step in self.steps if step.place}.values())
        texts = [text for place in places if (text := statement(place).strip())]
        said = "; ".join(texts)
        if len(said) > LONGEST_FORMULA and len(texts) > 1:
            said = f"{texts[0]} … {len(texts) - 1} more line{'s' * (len(texts) > 2)}"
        if last:
            count = f"operations {first} to {last}"
        else:
            count = f"×{len(self.turns)}" if self.turns else f"{len(self.steps)} operations"
        return f"{said}, {count}" if said else count


def find_by_line(steps: Sequence[Step]) -> list[LineLoop]:
    """The loops among operations that follow each other, the first one first."""
    spans: dict[tuple[str, int], list[int]] = {}  # of each line: where it is first and last at work
    for i, step in enumerate(steps):
        if step.place:
            span = spans.setdefault(step.place[:2], [i, i])
            span[1] = i
    found: list[LineLoop] = []
    at, stop = 0, -1
    for first, last in [*sorted(spans.values()), [len(steps), len(steps)]]:
        if first <= stop:  # it ran while the lines before it did
            stop = max(stop, last)
            continue
        if stop >= at and (loop := _loop(at, steps[at : stop + 1])):
            found.append(loop)
        at, stop = first, last
    return found


def _loop(start: int, steps: Sequence[Step]) -> LineLoop | None:
    """The operations as a loop, if an instruction among them ran several times."""
    ran = Counter(step.place for step in steps)
    if len(steps) < FEWEST_STEPS or max(ran.values()) < FEWEST_ITERATIONS:
        return None
    return LineLoop(start, list(steps), _turns(steps))


def _turns(steps: Sequence[Step]) -> list[list[Step]]:
    """The turns of a loop: each ends with the instruction that ends the last one.

    [] if that is not certain: in a turn, an instruction runs once, or several times without a break, as in
    a sum; and each turn uses what the one before has made.
    """
    turns: list[list[Step]] = [[]]
    for step in steps:
        turns[-1].append(step)
        if step.place == steps[-1].place:
            turns.append([])
    turns.pop()
    before: set[Step] = set()
    for turn in turns:
        ran = [place for place, _ in groupby(step.place for step in turn)]
        if len({*ran}) < len(ran) or (before and not any(before.intersection(s.operands) for s in turn)):
            return []
        before = set(turn)
    return turns if len(turns) >= FEWEST_ITERATIONS else []
