"""JavaScript: every row's value and partials as node computes them, and routines over a batch."""

import doctest
import json
import math
import random
import shutil
import subprocess

import pytest

import microgd
from microgd import nn, ops
from microgd.jit import javascript
from microgd.jit.program import CONDITIONS, Program, Routine
from microgd.jit.symbol import Symbol
from tests.jit import routines
from tests.jit.points import apart, points_of, results

ULPS = 4

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="JavaScript is run by node, which is not installed")


def run(source):
    """What `source` leaves in `result`: arrays of numbers, read exactly."""
    text = f"""{source}
    const exact = (x) => Array.isArray(x) ? x.map(exact) : Object.is(x, -0) ? "-0" : String(x);
    process.stdout.write(JSON.stringify(exact(result)));
    """
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, encoding="utf-8", timeout=100)
    assert done.returncode == 0, done.stderr

    def read(x):
        return [read(y) for y in x] if isinstance(x, list) else float(x)

    return read(json.loads(done.stdout))


def array(xs):
    return f"[{', '.join(array(x) if isinstance(x, (list, tuple)) else javascript.number(x) for x in xs)}]"


@pytest.fixture(scope="module")
def computed():
    """What JavaScript says for every row: a list of (name, point, results)."""
    jobs = [(name, n, points) for name in ops.TABLE for n, points in points_of(name).items()]
    calls = []
    for name, n, points in jobs:
        function = javascript.rule(ops.TABLE[name], n)
        calls.append(
            f"{array(points)}.map((p) => {{ const [v, d] = ({function})(...p); return [v, ...d]; }})"
        )
    source = ",\n".join(calls)
    got = run(f"{javascript.library(source)}\nconst result = [{source}];")
    return [
        (name, point, answer)
        for (name, _, points), answers in zip(jobs, got, strict=True)
        for point, answer in zip(points, answers, strict=True)
    ]


@needs_node
@pytest.mark.parametrize("name", sorted(ops.TABLE))
def test_value_and_partials_are_the_table_s_within_4_ulp(computed, name):
    rows = [(point, answer) for row, point, answer in computed if row == name]
    assert len(rows) >= 200
    assert all(len(answer) == len(point) + 1 for point, answer in rows)
    wrong = [
        (point, answer, results(name, point))
        for point, answer in rows
        if not apart(name, point, answer) <= ULPS
    ]
    assert wrong == []


def test_every_row_of_the_table_has_javascript():
    for name, row in ops.TABLE.items():
        if name != "mean":  # a sum and a division, in a program
            assert javascript.expression(row, ["a", "b", "c"])


@needs_node
def test_conditions_are_python_s_with_nan_and_both_zeros():
    numbers = [0.0, -0.0, 1.0, math.inf, math.nan]
    pairs = [(a, b) for a in numbers for b in numbers]
    kinds = [name for name in CONDITIONS if name not in ("and", "or", "xor", "not")]
    bools = [(a, b) for a in (False, True) for b in (False, True)]
    tests = [(name, pair) for name in kinds for pair in pairs]
    tests += [(name, pair) for name in ("and", "or", "xor") for pair in bools]
    tests += [("not", (True,)), ("not", (False,))]
    texts = [
        f"({javascript.expression(CONDITIONS[name], [*map(javascript.number, operands)])}) ? 1 : 0"
        for name, operands in tests
    ]
    got = run(f"const result = [{', '.join(texts)}];")
    assert got == [float(CONDITIONS[name].value(*operands)) for name, operands in tests]


# --- routines -------------------------------------------------------------------------------------------


@needs_node
@pytest.mark.parametrize("columns", [False, True])
def test_a_routine_adds_and_stores_what_its_samples_give(columns):
    sources, wanted = [], []
    for seed in range(30):
        routine = routines.random_routine(seed, columns)
        shared, samples = routines.numbers_for(routine, 7, seed)
        order = random.Random(seed).sample(range(7), 7) if seed % 2 else None
        sums, each = routines.run(routine, shared, samples, order, 1, 5, [0.0, 1.0, 2.0])
        wanted.append((sums, each))
        flat = [x for sample in samples for x in sample]
        stored = array(zip(*samples, strict=True)) if columns else array([flat])
        empty = array([[0.0] * 5] * 3 if columns else [[0.0] * 15])
        sources.append(f"""(() => {{
            {javascript.printed(routine)}
            const sums = [0, 1, 2], each = {empty};
            bind({array(shared)}, {stored}, {"null" if order is None else order}, sums, each)(1, 5);
            return [sums, each];
        }})()""")
    for (sums, each), (want_sums, want_each) in zip(
        run(f"const result = [{','.join(sources)}];"), wanted, strict=True
    ):
        rows = (
            list(map(list, zip(*each, strict=True)))
            if columns
            else [each[0][i : i + 3] for i in (0, 3, 6, 9, 12)]
        )
        for got, want in zip([sums, *rows], [want_sums, *want_each], strict=True):
            assert got == pytest.approx(want, rel=1e-12, abs=1e-13)


@needs_node
def test_a_network_and_its_gradient_run_in_javascript():
    microgd.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 4), nn.GELU(), nn.Linear(4, 3))
    loss = microgd.compile(
        lambda x, y: nn.functional.cross_entropy(model(x), y), in_dims=(0, 0), reduce="mean", backend="python"
    )
    xs, ys = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]], [2, 0, 1]
    value, gradient = loss.value_and_grad(xs, ys)
    shared = [*(p.item() for p in loss.parameters), 1.0 / 3.0]
    columns = [*zip(*xs, strict=True), list(map(float, ys))]
    routine = loss._traced().routine
    got = run(f"""{javascript.printed(routine)}
        const result = new Array({len(routine.sums)}).fill(0);
        bind({array(shared)}, {array(columns)}, null, result, [])(0, 3);
    """)
    assert got[-1] / 3.0 == pytest.approx(value, rel=1e-13)
    assert got[:-1] == pytest.approx(gradient, rel=1e-12, abs=1e-15)


@needs_node
def test_what_is_the_same_for_all_samples_is_computed_once():
    program = Program()
    p, x = (Symbol(program, program.input()) for _ in range(2))
    y = ops.exp(p) * x
    source = javascript.printed(Routine(program, 1, 1, [(y.index,)], []))
    assert source.index("Math.exp(p0)") < source.index("for (let k")


def test_a_sum_starts_from_0_unless_it_may_begin_with_its_first_term():
    row = ops.TABLE["dot"]
    assert javascript.expression(row, "abcde") == "0 + a * c + b * d + e"
    assert javascript.expression(row, "abcde", plain_start=True) == "a * c + b * d + e"
    assert javascript.expression(ops.TABLE["sum"], "ab") == "0 + a + b"
    assert javascript.expression(ops.TABLE["sum"], "") == "0"


# --- the library ------------------------------------------------------------------------------------------


def test_the_library_holds_what_is_called_and_what_that_calls_and_nothing_else():
    functions = [line.split("(")[0] for line in javascript.library("mish(x) + Math.abs(x)").splitlines()]
    assert [line for line in functions if line.startswith("function")] == [
        "function softplus", "function far_left", "function mish",
    ]  # fmt: skip
    assert javascript.library("x + Math.sign(y)") == ""


@needs_node
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_error_functions_are_exact_within_4_ulp(name):
    mp = pytest.importorskip("mpmath").mp
    rng = random.Random(1)
    xs = [rng.uniform(-7.0, 27.0) for _ in range(500)] + [10.0 ** rng.uniform(-300, 0) for _ in range(100)]
    got = run(f"{javascript.library(name + '(')}const result = {array(xs)}.map({name});")
    with mp.workprec(200):
        for x, y in zip(xs, got, strict=True):
            exact = getattr(mp, name)(mp.mpf(x))
            assert abs(mp.mpf(y) - exact) <= ULPS * math.ulp(float(exact)), x


def test_a_primitive_of_a_user_is_refused_with_a_sentence():
    row = ops.Primitive("cube", lambda x: x**3, (lambda x, out: 3.0 * x * x,))
    with pytest.raises(NotImplementedError, match=r"'cube' has no JavaScript: .* Python only"):
        javascript.rule(row)


def test_the_docstring_s_example_is_right():
    assert doctest.testmod(javascript).attempted > 0
    assert doctest.testmod(javascript).failed == 0
