"""What f and the rule return, read as numbers, and numbers written in the form of what f returns.

It uses `diagnosis`. Lists, nested lists, NumPy arrays, PyTorch tensors and JAX arrays are read row by row.
"""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Stopped, described, elements, number, raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Refused(Stopped):
    """The rule's answer is no list of numbers.

    fact      what the rule did, as a sentence without its full stop; it begins with "Your rule"
    question  the guess
    """

    def __init__(self, key: str, fact: str, at: str, question: str = "", inputs: Iterable[int] = ()) -> None:
        place = f" (at {at})" if at else ""
        super().__init__(key, f"{fact}{place}." if not question else f"{fact}: {question}", inputs)
        self.key, self.fact, self.at, self.question = key, fact, at, question

    def at_some(self, count: int, of: int, where: str, rest: str) -> Diagnosis:
        """What is to be said if the rule does this at `count` points only."""
        example = f" (as at {self.at})" if self.at else ""
        fact = self.fact[0].lower() + self.fact[1:]
        asked = self.question or "which step has no value there?"
        asked = asked[0].upper() + asked[1:]
        said = f"At {count} of {of} points{where}, {fact}{example}.{rest} {asked}"
        return Diagnosis(False, self.key, self.diagnosis.inputs, said)


def understood(answer: Any, names: Sequence[str], at: str) -> list[float]:
    """A rule's answer as a number for each input, or Refused."""
    width = len(names)
    if answer is None:
        raise Refused("not_a_number", "Your rule returned None", "", "is a `return` missing?")
    try:
        several = elements(answer)
    except Exception as error:
        raise Refused("wrong_shape", f"Your rule's answer cannot be read: {raised(error)}", "") from None
    parts = [answer] if several is None else several
    if len(parts) != width:
        wanted = f"{width} gradients, one for each input" if width > 1 else "one number"
        got = f"the single {described(answer)}" if several is None else f"{len(parts)} of them"
        raise Refused("wrong_shape", f"Your rule should return {wanted}; it returned {got}", at)
    return [_understood(part, f" for {names[i]}" if width > 1 else "", at, i) for i, part in enumerate(parts)]


def _understood(part: Any, who: str, at: str, i: int) -> float:
    found = number(part)
    if found is None:
        fact = f"Your rule returned {described(part)}{who} where a number is wanted"
        raise Refused("not_a_number", fact, at, inputs=[i])
    if not isfinite(found):
        what = "a number too large for a float" if isinstance(part, int) else str(found)
        raise Refused("not_a_number", f"Your rule returned {what}{who}", at, inputs=[i])
    return found


def dressed(like: Any, numbers: Sequence[float]) -> Any:
    """Numbers in the form of what f returned: a float, a list, or an array or a tensor of its shape."""
    if hasattr(like, "new_tensor"):  # PyTorch; a tensor of ints has no place for a fraction
        return (like.detach() * 1.0).new_tensor(numbers).reshape(like.shape)
    if elements(like) is None:
        return numbers[0]
    library = type(like).__module__.partition(".")[0]
    if library == "numpy":
        return sys.modules["numpy"].array(numbers).reshape(like.shape)
    if library.startswith("jax"):
        return sys.modules["jax"].numpy.array(numbers).reshape(like.shape)
    return _nested(like.tolist() if hasattr(like, "tolist") else like, iter(numbers))


def _nested(like: Any, numbers: Iterator[float]) -> Any:
    if elements(like) is None:
        return next(numbers)
    return [_nested(each, numbers) for each in like]
