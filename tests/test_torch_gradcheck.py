"""torch.autograd's gradcheck: its answers on right and on wrong gradients."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd.autograd import Function, GradcheckError, gradcheck, gradgradcheck
from tests.strategies import examples


def times(factor):
    """An operation of both libraries, cos, whose backward is multiplied with a factor."""
    made = []
    for kit in (microgd, torch):

        class Cosine(kit.autograd.Function):
            @staticmethod
            def forward(ctx, x, *rest, kit=kit):
                ctx.save_for_backward(x)
                ctx.rest = rest
                return kit.cos(x)

            @staticmethod
            def backward(ctx, grad, kit=kit):
                (x,) = ctx.saved_tensors
                return (-factor * kit.sin(x) * grad, *[None] * len(ctx.rest))

        made.append(Cosine)
    return made


@settings(max_examples=examples(12), deadline=None)
@given(
    st.lists(st.integers(1, 12).map(lambda k: k / 8), min_size=1, max_size=3),
    st.sampled_from([1.0, 1.5, 0.0, -1.0]),
)
def test_it_answers_as_pytorchs_does(numbers, factor):
    ours, theirs = times(factor)
    x = microgd.tensor(numbers, requires_grad=True)
    y = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.gradcheck(theirs.apply, (y,), raise_exception=False)
    assert gradcheck(ours.apply, (x,), raise_exception=False) is expected is (factor == 1.0)
    assert x.grad is None
    assert x.tolist() == numbers


def test_a_wrong_gradient_raises_and_the_sentence_says_where():
    ours, _ = times(2.0)
    x = microgd.tensor([0.5, 1.0], requires_grad=True)
    with pytest.raises(GradcheckError, match="2 of 2 gradients are wrong") as caught:
        gradcheck(ours.apply, x)
    assert isinstance(caught.value, RuntimeError)
    assert "exactly 2 times" in str(caught.value)


def test_tolerances_are_the_callers():
    ours, _ = times(1.01)
    x = microgd.tensor([0.5], requires_grad=True)
    assert not gradcheck(ours.apply, (x,), raise_exception=False)
    assert gradcheck(ours.apply, (x,), eps=1e-6, rtol=0.02)
    assert gradcheck(ours.apply, (x,), atol=0.02, check_undefined_grad=False)


def test_what_requires_no_grad_arrives_as_it_is():
    x = microgd.Value(2.0)
    seen = []

    def function(x, y, z):
        seen.append((y, z))
        return x**y * z

    constant = microgd.tensor([1.0, 2.0])
    assert gradcheck(function, (x, 3, constant))
    assert all(y == 3 and type(y) is int and z is constant for y, z in seen)
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(function, (2.0, 3, constant))


def test_second_derivatives_are_checked_too():
    x = microgd.tensor([0.5, -1.5], requires_grad=True)
    assert gradgradcheck(lambda x: x.sin() * x, (x,))
    assert gradcheck(microgd.nn.Linear(2, 1), x)


def test_a_function_may_clamp_and_index_by_masks():
    class LeakyClamp(Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=-1, max=1)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input.abs() > 1] *= 0.1
            return grad_input if ctx.needs_input_grad[0] else None

    x = microgd.tensor([-2.0, -0.5, 0.25, 1.5], requires_grad=True)
    LeakyClamp.apply(x).sum().backward()
    assert x.grad.tolist() == [0.1, 1.0, 1.0, 0.1]


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4), ()])
def test_after_it_the_next_draw_is_pytorchs(shape):
    drawn = []
    for kit in (microgd, torch):
        kit.set_default_dtype(kit.float64)
        try:
            x = kit.ones(shape).requires_grad_()
            kit.manual_seed(3)
            assert kit.autograd.gradcheck(lambda x: x**3, (x,))
            assert kit.autograd.gradgradcheck(lambda x: x**3, (x,))
            drawn.append(kit.rand(2).tolist())
        finally:
            kit.set_default_dtype(kit.float32)
    assert drawn[0] == drawn[1]
