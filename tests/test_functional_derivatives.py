"""autograd.functional, vmap and grad_fn beside PyTorch's."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, nodes
from microgd.autograd import functional
from microgd.ops import TABLE

VECTOR = st.lists(st.floats(-2, 2), min_size=1, max_size=4)


def plain(x):
    if isinstance(x, (tuple, list)):
        return [plain(part) for part in x]
    return getattr(x, "detach", lambda: x)().tolist()


def close(ours, theirs):
    if isinstance(theirs, (tuple, list)):
        assert type(ours) is type(theirs)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            close(a, b)
        return
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(np.array(plain(ours)), np.array(plain(theirs)), 1e-12, 1e-12)


def tensors(*rows):
    return [tuple(m.tensor(row, **({"dtype": m.float64})) for row in rows) for m in (microgd, torch)]


def one(library):
    return lambda x: (x.sin() * x * x).sum()


def two(library):
    return lambda x, y: (x * x * y.exp()).sum() + y.sum()


def several(library):
    return lambda x: (x * x, x.sin().sum())


@settings(max_examples=25, deadline=None)
@given(VECTOR)
def test_derivatives_of_one_input_are_pytorchs(row):
    for name in ("jacobian", "hessian"):
        (x,), (t,) = tensors(row)
        close(
            getattr(functional, name)(one(microgd), x),
            getattr(torch.autograd.functional, name)(one(torch), t),
        )
    (x, v), (t, w) = tensors(row, row[::-1])
    for name in ("jvp", "hvp", "vhp"):
        close(
            getattr(functional, name)(one(microgd), x, v),
            getattr(torch.autograd.functional, name)(one(torch), t, w),
        )
    close(functional.jacobian(lambda t: t**2, x), torch.autograd.functional.jacobian(lambda t: t**2, t))
    close(functional.vjp(lambda t: t**3, x, v), torch.autograd.functional.vjp(lambda t: t**3, t, w))
    close(functional.vjp(one(microgd), x), torch.autograd.functional.vjp(one(torch), t))
    close(functional.jacobian(several(microgd), x), torch.autograd.functional.jacobian(several(torch), t))


@settings(max_examples=25, deadline=None)
@given(VECTOR)
def test_derivatives_of_several_inputs_are_pytorchs(row):
    ours, theirs = tensors(row, row[::-1])
    v, w = tensors(row[::-1], row)
    for name in ("jacobian", "hessian"):
        close(
            getattr(functional, name)(two(0), ours), getattr(torch.autograd.functional, name)(two(0), theirs)
        )
    for name in ("jvp", "hvp", "vhp"):
        close(
            getattr(functional, name)(two(0), ours, v),
            getattr(torch.autograd.functional, name)(two(0), theirs, w),
        )
    close(functional.vjp(two(0), ours), torch.autograd.functional.vjp(two(0), theirs))


def test_results_have_a_graph_only_with_create_graph():
    x = microgd.tensor([1.0, 2.0], requires_grad=True)
    assert not functional.jacobian(lambda t: t**3, x).requires_grad
    slopes = functional.jacobian(lambda t: (t**3).sum(), x, create_graph=True)
    slopes.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_hessian_of_several_outputs_is_refused_with_a_sentence():
    with pytest.raises(RuntimeError, match="single element"):
        functional.hessian(lambda x: x * x, microgd.ones(2))


def test_autograd_functional_is_imported_as_pytorchs():
    from microgd.autograd.functional import hessian, jacobian

    assert microgd.autograd.functional.jacobian is jacobian is functional.jacobian
    assert functional.hessian is hessian


# --- vmap ---


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.sampled_from([0, 1]), st.sampled_from([0, 1, -1]))
def test_vmap_calls_a_function_for_each_sample_as_pytorchs(n, k, in_dim, out_dim):
    rows = np.arange(1.0, 1.0 + n * k).reshape((n, k) if in_dim == 0 else (k, n)).tolist()
    results = []
    for library in (microgd, torch):
        x, w = library.tensor(rows, dtype=library.float64), library.ones(k, dtype=library.float64)
        f = library.func.vmap(lambda x, w: x.sin() * w, in_dims=(in_dim, None), out_dims=out_dim)
        g = library.vmap(lambda x: (x.sum(), (x * x)), in_dims=in_dim)
        results.append((f(x, w), g(x)))
    close(*results)


def test_vmap_takes_gradients_of_each_sample_and_nested_arguments():
    results = []
    for library in (microgd, torch):
        w, xs = library.ones(2, dtype=library.float64), library.arange(6, dtype=library.float64).view(3, 2)

        def loss(p, x):
            return ((p["w"] * x).sum() - 1.0) ** 2

        results.append(library.vmap(library.func.grad(loss), in_dims=(None, 0))({"w": w}, xs)["w"])
        results.append(library.vmap(library.vmap(lambda a, b: a * b, (None, 0)), (0, None))(w, xs[0]))
    close(results[0], results[2])
    close(results[1], results[3])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda f: f(microgd.ones(2), microgd.ones(3)), "same size in the mapped dimension"),
        (
            lambda f: microgd.vmap(f, in_dims=(0,))(microgd.ones(2), microgd.ones(2)),
            "in_dims is not compatible",
        ),
        (lambda f: microgd.vmap(f, in_dims=None)(microgd.ones(2), microgd.ones(2)), "all in_dims are None"),
        (lambda f: f(microgd.ones(2), Value(1.0)), "no samples"),
    ],
)
def test_vmap_refuses_what_has_no_samples_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(microgd.vmap(lambda a, b: a * b))


# --- grad_fn ---


def torchs_name(name, x):
    function = getattr(torch, name, None) or getattr(torch.nn.functional, name, None)
    return None if function is None else function(x).grad_fn.name()


def test_nodes_are_called_as_pytorchs():
    t = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    seen = 0
    for name, row in TABLE.items():
        if type(row.partials) is tuple and len(row.partials) == 1 and row.value.__module__ == "microgd.ops":
            theirs = torchs_name(name, t)
            if theirs and name != "softsign":  # which PyTorch composes
                assert row(Value(0.5)).grad_fn.name() == theirs, name
                seen += 1
    assert seen > 25
    for f in (
        lambda x: x + x,
        lambda x: x - x,
        lambda x: x * x,
        lambda x: x / x,
        lambda x: x**x,
        lambda x: x**2.0,
    ):
        assert f(Value(0.5)).grad_fn.name() == f(t).grad_fn.name()


def test_a_graph_is_followed_through_next_functions():
    def shown(node):
        if node is None:
            return None
        return [node.name(), *(shown(f) for f, _ in node.next_functions)]

    for f in (
        lambda x, c: (x * 2.0 + x).exp(),
        lambda x, c: x**2.0 - c * x,
        lambda x, c: -(x**x),
        lambda x, c: x,
        lambda x, c: x / c,
    ):
        ours = f(Value(2.0), Value(3.0, requires_grad=False))
        theirs = f(torch.tensor(2.0, requires_grad=True), torch.tensor(3.0))
        assert shown(ours.grad_fn) == shown(theirs.grad_fn)


def test_the_end_of_a_graph_is_the_leaf():
    x = Value(2.0)
    node = (x * x).grad_fn
    assert node.next_functions[0][0].variable is x
    assert node.next_functions[0][0] == node.next_functions[1][0]
    assert len({f for f, _ in node.next_functions}) == 1
    assert re.fullmatch(r"<MulBackward0 object>", repr(node))
    assert x.grad_fn is None
    with pytest.raises(AttributeError, match="variable"):
        node.variable  # noqa: B018
    assert x.retain_grad() is None


def test_the_node_of_a_function_of_ones_own_bears_its_name():
    class Cube(microgd.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x**3

        @staticmethod
        def backward(ctx, grad):
            return grad

    node = Cube.apply(Value(2.0)).grad_fn
    assert node.name() == "CubeBackward"
    assert [f.name() for f, _ in node.next_functions] == ["torch::autograd::AccumulateGrad"]
    assert nodes.name_of(Value(1.0)) == "torch::autograd::AccumulateGrad"
