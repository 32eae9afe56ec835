"""The loop over the samples: what surrounds the program of one block of them.

`width` samples are computed side by side, one in each lane. A routine becomes these functions:

    same    what depends on shared inputs alone, once for each call
    fill    the own numbers of the next samples, number after number
    body    the program itself, for these samples
    run     the loop, which calls the others; adds what each sample adds to the sums, one after another, as
            Python would; and writes the results of each sample

This module uses `straight`, `rolling` and `assembly`.
"""

from __future__ import annotations

from .assembly import ALIGNED, Text, arguments, spread, vector
from .straight import StraightLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import rolling
    from .program import Routine

ROWS_TOGETHER = 4
"""Rows of sums of several products that are computed at once: one alone would wait for each addition."""


class Printer(StraightLine):
    """The whole text of a routine."""

    def text(self) -> tuple[str, dict[str, Any]]:
        """The whole text, and what the caller must know of it: how much memory it needs, what it calls."""
        functions = self._print_program()
        self._names = [function.split("(")[0].split("@")[1] for function in functions]
        self._offset = 0
        functions += [self._fill(), self._run()]
        whole = [*self._declarations(), *functions, *self.helpers.values()]
        facts = {"scratch": self._offset, "calls": self.calls, "operations": self.count}
        return "\n".join(whole), facts

    def _fill(self) -> str:
        """The function that loads the own numbers of some samples. A lane without a sample takes the last."""
        width, own, kind = self.width, self.routine.own, vector(self.width)
        text = Text("internal void @fill(ptr %samples, ptr %order, i64 %first, i64 %valid, ptr %own)")
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
        text = Text("void @run(ptr %bound, i64 %start, i64 %n)")
        names = ("shared", "samples", "order", "sums_given", "each_given", "scratch", "calls")
        for k, name in enumerate(names):
            text.do(f"%{name} = load ptr, ptr {text.at('%bound', k, 'ptr')}")
        self.memory = {name: self._region(text, size) for name, size in self.sizes.items()}
        self._call(text, "same", "null", "null")
        if self.width > 1:
            self._blocks(text)
        else:
            self._one_by_one(text)
        return text.finished()

    def _region(self, text: Text, size: int) -> str:
        """A part of the scratch memory, for this many numbers. Each part is aligned."""
        place = text.at("%scratch", self._offset)
        self._offset += -(-size * 8 // ALIGNED) * (ALIGNED // 8)
        return place

    def _call(self, text: Text, part: str, sums: str, each: str) -> None:
        """Call the functions of one part, one after another."""
        memory = ["%shared", self.memory["same"], self.memory["own"], self.memory["frame"]]
        for name in self._names:
            if name.startswith(part):
                text.do(f"call void @{name}({arguments('ptr', [*memory, sums, each, '%calls'])})")

    def _one_by_one(self, text: Text) -> None:
        """Samples without own numbers, one after another: the body itself adds to the sums."""
        count, columns = len(self.each), self.routine.columns
        each = self._region(text, count)
        given = text("load ptr, ptr %each_given") if count and not columns else ""
        with text.loop("%n") as k:
            place = text.at(given, text(f"mul i64 {k}, {count}")) if given else each
            self._call(text, "body", "%sums_given", place)
            if columns:
                with text.loop(count) as j:
                    x = text(f"load double, ptr {text.at(each, j)}")
                    column = text(f"load ptr, ptr {text.at('%each_given', j, 'ptr')}")
                    text.do(f"store double {x}, ptr {text.at(column, k)}")

    def _blocks(self, text: Text) -> None:
        """`width` samples at a time."""
        width, layout, own = self.width, self.layout, self.memory["own"]
        columns = len(layout.columns)
        matrix = self._region(text, columns * width)
        by_sample = self._region(text, columns * width)
        each = self._region(text, len(self.each) * width)
        totals = self._region(text, layout.totals)
        self._exchange(text, "%sums_given", totals, False)
        with text.loop("%n", width) as k:
            left = text(f"sub i64 %n, {k}")
            full = text(f"icmp sge i64 {left}, {width}")
            valid = text(f"select i1 {full}, i64 {width}, i64 {left}")
            first = text(f"add i64 %start, {k}")
            text.do(f"call void @fill(ptr %samples, ptr %order, i64 {first}, i64 {valid}, ptr {own})")
            self._call(text, "body", matrix, each)
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

    def _exchange(self, text: Text, sums: str, totals: str, back: bool) -> None:
        """Copy the sums to where neighbours are added together, or back."""
        kind = vector(self.width)
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

    def _mask(self, text: Text, matrix: str, valid: str) -> None:
        """0 in the lanes without a sample: no sum is ever -0, so adding 0 changes nothing."""
        width, kind = self.width, vector(self.width)
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

    def _turn(self, text: Text, matrix: str, by_sample: str) -> None:
        """Copy the matrix, a vector of samples for each column, to one with a row for each sample."""
        width, kind, columns = self.width, vector(self.width), len(self.layout.columns)
        with text.loop(columns, width) as c:
            start = text.at(by_sample, c)
            for lane, row in enumerate(self._transposed(text, text.at(matrix, c, kind))):
                text.do(f"store {kind} {row}, ptr {text.at(start, lane * columns)}, align {8 * width}")

    def _add_terms(self, text: Text, plain: rolling.Plain, by_sample: str, totals: str) -> None:
        """Sums of terms as they are, sample after sample: all of a sample, then those of the next."""
        width, kind, columns = self.width, vector(self.width), len(self.layout.columns)
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

    def _add_products(self, text: Text, outer: rolling.Outer, by_sample: str, totals: str) -> None:
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
        text: Text,
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
        width, kind, columns = self.width, vector(self.width), len(self.layout.columns)
        terms = len(outer.left[0])
        rows = [text(f"add i64 {first}, {k}") for k in range(count)]
        places = [text.at(sums, text(f"mul i64 {r}, {outer.across}")) for r in rows]
        starts = [text.at(table, text(f"mul i64 {r}, {terms}"), "i64") for r in rows]
        totals = [self._vector(text, place, 0) for place in places]

        def added(t: int | str, lane: int, others: str, totals: list[str]) -> None:
            row = text.at(by_sample, lane * columns)
            for k, start in enumerate(starts):
                column = text(f"load i64, ptr {text.at(start, t, 'i64')}")
                x = text(f"load double, ptr {text.at(row, column)}")
                if outer.chosen:
                    holds = text(f"fcmp une double {x}, 0.0")
                    zero = self._literal(0.0, width)
                    term = text(f"select i1 {holds}, {kind} {others}, {kind} {zero}")
                else:
                    term = text(f"fmul{self.flags} {kind} {spread(text, x, width)}, {others}")
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

    def _vector(self, text: Text, pointer: str, index: int | str) -> str:
        kind = vector(self.width)
        return text(f"load {kind}, ptr {text.at(pointer, index)}, align {8 * self.width}")

    def _transposed(self, text: Text, rows: str) -> list[str]:
        """The columns of `width` rows in memory."""
        width, kind = self.width, vector(self.width)
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

    def _give(self, text: Text, each: str, k: str, valid: str) -> None:
        """Write the results of these samples to the caller's buffers."""
        width, count = self.width, len(self.each)
        if not count:
            return
        kind = vector(width)
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


def printed(routine: Routine, width: int, fast: bool, missing: set[str]) -> tuple[str, dict[str, Any]]:
    """The assembly of a routine for vectors of `width` numbers, and what a caller of it must know.

    missing  functions of the C library that are not to be called
    """
    return Printer(routine, width if routine.own else 1, fast, missing).text()
