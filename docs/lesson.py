"""Make what belongs to docs/lesson.md: the pictures in docs/lesson/, and demos/gradient_descent.ipynb.

    python docs/lesson.py

The notebook has the text and the code of the page, without what the code prints. Run it after a change to
the page; a test fails while what is checked in is not what this script makes. All slopes and curvatures in
the pictures are microgd's.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgd import func

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Point = tuple[float, float]

DOCS = Path(__file__).parent
PAGE, FOLDER, NOTEBOOK = DOCS / "lesson.md", DOCS / "lesson", DOCS.parent / "demos" / "gradient_descent.ipynb"
BLUE, ORANGE, GREEN, GREY = "#1d4ed8", "#c2410c", "#15803d", "#94a3b8"
START, EXAMPLES = (-0.5, 0.5), ((1.0, 1.0), (2.0, 1.0), (-1.0, -1.0), (-0.5, -1.0))


# --- the losses of the page ---


def loss(w1: Any, w2: Any, x: float, y: float) -> Any:
    """The loss on one example."""
    return (w1 * x + w2 - y) ** 2


def mean_loss(w1: Any, w2: Any) -> Any:
    """The mean of the losses on all examples."""
    return sum(loss(w1, w2, x, y) for x, y in EXAMPLES) / len(EXAMPLES)


def valley(w: Any) -> Any:
    """A loss with two minima."""
    return (w**2 - 1) ** 2 + 0.3 * w


def descent(f: Callable[..., Any], start: tuple[float, ...], rate: float, steps: int) -> list[Any]:
    """The points on the way down."""
    path = [start]
    for _ in range(steps):
        slopes = func.grad(f, argnums=tuple(range(len(start))))(*path[-1])
        path.append(tuple(w - rate * slope for w, slope in zip(path[-1], slopes, strict=True)))
    return path


# --- a plot ---


class Plot:
    """A plot as SVG: axes, curves, dots and words, in the units of the data."""

    width, height, left, bottom = 560, 340, 52, 46

    def __init__(
        self, title: str, x: tuple[float, float], y: tuple[float, float], names: tuple[str, str]
    ) -> None:
        self.x, self.y = x, y
        self.parts: list[str] = []
        for at in _ticks(*x):
            self._line([(at, y[0]), (at, y[1])], "#e2e8f0", 1)
            self._text((at, y[0]), f"{at:g}".replace("-", "−"), dy=18, anchor="middle")
        for at in _ticks(*y):
            self._line([(x[0], at), (x[1], at)], "#e2e8f0", 1)
            self._text((x[0], at), f"{at:g}".replace("-", "−"), dx=-8, dy=4, anchor="end")
        self._text(((x[0] + x[1]) / 2, y[0]), names[0], dy=38, anchor="middle")
        self._text((x[0], y[1]), names[1], dx=-8, dy=-8, anchor="end")
        self.title = title

    def _at(self, point: Point) -> tuple[float, float]:
        right, top = self.width - 14, 26
        across = (point[0] - self.x[0]) / (self.x[1] - self.x[0])
        up = (point[1] - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * (right - self.left), self.height - self.bottom - up * (
            self.height - self.bottom - top
        )

    def _line(self, points: Iterable[Point], color: str, width: float, dash: str = "") -> None:
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(self._at, points))
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="{width}"{dashes} points="{path}"/>'
        )

    def _text(self, at: Point, words: str, dx: float = 0, dy: float = 0, anchor: str = "start") -> None:
        a, b = self._at(at)
        self.parts.append(
            f'<text x="{a + dx:.1f}" y="{b + dy:.1f}" text-anchor="{anchor}" fill="#334155">{words}</text>'
        )

    def curve(self, points: Iterable[Point], color: str = GREY, width: float = 2, dash: str = "") -> None:
        """Draw a line through the points."""
        self._line(points, color, width, dash)

    def path(self, points: Sequence[Point], color: str) -> None:
        """Draw a line through the points, and a dot at each."""
        self._line(points, color, 1.5)
        for point in points:
            self.dot(point, color, 3)

    def dot(self, at: Point, color: str, radius: float = 5) -> None:
        """Draw a dot."""
        a, b = self._at(at)
        self.parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius}" fill="{color}"/>')

    def say(self, at: Point, words: str, dx: float = 8, dy: float = -8, anchor: str = "start") -> None:
        """Write words beside a point."""
        self._text(at, words, dx, dy, anchor)

    def svg(self) -> str:
        """The picture."""
        inside = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{self.title}"'
            f' viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
            f' font-family="Helvetica, Arial, sans-serif" font-size="13">\n<title>{self.title}</title>\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{inside}\n</svg>\n'
        )


def _ticks(low: float, high: float) -> list[float]:
    step = next(s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if (high - low) / s <= 9)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _along(f: Callable[[float], Any], low: float, high: float) -> list[Point]:
    xs = [low + (high - low) * k / 100 for k in range(101)]
    return [(x, float(f(x))) for x in xs]


# --- the pictures ---


def curve() -> Plot:
    """The loss along w1, with three tangents."""

    def along(w1: Any) -> Any:
        return loss(w1, 0.5, 1.5, 1.0)

    plot = Plot("The loss along w1, with three tangents", (-1.0, 1.6), (-1.0, 4.0), ("w1", "C"))
    plot.curve(_along(along, -1.0, 1.6))
    for w1, color in ((-0.5, ORANGE), (1 / 3, GREEN), (1.0, BLUE)):
        value, slope = float(along(w1)), float(func.grad(along)(w1))
        plot.curve([(w1 - 0.45, value - 0.45 * slope), (w1 + 0.45, value + 0.45 * slope)], color)
        plot.dot((w1, value), color)
        words = f"slope {slope:.2f}".replace("-0.00", "0.00").replace("-", "−")
        if color == GREEN:
            plot.say((w1, value), words, dx=0, dy=20, anchor="middle")
        else:
            plot.say((w1, value), words, *((-14, -8, "end") if slope > 0 else (12, -8)))
    return plot


def bowl() -> Plot:
    """Lines of equal loss over both weights, and a way down."""
    ((a, b), (_, c)) = func.hessian(lambda w: mean_loss(w[0], w[1]))([0.0, 0.0])
    slopes = func.grad(mean_loss, argnums=(0, 1))(0.0, 0.0)
    determinant = a * c - b * b
    low = ((b * slopes[1] - c * slopes[0]) / determinant, (b * slopes[0] - a * slopes[1]) / determinant)
    plot = Plot("The mean loss over both weights, and a way down", (-1.0, 2.4), (-2.0, 1.4), ("w1", "w2"))
    least = mean_loss(*low)
    root, rest = math.sqrt(a), math.sqrt(c - b * b / a)  # of the curvatures: w = low + inverse · circle
    for level in (0.2, 0.5, 1.0, 2.0):
        radius = math.sqrt(2.0 * (level - least))
        ring = []
        for k in range(121):
            u, v = radius * math.cos(k * math.pi / 60), radius * math.sin(k * math.pi / 60)
            ring.append((low[0] + (u - b / root * (v / rest)) / root, low[1] + v / rest))
        plot.curve(ring, GREY, 1.2)
        plot.say(min(ring, key=lambda p: p[1]), f"C = {level:g}", dx=0, dy=-5, anchor="middle")
    path = descent(mean_loss, START, 0.1, 25)
    plot.path(path, BLUE)
    plot.say(START, "start", dx=-8, dy=-8, anchor="end")
    plot.dot(low, GREEN)
    return plot


def rates() -> Plot:
    """The loss over the steps, with three learning rates."""
    plot = Plot("The loss over the steps, with three learning rates", (0, 20), (0.0, 5.0), ("step", "C"))
    for rate, color, at in ((0.02, ORANGE, 8), (0.3, GREEN, 14), (0.6, BLUE, 5)):
        heights = [float(mean_loss(*w)) for w in descent(mean_loss, START, rate, 20)]
        points = [(k, height) for k, height in enumerate(heights) if height <= 5.0]
        plot.path(points, color)
        plot.say(
            points[min(at, len(points) - 1)],
            f"λ = {rate:g}",
            *((-8, -8, "end") if color == BLUE else (0, -10)),
        )
    return plot


def minima() -> Plot:
    """A curve with two minima, and the ways down from two starts."""
    plot = Plot("Two minima, and the ways down", (-1.7, 1.7), (-1.0, 4.0), ("w", "C"))
    plot.curve(_along(valley, -1.7, 1.7))
    for start, color in ((-0.2, BLUE), (1.6, ORANGE)):
        path = [(w, float(valley(w))) for (w,) in descent(valley, (start,), 0.05, 100)]
        for point in path:
            plot.dot(point, color, 3)
        plot.say(path[0], f"from {start:g}".replace("-", "−"), dx=-12, dy=-10, anchor="end")
        word = "global" if path[-1][0] < 0 else "local"
        plot.say(path[-1], f"{word} minimum", dx=0, dy=22, anchor="middle")
    return plot


PICTURES = {make.__name__: make for make in (curve, bowl, rates, minima)}


# --- the notebook ---


def notebook(page: str) -> dict[str, Any]:
    """The page as cells: text, and code without what it prints."""
    page = re.sub(r"(?m)^(print\(.*\))  # .*$", r"\1", page.replace("](../demos/", "]("))
    page = re.sub(r"\]\((?!https?://|gradient_descent)([\w/.-]+)\)", r"](../docs/\1)", page)
    cells: list[dict[str, Any]] = []
    for part in re.split(r"(?sm)(^```python\n.*?^```\n(?:```text\n.*?^```\n)?)", page):
        code = re.match(r"(?s)```python\n(.*?)\n```\n", part)
        kind, text = ("code", code[1]) if code else ("markdown", part.strip())
        if text:
            cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": {}}
            cell["source"] = text.splitlines(keepends=True)
            cells.append({**cell, "execution_count": None, "outputs": []} if code else cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def notebook_text() -> str:
    """The notebook as its file."""
    return json.dumps(notebook(PAGE.read_text(encoding="utf-8")), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the pictures and the notebook."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(make().svg(), encoding="utf-8")
    NOTEBOOK.write_text(notebook_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
