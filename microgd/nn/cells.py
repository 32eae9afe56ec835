"""Recurrent cells: one step in time. The layers of recurrent.py take the same steps along a sequence.

A step is a function of an input (N, input_size), a state and weights. A state is a tuple. It holds the hidden
state h (N, hidden_size), and in an LSTM the cell state c beside it. The weights are those of the input, those
of the hidden state, and their biases. They hold the rows of all gates, one gate below the other.
"""

from __future__ import annotations

import math

from ..tensor import Tensor, as_tensor, shape, shaped
from . import functional as F, init
from .module import Module, Parameter, demand_floats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

State = tuple[Tensor, ...]

ACTIVATIONS = {"tanh": F.tanh, "relu": F.relu}


# --- steps ------------------------------------------------------------------------------------------------


def elman_step(x: Tensor, state: State, weights: Sequence[Any], nonlinearity: str = "tanh") -> State:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it"""
    (h,) = state
    of_x, of_h = _products(x, h, weights)
    return (ACTIVATIONS[nonlinearity](of_x + of_h),)


def gru_step(x: Tensor, state: State, weights: Sequence[Any]) -> State:
    """The formula of GRUCell."""
    (h,) = state
    of_x, of_h = _products(x, h, weights)
    r_x, z_x, n_x = of_x.chunk(3, -1)
    r_h, z_h, n_h = of_h.chunk(3, -1)
    r = F.sigmoid(r_x + r_h)
    z = F.sigmoid(z_x + z_h)
    n = F.tanh(n_x + r * n_h)
    return ((1.0 - z) * n + z * h,)


def lstm_step(x: Tensor, state: State, weights: Sequence[Any], projection: Any = None) -> State:
    """The formula of LSTMCell. A projection W_hr makes the hidden state shorter: h' = W_hr (o tanh(c'))."""
    h, c = state
    of_x, of_h = _products(x, h, weights)
    i, f, g, o = (of_x + of_h).chunk(4, -1)
    c = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(g)
    h = F.sigmoid(o) * F.tanh(c)
    return (h if projection is None else F.linear(h, projection), c)


def _products(x: Tensor, h: Tensor, weights: Sequence[Any]) -> tuple[Any, Any]:
    """W_ih x + b_ih and W_hh h + b_hh. The biases may be left out."""
    w_ih, w_hh, *biases = weights
    b_ih, b_hh = biases or (None, None)
    return F.linear(x, w_ih, b_ih), F.linear(h, w_hh, b_hh)


# --- what cells and layers have in common -----------------------------------------------------------------


class Recurrent(Module):
    """A module whose parameters all start as uniform draws from ±1/sqrt(hidden_size)."""

    hidden_size: int

    def reset_parameters(self) -> None:
        """Draw fresh weights and biases, in the order of `parameters()`."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)


def zeros(*lengths: int) -> Any:
    """A Tensor of constants 0."""
    return shaped([0.0] * math.prod(lengths), lengths)


def parameter(*lengths: int) -> Parameter:
    """A parameter of this shape, to be drawn."""
    return Parameter(zeros(*lengths))


def demand_width(name: str, width: Any) -> None:
    """An error, PyTorch's, unless it is a whole number, at least 1."""
    if not isinstance(width, int):
        raise TypeError(f"{name} should be of type int, got: {type(width).__name__}")
    if width < 1:
        raise ValueError(f"{name} must be greater than zero")


def demand_pair(hx: Any) -> None:
    """TypeError unless it may be the state of an LSTM."""
    if hx is not None and (isinstance(hx, Tensor) or len(hx) != 2):
        found = "a Tensor" if isinstance(hx, Tensor) else f"{len(hx)} of them"
        raise TypeError(f"the state of an LSTM is a pair of Tensors (h, c), got {found}")


# --- the cells --------------------------------------------------------------------------------------------


class Cell(Recurrent):
    """What the cells have in common: two matrices of weights, and their biases."""

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        demand_floats(device, dtype)
        demand_width("input_size", input_size)
        demand_width("hidden_size", hidden_size)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = self.gates * hidden_size
        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        self.bias_ih = parameter(rows) if bias else None
        self.bias_hh = parameter(rows) if bias else None
        self.reset_parameters()

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        """One step of a batch."""
        raise NotImplementedError

    def moved(self, input: Any, state: Sequence[Any] | None, names: Sequence[str]) -> State:
        """The state after an input (N, input_size) or (input_size); without a state, from zeros."""
        x = as_tensor(input)
        self._demand_dimensions("input", x)
        lengths = (*x.shape[:-1], self.hidden_size)
        before = [zeros(*lengths) for _ in names] if state is None else [as_tensor(h) for h in state]
        for name, h in zip(names, before, strict=True):
            self._demand_dimensions(name, h)
        self._demand_lengths(x, before)
        batched = len(x.shape) == 2
        if not batched:
            x, before = x.unsqueeze(0), [h.unsqueeze(0) for h in before]
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        after = self.step(x, tuple(before), weights)
        return after if batched else tuple(h.squeeze(0) for h in after)

    def _demand_dimensions(self, name: str, x: Any) -> None:
        dimensions = len(shape(x))
        if dimensions not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected {name} to be 1D or 2D, got {dimensions}D instead"
            )

    def _demand_lengths(self, x: Any, state: Sequence[Any]) -> None:
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {x.shape[-1]} expected {self.input_size}"
            )
        for i, h in enumerate(state):
            if h.shape[-1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {h.shape[-1]}, expected {self.hidden_size}"
                )
            if h.shape[:-1] != x.shape[:-1]:
                ours, theirs = ((*y.shape[:-1], 1)[0] for y in (x, h))
                raise RuntimeError(f"Input batch size {ours} doesn't match hidden{i} batch size {theirs}")

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias is True else f', bias={self.bias}'}"


class RNNCell(Cell):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

        >>> cell = RNNCell(2, 3)
        >>> h = cell([1.0, -1.0])
        >>> h = cell([0.5, 0.0], h)
        >>> h.shape
        (3,)

    input_size     the width of x
    hidden_size    the width of h
    bias           False leaves b_ih and b_hh out
    nonlinearity   "tanh", or "relu" in its place
    device, dtype  the processor and float64, under any of their names

    A call takes x (N, input_size) or (input_size), and h, which is 0 if it is left out. It returns h'.
    All parameters start as uniform draws from ±1/sqrt(hidden_size). After the same manual_seed they are those
    of PyTorch, bit for bit. Elman 1990, doi:10.1207/s15516709cog1402_1.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        """One step of a batch."""
        return elman_step(x, state, weights, self.nonlinearity)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        if self.nonlinearity not in ACTIVATIONS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self.moved(input, None if hx is None else (hx,), ("hidden",))[0]

    def extra_repr(self) -> str:
        other = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + other


class GRUCell(Cell):
    """h' = (1 - z) n + z h, element by element, where

        r = σ(W_ir x + b_ir + W_hr h + b_hr)        the reset gate
        z = σ(W_iz x + b_iz + W_hz h + b_hz)        the update gate
        n = tanh(W_in x + b_in + r (W_hn h + b_hn)) the new state

    W_ih is W_ir, W_iz and W_in, one below the other; so are W_hh, b_ih and b_hh. Arguments as in RNNCell.
    Cho et al. 2014, arXiv:1406.1078. There, r is multiplied with h itself; here, as in PyTorch, after W_hn.
    """

    gates = 3
    step = staticmethod(gru_step)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        return self.moved(input, None if hx is None else (hx,), ("hidden",))[0]


class LSTMCell(Cell):
    """c' = f c + i g and h' = o tanh(c'), element by element, where

        i = σ(W_ii x + b_ii + W_hi h + b_hi)     the input gate
        f = σ(W_if x + b_if + W_hf h + b_hf)     the forget gate
        g = tanh(W_ig x + b_ig + W_hg h + b_hg)  the new numbers
        o = σ(W_io x + b_io + W_ho h + b_ho)     the output gate

    W_ih is W_ii, W_if, W_ig and W_io, one below the other; so are W_hh, b_ih and b_hh. Arguments as in
    RNNCell, but the state is a pair: a call takes x and (h, c), and returns (h', c').
    Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735. The forget gate is of Gers et al. 2000,
    doi:10.1162/089976600300015015.
    """

    gates = 4
    step = staticmethod(lstm_step)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        demand_pair(hx)
        h, c = self.moved(input, hx, ("hx[0]", "hx[1]"))
        return h, c
