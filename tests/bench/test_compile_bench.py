"""The contestants of the benchmark of compiled code compute the same. What is timed is tested elsewhere."""

from __future__ import annotations

import os
import shutil
from array import array

import pytest

from . import (
    compile as command,
    compile_hessian,
    compile_replay,
    compile_runs,
    compile_scaling,
    compile_training,
)

CHEAP = [
    "plain Python source",
    "microgd.compile, python: value_and_grad of arrays",
    "microgd.compile, python: value_and_grad, captured",
    "microgd.compile, python: the code alone",
    "microgd.compile, llvm exact: the code alone",
]


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROGD_BENCH", str(tmp_path))
    monkeypatch.setenv("MICROGD_CACHE", str(tmp_path))


def answers(contestants, name):
    try:
        return contestants[name]()
    except (ImportError, compile_runs.Missing) as why:
        pytest.skip(str(why))


@pytest.mark.parametrize("name", CHEAP)
def test_a_replay_gives_the_loss_and_gradient_of_the_eager_network(name):
    eager = answers(compile_replay.CONTESTANTS, "microgd eager, through nn")["read"]
    own = answers(compile_replay.CONTESTANTS, name)["read"]
    for k in (0, 5):
        (loss, gradient), (other, its) = eager(k), own(k)
        assert [other, *its] == pytest.approx([loss, *gradient], abs=compile_replay.TOLERANCE)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler")
def test_each_layout_of_the_hand_written_code_gives_the_loss_and_gradient_of_the_eager_network():
    name = os.path.join(os.path.dirname(compile_replay.__file__), "compile_moons.c")
    library = compile_replay.loaded(compile_runs.compiled_c(name, "-O1", "-march=native"))
    layouts = ("samples_in_lanes", "pairs_of_vectors", "neurons_in_lanes")
    loss, gradient = answers(compile_replay.CONTESTANTS, "microgd eager, through nn")["read"](3)
    for layout in layouts:
        other, its = compile_replay.in_c(getattr(library, layout))["read"](3)
        assert [other, *its] == pytest.approx([loss, *gradient], abs=1e-14)


def test_the_compiled_loop_gives_the_losses_of_the_eager_loop():
    eager = compile_training.microgd_eager("moons")["result"](3)
    own = compile_training.microgd_compiled("moons", "python")["result"](3)
    assert own["losses"] == eager["losses"]


def test_the_compiled_hessians_are_the_eager_one():
    read = answers(compile_hessian.CONTESTANTS, "microgd eager, n = 10")["read"]
    for name, make in compile_hessian.CONTESTANTS.items():
        if name.endswith("python, n = 10"):
            for own, row in zip(make()["read"](1), read(1), strict=True):
                assert own == pytest.approx(row, rel=1e-12)


def test_the_compiled_language_model_has_the_loss_and_gradient_of_the_eager_one():
    loss, gradient = compile_scaling.language("")["read"](0)
    other, its = compile_scaling.language("python")["read"](0)
    assert [other, *its] == pytest.approx([loss, *gradient], abs=1e-12)


def test_contestants_in_processes_take_turns_and_the_missing_are_named(monkeypatch):
    names = ["plain Python source", "hand-written SIMD C"]
    monkeypatch.setenv("PATH", "")  # no compiler
    found, missing, _ = compile_runs.in_turns(compile_replay.__name__, names, rounds=2, processes=2)
    assert len(found["plain Python source"]) == 2
    assert missing == {"hand-written SIMD C": "there is no C compiler"}


def test_a_power_law_is_found():
    assert compile_scaling.exponent({n: 3.0 * n**1.5 for n in (10, 100, 1000)}) == pytest.approx(1.5)


def test_what_is_asked_is_compared_with_what_was_measured():
    slow, fast = command.C, command.EXACT + command.ALONE
    figures = {"replay": {slow: array("d", [1.0, 1.0]), fast: array("d", [1.5, 1.7])}}
    assert "1.60 (1.55 to 1.65) | yes" in command.bars(figures)
