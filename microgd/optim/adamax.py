"""Adamax: Adam, with the largest gradient so far in the place of the usual size."""

from __future__ import annotations

from ..ops import maximum
from .adam import check_options
from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class Adamax(Optimizer):
    """w ← w - lr · m̂ / u: the mean of the gradients, divided by the largest of them.

        g ← ∂C/∂w + weight_decay · w     (-∂C/∂w with maximize)
        m ← β₁ · m + (1 - β₁) · g        exp_avg, the mean of g
        u ← max(β₂ · u, |g| + eps)       exp_inf, the largest |g|, which fades with time
        m̂ = m / (1 - β₁ᵗ)                t counts the steps. m and u start at 0

    ValueError for a negative lr, eps or weight_decay, and for a beta outside of [0, 1). Kingma and Ba
    2014, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980, section 7.1.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        check_options(group)

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "exp_avg": 0.0, "exp_inf": 0.0}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        (beta1, beta2), eps, decay = group["betas"], group["eps"], group["weight_decay"]
        step = group["lr"] / (1 - beta1**t)

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decay:
                g = g + decay * x
            m = state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g
            u = state["exp_inf"] = maximum(beta2 * state["exp_inf"], abs(g) + eps)
            return x - step * m / u

        return update
