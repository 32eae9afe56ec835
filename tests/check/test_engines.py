"""diagnose_engine, diagnose_optimizer and diagnose_training: the mistakes by their names."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd.check.engines import BROKEN, PROBES, diagnose_engine
from microgd.check.optimizers import KNOWN, diagnose_optimizer, diagnose_training

from ..bench import mistaken_engines as written


@given(seed=st.integers(0, 2**32))
def test_a_right_engine_is_never_called_wrong(seed):
    assert diagnose_engine(written.Engine, seed=seed)
    assert diagnose_engine(microgd.Value, seed=seed)


@pytest.mark.parametrize("key", sorted(written.ENGINES))
@pytest.mark.parametrize("seed", range(3))
def test_every_listed_engine_is_named(key, seed):
    found = diagnose_engine(written.ENGINES[key], seed=seed)
    assert not found
    assert found.key == key


@pytest.mark.parametrize("engine", written.OTHER_WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_mistake_written_in_another_way_has_the_same_name(engine, seed):
    assert diagnose_engine(engine, seed=seed).key == written.OTHER_WAYS[engine]


SMALLEST = {
    "no-seed": "`a + b` goes wrong: with a = -1.53711, b = 1.59458 it gives 0, 0.",
    "seed-data": "`a + b` goes wrong: with a = -1.53711, b = 1.59458 it gives 0.0574737, 0.0574737.",
    "first-only": "`a + b` goes wrong: with a = -1.53711, b = 1.59458 it gives 1, 0.",
    "second-only": "`a + b` goes wrong: with a = -1.53711, b = 1.59458 it gives 0, 1.",
    "no-upstream": "`a * b * c` goes wrong:",
    "dedup": "`a + a` goes wrong: with a = -2.72705 it gives 1.",
    "assign": "`a + a` goes wrong: with a = -2.72705 it gives 1.",
    "zero-children": "`a * b + a` goes wrong: with a = 2.09046, b = 2.52418 it gives 2.52418, 2.09046.",
    "by-value": "`a * b + b * a, with a equal to b` goes wrong: with a = 1.22563, b = 1.22563 it gives",
    "postorder": "`a * b + c` goes wrong: with a = 2.06626, b = 2.35181, c = -2.92203 it gives 0, 0, 1.",
    "forward": "`a * b + c` goes wrong: with a = 2.06626, b = 2.35181, c = -2.92203 it gives 0, 0, 1.",
    "preorder": "`c = a + b; c * a + c * b` goes wrong: with a = -2.71351, b = 1.92599 it gives -3.50",
    "breadth-first": "`c = a * b; d = c + a; c * d` goes wrong: with a = -1.8927, b = -2.80562 it gives",
    "recursive": "`b = a + a; b + b` goes wrong: with a = 1.64823 it gives 8.",
    "no-visited": "`b = a + a; b + b` goes wrong: with a = 1.64823 it gives 8.",
}


@pytest.mark.parametrize("key", sorted(BROKEN))
def test_the_message_is_the_smallest_expression_that_goes_wrong_and_the_question(key):
    message = diagnose_engine(written.ENGINES[key]).message
    assert message.startswith(SMALLEST[key])
    assert message.endswith(f" {BROKEN[key].message}")


def test_every_known_mistake_is_written_as_a_learner_writes_it():
    assert set(written.ENGINES) == set(BROKEN)
    assert set(written.OPTIMIZERS) == set(KNOWN)
    assert {key for key, known in KNOWN.items() if known.kinds == ("sgd", "adam")} == set(written.ADAM_TOO)
    assert all(
        known.kinds == (written.OPTIMIZERS[key][1],) for key, known in KNOWN.items() if len(known.kinds) == 1
    )


@pytest.mark.parametrize("key", ["recursive", "preorder", "assign", "by-value", "forward"])
def test_operands_in_a_set_do_not_hide_the_name(key):
    class InASet(written.ENGINES[key]):
        keep = set

    names = {"recursive": ("recursive", "no-visited"), "forward": ("forward", "postorder")}
    assert diagnose_engine(InASet).key in names.get(key, (key,))


def test_the_probes_go_from_small_to_large():
    sizes = [probe.text.count("*") + probe.text.count("+") for probe in PROBES]
    assert sizes[0] == 1
    assert all(b >= a - 1 for a, b in pairwise(sizes))


class Keeps(written.Engine):
    """Gradients between leaves and root are kept from one backward to the next."""

    def backward(self):
        self.grad = 1.0
        for v in reversed(self.topological()):
            v._backward()


class Forgets(written.Engine):
    def backward(self):
        for v in self.topological():
            v.grad = 0.0
        super().backward()


def test_a_second_backward_must_add_exactly():
    found = diagnose_engine(Keeps)
    assert found.key == "kept-intermediates"
    assert found.message.startswith("After a second backward of `a * b + c` the gradients are not twice")
    found = diagnose_engine(Forgets)
    assert found.key == "forgets"
    assert found.message.startswith("A second backward of `a + b` changes nothing")
    for engine in (Keeps, Forgets):
        assert diagnose_engine(engine, twice=False).message == "Right on all 19 expressions."
    assert diagnose_engine(written.Engine).message == "Right on all 19 expressions, and a second time."


def test_backward_may_be_a_function_and_grad_may_be_none():
    def fill(root):
        root.backward()

    assert diagnose_engine(microgd.Value, fill)
    assert diagnose_engine(written.Engine, lambda root: None).key == "no-seed"


class WrongAdd(written.Engine):
    def __add__(self, other):
        out = super().__add__(other)

        def _backward():
            self.grad += self.data * out.grad
            other.grad += out.grad

        out._backward = _backward
        return out


class WrongMul(written.Engine):
    def __mul__(self, other):
        out = super().__mul__(other)

        def _backward():
            self.grad += other.data * out.grad
            other.grad += 2.0 * self.data * out.grad

        out._backward = _backward
        return out


class TooMuchInLargeGraphs(written.Engine):
    def backward(self):
        super().backward()
        nodes = self.topological()
        for v in nodes:
            if not v._prev and len(nodes) > 4:
                v.grad *= 1.5


def test_a_wrong_rule_is_told_from_a_wrong_walk():
    for engine, key, name in ((WrongAdd, "add-rule", "+"), (WrongMul, "mul-rule", "*")):
        found = diagnose_engine(engine)
        assert found.key == key
        assert found.message.startswith(f"`a {name} b` goes wrong: with a = ")
        assert found.message.endswith(f" Is the rule of {name} right?")


def test_a_mistake_that_nobody_knows_has_its_smallest_expression_too():
    found = diagnose_engine(TooMuchInLargeGraphs)
    assert (found.ok, found.key) == (False, "unknown")
    assert found.message.startswith("`a * b + c` goes wrong: ")


def test_a_gradient_may_be_off_by_rounding_errors_only():
    def off(factor):
        class Off(written.Engine):
            def backward(self):
                super().backward()
                for v in self.topological():
                    if not v._prev:
                        v.grad *= factor

        return Off

    assert diagnose_engine(off(1.0 + 5e-10), twice=False)
    assert not diagnose_engine(off(1.0 + 2e-9), twice=False)


def test_an_engine_without_grad_becomes_a_diagnosis():
    class NoGrad:
        def __init__(self, data):
            pass

        def __add__(self, other):
            return NoGrad(0)

        __mul__ = __add__

        def backward(self):
            pass

    found = diagnose_engine(NoGrad)
    assert found.key == "not_a_number"
    assert "reading .grad raised AttributeError" in found.message


@pytest.mark.parametrize(
    ("engine", "backward", "message"),
    [
        (lambda x: x, None, "backward of `a + b` raised AttributeError: "),
        (lambda x: 1 // 0, None, "Building `a + b` raised ZeroDivisionError: "),
        (None, None, "Building `a + b` raised TypeError: "),
        (written.Engine, lambda root: 1 // 0, "backward of `a + b` raised ZeroDivisionError: "),
        (written.Engine, lambda root: exit(), "backward of `a + b` raised SystemExit"),
        (lambda x: object(), None, "Building `a + b` raised TypeError: "),
    ],
)
def test_engines_that_break_become_a_diagnosis(engine, backward, message):
    found = diagnose_engine(engine, backward)
    assert (found.ok, found.key) == (False, "raises")
    assert found.message.startswith(message)
    assert "\n" not in found.message


@pytest.mark.parametrize("junk", ["one", 1j, [1.0], math.nan, object()])
def test_a_grad_that_is_no_number_becomes_a_diagnosis(junk):
    class Junk(written.Engine):
        def backward(self):
            for v in self.topological():
                v.grad = junk

    found = diagnose_engine(Junk)
    assert (found.ok, found.key) == (False, "not_a_number")
    assert found.message.startswith("After backward of `a + b`, .grad is ")
    assert found.message.endswith((" and no number.", ".grad is nan."))


# --- optimizers --------------------------------------------------------------------------------------


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
    assert not diagnose_optimizer(optimizer, "adam")
    assert called[:2] == [{"lr": 0.1}, {"lr": 0.05}]


def test_options_that_are_not_given_have_torchs_defaults():
    class Defaults(written.Adam):
        def __init__(self, parameters, **options):
            super().__init__(parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)

    assert diagnose_optimizer(Defaults, "adam", eps=1e-8)
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
    assert item == data == pytest.approx(5.352423597945291)
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
