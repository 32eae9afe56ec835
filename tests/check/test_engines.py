"""diagnose_engine: the mistakes by their names."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd.check.engines import BROKEN, PROBES, diagnose_engine

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
