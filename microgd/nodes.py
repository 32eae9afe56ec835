"""grad_fn: the record of a Value under PyTorch's names, for scripts that look at the graph.

Nothing is kept for it: a node reads what the Value recorded. This module uses `autograd` and `shapes`.
"""

from __future__ import annotations

from . import autograd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAMES = {"log1p": "Log1P", "gelu_tanh": "Gelu", "logsigmoid": "LogSigmoid", "selu": "Elu"}
"""Where PyTorch's name is not that of our operation, each of its words with a capital."""


def name_of(x: Any) -> str:
    """What PyTorch calls the node of a Value: "MulBackward0"."""
    if x.is_leaf:
        return "torch::autograd::AccumulateGrad"
    name = _NAMES.get(x.op) or "".join(word.capitalize() for word in x.op.split("_"))
    if autograd.vertex(x) is not x:  # of a Function of one's own, whose name is as it was written
        return f"{x.op.partition('[')[0]}Backward"
    with_graph = x.op == "pow" and hasattr(x.inputs[1], "requires_grad")
    return f"{name}Backward{int(with_graph)}"


class Node:
    """The node of the graph that made a Value, or at which the gradient of a leaf is added up."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def name(self) -> str:
        """As "MulBackward0"; of a leaf "torch::autograd::AccumulateGrad"."""
        return name_of(self._value)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each operand its node and 0; None for an operand that requires no grad."""
        if self._value.is_leaf:
            return ()
        operands, partials = autograd.record(autograd.vertex(self._value))
        if len(partials) != len(operands):  # of a Function, which has no partials
            partials = (1.0,) * len(operands)
        return tuple(
            (Node(x) if getattr(x, "requires_grad", False) else None, 0)
            for x, d in zip(operands, partials)
            if d is not None or self._value.op != "pow"
        )

    @property
    def variable(self) -> Any:
        """The leaf whose gradient is added up here."""
        if not self._value.is_leaf:
            raise AttributeError(f"{self.name()!r} object has no attribute 'variable'")
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._value is self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"<{self.name().rpartition(':')[2]} object>"
