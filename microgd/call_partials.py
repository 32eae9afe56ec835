"""What the chain rule multiplies on its way through a call of a `Function`.

A primitive has partials, one number for each operand. A Function has a backward, which is any function of the
upstream gradients of all its outputs. Still the chain rule needs no second loop for it. A call stands in the
graph as one hidden node between the inputs and the outputs:

    inputs  ->  call  ->  outputs

The upstream gradient of the call is an `Upstreams`: one number for each output. The partial from an output to
the call is a `Place`: times a number it is an `Upstreams` with that number at its place. The partial from the
call to an input is an `Answer`: times an `Upstreams` it is what backward returns for that input. Such
products are what the chain rule adds up.

For second derivatives the same products are computed once more, recorded: an `Answer` that is `Recorded` runs
backward on the Values and Tensors themselves.

This module uses nothing of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calls import Call
    from .value import Value


class Upstreams:
    """The upstream gradients of all outputs of one call; None for an output that was not reached.

    Backward runs when they are complete, and only once: its answers are kept here. If it is recorded, then
    `outputs` are the outputs that were reached, by their number.
    """

    __slots__ = ("answers", "numbers", "outputs")

    def __init__(self, numbers: tuple[Any, ...], outputs: dict[int, Value] | None = None) -> None:
        self.numbers = numbers
        self.outputs = outputs
        self.answers: list[Any] | None = None

    def __add__(self, other: Any) -> Upstreams:
        if not isinstance(other, Upstreams):  # the 0 that a sum starts from
            return self
        pairs = zip(self.numbers, other.numbers, strict=True)
        outputs = self.outputs and other.outputs and self.outputs | other.outputs
        return Upstreams(tuple(b if a is None else a if b is None else a + b for a, b in pairs), outputs)

    __radd__ = __add__

    def __float__(self) -> float:
        return sum((x for x in self.numbers if x is not None), 0.0)


class Place:
    """The partial from an output to its call. It knows the output, if backward is going to be recorded."""

    __slots__ = ("count", "index", "output")

    def __init__(self, index: int, count: int, output: Value | None = None) -> None:
        self.index, self.count, self.output = index, count, output

    def __mul__(self, upstream: Any) -> Upstreams:
        numbers = tuple(upstream if k == self.index else None for k in range(self.count))
        return Upstreams(numbers, None if self.output is None else {self.index: self.output})

    def __abs__(self) -> Place:
        return self


class Answer:
    """The partial from a call to one of its inputs."""

    __slots__ = ("call", "slot")

    def __init__(self, call: Call, slot: int) -> None:
        self.call, self.slot = call, slot

    def __mul__(self, upstreams: Any) -> float:
        if not isinstance(upstreams, Upstreams):  # the tangent of an input, in forward mode
            self.call.refuse()
        if upstreams.answers is None:
            upstreams.answers = self.call.backward(upstreams.numbers)
        return upstreams.answers[self.slot]

    def __abs__(self) -> Answer:
        return Size(self.call, self.slot)

    def __repr__(self) -> str:
        return "what its backward returns"


class Size(Answer):
    """The sum of the sizes of the answers to each output's upstream gradient alone."""

    __slots__ = ()

    def __mul__(self, upstreams: Any) -> float:
        n, sizes = len(upstreams.numbers), 0.0
        for k, number in enumerate(upstreams.numbers):
            if number is not None:
                sizes += abs(self.call.backward((Place(k, n) * number).numbers)[self.slot])
        return sizes


class Recorded(Answer):
    """The same answers as graphs, for derivatives of the next order."""

    __slots__ = ("node",)

    def __init__(self, call: Call, slot: int, node: Value) -> None:
        super().__init__(call, slot)
        self.node = node

    def __mul__(self, upstreams: Any) -> Any:
        if not isinstance(upstreams, Upstreams):
            self.call.refuse()
        if upstreams.answers is None:
            upstreams.answers = self.call.recorded_backward(self.node, upstreams)
        return upstreams.answers[self.slot]
