"""How a Tensor is printed: as PyTorch prints it, with PyTorch's options.

`tensor` loads this module when a Tensor is first printed; this module uses `shapes`.
"""

from __future__ import annotations

import math

from .shapes import grid, steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .shapes import Shape

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80, "sci_mode": None},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
}
options = dict(PROFILES["default"])


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How Tensors are printed from now on.

    precision  digits after the point, at first 4
    threshold  a Tensor of more elements shows only its edges, at first 1000
    edgeitems  how many elements an edge has, at first 3
    linewidth  letters in a line, at first 80
    profile    "default", "short" or "full": all options at once, before the others
    sci_mode   True: always 1.2345e-04; False: never; None: where numbers are very small, large or different
    """
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(f"profile is one of {', '.join(map(repr, PROFILES))}, got {profile!r}")
        options.update(PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    options.update({name: x for name, x in given.items() if x is not None})
    options["sci_mode"] = sci_mode


def text(flat: Sequence[Any], lengths: Shape) -> str:
    """Numbers as PyTorch prints them, below each other after `tensor(`."""
    if not flat:
        return "[]"

    edge = options["edgeitems"]

    def shown(n: int) -> list[int | None]:
        if len(flat) <= options["threshold"] or n <= 2 * edge:
            return list(range(n))
        return [*range(edge), None, *range(n - edge, n)]

    own_steps = steps(lengths)
    visible = grid([i * step for i in shown(n) if i is not None] for n, step in zip(lengths, own_steps))
    write, width = _writer([flat[p] for p in visible])

    def rows(start: int, d: int, indent: int) -> str:
        if d == len(lengths):
            return write(flat[start])
        last = d == len(lengths) - 1
        dots = " ..." if last else "..."
        parts = [
            dots if i is None else rows(start + i * own_steps[d], d + 1, indent + 1)
            for i in shown(lengths[d])
        ]
        margin = " " * (indent + 1)
        if not last:
            return "[" + ("," + "\n" * (len(lengths) - d - 1) + margin).join(parts) + "]"
        per_line = max(1, (options["linewidth"] - indent) // (width + 2))
        cut = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
        return "[" + (",\n" + margin).join(cut) + "]"

    return rows(0, 0, len("tensor("))


def _writer(numbers: Sequence[Any]) -> tuple[Any, int]:
    """How PyTorch writes a number beside these, and the width of the widest."""
    if not isinstance(numbers[0], float):
        width = max(len(str(x)) for x in numbers)
        return lambda x: str(x).rjust(width), width
    usual = [x for x in numbers if math.isfinite(x) and x != 0.0]
    sizes = [abs(x) for x in usual] or [1.0]
    whole = all(x == math.ceil(x) for x in usual)
    top, least = max(sizes), min(sizes)
    scientific = options["sci_mode"]
    if scientific is None:  # the quotient of the two may overflow
        scientific = least < 1e-4 or top > 1e8 or top / least > 1000.0
    digits = options["precision"]
    if scientific:
        form, point = f".{digits}e", ""
    elif whole:
        form, point = ".0f", "."
    else:
        form, point = f".{digits}f", ""

    def written(x: float) -> str:
        return format(x, form) + (point if math.isfinite(x) else "")

    width = max([1, *(len(written(x)) for x in usual)])
    return lambda x: written(x).rjust(width), width


def with_suffixes(body: str, suffixes: Iterable[str]) -> str:
    """`tensor(body, suffixes)`: a suffix for which a line has no space begins the next."""
    made = "tensor(" + body
    length = len(made) - made.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > options["linewidth"]:
            made += ",\n" + " " * len("tensor(") + suffix
            length = len("tensor(") + len(suffix)
        else:
            made += ", " + suffix
            length += len(suffix) + 2
    return made + ")"
