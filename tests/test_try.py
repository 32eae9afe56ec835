"""The page for the browser without a browser: what it is put together from, and what its Python answers."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from microgd.learn.course import BUILT_IN, Course
from microgd.learn.painter import picture_of

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "docs" / "try"


def loaded(name: str, folder: Path = HERE) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_try_{name}", folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = loaded("build")


@pytest.fixture
def session() -> Any:
    module = loaded("session")
    module.printed = ""

    def tell(text: str) -> None:
        module.printed += text

    module.tell = tell
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with a Python beside it: empty files stand for pyodide's."""
    pyodide, target = tmp_path_factory.mktemp("pyodide"), tmp_path_factory.mktemp("try")
    for name in build.PYODIDE:
        (pyodide / name).touch()
    build.build(target, pyodide)
    return target


# --- the folder ---


def test_every_file_that_the_page_names_is_beside_it(site: Path) -> None:
    named = set()
    for path in [*site.glob("*.html"), *site.glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        named |= set(
            re.findall(r"""(?:src|href)="([\w./]+\.\w+)"|"(?:\./)?([\w/]+\.(?:js|json|zip))\"""", text)
        )
    names = {a or b for a, b in named}
    assert {"try.js", "try.css", "worker.js", "course.json", "microgd.zip", "show.js"} <= names
    assert [name for name in names if not (site / name).exists()] == []


def test_every_element_that_the_script_names_is_in_the_page() -> None:
    script = (HERE / "try.js").read_text(encoding="utf-8")
    page = (HERE / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:at|press)\("([\w-]+)"', script))
    assert len(named) > 15
    assert named <= set(re.findall(r'id="([\w-]+)"', page))


def test_the_page_has_no_inline_script_and_asks_no_other_server() -> None:
    page = (HERE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    texts = [path.read_text(encoding="utf-8") for path in (*HERE.glob("*.js"), *HERE.glob("*.css"))]
    assert not [text for text in texts if "http" in text or "innerHTML" in text]
    assert len(re.findall(r"https?:", page)) == 1, "the place of pyodide"


def test_the_place_of_pyodide_is_one_setting(site: Path) -> None:
    assert '<meta name="pyodide" content="pyodide/">' in (site / "index.html").read_text(encoding="utf-8")
    assert {path.name for path in (site / "pyodide").iterdir()} == set(build.PYODIDE)
    before = (HERE / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<meta name="pyodide" content="https://[^"]*/v[\d.]+/full/">', before)


def test_teachers_are_told_the_version_of_pyodide_that_the_page_asks_for() -> None:
    asked = re.search(r"/v([\d.]+)/full/", (HERE / "index.html").read_text(encoding="utf-8"))
    told = re.search(
        r"npm install pyodide@([\d.]+)", (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    )
    assert asked is not None
    assert told is not None
    assert asked[1] == told[1]


def test_the_archive_holds_the_package_and_nothing_else_and_is_the_same_each_time(
    site: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(site / "microgd.zip") as archive:
        names = set(archive.namelist())
        assert archive.read("microgd/ops.py") == (ROOT / "microgd" / "ops.py").read_bytes()
    assert {"session.py", "microgd/viz/player.html", "microgd/learn/exercises/1-slopes/chapter.md"} <= names
    assert not [
        name for name in names if "__pycache__" in name or name.split("/")[0] not in ("session.py", "microgd")
    ]
    build.core(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (site / "microgd.zip").read_bytes()


def test_the_page_lists_the_course_and_begins_with_the_readmes_first_example(site: Path) -> None:
    content = json.loads((site / "course.json").read_text(encoding="utf-8"))
    assert [(x["name"], x["stub"]) for x in content["exercises"]] == [
        (x.name, x.stub) for x in Course().exercises
    ]
    readme = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert readme is not None
    assert (
        readme[1].replace("from microgd", "import microgd\nfrom microgd", 1) in content["examples"][0]["code"]
    )
    assert len(content["examples"]) == (HERE / "examples.md").read_text(encoding="utf-8").count("```python")


def test_a_course_of_ones_own_takes_the_place_of_the_built_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(BUILT_IN / "1-slopes", mine / "1-mine", ignore=shutil.ignore_patterns("__pycache__"))
    build.build(tmp_path / "try", course=mine)
    content = json.loads((tmp_path / "try" / "course.json").read_text(encoding="utf-8"))
    assert {x["chapter"]["number"] for x in content["exercises"]} == {1}
    with zipfile.ZipFile(tmp_path / "try" / "microgd.zip") as archive:
        archive.extractall(tmp_path / "worker")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    session = loaded("session", tmp_path / "worker")
    name = content["exercises"][-1]["name"]
    assert session.check(name, {name: content["exercises"][-1]["solution"]})["ok"]
    with pytest.raises(ValueError, match="there is no exercise 'tanh'"):
        session.check("tanh", {})


def test_each_picture_of_the_course_is_drawn_and_may_run_no_script_outside_of_its_frame(site: Path) -> None:
    for exercise in Course().exercises:
        text = (site / "pictures" / f"{exercise.name}.html").read_text(encoding="utf-8")
        picture = picture_of(exercise)
        assert bool(text) == (picture is not None)
        assert "Graphviz" not in text
        outside = re.sub(r'<iframe [^>]*sandbox="allow-scripts"[^>]*>', "", text)
        assert not re.search(r"<script|<iframe|\son\w+=", outside)


# --- a program ---


def test_a_program_prints_and_its_last_value_is_shown(session: Any) -> None:
    assert session.run("x = 2\nprint(x)\n[x, x]") == []
    assert session.printed == "2\n[2, 2]\n"


def test_a_film_is_shown_as_a_value_by_its_method_and_as_a_file(session: Any) -> None:
    begin = "import microgd\nfrom microgd import Value\nx = Value(3.0, 'x')\nloss = microgd.play(x * x)\n"
    (value,) = session.run(f"{begin}loss")
    (method,) = session.run(f"{begin}loss.show()")
    (file,) = session.run(f"{begin}saved = loss.save('a.html')")
    assert "<!doctype html>" in value["film"]
    assert value["film"] == method["film"] == file["film"]
    assert file["name"] == "a.html"


def test_a_drawing_is_shown_as_its_film_and_the_page_says_so(session: Any) -> None:
    note, film = session.run("import microgd\nx = microgd.Value(3.0, 'x')\nmicrogd.draw(x * x)")
    assert "Graphviz" in note["note"]
    assert "<!doctype html>" in film["film"]


def test_without_graphviz_a_drawing_that_is_saved_says_what_to_do(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from microgd.viz import render

    def missing() -> str:
        raise render.NotInstalledError(render.MISSING)

    monkeypatch.setattr(render, "program", missing)
    session.run("import microgd\nx = microgd.Value(3.0, 'x')\nmicrogd.draw(x * x).save('a.svg')")
    assert "line 3" in session.printed
    assert session.printed.endswith("does not run in a browser. microgd.play shows the same graph.\n")
    assert "drawing.py" not in session.printed


def test_a_file_that_a_program_writes_can_be_saved(session: Any) -> None:
    (file,) = session.run("with open('a.txt', 'w') as file:\n    n = file.write('hi')")
    assert file == {"file": "a.txt", "data": "aGk="}


def test_an_error_shows_the_programs_lines_and_no_others(session: Any) -> None:
    def run(program: str) -> None:
        """In a thread of its own, where no exception of another test is being handled."""
        session.printed = ""
        thread = threading.Thread(target=session.run, args=(program,))
        thread.start()
        thread.join()

    run("def f():\n    return 1 / 0\n\nf()")
    assert re.findall(r'File "(.*)", line (\d+)', session.printed) == [
        ("program.py", "4"),
        ("program.py", "2"),
    ]
    assert session.printed.endswith("ZeroDivisionError: division by zero\n")
    run("x = (")
    assert session.printed.startswith('  File "program.py", line 1')
    run("import sys\nsys.exit()")
    assert session.printed == ""


def test_prints_without_an_end_are_cut(session: Any) -> None:
    session.run(f"for i in range(5000):\n    print('{'x' * 50}')")
    assert len(session.printed) < 1.01 * session.MOST_PRINTED
    assert session.printed.endswith("are shown.)\n")


def test_the_lines_of_a_program_are_those_of_now(session: Any) -> None:
    for word in ("one", "two"):
        session.run(f"# {word}\nimport linecache\nprint(linecache.getline('program.py', 1))")
    assert session.printed.split() == ["#", "one", "#", "two"]


def test_a_program_leaves_nothing_behind(session: Any) -> None:
    path, modules, here = list(sys.path), set(sys.modules), Path.cwd()
    one = "from pathlib import Path\nPath('mine.py').write_text('x = {}')\nimport mine\nprint(mine.x)"
    session.run(one.format(1))
    session.run(one.format(2))
    assert session.printed == "1\n2\n"
    assert (sys.path, Path.cwd()) == (path, here)
    assert not [name for name in set(sys.modules) - modules if name == "mine"]


# --- an answer ---


def test_an_answer_gets_the_verdict_of_the_course(session: Any) -> None:
    exercise = Course().find("tanh")
    assert exercise is not None
    right = session.check("tanh", {"tanh": exercise.solution})
    assert (right["ok"], right["key"], right["said"][-1]) == (True, "ok", exercise.joy)
    wrong = session.check("tanh", {"tanh": "def backward(x, out, g):\n    print(x)\n    return 1 - out**2\n"})
    assert (wrong["ok"], wrong["key"]) == (False, "missing_upstream")
    assert wrong["printed"].count("\n") >= 3
    assert session.printed == ""


def test_a_wrong_answer_is_painted_beside_the_right_sign_and_size(session: Any) -> None:
    wrong = session.check("tanh", {"tanh": "def backward(x, out, g):\n    return -(1 - out**2) * g\n"})
    assert re.search(r"x: yours -\d.*; asked: positive", wrong["beside"])
    assert not wrong["pictures"], "a graph, which only Graphviz can draw"
    wrong = session.check("slope", {"slope": "def slope(f, x, h=1e-5):\n    return f(x + h) - f(x)\n"})
    (picture,) = wrong["pictures"]
    assert re.match(r"<svg .*yours.*</svg>$", picture)


def test_a_guess_is_judged_whatever_is_typed(session: Any) -> None:
    assert session.guess("tanh", "0,63").endswith("Well seen!")
    assert "sign is right" in session.guess("tanh", "0.3")
    assert session.guess("tanh", "steep") == "A guess is a number, as 0.5 or -2."


def test_without_an_answer_the_stub_is_checked(session: Any) -> None:
    assert session.check("tanh", {})["key"] == "unfinished"


def test_a_line_of_the_answer_is_quoted_as_it_is_now(session: Any) -> None:
    for divisor in ("0", "0.0"):
        answer = f"def backward(x, out, g):\n    return g / {divisor}\n"
        assert f"Line 2 (`return g / {divisor}`)" in session.check("tanh", {"tanh": answer})["message"]


def test_what_the_page_asks_for_comes_and_goes_as_json(session: Any) -> None:
    assert json.loads(session.answer("run", json.dumps(["print(1)"]))) == []
    assert json.loads(session.answer("check", json.dumps(["tanh", {}])))["exercise"] == "tanh"
