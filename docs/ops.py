"""Write docs/ops.md, the page of all operations, and its pictures in docs/ops/.

    python docs/ops.py

The text, the formulas, the partials and every number of a picture come from the table of `microgd.ops`; the
notes on PyTorch come from the lists of the tests. Run it after a change to the table. A test fails while what
is checked in is not what this script makes.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import Any

import microgd
from microgd import Value, ops
from microgd.jit.formulas import formula, partial
from microgd.jit.rules import names_of
from microgd.ops import TABLE, Primitive

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS / "ops"
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

from ops_plots import curves, jumps as jumps, number, plot, plotted, point_of  # noqa: E402

from tests.differences import BEYOND_THE_RANGE, DIFFERENCES, Difference  # noqa: E402
from tests.domains import DOMAINS  # noqa: E402

WHERE_DEFINED: dict[str, tuple[str, Callable[..., bool]]] = {
    "div": ("all numbers but 0 / 0", lambda a, b: a != 0 or b != 0),
    "pow": ("a ≥ 0, or a whole number b", lambda a, b: a >= 0 or b == math.floor(b)),
    "fmod": ("b ≠ 0", lambda a, b: b != 0),
    "remainder": ("b ≠ 0", lambda a, b: b != 0),
    "log": ("x ≥ 0", lambda x: x >= 0),
    "log2": ("x ≥ 0", lambda x: x >= 0),
    "log10": ("x ≥ 0", lambda x: x >= 0),
    "log1p": ("x ≥ −1", lambda x: x >= -1),
    "sqrt": ("x ≥ 0", lambda x: x >= 0),
    "asin": ("−1 ≤ x ≤ 1", lambda x: -1 <= x <= 1),
    "acos": ("−1 ≤ x ≤ 1", lambda x: -1 <= x <= 1),
    "acosh": ("x ≥ 1", lambda x: x >= 1),
    "atanh": ("−1 ≤ x ≤ 1", lambda x: -1 <= x <= 1),
}
"""For which numbers the value is not nan, in words and as a condition. For the others it is all numbers."""


def pictures(row: Primitive) -> dict[str, str]:
    """The names of the pictures of an operation, and what each shows."""
    names = names_of(row)
    plots = {f"{row.name}-{names[k]}": f"Plot of {row.name} along {names[k]}" for k in plotted(row)}
    return {**plots, f"{row.name}-graph": f"The graph of one {row.name}, after its backward pass"}


def graph(row: Primitive) -> Any:
    """The picture of one use of an operation, after its backward pass."""
    operands = [Value(x, label=name) for name, x in zip(names_of(row), point_of(row), strict=True)]
    out = row(*operands)
    out.label = "out"
    out.backward()
    return microgd.draw(out, level="ops")


def exact(x: float) -> str:
    """A number with all of its digits."""
    return repr(x).removesuffix(".0").replace("-", "−").replace("inf", "∞")


def plain(text: str) -> str:
    """A text whose signs mean nothing to Markdown."""
    return re.sub(r"([\\*_|<>\[\]])", r"\\\1", text)


def sections() -> list[tuple[str, str, list[str]]]:
    """The sections of ops.py, as they are headed there: a title, a sentence perhaps, names of operations."""
    lines = inspect.getsource(ops).splitlines()
    heads = [
        (i, found[1]) for i, line in enumerate(lines, 1) if (found := re.match(r"# --- (.+?) -*$", line))
    ]
    placed: dict[int, list[str]] = {i: [] for i, _ in heads}
    for name, row in TABLE.items():
        if row.value.__module__ == ops.__name__:
            line = row.value.__code__.co_firstlineno
            placed[max(i for i, _ in heads if i <= line)].append(name)
    found = []
    for i, head in heads:
        title, _, sentence = re.sub(r"^x times a gate. (.*): ", r"Gates. \1: ", head).partition(
            ". " if ". " in head else ": "
        )
        found.append((title[0].upper() + title[1:], sentence, placed[i]))
    return [section for section in found if section[2]]


def described(row: Primitive) -> str:
    """What an operation is, in the words of its function."""
    text = inspect.getdoc(getattr(ops, row.name) if row.name in ("dot", "gelu") else row.value) or ""
    return plain(" ".join(text.split("\n\n")[0].split()))


def edges(row: Primitive) -> list[str]:
    """A table of the value and the partial at the edges, for an operation of one operand."""
    if len(names_of(row)) > 1:
        return []
    value, derivative = curves(row, 0)
    xs = [x for x in (-inf, -1.0, 0.0, 1.0, inf) if not math.isnan(value(x))]
    rows = [[number(f(x)) for x in xs] for f in (value, derivative)]
    return [
        f"| x | {' | '.join(map(number, xs))} |",
        f"|---|{'---|' * len(xs)}",
        f"| out | {' | '.join(rows[0])} |",
        f"| partial | {' | '.join(rows[1])} |",
        "",
    ]


def beside_pytorch(name: str) -> list[str]:
    """What differs from PyTorch, from the lists of the tests."""
    found = [f"  - {difference_said(each)}" for each in DIFFERENCES if each.name == name]
    count = len(DOMAINS[name].edges)
    if found:
        lines = [f"- beside PyTorch: closer to the exact number at some of the {count} edges that are tried"]
    else:
        lines = [f"- beside PyTorch: the same at all {count} edges that are tried"]
    if name in BEYOND_THE_RANGE:
        found.append(
            "  - where the partial overflows, an upstream gradient of 0 gives nan here, and 0 in PyTorch"
        )
    return lines + found


def difference_said(each: Difference) -> str:
    """A line of the list of differences."""
    kinds = {"second partial" if type(p) is tuple else "partial" if type(p) is int else p for p in each.parts}
    where = "" if callable(each.points) else f" at {', '.join(places(each.points))}"
    reason = plain(each.reason.replace(" - ", " − "))
    return f"the {' and the '.join(sorted(kinds, reverse=True))}{where}: in PyTorch, {reason}"


def places(points: Sequence[tuple[float, ...]]) -> list[str]:
    """Points, with all of their digits. x and −x are ±x."""
    if len(points[0]) > 1:
        return [f"({', '.join(map(exact, point))})" for point in points]
    xs = {x for (x,) in points}
    return ["±" * (-x in xs) + exact(x) for x in sorted(xs) if x > 0 or -x not in xs]


def entry(row: Primitive) -> list[str]:
    """One operation."""
    names = names_of(row)
    defined = WHERE_DEFINED[row.name][0] if row.name in WHERE_DEFINED else "all numbers"
    of = {name: f"∂ out / ∂ {name}" for name in names}
    return [
        f"### {row.name}",
        "",
        described(row),
        "",
        f"- value: `out = {formula(row)}`",
        *(f"- partial: `{of[name]} = {partial(row, k)}`" for k, name in enumerate(names)),
        f"- defined for: {defined}",
        *beside_pytorch(row.name),
        "",
        *edges(row),
        *(f"![{title}](ops/{name}.svg)" for name, title in pictures(row).items()),
        "",
    ]


COMPOSED = ("logsigmoid", "selu", "softmax", "log_softmax")


def page() -> str:
    """The text of docs/ops.md."""
    lines = [
        "# Operations",
        "",
        f"All {len(rows())} operations of [the table](../microgd/ops.py), where each is written down once:"
        " its value and its partials. `out` is the value. A partial is shown in its textbook form; where that"
        " form loses digits, the table has a longer one. Plots and numbers are computed with the table's own"
        " functions.",
        "",
        "The same function takes floats, Values and Tensors, and is a method too: `microgd.tanh(x)` and"
        " `x.tanh()`. Of a reduction the formulas are shown for two numbers.",
        "",
        "Made by `python docs/ops.py`: change nothing here by hand.",
        "",
    ]
    for title, sentence, names in sections():
        lines += [f"## {title}", ""]
        if sentence:
            lines += [plain(sentence[0].upper() + sentence[1:]) + ".", ""]
        for name in names:
            lines += entry(TABLE[name])
    lines += [
        "## Made of others",
        "",
        "These are functions of operations above, and have no row of their own.",
        "",
    ]
    lines += ["| function | what it computes |", "|---|---|"]
    for name in COMPOSED:
        lines.append(f"| `{name}` | {plain(' '.join((getattr(ops, name).__doc__ or '').split()))} |")
    return "\n".join(lines) + "\n"


def rows() -> list[Primitive]:
    """The package's own operations, in the order of the page."""
    return [TABLE[name] for _, _, names in sections() for name in names]


def main() -> None:
    """Write the page and its pictures."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    for row in rows():
        for k in plotted(row):
            path = FOLDER / f"{row.name}-{names_of(row)[k]}.svg"
            path.write_text(plot(row, k), encoding="utf-8")
        graph(row).save(FOLDER / f"{row.name}-graph.svg")
    (DOCS / "ops.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
