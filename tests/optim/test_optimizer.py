"""What all optimizers share: the loop, parameter groups, errors, saved states. Judged by torch.optim."""

import copy
import json
import math
import warnings

import numpy as np
import pytest
import torch

import microgd
from microgd import Value, nn, optim
from tests.interrupts import interrupted

LOSSES = [0.7836969494819641, 0.5015659928321838, 0.3210022449493408, 0.2054414004087448]
LOSSES += [0.13148249685764313, 0.0841488167643547, 0.05385523661971092, 0.034467339515686035]
LOSSES += [0.022059103474020958, 0.014117831364274025]
INPUTS, LABELS = [0.8, 0.4, 0.4, 0.2], [1.0, 0.0]


def trained(torch, nn, model):
    """The losses of the README's training script."""
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = criterion(model(torch.tensor(INPUTS)), torch.tensor(LABELS))
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


def test_the_training_script_follows_the_published_run():
    model = nn.Linear(4, 2)
    # Any weights whose outputs miss the labels by d, with mean(d²) the first loss, give the same run.
    miss = math.sqrt(LOSSES[0])
    model.weight.data = [[0.0] * 4] * 2
    model.bias.data = [LABELS[0] + miss, LABELS[1] - miss]
    assert trained(microgd, nn, model) == pytest.approx(LOSSES, rel=1e-6)


def test_the_training_script_follows_torch_in_float64_from_the_same_weights():
    microgd.manual_seed(7)
    model = nn.Linear(4, 2)
    other = torch.nn.Linear(4, 2, dtype=torch.float64)
    other.load_state_dict({k: torch.tensor(v, dtype=torch.float64) for k, v in model.state_dict().items()})
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        expected = trained(torch, torch.nn, other)
    finally:
        torch.set_default_dtype(before)
    assert trained(microgd, nn, model) == pytest.approx(expected, rel=1e-12)


def test_a_step_goes_down_the_gradient():
    w = Value(3.0)
    (w * w).backward()
    optim.SGD([w], lr=0.1).step()
    assert w.data == 3.0 - 0.1 * 6.0


def test_a_parameter_that_no_gradient_reached_stays_as_it_is():
    w, idle = Value(1.0), Value(5.0)
    optimizer = optim.SGD([w, idle], lr=0.5, weight_decay=0.1, momentum=0.9)
    (w * 2.0).backward()
    optimizer.step()
    assert idle.data == 5.0
    assert idle.grad is None
    assert list(optimizer.state) == [w]


def test_zero_grad_forgets_or_zeroes():
    w, idle = Value(1.0), Value(2.0)
    optimizer = optim.SGD([w, idle])
    (w * 2.0).backward()
    optimizer.zero_grad(set_to_none=False)
    assert (w.grad, idle.grad) == (0.0, None)
    optimizer.zero_grad()
    assert w.grad is None


def test_a_closure_computes_the_loss_that_step_returns():
    w = Value(1.0)
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1.0
    assert optimizer.step() is None
    assert w.data == pytest.approx(0.8 - 0.1 * 2.0)


# --- the same sentences as torch ----------------------------------------------------------------------


def refusals(make, leaf):
    """What each bad call raises: its kind and its text."""
    calls = {
        "negative lr": lambda: make([leaf()], lr=-0.1),
        "negative lr, no parameters": lambda: make([], lr=-0.1),
        "negative momentum": lambda: make([leaf()], momentum=-1.0),
        "negative weight decay": lambda: make([leaf()], weight_decay=-1.0),
        "nesterov without momentum": lambda: make([leaf()], nesterov=True),
        "nesterov with dampening": lambda: make([leaf()], nesterov=True, momentum=0.9, dampening=0.1),
        "no parameters": lambda: make([]),
        "no parameters left": lambda: make(x for x in ()),
        "a non-leaf": lambda: make([leaf() * 2.0]),
        "some names missing": lambda: make([("a", leaf()), leaf()]),
        "a set": lambda: make([{"params": {leaf()}}]),
        "in two groups": lambda: (lambda w: make([{"params": [w]}, {"params": w}]))(leaf()),
        "with and without names": lambda: make([{"params": [("a", leaf())]}, {"params": [leaf()]}]),
        "without and with names": lambda: make([{"params": [leaf()]}, {"params": [("a", leaf())]}]),
        "one of two in two groups": lambda: (lambda w: make([{"params": [w]}, {"params": [leaf(), w]}]))(
            leaf()
        ),
        "no dict": lambda: make([leaf()]).add_param_group([leaf()]),
        "other groups": lambda: make([leaf()]).load_state_dict({"param_groups": [], "state": {}}),
        "other sizes": lambda: make([leaf()]).load_state_dict(make([leaf(), leaf()]).state_dict()),
    }
    found = {}
    for name, call in calls.items():
        with pytest.raises((ValueError, TypeError)) as caught:
            call()
        found[name] = (caught.type, str(caught.value))
    return found


def test_bad_input_is_refused_with_the_words_of_torch():
    ours = refusals(optim.SGD, lambda: Value(1.0))
    theirs = refusals(torch.optim.SGD, lambda: torch.tensor(1.0, requires_grad=True))
    for name, (kind, text) in theirs.items():
        assert ours[name][0] is kind, name
        assert ours[name][1].startswith(text), name


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ([1.0], "one of the params is float"),
        (["w"], "one of the params is str"),
        ([[Value(1.0)]], "one of the params is list"),
        ([torch.tensor(1.0)], "one of the params is Tensor"),
        (Value(1.0), "should be an iterable"),
    ],
)
def test_only_values_can_be_optimized(params, words):
    with pytest.raises(TypeError, match=words):
        optim.SGD(params)


def test_a_group_that_is_refused_changes_nothing():
    w = Value(1.0)
    optimizer = optim.SGD([w])
    for bad in ({"params": [w]}, {"params": [Value(2.0)], "lr": -1.0}, {"params": [w * 2.0]}):
        with pytest.raises(ValueError, match=r"parameter|learning rate|non-leaf"):
            optimizer.add_param_group(bad)
    assert len(optimizer.param_groups) == 1
    assert set(bad) == {"params"}


def test_a_parameter_twice_in_a_group_is_warned_of_and_taken_once():
    w = Value(1.0)
    with pytest.warns(UserWarning, match="duplicate parameters") as caught:
        optimizer = optim.SGD([w, w, Value(2.0)], lr=0.5)
    assert caught[0].filename == __file__
    w.grad = 1.0
    optimizer.step()
    assert w.data == 0.5
    assert len(optimizer.param_groups[0]["params"]) == 2
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = optim.SGD([("a", w), ("b", w), ("c", Value(2.0))])
    assert optimizer.param_groups[0]["param_names"] == ["b", "c"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optim.SGD([Value(1.0), Value(1.0)])


# --- groups -------------------------------------------------------------------------------------------


def test_groups_have_options_of_their_own():
    a, b = Value(1.0), Value(1.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    (a + b).backward()
    optimizer.step()
    assert (a.data, b.data) == (0.9, 0.5)


def test_of_values_that_are_given_one_by_one_each_is_stepped_for_itself():
    w = microgd.tensor([1.0, 2.0], requires_grad=True)
    alone, together = optim.SGD(list(w), lr=1.0, weight_decay=0.5), optim.SGD([w], lr=1.0, weight_decay=0.5)
    w[0].backward()
    alone.step()
    assert w.tolist() == [-0.5, 2.0]
    together.step()
    assert w.tolist() == [-1.25, 1.0]
    w.requires_grad_(False)[0].requires_grad_()
    together.step()
    assert w.tolist() == [-1.625, 1.0]  # a frozen element stays


def test_parameters_are_taken_from_modules_tensors_and_names():
    model = nn.Linear(2, 1)
    groups = [{"params": model.weight}, {"params": model.bias}]
    for params in (model.parameters(), [model.weight, model.bias], groups):
        groups = optim.SGD(params).param_groups
        assert [id(x) for group in groups for x in group["params"]] == [id(model.weight), id(model.bias)]
    (group,) = optim.SGD(model.named_parameters()).param_groups
    assert group["param_names"] == ["weight", "bias"]


def test_a_part_beside_its_whole_is_trained_once():
    w = microgd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = optim.SGD([w, w[0]], lr=1.0)
    w.sum().backward()
    optimizer.step()
    assert w.tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": w}, {"params": w[0]}])


def as_in_the_tutorials(kit):
    """An optimizer of one's own, which steps whole tensors."""

    class Momentum(kit.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @kit.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["v"] = kit.zeros_like(p)
                    state["v"].mul_(0.9).add_(p.grad)
                    p.add_(state["v"], alpha=-group["lr"])

    return Momentum


def test_an_optimizer_of_ones_own_is_written_as_for_pytorch():
    found = []
    for kit in (microgd, torch):
        kind = {"dtype": kit.float64}
        w = kit.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, **kind)
        unused, Momentum = kit.tensor([1.0], requires_grad=True, **kind), as_in_the_tutorials(kit)
        optimizer = Momentum([w, unused])
        for step in range(4):
            if step == 2:  # stopped, and taken up again
                saved = optimizer.state_dict()
                optimizer = Momentum([w, unused], lr=7.0)
                optimizer.load_state_dict(saved)
            optimizer.zero_grad()
            (w**4).sum().backward()
            optimizer.step()
        found.append([w.tolist(), unused.tolist(), optimizer.state[w]["v"].tolist(), len(optimizer.state)])
    assert found[0][3] == found[1][3] == 1
    assert all(np.allclose(x, y, rtol=1e-13) for x, y in zip(*found))


def test_repr_lists_the_options_as_torch_does():
    ours = repr(optim.SGD([{"params": [Value(1.0)]}, {"params": [Value(1.0)], "lr": 0.5}], lr=0.1))
    one = torch.nn.Parameter(torch.tensor(1.0))
    two = torch.nn.Parameter(torch.tensor(1.0))
    theirs = repr(torch.optim.SGD([{"params": [one]}, {"params": [two], "lr": 0.5}], lr=0.1))
    elsewhere = ("foreach", "differentiable", "fused")
    kept = [line for line in theirs.splitlines() if not line.strip().startswith(elsewhere)]
    assert ours.splitlines() == kept


# --- saved states -------------------------------------------------------------------------------------


def stepped(make, *starts):
    """An optimizer after a step with every gradient 1."""
    params = [Value(x) for x in starts]
    optimizer = make(params)
    microgd.sum(params).backward()
    optimizer.step()
    return optimizer


def test_a_state_dict_has_the_layout_of_torch():
    optimizer = stepped(
        lambda p: optim.SGD([{"params": p[:1]}, {"params": p[1:]}], momentum=0.9), 1.0, 2.0, 3.0
    )
    state = optimizer.state_dict()
    assert state["state"] == {i: {"momentum_buffer": 1.0} for i in range(3)}
    assert [group["params"] for group in state["param_groups"]] == [[0], [1, 2]]
    assert stepped(optim.SGD, 1.0).state_dict()["state"] == {}


def test_a_state_dict_is_a_snapshot():
    optimizer = stepped(optim.Adam, 1.0)
    state = optimizer.state_dict()
    before = json.dumps(state)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 7.0
    assert json.dumps(state) == before


def spoiled(**changes):
    state = stepped(optim.Adam, 1.0, 2.0).state_dict()
    for path, x in changes.items():
        if path == "option":
            del state["param_groups"][0][x]
        elif path == "entry":
            del state["state"][0][x]
        elif path == "group":
            state["param_groups"][0].update(x)
        else:
            state["state"].update(x)
    return state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (spoiled(option="betas"), "without the option betas: it has"),
        (spoiled(entry="exp_avg"), "state of parameter 0 without the entry exp_avg: it has step"),
        (spoiled(group={"lr": -1.0}), "Invalid learning rate: -1.0"),
        (spoiled(group={"params": [0]}), "1 parameters, and it has 2"),
        (spoiled(state={7: {"step": 1.0}}), r"parameter 7, and its groups have parameters \[0, 1\]"),
        (spoiled(group={"amsgrad": True}), "without the entry max_exp_avg_sq"),
        (
            spoiled(state={1: {"step": 1.0, "exp_avg": "x", "exp_avg_sq": 0.0}}),
            "a state of parameter 1 whose exp_avg is no number, but 'x'",
        ),
        (
            spoiled(state={1: {"step": 1.0, "exp_avg": [0.0, 1.0], "exp_avg_sq": 0.0}}),
            r"a state of parameter 1 whose exp_avg has the shape \(2,\), and the parameter \(\)",
        ),
        ({"param_groups": []}, "loaded state dict without the entry state: it has param_groups"),
        ({"state": {}}, "without the entry param_groups: it has state"),
        ({}, "without the entry state, param_groups: it has none"),
        ([], r"loaded state dict that is no dict: \[\]"),
        ({"state": {}, "param_groups": [3]}, "a parameter group that is no dict: 3"),
        (spoiled(state={0: 3.0}), "a state of parameter 0 that is no dict: 3.0"),
        (spoiled(state={"one": {}}), r"a state for parameter one, and its groups have parameters \[0, 1\]"),
        (spoiled(option="params"), "a parameter group without the option params"),
        (spoiled(group={"lr": "x"}), "an option lr like 0.001 that is 'x'"),
        (spoiled(group={"lr": True}), "an option lr like 0.001 that is True"),
        (spoiled(group={"lr": math.nan}), "an option lr like 0.001 that is nan"),
        (spoiled(group={"lr": None}), "an option lr like 0.001 that is None"),
        (spoiled(group={"betas": [0.9]}), r"an option betas like \(0.9, 0.999\) that is \[0.9\]"),
        (spoiled(group={"betas": 0.9}), "that is 0.9"),
        (spoiled(group={"betas": [0.9, "x"]}), r"that is \[0.9, 'x'\]"),
        (spoiled(group={"betas": [0.9, 1.5]}), "Invalid beta parameter at index 1: 1.5"),
        (spoiled(group={"amsgrad": 1}), "an option amsgrad like False that is 1"),
        *[
            (spoiled(state={1: {"step": step, "exp_avg": 0.0, "exp_avg_sq": 0.0}}), "counts no steps")
            for step in (math.nan, math.inf, -1.0, 0.5, None)
        ],
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, words):
    optimizer = stepped(optim.Adam, 1.0, 2.0)
    before = json.dumps(optimizer.state_dict())
    with pytest.raises(ValueError, match=words):
        optimizer.load_state_dict(state)
    assert json.dumps(optimizer.state_dict()) == before


def test_a_state_of_torch_can_be_loaded():
    w, v = torch.tensor(1.0, dtype=torch.float64, requires_grad=True), Value(1.0)
    theirs, ours = torch.optim.SGD([w], lr=0.1, momentum=0.9), optim.SGD([v], lr=0.5)
    w.grad = torch.tensor(2.0, dtype=torch.float64)
    theirs.step()
    state = theirs.state_dict()
    state["state"] = {i: {k: x.item() for k, x in s.items()} for i, s in state["state"].items()}
    ours.load_state_dict(state)
    v.data, v.grad = w.item(), 2.0
    theirs.step()
    ours.step()
    assert v.data == pytest.approx(w.item(), rel=1e-15)


def test_a_state_of_torchs_layers_can_be_loaded_and_gives_the_same_steps():
    ours, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2).double()
    ours.load_state_dict(theirs.state_dict())
    mine, other = optim.Adam(ours.parameters()), torch.optim.Adam(theirs.parameters(), lr=0.1)
    for step in range(4):
        if step == 2:
            mine.load_state_dict(other.state_dict())
            ours.load_state_dict(theirs.state_dict())
        for model, kit, optimizer in ((ours, microgd, mine), (theirs, torch, other)):
            optimizer.zero_grad()
            model(kit.tensor([1.0, 2.0, -1.0], dtype=kit.float64)).pow(2).sum().backward()
            optimizer.step()
    assert ours.weight.tolist() == [pytest.approx(row, rel=1e-13) for row in theirs.weight.tolist()]


def test_names_stay_where_a_state_has_none():
    optimizer = optim.SGD([("w", Value(1.0))], lr=0.5)
    optimizer.load_state_dict(optim.SGD([Value(1.0)], lr=0.25).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["w"]
    assert optimizer.param_groups[0]["lr"] == 0.25
    optimizer.load_state_dict(optim.SGD([("v", Value(1.0))]).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["v"]


def test_an_optimizer_is_copied_with_its_parameters():
    optimizer = stepped(optim.Adam, 1.0, 2.0)
    twin = copy.deepcopy(optimizer)
    (x, _), (y, _) = (o.param_groups[0]["params"] for o in (optimizer, twin))
    assert x is not y
    assert twin.state[y] == optimizer.state[x]
    optimizer.step()
    assert y.data != x.data


def test_adagrad_starts_from_its_initial_sum_in_groups_added_later():
    optimizer = optim.Adagrad([Value(1.0)], initial_accumulator_value=3.0)
    optimizer.add_param_group({"params": [Value(2.0)]})
    assert [state["sum"] for state in optimizer.state.values()] == [3.0, 3.0]


RANGES = [
    (name, option)
    for name in ("Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam")
    for option in getattr(optim, name)([Value(1.0)]).defaults
    if option
    in ("lr", "eps", "weight_decay", "momentum", "alpha", "lr_decay", "betas", "rho", "momentum_decay")
]


@pytest.mark.parametrize(("name", "option"), RANGES)
def test_options_out_of_range_are_refused_with_the_words_of_torch(name, option):
    other = torch.nn.Parameter(torch.tensor(1.0))
    bad = (0.9, 1.0) if option == "betas" else -0.5
    with pytest.raises(ValueError, match="Invalid") as theirs:
        getattr(torch.optim, name)([other], **{option: bad})
    with pytest.raises(ValueError, match="Invalid") as ours:
        getattr(optim, name)([Value(1.0)], **{option: bad})
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("eps", [0.0, 1e-8])
@pytest.mark.parametrize("gradient", [0.0, 1e200, math.inf, math.nan])
@pytest.mark.parametrize(
    "name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam"]
)
def test_extreme_gradients_lead_where_torch_goes(name, gradient, eps):
    options = {} if name == "SGD" else {"eps": eps}
    w, v = torch.tensor(1.0, dtype=torch.float64, requires_grad=True), Value(1.0)
    theirs, ours = getattr(torch.optim, name)([w], **options), getattr(optim, name)([v], **options)
    for _ in range(3):
        w.grad, v.grad = torch.tensor(gradient, dtype=torch.float64), gradient
        theirs.step()
        ours.step()
        assert v.data == pytest.approx(w.item(), rel=1e-12, nan_ok=True)


# --- all or nothing -----------------------------------------------------------------------------------


def whole(optimizer):
    """All that a step changes. A state before the first step counts as none."""
    numbers = [x.data for group in optimizer.param_groups for x in group["params"]]
    states = optimizer.state_dict()["state"].values()
    return [
        numbers,
        [s for s in states if s.get("step") != 0.0 and s.get("momentum_buffer", 0.0) is not None],
    ]


MAKERS = {
    "SGD": lambda p: optim.SGD([{"params": p[:2]}, {"params": p[2:], "lr": 0.5}], momentum=0.9),
    "Adam": lambda p: optim.Adam([{"params": p[:2]}, {"params": p[2:], "lr": 0.5}], amsgrad=True),
    "RMSprop": lambda p: optim.RMSprop(p, centered=True, momentum=0.9),
    "Adagrad": lambda p: optim.Adagrad(p),
    "Adam without eps": lambda p: optim.Adam(p, eps=0.0),  # divides by 0
}


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("opcodes", [False, True], ids=["lines", "operations"])
@pytest.mark.parametrize("name", MAKERS)
def test_an_interrupt_leaves_a_whole_step_or_none(name, opcodes, steps):
    def start():
        params = [Value(x) for x in (1.0, 2.0, 3.0)]
        optimizer = MAKERS[name](params)
        for _ in range(steps):
            for x, g in zip(params, (0.5, 0.0, -1.0), strict=True):
                x.grad = g
            optimizer.step()
        for x, g in zip(params, (0.25, 0.0, None), strict=True):
            x.grad = g
        return optimizer

    optimizer = start()
    before = json.dumps(whole(optimizer))
    optimizer.step()
    after = json.dumps(whole(optimizer))
    at, seen = 1, []
    optimizer = start()
    while interrupted(optimizer.step, at, opcodes):
        seen.append(json.dumps(whole(optimizer)))
        assert seen[-1] in (before, after), at
        if seen[-1] == after or steps == 0:
            optimizer = start()
        at += 1 if at < 300 or not opcodes else 7
    assert seen.count(before) > 20
    assert json.dumps(whole(optimizer)) == after


def test_an_error_in_a_step_changes_nothing():
    w, v = Value(1.0), Value(2.0)
    optimizer = optim.Adam([{"params": [w]}, {"params": [v]}])
    w.grad = v.grad = 1.0
    optimizer.step()
    before = json.dumps(whole(optimizer))
    optimizer.param_groups[1]["betas"] = (0.9, "x")
    with pytest.raises(TypeError):
        optimizer.step()
    assert json.dumps(whole(optimizer)) == before


@pytest.mark.parametrize("opcodes", [False, True], ids=["lines", "operations"])
def test_an_interrupt_leaves_a_whole_optimizer_state_or_none(opcodes):
    other = stepped(lambda p: optim.Adam(p, lr=0.5), 1.0, 2.0)
    other.step()  # so that not only the options differ
    saved = other.state_dict()
    optimizer = stepped(optim.Adam, 1.0, 2.0)
    before, after, at = json.dumps(optimizer.state_dict()), json.dumps(saved), 1
    while interrupted(lambda: optimizer.load_state_dict(saved), at, opcodes):
        assert json.dumps(optimizer.state_dict()) in (before, after)
        at += 1 if not opcodes else 3
    assert json.dumps(optimizer.state_dict()) == after
    assert at > 30


def test_an_option_that_is_turned_on_later_starts_from_its_initial_state():
    optimizer = stepped(lambda p: optim.RMSprop(p, momentum=0.0), 1.0)
    optimizer.param_groups[0]["momentum"] = 0.9
    optimizer.step()
    (state,) = optimizer.state_dict()["state"].values()
    assert state["step"] == 2.0
    assert state["momentum_buffer"] > 0.0


def test_parameters_of_one_group_may_have_taken_different_numbers_of_steps():
    one, other = optim.Adam([w := Value(1.0), v := Value(1.0)]), optim.Adam([u := Value(1.0)])
    for step in range(3):
        w.grad, v.grad, u.grad = 1.0, 1.0 if step else None, 1.0
        one.step()
        if step:
            other.step()
    assert v.data == u.data != w.data
    assert [state["step"] for state in one.state.values()] == [3.0, 2.0]


def test_an_optimizer_of_ones_own_is_a_formula():
    class Signed(optim.Optimizer):
        """The sign of the gradient, which is 0 / 0 at 0; and how often it has been asked."""

        def initial_state(self, group):
            return {"asked": None, "last": 7.0}

        def formula(self, group, t, sqrt):
            def update(x, g, state):
                state["asked"] = 1.0 if state["asked"] is None else state["asked"] + 1.0
                state["last"] = g
                return x - group["lr"] * g / sqrt(g * g)

            return update

    params = [Value(1.0), Value(2.0), Value(3.0)]
    optimizer = Signed(params, {"lr": 0.5})
    for x, g in zip(params, (-4.0, 0.0, math.inf), strict=True):
        x.grad = g
    optimizer.step()
    assert params[0].data == 1.5
    assert math.isnan(params[1].data)
    assert math.isnan(params[2].data)
    assert [state["asked"] for state in optimizer.state.values()] == [1.0, 1.0, 1.0]
    assert [state["last"] for state in optimizer.state.values()] == [-4.0, 0.0, math.inf]
    assert all(type(state["last"]) is float for state in optimizer.state.values())
    with pytest.raises(NotImplementedError):
        optim.Optimizer(params, {}).step()


def test_an_optimizer_that_remembers_nothing_is_at_its_first_step():
    times = []

    class Plain(optim.Optimizer):
        def formula(self, group, t, sqrt):
            times.append(t)
            return lambda x, g, state: x - g

    w = Value(5.0)
    optimizer = Plain([w], {})
    for _ in range(2):
        w.grad = 1.0
        optimizer.step()
    assert w.data == 3.0
    assert times == [1.0, 1.0]
    assert optimizer.state == {w: {}}


def test_a_root_below_zero_is_nan():
    w = Value(1.0)
    optimizer = optim.RMSprop([w], centered=True, alpha=0.5)
    optimizer.state[w] = {"step": 1.0, "square_avg": 0.0, "grad_avg": 10.0}
    w.grad = 1.0
    optimizer.step()
    assert math.isnan(w.data)
    assert optimizer.state[w] == {"step": 2.0, "square_avg": 0.5, "grad_avg": 5.5}


def test_numbers_stay_floats_whatever_the_options_are():
    w = Value(1.0)
    w.grad = 2.0
    optim.SGD([w], lr=np.float64(0.5)).step()
    assert type(w.data) is float
    assert w.data == 0.0
