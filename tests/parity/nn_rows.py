"""The rows of nn: what its cases drive, and what differs."""

from tests.nn.cases import CASES
from tests.parity import calls
from tests.parity.registry import Own, Section, rows

INPLACE = "`inplace` is taken, and the result is new all the same"
DIFFERS = {
    "Linear": "starts with the same weights, bit for bit, after the same `manual_seed`; empty layers and"
    " batches are errors",
    "Embedding": "starts with PyTorch's normal draws, to 1e-6; an index may be a whole float",
    "Dropout": "drops PyTorch's elements after the same `manual_seed`; with MKL, on Intel's processors,"
    " PyTorch drops others",
    "Softplus": "`beta` must be positive",
    "Hardtanh": f"{INPLACE}; `ValueError` for PyTorch's `AssertionError`",
    "BCELoss": "its derivative is that of the formula down to a probability of e⁻¹⁰⁰, where PyTorch holds"
    " x (1 - x) to 1e-12; targets outside of [0, 1] are errors",
    "BCEWithLogitsLoss": "keeps its digits where the target is 0 and the logit below -30; targets outside of"
    " [0, 1] are errors",
    "CrossEntropyLoss": "probabilities outside of [0, 1] are errors; `weight` is no entry of `state_dict`",
    "NLLLoss": "`weight` is no entry of `state_dict`",
    "KLDivLoss": "probabilities outside of [0, 1] are errors; `mean` does not warn",
    "HingeEmbeddingLoss": "targets other than 1 and -1 are errors",
    "MarginRankingLoss": "targets other than 1 and -1 are errors",
    "CosineEmbeddingLoss": "targets other than 1 and -1 are errors",
    **dict.fromkeys(
        ("RNN", "GRU", "LSTM"),
        "starts with the same weights, bit for bit, after the same `manual_seed`; empty sequences and batches"
        " are errors, and there are no packed ones",
    ),
    **dict.fromkeys(
        ("RNNCell", "GRUCell", "LSTMCell"),
        "starts with the same weights, bit for bit, after the same `manual_seed`; empty batches are errors",
    ),
}


CLASSES = {
    "Module": "keeps no registry: its parameters and modules are its attributes; no hooks",
    "Parameter": "a Tensor of scalar leaves; of a single number, a Value",
}
METHODS = {
    "state_dict": "nested lists of floats under PyTorch's keys",
    **dict.fromkeys(
        ("to", "double", "float", "cpu"), "changes nothing: everything is float64, on the processor"
    ),
    "load_state_dict": "takes lists, arrays and torch tensors; a failure changes nothing",
}
INIT = {
    **dict.fromkeys(
        ("uniform_", "xavier_uniform_", "kaiming_uniform_"),
        "PyTorch's draws, bit for bit, after the same `manual_seed`",
    ),
    **dict.fromkeys(
        ("normal_", "xavier_normal_", "kaiming_normal_"),
        "PyTorch's draws, to 1e-6 (`tests/test_creation.py`)",
    ),
    "orthogonal_": "PyTorch's, made of its draws, to 1e-5",
    "calculate_gain": "without the convolutions",
}
UTILS = {"parameters_to_vector": "holds the parameters themselves"}
OWN_UTILS = (
    Own("batches", "mini-batches of a list, as one epoch of `torch.utils.data.DataLoader`"),
    Own("copy_weights", "weights from a microgd or torch module into another of either kind"),
)


def _layers() -> dict[str, frozenset[str]]:
    driven: dict[str, frozenset[str]] = {}
    for case in CASES:
        driven[case.name] = driven.get(case.name, frozenset()) | case.options.keys()
    return driven


def _functions() -> dict[str, frozenset[str]]:
    driven: dict[str, frozenset[str]] = {}
    for case in CASES:
        if case.twin:
            driven[case.twin] = driven.get(case.twin, frozenset()) | case.driven()
    for name, options in calls.driven("nn.functional").items():
        driven[name] = driven.get(name, frozenset()) | options
    return driven


def _section(path: str, title: str, differs: dict[str, str], own: tuple[Own, ...] = ()) -> Section:
    return Section(path, title, rows(calls.driven(path), differs), "tests/parity/test_calls.py", own)


LAYERS = {
    **{name: INPLACE for name, driven in _layers().items() if "inplace" in driven},
    **CLASSES,
    **DIFFERS,
}
SECTIONS = [
    Section(
        "nn",
        "Layers and losses",
        rows(calls.driven("nn") | _layers(), LAYERS),
        "tests/nn/test_parity.py` and `tests/parity/test_calls.py",
    ),
    _section("nn.Module", "Methods of a module", METHODS),
    _section("nn.Embedding", "A layer from a table", {}),
    Section(
        "nn.functional",
        "Layers and losses as functions",
        rows(_functions(), {}),
        "tests/nn/test_parity.py` and `tests/parity/test_calls.py",
    ),
    _section("nn.init", "How weights start", INIT),
    _section("nn.utils", "Around training", UTILS, OWN_UTILS),
]
