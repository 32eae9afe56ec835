"""What microgd.compile is given and cannot use is an error that says what it expects."""

from __future__ import annotations

import re
from typing import Any

import pytest

import microgd
from microgd import Value, optim
from microgd.jit.symbol import TraceError


@pytest.mark.parametrize("f", [3, "loss", [1.0]])
def test_what_is_no_function_is_not_compiled(f: Any) -> None:
    with pytest.raises(TypeError, match=re.escape(f"expects a function, got {type(f).__name__} {f!r}")):
        microgd.compile(f)


@pytest.mark.parametrize("option", [{"in_dims": 0}, {"backend": "python"}, {"fast": True}])
def test_options_for_what_is_compiled_already_are_not_ignored(option: dict[str, Any]) -> None:
    double = microgd.compile(lambda x: 2.0 * x)
    with pytest.raises(ValueError, match="is compiled already: give the options where"):
        microgd.compile(double, **option)
    assert microgd.compile(double) is double


def test_an_optimizer_has_parameters() -> None:
    with pytest.raises(TypeError, match=r"optimizer=0\.1: it is one of microgd\.optim"):
        microgd.compile(lambda x: x, optimizer=0.1)


@pytest.mark.parametrize("steps", [-1, 1.5, "many", True])
def test_steps_are_a_whole_number(steps: Any) -> None:
    w = Value(1.0)
    train = microgd.compile(lambda x: w * x, optimizer=optim.SGD([w], lr=0.1))
    with pytest.raises(ValueError, match=re.escape(f"steps={steps!r}: it is a whole number of steps")):
        train(1.0, steps=steps)
    assert w.data == 1.0


def test_the_source_of_a_loss_can_be_read_after_training() -> None:
    w = Value(1.0, label="w")
    loss = microgd.compile(lambda x: w * x)
    microgd.compile(loss, optimizer=optim.SGD([w], lr=0.1))(1.0, steps=1)
    assert "d_w += x" in loss.source
    assert loss.parameters == [w]


def test_a_compiled_function_takes_no_step_of_an_optimizer() -> None:
    w = Value(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = 1.0

    def careless(x: Any) -> Any:
        optimizer.step()
        return w * x

    with pytest.raises(TraceError, match=r"test_options\.py:\d+: a compiled function takes a step of an"):
        microgd.compile(careless)(2.0)
    assert w.data == 1.0


def test_arguments_may_be_named():
    double = microgd.compile(lambda x, y=1.0: 2.0 * x + y, backend="python")
    assert double(y=3.0, x=1.0) == 5.0
    assert double(1.0) == 3.0
    with pytest.raises(TypeError, match="'z'"):
        double(1.0, z=2.0)
    with pytest.raises(TypeError, match=r"arguments that must be named \(k\)"):
        microgd.compile(lambda x, *, k: x * k, backend="python")(1.0, k=2.0)


def test_numpys_functions_of_an_array_work_as_on_values():
    numpy = pytest.importorskip("numpy")

    def f(x):
        return numpy.exp(x).sum() + numpy.arctan(x)[0]

    x = numpy.array([0.5, 1.5])
    assert microgd.compile(f, backend="python")(x) == pytest.approx(f(x), rel=1e-15)
