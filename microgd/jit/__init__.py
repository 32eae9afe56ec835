"""Compiled functions: a function is traced once, and its program printed as code that runs.

`compile` is here. `trace` runs a function on symbols and writes a `program`; `python` and other printers
turn it into code; `compiled` calls the code.
"""

from __future__ import annotations

from .compiled import Compiled, demand_options
from .training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def __getattr__(name: str) -> Any:
    """torch.jit's names: an AttributeError, with a sentence about what microgd has in their place."""
    from ..absent import sentence

    raise AttributeError(sentence(__name__, name))


def compile(
    f: Callable[..., Any] | None = None,
    in_dims: Any = None,
    reduce: str | None = None,
    backend: str = "auto",
    fast: bool = False,
    optimizer: Any = None,
) -> Any:
    """f as a function that runs generated code: the same results, to the last bit, many times faster.

        @microgd.compile(in_dims=(0, 0), reduce="mean")      # f is written for one sample
        def loss(x, y):
            return (1.0 - y * model(x)[0]).relu()

        loss(points, labels).backward()

    f        takes numbers, Values, Tensors, arrays, and lists, tuples and dicts of them. Values that it
             refers to (the parameters of a model) are read at each call, and receive gradients
    in_dims  for each argument: 0, it holds samples (as in torch.func.vmap), or None, all samples use it
    reduce   what becomes of the results of the samples: "mean", "sum", or None for a list of them
    backend  "llvm": machine code. It needs llvmlite, pip install "microgd[jit]". "python": Python code.
             "auto": machine code if llvmlite is there
    fast     True allows what changes the last digits: fused multiply-add, other orders of sums, vectorised
             exp, tanh and log within 4 ulp. Only with machine code

    optimizer  one of microgd.optim: the result is the whole training loop, a `Training`

        train = microgd.compile(loss, optimizer=optimizer)
        losses = train(points, labels, steps=1000)

    f runs once for each new form of arguments, on symbols instead of numbers. So it cannot branch on a
    number: a TraceError names the line, and says what to write instead. It runs again if a Module
    changes between train() and eval(), or if the requires_grad of a Value changes.
    """
    if f is None:
        return lambda function: compile(function, in_dims, reduce, backend, fast, optimizer)
    demand_options(in_dims, reduce, backend)
    if not callable(f):
        raise TypeError(f"microgd.compile expects a function, got {type(f).__name__} {f!r}")
    if isinstance(f, Compiled) and (in_dims, reduce, backend, fast) != (None, None, "auto", False):
        raise ValueError(f"{f.__name__} is compiled already: give the options where it is compiled first")
    compiled = f if isinstance(f, Compiled) else Compiled(f, in_dims, reduce, backend, fast)
    return compiled if optimizer is None else Training(compiled, optimizer)
