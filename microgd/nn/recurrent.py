"""Recurrent layers: the steps of cells.py along a sequence, in several layers, in one or both directions."""

from __future__ import annotations

from ..tensor import Tensor, as_tensor, shape
from ..tensor_functions import cat, stack
from . import functional as F
from .cells import (
    ACTIVATIONS,
    Recurrent,
    State,
    demand_pair,
    demand_width,
    elman_step,
    gru_step,
    lstm_step,
    parameter,
    zeros,
)
from .module import demand_floats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Layers(Recurrent):
    """What the recurrent layers have in common.

    Every layer has weights of its own for each direction, and a row of its own in the states.
    """

    gates = 1
    proj_size = 0

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        demand_floats(device, dtype)
        demand_dropout(dropout, num_layers)
        for name, x in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(x, bool):
                raise TypeError(f"{name} should be of type bool, got: {type(x).__name__}")
        for name, width in (("input_size", input_size), ("hidden_size", hidden_size)):
            demand_width(name, width)
        demand_width("num_layers", num_layers)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first = bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        out = self.proj_size or hidden_size
        for k in range(self._rows):
            width = input_size if k < self._directions else out * self._directions
            rows = self.gates * hidden_size
            shapes = {"weight_ih": (rows, width), "weight_hh": (rows, out), "weight_hr": (out, hidden_size)}
            for kind, name in self._names(k):
                setattr(self, name, parameter(*shapes.get(kind, (rows,))))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _rows(self) -> int:
        """How many rows a state has: one for each layer and direction."""
        return self.num_layers * self._directions

    def _names(self, k: int) -> list[tuple[str, str]]:
        """The parameters that belong to a row of the states: of which kind each is, and its name."""
        layer, backward = divmod(k, self._directions)
        kinds = ["weight_ih", "weight_hh"]
        kinds += ["bias_ih", "bias_hh"] if self.bias else []
        kinds += ["weight_hr"] if self.proj_size else []
        return [(kind, f"{kind}_l{layer}{'_reverse' if backward else ''}") for kind in kinds]

    def flatten_parameters(self) -> None:
        """Nothing: in PyTorch it arranges the memory of a graphics card."""

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        """One step of a batch."""
        raise NotImplementedError

    def run(self, input: Any, hx: Sequence[Any] | None, widths: Sequence[int]) -> tuple[Tensor, State]:
        """The outputs along a sequence, and the last states.

        hx      the states at the beginning; None are zeros
        widths  of the states
        """
        x = as_tensor(input)
        dimensions = len(shape(x))
        if dimensions not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {dimensions}D instead"
            )
        batched = dimensions == 3
        if not batched:
            x = x.unsqueeze(1)
        elif self.batch_first:
            x = x.transpose(0, 1)
        self._demand_lengths(x)
        expected = [(self._rows, x.shape[1], width) for width in widths]
        before = (
            [zeros(*lengths) for lengths in expected] if hx is None else self._read(hx, expected, batched)
        )
        outputs, rows = self._through_layers(x, before)
        after = [stack(states) for states in zip(*rows)]
        if not batched:
            return outputs.squeeze(1), tuple(h.squeeze(1) for h in after)
        return outputs.transpose(0, 1) if self.batch_first else outputs, tuple(after)

    def _through_layers(self, x: Any, before: Sequence[Any]) -> tuple[Any, list[State]]:
        """The outputs (L, N, width) of the last layer, and the last state of each layer and direction."""
        rows: list[State] = []
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            sides = []
            for backward in range(self._directions):
                k = len(rows)
                weights = [getattr(self, name) for _, name in self._names(k)]
                state: State = tuple(h[k] for h in before)
                outputs = []
                for x_t in reversed(list(x)) if backward else x:
                    state = self.step(x_t, state, weights)
                    outputs.append(state[0])
                sides.append(stack(outputs[::-1] if backward else outputs))
                rows.append(state)
            x = cat(sides, -1)
        return x, rows

    def _demand_lengths(self, x: Any) -> None:
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}"
            )
        if x.shape[0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def _read(self, hx: Sequence[Any], expected: Sequence[Any], batched: bool) -> list[Any]:
        """The states as Tensors (rows, N, width). RuntimeError, PyTorch's, if they have other shapes."""
        states = [as_tensor(h) for h in hx]
        found = [len(shape(h)) for h in states]
        if any(dimensions != (3 if batched else 2) for dimensions in found):
            kind = "batched 3-D" if batched else "unbatched 2-D"
            names = "hx" if len(states) == 1 else "hx and cx"
            got = f"{found[0]}-D tensor" if len(states) == 1 else f"({found[0]}-D, {found[1]}-D) tensors"
            raise RuntimeError(f"For {kind} input, {names} should also be {kind[-3:]} but got {got}")
        states = states if batched else [h.unsqueeze(1) for h in states]
        for i, (h, lengths) in enumerate(zip(states, expected, strict=True)):
            if h.shape != lengths:
                name = "hidden" if len(states) == 1 else f"hidden[{i}]"
                raise RuntimeError(f"Expected {name} size {lengths}, got {list(h.shape)}")
        return states

    def extra_repr(self) -> str:
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        others = [f"{name}={getattr(self, name)}" for name, x in defaults.items() if getattr(self, name) != x]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *others])


def demand_dropout(dropout: Any, num_layers: int) -> None:
    """ValueError, PyTorch's, unless it is in [0, 1]. A warning if there is nothing to drop from."""
    if not isinstance(dropout, (int, float)) or isinstance(dropout, bool) or not 0.0 <= dropout <= 1.0:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being"
            " zeroed"
        )
    if dropout > 0.0 and num_layers == 1:
        import warnings

        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects"
            f" num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=3,
        )


class RNN(Layers):
    """The step of RNNCell along a sequence: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

        >>> layer = RNN(2, 3)
        >>> outputs, h = layer([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [1.0, 1.0]])
        >>> outputs.shape, h.shape
        ((4, 3), (1, 3))

    input_size     the width of x
    hidden_size    the width of h
    num_layers     each layer takes the outputs of the one below as its input
    nonlinearity   "tanh", or "relu" in its place
    bias           False leaves b_ih and b_hh out
    batch_first    the input is (N, L, input_size), and so are the outputs
    dropout        in training, the outputs of all layers but the last are dropped with this probability
    bidirectional  each layer reads the sequence backward too, with weights of its own, and its outputs hold
                   both hidden states, one beside the other
    device, dtype  the processor and float64, under any of their names

    A call takes a sequence (L, N, input_size), or (L, input_size) without a batch, and the first hidden
    states h0 (rows, N, hidden_size), with a row for each layer and direction. Left out, they are 0. The call
    returns the outputs (L, N, hidden_size) of the last layer, and the last hidden states.

    Each layer has the parameters of an RNNCell: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 and so on.
    After the same manual_seed they are PyTorch's, bit for bit: uniform draws from ±1/sqrt(hidden_size).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ACTIVATIONS:
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        )

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        return elman_step(x, state, weights, self.nonlinearity)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        outputs, (h,) = self.run(input, None if hx is None else (hx,), (self.hidden_size,))
        return outputs, h


class GRU(Layers):
    """The step of GRUCell along a sequence. Arguments as in RNN, without a nonlinearity."""

    gates = 3

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        return gru_step(x, state, weights)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        outputs, (h,) = self.run(input, None if hx is None else (hx,), (self.hidden_size,))
        return outputs, h


class LSTM(Layers):
    """The step of LSTMCell along a sequence. Arguments as in RNN, without a nonlinearity, and

    proj_size  if it is not 0: the width of the hidden states, which are multiplied with a matrix weight_hr.
               Sak et al. 2014, arXiv:1402.1128

    The state is a pair: a call takes a sequence and (h0, c0), and returns the outputs and (hn, cn).
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size > 0:
            raise ValueError("proj_size has to be smaller than hidden_size")
        self.proj_size = proj_size
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        )

    def step(self, x: Tensor, state: State, weights: Sequence[Any]) -> State:
        if self.proj_size:
            return lstm_step(x, state, weights[:-1], weights[-1])
        return lstm_step(x, state, weights)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        demand_pair(hx)
        widths = (self.proj_size or self.hidden_size, self.hidden_size)
        outputs, (h, c) = self.run(input, hx, widths)
        return outputs, (h, c)
