"""What the course shows in a notebook: text, and the same as HTML.

`Page` is what `show`, `hint`, `list` and the others return: as the last line of a cell, it is displayed.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

STYLE = "max-width:46em;line-height:1.5"


class Page(NamedTuple):
    """Something to read: for a terminal, and for a notebook."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<div style="{STYLE}">{self.html}</div>'


def marked_up(text: str) -> str:
    """A text of the course as HTML. Indented paragraphs, tables and lists stay as they are typed."""
    parts = []
    for paragraph in text.split("\n\n"):
        if any(line.startswith((" ", "|", "-")) for line in paragraph.split("\n")):
            parts.append(code(paragraph))
        elif paragraph.strip():
            parts.append(f"<p>{inline(paragraph)}</p>")
    return "\n".join(parts)


def inline(text: str) -> str:
    """A sentence as HTML: `names` are set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def code(text: str) -> str:
    """A block of code."""
    return f'<pre style="line-height:1.35">{html.escape(text.rstrip(), quote=False)}</pre>'


def heading(text: str, level: int = 3) -> str:
    """A title."""
    return f"<h{level}>{inline(text)}</h{level}>"
