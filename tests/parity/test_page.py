"""The parity page has no gap: every public name has cases, every option is driven or explained."""

import importlib
import inspect

import pytest

from microgd import nn, optim
from microgd.tensor import values
from tests.nn.cases import CASES
from tests.optim import cases, test_parity as optimizers
from tests.parity import calls, optim_rows
from tests.parity.page import PAGE, SECTIONS, page
from tests.parity.registry import look_up, missing, parameters, reason, rows, variadic

ROWS = [(section, row) for section in SECTIONS for row in section.rows]
IDS = [f"{section.path}.{row.name}" for section, row in ROWS]
AFTER_ONE_LEFT_OUT = {("RMSprop", "maximize")}  # PyTorch has `capturable` before it
THEIR_DEFAULTS = {("Parameter", "data")}  # None; here no numbers
BASES = {"Optimizer", "LRScheduler"}


def test_the_committed_page_is_what_the_cases_give():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.parity"


@pytest.mark.parametrize(("section", "row"), ROWS, ids=IDS)
def test_the_signature_is_torchs(section, row):
    ours, theirs = (parameters(look_up(side, section.path, row.name)) for side in ("microgd", "torch"))
    assert_same_signature(row.name, ours, theirs)


def assert_same_signature(name, ours, theirs):
    """The same names in the same order, each with its default and passed in the same way."""
    if not any(map(variadic, theirs.values())):
        assert [x for x in ours if x in theirs] == [x for x in theirs if x in ours]
        assert not set(ours) - set(theirs), "options that PyTorch does not have"
    for option in ours.keys() & theirs.keys():
        mine, other = ours[option], theirs[option]
        if (name, option) not in THEIR_DEFAULTS:
            assert mine.default == other.default, option
        if (name, option) not in AFTER_ONE_LEFT_OUT:
            assert (mine.kind is mine.KEYWORD_ONLY) == (other.kind is other.KEYWORD_ONLY), option


@pytest.mark.parametrize(("section", "row"), ROWS, ids=IDS)
def test_every_option_is_driven_or_left_out_for_a_reason(section, row):
    for name in missing(section, row):
        assert reason(name), f"why is {name} left out?"
    assert not not_driven(section, row), "no case drives these options"


def not_driven(section, row):
    ours = parameters(look_up("microgd", section.path, row.name))
    return {name for name, p in ours.items() if not variadic(p)} - row.driven


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.path)
def test_every_public_name_has_cases(section):
    assert without_cases(section) == set()


def without_cases(section):
    told = {row.name for row in section.rows} | {own.name for own in section.own}
    return public(section.path) - told - BASES


def public(path):
    """The public names of a module of microgd; of the class Module its methods, of others what makes them."""
    if path == "nn.Module":
        methods = {
            n for c in nn.Module.__mro__[:-1] for n, x in vars(c).items() if callable(x) and n[0] != "_"
        }
        return methods - {"forward", "extra_repr"}
    if path == "nn.Embedding":
        return {name for name, x in vars(nn.Embedding).items() if isinstance(x, classmethod)}
    module = importlib.import_module(f"microgd.{path}")
    names = getattr(module, "__all__", None) or [
        name
        for name, x in vars(module).items()
        if getattr(x, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    return {name for name in names if not inspect.ismodule(getattr(module, name))}


# --- what these tests see when something is wrong ------------------------------------------------


class Ascent(optim.SGD):
    """Gradient descent with its sign flipped."""

    def step(self, closure=None):
        for group in self.param_groups:
            for x in values(group["params"]):
                x.grad = None if x.grad is None else -x.grad
        return super().step(closure)


def section_of(path):
    return next(section for section in SECTIONS if section.path == path)


def test_a_new_optimizer_without_cases_is_seen(monkeypatch):
    monkeypatch.setattr(optim, "__all__", [*optim.__all__, "Rprop"])
    monkeypatch.setattr(optim, "Rprop", Ascent, raising=False)
    assert without_cases(section_of("optim")) == {"Rprop"}
    assert "| `Rprop` |" not in page()


@pytest.mark.parametrize("name", ["SGD", "Rprop"])  # under a name that torch has, and has otherwise
def test_an_optimizer_with_its_sign_flipped_fails_its_cases(monkeypatch, name):
    monkeypatch.setattr(optim, name, Ascent, raising=False)
    monkeypatch.setitem(cases.OPTIONS, name, cases.OPTIONS["SGD"])
    run = getattr(optimizers.test_an_optimizer_follows_torch_down_a_bowl, "__wrapped__", None)
    run = run or optimizers.test_an_optimizer_follows_torch_down_a_bowl
    with pytest.raises(AssertionError):
        run(name, {"lr": 0.1})


def test_a_loss_with_a_wrong_default_is_seen(monkeypatch):
    class Loss(nn.HuberLoss):
        def __init__(self, reduction="mean", delta=2.0):
            super().__init__(reduction, delta)

    monkeypatch.setattr(nn, "HuberLoss", Loss)
    section = section_of("nn")
    row = next(row for row in section.rows if row.name == "HuberLoss")
    with pytest.raises(AssertionError, match="delta"):
        test_the_signature_is_torchs(section, row)


def test_an_option_without_a_case_is_seen(monkeypatch):
    options = {name: x for name, x in cases.OPTIONS["Adam"].items() if name != "amsgrad"}
    monkeypatch.setitem(cases.OPTIONS, "Adam", options)
    section = section_of("optim")
    (row,) = (r for r in rows(optim_rows._optimizers(), {}) if r.name == "Adam")
    assert not_driven(section, row) == {"amsgrad"}


def test_a_wrong_result_of_a_call_is_seen(monkeypatch):
    monkeypatch.setattr(nn.init, "ones_", nn.init.zeros_)
    (call,) = (call for call in calls.CALLS if call.name == "ones_")
    with pytest.raises(AssertionError):
        calls.compare(call)


def test_only_embedding_is_made_by_a_class_method_too():
    for name in nn.__all__:
        if name not in ("Embedding", "functional", "init", "utils"):
            assert not [x for x in vars(getattr(nn, name)).values() if isinstance(x, classmethod)]


def test_every_case_is_driven_by_the_parity_tests():
    def parametrized(function):
        return [mark.args[1] for mark in function.pytestmark if mark.name == "parametrize"]

    from tests.nn import test_parity as layers
    from tests.parity import test_calls

    assert parametrized(layers.test_value_gradient_and_second_gradient_are_pytorchs) == [CASES]
    assert parametrized(optimizers.test_an_optimizer_follows_torch) == [cases.OPTIONS]
    assert parametrized(optimizers.test_a_scheduler_follows_torch) == [cases.SCHEDULERS]
    assert parametrized(test_calls.test_a_call_gives_what_it_gives_in_torch) == [calls.CALLS]
