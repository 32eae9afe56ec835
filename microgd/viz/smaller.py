"""Scripts and styles without what only their reader needs: comments, indentation, spaces around signs.

The scripts are written by a formatter, and use that: each statement ends with a semicolon, a division has
spaces around its sign, no comment follows code that has a text, and no template is inside of another. It uses
nothing else of ours.
"""

from __future__ import annotations

import re

TOKEN = re.compile(
    r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`"""  # texts
    r"|/(?![*/ ])(?:\\.|\[(?:\\.|[^\]])*\]|[^/\n\\])+/[a-z]*"  # regular expressions
    r"|(?P<comment>[ ]*//[^\n]*)"
    r"|(?P<before>\s*)(?P<sign>=>|[{}()\[\];,<>=*?:&|!]|/(?=\s))(?P<after>\s*)"
    r"|\n\s*",
)

OPENS, CLOSES = "{([,;=><&|?:*!", "})],;&|?:"
"""Signs after which a line may go on, and those before which it may have been broken."""


def script(text: str) -> str:
    """A script that does the same."""
    return TOKEN.sub(_shorter, TOKEN.sub(_uncommented, text)).strip() + "\n"


def _uncommented(token: re.Match[str]) -> str:
    return "" if token["comment"] is not None else token[0]


def _shorter(token: re.Match[str]) -> str:
    sign = token["sign"]
    if sign is None:
        return "\n" if token[0][0] == "\n" else token[0]
    before = "\n" if "\n" in token["before"] and sign[0] not in CLOSES else ""
    after = "\n" if "\n" in token["after"] and sign[-1] not in OPENS else ""
    return before + sign + after


def style(text: str) -> str:
    """A style sheet that says the same."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text)
    return re.sub(r": ", ":", text).replace(";}", "}").strip()
