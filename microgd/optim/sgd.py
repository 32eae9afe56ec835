"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class SGD(Optimizer):
    """w ← w - lr · g, or with momentum w ← w - lr · v.

        g ← ∂C/∂w + weight_decay · w              (-∂C/∂w with maximize)
        v ← momentum · v + (1 - dampening) · g    (v = g in the first step)
        step along v, or with nesterov along g + momentum · v

    ValueError for a negative lr, momentum or weight_decay, and for nesterov without momentum or with
    dampening. Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        if not group["lr"] >= 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        if not group["momentum"] >= 0.0:
            raise ValueError(f"Invalid momentum value: {group['momentum']}")
        if not group["weight_decay"] >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {group['weight_decay']}")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def initial_state(self, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        lr, decay = group["lr"], group["weight_decay"]
        momentum, dampening, nesterov = group["momentum"], group["dampening"], group["nesterov"]

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            if decay:
                g = g + decay * x
            if momentum:
                v = state["momentum_buffer"]
                v = state["momentum_buffer"] = g if v is None else momentum * v + (1 - dampening) * g
                g = g + momentum * v if nesterov else v
            return x - lr * g

        return update
