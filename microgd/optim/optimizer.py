"""Optimizer: the loop of all optimizers. Each one only says what one step does to one parameter."""

from __future__ import annotations

import math
from _operator import setitem
from itertools import chain, cycle, repeat

from .. import ops
from ..ops import as_float
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

    `param_groups` is a list of dicts: "params" are the Values, the elements of Tensors one by one. The
    options may be changed between steps. `state` holds for each Value what is remembered from step to step.
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
        self.state: dict[Value, dict[str, Any]] = {}  # the hash of a Value is its identity
        self.tensors: list[list[Value]] = []  # the elements of each Tensor among the parameters
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

        A parameter whose grad is None does not change. But an element of a Tensor, of which another element
        has a gradient, has the gradient 0. An error or an interrupt leaves every parameter and its state as
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
            for x in group["params"]:
                x.grad = None if set_to_none or x.grad is None else 0.0

    # --- which parameters, with which options ---

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        tensors, parameters = _parameters(param_group["params"])
        group = {**self.defaults, **param_group, **parameters}
        for x in group["params"]:
            if not isinstance(x, Value):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is"
                    f" {type(x).__name__}: give model.parameters(), or a list of Values"
                )
            if not x.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        known = {id(x) for other in self.param_groups for x in other["params"]}
        if any(id(x) in known for x in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        if any(("param_names" in group) != ("param_names" in other) for other in self.param_groups):
            kind = "with names" if "param_names" in group else "without names"
            raise ValueError(
                "all optimizer param groups should be with/without names."
                f" cannot add param group {kind} to the optimizer"
            )
        self.check(group)
        if len(set(group["params"])) < len(group["params"]):
            import warnings

            warnings.warn("optimizer contains a parameter group with duplicate parameters", stacklevel=4)
            names = dict(zip(group["params"], group.get("param_names", ())))
            group.update({"param_names": list(names.values())} if names else {})
            group["params"] = list(dict.fromkeys(group["params"]))
        self.param_groups.append(group)
        self.tensors += tensors

    def gradients(self, params: list[Value]) -> list[float | None]:
        """The gradient of each of these parameters in the next step; None: it does not change."""
        found = list(map(_grad.__get__, params))
        if None not in found:
            return found
        known = dict(zip(params, found))
        for tensor in self.tensors:
            if any(known.get(x) is not None for x in tensor):
                known.update((x, 0.0) for x in tensor if x.requires_grad and known.get(x, 0.0) is None)
        return list(known.values())

    # --- to stop, and go on another day ---

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to continue later: dicts and lists of numbers, which JSON can hold.

        {"state": {index of a parameter: its state}, "param_groups": [options, "params": indices]}
        """
        index: dict[int, int] = {}
        for group in self.param_groups:
            for x in group["params"]:
                index.setdefault(id(x), len(index))
        return {
            "state": {index[id(x)]: dict(state) for x, state in self.state.items() if state},
            "param_groups": [
                {**group, "params": [index[id(x)] for x in group["params"]]} for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a `state_dict()`, with the same parameters in the same groups.

        If something does not fit, a ValueError says what, and nothing has changed.
        """
        _demand_keys(("state", "param_groups"), state_dict, "loaded state dict", "entry")
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups:"
                f" {len(saved)}, and the optimizer has {len(self.param_groups)}"
            )
        groups: list[dict[str, Any]] = []
        owner: dict[int, tuple[Value, dict[str, Any]]] = {}
        for old, new in zip(self.param_groups, saved):
            _demand_keys(("params", *self.defaults), new, "loaded state dict has a parameter group", "option")
            if len(new["params"]) != len(old["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of"
                    f" optimizer's group: {len(new['params'])} parameters, and it has {len(old['params'])}"
                )
            for option, default in self.defaults.items():
                _demand_alike(option, new[option], default)
            self.check(new)
            names = {"param_names": old["param_names"]} if "param_names" in old else {}
            groups.append({**names, **new, "params": old["params"]})
            owner.update((i, (x, groups[-1])) for i, x in zip(new["params"], old["params"]))
        state: dict[Value, dict[str, Any]] = {}
        for key, remembered in state_dict["state"].items():
            index = int(key) if str(key).isdecimal() else key  # JSON makes strings of the indices
            if index not in owner:
                raise ValueError(
                    f"loaded state dict has a state for parameter {key}, and its groups have"
                    f" parameters {sorted(owner)}"
                )
            x, group = owner[index]
            where = f"loaded state dict has a state of parameter {key}"
            _demand_keys(self.initial_state(group), remembered, where, "entry")
            state[x] = {k: _remembered(v, f"{where} whose {k}") for k, v in remembered.items()}
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
        params, found = group["params"], optimizer.gradients(group["params"])
        gradients = [g for g in found if g is not None]
        if None in found:
            params = [x for x, g in zip(params, found) if g is not None]
        self.params, self.numbers = params, list(map(_data.__get__, params))
        self.gradients = [-g for g in gradients] if group.get("maximize") else gradients
        start, known = optimizer.initial_state(group), optimizer.state
        try:
            self.states = [known[x] for x in params]
        except KeyError:  # the first step of some
            self.states = [known.setdefault(x, start.copy()) for x in params]
        try:
            self.before = [state[key] for key in start for state in self.states]
        except KeyError:  # an option has been turned on since the last step
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


def _parameters(given: Any) -> tuple[list[list[Value]], dict[str, list[Any]]]:
    """Of what a group has under "params": the elements of each Tensor; all Values, and names if any."""
    if isinstance(given, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of"
            " tensors in sets will change between runs. Please use a list instead."
        )
    listed = [given] if isinstance(given, (Value, Tensor)) else list(given)
    named = [x for x in listed if isinstance(x, tuple)]
    if named and len(named) < len(listed):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    pairs = list(named_elements(named or zip(repeat(""), listed)))
    tensors = [values(x) for _, x in named or zip(repeat(""), listed) if isinstance(x, Tensor)]
    names = {"param_names": [name for name, _ in pairs]} if named else {}
    return tensors, {"params": [x for _, x in pairs], **names}


def _demand_keys(expected: Iterable[str], found: Any, where: str, what: str) -> None:
    """ValueError unless all these keys are there."""
    if not isinstance(found, dict):
        raise ValueError(f"{where} that is no dict: {found!r}")
    missing = [key for key in expected if key not in found]
    if missing:
        raise ValueError(
            f"{where} without the {what} {', '.join(missing)}: it has {', '.join(found) or 'none'}"
        )


def _demand_alike(option: str, found: Any, default: Any) -> None:
    """ValueError unless an option is of the kind of its default: a flag, a number, or a row of numbers."""
    pairs = [(found, default)]
    if isinstance(default, (list, tuple)):
        alike = isinstance(found, (list, tuple)) and len(found) == len(default)
        pairs = list(zip(found, default)) if alike else [(None, 0.0)]
    for x, kind in pairs:
        number = isinstance(x, (int, float)) and not isinstance(x, bool) and x == x
        if not (isinstance(x, bool) if isinstance(kind, bool) else number):
            raise ValueError(f"loaded state dict has an option {option} like {default!r} that is {found!r}")


def _remembered(x: Any, where: str) -> float | None:
    """A number of a saved state; None for one that the first step will make."""
    try:
        number = None if x is None else as_float(x)
    except TypeError:
        raise ValueError(f"{where} is no number, but {x!r}") from None
    if where.endswith(" step") and not (number is not None and number >= 0.0 and number == number // 1.0):
        raise ValueError(f"{where} counts no steps: {x!r}")
    return number
