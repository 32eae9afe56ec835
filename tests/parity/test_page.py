"""The parity table has no gap: every name has its row, every option is PyTorch's and driven or explained."""

import importlib
import inspect

import pytest

from microgd import nn
from tests.parity.page import PAGE, ROOMS, page
from tests.parity.registry import ALL, found, missing, options, reason

ROWS = [(room, row) for room in ROOMS for row in room.rows]
IDS = [f"{room.path}.{row.name}" for room, row in ROWS]
THEIR_DEFAULTS = {("Parameter", "data")}  # None; here no numbers


def test_the_committed_page_is_what_the_registry_gives():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.parity"


@pytest.mark.parametrize(("room", "row"), ROWS, ids=IDS)
def test_options_are_pytorchs_in_order_and_default(room, row):
    ours, theirs = (
        options(found(library, room, row.name))
        for library in ("microgd", "torch" if not row.own else "microgd")
    )
    if ours is None or theirs is None:
        return
    common = [name for name in theirs if name in ours]
    variadic = any(
        p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        for p in inspect.signature(
            found("torch" if not row.own else "microgd", room, row.name)
        ).parameters.values()
    )
    if not variadic:
        assert list(ours) == common
    for name in common:
        if (row.name, name) not in THEIR_DEFAULTS:
            assert ours[name] == theirs[name], name


@pytest.mark.parametrize(("room", "row"), ROWS, ids=IDS)
def test_every_option_is_driven_or_left_out_for_a_reason(room, row):
    for name in missing(room, row):
        assert reason(name), f"why is {name} left out?"
    if row.checked != ALL:
        ours = set(options(found("microgd", room, row.name)) or ())
        assert ours <= row.checked, "drive these options in the parity test"


@pytest.mark.parametrize(
    "room", [room for room in ROOMS if room.path != "nn.Module"], ids=lambda room: room.path
)
def test_every_public_name_has_a_row(room):
    module = importlib.import_module(f"microgd.{room.path}")
    public = getattr(module, "__all__", None) or [
        name
        for name, x in vars(module).items()
        if getattr(x, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    names = {name for name in public if not inspect.ismodule(getattr(module, name))}
    not_told = {"Optimizer", "LRScheduler", "IncompatibleKeys"}
    assert names - not_told == {row.name for row in room.rows} - not_told


def test_every_public_method_of_a_module_has_a_row():
    methods = {name for name, x in vars(nn.Module).items() if callable(x) and not name.startswith("_")}
    assert methods - {"forward", "extra_repr"} == {
        row.name for row in next(r for r in ROOMS if r.path == "nn.Module").rows
    }
