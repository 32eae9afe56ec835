"""Diagnosis: what is wrong, in one word for a program and in one sentence for a person.

It stands on nothing. `rules`, `engines` and `optimizers` return one.
"""

from __future__ import annotations

from typing import NamedTuple


class Diagnosis(NamedTuple):
    """The name of a mistake; true when there is none.

    ok       whether all is well
    key      the short name of the mistake, or "ok"
    inputs   the positions of the inputs that get a wrong gradient
    message  the fact, and then the guess as a question
    """

    ok: bool
    key: str
    inputs: tuple[int, ...]
    message: str

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message


def described(x: object) -> str:
    """A learner's object in a sentence: its type and, if it prints at all, the start of its text."""
    try:
        text = repr(x)
    except Exception:
        return f"an object of type {type(x).__name__}"
    kind = type(x).__name__
    return kind if x is None else f"{kind} {text if len(text) <= 60 else text[:57] + '...'}"


def raised(error: BaseException) -> str:
    """An exception in a sentence."""
    try:
        text = str(error)
    except Exception:
        text = ""
    line = text.strip().partition("\n")[0]
    return type(error).__name__ + (f": {line[:200]}" if line else "")
