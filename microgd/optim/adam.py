"""Adam, and AdamW, which decays the weights themselves."""

from __future__ import annotations

from ..ops import maximum
from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class Adam(Optimizer):
    """w ← w - lr · m̂ / (√v̂ + eps): the mean of the gradients, divided by their usual size.

        g ← ∂C/∂w + weight_decay · w     (-∂C/∂w with maximize)
        m ← β₁ · m + (1 - β₁) · g        exp_avg, the mean of g
        v ← β₂ · v + (1 - β₂) · g²       exp_avg_sq, the mean of g²
        m̂ = m / (1 - β₁ᵗ)                t counts the steps. m and v start at 0, so they are
        v̂ = v / (1 - β₂ᵗ)                too small at first: this makes up for it

    With amsgrad, the largest v so far is used and not the last one. With decoupled_weight_decay, weight_decay
    does not change g, but w: w ← (1 - lr · weight_decay) · w before the step. See AdamW.

    ValueError for a negative lr, eps or weight_decay, and for a beta outside of [0, 1). Kingma and Ba
    2014, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980; amsgrad: Reddi, Kale and Kumar
    2018, "On the Convergence of Adam and Beyond".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        check_options(group)

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        state = {"step": 0.0, "exp_avg": 0.0, "exp_avg_sq": 0.0}
        return {**state, "max_exp_avg_sq": 0.0} if group["amsgrad"] else state

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        lr, (beta1, beta2), eps = group["lr"], group["betas"], group["eps"]
        decay, decoupled, amsgrad = group["weight_decay"], group["decoupled_weight_decay"], group["amsgrad"]
        step, scale = lr / (1 - beta1**t), sqrt(1 - beta2**t)

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decoupled:
                x = x * (1 - lr * decay)
            elif decay:
                g = g + decay * x
            m = state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g
            v = state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * g * g
            if amsgrad:
                v = state["max_exp_avg_sq"] = maximum(state["max_exp_avg_sq"], v)
            return x - step * m / (sqrt(v) / scale + eps)

        return update


class AdamW(Adam):
    """Adam, but weight decay makes w itself smaller and does not change the gradient, m and v.

    Loshchilov and Hutter 2017, "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )


def check_options(group: dict[str, Any]) -> None:
    """ValueError if an option that Adam and its relatives share is out of range."""
    if not group["lr"] >= 0.0:
        raise ValueError(f"Invalid learning rate: {group['lr']}")
    if not group["eps"] >= 0.0:
        raise ValueError(f"Invalid epsilon value: {group['eps']}")
    for i, beta in enumerate(group["betas"]):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
    if not group["weight_decay"] >= 0.0:
        raise ValueError(f"Invalid weight_decay value: {group['weight_decay']}")
