"""LBFGS: the line search by its own promise, the steps beside torch's, and whole steps or none."""

import json
import math

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, optim
from microgd.optim.line_search import C1, C2, MOST, Line, Point, strong_wolfe
from tests.interrupts import interrupted
from tests.optim.cases import LBFGS
from tests.strategies import examples

XS = [i / 5 for i in range(8)]
YS = [2.0 * math.exp(-1.3 * x) + 0.1 * math.sin(9.0 * x) for x in XS]


def rosenbrock(kit, x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def bowl(kit, x, y):
    return 3.0 * ((x - 1.0) ** 2).sum() + (y - 2.0) ** 2 + 0.3 * x[0] * y


def fit(kit, a, b, c):
    return sum((a * kit.exp(-b * x) + c - y) ** 2 for x, y in zip(XS, YS, strict=True))


def waves(kit, x):
    return (kit.sin(3.0 * x) + x**2).sum() + 0.1 * (x[0] * x[1]).sum()


PROBLEMS = {
    "rosenbrock": (rosenbrock, [[-1.2, 1.0]]),
    "bowl": (bowl, [[0.0, 5.0, 2.0], 1.0]),
    "fit": (fit, [1.0, 1.0, 0.0]),
    "waves": (waves, [[[0.3, 2.0], [-1.0, 0.1]]]),
}


class Side:
    """A problem, its parameters, and what was seen of them at each call of the closure."""

    def __init__(self, kit, loss, starts, options):
        self.kit, self.loss = kit, loss
        self.params = [kit.tensor(x, dtype=kit.float64, requires_grad=True) for x in starts]
        self.optimizer = kit.optim.LBFGS(self.params, **options)
        self.seen = []

    def numbers(self):
        return [x for p in self.params for x in p.detach().flatten().tolist()]

    def closure(self):
        self.optimizer.zero_grad()
        loss = self.loss(self.kit, *self.params)
        loss.backward()
        self.seen.append([loss.item(), *self.numbers()])
        return loss

    def step(self):
        return self.optimizer.step(self.closure).item()


def alone(problem, **options):
    return Side(microgd, *PROBLEMS[problem], options)


def both(problem, **options):
    return alone(problem, **options), Side(torch, *PROBLEMS[problem], options)


# --- the line search ----------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.floats(-2.0, 2.0), st.floats(0.1, 3.0)), min_size=1, max_size=4),
    st.floats(0.2, 5.0),
    st.floats(1e-3, 1e2),
)
def test_a_length_that_is_found_in_time_meets_both_conditions(waves, curvature, first):
    tried = []

    def at(t):
        loss = curvature * (t - 3.0) ** 2 + sum(a * math.sin(w * t) for a, w in waves)
        partial = 2.0 * curvature * (t - 3.0) + sum(a * w * math.cos(w * t) for a, w in waves)
        tried.append(t)
        return Point(t, loss, [partial], partial)

    start = at(0.0)
    if start.partial < -1e-3:
        found = strong_wolfe(at, start, first, 1.0)
        assert found.t in tried
        assert len(tried) <= MOST + 2
        if len(tried) < MOST + 2:
            assert found.loss <= start.loss + C1 * found.t * start.partial
            assert abs(found.partial) <= -C2 * start.partial


@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_no_more_lengths_are_tried_than_are_allowed(most):
    x = Value(0.0)
    line = Line([x], lambda: (x * -1.0).backward() or x)  # the loss falls for ever
    start = line.start([1.0], 0.0, [-1.0])
    strong_wolfe(line.at, start, 1.0, 1.0, most)
    assert line.evaluations <= most + 1


# --- beside torch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS)
@settings(max_examples=examples(15), deadline=None)
@given(st.fixed_dictionaries({}, optional=LBFGS))
def test_a_step_from_the_state_of_torch_is_torchs(problem, options):
    ours, theirs = both(problem, **options)
    for _ in range(3):
        loss, other = ours.step(), theirs.step()
        size = max(1.0, *(abs(x) for row in theirs.seen for x in row))  # it may go far, and come back
        assert loss == pytest.approx(other, abs=1e-9 * size)
        assert ours.numbers() == pytest.approx(theirs.numbers(), abs=1e-9 * size)
        assert len(ours.seen) == len(theirs.seen)
        for x, other in zip(ours.params, theirs.params, strict=True):
            x.data = other.tolist()
        ours.optimizer.load_state_dict(theirs.optimizer.state_dict())


@pytest.mark.parametrize(
    ("search", "lr"),
    [(None, 1.0), (None, 0.05), ("strong_wolfe", 1.0), ("strong_wolfe", 0.05), ("strong_wolfe", 30.0)],
)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_closure_is_called_where_torch_calls_it(problem, search, lr):
    lr = lr * 1e-3 if problem == "rosenbrock" and not search else lr
    ours, theirs = both(problem, lr=lr, max_iter=6, line_search_fn=search)
    for _ in range(3):
        assert ours.step() == pytest.approx(theirs.step(), rel=1e-7, abs=1e-9)
    assert len(ours.seen) == len(theirs.seen)
    for mine, other in zip(ours.seen, theirs.seen, strict=True):
        assert mine == pytest.approx(other, rel=1e-7, abs=1e-9)


def test_what_is_remembered_has_the_names_of_torch():
    ours, theirs = both("rosenbrock", line_search_fn="strong_wolfe", history_size=3)
    for side in (ours, theirs):
        side.step()
    (mine,), (other,) = (side.optimizer.state_dict()["state"].values() for side in (ours, theirs))
    assert {*mine} == {*other} - {"al"}  # where torch computes
    assert [len(mine["old_dirs"]), len(mine["old_stps"]), len(mine["ro"])] == [3, 3, 3]
    for key, x in mine.items():
        found = [row.tolist() for row in other[key]] if key in ("old_dirs", "old_stps") else other[key]
        assert torch.tensor(x).allclose(torch.as_tensor(found).to(torch.tensor(x).dtype), rtol=1e-6), key


def test_options_defaults_and_repr_are_those_of_torch():
    one, other = Value(1.0), torch.nn.Parameter(torch.tensor(1.0))
    for options in ({}, {"max_iter": 7, "line_search_fn": "strong_wolfe"}, {"max_eval": 3, "lr": 0.5}):
        ours, theirs = optim.LBFGS([one], **options), torch.optim.LBFGS([other], **options)
        assert list(ours.defaults.items()) == list(theirs.defaults.items())
        assert repr(ours) == repr(theirs)


def refused(kit, leaf):
    """What each bad call raises: its kind and its text."""
    x = leaf()

    def closure():
        loss = x * x
        loss.backward()
        return loss

    calls = (
        lambda: kit.optim.LBFGS([leaf()], lr=-1.0),
        lambda: kit.optim.LBFGS([{"params": [leaf()]}, {"params": [leaf()]}]),
        lambda: kit.optim.LBFGS([x], line_search_fn="armijo").step(closure),
        lambda: kit.optim.LBFGS([x]).step(),
        lambda: kit.optim.LBFGS([]),
    )
    for call in calls:
        with pytest.raises((ValueError, TypeError, RuntimeError)) as caught:
            call()
        yield caught.type, str(caught.value)


def test_what_is_refused_is_refused_with_the_words_of_torch():
    ours = refused(microgd, lambda: Value(1.0))
    theirs = refused(torch, lambda: torch.tensor(1.0, requires_grad=True))
    for (kind, text), (other, words) in zip(ours, theirs, strict=True):
        assert kind is other
        assert text.startswith(words)


# --- what it is for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@given(st.data())
def test_the_lowest_point_of_a_bowl_is_found(search, data):
    """With an exact inverse Hessian after n iterations, up to rounding; so 60 are many."""
    n = data.draw(st.integers(1, 4))
    curvatures = data.draw(st.lists(st.floats(0.2, 5.0), min_size=n, max_size=n))
    goal = data.draw(st.lists(st.floats(-5.0, 5.0), min_size=n, max_size=n))
    xs = [Value(0.0) for _ in range(n)]
    optimizer = optim.LBFGS(xs, lr=1.0 if search else 0.8, max_iter=60, line_search_fn=search)

    def closure():
        optimizer.zero_grad()
        loss = microgd.sum([a * (x - b) ** 2 for a, x, b in zip(curvatures, xs, goal, strict=True)])
        loss.backward()
        return loss

    optimizer.step(closure)
    assert [x.data for x in xs] == pytest.approx(goal, abs=1e-4)


def test_the_valley_of_rosenbrock_is_walked_to_its_end():
    ours = alone("rosenbrock", max_iter=60, line_search_fn="strong_wolfe", tolerance_change=0.0)
    ours.step()
    assert ours.numbers() == pytest.approx([1.0, 1.0], abs=1e-6)
    assert len(ours.seen) < 80


def test_at_the_lowest_point_nothing_moves():
    x = Value(1.0)
    optimizer = optim.LBFGS([x])

    def closure():
        optimizer.zero_grad()
        loss = (x - 1.0) ** 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 0.0
    assert x.data == 1.0
    assert optimizer.state[x]["func_evals"] == 1
    other = optim.LBFGS([Value(1.0)])
    other.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    assert next(iter(other.state.values()))["n_iter"] == 0


def test_a_parameter_without_a_gradient_has_the_gradient_0():
    x, idle = Value(3.0), Value(5.0)
    optimizer = optim.LBFGS([idle, x])

    def closure():
        x.grad = None
        loss = (x - 1.0) ** 2
        loss.backward()
        return loss.item()  # a plain number will do

    assert optimizer.step(closure) == 4.0
    assert (idle.data, x.data) == (5.0, pytest.approx(1.0, abs=1e-6))


def test_a_loss_that_is_nowhere_finite_ends():
    x = Value(1.0)
    optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = x * math.nan
        loss.backward()
        return loss

    assert math.isnan(optimizer.step(closure).item())
    assert math.isnan(x.data)


# --- all or nothing -----------------------------------------------------------------------------------


def whole(side):
    return json.dumps([side.numbers(), [s for s in side.optimizer.state_dict()["state"].values() if s]])


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_an_error_in_the_closure_changes_neither_parameters_nor_state(search):
    ours = alone("rosenbrock", max_iter=5, lr=1.0 if search else 1e-3, line_search_fn=search)
    closure = ours.closure
    for fails in range(1, 30):
        before, calls = whole(ours), 0

        def failing(fails=fails):
            nonlocal calls
            calls += 1
            if calls == fails:
                raise OSError("a file is missing")
            return closure()

        try:
            ours.optimizer.step(failing)
        except OSError:
            assert whole(ours) == before
        else:
            break
    assert 3 < fails < 29


def test_a_closure_that_returns_nothing_is_told_so_and_changes_nothing():
    x = Value(1.0)
    optimizer = optim.LBFGS([x])
    with pytest.raises(TypeError, match="closure returned None, expected the loss: is `return loss` missing"):
        optimizer.step(lambda: (x * x).backward())
    assert x.data == 1.0
    assert optimizer.state_dict()["state"] == {}


def test_an_interrupt_leaves_a_whole_step_or_none():
    def start():
        xs = [Value(3.0), Value(-1.0)]
        optimizer = optim.LBFGS(xs, max_iter=2, line_search_fn="strong_wolfe")

        def closure():
            """The engine is not interrupted here: it has tests of its own."""
            for x, curvature in zip(xs, (1.0, 30.0), strict=True):
                x.grad = curvature * x.data
            return 0.5 * xs[0].data ** 2 + 15.0 * xs[1].data ** 2

        optimizer.step(closure)
        return xs, optimizer, lambda: optimizer.step(closure)

    def seen(xs, optimizer):
        return json.dumps([[x.data for x in xs], optimizer.state_dict()["state"]])

    xs, optimizer, step = start()
    before = seen(xs, optimizer)
    step()
    after = seen(xs, optimizer)
    xs, optimizer, step = start()
    found, at = [], 1
    while interrupted(step, at):
        found.append(seen(xs, optimizer))
        assert found[-1] in (before, after), at
        if found[-1] == after:
            xs, optimizer, step = start()
        at += 3
    assert found.count(before) > 50


# --- saved states, and the rest of the package --------------------------------------------------------


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_a_run_resumed_from_a_saved_state_goes_on_bit_for_bit(search):
    options = {"max_iter": 4, "lr": 1.0 if search else 1e-3, "line_search_fn": search}
    run = alone("rosenbrock", **options)
    run.step()
    snapshot = run.optimizer.state_dict()
    saved = json.dumps(snapshot)
    again = alone("rosenbrock")
    again.params[0].data = run.numbers()
    again.optimizer.load_state_dict(json.loads(saved))
    run.seen.clear()
    for _ in range(3):
        assert again.step() == run.step()
    assert again.seen == run.seen
    assert again.optimizer.state_dict() == run.optimizer.state_dict()
    assert json.dumps(snapshot) == saved


def spoiled(**changes):
    side = alone("rosenbrock", max_iter=3, lr=1e-3)
    side.step()
    saved = json.loads(json.dumps(side.optimizer.state_dict()))
    for key, x in changes.items():
        if key == "states":
            saved["state"] = x
        elif key == "without":
            del saved["state"]["0"][x]
        elif key == "group":
            saved["param_groups"][0].update(x)
        else:
            saved["state"]["0"][key] = x
    return saved


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ([], "that is no dict"),
        ({"param_groups": []}, "without the entry state"),
        (spoiled(states={"1": {}}), r"states for parameters \['1'\]: one is expected, for parameter 0"),
        (spoiled(states={"0": 3.0}), "a state of parameter 0 that is no dict: 3.0"),
        (spoiled(states={"0": {}}), "without the entry func_evals, n_iter"),
        (spoiled(without="prev_loss"), "without the entry prev_loss"),
        (spoiled(d=[1.0]), r"whose d has the shape \(1,\), and the parameter \(2,\)"),
        (spoiled(old_dirs=[[1.0]]), "whose old_dirs has the shape"),
        (spoiled(t="x"), "whose t is no number, but 'x'"),
        (spoiled(group={"lr": -1.0}), "Invalid learning rate: -1.0"),
        (spoiled(group={"history_size": 0}), "Invalid history_size value: 0"),
        (spoiled(group={"line_search_fn": 3}), "an option line_search_fn like None that is 3"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(saved, words):
    side = alone("rosenbrock", max_iter=3, lr=1e-3)
    side.step()
    before = json.dumps(side.optimizer.state_dict())
    with pytest.raises(ValueError, match=words):
        side.optimizer.load_state_dict(saved)
    assert json.dumps(side.optimizer.state_dict()) == before


def test_a_compiled_loop_refuses_it_and_says_what_to_do():
    x = Value(3.0)
    train = microgd.compile(lambda: (x - 1.0) ** 2, optimizer=optim.LBFGS([x]))
    with pytest.raises(TypeError, match=r"LBFGS has no formula of one parameter.*scipy\.optimize"):
        train(steps=3)
    assert x.data == 3.0


def test_a_scheduler_changes_where_its_steps_begin():
    side = alone("bowl", max_iter=1, lr=0.5)
    scheduler = optim.lr_scheduler.StepLR(side.optimizer, 1, 0.1)
    side.step()
    scheduler.step()
    side.step()
    assert side.optimizer.state[side.params[0]]["t"] == pytest.approx(0.05)
