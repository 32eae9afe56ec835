"""Optimizer: the loop of all optimizers. Each one only says what one step does to one parameter."""

from __future__ import annotations

import math
from _operator import setitem
from collections import defaultdict
from itertools import chain, cycle, repeat

from .. import ops
from ..recording import current_trace
from ..tensor import Tensor, named_elements, values
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    Update: TypeAlias = Callable[[Any, Any, dict[str, Any]], Any]

_data: Any = Value.__dict__["_data"]  # the slot behind `.data`: to write it runs no Python code
_grad: Any = Value.__dict__["_grad"]  # the slot behind `.grad`


class Optimizer:
    """Base of the optimizers: `step` is the loop, and each of them has its `formula`.

    params    Tensors and Values, as model.parameters() yields them; pairs of a name and one of these, as
              model.named_parameters() yields them; or dicts. A dict is a parameter group: it has any of
              these under "params", and may have options of its own
    defaults  the options, for groups that do not have their own

    `param_groups` is a list of dicts: under "params" are the Tensors and Values. The options may be changed
    between steps. `state` holds for each Value, also for those in Tensors, what is remembered from step to
    step.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.check(defaults)
        if isinstance(params, (Value, Tensor)):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts,"
                f" but got {params!r}: put it in a list"
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Any, dict[str, Any]] = defaultdict(dict)  # the hash of a Value is its identity
        self._opt_called = False  # a scheduler that is stepped first warns
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # --- what an optimizer says of itself ---

    def check(self, group: dict[str, Any]) -> None:
        """ValueError if an option is out of range."""

    def initial_state(self, group: dict[str, Any]) -> dict[str, float]:
        """What is remembered of a parameter before its first step."""
        return {}

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Update:
        """A function update(x, g, state) that returns the new number of a parameter at its t-th step.

        x is its number, and g its gradient. What update writes into `state` is there again in the next step.
        update is arithmetic without branches, so that it works on floats and on Values. `sqrt` is the square
        root for this kind of numbers.
        """
        raise NotImplementedError

    # --- the loop ---

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter by one step. A `closure` computes the loss first, which is returned.

        A parameter whose grad is None does not change. But if an element of a Tensor has a gradient, those
        without one have the gradient 0. An error or an interrupt leaves every parameter and its state as
        they were.
        """
        trace = current_trace()
        if trace is not None:
            trace.refuse("takes a step of an optimizer")
        loss = closure() if closure is not None else None
        turns = [_Turn(self, group) for group in self.param_groups]
        try:
            new = chain.from_iterable([turn.computed() for turn in turns])
            any(map(_data.__set__, chain.from_iterable([turn.params for turn in turns]), new))
        except BaseException:
            for turn in turns:
                turn.undo()
            raise
        self._opt_called = True
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Make all gradients None, or with set_to_none=False, 0 where they exist."""
        for group in self.param_groups:
            for x in values(group["params"]):
                x.grad = None if set_to_none or x.grad is None else 0.0

    # --- which parameters, with which options ---

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = {**self.defaults, **param_group, **_parameters(param_group["params"])}
        for x in group["params"]:
            if not isinstance(x, (Value, Tensor)):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is"
                    f" {type(x).__name__}: give model.parameters(), or a list of Values and Tensors"
                )
            if not x.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        known = {id(x) for other in self.param_groups for x in values(other["params"])}
        if any(id(x) in known for x in values(group["params"])):
            raise ValueError("some parameters appear in more than one parameter group")
        if any(("param_names" in group) != ("param_names" in other) for other in self.param_groups):
            kind = "with names" if "param_names" in group else "without names"
            raise ValueError(
                "all optimizer param groups should be with/without names."
                f" cannot add param group {kind} to the optimizer"
            )
        self.check(group)
        if len({*values(group["params"])}) < len(values(group["params"])):
            import warnings

            warnings.warn("optimizer contains a parameter group with duplicate parameters", stacklevel=4)
            group.update(_once(group["params"], group.get("param_names")))
        self.param_groups.append(group)

    @property
    def tensors(self) -> list[list[Value]]:
        """The elements of each Tensor among the parameters."""
        return [values(x) for group in self.param_groups for x in group["params"] if isinstance(x, Tensor)]

    def reached(self, group: dict[str, Any]) -> tuple[list[Value], list[float]]:
        """The Values of a group that the next step changes, and their gradients."""
        params = values(group["params"])
        gradients = list(map(_grad.__get__, params))
        if None not in gradients:
            return params, gradients
        known = dict(zip(params, gradients))
        for tensor in self.tensors:
            if any(known.get(x) is not None for x in tensor):
                known.update((x, 0.0) for x in tensor if x.requires_grad and known.get(x, 0.0) is None)
        found = {x: g for x, g in known.items() if g is not None}
        return list(found), list(found.values())

    # --- to stop, and go on another day ---

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to continue later: dicts and lists of numbers, which JSON can hold.

        {"state": {index of a parameter: its state}, "param_groups": [options, "params": indices]}

        What is remembered of a Tensor is nested as the Tensor is, but its step is one number.
        """
        from .saved import state_dict

        return state_dict(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a `state_dict()`, with the same parameters in the same groups, or from PyTorch's.

        If something does not fit, a ValueError says what, and nothing has changed.
        """
        from .saved import loaded

        groups, state = loaded(self, state_dict)
        vars(self).update(param_groups=groups, state=state)  # at once: an interrupt comes before or after

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            options = "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
            text += f"\nParameter Group {i}\n{options}"
        return text + ")"


class _Turn:
    """One step of one group: the old numbers, so that it can be undone, and the new ones."""

    def __init__(self, optimizer: Optimizer, group: dict[str, Any]) -> None:
        self.optimizer, self.group = optimizer, group
        params, gradients = optimizer.reached(group)
        self.params, self.numbers = params, list(map(_data.__get__, params))
        self.gradients = [-g for g in gradients] if group.get("maximize") else gradients
        start = optimizer.initial_state(group)
        self.states = [optimizer.state[x] for x in params]
        try:
            self.before = [state[key] for key in start for state in self.states]
        except KeyError:  # the first step of some, or an option has been turned on since the last step
            for state in self.states:
                state.update({**start, **state})
            self.before = [state[key] for key in start for state in self.states]
        self.keys = start
        self.times = set(self.before[: len(params)]) if "step" in start else {0.0}

    def computed(self) -> list[float]:
        """The new numbers of the parameters. It changes their states, too."""
        try:
            return self._by({t: self.optimizer.formula(self.group, t + 1.0, math.sqrt) for t in self.times})
        except (ZeroDivisionError, ValueError):  # a float has no x / 0 and no root below 0; a Value has
            self._forget()
            return self._by(
                {t: _on_values(self.optimizer.formula(self.group, t + 1.0, ops.sqrt)) for t in self.times}
            )

    def _by(self, updates: dict[float, Update]) -> list[float]:
        if len(updates) == 1:
            (update,) = updates.values()
            return list(map(float, map(update, self.numbers, self.gradients, self.states)))
        rows = zip(self.numbers, self.gradients, self.states)
        return [float(updates[state["step"]](x, g, state)) for x, g, state in rows]

    def _forget(self) -> None:
        keys = chain.from_iterable(map(repeat, self.keys, repeat(len(self.states))))
        any(map(setitem, cycle(self.states), keys, self.before))

    def undo(self) -> None:
        """Restore parameters and states. The calls run no Python code, so that no interrupt can stop them."""
        self._forget()
        any(map(_data.__set__, self.params, self.numbers))


def _on_values(update: Update) -> Update:
    """The same formula on Values, whose division by 0 gives inf or nan, as IEEE 754 says."""

    def constant(x: float | None) -> Value | None:
        return None if x is None else Value(x, requires_grad=False)

    def slow(x: float, g: float, state: dict[str, Any]) -> float:
        kept = {key: constant(number) for key, number in state.items()}
        new = update(constant(x), constant(g), kept)
        state.update((key, x.data if isinstance(x, Value) else x) for key, x in kept.items())
        return new.data

    return slow


def _parameters(given: Any) -> dict[str, list[Any]]:
    """What a group has under "params", as a list, and the names if there are any."""
    if isinstance(given, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of"
            " tensors in sets will change between runs. Please use a list instead."
        )
    listed = [given] if isinstance(given, (Value, Tensor)) else list(given)
    named = [x for x in listed if isinstance(x, tuple)]
    if not named:
        return {"params": listed}
    if len(named) < len(listed):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    return {"params": [x for _, x in named], "param_names": [name for name, _ in named]}


def _once(params: list[Any], names: list[str] | None) -> dict[str, list[Any]]:
    """The same, each parameter once; where one is a part of another, each Value once."""
    if len({*values({*params})}) < len(values({*params})):
        pairs = list(named_elements(zip(names or repeat(""), params)))
        params = [x for _, x in pairs]
        names = names and [name for name, _ in pairs]
    known = dict(zip(params, names or params))
    params = list(dict.fromkeys(params))
    return {"params": params, **({"param_names": [known[x] for x in params]} if names else {})}
