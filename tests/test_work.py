"""The scripts of demos/work find the known answers, paint pictures, and print what docs/work.md shows."""

import ast
import re
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.field.runs import agree, values

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "demos" / "work"
HELPERS = {"shown", "paintings"}
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in HELPERS)
NEEDED = {*HELPERS, "options"}
SHORTER = {"double_pendulum": ["--seconds", "1"], "hamiltonian": ["--draws", "1000"]}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs a script as its user does, in a folder of its own, and returns what it prints."""
    pytest.importorskip("numpy")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(FOLDER))

    def call(script, *options):
        monkeypatch.setattr(sys, "argv", [script, *options])
        try:
            runpy.run_path(str(FOLDER / f"{script}.py"), run_name="__main__")
        except SystemExit as end:
            if find_spec("matplotlib") or "needs matplotlib" not in str(end):
                raise
        return capsys.readouterr().out.splitlines()

    yield call
    for name in NEEDED:
        sys.modules.pop(name, None)


def shown(script):
    """The output that the page shows."""
    text = (ROOT / "docs" / "work.md").read_text(encoding="utf-8")
    assert f"](work/{script}.svg)" in text
    (block,) = (b for b in re.findall(r"```text\n(.*?)```", text, re.S) if f"{script}.svg" in b)
    return block.splitlines()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_paints_its_picture_and_finds_the_known_answers_that_the_page_shows(run, tmp_path, script):
    printed, expected = run(script, *SHORTER.get(script, [])), shown(script)
    if find_spec("matplotlib"):
        assert (tmp_path / f"{script}.svg").stat().st_size > 10_000
    else:
        expected.pop()
    assert len(printed) == len(expected)
    assert sum("known" in line for line in printed) >= 3
    for found, told in zip(printed, expected, strict=True):
        if script in SHORTER:  # other digits than those of the long run
            told = told.replace("10000", "1000").replace("12 s", "1 s")
            found, told = (re.sub(r" +-?\d\S* +known", " known", line) for line in (found, told))
        assert re.sub(r"\d\S*", "", found).split() == re.sub(r"\d\S*", "", told).split()
        assert all(agree(a, b, 1e-6) for a, b in zip(values(found), values(told), strict=True))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_has_at_most_60_lines_of_code(script):
    tree = ast.parse((FOLDER / f"{script}.py").read_text(encoding="utf-8"))
    texts = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    code = {
        line
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
        for line in range(node.lineno, node.end_lineno + 1)
    }
    source = (FOLDER / f"{script}.py").read_text(encoding="utf-8").splitlines()
    lines = [n for n in sorted(code - texts) if source[n - 1].strip()]
    assert 30 <= len(lines) <= 60


def test_an_answer_that_is_not_the_known_one_ends_the_script(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FOLDER))
    answer = runpy.run_path(str(FOLDER / "shown.py"))["answer"]
    answer("right", 1.0 + 1e-12, 1.0)
    answer("near", 1.05, 1.0, within=0.1)
    for found in (1.001, -1.0, float("nan")):
        with pytest.raises(SystemExit, match="wrong: the known answer is another one"):
            answer("wrong", found, 1.0)


def test_what_a_script_cannot_do_is_told_before_the_work(run, capsys):
    for options, told in [
        (["--out", "picture.xyz"], "should end in .png or .svg"),
        (["--out", "nowhere/picture.svg"], "there is no folder nowhere"),
        (["--draws", "0"], "should be a whole number from 1 on"),
    ]:
        with pytest.raises(SystemExit):
            run("hamiltonian", *options)
        outcome = capsys.readouterr()
        assert told in outcome.err
        assert outcome.out == ""
