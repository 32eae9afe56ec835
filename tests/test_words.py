"""One word for one thing: what a reader reads says it with the words of docs/glossary.md."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

# pattern, what to say instead, and where it is meant otherwise: paths that begin so
WORDS: list[tuple[str, str, tuple[str, ...]]] = [
    (
        r"slopes?",
        "partial",
        (  # the slope of a curve, and what numerical_derivative measures
            "README.md",
            "CHANGELOG.md",
            "docs/glossary.md",
            "docs/lesson",
            "docs/teaching.md",
            "docs/writing-exercises.md",
            "demos/gradient_descent",
            "microgd/__main__.py",
            "microgd/check/derivative.py",
            "microgd/check/extrapolation.py",
            "microgd/check/numerical.py",
            "microgd/check/waves.py",
            "microgd/check/gradients.py",
            "microgd/check/graphs.py",
            "microgd/learn/__init__.py",
            "microgd/learn/command.py",
            "microgd/learn/desk.py",
            "microgd/learn/page.py",
            "microgd/learn/pictures.py",
            "microgd/learn/exercises/1-slopes/",
            "microgd/learn/exercises/2-partial-derivatives/chapter.md",
            "microgd/learn/exercises/3-gradient-check/",
            "microgd/learn/exercises/6-losses/01-mse/",
            "microgd/learn/exercises/7-descent/06-valley/",
            "microgd/nn/init.py",
        ),
    ),
    (
        r"local (derivative|gradient)s?",
        "partial",
        ("docs/glossary.md", "microgd/learn/exercises/2-partial-derivatives/"),
    ),
    (r"shares? of (a|the|its|this|that) (gradient|derivative|upstream)", "contribution", ()),
    (r"from above", "upstream gradient", ("demos/gradient_descent.py",)),  # a surface, seen from above
    (r"cotangents?", "upstream gradient", ("docs/glossary.md", "microgd/func.py")),
    (r"child(ren)? nodes?|parent nodes?", "operand, result", ()),
    (r"stands? on|stood on|standing on", "uses", ()),
    (r"rooms?", "module, space", ()),
    (r"thickets?", "many paths", ()),
    (r"next door", "beside it, in the next module", ()),
    (r"desks?", "the learner's folder", ("microgd/learn/__init__.py",)),  # the list of its modules
    (r"fences?|fenced", "the limits of a run", ("microgd/learn/__init__.py",)),
    (r"hand(s|ed|ing)? back|hand(s|ed|ing)? (it|them|its \w+) back", "pass back, return", ()),
    (r"hand(s|ed|ing)?( \w+){0,2} (on|out)|hand(s|ed|ing)? each", "pass on, give", ()),
    (r"walls?|houses?", "limits, module", ()),
]


@cache
def sentences(path: Path) -> list[tuple[int, str]]:
    """What a person reads in a file, with its lines: all of a text; of code the comments and the strings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return [line for cell in json.loads(text)["cells"] for line in in_cell(cell)]
    if path.suffix == ".py":
        return list(in_code(text))
    return list(enumerate(re.sub(r"(?s)<(style|script)>.*?</\1>", "", text).splitlines(), 1))


def in_cell(cell: dict[str, Any]) -> Iterator[tuple[int, str]]:
    source = "".join(cell["source"])
    return enumerate(source.splitlines(), 1) if cell["cell_type"] == "markdown" else in_code(source)


def in_code(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        # A string of one word is a key or a name; the names in an f-string are no part of its constants.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            for i, line in enumerate(node.value.splitlines()):
                yield node.lineno + i, line


@cache
def files() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    for folder, kinds in (("microgd", "py md html"), ("docs", "md py"), ("demos", "py ipynb")):
        for kind in kinds.split():
            found += (ROOT / folder).rglob(f"*.{kind}")
    return sorted(found)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(("pattern", "instead", "allowed"), WORDS, ids=[row[0] for row in WORDS])
def test_one_word_for_one_thing(pattern: str, instead: str, allowed: tuple[str, ...]) -> None:
    word = re.compile(rf"\b({pattern})\b(?!\(|\.py)", re.IGNORECASE)
    found = [
        f"{name(path)}:{at}: {line.strip()}"
        for path in files()
        if not name(path).startswith(tuple(allowed))
        for at, line in sentences(path)
        if word.search(re.sub(r"`[^`]*`", "", line))  # a name of the code
    ]
    assert not found, f"say {instead!r}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("pattern", "allowed"), [(row[0], row[2]) for row in WORDS], ids=lambda x: str(x)[:30]
)
def test_an_exception_is_used(pattern: str, allowed: tuple[str, ...]) -> None:
    for start in allowed:
        read = [line for path in files() if name(path).startswith(start) for _, line in sentences(path)]
        assert re.search(rf"\b({pattern})\b", " ".join(read), re.IGNORECASE), start


def test_comments_and_strings_are_read_and_names_are_not() -> None:
    source = 'desk = f"a {room} of" + "fence"  # aside\ndef desk_of(slope):\n    "Says\\n    two lines"\n'
    assert {text.strip() for _, text in in_code(source)} == {"# aside", "of", "a", "Says", "two lines"}
