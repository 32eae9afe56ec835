"""Machine code computes what the table computes, to the last bit."""

import gc
import math
import random
import struct
import threading
from array import array
from math import inf, nan

import pytest
from hypothesis import given, settings, strategies as st

from microgd.jit.program import CONDITIONS, CONSTANT, INPUT, Program, Routine
from microgd.ops import PICK, TABLE, Primitive
from tests.domains import DOMAINS, MAGNITUDES
from tests.strategies import examples

pytest.importorskip("llvmlite")

from microgd.jit import llvm, straight


@pytest.fixture(autouse=True)
def _folder(tmp_path_factory, monkeypatch):
    """The user's own folder of compiled code is left alone, and each test begins with an empty one."""
    monkeypatch.setenv("MICROGD_CACHE", str(tmp_path_factory.mktemp("cache")))


# --- a plain interpreter --------------------------------------------------------------------------------


def values(program, inputs):
    found = []
    for i, row in enumerate(program.rows):
        if row is INPUT:
            found.append(inputs[program.operands[i][0]])
        elif row is CONSTANT:
            found.append(program.constants[i])
        else:
            found.append(row.value(*[found[j] for j in program.operands[i]]))
    return found


def interpreted(routine, shared, samples, order, sums, start, n):
    """The sums, and the results of each sample; `samples` are tuples."""
    sums, each = list(sums), []
    for k in range(n):
        s = order[start + k] if order is not None else start + k
        found = values(routine.program, [*shared, *samples[s]])
        for j, terms in enumerate(routine.sums):
            for i in terms:
                sums[j] += found[i]
        each.append([found[i] for i in routine.each])
    return sums, each


def compiled(routine, shared, samples, order, sums, start, n, fast=False):
    shared, totals = array("d", shared), array("d", sums)
    if routine.columns:
        own = [array("d", column) for column in zip(*samples)]
        each = [array("d", [7.0] * n) for _ in routine.each]
    else:
        own = [array("d", [x for sample in samples for x in sample])]
        each = [array("d", [7.0] * (n * len(routine.each)))]
    order = None if order is None else array("q", order)
    llvm.built(routine, fast=fast).bind(shared, own, order, totals, each)(start, n)
    if routine.columns:
        results = [list(row) for row in zip(*each)] if each else [[] for _ in range(n)]
    else:
        width = len(routine.each)
        results = [list(each[0][k * width : (k + 1) * width]) for k in range(n)]
    return list(totals), results


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


def agree(one, other):
    assert list(map(bits, one[0])) == list(map(bits, other[0]))
    assert [list(map(bits, row)) for row in one[1]] == [list(map(bits, row)) for row in other[1]]


# --- every row ------------------------------------------------------------------------------------------


def points(name, count):
    """Edges of every kind, and thousands of numbers of every size."""
    rng = random.Random(name)
    edges = DOMAINS[name].edges if name in DOMAINS else ()
    found = [point for point in edges if len(point) == count]
    if len(found) > 3000:
        found = rng.sample(found, 3000)
    kinds = (
        lambda: rng.uniform(-3.0, 3.0),
        lambda: rng.gauss(0.0, 30.0),
        lambda: math.ldexp(rng.uniform(-1.0, 1.0), rng.randint(-1074, 1024)),
        lambda: float(rng.randint(-6, 6)),
        lambda: rng.choice(MAGNITUDES) * rng.choice((1.0, -1.0)),
    )
    for _ in range(3000):
        kind = rng.choice(kinds)
        found.append(tuple(kind() for _ in range(count)))
    return found


def arity(name):
    partials = TABLE[name].partials
    return [len(partials)] if type(partials) is tuple else [1, 2, 3, 6]


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("own", [True, False], ids=["lanes", "alone"])
def test_every_row_gives_the_bits_of_the_table(name, own):
    for count in arity(name):
        program = Program()
        inputs = [program.input() for _ in range(count)]
        if name == "where":
            inputs[0] = program.operation(CONDITIONS["ne"], (inputs[0], program.constant(0.0)))
        out = program.operation(TABLE[name], tuple(inputs))
        samples = points(name, count)
        if own:
            routine = Routine(program, 0, count, [], [out])
            _, found = compiled(routine, [], samples, None, [], 0, len(samples))
        else:
            routine = Routine(program, count, 0, [], [out])
            shared, result = array("d", samples[0]), array("d", [0.0])
            call = llvm.built(routine).bind(shared, [], None, array("d"), [result])
            found = []
            for sample in samples:
                shared[:] = array("d", sample)
                call(0, 1)
                found.append([result[0]])
        for sample, (y,) in zip(samples, found):
            expected = TABLE[name].value(*sample)
            assert bits(y) == bits(expected), (sample, y, expected)


def test_rows_that_are_lowered_are_rows_of_the_table():
    from microgd.jit import lowering

    assert set(lowering.FORMULAS) <= set(TABLE)
    assert set(lowering.LIBM) <= set(TABLE)


# --- random programs ------------------------------------------------------------------------------------

NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 700.0, -800.0, 1e300, 5e-324, inf, -inf, nan)
ROWS = sorted(set(TABLE) - {"where", "mean"})


@st.composite
def routines(draw, rows=ROWS, most=30):
    program = Program()
    shared, own = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    if shared + own == 0:
        shared = 1
    numbers = [program.input() for _ in range(shared + own)]
    numbers += [program.constant(x) for x in draw(st.lists(st.sampled_from(NUMBERS[:9]), max_size=2))]
    conditions = [program.operation(CONDITIONS["lt"], (numbers[0], program.constant(0.5)))]
    for _ in range(draw(st.integers(1, most))):
        number = st.one_of(st.just(numbers[-1]), st.sampled_from(numbers))
        kind = draw(st.sampled_from(["row", "row", "row", "row", "condition", "where", "pick"]))
        if kind == "row":
            name = draw(st.sampled_from(rows))
            count = draw(st.sampled_from(arity(name)))
            operands = tuple([draw(number) for _ in range(count)])
            numbers.append(program.operation(TABLE[name], operands))
        elif kind == "condition":
            name = draw(st.sampled_from(sorted(CONDITIONS)))
            if name in ("and", "or", "xor", "not"):
                operands = tuple([draw(st.sampled_from(conditions)) for _ in range(2 - (name == "not"))])
            else:
                operands = (draw(number), draw(number))
            conditions.append(program.operation(CONDITIONS[name], operands))
        elif kind == "where":
            operands = (draw(st.sampled_from(conditions)), draw(number), draw(number))
            numbers.append(program.operation(TABLE["where"], operands))
        else:
            count = draw(st.integers(1, 6))
            index = program.operation(TABLE["abs"], (program.operation(TABLE["sign"], (draw(number),)),))
            options = [draw(number) for _ in range(count + 1)]
            if draw(st.booleans()):
                options = numbers[: max(shared + own, 2)]
            if len(options) < 2:
                options = options * 2
            numbers.append(program.operation(PICK, (index, *options)))
    result = st.sampled_from(numbers)
    sums = draw(st.lists(st.lists(result, min_size=0, max_size=4).map(tuple), max_size=20))
    each = draw(st.lists(result, max_size=4))
    return Routine(program, shared, own, sums, each, draw(st.booleans()))


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_random_programs_give_the_bits_of_an_interpreter(data):
    llvm.host().width = data.draw(st.sampled_from([WIDTH, WIDTH, 2, 4]))
    try:
        random_program_gives_the_bits_of_an_interpreter(data)
    finally:
        llvm.host().width = WIDTH


WIDTH = llvm.host().width


def random_program_gives_the_bits_of_an_interpreter(data):
    routine = data.draw(routines())
    number = st.one_of(st.sampled_from(NUMBERS), st.floats(-4.0, 4.0))
    n = data.draw(st.integers(1, 40))
    count = n + data.draw(st.integers(0, 3))
    start = count - n
    rng = random.Random(data.draw(st.integers(0, 99)))
    few = data.draw(st.lists(number, min_size=8, max_size=8))
    some = [*few, *(rng.uniform(-2.0, 2.0) for _ in range(24))]
    shared = [rng.choice(some) for _ in range(routine.shared)]
    samples = [tuple(rng.choice(some) for _ in range(routine.own)) for _ in range(count)]
    order = [rng.randrange(count) for _ in range(count)] if data.draw(st.booleans()) else None
    begun = [rng.choice((0.0, 1.5, -2.25, 1e16)) for _ in routine.sums]
    arguments = (routine, shared, samples, order, begun, start, n)
    agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("n", range(1, 41))
@pytest.mark.parametrize("columns", [False, True])
def test_each_sum_adds_samples_in_their_order(n, columns):
    rng = random.Random(n)
    program = Program()
    inputs = [program.input() for _ in range(5)]
    numbers = [program.operation(TABLE["mul"], (a, b)) for a in inputs for b in inputs]
    sums = [tuple(rng.choices(numbers, k=rng.choice((1, 1, 1, 2, 3, 5)))) for _ in range(37)]
    routine = Routine(program, 1, 4, sums, [numbers[3], numbers[8]], columns)
    samples = [tuple(rng.choice((1e16, 1.0, -1e16, rng.random())) for _ in range(4)) for _ in range(n + 2)]
    order = rng.sample(range(n + 2), n + 2) if n % 2 else None
    arguments = (routine, [1.25], samples, order, [rng.random() for _ in sums], 2, n)
    agree(compiled(*arguments), interpreted(*arguments))


# --- what Python computes -------------------------------------------------------------------------------


def routine_of(value, operands=1, own=True):
    program = Program()
    inputs = tuple(program.input() for _ in range(operands))
    out = program.operation(Primitive("mine", value, (None,) * operands), inputs)
    return Routine(program, 0 if own else operands, operands if own else 0, [(out,)], [out])


def test_a_row_that_is_not_known_is_computed_by_python():
    def mine(a, b, c):
        return a * b - c

    samples = [(float(k), 0.5, 1.0) for k in range(11)]
    arguments = (routine_of(mine, 3), [], samples, None, [0.0], 0, 11)
    agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("own", [True, False])
def test_what_python_raises_is_raised_by_the_call_and_then_forgotten(error, own, capfd):
    calls = []

    def mine(x):
        calls.append(x)
        if x == 2.0:
            raise error("no number")
        return x

    samples, out, sums = array("d", [1.0, 2.0, 3.0]), array("d", [0.0] * 3), array("d", [0.0])
    if own:
        call = llvm.built(routine_of(mine)).bind(array("d"), [samples], None, sums, [out])
    else:
        call = llvm.built(routine_of(mine, own=False)).bind(samples, [], None, sums, [out])
        samples[0] = 2.0
    with pytest.raises(error, match="no number"):
        call(0, 3)
    if own:
        assert calls == [1.0, 2.0]
    samples[:] = array("d", [5.0, 6.0, 7.0])
    call(0, 1)
    assert out[0] == 5.0
    assert capfd.readouterr() == ("", "")


def test_what_python_raises_is_raised_in_its_own_thread():
    both = threading.Barrier(2)

    def mine(x):
        if x < 3.0:
            both.wait(20.0)
        if x == 2.0:
            raise ValueError("no number")
        return x

    code = llvm.built(routine_of(mine))
    ends = {}

    def run(numbers):
        out = array("d", [0.0] * len(numbers))
        try:
            code.bind(array("d"), [array("d", numbers)], None, array("d", [0.0]), [out])(0, len(numbers))
            ends[numbers[0]] = list(out)
        except ValueError as error:
            ends[numbers[0]] = str(error)

    threads = [
        threading.Thread(target=run, args=(numbers,)) for numbers in ([1.0, *[5.0] * 7], [2.0] + [5.0] * 7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == {1.0: [1.0, *[5.0] * 7], 2.0: "no number"}


def test_a_function_of_the_c_library_that_differs_from_python_is_called_in_python(monkeypatch):
    monkeypatch.setattr(llvm.host(), "missing", {"exp", "tanh"})
    monkeypatch.delitem(llvm.host().__dict__, "identity", raising=False)
    program = Program()
    x = program.input()
    out = program.operation(TABLE["sigmoid"], (program.operation(TABLE["tanh"], (x,)),))
    routine = Routine(program, 0, 1, [], [out])
    assert "microgd.exp" not in llvm.printed(routine)[0]
    arguments = (routine, [], [(0.3,), (-0.7,)], None, [], 0, 2)
    agree(compiled(*arguments), interpreted(*arguments))
    monkeypatch.undo()
    llvm.host().__dict__.pop("identity", None)


def test_without_llvmlite_the_error_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    with pytest.raises(ImportError, match=r"pip install 'microgd\[jit\]'"):
        llvm._llvmlite()


# --- calls ----------------------------------------------------------------------------------------------


def test_buffers_may_be_arrays_views_or_numpy_and_stay_alive():
    numpy = pytest.importorskip("numpy")
    program = Program()
    w, x = program.input(), program.input()
    out = program.operation(TABLE["mul"], (w, x))
    routine = Routine(program, 1, 1, [(out,)], [out])
    for make in (lambda xs: array("d", xs), lambda xs: memoryview(array("d", xs)), numpy.array):
        sums, each = make([1.0]), make([0.0] * 3)
        call = llvm.built(routine).bind(make([2.0]), [make([1.0, 2.0, 3.0])], None, sums, [each])
        gc.collect()
        call(0, 3)
        call(1, 2)
        assert list(sums) == [23.0]
        assert list(each) == [4.0, 6.0, 6.0]


def test_a_bound_call_sees_new_numbers_in_its_buffers():
    program = Program()
    out = program.operation(TABLE["mul"], (program.input(), program.input()))
    shared, each = array("d", [2.0, 3.0]), array("d", [0.0])
    call = llvm.built(Routine(program, 2, 0, [], [out])).bind(shared, [], None, array("d"), [each])
    call(0, 1)
    assert each[0] == 6.0
    shared[1] = -5.0
    call(0, 1)
    assert each[0] == -10.0


def test_a_call_of_no_samples_changes_nothing():
    program = Program()
    x = program.input()
    routine = Routine(program, 0, 1, [(x,)], [x])
    sums, each = array("d", [1.5]), array("d", [7.0])
    llvm.built(routine).bind(array("d"), [array("d", [2.0])], None, sums, [each])(0, 0)
    assert (sums[0], each[0]) == (1.5, 7.0)


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_a_program_cut_into_functions_gives_the_same_bits(chunk, monkeypatch):
    monkeypatch.setattr(straight, "CHUNK", chunk)
    rng = random.Random(chunk)
    for own in (0, 3):
        program = Program()
        numbers = [program.input() for _ in range(2 + own)]
        condition = program.operation(CONDITIONS["lt"], (numbers[0], numbers[-1]))
        shared = program.operation(CONDITIONS["lt"], (numbers[0], numbers[1]))
        for k in range(40):
            a, b = rng.choice(numbers), rng.choice(numbers)
            name = rng.choice(("add", "mul", "sub", "relu", "where", "dot", "tanh"))
            operands = {"relu": (a,), "tanh": (a,), "dot": (a, b, b, a, a)}.get(name, (a, b))
            if name == "where":
                operands = (condition if k % 2 else shared, a, b)
            numbers.append(program.operation(TABLE[name], operands))
        sums = [tuple(rng.choices(numbers, k=rng.randint(1, 3))) for _ in range(11)]
        routine = Routine(program, 2, own, sums, rng.choices(numbers, k=3))
        samples = [tuple(rng.uniform(-1.0, 1.0) for _ in range(own)) for _ in range(13)]
        for n in (1, 13):
            arguments = (routine, [0.3, -0.7], samples, None, [0.0] * 11, 0, n)
            agree(compiled(*arguments), interpreted(*arguments))
    assert "@body1" in llvm.printed(routine)[0]


def test_a_sum_of_thousands_of_terms_gives_the_bits_of_the_table():
    rng = random.Random(5)
    for name in ("sum", "dot"):
        program = Program()
        inputs = [program.input() for _ in range(2001)]
        routine = Routine(program, 2001, 0, [], [program.operation(TABLE[name], tuple(inputs))])
        arguments = (routine, [rng.uniform(-1.0, 1.0) for _ in inputs], [()], None, [], 0, 1)
        agree(compiled(*arguments), interpreted(*arguments))
