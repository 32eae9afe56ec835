"""Tracing: a function runs once on symbols, and what it computes is written down as a program.

The function's arguments are symbols. So are the data of every Value that it uses and that existed before:
a parameter is captured by reference. The engine does the rest: its operations compute data and partials of
symbols, and its backward pass multiplies and adds them. The trace writes to no Value of the user.

This module uses `value`, `autograd`, `tensor`, `symbol` and `program`.
"""

from __future__ import annotations

import sys
from functools import cached_property

from .. import autograd
from ..ops import PICK
from ..recording import traced, user_line
from ..tensor import named_elements
from ..value import Value
from .forms import leaves, put_together, size
from .program import ADD, ESCAPED, INPUT, Program
from .symbol import Symbol, TraceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

    from .forms import Form


# --- the trace ------------------------------------------------------------------------------------------


class Trace:
    """What is known of a function while it runs on symbols.

    program   what is written
    captured  the Values it uses that existed before, in the order in which they were first read
    modules   the Modules that were called, in order
    """

    def __init__(self) -> None:
        self.program = Program()
        self.captured: list[Value] = []
        self.modules: dict[Any, None] = {}
        self._symbols: dict[int, Symbol] = {}
        self._made: dict[int, Value] = {}

    def input(self) -> Symbol:
        """A new input of the program."""
        return Symbol(self.program, self.program.input())

    # what the engine asks of a trace

    def read(self, x: Value) -> Any:
        """The number of a Value: a symbol; or a float, if it was made during the trace of floats alone."""
        data: Any = x._data
        if self.is_new(x):
            if type(data) is not float and data.program is not self.program:
                raise TraceError(ESCAPED)
            return data
        symbol = self._symbols.get(id(x))
        if symbol is None:
            symbol = self._symbols[id(x)] = self.input()
            self.captured.append(x)
        return symbol

    def made(self, x: Value) -> None:
        """x was made during the trace: if its number is a float, it is a constant."""
        if type(x._data) is float:
            self._made[id(x)] = x

    def is_new(self, x: Value) -> bool:
        """Whether x was made during the trace."""
        return type(x._data) is not float or id(x) in self._made

    def entered(self, module: Any) -> None:
        """A Module was called."""
        self.modules[module] = None

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of the parameters of all Modules that were called, by the identity of the Value."""
        names: dict[int, str] = {}
        known: set[Any] = set()
        for module in self.modules:
            if module not in known:
                known.update(module.modules())
                for name, x in named_elements(module.named_parameters()):
                    names.setdefault(id(x), name)
        return names

    def refuse(self, what: str) -> NoReturn:
        """TraceError: the function does something that cannot be compiled."""
        raise TraceError(
            f"{user_line()}: a compiled function {what}, and this cannot be compiled: do it outside of the"
            " function, and give it the result as an argument"
        )

    def in_order(self, first: Sequence[Value] = ()) -> list[Value]:
        """The captured Values: those of `first`, then the parameters of Modules in their order there."""
        place = {i: k for k, i in enumerate(dict.fromkeys([*map(id, first), *self.names]))}
        return sorted(self.captured, key=lambda x: place.get(id(x), len(place)))

    def symbol_of(self, x: Value) -> Symbol | None:
        """The symbol of a captured Value."""
        return self._symbols.get(id(x))


class Traced:
    """A function as a program.

    function   what was traced
    trace      its `Trace`
    arguments  for each argument the inputs of the program (operations) that are its numbers
    variables  for each argument the Values among them that require grad
    out        what the function returned, in which each result is a Value, a Symbol or a number
    """

    def __init__(self, function: Callable[..., Any], forms: Sequence[Form], grads: Sequence[bool]) -> None:
        """Run the function on symbols.

        forms  of its arguments
        grads  for each argument whether plain numbers in it are variables, too
        """
        self.function = function
        self.trace = trace = Trace()
        self.arguments: list[list[Symbol]] = []
        self.variables: list[list[Value]] = []
        before = _draws()
        with traced(trace):
            given = []
            for form, grad in zip(forms, grads, strict=True):
                symbols = [trace.input() for _ in range(size(form))]
                items: list[Any] = list(symbols)
                for i, leaf in enumerate(leaves(form)):
                    if leaf != "number" or grad:
                        items[i] = Value(symbols[i], requires_grad=grad or leaf == "variable")
                self.arguments.append(symbols)
                self.variables.append([x for x in items if isinstance(x, Value) and x.requires_grad])
                given.append(put_together(form, iter(items)))
            self.out = function(*given)
        if _draws() != before:
            raise TraceError(
                f"{_name(function)} draws random numbers. They would be the same in every call: draw them"
                " outside of the function, and give them to it as arguments."
            )

    def gradient(
        self, root: Value, weight: Any, targets: Sequence[Value], begun: Sequence[Symbol] = ()
    ) -> list[Any]:
        """weight * d root / d target for each target, as the backward pass computes it; None for no path.

        begun  for each target the symbol of a sum, to which the contributions are added

        The sums are kept in a dict, so that no Value of the user holds a symbol. The walk ends at Values that
        existed before: what they were made of is the matter of the graph around the compiled function.
        """
        with traced(self.trace):
            nodes = [x for x in autograd.topological_order((root,)) if self.trace.is_new(x)]
            upstream: dict[int, Any] = {id(root): 0.0}
            for node in nodes:
                operands, partials = autograd.record(node)
                upstream.update((id(x), 0.0) for x, d in zip(operands, partials) if d is not None)
            upstream.update((id(x), start) for x, start in zip(targets, begun) if id(x) in upstream)
            upstream[id(root)] += weight
            autograd.backward_pass(nodes, upstream)
        return [upstream.get(id(x)) for x in targets]

    def picked(self, root: Value, targets: Sequence[Value]) -> list[Any]:
        """For each target that the root reaches only if it is picked: whether it is picked. Else None."""
        if PICK not in self.trace.program.rows:
            return [None] * len(targets)
        found: dict[int, Any] = {}
        for node in autograd.nodes_under([root]):
            operands, partials = autograd.record(node)
            for k, (x, partial) in enumerate(zip(operands, partials)):
                if partial is not None:
                    wanted = operands[0] == float(k - 1) if node._row is PICK else None
                    earlier = found.setdefault(id(x), wanted)
                    found[id(x)] = None if earlier is None or wanted is None else earlier | wanted
        return [found.get(id(x)) for x in targets]

    def operation(self, x: Any) -> int:
        """The operation of the program that is this number."""
        with traced(self.trace):
            number = self.trace.read(x) if isinstance(x, Value) else x
        return number.index if isinstance(number, Symbol) else self.trace.program.constant(float(number))

    def terms(self, total: Any, begun: Symbol) -> tuple[int, ...]:
        """The terms that a backward pass has added to the sum `begun`, one after another."""
        program, found = self.trace.program, []
        i = total.index
        while i != begun.index:
            if program.rows[i] is not ADD or program.rows[i] is INPUT:
                raise AssertionError("a gradient that is no sum of contributions")
            i, term = program.operands[i]
            found.append(term)
        return tuple(reversed(found))


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _draws() -> Any:
    """The state of the generators of random numbers that everybody shares."""
    states = []
    if "random" in sys.modules:
        states.append(sys.modules["random"].getstate())
    if "numpy.random" in sys.modules:
        state = sys.modules["numpy.random"].get_state()
        states.append((state[1].tobytes(), state[2]))
    return states
