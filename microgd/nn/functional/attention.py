"""Attention, of one head or of many: the last two dimensions are the matrices of a head."""

from __future__ import annotations

import math

from ...shapes import bool_
from ...tensor import Tensor, as_tensor, tensor
from .layers import dropout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    """softmax(Q Kᵀ / √E) V: every query gets a mean of the values, weighted by how well the keys fit it.

    query      (..., L, E)
    key        (..., S, E)
    value      (..., S, width)
    attn_mask  (..., L, S): bools, True where a query may look at a key; or numbers, which are added to
               the scores. A query that may look at no key gets 0
    dropout_p  the probability with which a weight is dropped, also in `eval`: it is not known here
    is_causal  True: query i may look at the keys 0 ... i
    scale      instead of 1 / √E
    Vaswani et al. 2017, arXiv:1706.03762. Returns (..., L, width).
    """
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    scores = q @ k.transpose(-2, -1) * (1.0 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
        rows, columns = scores.shape[-2:]
        attn_mask = tensor([[j <= i for j in range(columns)] for i in range(rows)])
    if attn_mask is None:
        weights = scores.softmax(-1)
    else:
        mask = attn_mask if isinstance(attn_mask, Tensor) else tensor(attn_mask)
        hidden: Any = ~mask if mask.dtype is bool_ else mask == -math.inf
        scores = scores.masked_fill(hidden, -math.inf) if mask.dtype is bool_ else scores + mask
        weights = scores.softmax(-1).masked_fill(hidden.all(-1, keepdim=True), 0.0)
    return dropout(weights, dropout_p) @ v
