"""diagnose_engine, diagnose_optimizer and diagnose_training: the mistakes by their names."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd.check.engines import BROKEN, PROBES, broken, diagnose_engine
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


@pytest.mark.parametrize("key", sorted(BROKEN))
def test_every_simulated_engine_is_named(key):
    assert diagnose_engine(broken(key)).key == key


@pytest.mark.parametrize("key", ["recursive", "preorder", "assign", "by-value", "forward"])
def test_operands_in_a_set_do_not_hide_the_name(key):
    class InASet(written.ENGINES[key]):
        keep = set

    names = {"recursive": ("recursive", "no-visited"), "forward": ("forward", "postorder")}
    assert diagnose_engine(InASet).key in names.get(key, (key,))


def test_the_message_names_the_smallest_expression_that_goes_wrong():
    message = diagnose_engine(written.ENGINES["dedup"]).message
    assert message.startswith("`a + a` goes wrong: with a = ")


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
    assert diagnose_engine(Keeps).key == "kept-intermediates"
    assert diagnose_engine(Forgets).key == "forgets"
    assert diagnose_engine(Keeps, twice=False).ok


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


def test_a_wrong_rule_is_told_from_a_wrong_walk():
    assert diagnose_engine(WrongAdd).key == "add-rule"


@pytest.mark.parametrize(
    ("engine", "backward", "key"),
    [
        (lambda x: x, None, "raises"),
        (lambda x: 1 // 0, None, "raises"),
        (None, None, "raises"),
        (written.Engine, lambda root: 1 // 0, "raises"),
        (written.Engine, lambda root: exit(), "raises"),
        (lambda x: object(), None, "raises"),
    ],
)
def test_engines_that_break_become_a_diagnosis(engine, backward, key):
    found = diagnose_engine(engine, backward)
    assert found.key == key
    assert "\n" not in found.message


@pytest.mark.parametrize("junk", ["one", 1j, [1.0], math.nan, object()])
def test_a_grad_that_is_no_number_becomes_a_diagnosis(junk):
    class Junk(written.Engine):
        def backward(self):
            for v in self.topological():
                v.grad = junk

    assert diagnose_engine(Junk).key == "not_a_number"


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


class Unheard(written.SGD):
    def update(self, k, p, g):
        return -self.lr * math.tanh(g)


def test_what_is_not_known_says_where_it_first_differs():
    found = diagnose_optimizer(Unheard, lr=0.1)
    assert found.key == "unknown"
    assert "step 1" in found.message


def test_options_that_do_not_exist_are_an_error_of_the_caller():
    with pytest.raises(ValueError, match="no option speed"):
        diagnose_optimizer(written.SGD, speed=3)
    with pytest.raises(ValueError, match="kind must be"):
        diagnose_optimizer(written.SGD, "newton")


@pytest.mark.parametrize(
    ("optimizer", "key"),
    [
        (lambda parameters, lr: None, "raises"),
        (lambda parameters: None, "raises"),
        (None, "raises"),
        (lambda parameters, lr: 1 // 0, "raises"),
    ],
)
def test_optimizers_that_break_become_a_diagnosis(optimizer, key):
    assert diagnose_optimizer(optimizer, lr=0.1).key == key


@pytest.mark.parametrize("junk", ["one", 1j, None, math.nan, math.inf, [1.0]])
def test_data_that_is_no_number_becomes_a_diagnosis(junk):
    class Junk(written.SGD):
        def step(self):
            self.parameters[0].data = junk

    assert diagnose_optimizer(Junk, lr=0.1).key == "not_a_number"


def test_a_loop_that_never_moves_is_frozen():
    assert diagnose_training(lambda parameters, loss, steps: loss().backward(), lr=0.1).key == "frozen"
    assert diagnose_training(lambda *xs: 1 // 0, lr=0.1).key == "raises"
