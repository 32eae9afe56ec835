"""Slips of the pen that an exception or a line that Python cannot read shows, each with its question."""

from __future__ import annotations

import builtins
import difflib
import keyword
import math
import re

WORDS = {
    "type(s) for ^": "Is a power meant, **?",
    "object is not callable": "Is a * missing before a bracket?",
}
"""Words of an exception that tell more than its kind."""

PYTHONS = {*vars(builtins), "NoneType", "function", "method", "builtin_function_or_method", "module"}
"""Kinds of things whose attributes nobody sets."""

ALIKE = 0.7  # how much a misspelled keyword must have in common with the right one


def public(fact: str) -> str:
    """A fact without the names of what an object was made in."""
    return re.sub(r"[\w.]+\.<locals>\.", "", fact)


def asked(fact: str, source: str) -> str:
    """The question for an exception with these words; "" if the words show nothing. source is the file's."""
    if found := re.search(r"(\w+)\(\) missing 1 required positional argument: 'self'", fact):
        return f"Are brackets missing before `.{found[1]}`?"
    if "a partial of" in fact and "positional argument" in fact:
        return "Does each partial take the inputs of the function, and then out?"
    if found := re.search(r"name '(\w+)' is not defined", fact):
        return _of_a_name(found[1], source)
    if found := re.search(r"'(\w+)' object has no attribute '(\w+)'", fact):
        return "" if found[1] in PYTHONS else _of_an_attribute(found[2], source)
    return next((question for words, question in WORDS.items() if words in fact), "")


def _of_an_attribute(name: str, source: str) -> str:
    owner = re.search(rf"\b(self|ctx)\.{name}\b", source)
    if owner is None or re.search(rf"\b{owner[0]}\b[^=\n(]*=[^=]", source):
        return ""
    if re.search(rf"^\s+{name}\s*=[^=]", source, re.MULTILINE):
        return f"Is `{owner[1]}.` missing before `{name} =`?"
    return f"Which line sets `{owner[0]}`?"


def _of_a_name(name: str, source: str) -> str:
    if re.search(rf"\bself\.{name}\b", source):
        return f"Is `self.{name}` meant?"
    if re.search(rf"^(class|def) {name}\b", source, re.MULTILINE):
        return f"`{name}` is made further down: should its name be in quotes here, or the line below it?"
    if hasattr(math, name):
        return f"Is `math.{name}` meant, with `import math` at the top?"
    return ""


def unread(message: str, line: str) -> str:
    """The question for a line that Python cannot read, with the words of the exception."""
    if "indent" in message or "tab" in message:
        return "How many spaces are in front of it, and how many in front of the line before?"
    first = re.match(r"\s*([a-z]+)\b(?!\s*[=(.,:\[])", line)
    if first and not keyword.iskeyword(first[1]) and message.startswith("invalid syntax"):
        near = difflib.get_close_matches(first[1], keyword.kwlist, 1, ALIKE)
        if near:
            return f"Is `{near[0]}` meant?"
    return "Is a bracket, a colon or a quote missing, there or in the line before?"
