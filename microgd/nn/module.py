"""Module: something that has parameters and can be called. It may be made of other Modules.

There is no registry. The attributes of a Module, in the order of their assignment, say what it is made of.
A child is an attribute that is a Module. A parameter is an attribute that is a Parameter (a Tensor) or a
single Value. It must be a leaf that requires grad when it is assigned, and what a call of the module assigns
is no parameter.
"""

from __future__ import annotations

from ..recording import scope, state
from ..shapes import dtype, float64
from ..tensor import Tensor, plain, shape, tensor, values
from ..tensor_lists import Numbers
from ..value import Value
from .buffers import WithBuffers
from .dotted import WithDottedNames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Self


_data: Any = Value.__dict__["_data"]  # the slot behind `.data`: to write it runs no Python code


class Parameter(Tensor):
    """A Tensor that a Module trains: all its elements are leaves that require grad.

    data  a nested sequence of numbers. A single number gives a Value: a parameter without dimensions
    """

    def __new__(cls, data: Any = (), requires_grad: bool = True) -> Any:
        single = isinstance(data, (float, int)) or getattr(data, "shape", None) == ()
        return _leaf(data, requires_grad) if single else super().__new__(cls)

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        super().__init__(data)
        self._storage = [_leaf(x, requires_grad) for x in self._storage]

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def _leaf(x: Any, requires_grad: bool) -> Value:
    if isinstance(x, Value):
        return Value(x.data, x.label, requires_grad)
    return Value(x, requires_grad=requires_grad)


def demand_floats(device: Any, dtype: Any) -> None:
    """An error unless layers can be made so: of float64 numbers, on the processor. None is the default."""
    if dtype is not None and dtype != float64:
        raise RuntimeError(
            f"Only Tensors of floating point and complex dtype can require gradients, got dtype={dtype!r}"
        )
    if device is not None:
        from ..devices import demand_cpu

        demand_cpu(device)


class Module(WithBuffers, WithDottedNames):
    """The base of all layers, losses and models. Assign parameters and Modules, and define `forward`.

    class Neuron(nn.Module):
        def __init__(self, n):
            self.linear = nn.Linear(n, 1)
        def forward(self, x):
            return self.linear(x).tanh()
    """

    training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, in a scope: the nodes made in it keep the dotted name of this module."""
        here = state()
        if here.trace is not None:
            here.trace.entered(self)
        name = here.module._name_of(self) if here.module is not None else None
        name = name or type(self).__name__
        with scope(f"{here.scope}.{name}" if here.scope else name, self):
            return self.forward(*args, **kwargs)

    def _name_of(self, wanted: Module) -> str | None:
        """The dotted name of a module somewhere inside this one."""
        for name, x in vars(self).items():
            if x is wanted:
                return name
        for name, module in self.named_modules():
            if module is wanted:
                return name
        return None

    # --- what it is made of ---

    _single: frozenset[str] = frozenset()  # the names of its parameters that are single Values

    def __setattr__(self, name: str, x: Any) -> None:
        # A Value that a call leaves behind, as `self.last_loss = ...`, is no parameter.
        if isinstance(x, Value) and x.is_leaf and x.requires_grad and state().module is not self:
            vars(self)["_single"] = self._single | {name}
        elif name in self._single:
            vars(self)["_single"] = self._single - {name}
        super().__setattr__(name, x)

    def _inside(self) -> Iterator[tuple[str, Module]]:
        """The Modules among the attributes, with their names. One that has two names comes twice."""
        for name, child in vars(self).items():
            if isinstance(child, Module):
                yield name, child

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The Modules among the attributes, each once, with their names."""
        seen = set()
        for name, child in self._inside():
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The Modules among the attributes, each once."""
        for _, child in self.named_children():
            yield child

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all modules inside it, with dotted names.

        Each comes once, or with remove_duplicate=False under every name that it has.

        memo  a set of modules to leave out; those that are found are added to it
        """
        memo = set() if memo is None else memo
        waiting: list[tuple[str, Module, tuple[Module, ...]]] = [(prefix, self, ())]
        while waiting:
            path, module, above = waiting.pop()
            if module not in memo and module not in above:  # above: a module may hold one that holds it
                if remove_duplicate:
                    memo.add(module)
                yield path, module
                above = (*above, module)
                inside = [(f"{path}.{name}" if path else name, x, above) for name, x in module._inside()]
                waiting += reversed(inside)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all modules inside it; remove_duplicate=False: once for each of their names."""
        for _, module in self.named_modules(None, "", remove_duplicate):
            yield module

    def _named_tensors(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """The parameters with PyTorch's names, `0.weight`, `0.bias` ...: Parameters and single Values."""
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, x in module._own_tensors():
                yield f"{path}.{name}" if path else name, x

    def _own_tensors(self) -> Iterator[tuple[str, Any]]:
        """Those of this module itself."""
        for name, x in vars(self).items():
            if (isinstance(x, Parameter) or name in self._single) and name not in self._buffered:
                yield name, x

    def _state(self) -> Iterator[tuple[str, Any]]:
        """What a state_dict holds, with its names: the parameters of a module, then its buffers."""
        for path, module in self.named_modules(None, "", False):
            kept = [(name, vars(module)[name]) for name in module._buffered if name not in module._temporary]
            for name, x in (*module._own_tensors(), *kept):
                if x is not None:
                    yield f"{path}.{name}" if path else name, x

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The parameters with PyTorch's names, such as `0.weight`, in PyTorch's order.

        Each is a Parameter, or, if it has no dimension, a Value.

        recurse           False: only those of this module itself
        remove_duplicate  False: a parameter that has two names comes twice
        """
        seen: set[int] = set()
        for name, x in self._named_tensors(prefix, recurse, remove_duplicate):
            if not (remove_duplicate and id(x) in seen):
                seen.add(id(x))
                yield name, x

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The parameters, each once: module by module, first the weight, then the bias."""
        for _, x in self.named_parameters("", recurse):
            yield x

    # --- its numbers, out and in ---

    def state_dict(self, *, prefix: str = "") -> dict[str, Any]:
        """The numbers of all parameters and buffers under PyTorch's names, as nested lists.

        prefix  the beginning of all names

        A list has the methods of a Tensor, too: `model.state_dict()["weight"].size()`.
        """
        return {
            prefix + name: Numbers(x.tolist()) if isinstance(x, Tensor) else x.data
            for name, x in self._state()
        }

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy the numbers of a `state_dict`, of microgd or of PyTorch: all or none.

        state_dict  nested sequences of numbers (lists, Tensors, NumPy arrays, torch tensors) by name
        strict      False: names that only one side has are ignored, and returned

        A RuntimeError names every missing key, every unexpected key and every pair of different shapes.
        Then no parameter has changed.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = dict(self._state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        complaints = []
        if strict and missing:
            complaints.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
        if strict and unexpected:
            complaints.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        fresh = {}
        for name, x in own.items():
            if name in state_dict:
                try:
                    fresh[name] = _numbers(state_dict[name])
                except (TypeError, ValueError) as error:
                    complaints.append(f'While copying the parameter named "{name}": {error}')
                    continue
                if shape(fresh[name]) != shape(x):
                    complaints.append(
                        f"size mismatch for {name}: copying a param with shape {shape(fresh[name])} from"
                        f" checkpoint, the shape in current model is {shape(x)}."
                    )
        if complaints:
            lines = "\n\t".join([f"Error(s) in loading state_dict for {type(self).__name__}:", *complaints])
            raise RuntimeError(lines)
        trained = {name for name, _ in self._named_tensors()}
        leaves = [x for name in fresh if name in trained for x in values(own[name])]
        numbers = [float(x) for name in fresh if name in trained for x in plain(fresh[name])]
        any(map(_data.__set__, leaves, numbers))  # at once: an interrupt comes before or after
        for name in fresh.keys() - trained:
            own[name].data = fresh[name].tolist()
        return IncompatibleKeys((missing, unexpected))

    # --- what is done with it ---

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module inside, then on this one; for instance to fill their weights."""

        def visit(module: Module, above: tuple[Module, ...]) -> None:
            for child in module.children():
                if child not in above:
                    visit(child, (*above, child))
            fn(module)

        visit(self, (self,))
        return self

    def register_parameter(self, name: str, param: Any) -> None:
        """The same as assigning it to the attribute `name`."""
        setattr(self, name, param)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Itself: everything is float64 on the processor. Another device is refused."""
        for wanted in (*args, *kwargs.values()):
            if not isinstance(wanted, (dtype, bool, Tensor, Value)):
                from ..devices import demand_cpu

                demand_cpu(wanted)
            elif isinstance(wanted, dtype) and wanted != float64:
                raise TypeError(
                    f"nn.Module.to only accepts floating point dtypes, but got desired {wanted!r}"
                )
        return self

    def double(self) -> Self:
        """Itself: everything is float64."""
        return self

    def float(self) -> Self:
        """Itself: everything is float64."""
        return self

    def cpu(self) -> Self:
        """Itself: everything is on the processor."""
        return self

    def __getattr__(self, name: str) -> Any:
        """What is not there: an AttributeError, with a sentence about what PyTorch's modules have."""
        from ..absent import reason, sentence

        if reason("nn.Module", name):
            raise AttributeError(sentence("microgd.nn.Module", name))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Make the gradients of all parameters None, or with set_to_none=False, 0 where they exist."""
        for x in values(self.parameters()):
            x.grad = None if set_to_none or x.grad is None else 0.0

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters (False), so that they receive no gradient, or unfreeze them (True)."""
        for x in self.parameters():
            x.requires_grad_(requires_grad)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set `training`, here and in all modules inside. Dropout drops numbers only while it is True."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as `train(False)`."""
        return self.train(False)

    def extra_repr(self) -> str:
        """The options that `repr` shows between the parentheses."""
        return ""

    def _shown(self) -> Iterator[tuple[str, str]]:
        """The names and texts of the modules inside, for `repr`."""
        for name, child in self._inside():
            yield name, repr(child)

    def __repr__(self) -> str:
        if self in _shown_now:  # inside itself
            return f"{type(self).__name__}(...)"
        _shown_now.append(self)
        try:
            return self._text()
        finally:
            _shown_now.remove(self)

    def _text(self) -> str:
        inner = [f"({name}): {text}".replace("\n", "\n  ") for name, text in self._shown()]
        name, extra = type(self).__name__, self.extra_repr()
        if not inner:
            return f"{name}({extra})"
        return f"{name}(\n  " + "\n  ".join([extra, *inner] if extra else inner) + "\n)"


_shown_now: list[Module] = []
"""The modules whose `repr` is being made: one that holds itself is shown once."""


class IncompatibleKeys(tuple[list[str], list[str]]):
    """The names that only one side of `load_state_dict` had."""

    __slots__ = ()

    @property
    def missing_keys(self) -> list[str]:
        """Names of parameters that the state_dict does not have."""
        return self[0]

    @property
    def unexpected_keys(self) -> list[str]:
        """Names in the state_dict that no parameter has."""
        return self[1]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


def _numbers(data: Any) -> Any:
    """The numbers of a sequence, an array or a torch tensor, as a Value or a Tensor."""
    return tensor(data.tolist() if hasattr(data, "tolist") else data)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
