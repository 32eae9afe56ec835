"""`.grad` is a float, and what PyTorch's scripts do with it works."""

import copy
import json
import pickle

import pytest
import torch
from hypothesis import given, strategies as st

import microgd
from microgd import Value
from microgd.gradient import METHODS

NUMBERS = st.floats(-1e6, 1e6)
OPERANDS = {"add": [2.5], "sub": [2.5], "mul": [-2.0], "div": [4.0], "pow": [2.0]}
OPERANDS |= {f"{name}_": [3.0] for name in ("add", "sub", "mul", "div", "fill", "copy")}
OPERANDS |= {"clamp": [-1.0, 1.0], "clamp_": [-1.0, 1.0]}
OPERANDS |= {"view": [1], "reshape": [1, 1], "unsqueeze": [0], "to": ["cpu"]}


def with_gradient(number):
    x = Value(1.0)
    x.grad = number
    return x


def same(ours, theirs):
    ours, theirs = (x.tolist() if hasattr(x, "tolist") else x for x in (ours, theirs))
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == (theirs if isinstance(theirs, tuple) else pytest.approx(theirs, rel=1e-15, nan_ok=True))


def test_a_gradient_has_the_shape_and_the_kind_of_its_value():
    x, t = with_gradient(2.0), torch.tensor(2.0, dtype=torch.float64)
    assert (x.grad.shape, x.grad.ndim, x.grad.requires_grad) == (t.shape, t.ndim, t.requires_grad)
    assert x.grad.dtype is microgd.float64
    assert x.grad.device.type == "cpu"


@pytest.mark.parametrize("name", sorted(METHODS))
@given(number=NUMBERS)
def test_a_method_of_a_gradient_is_that_of_a_tensor_of_one_number(name, number):
    x, t = with_gradient(number), torch.tensor(number, dtype=torch.float64)
    given = OPERANDS.get(name, [])
    if name == "copy_":
        theirs = t.copy_(torch.tensor(given[0]))
    else:
        theirs = getattr(t, name)(*given)
    assert same(getattr(x.grad, name)(*given), theirs)
    assert same(x.grad, t), "only what ends in _ changes the gradient"


def test_a_loop_by_hand_sets_single_gradients_to_zero():
    a, b = (microgd.tensor(0.0, requires_grad=True) for _ in range(2))
    p, q = (torch.tensor(0.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    for _ in range(5):
        for w, c, engine in ((a, b, microgd), (p, q, torch)):
            ((3.0 * w + c - 2.0) ** 2).backward()
            with engine.no_grad():
                for x in (w, c):
                    x -= 0.05 * x.grad
                    x.grad.zero_()
    assert same(a, p)
    assert same(b, q)
    assert a.grad == 0.0


def test_a_gradient_is_a_float_wherever_a_float_is_asked_for():
    x = Value(3.0)
    (x * x).backward()
    assert (x.grad, repr(x.grad), f"{x.grad:.2f}", json.dumps([x.grad])) == (6.0, "6.0", "6.00", "[6.0]")
    assert type(x.grad * 2.0) is float
    for twin in (copy.copy(x.grad), copy.deepcopy(x.grad), pickle.loads(pickle.dumps(x.grad))):
        assert type(twin) is float
        assert twin == 6.0
    assert x.grad.data is not None
    x.grad.data.zero_()
    assert x.grad == 0.0


def test_another_name_is_an_error_that_says_what_a_gradient_is():
    x = with_gradient(1.0)
    with pytest.raises(AttributeError, match="a gradient is a float, which has no attribute 'mT'"):
        x.grad.mT  # noqa: B018
    assert {"zero_", "norm", "is_integer"} <= set(dir(x.grad))
