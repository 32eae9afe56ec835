"""The functions for a check.py. Its check(answer) is called, and returns a verdict.

    from microgd import tanh
    from microgd.learn.checks import rule

    def check(answer):
        return rule(answer, "backward", tanh)

A verdict has `ok`, `key` and `message`. `rule`, `engine`, `optimizer` and `training` use `microgd.check`,
which names the mistake. `compare` does the same for any function of numbers. For everything else, a check
makes its own verdict, with `passed` and `failed`.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from . import slips
from .outcome import QUESTIONS, thing, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..check import Diagnosis
    from .course import Exercise

CLOSE = 1e-9  # relative: two formulas for the same thing agree to some 1e-14, mistakes differ by more
ROUNDED = 1e-6  # and float32 arithmetic, or a constant with seven digits, by less


class Verdict(NamedTuple):
    """What a check found: whether the answer passes, the short name of the mistake, and a sentence."""

    ok: bool
    key: str
    message: str


class AnswerError(Exception):
    """Raised by the helpers below when an answer cannot even be judged."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.verdict = Verdict(False, key, message)


def passed(message: str = "") -> Verdict:
    """The answer is right."""
    return Verdict(True, "ok", message)


def failed(key: str, message: str) -> Verdict:
    """A mistake: its short name, and a fact and a question for the learner."""
    return Verdict(False, key, message)


class Answer:
    """The names that a learner's file defines.

    names     the file's namespace
    file      its path, to tell its lines from ours
    exercise  what was asked for
    """

    def __init__(self, names: Mapping[str, Any], file: str, exercise: Exercise) -> None:
        self.names = names
        self.file = file
        self.exercise = exercise
        self.error: BaseException | None = None  # the last that a function of the answer raised
        self.dots = False  # whether one returned the three dots
        self.late = ""  # what to say if the time is up from here on

    def get(self, name: str) -> Any:
        """The object that the file defines as `name`."""
        if name not in self.names:
            module = type(math)
            have = [x for x, y in self.names.items() if x[:1] != "_" and not isinstance(y, module)]
            there = f" It has {', '.join(have[:8])}." if have else ""
            raise AnswerError(
                "missing_name", f"There is no `{name}` in your file.{there} Was it renamed or deleted?"
            )
        return self.names[name]

    def function(self, name: str) -> Callable[..., Any]:
        """The function `name`. It must take the parameters of the stub's function."""
        function = self.get(name)
        if not callable(function):
            raise AnswerError(
                "not_a_function",
                f"`{name}` should be a function, and is {thing(function)}. Was it assigned to further down?",
            )
        wanted = self.exercise.asked.get(name)
        if wanted is None:
            return self.watched(function)
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return self.watched(function)
        try:
            signature.bind(*wanted)
        except TypeError:
            raise AnswerError(
                "wrong_signature",
                f"`{name}` is called with {len(wanted)} arguments, ({', '.join(wanted)}), and yours is"
                f" {name}{signature}. Which one is too many, or missing?",
            ) from None
        return self.watched(function)

    def number(self, x: Any, what: str) -> float:
        """x as a float; nan and inf are floats, too. AnswerError if x is no number."""
        from ..check.diagnosis import number

        if x is ...:
            raise unfinished([])
        made = None if hasattr(x, "backward") else number(x)
        if made is not None:
            return made
        raise AnswerError("not_a_number", f"{what} should be a number, and is {thing(x)}.")

    def numbers(self, x: Any, what: str, count: int) -> list[float]:
        """x as `count` floats. If one is asked for, it need not be in a list."""
        if count == 1 and not isinstance(x, (list, tuple)):
            return [self.number(x, what)]
        if x is ...:
            raise unfinished([])
        if hasattr(x, "tolist"):  # a NumPy array
            x = x.tolist()
        if not isinstance(x, (list, tuple)):
            raise AnswerError("wrong_shape", f"{what} should be {count} numbers, and is {thing(x)}.")
        if len(x) != count:
            raise AnswerError("wrong_shape", f"{what} should be {count} numbers, and has {len(x)}.")
        return [self.number(element, what) for element in x]

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function. Its exceptions are remembered, so that a message can show the line."""

        @functools.wraps(function)
        def watched(*arguments: Any, **options: Any) -> Any:
            try:
                result = function(*arguments, **options)
            except BaseException as error:
                self.error = error
                raise
            if result is ... or (isinstance(result, (list, tuple)) and any(x is ... for x in result)):
                self.dots = True
            return result

        return watched


def unfinished(lines: Sequence[int], file: str = "") -> AnswerError:
    """The verdict on an answer that still has dots where something should be written."""
    of = f" of {file}," if file else ""
    if not lines:
        where = "The three dots (...)"
    elif len(lines) == 1:
        where = f"The three dots in line {lines[0]}{of}"
    else:
        where = f"The three dots in lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}{of}"
    return AnswerError("unfinished", f"{where} wait for you: what belongs there?")


# --- with the checker's help ----------------------------------------------------------------------------


def rule(
    answer: Answer,
    name: str,
    f: Callable[..., Any],
    places: Sequence[Sequence[float]] = (),
    kink: Sequence[float] | None = None,
    suspects: Mapping[str, tuple[Callable[..., Any], str]] | None = None,
    **options: Any,
) -> Diagnosis | Verdict:
    """Whether the function `name` is a right backward rule for f; options as in check.diagnose.

    places    more points to try it at: zeros, borders, far out. For these, f must take Values
    kink      a point where either side may be taken
    suspects  known mistakes: key -> (a wrong rule, what to say if `name` gives the same at all places)
    """
    from ..check import diagnose
    from . import trials

    verdict = diagnose(f, answer.function(name), **options)
    if not verdict.ok:
        if verdict.key == "raises":
            return verdict
        return trials.suspected(answer, name, f, places, suspects or {}) or verdict
    if kink is not None and (found := trials.between(answer, name, kink, f(*kink))) is not None:
        return found
    return trials.points(answer, name, f, places) or verdict


def engine(answer: Answer, value: Any, backward: Any = None, **options: Any) -> Diagnosis:
    """Whether Values made by `value` get right gradients; as check.diagnose_engine."""
    from ..check import diagnose_engine

    if backward is not None:
        backward = answer.watched(backward)
    return diagnose_engine(answer.watched(value), backward, **options)


def optimizer(
    answer: Answer, name: str, kind: str = "sgd", others: Sequence[Mapping[str, Any]] = (), **options: Any
) -> Diagnosis | Verdict:
    """Whether the class `name` steps as the optimizer `kind` does; as check.diagnose_optimizer.

    others  more settings of its options to try, on three parameters
    """
    from .. import optim
    from ..check import diagnose_optimizer
    from . import moves, trials

    verdict = diagnose_optimizer(answer.function(name), kind, **options)
    right = {"sgd": optim.SGD, "adam": optim.Adam}[kind]
    if verdict.key == "frozen":
        return moves.frozen(answer, name, **options)
    if verdict.key == "unknown":
        return moves.first_step(answer, name, right, **options) or verdict
    if verdict.ok:
        for setting in (options, *others):
            if (found := trials.steps(answer, name, right, **setting)) is not None:
                return found
    return verdict


def training(answer: Answer, name: str, kind: str = "sgd", **options: Any) -> Diagnosis:
    """Whether the loop `name` trains as one with the optimizer `kind` does; as check.diagnose_training."""
    from ..check import diagnose_training

    return diagnose_training(answer.function(name), kind, **options)


# --- any function of numbers ----------------------------------------------------------------------------


def compare(
    answer: Answer,
    name: str,
    right: Callable[..., Any],
    cases: Sequence[Sequence[Any]],
    suspects: Mapping[str, tuple[Callable[..., Any], str]] | None = None,
    outputs: int = 1,
    close: float = CLOSE,
    simple: Sequence[tuple[str, Sequence[Any], str]] = (),
) -> Verdict:
    """Whether the function `name` gives what `right` gives in every case.

    suspects  known mistakes: key -> (a wrong function, what to say if `name` gives the same numbers)
    outputs   how many numbers `name` returns
    simple    cases that need no calculation: a key, a case, and what to say if `name` is wrong in it, with
              {} for what it gives
    """
    function = answer.function(name)
    what = f"What `{name}` returns"
    yours, rights = [], []
    for case in cases:
        yours.append(answer.numbers(function(*case), what, outputs))
        rights.append(answer.numbers(right(*case), "the right answer", outputs))
    if _agree(yours, rights, close):
        return passed()
    for key, (suspect, sentence) in (suspects or {}).items():
        try:
            theirs = [answer.numbers(suspect(*case), "", outputs) for case in cases]
        except (ArithmeticError, ValueError):  # it has no answer where the right function has one
            continue
        if _agree(yours, theirs, close):
            return failed(key, sentence)
    if close < ROUNDED and _agree(yours, rights, ROUNDED):
        return Verdict(
            True, "ok_rounded", "It agrees to 6 digits. Is that float32 arithmetic, or a rounded constant?"
        )
    mine, his = ([x for row in rows for x in row] for rows in (yours, rights))
    if not any(mine):
        return failed("zero", f"`{name}` returns 0 for everything that was tried. Where does it get lost?")
    if _agree([mine], [[-x for x in his]], close):
        return failed("sign", "The size is right and the sign is wrong, everywhere. What is taken from what?")
    ratios = [a / b for a, b in zip(mine, his, strict=True) if b]
    if ratios and all(math.isclose(r, ratios[0], rel_tol=1e-6) for r in ratios):
        return failed(
            "ratio", f"Exactly {ratios[0]:.6g} times what is right, everywhere. Which factor is that?"
        )
    from . import facts

    both = facts.compared(answer, name, (function, right), cases, (yours, rights))
    if (found := facts.known(both, simple)) is not None:
        return found
    good = sum(_agree([a], [b], close) for a, b in zip(yours, rights, strict=True))
    first = next(k for k, (a, b) in enumerate(zip(yours, rights, strict=True)) if not _agree([a], [b], close))
    case = ", ".join(shown(x) for x in cases[first])
    some = f"right in {good} of {len(cases)} cases" if good else "right in none of the cases tried"
    return failed(
        "unknown",
        f"`{name}` is {some}. {name}({case}) gives {', '.join(f'{x:.6g}' for x in yours[first])}, and that"
        " is not it. Can you work this one out by hand?",
    )


def _agree(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], close: float) -> bool:
    return all(
        math.isclose(x, y, rel_tol=close, abs_tol=close) or (x != x and y != y)
        for xs, ys in zip(a, b, strict=True)
        for x, y in zip(xs, ys, strict=True)
    )


def shown(x: Any) -> str:
    """An argument of a call, in a sentence."""
    if callable(x):
        return getattr(x, "__name__", "f")
    return f"{x:g}" if isinstance(x, float) else repr(x)


# --- an expression that exposes a bug -------------------------------------------------------------------

LARGEST = 3  # operations up to which the smallest expression is searched for: some 5,000 of them
PLACES = ((3.0, 5.0), (-0.7, 1.9), (2.5, -1.25))  # x and y


class _Traced:
    """Used in place of a Value to write down an expression. It knows its position in the list of steps."""

    def __init__(self, steps: list[tuple[str, int, int]], place: int) -> None:
        self.steps = steps
        self.place = place

    def _join(self, op: str, other: Any) -> _Traced:
        if not isinstance(other, _Traced):
            raise TypeError(
                f"x and y can be joined to each other here, and not to {thing(other)}: can they make it?"
            )
        self.steps.append((op, self.place, other.place))
        return _Traced(self.steps, len(self.steps) + 1)

    def __add__(self, other: Any) -> _Traced:
        return self._join("+", other)

    def __mul__(self, other: Any) -> _Traced:
        return self._join("*", other)

    def __radd__(self, other: Any) -> _Traced:
        return self._join("+", other)

    def __rmul__(self, other: Any) -> _Traced:
        return self._join("*", other)

    def _other(self, *others: Any) -> Any:
        raise TypeError("the engine here has + and * of two Values, and nothing else: will these do?")

    __sub__ = __truediv__ = __pow__ = __neg__ = __mod__ = __matmul__ = __floordiv__ = _other
    __rsub__ = __rtruediv__ = __rpow__ = _other


def expose(answer: Answer, name: str, engine: str) -> Verdict:
    """Whether the expression `name` is the smallest for which the stub's engine is wrong.

    Steps are (operation, operand, operand); 0 is x, 1 is y, k + 2 is step k.
    """
    steps: list[tuple[str, int, int]] = []
    result = answer.function(name)(_Traced(steps, 0), _Traced(steps, 1))
    if not isinstance(result, _Traced):
        if result is ...:
            raise unfinished([])
        raise AnswerError("not_a_number", f"`{name}` should return a Value, and returns {thing(result)}.")
    steps = steps[: max(result.place - 1, 0)]
    if not steps:
        return failed(
            "too_small", "There is no operation in it: no engine can be wrong here. What about one?"
        )
    stub: dict[str, Any] = {}
    exec(compile(answer.exercise.stub, "stub.py", "exec"), stub)
    broken, size = stub[engine], len(steps)
    operations = f"{size} operation{'s' if size > 1 else ''}"
    if not _exposes(steps, broken):
        return failed(
            "not_exposed",
            f"Your expression has {operations}, and the engine gets all its gradients right. {_uses(steps)}"
            " Which use of a value would it get wrong?",
        )
    smallest = next((n for n in range(1, min(size, LARGEST + 1)) if _some_exposes(n, broken)), size)
    if smallest < size:
        return failed(
            "not_smallest",
            f"It exposes the bug! Yours has {operations}, and {smallest} would do. What could be left out?",
        )
    return passed(f"It exposes the bug with {operations}, and fewer cannot.")


def _uses(steps: Sequence[tuple[str, int, int]]) -> str:
    """What these steps use more than once."""
    operands = [k for _, i, j in steps for k in (i, j)]
    twice = {k for k in operands if operands.count(k) > 1}
    if not twice:
        return "Nothing in it is used twice."
    if max(twice) < 2:
        return (
            f"{'x and y are' if len(twice) > 1 else 'xy'[min(twice)] + ' is'} used twice, and no result is."
        )
    return f"The result of operation {max(twice) - 1} is used twice."


def _some_exposes(size: int, engine: Any) -> bool:
    choices = [[(op, i, j) for op in "+*" for i in range(k + 2) for j in range(k + 2)] for k in range(size)]
    return any(_exposes(steps, engine) for steps in itertools.product(*choices))


def _exposes(steps: Sequence[tuple[str, int, int]], engine: Any) -> bool:
    """Whether the engine's gradients of x and y are wrong for these steps."""
    from ..value import Value

    for place in PLACES:
        grads = []
        for make in (engine, Value):
            values = [make(number) for number in place]
            for op, i, j in steps:
                values.append(values[i] + values[j] if op == "+" else values[i] * values[j])
            values[-1].backward()
            grads.append([value.grad or 0.0 for value in values[:2]])
        if not _agree(grads[:1], grads[1:], CLOSE):
            return True
    return False


# The question, where there is only a fact.
ASK = {
    "not_a_number": "Where does that come from?",
    "wrong_shape": "Which are missing, or too many?",
    "nondeterministic": "What changes from call to call?",
    "frozen": "Is the new number stored?",
}
ASK_ANYWAY = "Which line could do that?"


def finished(answer: Answer, verdict: Any) -> Verdict:
    """The verdict for the learner: an exception gets its line, dots get their own sentence."""
    if answer.dots and not verdict.ok:
        return unfinished([]).verdict
    if verdict.key == "raises" and answer.error is not None:
        return failed(*told(answer.error, answer.file, answer.exercise.stub))
    message = str(verdict.message)
    if verdict.key == "raises" and (slip := slips.asked(message, "".join(linecache.getlines(answer.file)))):
        message = f"{message} {slip}"
    return asking(Verdict(bool(verdict.ok), str(verdict.key), message))


def asking(verdict: Verdict) -> Verdict:
    """The verdict. A question is added if there is only a fact."""
    verdict = verdict._replace(message=verdict.message.replace("?.", "?"))  # `thing` may ask one, too
    if verdict.ok or "?" in verdict.message:
        return verdict
    ask = ASK.get(verdict.key, ASK_ANYWAY)
    if verdict.key == "raises":
        ask = next((q for kind, q in QUESTIONS.items() if kind.__name__ in verdict.message), ASK_ANYWAY)
    return verdict._replace(message=f"{verdict.message} {ask}")
