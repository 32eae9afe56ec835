import re
import sys
from pathlib import Path

import pytest

import microgd
from microgd.__main__ import main

SCRIPT = """
import microgd
from microgd import nn

microgd.manual_seed(0)
model = nn.Linear(2, 1)

def compute():
    return nn.MSELoss()(model(microgd.tensor([1.0, 2.0])), microgd.tensor([0.5]))

if __name__ == "__main__":
    loss = compute()
    loss.backward()
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return "train.py"


def test_draw_writes_a_picture_with_the_names_of_the_model(script, tmp_path, capsys):
    assert main(["draw", f"{script}:loss", "-o", "out.svg"]) == 0
    assert capsys.readouterr().out == "out.svg\n"
    assert "weight[0][1]" in (tmp_path / "out.svg").read_text()


def test_draw_has_a_default_file_and_a_default_name(script, tmp_path):
    assert main(["draw", script]) == 0
    assert (tmp_path / "loss.svg").exists()


def test_draw_takes_a_level_and_any_suffix(script, tmp_path):
    assert main(["draw", script, "--level", "neurons", "-o", "cards.dot"]) == 0
    assert "neuron 0" in (tmp_path / "cards.dot").read_text()


def test_a_function_is_called(script, tmp_path):
    assert main(["draw", f"{script}:compute", "-o", "out.dot"]) == 0
    assert "backward() has not been called" in (tmp_path / "out.dot").read_text()


def test_play_writes_a_page(script, tmp_path, capsys):
    assert main(["play", f"{script}:loss"]) == 0
    assert (tmp_path / "loss.html").read_text().startswith("<!doctype html>")


def test_tree_prints(script, capsys):
    assert main(["tree", script]) == 0
    assert "weight[0][0] × x0 = 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["draw", "nowhere.py:loss"], "there is no file 'nowhere.py'"),
        (
            ["draw", "train.py:lost"],
            "train.py has no variable 'lost' (did you mean 'loss'?); it has model, compute, loss\n",
        ),
        (["draw", "train.py:microgd"], "expected a Value to draw"),
        (["draw", "train.py:loss", "--model", "net"], "has no variable 'net'; it has model, compute, loss\n"),
        (["tree", "train.py", "--rows", "-5"], "rows must be 0 or more, got -5"),
        (["tree", "train.py", "--depth", "-1"], "depth must be 0 or more, got -1"),
        (["draw", "train.py:loss", "-o", "loss.jpg"], "use a name that ends in"),
        (["play", "train.py:loss", "-o", "loss.svg"], "use a name that ends in .html"),
        (["draw", "train.py:loss", "-o", "nowhere/loss.svg"], "there is no folder 'nowhere'"),
    ],
)
def test_mistakes_are_one_sentence(script, capsys, arguments, message):
    assert main(arguments) == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("x = 1\n\ny = x / 0\n", "train.py:3: ZeroDivisionError: division by zero\n"),
        ("def f():\n    raise ValueError('boom')\n\nf()\n", "train.py:2: ValueError: boom\n"),
        ("import json\njson.loads('?')\n", "train.py:2: json.decoder.JSONDecodeError: Expecting value"),
        ("x = (\n", "train.py:1: SyntaxError: '(' was never closed\n"),
        ("def loss():\n    return 1 / 0\n", "train.py:2: ZeroDivisionError: division by zero\n"),
        ("import nowhere\n", "train.py:1: ModuleNotFoundError: No module named 'nowhere'\n"),
    ],
)
def test_a_script_that_fails_is_told_by_its_own_line(script, tmp_path, capsys, code, complaint):
    (tmp_path / script).write_text(f"{code}\nif False:\n    loss = 1\n")
    assert main(["draw", script]) == 1
    said = capsys.readouterr().err
    assert said.startswith(complaint)
    assert said.count("\n") == 1


def test_a_script_that_exits_is_told_so(script, tmp_path, capsys):
    (tmp_path / script).write_text("import sys\nsys.exit(3)\nloss = 1\n")
    assert main(["tree", script]) == 2
    assert capsys.readouterr().err == "microgd: train.py ended by sys.exit(3) before loss could be drawn\n"


def test_many_names_are_listed_in_part_and_none_is_said(script, tmp_path, capsys):
    (tmp_path / script).write_text("loss = 1\ndel loss\n")
    assert main(["tree", script]) == 2
    said = capsys.readouterr().err
    assert "no variable 'loss' when it has run, and no Values under other names" in said
    values = "".join(f"v{i} = Value(1.0)\n" for i in range(12))
    (tmp_path / script).write_text(f"from microgd import Value\n{values}loss = 1\ndel loss\n")
    assert main(["tree", script]) == 2
    listed = "v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, and 2 more"
    assert capsys.readouterr().err.endswith(f"its Values: {listed}\n")
    assert main(["tree", f"{script}:lots"]) == 2
    assert capsys.readouterr().err.endswith("it has v3, v4, v5, v6, v7, v8, v9, v10, v11, loss, and 3 more\n")


RAN = "open('ran', 'w').close()\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["draw", "train.py:lost"],
        ["play", "train.py:loss", "--model", "net"],
        ["draw", "train.py", "-o", "foo.xyz"],
        ["play", "train.py", "-o", "nowhere/foo.html"],
        ["tree", "train.py", "--rows", "-1"],
    ],
)
def test_what_cannot_be_done_is_told_before_the_script_runs(script, tmp_path, arguments):
    (tmp_path / script).write_text(RAN + SCRIPT)
    assert main(arguments) == 2
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "code",
    [
        "globals()['loss'] = Value(1.0)\n",
        "from other import *\n",
        "for loss in [Value(1.0)]: pass\n",
        "import other as loss\nfrom other import x as loss\n",
        "if (loss := Value(1.0)): pass\n",
        "[loss] = [Value(1.0)]\n",
        "def train():\n    global loss\n    loss = Value(1.0)\ntrain()\n",
        "match [Value(1.0)]:\n    case [loss]: pass\n",
        "match [Value(1.0)]:\n    case [*loss]: loss = loss[0]\n",
        "with contextlib.nullcontext(Value(1.0)) as loss: pass\n",
    ],
)
def test_a_name_that_a_script_may_have_is_not_refused(script, tmp_path, monkeypatch, code):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "other.py").write_text("from microgd import Value\nx = loss = Value(1.0)\n")
    (tmp_path / script).write_text(f"import contextlib\nfrom microgd import Value\n{code}")
    assert main(["tree", script]) == 0
    sys.modules.pop("other", None)


LOOP = """
import microgd
from microgd import nn, optim

microgd.manual_seed(0)
model = nn.Linear(2, 1)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = nn.MSELoss()(model([1.0, 2.0]), [0.5])
    loss.backward()
    {step}
"""


@pytest.mark.parametrize(
    "step",
    [
        "optimizer.step()",
        "optimizer.step(); optimizer.zero_grad()",
        "loss = (model([1.0, 2.0]) - 0.5) ** 2; optimizer.zero_grad(); loss.backward(); optimizer.step()",
        "[setattr(p, 'data', p.data - 0.1 * p.grad) for p in model.parameters()]",
        "backward = loss.backward; optimizer.step(); other = model.bias[0] * 2.0; other.backward()",
    ],
)
def test_a_training_loop_is_drawn_as_it_was_at_its_last_backward(script, tmp_path, capsys, step):
    backward = microgd.Value.backward
    (tmp_path / script).write_text(LOOP.format(step=step))
    assert main(["tree", script]) == 0
    said = capsys.readouterr().out
    assert "Take care" not in said
    assert said.count("weight[0]") == 2
    line = said.split("weight[0][0]")[1].splitlines()[0]
    assert "█" in line or "░" in line, "it has its gradient"
    assert microgd.Value.backward is backward


def test_the_readmes_script_is_drawn_without_a_warning(tmp_path, monkeypatch, capsys):
    text = (Path(microgd.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import microgd as torch\n.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(code)
    assert main(["draw", "train.py:loss", "-o", "loss.dot"]) == 0
    assert "weights changed" not in (tmp_path / "loss.dot").read_text()
    assert "grad" in (tmp_path / "loss.dot").read_text()


def test_a_script_sees_its_own_arguments_and_folder(script, tmp_path, capsys):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "helper.py").write_text("from microgd import Value\nx = Value(2.0, 'x')\n")
    (folder / "run.py").write_text(
        "import sys\nfrom helper import x\nassert sys.argv == ['elsewhere/run.py']\nloss = x * 3.0\n"
    )
    before = list(sys.path), list(sys.argv)
    assert main(["tree", "elsewhere/run.py", "--ascii"]) == 0
    assert "loss = mul" in capsys.readouterr().out
    assert (sys.path, sys.argv) == before


def test_tree_takes_depth_rows_and_ascii(script, capsys):
    assert main(["tree", script, "--depth", "1", "--rows", "2", "--ascii"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert "this shows 2 rows" in out


def test_play_opens_a_browser_when_asked(script, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["play", script, "-o", "film.html"]) == 0
    assert opened == []
    assert main(["play", script, "-o", "film.html", "--open"]) == 0
    assert opened == [(tmp_path / "film.html").resolve().as_uri()]


def test_without_a_command_the_commands_are_listed(capsys):
    assert main([]) == 0
    help_text = capsys.readouterr().out
    assert all(f"microgd {name} " in help_text for name in ("learn", "draw", "play", "tree"))
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == help_text


def test_an_unknown_command_is_a_mistake(capsys):
    assert main(["dance"]) == 2
    assert capsys.readouterr().err == "\nThere is no command 'dance'.\n"
    assert main(["drw"]) == 2
    assert capsys.readouterr().err == "\nThere is no command 'drw'. Did you mean 'draw'?\n"


@pytest.mark.parametrize("command", ["draw", "play", "tree"])
def test_ctrl_c_in_a_script_stops_the_command(command, tmp_path, capsys):
    (tmp_path / "long.py").write_text("loss = 1\nraise KeyboardInterrupt\n")
    assert main([command, str(tmp_path / "long.py")]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_a_folder_is_no_name_for_a_picture(script, capsys):
    assert main(["draw", script, "-o", "."]) == 2
    assert capsys.readouterr().err == (
        "microgd: cannot save '.': use a name that ends in .svg, .png, .dot or .html\n"
    )


def test_the_version_is_told(capsys):
    for flag in ("-V", "--version"):
        assert main([flag]) == 0
        assert capsys.readouterr().out == f"microgd {microgd.__version__}\n"


def test_a_file_may_have_a_colon_in_its_name(script, tmp_path, capsys):
    (tmp_path / "a:b.py").write_text(SCRIPT)
    assert main(["tree", "a:b.py"]) == 0
    assert "weight[0][0]" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["draw", "play", "tree"])
def test_the_help_says_what_a_command_does_and_its_exit_status(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: microgd {command} ")
    assert "Run a script, then" in text
    assert "1 the script failed" in " ".join(text.split())
