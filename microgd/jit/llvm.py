"""Machine code: a Routine is printed as LLVM's assembly, compiled by llvmlite, and called.

The code does what Python does at floats, rounding by rounding. Nothing may be rewritten: no operation
carries a flag that would allow it, the functions of the C library are called by names that LLVM does not
know, and what is not a function of that library calls Python. Only fast=True allows more: see `approximate`.

This module uses `samples`, which prints, and `objects`; and llvmlite, which is the extra `microgd[jit]`.
"""

from __future__ import annotations

import ctypes
import math
import sys
from _thread import get_ident
from functools import cache, cached_property, partial

from ..ops import TABLE
from . import objects, samples
from .assembly import ALIGNED
from .lowering import LIBM, is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..ops import Primitive
    from .program import Routine

    Failures = dict[int, BaseException]  # by thread, what a row that Python computes has raised

ENORMOUS = 50_000
"""From so many operations on, the code generator's fast level is chosen: it needs a tenth of the time, and
the code twice as much."""


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

        from . import approximate, assembly, lowering, rolling, straight

        sources = []
        for module in (sys.modules[__name__], samples, straight, rolling, lowering, approximate, assembly):
            with open(str(module.__file__), "rb") as source:
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
        library = _library()
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


def _library() -> Any:
    """The library of C's mathematical functions that this process has loaded already."""
    names = {"linux": "libm.so.6", "darwin": "libSystem.dylib", "win32": "ucrtbase"}
    try:
        return ctypes.CDLL(names[sys.platform])
    except (KeyError, OSError):
        return ctypes.CDLL(None)


# --- code that can be called ------------------------------------------------------------------------------


def printed(routine: Routine, fast: bool = False) -> tuple[str, dict[str, Any]]:
    """The assembly of a routine for this processor, and what a caller of it must know."""
    return samples.printed(routine, host().width, fast, host().missing)


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
        self.failures: Failures = {}
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


def _checked(run: Any, failures: Failures, bound: int, kept: list[Any], start: int, n: int) -> None:
    """A call of code that calls Python: what was raised there is raised here."""
    run(bound, start, n)
    failure = failures.pop(get_ident(), None)
    if failure is not None:
        raise failure


def _from_python(row: Primitive, operands: int, lanes: int, failures: Failures) -> Any:
    """A C function that computes a row in Python. Its operands are `lanes` numbers apart."""
    value, stop = row.value, operands * lanes

    def called(numbers: Any) -> float:
        if failures and get_ident() in failures:
            return math.nan
        try:
            return value(*numbers[:stop:lanes])
        except BaseException as error:
            failures[get_ident()] = error
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
