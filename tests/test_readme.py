"""The README's Python runs as it is pasted, and prints what the README says."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microgd.ops import TABLE

README = Path(__file__).resolve().parent.parent / "README.md"
PACKAGE = README.parent / "microgd"
SNIPPET = re.compile(
    r"(?P<continues><!-- continues -->\n)?```python\n(?P<code>.*?)```\n(?:```text\n(?P<output>.*?)```\n)?",
    re.S,
)
SNIPPETS = list(SNIPPET.finditer(README.read_text(encoding="utf-8")))


@pytest.fixture(autouse=True)
def _only_microgds_primitives() -> Iterator[None]:
    """The README's operations have names that other tests may use, too."""
    before = dict(TABLE)
    for name, row in before.items():
        if not row.value.__module__.startswith("microgd"):
            del TABLE[name]
    yield
    TABLE.clear()
    TABLE.update(before)


def said(snippet: re.Match[str]) -> list[str]:
    """The output that the README shows: below the snippet, or in a comment beside each print."""
    if snippet["output"]:
        return snippet["output"].splitlines()
    return re.findall(r"(?m)^print\(.*\)  # (.*)$", snippet["code"])


def run(index: int) -> tuple[dict[str, Any], list[str]]:
    names: dict[str, Any] = {"__name__": "__main__"}
    if SNIPPETS[index]["continues"]:
        names, _ = run(index - 1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(SNIPPETS[index]["code"], str(README), "exec"), names)
    return names, printed.getvalue().splitlines()


@pytest.mark.parametrize("index", range(len(SNIPPETS)))
def test_a_snippet_runs_and_prints_what_is_said(index: int) -> None:
    _, printed = run(index)
    expected = said(SNIPPETS[index])
    assert not expected or printed == expected


def test_every_snippet_is_found_and_most_say_what_they_print() -> None:
    assert len(SNIPPETS) == README.read_text(encoding="utf-8").count("```python") >= 5
    assert len([snippet for snippet in SNIPPETS if said(snippet)]) >= 4


def test_every_file_that_is_linked_is_there() -> None:
    for page in (README, *README.parent.glob("docs/*.md")):
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page.name}: {link}"


def imported(path: Path) -> Iterator[str]:
    """The modules of microgd that a file imports, but for those that only type checkers import."""
    parents = path.relative_to(PACKAGE.parent).parts[:-1]
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*parents[: len(parents) - node.level + 1], *(node.module or "").split(".")]
            names = [x for x in base[1:] if x] or [alias.name for alias in node.names]
            yield from names[:1] if len([x for x in base if x]) > 1 else names
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            waiting += ast.iter_child_nodes(node)


def test_a_module_imports_only_what_is_above_it_in_the_readmes_table() -> None:
    rows = re.findall(
        r"(?m)^\| (`\w+`.*?) \| ", README.read_text(encoding="utf-8").split("## How to read it")[1]
    )
    rank = {name: i for i, row in enumerate(rows) for name in re.findall(r"`(\w+)`", row)}
    together = {"tensor", "tensor_functions"}
    assert len(rank) == 17
    for name in rank:
        for path in [*PACKAGE.glob(f"{name}.py"), *PACKAGE.glob(f"{name}/**/*.py")]:
            for used in set(imported(path)) & set(rank) - {name}:
                assert rank[used] < rank[name] or {used, name} <= together, f"{path}: {used}"
