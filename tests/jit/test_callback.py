"""What a callback changes holds from the next step on, as in the eager loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microgd
from microgd import nn, optim
from microgd.tensor import values

POINTS = [[0.1 * i, 0.05 * i * i - 0.3] for i in range(7)]
LABELS = [x - y for x, y in POINTS]


def grown(model: nn.Module, optimizer: Any) -> None:
    optimizer.add_param_group({"params": list(model[0].parameters()), "lr": 0.3})


def cleared(model: nn.Module, optimizer: Any) -> None:
    optimizer.state.clear()


def loaded(model: nn.Module, optimizer: Any) -> None:
    state = optimizer.state_dict()
    for own in state["state"].values():
        own["exp_avg"] = 0.25
    optimizer.load_state_dict(state)


def forgotten(model: nn.Module, optimizer: Any) -> None:
    del optimizer.state[values(optimizer.param_groups[0]["params"])[0]]


def faster(model: nn.Module, optimizer: Any) -> None:
    optimizer.param_groups[0]["lr"] = 0.5


def decayed(model: nn.Module, optimizer: Any) -> None:
    optimizer.param_groups[0]["weight_decay"] = 0.1


def with_amsgrad(model: nn.Module, optimizer: Any) -> None:
    optimizer.param_groups[0]["amsgrad"] = True


def reversed_(model: nn.Module, optimizer: Any) -> None:
    optimizer.param_groups[0]["maximize"] = True


def moved(model: nn.Module, optimizer: Any) -> None:
    model[0].weight[0][0].data = 0.25


def frozen(model: nn.Module, optimizer: Any) -> None:
    model[2].requires_grad_(False)
    model[0].requires_grad_(True)
    if len(optimizer.param_groups) == 1:
        optimizer.add_param_group({"params": list(model[0].parameters())})


@pytest.mark.parametrize(
    "change", [grown, cleared, forgotten, loaded, faster, decayed, with_amsgrad, reversed_, moved, frozen]
)
def test_it_is_as_in_the_eager_loop(change: Callable[[nn.Module, Any], None]) -> None:
    found = []
    for compiled in (False, True):
        microgd.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        optimizer = optim.Adam(model[2].parameters(), lr=0.05)

        def loss(x: Any, y: Any, model: nn.Module = model) -> Any:
            return (model(x)[0] - y) ** 2

        def changed(step: int, _: float, model: nn.Module = model, optimizer: Any = optimizer) -> None:
            if step == 4:
                change(model, optimizer)

        losses = []
        if compiled:
            train = microgd.compile(microgd.compile(loss, in_dims=(0, 0), reduce="mean"), optimizer=optimizer)
            losses = train(POINTS, LABELS, steps=9, callback=changed)
        else:
            for step in range(1, 10):
                optimizer.zero_grad()
                value = microgd.mean([loss(x, y) for x, y in zip(POINTS, LABELS, strict=True)])
                value.backward()
                optimizer.step()
                losses.append(value.item())
                changed(step, losses[-1])
        found.append((losses, model.state_dict(), optimizer.state_dict()))
    assert found[0] == found[1]
