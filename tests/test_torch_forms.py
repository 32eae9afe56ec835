"""Other forms in which PyTorch's functions are called."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from tests.strategies import examples

NUMBERS = st.integers(-12, 12).map(lambda k: k / 4)
ROWS = st.integers(1, 4).flatmap(lambda n: st.lists(NUMBERS, min_size=n, max_size=n))


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), max_size=3))
def test_a_condition_alone_gives_the_indices_where_it_holds(mask):
    found = microgd.where(
        microgd.tensor(mask).reshape(-1, 3) if mask else microgd.zeros(0, 3, dtype=microgd.bool)
    )
    expected = torch.where(torch.tensor(mask, dtype=torch.bool).reshape(-1, 3))
    assert [x.tolist() for x in found] == [x.tolist() for x in expected]


@settings(max_examples=examples(30), deadline=None)
@given(ROWS, NUMBERS, st.integers(-3, 3), st.sampled_from(["add", "sub"]))
def test_what_is_added_may_be_multiplied_first(row, other, alpha, name):
    grads = []
    for kit in (microgd, torch):
        x, y = kit.tensor(row, requires_grad=True), kit.tensor(other, requires_grad=True)
        out = getattr(kit, name)(x, y, alpha=alpha)
        out.square().sum().backward()
        grads.append([out.tolist(), x.grad.tolist(), y.grad.item()])
    assert grads[0] == grads[1]


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=4), st.sampled_from([2, -3, 0.75]))
def test_quotients_are_rounded_down_or_towards_0_and_whole_ones_are_whole(row, other):
    for mode in ("floor", "trunc"):
        ours = microgd.div(microgd.tensor(row), other, rounding_mode=mode)
        theirs = torch.div(torch.tensor(row), other, rounding_mode=mode)
        assert ours.tolist() == theirs.tolist()
        assert theirs.is_floating_point() is ours.is_floating_point()
    with pytest.raises(RuntimeError, match="found 'up'"):
        microgd.tensor([1.0]).div(2, rounding_mode="up")


@settings(max_examples=examples(20), deadline=None)
@given(ROWS, NUMBERS)
def test_backward_of_several_roots_is_that_of_their_weighted_sum(row, number):
    grads = []
    for kit in (microgd, torch):
        x, y = kit.tensor(row, requires_grad=True), kit.tensor(number, requires_grad=True)
        kit.autograd.backward([(x * y).sum(), y * y], [kit.tensor(2.0), None])
        kit.autograd.backward((x.sum(), y * 3.0))
        kit.autograd.backward(x * y, kit.ones(len(row)))
        kit.autograd.backward([y * x.sum()], None)
        kit.autograd.backward([y * y], kit.tensor(3.0))
        kit.autograd.backward(y * 2.0, None)
        grads.append([x.grad.tolist(), y.grad.item()])
    assert grads[0] == grads[1]
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        microgd.autograd.backward([microgd.tensor([1.0, 2.0], requires_grad=True)])
    with pytest.raises(RuntimeError, match="2 tensors and 1 gradients"):
        microgd.autograd.backward([microgd.Value(1.0), microgd.Value(1.0)], [None])


def multiply_add(kit):
    class MultiplyAdd(kit.autograd.Function):
        @staticmethod
        def forward(ctx, a, b, c):
            ctx.save_for_backward(a, b)
            return a * b + c

        @staticmethod
        def backward(ctx, grad):
            a, b = ctx.saved_tensors
            return grad * b, grad * a, grad

    return MultiplyAdd.apply


SHAPES = [[], [1], [3], [2, 1], [2, 3], [1, 3]]


@settings(max_examples=examples(20), deadline=None)
@given(st.sampled_from(SHAPES), st.sampled_from(SHAPES), st.lists(NUMBERS, min_size=12, max_size=12))
def test_an_input_that_forward_broadcast_gets_the_sum_over_its_copies(first, last, numbers):
    grads = []
    for kit in (microgd, torch):
        whole = kit.tensor(numbers, dtype=kit.float64)
        a, b, c = (
            whole[i : i + len(kit.zeros(shape).reshape(-1))].reshape(shape).clone().detach().requires_grad_()
            for i, shape in ((0, first), (3, [2, 3]), (6, last))
        )
        multiply_add(kit)(a, b, c).square().sum().backward()
        grads.append([x.grad.tolist() if x.shape else x.grad.item() for x in (a, b, c)])
    assert grads[0] == grads[1]


def test_a_gradient_of_another_shape_is_refused():
    class Wrong(microgd.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum()

        @staticmethod
        def backward(ctx, grad):
            return microgd.ones(3)

    with pytest.raises(RuntimeError, match="got 3 numbers but expected 2"):
        Wrong.apply(microgd.tensor([1.0, 2.0], requires_grad=True)).backward()


def test_an_element_without_a_gradient_has_zero_beside_the_others():
    x = microgd.tensor([1.0, 2.0], requires_grad=True)
    (-2.0 * x[0]).backward()
    assert [str(g) for g in x.grad.tolist()] == ["-2.0", "0.0"]


def test_a_tensors_gradient_keeps_the_sign_of_a_zero():
    x = microgd.tensor([1.0, 2.0], requires_grad=True)
    x[0].grad = -0.0
    assert [str(g) for g in x.grad.tolist()] == ["-0.0", "0.0"]
