"""Layers: equal operations are found as arrays, and give what they give one by one."""

import random

import numpy as np
import pytest

import microgd
from microgd import nn, ops
from microgd.jit import arrays
from microgd.jit.layers import Array, Layers, with_dots
from microgd.jit.program import ADD, DOT, INPUT, MUL, Program, Routine
from microgd.tensor import values
from tests.jit import routines


def routine_of(function, xs, ys, reduce="mean"):
    """The routine of a loss and its gradient, for samples like these."""
    loss = microgd.compile(function, in_dims=(0, 0), reduce=reduce, backend="python")
    loss(xs, ys)
    return loss, loss._traced().routine


def check(function, xs, ys):
    """The arrays give the loss and the gradient of the eager engine. Returns the code."""
    loss, routine = routine_of(function, xs, ys)
    value, gradient = loss.value_and_grad(xs, ys)
    own = np.array([[*np.ravel(x), *np.ravel(y)] for x, y in zip(xs, ys, strict=True)]).T
    run = arrays.value_and_grad(loss)
    got, partials = run([p.item() for p in loss.parameters], own, len(xs))
    np.testing.assert_allclose(got, value, rtol=1e-12)
    np.testing.assert_allclose(partials, gradient, rtol=1e-11, atol=1e-14)
    return arrays.printed(routine)


def samples(count, width, outputs=1, seed=0):
    rng = random.Random(seed)
    return (
        [[rng.gauss(0.0, 1.0) for _ in range(width)] for _ in range(count)],
        [[float(rng.randrange(2)) for _ in range(outputs)] for _ in range(count)],
    )


def test_a_network_is_matrix_products_forward_and_backward():
    microgd.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    source = check(lambda x, y: nn.functional.mse_loss(model(x), y), *samples(7, 3))
    function = source[source.index("def function") :]
    assert "shared[0:18].reshape(6, 3) @ own[0:3] + shared[18:24][:, None]" in function
    assert "shared[24:54].reshape(5, 6).T @ " in function  # backward
    assert function.count(" @ ") == 7  # three layers forward, one backward, three gradients of weights
    assert function.count("relu(") == 1
    assert len(function.splitlines()) < 40


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.GELU, nn.LeakyReLU, nn.Softplus, nn.Hardtanh, nn.ELU])
def test_every_activation_is_applied_to_an_array(activation):
    microgd.manual_seed(2)
    model = nn.Sequential(nn.Linear(2, 5), activation(), nn.Linear(5, 2))
    source = check(lambda x, y: nn.functional.mse_loss(model(x), y), *samples(6, 2, 2))
    assert len(source[source.index("def function") :].splitlines()) < 60


def test_cross_entropy_over_classes():
    microgd.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    rng = random.Random(0)
    xs, _ = samples(9, 4)
    check(lambda x, y: nn.functional.cross_entropy(model(x), y), xs, [rng.randrange(3) for _ in xs])


def test_frozen_and_shared_weights_and_a_penalty():
    microgd.manual_seed(4)
    inner, first, last = nn.Linear(4, 4), nn.Linear(2, 4), nn.Linear(4, 1)
    first.requires_grad_(False)

    def loss(x, y):
        h = inner(inner(first(x)).tanh()).tanh()
        return nn.functional.mse_loss(last(h), y) + 0.1 * sum(p * p for p in values(inner.parameters())[:3])

    check(loss, *samples(5, 2))


def test_a_recurrent_network_of_several_steps():
    microgd.manual_seed(5)
    step, read = nn.Linear(4, 3), nn.Linear(3, 1)

    def loss(x, y):
        h = [0.0, 0.0, 0.0]
        for t in range(4):
            h = [z.tanh() for z in step([x[t], *h])]
        return nn.functional.mse_loss(read(h), y)

    source = check(loss, *samples(6, 4))
    assert "shared[0:12].reshape(3, 4)[:, 1:4].T @ " in source  # what the state receives


def test_arrays_that_need_one_another_are_given_up():
    """d[1] uses x[0], both x use c[0], and c is the tanh of d."""
    program = Program()
    w = [program.input() for _ in range(8)]
    own = [program.input() for _ in range(2)]
    s = [program.operation(DOT, (*own, *pair)) for pair in (w[0:2], w[2:4])]
    d0 = program.operation(DOT, (*own, *w[4:6], w[0]))
    c0 = program.operation(ops.TABLE["tanh"], (d0,))
    x = [program.operation(MUL, (i, c0)) for i in s]
    d1 = program.operation(DOT, (*own, *w[6:8], x[0]))
    c1 = program.operation(ops.TABLE["tanh"], (d1,))
    routine = Routine(program, 8, 2, [], [x[1], c1])
    layers = Layers(routine)
    arrays_found = [array.members for array in layers.order if isinstance(array, Array)]
    assert (d0, d1) not in arrays_found
    assert tuple(x) in arrays_found
    agrees(routine)


def agrees(routine):
    """The printed arrays give what the program gives sample by sample. Returns the code."""
    shared, own = routines.numbers_for(routine, 3)
    got = arrays.built(routine)(shared, np.array(own).T)
    sums, each = routines.run(routine, shared, own, None, 0, 3, [0.0] * len(routine.sums))
    np.testing.assert_allclose(got[0], sums, rtol=1e-12)
    np.testing.assert_allclose(got[1], np.array(each).T.reshape(got[1].shape), rtol=1e-12)
    return arrays.printed(routine)


def test_products_that_are_summed_and_used_again_are_computed():
    program = Program()
    p, *x = [program.input() for _ in range(4)]
    g = program.operation(ops.TABLE["exp"], (x[0],))
    program.operation(DOT, (*x, p, p, p))
    y = [program.operation(MUL, (i, g)) for i in x]
    seen = program.operation(DOT, (*x, p, p, p))  # x is an array
    assert "own @ " in agrees(Routine(program, 1, 3, [(i,) for i in y], [seen]))
    assert "own @ " not in agrees(Routine(program, 1, 3, [(i,) for i in y], [seen, *y])).partition("a8")[2]


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ([[0, 1], [2, 3]], "shared[0:4].reshape(2, 2) @"),
        ([[1, 2], [4, 5]], "shared[0:6].reshape(2, 3)[:, 1:3] @"),
        ([[0, 3], [1, 4]], "shared[0:6].reshape(2, 3)[:, 0:2].T @"),
        (
            [[0, 1], [5, 6]],
            "shared[xp.asarray([[0, 1], [5, 6]])] @",
        ),  # the last row would end after the inputs
        ([[0, 1], [1, 2]], "shared[xp.asarray([[0, 1], [1, 2]])] @"),
        ([[6, 0], [2, 2]], "shared[xp.asarray([[6, 0], [2, 2]])] @"),
    ],
)
def test_weights_are_a_block_of_a_matrix_or_any_inputs(places, text):
    program = Program()
    inputs = [program.input() for _ in range(9)]
    y = [program.operation(DOT, (*inputs[7:], *[inputs[k] for k in row])) for row in places]
    assert text in agrees(Routine(program, 7, 2, [(y[0],)], y))


def test_neighbours_of_two_kinds_are_no_array():
    program = Program()
    w, p, x = [program.input() for _ in range(2)], program.input(), program.input()
    y = [program.operation(DOT, (p, x, *w)), program.operation(ops.TABLE["exp"], (p,))]
    z = program.operation(ops.TABLE["exp"], (x,))
    agrees(Routine(program, 3, 1, [(y[1],), (z,)], [*y, z, p, x]))


def test_an_array_that_is_the_same_for_all_samples_has_a_column_for_each_as_a_result():
    program = Program()
    *w, x, y = [program.input() for _ in range(4)]
    seen = program.operation(DOT, (x, y, *w))
    same = [program.operation(ops.TABLE["exp"], (i,)) for i in w]
    agrees(Routine(program, 2, 2, [(seen,), *((i,) for i in same)], same))


def test_a_dot_product_that_differs_by_sample_is_in_no_array_with_one_that_does_not():
    program = Program()
    *w, p, q, x = [program.input() for _ in range(7)]
    e = [program.operation(ops.TABLE["exp"], (i,)) for i in (p, q)]
    same = program.operation(DOT, (*e, *w[:2], p))
    other = program.operation(DOT, (*e, *w[2:], x))
    agrees(Routine(program, 6, 1, [(same,), (other,)], [same, other]))


def test_an_operation_is_in_one_array_only():
    program = Program()
    *w, x, y = [program.input() for _ in range(6)]
    a, b = ([program.operation(DOT, (x, y, *pair, *bias)) for pair, bias in rows] for rows in (
        [(w[:2], ()), (w[2:], ())], [(w[:2], w[:1]), (w[2:], w[1:2])],
    ))  # fmt: skip
    both = [program.operation(MUL, pair) for pair in ((a[0], b[0]), (a[1], b[1]), (a[1], b[0]))]
    routine = Routine(program, 4, 2, [(i,) for i in both], both)
    members = [i for array in Layers(routine).order if isinstance(array, Array) for i in array.members]
    assert len(members) == len(set(members))
    agrees(routine)


@pytest.mark.parametrize("seed", range(40))
def test_each_operation_stands_after_what_it_uses(seed):
    routine = routines.random_routine(seed, shared=6, own=4, size=60)
    layers = Layers(routine)
    done = set()
    for x in layers.order:
        members = [x] if isinstance(x, int) else x.members
        for i in members:
            if layers.program.rows[i] is not INPUT:
                assert done.issuperset(layers.program.operands[i])
        done.update(members)
    assert done == set(range(len(layers.program)))


def test_sums_of_products_with_inputs_become_dot_products():
    program = Program()
    w = [program.input() for _ in range(3)]
    x = program.input()
    y = program.operation(ops.TABLE["exp"], (x,))
    terms = [
        program.operation(MUL, (w[0], y)),
        program.operation(MUL, (x, w[1])),
        program.operation(MUL, (w[2], y)),
    ]
    total = program.operation(ADD, (program.operation(ADD, (terms[0], terms[1])), terms[2]))
    found = with_dots(Routine(program, 3, 1, [(total,)], [])).program
    assert [row.name for row in found.rows if row is not INPUT] == ["exp", "dot"]
    kept = with_dots(Routine(program, 3, 1, [(total,)], [terms[1]])).program  # a product is a result, too
    assert [row.name for row in kept.rows if row is not INPUT].count("dot") == 0


def test_a_wide_layer_is_a_product_too():
    microgd.manual_seed(6)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    source = check(lambda x, y: nn.functional.mse_loss(model(x), y), *samples(4, 64, 10))
    assert source.count(" @ ") == 5


def test_cross_entropy_is_a_few_lines_of_arrays():
    microgd.manual_seed(7)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5))
    xs, _ = samples(4, 6)
    source = check(lambda x, y: nn.functional.cross_entropy(model(x), y), xs, [1, 4, 0, 1])
    assert "logsumexp(*" in source
    assert "own[6] == number([0.0, 1.0, 2.0, 3.0, 4.0])[:, None]" in source
    assert len(source[source.index("def function") :].splitlines()) < 40
