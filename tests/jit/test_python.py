"""The Python that is printed: it is readable and valid, it is what runs, and no name of a user changes what
it does.
"""

import ast
import keyword
import math
import types
from array import array
from math import inf, nan

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, nn
from microgd.jit import python
from microgd.jit.program import CONDITIONS, CONSTANT, Program, Routine
from microgd.ops import TABLE
from tests.jit.graphs import agree, gradients_of, points, recipes
from tests.jit.test_program import DELICATE, SIGNED, asked_for, grid, interpreted, written
from tests.strategies import examples

# --- what it looks like -----------------------------------------------------------------------------------

GOLDEN = """\
def loss(shared, samples, sums):
    (w0, w1, b, one_over_n) = shared
    (d_w0, d_w1, d_b, total) = sums
    t19 = 0.01 * (w0 * w0)
    t27 = w0 * (0.01 * one_over_n)
    for x0, x1, y in samples:
        t13 = 1.0 - y * (w0 * x0 + w1 * x1 + b)
        t23 = y * -(0.0 if t13 <= 0.0 else one_over_n)
        d_w0 += x0 * t23
        d_w0 += t27
        d_w0 += t27
        d_w1 += x1 * t23
        d_b += t23
        total += (t13 if t13 > 0.0 or t13 != t13 else 0.0) + t19
    return (d_w0, d_w1, d_b, total), []
"""


def test_the_source_of_a_small_loss():
    w, b = [Value(0.5, "w0"), Value(-1.0, "w1")], Value(0.1, "b")

    @microgd.compile(in_dims=(0, 0), reduce="mean", backend="python")
    def loss(x, y):
        return (1.0 - y * (w[0] * x[0] + w[1] * x[1] + b)).relu() + 0.01 * (w[0] * w[0])

    loss([[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0])
    assert loss.source == GOLDEN


def test_the_names_of_a_model_are_in_the_source():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))

    @microgd.compile(in_dims=(0, 0), reduce="mean", backend="python")
    def hinge(point, label):
        return (1.0 - label * model(point)[0]).relu()

    hinge([[1.0, 2.0]], [1.0])
    for name in (
        "point0",
        "point1",
        "label",
        "p0_weight_1_0",
        "d_p0_weight_1_0",
        "p2_bias_0",
        "tanh",
        "total",
    ):
        assert name in names_of(hinge.source)
    assert hinge.source.startswith("def hinge(")
    assert max(map(len, hinge.source.splitlines())) <= 130


def names_of(source):
    tree = ast.parse(source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def demand_harmless(source):
    """One function, of names, arithmetic, comparisons, choices and calls of the table's functions."""
    tree = ast.parse(source)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert not function.decorator_list
    assert not function.args.defaults
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.Import, ast.ImportFrom, ast.Attribute, ast.Lambda, ast.Global))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr == "append"
        if isinstance(node, ast.Constant):
            assert type(node.value) in (float, int, bool)
    assert source.isascii()
    compile(source, "source", "exec")


# `results.append` is the one attribute: it is looked at apart.
def without_append(source):
    return source.replace("results.append(", "results_append(")


# --- hostile names ----------------------------------------------------------------------------------------

RAN: list[str] = []


def ran(*_):
    RAN.append("ran")


HOSTILE = [
    '__import__("tests.jit.test_python").jit.test_python.ran()',
    "x); ran(); (y",
    "x\n    ran()",
    "x\r\n\tran()",
    "'''",
    '"""',
    "\\",
    "#",
    "",
    " ",
    "0",
    "1.0",
    "class",
    "None",
    "True",
    "lambda",
    "match",
    "print",
    "__debug__",
    "__builtins__",
    "été",
    "Σ",
    "ｅｘｅｃ",
    "\u202e",
    "\0",
    "😀",
    "t0",
    "t17",
    "t\u0661",
    "total",
    "d_total",
    "shared",
    "samples",
    "sums",
    "results",
    "one_over_n",
    "inf",
    "nan",
    "int",
    "div",
    "exp",
    "tanh",
    "pow",
    "where",
    "a" * 10_000,
    "a.b[0].c",
    "d_w0",
    "x",
    "y",
    "f",
]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:30]))
def test_a_hostile_name_does_no_harm(name):
    first, second, third = Value(0.5, name), Value(-1.5, name), Value(2.0)

    def f(x, y):
        return (first * x / second + (y / third).exp().tanh()) ** third + microgd.where(x > y, inf, nan * y)

    code = f.__code__
    if name and "\0" not in name and len(name) < 100:
        code = code.replace(co_varnames=(name, "y"), co_name=name)
    hostile = types.FunctionType(code, globals(), name, None, f.__closure__)
    for reduce in (None, "sum", "mean"):
        c = microgd.compile(hostile, in_dims=0, reduce=reduce, backend="python")
        columns = [1.0, -2.0, 3.0], [2.0, 0.5, -1.0]
        ours = c(*columns)
        theirs = [f(x, y) for x, y in zip(*columns, strict=True)]
        if reduce is None:
            ours, theirs = microgd.sum(ours), microgd.sum(theirs)
        else:
            theirs = getattr(microgd, reduce)(theirs)
        agree(ours, theirs)
        if reduce is not None:
            variables = [first, second, third]
            agree(gradients_of(ours, variables), gradients_of(theirs, variables))
        demand_harmless(without_append(c.source))
        assert not any(keyword.iskeyword(found) for found in names_of(c.source))
        assert max(map(len, c.source.splitlines())) < 600
    assert not RAN


def test_a_parameter_may_be_called_like_what_the_code_calls_its_own_results():
    """The code calls its results t0, t1 ...: a parameter of such a name must keep its number."""
    parameters = [Value(1.0 + k, f"t{k + 40}") for k in range(40)]  # its own are called so after the inputs

    def f(x):
        total = x
        for w in parameters:
            total = (total * w).tanh() * total
        return total

    c = microgd.compile(f, in_dims=0, reduce="sum", backend="python")
    theirs = microgd.sum([f(x) for x in (0.5, -1.0)])
    agree(c([0.5, -1.0]), theirs)
    agree(gradients_of(c([0.5, -1.0]), parameters), gradients_of(theirs, parameters))


@settings(max_examples=examples(60))
@given(st.text(max_size=60))
def test_any_text_becomes_a_name(text):
    name = python.identifier(text)
    assert name.isascii()
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert len(name) <= 42


@pytest.mark.parametrize(
    "name",
    ["samples", "shared", "sums", "results", "int", "inf", "t3", "total", "x", "d_x", "x_2", "f", "été"],
)
def test_a_primitive_of_the_user_may_have_any_name(name):
    def square(x):
        return x * x

    square.__name__ = square.__qualname__ = name
    primitive = microgd.primitive(lambda x, out: 2.0 * x)(square)
    try:
        x = Value(3.0, "x")

        def f(y):
            return primitive(x * y) + primitive(y)

        c = microgd.compile(f, in_dims=0, reduce="sum", backend="python")
        theirs = microgd.sum([f(y) for y in (1.0, 2.0)])
        agree(c([1.0, 2.0]), theirs)
        agree(gradients_of(c([1.0, 2.0]), [x]), gradients_of(theirs, [x]))
    finally:
        TABLE.pop(name, None)


# --- what it computes -------------------------------------------------------------------------------------


def run(routine, shared, samples):
    """The sums and each result, through buffers."""
    sums, each = (
        array("d", [0.0] * len(routine.sums)),
        [array("d", [7.0] * len(samples)) for _ in routine.each],
    )
    own = [array("d", column) for column in zip(*samples, strict=True)]
    python.built(routine).bind(array("d", shared), own, None, sums, each)(0, len(samples))
    return list(sums), [list(row) for row in zip(*each, strict=True)]


@pytest.mark.parametrize("own", [0, 1, 2])
@settings(max_examples=examples(60))
@given(data=st.data())
def test_the_code_computes_what_the_program_computes(own, data):
    asked, numbers = data.draw(asked_for([*DELICATE, *SIGNED], 2))
    program, place = written(asked, 2)
    place = [program.unmasked(i) for i in place]
    sums = data.draw(st.lists(st.lists(st.sampled_from(numbers), max_size=3), max_size=3))
    each = data.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3))
    routine = Routine(
        program,
        2 - own,
        own,
        [tuple(place[i] for i in terms) for terms in sums],
        [place[i] for i in each],
        True,
    )
    demand_harmless(without_append(python.printed(routine)))
    samples = {0: [()], 1: [(0.0,), (-0.0,), (nan,), (2.0,)], 2: list(grid(2))[::5]}[own]
    shared = [-0.0, 3.0][: 2 - own]
    totals = [0.0] * len(sums)
    rows = []
    for sample in samples:
        found = interpreted(routine.program, [*shared, *sample])
        for j, terms in enumerate(routine.sums):
            for i in terms:
                totals[j] += found[i]
        rows.append([found[i] for i in routine.each])
    ours, theirs = run(routine, shared, samples)
    agree(ours, totals)
    agree(theirs, rows)


def test_conditions_choose_as_the_table_says_however_they_are_combined():
    program = Program()
    a, b = program.input(), program.input()

    def test(name, *operands):
        return program.operation(CONDITIONS[name], operands)

    simple = [test(name, a, b) for name in ("lt", "le", "gt", "ge", "eq", "ne")]
    p, q = simple[0], test("gt", b, program.constant(0.0))
    pairs = [test(name, x, y) for name in ("and", "or", "xor") for x, y in ((p, q), (q, p), (p, p))]
    nested = [test(name, x, test("not", y)) for name in ("and", "or", "xor") for x in pairs for y in pairs]
    every = [*simple, *pairs, *nested, *[test("not", x) for x in (*simple, *pairs, *nested)]]
    one, two = program.constant(1.0), program.constant(2.0)
    each = [program.operation(TABLE["where"], (x, one, two)) for x in every]
    routine = Routine(program, 0, 2, [], each, True)
    samples = list(grid(2))
    _, rows = run(routine, [], samples)
    for sample, row in zip(samples, rows, strict=True):
        found = interpreted(routine.program, sample)
        agree(row, [found[i] for i in routine.each])


def test_an_order_of_samples_and_a_part_of_them():
    program = Program()
    w, x = program.input(), program.input()
    product = program.operation(TABLE["mul"], (w, x))
    routine = Routine(program, 1, 1, [(product,)], [product], True)
    shared, sums, each = array("d", [2.0]), array("d", [100.0]), [array("d", [0.0] * 2)]
    column = array("d", [1.0, 10.0, 1000.0])
    call = python.built(routine).bind(shared, [column], array("q", [2, 0, 1]), sums, each)
    call(1, 2)
    assert (list(sums), list(each[0])) == ([122.0], [2.0, 20.0])
    shared[0] = 3.0
    call(0, 1)
    assert (list(sums), each[0][0]) == ([3122.0], 3000.0)
    call(0, 0)
    assert list(sums) == [3122.0]


def test_samples_without_numbers_are_counted():
    program = Program()
    w = program.input()
    routine = Routine(program, 1, 0, [(w, w)], [program.operation(TABLE["exp"], (w,))], True)
    assert run(routine, [1.0], [()] * 3)[0] == [6.0]
    sums, each = array("d", [0.0]), [array("d", [0.0] * 3)]
    python.built(routine).bind(array("d", [1.0]), [], None, sums, each)(0, 3)
    assert (list(sums), list(each[0])) == ([6.0], [math.e] * 3)


@pytest.mark.parametrize("number", [0.0, -0.0, -1.0, 1e300, 5e-324, 0.1, inf, -inf, nan, 1e22, -1e-7])
def test_every_number_is_printed_as_itself(number):
    program = Program()
    x = program.input()
    constant = program.constant(number)
    outs = [
        program.operation(TABLE[name], pair)
        for name in ("add", "sub", "mul", "div", "pow", "maximum")
        for pair in ((x, constant), (constant, x))
    ]
    outs.append(program.operation(TABLE["neg"], (program.operation(TABLE["mul"], (constant, x)),)))
    condition = program.operation(CONDITIONS["lt"], (constant, x))
    outs.append(program.operation(TABLE["where"], (condition, constant, x)))
    routine = Routine(program, 1, 0, [], outs, True)
    for point in (-2.0, -0.0, 3.0, nan):
        _, (row,) = run(routine, [point], [()])
        found = interpreted(routine.program, [point])
        agree(row, [found[i] for i in routine.each])


def test_long_sums_and_deep_expressions_keep_their_order():
    """Longer than what is printed in one line, deeper than what is printed in one expression."""
    xs = [(-1.0) ** k * 10.0 ** (k % 17) / 3.0 for k in range(300)]

    def f(x):
        deep = x[0]
        for a in x:
            deep = a - (deep * 0.5 - a)
        return [microgd.sum(x), microgd.dot(x, x[::-1], 0.1), microgd.mean(x), microgd.prod(x[:40]), deep]

    c = microgd.compile(f, backend="python")
    agree(c(xs), f(xs))
    assert max(map(len, c.source.splitlines())) < 2000


@settings(max_examples=examples(40))
@given(st.data())
def test_every_source_is_valid_and_harmless(data):
    recipe = data.draw(recipes(most=15))
    captured = [Value(x) for x in data.draw(points(2))]
    c = microgd.compile(lambda x, y: recipe(captured, [x, y]), in_dims=0, reduce="mean", backend="python")
    c([1.0], [2.0])
    demand_harmless(without_append(c.source))


def test_a_constant_result_needs_no_operation():
    c = microgd.compile(lambda x: 3.0, in_dims=0, reduce="mean", backend="python")
    assert c([1.0, 2.0]) == 3.0
    c = microgd.compile(lambda x: [x, -0.0, inf, nan], backend="python")
    agree(c(1.0), [1.0, -0.0, inf, nan])
    assert CONSTANT.name not in c.source
