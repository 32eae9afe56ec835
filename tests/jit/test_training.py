"""A compiled training loop does what the eager loop does, to the last bit."""

import math
import random
import warnings

import pytest

import microgd
from microgd import nn, optim
from microgd.optim import lr_scheduler
from microgd.tensor import values
from tests.interrupts import interrupted

BACKENDS = ["python"]
try:
    import llvmlite  # noqa: F401
except ImportError:
    pass
else:
    BACKENDS.append("llvm")

rng = random.Random(0)
POINTS = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(10)]
TARGETS = [rng.uniform(0.1, 0.9) for _ in POINTS]
CLASSES = [rng.randrange(3) for _ in POINTS]


class Setup:
    """A small net, its loss for one sample, and an optimizer, always from the same start."""

    def __init__(self, optimizer, criterion=None, classes=1, final=None):
        microgd.manual_seed(0)
        layers = [nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, classes)]
        self.model = nn.Sequential(*layers, *([final()] if final else []))
        self.optimizer = optimizer(self.model.parameters())
        criterion = criterion or nn.MSELoss()
        if classes == 1:
            self.loss = lambda x, y: criterion(self.model(x)[0], y)
        else:
            self.loss = lambda x, y: criterion(self.model(x), y)

    def state(self):
        """All that training changes."""
        parameters = [(x.data, x.grad) for x in values(self.model.parameters())]
        return parameters, self.optimizer.state_dict()

    def eager(self, xs, ys, steps, batch_size=None, scheduler=None, before_step=None):
        n = batch_size or len(xs)
        losses, start = [], 0
        for _ in range(steps):
            if start >= len(xs):
                start = 0
            batch = list(zip(xs, ys))[start : start + n]
            start += n
            self.optimizer.zero_grad()
            loss = microgd.mean([self.loss(x, y) for x, y in batch])
            loss.backward()
            if before_step:
                before_step(self.model)
            self.optimizer.step()
            losses.append(loss.item())
            if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
                scheduler.step(losses[-1])
            elif scheduler:
                scheduler.step()
        return losses

    def training(self, backend):
        loss = microgd.compile(self.loss, in_dims=(0, 0), reduce="mean", backend=backend)
        return microgd.compile(loss, optimizer=self.optimizer)


def adam(parameters):
    return optim.Adam(parameters, lr=0.05)


def agree(backend, make, steps=12, ys=TARGETS, schedule=None, before_step=None, **options):
    eager, compiled = make(), make()
    schedules = [schedule(own.optimizer) if schedule else None for own in (eager, compiled)]
    expected = eager.eager(POINTS, ys, steps, options.get("batch_size"), schedules[0], before_step)
    hook = (lambda: before_step(compiled.model)) if before_step else None
    train = compiled.training(backend)
    # In two calls: the second goes on where the first has stopped.
    found = train(POINTS, ys, steps=5, scheduler=schedules[1], before_step=hook, **options)
    if options.get("batch_size") is None:
        found += train(POINTS, ys, steps=steps - 5, scheduler=schedules[1], before_step=hook, **options)
    else:
        expected = expected[:5]
        eager = make()
        eager.eager(POINTS, ys, 5, options["batch_size"], schedule(eager.optimizer) if schedule else None)
    assert found == expected
    assert compiled.state() == eager.state()


OPTIMIZERS = {
    "SGD": lambda p, optim=optim: optim.SGD(p, lr=0.1),
    "SGD, momentum": lambda p, optim=optim: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1),
    "SGD, nesterov": lambda p, optim=optim: optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01
    ),
    "SGD, maximize": lambda p, optim=optim: optim.SGD(p, lr=0.01, maximize=True),
    "Adam": lambda p, optim=optim: optim.Adam(p, lr=0.05),
    "Adam, amsgrad": lambda p, optim=optim: optim.Adam(
        p, lr=0.05, amsgrad=True, weight_decay=0.1, betas=(0.8, 0.99)
    ),
    "AdamW": lambda p, optim=optim: optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "RMSprop": lambda p, optim=optim: optim.RMSprop(p, lr=0.05),
    "RMSprop, centered": lambda p, optim=optim: optim.RMSprop(
        p, lr=0.05, centered=True, momentum=0.5, weight_decay=0.1
    ),
    "Adagrad": lambda p, optim=optim: optim.Adagrad(p, lr=0.05, lr_decay=0.1, initial_accumulator_value=0.2),
    "Adadelta": lambda p, optim=optim: optim.Adadelta(p, weight_decay=0.1),
    "Adamax": lambda p, optim=optim: optim.Adamax(p, lr=0.05, weight_decay=0.1),
    "NAdam": lambda p, optim=optim: optim.NAdam(p, lr=0.05, weight_decay=0.1, decoupled_weight_decay=True),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_steps_of_the_eager_loop(name, backend):
    agree(backend, lambda: Setup(OPTIMIZERS[name]), steps=50 if backend == "llvm" else 12)


LOSSES = {
    "MSELoss": (nn.MSELoss, 1, None, TARGETS),
    "L1Loss": (nn.L1Loss, 1, None, TARGETS),
    "SmoothL1Loss": (lambda: nn.SmoothL1Loss(beta=0.3), 1, None, TARGETS),
    "HuberLoss": (lambda: nn.HuberLoss(delta=0.3), 1, None, TARGETS),
    "BCELoss": (nn.BCELoss, 1, nn.Sigmoid, TARGETS),
    "BCEWithLogitsLoss": (lambda: nn.BCEWithLogitsLoss(pos_weight=[2.0][0]), 1, None, TARGETS),
    "KLDivLoss": (nn.KLDivLoss, 1, nn.LogSigmoid, TARGETS),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss, 1, None, [1 - 2 * (y % 2) for y in CLASSES]),
    "CrossEntropyLoss": (nn.CrossEntropyLoss, 3, None, CLASSES),
    "CrossEntropyLoss, smoothed": (
        lambda: nn.CrossEntropyLoss(label_smoothing=0.1, weight=[1.0, 2.0, 0.5]),
        3,
        None,
        CLASSES,
    ),
    "NLLLoss": (nn.NLLLoss, 3, lambda: nn.LogSoftmax(dim=0), CLASSES),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains_as_in_the_eager_loop(name, backend):
    criterion, classes, final, ys = LOSSES[name]
    agree(backend, lambda: Setup(adam, criterion(), classes, final), ys=ys)


SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 3, 0.5),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, total_iters=8),
    "OneCycleLR, which cycles betas too": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=20),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_scheduler_changes_the_rate_as_in_the_eager_loop(name, backend):
    agree(backend, lambda: Setup(adam), schedule=SCHEDULES[name])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [1, 3, 4, 10, 99])
def test_mini_batches_come_in_order_and_the_last_may_be_smaller(size, backend):
    agree(backend, lambda: Setup(adam), batch_size=size)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_can_be_clipped_before_the_step(backend):
    def clip(model):
        nn.utils.clip_grad_norm_(model.parameters(), 0.05)

    agree(backend, lambda: Setup(adam), before_step=clip)


@pytest.mark.parametrize("backend", BACKENDS)
def test_groups_keep_their_own_options(backend):
    def groups(parameters):
        xs = values(parameters)
        return optim.AdamW([{"params": xs[4:9], "lr": 0.2}, {"params": [*xs[:4], *xs[9:]]}], lr=0.01)

    agree(backend, lambda: Setup(groups))


@pytest.mark.parametrize("backend", BACKENDS)
def test_groups_may_differ_in_what_their_formula_is(backend):
    def groups(parameters):
        xs = values(parameters)
        return optim.SGD(
            [
                {"params": xs[:3], "weight_decay": 0.1},
                {"params": xs[3:6]},
                {"params": xs[6:9], "momentum": 0.9, "nesterov": True},
                {"params": xs[9:11], "momentum": 0.9},
                {"params": xs[11:], "maximize": True},
            ],
            lr=0.01,
        )

    agree(backend, lambda: Setup(groups))


def test_the_loss_of_a_step_is_a_sum_divided_by_how_many_samples_there_are():
    """49 * (1 / 49) is not 1."""
    w = microgd.Value(1.0)
    loss = microgd.compile(lambda x: w * x, in_dims=0, reduce="mean", backend="python")
    assert microgd.compile(loss, optimizer=optim.SGD([w], lr=0.1))([1.0] * 49, steps=1) == [1.0]


def test_a_shuffled_round_sees_every_sample_once():
    seen = []
    w = microgd.Value(0.0)
    loss = microgd.compile(lambda x: w * 0.0 + x, in_dims=0, reduce="sum", backend="python")
    train = microgd.compile(loss, optimizer=optim.SGD([w], lr=0.1))
    seen = train([float(2**k) for k in range(6)], steps=6, batch_size=2, shuffle=True, seed=3)
    assert sum(seen[:3]) == sum(seen[3:]) == 63.0
    assert seen[:3] != seen[3:]
    assert seen == train([float(2**k) for k in range(6)], steps=6, batch_size=2, shuffle=True, seed=3)


# --- callbacks, interrupts, what may change on the way ------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_sees_the_model_of_its_step_and_may_stop(backend):
    whole = Setup(adam)
    expected = whole.eager(POINTS, TARGETS, 6)
    own = Setup(adam)
    seen = []

    def look(step, loss):
        seen.append((step, loss))
        return step == 6

    assert own.training(backend)(POINTS, TARGETS, steps=100, callback=look, every=3) == expected
    assert seen == [(3, expected[2]), (6, expected[5])]
    assert own.state() == whole.state()


def test_without_every_a_callback_is_called_after_each_step():
    seen = []
    Setup(adam).training("python")(POINTS, TARGETS, steps=5, callback=lambda step, loss: seen.append(step))
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("form", [lambda x: x, lambda x: [x, x], lambda x: (x, 1.0)])
def test_what_is_trained_returns_one_value(form):
    own = Setup(adam)
    loss = microgd.compile(lambda x, y: form(own.loss(x, y)), in_dims=(0, 0), backend="python")
    before = own.state()
    with pytest.raises(RuntimeError, match=r"must return one Value to be trained: give reduce='mean'"):
        microgd.compile(loss, optimizer=own.optimizer)(POINTS, TARGETS, steps=1)
    assert own.state() == before


def test_a_scheduler_is_not_told_that_there_was_no_step():
    own = Setup(adam)
    schedule = lr_scheduler.StepLR(own.optimizer, 3, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own.training("python")(POINTS, TARGETS, steps=2, scheduler=schedule)
        schedule.step()


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_callback_changes_holds_from_the_next_step_on(backend):
    def changed(own):
        own.model[0].weight[0][0].data = 1.0
        own.optimizer.param_groups[0]["lr"] = 0.5
        own.model[0].bias.requires_grad_(False)

    eager = Setup(adam)
    expected = eager.eager(POINTS, TARGETS, 4)
    changed(eager)
    expected += eager.eager(POINTS, TARGETS, 4)

    own = Setup(adam)

    def change(step, loss):
        if step == 4:
            changed(own)

    assert own.training(backend)(POINTS, TARGETS, steps=8, callback=change) == expected
    assert [x.data for x in values(own.model.parameters())] == [
        x.data for x in values(eager.model.parameters())
    ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_new_trace_on_the_way_keeps_the_order_of_the_batches(backend):
    plain, own = Setup(adam), Setup(adam)
    expected = plain.training(backend)(POINTS, TARGETS, steps=12, batch_size=3, shuffle=True, seed=5)
    modes = []

    def switch(step, loss):  # each mode has a trace of its own
        own.model.train(not own.model.training)
        modes.append(own.model.training)

    train = own.training(backend)
    assert train(POINTS, TARGETS, steps=12, batch_size=3, shuffle=True, seed=5, callback=switch) == expected
    assert own.state() == plain.state()
    assert set(modes) == {True, False}


class Stop(Exception):
    pass


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_after_an_error_the_model_is_as_after_a_whole_step(error, backend):
    whole = Setup(adam)
    whole.eager(POINTS, TARGETS, 3)
    own = Setup(adam)
    calls = []

    def fail():
        calls.append(None)
        if len(calls) == 4:  # in the middle of the fourth step
            raise error

    with pytest.raises(error):
        own.training(backend)(POINTS, TARGETS, steps=10, before_step=fail)
    assert [x.data for x in values(own.model.parameters())] == [
        x.data for x in values(whole.model.parameters())
    ]
    assert own.optimizer.state_dict() == whole.optimizer.state_dict()


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupt_at_any_line_leaves_a_whole_step(backend):
    def groups(parameters):
        xs = values(parameters)
        return optim.Adam([{"params": xs[:4]}, {"params": xs[4:], "lr": 0.1}])

    own = Setup(groups)
    train = own.training(backend)
    start = [x.data for x in values(own.model.parameters())]

    def after(steps):
        for x, number in zip(values(own.model.parameters()), start):
            x.data = number
        own.optimizer.state.clear()
        if steps:
            train(POINTS, TARGETS, steps=steps)

    def found():
        return repr(([x.data for x in values(own.model.parameters())], own.optimizer.state_dict()))

    whole = [(after(steps), found())[1] for steps in range(4)]
    seen, at = set(), 1
    after(0)
    while interrupted(lambda: train(POINTS, TARGETS, steps=3), at):
        assert found() in whole, at
        seen.add(whole.index(found()))
        after(0)
        at += 2
    assert seen == {0, 1, 2, 3}
    assert at > 1000


def test_parameters_of_others_do_not_change():
    own = Setup(adam)
    outside = microgd.Value(3.0)
    inner = own.loss
    own.loss = lambda x, y: inner(x, y) + outside * outside
    own.training("python")(POINTS, TARGETS, steps=3)
    assert outside.data == 3.0


def test_a_loss_without_arguments_can_be_trained():
    w = microgd.Value(1.0)
    train = microgd.compile(lambda: (w - 3.0) ** 2, optimizer=optim.SGD([w], lr=0.1), backend="python")
    v, losses = microgd.Value(1.0), []
    optimizer = optim.SGD([v], lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        loss = (v - 3.0) ** 2
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert train(steps=5) == losses
    assert (w.data, w.grad) == (v.data, v.grad)


def test_a_loss_that_becomes_nan_is_told():
    w = microgd.Value(-1.0)
    train = microgd.compile(lambda: w.log(), optimizer=optim.SGD([w], lr=0.1), backend="python")
    with pytest.warns(RuntimeWarning, match=r"the loss is nan from step 1 on"):
        assert math.isnan(train(steps=2)[0])


def test_an_optimizer_of_another_model_is_refused():
    own, other = Setup(adam), Setup(adam)
    own.optimizer = other.optimizer
    with pytest.raises(ValueError, match="uses none of the optimizer's parameters"):
        own.training("python")(POINTS, TARGETS, steps=1)


@pytest.mark.parametrize(("bad", "error"), [(3, IndexError), (-1, IndexError), (0.5, RuntimeError)])
def test_a_class_index_that_is_none_is_refused_before_the_first_step(bad, error):
    own = Setup(adam, nn.CrossEntropyLoss(), 3)
    before = own.state()
    with pytest.raises(error):
        own.training("python")(POINTS, [*CLASSES[:-1], bad], steps=1)
    assert own.state() == before


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2.5}, "batch_size=2.5"),
        ({"every": 0}, "every=0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Setup(adam).training("python")(POINTS, TARGETS, steps=1, **options)
