"""The rows of optim, lr_scheduler, func and linalg: what their cases drive, and what differs."""

import inspect

from tests.optim import cases
from tests.parity import calls
from tests.parity.registry import Own, Section, rows

_OPTIMIZER = (
    "options are checked in every group; a parameter given twice is taken once; a step that fails changes"
    " nothing; `state` is kept for each number, and a state_dict is nested as the parameters are; it is"
    " a snapshot, and one that does not fit is refused and changes nothing; no hooks; `repr` without the"
    " options left out"
)
_SCHEDULER = "a state of another scheduler is refused; `get_lr` outside of `step` does not warn"
_PERIOD = f"the period must be a positive integer; {_SCHEDULER}"
_FUNC = (
    "arguments may be numbers, lists, tuples, dicts, Tensors and NumPy arrays; of numbers"
    " come floats, unless the function depends on a Value outside"
)

OPTIMIZERS = {
    **dict.fromkeys(("SGD", "Adam", "AdamW", "RMSprop"), _OPTIMIZER),
    **dict.fromkeys(("Adadelta", "Adamax"), _OPTIMIZER),
    "Adagrad": f"groups may be added later; {_OPTIMIZER}",
    "NAdam": f"`mu_product` is kept in float64, PyTorch's in its default type; {_OPTIMIZER}",
    "LBFGS": "an unknown line search is refused at once, and so is a second group that comes later; an error"
    " in the closure changes nothing; a state_dict is made of plain numbers, without `al`, and one that does"
    " not fit is refused and changes nothing; `microgd.compile` refuses it",
}
SCHEDULERS = {
    **dict.fromkeys(cases.SCHEDULERS, _SCHEDULER),
    **dict.fromkeys(("StepLR", "CosineAnnealingLR"), _PERIOD),
    "MultiStepLR": f"`milestones` is a plain dict; {_SCHEDULER}",
    "ReduceLROnPlateau": f"takes a loss as it is, also one with a graph; {_SCHEDULER}",
    "SequentialLR": _SCHEDULER,
}
FUNC = {
    **dict.fromkeys(calls.driven("func"), _FUNC),
    "vmap": "a loop, for scripts that have it; `microgd.compile(f, in_dims=...)` is fast",
    "hessian": "twice in reverse; with a tuple of `argnums` every element of the gradient has its own tuple;"
    f" {_FUNC}",
}
DISTRIBUTIONS = {
    "Categorical": "draws as `multinomial`; an error names the first number that is not allowed",
    "Bernoulli": "draws as `bernoulli`; errors as those of `Categorical`",
    "Normal": "draws as `normal`, and `rsample` as `randn`; errors as those of `Categorical`",
}
LINALG = {
    "lstsq": "of matrices of full rank; `rcond` and `driver` are accepted, without effect",
    "pinv": "of matrices of full rank",
    "det": "at a singular matrix its gradient is that of the formula, where PyTorch's is 0",
    "matrix_norm": "without the norms that are made of singular values",
}


def _optimizers() -> dict[str, frozenset[str]]:
    options = {**cases.OPTIONS, "LBFGS": cases.LBFGS}
    return {name: frozenset({"params", *driven}) for name, driven in options.items()}


def _schedulers() -> dict[str, frozenset[str]]:
    driven = {name: {"optimizer"} | schedule.names() for name, schedule in cases.SCHEDULERS.items()}
    for name in cases.RESUMED:
        driven[name] |= {"last_epoch"}
    driven["SequentialLR"] = {"optimizer", *inspect.signature(cases.sequential).parameters}
    return {name: frozenset(names) for name, names in driven.items()}


SECTIONS = [
    Section(
        "optim",
        "Optimizers",
        rows(_optimizers(), OPTIMIZERS),
        "tests/optim/test_parity.py` and `tests/optim/test_lbfgs.py",
    ),
    Section(
        "optim.lr_scheduler",
        "Learning rate schedulers",
        rows(_schedulers(), SCHEDULERS),
        "tests/optim/test_parity.py",
    ),
    Section(
        "func",
        "Derivatives of functions",
        rows(calls.driven("func"), FUNC),
        "tests/parity/test_calls.py",
        (
            Own(
                "hvp",
                "a Hessian times a vector, as torch.autograd.functional.hvp: (value, product); a tuple of"
                " inputs is all the arguments",
            ),
        ),
    ),
    Section(
        "linalg",
        "Small matrices",
        rows(calls.driven("linalg"), LINALG),
        "tests/parity/test_calls.py` and `tests/test_linalg.py",
    ),
    Section(
        "distributions",
        "Distributions",
        rows(calls.driven("distributions"), DISTRIBUTIONS),
        "tests/parity/test_calls.py` and `tests/test_distributions.py",
    ),
]
