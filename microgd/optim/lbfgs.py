"""LBFGS: Newton's method with an inverse Hessian that is estimated from the last steps and gradients.

It uses `line_search` for the lengths of its steps, and `saved` to load a state.
"""

from __future__ import annotations

from ..ops import div
from ..recording import current_trace
from ..tensor import values
from .line_search import Line, dot, strong_wolfe
from .optimizer import Optimizer, _data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

CURVED = 1e-10
"""s·y of a pair that is remembered is more than this: then H stays positive definite, and d leads down."""
START = {"func_evals": 0, "n_iter": 0, "old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1.0}
"""What is remembered before the first iteration, under PyTorch's names."""


class LBFGS(Optimizer):
    """w ← w + t · d, with d = -H · ∂C/∂w. H is an estimate of the inverse of the Hessian.

        s = t · d    how far an iteration went: the last ones are in old_stps
        y            how much the gradient changed on this way: old_dirs
        H            from the last history_size pairs of s and y. It starts from s·y / y·y: H_diag
        t = lr       in the very first iteration lr · min(1, 1 / Σ|∂C/∂w|), with d = -∂C/∂w

    One step makes several iterations, at most max_iter. It ends before if the loss has been computed max_eval
    times (by default 5/4 · max_iter), if no |∂C/∂w| is more than tolerance_grad, or if neither the loss nor a
    parameter changes by more than tolerance_change. With line_search_fn="strong_wolfe", t is a length that
    meets the strong Wolfe conditions, and the search starts at the t above.

    `step` needs a closure. All parameters are in one group, whose state is that of its first parameter.

    ValueError for a negative lr, a history_size below 1, and several groups. RuntimeError for another line
    search. Nocedal 1980, "Updating Quasi-Newton Matrices with Limited Storage"; Nocedal and Wright 2006,
    "Numerical Optimization", algorithms 7.4 and 7.5.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, options)

    def check(self, group: dict[str, Any]) -> None:
        if not group["lr"] >= 0.0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        if not group["history_size"] >= 1:
            raise ValueError(f"Invalid history_size value: {group['history_size']}")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported, not {group['line_search_fn']!r}")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    def formula(self, group: dict[str, Any], t: Any, sqrt: Any) -> Any:
        raise TypeError(
            "LBFGS has no formula of one parameter: a step computes the loss several times. Call"
            " step(closure) in a loop, or compile the loss f alone and call"
            " scipy.optimize.minimize(f.value_and_grad, x, jac=True)"
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters by some iterations, and return what the first call of `closure` returned.

        `closure` clears the gradients, computes the loss, calls backward() and returns the loss. An error or
        an interrupt, also one inside of it, leaves every parameter and the state as they were.
        """
        trace = current_trace()
        if trace is not None:
            trace.refuse("takes a step of an optimizer")
        if closure is None:
            raise TypeError(
                "LBFGS.step() missing 1 required positional argument: 'closure'. It is a function that clears"
                " the gradients, computes the loss, calls backward(), and returns the loss"
            )
        (group,) = self.param_groups
        self.check(group)
        params, owner = values(group["params"]), group["params"][0]
        before, numbers = self.state[owner], list(map(_data.__get__, params))
        state: dict[str, Any] = {**START, **before}
        try:
            returned = _iterate(Line(params, closure), group, state)
            self.state[owner] = state
        except BaseException:
            any(map(_data.__set__, params, numbers))
            self.state[owner] = before
            raise
        self._opt_called = True
        return returned

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        from .saved import loaded, loaded_as_one

        without = {**state_dict, "state": {}} if "state" in state_dict else state_dict
        groups, state = loaded(self, without)
        if state_dict["state"]:
            params = groups[0]["params"]
            state[params[0]] = loaded_as_one(state_dict, len(values(params)))
        vars(self).update(param_groups=groups, state=state)  # at once: an interrupt comes before or after


def _iterate(line: Line, group: dict[str, Any], state: dict[str, Any]) -> Any:
    """The iterations of one step. `state` is changed, but not the lists that it comes with."""
    most, tolerance = group["max_iter"], group["tolerance_change"]
    returned, loss, gradient = line.evaluate()
    for k in range(0 if _within(group["tolerance_grad"], gradient) else most):
        t = group["lr"]
        if state["n_iter"]:
            _remember(gradient, group["history_size"], state)
        else:
            t = min(1.0, div(1.0, sum(map(abs, gradient)))) * t
        d = _direction(gradient, state)
        state.update(n_iter=state["n_iter"] + 1, d=d, t=t, prev_flat_grad=gradient, prev_loss=loss)
        start = line.start(d, loss, gradient)
        if start.partial > -tolerance:
            break
        if group["line_search_fn"]:
            found = strong_wolfe(line.at, start, t, max(map(abs, d)), group["max_eval"] - line.evaluations)
            line.go(found.t)
        elif k + 1 < most:
            found = line.at(t)
        else:  # the next step will compute the loss there
            line.go(t)
            break
        state["t"], loss, gradient, _ = found
        if (
            line.evaluations >= group["max_eval"]
            or _within(group["tolerance_grad"], gradient)
            or _within(tolerance, [found.t * x for x in d])
            or abs(loss - start.loss) < tolerance
        ):
            break
    state["func_evals"] += line.evaluations
    return returned


def _within(tolerance: float, numbers: Iterable[float]) -> bool:
    return all(abs(x) <= tolerance for x in numbers)


def _remember(gradient: list[float], most: int, state: dict[str, Any]) -> None:
    """Add the pair of the last iteration to those that H is made from. The oldest is forgotten."""
    y = [g - before for g, before in zip(gradient, state["prev_flat_grad"])]
    s = [state["t"] * d for d in state["d"]]
    curvature = dot(s, y)
    if curvature > CURVED:
        for key, new in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / curvature)):
            state[key] = [*state[key], new][-most:]
        state["H_diag"] = curvature / dot(y, y)


def _direction(gradient: list[float], state: dict[str, Any]) -> list[float]:
    """-H · gradient, by the two loops of algorithm 7.4."""
    pairs = list(zip(state["old_stps"], state["old_dirs"], state["ro"]))
    q, alphas = [-g for g in gradient], []
    for s, y, rho in reversed(pairs):
        alphas.append(rho * dot(s, q))
        q = _plus(q, -alphas[-1], y)
    r = [state["H_diag"] * x for x in q]
    for (s, y, rho), alpha in zip(pairs, reversed(alphas)):
        r = _plus(r, alpha - rho * dot(y, r), s)
    return r


def _plus(a: list[float], factor: float, b: list[float]) -> list[float]:
    return [x + factor * y for x, y in zip(a, b)]
