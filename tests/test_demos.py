"""The demos run, in a few steps each, from a directory of their own, and leave what they promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(tmp_path, script, *options, hidden=()):
    """A demo in `tmp_path`, as a user runs it; the packages in `hidden` are not installed there."""
    for package in hidden:
        (tmp_path / "hidden").mkdir(exist_ok=True)
        text = f'raise ModuleNotFoundError("No module named {package!r}", name="{package}")\n'
        (tmp_path / "hidden" / f"{package}.py").write_text(text)
    path = [str(tmp_path / "hidden"), str(ROOT)]
    return subprocess.run(
        [sys.executable, ROOT / "demos" / script, *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def picture(path):
    """Whether a file is a picture of its kind, and not an empty one."""
    content = path.read_bytes()
    start = {".png": b"\x89PNG", ".svg": b"<"}[path.suffix]
    return content.startswith(start) and len(content) > 4000


def test_train_linear_prints_twenty_lines_and_draws_its_loss(tmp_path):
    pytest.importorskip("matplotlib")
    done = run(tmp_path, "train_linear.py", "--plot")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(",")[0] for line in lines[1:20:2]] == [f"Epoch {i}" for i in range(10)]
    assert lines[1].startswith("Epoch 0, Loss = 0.78369")
    assert picture(tmp_path / "loss.svg")
    assert "weight[1][3]" in (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert picture(tmp_path / "losses.png")


def test_train_linear_follows_its_seed(tmp_path):
    first, again, other = (run(tmp_path, "train_linear.py", "--seed", n).stdout for n in "778")
    assert first == again != other


def test_train_linear_prints_the_graph_as_text_where_nothing_can_render_it(tmp_path):
    done = run(tmp_path, "train_linear.py", hidden=["graphviz"])
    assert done.returncode == 0, done.stderr
    assert "Epoch 9" in done.stdout
    assert "pip install" in done.stdout
    assert "weight[1][3]" in done.stdout
    assert not (tmp_path / "loss.svg").exists()


@pytest.mark.parametrize(
    ("script", "option"), [("train_linear.py", "--plot"), ("gradient_descent.py", "--epochs=1")]
)
def test_without_matplotlib_a_demo_says_what_to_install(tmp_path, script, option):
    done = run(tmp_path, script, option, hidden=["matplotlib"])
    assert done.returncode == 1
    assert 'pip install "microgd[demos]"' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("file", ["gradient_descent.png", "other.svg"])
def test_gradient_descent_tells_its_story_and_paints_it(tmp_path, file):
    pytest.importorskip("matplotlib")
    done = run(tmp_path, "gradient_descent.py", "--epochs", "2", "--out", file)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines()[3:8]:
        _, *pairs = line.split("|")
        for by_hand, by_backward in (pair.split() for pair in pairs):
            assert by_hand == by_backward
    assert [f"{rate} " in done.stdout for rate in ("1e-06", "1e-03", "1e-01")] == [True] * 3
    assert picture(tmp_path / file)
