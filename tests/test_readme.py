"""The README shows what its code prints, and its table of modules is true."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_docs import ROOT, blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "microgd"


def test_it_shows_what_its_code_prints_and_is_short() -> None:
    assert len([block for block in blocks(README) if block.said()]) >= 4
    assert len(README.splitlines()) <= 260


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


MODULES = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
TABLE = [
    [name for pattern in re.findall(r"`([\w*]+)`", row) for name in fnmatch.filter(sorted(MODULES), pattern)]
    for row in re.findall(r"(?m)^\| (`[\w*]+`.*?) \| ", README.split("## How to read it")[1])
]
RANK = {name: i for i, name in enumerate(dict.fromkeys(name for row in TABLE for name in row))}
# They find what is below them when it is named.
LATER = {("autograd", "function"), ("value", "copying"), ("func", "stateless")}


def test_every_module_is_in_the_table() -> None:
    assert {name for name in MODULES if not name.startswith("_")} == set(RANK)


def test_a_module_imports_only_what_is_above_it_in_the_readmes_table() -> None:
    beside = next(row for row in TABLE if "nn" in row)
    for name in RANK:
        for path in [*PACKAGE.glob(f"{name}.py"), *PACKAGE.glob(f"{name}/**/*.py")]:
            for used in set(imported(path)) & set(RANK) - {name}:
                tensors = used.startswith("tensor") and name.startswith("tensor")
                assert RANK[used] < RANK[name] or tensors or (name, used) in LATER, f"{path}: {used}"
                assert not (name in beside and used in beside), f"{path}: {used}"
