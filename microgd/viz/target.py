"""The file that a picture or a page is written to: the end of its name says what is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURE = (".svg", ".png", ".dot", ".html")
PAGE = (".html",)

OTHERWISE = {".gv": ".dot", ".htm": ".html"}
"""Other ends for the same."""


def kind_of(path: Path, kinds: Sequence[str]) -> str:
    """The one of these kinds that a file's name ends in. ValueError if it is none."""
    end = path.suffix.lower()
    kind = OTHERWISE.get(end, end)
    if kind not in kinds:
        *most, last = kinds
        ends = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"cannot save {path.name or str(path)!r}: use a name that ends in {ends}")
    return kind
