"""torch.optim.lr_scheduler's names: schedulers change the learning rate during training.

Call a scheduler's `step` once per epoch, after the optimizer's. It sets group["lr"] of every parameter
group. Most schedulers can compute lr in two ways. `get_lr` computes it from the lr that the group has now.
So several schedulers can act together, and a change by hand is kept. The closed form computes it from
`base_lrs`, the lrs before any scheduler. It is used by `step(epoch)`, and when SequentialLR comes to its
next scheduler.

    scheduler = StepLR(optimizer, step_size=30)
    for epoch in range(100):
        train(...)                     # with optimizer.step()
        scheduler.step()
"""

from __future__ import annotations

from bisect import bisect_right
from math import cos, inf, pi

from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any


class LRScheduler:
    """Base of the schedulers: a schedule is `get_lr`, the lr of every group at `last_epoch`.

    optimizer   the optimizer whose lrs are set. They are set at once, to those of epoch 0
    last_epoch  the last epoch so far, to continue a training. Then the groups must have an "initial_lr"
    """

    _is_initial = False  # whether this is the step that the constructor makes

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = _demand_optimizer(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler"
                    " with last_epoch >= 0: load the state of the optimizer first"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float]:
        """The lr of every group at `last_epoch`, from the lr it has now."""
        raise NotImplementedError

    def _get_closed_form_lr(self) -> list[float]:
        """The same lr, computed from `base_lrs`."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """The lrs that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to the given one (which is deprecated in PyTorch, too)."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            _warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: call them in the"
                " opposite order, or the first value of the learning rate schedule is skipped"
            )
        self._step_count += 1
        if epoch is not None:
            _warn("The epoch parameter in `scheduler.step()` is deprecated: use `scheduler.step()`")
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            lrs = self.get_lr()
        else:
            self.last_epoch = epoch
            lrs = self._get_closed_form_lr()
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = _lrs(self.optimizer)

    _parts: tuple[str, ...] = ()  # the attributes that are lists of things with states of their own

    def state_dict(self) -> dict[str, Any]:
        """All attributes except the optimizer."""
        kept = {key: x for key, x in vars(self).items() if key != "optimizer"}
        return {**kept, **{key: list(map(_state, kept[key])) for key in self._parts}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a `state_dict()`. KeyError if it is the state of another kind of scheduler."""
        self._demand_fit(state_dict)
        parts = {key: getattr(self, key) for key in self._parts}
        for key, part in parts.items():
            for x, state in zip(part, state_dict[key], strict=True):
                x.load_state_dict(state) if isinstance(x, LRScheduler) else vars(x).update(state or {})
        vars(self).update({**state_dict, **parts})

    def _demand_fit(self, state_dict: dict[str, Any]) -> None:
        missing = [key for key in self.state_dict() if key not in state_dict]
        if missing:
            raise KeyError(
                f"the state dict of a {type(self).__name__} has {', '.join(missing)}, and this one only"
                f" {', '.join(state_dict)}"
            )
        for key in self._parts:
            own, states = getattr(self, key), state_dict[key]
            if len(states) != len(own):
                raise ValueError(f"states of {len(states)} {key.strip('_')} for {len(own)} of them")
            for x, state in zip(own, states, strict=True):
                if isinstance(x, LRScheduler):
                    x._demand_fit(state)


class _Scaled(LRScheduler):
    """Base of the schedulers that multiply lr by a factor at each epoch."""

    def change(self) -> float:
        """The factor by which lr changes at `last_epoch`."""
        raise NotImplementedError

    def part(self) -> float:
        """lr as a part of the initial lr, if nobody has changed it by hand."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        change = self.change()
        return [lr * change for lr in _lrs(self.optimizer)]

    def _get_closed_form_lr(self) -> list[float]:
        part = self.part()
        return [lr * part for lr in self.base_lrs]


class LambdaLR(LRScheduler):
    """lr = initial lr · lr_lambda(epoch).

    lr_lambda  a function, or a list with a function for each group. A state dict does not hold functions,
               but it holds the attributes of callable objects
    """

    _parts = ("lr_lambdas",)

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(_demand_optimizer(optimizer).param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class StepLR(_Scaled):
    """lr ← gamma · lr every step_size epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = _demand_positive("step_size", step_size)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def change(self) -> float:
        return 1.0 if self.last_epoch == 0 or self.last_epoch % self.step_size else self.gamma

    def part(self) -> float:
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(_Scaled):
    """lr ← gamma · lr at every milestone, which is an epoch. One that is given twice counts twice.

    `milestones` is a dict: each epoch, and how often it is given.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones: dict[int, int] = {}
        for epoch in milestones:
            self.milestones[epoch] = self.milestones.get(epoch, 0) + 1
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def change(self) -> float:
        return self.gamma ** self.milestones.get(self.last_epoch, 0)

    def part(self) -> float:
        return self.gamma ** sum(n for epoch, n in self.milestones.items() if epoch <= self.last_epoch)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._demand_fit(state_dict)  # JSON makes strings of the epochs
        milestones = {int(epoch): times for epoch, times in state_dict["milestones"].items()}
        super().load_state_dict({**state_dict, "milestones": milestones})


class ExponentialLR(_Scaled):
    """lr ← gamma · lr every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def change(self) -> float:
        return 1.0 if self._is_initial else self.gamma

    def part(self) -> float:
        return self.gamma**self.last_epoch


class ConstantLR(_Scaled):
    """lr = factor · initial lr before the epoch total_iters, and the initial lr from there on.

    ValueError for a factor outside of [0, 1].
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0.0 <= factor <= 1.0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def change(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1.0

    def part(self) -> float:
        return 1.0 if self.last_epoch >= self.total_iters else self.factor


class LinearLR(_Scaled):
    """lr goes from start_factor · lr to end_factor · lr in total_iters equal steps, and then stays.

    ValueError for a start_factor outside of (0, 1] and an end_factor outside of [0, 1].
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0.0 < start_factor <= 1.0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if not 0.0 <= end_factor <= 1.0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def change(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor  # the factor grows by rise / total_iters, from:
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def part(self) -> float:
        done = min(self.total_iters, self.last_epoch) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * done


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (initial lr - eta_min) · (1 + cos(π · epoch / T_max)) / 2: it falls and rises.

    Loshchilov and Hutter 2016, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    arXiv:1608.03983, without the restarts.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = _demand_positive("T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return _lrs(self.optimizer)
        if self._step_count == 1 and self.last_epoch > 0:
            return self._get_closed_form_lr()
        low, n, lrs = self.eta_min, self.T_max, _lrs(self.optimizer)
        if (self.last_epoch - 1 - n) % (2 * n) == 0:  # it is at its lowest: nothing is left to scale
            rise = (1 - cos(pi / n)) / 2
            return [lr + (base - low) * rise for lr, base in zip(lrs, self.base_lrs, strict=True)]
        now, before = (1 + cos(pi * epoch / n) for epoch in (self.last_epoch, self.last_epoch - 1))
        return [low + now / before * (lr - low) for lr in lrs]

    def _get_closed_form_lr(self) -> list[float]:
        height = (1 + cos(pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (lr - self.eta_min) * height for lr in self.base_lrs]


class OneCycleLR(LRScheduler):
    """lr rises from max_lr / div_factor to max_lr, then falls to max_lr / div_factor / final_div_factor.

    total_steps       how many steps there will be; without it, epochs · steps_per_epoch
    pct_start         the part of the steps in which lr rises
    anneal_strategy   "cos" or "linear": the form of each phase
    cycle_momentum    momentum (or β₁) changes in the opposite direction, between max_momentum and
                      base_momentum
    three_phase       lr falls to its start in as many steps as it rose, and then to its end

    max_lr and the momentums may be lists, with an item for each group. Call `step` after every batch.
    ValueError after total_steps. Smith and Topin 2017, "Super-Convergence", arXiv:1708.07120.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        groups = _demand_optimizer(optimizer).param_groups
        if total_steps is not None:
            self.total_steps = _demand_positive("total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            _demand_positive("epochs", epochs)
            self.total_steps = epochs * _demand_positive("steps_per_epoch", steps_per_epoch)
        else:
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        if not (isinstance(pct_start, float) and 0 <= pct_start <= 1):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        up = pct_start * self.total_steps
        phases = [
            (up - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
            (self.total_steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"),
        ]
        if three_phase:
            phases[1:] = [
                (2 * up - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (self.total_steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        self._schedule_phases: list[dict[str, Any]] = [
            dict(zip(names, phase, strict=True)) for phase in phases
        ]
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = "betas" in optimizer.defaults
        tops = _one_per_group("max_lr", max_lr, groups)
        highs = _one_per_group("max_momentum", max_momentum, groups)
        lows = _one_per_group("base_momentum", base_momentum, groups)
        if last_epoch == -1:
            for group, top, high, low in zip(groups, tops, highs, lows, strict=True):
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    self._set_momentum(group, high)
                    group["max_momentum"] = high
                    group["base_momentum"] = low
        super().__init__(optimizer, last_epoch)

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (1 + cos(pi * part))
        return (end - start) * part + start

    def get_lr(self) -> list[float]:
        n = self.last_epoch
        if n > self.total_steps:
            raise ValueError(
                f"Tried to step {n} times. The specified number of total steps is {self.total_steps}"
            )
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if n <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        part = (n - start) / (phase["end_step"] - start)
        lrs = []
        for group in self.optimizer.param_groups:
            lrs.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], part))
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(*ends, part))
        return lrs


class SequentialLR(LRScheduler):
    """One scheduler after the other. At each milestone, which is an epoch, the next one takes over.

    schedulers  schedulers of the same optimizer. Not ReduceLROnPlateau, whose step needs a loss
    milestones  one fewer than schedulers, in rising order
    """

    _parts = ("_schedulers",)

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers:
            raise ValueError("SequentialLR expects at least one scheduler, but got no scheduler.")
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"SequentialLR at index {i} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    "SequentialLR does not support `ReduceLROnPlateau` scheduler as it requires additional"
                    " kwargs to be specified when calling `step`, but got one at index"
                    f" {i} in the given schedulers sequence."
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    "SequentialLR expects all schedulers to belong to the same optimizer, but got"
                    f" scheduler {type(scheduler).__name__} at index {i} has {scheduler.optimizer},"
                    f" which is different from {type(optimizer).__name__}."
                )
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the"
                f" number of milestone points, but got number of schedulers {len(schedulers)} and the"
                f" number of milestones to be equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each constructor has made a step of its own. Undo them all; only the first is wanted.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _undo(self) -> None:
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._undo()
            else:
                scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(factor · lr, min_lr) when the loss has not improved for more than `patience` epochs.

    mode            "min" if a smaller loss is better, "max" if a larger one is
    threshold       a smaller improvement does not count. It is a part of the best loss, or with
                    threshold_mode "abs" a difference
    cooldown        the number of epochs after a change that are not counted
    min_lr          a number, or a list with an item for each group
    eps             a smaller change of lr is not made

    Its step needs the loss: `scheduler.step(loss)`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if not factor < 1.0:
            raise ValueError("Factor should be < 1.0.")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        self.optimizer = _demand_optimizer(optimizer)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = _one_per_group("min_lr", min_lr, optimizer.param_groups)
        self.factor = factor
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.mode = mode
        self.mode_worse = inf if mode == "min" else -inf
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.last_epoch = 0
        self._last_lr = _lrs(optimizer)
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether lr has changed within the last `cooldown` epochs."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Go to the next epoch, given the loss of this one."""
        current = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._improves(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = _lrs(self.optimizer)

    def _improves(self, loss: float) -> bool:
        sign = 1.0 if self.mode == "max" else -1.0
        if self.threshold_mode == "rel":
            bar = self.best * (1.0 + sign * self.threshold)
        else:
            bar = self.best + sign * self.threshold
        return loss > bar if self.mode == "max" else loss < bar

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when"
                    f" `ReduceLROnPlateau` was initialized ({len(self.min_lrs)}), usually due to a new"
                    " param group being added to the optimizer. Please modify the `min_lrs` field to"
                    " match the length of the `optimizer` param groups."
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, low in zip(groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, low)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr


# --- the small things that several of them do ---------------------------------------------------------


def _lrs(optimizer: Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def _state(x: Any) -> Any:
    """The state of a scheduler, or the attributes of a callable object. Functions have neither."""
    if isinstance(x, LRScheduler):
        return x.state_dict()
    return None if isinstance(x, type(_state)) else dict(vars(x))


def _one_per_group(name: str, option: Any, groups: Sequence[Any]) -> list[Any]:
    """An option that is a number for all groups, or a list with a number for each."""
    if not isinstance(option, (list, tuple)):
        return [option] * len(groups)
    if len(option) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups."
            f" {name} has {len(option)} values, param_groups has {len(groups)}."
        )
    return list(option)


def _demand_optimizer(x: Any) -> Optimizer:
    if not isinstance(x, Optimizer):
        raise TypeError(f"{type(x).__name__} is not an Optimizer")
    return x


def _demand_positive(name: str, number: Any) -> int:
    if not (isinstance(number, int) and number > 0):
        raise ValueError(f"Expected positive integer {name}, but got {number}")
    return number


def _warn(text: str) -> None:
    import warnings

    warnings.warn(text, UserWarning, stacklevel=3)
