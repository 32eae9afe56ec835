"""Exercises: from the slope of a curve to a trained model, on the command line or in a notebook.

    microgd learn start                        a folder with one small file per exercise
    microgd learn check                        is it right? if not: a fact and a question

    from microgd import learn                  the same in a notebook
    learn.show()
    learn.check("tanh", my_rule)

Where to read:

    course      reads the exercises: each is one folder of plain files in exercises/
    checks      the functions for an exercise's check.py; it uses microgd.check
    judge       judges one answer with its check
    fence       does the same in a process of its own, with a time limit
    outcome     the verdict as text, JSON and HTML
    pictures    what the picture.py of an exercise is made of; `plot` draws its curves, `shown` is the whole
    painter     puts a wrong answer on the picture; `beside` says its sign and size
    page        an exercise as text and as HTML
    cells       the course in a notebook; `notebook` judges what is defined there
    desk        the learner's folder and the record of progress
    selfcheck   proves every exercise: stubs fail, solutions pass, mistakes get their names
    command     `microgd learn ...`; `prints` says what it prints
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .cells import (
        guess as guess,
        hint as hint,
        list_ as list,
        next_ as next,
        progress as progress,
        reset as reset,
        show as show,
        solution as solution,
    )
    from .notebook import check as check

__all__ = ["check", "guess", "hint", "list", "next", "progress", "reset", "show", "solution"]


def __getattr__(name: str) -> Any:
    # What is needed is imported when it is named: the processes that `fence` starts need none of it.
    if name not in __all__:
        begin = "; begin with learn.show()" if name in ("start", "begin") else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{begin}")
    if name == "check":
        return import_module(".notebook", __name__).check
    cells = import_module(".cells", __name__)
    return getattr(cells, f"{name}_" if name in ("list", "next") else name)


def __dir__() -> Sequence[str]:
    return __all__
