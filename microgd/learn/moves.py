"""How an optimizer of an answer moves a parameter, and why it does not: facts for a check.py.

`optimizer` (of checks) asks for them. The right steps are those of microgd's own classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..check.optimizer.parameters import Log, Parameter
from ..value import Value
from .checks import Answer, Verdict, failed
from .trials import near

if TYPE_CHECKING:
    from collections.abc import Callable


def first_step(answer: Answer, name: str, right: Callable[..., Any], **options: Any) -> Verdict | None:
    """How the first step depends on the gradient: none where that is 0, and otherwise in which proportion."""

    def moved(make: Callable[..., Any], grad: float, kind: type[Parameter | Value] = Parameter) -> float:
        parameter = kind(1.5)
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
    if near(times, moved(right, 50.0, Value) / moved(right, 0.5, Value), 1e-3):
        return None
    return failed(
        "proportion",
        f"With a gradient 100 times as large, the first step is {times:.4g} times as large. How should it"
        " depend on the gradient?",
    )


def frozen(answer: Answer, name: str, **options: Any) -> Verdict:
    """Why a step moves nothing: is nothing written, or are all steps 0?"""
    log: Log = []
    parameter = Parameter(1.5, log=log)
    parameter.grad = 0.5
    answer.function(name)([parameter], **options).step()
    if not any(event == "data" for event, _ in log):
        said = "step() never writes to .data of a parameter. Where is the new value to be stored?"
    else:
        said = f"step() writes to .data what is there already, though the gradient is {parameter.grad:g}."
        said = f"{said} Which factor of the step is 0?"
    return failed("frozen", f"The parameters do not move: {said}")
