"""Exercises: from the slope of a curve to a trained model, on the command line or in a notebook.

    microgd learn start                        a folder with one small file per exercise
    microgd learn check                        is it right? if not: a fact and a question

    microgd.learn.check("tanh", my_rule)       the same for a function in a notebook

Where to read:

    course      an exercise is one folder of plain files; the exercises lie in exercises/
    checks      what an exercise's check.py is written with; it uses microgd.check
    judge       one answer against its check
    fence       the same in a process of its own, with a time limit
    outcome     how the verdict is told
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
