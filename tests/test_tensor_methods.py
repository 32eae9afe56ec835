"""Tensor's methods, from one table of calls: each gives PyTorch's values, gradients, shapes and errors, for
random shapes, dimensions and numbers."""

import math
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import Phase, assume, given, settings

import microgd
from microgd.ops import flat
from microgd.tensor import METHODS, OF_ONE as OF_A_VALUE
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


OF_TWO = ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "isclose", "dist"]
OF_TWO += ["multiply", "subtract", "divide", "true_divide"]
OF_ONE = [
    "logical_not",
    "isnan",
    "isinf",
    "isfinite",
    "square",
    "reciprocal",
    "deg2rad",
    "rad2deg",
    "frac",
    "negative",
]
ROUNDED = ["floor", "ceil", "trunc", "round"]

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
    "gather": lambda c: c.x.gather(c.d, c.ints[:1, :1]),
    "gather along": lambda c: c.x.gather(c.d, c.x.argsort(c.d)),
    "take_along_dim": lambda c: c.x.take_along_dim(c.x.argsort(c.d, descending=True), c.d),
    "scatter": lambda c: c.x.scatter(c.d, c.x.argsort(c.d), c.x * 2.0),
    "scatter a number": lambda c: c.x.scatter(c.d, c.x.argsort(c.d), 3.0),
    "scatter_add": lambda c: c.x.scatter_add(c.d, c.x.argsort(c.d), c.x),
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
    "var_mean": lambda c: c.m.var_mean(c.x, c.d, keepdim=c.yes),
    "std_mean of all": lambda c: c.m.std_mean(c.x, unbiased=c.yes),
    # products
    "cdist": lambda c: c.m.cdist(c.x, 0.5 * c.x),
    "mv": lambda c: c.x.mv(c.x[0]),
    "bmm": lambda c: c.x.bmm(c.x.mT),
    "addmm": lambda c: c.y.addmm(c.x, c.x.mT, beta=0.5, alpha=2.0),
    "addmv": lambda c: c.y.addmv(c.x, c.x[0], alpha=0.5),
    "inner": lambda c: c.x.inner(c.y),
    "ger": lambda c: c.x.ger(c.x),
    "einsum ij,kj->ik": lambda c: c.m.einsum("ij,kj->ik", c.x, c.x),
    "einsum i,j": lambda c: c.m.einsum("i,j", c.x, c.y),
    "einsum ...": lambda c: c.m.einsum("bij->b", c.x),
    "einsum of three": lambda c: c.m.einsum("ij,j,kj->ki", c.x, c.x[0], c.x),
    "einsum ii": lambda c: c.m.einsum("ii", c.x.reshape(-1).ger(c.x.reshape(-1))),
    "einsum of unequal lengths": lambda c: c.m.einsum("ii", c.x),
    # element by element
    **{name: lambda c, name=name: getattr(c.x, name)(c.y) for name in OF_TWO},
    **{name: lambda c, name=name: getattr(c.x, name)() for name in OF_ONE},
    **{name: lambda c, name=name: getattr(c.x.detach(), name)() for name in ROUNDED},
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
    "a number in other shapes": lambda c: (
        c.x.sum().reshape(1, 1),
        c.x.sum().expand(c.n),
        c.x.mean().unsqueeze(0),
    ),
    "keepdims": lambda c: c.x / c.x.sum(axis=c.d, keepdims=True),
    "new_full": lambda c: (c.x.new_full((c.n, 2), 1.5), c.ints.new_zeros(2, c.n), c.x.new_ones(c.n)),
    "new_tensor": lambda c: c.x.new_tensor([1, 2]),
}

NOT_OF_A_VALUE = {
    "mT",
    "masked_select",
    "nonzero",
    "nonzero by dimensions",
    "argwhere",
    "count_nonzero",
    "//",
}
NOT_OF_A_VALUE |= {"where", "keepdims"}
"""What a Value has not, or has with other arguments; its comparisons return plain truth values."""


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
    return described, [gradient(c.x), gradient(c.y)]


def gradient(leaf):
    """Its numbers in a row: 0 where none has arrived."""
    if leaf.grad is None:
        return [0.0] * leaf.numel()
    found = leaf.grad if leaf.shape else [leaf.grad]
    return [float(x) for x in flat(found.tolist() if leaf.shape else found)]


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
@settings(
    max_examples=examples(10), phases=[Phase.explicit, Phase.generate]
)  # a smaller failure tells no more
@given(data=drawn())
def test_a_method_gives_pytorchs_values_gradients_and_errors(name, data):
    assume(data[0][2] or name not in NOT_OF_A_VALUE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (outcome(m, CALLS[name], data) for m in (microgd, torch))
    if isinstance(theirs[0], type):
        assert isinstance(ours[0], type), (ours, theirs)
    else:
        assert not isinstance(ours[0], type), (ours, theirs)
        agree(ours, theirs)


IN_PLACE = {
    "exp_": [],
    "sqrt_": [],
    "neg_": [],
    "relu_": [],
    "sigmoid_": [],
    "tanh_": [],
    "round_": [],
    "square_": [],
    "clamp_": [0.0, 1.0],
    "pow_": [2],
    "zero_": [],
    "fill_": [2.0],
    "add_": [1.5],
    "sub_": [1.5],
    "mul_": [1.5],
    "div_": [1.5],
    "copy_": [7.0],
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_method_in_place_changes_a_parameter_under_no_grad_only(name):
    for start in ([[1.5, 0.25], [4.0, 2.5]], 2.25):
        w = microgd.tensor(start, requires_grad=True)
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            getattr(w, name)(*IN_PLACE[name])
        with microgd.no_grad():
            assert getattr(w, name)(*IN_PLACE[name]) is w
        theirs = torch.tensor(start, dtype=torch.float64)
        agree(w.tolist(), getattr(theirs, name)(*IN_PLACE[name]).tolist())
        assert w.requires_grad


def test_a_view_changes_its_shape_in_place():
    x = microgd.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert x.t_() is x
    assert x.tolist() == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert x.unsqueeze_(0).transpose_(1, 2).shape == (1, 2, 3)
    y = microgd.tensor([[1.0, 2.0], [3.0, 4.0]])
    y.fill_diagonal_(0.0)
    assert y.tolist() == [[0.0, 2.0], [3.0, 0.0]]
    assert (y * 2.0).detach_().requires_grad is False


def test_random_draws_in_place_are_those_of_nn_init():
    microgd.manual_seed(3)
    torch.manual_seed(3)
    ours = microgd.tensor([0.0] * 5).uniform_(-1.0, 1.0)
    assert ours.tolist() == torch.empty(5).uniform_(-1.0, 1.0).tolist()
    drawn = microgd.tensor([0.0] * 2000).normal_(1.0, 2.0)
    assert abs(drawn.mean().item() - 1.0) < 0.3
    assert abs(drawn.std().item() - 2.0) < 0.3


def test_a_result_of_one_number_does_not_change_in_place():
    x = microgd.Value(2.0)
    with microgd.no_grad():
        assert x.mul_(3.0) is x
    assert x.item() == 6.0
    with pytest.raises(RuntimeError, match="is a result, which never changes in place"):
        (x * 2.0).exp_()


def test_every_method_is_there_and_says_what_it_does():
    x, value = microgd.tensor([1.0]), microgd.Value(1.0)
    for name in METHODS:
        assert getattr(x, name).__doc__, name
        assert callable(getattr(value, name)) if name in OF_A_VALUE else not hasattr(value, name), name
        assert name in dir(x)


def test_to_takes_kinds_devices_and_tensors():
    x = microgd.tensor([1.5, -2.5])
    assert x.to("cpu") is x
    assert x.to(dtype=microgd.float64, device="cpu") is x
    assert x.to(x.long()).tolist() == [1, -2]
    assert x.to(microgd.float64, copy=True) is not x
    assert x.type(microgd.int64).type_as(x).tolist() == [1.0, -2.0]
    assert x.cpu() is x.contiguous() is x
    with pytest.raises(RuntimeError, match="everything is computed on the processor"):
        x.to(device="cuda")


@settings(max_examples=examples(10))
@given(data=drawn())
def test_autograd_grad_takes_an_upstream_gradient_of_the_outputs_shape(data):
    found = []
    for m in (microgd, torch):
        c = Drawn(m, data)
        upstream = c.leaf(data[0][1], c.shape).detach()
        found.append(plain(m.autograd.grad(c.x * c.x, c.x, grad_outputs=upstream)[0]))
    agree(*found)


def plain(x):
    return x.tolist() if hasattr(x, "tolist") else x.item()


def test_autograd_grad_refuses_an_upstream_gradient_of_another_shape():
    x = microgd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"has a shape of \[3\] and output\[0\] has a shape of \[2\]"):
        microgd.autograd.grad(x * x, x, grad_outputs=microgd.tensor([1.0, 1.0, 1.0]))
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        microgd.autograd.grad(x * x, x)


@pytest.mark.parametrize("dim", [0, 1])
def test_gather_reads_along_its_dimension(dim):
    numbers, indices = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1, 0, 1], [0, 1, 1]]
    ours = microgd.tensor(numbers).gather(dim, microgd.tensor(indices))
    assert ours.tolist() == torch.tensor(numbers).gather(dim, torch.tensor(indices)).tolist()


@pytest.mark.parametrize(
    "call",
    [
        "x.argmax(axis=1)", "x.argmin(axis=0)", "(x > 0).all(axis=1)", "(x > 0).any(axis=0)",
        "x.cumsum(axis=1)",
        "x.cumprod(axis=0)", "x.softmax(axis=1)", "x.log_softmax(axis=0)", "x.unsqueeze(axis=1)",
        "x[:, :1].squeeze(axis=1)", "x.sort(axis=1)[0]", "x.argsort(axis=0)", "x.median(axis=1)[0]",
        "x.diff(axis=1)", "m.argmax(x, axis=0)", "m.cumsum(x, axis=0)", "m.unsqueeze(x, axis=0)",
    ],
)  # fmt: skip
def test_axis_is_another_name_for_dim_as_in_pytorch(call):
    numbers = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
    found = [eval(call, {"x": m.tensor(numbers), "m": m}).tolist() for m in (microgd, torch)]
    assert np.allclose(*found, rtol=1e-6)
