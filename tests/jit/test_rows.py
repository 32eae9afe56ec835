"""Which parameters a compiled training step changes: rows of a table, elements that the loss leaves out."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Tensor, Value, nn, optim
from microgd.tensor import values
from tests.interrupts import interrupted
from tests.jit.test_training import BACKENDS, OPTIMIZERS
from tests.strategies import examples

rng = random.Random(1)
PAIRS = [[rng.randrange(5), rng.randrange(5)] for _ in range(8)]  # two of the rows 0 to 4
CLASSES = [rng.randrange(3) for _ in PAIRS]


def trained(
    loss: Any, optimizer: Any, data: Any, backend: str = "", clip: float = 0.0, steps: int = 9
) -> Any:
    """What training leaves behind, and what is seen before each step: eager, or compiled by a backend."""
    params = values(group["params"] for group in optimizer.param_groups)
    seen: list[Any] = []

    def before_step() -> None:
        seen.append([x.grad for x in params])
        if clip:
            nn.utils.clip_grad_norm_(params, clip)

    losses: list[float] = []
    if backend:
        step = microgd.compile(loss, in_dims=(0, 0), reduce="mean", backend=backend)
        train = microgd.compile(step, optimizer=optimizer)
        losses = train(*data, steps=steps, batch_size=2, before_step=before_step if clip else None)
    else:
        for k in range(steps):
            start = 2 * k % len(data[0])
            batch = list(zip(*data, strict=True))[start : start + 2]
            optimizer.zero_grad()
            value = microgd.mean([loss(x, y) for x, y in batch])
            value.backward()
            if clip:
                before_step()
            optimizer.step()
            losses.append(value.item())
    return losses, seen, [(x.data, x.grad) for x in params], optimizer.state_dict()


# --- rows of a table ----------------------------------------------------------------------------------------


class Table:
    """A table of six rows, of which a step uses at most four and never the last, and a loss."""

    def __init__(self, optimizer: Any, one_by_one: bool = False) -> None:
        microgd.manual_seed(0)
        self.rows, self.linear = nn.Embedding(6, 2), nn.Linear(4, 3)
        parameters: list[Any] = [*self.rows.parameters(), *self.linear.parameters()]
        self.optimizer = optimizer(values(parameters) if one_by_one else parameters)
        self.criterion = nn.CrossEntropyLoss()

    def loss(self, i: Any, y: Any) -> Any:
        return self.criterion(self.linear(microgd.flatten(self.rows(i))), y)

    def trained(self, backend: str = "", clip: float = 0.0) -> Any:
        return trained(self.loss, self.optimizer, (PAIRS, CLASSES), backend, clip)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_that_a_batch_does_not_use_have_no_gradient_and_take_the_steps_of_their_tensor(
    name: str, backend: str
) -> None:
    optimizer = OPTIMIZERS[name]
    own = Table(optimizer)
    last = values(own.rows.weight)[10:]
    assert own.trained(backend) == Table(optimizer).trained()
    assert [x.grad for x in last] == [None, None]
    assert all(x in own.optimizer.state for x in last)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_values_given_one_by_one_that_a_batch_does_not_use_keep_number_and_state(
    name: str, backend: str
) -> None:
    optimizer = OPTIMIZERS[name]
    own = Table(optimizer, one_by_one=True)
    last = values(own.rows.weight)[10:]
    states = own.optimizer.state
    before = [(x.data, dict(states.get(x, {}))) for x in last]
    assert own.trained(backend) == Table(optimizer, one_by_one=True).trained()
    assert [(x.data, dict(states.get(x, {}))) for x in last] == before


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_that_a_batch_does_not_use_are_as_in_torch(name: str, request: pytest.FixtureRequest) -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    request.addfinalizer(lambda: torch.set_default_dtype(before))
    torch.set_default_dtype(torch.float64)  # its NAdam keeps a product in the default type
    own = Table(OPTIMIZERS[name])
    rows, linear = torch.nn.Embedding(6, 2).double(), torch.nn.Linear(4, 3).double()
    with torch.no_grad():
        for theirs, ours in zip([rows, linear], [own.rows, own.linear], strict=True):
            for key, x in ours.state_dict().items():
                theirs.state_dict()[key].copy_(torch.tensor(x))
    optimizer = OPTIMIZERS[name]([*rows.parameters(), *linear.parameters()], torch.optim)
    for k in range(9):
        start = 2 * k % 8
        optimizer.zero_grad()
        scores = linear(rows(torch.tensor(PAIRS[start : start + 2])).flatten(1))
        torch.nn.functional.cross_entropy(scores, torch.tensor(CLASSES[start : start + 2])).backward()
        optimizer.step()
    own.trained(BACKENDS[-1])
    assert [x.data for x in values(own.rows.weight)] == pytest.approx(
        rows.weight.flatten().tolist(), rel=1e-9
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_gradients_of_rows_are_seen_and_clipped_before_the_step(one_by_one: bool, backend: str) -> None:
    clip = 0.1
    expected = Table(optim.Adam, one_by_one).trained(clip=clip)
    assert Table(optim.Adam, one_by_one).trained(backend, clip) == expected


@pytest.mark.parametrize("one_by_one", [False, True])
def test_an_interrupt_at_any_line_leaves_a_whole_step_of_rows(one_by_one: bool) -> None:
    own = Table(optim.Adam, one_by_one)
    step = microgd.compile(own.loss, in_dims=(0, 0), reduce="mean", backend="python")
    train = microgd.compile(step, optimizer=own.optimizer)
    start = copy.deepcopy([own.rows.state_dict(), own.linear.state_dict(), own.optimizer.state_dict()])

    def train_again(steps: int) -> None:
        own.rows.load_state_dict(start[0])
        own.linear.load_state_dict(start[1])
        own.optimizer.load_state_dict(start[2])
        if steps:
            train(PAIRS, CLASSES, steps=steps, batch_size=1)

    def found() -> str:
        return repr([own.rows.state_dict(), own.linear.state_dict(), own.optimizer.state_dict()])

    whole = []
    for steps in range(4):
        train_again(steps)
        whole.append(found())
    seen, at = set(), 1
    train_again(0)
    while interrupted(lambda: train(PAIRS, CLASSES, steps=3, batch_size=1), at):
        assert found() in whole, at
        seen.add(whole.index(found()))
        train_again(0)
        at += 13
    assert seen == {0, 1, 2, 3}


# --- elements that the loss leaves out ----------------------------------------------------------------------

KINDS = ["used", "picked", "detached", "unused", "frozen"]
SOME = ["SGD, nesterov", "SGD, maximize", "Adam, amsgrad", "Adagrad"]


@settings(max_examples=examples(40))
@given(
    kinds=st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5), min_size=1, max_size=3),
    whole=st.lists(st.booleans(), min_size=3, max_size=3),
    name=st.sampled_from(SOME),
    clip=st.sampled_from([0.0, 0.1]),
    picks=st.lists(st.integers(0, 14), min_size=4, max_size=4),
)
def test_elements_that_the_loss_leaves_out_are_as_in_the_eager_loop(
    kinds: list[list[str]], whole: list[bool], name: str, clip: float, picks: list[int]
) -> None:
    flat = [kind for own in kinds for kind in own]

    def after(backend: str) -> Any:
        start = random.Random(0)
        tensors = [Tensor([Value(start.uniform(-1.0, 1.0)) for _ in own]) for own in kinds]
        bias = Value(0.5)
        given = [part for own, as_one in zip(tensors, whole) for part in ([own] if as_one else values(own))]
        by_kind: dict[str, list[Value]] = {kind: [] for kind in KINDS}
        for x, kind in zip(values(tensors), flat, strict=True):
            by_kind[kind].append(x)
            x.requires_grad = kind != "frozen"
            x.grad = 0.25  # of an earlier loss
        rows = [[x] for x in by_kind["picked"]] or [[bias]]

        def loss(i: Any, y: Any) -> Any:
            used = [*by_kind["used"], *by_kind["frozen"], *(x.detach() for x in by_kind["detached"]), bias]
            return (microgd.sum(used) * y + nn.functional.embedding(i, rows)[0]) ** 2

        data = [i % len(rows) for i in picks], [0.5, -0.5, 1.0, 0.25]
        return trained(loss, OPTIMIZERS[name]([*given, bias]), data, backend, clip, steps=5)

    assert after("python") == after("")
