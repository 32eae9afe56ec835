"""What a program leaves out makes no difference: every result is that of the operations as they were asked
for, one after another, to the last bit and to the sign of each zero.
"""

import itertools
from math import inf, nan
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from microgd.jit.program import CONDITIONS, CONSTANT, INPUT, Program, Routine
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
