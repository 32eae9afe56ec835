"""A compiled function: it is traced at its first call, and runs as generated code from then on.

A call returns what the function would have returned. Each Value in it is one node, whose partials the
generated code has computed. So compiled and eager code can be mixed.

This module uses `forms` and `version`.
"""

from __future__ import annotations

import warnings

from .. import ops
from ..recording import current_trace
from .forms import Batch, interleaved, mapped_by, shaped, size
from .version import Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..value import Value

REDUCTIONS = ("mean", "sum", None)
OFTEN = 10
"""After so many traces that are due to changed references there is a warning."""

KEPT = 4
"""So many versions are kept for one form of arguments: for train() and eval(), for two models."""

BACKENDS = ("auto", "python", "llvm")


class Compiled:
    """What `microgd.compile` returns. See there."""

    def __init__(
        self, function: Callable[..., Any], in_dims: Any, reduce: str | None, backend: str, fast: bool
    ) -> None:
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__doc__ = getattr(function, "__doc__", None)
        self.in_dims = tuple(in_dims) if isinstance(in_dims, list) else in_dims
        self.reduce = reduce
        self.backend = _chosen(backend)
        self.fast = fast
        self._versions: dict[Any, list[Version]] = {}
        self._last: Version | None = None
        self._retraced = 0

    def __call__(self, *args: Any, **named: Any) -> Any:
        """What the function returns for these arguments."""
        if named:
            args = self._in_order(args, named)
        if current_trace() is not None:
            return self._inlined(args)
        batch = Batch(self.in_dims, args, self.__name__)
        version = self._version(batch, (False,) * len(args))
        return version.results(batch)

    def _in_order(self, args: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in their order, without names."""
        from inspect import signature

        bound = signature(self.__wrapped__).bind(*args, **named)
        if bound.kwargs:
            raise TypeError(
                f"{self.__name__} has arguments that must be named ({', '.join(bound.kwargs)}): a compiled"
                " function has none"
            )
        return bound.args

    def value_and_grad(self, *args: Any, argnums: int | Sequence[int] | None = None) -> tuple[float, Any]:
        """(the result, its gradient) as plain numbers, for `scipy.optimize.minimize(..., jac=True)`.

        argnums  the position of the argument to differentiate with respect to, or several. Without it the
                 gradient is that of the parameters which the function captures, in the order of
                 `.parameters`; and if it captures none, that of its arguments

        The gradient of an argument has its form. Of a NumPy array it is an array.
        """
        batch = Batch(self.in_dims, args, self.__name__)
        if argnums is None:
            version = self._version(batch, (False,) * len(args))
            if version.parameters:
                value, gradient, _ = version.value_and_gradient(batch)
                return value, gradient.tolist()
            argnums = tuple(range(len(args))) if len(args) > 1 else 0
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for k in chosen:
            if not 0 <= k < len(args):
                raise ValueError(f"argnums={argnums} names no argument: there are {len(args)}")
        if len({*chosen}) != len(chosen):
            raise ValueError(f"argnums={argnums} names an argument twice")
        version = self._version(batch, tuple([k in chosen for k in range(len(args))]))
        value, shared, own = version.value_and_gradient(batch)
        gradients: dict[int, Any] = {}
        for k in sorted(chosen):
            form, width = batch.forms[k], size(batch.forms[k])
            if batch.mapped[k]:
                gradient = interleaved(own[:width])
                del own[:width]
            else:
                gradient, shared = shared[:width], shared[width:]
            gradients[k] = shaped(args[k], form, batch.mapped[k], batch.n, gradient)
        return value, gradients[argnums] if isinstance(argnums, int) else tuple(
            [gradients[k] for k in chosen]
        )

    @property
    def parameters(self) -> list[Value]:
        """The Values that require grad and that the function captured in its last trace."""
        return list(self._traced().parameters)

    @property
    def source(self) -> str:
        """The last trace as readable Python. (Whatever the backend, its results are those of this code)"""
        return self._traced().source

    def _traced(self) -> Version:
        if self._last is None:
            raise RuntimeError(f"{self.__name__} has not been traced yet: call it once, then look at it")
        return self._last

    def _inlined(self, args: Sequence[Any]) -> Any:
        """A call inside of a function that is traced itself: the same, without code of its own."""
        mapped = mapped_by(self.in_dims, len(args), self.__name__)
        if not any(mapped):
            return self.__wrapped__(*args)
        results = [
            self.__wrapped__(*(arg[i] if m else arg for arg, m in zip(args, mapped)))
            for i in range(Batch(self.in_dims, args, self.__name__).n)
        ]
        return results if self.reduce is None else getattr(ops, self.reduce)(results)

    def _version(self, batch: Batch, grads: tuple[bool, ...]) -> Version:
        versions = self._versions.setdefault((batch.forms, grads), [])
        version = next((version for version in versions if version.is_current()), None)
        if version is None:
            if versions:
                self._tell_what_changes(versions[0].references.changed())
            version = Version(self, batch.forms, grads)
            versions[:] = [version, *versions[: KEPT - 1]]
        self._last = version
        return version

    def _tell_what_changes(self, name: str | None) -> None:
        """Warn if the function is traced again and again."""
        self._retraced += name is not None
        if name is not None and self._retraced == OFTEN:
            warnings.warn(
                f"{self.__name__} has been traced {OFTEN} times more because {name} has changed: give it to"
                " the function as an argument",
                RuntimeWarning,
                stacklevel=4,
            )

    def __get__(self, instance: Any, owner: type | None = None) -> Compiled:
        """As a method: of each object it is a compiled function of its own, which the object keeps."""
        function = self.__wrapped__
        if instance is None or not hasattr(function, "__get__"):
            return self
        kept, key = vars(instance), f"compiled {function.__module__}.{function.__qualname__}"
        if key not in kept:
            method = function.__get__(instance, owner)
            kept[key] = Compiled(method, self.in_dims, self.reduce, self.backend, self.fast)
        return kept[key]

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is traced anew: in a copy of a model it is about the copy."""
        return Compiled, (self.__wrapped__, self.in_dims, self.reduce, self.backend, self.fast)

    def like(self, function: Callable[..., Any]) -> Compiled:
        """Another function, compiled by the same backend."""
        return Compiled(function, None, None, self.backend, self.fast)

    def __repr__(self) -> str:
        hint = "" if self.backend == "llvm" else '; pip install "microgd[jit]" makes it faster'
        return f"<compiled {self.__name__}: {self.backend}{hint}>"


def demand_options(in_dims: Any, reduce: Any, backend: Any) -> None:
    """ValueError for options that make no sense."""
    if reduce not in REDUCTIONS:
        raise ValueError(f"reduce={reduce!r}: it is 'mean', 'sum' or None")
    dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,)
    if any(not (dim is None or (dim == 0 and type(dim) is int)) for dim in dims):
        raise ValueError(
            f"in_dims={in_dims}: each entry is 0 (the argument holds samples, in a list or in the rows of an"
            " array) or None (all samples use the same argument)"
        )
    if in_dims is not None and all(dim is None for dim in dims):
        raise ValueError(f"in_dims={in_dims}: at least one argument must hold samples; or leave in_dims out")
    if reduce is not None and in_dims is None:
        raise ValueError(
            f"reduce={reduce!r} without in_dims: in_dims=(0, ...) says which arguments hold samples"
        )
    if backend not in BACKENDS:
        raise ValueError(f"backend={backend!r}: it is one of {', '.join(map(repr, BACKENDS))}")


def _chosen(backend: str) -> str:
    """The backend to use: "auto" is machine code if llvmlite is there, else Python."""
    if backend != "auto":
        return backend
    from importlib.util import find_spec

    return "llvm" if find_spec("llvmlite") else "python"
