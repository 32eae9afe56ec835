"""Object code on disk: loaded if it is sound and the user's own, and never an obstacle."""

import gc
import os
import resource
import stat
import subprocess
import sys
import time
import warnings
from array import array
from pathlib import Path

import pytest

import microgd
from microgd.jit import objects
from microgd.jit.program import Program, Routine
from microgd.ops import TABLE, Primitive

FACTS, CODE = {"scratch": 8, "calls": [["hypot", 2, 8]]}, bytes(range(256)) * 20


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROGD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(objects, "_warned", set())
    return tmp_path / "cache" / "objects"


def test_what_was_saved_is_loaded(where):
    assert objects.load("a" * 64) is None
    objects.save("a" * 64, FACTS, CODE)
    assert objects.load("a" * 64) == (FACTS, CODE)
    assert objects.load("b" * 64) is None


def test_the_folder_and_its_entries_belong_to_the_user_alone(where):
    objects.save("a" * 64, FACTS, CODE)
    assert stat.S_IMODE(where.stat().st_mode) == 0o700
    assert stat.S_IMODE((where / ("a" * 64)).stat().st_mode) == 0o600


def test_a_folder_that_was_open_to_others_is_closed(where):
    where.mkdir(parents=True, mode=0o777)
    where.chmod(0o777)
    objects.save("a" * 64, FACTS, CODE)
    assert stat.S_IMODE(where.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda x: b"",
        lambda x: x[:10],
        lambda x: x[:-1],
        lambda x: x + b"\0",
        lambda x: x[:200] + bytes([x[200] ^ 1]) + x[201:],
        lambda x: x[:30] + bytes([x[30] ^ 128]) + x[31:],
        lambda x: b"something else entirely",
    ],
)
def test_a_damaged_entry_is_ignored_and_written_anew(where, damage):
    name = "a" * 64
    objects.save(name, FACTS, CODE)
    path = where / name
    path.write_bytes(damage(path.read_bytes()))
    assert objects.load(name) is None
    objects.save(name, FACTS, CODE)
    assert objects.load(name) == (FACTS, CODE)


def test_an_entry_of_another_user_is_ignored(where, monkeypatch):
    objects.save("a" * 64, FACTS, CODE)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert objects.load("a" * 64) is None
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        objects.save("b" * 64, FACTS, CODE)


def test_an_entry_that_others_can_write_is_ignored(where):
    objects.save("a" * 64, FACTS, CODE)
    (where / ("a" * 64)).chmod(0o666)
    assert objects.load("a" * 64) is None


def test_a_link_is_ignored(where, tmp_path):
    objects.save("a" * 64, FACTS, CODE)
    (where / ("b" * 64)).symlink_to(where / ("a" * 64))
    assert objects.load("b" * 64) is None


def test_a_folder_that_cannot_be_written_gives_one_warning(where):
    where.parent.write_text("a file, where a folder is expected")
    with pytest.warns(RuntimeWarning, match="cannot be kept in .*set MICROGD_CACHE"):
        objects.save("a" * 64, FACTS, CODE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objects.save("b" * 64, FACTS, CODE)
    assert objects.load("a" * 64) is None


def test_nothing_is_left_of_an_interrupted_save(where, monkeypatch):
    def interrupted(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        objects.save("a" * 64, FACTS, CODE)
    assert list(where.iterdir()) == []


def test_the_oldest_entries_go_when_there_are_too_many(where, monkeypatch):
    monkeypatch.setattr(objects, "MOST", 3)
    for k in range(6):
        objects.save(str(k) * 64, FACTS, CODE)
        os.utime(where / (str(k) * 64), (k, k))
    assert sorted(path.name[0] for path in where.iterdir()) == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MICROGD_CACHE": "/own", "XDG_CACHE_HOME": "/x"}, "/own/objects"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/microgd/objects"),
        ({}, os.path.expanduser("~/.cache/microgd/objects")),
    ],
)
def test_where_the_folder_is(monkeypatch, variables, expected):
    for name in ("MICROGD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert objects.folder() == expected


def test_equal_parts_have_one_key_and_others_another():
    parts = ([1, 2], [(1, 2.5), ()], "name", True)
    assert objects.key(*parts) == objects.key([1, 1 + 1], [(1, 5.0 / 2.0), ()], "na" + "me"[:], True)
    for other in (
        ([1, 3], *parts[1:]),
        (parts[0], [(1, -2.5), ()], *parts[2:]),
        (parts[0], [(1,), (2.5,)], *parts[2:]),
        (*parts[:3], False),
        (*parts[:3], 1),
    ):
        assert objects.key(*other) != objects.key(*parts)


# --- routines -------------------------------------------------------------------------------------------


def polynomial(constant=2.0, rows=("mul", "add", "exp"), columns=False):
    program = Program()
    w, x = program.input(), program.input()
    y = x
    for name in rows:
        row = TABLE[name]
        y = program.operation(row, (y,) if len(row.partials) == 1 else (y, w))
    y = program.operation(TABLE["mul"], (y, program.constant(constant)))
    return Routine(program, 1, 1, [(y,)], [y], columns)


def result(code):
    sums, each = array("d", [0.0]), array("d", [0.0])
    code.bind(array("d", [0.5]), [array("d", [1.5])], None, sums, [each])(0, 1)
    return sums[0], each[0]


@pytest.fixture
def llvm(where):
    pytest.importorskip("llvmlite")
    from microgd.jit import llvm

    llvm.host()
    return llvm


def test_a_routine_is_compiled_once(where, llvm, monkeypatch):
    first = result(llvm.built(polynomial()))
    monkeypatch.setattr(llvm, "printed", None)
    assert result(llvm.built(polynomial())) == first


def test_every_part_of_a_routine_counts(where, llvm):
    variants = [
        polynomial(),
        polynomial(2.5),
        polynomial(-2.0),
        polynomial(columns=True),
        polynomial(rows=("add", "mul", "exp")),
        polynomial(rows=("mul", "add", "tanh")),
    ]
    names = {llvm._key(routine, fast) for routine in variants for fast in (False, True)}
    assert len(names) == 2 * len(variants)
    assert llvm._key(polynomial(), False) == llvm._key(polynomial(), False)


def test_how_a_sum_begins_counts(where, llvm):
    routine = polynomial(rows=("mul", "add"))
    before = llvm._key(routine, False)
    routine.program.plain_start.add(3)
    assert llvm._key(routine, False) != before


@pytest.mark.parametrize(
    ("of", "fact", "other"),
    [
        ("host", "processor", "another"),
        ("host", "features", "+another"),
        ("host", "missing", {"exp"}),
        ("host", "width", 16),
        ("llvmlite", "__version__", "0.0"),
        ("binding", "llvm_version_info", (0, 0, 0)),
        ("sys", "version", "another"),
    ],
)
def test_another_processor_or_version_has_code_of_its_own(of, fact, other, where, llvm, monkeypatch):
    import llvmlite.binding

    host = llvm.host()
    before = llvm._key(polynomial(), False)
    owner = {"host": host, "llvmlite": llvmlite, "binding": llvmlite.binding, "sys": sys}[of]
    with monkeypatch.context() as patch:
        patch.delitem(vars(host), "identity")  # it is computed once
        patch.setattr(owner, fact, other)
        after = llvm._key(polynomial(), False)
    assert after != before
    assert llvm._key(polynomial(), False) == before


def test_damaged_code_is_compiled_anew(where, llvm):
    first = result(llvm.built(polynomial()))
    (path,) = where.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    assert result(llvm.built(polynomial())) == first
    assert objects.load(path.name) is not None


def test_another_process_loads_it(where, llvm):
    code = (
        "from tests.jit import test_objects as t; from microgd.jit import llvm, objects\n"
        "import sys; llvm.printed = llvm.printed if sys.argv[1] == 'cold' else None\n"
        "print(t.result(llvm.built(t.polynomial(rows=('mul', 'hypot', 'tanh', 'exp')))))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, word],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(microgd.__file__).parents[1],
        ).stdout
        for word in ("cold", "warm")
    ]
    assert runs[0] == runs[1] != ""


def test_a_row_of_a_user_is_called_as_it_is_now(where, llvm, monkeypatch):
    def routine(function):
        program = Program()
        row = Primitive("mine", function, (None,))
        return Routine(program, 0, 1, [], [program.operation(row, (program.input(),))])

    def at(routine):
        out = array("d", [0.0])
        llvm.built(routine).bind(array("d"), [array("d", [3.0])], None, array("d"), [out])(0, 1)
        return out[0]

    assert at(routine(lambda x: x + 1.0)) == 4.0
    assert at(routine(lambda x: x * 5.0)) == 15.0


def test_set_up_from_disk_takes_milliseconds(where, llvm):
    rows = ["mul", "add", "tanh", "sub"] * 300
    llvm.built(polynomial(rows=rows))
    times = []
    for _ in range(20):
        routine = polynomial(rows=rows)
        start = time.perf_counter()
        llvm.built(routine)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_a_function_recompiled_again_and_again_leaks_nothing(where, llvm):
    def compile_and_call(times):
        for _ in range(times):
            result(llvm.built(polynomial(rows=("mul", "hypot", "exp"))))
        gc.collect()

    compile_and_call(300)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    compile_and_call(int(os.environ.get("MICROGD_RECOMPILED", "1000")))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 3000  # KiB
