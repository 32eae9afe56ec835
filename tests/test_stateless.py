"""functional_call: a module called with other numbers."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import func, nn
from microgd.func import functional_call
from tests.strategies import examples

X = [[0.5, -1.0, 2.0], [0.25, 3.0, -0.75]]


def pair():
    """The same small model of both libraries; it has a buffer, and one layer under two names."""
    made = []
    for kit in (microgd, torch):
        kit.manual_seed(3)
        model = kit.nn.Sequential(kit.nn.Linear(3, 3), kit.nn.Tanh(), kit.nn.Linear(3, 3))
        model.again = model[0]
        model.register_buffer("shift", kit.zeros(1))
        made.append(model if kit is microgd else model.double())
    return made


def theirs(x):
    return torch.tensor(x, dtype=torch.float64)


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.integers(-8, 8).map(lambda k: k / 4), min_size=9, max_size=9), st.booleans())
def test_numbers_of_a_dict_stand_in_place_of_parameters_as_in_pytorch(numbers, tied):
    ours, other = pair()
    weight = [numbers[:3], numbers[3:6], numbers[6:]]
    options = {} if tied else {"tie_weights": False}
    found = functional_call(
        ours, {"0.weight": microgd.tensor(weight, dtype=microgd.float64)}, microgd.tensor(X), **options
    )
    expected = torch.func.functional_call(other, {"0.weight": theirs(weight)}, theirs(X), **options)
    assert found.tolist() == [pytest.approx(row, rel=1e-6, abs=1e-9) for row in expected.tolist()]


def test_a_module_is_what_it_was_after_a_call_that_fails():
    ours, _ = pair()
    before = ours[0].weight
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        functional_call(ours, {"0.weight": [[1.0] * 3] * 3}, microgd.ones(2))
    assert ours[0].weight is ours.again.weight is before


def test_a_gradient_of_the_dict_is_the_gradient_of_the_parameters():
    layer = nn.Linear(3, 1)
    x, whole = microgd.tensor(X[0]), {"weight": layer.weight.detach(), "bias": layer.bias.detach()}
    loss = lambda parameters: functional_call(layer, parameters, (x,)).square().sum()  # noqa: E731
    layer(x).square().sum().backward()
    found = func.grad(loss)(whole)
    assert found["weight"].tolist() == layer.weight.grad.tolist()
    assert found["bias"].tolist() == layer.bias.grad.tolist()


def test_gradients_of_each_sample_are_pytorchs():
    ours, other = (kit.nn.Linear(3, 1) for kit in (microgd, torch))
    other.double()
    ours.load_state_dict(other.state_dict())
    found = []
    for kit, model, x, y in (
        (microgd, ours, microgd.tensor(X), microgd.tensor([1.0, -2.0])),
        (torch, other, theirs(X), theirs([1.0, -2.0])),
    ):

        def loss(parameters, x, y, kit=kit, model=model):
            return (kit.func.functional_call(model, parameters, (x,)).squeeze() - y) ** 2

        start = {"weight": model.weight.detach(), "bias": model.bias.detach()}
        each = kit.func.vmap(kit.func.grad(loss), in_dims=(None, 0, 0))(start, x, y)
        found.append([each["weight"].tolist(), each["bias"].tolist()])
    assert found[0][0] == [
        [[pytest.approx(x, rel=1e-12) for x in row] for row in rows] for rows in found[1][0]
    ]
    assert found[0][1] == [[pytest.approx(x, rel=1e-12)] for (x,) in found[1][1]]


def test_what_is_not_named_stays_as_it_is():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": [[1.0, 2.0]], "bias": [0.5]})
    assert functional_call(layer, {"weight": [[1.0, 10.0]]}, [1.0, 1.0]).tolist() == [11.5]
    assert functional_call(layer, dict(layer.named_parameters()), [1.0, 1.0]).tolist() == [3.5]
    assert functional_call(layer, ({"bias": [1.0]}, {"weight": [[0.0, 0.0]]}), [1.0, 1.0]).tolist() == [1.0]
    assert functional_call(layer, layer.state_dict(), kwargs={"input": [1.0, 1.0]}).tolist() == [3.5]
    assert layer([1.0, 1.0]).tolist() == [3.5]


@pytest.mark.parametrize(
    ("given", "options", "sentence"),
    [
        ({"weigth": [[1.0, 2.0]]}, {}, "Unexpected key"),
        ({"weight": [1.0, 2.0]}, {}, r"shape \[1, 2\], but \[2\] is given"),
        ({"weight": [[1.0, 2.0]]}, {"strict": True}, "Missing key.*bias"),
    ],
)
def test_names_and_shapes_that_do_not_fit_are_refused(given, options, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        functional_call(nn.Linear(2, 1), given, microgd.ones(2), **options)
