"""Pictures of exercises: what a picture.py beside an exercise's text.md is made of.

    from microgd import tanh
    from microgd.learn.pictures import Curve, Guess

    picture = Curve(tanh, at=0.7)
    guess = Guess("How steep is the curve at x = 0.7?")

    picture   one of the kinds below, or a list of them
              Curve(f, at=x)      a function, with its tangent at a point
              Graph(out)          the graph of a Value; the gradients are empty
              Rule(f, x=0.7)      the same for a function f whose rule `backward` the exercise asks for
    guess     a question with a number for an answer. The answer is computed: the slope of the curve, or the
              gradient of a leaf. Guess("...", "w") names the leaf, Guess("...", 3.0) is a number of your own
    yours     yours(answer) -> what the learner's code gives for the first part: the slope at each point, or
              the gradients of the leaves by their names. A wrong answer is painted with it. A Rule needs
              none: it calls `backward`

Slopes and gradients come from `autograd`, graphs are drawn by `viz`, curves by `plot`. An exercise without a
picture.py has no picture.
"""

from __future__ import annotations

import html
import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import autograd, optim
from ..value import Value
from ..viz.drawing import Drawing
from ..viz.graph import CONSTANT, NO_GRADIENTS, OP, Graph as Record, read, unfolded
from ..viz.model import Box, Tone, ops_level
from ..viz.player import Player
from ..viz.text import text_tree
from ..viz.words import number
from .beside import is_right, sign
from .plot import Line, Plot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .checks import Answer

POINTS = 240
"""So many points of a curve are computed."""

LINES = 16
"""A tree of more lines is cut at a depth."""

UPSTREAM = 2.0
"""The upstream gradient of a Rule. It is not 1: else a rule that forgets it would look right."""

PALE = 0.4
"""The strength of the colour of a learner's gradient: only its sign is shown by it."""

_numbers = itertools.count(1)


class Guess(NamedTuple):
    """A question before the exercise.

    question  it asks for a number
    answer    the name of the leaf whose gradient it is, or the number; by default the first gradient
    whole     whether it is a count or a power of ten: how much is missing is told, not how many times
    """

    question: str
    answer: str | float = ""
    whole: bool = False


class Curve:
    """The curve of a function of one number.

    f          it takes floats, and Values where there is a tangent
    at         the points with a tangent, a number or several
    low, high  where the curve begins and ends
    x, y       the names of the axes
    dots       more points, as (x, y)
    path       places that are walked one after the other, on the curve
    rings      points of another kind, as (x, y)
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        at: float | Sequence[float] = (),
        low: float = -3.0,
        high: float = 3.0,
        x: str = "x",
        y: str = "out",
        dots: Sequence[tuple[float, float]] = (),
        path: Sequence[float] = (),
        rings: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.f = f
        self.at = (at,) if isinstance(at, (int, float)) else tuple(at)
        self.low, self.high = low, high
        self.x, self.y = x, y
        self.dots, self.rings = tuple(dots), tuple(rings)
        self.path = tuple((place, _height(f, place)) for place in path)

    def right(self) -> dict[str, float]:
        """The slope at each point."""
        return {f"{self.x} = {number(place)}": _slope(self.f, place) for place in self.at}

    def plot(self, yours: Mapping[str, float] | None = None) -> Plot:
        """The plot, with the learner's slopes beside the tangents if there are some."""
        step = (self.high - self.low) / POINTS
        curve = [(x, _height(self.f, x)) for x in (self.low + k * step for k in range(POINTS + 1))]
        reach = (self.high - self.low) / 5.0
        points = [(place, _height(self.f, place)) for place in self.at]
        lines = [Line(p, rise, reach) for p, rise in zip(points, self.right().values(), strict=True)]
        for p, name in zip(points, self.right(), strict=True):
            if yours and math.isfinite(yours.get(name, math.nan)):
                lines.append(Line(p, yours[name], reach, "yours"))
        dots = (*points, *self.dots)
        said = self._said(bool(yours))
        return Plot(curve, tuple(lines), dots, self.rings, self.path, self.x, self.y, said)

    def film(self) -> str:
        """There is none."""
        return ""

    def place(self) -> str:
        """Where the slope is asked for, as the beginning of a sentence."""
        return "On the curve of the picture"

    def text(self, yours: Mapping[str, float] | None = None) -> str:
        """For a terminal."""
        return self.plot(yours).text()

    def html(self, yours: Mapping[str, float] | None = None) -> str:
        """For a page."""
        return self.plot(yours).svg(f"mgdplot{next(_numbers)}")

    def _said(self, painted: bool) -> str:
        places = " and ".join(number(place) for place in self.at)
        tangent = f", with a tangent at {self.x} = {places}" if places else ""
        walk = f", and {len(self.path)} places that are walked" if self.path else ""
        mine = "; dashed, the slope of your answer" if painted else ""
        return f"A curve: {self.y} over {self.x}{tangent}{walk}{mine}"


class Graph:
    """The graph of a Value. The gradients of its leaves are empty: to find them is the learner's part.

    out    the Value
    g      its gradient, where the backward pass begins
    film   whether a notebook shows the live film below it
    place  where the gradients are asked for, as the beginning of a sentence
    """

    def __init__(self, out: Value, g: float = 1.0, film: bool = False, place: str = "") -> None:
        self.out = out
        out.label = out.label or "out"
        self._place = place or "On the graph of the picture"
        self.g = g
        self.filmed = film
        self.leaves = [x for x in autograd.topological_order([out]) if x.is_leaf and x.requires_grad][::-1]

    def right(self) -> dict[str, float]:
        """The gradient of each leaf, by its name."""
        found = autograd.grad(self.out * self.g, self.leaves)
        return {x.label: grad.data for x, grad in zip(self.leaves, found, strict=True)}

    def film(self) -> str:
        """The live film, which asks for the numbers of the backward pass; "" if there is none."""
        if not self.filmed:
            return ""
        loss = self.out
        if self.g != 1.0:  # where the upstream gradient comes from
            loss = self.out * self.g
            loss.label = "loss"
        return Player(read(loss), quiz=True)._repr_html_()

    def place(self) -> str:
        """Where the gradients are asked for, as the beginning of a sentence."""
        return self._place

    def record(self, yours: Mapping[str, float] | None = None) -> Record:
        """The graph as data: without partials, and with no gradients but the root's and the learner's."""
        record = read(self.out)
        record.notes = [note for note in record.notes if note != NO_GRADIENTS]
        for step in record.steps:
            step.partials = [None] * len(step.partials)
            step.grad = (yours or {}).get(step.name) if step.kind != OP else None
        record.root.grad = self.g
        return record

    def text(self, yours: Mapping[str, float] | None = None) -> str:
        """For a terminal."""
        record = self.record(yours)
        texts = (text_tree(record, depth) for depth in (None, 5, 4, 3, 2))
        return next((text for text in texts if text.count("\n") < LINES), text_tree(record, 1))

    def html(self, yours: Mapping[str, float] | None = None) -> str:
        """For a page."""
        record = self.record(yours)
        picture = ops_level(record)
        right = self.right()
        steps = {f"v{step.number}": step for step in unfolded(record).steps}
        for box in picture.boxes:
            step = steps[box.id]
            if not isinstance(box, Box) or step.kind in (OP, CONSTANT) or step.name not in right:
                continue
            box.grad = "?"
            if step.grad is not None:
                asked = (
                    "right" if is_right(step.grad, right[step.name]) else f"asked: {sign(right[step.name])}"
                )
                box.grad = f"{number(step.grad)}  ({asked})"
                box.tone = Tone(step.grad, PALE if step.grad else 0.0, not math.isfinite(step.grad))
        picture.largest = 0.0  # no scale below it
        shown = Drawing(record, picture)._repr_mimebundle_()
        return shown.get("text/html") or f"<pre>{html.escape(shown['text/plain'])}</pre>"


class Rule(Graph):
    """The graph of f at a point: the exercise asks for a rule `backward` of f.

    inputs  the numbers by name, in the order of the rule's parameters
    g       the upstream gradient; where f returns a list, one of each output
    """

    def __init__(
        self, f: Callable[..., Any], g: float = UPSTREAM, film: bool = False, **inputs: float
    ) -> None:
        self.inputs = inputs
        values = [Value(x, label=name) for name, x in inputs.items()]
        made = f(*values)
        self.outs = list(made) if isinstance(made, (list, tuple)) else [made]
        self.several = not isinstance(made, Value)
        for at, out in enumerate(self.outs):
            out.label = f"out[{at}]" if self.several else "out"
        self.gs = [g / (1 + at) for at in range(len(self.outs))]
        if self.several:  # what is differentiated: each output with its own upstream gradient
            first, *rest = (out * g for out, g in zip(self.outs, self.gs, strict=True))
            super().__init__(sum(rest, first), 1.0, film)
        else:
            super().__init__(made, g, film)
        self.leaves = values

    def place(self) -> str:
        """Where the gradients are asked for, as the beginning of a sentence."""
        point = ", ".join(f"{name} = {number(x)}" for name, x in self.inputs.items())
        gs = ", ".join(map(number, self.gs))
        return f"At {point}, with the upstream gradient{'s' if self.several else ''} {gs}"

    def yours(self, answer: Answer) -> list[float]:
        """The gradients that the learner's rule gives here."""
        data = [x.data for x in self.outs]
        out, g = (data, list(self.gs)) if self.several else (data[0], self.gs[0])
        made = answer.get("backward")(*self.inputs.values(), out, g)
        return answer.numbers(made, "", len(self.inputs))


def descend(
    f: Callable[[Any], Any], start: float, steps: int, optimizer: Any = optim.SGD, **options: Any
) -> list[float]:
    """The places that an optimizer walks through on a curve, the start included."""
    x = Value(start)
    stepper = optimizer([x], **options)
    places = [start]
    for _ in range(steps):
        stepper.zero_grad()
        f(x).backward()
        stepper.step()
        places.append(x.data)
    return places


def _height(f: Callable[[Any], Any], x: float) -> float:
    """f(x) as a float; nan where it has no value."""
    try:
        out = f(x)
        return float(out.data if isinstance(out, Value) else out)
    except ArithmeticError:
        return math.nan


def _slope(f: Callable[[Any], Any], place: float) -> float:
    x = Value(place)
    (found,) = autograd.grad(f(x), [x])
    return found.data
