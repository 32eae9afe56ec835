"""diagnose_optimizer: the right ones in any form, and the mistakes by their names."""

import math

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd.check.optimizer.naming import KNOWN
from microgd.check.optimizers import diagnose_optimizer
from microgd.check.training import diagnose_training

from ..bench import mistaken_engines as written


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


def test_microgd_itself_passes():
    optim = pytest.importorskip("microgd.optim")

    def adapted(make):
        """Parameters of the probe, as Values and back."""

        class Adapted:
            def __init__(self, parameters, **options):
                self.plain = list(parameters)
                self.values = [microgd.Value(p.data) for p in self.plain]
                self.inner = make(self.values, **options)

            def zero_grad(self):
                for p in self.plain:
                    p.grad = None

            def step(self):
                for p, v in zip(self.plain, self.values, strict=True):
                    v.grad = p.grad
                self.inner.step()
                for p, v in zip(self.plain, self.values, strict=True):
                    p.data = v.data

        return Adapted

    assert diagnose_optimizer(adapted(optim.SGD), "sgd", lr=0.1, momentum=0.9, weight_decay=0.1)
    assert diagnose_optimizer(adapted(optim.Adam), "adam", lr=0.1, betas=(0.8, 0.9), eps=1e-3)


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
        "The first step is wrong already: at step 1 the two parameters move 0.3107 and 0.6905 times as far as"
        " they should. Can you follow that step by hand?"
    )
    assert diagnose_optimizer(FartherFromStep3On, lr=0.1).message == (
        "The first 2 steps are right, then not: at step 3 the two parameters move 1.5 and 1.5 times as far as"
        " they should. Can you follow that step by hand?"
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
    assert len(seen) == 6


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
