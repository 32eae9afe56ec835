"""docs/ops.md has all operations, is what its script makes, and says nothing that the table does not."""

from __future__ import annotations

import importlib.util
import math
import re
import sys

import pytest

from microgd.jit.formulas import formula, partial
from microgd.jit.rules import names_of
from microgd.ops import TABLE, Primitive
from tests.differences import DIFFERENCES
from tests.domains import DOMAINS
from tests.test_docs import ROOT

PAGE = ROOT / "docs" / "ops.md"
MINE = [row for row in TABLE.values() if row.value.__module__ == "microgd.ops"]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("ops_page", ROOT / "docs" / "ops.py")
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


def entry(name: str) -> str:
    found = re.search(rf"(?ms)^### {name}$(.*?)(?=^##|\Z)", PAGE.read_text(encoding="utf-8"))
    assert found, name
    return found[1]


def test_the_page_is_fresh(script):
    assert PAGE.read_text(encoding="utf-8") == script.page(), "run python docs/ops.py"


@pytest.mark.parametrize("row", MINE, ids=lambda row: row.name)
def test_the_pictures_of_an_operation_are_fresh(script, row: Primitive):
    made = {path.stem: path.read_text(encoding="utf-8") for path in script.FOLDER.glob(f"{row.name}-*.svg")}
    for k in script.plotted(row):
        assert made.pop(f"{row.name}-{names_of(row)[k]}") == script.plot(row, k), "run python docs/ops.py"
    # The ids in an SVG begin with a digest of the DOT source that it was made from.
    assert script.graph(row).prefix in made.pop(f"{row.name}-graph"), "run python docs/ops.py"
    assert not made


def test_the_page_is_small():
    folder = sum(path.stat().st_size for path in (ROOT / "docs" / "ops").iterdir())
    assert folder + PAGE.stat().st_size < 1_000_000


def test_every_operation_has_an_entry_with_its_value_and_all_of_its_partials():
    headings = re.findall(r"(?m)^### (.*)$", PAGE.read_text(encoding="utf-8"))
    assert sorted(headings) == sorted(row.name for row in MINE)
    for row in MINE:
        text = entry(row.name)
        assert f"`out = {formula(row)}`" in text
        for k, name in enumerate(names_of(row)):
            assert f"`∂ out / ∂ {name} = {partial(row, k)}`" in text


@pytest.mark.parametrize("row", MINE, ids=lambda row: row.name)
def test_the_domain_is_where_the_value_is_a_number(script, row: Primitive):
    """At all finite edges but the huge ones, where a value may overflow on the way."""
    words, holds = script.WHERE_DEFINED.get(row.name, ("all numbers", lambda *xs: True))
    assert f"- defined for: {words}\n" in entry(row.name)
    points = [point for point in DOMAINS[row.name].edges if all(abs(x) < 1e9 for x in point)]
    assert points
    assert not [p for p in points if math.isnan(row.value(*p)) == bool(holds(*p))]


def test_every_difference_from_pytorch_is_said():
    for each in DIFFERENCES:
        if each.name in TABLE:
            told = entry(each.name).replace("\\", "").replace("−", "-")
            assert f"in PyTorch, {each.reason}" in told, each


def test_an_operation_without_a_difference_says_how_many_edges_are_tried():
    assert f"the same at all {len(DOMAINS['cosh'].edges)} edges that are tried" in entry("cosh")


def test_a_plot_breaks_at_a_jump_and_not_on_a_steep_curve(script):
    assert script.jumps(lambda x: float(x > 0.3), -1.0, 1.0)
    assert not script.jumps(lambda x: math.tanh(20.0 * x), -1.0, 1.0)


def test_a_plot_has_the_values_and_the_partials_of_the_table(script):
    value, derivative = script.curves(TABLE["pow"], 0)
    assert (value(3.0), derivative(3.0)) == (27.0, 27.0)
    assert math.isnan(script.curves(TABLE["log"], 0)[1](-1.0))
