"""Colours: blue above 0, orange below, white at 0, and red for nan and inf."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Tone

INK, GREY, FAINT, PAPER = "#0f172a", "#475569", "#94a3b8", "#ffffff"
BLACK = "#000000"
BLUE, ORANGE, RED = "#1d4ed8", "#c2410c", "#e60026"
PARAMETER_BORDER, PARAMETER_PAPER = "#3b82f6", "#dbeafe"
FRAME_PAPERS = ("#f8fafc", "#f1f5f9")
FRAME_BORDERS = ("#cbd5e1", "#e2e8f0")

NIGHT_PAPER = "#0b1120"
NIGHT = {
    PAPER: NIGHT_PAPER,
    FRAME_PAPERS[0]: "#111a2e",
    FRAME_PAPERS[1]: "#18233a",
    PARAMETER_PAPER: "#1e3a6e",
    FAINT: "#64748b",
}
NIGHT_INKS = {INK: "#f1f5f9", GREY: "#b6c2d2", ORANGE: "#fb923c"}
NIGHT_LINES = {INK: "#f1f5f9", FRAME_BORDERS[0]: "#475569", FRAME_BORDERS[1]: "#334155"}
"""What papers, text and lines become where the reader prefers dark pages."""


def hue(tone: Tone) -> str:
    """The pure colour of a sign."""
    return RED if tone.broken else BLUE if tone.value > 0.0 else ORANGE


def shade(tone: Tone) -> str:
    """The colour of a cell that holds a gradient: white at 0."""
    return RED if tone.broken else mix(PAPER, hue(tone), 0.9 * tone.strength)


def mix(low: str, high: str, share: float) -> str:
    """A mixture of two colours."""
    pairs = zip(_rgb(low), _rgb(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


DARKEST, HARD_TO_READ = 0x2C, range(0x77, 0x80)
"""The grey of an attention weight of 1; and the greys that neither ink is readable on."""

NIGHT_BRIGHTEST = "#6b7280"


def grey(share: float) -> str:
    """A grey for data between 0 and 1: white at 0. It has nothing of the colours of gradients."""
    level = round(255 - min(1.0, max(0.0, share)) * (255 - DARKEST))
    if level in HARD_TO_READ:
        level = HARD_TO_READ.start - 1 if level - HARD_TO_READ.start < 5 else HARD_TO_READ.stop
    return f"#{level:02x}{level:02x}{level:02x}"


CONTRAST = 4.5
"""The least contrast that text may have (WCAG 2, level AA)."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2's relative luminance)."""
    low, high = sorted((_luminance(one) + 0.05, _luminance(other) + 0.05))
    return high / low


def readable_on(paper: str) -> str:
    """Dark or white ink, whichever has the higher contrast; black where neither has enough."""
    best = max((INK, PAPER), key=lambda ink: contrast(paper, ink))
    return best if contrast(paper, best) >= CONTRAST else BLACK


def at_night(colour: str) -> str:
    """A light paper's colour for a dark page: as far from the dark paper as it was from white.

    A colour under white or black text stays as it is. A grey becomes brighter where it was darker.
    """
    red, green, blue = _rgb(colour)
    if red == green == blue and DARKEST <= red < 255:
        return mix(NIGHT_PAPER, NIGHT_BRIGHTEST, (255 - red) / (255 - DARKEST))
    if colour in NIGHT or readable_on(colour) != INK:
        return NIGHT.get(colour, colour)
    full = BLUE if blue >= red else ORANGE
    ends = [(255 - c, 255 - f) for c, f in zip(_rgb(colour), _rgb(full), strict=True)]
    share = sum(a for a, _ in ends) / sum(b for _, b in ends)
    return mix(NIGHT_PAPER, full, min(1.0, share))


def night(svg: str, inside: str) -> str:
    """Rules of style for a dark page: for each colour of an SVG, inside of the element of that id."""
    inks: set[str] = set()
    papers: set[str] = set()
    for tag, colour in re.findall(r'<(\w+)\b[^>]*?\bfill="(#[0-9a-f]{6}|white)"', svg):
        (inks if tag == "text" else papers).add(colour)
    rules = [f'#{inside} text[fill="{c}"]{{fill:{NIGHT_INKS[c]}}}' for c in sorted(inks & NIGHT_INKS.keys())]
    for colour in sorted(papers):
        dark = at_night(PAPER if colour == "white" else colour)
        if dark != colour:
            rules.append(f'#{inside} :not(text,.edge *)[fill="{colour}"]{{fill:{dark}}}')
    for colour in sorted(set(re.findall(r'\bstroke="(#[0-9a-f]{6})"', svg)) & NIGHT_LINES.keys()):
        rules.append(f'#{inside} [stroke="{colour}"]{{stroke:{NIGHT_LINES[colour]}}}')
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


@lru_cache(maxsize=4096)
def _luminance(colour: str) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(c / 255) for c in _rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _rgb(colour: str) -> Iterable[int]:
    return (int(colour[i : i + 2], 16) for i in (1, 3, 5))
