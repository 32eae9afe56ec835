"""Optimizer: the loop that all of them share. Each only says what one step does to one parameter."""

from __future__ import annotations

from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class Optimizer:
    """Base of the optimizers.

    params    Values, as model.parameters() yields them; (name, Value) pairs; or dicts, a parameter
              group each, with the Values under "params" and options of their own
    defaults  the options of groups that do not name them
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Value):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts,"
                f" but got {params!r}: put it in a list"
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Value, dict[str, Any]] = {}  # the hash of a Value is its identity
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Train more parameters, with options of their own."""
        given = group["params"]
        params = [x[1] if isinstance(x, tuple) else x for x in _listed(given)]
        known = {id(x) for other in self.param_groups for x in other["params"]}
        for x in params:
            if not isinstance(x, Value):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is"
                    f" {type(x).__name__}: give model.parameters(), or a list of Values"
                )
            if not x.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
            if id(x) in known:
                raise ValueError("some parameters appear in more than one parameter group")
            known.add(id(x))
        fresh = {**self.defaults, **group, "params": params}
        self.check(fresh)
        self.param_groups.append(fresh)

    def check(self, group: dict[str, Any]) -> None:
        """ValueError if an option is out of range."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; set_to_none=False makes those that exist 0."""
        for group in self.param_groups:
            for x in group["params"]:
                x.grad = None if set_to_none or x.grad is None else 0.0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step along every gradient. `closure`, if given, computes the loss first, and is returned.

        A parameter that no gradient has reached (its grad is None) stays as it is.
        """
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            for x in group["params"]:
                if x.grad is not None:
                    x.data = self.update(x.data, x.grad, self.state.setdefault(x, {}), group)
        return loss

    def update(self, x: float, gradient: float, state: dict[str, Any], group: dict[str, Any]) -> float:
        """The new number of a parameter, given its gradient, its state (kept from step to step), options."""
        raise NotImplementedError

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _listed(params: Any) -> list[Any]:
    return [params] if isinstance(params, Value) else list(params)
