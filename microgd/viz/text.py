"""The graph as text: for terminals, and for machines where nothing can draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .graph import CONSTANT, OP, Graph, Step, one_value, read, shown_operands, sign, terms
from .words import Text, number, strength

if TYPE_CHECKING:
    from ..value import Value

MOST_OPERANDS = 10
"""Of a longer sum the first and the last operands are shown."""

WIDEST = 72
"""So far lines are indented; of deeper ones only the end of the stem is shown."""

BAR = 8
"""The longest bar, in characters."""


def tree(
    loss: Value,
    model: Any = None,
    depth: int | None = None,
    rows: int = 200,
    ascii: bool = False,
) -> Text:
    """The graph of a loss as a tree of text: what it was made of stands below it, indented.

        print(microgd.tree(loss))

    loss   the Value to show
    model  with the Module given, its parameters bear their full names
    depth  how many levels to go down; all by default
    rows   the most lines to print
    ascii  plain characters only

    Each value is printed once and referred to after that. The bar is as long as the gradient is large
    (logarithmically): full for a positive one, hollow for a negative one.
    """
    return Text(text_tree(read(one_value(loss), model), depth, rows, ascii))


def text_tree(graph: Graph, depth: int | None = None, rows: int = 200, ascii: bool = False) -> str:
    """What `tree` returns, from a graph taken down before."""
    printer = _Printer(graph, math.inf if depth is None else depth, rows, ascii)
    text = printer.text()
    return text.encode("ascii", "replace").decode() if ascii else text


class _Printer:
    def __init__(self, graph: Graph, depth: float, rows: int, ascii: bool) -> None:
        self.graph = graph
        self.depth = depth
        self.rows = rows
        self.ascii = ascii
        self.shown: set[int] = set()
        self.references: dict[int, str] = {}  # nameless values that are referred to again
        for step in graph.steps:
            if step.kind == OP and not step.name and len(graph.consumers[step.number]) > 1:
                self.references[step.number] = f"#{len(self.references) + 1}"
        self.largest = max(
            (abs(g) for s in graph.steps if (g := s.grad) is not None and math.isfinite(g)), default=0.0
        )

    def text(self) -> str:
        lines: list[tuple[str, str, str, str]] = []
        # What is still to print: the step (None for a remark), its text, the stem it hangs on, its depth.
        stack: list[tuple[int | None, str, str, str, int]] = [(self.graph.root.number, "", "", "", 0)]
        while stack and len(lines) < self.rows:
            index, words, stem, branch, depth = stack.pop()
            if index is None:
                lines.append((stem + branch + words, "", "", ""))
                continue
            step = self.graph.steps[index]
            again = index in self.shown and step.kind == OP
            said = words or self.say(step)
            if again:
                said = f"{self.name(step)} {'^' if self.ascii else '↑'}"
            lines.append((stem + branch + said, number(step.data), *self.gradient(step)))
            if again:
                continue
            self.shown.add(index)
            below = stem + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
            if len(below) > WIDEST:
                below = "…" + below[1 - WIDEST :]
            children = self.children(step)
            if depth >= self.depth and children:
                children = [(None, f"… {self.below(step)} values")]
            for at, (child, child_words) in reversed(list(enumerate(children))):
                fork = "└─ " if at == len(children) - 1 else "├─ "
                stack.append((child, child_words, below, fork, depth + 1))
        if stack:
            left = len(self.graph.steps) - len(self.shown)
            lines.append((f"… and {left} more values: this shows {self.rows} rows", "", "", ""))
        return self.aligned(lines)

    def aligned(self, lines: list[tuple[str, str, str, str]]) -> str:
        if self.ascii:
            lines = [(_plain(a), b, c, d) for a, b, c, d in lines]
        head = ("", "data", "grad" if self.graph.differentiated else "", "")
        table = [head, *lines]
        wide = [max(len(row[i]) for row in table) for i in range(3)]
        text = [f"{a:{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d}".rstrip() for a, b, c, d in table]
        return "\n".join([*text, *self.graph.notes])

    def name(self, step: Step) -> str:
        return step.name or self.references.get(step.number, "") or number(step.data)

    def say(self, step: Step) -> str:
        """A step's name and sign: "loss = mean", "×", "x0"."""
        if step.kind != OP:
            return step.name or ("constant" if step.kind == CONSTANT else "value")
        said = step.op if self.ascii else sign(self.graph, step)
        if self.addends(step) is not None:
            said = "sum" if self.ascii else "Σ"
        name = step.name or self.references.get(step.number, "")
        return f"{name} = {said}" if name else said

    def gradient(self, step: Step) -> tuple[str, str]:
        if step.grad is None:
            return "", ""
        if not math.isfinite(step.grad):
            return number(step.grad), "!"
        length = math.ceil(BAR * strength(step.grad, self.largest))
        full, hollow = ("#", "-") if self.ascii else ("█", "░")
        return number(step.grad + 0.0), (full if step.grad > 0 else hollow) * length

    def children(self, step: Step) -> list[tuple[int | None, str]]:
        """The operands below a step: the number of each, and its words if they are not its own."""
        if step.op == "dot" and len(step.operands) > 1:
            found = self.terms(step)
        else:
            operands = self.addends(step) or shown_operands(self.graph, step)
            found = [(i, "") for i in operands]
        if len(found) > MOST_OPERANDS + 1:
            half = MOST_OPERANDS // 2
            found = [*found[:half], (None, f"… {len(found) - 2 * half} more"), *found[-half:]]
        return found

    def terms(self, step: Step) -> list[tuple[int | None, str]]:
        """A neuron's terms: one line for each weight, and its input below where that was computed."""
        steps = self.graph.steps
        times = "*" if self.ascii else "×"
        found: list[tuple[int | None, str]] = []
        for w, x in terms(self.graph, step):
            weight, value = steps[step.operands[w]], steps[step.operands[x]]
            if weight.kind == OP:
                found += [(weight.number, ""), (value.number, "")]
            else:
                name, factor = self.name(value), number(value.data)
                factor = factor if name == factor else f"{name} = {factor}"
                found.append((weight.number, f"{self.name(weight)} {times} {factor}"))
                if value.kind == OP and value.number not in self.shown:
                    found.append((value.number, ""))
        found += [(i, "") for i in step.operands[2 * (len(step.operands) // 2) :]]
        return found

    def addends(self, step: Step) -> list[int] | None:
        """The operands of a + b + c + ..., however many additions it took; None for fewer than 3."""
        if step.op != "add":
            return None
        steps = self.graph.steps
        found: list[int] = []
        stack = list(reversed(step.operands))
        while stack:
            i = stack.pop()
            if steps[i].op == "add" and not steps[i].name and len(self.graph.consumers[i]) == 1:
                stack += reversed(steps[i].operands)
            else:
                found.append(i)
        return found if len(found) > 2 else None

    def below(self, step: Step) -> int:
        """How many values a step was made of."""
        seen: set[int] = set()
        stack = list(step.operands)
        while stack:
            i = stack.pop()
            if i not in seen:
                seen.add(i)
                stack += self.graph.steps[i].operands
        return len(seen)


_PLAIN = str.maketrans({"├": "|", "│": "|", "└": "`", "─": "-", "…": "...", "×": "*", "−": "-", "÷": "/"})


def _plain(words: str) -> str:
    return words.translate(_PLAIN)
