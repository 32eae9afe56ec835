"""Put the page together that runs microgd in a browser.

    python docs/try/build.py site/try                   Python comes from the network, when the page is opened
    python docs/try/build.py site/try --pyodide FOLDER  Python is copied beside the page, which works offline
    python docs/try/build.py site/try --course FOLDER   with exercises of your own

The result is a folder of plain files for any static server. Pyodide's FOLDER is where npm has put it, such
as node_modules/pyodide.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from microgd.learn.course import BUILT_IN, Course
from microgd.learn.painter import picture_of
from microgd.viz.render import program

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

PAGE = ("index.html", "try.css", "try.js", "python.js", "worker.js", "editor.js", "progress.js", "show.js")
# Of pyodide 0.27.8. Its versions 0.29.5 and 314.0.7 crash when a chain of 30,000 Values is deleted.
PYODIDE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PLACE = re.compile(r'(<meta name="pyodide" content=")([^"]*)(")')
EXAMPLE = re.compile(r"^## ([^\n]*)\n\n```python\n(.*?)^```", re.S | re.M)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


def build(target: Path, pyodide: Path | None = None, course: Path = BUILT_IN) -> None:
    """Write the page and what it needs into a folder."""
    exercises = Course(course)
    target.mkdir(parents=True, exist_ok=True)
    for name in PAGE:
        shutil.copyfile(HERE / name, target / name)
    if pyodide is not None:
        (target / "pyodide").mkdir(exist_ok=True)
        for name in PYODIDE:
            shutil.copyfile(pyodide / name, target / "pyodide" / name)
        page = (target / "index.html").read_text(encoding="utf-8")
        (target / "index.html").write_text(PLACE.sub(r"\1pyodide/\3", page), encoding="utf-8")
    content = {**session().content(exercises), "examples": examples()}
    (target / "course.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    pictures(target / "pictures", exercises)
    core(target / "microgd.zip", course)


def pictures(folder: Path, course: Course) -> None:
    """The pictures of the exercises. They are drawn here: Graphviz does not run in a browser."""
    program()  # if it is missing, this says how to install it
    folder.mkdir(exist_ok=True)
    for exercise in course.exercises:
        picture = picture_of(exercise)
        (folder / f"{exercise.name}.html").write_text(picture.html() if picture else "", encoding="utf-8")


def core(path: Path, course: Path = BUILT_IN) -> None:
    """The package, session.py, and a course of one's own, as an archive."""
    files = {"session.py": HERE / "session.py", **under(ROOT / "microgd", "microgd")}
    if course != BUILT_IN:
        files |= under(course, "course")
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), file.read_bytes(), zipfile.ZIP_DEFLATED)


def under(folder: Path, name: str) -> dict[str, Path]:
    """The files of a folder, by the names that they have if the folder is called `name`."""
    paths = [x for x in sorted(folder.rglob("*")) if x.is_file() and "__pycache__" not in x.parts]
    return {f"{name}/{x.relative_to(folder).as_posix()}": x for x in paths}


def examples() -> list[dict[str, str]]:
    """The programs of examples.md."""
    text = (HERE / "examples.md").read_text(encoding="utf-8")
    return [{"title": title, "code": code} for title, code in EXAMPLE.findall(text)]


def session() -> Any:
    """session.py as a module: it is no part of the package."""
    spec = importlib.util.spec_from_file_location("session", HERE / "session.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Put the page together that runs microgd in a browser.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "site" / "try")
    parser.add_argument(
        "--pyodide", type=Path, metavar="FOLDER", help="the npm package pyodide, to be copied"
    )
    parser.add_argument(
        "--course", type=Path, metavar="FOLDER", default=BUILT_IN, help="exercises of your own"
    )
    given = parser.parse_args()
    build(given.folder, given.pyodide, given.course)
    print(f"python -m http.server --directory {given.folder}")
