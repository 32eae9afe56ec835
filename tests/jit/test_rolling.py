"""Layers of a network become loops, and every bit stays."""

import itertools
import os
import random

import pytest

import microgd
from microgd import nn, ops
from microgd.jit import rolling
from microgd.jit.program import DOT, Program, Routine
from microgd.jit.symbol import Symbol
from microgd.ops import TABLE
from microgd.tensor import values

pytest.importorskip("llvmlite")

from microgd.jit import llvm, straight
from tests.jit.test_llvm import _folder, agree, bits, compiled, interpreted  # noqa: F401  (a fixture)


def chain(terms):
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def network(sizes, bias=True, columns=False, last=None, scale=None):
    """A net with relu, its squared error, and the gradient: written by hand, as a trace would be."""
    program = Program()
    weights = []
    for a, b in itertools.pairwise(sizes):
        rows = [[Symbol(program, program.input()) for _ in range(a)] for _ in range(b)]
        weights.append((rows, [Symbol(program, program.input()) for _ in range(b)] if bias else None))
    shared = len(program.inputs)
    x = [Symbol(program, program.input()) for _ in range(sizes[0])]
    y = Symbol(program, program.input())
    layers = []
    h = x
    for k, (rows, biases) in enumerate(weights):
        z = [ops.dot(h, row, biases[r] if biases else None) for r, row in enumerate(rows)]
        layers.append((h, z))
        h = [ops.relu(v) for v in z] if k < len(weights) - 1 else z
    error = ops.sum(*h) - y
    upstream = [error * 2.0] * sizes[-1]
    upstream = [u * v for u, v in zip(upstream, h)]
    sums = {}
    for k in reversed(range(len(weights))):
        h, z = layers[k]
        if k < len(weights) - 1:
            upstream = [ops.where(v <= 0.0, 0.0, u) for u, v in zip(upstream, z)]
        rows, biases = weights[k]
        for u, row, r in zip(upstream, rows, range(len(rows))):
            sums.update({w.index: (u * v).index for w, v in zip(row, h)})
            if biases:
                sums[biases[r].index] = u.index
        upstream = [chain([u * row[c] for u, row in zip(upstream, rows)]) for c in range(len(h))]
    terms = [(sums[i],) for i in program.inputs[:shared]]
    terms.insert(7, ((error * error).index,))
    return Routine(program, shared, sizes[0] + 1, terms, [error.index, upstream[0].index], columns)


def numbers(routine, n, seed=0):
    rng = random.Random(seed)

    def number():
        return rng.choice((rng.uniform(-1.0, 1.0),) * 20 + (0.0, -0.0, 1e16, -1e-300))

    samples = [tuple(number() for _ in range(routine.own)) for _ in range(n)]
    return [number() for _ in range(routine.shared)], samples, [rng.random() for _ in routine.sums]


@pytest.mark.parametrize(
    "sizes",
    [(16, 16, 16, 1), (32, 9, 17), (3, 40, 40, 2), (64, 32, 10), (20, 20), (300, 20, 3), (8, 33, 8, 33)],
)
@pytest.mark.parametrize("bias", [True, False])
def test_layers_give_the_bits_of_an_interpreter(sizes, bias):
    for columns in (False, True):
        routine = network(sizes, bias, columns)
        for n in (1, 8, 13):
            shared, samples, begun = numbers(routine, n, n)
            order = random.Random(n).sample(range(n), n) if columns else None
            arguments = (routine, shared, samples, order, begun, 0, n)
            agree(compiled(*arguments), interpreted(*arguments))


def test_layers_give_the_same_bits_without_lanes():
    routine = network((24, 24, 24))
    alone = Routine(routine.program, routine.shared + routine.own, 0, routine.sums, routine.each)
    shared, samples, begun = numbers(routine, 1)
    arguments = (alone, [*shared, *samples[0]], [()], None, begun, 0, 1)
    agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("chunk", [3, 20, 100])
def test_loops_and_short_functions_give_the_same_bits(chunk, monkeypatch):
    monkeypatch.setattr(straight, "CHUNK", chunk)
    routine = network((16, 24, 24, 3))
    shared, samples, begun = numbers(routine, 11)
    arguments = (routine, shared, samples, None, begun, 0, 11)
    agree(compiled(*arguments), interpreted(*arguments))
    alone = Routine(routine.program, routine.shared + routine.own, 0, routine.sums, routine.each)
    arguments = (alone, [*shared, *samples[0]], [()], None, begun, 0, 1)
    agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_vectors_of_every_width_give_the_same_bits(width, monkeypatch):
    monkeypatch.setattr(llvm.host(), "width", width)
    for routine in (network((16, 24, 24, 3)), network((3, 16, 1), columns=True), repeated(3)):
        for n in (1, 2, 3, 9, 16):
            shared, samples, begun = numbers(routine, n)
            arguments = (routine, shared, samples, None, begun, 0, n)
            agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("own", [(0,), (31,), (0, 5, 31), range(32), ()])
@pytest.mark.parametrize("inputs", ["shared", "own"])
def test_a_bias_may_be_a_number_of_the_sample(own, inputs):
    program = Program()
    weights = [[Symbol(program, program.input()) for _ in range(16)] for _ in range(32)]
    biases = [Symbol(program, program.input()) for _ in range(32)]
    xs = [Symbol(program, program.input()) for _ in range(16)]
    shared = len(program.inputs) if inputs == "shared" else len(program.inputs) - 16
    others = [Symbol(program, program.input()) for _ in range(32)]
    biases = [others[r] if r in own else biases[r] for r in range(32)]
    out = [ops.dot(xs, row, bias) for row, bias in zip(weights, biases)]
    routine = Routine(program, shared, len(program.inputs) - shared, [], [y.index for y in out])
    shared_numbers, samples, _ = numbers(routine, 9)
    arguments = (routine, shared_numbers, samples, None, [], 0, 9)
    agree(compiled(*arguments), interpreted(*arguments))


# --- what is found ----------------------------------------------------------------------------------------


def test_the_forward_and_the_backward_pass_are_products_and_the_gradients_outer():
    routine = network((64, 32, 10))
    outputs = [i for terms in routine.sums for i in terms]
    program = rolling.with_dots(routine.program, outputs)
    found = rolling.products(program, routine.shared)
    assert sorted((len(p.members), len(p.xs)) for p in found) == [(10, 32), (32, 10), (32, 64)]
    layout = rolling.Layout(program, routine.sums, 8)
    assert {(10, 32), (32, 64)} <= {(len(o.left), o.size) for o in layout.outers}
    assert sorted(layout.at) == sorted(set(layout.at))


def test_a_wide_layer_is_little_text():
    narrow, _ = llvm.printed(network((64, 32, 1)))
    wide, _ = llvm.printed(network((640, 32, 1)))
    assert len(wide) < 5 * len(narrow)


def dots_of(program, last):
    found = rolling.with_dots(program, [last])
    return [i for i, row in enumerate(found.rows) if row is DOT], found


def test_a_chain_of_products_becomes_a_dot_product_without_a_start():
    program = Program()
    xs = [Symbol(program, program.input()) for _ in range(24)]
    total = chain([x * w for x, w in zip(xs[:12], xs[12:])])
    dots, found = dots_of(program, total.index)
    assert dots == [total.index]
    assert found.plain_start == {total.index}
    assert found.operands[total.index] == tuple(x.index for x in xs)


def test_what_is_used_elsewhere_is_no_part_of_a_dot_product():
    program = Program()
    xs = [Symbol(program, program.input()) for _ in range(20)]
    terms = [x * w for x, w in zip(xs[:10], xs[10:])]
    total = chain(terms)
    middle = chain(terms[:5])
    out = total * middle * terms[7]
    dots, _ = dots_of(program, out.index)
    assert dots == []


@pytest.mark.parametrize("start", [0.0, -0.0])
def test_a_chain_that_begins_with_zero_begins_with_it(start):
    program = Program()
    xs = [Symbol(program, program.input()) for _ in range(20)]
    zero = Symbol(program, program.constant(start))
    total = zero
    for x, w in zip(xs[:10], xs[10:]):
        total = Symbol(program, program._new(TABLE["add"], (total.index, (x * w).index)))
    routine = Routine(program, 0, 20, [], [total.index])
    samples = [(-0.0,) * 10 + (1.0,) * 10, (1.0,) * 20]
    arguments = (routine, [], samples, None, [], 0, 2)
    agree(compiled(*arguments), interpreted(*arguments))


# --- weights that are used several times --------------------------------------------------------------------


def repeated(times, rows=9, size=12, mixed=False):
    """Sums of `times` products each, as in the gradient of a layer that is called several times."""
    program = Program()
    left = [[Symbol(program, program.input()) for _ in range(rows)] for _ in range(times)]
    right = [[Symbol(program, program.input()) for _ in range(size)] for _ in range(times)]
    picked = Symbol(program, program.input())
    sums = [
        tuple([(a[r] * b[c]).index for a, b in zip(left, right)]) for r in range(rows) for c in range(size)
    ]
    sums += [tuple([b[c].index for b in right]) for c in range(size)]
    sums += [tuple([a[r].index for a in left[:2]]) for r in range(rows)]
    for r in range(5):  # a table of which one row is picked
        chosen = [picked == float(r), picked <= float(r)][: max(1, times - 1)]
        sums += [
            tuple([ops.where(is_it, b[c], 0.0).index for is_it, b in zip(chosen, right)]) for c in range(size)
        ]
    if mixed:
        sums += [(left[0][0].index, (left[0][-1] * right[0][2]).index), ()]
    return Routine(program, 0, times * (rows + size) + 1, sums, [])


@pytest.mark.parametrize("times", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [1, 8, 21])
def test_products_of_several_terms_give_the_bits_of_an_interpreter(times, n):
    for rows, size, mixed in ((9, 12, False), (1, 4, True), (4, 16, True), (17, 8, True)):
        routine = repeated(times, rows, size, mixed)
        _, samples, begun = numbers(routine, n)
        samples = [(*sample[:-1], float(k % 6)) for k, sample in enumerate(samples)]
        arguments = (routine, [], samples, None, begun, 0, n)
        agree(compiled(*arguments), interpreted(*arguments))


def test_products_of_several_terms_and_picked_rows_are_found():
    routine = repeated(3)
    layout = rolling.Layout(routine.program, routine.sums, 8)
    found = [(len(outer.left), len(outer.left[0]), outer.size, outer.chosen) for outer in layout.outers]
    assert sorted(found) == [(5, 2, 12, True), (9, 3, 12, False)]
    assert len(layout.columns) < 200


def test_infinite_numbers_that_are_not_picked_add_nothing():
    routine = repeated(1, 4, 8)
    samples = [(1.0,) * 4 + (float("inf"), float("nan"), -0.0, -1.0) * 2 + (float(k),) for k in range(5)]
    arguments = (routine, [], samples, None, [0.5] * len(routine.sums), 0, 5)
    agree(compiled(*arguments), interpreted(*arguments))


@pytest.mark.parametrize("where", ["shared", "own", "computed", "computed for all"])
def test_picks_from_a_table_read_the_memory(where):
    program = Program()
    shared = [Symbol(program, program.input()) for _ in range(40)]
    own = [Symbol(program, program.input()) for _ in range(41)]
    table = {
        "shared": shared,
        "own": own[:40],
        "computed": [a * b for a, b in zip(shared, own)],
        "computed for all": [a * a for a in shared],
    }[where]
    picked = [ops.pick(table[k::4], own[40]) for k in range(4)]
    outputs = [x.index for x in picked]
    if "computed" in where:
        outputs += [x.index for x in table]
    routine = Routine(program, 40, 41, [], outputs)
    shared, samples, _ = numbers(routine, 21)
    samples = [(*sample[:-1], float(k % 20 - 10)) for k, sample in enumerate(samples)]
    arguments = (routine, shared, samples, None, [], 0, 21)
    agree(compiled(*arguments), interpreted(*arguments))
    if where in ("shared", "own"):
        assert "gather" in llvm.printed(routine)[0]


def test_an_index_that_does_not_exist_gives_nan():
    program = Program()
    xs = [Symbol(program, program.input()) for _ in range(7)]
    routine = Routine(program, 0, 7, [], [ops.pick(xs[:k], xs[6]).index for k in (2, 6)])
    samples = [(1.0,) * 6 + (index,) for index in (6.0, -7.0, 1e300, float("inf"), float("nan"))]
    _, each = compiled(routine, [], samples, None, [], 0, 5)
    assert all(y != y for row in each for y in row)


# --- through the whole of it --------------------------------------------------------------------------------


def same_as_eager(model, loss, xs, ys, fast=False):
    function = microgd.compile(loss, in_dims=(0, 0), reduce="mean", backend="llvm", fast=fast)
    value = function(xs, ys)
    value.backward()
    gradients = [p.grad for p in values(model.parameters())]
    model.zero_grad()
    expected = ops.mean([loss(x, y) for x, y in zip(xs, ys)])
    expected.backward()
    found = [value.item(), *gradients], [expected.item(), *[p.grad for p in values(model.parameters())]]
    model.zero_grad()
    return found


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU])
def test_a_network_compiled_gives_the_bits_of_the_engine(activation):
    rng = random.Random(3)
    model = nn.Sequential(nn.Linear(20, 18), activation(), nn.Linear(18, 17), activation(), nn.Linear(17, 4))
    xs = [[rng.gauss(0.0, 1.0) for _ in range(20)] for _ in range(11)]
    ys = [float(rng.randrange(4)) for _ in range(11)]

    def loss(x, y):
        out = model(x)
        target = [microgd.where(y == float(k), 1.0, 0.0) for k in range(4)]
        return sum((a - b) ** 2.0 for a, b in zip(out, target))

    found, expected = same_as_eager(model, loss, xs, ys)
    assert list(map(bits, found)) == list(map(bits, expected))


# --- random layers -----------------------------------------------------------------------------------------


def random_layers(rng):
    """Dot products, chains and elementwise operations at random, and sums of products of their results."""
    program = Program()
    weights = [Symbol(program, program.input()) for _ in range(rng.choice((40, 120)))]
    own = [Symbol(program, program.input()) for _ in range(rng.choice((0, 5, 12)))]
    known = [weights[:6], own or weights[6:12]]
    for _ in range(rng.randint(1, 6)):
        xs = rng.choice(known)
        n, rows = len(xs), rng.randint(1, 9)
        along, across = rng.choice((1, 1, 2, rows)), rng.choice((n, n, 1, n + 1, -1, 0))
        first = rng.randrange(len(weights))
        out = []
        for r in range(rows):
            places = [(first + r * across + k * along) % len(weights) for k in range(n)]
            row = [weights[place] for place in places]
            bias = rng.choice((None, None, rng.choice(weights), rng.choice(rng.choice(known))))
            kind = rng.choice(("dot", "dot", "chain"))
            out.append(ops.dot(xs, row, bias) if kind == "dot" else chain([w * x for w, x in zip(row, xs)]))
        if rng.random() < 0.5:
            out = [ops.relu(y) for y in out]
        if rng.random() < 0.3:
            out = [y * rng.choice(weights) for y in out]
        known.append(out)
    sums = []
    for _ in range(rng.randint(0, 6)):
        pairs = [(rng.choice(known), rng.choice(known)) for _ in range(rng.choice((1, 1, 2, 3)))]
        if rng.random() < 0.3:
            pairs = [(a, [ops.where(y > 0.0, 1.0, 0.0) * y for y in b]) for a, b in pairs]
        for r in range(min(len(a) for a, _ in pairs)):
            for c in range(min(len(b) for _, b in pairs)):
                sums.append(tuple([(a[r] * b[c]).index for a, b in pairs]))
    sums += [(y.index,) for y in rng.choice(known)]
    sums += [tuple(y.index for y in rng.choice(known)[:3]) for _ in range(3)]
    rng.shuffle(sums)
    each = [y.index for y in rng.choice(known)]
    return Routine(program, len(weights), len(own), sums, each, rng.random() < 0.5)


@pytest.mark.parametrize("seed", range(int(os.environ.get("MICROGD_RANDOM_LAYERS", "40"))))
def test_random_layers_give_the_bits_of_an_interpreter(seed, monkeypatch):
    rng = random.Random(seed)
    monkeypatch.setattr(rolling, "SHORTEST", rng.choice((2, 5, 8)))
    monkeypatch.setattr(rolling, "SMALLEST", rng.choice((4, 20, 256)))
    monkeypatch.setattr(straight, "CHUNK", rng.choice((4, 30, 1000)))
    monkeypatch.setattr(llvm.host(), "width", rng.choice((2, 4, 8, llvm.host().width)))
    routine = random_layers(rng)
    n = rng.randint(1, 20)
    shared, samples, begun = numbers(routine, n, seed)
    arguments = (routine, shared, samples, None, begun, 0, n)
    agree(compiled(*arguments), interpreted(*arguments))


def test_inputs_do_not_make_a_program_long():
    assert llvm.printed(network((600, 100, 1)))[1]["operations"] < 2000
