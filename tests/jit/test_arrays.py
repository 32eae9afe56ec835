"""Array libraries: every row's value and partials over whole arrays, and routines over a batch."""

import math
import random
import sys

import numpy as np
import pytest

import microgd
from microgd import nn, ops
from microgd.jit import arrays
from microgd.jit.program import CONDITIONS, Program, Routine
from microgd.jit.rules import partials_of, rule
from microgd.jit.symbol import Symbol
from tests.jit import routines
from tests.jit.points import points_of, results, same_class

NAMESPACES = ("numpy", "jax", "torch")
CLOSE = 1e-12
SMALLEST = 2.0**-1022


def built(routine, namespace):
    """The function of a routine, from arrays to arrays of NumPy."""
    module = pytest.importorskip(namespace)
    if namespace == "jax":
        module.config.update("jax_enable_x64", True)
    function = arrays.built(routine, namespace)

    def run(shared, own):
        own = np.array(own, dtype=float).reshape(len(own), -1).T if routine.own else np.zeros((0, 1))
        return [np.asarray(x) for x in function(np.array(shared, dtype=float), own)]

    return run


def subnormal(x):
    return 0.0 < abs(x) < SMALLEST


def flushed(point, got, want):
    """XLA takes subnormal numbers for 0: operands, results, and all between."""
    return any(map(subnormal, point)) or (got == 0.0 and subnormal(want))


# Where a library is wrong itself: (library, row, which points, reason).
WRONG = [
    ("torch", "log1p", lambda point, got, want: subnormal(point[0]), "a subnormal becomes 0"),
    *[("jax", name, flushed, "XLA takes subnormal numbers for 0") for name in ops.TABLE],
]


def agrees(namespace, name, point, got, want):
    if same_class(got, want) and (not math.isfinite(want) or math.isclose(got, want, rel_tol=CLOSE)):
        return True
    return any(
        (namespace, name) == (library, row) and excuse(point, got, want) for library, row, excuse, _ in WRONG
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("name", sorted(ops.TABLE))
def test_value_and_partials_are_the_table_s(namespace, name):
    for count, points in points_of(name).items():
        routine = rule(ops.TABLE[name], count)
        routine.shared, routine.own = 0, routine.shared  # each point is a sample
        _, each = built(routine, namespace)([], points)
        assert each.shape == (count + 1, len(points))
        wrong = [
            (point, got, want)
            for point, column in zip(points, each.T.tolist(), strict=True)
            for got, want in zip(column, results(name, point), strict=True)
            if not agrees(namespace, name, point, got, want)
        ]
        assert wrong == []


def test_under_jit_they_are_the_table_s_inside_of_the_domain():
    """At the edges XLA's rearrangements show: a fused multiply-add, a / b / b as a / (b * b)."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    functions, arguments = [], []
    for name, row in ops.TABLE.items():
        count, points = max(points_of(name).items())
        routine = rule(row, count)
        routine.shared, routine.own = 0, routine.shared
        functions.append(arrays.built(routine, "jax"))
        arguments.append(np.array(points[-50:]).T)
    run = jax.jit(lambda arguments: [f(np.zeros(0), x)[1] for f, x in zip(functions, arguments, strict=True)])
    for name, x, each in zip(ops.TABLE, arguments, run(arguments), strict=True):
        want = np.array([results(name, tuple(point)) for point in x.T.tolist()]).T
        np.testing.assert_allclose(each, want, rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_row_of_the_table_has_a_text(namespace):
    for row in ops.TABLE.values():
        assert "user_" not in arrays.printed(rule(row), namespace)
        program, partials = partials_of(row)
        assert arrays.printed(Routine(program, len(program.inputs), 0, [], partials), namespace)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_difference_that_is_no_longer_needed_is_no_longer_listed(namespace):
    for library, name, excuse, reason in WRONG:
        if library == namespace != "jax":
            row = ops.TABLE[name]
            program = Program()
            i = program.operation(row, tuple([program.input() for _ in row.partials]))
            points = points_of(name)[len(row.partials)]
            _, each = built(Routine(program, 0, len(row.partials), [], [i]), namespace)([], points)
            assert any(
                excuse(point, got, row.value(*point)) and got != row.value(*point)
                for point, got in zip(points, each[0].tolist(), strict=True)
            ), reason


# --- routines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_routine_adds_and_returns_what_its_samples_give(namespace):
    for seed in range(30 if namespace == "numpy" else 6):
        routine = routines.random_routine(seed)
        shared, samples = routines.numbers_for(routine, 7, seed)
        want_sums, want_each = routines.run(routine, shared, samples, None, 0, 7, [0.0, 0.0, 0.0])
        sums, each = built(routine, namespace)(shared, samples)
        np.testing.assert_allclose(sums, want_sums, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(each, np.array(want_each).T, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_conditions_are_python_s_with_nan(namespace):
    numbers = [0.0, 1.0, math.inf, math.nan]
    points = [(a, b) for a in numbers for b in numbers]
    program = Program()
    a, b, one, zero = program.input(), program.input(), program.constant(1.0), program.constant(0.0)
    conditions = {name: program.operation(CONDITIONS[name], (a, b)) for name in ("lt", "le", "gt", "ge")}
    conditions |= {name: program.operation(CONDITIONS[name], (a, b)) for name in ("eq", "ne")}
    pair = conditions["lt"], conditions["ne"]
    conditions |= {name: program.operation(CONDITIONS[name], pair) for name in ("and", "or", "xor")}
    conditions["not"] = program.operation(CONDITIONS["not"], (pair[0],))
    each = [program.operation(ops.TABLE["where"], (i, one, zero)) for i in conditions.values()]
    routine = Routine(program, 0, 2, [], each)
    _, got = built(routine, namespace)([], points)
    for point, column in zip(points, got.T.tolist(), strict=True):
        found = routine.program.run(point)
        assert column == [found[i] for i in routine.each], point


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_what_is_the_same_for_all_samples_is_a_row_too(namespace):
    program = Program()
    p, x = Symbol(program, program.input()), Symbol(program, program.input())
    y = p * 2.0
    sums = [(y.index, x.index), (program.constant(0.5),), ()]
    routine = Routine(program, 1, 1, sums, [y.index, program.constant(3.0), x.index])
    sums, each = built(routine, namespace)([5.0], [(1.0,), (2.0,), (4.0,)])
    assert sums.tolist() == [37.0, 1.5, 0.0]
    assert each.tolist() == [[10.0] * 3, [3.0] * 3, [1.0, 2.0, 4.0]]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_without_samples_it_is_a_function_of_the_shared_numbers(namespace):
    program = Program()
    p, q = Symbol(program, program.input()), Symbol(program, program.input())
    routine = Routine(program, 2, 0, [((p + q).index,)], [(p * q).index])
    sums, each = built(routine, namespace)([3.0, 4.0], [])
    assert (sums.tolist(), each.tolist()) == ([7.0], [[12.0]])


@pytest.mark.parametrize("namespace", ["jax", "torch"])
def test_the_library_s_own_gradient_is_the_table_s(namespace):
    """The sum of a function of both kinds of inputs, and its derivatives by the engine's rules."""
    program = Program()
    p, q, x = (Symbol(program, program.input()) for _ in range(3))
    out = ops.tanh(p * x) * ops.softplus(q) + ops.sigmoid(x - q)
    dp = (1.0 - ops.tanh(p * x) ** 2.0) * x * ops.softplus(q)
    dq = ops.tanh(p * x) * ops.sigmoid(q) - ops.sigmoid(x - q) * ops.sigmoid(q - x)
    routine = Routine(program, 2, 1, [(out.index,), (dp.index,), (dq.index,)], [])
    own = np.array([[0.5, -1.0, 2.0]])
    module = pytest.importorskip(namespace)
    if namespace == "jax":
        module.config.update("jax_enable_x64", True)
        function = arrays.built(routine, "jax")
        got = module.jit(module.grad(lambda shared: function(shared, own)[0][0]))(np.array([0.3, -0.7]))
        mapped = module.jit(module.vmap(lambda shared: function(shared, own)[0]))
        each = mapped(np.array([[0.3, -0.7], [1.0, 2.0]]))
        np.testing.assert_allclose(each[0], function(np.array([0.3, -0.7]), own)[0], rtol=1e-12)
        sums = function(np.array([0.3, -0.7]), own)[0]
    else:
        shared = module.tensor([0.3, -0.7], dtype=module.float64, requires_grad=True)
        sums = arrays.built(routine, "torch")(shared, own)[0]
        sums[0].backward()
        got, sums = shared.grad, sums.detach()
    np.testing.assert_allclose(got, sums[1:], rtol=1e-12)


def moons_loss():
    """A compiled loss of a small network, one layer of which is frozen, and its samples."""
    microgd.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    model[2].requires_grad_(False)
    loss = microgd.compile(
        lambda x, y: nn.functional.binary_cross_entropy_with_logits(model(x), y),
        in_dims=(0, 0),
        reduce="mean",
        backend="python",
    )
    rng = random.Random(0)
    return loss, [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(6)], [[float(i % 2)] for i in range(6)]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_compiled_loss_is_a_function_of_arrays_and_its_parts_add_up(namespace):
    module = pytest.importorskip(namespace)
    if namespace == "jax":
        module.config.update("jax_enable_x64", True)
    loss, xs, ys = moons_loss()
    value, gradient = loss.value_and_grad(xs, ys)
    run = arrays.value_and_grad(loss, namespace)
    numbers, own = [p.item() for p in loss.parameters], np.hstack([xs, ys]).T
    got, partials = run(np.array(numbers), own, 6)
    np.testing.assert_allclose(float(got), value, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(partials), gradient, rtol=1e-11, atol=1e-15)
    parts = [run(np.array(numbers), own[:, part], 6) for part in (slice(0, 2), slice(2, 6))]
    np.testing.assert_allclose(float(parts[0][0] + parts[1][0]), value, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(parts[0][1] + parts[1][1]), gradient, rtol=1e-11, atol=1e-15)


def test_a_loss_that_is_no_mean_over_samples_is_refused():
    w = microgd.Value(2.0)
    loss = microgd.compile(lambda x: w * x, backend="python")
    loss(1.0)
    with pytest.raises(ValueError, match="in_dims"):
        arrays.value_and_grad(loss)


# --- what it says ----------------------------------------------------------------------------------------


def cube():
    program = Program()
    row = ops.Primitive("cube", lambda x: x**3, (lambda x, out: 3.0 * x * x,))
    i = program.operation(row, (program.input(),))
    return Routine(program, 0, 1, [], [i])


def test_numpy_runs_a_primitive_of_a_user_one_number_after_another():
    _, each = built(cube(), "numpy")([], [(2.0,), (-3.0,)])
    assert each.tolist() == [[8.0, -27.0]]


@pytest.mark.parametrize("namespace", ["jax", "torch"])
def test_other_libraries_refuse_it_with_a_sentence(namespace):
    with pytest.raises(NotImplementedError, match=f"'cube' has no text for {namespace}: .* Python"):
        arrays.printed(cube(), namespace)


def test_jax_in_single_precision_is_refused():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(RuntimeError, match="jax_enable_x64"):
            arrays.built(rule(ops.TABLE["exp"]), "jax")
    finally:
        jax.config.update("jax_enable_x64", before)


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="torch is not installed: pip install torch"):
        arrays.built(rule(ops.TABLE["exp"]), "torch")


def test_an_unknown_library_is_refused():
    with pytest.raises(ValueError, match=r"'cupy'.*numpy, jax, torch"):
        arrays.printed(rule(ops.TABLE["exp"]), "cupy")


def test_the_source_is_complete_in_itself():
    rng = random.Random(1)
    routine = routines.random_routine(rng.randrange(100))
    shared, samples = routines.numbers_for(routine, 3)
    space = {}
    exec(arrays.printed(routine), space)
    sums, _ = space["function"](shared, np.array(samples).T)
    np.testing.assert_array_equal(sums, built(routine, "numpy")(shared, samples)[0])
