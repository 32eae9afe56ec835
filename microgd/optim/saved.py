"""The numbers of an optimizer, out and in: its options, and what it remembers of each parameter.

The layout is PyTorch's. `optimizer` uses this module when a state is saved or loaded.
"""

from __future__ import annotations

import math
from collections import defaultdict

from ..ops import as_float
from ..shapes import nested
from ..tensor import Tensor, shape, values
from ..tensor_lists import Numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Optimizer


def state_dict(optimizer: Optimizer) -> dict[str, Any]:
    """`Optimizer.state_dict`."""
    index: dict[int, int] = {}
    states = {}
    for group in optimizer.param_groups:
        start = optimizer.initial_state(group)
        for x in group["params"]:
            i = index.setdefault(id(x), len(index))
            if state := _state_of(x, optimizer.state, start):
                states[i] = state
    groups = [
        {**group, "params": [index[id(x)] for x in group["params"]]} for group in optimizer.param_groups
    ]
    return {"state": states, "param_groups": groups}


def _state_of(x: Any, states: dict[Any, dict[str, Any]], start: dict[str, Any]) -> dict[str, Any]:
    """What is remembered of a parameter. `start`: of an element that has had no step."""
    if x in states or not isinstance(x, Tensor):
        return dict(states.get(x, ()))
    rows = [states.get(element) for element in values(x)]
    if not any(rows):
        return {}
    columns = {key: [{**start, **(row or {})}[key] for row in rows] for key in start}
    return {
        key: column[0] if _is_one_for_all(key, column) else Numbers(nested(column, x.shape))
        for key, column in columns.items()
    }


def _is_one_for_all(key: str, column: list[Any]) -> bool:
    return (key in ("step", "mu_product") or column[0] is None) and column.count(column[0]) == len(column)


def loaded(
    optimizer: Optimizer, saved: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[Any, dict[str, Any]]]:
    """The parameter groups and the states of `Optimizer.load_state_dict`. ValueError if one does not fit."""
    _demand_keys(("state", "param_groups"), saved, "loaded state dict", "entry")
    groups, owner = _groups(optimizer, saved["param_groups"])
    states: dict[Any, dict[str, Any]] = defaultdict(dict)
    for key, remembered in saved["state"].items():
        index = int(key) if str(key).isdecimal() else key  # JSON makes strings of the indices
        if index not in owner:
            raise ValueError(
                f"loaded state dict has a state for parameter {key}, and its groups have"
                f" parameters {sorted(owner)}"
            )
        x, group = owner[index]
        where = f"loaded state dict has a state of parameter {key}"
        start = optimizer.initial_state(group)
        _demand_keys(start, remembered, where, "entry")
        if not start and isinstance(x, Tensor):  # it steps whole Tensors
            states[x] = dict(remembered)
            continue
        for name, entry in remembered.items():
            for element, number in zip(values(x), _column(entry, x.shape, f"{where} whose {name}")):
                states[element][name] = number
    return groups, states


def _groups(optimizer: Optimizer, saved: Any) -> tuple[list[dict[str, Any]], dict[int, tuple[Any, Any]]]:
    """The groups, with the parameters of today; and by its index each parameter, with its group."""
    if len(saved) != len(optimizer.param_groups):
        raise ValueError(
            "loaded state dict has a different number of parameter groups:"
            f" {len(saved)}, and the optimizer has {len(optimizer.param_groups)}"
        )
    groups: list[dict[str, Any]] = []
    owner: dict[int, tuple[Any, Any]] = {}
    for old, new in zip(optimizer.param_groups, saved):
        options = ("params", *optimizer.defaults)
        _demand_keys(options, new, "loaded state dict has a parameter group", "option")
        if len(new["params"]) != len(old["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of"
                f" optimizer's group: {len(new['params'])} parameters, and it has {len(old['params'])}"
            )
        for option, default in optimizer.defaults.items():
            _demand_alike(option, new[option], default)
        optimizer.check(new)
        names = {"param_names": old["param_names"]} if "param_names" in old else {}
        groups.append({**names, **new, "params": old["params"]})
        owner.update((i, (x, groups[-1])) for i, x in zip(new["params"], old["params"]))
    return groups, owner


def _column(entry: Any, lengths: tuple[int, ...], where: str) -> list[float | None]:
    """The numbers of a saved entry, one for each element of a parameter of this shape."""
    entry = entry.tolist() if hasattr(entry, "tolist") else entry
    if not isinstance(entry, (list, tuple)):  # the same for all
        return [_remembered(entry, where)] * math.prod(lengths)
    if shape(entry) != tuple(lengths):
        raise ValueError(f"{where} has the shape {shape(entry)}, and the parameter {tuple(lengths)}")
    return [_remembered(x, where) for x in values(entry)]


def loaded_as_one(saved: dict[str, Any], size: int) -> dict[str, Any]:
    """The state of an LBFGS whose parameters have this many numbers: it is one for all, under the first."""
    (first, *_) = saved["param_groups"][0]["params"]
    (key, remembered), *others = saved["state"].items()
    if others or str(key) != str(first):
        raise ValueError(
            f"loaded state dict has states for parameters {[*saved['state']]}:"
            f" one is expected, for parameter {first}"
        )
    where = f"loaded state dict has a state of parameter {key}"
    _demand_keys(("func_evals", "n_iter"), remembered, where, "entry")
    shapes: dict[str, tuple[int, ...]] = {"func_evals": (), "n_iter": ()}
    if remembered["n_iter"]:
        _demand_keys(_LBFGS, remembered, where, "entry")
        named = {"size": size, "pairs": len(remembered["ro"])}
        shapes.update(
            (name, tuple(named[length] for length in form.split())) for name, form in _LBFGS.items()
        )
    found = {name: _array(remembered[name], shape, f"{where} whose {name}") for name, shape in shapes.items()}
    return {**found, "func_evals": int(found["func_evals"]), "n_iter": int(found["n_iter"])}


_LBFGS = {"d": "size", "t": "", "old_dirs": "pairs size", "old_stps": "pairs size", "ro": "pairs"}
_LBFGS.update(H_diag="", prev_flat_grad="size", prev_loss="")


def _array(entry: Any, lengths: tuple[int, ...], where: str) -> Any:
    """A saved number, a vector, or a list of vectors, as plain numbers."""
    if isinstance(entry, (list, tuple)):
        entry = [x.tolist() if hasattr(x, "tolist") else x for x in entry]
    if 0 in lengths and entry == []:
        return []
    column = _column(entry, lengths, where)
    return nested(column, lengths) if lengths else column[0]


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
    if default is None or isinstance(default, str):
        pairs = [] if found is None or isinstance(found, str) else [(None, 0.0)]
    elif isinstance(default, (list, tuple)):
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
