"""torch.autograd's gradcheck and gradgradcheck, by the measurement of `microgd.gradcheck`.

PyTorch compares with one difference quotient, of a step that the caller chooses. Here the measured derivative
knows its own error, and finds its steps itself. What the caller chooses are the tolerances.

This module uses `check` and `tensor`.
"""

from __future__ import annotations

import math

from ..check.gradients import GradcheckError as GradcheckError, gradcheck as _measured
from ..random import uniform
from ..recording import no_grad
from ..tensor import Tensor as _Tensor, values
from ..value import Value as _Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Whether the gradients of func(*inputs) are right, for every Value and Tensor that requires grad.

    eps              accepted, without effect: steps are found
    atol, rtol       a gradient is right that is off by atol + rtol · |measured| at most
    raise_exception  False: return False where there would be a GradcheckError, which says what is wrong
    options          the others of PyTorch's are accepted, without effect
    """
    return _checked(func, inputs, 1, atol, rtol, raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """As `gradcheck`, of the second derivatives too.

    grad_outputs  accepted, without effect: they are chosen. PyTorch draws them if they are not given. As many
                  numbers are drawn here, so that what a script draws afterwards is the same
    """
    if grad_outputs is None:
        with no_grad():
            found = func(*inputs) if isinstance(inputs, (tuple, list)) else func(inputs)
        for _ in values(found):
            uniform(-1.0, 1.0)
    return _checked(func, inputs, 2, atol, rtol, raise_exception)


def _checked(
    func: Callable[..., Any], inputs: Any, order: int, atol: float, rtol: float, raise_exception: bool
) -> bool:
    given = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    chosen = [i for i, x in enumerate(given) if isinstance(x, (_Tensor, _Value)) and x.requires_grad]
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have"
            " requires_grad=True."
        )

    def function(*variables: Any) -> Any:
        arguments = list(given)
        for i, x in zip(chosen, variables):
            arguments[i] = x
        return func(*arguments)

    report = _measured(function, tuple(given[i] for i in chosen), order, raise_exception=False)
    wrong = [row for row in report.wrong if not _near(row.yours, row.measured.value, atol, rtol)]
    if not wrong and not report.failures:
        return True
    if raise_exception:
        raise GradcheckError(report)
    return False


def _near(x: float, y: float, atol: float, rtol: float) -> bool:
    return math.isfinite(x) and abs(x - y) <= atol + rtol * abs(y)
