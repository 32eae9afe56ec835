"""Diagnosis: what is wrong, in one word for a program and in one sentence for a person.

It uses no other module. `rules`, `engines` and `optimizers` return a `Diagnosis`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST = 1_000_000
"""Of an iterator that never ends, so many elements are read."""


class Diagnosis(NamedTuple):
    """The name of a mistake; true when there is none.

    ok       whether all is well
    key      the short name of the mistake, or "ok"
    inputs   the positions of the inputs that get a wrong gradient
    message  the fact, and then the guess as a question
    coordinates  of `check_gradient`: the same positions as indices into x
    """

    ok: bool
    key: str
    inputs: tuple[int, ...]
    message: str
    coordinates: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message


KEYS: dict[str, str] = {
    "ok": "right at every point",
    "ok_rounded": "right to some digits: float32 arithmetic, a rounded constant, or an eps",
    "sign": "the right size and the wrong sign",
    "ratio": "the right gradient times a constant",
    "zero": "an input gets nothing",
    "missing_upstream": "the upstream gradient is not used",
    "upstream_twice": "the upstream gradient is in the product twice",
    "swapped_inputs": "an input gets the gradient of another",
    "other_rule": "the derivative of another function",
    "at_output": "the derivative taken at the output in place of the input",
    "at_input": "x where the output was meant",
    "at_another_point": "the derivative taken at 2*x, x**2, x in degrees ...",
    "at_negated_input": "the derivative taken at -x",
    "inverted": "multiplies where it should divide",
    "pass_through": "the upstream gradient, unchanged",
    "not_the_derivative": "some simple expression in place of the derivative",
    "extra_factor": "the right gradient times, or divided by, some expression",
    "missing_term": "the right gradient but for one term, or two",
    "only_last_use": "counts only the last output an input is used in",
    "only_first_use": "counts only the first output an input is used in",
    "diagonal_only": "counts, for each input, only its own output",
    "left_out": "counts only some of the outputs",
    "wrong_outputs": "counts outputs that do not depend on the input, or some for others",
    "wrong_inputs": "depends on an input that the gradient does not depend on",
    "transposed": "the rows and columns of the Jacobian are exchanged",
    "rearranged": "the right partials at other places of the Jacobian",
    "one_input": "every input gets the gradient of the same one",
    "wrong_branch": "right in one region and wrong in the other",
    "gate_on_upstream": "a condition looks at the upstream gradient",
    "not_linear": "twice the upstream gradient does not give twice the gradient",
    "offset": "a term is added that does not depend on the upstream gradient",
    "coefficients": "a straight line, as it should be, with other numbers in it",
    "curved": "no straight line in the inputs, where the gradient is one",
    "special_case": "right, or plainly wrong, where an input is 0 or 1",
    "symmetry": "not the same, or the opposite, at -x, as the derivative is",
    "few_digits": "almost right everywhere: a finite difference, a rounded constant, a small term",
    "raises": "the rule raises an exception",
    "wrong_shape": "the wrong number of gradients",
    "not_a_number": "None, text, a complex number, a nan",
    "nondeterministic": "two answers at the same point",
    "unknown": "wrong, and no name for it",
}
"""The keys of `diagnose`, for rules. Those of engines and optimizers are in `BROKEN` and `KNOWN`."""


class Stopped(Exception):  # noqa: N818 - it is no error but an answer
    """What was given cannot be judged; `diagnosis` says why."""

    def __init__(self, key: str, message: str, inputs: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.diagnosis = Diagnosis(False, key, tuple(inputs), message)


def number(x: Any) -> float | None:
    """A learner's number as a float; None if it is none (text, complex, a list).

    An array or a tensor of one element is that element. An int too large for a float is inf.
    """
    if type(x) is float:
        return x
    try:
        x = x.detach() if hasattr(x, "detach") else x
        x = x.item() if hasattr(x, "item") else x
        return None if isinstance(x, (str, bytes, bytearray, complex)) else float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf
    except Exception:
        return None


def elements(x: Any) -> list[Any] | None:
    """What is in a list, an array or a tensor, row by row; None if x is a single thing.

    Text, sets and dicts are single things: there is no first number in them.
    """
    x = x.detach() if hasattr(x, "detach") else x
    x = x.tolist() if hasattr(x, "tolist") else x
    if not hasattr(x, "__iter__") or isinstance(x, (str, bytes, bytearray, Set, Mapping)):
        return None
    found: list[Any] = []
    for part in islice(x, MOST):
        inner = None if type(part) is float else elements(part)
        found += [part] if inner is None else inner
    return found


def agree(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two lists of numbers are equal, but for rounding errors."""
    return all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) for x, y in zip(a, b, strict=True))


def described(x: object) -> str:
    """A learner's object in a sentence: its type and, if it prints at all, the start of its text."""
    try:
        text = repr(x)
    except Exception:
        return f"an object of type {type(x).__name__}"
    kind = type(x).__name__
    return kind if x is None else f"{kind} {text if len(text) <= 60 else text[:57] + '...'}"


def raised(error: BaseException) -> str:
    """An exception in a sentence; with its `place`, a line of the learner's code, if it has one."""
    place = getattr(error, "place", "")
    where = f", in {place[0].lower()}{place[1:]}" if place else ""
    try:
        text = str(error)
    except Exception:
        text = ""
    line = text.strip().partition("\n")[0]
    return type(error).__name__ + (f": {line[:200]}" if line else "") + where
