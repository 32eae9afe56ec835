"""How an optimizer of an answer moves a parameter, and why it does not: facts for a check.py.

`optimizer` (of checks) asks for them. The right steps are those of microgd's own classes. Each returns a
failed Verdict, or None if there is nothing to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .checks import Answer, Verdict, failed
from .trials import Parameter, near

if TYPE_CHECKING:
    from collections.abc import Callable


def first_step(answer: Answer, name: str, right: Callable[..., Any], **options: Any) -> Verdict | None:
    """How the first step depends on the gradient: none where that is 0, and otherwise in which proportion."""

    def moved(make: Callable[..., Any], grad: float) -> float:
        parameter = Parameter(1.5)
        optimizer = make([parameter], **options)
        parameter.grad = grad
        optimizer.step()
        return answer.number(parameter.data, "A parameter's data") - 1.5

    make = answer.function(name)
    nothing = moved(make, 0.0)
    if nothing:
        return failed(
            "moves_without_gradient",
            f"Where the gradient is 0, the first step moves a parameter by {nothing:.6g}. What moves it?",
        )
    small, large = (moved(make, grad) for grad in (0.5, 50.0))
    times = large / small if small else 0.0
    if near(times, moved(_of_values(right), 50.0) / moved(_of_values(right), 0.5), 1e-3):
        return None
    return failed(
        "proportion",
        f"With a gradient 100 times as large, the first step is {times:.4g} times as large. How should it"
        " depend on the gradient?",
    )


def _of_values(right: Callable[..., Any]) -> Callable[..., Any]:
    """An optimizer of microgd's for parameters of ours."""

    class Beside:
        def __init__(self, parameters: list[Parameter], **options: Any) -> None:
            from ..value import Value

            self.parameters = parameters
            self.values = [Value(p.data) for p in parameters]
            self.optimizer = right(self.values, **options)

        def step(self) -> None:
            for p, value in zip(self.parameters, self.values, strict=True):
                value.grad = p.grad
            self.optimizer.step()
            for p, value in zip(self.parameters, self.values, strict=True):
                p.data = value.data

    return Beside


class _Written(Parameter):
    """A parameter that counts how often its number is written."""

    written = 0

    @property
    def data(self) -> float:
        return self.number

    @data.setter
    def data(self, number: float) -> None:
        self.number = number
        self.written += 1


def frozen(answer: Answer, name: str, **options: Any) -> Verdict:
    """Why a step moves nothing: is nothing written, or are all steps 0?"""
    parameter = _Written(1.5)
    parameter.grad, before = 0.5, parameter.written
    answer.function(name)([parameter], **options).step()
    if parameter.written == before:
        said = "step() never writes to .data of a parameter. Where is the new value to be stored?"
    else:
        said = f"step() writes to .data what is there already, though the gradient is {parameter.grad:g}."
        said = f"{said} Which factor of the step is 0?"
    return failed("frozen", f"The parameters do not move: {said}")
