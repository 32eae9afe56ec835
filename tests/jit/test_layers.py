"""Layers: equal operations are found as arrays, and give what they give one by one."""

import random

import numpy as np
import pytest

import microgd
from microgd import nn, ops
from microgd.jit import arrays
from microgd.jit.layers import Array, Layers, with_dots
from microgd.jit.program import ADD, DOT, INPUT, MUL, Program, Routine
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
        return nn.functional.mse_loss(last(h), y) + 0.1 * sum(p * p for p in [*inner.parameters()][:3])

    check(loss, *samples(5, 2))


def test_a_recurrent_network_of_several_steps():
    microgd.manual_seed(5)
    step, read = nn.Linear(4, 3), nn.Linear(3, 1)

    def loss(x, y):
        h = [0.0, 0.0, 0.0]
        for t in range(4):
            h = [z.tanh() for z in step([x[t], *h])]
        return nn.functional.mse_loss(read(h), y)

    check(loss, *samples(6, 4))


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
    shared, own = routines.numbers_for(routine, 3)
    _, each = arrays.built(routine)(shared, np.array(own).T)
    _, want = routines.run(routine, shared, own, None, 0, 3, [])
    np.testing.assert_allclose(each, np.array(want).T, rtol=1e-12)


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
