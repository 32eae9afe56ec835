"""Build the site: the pages of docs/, the README, the reference, and microgd in a browser.

    pip install -e ".[docs]"
    python docs/website.py            # writes site/; open site/index.html

The pages are copied to a folder of their own, and their links with them: a link to a file of the repository
leads to a page that shows it. Sphinx makes the HTML. Then every link, anchor and picture of every page is
looked up. What is broken, or what Sphinx warns of, is printed, and the command fails.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS), str(ROOT)]

from reference import PAGES, converted, text_of  # noqa: E402

TRY = DOCS / "try" / "build.py"
"""Puts the page together that runs microgd in the browser. It is no page of Sphinx: it becomes site/try."""

NAVIGATION = {
    "Begin": ["browser", "quickstart", "lesson", "engine", "gallery", "teaching"],
    "Guides": ["compile", "function", "checker", "work", "from-micrograd", "writing-exercises"],
    "Look up": ["ops", "parity", "comparison", "benchmarks", "glossary"],
    "Reference": [f"api/{page.file}" for page in PAGES],
    "About": ["README", "CONTRIBUTING", "CHANGELOG"],
}
"""The pages beside the first one, in order."""

IN_THE_BROWSER = """# In the browser

<a href="try/index.html">This page runs microgd and its course</a>: an editor, the film, the exercises and
their checks. Nothing is installed, and no code of yours leaves your machine.

It needs a server. If you have built this site yourself, start one in its folder:

```console
python -m http.server --directory site
```
"""

LINK = re.compile(r"(!?)\[((?:[^\]`]|`[^`]*`)*)\]\(([^)\s]+)\)")
CODE = re.compile(r"(^```.*?^```$)", re.M | re.S)


# --- the pages, before Sphinx ---


class Stage:
    """The folder that Sphinx reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shown: set[Path] = set()

    def fill(self) -> None:
        """Write all pages, and copy the pictures."""
        pages = [*DOCS.glob("*.md"), *(ROOT / f"{name}.md" for name in NAVIGATION["About"])]
        for path in pages:
            self.write(f"{path.stem}.md", self.linked(path))
        for path in DOCS.rglob("*.svg"):
            self.copy(path)
        for page in PAGES:
            self.write(f"api/{page.file}.rst", text_of(page))
            self.shown.add(page.path)
        for path in sorted(self.shown):
            self.write(self.shown_at(path), path.read_text(encoding="utf-8"))
            self.write(f"{self.shown_at(path)}.md", shown(path))
        self.write("browser.md", IN_THE_BROWSER)
        self.write("index.md", (self.folder / "index.md").read_text(encoding="utf-8") + navigation())

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def copy(self, path: Path) -> None:
        """Copy a file of docs/ to where it is in docs/."""
        target = self.folder / path.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

    def linked(self, page: Path) -> str:
        """The text of a page, with links that hold on the site."""
        parts = CODE.split(page.read_text(encoding="utf-8"))
        for i in range(0, len(parts), 2):
            parts[i] = LINK.sub(lambda found: self.link(page, *found.groups()), parts[i])
        return "".join(parts)

    def link(self, page: Path, mark: str, text: str, link: str) -> str:
        """A link of a page, as the site has it."""
        address, _, heading = link.partition("#")
        target = (page.parent / address).resolve() if address else page
        if urlsplit(link).scheme or target == page:
            return f"{mark}[{text}]({link})"
        if target.suffix == ".html":
            return f'<a href="{os.path.relpath(target, DOCS)}">{text.replace("`", "")}</a>'
        return f"{mark}[{text}]({self.place(target)}{'#' * bool(heading)}{heading})"

    def place(self, target: Path) -> str:
        """Where a file of the repository is on the site."""
        if target.suffix == ".md":
            return f"{target.stem}.md"
        if target.suffix == ".svg":
            return target.relative_to(DOCS).as_posix()
        if target.is_dir():
            target /= "__init__.py"
        self.shown.add(target)
        return f"{self.shown_at(target)}.md"

    def shown_at(self, path: Path) -> str:
        """The page that shows a file of the repository."""
        return f"files/{path.relative_to(ROOT).as_posix()}"


def shown(path: Path) -> str:
    """A page with the text of a file, which is beside it."""
    language = "python" if path.suffix == ".py" else "json"
    return (
        f"---\norphan: true\n---\n\n# {path.relative_to(ROOT).as_posix()}\n\n"
        f"```{{literalinclude}} {path.name}\n:language: {language}\n:linenos:\n```\n"
    )


def navigation() -> str:
    """The tables of contents of the first page. They are hidden: a reader sees them at its side."""
    parts = [
        f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
        for title, pages in NAVIGATION.items()
    ]
    return "\n" + "\n".join(parts)


# --- Sphinx ---

SETTINGS: dict[str, Any] = {
    "project": "microgd",
    "html_title": "microgd",
    "html_theme": "furo",
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "html_css_files": ["site.css"],
    "html_static_path": [str(DOCS / "site")],
    "extensions": ["myst_parser", "sphinx.ext.autodoc"],
    "myst_heading_anchors": 4,
    "autodoc_typehints": "none",
    "toc_object_entries": False,
    "add_module_names": False,
    "suppress_warnings": ["misc.highlighting_failure"],
    "nitpicky": False,
}


def html(stage: Path, site: Path, work: Path) -> int:
    """Run Sphinx. What it warns of is an error. Returns its exit status."""
    from sphinx.application import Sphinx

    app = Sphinx(
        str(stage), None, str(site), str(work), "html", SETTINGS, status=None, warningiserror=True, parallel=2
    )
    app.connect("autodoc-process-docstring", converts)
    app.build()
    return app.statuscode


def converts(app: Any, kind: str, name: str, x: object, options: Any, lines: list[str]) -> None:
    """Sphinx asks for a docstring."""
    lines[:] = converted("\n".join(lines))


def script(name: str, path: Path) -> Any:
    """A script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REPAIRS = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    '<th class="head"><p></p></th>': "<td></td>",
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
}
"""What the theme leaves out for readers who use a keyboard or a screen reader."""


def repaired(text: str) -> str:
    """The HTML of a page with the repairs. A picture leads to itself: on a phone it can be enlarged."""
    for old, new in REPAIRS.items():
        text = text.replace(old, new)
    return re.sub(r'(<img alt="[^"]*" src="([^"]*\.svg)" />)', r'<a class="picture" href="\2">\1</a>', text)


# --- the links of the site ---


class Links(HTMLParser):
    """What a page links to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Read a tag."""
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def broken(site: Path) -> Iterator[str]:
    """The links of a site that lead nowhere, each with its page."""
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(parts.fragment)
            known = target not in pages or not anchor or anchor in pages[target].anchors
            if not target.exists() or not known:
                yield f"{path.relative_to(site)}: {link}"


def main(site: Path) -> int:
    """Build the site. Returns the exit status."""
    if site.exists() and not (site / "objects.inv").exists():
        print(f"{site} exists, and is no site: choose another folder")
        return 2
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "pages"
        Stage(stage).fill()
        status = html(stage, site, Path(folder) / "work")
    for path in site.rglob("*.html"):
        path.write_text(repaired(path.read_text(encoding="utf-8")), encoding="utf-8")
    script("try_build", TRY).build(site / "try")
    (site / "gallery").mkdir()
    for path in DOCS.glob("gallery/*.html"):
        shutil.copy(path, site / "gallery")
    found = list(broken(site.resolve()))
    for line in found:
        print("broken link:", line)
    print(f"{len(list(site.rglob('*.html')))} pages in {site}")
    return status or bool(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site"))
