"""Every promise about Tensor, held beside PyTorch's float64 tensors."""

import copy
import operator
import pickle
from math import inf, nan

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

import microgd
from microgd import Tensor, Value, tensor

numbers = st.floats(-8.0, 8.0).filter(lambda x: abs(x) > 0.01)
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)


@st.composite
def pairs(draw):
    """Two nested lists of one shape."""
    shape = draw(shapes)
    return [draw(nested(shape)) for _ in range(2)]


def nested(shape):
    if not shape:
        return numbers
    return st.lists(nested(shape[1:]), min_size=shape[0], max_size=shape[0])


def reference(data, requires_grad=False):
    return torch.tensor(data, dtype=torch.float64, requires_grad=requires_grad)


def agree(ours, theirs):
    """Equal shapes and equal numbers."""
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(np.array(ours.tolist()), theirs.detach().numpy(), rtol=1e-13, atol=1e-15)


OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": lambda a, b: abs(a) ** b,
    "%": operator.mod,
}


@pytest.mark.parametrize("sign", OPERATIONS)
@given(data=pairs(), number=numbers)
def test_arithmetic_is_elementwise_as_pytorchs(sign, data, number):
    a, b = data
    f = OPERATIONS[sign]
    agree(f(Tensor(a), Tensor(b)), f(reference(a), reference(b)))
    agree(f(Tensor(a), number), f(reference(a), number))
    agree(f(Tensor(a), Value(number)), f(reference(a), reference(number)))
    if sign != "**":
        agree(f(number, Tensor(a)), f(number, reference(a)))
        agree(f(Value(number), Tensor(a)), f(reference(number), reference(a)))
    else:
        agree(abs(number) ** Tensor(a), abs(number) ** reference(a))


@given(data=pairs())
def test_signs(data):
    agree(-Tensor(data[0]), -reference(data[0]))
    agree(+Tensor(data[0]), +reference(data[0]))
    agree(abs(Tensor(data[0])), abs(reference(data[0])))


@given(data=pairs())
def test_gradients_flow_through_tensors(data):
    a, b = tensor(data[0], requires_grad=True), tensor(data[1], requires_grad=True)
    ta, tb = reference(data[0], True), reference(data[1], True)
    (a * b - a / b + 2.0 * a).mean().backward()
    (ta * tb - ta / tb + 2.0 * ta).mean().backward()
    agree(a.grad, ta.grad)
    agree(b.grad, tb.grad)


IN_PLACE = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "**=": lambda a, b: operator.ipow(a, abs(b)),
}


@pytest.mark.parametrize("sign", IN_PLACE)
@given(data=pairs())
def test_in_place_arithmetic_keeps_the_tensor_and_its_rows(sign, data):
    a, t = abs(Tensor(data[0])), abs(reference(data[0]))
    rows = [id(x) for x in a if isinstance(x, Tensor)]
    result = IN_PLACE[sign](a, Tensor(data[1]))
    agree(a, IN_PLACE[sign](t, reference(data[1])))
    assert result is a
    assert [id(x) for x in a if isinstance(x, Tensor)] == rows


def test_in_place_arithmetic_trains_leaves_under_no_grad_only():
    w = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    leaf = w[1][0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        w -= 1.0
    assert w.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with microgd.no_grad():
        w -= Tensor([[1.0, 1.0], [1.0, 1.0]])
    assert w.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert w[1][0] is leaf
    assert leaf.requires_grad


MATRICES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (3, 2)),
    ((2, 2, 3), (3,)),
    ((1, 1), (1, 1)),
]


@pytest.mark.parametrize(("left", "right"), MATRICES)
@given(data=st.data())
def test_matmul(left, right, data):
    a, b = data.draw(nested(left)), data.draw(nested(right))
    expected = reference(a) @ reference(b)
    for result in (Tensor(a) @ Tensor(b), Tensor(a) @ b, a @ Tensor(b), Tensor(a) @ np.array(b)):
        shape = result.shape if isinstance(result, Tensor) else ()
        assert shape == tuple(expected.shape)
        found = result.tolist() if isinstance(result, Tensor) else result.item()
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("left", "right", "shapes"),
    [
        ([[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]], "2x3 and 2x3"),
        ([1, 2], [1, 2, 3], "2 and 3"),
        ([[1, 2]], [1, 2, 3], "1x2 and 3"),
        ([1, 2], [[[1]], [[2]]], "2 and 2x1x1"),
        ([], [], "0 and 0"),
    ],
)
def test_matmul_of_shapes_that_do_not_fit_names_both(left, right, shapes):
    with pytest.raises(RuntimeError, match=f"shapes cannot be multiplied \\({shapes}\\)"):
        Tensor(left) @ Tensor(right)


@pytest.mark.parametrize("sign", OPERATIONS)
def test_another_shape_is_an_error_that_names_both(sign):
    a = Tensor([[1.0, 2.0], [3.0, 4.0]])
    for other, named in (([[1.0], [2.0]], r"\(2, 2\) and \(2, 1\)"), ([1.0, 2.0], r"\(2, 2\) and \(2,\)")):
        with pytest.raises(RuntimeError, match=named):
            OPERATIONS[sign](a, Tensor(other))


def test_plus_never_concatenates_and_times_never_repeats():
    a = Tensor([1.0, 2.0])
    assert (a + a).tolist() == [2.0, 4.0]
    assert (a * 3).tolist() == [3.0, 6.0]
    assert (3 * a).tolist() == [3.0, 6.0]
    b = Tensor([1.0, 2.0])
    b += a
    b *= 2
    assert b.tolist() == [4.0, 8.0]
    for other in ([3.0], (3.0, 4.0)):
        with pytest.raises(TypeError, match="unsupported operand"):
            operator.add(a, other)
        with pytest.raises(TypeError, match="unsupported operand"):
            operator.add(other, a)
    with pytest.raises(TypeError):
        a += [3.0, 4.0]
    assert a.tolist() == [1.0, 2.0]


def test_numpy_scalars_and_arrays_on_either_side():
    a = Tensor([1.0, 2.0])
    for result in (a * np.int64(2), np.int64(2) * a, np.float64(2) * a, np.array([2.0, 2.0]) * a,
                   a * np.array([2.0, 2.0])):  # fmt: skip
        assert isinstance(result, Tensor)
        assert result.tolist() == [2.0, 4.0]
    assert (np.array([4.0, 4.0]) / a).tolist() == [4.0, 2.0]
    objects = np.array([Value(3.0), Value(4.0)], dtype=object)
    assert (a + objects).tolist() == [4.0, 6.0]
    assert np.sum(a).item() == 3.0
    assert np.dot(a, a).item() == 5.0
    assert [x.item() for x in np.exp(a)] == microgd.exp(a).tolist()
    with pytest.raises(RuntimeError, match=r"\(2,\) and \(3,\)"):
        np.ones(3) * a


@given(data=pairs())
def test_shape_data_tolist_sum_mean(data):
    a, t = Tensor(data[0]), reference(data[0])
    agree(a, t)
    agree(a.data, t)
    assert a.sum().item() == pytest.approx(t.sum().item(), rel=1e-12, abs=1e-12)
    assert a.mean().item() == pytest.approx(t.mean().item(), rel=1e-12, abs=1e-12)
    for dim in range(-t.dim(), t.dim()):
        summed, average = a.sum(dim), a.mean(dim)
        if t.dim() > 1:
            agree(summed, t.sum(dim))
            agree(average, t.mean(dim))


def test_reducing_along_a_dimension_that_is_not_there():
    with pytest.raises(IndexError, match=r"expected to be in range of \[-2, 1\], but got 2"):
        Tensor([[1.0]]).sum(2)


def test_the_functions_of_the_table_are_mapped_over_it():
    rows = [[0.5, -1.0], [2.0, 0.25]]
    a, t = Tensor(rows), reference(rows)
    for name in ("exp", "tanh", "relu", "sigmoid", "erf", "abs", "neg"):
        agree(getattr(microgd, name)(a), getattr(torch, name)(t))
        agree(getattr(a, name)(), getattr(torch, name)(t))
    agree(microgd.maximum(a, 0.5), torch.maximum(t, reference(0.5)))
    agree(microgd.clamp(a, max=0.5), torch.clamp(t, max=0.5))
    agree(
        microgd.where(Tensor([[1, 0], [0, 1]]), a, -a), torch.where(reference([[1, 0], [0, 1]]) != 0, t, -t)
    )
    assert a.max().item() == 2.0
    assert a.logsumexp().item() == pytest.approx(t.logsumexp((0, 1)).item(), rel=1e-15)


def test_sum_of_the_builtin_starts_at_zero():
    assert sum(Tensor([1.0, 2.0])).item() == 3.0
    assert sum(Tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [4.0, 6.0]


def test_grad_is_none_then_has_the_shape_of_the_tensor():
    w = tensor([[1.0, nan], [3.0, inf]], requires_grad=True)
    assert w.grad is None
    (w[0][0] * 2.0).backward()
    assert isinstance(w.grad, Tensor)
    assert w.grad.tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert not w.grad.requires_grad
    w.grad = [[1, 2], [3, 4]]
    assert w[1][1].grad == 4.0
    with pytest.raises(RuntimeError, match=r"\(2, 2\) and \(2,\)"):
        w.grad = [1, 2]
    w.zero_grad()
    assert w.grad is None
    w.grad = None
    assert w.grad is None


def test_item_float_and_backward_want_one_element():
    assert Tensor([[4.0]]).item() == 4.0
    assert float(Tensor([4.0])) == 4.0
    assert int(Tensor([4.5])) == 4
    a = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="a Tensor with 2 elements cannot be converted to Scalar"):
        a.item()
    with pytest.raises(RuntimeError, match="only one element tensors"):
        float(a)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        (a * 2.0).backward()
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        Tensor([1.0]).backward()
    (a[:1] * 3.0).backward()
    assert a.grad.tolist() == [3.0, 0.0]


def test_assigning_data_changes_the_elements_in_place_or_nothing():
    w = tensor([[1.0, 2.0]], requires_grad=True)
    leaf = w[0][1]
    w.data = [[5, 6]]
    assert leaf.item() == 6.0
    assert leaf.requires_grad
    for wrong in ([[1.0]], [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]):
        with pytest.raises(RuntimeError, match=r"\(1, 2\)"):
            w.data = wrong
    with pytest.raises(TypeError):
        w.data = [["a", 2.0]]
    assert w.tolist() == [[5.0, 6.0]]


def test_indexing_and_slicing():
    rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    a = Tensor(rows)
    assert a[1, 2].item() == 6.0
    assert a[-1].tolist() == [4.0, 5.0, 6.0]
    assert isinstance(a[:1], Tensor)
    assert a[:1].tolist() == [[1.0, 2.0, 3.0]]
    assert a[0, ::2].tolist() == [1.0, 3.0]
    with pytest.raises(IndexError):
        a[2]


def test_assigning_an_element():
    a = Tensor([[1.0, 2.0], [3.0, 4.0]])
    a[0] = [7, 8]
    a[1, 1] = 9
    assert a.tolist() == [[7.0, 8.0], [3.0, 9.0]]
    assert isinstance(a[0], Tensor)
    with pytest.raises(RuntimeError, match=r"\(2,\) and \(3,\)"):
        a[0] = [1, 2, 3]
    w = tensor([1.0, 2.0], requires_grad=True)
    leaf = w[0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        w[0] = 5.0
    with microgd.no_grad():
        w[0] = 5.0
    assert w[0] is leaf
    assert leaf.item() == 5.0


@pytest.mark.parametrize(
    "wrong", [[[1, 2], [3]], [[1, 2], 3], [1, [2, 3]], [[[1], [2]], [[3, 4], [5, 6]]], [[], [1]]]
)
def test_rows_of_unequal_length_are_refused(wrong):
    with pytest.raises(ValueError, match="expected sequence of length"):
        Tensor(wrong)


@pytest.mark.parametrize("wrong", ["ab", ["a"], [None], [1j], [[1.0], "b"]])
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises(TypeError, match="expected a number"):
        Tensor(wrong)


def test_a_number_is_no_tensor_but_tensor_makes_a_value_of_it():
    with pytest.raises(TypeError, match="use tensor\\(x\\) or Value\\(x\\)"):
        Tensor(3)
    for number in (3, 3.0, np.float32(3), np.array(3.0), True):
        assert isinstance(tensor(number), Value)
        assert not tensor(number).requires_grad
    assert tensor(3.0, requires_grad=True).requires_grad


def test_tensor_keeps_values_and_makes_constants_of_numbers():
    v = Value(2.0)
    a = Tensor([v, 3])
    assert a[0] is v
    assert not a[1].requires_grad
    assert a.requires_grad
    assert not a.detach().requires_grad
    assert not Tensor([1.0]).requires_grad
    assert Tensor([1.0]).requires_grad_().requires_grad
    assert tensor(np.arange(6.0).reshape(2, 3)).tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert Tensor(x for x in (1, 2)).shape == (2,)


def test_repr():
    assert repr(Tensor([[1.0, 2.5]])) == "tensor([[1, 2.5]])"
    assert repr(tensor([0.1], requires_grad=True)) == "tensor([0.1], requires_grad=True)"
    assert str(Tensor([])) == "tensor([])"
    assert f"{Tensor([1.0])}" == "tensor([1])"


def test_copies_and_pickles_are_real_copies():
    w = tensor([[1.0, 2.0]], requires_grad=True)
    for twin in (copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        assert type(twin) is Tensor
        assert type(twin[0]) is Tensor
        assert twin.tolist() == w.tolist()
        assert twin.requires_grad
        twin.data = [[3.0, 4.0]]
        assert w.tolist() == [[1.0, 2.0]]


def test_comparison_with_numbers_of_another_kind_is_no_arithmetic():
    with pytest.raises(TypeError):
        Tensor([1.0]) + "x"
    with pytest.raises(TypeError):
        Tensor([1.0]) + None
    with pytest.raises(TypeError):
        Tensor([1.0]) @ 3
