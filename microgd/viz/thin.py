"""Heat maps of more rows or columns than a reader can tell apart, with fewer cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import HeatRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Tone

MOST_CELLS = 40
"""A heat map of more rows or columns is thinned: a cell then shows the strongest of several."""


def thinned(rows: list[HeatRow]) -> tuple[list[HeatRow], list[str]]:
    """At most MOST_CELLS rows and columns. A cell for several weights shows the strongest of them."""
    width = max(len(row.weights) for row in rows)
    across, down = -(-width // MOST_CELLS), -(-len(rows) // MOST_CELLS)
    if across == down == 1:
        return rows, []
    thin = []
    for at in range(0, len(rows), down):
        band = rows[at : at + down]
        weights = [
            _strongest(t for row in band for t in row.weights[k : k + across])
            for k in range(0, width, across)
        ]
        first = band[0]
        name = first.name if len(band) == 1 else f"{first.name} … {band[-1].name}"
        grads = [_strongest(row.grads[k] for row in band) for k in range(len(first.grads))]
        bias = _strongest(row.bias for row in band)
        thin.append(HeatRow(name, weights, bias, first.outputs if down == 1 else [], grads))
    return thin, [f"a cell is the strongest of {down} × {across}"]


def _strongest(tones: Iterable[Tone | None]) -> Tone | None:
    return max((t for t in tones if t is not None), key=lambda t: t.strength, default=None)
