"""What a program leaves out makes no difference: every result is that of the operations as they were asked
for, one after another, to the last bit and to the sign of each zero.
"""

import itertools
from math import inf, nan
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from microgd.jit.program import CONDITIONS, CONSTANT, INPUT, Program, Routine
from microgd.jit.symbol import Symbol
from microgd.ops import OFF, PICK, TABLE
from tests.domains import DOMAINS
from tests.jit.graphs import agree
from tests.strategies import examples

FEW = (0.0, -0.0, 1.0, -1.0, inf, nan)
MORE = (*FEW, -inf, 0.5, 3.0, 5e-324, -5e-324, 1e300, -2.0)
ADD, SUB, MUL, DIV, NEG, POW = (TABLE[name] for name in ("add", "sub", "mul", "div", "neg", "pow"))
WHERE, SUM, DOT, MEAN, RELU = (TABLE[name] for name in ("where", "sum", "dot", "mean", "relu"))
COMPARISONS = [CONDITIONS[name] for name in ("lt", "le", "gt", "ge", "eq", "ne")]
LOGICAL = [CONDITIONS[name] for name in ("and", "or", "xor")]


# --- operations as they are asked for -------------------------------------------------------------------


class Asked(NamedTuple):
    """An operation, or a constant: `operands` are numbers of earlier ones, after the inputs."""

    row: object
    operands: tuple[int, ...]
    constant: object = None


def straight(asked, inputs):
    """Brute force: each operation computes the function of the table, as eager code does."""
    found = list(inputs)
    for row, operands, constant in asked:
        if row is CONSTANT:
            found.append(constant)
            continue
        xs = [found[i] for i in operands]
        if row is not MUL and row is not WHERE:  # the two that know of OFF
            xs = [float(x) if isinstance(x, float) else x for x in xs]
        found.append(row.value(*xs))
    return found


def written(asked, inputs):
    """The program, and for each operation that was asked for, where it is."""
    program = Program()
    place = [program.input() for _ in range(inputs)]
    for row, operands, constant in asked:
        if row is CONSTANT:
            place.append(program.constant(constant))
        else:
            place.append(program.operation(row, tuple(place[i] for i in operands)))
    return program, place


def interpreted(program, inputs):
    """A program as printers read it: some sums begin with their first term."""
    found = []
    for i, row in enumerate(program.rows):
        operands = program.operands[i]
        xs = [found[j] for j in operands] if row is not INPUT else []
        if row is INPUT:
            found.append(inputs[operands[0]])
        elif row is CONSTANT:
            found.append(program.constants[i])
        elif i in program.plain_start:
            assert row is SUM or row is DOT
            terms = xs
            if row is DOT:
                n = len(xs) // 2
                terms = [x * w for x, w in zip(xs[:n], xs[n : 2 * n])] + xs[2 * n :]
            total = terms[0] if terms else 0.0
            for term in terms[1:]:
                total = total + term
            found.append(total)
        else:
            found.append(row.value(*xs))
    return found


@st.composite
def asked_for(draw, rows, inputs, most=14, constants=(0.0, -0.0, 1.0, -1.0, 2.0, inf, nan, OFF)):
    """Operations on numbers. Conditions are made where a choice needs one."""
    asked = []
    numbers = list(range(inputs))

    def new(row, operands, constant=None):
        asked.append(Asked(row, operands, constant))
        return inputs + len(asked) - 1

    def number():
        if draw(st.integers(0, 4)) == 0:
            return new(CONSTANT, (), draw(st.sampled_from(constants)))
        return numbers[-1] if draw(st.booleans()) else draw(st.sampled_from(numbers))

    def condition(nested=True):
        kind = draw(st.integers(0, 6)) if nested else 6
        if kind == 0:
            return new(draw(st.sampled_from(LOGICAL)), (condition(False), condition(False)))
        if kind == 1:
            return new(CONDITIONS["not"], (condition(False),))
        if kind == 2 and draw(st.booleans()):
            return new(CONSTANT, (), draw(st.booleans()))
        return new(draw(st.sampled_from(COMPARISONS)), (number(), number()))

    for _ in range(draw(st.integers(1, most))):
        row = draw(st.sampled_from(rows))
        if row is WHERE:
            operands = condition(), number(), number()
        elif row is PICK:
            operands = new(CONSTANT, (), 1.0), number(), number()
        else:
            domain = DOMAINS[row.name]
            count = draw(st.integers(1, 4)) if domain.variadic else len(domain.ranges)
            operands = tuple(number() for _ in range(count))
        numbers.append(new(row, operands))
    return asked, numbers[inputs:]


# Where zeros are born, pass, and lose their signs.
DELICATE = [ADD, ADD, MUL, MUL, NEG, SUB, WHERE, WHERE, SUM, DOT, RELU, DIV]
SIGNED = [TABLE[name] for name in ("sqrt", "tanh", "abs", "exp", "maximum", "atan2", "sign", "abs")]
SIGNED += [TABLE[name] for name in ("silu", "gelu", "log1p", "logsumexp", "softplus", "max", "prod", "log")]
# copysign reads the sign of a nan, which is nobody's promise.
EVERY = [row for name, row in TABLE.items() if name in DOMAINS and name != "copysign"]


def grid(inputs):
    return itertools.product(FEW, repeat=inputs)


@settings(max_examples=examples(250))
@given(st.data())
def test_what_is_simplified_when_it_is_written_changes_no_bit(data):
    asked, _ = data.draw(asked_for([*DELICATE, POW, MEAN, *SIGNED], 2))
    program, place = written(asked, 2)
    place = [program.unmasked(i) for i in place]
    for inputs in grid(2):
        found = program.run(inputs)
        for i, x in zip(place, straight(asked, inputs), strict=True):
            assert isinstance(found[i], bool) is isinstance(x, bool)
            agree(found[i], x)


@settings(max_examples=examples(60))
@given(st.data())
def test_no_row_of_the_table_is_simplified_wrongly(data):
    asked, _ = data.draw(asked_for(EVERY, 3, 6))
    program, place = written(asked, 3)
    place = [program.unmasked(i) for i in place]
    for _ in range(10):
        inputs = data.draw(st.tuples(*[st.sampled_from(MORE)] * 3))
        found = program.run(inputs)
        agree([found[i] for i in place], straight(asked, inputs))


@pytest.mark.parametrize(
    "rows", [DELICATE, [*DELICATE, *SIGNED, POW, MEAN], EVERY], ids=["few", "more", "all"]
)
@settings(max_examples=examples(200))
@given(data=st.data())
def test_zeros_are_left_out_only_where_no_result_can_tell(rows, data):
    """`each` must have every bit; what is only added to a sum may change the sign of a zero."""
    inputs = 2
    asked, numbers = data.draw(asked_for(rows, inputs))
    each = data.draw(st.lists(st.sampled_from(numbers), max_size=2))
    sums = data.draw(st.lists(st.lists(st.sampled_from(numbers), max_size=3), max_size=2))
    program, place = written(asked, inputs)
    routine = Routine(
        program,
        inputs,
        0,
        [tuple(program.unmasked(place[i]) for i in terms) for terms in sums],
        [program.unmasked(place[i]) for i in each],
    )
    for point in grid(inputs):
        expected = straight(asked, point)
        found = interpreted(routine.program, point)
        agree([found[i] for i in routine.each], [expected[i] for i in each])
        for terms, own in zip(routine.sums, sums, strict=True):
            for start in (0.0, 1.0):
                total = other = start
                for i in own:
                    total += expected[i]
                for i in terms:
                    other += found[i]
                agree(other, total)


# --- one by one -------------------------------------------------------------------------------------------


def call(name, *xs):
    """A function of the table, of numbers or of symbols."""
    return TABLE[name](*xs)


def plus_zero(x):
    """x, but 0 if x is -0."""
    return call("add", 0.0, x)


SIGNS_OF_ZEROS = {
    "the result": lambda x, y: plus_zero(x),
    "a first summand": lambda x, y: plus_zero(x) + y,
    "a second summand": lambda x, y: y + plus_zero(x),
    "both summands": lambda x, y: plus_zero(x) + plus_zero(y),
    "two results": lambda x, y: (plus_zero(x), plus_zero(plus_zero(x) + y)),
    "a minuend": lambda x, y: plus_zero(x) - y,
    "a subtrahend": lambda x, y: y - plus_zero(x),
    "a factor": lambda x, y: plus_zero(x) * y,
    "a factor twice": lambda x, y: plus_zero(x) * plus_zero(x) * y,
    "what is negated": lambda x, y: -plus_zero(x),
    "a dividend": lambda x, y: call("div", plus_zero(x), y),
    "a divisor": lambda x, y: call("div", y, plus_zero(x)),
    "a divisor of a sum": lambda x, y: plus_zero(call("div", y, plus_zero(x))),
    "a subtrahend of a sum": lambda x, y: plus_zero(call("div", 1.0, y - plus_zero(x))),
    "an odd function": lambda x, y: call("tanh", plus_zero(x)) * y,
    "a root": lambda x, y: call("div", 1.0, call("sqrt", plus_zero(x))),
    "an even function": lambda x, y: call("div", call("cos", plus_zero(x)), y),
    "an angle": lambda x, y: plus_zero(call("atan2", plus_zero(x), plus_zero(y))),
    "a sign": lambda x, y: call("copysign", 1.0, plus_zero(x)),
    "the larger": lambda x, y: call("maximum", plus_zero(x), y),
    "a power": lambda x, y: call("pow", plus_zero(x), -1.0),
    "a side of a choice": lambda x, y: call("where", y > 0.0, plus_zero(x), y),
    "another side of a choice": lambda x, y: call("where", y > 0.0, y, plus_zero(x)),
    "a choice and a summand": lambda x, y: call("where", y > 0.0, x, 1.0) + plus_zero(x),
    "another choice and a summand": lambda x, y: call("where", y > 0.0, 1.0, x) + plus_zero(x),
    "a condition": lambda x, y: call("where", plus_zero(x) == 0.0, x, plus_zero(y)),
    "a number as a condition": lambda x, y: call("where", call("div", 1.0, plus_zero(x)) > 0.0, 1.0, 2.0),
    "a sum": lambda x, y: call("sum", x, y),
    "a sum and a summand": lambda x, y: plus_zero(x) + call("sum", x, y),
    "a sum of sums": lambda x, y: call("sum", call("sum", x), plus_zero(y)),
    "a divisor that is a sum": lambda x, y: call("div", 1.0, call("sum", x, y)),
    "a dot product": lambda x, y: call("dot", x, y),
    "a divisor that is a dot product": lambda x, y: call("div", 1.0, call("dot", x, y)),
    "a summand of -0": lambda x, y: call("add", x, -0.0) + y,
    "two sums": lambda x, y: call("sum", x) + call("sum", y),
    "two dot products": lambda x, y: call("dot", x, y) + call("dot", y, 1.0),
    "a result and a summand": lambda x, y: (plus_zero(x), plus_zero(x) + call("exp", y)),
    "a result and another summand": lambda x, y: (plus_zero(x), call("exp", y) + plus_zero(x)),
    "a result and a subtrahend": lambda x, y: (plus_zero(x), call("exp", y) - plus_zero(x)),
    "a result and a dividend": lambda x, y: (plus_zero(x), call("cos", call("div", plus_zero(x), y))),
}


@pytest.mark.parametrize("place", SIGNS_OF_ZEROS)
def test_the_sign_of_a_zero_is_kept_where_it_matters(place):
    function = SIGNS_OF_ZEROS[place]

    def results(x, y):
        found = function(x, y)
        return found if isinstance(found, tuple) else (found,)

    program = Program()
    outputs = results(*[Symbol(program, program.input()) for _ in range(2)])
    routine = Routine(program, 2, 0, [], [out.index for out in outputs])
    for point in grid(2):
        found = interpreted(routine.program, point)
        agree([found[i] for i in routine.each], list(results(*point)))


def test_a_zero_that_no_result_can_tell_is_left_out():
    program = Program()
    x, y = (Symbol(program, program.input()) for _ in range(2))
    out = call("cos", plus_zero(x) * 2.0) + call("exp", call("sum", x, y))
    routine = Routine(program, 2, 0, [], [out.index])
    assert routine.program.rows.count(ADD) == 1  # that of the two functions
    assert len(routine.program.plain_start) == 1


def test_a_number_that_is_masked_times_anything_is_zero():
    """A side that is not taken gives nothing to the gradient, even if what arrives there is infinite."""
    program = Program()
    x, y, z = (Symbol(program, program.input()) for _ in range(3))
    one_side = program.operation(WHERE, ((x > 0.0).index, y.index, program.constant(OFF)))
    no_side = program.operation(WHERE, ((z > 0.0).index, program.constant(OFF), one_side))
    outputs = [
        program.unmasked(program.operation(MUL, operands))
        for masked in (one_side, no_side)
        for operands in ((masked, z.index), (z.index, masked))
    ]
    for a, b, c in grid(3):
        found = program.run((a, b, c))
        first = b * c if a > 0.0 else 0.0
        second = 0.0 if c > 0.0 else first
        agree([found[i] for i in outputs], [first, first, second, second])


def test_operations_that_differ_are_not_taken_for_one():
    program = Program()
    x, y = program.input(), program.input()
    number = [program.constant(constant) for constant in (0.0, -0.0, 1.0, -1.0, nan, True, False)]
    assert len({*number}) == 7
    assert number == [program.constant(constant) for constant in (0.0, -0.0, 1.0, -1.0, -nan, True, False)]
    for name in ("sub", "div", "pow", "atan2", "copysign", "maximum", "hypot", "dot", "sum"):
        assert program.operation(TABLE[name], (x, y)) != program.operation(TABLE[name], (y, x)), name
    for name in ("add", "mul"):
        assert program.operation(TABLE[name], (x, y)) == program.operation(TABLE[name], (y, x)), name
    assert program.operation(CONDITIONS["lt"], (x, y)) != program.operation(CONDITIONS["lt"], (y, x))


def test_conditions_are_python_s():
    for a, b in itertools.product((False, True), repeat=2):
        expected = [a and b, a or b, a is not b]
        assert [CONDITIONS[name].value(a, b) for name in ("and", "or", "xor")] == expected
        assert CONDITIONS["not"].value(a) is (not a)
    for a, b in itertools.product(FEW, repeat=2):
        expected = [a < b, a <= b, a > b, a >= b, a == b, a != b]
        assert [row.value(a, b) for row in COMPARISONS] == expected


SIMPLER = {
    "x * 1": lambda x: x * 1.0,
    "1 * x": lambda x: 1.0 * x,
    "x * -1": lambda x: -(x * -1.0),
    "x + -0": lambda x: call("add", x, -0.0),
    "-0 + x": lambda x: call("add", -0.0, x),
    "x - 0": lambda x: x - 0.0,
    "x / 1": lambda x: call("div", x, 1.0),
    "x**1": lambda x: call("pow", x, 1.0),
    "x * x**0": lambda x: x * call("pow", x, 0.0),
    "-(-x)": lambda x: call("neg", -x),
    "x or x": lambda x: call("where", x > 0.0, x, x),
    "x, known": lambda x: call("where", True, x, 1.0),
    "x, if not": lambda x: call("where", False, 1.0, x),
}


@pytest.mark.parametrize("text", SIMPLER)
def test_what_changes_no_number_is_not_computed(text):
    program = Program()
    x = Symbol(program, program.input())
    assert SIMPLER[text](x).index == x.index


@pytest.mark.parametrize("name", ["exp", "abs", "relu", "sigmoid"])
def test_zero_added_to_what_is_never_minus_zero_is_not_computed(name):
    program = Program()
    y = call(name, Symbol(program, program.input()))
    assert (y + 0.0).index == (0.0 + y).index == y.index
