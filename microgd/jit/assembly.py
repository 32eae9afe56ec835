"""LLVM's assembly as text: the lines of a function, with loops and branches.

    text = Text("void @double(ptr %numbers, i64 %n)")
    with text.loop("%n") as i:
        place = text.at("%numbers", i)
        x = text(f"load double, ptr {place}")
        text.do(f"store double {text(f'fadd double {x}, {x}')}, ptr {place}")
    print(text.finished())

A vector of `width` lanes has the type <width x double>. With a width of 1 it is a plain double.

This module uses nothing of ours.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ALIGNED = 64
"""Bytes: the largest vector."""


class Text:
    """The lines of one function, with new names for results and blocks."""

    def __init__(self, header: str) -> None:
        self.lines = [f"define {header} {{", "entry:"]
        self.block = "entry"
        self._names = 0
        self._following = ""

    def _name(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def __call__(self, operation: str) -> str:
        """A line that computes something. Returns its name."""
        self._names += 1
        name = f"%t{self._names}"
        self.lines.append(f"{name} = {operation}")
        return name

    def variable(self, kind: str, size: int) -> str:
        """The address of memory on the stack."""
        name = f"%{self._name()}"
        self.lines.insert(2, f"{name} = alloca {kind}, i64 {max(size, 1)}, align {ALIGNED}")
        return name

    def do(self, line: str) -> None:
        """A line that gives no result."""
        self.lines.append(line)

    def begin(self, block: str) -> None:
        """From here on the lines belong to another block."""
        self.lines.append(f"{block}:")
        self.block = block

    def at(self, pointer: str, index: int | str, kind: str = "double") -> str:
        """The address of the element with this index."""
        return pointer if index == 0 else self(f"getelementptr {kind}, ptr {pointer}, i64 {index}")

    @contextmanager
    def loop(self, stop: int | str, step: int = 1) -> Iterator[str]:
        """for i in range(0, stop, step)"""
        head, body, following, done = (f"{part}{self._name()}" for part in ("head", "loop", "next", "done"))
        before = self.block
        self.do(f"br label %{head}")
        self.begin(head)
        i, after = self._name(), self._name()
        self.do(f"%{i} = phi i64 [0, %{before}], [%{after}, %{following}]")
        more = self(f"icmp slt i64 %{i}, {stop}")
        self.do(f"br i1 {more}, label %{body}, label %{done}")
        self.begin(body)
        self._following = following
        yield f"%{i}"
        self.do(f"br label %{following}")
        self.begin(following)
        self.do(f"%{after} = add i64 %{i}, {step}")
        self.do(f"br label %{head}")
        self.begin(done)

    @contextmanager
    def fold(self, stop: int | str, kind: str, starts: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """A loop that carries values: the list has them, and takes those of the next round."""
        values = [f"%{self._name()}" for _ in starts]
        current, before = list(values), self.block
        with self.loop(stop) as i:
            following = self._following
            yield i, current
        # Where a value comes from is said at the beginning of the loop's first block.
        at = next(k for k in range(len(self.lines) - 1, 0, -1) if self.lines[k].startswith(f"{i} = phi"))
        self.lines[at:at] = [
            f"{value} = phi {kind} [{start}, %{before}], [{result}, %{following}]"
            for value, start, result in zip(values, starts, current)
        ]
        current[:] = values

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """if condition:"""
        yes, done = f"yes{self._name()}", f"done{self._name()}"
        self.do(f"br i1 {condition}, label %{yes}, label %{done}")
        self.begin(yes)
        yield
        self.do(f"br label %{done}")
        self.begin(done)

    def finished(self, result: str = "void") -> str:
        """The whole function."""
        return "\n".join([*self.lines, f"ret {result}", "}", ""])


def number(x: float) -> str:
    """A float as LLVM writes it: its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def vector(width: int, of: str = "double") -> str:
    """LLVM's name for this many numbers."""
    return of if width == 1 else f"<{width} x {of}>"


def in_all_lanes(one: str, width: int, of: str = "double") -> str:
    """A constant in each lane."""
    return one if width == 1 else "<" + ", ".join([f"{of} {one}"] * width) + ">"


def spread(text: Text, name: str, width: int) -> str:
    """A number in all lanes."""
    if width == 1:
        return name
    kind = vector(width)
    first = text(f"insertelement {kind} undef, double {name}, i32 0")
    return text(f"shufflevector {kind} {first}, {kind} undef, <{width} x i32> zeroinitializer")


def arguments(kind: str, names: Sequence[str]) -> str:
    """Names as arguments, all of one type."""
    return ", ".join([f"{kind} {name}" for name in names])
