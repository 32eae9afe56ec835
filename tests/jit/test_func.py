"""microgd.func with compiled functions that also refer to Values: the results of eager functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microgd
from microgd import Value, autograd, func


def functions(w: Value) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """A function of a number and of w; the same, compiled; the same as the mean of two samples."""

    def f(x: Any) -> Any:
        return w * x * x * x + w.tanh() * x

    batched = microgd.compile(f, in_dims=0, reduce="mean")
    return f, microgd.compile(f), lambda x: batched([x, x])


def numbers(x: Any) -> Any:
    """Plain numbers of a result."""
    if isinstance(x, (list, tuple)):
        return [numbers(item) for item in x]
    return x.data if isinstance(x, Value) else x


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize(
    "transformed",
    [
        lambda f: func.grad(f)(3.0),
        lambda f: func.jacrev(f)(3.0),
        lambda f: func.jacfwd(f)(3.0),
        lambda f: func.hessian(f)(3.0),
        lambda f: func.jvp(f, (3.0,), (1.0,)),
        lambda f: func.jvp(f, (Value(3.0),), (1.0,)),
        lambda f: func.grad(func.grad(func.grad(f)))(3.0),
    ],
)
def test_derivatives_are_those_of_the_eager_function(
    transformed: Callable[..., Any], requires_grad: bool
) -> None:
    f, compiled, batched = functions(Value(2.0, requires_grad=requires_grad))
    expected = transformed(f)
    for other in (compiled, batched):
        found = transformed(other)
        assert numbers(found) == pytest.approx(numbers(expected), rel=1e-14)
        assert type(found) is type(expected)


def test_partials_of_parameters_and_of_arguments_are_not_exchanged() -> None:
    w, x = Value(2.0), Value(3.0)
    for f in functions(w):
        by_x, by_w = autograd.grad(f(x), [x, w], create_graph=True)
        assert numbers(autograd.grad(by_x, [w, x])) == pytest.approx(
            [27.0 + 1.0 - microgd.tanh(2.0) ** 2, 36.0], rel=1e-14
        )
        assert numbers(by_w) == pytest.approx(27.0 + 3.0 * (1.0 - microgd.tanh(2.0) ** 2), rel=1e-14)


def test_an_operand_may_be_another_once_more_or_made_of_it() -> None:
    product = microgd.compile(lambda x: x * x * x, in_dims=0, reduce="sum")
    for second in (lambda x: x, lambda x: 2.0 * x):
        x = Value(3.0)
        (derivative,) = autograd.grad(product([x, second(x)]), [x], create_graph=True)
        y = Value(3.0)
        (expected,) = autograd.grad(y**3 + second(y) ** 3, [y], create_graph=True)
        assert derivative.data == expected.data
        assert numbers(autograd.grad(derivative, [x])) == numbers(autograd.grad(expected, [y]))
