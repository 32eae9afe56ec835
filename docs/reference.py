"""The pages of the API reference: which public names there are, and how a docstring becomes a page.

A page lists the public names of a module, or those names of the package that come from some of its modules.
`docs/website.py` writes the pages, and Sphinx fills them with the docstrings. This module uses nothing of
Sphinx.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from fnmatch import fnmatchcase
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Page(NamedTuple):
    """A page: its file, its title, the module that users name, and the modules that define the names.

    Without these it is all names of the module. They may have a star, as in "tensor_*". A guide is a page
    of docs/ that explains these names.
    """

    file: str
    title: str
    module: str
    sources: tuple[str, ...] = ()
    guide: str = ""

    @property
    def first(self) -> ModuleType:
        """The module that introduces the page, and whose text it links to."""
        return importlib.import_module(f"microgd.{self.sources[0]}" if self.sources else self.module)

    @property
    def path(self) -> Path:
        """The file of this module."""
        return Path(inspect.getfile(self.first))

    def names(self) -> dict[str, Any]:
        """What is on the page: public names, and what they are."""
        found = public(self.module)
        return {name: x for name, x in found.items() if not self.sources or self.has(source_of(x))}

    def has(self, source: str) -> bool:
        """Whether this module is one of the page's."""
        return any(fnmatchcase(source, f"microgd.{pattern}") for pattern in self.sources)


PAGES = [
    Page("value", "Value", "microgd", ("value",)),
    Page("tensor", "Tensor", "microgd", ("tensor",)),
    Page("operations", "Operations", "microgd", ("ops", "table"), guide="ops"),
    Page("creation", "Making Tensors", "microgd", ("creation",)),
    Page(
        "tensors",
        "Functions of Tensors",
        "microgd",
        ("tensor_functions", "tensor_*", "batched", "linalg", "factors"),
    ),
    Page("recording", "Recording", "microgd", ("recording",)),
    Page("random", "Random numbers", "microgd", ("random",)),
    Page("saving", "Saving and loading", "microgd", ("serialization",)),
    Page("types", "Types, devices and constants", "microgd", ("devices", "shapes", "constants")),
    Page("autograd", "microgd.autograd", "microgd.autograd", guide="engine"),
    Page("function", "autograd.Function", "microgd.function", guide="function"),
    Page("functional", "autograd.functional", "microgd.autograd.functional"),
    Page("func", "microgd.func", "microgd.func"),
    Page("nn", "microgd.nn", "microgd.nn"),
    Page("nn-functional", "microgd.nn.functional", "microgd.nn.functional"),
    Page("nn-init", "microgd.nn.init", "microgd.nn.init"),
    Page("nn-utils", "microgd.nn.utils", "microgd.nn.utils"),
    Page("optim", "microgd.optim", "microgd.optim"),
    Page("schedulers", "microgd.optim.lr_scheduler", "microgd.optim.lr_scheduler"),
    Page("distributions", "microgd.distributions", "microgd.distributions"),
    Page("linalg", "microgd.linalg", "microgd.linalg"),
    Page("special", "microgd.special", "microgd.special"),
    Page("data", "microgd.utils.data", "microgd.utils.data"),
    Page("compile", "microgd.jit", "microgd.jit", guide="compile"),
    Page("formulas", "microgd.jit.formulas", "microgd.jit.formulas"),
    Page("arrays", "microgd.jit.arrays", "microgd.jit.arrays"),
    Page("check", "microgd.check", "microgd.check", guide="checker"),
    Page("testing", "microgd.testing", "microgd.testing"),
    Page("viz", "microgd.viz", "microgd.viz", guide="gallery"),
    Page("learn", "microgd.learn", "microgd.learn", guide="teaching"),
    Page("micrograd", "microgd.micrograd", "microgd.micrograd", guide="from-micrograd"),
]

ITEM = re.compile(r"(\S+(?: \S+)*?)  +(\S.*)$")
"""A line of a list in a docstring: a name, two spaces or more, and its text."""

NOT_PUBLIC = {"annotations", "later", "TYPE_CHECKING"}


def public(module: str) -> dict[str, Any]:
    """The public names of a module: of the package all, of others what they list, or else define."""
    loaded = importlib.import_module(module)
    names = [name for name in dir(loaded) if not name.startswith("_") and name not in NOT_PUBLIC]
    if module != "microgd":
        listed = getattr(loaded, "__all__", None) or names + loaded_later(loaded)
        names = [
            name for name in listed if "__all__" in vars(loaded) or defines(loaded, getattr(loaded, name))
        ]
    found = {name: getattr(loaded, name) for name in names}
    return {name: x for name, x in sorted(found.items()) if not isinstance(x, ModuleType)}


def loaded_later(module: ModuleType) -> list[str]:
    """Names that a module gives by `__getattr__`, and only tells type checkers."""
    text = re.search(r"(?ms)^if TYPE_CHECKING:\n(.*?)^\S", inspect.getsource(module))
    return re.findall(r" as (\w+)", text[1]) if text and hasattr(module, "__getattr__") else []


def defines(module: ModuleType, x: Any) -> bool:
    """Whether a function or class is of this module, or of one inside of it."""
    return callable(x) and f"{getattr(x, '__module__', None)}.".startswith(f"{module.__name__}.")


def source_of(x: Any) -> str:
    """The module that defines something; of plain numbers and types of Python "constants"."""
    module = getattr(x, "__module__", None) or "builtins"
    return "microgd.constants" if module == "builtins" else module


# --- a page as reStructuredText ---


def text_of(page: Page) -> str:
    """A page, for Sphinx to fill."""
    lines = [page.title, "=" * len(page.title), ""]
    summary, _, rest = introduction(page.first).partition("\n\n")
    place = page.path.relative_to(ROOT).as_posix()
    more = f" Read more: :doc:`/{page.guide}`." if page.guide else ""
    links = [f":py:obj:`{name} <{page.module}.{name}>`" for name in page.names()]
    lines += [*converted(summary), f"On this page: {', '.join(links)}", ""]
    lines += [f"Source: :doc:`{place} </files/{place}>`.{more}", "", *converted(rest), ""]
    for name, x in page.names().items():
        full = f"{page.module}.{name}"
        if inspect.isclass(x):
            lines += [f".. autoclass:: {full}", "   :members:", ""]
        elif inspect.isroutine(x):
            lines += [f".. autofunction:: {full}", ""]
        else:
            lines += [f".. py:data:: {full}", "", f"   {escaped(repr(x))}", ""]
    return "\n".join(lines)


def introduction(module: ModuleType) -> str:
    """What a module says about itself, without which others it uses."""
    text = inspect.getdoc(module) or ""
    return re.sub(r"(?s)(This module|It) uses\b[^.]*\.(py\b[^.]*\.)?\s?", "", text)


def converted(docstring: str) -> list[str]:
    """A docstring in the manner of microgd as reStructuredText.

    Paragraphs stay paragraphs. What is indented is code. Lines of a name, two spaces and a text are a list.
    """
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", docstring.strip("\n")):
        rows = block.splitlines()
        if all(row.startswith("    ") for row in rows):
            lines += as_code(block)
        elif all(row.startswith("  ") or ITEM.match(row) for row in rows):
            lines += as_list(rows)
        elif any(row.startswith(" ") for row in rows) and not rows[0].startswith(("- ", "1. ")):
            lines += as_code(block)
        else:
            lines += [escaped(row) for row in rows]
        lines.append("")
    return lines


def as_code(block: str) -> list[str]:
    """A block of code, or of text in columns."""
    text = dedent(block)
    try:
        ast.parse(text)
        language = "python"
    except SyntaxError:
        language = "pycon" if text.startswith(">>>") else "text"
    return [f".. code-block:: {language}", "", *("   " + row for row in text.splitlines())]


def as_list(rows: list[str]) -> list[str]:
    """A list of names, each with its text. A row that begins with a space continues the one above."""
    items: list[list[str]] = []
    for row in rows:
        found = ITEM.match(row)
        if found:
            items.append([found[1], found[2]])
        elif items:
            items[-1][1] += " " + row.strip()
    return [line for name, text in items for line in (f"- **{escaped(name)}**: {escaped(text)}",)]


def escaped(text: str) -> str:
    """A text whose signs mean nothing to reStructuredText, but for `names of code`."""
    parts = re.split(r"`([^`]+)`", text)
    for i, part in enumerate(parts):
        if i % 2:
            after = parts[i + 1][:1]
            parts[i] = f"``{part}``" + ("\\ " if after and (after.isalnum() or after in "_'") else "")
        else:
            parts[i] = re.sub(r"([\\*|_`])", r"\\\1", part)
    return "".join(parts)
