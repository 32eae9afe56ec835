"""Adadelta: steps as long as the steps so far were, whatever the unit of the loss is."""

from __future__ import annotations

from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class Adadelta(Optimizer):
    """w ← w - lr · Δ: the gradient, divided by its usual size and multiplied by that of the steps.

        g ← ∂C/∂w + weight_decay · w      (-∂C/∂w with maximize)
        v ← ρ · v + (1 - ρ) · g²          square_avg, the mean of g²
        Δ = √(u + eps) / √(v + eps) · g
        u ← ρ · u + (1 - ρ) · Δ²          acc_delta, the mean of Δ². v and u start at 0

    ValueError for a negative lr, eps or weight_decay, and for a rho outside of [0, 1]. Zeiler 2012,
    "ADADELTA: An Adaptive Learning Rate Method", arXiv:1212.5701.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        if not group["lr"] >= 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        if not 0.0 <= group["rho"] <= 1.0:
            raise ValueError(f"Invalid rho value: {group['rho']}")
        if not group["eps"] >= 0.0:
            raise ValueError(f"Invalid epsilon value: {group['eps']}")
        if not group["weight_decay"] >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {group['weight_decay']}")

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "square_avg": 0.0, "acc_delta": 0.0}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        lr, rho, eps, decay = group["lr"], group["rho"], group["eps"], group["weight_decay"]

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decay:
                g = g + decay * x
            v = state["square_avg"] = rho * state["square_avg"] + (1 - rho) * g * g
            delta = sqrt(state["acc_delta"] + eps) / sqrt(v + eps) * g
            state["acc_delta"] = rho * state["acc_delta"] + (1 - rho) * delta * delta
            return x - lr * delta

        return update
