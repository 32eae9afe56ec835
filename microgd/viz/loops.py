"""Loops of a graph: the same operations, wired in the same way, again and again.

    x = (x + a / x) / 2                          one iteration feeds the next
    loss = loss + (w * x[i] - y[i]) ** 2         all iterations feed a sum

`find` looks for them in the operations in their order. A loop is a stretch of that order. So what it uses
comes before it, what uses it comes after it, and to fold it makes no circle.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .graph import CONSTANT, OP
from .words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .graph import Step

FEWEST_ITERATIONS = 3
"""What comes twice is no loop yet."""

FEWEST_STEPS = 8
"""A shorter loop is not worth a card."""

MOST_PERIODS = 12
"""Only the most frequent distances between equal operations are tried."""

MOST_LOOPS = 50
"""So many loops are looked for. In a large graph, each must be its share of all operations."""

LONGEST_FORMULA = 60
"""A longer formula is told in lines, one for each operation."""


@dataclass(slots=True, eq=False)
class Loop:
    """Iterations of the same operations.

    iterations  the operations of each iteration, in order. The first one may lack its last operation,
                because the first term of a sum is not added to anything
    joint       the last operation of an iteration, if it adds its term to the sum of those before; else -1
    end         what comes of all results, such as their mean, or their sum, addition by addition
    """

    iterations: list[list[Step]]
    joint: int = -1
    end: list[Step] = field(default_factory=list)
    place: dict[Step, tuple[int, int]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for k, iteration in enumerate(self.iterations):
            for i, step in enumerate(iteration):
                self.place[step] = k, i

    @property
    def steps(self) -> list[Step]:
        """All operations."""
        return [*(s for iteration in self.iterations for s in iteration), *self.end]

    @property
    def last(self) -> Step:
        """What the loop results in."""
        return self.end[-1] if self.end else self.iterations[-1][-1]

    @property
    def sign(self) -> str:
        """What the results of the iterations make together."""
        return "Σ" if self.joint >= 0 or self.last.op == "add" else self.last.sign

    def result(self, iteration: int) -> Step:
        """What an iteration results in: its term, or what it hands to the next iteration."""
        made = self.iterations[iteration]
        if self.joint >= 0 and len(made) == len(self.iterations[-1]):
            return next(
                x for x in made[self.joint].operands if x in self.place and self.place[x][0] == iteration
            )
        return made[-1]


def find(steps: Sequence[Step]) -> list[Loop]:
    """The loops among operations that follow each other, the first one first."""
    found: list[tuple[int, Loop]] = []
    stretches = [(0, len(steps))]
    least = max(FEWEST_STEPS, len(steps) // MOST_LOOPS)
    while stretches and len(found) < MOST_LOOPS:
        start, stop = stretches.pop()
        if stop - start >= least and (best := _longest(steps[start:stop], least)):
            at, loop = best
            found.append((start + at, loop))
            stretches += [(start, start + at), (start + at + len(loop.steps), stop)]
    return [loop for _, loop in sorted(found, key=lambda pair: pair[0])]


def _longest(steps: Sequence[Step], least: int) -> tuple[int, Loop] | None:
    """The loop of the most operations, if they are at least so many, and where it begins."""
    at = {step: i for i, step in enumerate(steps)}
    best = (0, 0, 0)  # operations that repeat, -period, start
    for period in _periods(steps):
        run = 0
        for i in range(len(steps) - period + 1):
            if i < len(steps) - period and _alike(steps, at, i, i + period):
                run += 1
                continue
            if run + period >= FEWEST_ITERATIONS * period:
                best = max(best, (run + period, -period, i - run))
            run = 0
    size, period, start = best[0], -best[1], best[2]
    if size < least:
        return None
    stop = start + size
    while start > 0 and _begins(steps, at, start - 1, period):
        start -= 1
    users: dict[Step, set[int]] = {}  # where each operation is used
    for i, step in enumerate(steps):
        for x in step.operands:
            users.setdefault(x, set()).add(i)

    def handed_on(begin: int) -> int:
        """How many values an iteration hands to later ones: it begins where these are fewest."""
        iteration = range(begin + period, begin + 2 * period)
        return sum(max(users.get(steps[i], {0})) >= iteration.stop for i in iteration)

    starts = [s for s in range(start, start + period) if stop - s >= FEWEST_ITERATIONS * period]
    start = min(starts, key=handed_on, default=-1)
    if start < 0 or handed_on(start) > 4:
        return None
    count = (stop - start) // period
    iterations = [list(steps[start + k * period : start + (k + 1) * period]) for k in range(count)]
    joint = _joint(iterations)
    if joint == period - 1 and start >= period - 1:
        first = list(steps[start - period + 1 : start])
        if first and _same_but_last(first, iterations[0]):
            iterations.insert(0, first)
            start -= len(first)
    if len(iterations[0]) == period and not _starts_alike(iterations):
        start += len(iterations.pop(0))
    loop = Loop(iterations, joint)
    if joint < 0:
        loop.end = _end(loop, steps[start + len(loop.steps) :])
    return start, loop


def _end(loop: Loop, after: Sequence[Step]) -> list[Step]:
    """The operations after a loop that make one value of the results of all its iterations."""
    left = {iteration[-1] for iteration in loop.iterations}
    made: list[Step] = []
    for step in after:
        new = [x for x in step.operands if x.kind == OP and (not made or x is not made[-1])]
        if not (left.issuperset(new) and new and (not made or made[-1] in step.operands)):
            break
        if step.op != "add" and (made or len(left) != len(new)):
            break
        made.append(step)
        left.difference_update(new)
        if not left:
            return made
    return []


def _periods(steps: Sequence[Step]) -> list[int]:
    """The most frequent distances between operations of the same kind."""
    last: dict[tuple[str, ...], int] = {}
    gaps: Counter[int] = Counter()
    for i, step in enumerate(steps):
        kind = (step.op, *(x.kind for x in step.operands[:4]))
        if kind in last:
            gaps[i - last[kind]] += 1
        last[kind] = i
    return [gap for gap, _ in gaps.most_common(MOST_PERIODS)]


def _alike(steps: Sequence[Step], at: dict[Step, int], i: int, j: int) -> bool:
    """Whether two operations are the same one in two iterations: wired the same way, or to the same value."""
    one, other = steps[i], steps[j]
    if one.op != other.op or len(one.operands) != len(other.operands) or one.exponent != other.exponent:
        return False
    for a, b in zip(one.operands, other.operands, strict=True):
        if a is b:
            continue
        if a.kind != b.kind or (a.kind == OP and (a not in at or b not in at or i - at[a] != j - at[b])):
            return False
    return True


def _begins(steps: Sequence[Step], at: dict[Step, int], i: int, period: int) -> bool:
    """Whether operation i is of the first iteration: only what comes from the one before may differ."""
    one, other = steps[i], steps[i + period]
    if one.op != other.op or len(one.operands) != len(other.operands) or one.exponent != other.exponent:
        return False
    for a, b in zip(one.operands, other.operands, strict=True):
        source = at[b] - period if b in at else None
        if a is b or (source is None and b.kind != OP and a.kind == b.kind):
            continue
        if source is None or (source >= i and steps[source] is not a):
            return False
        if source < i and a in at and at[a] >= i:
            return False
    return True


def _starts_alike(iterations: list[list[Step]]) -> bool:
    """Whether the first iteration takes one value wherever the second one takes one of the first."""
    first, second, *_ = iterations
    taken: dict[Step, Step] = {}
    return all(
        taken.setdefault(b, a) is a
        for s, t in zip(first, second, strict=True)
        for a, b in zip(s.operands, t.operands, strict=True)
        if b in first
    )


def _joint(iterations: list[list[Step]]) -> int:
    """The place of the addition of a term to the sum of those before; -1 if there is none."""
    made, before = iterations[1], set(iterations[0])
    used = [i for i, step in enumerate(made) if any(x in before for x in step.operands)]
    if len(used) == 1 and used[0] == len(made) - 1 > 0:
        (i,) = used
        a, b = made[i].operands[:2] if len(made[i].operands) == 2 else (None, None)
        old = iterations[0][i]
        if made[i].op == "add" and ((a is old and b in made) or (b is old and a in made)):
            return i
    return -1


def _same_but_last(first: list[Step], iteration: list[Step]) -> bool:
    """Whether the first operations are an iteration without its addition, which adds to them."""
    total = iteration[-1]
    if first[-1] not in total.operands:
        return False
    one, other = ({s: i for i, s in enumerate(t)} for t in (first, iteration))
    for s, t in zip(first, iteration[:-1], strict=True):
        if s.op != t.op or len(s.operands) != len(t.operands) or s.exponent != t.exponent:
            return False
        for a, b in zip(s.operands, t.operands, strict=True):
            if a is not b and (a.kind != b.kind or one.get(a) != other.get(b)):
                return False
    return True


# --- words -------------------------------------------------------------------------------------------

_RANKS = {"add": 1, "sum": 1, "sub": 1, "mul": 2, "div": 2, "remainder": 2, "dot": 2, "neg": 3, "pow": 4}
_CALL = 9
"""The rank of what needs no parentheses: a name, a number, a call such as tanh(x)."""


class Told:
    """A loop in words: the formula of one iteration, and what differs from iteration to iteration.

    variables  the name of each leaf that differs from iteration to iteration, and the leaf in every iteration
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.model = loop.iterations[-1]  # the iteration that stands for all
        self.period = len(self.model)
        self.variables: list[tuple[str, list[Step]]] = []
        self.words: dict[tuple[int, int], str] = {}  # what stands in a slot of an iteration
        self.taken = {x.name for s in loop.steps for x in s.operands if x.name and self.inside(x) is None}
        self.carried: dict[int, str] = {}
        self._name_carried()
        self._name_slots()

    def inside(self, step: Step) -> tuple[int, int] | None:
        """The iteration of an operation and its place in it."""
        return self.loop.place.get(step)

    def _name_carried(self) -> None:
        """Values that come from the iteration before are called after what the first iteration takes."""
        iteration = len(self.loop.iterations) - 1
        for i, step in enumerate(self.model):
            for slot, x in enumerate(step.operands):
                home = self.inside(x)
                if home is None or home[0] == iteration or home[1] in self.carried:
                    continue
                first = self.loop.iterations[0]
                begun = first[i].operands[slot] if len(first) == self.period else None
                name = begun.name if begun is not None and self.inside(begun) is None else ""
                stem = re.sub(r"_?0$", "", name) or name or ("total" if self.loop.joint >= 0 else "t")
                users = {stem} & (self.taken - {name})
                again = sum(word.rstrip("'") == stem for word in self.carried.values())
                self.carried[home[1]] = ("t" if users else stem) + "'" * again

    def _name_slots(self) -> None:
        iterations = self.loop.iterations
        last = len(iterations) - 1
        known: dict[tuple[object, ...], str] = {}
        columns: list[tuple[tuple[int, int], list[Step]]] = []
        for i, step in enumerate(self.model):
            for slot, x in enumerate(step.operands):
                home = self.inside(x)
                if home is not None:
                    if home[0] != last:
                        back = last - home[0]
                        name = self.carried[home[1]]
                        self.words[i, slot] = name if back == 1 else f"{name}[{back} iterations before]"
                    continue
                column = [made[i].operands[slot] for made in iterations if i < len(made)]
                if len({number(c.data, 17) if c.kind == CONSTANT else id(c) for c in column}) == 1:
                    self.words[i, slot] = x.name or number(x.data)
                else:
                    columns.append(((i, slot), column))
        lowest: dict[str, int] = {}
        for _, column in columns:
            if indexed := _indexed(column):
                lowest[indexed[0]] = min(lowest.get(indexed[0], indexed[1]), indexed[1])
        for place, column in columns:
            key = tuple(number(c.data, 17) if c.kind == CONSTANT else id(c) for c in column)
            if key not in known:
                known[key] = self._variable(column, lowest)
                self.variables.append((known[key], column))
            self.words[place] = known[key]

    def _variable(self, column: list[Step], lowest: dict[str, int]) -> str:
        """A name for a leaf that differs from iteration to iteration: x[i], x[i+1], or k1."""
        if indexed := _indexed(column):
            stem, first = indexed
            off = first - lowest[stem]
            return f"{stem}[i+{off}]" if off else f"{stem}[i]"
        if column[0].name and len({x.name for x in column}) == 1:
            return column[0].name
        at = 1
        while f"k{at}" in self.taken:
            at += 1
        self.taken.add(f"k{at}")
        return f"k{at}"

    def assigned(self, i: int) -> str:
        """What a new value of a carried name is called: the same, or "new x" if x is still needed."""
        name = self.carried[i]
        late = any(
            (home := self.inside(x)) is not None and home[1] == i and home[0] < len(self.loop.iterations) - 1
            for step in self.model[i + 1 :]
            for x in step.operands
        )
        return f"new {name}" if late else name

    def formula(self, at: int | None = None) -> str:
        """An operation of an iteration, by default its result, in terms of what the iteration is given."""
        made: dict[Step, tuple[str, int]] = {}
        wanted = self.loop.result(len(self.loop.iterations) - 1) if at is None else self.model[at]
        for i, s in enumerate(self.model):
            words = []
            rank = _RANKS.get(s.op, _CALL) if s.exponent is None else _RANKS["pow"]
            for slot, x in enumerate(s.operands):
                word, inner = made.get(x, ("", _CALL))
                word = word or self.words.get((i, slot), "")
                tight = inner <= rank if slot or s.op == "pow" else inner < rank
                tight = tight and not (s.op in ("add", "mul") and inner == rank)
                minus = word.startswith(("-", "−")) and (slot or s.op in ("neg", "pow"))
                words.append(f"({word})" if rank < _CALL and (tight or minus) else word)
            said = s.said(words)
            made[s] = f"({said})" if s.op == "where" else said, 1 if s.op == "dot" else rank
            if s is wanted:
                break
            if i in self.carried and self.loop.joint < 0:
                made[s] = self.assigned(i), _CALL
            if len(made[s][0]) > 4 * LONGEST_FORMULA:
                made[s] = "…", _CALL
        return made[wanted][0]

    def formulas(self) -> str:
        """All formulas of an iteration, as a program says them: "v = v − k × x, x = x + v"."""
        if self.loop.joint >= 0 or self.loop.end or not self.carried:
            return self.formula()
        last = [] if self.period - 1 in self.carried else [self.formula()]
        return ", ".join([*(f"{self.assigned(i)} = {self.formula(i)}" for i in sorted(self.carried)), *last])

    @property
    def long(self) -> bool:
        """Whether the formula is too long for a title."""
        text = self.formulas()
        return len(text) > LONGEST_FORMULA or "…" in text

    def lines(self, most: int) -> list[str]:
        """A long formula in lines, one for each operation; [] for one that is in the title."""
        if not self.long:
            return []
        names = {s: s.name or f"t{i + 1}" for i, s in enumerate(self.model)}
        names |= {self.model[i]: self.assigned(i) for i in self.carried}
        said = []
        for i, s in enumerate(self.model[: None if self.loop.joint < 0 else -1]):
            words = [names.get(x) or self.words[i, slot] for slot, x in enumerate(s.operands)]
            said.append(f"{names[s]} = {s.said(words)}")
        if len(said) > most + 1:
            said[most // 2 : -most // 2] = [f"… {len(said) - 2 * (most // 2)} more"]
        return said

    def title(self) -> str:
        """ "x = (x + a ÷ x) ÷ 2, ×30" """
        loop, text = self.loop, self.formulas()
        count = f"×{len(loop.iterations)}"
        if self.long:
            return f"{self.period} operations, {count}"
        if loop.joint >= 0:
            return f"Σ {text}, {count}"
        if loop.end:
            return f"{loop.sign} {text}, {count}"
        return f"{text}, {count}"


def _indexed(column: list[Step]) -> tuple[str, int] | None:
    """The stem and the first index of leaves that are called x0, x1, x2 ... or x[0], x[1] ..."""
    found = [re.fullmatch(r"(.*?[^\d\[])\[?(\d{1,9})\]?", x.name) for x in column]
    first = found[0]
    if first is None:
        return None
    for k, match in enumerate(found):
        if match is None or match[1] != first[1] or int(match[2]) != int(first[2]) + k:
            return None
    return first[1], int(first[2])
