"""Adagrad: the larger the gradients of a parameter have been, the shorter its steps are."""

from __future__ import annotations

from ..tensor import values
from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class Adagrad(Optimizer):
    """w ← w - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps)

        g ← ∂C/∂w + weight_decay · w    (-∂C/∂w with maximize)
        s ← s + g²                      starts at initial_accumulator_value; t counts the steps

    ValueError for a negative option. Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods for
    Online Learning and Stochastic Optimization".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        self.state.update((x, self.initial_state(group)) for x in values(group["params"]))

    def check(self, group: dict[str, Any]) -> None:
        if not group["lr"] >= 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        for option in ("lr_decay", "weight_decay", "initial_accumulator_value"):
            if not group[option] >= 0.0:
                raise ValueError(f"Invalid {option} value: {group[option]}")
        if not group["eps"] >= 0.0:
            raise ValueError(f"Invalid epsilon value: {group['eps']}")

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        # As in torch, where the sums start is no option of a single group.
        return {"step": 0.0, "sum": float(self.defaults["initial_accumulator_value"])}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        eps, decay = group["eps"], group["weight_decay"]
        lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decay:
                g = g + decay * x
            s = state["sum"] = state["sum"] + g * g
            return x - lr * g / (sqrt(s) + eps)

        return update
