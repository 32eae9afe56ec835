"""What stands for an object of another process, and can do what that object can do (see channel.py)."""

from __future__ import annotations

import builtins
import inspect
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .channel import Peer

# An answer may replace builtins. The functions of this module keep those of now.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

REFLECTED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
OTHERS = ("neg", "pos", "abs", "lt", "le", "gt", "ge", "eq", "ne", "index")
CONTAINERS = ("getitem", "setitem", "delitem", "contains")
BUILTIN = (len, iter, next, reversed, float, int, complex, bool, hash, repr, str, round)

OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in (*REFLECTED, *OTHERS, *CONTAINERS)},
    **{one.__name__: one for one in BUILTIN},
}
KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


class Remote:
    """An object of the other process."""

    __slots__ = ("__weakref__", "_count", "_peer", "_serial")

    _peer: Peer
    _serial: int
    _count: int

    def __getattr__(self, name: str) -> Any:
        return self._peer.ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._peer.ask("set", self, name, value)

    def __repr__(self) -> str:
        return str(self._peer.ask("do", "repr", self))

    def __del__(self) -> None:
        self._peer.dropped.append((self._serial, self._count))


def repeat(x: Any, name: str, y: Any, times: int) -> Any:
    """x, joined to y so many times by an operation. It is done where x is: a message for each takes long."""
    if isinstance(x, Remote):
        return x._peer.ask("repeat", x, name, y, times)
    for _ in range(times):
        x = OPERATIONS[name](x, y)
    return x


def abilities(kind: type) -> list[str]:
    """Which operations objects of a class have, and whether they can be called."""
    always = "repr", "str", "eq", "ne", "hash"  # every object has these
    able = [name for name in OPERATIONS if name not in always and hasattr(kind, f"__{name}__")]
    able += [f"r{name}" for name in REFLECTED if hasattr(kind, f"__r{name}__")]
    if any("__eq__" in vars(one) for one in kind.__mro__[:-1]):
        able += ["eq", "ne"]
    if "__call__" in {name for one in kind.__mro__ for name in vars(one)}:
        able.append("call")
    return able


def remote_class(name: str, able: list[str]) -> type[Remote]:
    """A class whose objects have the same operations as those of the other side."""
    methods: dict[str, Any] = {"__slots__": ()}
    for one in able:
        if one == "call":
            methods["__call__"] = _call
            methods["__signature__"] = property(_signature)
        elif one in OPERATIONS:
            methods[f"__{one}__"] = _operation(one)
        elif one[:1] == "r" and one[1:] in REFLECTED:
            methods[f"__{one}__"] = _operation(one[1:], reflected=True)
    if "eq" in able:
        methods["__hash__"] = Remote.__hash__
    return type(name if name.isidentifier() else "object", (Remote,), methods)


def _operation(name: str, reflected: bool = False) -> Callable[..., Any]:
    must = {"float": float, "int": int, "len": int, "index": int, "bool": bool}  # Python insists on the type
    convert: Callable[[Any], Any] = must.get(name, lambda x: x)

    def operation(self: Remote, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        return convert(self._peer.ask("do", name, *operands))

    return operation


def _call(self: Remote, *arguments: Any, **named: Any) -> Any:
    return self._peer.ask("call", self, arguments, named)


def _signature(self: Remote) -> inspect.Signature:
    rows = self._peer.ask("signature", self)
    parameters = [
        inspect.Parameter(str(name), KINDS[kind], default=None if default else inspect.Parameter.empty)
        for name, kind, default in rows
    ]
    return inspect.Signature(parameters)
