"""The site has every page and every public name, and a broken link on it is seen.

`python docs/website.py` builds it; here everything is tested that needs no Sphinx.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path

import pytest

import microgd
from tests.test_docs import ROOT

DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
import reference  # noqa: E402
import website  # noqa: E402

sys.path.remove(str(DOCS))

MODULES = [
    "microgd",
    *("microgd.nn", "microgd.nn.functional", "microgd.nn.init", "microgd.nn.utils"),
    *("microgd.optim", "microgd.optim.lr_scheduler", "microgd.func", "microgd.autograd"),
    *("microgd.autograd.functional", "microgd.check", "microgd.viz", "microgd.learn", "microgd.utils.data"),
    "microgd.distributions",
    *("microgd.special", "microgd.linalg"),
    *("microgd.jit", "microgd.micrograd", "microgd.testing"),
]
PAGES = {page.file: page.names() for page in reference.PAGES}
ENTRIES = [(file, name, x) for file, names in PAGES.items() for name, x in names.items()]


# --- the reference ---


def names_of(module: str) -> set[str]:
    """The names that `from module import *`, or a user who reads it, finds there."""
    loaded = importlib.import_module(module)
    if "__all__" in vars(loaded):
        return set(loaded.__all__)
    return {name for name, x in vars(loaded).items() if getattr(x, "__module__", "") == module}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_an_entry(module: str):
    entered = {(name, id(x)) for _, name, x in ENTRIES}
    found = {name: getattr(importlib.import_module(module), name) for name in names_of(module)}
    missing = {name for name, x in found.items() if not inspect.ismodule(x) and (name, id(x)) not in entered}
    assert not {name for name in missing if not name.startswith("_")}


def test_every_module_that_the_package_names_has_a_page():
    titles = [page.module for page in reference.PAGES] + [
        f"microgd.{source}" for page in reference.PAGES for source in page.sources
    ]
    modules = {f"microgd.{name}" for name in microgd._rest if inspect.ismodule(getattr(microgd, name))}
    assert len(modules) > 5
    assert not {name for name in modules if not any(title.startswith(name) for title in titles)}


def test_the_builtins_that_star_leaves_alone_have_an_entry_too():
    entered = {name for _, name, _ in ENTRIES}
    assert microgd._not_for_all - reference.NOT_PUBLIC <= entered


@pytest.mark.parametrize("file", list(PAGES))
def test_every_entry_says_what_it_is(file: str):
    callables = {name: x for name, x in PAGES[file].items() if callable(x)}
    assert not [name for name, x in callables.items() if not inspect.getdoc(x)]
    assert PAGES[file]


def test_a_docstring_becomes_paragraphs_code_and_lists():
    text = (
        "What *it* does, and `more`s.\n\n    f(x)  # 1.0\n\nx, y  numbers,\n      both\nz     another\n\n"
        "    a ← b"
    )
    assert reference.converted(text) == [
        r"What \*it\* does, and ``more``\ s.",
        "",
        ".. code-block:: python",
        "",
        "   f(x)  # 1.0",
        "",
        "- **x, y**: numbers, both",
        "- **z**: another",
        "",
        ".. code-block:: text",
        "",
        "   a ← b",
        "",
    ]


def modules_with_examples() -> list[str]:
    found = []
    for path in sorted((ROOT / "microgd").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8") and "exercises" not in path.parts:
            found.append(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return found


def test_every_example_in_a_docstring_gives_what_it_says():
    results = [doctest.testmod(importlib.import_module(name)) for name in modules_with_examples()]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) > 20


# --- the pages ---


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> website.Stage:
    made = website.Stage(tmp_path_factory.mktemp("stage"))
    made.fill()
    return made


def test_every_page_of_docs_is_in_the_navigation():
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert pages <= {name for names in website.NAVIGATION.values() for name in names}


def test_every_page_of_the_navigation_is_there(stage: website.Stage):
    for names in website.NAVIGATION.values():
        for name in names:
            assert list(stage.folder.glob(f"{name}.*")), name


def test_a_link_to_a_file_leads_to_a_page_that_shows_it(stage: website.Stage):
    text = (stage.folder / "README.md").read_text(encoding="utf-8")
    assert "](files/microgd/ops.py.md)" in text
    assert "literalinclude} ops.py" in (stage.folder / "files/microgd/ops.py.md").read_text(encoding="utf-8")
    assert (stage.folder / "files/microgd/ops.py").is_file()


def test_a_film_is_linked_as_it_is_and_code_is_left_alone(stage: website.Stage):
    text = (stage.folder / "gallery.md").read_text(encoding="utf-8")
    assert '<a href="gallery/linear.html">' in text
    page = DOCS / "x.md"
    assert stage.link(page, "", "there", "https://example.org/a.md") == "[there](https://example.org/a.md)"
    code = "```text\n[a](../README.md)\n```"
    assert website.CODE.split(f"[b](c)\n\n{code}\n")[1] == code


def test_all_links_of_all_pages_lead_somewhere_before_the_site_is_built(stage: website.Stage):
    for path in stage.folder.rglob("*.md"):
        text = website.CODE.sub("", path.read_text(encoding="utf-8"))
        for _, _, link in website.LINK.findall(text):
            address = link.partition("#")[0]
            assert "://" in link or not address or (path.parent / address).exists(), (path, link)


# --- the check of the site ---


def site(folder: Path, **pages: str) -> list[str]:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return list(website.broken(folder))


def test_a_link_to_no_page_is_seen(tmp_path: Path):
    assert site(tmp_path, a='<a href="b.html">b</a>') == ["a.html: b.html"]
    assert site(tmp_path, b="") == []


def test_a_link_to_no_heading_is_seen(tmp_path: Path):
    pages = {"a": '<a href="b.html#there">b</a><a href="#here">a</a><p id="here">', "b": '<p id="elsewhere">'}
    assert site(tmp_path, **pages) == ["a.html: b.html#there"]
    assert site(tmp_path, b='<p id="there">') == []


def test_a_picture_and_a_script_that_are_not_there_are_seen(tmp_path: Path):
    assert len(site(tmp_path, a='<img src="x.svg"><script src="y.js?v=1"></script><img src="data:,">')) == 2
    (tmp_path / "x.svg").touch()
    (tmp_path / "y.js").touch()
    assert site(tmp_path) == []


def test_a_folder_that_is_no_site_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert website.main(tmp_path) == 2
    assert (tmp_path / "mine.txt").exists()
    assert "choose another folder" in capsys.readouterr().out


def test_code_and_tables_that_scroll_can_be_reached_by_keyboard():
    assert website.repaired("<pre>x</pre>") == '<pre tabindex="0">x</pre>'
    assert 'tabindex="0"' in website.repaired('<div class="table-wrapper docutils">')


def test_a_paragraph_with_two_spaces_is_no_list():
    assert reference.converted("Ends here.  Begins\nhere.") == ["Ends here.  Begins", "here.", ""]


def test_a_picture_leads_to_itself():
    picture = '<img alt="A square" src="_images/square.svg" />'
    assert website.repaired(picture) == f'<a class="picture" href="_images/square.svg">{picture}</a>'


def test_only_marks_of_the_tests_are_comments_on_a_page():
    """A comment of a page is invisible on the site, so nothing that a reader needs may be one."""
    for path in [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for comment in re.findall(r"<!--(.*?)-->", path.read_text(encoding="utf-8"), re.S):
            assert re.fullmatch(r" (continues|not run|from [\w/.]+|/?[a-z]+) ", comment), (path, comment)
