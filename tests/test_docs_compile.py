"""docs/compile.md runs from top to bottom, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
from importlib.util import find_spec
from pathlib import Path

from tests.test_readme import SNIPPET

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compile.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = list(SNIPPET.finditer(TEXT))
OTHERS = re.compile(r"(?m)^(?:import|from) (scipy|numpy|jax|torch)\b")


def printed(code: str, names: dict[str, object]) -> list[str]:
    """What a block prints. If it ends with an error, that is the last line."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "train.py", "exec"), names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return out.getvalue().rstrip().splitlines()


def joined(lines: list[str]) -> list[str]:
    """The lines that a page shows; an error is one line, which the page breaks."""
    for i, line in enumerate(lines):
        if re.match(r"\w+Error: ", line):
            return [*lines[:i], " ".join(lines[i:])]
    return lines


def test_the_page_runs_from_top_to_bottom_and_prints_what_it_says() -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in BLOCKS:
        if all(find_spec(package) for package in OTHERS.findall(block["code"])):
            assert printed(block["code"], names) == joined((block["output"] or "").splitlines()), block[
                "code"
            ]


def test_every_block_is_found() -> None:
    assert len(BLOCKS) == TEXT.count("```python") > 20
    assert len([block for block in BLOCKS if block["output"]]) == TEXT.count("```text") > 20
