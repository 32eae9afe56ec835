"""RMSprop: each parameter has its own size of steps."""

from __future__ import annotations

from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class RMSprop(Optimizer):
    """w ← w - lr · g / (√v + eps): the gradient, divided by its usual size.

        g ← ∂C/∂w + weight_decay · w    (-∂C/∂w with maximize)
        v ← α · v + (1 - α) · g²        square_avg, the mean of g²
        a ← α · a + (1 - α) · g         grad_avg, the mean of g; with centered, v - a² instead of v
        b ← momentum · b + g / (√v + eps)    with momentum, the step goes along b

    ValueError for a negative lr, eps, momentum, weight_decay or alpha. Hinton 2012, "Neural Networks for
    Machine Learning", lecture 6e; centered: Graves 2013, arXiv:1308.0850.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        if not group["lr"] >= 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        if not group["eps"] >= 0.0:
            raise ValueError(f"Invalid epsilon value: {group['eps']}")
        for option in ("momentum", "weight_decay", "alpha"):
            if not group[option] >= 0.0:
                raise ValueError(f"Invalid {option} value: {group[option]}")

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        state = {"step": 0.0, "square_avg": 0.0}
        if group["momentum"] > 0:
            state["momentum_buffer"] = 0.0
        if group["centered"]:
            state["grad_avg"] = 0.0
        return state

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        lr, alpha, eps, decay = group["lr"], group["alpha"], group["eps"], group["weight_decay"]
        momentum, centered = group["momentum"], group["centered"]

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decay:
                g = g + decay * x
            v = state["square_avg"] = alpha * state["square_avg"] + (1 - alpha) * g * g
            if centered:
                a = state["grad_avg"] = alpha * state["grad_avg"] + (1 - alpha) * g
                v = v - a * a
            step = g / (sqrt(v) + eps)
            if momentum:
                step = state["momentum_buffer"] = momentum * state["momentum_buffer"] + step
            return x - lr * step

        return update
