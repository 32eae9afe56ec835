"""The parameters that a learner's optimizer or training loop is given, and what is read of them.

It uses `diagnosis`. A plain `Parameter` writes down what happens to it, which tells a loop that sets the
gradients to 0 too early from one that never moves. Optimizers of microgd and of torch get their own kinds.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from ...value import Value
from ..diagnosis import Stopped, described, number, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Log = list[tuple[str, int]]
"""What happened, in order: ("grad", k) and ("data", k) when parameter k was written, and other events."""


class Parameter:
    """What a learner's optimizer is given: a number, and the derivative of the loss with respect to it."""

    def __init__(self, data: float, k: int = 0, log: Log | None = None) -> None:
        self._k, self._log = k, [] if log is None else log
        self._data: Any = data
        self._grad: Any = 0.0
        self.used: list[Any] = []  # what is in .grad whenever .data is written

    @property
    def data(self) -> Any:
        """The number."""
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        self._data = new
        self.used.append(self._grad)
        self._log.append(("data", self._k))

    @property
    def grad(self) -> Any:
        """The derivative of the loss."""
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        self._grad = new
        self._log.append(("grad", self._k))

    def __sub__(self, other: Any) -> Any:
        self._log.append(("made", self._k))
        return self._data - other

    def __add__(self, other: Any) -> Any:
        self._log.append(("made", self._k))
        return self._data + other

    def __isub__(self, other: Any) -> Parameter:
        self.data = self._data - other
        return self

    def __iadd__(self, other: Any) -> Parameter:
        self.data = self._data + other
        return self

    def __repr__(self) -> str:
        return f"Parameter({self.data!r}, grad={self.grad!r})"


def made_for(optimizer: Any) -> list[Callable[[Sequence[float], Log], list[Any]]]:
    """The kinds of parameters that this optimizer may want, the likeliest first."""
    homes = {base.__module__.partition(".")[0] for base in getattr(optimizer, "__mro__", ())}
    if "torch" in homes:
        return [_tensors]
    if "microgd" in homes:
        return [_values]
    return [_plain, _values, *([_tensors] if hasattr(sys.modules.get("torch"), "__version__") else [])]


def _plain(start: Sequence[float], log: Log) -> list[Any]:
    return [Parameter(x, k, log) for k, x in enumerate(start)]


def _values(start: Sequence[float], log: Log) -> list[Any]:
    return [Value(x) for x in start]


def _tensors(start: Sequence[float], log: Log) -> list[Any]:
    import torch

    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]


def add_gradients(parameters: Sequence[Any], gradients: Iterable[float]) -> None:
    """What backward() does: it adds to each gradient."""
    for p, derivative in zip(parameters, gradients, strict=True):
        before = 0.0 if p.grad is None else finite(p.grad, 0, ".grad")
        if isinstance(p, Parameter):
            p._grad = before + derivative  # the log has what the learner wrote
        elif type(p).__module__.startswith("torch"):
            p.grad = p.new_tensor(before + derivative)
        else:
            p.grad = before + derivative


def numbers(parameters: Sequence[Any], step: int) -> list[float]:
    """The numbers of all parameters after a step."""
    return [finite(p.data, step) for p in parameters]


def finite(x: Any, step: int, what: str = ".data") -> float:
    """A learner's number as a float; `Stopped` if it is none."""
    after = f" after step {step}" if step else ""
    found = number(x)
    if found is None:
        raise Stopped("not_a_number", f"A parameter's {what}{after} is {described(x)}, and no number.")
    if not math.isfinite(found):
        raise Stopped("not_a_number", f"A parameter's {what}{after} is {found}.")
    return found


def tried(what: str, act: Callable[[], Any]) -> Any:
    """What `act` returns; `Stopped` if it raises."""
    try:
        return act()
    except Stopped:
        raise
    except (Exception, SystemExit) as error:
        raise Stopped("raises", f"{what} raised {raised(error)}.") from None
