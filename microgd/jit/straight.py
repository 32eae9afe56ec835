"""The program of a routine as machine code: straight-line functions of bounded length, and loops for layers.

This is the part of the code that computes one block of samples; `samples` loops over the blocks.

This module uses `program`, `lowering`, `rolling`, `approximate` and `assembly`.
"""

from __future__ import annotations

import math
from itertools import chain

from ..ops import PICK, TABLE
from . import approximate, rolling
from .assembly import Text, arguments, in_all_lanes, number, spread, vector
from .lowering import LIBM, lowered
from .program import CONDITIONS, CONSTANT, DOT, INPUT, SUM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..ops import Primitive
    from .program import Routine

CHUNK = 1000
"""About how many operations a function holds: LLVM needs more than twice as long for twice as many."""

SIDE_BY_SIDE = 8
"""So many dot products are computed at once: one alone would wait for each of its additions."""

CHAINS = 4
"""In fast mode a sum is added up in so many parts."""

_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISONS = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_PURE = {"sqrt": "sqrt", "abs": "fabs", "copysign": "copysign"}

_VECTORS = ("own", "frame", "sums")
"""Parts of the memory that have a number for each lane."""

_ARGUMENTS = "ptr %shared, ptr %same, ptr %own, ptr %frame, ptr %sums, ptr %each, ptr %calls"


class StraightLine:
    """The program of a routine as functions.

    An operation has a home in memory, if it is needed outside of the function that computes it:

    shared  the caller's numbers
    same    results that depend on shared numbers alone
    own     the own numbers of the samples in the lanes: a vector each
    frame   results that a later function needs: a vector each
    sums    terms of the sums and factors of terms, in the order of `rolling.Layout`: a vector each

    Without lanes, `sums` are the caller's sums themselves.
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
        self.uniform = self._uniform()
        self.leaders: dict[int, rolling.Product] = {}
        self.members: set[int] = set()
        for product in found:
            new = tuple([now[i] for i in product.members])
            if len({self.uniform[i] for i in new}) == 1:  # not so if a bias is a number of the sample
                self.leaders[new[0]] = product._replace(members=new, xs=tuple([now[i] for i in product.xs]))
                self.members.update(new)

    # --- which operation is where ---

    def _print_program(self) -> list[str]:
        """The functions of the program: first those of `same`, then those of `body`."""
        program, uniform = self.program, self.uniform
        same: list[int] = []
        body: list[int] = []
        for i, row in enumerate(program.rows):
            if row is INPUT:
                k = program.operands[i][0]
                shared = k < self.routine.shared
                self.homes[i] = ("shared", k) if shared else ("own", k - self.routine.shared)
            elif row is not CONSTANT:
                (same if uniform[i] else body).append(i)
        self.count = len(same) + len(body)
        due, at_end = self._due(set(body))
        needed = {j for i in body for j in program.operands[i] if uniform[j]}
        needed.update(i for actions in (*due.values(), at_end) for _, _, i in actions if uniform[i])
        functions = self._straight("same", same, 1, "same", needed, {}, [])
        self.sizes = {"same": self._slots, "own": self.routine.own * self.width}
        functions += self._straight("body", body, self.width, "frame", set(), due, at_end)
        self.sizes["frame"] = self._slots * self.width
        return functions

    def _declarations(self) -> list[str]:
        """The functions that the text uses and does not define."""
        found = [f'declare double @"microgd.{name}"({operands})' for name, operands in self._libm.items()]
        for pure in _PURE.values():
            for lanes in {1, self.width}:
                kind, suffix = vector(lanes), "f64" if lanes == 1 else f"v{lanes}f64"
                operands = f"{kind}, {kind}" if pure == "copysign" else kind
                found.append(f"declare {kind} @llvm.{pure}.{suffix}({operands})")
        return found

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
            text = Text(f"internal void @{name}{c}({_ARGUMENTS})")
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

    def _product(self, text: Text, product: rolling.Product, memory: str, width: int) -> None:
        """Compute the dot products of a whole layer. The results go to the memory, one after another."""
        kind = vector(width)
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
        pointers = [
            text.at(f"%{where}", first, kind),
            text.at("%shared", product.first),
            text.at(f"%{memory}", out, kind),
        ]
        text.do(f"call void @{self._kernel(product, width)}({arguments('ptr', pointers)})")
        for r, i in enumerate(product.members):
            self._totals[i] = memory, out + r
            if len(self.program.operands[i]) % 2 == 0:
                self.homes[i] = memory, out + r

    def _member(self, text: Text, i: int, width: int) -> str:
        """A dot product that the loop has computed; only the bias is still to be added."""
        kind = vector(width)
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
        name, kind = f"product{len(self.helpers)}", vector(width)
        text = Text(f"internal void @{name}(ptr %x, ptr %w, ptr %y)")
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
                    w = spread(text, text(f"load double, ptr {text.at(here, r * product.across)}"), width)
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

    def _is_condition(self, i: int) -> bool:
        row = self.program.rows[i]
        return row in self._conditions or (row is CONSTANT and type(self.program.constants[i]) is bool)

    def _literal(self, x: float, width: int) -> str:
        """A constant, a float or a bool, in all lanes."""
        of, one = ("i1", str(x).lower()) if isinstance(x, bool) else ("double", number(x))
        text = self._literals.get((one, width))
        if text is None:
            text = self._literals[one, width] = in_all_lanes(one, width, of)
        return text

    def _value(self, text: Text, i: int, width: int) -> str:
        """The name of this operation's result, after it has been loaded if necessary."""
        name = self.local.get(i)
        if name is not None:
            return name
        if self.program.rows[i] is CONSTANT:
            return self._literal(self.program.constants[i], width)
        memory, index = self.homes[i]
        lanes = width if memory in _VECTORS else 1
        kind = vector(lanes)
        name = text(f"load {kind}, ptr {text.at(f'%{memory}', index, kind)}, align {8 * lanes}")
        if lanes < width:
            name = spread(text, name, width)
        if self._is_condition(i):
            name = text(f"fcmp une {vector(width)} {name}, {self._literal(0.0, width)}")
        if lanes == width and memory != "shared":
            self.local[i] = name
        return name

    def _as_number(self, text: Text, name: str, i: int, width: int) -> str:
        if not self._is_condition(i):
            return name
        kind = vector(width)
        one, zero = self._literal(1.0, width), self._literal(0.0, width)
        return text(f"select {vector(width, 'i1')} {name}, {kind} {one}, {kind} {zero}")

    def _store(self, text: Text, name: str, i: int, pointer: str, index: int, width: int) -> None:
        kind = vector(width)
        number = self._as_number(text, name, i, width)
        text.do(f"store {kind} {number}, ptr {text.at(pointer, index, kind)}, align {8 * width}")

    def _do(self, text: Text, action: Any, width: int) -> None:
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

    def _operation(self, text: Text, i: int, width: int) -> str:
        row, operands = self.program.rows[i], self.program.operands[i]
        name, kind = row.name, vector(width)
        if row is SUM or row is DOT:
            return self._total(text, i, operands, width)
        if row is PICK:
            return self._pick(text, operands, width)
        xs = [self._value(text, j, width) for j in operands]
        if row in self._conditions:
            if name in _COMPARISONS:
                return text(f"fcmp {_COMPARISONS[name]} {kind} {xs[0]}, {xs[1]}")
            bits = vector(width, "i1")
            if name == "not":
                return text(f"xor {bits} {xs[0]}, {self._literal(True, width)}")
            return text(f"{name} {bits} {xs[0]}, {xs[1]}")
        if TABLE.get(name) is row:
            if name in _ARITHMETIC:
                return text(f"{_ARITHMETIC[name]}{self.flags} {kind} {xs[0]}, {xs[1]}")
            if name == "neg":
                return text(f"fneg {kind} {xs[0]}")
            if name == "where":
                return text(f"select {vector(width, 'i1')} {xs[0]}, {kind} {xs[1]}, {kind} {xs[2]}")
            if name in _PURE:
                suffix = "f64" if width == 1 else f"v{width}f64"
                return text(f"call {kind} @llvm.{_PURE[name]}.{suffix}({arguments(kind, xs)})")
            if name in LIBM and name not in self.missing:
                return text(f"call {kind} {self._function(name, width)}({arguments(kind, xs)})")
        xs = [self._as_number(text, x, j, width) for x, j in zip(xs, operands)]
        return self._call_of_python(text, row, xs, width)

    def _total(self, text: Text, i: int, operands: Sequence[int], width: int) -> str:
        """A sum or a dot product: each term added to what is there."""
        kind, flags = vector(width), self.flags
        values = [self._value(text, j, width) for j in operands]
        terms: Iterable[str] = values
        if self.program.rows[i] is DOT:
            n = len(operands) // 2
            terms = (text(f"fmul{flags} {kind} {x}, {w}") for x, w in zip(values[:n], values[n : 2 * n]))
            terms = chain(terms, values[2 * n :])
        zero = None if i in self.program.plain_start else self._literal(0.0, width)
        if not self.fast:
            return self._chain(text, terms, zero, kind)
        # Several chains at once: none waits for the additions of another.
        several = list(terms)
        parts = [several[k::CHAINS] for k in range(min(CHAINS, len(several)))]
        return self._chain(text, [self._chain(text, part, None, kind) for part in parts], zero, kind)

    def _chain(self, text: Text, terms: Iterable[str], total: str | None, kind: str) -> str:
        for term in terms:
            total = term if total is None else text(f"fadd{self.flags} {kind} {total}, {term}")
        return self._literal(0.0, 1 if kind == "double" else self.width) if total is None else total

    def _pick(self, text: Text, operands: Sequence[int], width: int) -> str:
        """The operand with this index, counted from the end if it is negative; nan if there is none."""
        kind, bits, number = vector(width), vector(width, "i1"), self._literal
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

    def _index(self, text: Text, i: int, count: int, width: int) -> tuple[str, str, str]:
        """An index as a float, whether it is one of `count` options, and as a whole number if it is."""
        found = self.indices.get((i, count))
        if found is None:
            kind, bits, number = vector(width), vector(width, "i1"), self._literal
            index = self._value(text, i, width)
            negative = text(f"fcmp ole {kind} {index}, {number(-1.0, width)}")
            from_end = text(f"fadd {kind} {index}, {number(float(count), width)}")
            index = text(f"select {bits} {negative}, {kind} {from_end}, {kind} {index}")
            above = text(f"fcmp ogt {kind} {index}, {number(-1.0, width)}")
            below = text(f"fcmp olt {kind} {index}, {number(float(count), width)}")
            inside = text(f"and {bits} {above}, {below}")
            safe = text(f"select {bits} {inside}, {kind} {index}, {kind} {number(0.0, width)}")
            whole = text(f"fptosi {kind} {safe} to {vector(width, 'i64')}")
            found = self.indices[i, count] = index, inside, whole
        return found

    def _gathered(self, text: Text, memory: str, first: int, step: int, whole: str, width: int) -> str:
        """Each lane's number from a part of the memory where the options are `step` numbers apart."""
        kind, numbers = vector(width), vector(width, "i64")
        lanes = width if memory in _VECTORS else 1

        def each(of: Callable[[int], int]) -> str:
            return str(of(0)) if width == 1 else f"<{', '.join(f'i64 {of(lane)}' for lane in range(width))}>"

        at = text(f"mul {numbers} {whole}, {each(lambda lane: step * lanes)}")
        at = text(f"add {numbers} {at}, {each(lambda lane: first * lanes + lane * (lanes > 1))}")
        places = text(f"getelementptr double, ptr %{memory}, {numbers} {at}")
        if width == 1:
            return text(f"load double, ptr {places}")
        gather, bits = f"@llvm.masked.gather.v{width}f64.v{width}p0", f"<{width} x i1>"
        given = f"<{width} x ptr> {places}, i32 8, {bits} {self._literal(True, width)}, {kind} undef"
        self.helpers["gather"] = f"declare {kind} {gather}(<{width} x ptr>, i32, {bits}, {kind})\n"
        return text(f"call {kind} {gather}({given})")

    def _function(self, name: str, width: int) -> str:
        """A function of the C library, called lane by lane; or in fast mode a formula for all lanes."""
        if self.fast and width > 1 and name in approximate.FUNCTIONS:
            if name not in self.helpers:
                kind = vector(width)
                text = Text(f"internal {kind} @all.{name}({kind} %x)")
                result = approximate.FUNCTIONS[name](approximate.Lanes(text, "%x", width))
                self.helpers[name] = text.finished(f"{kind} {result.name}")
            return f"@all.{name}"
        pair = name in ("pow", "fmod", "atan2")
        self._libm[name] = "double, double" if pair else "double"
        if width == 1:
            return f'@"microgd.{name}"'
        if name not in self.helpers:
            kind = vector(width)
            letters = "xy" if pair else "x"
            text = Text(f"internal {kind} @lanes.{name}({', '.join(f'{kind} %{x}' for x in letters)})")
            out = "undef"
            for k in range(width):
                xs = [text(f"extractelement {kind} %{x}, i32 {k}") for x in letters]
                y = text(f'call double @"microgd.{name}"({arguments("double", xs)})')
                out = text(f"insertelement {kind} {out}, double {y}, i32 {k}")
            self.helpers[name] = text.finished(f"{kind} {out}")
        return f"@lanes.{name}"

    def _call_of_python(self, text: Text, row: Primitive, xs: Sequence[str], width: int) -> str:
        """A row that Python computes: the operands in memory, and a call for each lane."""
        kind = vector(width)
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
