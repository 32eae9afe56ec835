"""Scripts as people write them run with only their import lines changed, and print what they print with the
library that they are written for.

Those that do not run yet are listed below with what stops them first. A script that begins to run turns its
test red until its line is removed. `python -m tests.field` tells what stops each today.
"""

import signal

import pytest

from tests.field import runs

NOT_YET: dict[str, str] = {}


def scripts():
    for s in runs.SETS:
        for script in s.scripts:
            reason = NOT_YET.get(f"{s.folder}/{script}")
            mark = pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError)
            yield pytest.param(s, script, id=script, marks=[mark] if reason else [])


def demand(twin):
    if runs.missing(twin):
        pytest.skip(f'{twin} is not installed: pip install -e ".[parity]"')


@pytest.mark.parametrize(("s", "script"), list(scripts()))
def test_a_script_runs_with_its_import_lines_changed(s, script):
    demand(s.twin)
    assert runs.first_error(s, script) == ""


@pytest.mark.parametrize("s", runs.SETS, ids=lambda s: s.twin)
def test_every_script_runs_with_the_library_it_is_written_for(s):
    demand(s.twin)
    ended = runs.outcomes(s.twin)
    assert {name: e["error"] for name, e in ended.items() if e["error"]} == {}
    assert sorted(ended) == s.scripts
    for name, e in ended.items():
        assert len(runs.values(e["printed"])) >= 6, name


def test_the_list_names_scripts_that_there_are():
    assert set(NOT_YET) <= {f"{s.folder}/{script}" for s in runs.SETS for script in s.scripts}


@pytest.mark.parametrize("s", runs.SETS, ids=lambda s: s.twin)
def test_only_import_lines_are_changed(s):
    for script in s.scripts:
        before = s.text(script).splitlines()
        after = runs.ported(s.text(script), s.ours).splitlines()
        changed = {x.strip() for x, y in zip(before, after, strict=True) if x != y}
        imports = {x for x in map(str.strip, before) if x.startswith(("import ", "from "))}
        theirs = {x for x in imports if x.split()[1].split(".")[0] in (s.twin, "engine")}
        assert changed == theirs != set(), script


def test_how_import_lines_change():
    def ported(text):
        return runs.ported(text, "microgd")

    assert ported("import torch") == "import microgd as torch"
    assert ported("import torch.nn as nn") == "import microgd.nn as nn"
    assert ported("from torch import nn") == "from microgd import nn"
    assert ported("from torch.utils.data import DataLoader") == "from microgd.utils.data import DataLoader"
    assert ported("x = torch.ones(2)\nimport torchvision") == "x = torch.ones(2)\nimport torchvision"
    theirs, ours = "from micrograd.engine import Value", "from microgd.micrograd import Value"
    assert runs.ported(theirs, "microgd.micrograd") == ours


def test_values_are_the_numbers_and_truth_values_of_a_text():
    text = (
        "fc1 tensor([1., -2.5e-05, nan], grad_fn=<MulBackward0>) step 3: 10-4 x^2, True, Size([]) -inf 0.1%"
    )
    assert runs.values(text) == ["1.", "-2.5e-05", "nan", "3", "10", "4", "2", "True", "-inf", "0.1"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.0", "1", True),
        ("1.00009", "1.0", True),
        ("1.0002", "1.0", False),
        ("0.0", "-1e-17", True),
        ("nan", "nan", True),
        ("nan", "1.0", False),
        ("inf", "-inf", False),
        ("True", "True", True),
        ("True", "False", False),
        ("True", "1", False),
    ],
)
def test_values_agree_to_four_digits(one, other, same):
    assert runs.agree(one, other, 1e-4) is same


def outcome(printed, error=""):
    return {"printed": printed, "error": error}


@pytest.mark.parametrize(
    ("mine", "twin", "error"),
    [
        (outcome("1.0 True"), outcome("1 True"), ""),
        (outcome("1.0 False"), outcome("1 True"), "value 2 of those printed is False, its twin's True"),
        (outcome("1.0"), outcome("1 True"), "prints 1 values, its twin 2"),
        (outcome("1 True", "line 3: KeyError: 'x'"), outcome("1 True"), "line 3: KeyError: 'x'"),
    ],
)
def test_the_first_error_says_what_stops_a_script(monkeypatch, mine, twin, error):
    s = runs.SETS[0]
    monkeypatch.setattr(runs, "outcomes", lambda engine: {"network": twin if engine == s.twin else mine})
    assert runs.first_error(s, "network") == error


def test_a_script_that_draws_normals_must_print_as_many_values(monkeypatch):
    s = runs.SETS[1]
    printed = {s.twin: "1.5 2.5", s.ours: "1.0 2.0"}
    monkeypatch.setattr(runs, "outcomes", lambda engine: {"sin_by_hand": outcome(printed[engine])})
    assert runs.first_error(s, "sin_by_hand") == ""
    printed[s.ours] = "1.0"
    assert runs.first_error(s, "sin_by_hand") == "prints 1 values, its twin 2"


def test_two_scripts_draw_normals():
    s = runs.SETS[1]
    assert sum(s.text(script).startswith(f'"""{runs.NORMALS}') for script in s.scripts) == 2


def test_a_script_has_its_own_globals_folder_and_error():
    assert runs.run("first", "open('left', 'w').close(); kept = 1; print(kept)") == outcome("1\n")
    text = "import os\nprint(os.listdir(), __name__)\nkept"
    error = "line 3: NameError: name 'kept' is not defined"
    assert runs.run("second", text) == outcome("[] __main__\n", error)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no alarm on this system")
def test_a_script_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(runs, "SECONDS", 0.05)
    before = signal.getsignal(signal.SIGALRM)
    stopped = runs.run("endless", "print(1)\nwhile True:\n    pass")
    assert stopped["printed"] == "1\n"
    assert stopped["error"].endswith("TimeoutError: not ready after 0.05 s")
    assert signal.getsignal(signal.SIGALRM) == before
