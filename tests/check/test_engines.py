"""diagnose_engine: the mistakes by their names."""

import importlib
import math
import random
import re
import time
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value
from microgd.check.diagnosis import number
from microgd.check.engine.broken import AGAIN, BROKEN
from microgd.check.engine.drawn import Source
from microgd.check.engine.expressions import method, operators
from microgd.check.engine.learner import Learner
from microgd.check.engine.right import computed, right_gradients, smooth
from microgd.check.engine.shrinking import shrunk
from microgd.check.engine.trial import Trial
from microgd.check.engine.verdicts import KEYS
from microgd.check.engines import diagnose_engine

from ..bench import later_engines, mistaken_engines as written, more_engines as more, walking_engines

OPERATIONS = [*operators(), *(method(row) for row in ("tanh", "relu", "exp", "log", "sqrt", "sin"))]


# --- expressions ------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 9), leaves=st.integers(1, 3), walks=st.integers(1, 3))
def test_an_expression_is_written_as_python_runs_it(seed, steps, leaves, walks):
    expression = Source(random.Random(seed), OPERATIONS).draw(steps, leaves, walks)
    names = {name: Value(float(x)) for name, x in zip("abc", expression.numbers)}
    leaves = list(names.values())
    *lines, last = str(expression).split("; ")
    exec("; ".join(lines), {}, names)
    result = eval(last, {}, names)
    if expression.walks == expression.once().walks:
        result.backward()
    found = [leaf.grad or 0.0 for leaf in leaves]
    assert found == pytest.approx(right_gradients(expression)[-1], rel=1e-4, abs=1e-6)  # 6 digits are shown


@given(seed=st.integers(0, 2**32))
def test_values_and_partials_of_an_expression_are_those_of_the_engine(seed):
    expression = Source(random.Random(seed), OPERATIONS).draw(4, 2)
    assert smooth(expression)
    nodes = [Value(float(x)) for x in expression.numbers]
    for step in expression.steps:
        operands = [nodes[i] for i in step.operands]
        nodes.append(step.operation.apply(*step.operation.filled(operands, step.number)))
    assert [node.data for node in nodes] == computed(expression).values


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_smallest_expression_is_made_by_leaving_out(seed):
    """One in which a node that is no leaf is used twice in a product: it needs two steps, and no more."""
    expression = Source(random.Random(seed), list(operators())[:2]).draw(6, 2)

    def fails(one):
        leaves = len(one.numbers)
        return any(
            step.operation.row == "mul" and step.operands[0] == step.operands[1] >= leaves
            for step in one.steps
        )

    if fails(expression):
        small = shrunk(expression, fails)
        assert fails(small)
        assert len(small.steps) == 2
        assert re.fullmatch(r"c = a [*+] b; c \* c", str(small))


def test_integers_stay_integers():
    expression = Source(random.Random(3), list(operators())[:2], whole=True).draw(5, 2)
    assert all(isinstance(x, int) for x in expression.numbers)
    assert all(x.is_integer() for x in computed(expression).values)


# --- right engines ----------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_a_right_engine_is_never_called_wrong(seed):
    assert diagnose_engine(written.Engine, seed=seed)
    assert diagnose_engine(microgd.Value, seed=seed)


@pytest.mark.parametrize(
    "engine", [*more.RIGHT, *walking_engines.RIGHT[::2]], ids=lambda engine: engine.__name__
)
@pytest.mark.parametrize("seed", range(2))
def test_a_right_engine_may_be_written_in_many_ways(engine, seed):
    found = diagnose_engine(engine, seed=seed)
    assert found, found.message


@pytest.mark.parametrize("which", range(3))
def test_numbers_may_be_numpys(which):
    np = pytest.importorskip("numpy")
    if which == 1 and number(np.ones(1)) is None:
        pytest.skip("an array of one element is not read")
    found = diagnose_engine(more.numpy_engines()[which])
    assert found, found.message


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("twice", [False, True])
def test_torch_itself_passes(kind, twice):
    torch = pytest.importorskip("torch")

    def leaf(x):
        return torch.tensor(x, dtype=getattr(torch, kind), requires_grad=True)

    found = diagnose_engine(leaf, lambda root: root.backward(retain_graph=twice), twice)
    assert found, found.message
    assert "tanh" in found.message


def test_what_was_tried_is_told():
    assert re.fullmatch(
        r"Right on all \d+ expressions of \+ \*, also in several backward passes\.",
        diagnose_engine(written.Engine).message,
    )
    assert " of + *." in diagnose_engine(written.Engine, twice=False).message
    assert " of + * - ** / relu exp log tanh, also " in diagnose_engine(more.Full).message


def test_a_reflected_operation_that_is_not_there_is_told_and_is_no_mistake():
    found = diagnose_engine(more.Full)
    assert found.ok
    assert "`2 ** a` raises TypeError: unsupported operand" in found.message


class LogWithEps(more.Full):
    def log(self):
        def _backward(out):
            self.grad += out.grad / (self.data + 1e-8)

        return self.node(math.log(self.data + 1e-8), (self,), _backward)


class WholeExponents(more.Full):
    def __pow__(self, n):
        assert isinstance(n, int)
        return super().__pow__(n)


class OwnMeaning(more.Full):
    """A method with the name of one of ours, which is another function."""

    def softplus(self):
        return self * 2


@pytest.mark.parametrize("engine", [LogWithEps, WholeExponents, OwnMeaning])
def test_what_is_right_in_its_own_way_is_not_called_wrong(engine):
    found = diagnose_engine(engine)
    assert found, found.message
    assert ("right to 6 digits only" in found.message) == (engine is LogWithEps)


def test_a_right_engine_takes_less_than_a_second_and_a_broken_one_less_than_three():
    for engine, limit in ((microgd.Value, 1.0), (more.Full, 1.0), (written.Recursive, 3.0)):
        started = time.process_time()
        diagnose_engine(engine)
        assert time.process_time() - started < limit


# --- broken ones --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(written.ENGINES))
@pytest.mark.parametrize("seed", range(3))
def test_every_listed_engine_is_named(key, seed):
    found = diagnose_engine(written.ENGINES[key], seed=seed)
    assert not found
    assert found.key == key
    assert found.message.endswith(f" {BROKEN[key].message}")


@pytest.mark.parametrize("engine", written.OTHER_WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_mistake_written_in_another_way_has_the_same_name(engine, seed):
    assert diagnose_engine(engine, seed=seed).key == written.OTHER_WAYS[engine]


def anew(module, table, name):
    """The class as it is before anything was kept in it."""
    return getattr(importlib.reload(module), table)[name]


@pytest.mark.parametrize("name", more.BROKEN)
@pytest.mark.parametrize("seed", range(2))
def test_a_broken_engine_is_named_truly(name, seed):
    engine, keys = anew(more, "BROKEN", name)
    found = diagnose_engine(engine, seed=seed)
    assert not found.ok
    assert found.key in keys, found.message


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in ("LATER", "LAST") for name in getattr(later_engines, table)],
)
def test_so_is_one_that_was_written_later(table, name):
    engine, keys = anew(later_engines, table, name)
    found = diagnose_engine(engine)
    assert not found.ok
    assert found.key in keys, found.message


WALKS = {**walking_engines.WALKING, **walking_engines.SECOND}


@pytest.mark.parametrize("name", WALKS)
def test_a_mistake_in_the_walk_is_named(name):
    engine, keys = WALKS[name]
    found = diagnose_engine(engine)
    assert not found.ok
    assert found.key in keys, found.message


LATER = [
    *later_engines.LATER.values(),
    *later_engines.LAST.values(),
    *WALKS.values(),
]


def test_every_key_of_a_known_mistake_is_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "checker.md").read_text(encoding="utf-8")
    for key in (*BROKEN, *AGAIN, *KEYS.values()):
        assert f"`{key}`" in page, key


def test_every_known_mistake_is_written_as_a_learner_writes_it():
    named = {key for _, keys in (*more.BROKEN.values(), *LATER) for key in keys}
    assert {*BROKEN, *AGAIN} <= {*written.ENGINES, *named}


ONCE = [(name, engine) for name, (engine, _) in more.BROKEN.items() if name != "ById"]


@pytest.mark.parametrize(("name", "engine"), [*written.ENGINES.items(), *ONCE])
def test_the_example_in_a_message_can_be_followed_by_hand(name, engine):
    """The learner's engine gives the gradient that is shown, and the right one is another."""
    message = diagnose_engine(engine).message
    shown = re.match(r"`(.*?)` goes wrong: with (.*?), (\w)\.grad is ([-\d.e]+)", message)
    if shown is None or ".backward()" in message:
        return
    text, at, leaf, gradient = shown.groups()
    found = []
    for make in (engine, Value):
        names = {x: make(float(value)) for x, value in re.findall(r"(\w) = ([-\d.e]+)", at)}
        leaves = dict(names)
        *lines, last = text.split("; ")
        exec("; ".join(lines), {}, names)
        eval(last, {}, names).backward()
        found.append(leaves[leaf].grad or 0.0)
    assert found[0] == pytest.approx(float(gradient.rstrip(".")), rel=1e-4)
    assert found[0] != pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("seed", range(4, 8))
def test_a_mistake_in_one_operation_is_not_taken_for_one_in_the_walk(seed):
    assert diagnose_engine(more.BROKEN["ReluAssigns"][0], seed=seed).key == "assign"


@pytest.mark.parametrize("key", ["recursive", "preorder", "assign", "by-value", "forward"])
def test_operands_in_a_set_do_not_hide_the_name(key):
    class InASet(written.ENGINES[key]):
        keep = set

    names = {"recursive": ("recursive", "no-visited"), "forward": ("forward", "postorder")}
    assert diagnose_engine(InASet).key in (*names.get(key, (key,)), "nondeterministic")


@pytest.mark.parametrize("name", ["KahnDistinct", "OutOverSelf", "OutOverSelfGuarded"])
@pytest.mark.parametrize("seed", range(8))
def test_what_shows_in_few_graphs_is_seen_with_every_seed(name, seed):
    assert not diagnose_engine(more.BROKEN[name][0], seed=seed)


class Own(more.Full):
    def lift(self, x):
        return x if isinstance(x, Own) else type(self)(x)


class InOnePlace(Own):
    """The operands of a product are kept in the class."""

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            a, b = InOnePlace.kept
            self.grad += b * out.grad
            other.grad += a * out.grad

        InOnePlace.kept = self.data, other.data
        return self.node(self.data * other.data, (self, other), _backward, "*")


class SecondAssigned(Own):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad
            other.grad = out.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")


class FirstAssigned(Own):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad = other.data * out.grad
            other.grad += self.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


class AssignedInASet(Own):
    """A product assigns, and the operands are in a set: each expression has its own order."""

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self._prev = set(_children)

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


class CalledWhenMade(Own):
    def __mul__(self, other):
        out = super().__mul__(other)
        out._backward = out._backward() or (lambda: None)
        return out


class ErasedAtLast(Own):
    def backward(self):
        super().backward()
        for v in self.order():
            v.grad = 0.0


class NeverSeeded(Own):
    """The nodes between are set to 0, and the root is one of them."""

    def backward(self):
        for v in self.order():
            if v._prev:
                v.grad = 0.0
        for v in reversed(self.order()):
            v._backward()


class ReluPasses(Own):
    def relu(self):
        def _backward(out):
            self.grad += out.grad

        return self.node(max(self.data, 0.0), (self,), _backward, "relu")


@pytest.mark.parametrize(
    ("engine", "key", "part"),
    [
        (InOnePlace, "late-binding", "It is so for mul alone. All its nodes use the values of the last one"),
        (SecondAssigned, "assign", "It is so for add alone. Right for the last use only"),
        (FirstAssigned, "assign", "It is so for mul alone. Right for the last use only"),
        (AssignedInASet, "assign", "It is so for mul alone. Right for the last use only"),
        (CalledWhenMade, "called-at-once", "Building `a * b` calls _backward(). Was a function called there"),
        (NeverSeeded, "no-seed", "After it, the root has 0. Is its gradient set to 1, and after the others"),
        (ErasedAtLast, "erased", "and a leaf that had 1 has 0. Are gradients set to 0"),
        (
            ReluPasses,
            "relu-rule",
            "The gradient is right where x > 0, and not 0 as it should be where x < 0.",
        ),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
@pytest.mark.parametrize("seed", range(3))
def test_a_mistake_of_one_operation_or_of_the_seed_is_told(engine, key, part, seed):
    found = diagnose_engine(engine, seed=seed)
    assert (found.ok, found.key) == (False, key), found.message
    assert part in found.message


class GlobalTape:
    """Right, and slower with every expression: all operations are on one list, which is never emptied."""

    made: ClassVar = []

    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def record(self, data, *partials):
        out = GlobalTape(data)
        self.made.append((out, partials))
        return out

    def __add__(self, other):
        return self.record(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        return self.record(self.data * other.data, (self, other.data), (other, self.data))

    def backward(self):
        flow = {self: 1.0}
        for out, partials in reversed(self.made):
            for x, partial in partials:
                flow[x] = flow.get(x, 0.0) + partial * flow.get(out, 0.0)
        for x, more_of_it in flow.items():
            x.grad += more_of_it


def test_an_engine_that_becomes_slower_is_tried_with_fewer_expressions(monkeypatch):
    monkeypatch.undo()  # no patience here
    started = time.process_time()
    found = diagnose_engine(GlobalTape)
    assert found, found.message
    assert time.process_time() - started < 10.0  # 3 s, and what a busy machine adds
    assert int(re.search(r"\d+", found.message).group()) < 1960
    GlobalTape.made.clear()


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
    assert re.match(r"After a second backward of `.*` the gradients are not twice the first\.", found.message)
    found = diagnose_engine(Forgets)
    assert found.key == "forgets"
    assert found.message.startswith("A second backward of `a + b` changes nothing.")
    for engine in (Keeps, Forgets):
        assert diagnose_engine(engine, twice=False).ok


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


def test_a_wrong_rule_is_told_from_a_wrong_walk_and_named():
    for engine, key, name, inputs, fact in (
        (WrongAdd, "add-rule", "+", (0,), "exactly the right one times a."),
        (WrongMul, "mul-rule", "*", (1,), "exactly 2 times the right one"),
    ):
        found = diagnose_engine(engine)
        assert (found.key, found.inputs) == (key, inputs)
        assert found.message.startswith(f"`a {name} b` goes wrong: with a = 2, b = 3, ")
        assert f"The rule of {name} alone: " in found.message
        assert fact in found.message


def test_operations_that_are_built_from_a_wrong_one_are_not_blamed():
    found = diagnose_engine(more.BROKEN["MulByConstantForgotten"][0])
    assert found.message.startswith("`a * 2` goes wrong: with a = 2, a.grad is 1. So do `-a`, `a - b`")


class Bent(written.Engine):
    def backward(self):
        super().backward()
        nodes = self.topological()
        for v in nodes:
            if not v._prev and len(nodes) > 4:
                v.grad += math.tanh(v.data)


def test_a_mistake_that_nobody_knows_has_its_smallest_expression_too():
    found = diagnose_engine(Bent)
    assert (found.ok, found.key) == (False, "unknown")
    assert re.match(r"`a [+*] b [+*] c` goes wrong: |`a [+*] \(b [+*] c\)` goes wrong: ", found.message)
    assert found.message.endswith(" Can you follow backward through it by hand, step by step?")


class NegativeLost(walking_engines.Record):
    """Results of operations get nothing if they are negative."""

    def push(self):
        for x, d in self.edges():
            if not (x.operands and x.data < 0.0):
                x.grad += d * self.grad


class RootAndSquare(walking_engines.Record):
    """A square that is not the root passes its gradient on once, not twice."""

    def backward(self):
        self.begin()
        for v in reversed(self.order()):
            for k, (x, d) in enumerate(v.edges()):
                if v is self or not (k and x is v.operands[0]):
                    x.grad += d * v.grad


@pytest.mark.parametrize(
    ("engine", "condition"),
    [
        (
            NegativeLost,
            "whenever the operand's value is negative and the operand is the result of an operation, and",
        ),
        (RootAndSquare, "the operand stands twice in the operation"),
    ],
)
def test_what_lost_contributions_have_in_common_is_said(engine, condition):
    found = diagnose_engine(engine)
    assert found.key == "lost-contribution"
    assert condition in found.message


def test_if_nothing_is_known_the_nodes_that_come_too_early_are_a_fact():
    found = diagnose_engine(more.BROKEN["ByDepth"][0])
    assert found.key == "too-early"
    assert "the walk comes to some nodes before it has come to all that use them" in found.message


def test_a_tape_that_is_never_emptied_is_no_exhausted_iterator():
    engine, keys = anew(later_engines, "LATER", "GlobalTape")
    assert diagnose_engine(engine).key in keys


def test_every_fourth_expression_has_a_zero_among_its_leaves():
    learner = Learner(written.Engine, lambda root: root.backward())
    learner.discover()
    drawn = list(Trial(learner, 0).graphs(learner.operations[:2], 400))
    assert sum(0.0 in expression.numbers for expression in drawn) >= 100


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


class Shallow(written.Engine):
    def topological(self):
        return super().topological()[-60:]


def test_a_chain_is_followed_to_its_end():
    found = diagnose_engine(Shallow)
    assert not found.ok
    assert found.message.startswith("A chain of 120 operations goes wrong")


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


def test_a_stored_call_is_known_by_the_none_it_leaves():
    found = diagnose_engine(more.BROKEN["StoredCall"][0])
    assert found.message == (
        "backward of `a + b` raised TypeError: 'NoneType' object is not callable. The `_backward` of the root"
        " is None. Was a function called there, with (), where it should only be stored?"
    )


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


def test_a_learners_engine_is_only_read():
    learner = Learner(more.Full, lambda root: root.backward())
    learner.discover()
    assert learner.data == "data"
    assert [operation.text for operation in learner.operations[:4]] == ["a + b", "a * b", "a + 2", "2 + a"]
