"""NAdam: Adam that looks one step ahead, as Nesterov's momentum does."""

from __future__ import annotations

from .adam import check_options
from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Update


class NAdam(Optimizer):
    """w ← w - lr · m̂ / (√v̂ + eps): as Adam, but m̂ has this gradient's share, and that of the next step.

        g ← ∂C/∂w + weight_decay · w             (-∂C/∂w with maximize)
        m ← β₁ · m + (1 - β₁) · g                exp_avg, the mean of g
        v ← β₂ · v + (1 - β₂) · g²               exp_avg_sq, the mean of g²
        μₜ = β₁ · (1 - 0.96^(t · ψ) / 2)         ψ is momentum_decay, t counts the steps
        Πₜ = μ₁ · μ₂ · ... · μₜ                  mu_product
        m̂ = (1 - μₜ) · g / (1 - Πₜ) + μₜ₊₁ · m / (1 - Πₜ₊₁)
        v̂ = v / (1 - β₂ᵗ)

    With decoupled_weight_decay, weight_decay does not change g, but w: w ← (1 - lr · weight_decay) · w before
    the step. See AdamW.

    ValueError for a negative lr, eps, weight_decay or momentum_decay, and for a beta outside of [0, 1). Dozat
    2016, "Incorporating Nesterov Momentum into Adam".
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        check_options(group)
        if not group["momentum_decay"] >= 0.0:
            raise ValueError(f"Invalid momentum_decay value: {group['momentum_decay']}")

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0, "exp_avg": 0.0, "exp_avg_sq": 0.0}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        lr, (beta1, beta2), eps = group["lr"], group["betas"], group["eps"]
        decay, decoupled = group["weight_decay"], group["decoupled_weight_decay"]
        mu, mu_next = (beta1 * (1 - 0.96 ** (k * group["momentum_decay"]) / 2) for k in (t, t + 1))
        scale = sqrt(1 - beta2**t)

        def update(x: Any, g: Any, state: dict[str, Any]) -> Any:
            state["step"] = t
            if decay and decoupled:
                x = x * (1 - lr * decay)
            elif decay:
                g = g + decay * x
            m = state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * g
            v = state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * g * g
            product = state["mu_product"] = state["mu_product"] * mu
            ahead = (1 - mu) / (1 - product) * g + mu_next / (1 - product * mu_next) * m
            return x - lr * ahead / (sqrt(v) / scale + eps)

        return update
