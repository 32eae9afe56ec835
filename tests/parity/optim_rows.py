"""The rows of optim, lr_scheduler and func."""

from tests.parity.registry import Room, Row

_OPTIMIZER = (
    "options are checked in every group; Tensors in `params` are taken element by element; a state_dict is"
    " a snapshot, and one that does not fit is refused and changes nothing; no hooks; `repr` without the"
    " options left out"
)
_SCHEDULER = "a state of another scheduler is refused; `get_lr` outside of `step` does not warn"
_PERIOD = f"the period must be a positive integer; {_SCHEDULER}"
_FUNC = (
    "arguments may be numbers, lists, tuples, dicts, Tensors and NumPy arrays; floats come out, unless the"
    " function depends on a Value outside"
)

OPTIMIZERS = [
    *[Row(name, differs=_OPTIMIZER) for name in ("SGD", "Adam", "AdamW", "RMSprop")],
    Row("Adagrad", differs=f"groups may be added later; {_OPTIMIZER}"),
]
SCHEDULERS = [
    Row("StepLR", differs=_PERIOD),
    Row("MultiStepLR", differs=f"`milestones` is a plain dict; {_SCHEDULER}"),
    *[Row(name, differs=_SCHEDULER) for name in ("ExponentialLR", "LinearLR")],
    Row("CosineAnnealingLR", differs=_PERIOD),
    *[Row(name, differs=_SCHEDULER) for name in ("OneCycleLR", "LambdaLR")],
    Row("ReduceLROnPlateau", differs=f"takes a loss as it is, also one with a graph; {_SCHEDULER}"),
    Row("SequentialLR", differs=_SCHEDULER),
]
FUNC = [
    *[Row(name, differs=_FUNC) for name in ("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd")],
    Row("hessian", differs=f"twice in reverse; {_FUNC}"),
    Row(
        "hvp",
        differs="as torch.autograd.functional.hvp: (value, product); a tuple of inputs is all the arguments",
        own=True,
    ),
]

ROOMS = [
    Room("optim", "Optimizers", OPTIMIZERS, "tests/optim/test_parity.py"),
    Room("optim.lr_scheduler", "Learning rate schedulers", SCHEDULERS, "tests/optim/test_parity.py"),
    Room("func", "Derivatives of functions", FUNC, "tests/test_func.py"),
]
