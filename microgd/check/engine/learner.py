"""A learner's engine, seen from outside: what it can do, and what it does with an expression.

It uses `expressions`, `right`, and `diagnosis` for its sentences. The engine's own objects are only
called and read: their `.grad`, and the number they hold, if it can be found.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ...ops import TABLE
from ...table import OPS
from ..diagnosis import Stopped, described, number, raised
from .expressions import BASES, NAMES, Expression, Operation, Step, method, operators
from .right import close, computed, right_gradients, scales, smooth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EXACT, SINGLE = 1e-9, 1e-3  # how near to right a gradient must be, with floats of 64 and of 32 bits
ROUNDED = 1e-5  # an operation with a rounded constant or an eps is as near as that
POINTS = ((1.7, 2.3), (0.6, 0.8), (-1.3, 0.7), (2.5, -1.6), (0.4, 2.2))  # where an operation is tried
WHOLE_POINTS = ((3, 2), (-2, 3), (2, 5))
ONE_MEANING = {*BASES, *dir(math), "relu", "sigmoid", "abs"}  # what has this name is this function
NOT_MEANT = (TypeError, AssertionError, NotImplementedError)  # how an engine refuses what it has not got
NOT_THERE = ("unsupported operand", "positional argument", "not callable")  # in the text of a TypeError


class Fault(NamedTuple):
    """What goes wrong in an expression.

    kind    "wrong": a gradient; "data": a value; "changed", "reset": building an expression changes the
            value or the gradient of a leaf; "raises", "not_a_number"
    text    what happened, in a sentence, if it is no wrong gradient
    grads   the gradients of the leaves after each backward pass
    error   the class of the exception
    """

    kind: str
    text: str = ""
    grads: tuple[tuple[float, ...], ...] = ()
    error: str = ""


class Learner:
    """An engine: `value` makes a leaf, `walk` is a backward pass."""

    def __init__(self, value: Callable[[Any], Any], walk: Callable[[Any], object]) -> None:
        self.value, self.walk = value, walk
        self.within = EXACT
        self.whole = False  # only integers
        self.nested = False  # results that have no name in the text are held by nothing else
        self.data: str | None = None  # the attribute that holds the number
        self.begins = 0.0  # what is in .grad of a new leaf
        self.operations: list[Operation] = []
        self.remarks: list[str] = []

    # --- what it can do ---

    def discover(self) -> None:
        """Find out which numbers and which operations it has. + and * must be there."""
        self._numbers()
        points = WHOLE_POINTS if self.whole else POINTS
        for operation in operators():
            required = operation.row in ("add", "mul") and operation.number_at is None
            if required or self._has(operation, points):
                self.operations.append(operation)
            elif operation.number_at is not None and self._has(operation._replace(whole=True), points):
                self.operations.append(operation._replace(whole=True))
        leaf = self.value(points[0][0])
        kind = type(leaf)
        self.begins = number(getattr(leaf, "grad", None)) or 0.0
        for name, row in TABLE.items():
            single = isinstance(row.partials, tuple) and len(row.partials) == 1
            if single and row.value.__module__ == OPS and callable(getattr(kind, name, None)):
                operation = method(name)
                if self._has(operation, points):
                    self.operations.append(operation)

    def _numbers(self) -> None:
        plain = Expression((1.7, -0.6), (Step(next(operators()), (0, 1)),), ()).once()
        try:
            leaves = [self.value(1.7), self.value(-0.6)]
        except (Exception, SystemExit) as error:
            try:
                leaves = [self.value(3), self.value(-2)]
            except (Exception, SystemExit):
                raise Stopped("raises", f"Building `{plain}` raised {raised(error)}.") from None
            self.whole = True
        numbers = (3, -2) if self.whole else (1.7, -0.6)
        names = ["data", "value", "val", *getattr(leaves[0], "__dict__", ())]
        for kind in type(leaves[0]).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            names += [slots] if isinstance(slots, str) else slots
        for name in names:
            found = [_number_of(leaf, name) for leaf in leaves]
            if None in found or name == "grad":
                continue
            off = max(abs(x - y) for x, y in zip(found, numbers, strict=True) if x is not None)
            if off < 1e-6:
                self.data = name
                self.within = EXACT if off == 0.0 else SINGLE
                return
            if [int(x) for x in numbers] == found:
                self.data, self.whole = name, True
                return
        if not self.whole and self.judged(plain).kind == "":
            product = Expression((1.7, -0.6), (Step(list(operators())[1], (0, 1)),), ()).once()
            given = self.judged(product).grads
            off = abs(given[-1][0] + 0.6) if given else 1.0
            self.within = SINGLE if 0.0 < off < 1e-6 else EXACT

    def _has(self, operation: Operation, points: Sequence[tuple[float, float]]) -> bool:
        """Whether the engine has this operation, and it is the function of that name."""
        tried = same = 0
        for x, y in points:
            number = None if operation.number_at is None else 2 if operation.whole else y
            step = Step(operation, (0, 1)[: operation.values], number)
            expression = Expression((x, y)[: operation.values], (step,), ()).once()
            if not smooth(expression) or (self.whole and not _is_whole(expression)):
                continue
            try:
                leaves = [self.value(number) for number in expression.numbers]
                made = operation.apply(*operation.filled(leaves, step.number))
            except NOT_MEANT as error:
                return self._refused(operation, error)
            except (Exception, SystemExit) as error:
                return operation.number_at is None or not _about_a_number(error)
            tried += 1
            held = self.held(made)
            if held is None and self.data is not None:
                if type(made) is not type(leaves[0]) and operation.row in ONE_MEANING:
                    return True  # it should be a node, and is none
                self.remarks.append(f"`{operation.text}` is not tried, because its .{self.data} is no number")
                return False
            right = computed(expression).values[-1]
            same += held is None or math.isclose(held, right, rel_tol=1e-4, abs_tol=1e-6)
        if operation.form.endswith("()"):
            return bool(tried) and (same == tried or operation.row in ONE_MEANING)
        return bool(tried)

    def _refused(self, operation: Operation, error: BaseException) -> bool:
        """An operation that raises may be one that the engine does not have; then it is not asked for.

        Returns whether it is asked for: if the engine has it, and it raises.
        """
        own = operation.number_at is None and isinstance(error, TypeError)
        if own and not any(text in str(error) for text in NOT_THERE):
            return not ("bad operand type" in str(error) and operation.values == 1)
        if operation.number_at == 0 and operation._replace(number_at=1) in self.operations:
            self.remarks.append(f"`{operation.text}` raises {raised(error)}")
        return False

    # --- what it does ---

    def held(self, made: Any) -> float | None:
        """The number that a node holds, if it can be read."""
        return None if self.data is None else _number_of(made, self.data)

    def judged(self, expression: Expression) -> Fault:
        """What goes wrong in the expression; the kind is "" if nothing does."""
        fault = self.gradients(expression)
        if fault.kind or self.is_right(expression, fault.grads):
            return fault
        return fault._replace(kind="wrong")

    def is_right(self, expression: Expression, grads: Sequence[Sequence[float]]) -> bool:
        """Whether these are the right gradients, but for rounding errors."""
        return all(
            close(x, y, self.within, size)
            for xs, ys, sizes in zip(grads, right_gradients(expression), scales(expression), strict=True)
            for x, y, size in zip(xs, ys, sizes, strict=True)
        )

    def gradients(self, expression: Expression) -> Fault:
        """The gradients by the learner's engine; if there are none, or values are wrong, its kind says so."""
        try:
            return Fault("", "", self._run(expression))
        except _Seen as seen:
            return seen.fault

    def _run(self, expression: Expression) -> tuple[tuple[float, ...], ...]:
        nodes: list[Any] = []
        grads: list[tuple[float, ...]] = []
        right = computed(expression).values
        leaves = len(expression.numbers)
        released = _without_name(expression) if self.nested else [()] * len(expression.steps)
        try:
            nodes += [self.value(x) for x in expression.numbers]
            walks = list(expression.walks)
            for k in range(len(expression.steps) + 1):
                if k:
                    _make(expression.steps[k - 1], nodes)
                    for i in released[k - 1]:
                        nodes[i] = None
                while walks and walks[0].after == k:
                    self._unchanged(expression, nodes, right, grads, "Building")
                    self._walked(nodes[walks.pop(0).root], expression, len(grads))
                    grads.append(tuple(self.gradient(leaf, expression) for leaf in nodes[:leaves]))
        except (Exception, SystemExit) as error:
            if isinstance(error, _Seen):
                raise
            raise _Seen("raises", f"Building `{expression}` raised {raised(error)}.", error) from None
        self._unchanged(expression, nodes, right, [], "backward of")
        return tuple(grads)

    def _walked(self, root: Any, expression: Expression, before: int) -> None:
        try:
            self.walk(root)
        except (Exception, SystemExit) as error:
            which = "backward" if not before else "A second backward" if before == 1 else "A third backward"
            text = expression.once() if set(expression.walks) == {expression.once().walks[0]} else expression
            raise _Seen("raises", f"{which} of `{text}` raised {raised(error)}.", error, root) from None

    def _unchanged(
        self,
        expression: Expression,
        nodes: Sequence[Any],
        right: Sequence[float],
        grads: Sequence[tuple[float, ...]],
        what: str,
    ) -> None:
        """Values must be right, and stay so; building must not change a gradient."""
        leaves = len(expression.numbers)
        for i, (node, value) in enumerate(zip(nodes, right, strict=False)):
            held = None if node is None else self.held(node)
            if held is None or close(held, value, self.within, max(1.0, abs(value))):
                continue
            name = expression.texts()[i][0]
            if i < leaves:
                changed = f"changes {name}.{self.data} from {value:.6g} to {held:.6g}"
                raise _Seen("changed", f"{what} `{expression}` {changed}. Which line does it?")
            shown = f"`{name}`" if len(name) > 1 else name
            raise _Seen("data", f"the .{self.data} of {shown} is {held:.6g}")
        if grads:
            now = [self.gradient(leaf, expression) for leaf in nodes[:leaves]]
            for name, x, y in zip(NAMES, now, grads[-1], strict=False):
                if x != y:
                    changes = f"{name}.grad changes from {y:.6g} to {x:.6g} before the next backward"
                    raise _Seen("reset", f"In `{expression}`, {changes}. Does an operation set it?")

    def gradient(self, leaf: Any, expression: Expression) -> float:
        """What is in .grad; 0 for None."""
        try:
            grad = leaf.grad
        except (Exception, SystemExit) as error:
            after = f"After backward of `{expression.once()}`"
            raise _Seen("not_a_number", f"{after}, reading .grad raised {raised(error)}.", error) from None
        if grad is None:
            return 0.0
        found = number(grad)
        if found is None and type(grad) is type(leaf):
            found = self.held(grad)
        after = (
            "" if found is not None and math.isfinite(found) else f"After backward of `{expression.once()}`"
        )
        if found is None:
            raise _Seen("not_a_number", f"{after}, .grad is {described(grad)}, and no number.")
        if not math.isfinite(found):
            raise _Seen("not_a_number", f"{after}, .grad is {found}.")
        return found


class _Seen(Exception):  # noqa: N818 - it is no error but an answer
    def __init__(self, kind: str, text: str, error: BaseException | None = None, root: Any = None) -> None:
        super().__init__(text)
        self.fault = Fault(kind, text + _hint(error, root), (), type(error).__name__ if error else "")


HINTS = (
    ("unhashable type", "Does the class define __eq__, and no __hash__?"),
    ("maximum recursion depth", "Which function calls itself, and never ends?"),
)


def _hint(error: BaseException | None, root: Any) -> str:
    """What can be added to an exception. If None was called: which attribute of the root is None."""
    for text, ask in HINTS:
        if text in str(error):
            return f" {ask}"
    if isinstance(error, TypeError) and "'NoneType' object is not callable" in str(error):
        for name, found in getattr(root, "__dict__", {}).items():
            if found is None and name != "grad":
                return f" The `{name}` of the root is None. {STORED}"
    if isinstance(error, AttributeError) and (root is None or number(root) is not None):
        return f" The result is {described(root)}. Should it be a node of the graph?"
    return ""


STORED = "Was a function called there, with (), where it should only be stored?"


def _number_of(node: Any, name: str) -> float | None:
    try:
        found = getattr(node, name)
    except Exception:
        return None
    return None if callable(found) or isinstance(found, bool) else number(found)


def _make(step: Step, nodes: list[Any]) -> None:
    """Append the result of this step. Nothing else keeps its operands afterwards."""
    operands = [nodes[i] for i in step.operands]
    nodes.append(step.operation.apply(*step.operation.filled(operands, step.number)))


def _without_name(expression: Expression) -> list[tuple[int, ...]]:
    """For each step, those of its operands that have no name: in a nested call nothing else holds them."""
    leaves, named = len(expression.numbers), [name for _, _, name in expression.texts()]
    return [tuple(i for i in set(s.operands) if i >= leaves and not named[i]) for s in expression.steps]


def _about_a_number(error: BaseException) -> bool:
    """Whether it says that a plain number has no such attribute: then the engine takes no numbers."""
    return isinstance(error, AttributeError) and ("'float'" in str(error) or "'int'" in str(error))


def _is_whole(expression: Expression) -> bool:
    found = computed(expression)
    return all(x.is_integer() for x in (found.values[-1], *found.partials[-1]))
