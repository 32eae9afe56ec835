import importlib

import pytest
import torch

import microgd
from microgd.absent import ABSENT, NOT_ASKED, PAGE, reason
from tests.parity.common import COMMON, NOT_OF_TORCH

WHOLE = ["nn", "optim", "optim.lr_scheduler", "distributions"]
"""Modules of which every public class is here, or left out for a reason."""

INNER = {"Any", "Counter", "Literal", "Optimizer", "Self", "SupportsFloat", "Tensor", "TypedDict"}


@pytest.mark.parametrize("module", WHOLE)
def test_every_class_of_pytorch_is_here_or_left_out_for_a_reason(module):
    torch.tensor(0.0)  # skips the test where there is no PyTorch
    ours, theirs = importlib.import_module(f"microgd.{module}"), importlib.import_module(f"torch.{module}")
    names = {n for n in dir(theirs) if n[0].isupper() and isinstance(getattr(theirs, n), type)} - INNER
    assert len(names) > 10
    assert {n for n in names if not hasattr(ours, n) and not reason(module, n)} == set()


def test_every_name_that_tutorials_use_is_here_or_left_out_for_a_reason():
    assert {n for n in COMMON if not hasattr(microgd, n) and not reason("", n)} - NOT_OF_TORCH == set()
    assert {n for n in COMMON if not hasattr(torch, n)} <= NOT_OF_TORCH | {"__version__"}
    assert len(COMMON) == len(set(COMMON)) > 350


@pytest.mark.parametrize(
    ("module", "names"), [(m, n) for why, by in ABSENT for m, n in by.items() if why != NOT_ASKED]
)
def test_what_is_left_out_is_not_here(module, names):
    package = (
        importlib.import_module(f"microgd.{module}".rstrip("."))
        if module != "nn.Module"
        else microgd.nn.Module
    )
    for pattern in names.split():
        if not set(pattern) & set("*?."):
            assert not hasattr(package, pattern), pattern


@pytest.mark.parametrize(
    "module", ["", "nn", "nn.functional", "optim", "utils.data", "autograd", "distributions"]
)
def test_nothing_that_is_here_is_said_to_be_left_out(module):
    package = importlib.import_module(f"microgd.{module}".rstrip("."))
    assert {n for n in dir(package) if n[0] != "_" and reason(module, n) not in ("", NOT_ASKED)} == set()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("conv2d", "engine of arrays"),
        ("nn.Conv2d", "engine of arrays"),
        ("nn.BatchNorm1d", "nn.LayerNorm"),
        ("nn.functional.max_pool2d", "engine of arrays"),
        ("nn.Transformer", "scaled_dot_product_attention"),
        ("nn.RNNBase", "`nn.GRU`"),
        ("lstm_cell", "`nn.LSTM`"),
        ("optim.LBFGS", "scipy.optimize.minimize"),
        ("cuda.synchronize", "float64 on the processor"),
        ("backends.cudnn.version", "float64 on the processor"),
        ("amp", "float64 on the processor"),
        ("jit.script", "microgd.compile"),
        ("distributed", "one process"),
        ("distributions.Gamma", "microgd.distributions"),
        ("autograd.Variable", "use the Tensor itself"),
        ("utils.tensorboard", "no meaning"),
        ("linalg.svd", "NumPy"),
    ],
)
def test_a_name_that_is_left_out_says_why_and_where_to_read_more(name, part):
    *path, last = name.split(".")
    x = microgd
    for step in path:
        x = getattr(x, step)
    with pytest.raises(AttributeError) as caught:
        getattr(x, last)
    assert part in str(caught.value)
    assert PAGE in str(caught.value)


def test_a_module_says_why_it_has_no_hooks():
    model = microgd.nn.Linear(1, 1)
    with pytest.raises(AttributeError, match="no hooks"):
        model.register_forward_hook(print)
    with pytest.raises(AttributeError, match=r"^'Linear' object has no attribute 'wieght'$"):
        model.wieght  # noqa: B018


def test_a_name_that_nobody_knows_is_an_attribute_error_too():
    with pytest.raises(AttributeError, match="module 'microgd' has no attribute 'tanhh'"):
        microgd.tanhh  # noqa: B018
    assert not hasattr(microgd, "__wrapped__")
    with pytest.raises(ImportError):
        from microgd import nothing_of_this_name  # noqa: F401
