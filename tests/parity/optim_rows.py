"""The rows of optim, lr_scheduler and func."""

from tests.parity.registry import Room, Row

OPTIMIZERS = [Row(name) for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")]
SCHEDULERS = [
    Row(name)
    for name in (
        *(
            "StepLR",
            "MultiStepLR",
            "ExponentialLR",
            "LinearLR",
            "CosineAnnealingLR",
            "OneCycleLR",
            "LambdaLR",
        ),
        *("ReduceLROnPlateau", "SequentialLR"),
    )
]
FUNC = [
    *[Row(name) for name in ("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian")],
    Row("hvp", differs="the Hessian times a vector, without the Hessian", own=True),
]

ROOMS = [
    Room("optim", "Optimizers", OPTIMIZERS, "tests/optim/test_parity.py"),
    Room("optim.lr_scheduler", "Learning rate schedulers", SCHEDULERS, "tests/optim/test_parity.py"),
    Room("func", "Derivatives of functions", FUNC, "tests/test_func.py"),
]
