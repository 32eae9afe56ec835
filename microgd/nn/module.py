"""Module: something with parameters that can be called, and is made of Modules in its turn.

The registry of PyTorch's Module is here what Python keeps anyway: the attributes of the object, in
the order they were assigned. A parameter is a Value or a Parameter (a Tensor of them) among them, a
child a Module.
"""

from __future__ import annotations

from .. import autograd
from ..tensor import Tensor
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self


class Parameter(Tensor):
    """A Tensor that a Module trains: all its elements are leaves that require grad.

    data  a nested sequence of numbers
    """

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        super().__init__(data)
        for i, x in enumerate(self):
            if isinstance(x, Tensor):
                self[i] = Parameter(x, requires_grad)
            else:
                self[i] = Value(x.data, x.label, requires_grad)


class Module:
    """The base of all layers, losses and models: assign parameters and Modules, define `forward`.

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
        """`forward`, in a scope: the nodes made in it know the dotted name of this module."""
        here = autograd.place()
        name = here.module._name_of(self) if here.module is not None else None
        name = name or type(self).__name__
        with autograd.scope(f"{here.scope}.{name}" if here.scope else name, self):
            return self.forward(*args, **kwargs)

    def _name_of(self, child: Module) -> str | None:
        """The dotted name of a module somewhere inside this one."""
        for name, module in self.named_modules():
            if module is child:
                return name
        return None

    # --- what it is made of ---

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The Modules among the attributes, with their names."""
        for name, child in vars(self).items():
            if isinstance(child, Module):
                yield name, child

    def children(self) -> Iterator[Module]:
        """The Modules among the attributes."""
        for _, child in self.named_children():
            yield child

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it, each once, with dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                inner = [(f"{path}.{n}" if path else n, m) for n, m in module.named_children()]
                stack += reversed(inner)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once."""
        for _, module in self.named_modules():
            yield module

    def _named_tensors(self) -> Iterator[tuple[str, Value | Parameter]]:
        """PyTorch's parameters: `0.weight`, `0.bias` ...; a Parameter each, or a single Value."""
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, x in vars(module).items():
                single = isinstance(x, Value) and x.is_leaf
                if (single or isinstance(x, Parameter)) and id(x) not in seen:
                    seen.add(id(x))
                    yield f"{path}.{name}" if path else name, x

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every scalar parameter with its name, as `0.weight[1][3]`, in PyTorch's order."""
        for name, x in self._named_tensors():
            yield from _named_values(name, x)

    def parameters(self) -> Iterator[Value]:
        """Every scalar parameter: weights row by row, then biases, module by module."""
        for _, x in self.named_parameters():
            yield x

    def state_dict(self) -> dict[str, Any]:
        """The numbers of all parameters under PyTorch's names, as nested lists of floats."""
        return {name: x.tolist() if isinstance(x, Parameter) else x.data for name, x in self._named_tensors()}

    # --- what is done with it ---

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for x in self.parameters():
            x.zero_grad()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze (False) or thaw all parameters."""
        for x in self.parameters():
            x.requires_grad_(requires_grad)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in all modules inside: Dropout drops only then."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """`train(False)`."""
        return self.train(False)

    def extra_repr(self) -> str:
        """The options that `repr` shows between the parentheses."""
        return ""

    def __repr__(self) -> str:
        inner = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        name, extra = type(self).__name__, self.extra_repr()
        if not inner:
            return f"{name}({extra})"
        return f"{name}(\n  " + "\n  ".join([extra, *inner] if extra else inner) + "\n)"


def _named_values(name: str, x: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(x, Value):
        yield name, x
    else:
        for i, element in enumerate(x):
            yield from _named_values(f"{name}[{i}]", element)
