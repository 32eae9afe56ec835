"""What is refused, warned of and saved by schedulers; that they follow torch is in test_parity."""

import json
import warnings

import pytest
import torch

from microgd import Value, optim
from microgd.optim import lr_scheduler


def ours(**options):
    return optim.SGD([{"params": [Value(1.0)]}, {"params": [Value(1.0)]}], **{"lr": 0.1, **options})


def theirs(**options):
    groups = [{"params": [torch.nn.Parameter(torch.tensor(1.0))]} for _ in range(2)]
    return torch.optim.SGD(groups, **{"lr": 0.1, **options})


def refusals(module, make, adagrad):
    """What each bad call raises: its kind and its text."""
    calls = {
        "no optimizer": lambda: module.StepLR(1.0, 3),
        "no optimizer, plateau": lambda: module.ReduceLROnPlateau(1.0),
        "resumed without initial_lr": lambda: module.StepLR(make(), 3, last_epoch=4),
        "start_factor": lambda: module.LinearLR(make(), start_factor=0.0),
        "end_factor": lambda: module.LinearLR(make(), end_factor=1.5),
        "lambdas": lambda: module.LambdaLR(make(), [float] * 3),
        "cycle of no length": lambda: module.OneCycleLR(make(), 0.1),
        "cycle of length 0": lambda: module.OneCycleLR(make(), 0.1, total_steps=0),
        "no epochs": lambda: module.OneCycleLR(make(), 0.1, epochs=0, steps_per_epoch=5),
        "no steps": lambda: module.OneCycleLR(make(), 0.1, epochs=5, steps_per_epoch=-1),
        "pct_start": lambda: module.OneCycleLR(make(), 0.1, total_steps=9, pct_start=1.5),
        "strategy": lambda: module.OneCycleLR(make(), 0.1, total_steps=9, anneal_strategy="up"),
        "max_lrs": lambda: module.OneCycleLR(make(), [0.1], total_steps=9),
        "no momentum": lambda: module.OneCycleLR(adagrad(), 0.1, total_steps=9),
        "factor": lambda: module.ReduceLROnPlateau(make(), factor=1.0),
        "mode": lambda: module.ReduceLROnPlateau(make(), mode="up"),
        "threshold_mode": lambda: module.ReduceLROnPlateau(make(), threshold_mode="up"),
        "no schedulers": lambda: module.SequentialLR(make(), [], []),
        "no scheduler": lambda: module.SequentialLR(make(), [1.0], []),
        "milestones": lambda: (lambda o: module.SequentialLR(o, [module.StepLR(o, 2)], [3]))(make()),
        "a plateau in a sequence": lambda: (
            lambda o: module.SequentialLR(o, [module.ReduceLROnPlateau(o)], [])
        )(make()),
    }
    found = {}
    for name, call in calls.items():
        with pytest.raises((ValueError, TypeError, KeyError)) as caught:
            call()
        found[name] = (caught.type, caught.value.args[0])
    return found


def test_bad_input_is_refused_with_the_words_of_torch():
    mine = refusals(lr_scheduler, ours, lambda: optim.Adagrad([Value(1.0)]))
    other = refusals(
        torch.optim.lr_scheduler,
        theirs,
        lambda: torch.optim.Adagrad([torch.nn.Parameter(torch.tensor(1.0))]),
    )
    for name, (kind, text) in other.items():
        assert mine[name][0] is kind, name
        assert mine[name][1][:60] == text[:60], name


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.StepLR(o, 0),
        lambda o: lr_scheduler.StepLR(o, 2.5),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 0),
    ],
)
def test_a_period_that_is_no_positive_integer_is_refused_at_once(make):
    with pytest.raises(ValueError, match="Expected positive integer"):
        make(ours())


def test_schedulers_of_different_optimizers_make_no_sequence():
    with pytest.raises(ValueError, match="belong to the same optimizer"):
        lr_scheduler.SequentialLR(ours(), [lr_scheduler.StepLR(ours(), 2)], [])


def test_a_step_too_many_in_a_cycle_is_refused():
    optimizer = ours(momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3)
    optimizer.step()
    for _ in range(3):
        scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 4 times"):
        scheduler.step()


def test_a_scheduler_stepped_before_its_optimizer_warns():
    optimizer = ours()
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        lr_scheduler.StepLR(optimizer, 2).step()
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lr_scheduler.StepLR(optimizer, 2).step()


def test_a_plateau_is_told_a_number_or_a_loss():
    optimizer = ours()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    for loss in (1.0, Value(1.0), 1):
        scheduler.step(loss)
    assert scheduler.get_last_lr() == [0.025, 0.025]


def test_the_attributes_of_a_callable_are_saved():
    class Decay:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, epoch):
            return self.rate**epoch

    scheduler = lr_scheduler.LambdaLR(ours(), [Decay(0.5), lambda epoch: 1.0])
    state = json.loads(json.dumps(scheduler.state_dict()))
    assert state["lr_lambdas"] == [{"rate": 0.5}, None]
    again = lr_scheduler.LambdaLR(ours(), [Decay(0.1), lambda epoch: 1.0])
    again.load_state_dict(state)
    assert again.lr_lambdas[0].rate == 0.5


def sequence(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer), lr_scheduler.StepLR(optimizer, 3)]
    return lr_scheduler.SequentialLR(optimizer, parts, [5])


def test_a_sequence_resumed_from_a_saved_state_goes_on():
    first, second = ours(), ours()
    one, two = sequence(first), sequence(second)
    first.step()
    second.step()
    for _ in range(4):
        one.step()
    saved = json.loads(json.dumps([first.state_dict(), one.state_dict()]))
    second.load_state_dict(saved[0])
    two.load_state_dict(saved[1])
    for _ in range(10):
        one.step()
        two.step()
        assert one.get_last_lr() == two.get_last_lr()


@pytest.mark.parametrize("make", [lambda o: lr_scheduler.StepLR(o, 2), sequence])
def test_a_state_that_does_not_fit_changes_nothing(make):
    scheduler = make(ours())
    before = json.dumps(scheduler.state_dict())
    bad = lr_scheduler.ExponentialLR(ours(), 0.9).state_dict()
    worse = {**scheduler.state_dict(), "_schedulers": [bad, bad]}
    with pytest.raises(KeyError, match="this one only"):
        scheduler.load_state_dict(bad)
    if "_schedulers" in scheduler.state_dict():
        with pytest.raises(KeyError, match="start_factor"):
            scheduler.load_state_dict(worse)
    assert json.dumps(scheduler.state_dict()) == before


@pytest.mark.parametrize("name", ["StepLR", "MultiStepLR", "OneCycleLR", "ReduceLROnPlateau"])
def test_a_state_of_torch_can_be_loaded(name):
    options = {
        "StepLR": {"step_size": 3},
        "MultiStepLR": {"milestones": [2, 2, 9]},
        "OneCycleLR": {"max_lr": 0.3, "total_steps": 20},
        "ReduceLROnPlateau": {"patience": 1},
    }[name]
    first, second = theirs(momentum=0.9), ours(momentum=0.9)
    one = getattr(torch.optim.lr_scheduler, name)(first, **options)
    two = getattr(lr_scheduler, name)(second, **options)
    first.step()
    second.step()
    given = () if name != "ReduceLROnPlateau" else (1.0,)
    for _ in range(4):
        one.step(*given)
    second.load_state_dict(first.state_dict())
    two.load_state_dict(one.state_dict())
    for _ in range(8):
        one.step(*given)
        two.step(*given)
        assert two.get_last_lr() == pytest.approx(one.get_last_lr(), rel=1e-12)


@pytest.mark.parametrize("min_lr", [0.02, [0.02, 0.03]])
def test_a_group_that_is_added_gets_the_same_least_lr_or_an_error(min_lr):
    outcomes = []
    for module, make, leaf in (
        (lr_scheduler, ours, lambda: Value(1.0)),
        (torch.optim.lr_scheduler, theirs, lambda: torch.nn.Parameter(torch.tensor(1.0))),
    ):
        optimizer = make()
        scheduler = module.ReduceLROnPlateau(optimizer, patience=0, factor=0.1, min_lr=min_lr)
        optimizer.add_param_group({"params": [leaf()]})
        scheduler.step(1.0)
        try:
            scheduler.step(1.0)
            outcomes.append([scheduler.get_last_lr(), scheduler.min_lrs])
        except RuntimeError as error:
            outcomes.append(str(error)[:60])
    assert outcomes[0] == outcomes[1]


def test_a_plateau_cools_down_and_can_be_sent_to_an_epoch():
    one, two = (
        module.ReduceLROnPlateau(make(), patience=0, cooldown=2)
        for module, make in ((lr_scheduler, ours), (torch.optim.lr_scheduler, theirs))
    )
    for loss in (1.0, 1.0, 1.0, 0.5, 0.5, 0.5):
        one.step(loss)
        two.step(loss)
        assert (one.in_cooldown, one.last_epoch) == (two.in_cooldown, two.last_epoch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one.step(0.5, 40)
        two.step(0.5, 40)
    assert one.last_epoch == two.last_epoch == 40


@pytest.mark.parametrize(
    "options",
    [
        {"start_factor": 1.0, "end_factor": 0.0},
        {"start_factor": 1e-9, "end_factor": 1.0},
        {"start_factor": 0.5, "end_factor": 0.5, "total_iters": 1},
    ],
)
def test_the_ends_of_the_ranges_of_a_linear_schedule_are_allowed(options):
    one = lr_scheduler.LinearLR(ours(), **options)
    two = torch.optim.lr_scheduler.LinearLR(theirs(), **options)
    for _ in range(8):
        assert one.get_last_lr() == pytest.approx(two.get_last_lr(), rel=1e-12)
        one.optimizer.step()
        two.optimizer.step()
        one.step()
        two.step()


@pytest.mark.parametrize("options", [{"start_factor": 1.1}, {"start_factor": -0.1}, {"end_factor": -0.1}])
def test_factors_beyond_the_ranges_of_a_linear_schedule_are_refused(options):
    with pytest.raises(ValueError, match="multiplicative factor expected to be"):
        lr_scheduler.LinearLR(ours(), **options)


@pytest.mark.parametrize("pct_start", [1, 0, -0.1, "0.3"])
def test_the_part_of_a_cycle_that_goes_up_is_a_float(pct_start):
    with pytest.raises(ValueError, match="Expected float between 0 and 1 pct_start"):
        lr_scheduler.OneCycleLR(ours(momentum=0.9), 0.1, total_steps=9, pct_start=pct_start)


def test_a_cycle_without_momentum_leaves_the_momentum_alone():
    optimizer = ours(momentum=0.9)
    lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=9, cycle_momentum=False)
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]
    assert "max_momentum" not in optimizer.param_groups[0]
    adagrad = optim.Adagrad([Value(1.0)])
    lr_scheduler.OneCycleLR(adagrad, 0.1, total_steps=9, cycle_momentum=False)
    assert adagrad.param_groups[0]["lr"] == pytest.approx(0.1 / 25.0)


def test_warnings_name_the_line_of_the_user():
    scheduler = lr_scheduler.StepLR(ours(), 2)
    with pytest.warns(UserWarning, match="before") as caught:
        scheduler.step()
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="The epoch parameter") as caught:
        scheduler.step(5)
    assert caught[0].filename == __file__


def test_states_of_other_numbers_of_parts_are_refused():
    scheduler = lr_scheduler.LambdaLR(ours(), float)
    state = scheduler.state_dict()
    with pytest.raises(ValueError, match="states of 1 lr_lambdas for 2 of them"):
        scheduler.load_state_dict({**state, "lr_lambdas": [None]})
    scheduler = sequence(ours())
    state = scheduler.state_dict()
    with pytest.raises(ValueError, match="states of 1 schedulers for 2 of them"):
        scheduler.load_state_dict({**state, "_schedulers": state["_schedulers"][:1]})
    assert scheduler.state_dict() == state


def test_a_schedule_of_ones_own_needs_get_lr():
    with pytest.raises(NotImplementedError):
        lr_scheduler.LRScheduler(ours())

    class Halved(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base * 0.5**self.last_epoch for base in self.base_lrs]

    scheduler = Halved(ours())
    scheduler.optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.05, 0.05]
    with pytest.warns(UserWarning, match="deprecated"):
        scheduler.step(3)
    assert scheduler.get_last_lr() == [0.0125, 0.0125]
