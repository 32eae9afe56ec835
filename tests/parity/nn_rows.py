"""The rows of nn: layers and losses from the cases that the parity test drives, the rest by name."""

from tests.nn.cases import CASES
from tests.parity.registry import ALL, Room, Row

INPLACE = "`inplace` is taken, and the result is new all the same"
DIFFERS = {
    "Linear": "starts with the same weights, bit for bit, after the same `manual_seed`; empty layers and"
    " batches are errors",
    "Embedding": "starts normal, but not with PyTorch's draws; an index may be a whole float",
    "Dropout": "drops at the same rate, but not the same elements",
    "Softplus": "`beta` must be positive",
    "Hardtanh": f"{INPLACE}; `ValueError` for PyTorch's `AssertionError`",
    "BCELoss": "its slope is that of the formula down to a probability of e⁻¹⁰⁰, where PyTorch holds"
    " x (1 - x) to 1e-12; targets outside of [0, 1] are errors",
    "BCEWithLogitsLoss": "keeps its digits where the target is 0 and the logit below -30; targets outside of"
    " [0, 1] are errors",
    "CrossEntropyLoss": "probabilities outside of [0, 1] are errors; `weight` is no entry of `state_dict`",
    "NLLLoss": "`weight` is no entry of `state_dict`",
    "KLDivLoss": "probabilities outside of [0, 1] are errors; `mean` does not warn",
    "HingeEmbeddingLoss": "targets other than 1 and -1 are errors",
    "MarginRankingLoss": "targets other than 1 and -1 are errors",
}


def of_cases() -> list[Row]:
    checked: dict[str, set[str]] = {}
    for case in CASES:
        checked.setdefault(case.name, set()).update(case.options)
    rows = []
    for name, driven in checked.items():
        differs = DIFFERS.get(name, INPLACE if "inplace" in driven else "")
        rows.append(Row(name, frozenset(driven), differs))
    return rows


def twins() -> list[Row]:
    checked: dict[str, set[str]] = {}
    for case in CASES:
        if case.twin:
            checked.setdefault(case.twin, {"input", "target"}).update(case.options)
    checked["dropout"] |= {"training"}
    checked["margin_ranking_loss"] |= {"input1", "input2"}
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        checked[name] |= {"weight"}
    rows = [Row(name, frozenset(driven)) for name, driven in checked.items()]
    return rows + [Row(name) for name in ("linear", "embedding", "layer_norm", "rms_norm")]


CLASSES = [
    Row(
        "Module",
        differs="keeps no registry: its parameters and modules are its attributes; no buffers, no hooks",
    ),
    Row("Parameter", differs="a Tensor of scalar leaves; of a single number, a Value"),
    Row("Sequential"),
    Row("ModuleList"),
]

METHODS = [
    Row("parameters", differs="yields scalars, in PyTorch's order"),
    Row("named_parameters", differs="yields scalars, as `0.weight[1][3]`"),
    *[Row(name) for name in ("modules", "named_modules", "children", "named_children")],
    Row("state_dict", differs="nested lists of floats under PyTorch's keys"),
    Row("load_state_dict", differs="takes lists, arrays and torch tensors; a failure changes nothing"),
    *[Row(name) for name in ("train", "eval", "requires_grad_", "zero_grad", "apply")],
]

BITS = "PyTorch's draws, bit for bit, after the same `manual_seed`"
NORMAL = "not PyTorch's draws"
INIT = [
    *[Row(name, differs=BITS) for name in ("uniform_", "xavier_uniform_", "kaiming_uniform_")],
    *[Row(name, differs=NORMAL) for name in ("normal_", "xavier_normal_", "kaiming_normal_")],
    *[Row(name) for name in ("constant_", "zeros_", "ones_")],
    Row("calculate_gain", differs="without the convolutions"),
]

UTILS = [
    *[Row(name) for name in ("clip_grad_norm_", "clip_grad_value_")],
    Row("parameters_to_vector", differs="holds the parameters themselves"),
    Row("vector_to_parameters"),
    Row("batches", ALL, "mini-batches of a list, as one epoch of `torch.utils.data.DataLoader`", own=True),
    Row("copy_weights", ALL, "weights from a microgd or torch module into another of either kind", own=True),
]

ROOMS = [
    Room("nn", "Layers and losses", [*CLASSES, *of_cases()], "tests/nn/test_parity.py"),
    Room("nn.Module", "Methods of a module", METHODS, "tests/nn/test_module.py"),
    Room("nn.functional", "Layers and losses as functions", twins(), "tests/nn/test_parity.py"),
    Room("nn.init", "How weights start", INIT, "tests/nn/test_init.py"),
    Room("nn.utils", "Around training", UTILS, "tests/nn/test_utils.py"),
]
