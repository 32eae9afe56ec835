"""The graph as text: for terminals, and for machines where nothing can draw."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .graph import CONSTANT, MOST_COUNTED, OP, for_text, one_value
from .words import Text, number, strength

if TYPE_CHECKING:
    from ..value import Value
    from .graph import Graph, Peek, Step

MOST_OPERANDS = 10
"""Of a longer sum the first and the last operands are shown."""

WIDEST = 36
"""So far lines are indented; of deeper ones only the end of the stem is shown."""

MOST_REPEATED = 12
"""The most lines in a pattern that is folded when it is repeated, as the steps of a loop are."""

FEWEST_REPEATS = 4
"""So often a pattern is repeated at least, if it is folded. The first and the last time are shown."""

BAR = 8
"""The longest bar, in characters."""


def tree(
    loss: Value,
    model: Any = None,
    depth: int | None = None,
    rows: int = 200,
    ascii: bool = False,
) -> Text:
    """The graph of a loss as a tree of text: the operands are below their result, indented.

        >>> from microgd import Value
        >>> a = Value(2.0, "a")
        >>> loss = a * a
        >>> loss.backward()
        >>> print(tree(loss))
                      data  grad
        loss = a × a     4     1  █████
        ├─ a             2     4  ████████
        └─ a             2     4  ████████

    loss   the Value to show
    model  if the Module is given, its parameters have their full names
    depth  how many levels to show; by default all
    rows   the largest number of lines
    ascii  True: plain characters only

    Each value is printed once. Later lines refer to it by its name. The bar shows the size of the gradient,
    logarithmically. It is filled if the gradient is positive, and hollow if it is negative.
    """
    for name, limit in (("depth", depth), ("rows", rows)):
        if limit is not None and limit < 0:
            raise ValueError(f"{name} must be 0 or more, got {limit}")
    return Text(text_tree(for_text(one_value(loss), model), depth, rows, ascii))


def text_tree(graph: Graph | Peek, depth: int | None = None, rows: int = 200, ascii: bool = False) -> str:
    """What `tree` returns, made from a graph that has been read before."""
    printer = _Printer(graph, math.inf if depth is None else depth, rows, ascii)
    text = printer.text()
    return text.encode("ascii", "replace").decode() if ascii else text


class _Line(NamedTuple):
    """A line on the way: how deep it is, the stem before it, its words with the branch, and its numbers."""

    depth: int
    stem: str
    words: str
    data: str = ""
    grad: str = ""
    bar: str = ""

    def row(self) -> tuple[str, str, str, str]:
        """What is printed."""
        return self.stem + self.words, self.data, self.grad, self.bar


class _Printer:
    def __init__(self, graph: Graph | Peek, depth: float, rows: int, ascii: bool) -> None:
        self.graph = graph
        self.depth = depth
        self.rows = rows
        self.ascii = ascii
        self.shown: set[Step] = set()
        self.references: dict[Step, str] = {}  # nameless values that are referred to again
        self.sums: dict[Step, list[Any]] = {}
        self.largest = graph.largest

    def text(self) -> str:
        lines: list[_Line] = []
        # What is still to print: the step (None for a remark), its text, the stem it hangs on, its depth.
        stack: list[tuple[Any, str, str, str, int]] = [(self.graph.root, "", "", "", 0)]
        while stack and len(lines) < self.rows:
            value, words, stem, branch, depth = stack.pop()
            if value is None:
                lines.append(_Line(depth, stem, branch + words))
                continue
            step = self.graph.step(value)
            again = step in self.shown and step.kind == OP
            said = words or self.say(step)
            if again:
                said = f"{self.name(step)} {'^' if self.ascii else '↑'}"
            lines.append(_Line(depth, stem, branch + said, number(step.data), *self.gradient(step)))
            if again:
                continue
            self.shown.add(step)
            under = stem + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
            if len(under) > WIDEST:
                under = "…" + under[1 - WIDEST :]
            found = self.lines_below(step)
            if depth >= self.depth and found:
                below = self.graph.below(step)
                count = (
                    f"{below} value{'s' * (below > 1)}"
                    if below < MOST_COUNTED
                    else f"{MOST_COUNTED} values or more"
                )
                found = [(None, f"… {count}")]
            for at, (operand, operand_words) in reversed(list(enumerate(found))):
                fork = "└─ " if at == len(found) - 1 else "├─ "
                stack.append((operand, operand_words, under, fork, depth + 1))
        folded = _folded(lines)
        if stack:
            left = self.graph.count - len(self.shown)
            shows = "shows" if len(folded) == len(lines) else "is about"
            folded.append((f"… and {left} more values: this {shows} {self.rows} rows", "", "", ""))
        return self.aligned(folded)

    def aligned(self, lines: list[tuple[str, str, str, str]]) -> str:
        if self.ascii:
            lines = [(_plain(a), b, c, d) for a, b, c, d in lines]
        head = ("", "data", "grad" if self.graph.differentiated else "", "")
        table = [head, *lines]
        wide = [max(len(row[i]) for row in table) for i in range(3)]
        text = [f"{a:{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d}".rstrip() for a, b, c, d in table]
        return "\n".join([*text, *self.graph.notes])

    def name(self, step: Step) -> str:
        return step.name or self.reference(step) or number(step.data)

    def reference(self, step: Step) -> str:
        """The name of a value without a name that is used again: #1, #2 ... in the order of the lines."""
        if step.kind == OP and not step.name and self.graph.uses(step) > 1:
            return self.references.setdefault(step, f"#{len(self.references) + 1}")
        return ""

    def say(self, step: Step) -> str:
        """A step's name and sign: "loss = mean", "×", "x0"."""
        if step.kind != OP:
            return step.name or ("constant" if step.kind == CONSTANT else "value")
        said = step.op if self.ascii else step.formula() if step.name else step.sign
        if self.addends(step):
            said = "sum" if self.ascii else "Σ"
        name = step.name or self.reference(step)
        return f"{name} = {said}" if name else said

    def gradient(self, step: Step) -> tuple[str, str]:
        if step.grad is None:
            return "", ""
        if not math.isfinite(step.grad):
            return number(step.grad), "!"
        length = math.ceil(BAR * strength(step.grad, self.largest))
        full, hollow = ("#", "-") if self.ascii else ("█", "░")
        return number(step.grad + 0.0), (full if step.grad > 0 else hollow) * length

    def lines_below(self, step: Step) -> list[tuple[Any, str]]:
        """The operands to show below a step, each with its words, if these are not its own."""
        if step.op == "dot" and len(step.operands) > 1:
            found = self.terms(step)
        else:
            found = [(x, "") for x in self.addends(step) or step.shown_operands]
        if len(found) > MOST_OPERANDS + 1:
            half = MOST_OPERANDS // 2
            found = [*found[:half], (None, f"… {len(found) - 2 * half} more"), *found[-half:]]
        return found

    def terms(self, step: Step) -> list[tuple[Any, str]]:
        """A neuron's terms: a line for each weight. The input is below it, if the input was computed."""
        times = "*" if self.ascii else "×"
        found: list[tuple[Any, str]] = []
        for w, x in step.terms():
            weight, value = step.operands[w], step.operands[x]
            if weight.kind == OP:
                found += [(weight, ""), (value, "")]
            else:
                name, factor = self.name(value), number(value.data)
                factor = factor if name == factor else f"{name} = {factor}"
                found.append((weight, f"{self.name(weight)} {times} {factor}"))
                if value.kind == OP and value not in self.shown:
                    found.append((value, ""))
        return [*found, (step.bias, "")] if step.bias else found

    def addends(self, step: Step) -> list[Any]:
        """The operands of a + b + c + ..., however many additions it took; none for fewer than 3."""
        if step.op == "add" and step not in self.sums:
            self.sums[step] = self.graph.addends(step)
        found = self.sums.get(step, [])
        return found if len(found) > 2 else []


def _folded(lines: list[_Line]) -> list[tuple[str, str, str, str]]:
    """The lines without a pattern's repetitions: "… the same 2 lines, 28 times more"."""
    words = [_unnumbered(line.words[3:]) for line in lines]
    kept: list[tuple[str, str, str, str]] = []
    at = 0
    while at < len(lines):
        period, times = _repeats(words, [line.depth for line in lines], at)
        kept += [line.row() for line in lines[at : at + period]]
        at += period
        if times >= FEWEST_REPEATS:
            many = f"{period} lines" if period > 1 else "line"
            after = at + period * (times - 2)
            stem = min(lines[at], lines[after], key=lambda line: line.depth).stem
            kept.append((f"{stem}… the same {many}, {times - 2} times more", "", "", ""))
            at = after
    return kept


def _unnumbered(words: str) -> str:
    """What a line says, without the numbers that differ in a loop: the leaf x[7] is like x[8]."""
    return re.sub(r"#\d+" if " = " in words else r"\d+", "#", words)


def _repeats(words: list[str], depths: list[int], at: int) -> tuple[int, int]:
    """The pattern that begins at a line and is repeated over the most lines: its length, and how often.

    Lines on one level are no pattern: they are the operands of one operation.
    """
    best = 1, 1
    for period in range(1, MOST_REPEATED + 1):
        end = at + period
        while end < len(words) and words[end] == words[end - period] and depths[end] != depths[end - period]:
            end += 1
        times = (end - at) // period
        if times >= FEWEST_REPEATS and times * period > best[0] * best[1]:
            best = period, times
    return best


_PLAIN = str.maketrans({"├": "|", "│": "|", "└": "`", "─": "-", "…": "...", "×": "*", "−": "-", "÷": "/"})


def _plain(words: str) -> str:
    return words.translate(_PLAIN)
