"""diagnose_optimizer: the right ones in any form, and the mistakes by their names."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd.check.optimizer.naming import KNOWN
from microgd.check.optimizers import diagnose_optimizer
from microgd.check.training import diagnose_training

from ..bench import later_optimizers as later, mistaken_engines as written, mistaken_optimizers as table


@given(seed=st.integers(0, 2**32), lr=st.floats(1e-3, 0.3), momentum=st.floats(0, 0.95))
def test_a_right_optimizer_is_never_called_wrong(seed, lr, momentum):
    assert diagnose_optimizer(written.SGD, "sgd", seed, lr=lr, momentum=momentum, weight_decay=0.1)
    assert diagnose_optimizer(written.Adam, "adam", seed, lr=lr, weight_decay=0.1)


@pytest.mark.parametrize("key", sorted(written.OPTIMIZERS))
@pytest.mark.parametrize("seed", range(3))
def test_every_listed_optimizer_is_named(key, seed):
    optimizer, kind, options = written.OPTIMIZERS[key]
    found = diagnose_optimizer(optimizer, kind, seed, **options)
    assert not found
    assert found.key == key
    assert found.message == KNOWN[key].message


@pytest.mark.parametrize("key", sorted(written.ADAM_TOO))
@pytest.mark.parametrize("seed", range(3))
def test_every_mistake_of_both_kinds_is_named_in_adam_too(key, seed):
    optimizer, options = written.ADAM_TOO[key]
    assert diagnose_optimizer(optimizer, "adam", seed, **options).key == key


@pytest.mark.parametrize("key", sorted(written.LOOPS))
def test_every_listed_loop_is_named(key):
    assert diagnose_training(written.LOOPS[key], lr=0.1).key == key
    assert diagnose_training(written.plain_loop, lr=0.1)


OWN = [
    ("SGD", "sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", "sgd", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    ("Adam", "adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "amsgrad": True}),
    ("Adam", "adam", {"lr": 0.1, "weight_decay": 0.1}),
    ("AdamW", "adamw", {"lr": 0.1}),
    ("RMSprop", "rmsprop", {"lr": 0.01, "momentum": 0.9, "centered": True}),
    ("Adagrad", "adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
]


@pytest.mark.parametrize("library", ["microgd.optim", "torch.optim"])
@pytest.mark.parametrize(("name", "kind", "options"), OWN)
def test_the_classes_of_microgd_and_torch_are_given_their_own_parameters(library, name, kind, options):
    made = getattr(pytest.importorskip(library), name)

    class Derived(made):
        pass

    for optimizer in (made, Derived, lambda parameters, **options: made(parameters, **options)):
        found = diagnose_optimizer(optimizer, kind, **options)
        assert (found.ok, found.key) == (True, "ok")


def test_a_mistake_in_a_class_derived_from_microgds_is_named():
    class Doubled(microgd.optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.grad = 2 * p.grad
            super().step(closure)

    found = diagnose_optimizer(Doubled, lr=0.1)
    assert found.key == "option-lr"
    assert found.message == "lr acts as 2 times what is given. What happens to lr on its way to the step?"


@pytest.mark.parametrize("name", sorted(table.MISTAKEN | later.LATER))
@pytest.mark.parametrize("seed", range(2))
def test_every_mistake_of_the_tables_is_named(name, seed):
    optimizer, kind, options, keys = (table.MISTAKEN | later.LATER)[name]
    found = diagnose_optimizer(optimizer, kind, seed, **options)
    assert not found
    assert found.key in keys if isinstance(keys, tuple) else found.key == keys


@pytest.mark.parametrize("name", later.MIXED)
def test_which_beta_stands_where_and_along_what_the_step_goes_is_said(name):
    optimizer, kind, options, keys = later.MIXED[name]
    found = diagnose_optimizer(optimizer, kind, **options)
    assert not found.ok
    assert found.key in keys if isinstance(keys, tuple) else found.key == keys, found.message


def test_a_place_where_the_other_beta_stands_is_not_taken_for_another_rate():
    found = diagnose_optimizer(later.betas(take_m="b2"), "adam", **table.ADAM)
    assert found.message == (
        "m takes in (1 - beta2) times the gradient. Which beta belongs to m, and which to v?"
    )
    usual = diagnose_optimizer(later.betas(take_m="b2"), "adam", lr=0.02, eps=1e-8)
    assert usual.message.startswith("Every step is 0.01 times the right one, as it is if m takes in")


@pytest.mark.parametrize("name", sorted(table.RIGHT))
@given(seed=st.integers(0, 2**32))
def test_a_right_one_in_another_form_is_never_called_wrong(name, seed):
    optimizer, kind, options = table.RIGHT[name]
    found = diagnose_optimizer(optimizer, kind, seed, **options)
    assert (found.ok, found.key) == (True, "ok_rounded" if "float32" in name else "ok")


def test_the_second_form_of_adam_is_right_and_is_called_what_it_is():
    optimizer, kind, options = table.RIGHT["its eps is large"]
    assert diagnose_optimizer(optimizer, kind, **options).message == (
        "Right for all 6 steps, in the second form of Kingma and Ba's paper: there eps is added before v is"
        " corrected."
    )


class Iterated:
    """The parameters are kept as they come: a generator is used up by the first loop."""

    def __init__(self, parameters, lr):
        self.ps, self.lr = parameters, lr

    def step(self):
        for p in self.ps:
            p.data -= self.lr * p.grad
            p.grad = 0.0


def test_what_is_right_with_a_list_is_right_and_a_generator_is_a_remark():
    found = diagnose_optimizer(Iterated, lr=0.1)
    assert (found.ok, found.key) == (True, "ok")
    assert found.message == (
        "Right for all 6 steps. Given a generator, only the first loop finds parameters, and then none of"
        " them moves. Is list() missing?"
    )


@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 3e-7, 1.0001])
def test_a_factor_of_the_size_of_rounding_in_an_option_is_wrong(factor):
    found = diagnose_optimizer(table.optimizer(lambda s, k, p, g: -s.lr * factor * g), lr=0.1)
    assert (found.ok, found.key) == (False, "option-lr")


def test_an_option_that_is_no_float32_may_be_kept_in_float32():
    update = lambda s, k, p, g: -float(np.float32(s.lr)) * g  # noqa: E731
    assert diagnose_optimizer(table.optimizer(update), lr=0.1).key == "ok_rounded"


def test_a_small_rate_hides_no_mistake():
    optimizer, kind, options, key = table.MISTAKEN["dampening ignored"]
    assert diagnose_optimizer(optimizer, kind, **(options | {"lr": 1e-10})).key == key


def test_an_option_that_is_ignored_shows_with_a_second_value():
    update = lambda s, k, p, g: -0.1 * g  # noqa: E731
    assert diagnose_optimizer(table.optimizer(update), lr=0.1).message == (
        "lr acts as 0.1, whatever is given. What happens to lr on its way to the step?"
    )


def test_an_option_that_is_not_given_and_acts_as_another_value_is_named():
    class Heavy(written.SGD):
        def __init__(self, parameters, lr):
            super().__init__(parameters, lr, momentum=0.5)

    found = diagnose_optimizer(Heavy, lr=0.1)
    assert found.key == "option-momentum"
    assert found.message.startswith("momentum acts as 0.5 where it is not given.")


def test_two_mistakes_at_once_are_both_said():
    optimizer, kind, options, _ = table.MISTAKEN["adam: two mistakes"]
    message = diagnose_optimizer(optimizer, kind, **options).message
    assert message.startswith("Two mistakes at once. ")
    assert KNOWN["sgd-plus"].message in message
    assert KNOWN["adam-m-not-corrected"].message in message


def test_a_mistake_that_depends_on_chance_is_no_other_mistake():
    rng = random.Random(1)
    found = diagnose_optimizer(table.optimizer(lambda s, k, p, g: -s.lr * g * rng.random()), lr=0.1)
    assert (found.ok, found.key) == (False, "shared-state")


def test_an_optimizer_that_needs_a_list_and_says_so_is_right():
    class Counted(written.SGD):
        def __init__(self, parameters, lr):
            len(parameters)
            super().__init__(parameters, lr)

    assert diagnose_optimizer(Counted, lr=0.1)


@pytest.mark.parametrize(("loop", "keys"), (table.LOOPS | later.LATER_LOOPS).items())
@pytest.mark.parametrize("seed", range(3))
def test_every_loop_of_the_tables_is_named(loop, keys, seed):
    found = diagnose_training(loop, "sgd", seed, lr=0.1)
    assert not found
    assert found.key in keys if isinstance(keys, tuple) else found.key == keys


def test_every_known_mistake_has_a_question():
    for key, known in KNOWN.items():
        assert known.message.endswith("?"), key
        assert set(known.kinds) <= {"sgd", "adam", "adamw", "rmsprop", "adagrad"}


def test_where_a_gradient_is_0_and_only_there_is_said():
    optimizer, kind, options, _ = later.LATER["skip zero"]
    assert diagnose_optimizer(optimizer, kind, **options).message == (
        "The steps are right while no gradient is 0, and wrong where a gradient is 0.5 once and then 0. Is a"
        " parameter skipped whose gradient is 0?"
    )


def test_a_loop_that_sets_the_gradients_to_0_before_the_step_is_told_so():
    """It does not move, as a loop without backward() and one that writes nowhere: each has a name."""
    frozen = [table.zero_between, table.detached, table.rebound, table.data_rebound]
    keys = [diagnose_training(loop, lr=0.1).key for loop in frozen]
    assert keys == ["zeroed-first", "no-backward", "rebound", "frozen"]


@pytest.mark.parametrize("loop", table.RIGHT_LOOPS)
@given(seed=st.integers(0, 2**32))
def test_a_right_loop_is_never_called_wrong(loop, seed):
    assert diagnose_training(loop, "sgd", seed, lr=0.1).key == "ok"


def test_a_loop_with_an_optimizer_in_it_is_judged_by_its_options():
    def train(parameters, loss, steps):
        optimizer = written.Adam(parameters, lr=0.1)
        for _ in range(steps):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()

    assert diagnose_training(train, "adam", lr=0.1).key == "ok"
    assert diagnose_training(train, "adam", lr=0.2).key == "option-lr"
    assert diagnose_training(train, "sgd", lr=0.1).ok is False


def test_a_loop_with_chance_in_it_is_nondeterministic():
    rng = random.Random(1)

    def train(parameters, loss, steps):
        for _ in range(steps):
            table.zero(parameters)
            loss().backward()
            table.update(parameters, 0.1 * rng.random())

    assert diagnose_training(train, lr=0.1).key == "nondeterministic"


def test_how_many_steps_were_made_is_said_for_the_longest_run():
    assert diagnose_training(table.stops, lr=0.1).message == (
        "The steps are right, but their number is not: where 6 are asked, 1 is made. Where does the loop"
        " begin and end?"
    )


def test_a_loop_that_ends_before_its_last_step_is_wrong_though_its_first_steps_are_right():
    def patient(parameters, loss, steps):
        for step in range(steps):
            table.zero(parameters)
            loss().backward()
            if step >= 20 and max(abs(p.grad) for p in parameters) < 0.4:
                return
            table.update(parameters, 0.1)

    found = diagnose_training(patient, lr=0.1)
    assert (found.ok, found.key) == (False, "count")
    assert found.message == (
        "The first 6 steps are right. Where 100 are asked, the parameters end where they are after 30. What"
        " ends the loop before its last step?"
    )


def test_a_loop_whose_later_steps_are_wrong_is_wrong():
    def slower(parameters, loss, steps):
        for step in range(steps):
            table.zero(parameters)
            loss().backward()
            table.update(parameters, 0.1 if step < 10 else 0.01)

    found = diagnose_training(slower, lr=0.1)
    assert (found.ok, found.key) == (False, "later")
    assert found.message == (
        "The first 6 steps are right. After 100 steps the parameters are not where right steps lead. What is"
        " different in later steps?"
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("sgd", {"lr": 100.0}),
        ("sgd", {"lr": 0.1, "momentum": 0.99}),
        ("rmsprop", {"lr": 0.5, "alpha": 0.3}),
        ("adam", {"lr": 1.0, "betas": (0.1, 0.2)}),
        ("adagrad", {"lr": 1.0}),
    ],
)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8)
def test_rounding_in_a_long_run_is_no_mistake(kind, options, seed):
    made = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adagrad": "Adagrad"}[kind]

    def train(parameters, loss, steps):
        values = [microgd.Value(p.data) for p in parameters]
        optimizer = getattr(microgd.optim, made)(values, **options)
        for _ in range(steps):
            table.zero(parameters)
            loss().backward()
            for p, v in zip(parameters, values):
                v.grad = p.grad * (1 + 1e-15)
            optimizer.step()
            for p, v in zip(parameters, values):
                p.data = v.data

    assert diagnose_training(train, kind, seed, **options).ok


def test_the_second_form_of_adam_is_right_in_a_long_run_too():
    optimizer, kind, options = table.RIGHT["its eps is large"]

    def train(parameters, loss, steps):
        made = optimizer(parameters, **options)
        for _ in range(steps):
            table.zero(parameters)
            loss().backward()
            made.step()

    assert diagnose_training(train, kind, **options).ok


def changing(change):
    def train(parameters, loss, steps):
        for _ in range(steps):
            table.zero(parameters)
            loss().backward()
            for p, g in zip(parameters, change([p.grad for p in parameters])):
                p.grad = g
            table.update(parameters, 0.1)

    return train


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (
            lambda gs: [max(-0.7, min(0.7, g)) for g in gs],
            ": none is larger than 0.7, and those that should be are 0.7",
        ),
        (lambda gs: [3 * g for g in gs], ": each is multiplied by 3"),
        (
            lambda gs: [g / max(1.0, math.hypot(*gs)) for g in gs],
            ": their common length is never more than 1",
        ),
        (lambda gs: [g * g for g in gs], ""),
    ],
)
def test_gradients_that_are_changed_before_they_are_used_are_told_from_those_that_are_set_to_0(change, how):
    found = diagnose_training(changing(change), lr=0.1)
    assert (found.ok, found.key) == (False, "changed-gradients")
    assert found.message == (
        "The steps are right for the gradients that are used, but these were changed after backward()"
        f"{how}. Is that wanted?"
    )


def ends_at_the_mean(begun):
    def train(parameters, loss, steps):
        places = [[p.data for p in parameters]] * begun
        for _ in range(steps):
            table.zero(parameters)
            loss().backward()
            table.update(parameters, 0.1)
            places.append([p.data for p in parameters])
        for p, column in zip(parameters, zip(*places)):
            p.data = sum(column) / len(places)

    return train


@pytest.mark.parametrize("begun", [0, 1])
def test_a_loop_that_ends_at_the_mean_of_its_places_is_told_so(begun):
    found = diagnose_training(ends_at_the_mean(begun), lr=0.1)
    assert (found.ok, found.key) == (False, "mean-of-places")
    assert found.message == (
        "The loop ends at the mean of all places on a right way, not at the last of them. What is done after"
        " the last step?"
    )


class FromTheStart(written.SGD):
    first = None

    def step(self):
        self.first = self.first or [p.data for p in self.parameters]
        for p, x in zip(self.parameters, self.first):
            p.data = x - self.lr * p.grad


class MeanGradient(written.SGD):
    past = ()

    def step(self):
        self.past = (*self.past, [p.grad for p in self.parameters])
        for p, gs in zip(self.parameters, zip(*self.past)):
            p.data -= self.lr * sum(gs) / len(gs)


class LargestV(written.Adam):
    most = 0.0, 0.0

    def moments(self, k, g):
        m, v = super().moments(k, g)
        self.most = tuple(max(x, v) if i == k else x for i, x in enumerate(self.most))
        return m, self.most[k]


class PowersInMeans(written.Adam):
    def moments(self, k, g):
        b1, b2 = self.b1**self.t, self.b2**self.t
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g**2
        return self.m[k] / (1 - b1), self.v[k] / (1 - b2)


@pytest.mark.parametrize(
    ("optimizer", "kind", "options", "key"),
    [
        (FromTheStart, "sgd", {"lr": 0.1}, "from-the-start"),
        (MeanGradient, "sgd", {"lr": 0.1}, "mean-of-gradients"),
        (LargestV, "adam", {"lr": 0.1, "betas": (0.8, 0.7)}, "largest-v"),
        (PowersInMeans, "adam", {"lr": 0.1}, "beta-power-in-means"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_in_the_place_of_the_last_is_named(optimizer, kind, options, key, seed):
    found = diagnose_optimizer(optimizer, kind, seed, **options)
    assert (found.ok, found.key) == (False, key)


class Breaks(written.SGD):
    steps = 0

    def step(self):
        self.steps += 1
        super().step()
        1 // (3 - self.steps)


class Unheard(written.SGD):
    def update(self, k, p, g):
        return -self.lr * math.tanh(g)


class FartherFromStep3On(written.SGD):
    steps = 0

    def step(self):
        self.steps += 1
        super().step()

    def update(self, k, p, g):
        return super().update(k, p, g) * (1.5 if self.steps > 2 else 1.0)


def test_what_is_not_known_says_where_it_first_differs():
    found = diagnose_optimizer(Unheard, lr=0.1)
    assert (found.ok, found.key, found.inputs) == (False, "unknown", ())
    assert found.message == (
        "The first step is wrong already: at step 1 the parameters move 0.2599 and 0.5859 times as far as"
        " they should. Can you follow that step by hand?"
    )
    assert diagnose_optimizer(FartherFromStep3On, lr=0.1).message == (
        "Step by step, all parameters move 1, 1, 1.5, 1.5, 1.5 and 1.5 times as far as they should. Does the"
        " rate change from step to step?"
    )


class Forgets(written.SGD):
    def update(self, k, p, g):
        self.v[k] = math.tanh(self.v[k]) + g
        return -self.lr * self.v[k]


def test_what_is_not_known_says_how_the_steps_go_on_after_one_gradient():
    found = diagnose_optimizer(Forgets, lr=0.1, momentum=0.5)
    assert (found.ok, found.key) == (False, "unknown")
    assert found.message.startswith("The first step is right, then not: at step 2 the parameters move ")
    assert found.message.endswith(
        " After one gradient and then zeros, the steps go on with 0.9242, 0.8636 and 0.8137 times the first,"
        " where 0.5, 0.25 and 0.125 are asked. Can you follow that step by hand?"
    )


def test_a_right_optimizer_is_right_for_all_steps():
    found = diagnose_optimizer(written.SGD)
    assert (found.ok, found.key, found.message) == (True, "ok", "Right for all 6 steps.")


def test_without_options_the_optimizer_is_called_with_a_usual_rate():
    called = []

    def optimizer(parameters, **options):
        called.append(options)
        return written.SGD(parameters, **options)

    assert diagnose_optimizer(optimizer)
    assert called[1] == {"lr": 0.1}
    assert all(set(options) == {"lr"} for options in called)
    called.clear()
    assert not diagnose_optimizer(optimizer, "adam")
    assert called[1] == {"lr": 0.05}


def test_options_that_are_not_given_have_torchs_defaults():
    assert diagnose_optimizer(
        lambda parameters, eps: written.Adam(parameters, 0.001, (0.9, 0.999), eps), "adam", eps=1e-8
    )
    assert diagnose_optimizer(lambda parameters, momentum: written.SGD(parameters, lr=0.001), momentum=0.0)


def test_two_mistakes_with_the_same_numbers_are_told_apart_at_another_rate():
    """With lr = 1 - momentum, an average and lr twice are the same."""
    options = {"lr": 0.1, "momentum": 0.9}
    assert diagnose_optimizer(written.Average, **options).key == "mom-ema"
    assert diagnose_optimizer(written.MomentumRateTwice, **options).key == "mom-lr-twice"


def test_a_loss_in_a_loop_knows_its_value():
    seen = []

    def train(parameters, loss, steps):
        computed = loss()
        seen.append((computed.item(), computed.data, [p.data for p in parameters], repr(parameters[0])))
        written.plain_loop(parameters, loss, steps)

    assert diagnose_training(train, lr=0.1)
    item, data, (a, b), text = seen[0]
    assert item == data == pytest.approx(6.610662017945848)
    assert text == f"Parameter({a!r}, grad=0.0)"
    assert 1.0 <= a <= 2.0
    assert -4.0 <= b <= -2.5
    assert len(seen) == 7


def test_a_grad_may_be_none_between_steps():
    class Forgetful(written.SGD):
        def zero_grad(self):
            for p in self.parameters:
                p.grad = None

    assert diagnose_optimizer(Forgetful, lr=0.1)


def test_options_that_do_not_exist_are_an_error_of_the_caller():
    with pytest.raises(ValueError, match="no option speed"):
        diagnose_optimizer(written.SGD, speed=3)
    with pytest.raises(ValueError, match="kind must be"):
        diagnose_optimizer(written.SGD, "newton")


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (lambda parameters, lr: None, "The optimizer is NoneType, and has no step()."),
        (lambda parameters: None, "making the optimizer raised TypeError: "),
        (None, "making the optimizer raised TypeError: "),
        (lambda parameters, lr: 1 // 0, "making the optimizer raised ZeroDivisionError: "),
        (lambda parameters, lr: Breaks(parameters), "step 3 raised ZeroDivisionError: "),
    ],
)
def test_optimizers_that_break_become_a_diagnosis(optimizer, message):
    found = diagnose_optimizer(optimizer, lr=0.1)
    assert (found.ok, found.key) == (False, "raises")
    assert found.message.startswith(message)


def test_a_gradient_that_is_no_number_becomes_a_diagnosis():
    class Junk(written.SGD):
        def zero_grad(self):
            self.parameters[1].grad = "x"

    found = diagnose_optimizer(Junk, lr=0.1)
    assert (found.key, found.message) == ("not_a_number", "A parameter's .grad is str 'x', and no number.")


@pytest.mark.parametrize("junk", ["one", 1j, None, math.nan, math.inf, [1.0]])
def test_data_that_is_no_number_becomes_a_diagnosis(junk):
    class Junk(written.SGD):
        def step(self):
            self.parameters[0].data = junk

    found = diagnose_optimizer(Junk, lr=0.1)
    assert (found.ok, found.key) == (False, "not_a_number")
    assert found.message.startswith("A parameter's .data after step 1 is ")


def test_a_loop_that_never_moves_is_frozen():
    assert diagnose_training(lambda parameters, loss, steps: loss().backward(), lr=0.1).key == "frozen"
    found = diagnose_training(lambda *xs: 1 // 0, lr=0.1)
    assert found.key == "raises"
    assert found.message.startswith("training for 1 steps raised ZeroDivisionError: ")
