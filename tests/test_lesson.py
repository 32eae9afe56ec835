"""The lesson's pictures and its notebook are fresh, and the notebooks run in processes of their own."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from microgd.learn.course import BUILT_IN, Course
from tests.test_docs import ROOT, blocks


@pytest.fixture(scope="module")
def lesson() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lesson", ROOT / "docs" / "lesson.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("picture", ["curve", "bowl", "rates", "minima"])
def test_a_picture_is_fresh(lesson: ModuleType, picture: str) -> None:
    svg = (lesson.FOLDER / f"{picture}.svg").read_text(encoding="utf-8")
    assert svg == lesson.PICTURES[picture]().svg(), "run python docs/lesson.py"


def test_no_picture_is_left_over(lesson: ModuleType) -> None:
    assert {path.stem for path in lesson.FOLDER.iterdir()} == set(lesson.PICTURES)


def test_the_notebook_is_fresh(lesson: ModuleType) -> None:
    assert lesson.NOTEBOOK.read_text(encoding="utf-8") == lesson.notebook_text(), "run python docs/lesson.py"


def test_the_files_that_the_notebook_shows_are_there(lesson: ModuleType) -> None:
    cells = lesson.notebook(lesson.PAGE.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(links) >= 6
    assert not [link for link in links if not (lesson.NOTEBOOK.parent / link).exists()]


RUN = """
import json, sys

for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), globals())
print(type(film).__name__, "<iframe" in film._repr_html_())
"""


def test_the_notebook_runs_in_a_clean_process_and_prints_what_the_page_says(lesson: ModuleType) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, lesson.NOTEBOOK],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [line for block in blocks(lesson.PAGE.read_text(encoding="utf-8")) for line in block.said()]
    assert done.stdout.rstrip().splitlines() == [*said, "Player True"]


@pytest.mark.parametrize("notebook", sorted((ROOT / "demos").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_in_a_kernel_of_jupyter_and_its_pictures_have_words(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    book = nbformat.read(notebook, as_version=4)
    nbformat.validate(book)
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [out for cell in book.cells for out in cell.get("outputs", [])]
    html = "".join(out.get("data", {}).get("text/html", "") for out in outputs)
    assert "<iframe" in html
    bare = re.sub(r'srcdoc="[^"]*"', "", html)
    for tag, words in (("img", "alt"), ("svg", "aria-label"), ("iframe", "title")):
        for picture in re.findall(rf"<{tag}\b[^>]*>", bare):
            assert re.search(rf'\b{words}="[^"]{{10,}}"', picture)


def named_in(page: str) -> list[str]:
    """The exercises of the page, in order."""
    lines = re.findall(r"(?m)^Exercises?: ((?:.+\n?)+)", page)
    assert len(lines) >= 8
    return list(dict.fromkeys(name for line in lines for name in re.findall(r"`(\w+)`", line)))


def test_every_exercise_that_the_lesson_names_is_there(lesson: ModuleType) -> None:
    there = {path.name.partition("-")[2] for path in BUILT_IN.glob("*/*/")}
    assert set(named_in(lesson.PAGE.read_text(encoding="utf-8"))) <= there


def test_what_an_exercise_builds_on_comes_before_it_in_the_lesson(lesson: ModuleType) -> None:
    course, seen = Course(), set()
    for name in named_in(lesson.PAGE.read_text(encoding="utf-8")):
        exercise = course.find(name)
        assert exercise is not None
        imported = set(re.findall(r"(?m)^from (\w+) import", exercise.stub))
        assert {one for one in imported if course.find(one)} <= seen, name
        seen.add(name)
