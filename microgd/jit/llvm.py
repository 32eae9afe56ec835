"""Machine code: a Routine printed as LLVM's assembly, compiled by llvmlite, and called.

Samples are computed side by side, as many as the processor's vectors hold: `width` lanes. A routine becomes

    same    what depends on shared inputs alone, once for each call
    fill    the own numbers of the next `width` samples, number after number
    body    the program itself for these samples: straight-line code, cut into functions of bounded length
    add     what the samples add to the sums, one sample after another, as Python would
    give    the results that each sample returns
    run     the loop over the samples, which calls the others

The code does what Python does at floats, rounding by rounding. Nothing may be rewritten: no operation
carries a flag that would allow it, the functions of the C library are called by names that LLVM does not
know, and what is not a function of that library calls Python.

This module uses `program`, `lowering`, `rolling`, `approximate` and `objects`; and llvmlite, which is the
extra `microgd[jit]`.
"""

from __future__ import annotations

import ctypes
import math
import struct
import sys
from contextlib import contextmanager
from functools import cache, cached_property, partial

from ..ops import PICK, TABLE
from . import approximate, objects, rolling
from .lowering import LIBM, is_own, lowered
from .program import CONDITIONS, CONSTANT, DOT, INPUT, SUM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from ..ops import Primitive
    from .program import Routine

CHUNK = 1000
"""About how many operations a function holds: LLVM needs more than twice as long for twice as many."""

ENORMOUS = 50_000
"""From so many operations on, the code generator's fast level is chosen: the code is slower by a half."""

SIDE_BY_SIDE = 8
"""So many dot products are computed at once: one alone would wait for each of its additions."""

ROWS_TOGETHER = 4
"""Rows of sums of several products that are computed at once, for the same reason."""

CHAINS = 4
"""In fast mode a sum is added up in so many parts."""

ALIGNED = 64
"""Bytes: the largest vector."""


# --- the processor and the C library ----------------------------------------------------------------------


def _llvmlite() -> Any:
    try:
        import llvmlite.binding  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError(
            "the llvm backend needs llvmlite, which is no part of microgd: pip install 'microgd[jit]'"
        ) from error
    return llvmlite.binding


class _Host:
    """What is known of this processor, and LLVM's code generators for it."""

    def __init__(self) -> None:
        llvm = self.llvm = _llvmlite()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        self.processor = llvm.get_host_cpu_name()
        self.features = features.flatten()
        self.width = 8 if features.get("avx512f") else 4 if features.get("avx2") else 2
        self.missing = _missing_functions(llvm)
        self._generators: dict[int, Any] = {}

    def generator(self, level: int) -> Any:
        if level not in self._generators:
            self._generators[level] = self.llvm.Target.from_default_triple().create_target_machine(
                self.processor, self.features, level, "default", "jitdefault", jit=True
            )
        return self._generators[level]

    def loaded(self, code: bytes) -> Any:
        """An engine that holds this object code. It frees the code when it goes, and its own generator."""
        llvm = self.llvm
        linker = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), linker)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        """What object code depends on beside the program."""
        import llvmlite

        from . import lowering

        sources = []
        for path in (__file__, lowering.__file__, rolling.__file__, approximate.__file__):
            with open(path, "rb") as source:
                sources.append(source.read())
        versions = llvmlite.__version__, tuple(getattr(self.llvm, "llvm_version_info", ())), sys.version
        return *versions, self.processor, self.features, sorted(self.missing), *sources


@cache
def host() -> _Host:
    """This processor."""
    return _Host()


def _missing_functions(llvm: Any) -> set[str]:
    """Tell LLVM where the C library's functions are. Returns those that are not what Python's `math` calls.

    A program that is linked to another C library than the one found here would round differently, so the
    functions are compared at a few points.
    """
    try:
        library = ctypes.CDLL(_library_name())
    except (OSError, TypeError):
        return set(LIBM)
    missing = set()
    for name in LIBM:
        pair = name in ("pow", "fmod", "atan2")
        try:
            function = library[name]
        except AttributeError:
            missing.add(name)
            continue
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * (2 if pair else 1)
        value = TABLE[name].value
        for x in (0.3, 0.7310585786300049, 1.1, 2.5, 6.25, 37.123, -0.61, -3.3):
            operands = (x, 1.7) if pair else (x,)
            ours, theirs = function(*operands), value(*operands)
            if ours != theirs and (ours == ours or theirs == theirs):
                missing.add(name)
        llvm.add_symbol(f"microgd.{name}", ctypes.cast(function, ctypes.c_void_p).value)
    return missing


def _library_name() -> str | None:
    import ctypes.util
    import os

    return "ucrtbase" if os.name == "nt" else ctypes.util.find_library("m")


# --- text -------------------------------------------------------------------------------------------------


class _Text:
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
        yes, done = f"yes{self._name()}", f"done{self._name()}"
        self.do(f"br i1 {condition}, label %{yes}, label %{done}")
        self.begin(yes)
        yield
        self.do(f"br label %{done}")
        self.begin(done)

    def finished(self, result: str = "void") -> str:
        return "\n".join([*self.lines, f"ret {result}", "}", ""])


def _number(x: float) -> str:
    """A float as LLVM writes it: its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISONS = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_LOGIC = {"and", "or", "xor"}
_PURE = {"sqrt": "sqrt", "abs": "fabs", "copysign": "copysign"}

_VECTORS = ("own", "frame", "sums")
"""Parts of the memory that have a number for each lane."""

_ARGUMENTS = "ptr %shared, ptr %same, ptr %own, ptr %frame, ptr %sums, ptr %each, ptr %calls"


class _Printer:
    """A routine's text.

    Each operation has a home in memory, if it is needed outside of the function that computes it:

    shared  the caller's numbers
    same    results that depend on shared numbers alone
    own     the own numbers of the samples in the lanes: a vector each
    frame   results that a later function needs: a vector each

    Terms of the sums are written to a matrix: a vector of all lanes for each term. There, sums with equally
    many terms are neighbours.
    """

    def __init__(self, routine: Routine, width: int, fast: bool, missing: set[str]) -> None:
        self.routine = routine
        self.width = width
        self.fast = fast
        self.flags = " contract" if fast else ""
        self.missing = missing
        self._prepare()
        self.homes: dict[int, tuple[str, int]] = {}
        self.local: dict[int, str] = {}
        self.indices: dict[tuple[int, int], tuple[str, str, str]] = {}
        self.helpers: dict[str, str] = {}
        self.calls: list[tuple[str, int, int]] = []  # the rows that Python computes: name, operands, lanes
        self._libm: dict[str, str] = {}
        self._literals: dict[tuple[str, int], str] = {}
        self._totals: dict[int, tuple[str, int]] = {}
        self._conditions = set(CONDITIONS.values())

    def _prepare(self) -> None:
        """Find the loops, and write the rest in simple rows."""
        routine = self.routine
        outputs = [*(i for terms in routine.sums for i in terms), *routine.each]
        program = rolling.with_dots(routine.program, outputs)
        wanted = set(outputs)
        if self.width > 1:
            layout = rolling.Layout(program, routine.sums, self.width)
            wanted = {i for i in layout.columns if i is not None} | set(routine.each)
        alive = program._alive(wanted)
        living = set(alive)
        found = [
            product
            for product in rolling.products(program, routine.shared)
            if living.issuperset(product.members)
        ]
        members = {i for product in found for i in product.members}
        self.program, now = lowered(program, alive, members)
        self.sums = [tuple([now.get(i, -1) for i in terms]) for terms in routine.sums]
        self.each = [now[i] for i in routine.each]
        if self.width > 1:
            layout.columns = [None if i is None else now[i] for i in layout.columns]
            self.layout = layout
        self.leaders: dict[int, rolling.Product] = {}
        self.members: set[int] = set()
        for product in found:
            new = tuple([now[i] for i in product.members])
            self.leaders[new[0]] = product._replace(members=new, xs=tuple([now[i] for i in product.xs]))
            self.members.update(new)

    # --- which operation is where ---

    def text(self) -> tuple[str, dict[str, Any]]:
        """The whole text, and what the caller must know of it."""
        program, width = self.program, self.width
        uniform = self._uniform()
        same: list[int] = []
        body: list[int] = []
        for i, row in enumerate(program.rows):
            if row is INPUT:
                k = program.operands[i][0]
                shared = k < self.routine.shared
                self.homes[i] = ("shared", k) if shared else ("own", k - self.routine.shared)
            elif row is not CONSTANT:
                (same if uniform[i] else body).append(i)
        due, at_end = self._due(set(body))
        needed = {j for i in body for j in program.operands[i] if uniform[j]}
        needed.update(i for actions in (*due.values(), at_end) for _, _, i in actions if uniform[i])
        parts = self._straight("same", same, 1, "same", needed, {}, [])
        size_of_same = self._slots
        parts += self._straight("body", body, width, "frame", set(), due, at_end)
        self._offset = 0
        self._sizes = {"same": size_of_same, "own": self.routine.own * width, "frame": self._slots * width}
        self._functions = [line.split("(")[0].split("@")[1] for line in parts]
        parts += [self._fill(), self._run()]
        parts += self.helpers.values()
        declared = [
            f'declare double @"microgd.{name}"({arguments})' for name, arguments in self._libm.items()
        ]
        for pure in _PURE.values():
            for lanes in {1, width}:
                kind, suffix = self._kind(lanes), "f64" if lanes == 1 else f"v{lanes}f64"
                arguments = f"{kind}, {kind}" if pure == "copysign" else kind
                declared.append(f"declare {kind} @llvm.{pure}.{suffix}({arguments})")
        facts = {"scratch": self._offset, "calls": self.calls, "operations": len(same) + len(body)}
        return "\n".join([*declared, *parts]), facts

    def _uniform(self) -> bytearray:
        """What is the same for all samples. Nothing is, if there are no own numbers: then all is body."""
        program = self.program
        found = bytearray(len(program))
        if self.routine.own:
            for i, row in enumerate(program.rows):
                if row is INPUT:
                    found[i] = program.operands[i][0] < self.routine.shared
                elif row is not CONSTANT:
                    found[i] = all(found[j] or program.rows[j] is CONSTANT for j in program.operands[i])
        return found

    def _due(self, body: set[int]) -> tuple[dict[int, list[Any]], list[Any]]:
        """What is to be done with the result of each operation, and what at the end of the body."""
        due: dict[int, list[Any]] = {}
        at_end: list[Any] = []

        def enter(i: int, action: Any) -> None:
            (due.setdefault(i, []) if i in body else at_end).append(action)

        if self.width == 1:
            for j, terms in enumerate(self.sums):
                latest = max(terms, default=0)
                for i in terms:  # in order, when the latest of them is known
                    (due.setdefault(latest, []) if latest in body else at_end).append(("add", j, i))
        else:
            for k, column in enumerate(self.layout.columns):
                if column is not None:
                    enter(column, ("term", k, column))
        for j, i in enumerate(self.each):
            enter(i, ("each", j, i))
        return due, at_end

    # --- straight-line code ---

    def _straight(
        self,
        name: str,
        operations: Sequence[int],
        width: int,
        memory: str,
        needed: set[int],
        due: dict[int, list[Any]],
        at_end: list[Any],
    ) -> list[str]:
        """Functions that compute these operations one after another, each of them with `width` lanes."""
        chunks = self._cut(operations)
        if not chunks and at_end:
            chunks = [[]]
        chunk_of = {i: c for c, chunk in enumerate(chunks) for i in chunk}
        kept = set(needed)
        for i, c in chunk_of.items():
            kept.update([j for j in self._operands(i) if chunk_of.get(j, c) != c])
            kept.update([j for _, _, j in due.get(i, ()) if chunk_of.get(j, c) != c])
        last = len(chunks) - 1
        kept.update([j for _, _, j in at_end if chunk_of.get(j, last) != last])
        self._slots = 0
        functions = []
        for c, chunk in enumerate(chunks):
            text = _Text(f"internal void @{name}{c}({_ARGUMENTS})")
            self.local, self.indices = {}, {}
            for i in chunk:
                if i in self.leaders:
                    self._product(text, self.leaders[i], memory, width)
                if i in self.members:
                    result = self.local[i] = self._member(text, i, width)
                else:
                    result = self.local[i] = self._operation(text, i, width)
                for action in due.get(i, ()):
                    self._do(text, action, width)
                    if action[0] == "term":
                        self.homes.setdefault(i, ("sums", action[1]))
                if i in kept and i not in self.homes:
                    self.homes[i] = memory, self._slots
                    self._store(text, result, i, f"%{memory}", self._slots, width)
                    self._slots += 1
            if c == last:
                for action in at_end:
                    self._do(text, action, width)
            functions.append(text.finished())
        return functions

    def _operands(self, i: int) -> tuple[int, ...]:
        """What this operation reads where it is computed."""
        operands = self.program.operands[i]
        if i in self.leaders or i not in self.members:
            return operands
        return operands[-1:] if len(operands) % 2 else ()  # the loop has done the rest

    def _cut(self, operations: Sequence[int]) -> list[list[int]]:
        """The operations in chunks."""
        chunks: list[list[int]] = []
        weight = CHUNK
        for i in operations:
            if weight >= CHUNK:
                chunks.append([])
                weight = 0
            chunks[-1].append(i)
            row = self.program.rows[i]
            weight += 2 * len(self._operands(i)) if row is SUM or row is DOT else 1
        return chunks

    # --- loops in it ---

    def _product(self, text: _Text, product: rolling.Product, memory: str, width: int) -> None:
        """Compute the dot products of a whole layer. The results go to the memory, one after another."""
        kind = self._kind(width)
        homes = [self.homes.get(x, ("", 0)) for x in product.xs]
        where, first = homes[0]
        lanes = width if where in _VECTORS else 1
        if lanes != width or homes != [(where, first + k) for k in range(len(homes))]:
            where, first = memory, self._slots
            self._slots += len(product.xs)
            for k, x in enumerate(product.xs):
                self._store(text, self._value(text, x, width), x, f"%{memory}", first + k, width)
        out = self._slots
        self._slots += len(product.members)
        arguments = [
            f"ptr {text.at(f'%{where}', first, kind)}",
            f"ptr {text.at('%shared', product.first)}",
            f"ptr {text.at(f'%{memory}', out, kind)}",
        ]
        text.do(f"call void @{self._kernel(product, width)}({', '.join(arguments)})")
        for r, i in enumerate(product.members):
            self._totals[i] = memory, out + r
            if len(self.program.operands[i]) % 2 == 0:
                self.homes[i] = memory, out + r

    def _member(self, text: _Text, i: int, width: int) -> str:
        """A dot product that the loop has computed; only the bias is still to be added."""
        kind = self._kind(width)
        memory, at = self._totals[i]
        name = text(f"load {kind}, ptr {text.at(f'%{memory}', at, kind)}, align {8 * width}")
        if len(self.program.operands[i]) % 2:
            bias = self._value(text, self.program.operands[i][-1], width)
            name = text(f"fadd{self.flags} {kind} {name}, {bias}")
        return name

    def _kernel(self, product: rolling.Product, width: int) -> str:
        """The function (xs, weights, results) that computes the dot products, several side by side."""
        rows, n = len(product.members), len(product.xs)
        key = f"product {rows} {n} {product.across} {product.along} {product.plain} {width}"
        if key in self.helpers:
            return self.helpers[key].split("(")[0].split("@")[1]
        name, kind = f"product{len(self.helpers)}", self._kind(width)
        text = _Text(f"internal void @{name}(ptr %x, ptr %w, ptr %y)")
        begin = self._literal(-0.0 if product.plain else 0.0, width)  # -0 + x is x

        def several(first: int | str, count: int) -> None:
            weights, results = (
                text.at("%w", text(f"mul i64 {first}, {product.across}")),
                text.at("%y", first, kind),
            )
            with text.fold(n, kind, [begin] * count) as (k, totals):
                x = text(f"load {kind}, ptr {text.at('%x', k, kind)}, align {8 * width}")
                here = text.at(weights, text(f"mul i64 {k}, {product.along}"))
                for r in range(count):
                    w = text(f"load double, ptr {text.at(here, r * product.across)}")
                    w = w if width == 1 else self._spread(text, w, width)
                    term = text(f"fmul{self.flags} {kind} {x}, {w}")
                    totals[r] = text(f"fadd{self.flags} {kind} {totals[r]}, {term}")
            for r in range(count):
                text.do(f"store {kind} {totals[r]}, ptr {text.at(results, r, kind)}, align {8 * width}")

        whole = rows - rows % SIDE_BY_SIDE
        if whole:
            with text.loop(whole, SIDE_BY_SIDE) as r:
                several(r, SIDE_BY_SIDE)
        if rows % SIDE_BY_SIDE:
            several(whole, rows % SIDE_BY_SIDE)
        self.helpers[key] = text.finished()
        return name

    def _kind(self, width: int, of: str = "double") -> str:
        return of if width == 1 else f"<{width} x {of}>"

    def _is_condition(self, i: int) -> bool:
        row = self.program.rows[i]
        return row in self._conditions or (row is CONSTANT and type(self.program.constants[i]) is bool)

    def _literal(self, x: float, width: int) -> str:
        """A constant, a float or a bool, in all lanes."""
        of, one = ("i1", str(x).lower()) if isinstance(x, bool) else ("double", _number(x))
        text = self._literals.get((one, width))
        if text is None:
            text = one if width == 1 else "<" + ", ".join([f"{of} {one}"] * width) + ">"
            self._literals[one, width] = text
        return text

    def _value(self, text: _Text, i: int, width: int) -> str:
        """The name of this operation's result, after it has been loaded if necessary."""
        name = self.local.get(i)
        if name is not None:
            return name
        if self.program.rows[i] is CONSTANT:
            return self._literal(self.program.constants[i], width)
        memory, index = self.homes[i]
        lanes = width if memory in _VECTORS else 1
        kind = self._kind(lanes)
        name = text(f"load {kind}, ptr {text.at(f'%{memory}', index, kind)}, align {8 * lanes}")
        if lanes < width:
            name = self._spread(text, name, width)
        if self._is_condition(i):
            name = text(f"fcmp une {self._kind(width)} {name}, {self._literal(0.0, width)}")
        if lanes == width and memory != "shared":
            self.local[i] = name
        return name

    def _spread(self, text: _Text, name: str, width: int) -> str:
        kind = self._kind(width)
        first = text(f"insertelement {kind} undef, double {name}, i32 0")
        return text(f"shufflevector {kind} {first}, {kind} undef, <{width} x i32> zeroinitializer")

    def _as_number(self, text: _Text, name: str, i: int, width: int) -> str:
        if not self._is_condition(i):
            return name
        kind = self._kind(width)
        one, zero = self._literal(1.0, width), self._literal(0.0, width)
        return text(f"select {self._kind(width, 'i1')} {name}, {kind} {one}, {kind} {zero}")

    def _store(self, text: _Text, name: str, i: int, pointer: str, index: int, width: int) -> None:
        kind = self._kind(width)
        number = self._as_number(text, name, i, width)
        text.do(f"store {kind} {number}, ptr {text.at(pointer, index, kind)}, align {8 * width}")

    def _do(self, text: _Text, action: Any, width: int) -> None:
        """One result that leaves the program: what is added to a sum, or a result of each."""
        kind, j, i = action
        if kind == "add":
            place = text.at("%sums", j)
            total = text(f"load double, ptr {place}")
            x = self._as_number(text, self._value(text, i, 1), i, 1)
            text.do(f"store double {text(f'fadd double {total}, {x}')}, ptr {place}")
        else:
            pointer = "%each" if kind == "each" else "%sums"
            self._store(text, self._value(text, i, width), i, pointer, j, width)

    def _operation(self, text: _Text, i: int, width: int) -> str:
        row, operands = self.program.rows[i], self.program.operands[i]
        name, kind = row.name, self._kind(width)
        if row is SUM or row is DOT:
            return self._total(text, i, operands, width)
        if row is PICK:
            return self._pick(text, operands, width)
        xs = [self._value(text, j, width) for j in operands]
        if row in self._conditions:
            if name in _COMPARISONS:
                return text(f"fcmp {_COMPARISONS[name]} {kind} {xs[0]}, {xs[1]}")
            bits = self._kind(width, "i1")
            if name == "not":
                return text(f"xor {bits} {xs[0]}, {self._literal(True, width)}")
            return text(f"{name} {bits} {xs[0]}, {xs[1]}")
        if TABLE.get(name) is row:
            if name in _ARITHMETIC:
                return text(f"{_ARITHMETIC[name]}{self.flags} {kind} {xs[0]}, {xs[1]}")
            if name == "neg":
                return text(f"fneg {kind} {xs[0]}")
            if name == "where":
                return text(f"select {self._kind(width, 'i1')} {xs[0]}, {kind} {xs[1]}, {kind} {xs[2]}")
            if name in _PURE:
                suffix = "f64" if width == 1 else f"v{width}f64"
                return text(f"call {kind} @llvm.{_PURE[name]}.{suffix}({_each_of(kind, xs)})")
            if name in LIBM and name not in self.missing:
                return text(f"call {kind} {self._function(name, width)}({_each_of(kind, xs)})")
        xs = [self._as_number(text, x, j, width) for x, j in zip(xs, operands)]
        return self._call_of_python(text, row, xs, width)

    def _total(self, text: _Text, i: int, operands: Sequence[int], width: int) -> str:
        """A sum or a dot product: each term added to what is there."""
        kind, flags = self._kind(width), self.flags
        values = [self._value(text, j, width) for j in operands]
        terms: Iterable[str] = values
        if self.program.rows[i] is DOT:
            n = len(operands) // 2
            terms = (text(f"fmul{flags} {kind} {x}, {w}") for x, w in zip(values[:n], values[n : 2 * n]))
            terms = _chained(terms, values[2 * n :])
        zero = None if i in self.program.plain_start else self._literal(0.0, width)
        if not self.fast:
            return self._chain(text, terms, zero, kind)
        # Several chains at once: none waits for the additions of another.
        several = list(terms)
        parts = [several[k::CHAINS] for k in range(min(CHAINS, len(several)))]
        return self._chain(text, [self._chain(text, part, None, kind) for part in parts], zero, kind)

    def _chain(self, text: _Text, terms: Iterable[str], total: str | None, kind: str) -> str:
        for term in terms:
            total = term if total is None else text(f"fadd{self.flags} {kind} {total}, {term}")
        return self._literal(0.0, 1 if kind == "double" else self.width) if total is None else total

    def _pick(self, text: _Text, operands: Sequence[int], width: int) -> str:
        """The operand with this index, counted from the end if it is negative; nan if there is none."""
        kind, bits, number = self._kind(width), self._kind(width, "i1"), self._literal
        options = operands[1:]
        index, inside, whole = self._index(text, operands[0], len(options), width)
        memory, first = self.homes.get(options[0], ("", 0))
        step = self.homes.get(options[1], ("", 0))[1] - first if len(options) > 1 else 1
        in_line = [(memory, first + k * step) for k in range(len(options))]
        if len(options) > 4 and [self.homes.get(i) for i in options] == in_line:
            picked = self._gathered(text, memory, first, step, whole, width)
        else:
            picked = self._value(text, options[0], width)
            for k, i in enumerate(options[1:], 1):
                there = text(f"fcmp oge {kind} {index}, {number(float(k), width)}")
                picked = text(f"select {bits} {there}, {kind} {self._value(text, i, width)}, {kind} {picked}")
        return text(f"select {bits} {inside}, {kind} {picked}, {kind} {number(math.nan, width)}")

    def _index(self, text: _Text, i: int, count: int, width: int) -> tuple[str, str, str]:
        """An index as a float, whether it is one of `count` options, and as a whole number if it is."""
        found = self.indices.get((i, count))
        if found is None:
            kind, bits, number = self._kind(width), self._kind(width, "i1"), self._literal
            index = self._value(text, i, width)
            negative = text(f"fcmp ole {kind} {index}, {number(-1.0, width)}")
            from_end = text(f"fadd {kind} {index}, {number(float(count), width)}")
            index = text(f"select {bits} {negative}, {kind} {from_end}, {kind} {index}")
            above = text(f"fcmp ogt {kind} {index}, {number(-1.0, width)}")
            below = text(f"fcmp olt {kind} {index}, {number(float(count), width)}")
            inside = text(f"and {bits} {above}, {below}")
            safe = text(f"select {bits} {inside}, {kind} {index}, {kind} {number(0.0, width)}")
            whole = text(f"fptosi {kind} {safe} to {self._kind(width, 'i64')}")
            found = self.indices[i, count] = index, inside, whole
        return found

    def _gathered(self, text: _Text, memory: str, first: int, step: int, whole: str, width: int) -> str:
        """Each lane's number from a part of the memory where the options are `step` numbers apart."""
        kind, numbers = self._kind(width), self._kind(width, "i64")
        lanes = width if memory in _VECTORS else 1

        def each(of: Callable[[int], int]) -> str:
            return str(of(0)) if width == 1 else f"<{', '.join(f'i64 {of(lane)}' for lane in range(width))}>"

        at = text(f"mul {numbers} {whole}, {each(lambda lane: step * lanes)}")
        at = text(f"add {numbers} {at}, {each(lambda lane: first * lanes + lane * (lanes > 1))}")
        places = text(f"getelementptr double, ptr %{memory}, {numbers} {at}")
        if width == 1:
            return text(f"load double, ptr {places}")
        gather, bits = f"@llvm.masked.gather.v{width}f64.v{width}p0", f"<{width} x i1>"
        arguments = f"<{width} x ptr> {places}, i32 8, {bits} {self._literal(True, width)}, {kind} undef"
        self.helpers["gather"] = f"declare {kind} {gather}(<{width} x ptr>, i32, {bits}, {kind})\n"
        return text(f"call {kind} {gather}({arguments})")

    def _function(self, name: str, width: int) -> str:
        """A function of the C library, called lane by lane; or in fast mode a formula for all lanes."""
        if self.fast and width > 1 and name in approximate.FUNCTIONS:
            if name not in self.helpers:
                kind = self._kind(width)
                text = _Text(f"internal {kind} @all.{name}({kind} %x)")
                result = approximate.FUNCTIONS[name](approximate.Lanes(text, "%x", width))
                self.helpers[name] = text.finished(f"{kind} {result.name}")
            return f"@all.{name}"
        pair = name in ("pow", "fmod", "atan2")
        self._libm[name] = "double, double" if pair else "double"
        if width == 1:
            return f'@"microgd.{name}"'
        if name not in self.helpers:
            kind = self._kind(width)
            letters = "xy" if pair else "x"
            text = _Text(f"internal {kind} @lanes.{name}({', '.join(f'{kind} %{x}' for x in letters)})")
            out = "undef"
            for k in range(width):
                xs = [text(f"extractelement {kind} %{x}, i32 {k}") for x in letters]
                y = text(f'call double @"microgd.{name}"({_each_of("double", xs)})')
                out = text(f"insertelement {kind} {out}, double {y}, i32 {k}")
            self.helpers[name] = text.finished(f"{kind} {out}")
        return f"@lanes.{name}"

    def _call_of_python(self, text: _Text, row: Primitive, xs: Sequence[str], width: int) -> str:
        """A row that Python computes: the operands in memory, and a call for each lane."""
        kind = self._kind(width)
        entry = (row.name, len(xs), width)
        if entry not in self.calls:
            self.calls.append(entry)
        number = self.calls.index(entry)
        buffer = text.variable(kind, len(xs))
        for k, x in enumerate(xs):
            text.do(f"store {kind} {x}, ptr {text.at(buffer, k, kind)}, align {8 * width}")
        function = text(f"load ptr, ptr {text.at('%calls', number, 'ptr')}")
        out = "undef"
        for lane in range(width):
            y = text(f"call double {function}(ptr {text.at(buffer, lane)})")
            out = y if width == 1 else text(f"insertelement {kind} {out}, double {y}, i32 {lane}")
        return out

    # --- loops ---

    def _region(self, name: str, size: int) -> int:
        """Where this part of the scratch memory begins. Each part is aligned."""
        at = self._offset
        self._offset += -(-size * 8 // ALIGNED) * (ALIGNED // 8)
        return at

    def _fill(self) -> str:
        """The function that loads the own numbers of some samples. A lane without a sample takes the last."""
        width, own, kind = self.width, self.routine.own, self._kind(self.width)
        text = _Text("internal void @fill(ptr %samples, ptr %order, i64 %first, i64 %valid, ptr %own)")
        if not own:
            return text.finished()
        in_order = text("icmp eq ptr %order, null")
        if self.routine.columns:
            full = text(f"icmp sge i64 %valid, {width}")
            with text.when(text(f"and i1 {in_order}, {full}")):  # vectors are there as they are wanted
                with text.loop(own) as b:
                    column = text(f"load ptr, ptr {text.at('%samples', b, 'ptr')}")
                    x = text(f"load {kind}, ptr {text.at(column, '%first')}, align 8")
                    text.do(f"store {kind} {x}, ptr {text.at('%own', b, kind)}, align {8 * width}")
                text.do("ret void")
                text.begin("apart")
        last = text("sub i64 %valid, 1")
        lanes = []
        for lane in range(width):
            inside = text(f"icmp slt i64 {lane}, {last}")
            s = text(f"add i64 %first, {text(f'select i1 {inside}, i64 {lane}, i64 {last}')}")
            place = text.variable("i64", 1)
            text.do(f"store i64 {s}, ptr {place}")
            with text.when(text(f"xor i1 {in_order}, true")):
                chosen = text(f"load i64, ptr {text.at('%order', s, 'i64')}")
                text.do(f"store i64 {chosen}, ptr {place}")
            lanes.append(text(f"load i64, ptr {place}"))
        if not self.routine.columns:
            rows = text("load ptr, ptr %samples")
            lanes = [text.at(rows, text(f"mul i64 {s}, {own}")) for s in lanes]
        with text.loop(own) as b:
            here = text.at("%own", b, kind)
            column = text(f"load ptr, ptr {text.at('%samples', b, 'ptr')}") if self.routine.columns else ""
            for lane, s in enumerate(lanes):
                x = text(f"load double, ptr {text.at(column, s) if column else text.at(s, b)}")
                text.do(f"store double {x}, ptr {text.at(here, lane)}")
        return text.finished()

    def _run(self) -> str:
        """The function that is called: run(what is bound, number of the first sample, count of samples)."""
        text = _Text("void @run(ptr %bound, i64 %start, i64 %n)")
        names = ("shared", "samples", "order", "sums_given", "each_given", "scratch", "calls")
        for k, name in enumerate(names):
            text.do(f"%{name} = load ptr, ptr {text.at('%bound', k, 'ptr')}")
        scratch = {}
        for name, size in self._sizes.items():
            scratch[name] = text.at("%scratch", self._region(name, size))
        arguments = f"ptr %shared, ptr {scratch['same']}, ptr %OWN, ptr {scratch['frame']}"
        for name in self._functions:
            if name.startswith("same"):
                text.do(
                    f"call void @{name}({arguments}, ptr null, ptr null, ptr %calls)".replace("%OWN", "null")
                )
        if self.width > 1:
            self._blocks(text, scratch, arguments)
        else:
            self._one_by_one(text, scratch, arguments)
        return text.finished()

    def _one_by_one(self, text: _Text, scratch: dict[str, str], arguments: str) -> None:
        """Sample after sample, without lanes: the body itself adds to the sums."""
        routine = self.routine
        columns = bool(self.each) and routine.columns
        each = text.at("%scratch", self._region("each", len(self.each) if columns else 0))
        given = text("load ptr, ptr %each_given") if self.each and not columns else "null"
        with text.loop("%n") as k:
            own, first = "null", text(f"add i64 %start, {k}")
            if routine.own and routine.columns:
                own = scratch["own"]
                text.do(f"call void @fill(ptr %samples, ptr %order, i64 {first}, i64 1, ptr {own})")
            elif routine.own:
                text.do(
                    f"call void @fill(ptr %samples, ptr %order, i64 {first}, i64 1, ptr {scratch['own']})"
                )
                own = scratch["own"]
            place = each
            if self.each and not columns:
                place = text.at(given, text(f"mul i64 {k}, {len(self.each)}"))
            for name in self._functions:
                if name.startswith("body"):
                    text.do(
                        f"call void @{name}({arguments}, ptr %sums_given, ptr {place}, ptr %calls)".replace(
                            "%OWN", own
                        )
                    )
            if columns:
                with text.loop(len(self.each)) as j:
                    x = text(f"load double, ptr {text.at(each, j)}")
                    column = text(f"load ptr, ptr {text.at('%each_given', j, 'ptr')}")
                    text.do(f"store double {x}, ptr {text.at(column, k)}")

    def _blocks(self, text: _Text, scratch: dict[str, str], arguments: str) -> None:
        """`width` samples at a time."""
        width, layout = self.width, self.layout
        arguments = arguments.replace("%OWN", scratch["own"])
        columns = len(layout.columns)
        matrix = text.at("%scratch", self._region("matrix", columns * width))
        by_sample = text.at("%scratch", self._region("by sample", columns * width))
        each = text.at("%scratch", self._region("each", len(self.each) * width))
        totals = text.at("%scratch", self._region("totals", layout.totals))
        self._exchange(text, "%sums_given", totals, False)
        with text.loop("%n", width) as k:
            left = text(f"sub i64 %n, {k}")
            full = text(f"icmp sge i64 {left}, {width}")
            valid = text(f"select i1 {full}, i64 {width}, i64 {left}")
            first = text(f"add i64 %start, {k}")
            text.do(
                f"call void @fill(ptr %samples, ptr %order, i64 {first}, i64 {valid}, ptr {scratch['own']})"
            )
            for name in self._functions:
                if name.startswith("body"):
                    text.do(f"call void @{name}({arguments}, ptr {matrix}, ptr {each}, ptr %calls)")
            if columns:
                with text.when(text(f"xor i1 {full}, true")):
                    self._mask(text, matrix, valid)
                self._turn(text, matrix, by_sample)
                for plain in layout.plains:
                    self._add_terms(text, plain, by_sample, totals)
                for outer in layout.outers:
                    self._add_products(text, outer, by_sample, totals)
            self._give(text, each, k, valid)
        self._exchange(text, "%sums_given", totals, True)

    def _exchange(self, text: _Text, sums: str, totals: str, back: bool) -> None:
        """Copy the sums to where neighbours are added together, or back."""
        kind = self._kind(self.width)
        runs, alone = self.layout.runs()
        for name, pairs, part in (("runs", runs, kind), ("alone", alone, "double")):
            if not pairs:
                continue
            numbers = ", ".join(f"i64 {number}" for pair in pairs for number in pair)
            self.helpers[name] = f"@{name} = private constant [{2 * len(pairs)} x i64] [{numbers}]\n"
            with text.loop(2 * len(pairs), 2) as k:
                pair = text.at(f"@{name}", k, "i64")
                here = text.at(sums, text(f"load i64, ptr {pair}"))
                there = text.at(totals, text(f"load i64, ptr {text.at(pair, 1, 'i64')}"))
                if back:
                    here, there = there, here
                x = text(f"load {part}, ptr {here}, align 8")
                text.do(f"store {part} {x}, ptr {there}, align 8")

    def _mask(self, text: _Text, matrix: str, valid: str) -> None:
        """0 in the lanes without a sample: no sum is ever -0, so adding 0 changes nothing."""
        width, kind = self.width, self._kind(self.width)
        numbers = f"<{width} x i64>"
        one = text(f"insertelement {numbers} undef, i64 {valid}, i32 0")
        every = text(f"shufflevector {numbers} {one}, {numbers} undef, <{width} x i32> zeroinitializer")
        lanes = "<" + ", ".join(f"i64 {lane}" for lane in range(width)) + ">"
        inside = text(f"icmp slt {numbers} {lanes}, {every}")
        with text.loop(len(self.layout.columns)) as r:
            place = text.at(matrix, r, kind)
            x = text(f"load {kind}, ptr {place}, align {8 * width}")
            x = text(f"select <{width} x i1> {inside}, {kind} {x}, {kind} {self._literal(0.0, width)}")
            text.do(f"store {kind} {x}, ptr {place}, align {8 * width}")

    def _turn(self, text: _Text, matrix: str, by_sample: str) -> None:
        """Copy the matrix, a vector of samples for each column, to one with a row for each sample."""
        width, kind, columns = self.width, self._kind(self.width), len(self.layout.columns)
        with text.loop(columns, width) as c:
            start = text.at(by_sample, c)
            for lane, row in enumerate(self._transposed(text, text.at(matrix, c, kind))):
                text.do(f"store {kind} {row}, ptr {text.at(start, lane * columns)}, align {8 * width}")

    def _add_terms(self, text: _Text, plain: rolling.Plain, by_sample: str, totals: str) -> None:
        """Sums of terms as they are, sample after sample: all of a sample, then those of the next."""
        width, kind, columns = self.width, self._kind(self.width), len(self.layout.columns)
        with text.loop(plain.size, width) as s:
            place = text.at(text.at(totals, plain.totals), s)
            start = text.at(text.at(by_sample, plain.first), s)
            total = text(f"load {kind}, ptr {place}, align {8 * width}")
            if plain.terms <= 4:
                for lane in range(width):
                    for t in range(plain.terms):
                        x = text.at(start, lane * columns + t * plain.stride)
                        total = text(
                            f"fadd {kind} {total}, {text(f'load {kind}, ptr {x}, align {8 * width}')}"
                        )
            else:
                for lane in range(width):
                    row = text.at(start, lane * columns)
                    with text.fold(plain.terms, kind, [total]) as (k, sums):
                        x = text.at(row, text(f"mul i64 {k}, {plain.stride}"))
                        x = text(f"load {kind}, ptr {x}, align {8 * width}")
                        sums[0] = text(f"fadd {kind} {sums[0]}, {x}")
                    total = sums[0]
            text.do(f"store {kind} {total}, ptr {place}, align {8 * width}")

    def _add_products(self, text: _Text, outer: rolling.Outer, by_sample: str, totals: str) -> None:
        """Sums of products left[r] * right[c], sample after sample."""
        width, columns = self.width, len(self.layout.columns)
        rows, terms = len(outer.left), len(outer.left[0])
        table = f"@left{len(self.helpers)}"
        numbers = ", ".join(f"i64 {column}" for left in outer.left for column in left)
        self.helpers[table] = f"{table} = private constant [{rows * terms} x i64] [{numbers}]\n"
        together = 1 if terms == 1 else ROWS_TOGETHER
        with text.loop(outer.size, width) as c:
            right = text.at(text.at(by_sample, outer.right), c)
            sums = text.at(text.at(totals, outer.totals), c)
            known: dict[int, str] = {}
            if terms == 1:  # these vectors stay in registers
                known = {k: self._vector(text, right, k * columns) for k in range(width)}
            whole = rows - rows % together
            if whole:
                with text.loop(whole, together) as r:
                    self._rows_of_products(text, outer, by_sample, table, right, sums, known, r, together)
            if rows % together:
                self._rows_of_products(
                    text, outer, by_sample, table, right, sums, known, whole, rows % together
                )

    def _rows_of_products(
        self,
        text: _Text,
        outer: rolling.Outer,
        by_sample: str,
        table: str,
        right: str,
        sums: str,
        known: dict[int, str],
        first: int | str,
        count: int,
    ) -> None:
        """The same for `count` left factors from `first` on, and as many right ones as a vector holds."""
        width, kind, columns = self.width, self._kind(self.width), len(self.layout.columns)
        terms = len(outer.left[0])
        padded = -(-outer.size // width) * width
        rows = [text(f"add i64 {first}, {k}") for k in range(count)]
        places = [text.at(sums, text(f"mul i64 {r}, {padded}")) for r in rows]
        starts = [text.at(table, text(f"mul i64 {r}, {terms}"), "i64") for r in rows]
        totals = [self._vector(text, place, 0) for place in places]

        def added(t: int | str, lane: int, vector: str, totals: list[str]) -> None:
            row = text.at(by_sample, lane * columns)
            for k, start in enumerate(starts):
                column = text(f"load i64, ptr {text.at(start, t, 'i64')}")
                x = text(f"load double, ptr {text.at(row, column)}")
                if outer.chosen:
                    holds = text(f"fcmp une double {x}, 0.0")
                    zero = self._literal(0.0, width)
                    term = text(f"select i1 {holds}, {kind} {vector}, {kind} {zero}")
                else:
                    term = text(f"fmul{self.flags} {kind} {self._spread(text, x, width)}, {vector}")
                totals[k] = text(f"fadd{self.flags} {kind} {totals[k]}, {term}")

        for lane in range(width):
            if known:
                added(0, lane, known[lane], totals)
            else:
                with text.fold(terms, kind, totals) as (t, totals):
                    at = text(f"add i64 {text(f'mul i64 {t}, {outer.stride}')}, {lane * columns}")
                    added(t, lane, self._vector(text, right, at), totals)
        for place, total in zip(places, totals):
            text.do(f"store {kind} {total}, ptr {place}, align {8 * width}")

    def _vector(self, text: _Text, pointer: str, index: int | str) -> str:
        kind = self._kind(self.width)
        return text(f"load {kind}, ptr {text.at(pointer, index)}, align {8 * self.width}")

    def _transposed(self, text: _Text, rows: str) -> list[str]:
        """The columns of `width` rows in memory."""
        width, kind = self.width, self._kind(self.width)
        vectors = [
            text(f"load {kind}, ptr {text.at(rows, r, kind)}, align {8 * width}") for r in range(width)
        ]
        distance = width // 2
        while distance:
            # The quarter above the diagonal and the quarter below change places, in squares of 2 * distance.
            upper = [k if not k & distance else k - distance + width for k in range(width)]
            lower = [k + distance if not k & distance else k + width for k in range(width)]
            for r in range(width):
                if not r & distance:
                    a, b = vectors[r], vectors[r + distance]
                    for at, mask in ((r, upper), (r + distance, lower)):
                        picked = ", ".join(f"i32 {k}" for k in mask)
                        vectors[at] = text(
                            f"shufflevector {kind} {a}, {kind} {b}, <{width} x i32> <{picked}>"
                        )
            distance //= 2
        return vectors

    def _give(self, text: _Text, each: str, k: str, valid: str) -> None:
        """Write the results of these samples to the caller's buffers."""
        width, count = self.width, len(self.each)
        if not count:
            return
        kind = self._kind(width)
        if self.routine.columns:
            with text.loop(count) as j:
                row = text.at(each, j, kind)
                column = text.at(text(f"load ptr, ptr {text.at('%each_given', j, 'ptr')}"), k)
                full = text(f"icmp sge i64 {valid}, {width}")
                with text.when(full):
                    x = text(f"load {kind}, ptr {row}, align {8 * width}")
                    text.do(f"store {kind} {x}, ptr {column}, align 8")
                with text.when(text(f"xor i1 {full}, true")), text.loop(valid) as lane:
                    x = text(f"load double, ptr {text.at(row, lane)}")
                    text.do(f"store double {x}, ptr {text.at(column, lane)}")
            return
        given = text.at(text("load ptr, ptr %each_given"), text(f"mul i64 {k}, {count}"))
        with text.loop(count) as j:
            row = text.at(each, j, kind)
            with text.loop(valid) as lane:
                x = text(f"load double, ptr {text.at(row, lane)}")
                place = text.at(given, text(f"add i64 {text(f'mul i64 {lane}, {count}')}, {j}"))
                text.do(f"store double {x}, ptr {place}")


def _each_of(kind: str, names: Sequence[str]) -> str:
    return ", ".join([f"{kind} {name}" for name in names])


def _chained(first: Iterable[str], second: Iterable[str]) -> Iterator[str]:
    yield from first
    yield from second


def printed(routine: Routine, fast: bool = False) -> tuple[str, dict[str, Any]]:
    """The assembly of a routine, and what a caller of it must know."""
    printer = _Printer(routine, host().width if routine.own else 1, fast, host().missing)
    return printer.text()


# --- code that can be called ------------------------------------------------------------------------------


def _key(routine: Routine, fast: bool) -> str:
    """A name for the code of this routine. The text need not be printed for it."""
    program = routine.program
    labels: dict[Primitive, str] = {}
    for row in {*program.rows}:
        own = TABLE.get(row.name) is row
        labels[row] = row.name if own and is_own(row) else f"python {row.name}" if own else f"the {row.name}"
    return objects.key(
        [labels[row] for row in program.rows],
        program.operands,
        list(program.constants.items()),
        sorted(program.plain_start),
        routine.shared,
        routine.own,
        routine.sums,
        routine.each,
        routine.columns,
        fast,
        host().width,
        *host().identity,
    )


def _compiled(routine: Routine, fast: bool) -> tuple[dict[str, Any], bytes]:
    """Object code, and what a caller of it must know."""
    text, facts = printed(routine, fast)
    generator = host().generator(0 if facts["operations"] > ENORMOUS else 1)
    with host().llvm.parse_assembly(text) as module:
        return facts, generator.emit_object(module)


class MachineCode:
    """A compiled routine. The code lives as long as this object and what `bind` has returned."""

    def __init__(self, routine: Routine, fast: bool = False) -> None:
        name = _key(routine, fast)
        entry = objects.load(name)
        if entry is None:
            entry = _compiled(routine, fast)
            objects.save(name, *entry)
        self.facts, code = entry
        self._engine = host().loaded(code)
        self.run = _SIGNATURE(self._engine.get_function_address("run"))
        known = {row.name: row for row in routine.program.rows}
        self.failures: list[BaseException] = []
        self._calls = [
            _from_python(known.get(row) or TABLE[row], operands, lanes, self.failures)
            for row, operands, lanes in self.facts["calls"]
        ]

    def bind(
        self, shared: Any, samples: Sequence[Any], order: Any, sums: Any, each: Sequence[Any]
    ) -> Callable[[int, int], None]:
        """A function call(start, n) that works on these buffers, which it keeps alive."""
        scratch = (ctypes.c_double * (self.facts["scratch"] + ALIGNED // 8))()
        aligned = -(-ctypes.addressof(scratch) // ALIGNED) * ALIGNED
        calls = (ctypes.c_void_p * max(len(self._calls), 1))(
            *[ctypes.cast(function, ctypes.c_void_p) for function in self._calls]
        )
        kept: list[Any] = [scratch, calls, self]
        lists = []
        for buffers in (samples, each):
            lists.append((ctypes.c_void_p * max(len(buffers), 1))(*[_address(x, kept) for x in buffers]))
        kept += lists
        bound = (ctypes.c_void_p * 7)(
            _address(shared, kept),
            ctypes.addressof(lists[0]),
            None if order is None else _address(order, kept),
            _address(sums, kept),
            ctypes.addressof(lists[1]),
            aligned,
            ctypes.addressof(calls),
        )
        kept.append(bound)
        if self._calls:
            return partial(_checked, self.run, self.failures, ctypes.addressof(bound), kept)
        return _Bound(self.run, ctypes.addressof(bound), kept)


_SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_CALLED = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.POINTER(ctypes.c_double))


class _Bound(partial):  # type: ignore[type-arg]
    """run(bound), and the buffers it uses."""

    def __new__(cls, run: Any, bound: int, kept: list[Any]) -> _Bound:
        self = super().__new__(cls, run, bound)
        self.kept = kept
        return self

    kept: list[Any]


def _checked(
    run: Any, failures: list[BaseException], bound: int, kept: list[Any], start: int, n: int
) -> None:
    """A call of code that calls Python: what was raised there is raised here."""
    run(bound, start, n)
    if failures:
        failure = failures[0]
        failures.clear()
        raise failure


def _from_python(row: Primitive, operands: int, lanes: int, failures: list[BaseException]) -> Any:
    """A C function that computes a row in Python. Its operands are `lanes` numbers apart."""
    value, stop = row.value, operands * lanes

    def called(numbers: Any) -> float:
        if failures:
            return math.nan
        try:
            return value(*numbers[:stop:lanes])
        except BaseException as error:
            failures.append(error)
            return math.nan

    return _CALLED(called)


def _address(buffer: Any, kept: list[Any]) -> int | None:
    """Where the numbers of a buffer are. It stays where it is as long as `kept` lives."""
    kept.append(buffer)
    interface = getattr(buffer, "__array_interface__", None)
    if interface is not None:
        return int(interface["data"][0])
    view = memoryview(buffer)
    if not view.nbytes:
        return None
    held = (ctypes.c_char * view.nbytes).from_buffer(buffer)
    kept.append(held)
    return ctypes.addressof(held)


def built(routine: Routine, fast: bool = False) -> MachineCode:
    """Machine code for a routine."""
    return MachineCode(routine, fast)
