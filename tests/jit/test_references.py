"""A compiled function notices when what it refers to is not what it was."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import microgd
from microgd import Value, nn

rate = 0.5
model: Any = None
loss: Any = None


def scaled(x: Any) -> Any:
    return rate * x


def through_a_helper(x: Any) -> Any:
    return microgd.sum([scaled(item) for item in (x,)])


class Net(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(1, 1)
        self.factor = 1.0
        self.last = None

    def forward(self, x: Any) -> Any:
        self.last = self.layer([x])[0] * self.factor
        return self.last


def through_the_model(x: Any) -> Any:
    return model(x)


def past_the_model(x: Any) -> Any:
    return model.layer([x])[0]


def traces(compiled: Any) -> list[int]:
    """How often a function is traced, from now on, as the length of a list."""
    inner, count = compiled.__wrapped__, []

    def counted(*args: Any) -> Any:
        count.append(1)
        return inner(*args)

    compiled.__wrapped__ = counted
    return count


@pytest.mark.parametrize("function", [scaled, through_a_helper, microgd.compile(scaled)])
def test_a_number_of_the_module(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = microgd.compile(lambda x: function(x))
    assert compiled(2.0) == 1.0
    monkeypatch.setitem(globals(), "rate", 0.25)
    assert compiled(2.0) == 0.5


def test_a_function_without_a_module() -> None:
    names: dict[str, Any] = {"rate": 0.5}
    exec("def scaled(x):\n    return rate * x", names)
    compiled = microgd.compile(names["scaled"])
    assert compiled(2.0) == 1.0
    names["rate"] = 0.25
    assert compiled(2.0) == 0.5


def test_a_helper_that_is_defined_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = microgd.compile(through_a_helper)
    assert compiled(2.0) == 1.0
    monkeypatch.setitem(globals(), "scaled", lambda x: 3.0 * x)
    assert compiled(2.0) == 6.0


def test_a_variable_of_the_function_around() -> None:
    w = Value(1.0)
    compiled = microgd.compile(lambda x: w * x)
    assert compiled(2.0).data == 2.0
    w = Value(3.0)
    assert compiled(2.0).data == 6.0
    w.data = 4.0
    count = traces(compiled)
    assert compiled(2.0).data == 8.0
    assert not count


@pytest.mark.parametrize("function", [through_the_model, past_the_model])
def test_a_model_that_is_made_anew_or_changed(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = microgd.compile(function)
    for _ in range(2):
        monkeypatch.setitem(globals(), "model", Net())
        assert compiled(2.0).data == function(2.0).data
    model.layer = nn.Linear(1, 1)
    assert compiled(2.0).data == function(2.0).data
    model.layer.weight = nn.Parameter([[7.0]])
    assert compiled(2.0).data == function(2.0).data
    model.factor = 0.5
    assert compiled(2.0).data == function(2.0).data


def test_nothing_is_traced_again_without_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "model", Net())

    class Task:
        def loss(self, x: Any) -> Any:
            return model(x) * rate

    task = Task()
    compiled = microgd.compile(lambda x: task.loss(x))
    compiled(1.0)
    count = traces(compiled)
    for i in range(3):
        globals()["loss"] = compiled(float(i))  # the function reads an attribute of this name, not this
        model(1.0)  # leaves its result in model.last
        monkeypatch.setitem(globals(), "rate", 1.0 / 2.0)  # another object, the same number
    assert not count


def test_train_and_eval_have_a_version_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "model", Net())
    compiled = microgd.compile(through_the_model)
    compiled(1.0)
    model.eval()
    compiled(1.0)
    count = traces(compiled)
    for _ in range(3):
        model.train(not model.training)
        compiled(1.0)
    assert not count


def test_a_warning_if_something_changes_all_the_time() -> None:
    step = 0.0
    compiled = microgd.compile(lambda x: step * x, backend="python")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for i in range(20):
            step = float(i)
            assert compiled(2.0) == 2.0 * i
    (warning,) = told
    assert "<lambda> has been traced 10 times more because step has changed: give it" in str(warning.message)
    assert warning.filename == __file__
