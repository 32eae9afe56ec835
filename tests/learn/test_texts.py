"""The texts of the course: short, and in an order in which each word is explained before it is used."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from microgd.learn.course import Course
from microgd.learn.outcome import is_as_typed

COURSE = Course()
LINES, WIDTH = 30, 84  # of a text without its hints: a screen

# A word of the field, and the text that explains it: a chapter's introduction, or an exercise's text.
EXPLAINED = {
    "slope": "chapter 1", "float": "chapter 1", "model": "chapter 1", "network": "chapter 1",
    "derivative": "slope", "tangent": "slope", "central difference": "central", "kink": "kink",
    "loss": "chapter 2", "partial": "chapter 2", "upstream": "chapter 2", "gradient": "chapter 2",
    "with respect to": "chapter 2", "chain rule": "chapter 2",
    "exponent": "pow", "nonlinearity": "tanh", "probability": "sigmoid",
    "relative error": "agree", "tolerance": "agree", "nan": "agree",
    "node": "chapter 4", "operand": "chapter 4", "leaf": "chapter 4", "root": "chapter 4",
    "contribution": "chapter 4", "backward pass": "chapter 4", "weight": "chain", "bias": "chain",
    "class": "accumulate", "topological order": "order", "recursive": "iterate", "stack": "iterate",
    "score": "softmax", "cross-entropy": "chapter 6", "parameter": "chapter 7", "learning rate": "update",
    "SGD": "update", "curvature": "rate", "velocity": "momentum", "local one": "valley",
    "PyTorch": "chapter 8", "layer": "chapter 8", "epoch": "train", "symmetry": "symmetry",
    "batch": "batches", "test set": "curves", "overfitting": "chapter 10",
}  # fmt: skip


def texts():
    """Everything that a learner reads, in order: its name, and the text."""
    chapter = None
    for exercise in COURSE.exercises:
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            yield f"chapter {chapter.number}", f"{chapter.title}\n{chapter.text}"
        yield exercise.name, f"{exercise.title}\n{exercise.text}\n{exercise.stub}"


def shown():
    """The same without the stubs."""
    for exercise in COURSE.exercises:
        yield exercise.name, exercise.text
    for chapter in {exercise.chapter for exercise in COURSE.exercises}:
        yield f"chapter {chapter.number}", chapter.text


def test_a_sentence_is_a_paragraph_even_if_a_line_of_it_begins_with_a_minus():
    parts = [part for _, text in shown() for part in text.split("\n\n")]
    parts += [part for x in COURSE.exercises for hint in x.hints for part in hint.split("\n\n")]
    broken = [
        part for part in parts if re.search("^-", part, re.MULTILINE) and not re.search("^ ", part, re.M)
    ]
    assert len(broken) >= 3
    assert not any(map(is_as_typed, broken))
    assert all(map(is_as_typed, ("    x = 1", "so:\n    x = 1", "| a | b |\n|---|---|", "- one\n- two")))


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_page_in_a_browser_takes_the_same_paragraphs_for_code(tmp_path):
    script = Path(__file__).parents[2] / "docs" / "try" / "show.js"
    shutil.copy(script, tmp_path / "show.mjs")
    parts = ["- one\n- two", "| a |\n|---|", *(part for _, text in shown() for part in text.split("\n\n"))]
    code = "import { isAsTyped } from './show.mjs'; import { readFileSync } from 'node:fs';"
    code += "console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(isAsTyped)))"
    (tmp_path / "run.mjs").write_text(code)
    done = subprocess.run(
        ["node", tmp_path / "run.mjs"], input=json.dumps(parts), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == list(map(is_as_typed, parts))


def test_there_are_at_most_fifty_exercises():
    assert len(COURSE.exercises) <= 50


@pytest.mark.parametrize(("name", "text"), sorted(shown()), ids=[name for name, _ in sorted(shown())])
def test_a_text_fits_on_a_screen(name, text):
    lines = text.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("word", EXPLAINED)
def test_a_word_is_explained_where_it_is_first_used(word):
    pattern = re.compile(rf"\b{re.escape(word)}(e?s)?\b", re.IGNORECASE)
    first = next(name for name, text in texts() if pattern.search(" ".join(text.split())))
    assert first == EXPLAINED[word]


def test_no_chapter_builds_on_the_files_of_another():
    for exercise in COURSE.exercises:
        beside = {x.name for x in COURSE.exercises if x.chapter == exercise.chapter}
        others = {x.name for x in COURSE.exercises} - beside
        imported = set(re.findall(r"^from (\w+) import", exercise.stub, re.MULTILINE))
        assert not imported & others, exercise.name


def test_what_an_exercise_builds_on_comes_before_it():
    names = [x.name for x in COURSE.exercises]
    for exercise in COURSE.exercises:
        for name in re.findall(r"^from (\w+) import", exercise.stub, re.MULTILINE):
            if name in names:
                assert names.index(name) < names.index(exercise.name)


@pytest.mark.parametrize("name", [x.name for x in COURSE.exercises if "__main__" in x.stub])
def test_the_last_lines_of_a_stub_run_once_it_is_solved(name, tmp_path, monkeypatch, capsys):
    exercise = COURSE.find(name)
    beside = [x for x in COURSE.exercises if x.chapter == exercise.chapter]
    for other in beside:
        (tmp_path / f"{other.name}.py").write_text(other.solution)
        monkeypatch.delitem(sys.modules, other.name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    ready, main = exercise.stub.split("if __name__ ==")
    names = {"__name__": "answer"}
    exec(ready, names)
    exec(exercise.solution, names)
    names["__name__"] = "__main__"
    exec(f"if __name__ =={main}", names)
    assert capsys.readouterr().out.count("\n") >= 1
    for other in beside:
        sys.modules.pop(other.name, None)
