"""Every optimizer and scheduler beside torch's, in float64, over 50 steps, to 1e-12.

In the runs with drawn options both are given the same gradients, now of this sign and now of that. Down
a bowl, where the gradient is that at the point each has reached, they are run with usual options.

Not drawn: beta2 and alpha near 0, which divide by a single gradient. There the last bit counts, torch
fuses multiplications with additions, and where gradient + weight_decay * w cancels, 1e-12 is too much
to ask of either.
"""

import json
import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, optim
from microgd.optim import lr_scheduler
from tests.optim.cases import OPTIONS, PLATEAU, RESUMED, SCHEDULERS, SIMPLE, sequential
from tests.strategies import examples

STEPS = 50
TOLERANCE = 1e-12

STARTS = (1.0, -2.0, 0.3, 0.0, 5.0, -0.7)
GROUPS = (slice(0, 3), slice(3, 6))
NEVER, SOMETIMES = (1, 5), (2,)  # reached by no step, and by every third


def reached(i, step):
    return i not in NEVER and not (i in SOMETIMES and step % 3)


def given_gradient(i, x, step):
    """The same one for both, now of this sign and now of that."""
    return (0.5 + 0.25 * i) * math.sin(1.7 * step * (i + 1) + i) if reached(i, step) else None


def bowl(i, x, step):
    """The slope at x of a bowl whose lowest point wanders."""
    return (0.5 + 0.25 * i) * (x - math.sin(step + i)) if reached(i, step) else None


@pytest.fixture(autouse=True, scope="module")
def doubles():
    """torch's NAdam keeps mu_product in the default type."""
    if not hasattr(torch, "__version__"):  # not installed
        yield
        return
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Ours:
    module, schedulers = optim, lr_scheduler

    @staticmethod
    def leaf(x):
        return Value(x)

    @staticmethod
    def set_gradient(p, g):
        p.grad = g


class Theirs:
    module, schedulers = torch.optim, torch.optim.lr_scheduler

    @staticmethod
    def leaf(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    @staticmethod
    def set_gradient(p, g):
        p.grad = None if g is None else torch.tensor(g, dtype=torch.float64)


class Run:
    """Six parameters in two groups, an optimizer and perhaps a scheduler."""

    def __init__(self, side, name, options, other_options, schedule=None, gradient=given_gradient):
        self.side = side
        self.gradient = gradient
        self.params = [side.leaf(x) for x in STARTS]
        groups = [
            {"params": self.params[GROUPS[0]]},
            {"params": self.params[GROUPS[1]], **other_options},
        ]
        self.optimizer = getattr(side.module, name)(groups, **options)
        self.scheduler = schedule(side.schedulers, self.optimizer) if schedule else None
        self.losses = [abs(math.sin(step)) + 1.0 / (1.0 + step) for step in range(STEPS)]

    def steps(self, first, last, by_hand=()):
        """Train, and return all that can be seen on the way."""
        seen = []
        for step in range(first, last):
            if step in by_hand:
                for group in self.optimizer.param_groups:
                    group["lr"] *= 0.7
            for i, p in enumerate(self.params):
                self.side.set_gradient(p, self.gradient(i, p.item(), step))
            self.optimizer.step()
            seen.append([p.item() for p in self.params])
            if isinstance(self.scheduler, self.side.schedulers.ReduceLROnPlateau):
                self.scheduler.step(self.losses[step % len(self.losses)])
            elif self.scheduler:
                self.scheduler.step()
            if self.scheduler:
                seen.append([*self.scheduler.get_last_lr(), *self.group_numbers()])
        return seen

    def group_numbers(self):
        keys = ("lr", "momentum", "initial_lr", "max_lr", "min_lr")
        numbers = [group[key] for group in self.optimizer.param_groups for key in keys if key in group]
        betas = [group["betas"][0] for group in self.optimizer.param_groups if "betas" in group]
        return [*numbers, *betas]


def assert_close(ours, theirs):
    assert len(ours) == len(theirs)
    scale = [1e-300] * len(STARTS)  # of each parameter: the largest it has been so far
    for step, (row, other) in enumerate(zip(ours, theirs, strict=True)):
        for i, (x, y) in enumerate(zip(row, other, strict=True)):
            size = abs(y)
            if len(row) == len(STARTS):
                size = scale[i] = max(scale[i], abs(y), 1.0)
            assert abs(x - y) <= TOLERANCE * size or x == y, (step, i, x, y)


def plain(state):
    """A state dict of torch with its tensors as numbers, and without what only torch has."""
    if isinstance(state, torch.Tensor):
        return state.item()
    if isinstance(state, dict):
        return {k: plain(v) for k, v in state.items() if k not in TORCH_ONLY}
    return [plain(x) for x in state] if isinstance(state, (list, tuple)) else state


TORCH_ONLY = ("foreach", "fused", "capturable", "differentiable", "_get_lr_called_within_step")


# --- optimizers ---------------------------------------------------------------------------------------


def consistent(options):
    """What torch would refuse, made right: nesterov wants momentum and no dampening."""
    if options.get("nesterov"):
        options = {**options, "dampening": 0.0, "momentum": options.get("momentum") or 0.9}
    return options


class Rows:
    """A matrix and a vector, of which each step reaches some rows, no row, or all."""

    def __init__(self, side, name, options):
        self.side = side
        self.tensors = [self.made(STARTS, (3, 2)), self.made(STARTS[:2], (2,))]
        self.optimizer = getattr(side.module, name)(self.tensors, **options)

    def made(self, numbers, shape):
        kit = microgd if self.side is Ours else torch
        return kit.tensor(numbers, dtype=kit.float64).reshape(shape).requires_grad_()

    def numbers(self, reached):
        self.optimizer.zero_grad()
        table, vector = self.tensors
        terms = [(table[i] * (i + 1.0)).sum() for i in reached if i < 3] + [vector[1] * 2.0] * (3 in reached)
        if terms:
            sum(terms).backward()
        self.optimizer.step()
        return [x for tensor in self.tensors for x in tensor.detach().flatten().tolist()]


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=examples(10), deadline=None)
@given(st.data(), st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=12))
def test_an_element_that_no_step_reaches_moves_with_its_tensor_as_in_pytorch(name, data, steps):
    options = consistent(data.draw(st.fixed_dictionaries({}, optional=OPTIONS[name])))
    ours, theirs = Rows(Ours, name, options), Rows(Theirs, name, options)
    for reached in steps:
        assert ours.numbers(reached) == pytest.approx(theirs.numbers(reached), rel=1e-11, abs=1e-12)
    saved, other = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1]]
    assert saved["state"].keys() == {i for i, state in other["state"].items() if state}
    for i, state in saved["state"].items():
        for key, x in state.items():
            assert np.allclose(x, other["state"][i][key], rtol=1e-11, atol=1e-12), key


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=examples(5), deadline=None)
@given(st.data(), st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=8), st.integers(0, 8))
def test_a_state_of_tensors_that_was_saved_goes_on_as_if_never_stopped(name, data, steps, stop):
    options = consistent(data.draw(st.fixed_dictionaries({}, optional=OPTIONS[name])))
    whole, first = Rows(Ours, name, options), Rows(Ours, name, options)
    expected = [whole.numbers(reached) for reached in steps]
    for reached in steps[:stop]:
        first.numbers(reached)
    then = Rows(Ours, name, options)
    for x, y in zip(then.tensors, first.tensors):
        x.data = y.tolist()
    then.optimizer.load_state_dict(json.loads(json.dumps(first.optimizer.state_dict())))
    assert [then.numbers(reached) for reached in steps[stop:]] == expected[stop:]


@st.composite
def drawn(draw, name):
    """Options of the optimizer, and those that the second group has of its own."""
    each = st.fixed_dictionaries({}, optional=OPTIONS[name])
    options = draw(each)
    other = {**options, **draw(each)}
    return consistent(options), consistent(other)


@pytest.mark.parametrize("name", OPTIONS)
@given(data=st.data())
def test_an_optimizer_follows_torch(name, data):
    options, other = data.draw(drawn(name))
    ours, theirs = (Run(side, name, options, other) for side in (Ours, Theirs))
    assert_close(ours.steps(0, STEPS), theirs.steps(0, STEPS))
    here, there = ours.optimizer.state_dict(), plain(theirs.optimizer.state_dict())
    assert json.loads(json.dumps(here["param_groups"])) == there["param_groups"]
    assert {i: set(x) for i, x in here["state"].items()} == {i: set(x) for i, x in there["state"].items()}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_defaults_are_those_of_torch(name):
    ours, theirs = (Run(side, name, {}, {}).optimizer.defaults for side in (Ours, Theirs))
    assert list(ours.items()) == [(k, v) for k, v in theirs.items() if k not in TORCH_ONLY]


USUAL = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 1e-2, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.5, "lr_decay": 0.01}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
]


@pytest.mark.parametrize(("name", "options"), USUAL)
def test_an_optimizer_follows_torch_down_a_bowl(name, options):
    ours, theirs = (Run(side, name, options, {}, gradient=bowl) for side in (Ours, Theirs))
    assert_close(ours.steps(0, STEPS), theirs.steps(0, STEPS))


@pytest.mark.parametrize("name", OPTIONS)
@given(data=st.data())
def test_a_run_resumed_from_a_saved_state_goes_on_bit_for_bit(name, data):
    options, other = data.draw(drawn(name))
    run = Run(Ours, name, options, other)
    run.steps(0, 10)
    saved = json.loads(json.dumps(run.optimizer.state_dict()))
    again = Run(Ours, name, {}, {})
    for p, q in zip(again.params, run.params, strict=True):
        p.data = q.data
    again.optimizer.load_state_dict(saved)
    assert again.steps(10, 20) == run.steps(10, 20)


# --- schedulers ---------------------------------------------------------------------------------------


def schedule(name, **options):
    return lambda module, optimizer: getattr(module, name)(optimizer, **options)


WITH = st.sampled_from([("SGD", {"momentum": 0.9}), ("AdamW", {})])


def compare(optimizer, schedule, by_hand=()):
    name, options = optimizer
    ours, theirs = (
        Run(side, name, {"lr": 0.1, **options}, {"lr": 0.03}, schedule) for side in (Ours, Theirs)
    )
    assert ours.scheduler.get_last_lr() == pytest.approx(theirs.scheduler.get_last_lr(), rel=TOLERANCE)
    assert_close(ours.steps(0, STEPS, by_hand), theirs.steps(0, STEPS, by_hand))
    assert set(ours.scheduler.state_dict()) == set(plain(theirs.scheduler.state_dict()))


@pytest.mark.parametrize("name", SCHEDULERS)
@given(data=st.data())
def test_a_scheduler_follows_torch(name, data):
    compare(data.draw(WITH), schedule(name, **data.draw(SCHEDULERS[name].drawn())))


@pytest.mark.parametrize("name", SCHEDULERS)
@given(data=st.data())
def test_a_scheduler_without_options_follows_torch(name, data):
    compare(("SGD", {"momentum": 0.9}), schedule(name, **data.draw(SCHEDULERS[name].without_options())))


@given(
    options=PLATEAU["ReduceLROnPlateau"].drawn(),
    losses=st.lists(st.integers(-4, 8).map(lambda k: k / 4) | st.floats(-2.0, 2.0), min_size=1, max_size=12),
)
def test_a_plateau_follows_torch_whatever_it_is_told(options, losses):
    seen = []
    for side in (Ours, Theirs):
        run = Run(side, "SGD", {"lr": 0.1}, {"lr": 0.03}, schedule("ReduceLROnPlateau", **options))
        run.losses = losses
        run.steps(0, 30)
        state = run.scheduler.state_dict()
        seen.append([run.group_numbers(), *(state[key] for key in PLATEAU_STATE)])
    assert seen[0] == seen[1]


PLATEAU_STATE = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch", "min_lrs", "default_min_lr")


@pytest.mark.parametrize("name", RESUMED)
@given(data=st.data())
def test_a_scheduler_that_goes_on_from_a_last_epoch_follows_torch(name, data):
    options = data.draw(SCHEDULERS[name].drawn())
    last_epoch = data.draw(st.integers(0, 40))
    lrs = []
    for side in (Ours, Theirs):
        run = Run(side, "SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.03}, schedule(name, **options))
        run.steps(0, 10)
        again = schedule(name, **options, last_epoch=last_epoch)
        run.scheduler = again(side.schedulers, run.optimizer)
        seen = [run.scheduler.get_last_lr(), run.scheduler.last_epoch]
        run.steps(10, 19)
        lrs.append([*seen, run.scheduler.get_last_lr(), run.scheduler.last_epoch, run.group_numbers()])
    for ours, theirs in zip(*lrs, strict=True):
        assert ours == pytest.approx(theirs, rel=TOLERANCE)


@pytest.mark.parametrize("name", SCHEDULERS)
@given(data=st.data())
def test_a_scheduler_follows_torch_where_lrs_are_changed_by_hand(name, data):
    by_hand = data.draw(st.sets(st.integers(0, 49), min_size=1, max_size=3))
    compare(("SGD", {"momentum": 0.9}), schedule(name, **data.draw(SCHEDULERS[name].drawn())), by_hand)


@given(data=st.data())
def test_a_sequence_of_schedulers_follows_torch(data):
    names = data.draw(st.lists(st.sampled_from(list(SIMPLE)), min_size=1, max_size=3))
    options = [data.draw(SIMPLE[name].drawn()) for name in names]
    ends = st.lists(st.integers(1, 45), min_size=len(names) - 1, max_size=len(names) - 1, unique=True)
    milestones = sorted(data.draw(ends))

    parts = list(zip(names, options, strict=True))
    compare(data.draw(WITH), sequential(parts, milestones, data.draw(st.sampled_from([-1, 0, 3]))))


def test_a_sequence_inside_a_sequence_follows_torch():
    def nested(module, optimizer):
        warm = module.LinearLR(optimizer, total_iters=4)
        flat = module.ExponentialLR(optimizer, gamma=0.99)
        inner = module.SequentialLR(optimizer, [warm, flat], [4])
        return module.SequentialLR(optimizer, [inner, module.StepLR(optimizer, 5)], [20])

    compare(("SGD", {}), nested)


def test_two_schedulers_chained_follow_torch():
    class Both:
        def __init__(self, module, optimizer):
            self.parts = [module.ExponentialLR(optimizer, 0.9), module.StepLR(optimizer, 7, 0.5)]

        def step(self):
            for part in self.parts:
                part.step()

        def get_last_lr(self):
            return self.parts[-1].get_last_lr()

    ours, theirs = (Run(side, "SGD", {"lr": 0.1}, {"lr": 0.2}, Both) for side in (Ours, Theirs))
    assert_close(ours.steps(0, STEPS), theirs.steps(0, STEPS))


@pytest.mark.parametrize("name", SIMPLE)
@given(data=st.data())
def test_a_scheduler_sent_to_an_epoch_follows_torch(name, data):
    options = data.draw(SIMPLE[name].drawn())
    epoch = data.draw(st.integers(0, 70))
    lrs = []
    for side in (Ours, Theirs):
        run = Run(side, "SGD", {"lr": 0.1}, {"lr": 0.2}, schedule(name, **options))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run.scheduler.step(epoch)
        lrs.append(run.scheduler.get_last_lr())
    assert lrs[0] == pytest.approx(lrs[1], rel=TOLERANCE)


@pytest.mark.parametrize("name", SCHEDULERS)
@given(data=st.data())
def test_a_schedule_resumed_from_a_saved_state_goes_on_bit_for_bit(name, data):
    make = schedule(name, **data.draw(SCHEDULERS[name].drawn()))
    optimizer, options = data.draw(WITH)
    run = Run(Ours, optimizer, options, {"lr": 0.03}, make)
    run.steps(0, 10)
    saved = json.loads(json.dumps([run.optimizer.state_dict(), run.scheduler.state_dict()]))
    again = Run(Ours, optimizer, options, {"lr": 0.03}, make)
    for p, q in zip(again.params, run.params, strict=True):
        p.data = q.data
    again.optimizer.load_state_dict(saved[0])
    again.scheduler.load_state_dict(saved[1])
    assert again.steps(10, 20) == run.steps(10, 20)
