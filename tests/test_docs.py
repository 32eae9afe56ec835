"""Every page runs as it is pasted, and shows what it prints.

A page is README.md, CONTRIBUTING.md or a page of docs/. Its Python blocks run from top to bottom, in a
folder of their own. In the README each block runs alone, unless `<!-- continues -->` is above it. What a
block prints is shown in a text block below it, or in a comment beside each print. A block that ends with an
exception shows it as its last line. A block with `<!-- not run -->` above it is only read. One with
`<!-- from microgd/ops.py -->` above it must be found in that file, line by line.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from microgd.ops import TABLE

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>continues|not run|from [\w/.]+) -->\n)?"
    r"^```python\n(?P<code>.*?)^```\n"
    r"(?:\n?^```text\n(?P<output>.*?)^```\n)?",
    re.S | re.M,
)
OTHERS = re.compile(r"(?m)^\s*(?:import|from) (scipy|numpy|jax|torch|matplotlib|sklearn)\b")


@dataclass
class Block:
    """A block of Python on a page, and what the page says that it prints."""

    page: str
    mark: str | None
    code: str
    output: str | None

    def said(self) -> list[str]:
        if self.output is not None:
            return joined(self.output.splitlines())
        return re.findall(r"(?m)^ *print\(.*\)  # (.*)$", self.code)

    def runs(self) -> bool:
        return self.mark in (None, "continues") and all(map(find_spec, OTHERS.findall(self.code)))

    def is_quoted_truly(self) -> bool:
        """Whether the file that it is said to be from has these lines, whatever their indentation."""
        text = (ROOT / str(self.mark).removeprefix("from ")).read_text(encoding="utf-8")
        return any(indent(self.code, " " * 4 * depth) in text for depth in range(6))


def joined(lines: list[str]) -> list[str]:
    """The lines that a page shows. An error is one line, which the page may break."""
    for i, line in enumerate(lines):
        if re.match(r"\w+Error: ", line):
            return [*lines[:i], " ".join(lines[i:])]
    return lines


def blocks(text: str, page: str = "") -> list[Block]:
    return [Block(page, found["mark"], found["code"], found["output"]) for found in BLOCK.finditer(text)]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def printed(block: Block, names: dict[str, Any]) -> list[str]:
    """What a block prints. If it ends with an exception, that is the last line."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(block.code, "train.py", "exec"), names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return [line.rstrip() for line in out.getvalue().rstrip().splitlines()]


def mistakes(page: list[Block], apart: bool = False) -> list[str]:
    """The blocks that do not print what is said."""
    names: dict[str, Any] = {}
    found = []
    for block in page:
        if (apart and block.mark != "continues") or not names:
            names = {"__name__": "__main__"}
        if block.runs():
            told, said = printed(block, names), block.said()
            if told != said:
                found.append("\n".join([block.code, "prints", *told, "but it is said:", *said]))
    return found


@pytest.fixture(autouse=True)
def _a_folder_and_a_table_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages' operations have names that other tests may use, too."""
    monkeypatch.chdir(tmp_path)
    before = dict(TABLE)
    for word, row in before.items():
        if not row.value.__module__.startswith("microgd"):
            del TABLE[word]
    yield
    TABLE.clear()
    TABLE.update(before)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_runs_as_pasted_and_prints_what_it_says(page: Path) -> None:
    found = mistakes(blocks(page.read_text(encoding="utf-8"), name(page)), apart=page.name == "README.md")
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_a_page_is_found(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(blocks(text)) == len(re.findall(r"(?m)^```python", text))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_is_quoted_from_a_file_stands_there(page: Path) -> None:
    quoted = [b for b in blocks(page.read_text(encoding="utf-8")) if str(b.mark).startswith("from ")]
    assert not [block.code for block in quoted if not block.is_quoted_truly()]


def test_the_engine_has_ten_steps_and_at_most_150_lines() -> None:
    text = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8").partition("## Is it right?")[0]
    steps = [block for block in blocks(text) if block.mark is None]
    lines = [line for block in steps for line in block.code.splitlines() if line.strip()]
    assert (len(re.findall(r"(?m)^## \d+\. ", text)), len(steps)) == (10, 10)
    assert len(lines) <= 150


# --- the tester itself ---


def test_a_block_that_prints_something_else_is_seen() -> None:
    assert mistakes(blocks("```python\nprint(1 + 1)  # 3\n```\n"))
    assert not mistakes(blocks("```python\nprint(1 + 1)  # 2\n```\n"))
    assert mistakes(blocks("```python\nprint(1)\n```\n```text\n2\n```\n"))


def test_a_block_whose_output_is_not_shown_is_seen() -> None:
    assert mistakes(blocks("```python\nfor i in range(3):\n    print(i)\n```\n"))


def test_a_block_that_fails_is_seen_unless_the_page_shows_the_error() -> None:
    assert mistakes(blocks("```python\n1 / 0\n```\n"))
    assert not mistakes(blocks("```python\n1 / 0\n```\n```text\nZeroDivisionError: division\nby zero\n```\n"))


def test_names_go_from_block_to_block_but_not_where_each_is_pasted_alone() -> None:
    two = "```python\nx = 1\n```\nThen\n\n```python\nprint(x)  # 1\n```\n"
    assert not mistakes(blocks(two))
    assert mistakes(blocks(two), apart=True)
    assert not mistakes(blocks(two.replace("Then\n\n", "<!-- continues -->\n")), apart=True)


# --- links ---


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"(?m)^#+ (.*)$", text)
    }


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name)
def test_every_file_and_heading_that_is_linked_is_there(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if heading and target.suffix == ".md":
            assert heading in anchors(target), link
