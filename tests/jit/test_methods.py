"""A method can be compiled, in its class or of one object; copies of a model compile their own."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import microgd
from microgd import nn


class Line(nn.Module):
    def __init__(self, w: float) -> None:
        super().__init__()
        self.w = nn.Parameter([w])

    def forward(self, x: Any) -> Any:
        return self.w[0] * x

    @microgd.compile(in_dims=(0, 0), reduce="mean")
    def loss(self, x: Any, y: Any) -> Any:
        return (self(x) - y) ** 2

    other_name = loss


class Scaled(Line):
    @microgd.compile(in_dims=(0, 0), reduce="mean")
    def loss(self, x: Any, y: Any) -> Any:
        return 100.0 * (self(x) - y) ** 2

    def losses(self, x: Any, y: Any) -> Any:
        return super().loss(x, y).data, self.loss(x, y).data, super().loss(x, y).data


def double(x: Any) -> Any:
    return 2.0 * x


def test_a_method_belongs_to_its_object() -> None:
    one, two = Line(1.0), Line(2.0)
    for _ in range(2):
        assert one.loss([1.0, 2.0], [0.0, 0.0]).data == 2.5
        assert two.loss([1.0, 2.0], [0.0, 0.0]).data == 10.0
    one.loss([1.0], [0.0]).backward()
    assert [one.w[0].grad, two.w[0].grad] == [2.0, None]
    assert one.loss is one.loss is one.other_name
    assert list(dict(one.named_parameters())) == ["w"]


def test_a_subclass_may_have_another_one() -> None:
    assert Scaled(1.0).losses([1.0], [0.0]) == (1.0, 100.0, 1.0)


def test_its_arguments_have_their_names_in_the_source() -> None:
    line = Line(1.0)
    line.loss([1.0], [2.0])
    assert "for x, y in samples:" in line.loss.source


def test_a_copy_of_a_model_compiles_its_own_methods() -> None:
    line = Line(1.0)
    line.forward = microgd.compile(line.forward)
    assert [line.loss([1.0], [0.0]).data, line(3.0).data] == [1.0, 3.0]
    other = copy.deepcopy(line)
    other.w[0].data = 5.0
    assert [other.loss([1.0], [0.0]).data, other(3.0).data] == [25.0, 15.0]
    assert [line.loss([1.0], [0.0]).data, line(3.0).data] == [1.0, 3.0]


def test_a_copy_and_a_pickle_of_a_compiled_function_are_traced_anew() -> None:
    compiled = microgd.compile(double, backend="python")
    compiled(1.0)
    for other in (copy.copy(compiled), pickle.loads(pickle.dumps(compiled))):
        assert other(3.0) == 6.0
        assert repr(other) == repr(compiled)
