"""Objects of another process: use them as if they were here.

The check runs in one process, the learner's code in another. A Peer is one end of the channel between them.
Numbers, strings, lists, tuples and dicts travel by value. Every other object stays where it is, and the other
side gets a Remote for it: calls, attributes and operators of a Remote become messages. Both sides may use the
objects of the other, also while an answer is awaited.

The learner's side can answer whatever it likes, but it cannot touch what decides: the side of the check is
`careful`. It gives no private attributes, and changes nothing but plain objects that it has sent.
"""

from __future__ import annotations

import builtins
import inspect
import json
import os
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

from .remote import OPERATIONS, Remote, abilities, remote_class, repeat

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

# An answer may replace builtins. The functions of this module keep those of now.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

LARGEST = 1 << 26  # bytes of a message

INWARD = types.GeneratorType, types.CoroutineType, types.FrameType, types.CodeType, types.TracebackType
FIXED = type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, *INWARD


class EndedError(BaseException):
    """The conversation cannot go on. Not an Exception: a check that catches those must not go on either."""


class GoneError(EndedError):
    """The other process has ended."""


class DisturbedError(EndedError):
    """Something came that no Peer sends."""


class LateError(EndedError):
    """The other process has used up its time; the argument is a description of the line it was in."""


class ReplacedError(EndedError):
    """The other process has replaced names that others rely on; the argument is a list of them."""


class Peer:
    """One end of a channel.

    read, write  the messages of the other side, and ours
    careful      whether to guard our objects against the other side
    explain      what to tell the other side about an exception: key and sentence
    services     what the other side may ask for by name
    """

    def __init__(
        self,
        read: IO[bytes],
        write: int,
        careful: bool = True,
        explain: Callable[[BaseException], tuple[str, str]] | None = None,
        services: dict[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.read = read
        self.write = write
        self.careful = careful
        self.explain = explain or (lambda error: ("raises", ""))  # the other side knows the line
        self.services = services or {}
        self.repair: Callable[[], list[str]] = list  # puts back what an answer has replaced, and names it
        self.lent: dict[int, list[Any]] = {}  # serial -> our object, and how often it was sent
        self.serials: dict[int, int] = {}  # id of our object -> serial
        self.last = 0
        self.described: set[int] = set()  # the serials of classes that the other side knows
        self.kinds: dict[int, type[Remote]] = {}  # serial of their class -> ours for it
        self.borrowed: weakref.WeakValueDictionary[int, Remote] = weakref.WeakValueDictionary()
        self.dropped: list[tuple[int, int]] = []  # their objects that we have let go, and how often each came
        self.leaving: list[tuple[int, int]] = []  # our objects that they have let go
        self.ended: EndedError | None = None
        self.lock = threading.RLock()  # one conversation at a time
        self.sending = threading.Lock()

    # --- messages

    def send(self, kind: str, *content: Any) -> None:
        """Send a message, and which of their objects we have let go."""
        dropped, self.dropped = self.dropped, []
        text = json.dumps([kind, dropped, *content]).encode("ascii")
        with self.sending:
            whole = memoryview(len(text).to_bytes(4, "big") + text)
            try:
                while whole:
                    whole = whole[os.write(self.write, whole) :]
            except OSError:
                raise GoneError from None

    def receive(self) -> list[Any]:
        """The next message. EndedError if there is none, or none that a Peer sends."""
        try:
            for serial, count in self.leaving:  # with the last message, which has been decoded by now
                self.release(serial, count)
            head = self.read.read(4)
            size = int.from_bytes(head, "big")
            if size > LARGEST:
                raise DisturbedError
            text = self.read.read(size)
            if not text or len(text) < size:
                raise GoneError
            kind, self.leaving, *content = json.loads(text)
            if kind not in ("ask", "result", "error", "replaced", "late") or type(self.leaving) is not list:
                raise DisturbedError
        except OSError:
            raise GoneError from None
        except (ValueError, TypeError, LookupError, RecursionError):
            raise DisturbedError from None
        if kind == "late":
            raise LateError(*content)
        return [kind, *content]

    def ask(self, *request: Any) -> Any:
        """Send a request, and wait for the result. Requests of the other side are served meanwhile."""
        if self.ended is not None:
            raise self.ended
        try:
            with self.lock:
                self.send("ask", *map(self.encode, request))
                return self.answer()
        except EndedError as error:
            self.ended = error
            raise

    def answer(self) -> Any:
        """What the other side answers."""
        while True:
            kind, *content = self.receive()
            if kind == "ask":
                self.serve(content)
                continue
            try:
                if kind == "result":
                    return self.decode(*content)
                if kind == "replaced":
                    raise ReplacedError([str(name) for name in content[0]])
                error = rebuilt(*content)
            except (ValueError, TypeError, LookupError, RecursionError, AttributeError):
                raise DisturbedError from None
            raise error

    def serve_all(self) -> None:
        """Serve the other side for as long as it asks."""
        while True:
            with self.lock:
                try:
                    _, *content = self.receive()
                except BaseException:  # what reads a message may be in pieces
                    if not (names := self.repair()):
                        raise
                    self.send("replaced", names)
                    continue
            self.serve(content)

    def serve(self, content: list[Any]) -> None:
        """Do what the other side asks for, and send the result or the exception."""
        try:
            result = self.encode(self.do(*map(self.decode, content)))
            self.send("result", result)
        except EndedError:
            raise
        except BaseException as error:
            if names := self.repair():
                self.send("replaced", names)
                return
            names = [one.__name__ for one in type(error).__mro__]
            key, sentence = getattr(error, "told", None) or self.explain(error)
            try:
                text = str(error)[:1000]
            except BaseException:
                text = ""
            self.send("error", names, text, key, sentence)

    def do(self, what: str, *arguments: Any) -> Any:
        """Do one thing that was asked for."""
        if what == "do":
            name, *operands = arguments
            if self.careful and not any(id(x) in self.serials for x in operands):
                raise TypeError("not an object of the check")
            return OPERATIONS[name](*operands)
        if what == "call":
            function, positional, named = arguments
            self.guard(function)
            return function(*positional, **named)
        if what == "get":
            thing, name = arguments
            self.guard(thing, name)
            return getattr(thing, name)
        if what == "set":
            thing, name, value = arguments
            self.guard(thing, name, FIXED)
            return setattr(thing, name, value)
        if what == "repeat":
            self.guard(arguments[0])
            return repeat(*arguments)
        if what == "signature":
            self.guard(*arguments)
            return [
                [x.name, int(x.kind), x.default is not x.empty]
                for x in inspect.signature(*arguments).parameters.values()
            ]
        return self.services[what](*arguments)

    def guard(self, thing: Any, name: str = "", never: tuple[type, ...] = INWARD) -> None:
        """AttributeError if the other side must not use this object of ours, or this name of it."""
        if self.careful and (
            id(thing) not in self.serials
            or (name[:1] == "_" and name not in ("__name__", "__doc__"))
            or (name and isinstance(thing, never))
        ):
            raise AttributeError(f"{name} of an object of the check")

    # --- what travels

    def encode(self, x: Any) -> Any:
        """x as JSON can hold it: numbers and what is made of them by value, other things by a serial."""
        kind = type(x)
        if x is None or kind is float or kind is bool or kind is str:
            return x
        if kind is int:
            return x if -(1 << 1000) < x < 1 << 1000 else ["i", hex(x)]
        if kind is list or kind is tuple:
            return ["l" if kind is list else "t", *map(self.encode, x)]
        if kind is dict:
            return ["d", *[[self.encode(a), self.encode(b)] for a, b in x.items()]]
        if x is ...:
            return ["e"]
        if kind is complex:
            return ["c", x.real, x.imag]
        if isinstance(x, Remote) and x._peer is self:
            return ["y", x._serial]
        if kind.__module__ == "numpy" and getattr(getattr(x, "dtype", None), "kind", "") in tuple("fiub"):
            return self.encode(x.item()) if not x.shape else ["a", self.encode(x.tolist())]
        return ["m", *self.lend(x)]

    def decode(self, x: Any) -> Any:
        """What was encoded by the other side."""
        if not isinstance(x, list):
            return x
        kind, *rest = x
        if kind == "l":
            return [self.decode(y) for y in rest]
        if kind == "t":
            return tuple(self.decode(y) for y in rest)
        if kind == "d":
            return {self.decode(a): self.decode(b) for a, b in rest}
        if kind == "e":
            return ...
        if kind == "c":
            return complex(*rest)
        if kind == "i":
            return int(rest[0], 16)
        if kind == "y":
            return self.lent[rest[0]][0]
        if kind == "a":
            import numpy

            return numpy.array(self.decode(rest[0]))
        return self.borrow(*rest)

    def lend(self, x: Any) -> tuple[Any, ...]:
        """The serial of our object, that of its class, and a description of the class the first time."""
        serial, kind = self.keep(x), type(x)
        of = self.keep(kind)
        if of in self.described:
            return serial, of
        self.described.add(of)
        return serial, of, kind.__name__, abilities(kind)

    def keep(self, x: Any) -> int:
        """The serial of our object, which is kept until the other side lets it go."""
        serial = self.serials.get(id(x))
        if serial is None:
            self.last += 1
            serial = self.serials[id(x)] = self.last
            self.lent[serial] = [x, 0]
        self.lent[serial][1] += 1
        return serial

    def release(self, serial: int, count: int) -> None:
        """The other side has let go of an object of ours."""
        kept = self.lent[serial]
        kept[1] -= count
        if kept[1] <= 0:
            del self.lent[serial], self.serials[id(kept[0])]

    def borrow(self, serial: int, of: int, name: str = "", able: list[str] | None = None) -> Remote:
        """Their object."""
        if of not in self.kinds:
            self.kinds[of] = remote_class(str(name), able or [])
        found = self.borrowed.get(serial)
        if found is None:
            found = object.__new__(self.kinds[of])
            for slot, content in (("_peer", self), ("_serial", serial), ("_count", 0)):
                object.__setattr__(found, slot, content)
            self.borrowed[serial] = found
        object.__setattr__(found, "_count", found._count + 1)
        return found


def rebuilt(names: list[str], text: str, key: str, sentence: str) -> BaseException:
    """The exception of the other side: of the nearest class that Python has, with the sentence about it."""
    kinds = (getattr(builtins, name, None) for name in names)
    kind = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseException)), Exception)
    try:
        error = kind(text)
    except TypeError:  # UnicodeDecodeError and the like want more arguments
        error = ValueError(text)
    if sentence:
        error.told = str(key), str(sentence)  # type: ignore[attr-defined]
        where, stops, _ = str(sentence).partition(" stops: ")
        error.place = where if stops and where.startswith("Line ") else ""  # type: ignore[attr-defined]
    return error
