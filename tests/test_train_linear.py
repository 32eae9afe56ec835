"""The main job: the training script of PyTorch, run on microgd, gives PyTorch's losses."""

import contextlib
import importlib.util
import io
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd import nn, optim
from microgd.tensor import named_elements

SCRIPT = """\
import torch
import torch.nn as nn

def train():
    model = nn.Linear(4, 2)
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(10):
        inputs = torch.Tensor([0.8, 0.4, 0.4, 0.2])
        labels = torch.Tensor([1, 0])
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        print("Raw Loss Tensor:", loss)
        loss.backward()
        optimizer.step()
        print(f"Epoch {epoch}, Loss = {loss.item()}")
"""

# The losses of a published run of it in PyTorch (float32), from weights that are not known.
PUBLISHED = [
    0.7836969494819641, 0.5015659928321838, 0.3210022449493408, 0.2054414004087448, 0.13148249685764313,
    0.0841488167643547, 0.05385523661971092, 0.034467339515686035, 0.022059103474020958, 0.014117831364274025,
]  # fmt: skip

INPUTS, LABELS = [0.8, 0.4, 0.4, 0.2], [1.0, 0.0]
DEMO = Path(__file__).parent.parent / "demos" / "train_linear.py"
seeds = st.integers(0, 2**63 - 1)


def on_microgd(script):
    """The script with its two import lines changed."""
    script = script.replace("import torch\n", "import microgd as torch\n")
    return script.replace("import torch.nn as nn\n", "import microgd.nn as nn\n")


def printed(script):
    """What a script's `train` prints, line by line."""
    names = {}
    exec(script, names)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        names["train"]()
    return out.getvalue().splitlines()


def losses(lines):
    """The losses that the lines `Epoch 0, Loss = 0.78` tell."""
    return [float(line.rpartition("= ")[2]) for line in lines if line.startswith("Epoch")]


def trained(model):
    """The ten losses of the same training, of a model that is given."""
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    curve = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(INPUTS), LABELS)
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    return curve


def demo():
    spec = importlib.util.spec_from_file_location("train_linear", DEMO)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_runs_with_only_its_import_lines_changed():
    lines = printed(on_microgd(SCRIPT))
    assert len(lines) == 20
    for epoch in range(10):
        raw, told = lines[2 * epoch : 2 * epoch + 2]
        loss = re.fullmatch(rf"Epoch {epoch}, Loss = (\S+)", told).group(1)
        assert raw.startswith("Raw Loss Tensor: ")
        assert loss in raw


def test_the_demo_holds_the_script_but_for_the_line_that_prints_each_loss_twice():
    train = SCRIPT[SCRIPT.index("def train") :]
    train = train.replace('        print("Raw Loss Tensor:", loss)\n', "")  # ten lines are enough
    text = DEMO.read_text(encoding="utf-8")
    assert train in text
    assert "\nimport microgd as torch\nimport microgd.nn as nn\n" in text


@given(seeds, st.integers(0, 1))
def test_from_weights_that_start_at_the_first_loss_all_ten_published_losses_follow(seed, neuron):
    microgd.manual_seed(seed)
    model = nn.Linear(4, 2)
    # Shift one bias until the loss is the published one. If the other neuron's error alone is too
    # large for that, first bring it down to half of what is wanted.
    out = model(INPUTS)
    errors = [(out[i] - LABELS[i]).item() for i in (0, 1)]
    wanted = 2 * PUBLISHED[0]  # the mean of two squares
    other = 1 - neuron
    if errors[other] ** 2 > wanted:
        model.bias[other].data += math.sqrt(wanted / 2) - errors[other]
        errors[other] = math.sqrt(wanted / 2)
    model.bias[neuron].data += math.sqrt(wanted - errors[other] ** 2) - errors[neuron]
    assert trained(model) == pytest.approx(PUBLISHED, rel=0, abs=1e-6)


def test_the_demo_starts_where_the_published_run_did():
    script = demo()
    microgd.manual_seed(script.SEED)
    assert trained(nn.Linear(4, 2)) == pytest.approx(PUBLISHED, rel=0, abs=1e-6)


@given(seeds)
def test_from_the_same_seed_it_prints_the_losses_of_pytorch(seed):
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    theirs = losses(printed(SCRIPT))
    microgd.manual_seed(seed)
    ours = losses(printed(on_microgd(SCRIPT)))
    assert len(ours) == 10
    assert ours == pytest.approx(theirs, rel=0, abs=1e-6)


@given(seeds)
def test_from_the_same_weights_it_follows_the_float64_run_of_pytorch(seed):
    torch = pytest.importorskip("torch")
    microgd.manual_seed(seed)
    ours = nn.Linear(4, 2)
    theirs = torch.nn.Linear(4, 2, dtype=torch.float64)
    theirs.load_state_dict({k: torch.tensor(x, dtype=torch.float64) for k, x in ours.state_dict().items()})
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    curve = []
    for _ in range(10):
        optimizer.zero_grad()
        inputs, labels = (torch.tensor(x, dtype=torch.float64) for x in (INPUTS, LABELS))
        loss = torch.nn.MSELoss()(theirs(inputs), labels)
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    assert trained(ours) == pytest.approx(curve, rel=1e-12, abs=1e-15)
    for name, x in theirs.state_dict().items():
        mine = [v.data for key, v in named_elements(ours.named_parameters()) if key.startswith(name)]
        assert mine == pytest.approx(x.flatten().tolist(), rel=1e-12, abs=1e-15)
