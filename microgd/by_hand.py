"""Operations made by hand, for `micrograd`: their partials are given, or their `_backward` is assigned.

Neither has a forward that could be run again: so they have first derivatives only.

This module uses `calls` and `table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .calls import Call, Output
from .table import TABLE, as_float

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from .value import Value


class Made(Output):
    """The operation of a Value that was made by hand: its number came from outside."""

    __slots__ = ("sign",)

    def __init__(self, sign: str) -> None:
        name = sign or "made by hand"
        super().__init__(f"own {name}" if name in TABLE else name, Call._unasked, None)
        self.sign = sign

    def __reduce__(self) -> tuple[Any, ...]:
        return Made, (self.sign,)


class Given(Made):
    """The operation of a Value that was made with its partials."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("made by hand")

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:
        """RuntimeError: numbers have no derivatives."""
        raise RuntimeError(
            "a Value was made with its partials, and these are plain numbers: so it has no second derivatives"
            " (create_graph=True). For these, write the operation with microgd's functions, or with"
            " @microgd.primitive."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Given, ()


def as_partials(operands: Sequence[Value], given: Sequence[Any]) -> tuple[float | None, ...]:
    """A partial for each operand; None if it requires no grad."""
    if len(given) != len(operands):
        raise ValueError(f"expected a partial for each of {len(operands)} Values, got {len(given)}")
    return tuple(as_float(d) if x.requires_grad else None for x, d in zip(operands, given))


class ByHand(Call):
    """An operation whose backward is a function that adds to the `.grad` of its operands.

    As a call of a `Function` it is a hidden node between the operands and the result. While the function
    runs, the `.grad` of the result is its upstream gradient in this backward pass alone, and those of the
    operands are 0. What the function adds are the contributions.
    """

    __slots__ = ("closure", "out", "values")

    def __init__(self, out: Any, operands: tuple[Value, ...], closure: Callable[[], None]) -> None:
        name = out._op or "made by hand"
        super(Call, self).__init__(name, self._unasked, None)
        self.out, self.values, self.closure = out, operands, closure
        self.function = self.context = None  # type: ignore[assignment]  # there is no forward to run again
        self.arguments, self.results = tuple(x._data for x in operands), out._data
        self.wanted = [x.requires_grad for x in operands]

    def backward(self, upstreams: Sequence[float | None]) -> list[float]:
        """What the function adds to the gradient of each operand."""
        (received,) = upstreams
        touched = [self.out, *self.values]
        before = [x._grad for x in touched]
        try:
            for x in self.values:
                x._grad = 0.0
            self.out._grad = received
            self.closure()
            return [x._grad for x in self.values]  # type: ignore[misc]  # floats
        finally:
            for x, grad in zip(touched, before):
                x._grad = grad

    def refuse(self) -> NoReturn:
        """RuntimeError: what a function of plain numbers cannot do."""
        raise RuntimeError(
            f"the _backward of {self.name} was assigned, and it adds plain numbers: so it has no second"
            " derivatives (create_graph=True) and no forward mode (jvp). For these, write the operation with"
            " microgd's functions, or with @microgd.primitive."
        )

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:
        """RuntimeError: a function of plain numbers cannot be recorded."""
        self.refuse()

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"the _backward of {self.name} was assigned: such a function cannot be pickled")
