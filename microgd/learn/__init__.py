"""Exercises: from the slope of a curve to a trained model, on the command line or in a notebook.

    microgd learn start                        a folder with one small file per exercise
    microgd learn check                        is it right? if not: a fact and a question

    microgd.learn.check("tanh", my_rule)       the same for a function in a notebook

Where to read:

    course      reads the exercises: each is one folder of plain files in exercises/
    checks      the functions for an exercise's check.py; it uses microgd.check
    judge       judges one answer with its check
    fence       does the same in a process of its own, with a time limit
    outcome     the verdict as text, JSON and HTML
    desk        the learner's folder and the record of progress
    selfcheck   proves every exercise: stubs fail, solutions pass, mistakes get their names
    command     `microgd learn ...`
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .notebook import check as check


def __getattr__(name: str) -> Any:
    if name != "check":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .notebook import check  # not needed by the processes that `fence` starts, and not small

    return check
