"""Losses as modules: what a model is trained to make small."""

from __future__ import annotations

from . import functional as F
from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MSELoss(Module):
    """The mean squared error: the mean of (x - y)² over all elements.

    reduction  "mean", "sum", or "none" for the squares themselves
    """

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """input and target have one shape"""
        return F.mse_loss(input, target, self.reduction)
