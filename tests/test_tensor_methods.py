"""Tensor's methods, from one table of calls: each gives PyTorch's values, gradients, shapes and errors, for
random shapes, dimensions and numbers."""

import inspect
import math
import warnings

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

import microgd
from microgd import Tensor, Value
from microgd.tensor import IN_PLACE, METHODS
from tests.strategies import examples

numbers = st.floats(-4.0, 4.0).filter(lambda x: abs(x) > 0.01)
lengths = st.lists(st.integers(1, 3), min_size=0, max_size=3).map(tuple)
dims = st.integers(-3, 3)


class Drawn:
    """What a call of the table may use: m is the library, x and y are Tensors that require grad."""

    def __init__(self, m, data):
        self.m, (flat_x, flat_y, self.shape, other), (self.d, self.e, self.n, self.yes) = m, *data
        self.x, self.y = self.leaf(flat_x, self.shape), self.leaf(flat_y, other)
        self.ints = m.tensor([[2, 0, 1], [1, 1, 0]])

    def leaf(self, flat, shape):
        made = self.m.tensor(flat[: math.prod(shape)], dtype=self.m.float64)
        return made.reshape(shape).clone().detach().requires_grad_()

    def square(self):
        """x as a square matrix with 1 more dimension in front, if it has three."""
        return self.x


CALLS = {
    # parts
    "narrow": lambda c: c.x.narrow(c.d, c.e, c.n),
    "select": lambda c: c.x.select(c.d, c.e),
    "unbind": lambda c: c.x.unbind(c.d),
    "split": lambda c: c.x.split(c.n, c.d),
    "split into": lambda c: c.x.split([1, c.n], dim=c.d),
    "chunk": lambda c: c.x.chunk(c.n, c.d),
    "diagonal": lambda c: c.x.diagonal(c.e, c.d, c.n),
    "trace": lambda c: c.x.trace(),
    "diag": lambda c: c.x.diag(c.e),
    "tril": lambda c: c.x.tril(c.e),
    "triu": lambda c: c.x.triu(c.e),
    "movedim": lambda c: c.x.movedim(c.d, c.e),
    "swapaxes": lambda c: c.x.swapaxes(c.d, c.e),
    "swapdims": lambda c: c.x.swapdims(c.d, c.e),
    "mT": lambda c: c.x.mT,
    "ravel": lambda c: c.x.ravel(),
    "unflatten": lambda c: c.x.unflatten(c.d, (c.n, -1)),
    "view_as": lambda c: c.x.view_as(c.y),
    "reshape_as": lambda c: c.x.reshape_as(c.y),
    "expand_as": lambda c: c.x.expand_as(c.y),
    "broadcast_to": lambda c: c.x.broadcast_to((c.n, *c.shape)),
    "atleast_1d": lambda c: c.m.atleast_1d(c.x),
    "atleast_2d": lambda c: c.m.atleast_2d(c.x),
    "repeat": lambda c: c.x.repeat(c.n, 2),
    "tile": lambda c: c.x.tile(c.n),
    "repeat_interleave": lambda c: c.x.repeat_interleave(c.n, c.d),
    "repeat_interleave of all": lambda c: c.x.repeat_interleave(c.n),
    "flip": lambda c: c.x.flip(c.d),
    "fliplr": lambda c: c.x.fliplr(),
    "flipud": lambda c: c.x.flipud(),
    "roll": lambda c: c.x.roll(c.e, c.d),
    "roll of all": lambda c: c.x.roll(c.e),
    "index_select": lambda c: c.x.index_select(c.d, c.ints[0]),
    "take": lambda c: c.x.take(c.ints),
    "masked_select": lambda c: c.x.masked_select(c.x > c.y.sum()),
    "nonzero": lambda c: (c.x > 0).nonzero(),
    "nonzero by dimensions": lambda c: (c.x > 0).nonzero(as_tuple=True),
    "argwhere": lambda c: c.m.argwhere(c.x > 0),
    "count_nonzero": lambda c: (c.x > 0).count_nonzero(c.d),
    "gather": lambda c: c.x.gather(c.d, c.ints),
    "gather along": lambda c: c.x.gather(c.d, c.x.argsort(c.d)),
    "take_along_dim": lambda c: c.x.take_along_dim(c.x.argsort(c.d, descending=True), c.d),
    "scatter": lambda c: c.x.scatter(c.d, c.x.argsort(c.d), c.x * 2.0),
    "scatter a number": lambda c: c.x.scatter(c.d, c.x.argsort(c.d), 3.0),
    "scatter_add": lambda c: c.x.scatter_add(c.d, c.ints, c.x),
    "index_add": lambda c: c.x.index_add(c.d, c.ints[0], c.x),
    # order
    "sort": lambda c: tuple(c.x.sort(c.d, descending=c.yes)),
    "argsort": lambda c: c.x.argsort(dim=c.d),
    "topk": lambda c: tuple(c.x.topk(c.n, c.d, largest=c.yes)),
    "median": lambda c: c.x.median(),
    "median along": lambda c: tuple(c.x.median(c.d, c.yes)),
    "unique": lambda c: c.m.unique(c.x.detach().round(), return_inverse=True, return_counts=True),
    "bincount": lambda c: c.m.bincount(c.ints[1], c.m.tensor([0.5, 1.5, 2.5]), minlength=c.n),
    "cumsum": lambda c: c.x.cumsum(c.d),
    "cumprod": lambda c: c.x.cumprod(c.d),
    "diff": lambda c: c.x.diff(c.n, c.d),
    # spread
    "var": lambda c: c.x.var(c.d, keepdim=c.yes),
    "var of all": lambda c: c.x.var(unbiased=c.yes),
    "std": lambda c: c.x.std(dim=c.d, correction=0),
    "std of all": lambda c: c.x.std(c.yes),
    # products
    "mv": lambda c: c.x.mv(c.y),
    "bmm": lambda c: c.x.bmm(c.y),
    "addmm": lambda c: c.y.addmm(c.x, c.x.mT, beta=0.5, alpha=2.0),
    "addmv": lambda c: c.y.addmv(c.x, c.x[0], alpha=0.5),
    "inner": lambda c: c.x.inner(c.y),
    "ger": lambda c: c.x.ger(c.x),
    "einsum ij,kj->ik": lambda c: c.m.einsum("ij,kj->ik", c.x, c.x),
    "einsum i,j": lambda c: c.m.einsum("i,j", c.x, c.y),
    "einsum ...": lambda c: c.m.einsum("bij->b", c.x),
    "einsum of three": lambda c: c.m.einsum("ij,j,kj->ki", c.x, c.x[0], c.x),
    "einsum ii": lambda c: c.m.einsum("ii", c.x),
    # element by element
    **{
        name: lambda c, name=name: getattr(c.x, name)(c.y)
        for name in "eq ne lt le gt ge logical_and logical_or logical_xor isclose multiply subtract divide"
        " true_divide dist".split()
    },
    **{
        name: lambda c, name=name: getattr(c.x, name)()
        for name in "logical_not isnan isinf isfinite square reciprocal frac negative".split()
    },
    **{
        name: lambda c, name=name: getattr(c.x.detach(), name)()
        for name in "floor ceil trunc round".split()
    },
    "round to digits": lambda c: c.x.detach().round(decimals=c.n),
    "rsqrt": lambda c: c.x.abs().rsqrt(),
    "logit": lambda c: c.x.sigmoid().logit(),
    "logit near the ends": lambda c: c.x.logit(eps=0.25),
    "floor_divide": lambda c: c.x.detach().floor_divide(c.y.detach()),
    "//": lambda c: (c.x.detach() // 0.5, 3.0 // c.x.detach(), c.ints // 2),
    "clamp_min": lambda c: c.x.clamp_min(0.5),
    "clamp_max": lambda c: c.x.clamp_max(0.5),
    "clip": lambda c: c.x.clip(-1.0, 1.0),
    "lerp": lambda c: c.x.lerp(c.y, 0.25),
    "addcmul": lambda c: c.x.addcmul(c.y, c.x, value=0.5),
    "addcdiv": lambda c: c.x.addcdiv(c.y, c.x, value=0.5),
    "masked_fill": lambda c: c.x.masked_fill(c.y > 0, 0.5),
    "where": lambda c: c.x.where(c.x > 0, c.y),
    "equal": lambda c: c.x.equal(c.y),
    "allclose": lambda c: c.m.allclose(c.x, c.x + 1e-9),
    # several
    "hstack": lambda c: c.m.hstack([c.x, c.y]),
    "vstack": lambda c: c.m.vstack([c.x, c.y]),
    "column_stack": lambda c: c.m.column_stack([c.x, c.y]),
    "concat": lambda c: c.m.concat([c.x, c.x, c.y], c.d),
    "cat along an axis": lambda c: c.m.cat([c.x, c.y], axis=c.d),
    "meshgrid": lambda c: tuple(c.m.meshgrid(c.x, c.y, indexing="xy" if c.yes else "ij")),
    "cartesian_prod": lambda c: c.m.cartesian_prod(c.x.reshape(-1), c.y.reshape(-1)),
    "broadcast_tensors": lambda c: tuple(c.m.broadcast_tensors(c.x, c.y)),
    # one alone
    "a number in other shapes": lambda c: (c.x.sum().reshape(1, 1), c.x.sum().expand(c.n), c.x.mean()[None]),
    "keepdims": lambda c: c.x / c.x.sum(axis=c.d, keepdims=True),
    "new_full": lambda c: (c.x.new_full((c.n, 2), 1.5), c.ints.new_zeros(2, c.n), c.x.new_ones(c.n)),
    "new_tensor": lambda c: c.x.new_tensor([1, 2]),
}
LEFT_OUT = {
    "unflatten": "its sentences differ",
}


@st.composite
def drawn(draw):
    shape = draw(lengths)
    other = draw(st.one_of(st.just(shape), lengths, st.just(shape[1:]), st.just(shape[::-1])))
    x = draw(st.lists(numbers, min_size=27, max_size=27, unique=True))
    y = draw(st.lists(numbers, min_size=27, max_size=27))
    return (x, y, shape, other), (draw(dims), draw(dims), draw(st.integers(0, 3)), draw(st.booleans()))


def outcome(m, call, data):
    """Values, shapes and gradients of a call; or the class of its error."""
    c = Drawn(m, data)
    try:
        found = call(c)
    except (RuntimeError, IndexError, TypeError, ValueError, AttributeError) as error:
        return type(error), str(error)
    results = list(found) if isinstance(found, tuple) else [found]
    loss = sum((r * r).sum() for r in results if getattr(r, "requires_grad", False))
    if getattr(loss, "requires_grad", False):
        loss.backward()
    described = [(tuple(r.shape), r.tolist()) if hasattr(r, "shape") else r for r in results]
    gradients = [None if leaf.grad is None else plain(leaf.grad) for leaf in (c.x, c.y)]
    return described, gradients


def plain(x):
    return x.tolist() if hasattr(x, "tolist") else x


def agree(ours, theirs):
    if isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            agree(one, other)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-11, abs=1e-12, nan_ok=True)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=examples(40))
@given(data=drawn())
def test_a_method_gives_pytorchs_values_gradients_and_errors(name, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (outcome(m, CALLS[name], data) for m in (microgd, torch))
    if isinstance(theirs[0], type):
        assert issubclass(ours[0], theirs[0]), (ours, theirs)
    else:
        assert not isinstance(ours[0], type), (ours, theirs)
        agree(ours, theirs)
