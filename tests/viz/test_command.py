import pytest

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
        (["draw", "train.py:lost"], "has no variable 'lost'"),
        (["draw", "train.py:microgd"], "expected a Value to draw"),
        (["draw", "train.py:loss", "--model", "net"], "has no variable 'net'"),
        (["draw", "train.py:loss", "-o", "loss.jpg"], "use a name that ends in"),
    ],
)
def test_mistakes_are_one_sentence(script, capsys, arguments, message):
    assert main(arguments) == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1
