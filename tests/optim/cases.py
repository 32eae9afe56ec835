"""What the parity test drives: every optimizer and scheduler, with its options by name."""

import math
from types import MappingProxyType
from typing import Any, NamedTuple

from hypothesis import strategies as st

flag = st.booleans()
lr = st.floats(1e-4, 0.3)
share = st.floats(0.0, 0.99)


def often_zero(low, high):
    return st.just(0.0) | st.floats(low, high)


OPTIONS = {
    "SGD": {
        "lr": lr,
        "momentum": often_zero(0.1, 0.99),
        "dampening": often_zero(0.0, 1.0),
        "weight_decay": often_zero(1e-4, 0.3),
        "nesterov": flag,
        "maximize": flag,
    },
    "Adam": {
        "lr": lr,
        "betas": st.tuples(share, st.floats(0.5, 0.9999)),
        "eps": st.floats(1e-10, 1e-3),
        "weight_decay": often_zero(1e-4, 0.3),
        "amsgrad": flag,
        "maximize": flag,
    },
    "RMSprop": {
        "lr": lr,
        "alpha": st.floats(0.5, 0.99),
        "eps": st.floats(1e-6, 1e-3),
        "weight_decay": often_zero(1e-4, 0.3),
        "momentum": often_zero(0.1, 0.99),
        "centered": flag,
        "maximize": flag,
    },
    "Adagrad": {
        "lr": lr,
        "lr_decay": often_zero(1e-4, 0.5),
        "weight_decay": often_zero(1e-4, 0.3),
        "initial_accumulator_value": often_zero(0.1, 2.0),
        "eps": st.floats(1e-10, 1e-3),
        "maximize": flag,
    },
    "Adadelta": {
        "lr": lr | st.floats(0.5, 2.0),
        "rho": st.floats(0.5, 0.99),
        "eps": st.floats(1e-8, 1e-3),
        "weight_decay": often_zero(1e-4, 0.3),
        "maximize": flag,
    },
    "Adamax": {
        "lr": lr,
        "betas": st.tuples(share, st.floats(0.5, 0.9999)),
        "eps": st.floats(1e-10, 1e-3),
        "weight_decay": often_zero(1e-4, 0.3),
        "maximize": flag,
    },
    "NAdam": {
        "lr": lr,
        "betas": st.tuples(share, st.floats(0.5, 0.9999)),
        "eps": st.floats(1e-10, 1e-3),
        "weight_decay": often_zero(1e-4, 0.3),
        "momentum_decay": often_zero(1e-4, 0.3),
        "decoupled_weight_decay": flag,
        "maximize": flag,
    },
}
OPTIONS["AdamW"] = {**OPTIONS["Adam"]}
OPTIONS["Adam"]["decoupled_weight_decay"] = flag

LBFGS = {  # its steps need a closure: tests/optim/test_lbfgs.py
    "lr": st.floats(0.05, 1.0),
    "max_iter": st.integers(1, 8),
    "max_eval": st.integers(1, 12),
    "tolerance_grad": st.floats(1e-6, 1e-2),
    "tolerance_change": st.floats(1e-6, 1e-2),
    "history_size": st.integers(1, 4),
    "line_search_fn": st.sampled_from([None, "strong_wolfe"]),
}


def falling(epoch):
    return 0.95**epoch


def wavy(epoch):
    return 1.0 + 0.5 * math.sin(epoch)


class Schedule(NamedTuple):
    """The options of a scheduler: those it must have, those it may have, and how long it is to run."""

    required: dict[str, Any] = MappingProxyType({})
    optional: dict[str, Any] = MappingProxyType({})
    lengths: tuple[dict[str, int], ...] = ({},)

    def drawn(self) -> Any:
        return st.builds(
            lambda options, length: {**options, **length},
            st.fixed_dictionaries(dict(self.required), optional=dict(self.optional)),
            st.sampled_from(self.lengths),
        )

    def without_options(self) -> Any:
        return Schedule(self.required, lengths=self.lengths[:1]).drawn()

    def names(self) -> set[str]:
        return {*self.required, *self.optional, *(name for length in self.lengths for name in length)}


gamma = st.floats(0.05, 1.0)
SIMPLE = {
    "StepLR": Schedule({"step_size": st.integers(1, 20)}, {"gamma": gamma}),
    "MultiStepLR": Schedule({"milestones": st.lists(st.integers(0, 50), max_size=5)}, {"gamma": gamma}),
    "ExponentialLR": Schedule({"gamma": gamma}),
    "ConstantLR": Schedule(optional={"factor": st.floats(0.01, 1.0), "total_iters": st.integers(1, 60)}),
    "LinearLR": Schedule(
        optional={
            "start_factor": st.floats(0.01, 1.0),
            "end_factor": st.floats(0.01, 1.0),
            "total_iters": st.integers(1, 60),
        },
    ),
    "CosineAnnealingLR": Schedule({"T_max": st.integers(1, 60)}, {"eta_min": st.floats(0.0, 0.1)}),
    "LambdaLR": Schedule({"lr_lambda": st.sampled_from([falling, wavy, [falling, wavy]])}),
}
CYCLE = {
    "OneCycleLR": Schedule(
        {"max_lr": st.floats(0.01, 0.5) | st.lists(st.floats(0.01, 0.5), min_size=2, max_size=2)},
        {
            "pct_start": st.floats(0.1, 0.45),
            "anneal_strategy": st.sampled_from(["cos", "linear"]),
            "cycle_momentum": flag,
            "base_momentum": st.floats(0.5, 0.9),
            "max_momentum": st.floats(0.9, 0.99) | st.just([0.91, 0.97]),
            "div_factor": st.floats(1.0, 50.0),
            "final_div_factor": st.floats(1.0, 1e4),
            "three_phase": flag,
        },
        ({"total_steps": 51}, {"total_steps": 80}, {"epochs": 9, "steps_per_epoch": 7}),
    ),
}
PLATEAU = {
    "ReduceLROnPlateau": Schedule(
        optional={
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.floats(0.1, 0.99),
            "patience": st.integers(0, 5),
            "threshold": st.floats(0.0, 0.5) | st.sampled_from([0.25, 0.5]),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 4),
            "min_lr": st.floats(0.0, 0.05) | st.just([0.01, 0.001]),
            "eps": st.floats(0.0, 1e-3) | st.just(0.02),
        },
    ),
}
RESUMED = {**SIMPLE, **CYCLE}  # those that can go on from a last_epoch
SCHEDULERS = {**RESUMED, **PLATEAU}


def sequential(
    schedulers: list[tuple[str, dict[str, Any]]], milestones: list[int], last_epoch: int = -1
) -> Any:
    """A function of (module, optimizer): one scheduler after the other."""

    def make(module: Any, optimizer: Any) -> Any:
        parts = [getattr(module, name)(optimizer, **options) for name, options in schedulers]
        return module.SequentialLR(optimizer, parts, milestones, last_epoch)

    return make
