"""The demos run, in a few steps each, from a directory of their own, and leave what they promise."""

import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import microgd
from microgd.tensor import values

ROOT = Path(__file__).parent.parent


WITHOUT_LLVMLITE = """
import os, runpy, sys

sys.modules["llvmlite"] = None
script, *sys.argv[1:] = sys.argv[1:]
sys.path.insert(0, os.path.dirname(script))
runpy.run_path(script, run_name="__main__")
"""


def run(tmp_path, script, *options, hidden=(), llvmlite=True):
    """A demo in `tmp_path`, as a user runs it; the packages in `hidden` are not installed there."""
    for package in hidden:
        (tmp_path / "hidden").mkdir(exist_ok=True)
        text = f'raise ModuleNotFoundError("No module named {package!r}", name="{package}")\n'
        (tmp_path / "hidden" / f"{package}.py").write_text(text)
    path = [str(tmp_path / "hidden"), str(ROOT)]
    return subprocess.run(
        [sys.executable, *([] if llvmlite else ["-c", WITHOUT_LLVMLITE]), ROOT / "demos" / script, *options],
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


def test_train_linear_prints_ten_losses_and_draws_the_first(tmp_path):
    pytest.importorskip("matplotlib")
    done = run(tmp_path, "train_linear.py", "--plot")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(",")[0] for line in lines[:10]] == [f"Epoch {i}" for i in range(10)]
    assert lines[0].startswith("Epoch 0, Loss = 0.78369")
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
    assert done.stdout.count("weight[1][3]") == 1
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


@pytest.mark.parametrize(
    ("script", "option", "told"),
    [
        ("gradient_descent.py", ["--epochs", "-3"], "argument --epochs: should be a whole number from 1 on"),
        (
            "gradient_descent.py",
            ["--out", "foo.xyz"],
            "argument --out: should end in .png or .svg, and is foo.xyz",
        ),
        ("gradient_descent.py", ["--out", "nowhere/foo.png"], "argument --out: there is no folder nowhere"),
        ("two_moons.py", ["--watch", "foo.png"], "argument --watch: should end in .html"),
        ("two_moons.py", ["--steps", "0"], "argument --steps: should be a whole number from 1 on, and is 0"),
    ],
)
def test_what_a_demo_cannot_do_is_told_before_the_work(tmp_path, script, option, told):
    done = run(tmp_path, script, *option)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


# --- the longer ones ---

EAGER_AND_COMPILED = pytest.mark.parametrize("how", ["--no-compile", "--compile"])


@pytest.mark.parametrize("script", ["two_moons.py", "digits.py"])
def test_compiled_training_tells_the_losses_of_eager_training(tmp_path, script):
    if script == "digits.py":
        pytest.importorskip("sklearn")
    told = []
    for how in ("--no-compile", "--compile"):
        done = run(tmp_path, script, "--steps", "5", how, hidden=["matplotlib", "tqdm"])
        assert done.returncode == 0, done.stderr
        told.append(re.findall(r"(step +\d+ of 5) .* (loss \d+\.\d{3})", done.stdout))
    assert len(told[0]) == 5
    assert told[0] == told[1]


@pytest.fixture
def names_demo(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "demos"))
    yield importlib.import_module("names")
    for module in ("names", "progress", "compiled"):
        sys.modules.pop(module)


def test_the_compiled_loss_of_padded_names_is_that_of_the_names(names_demo):
    names = ["ada", "bartholomew", "cy"]
    microgd.manual_seed(0)
    model = names_demo.LanguageModel(len(names_demo.ALPHABET), 4, names_demo.LONGEST)
    expected = names_demo.losses(model, names)
    expected.backward()
    gradient = [x.grad or 0.0 for x in values(model.parameters())]
    model.zero_grad()
    found = names_demo.compiled_loss(model)(*names_demo.padded(names))
    found.backward()
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    assert [x.grad or 0.0 for x in values(model.parameters())] == pytest.approx(gradient, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("script", ["two_moons.py", "names.py"])
def test_without_llvmlite_a_demo_says_what_to_install_and_trains_eagerly(tmp_path, script):
    done = run(tmp_path, script, "--steps", "1", llvmlite=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith('pip install "microgd[jit]"')
    assert "step     1 of 1" in done.stdout


def test_without_llvmlite_compile_writes_python(tmp_path):
    done = run(tmp_path, "two_moons.py", "--steps", "1", "--compile", llvmlite=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Training is compiled, to Python code")


@EAGER_AND_COMPILED
def test_digits_takes_steps_and_a_seed(tmp_path, how):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    done = run(tmp_path, "digits.py", "--steps", "2", "--seed", "1", how)
    assert done.returncode == 0, done.stderr
    assert "step     2 of 2" in done.stdout
    assert "Test accuracy: " in done.stdout
    assert picture(tmp_path / "digits.png")


def test_names_takes_steps_and_a_seed(tmp_path):
    done = run(tmp_path, "names.py", "--steps", "2", "--seed", "1", "--no-compile")
    assert done.returncode == 0, done.stderr
    assert "step     2 of 2" in done.stdout
    assert "Loss on 100 names never seen: " in done.stdout
    assert len(done.stdout.partition("Names of its own")[2].splitlines()) == 1 + 20 // 5


@EAGER_AND_COMPILED
def test_two_moons_makes_a_film_of_its_training(tmp_path, how):
    options = ["--steps", "3", "--watch", "moons.html"]
    done = run(tmp_path, "two_moons.py", *options, how, hidden=["matplotlib", "tqdm"])
    assert done.returncode == 0, done.stderr
    assert "The training, step by step: moons.html" in done.stdout
    page = (tmp_path / "moons.html").read_text(encoding="utf-8")
    assert '"steps":[1,2,3],' in page


@EAGER_AND_COMPILED
def test_digits_makes_a_film_of_its_training(tmp_path, how):
    pytest.importorskip("sklearn")
    options = ["--steps", "2", "--watch", "digits.html"]
    done = run(tmp_path, "digits.py", *options, how, hidden=["matplotlib", "tqdm"])
    assert "The training, step by step: digits.html" in done.stdout, done.stderr
    assert '"steps":[1,2],' in (tmp_path / "digits.html").read_text(encoding="utf-8")


def test_gradient_descent_makes_a_film_of_one_descent(tmp_path):
    done = run(tmp_path, "gradient_descent.py", "--epochs", "1", "--watch", "descent.html")
    assert "One descent, step by step: descent.html" in done.stdout, done.stderr
    assert '"kind":"surface"' in (tmp_path / "descent.html").read_text(encoding="utf-8")


def test_two_moons_goes_on_without_a_picture(tmp_path):
    done = run(tmp_path, "two_moons.py", "--steps", "1", hidden=["matplotlib", "tqdm"])
    assert done.returncode == 0, done.stderr
    assert "Training accuracy" in done.stdout
    assert 'pip install "microgd[demos]"' in done.stdout


def test_data_parallel_training_has_the_losses_of_one_device(tmp_path):
    pytest.importorskip("jax")
    done = run(tmp_path, "data_parallel.py", "--steps", "5", hidden=["matplotlib", "tqdm"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 devices")
    assert done.stdout.count(" on 1 device, ") == 5
    assert float(done.stdout.rpartition("difference: ")[2]) <= 1e-12


def test_data_parallel_training_says_what_it_needs(tmp_path):
    done = run(tmp_path, "data_parallel.py", hidden=["jax"])
    assert done.returncode == 1
    assert done.stderr.strip() == 'This demo needs jax: pip install "microgd[jax]"'


def test_digits_says_where_the_digits_are(tmp_path):
    done = run(tmp_path, "digits.py", hidden=["sklearn"])
    assert done.returncode == 1
    assert done.stderr.strip() == 'The digits ship inside scikit-learn: pip install "microgd[demos]"'


def test_the_names_are_names():
    names = (ROOT / "demos" / "names.txt").read_text(encoding="ascii").split()
    assert len(names) > 500
    assert names == sorted(set(names))
    assert all(name.isalpha() and name.islower() and len(name) < 12 for name in names)


@pytest.mark.skipif(os.name == "nt", reason="there, Ctrl-C cannot be sent to another process alone")
@EAGER_AND_COMPILED
def test_ctrl_c_ends_the_training_and_keeps_what_is_learned(tmp_path, how):
    pytest.importorskip("matplotlib")
    process = subprocess.Popen(
        [sys.executable, ROOT / "demos" / "two_moons.py", "--steps", "1000000", how],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    line = process.stdout.readline()
    while line.startswith("Training is compiled"):
        line = process.stdout.readline()
    assert line.startswith("step ")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Stopped after step" in out
    assert "Training accuracy: " in out
    assert picture(tmp_path / "two_moons.png")


def test_every_cell_of_the_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    book = json.loads((ROOT / "demos" / "tour.ipynb").read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    names = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), names)
    assert names["x"].data == 0.5
    assert names["loss"].data < 0.001
    shown = [
        "".join(cell["source"]).splitlines()[-1] for cell in book["cells"] if cell["cell_type"] == "code"
    ]
    assert {"microgd.draw(loss)", "microgd.play(loss)"} <= set(shown)
    assert "<iframe" in names["microgd"].play(names["loss"])._repr_html_()  # which a notebook shows


# --- the progress they show ---


@pytest.fixture
def progress(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "demos"))
    module = importlib.import_module("progress")
    yield module.Progress
    sys.modules.pop("progress")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_in_a_terminal_is_a_bar(progress, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    bar = progress(3)
    for step in bar:
        bar.tell(f"loss {step}")
    assert "3/3" in sys.stderr.getvalue()
    assert "loss 2" in sys.stderr.getvalue()


def test_progress_elsewhere_is_twenty_lines(progress, capsys):
    lines = progress(1000)
    for step in lines:
        lines.tell(f"loss {step}")
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 21  # the first step, and every twentieth part
    assert told[0].endswith("loss 0")
    assert told[-1].endswith("loss 999")


def test_progress_stops_at_the_first_ctrl_c_and_leaves_the_second_to_python(progress, capsys):
    usual = signal.getsignal(signal.SIGINT)
    seen = []
    for step in progress(10):
        seen.append(step)
        if step == 3:
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert seen == [0, 1, 2, 3]
    assert "Stopped after step 4 of 10" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is usual
