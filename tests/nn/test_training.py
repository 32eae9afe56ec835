"""Training from the same weights follows PyTorch's float64 run."""

import pytest
import torch

import microgd
from microgd import nn
from microgd.tensor import values

STEPS = 40


def classifier(kit):
    return kit.Sequential(kit.Linear(4, 8), kit.GELU(), kit.LayerNorm(8), kit.Dropout(0.0), kit.Linear(8, 3))


def regression(kit):
    return kit.Sequential(kit.Linear(4, 6), kit.Tanh(), kit.Linear(6, 2))


RUNS = {
    "classifier": (
        classifier,
        lambda kit: kit.CrossEntropyLoss(label_smoothing=0.1),
        [0, 1, 2, 0, 1],
        "Adam",
        0.01,
    ),
    "regression": (regression, lambda kit: kit.HuberLoss(), [[0.5, -1.0]] * 5, "SGD", 0.1),
}


@pytest.mark.parametrize("name", RUNS)
def test_training_follows_pytorchs_run(name):
    make, criterion, target, optimizer, lr = RUNS[name]
    torch.manual_seed(3)
    theirs, ours = make(torch.nn).double(), make(nn)
    nn.utils.copy_weights(theirs, ours)
    x = torch.randn(5, 4, dtype=torch.float64)
    y = torch.tensor(target, dtype=torch.float64 if name == "regression" else torch.int64)

    their_step = getattr(torch.optim, optimizer)(theirs.parameters(), lr=lr)
    our_step = getattr(microgd.optim, optimizer)(ours.parameters(), lr=lr)
    for _ in range(STEPS):
        expected, loss = criterion(torch.nn)(theirs(x), y), criterion(nn)(ours(x.tolist()), target)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
        for total, model, step in ((expected, theirs, their_step), (loss, ours, our_step)):
            model.zero_grad()
            total.backward()
            nn_utils = torch.nn.utils if model is theirs else nn.utils
            nn_utils.clip_grad_norm_(model.parameters(), 0.5)
            step.step()
    numbers = [number for p in theirs.parameters() for number in p.flatten().tolist()]
    assert [p.item() for p in values(ours.parameters())] == pytest.approx(numbers, rel=1e-12, abs=1e-13)


def test_the_whole_run_starts_from_pytorchs_seed():
    microgd.manual_seed(7)
    torch.manual_seed(7)
    ours, theirs = regression(nn), regression(torch.nn)
    assert ours.state_dict() == {name: x.tolist() for name, x in theirs.state_dict().items()}
    x = [0.5, -0.25, 1.0, 2.0]
    loss = nn.MSELoss()(ours(x), [0.0, 1.0])
    expected = torch.nn.MSELoss()(theirs(torch.tensor(x)), torch.tensor([0.0, 1.0]))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)  # theirs is float32
