"""Symbol: a number that is not known yet. Arithmetic on Symbols writes a `Program`.

While a function is traced, the data of Values are Symbols. The table's rules work on them as on floats, so
the engine itself writes the forward and the backward pass. What needs the number at once (`if x > 0`,
`float(x)`, an index) is an error that names the line and says what to write instead.

This module uses `ops`, `value`, `recording` and `program`.
"""

from __future__ import annotations

from .. import ops
from ..ops import TABLE, Primitive, as_float, is_number
from ..recording import current_trace, user_line
from ..value import NUMPYS_NAMES
from .program import CONDITIONS, ESCAPED, INPUT, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn


class TraceError(TypeError):
    """A function that cannot be compiled, because it needs a number that is not known during the trace."""


class Symbol:
    """The result of the operation `index` of a program: a number, or if `condition` is True, a bool."""

    __slots__ = ("condition", "index", "program")

    # Among the operands of a Value a Symbol is a constant.
    _row = None

    def __init__(self, program: Program, index: int, condition: bool = False) -> None:
        self.program = program
        self.index = index
        self.condition = condition

    @property
    def _data(self) -> Symbol:
        return self

    def detach(self) -> Symbol:
        """Itself: the rules of the table may ask a number for it."""
        return self

    @staticmethod
    def _apply(row: Primitive, operands: Sequence[Any]) -> Any:
        """row(*operands), at least one of them a Symbol. NotImplemented if there are others than numbers."""
        program = next(x for x in operands if isinstance(x, Symbol)).program
        indices = []
        for x in operands:
            if isinstance(x, Symbol):
                indices.append(_number(x))
            elif is_number(x):
                indices.append(program.constant(x if isinstance(x, float) else as_float(x)))
            else:
                return NotImplemented
        if row.name == "where":
            indices[0] = _condition(program, operands[0])
        return Symbol(program, program.operation(row, tuple(indices)))

    def demand(self, holds: Callable[[float], bool], complaint: Callable[[Any], Exception]) -> None:
        """Let every call of the compiled function ask whether this number holds, if it is an argument."""
        if self.program.rows[self.index] is INPUT:
            self.program.demands.append((self.index, holds, complaint))

    # --- what needs the number itself ---

    def __bool__(self) -> NoReturn:
        refuse("the branch depends on it", "choose with microgd.where(condition, a, b), maximum or relu")

    def __float__(self) -> NoReturn:
        refuse(
            "float(), .item() or .data needs it",
            "use microgd's functions (microgd.exp for math.exp), or leave it a Value",
        )

    def __int__(self) -> NoReturn:
        refuse("int() needs it", "compute it before, and give it to the function as an argument")

    __round__ = __trunc__ = __int__

    def __floordiv__(self, other: Any) -> NoReturn:
        refuse("// needs it", "compute it before, and give it to the function as an argument")

    __rfloordiv__ = __divmod__ = __rdivmod__ = __floordiv__

    def __index__(self) -> NoReturn:
        refuse(
            "an index needs it",
            "give the index to cross_entropy or Embedding, or choose with microgd.where(i == 0, a, b)",
        )

    def __complex__(self) -> NoReturn:
        refuse("complex() needs it", "there are no complex numbers here")

    def __hash__(self) -> NoReturn:
        refuse("a set or a dict needs it", "choose with microgd.where(x == 1.0, a, b)")

    def __repr__(self) -> str:
        return f"<number {self.index} of a trace>"

    def __format__(self, spec: str) -> str:
        return repr(self)


def refuse(why: str, cure: str) -> NoReturn:
    """TraceError: a number is not known yet."""
    if current_trace() is None:
        raise TraceError(ESCAPED)
    raise TraceError(
        f"{user_line()}: this number of a compiled function is not known while it is traced, but {why}:"
        f" {cure}"
    )


def _number(x: Symbol) -> int:
    """The operation as a number: a condition is 1 if it holds, else 0."""
    if not x.condition:
        return x.index
    one, zero = x.program.constant(1.0), x.program.constant(0.0)
    return x.program.operation(TABLE["where"], (x.index, one, zero))


def _condition(program: Program, x: Any) -> int:
    """Whether x holds, as an operation: a bool, or a number that is not 0."""
    if not isinstance(x, Symbol):
        return program.constant(bool(x))
    if x.condition:
        return x.index
    return program.operation(CONDITIONS["ne"], (x.index, program.constant(0.0)))


# --- operators --------------------------------------------------------------------------------------------


def _operators(name: str, row: Primitive) -> None:
    def forward(self: Symbol, other: Any) -> Any:
        program = self.program
        if isinstance(other, Symbol):
            j = other.index if not other.condition else _number(other)
        elif type(other) is float:
            j = program.constant(other)
        elif is_number(other):
            j = program.constant(other if isinstance(other, float) else as_float(other))
        else:
            return NotImplemented
        i = self.index if not self.condition else _number(self)
        return Symbol(program, program.operation(row, (i, j)))

    def reflected(self: Symbol, other: Any) -> Any:
        if not is_number(other):
            return NotImplemented
        program = self.program
        j = program.constant(other if isinstance(other, float) else as_float(other))
        i = self.index if not self.condition else _number(self)
        return Symbol(program, program.operation(row, (j, i)))

    setattr(Symbol, f"__{name}__", forward)
    setattr(Symbol, f"__r{name}__", reflected)


for _name, _row in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "mod": "remainder",
}.items():  # fmt: skip
    _operators(_name, TABLE[_row])


def _comparison(name: str) -> Callable[[Symbol, Any], Any]:
    row = CONDITIONS[name]

    def compared(self: Symbol, other: Any) -> Any:
        if not is_number(other):
            return NotImplemented
        program = self.program
        j = _number(other) if isinstance(other, Symbol) else program.constant(as_float(other))
        return Symbol(program, program.operation(row, (_number(self), j)), True)

    return compared


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Symbol, f"__{_name}__", _comparison(_name))


def _logical(name: str) -> Callable[[Symbol, Any], Any]:
    row = CONDITIONS[name]

    def combined(self: Symbol, other: Any) -> Any:
        if not isinstance(other, (bool, Symbol)):
            return NotImplemented
        operands = _condition(self.program, self), _condition(self.program, other)
        return Symbol(self.program, self.program.operation(row, operands), True)

    return combined


for _name in ("and", "or", "xor"):
    setattr(Symbol, f"__{_name}__", _logical(_name))
    setattr(Symbol, f"__r{_name}__", _logical(_name))


def _unary(row: Primitive) -> Callable[[Symbol], Symbol]:
    return lambda self: Symbol(self.program, self.program.operation(row, (_number(self),)))


for _name in ("neg", "abs"):
    setattr(Symbol, f"__{_name}__", _unary(TABLE[_name]))
setattr(Symbol, "__pos__", lambda self: self)  # noqa: B010


def _not(self: Symbol) -> Symbol:
    row = CONDITIONS["not"]
    return Symbol(self.program, self.program.operation(row, (_condition(self.program, self),)), True)


setattr(Symbol, "__invert__", _not)  # noqa: B010


def _method(name: str) -> Callable[..., Any]:
    return lambda self, *others: getattr(ops, name)(self, *others)


# np.exp of an array of symbols asks each of them for its method `exp`, as of Values.
for _name in TABLE:
    if not hasattr(Symbol, _name):
        setattr(Symbol, _name, _method(_name))
for _name, _own in NUMPYS_NAMES.items():
    if not hasattr(Symbol, _name):
        setattr(Symbol, _name, getattr(Symbol, _own))
