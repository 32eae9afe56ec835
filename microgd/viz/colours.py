"""Colours: blue above 0, orange below, white at 0, and red for nan and inf."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Tone

INK, GREY, FAINT, PAPER = "#0f172a", "#64748b", "#94a3b8", "#ffffff"
BLUE, ORANGE, RED = "#1d4ed8", "#c2410c", "#e60026"
PARAMETER_BORDER, PARAMETER_PAPER = "#3b82f6", "#dbeafe"
FRAME_PAPERS = ("#f8fafc", "#f1f5f9")
FRAME_BORDERS = ("#cbd5e1", "#e2e8f0")


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


def readable_on(paper: str) -> str:
    """Dark or white ink, whichever has the higher contrast (WCAG 2's relative luminance)."""
    light, dark = _luminance(paper) + 0.05, _luminance(INK) + 0.05
    return INK if light / dark > 1.05 / light else PAPER


def _luminance(colour: str) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(c / 255) for c in _rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _rgb(colour: str) -> Iterable[int]:
    return (int(colour[i : i + 2], 16) for i in (1, 3, 5))
