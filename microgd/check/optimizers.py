"""Which mistake is in this optimizer, or in this training loop?

It contains gradient descent and Adam, written so that each known mistake can be made in them. The
learner's optimizer takes a few steps on two parameters. So does each broken one. The mistake that gives
the learner's numbers at every step is the one.

    SGD   g = dL/dp + weight_decay * p;  v = momentum * v + g;  p = p - lr * v
    Adam  m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g**2
          p = p - lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from .diagnosis import Diagnosis, Stopped, agree, described, number, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Trace = list[list[float]]  # the parameters after each step
    Gradient = Callable[[Sequence[float]], list[float]]

STEPS = 6
"""Enough: five known mistakes first show at step 2, and one at step 3."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "sgd": {"lr": 1e-3, "momentum": 0.0, "weight_decay": 0.0},
    "adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
}
"""torch's."""

USUAL: dict[str, dict[str, Any]] = {"sgd": {"lr": 0.1}, "adam": {"lr": 0.05}}
"""What the optimizer is called with if no options are given."""


class Known(NamedTuple):
    """A known mistake: in which kind, when it can show at all, and what to say."""

    kinds: tuple[str, ...]
    shows: Callable[[dict[str, Any]], bool]
    message: str


def _always(o: dict[str, Any]) -> bool:
    return True


def _momentum(o: dict[str, Any]) -> bool:
    return bool(o.get("momentum"))


def _no_momentum(o: dict[str, Any]) -> bool:
    return not o.get("momentum")


def _decay(o: dict[str, Any]) -> bool:
    return bool(o["weight_decay"])


KNOWN: dict[str, Known] = {
    "frozen": Known(
        ("sgd", "adam"), _always, "The parameters do not move. Is the new value stored back in .data?"
    ),
    "sgd-plus": Known(
        ("sgd", "adam"),
        _always,
        "It goes uphill: every step has the right size and the wrong sign. Is + written for -?",
    ),
    "sgd-no-zero": Known(
        ("sgd", "adam"),
        _always,
        "Step 1 is right; from step 2 on the old gradients are still added. Where are they set to 0"
        " (zero_grad)?",
    ),
    "wd-forgot": Known(
        ("sgd", "adam"), _decay, "Weight decay has no effect. Where is it added to the gradient?"
    ),
    "wd-sign": Known(
        ("sgd", "adam"), _decay, "Weight decay pushes the parameters away from 0. Which sign should it have?"
    ),
    "wd-decoupled": Known(
        ("sgd", "adam"),
        _decay,
        "Weight decay shrinks the parameter beside the step; torch adds it to the gradient. Which of the two"
        " is wanted?",
    ),
    "sgd-lr-twice": Known(
        ("sgd", "adam"),
        _no_momentum,
        "Each step is exactly lr times too small. Is lr in the product twice?",
    ),
    "mom-lr-twice": Known(
        ("sgd",),
        _momentum,
        "Each step is exactly lr times too small. Is lr both inside the velocity and outside?",
    ),
    "mom-forgot": Known(
        ("sgd",), _momentum, "Momentum has no effect. Is the velocity kept from step to step?"
    ),
    "mom-ema": Known(
        ("sgd",),
        _momentum,
        "Every step is exactly (1 - momentum) times the right one: an average. torch adds g whole. Which is"
        " wanted?",
    ),
    "mom-minus": Known(
        ("sgd",), _momentum, "Step 1 is right; step 2 subtracts the velocity. Which sign has momentum * v?"
    ),
    "mom-shared": Known(("sgd",), _momentum, "The parameters share one velocity. Does each have its own?"),
    "mom-nesterov": Known(
        ("sgd",), _momentum, "This is Nesterov's momentum: it looks one step ahead. Is that wanted?"
    ),
    "adam-no-bias": Known(
        ("adam",),
        _always,
        "The first step is not lr in size: m and v start at 0 and are too small at first. By what are they to"
        " be divided?",
    ),
    "adam-bias-mul": Known(
        ("adam",),
        _always,
        "The bias correction makes m and v smaller. Is it multiplied where it should divide?",
    ),
    "adam-bias-inplace": Known(
        ("adam",),
        _always,
        "Step 1 is right, then it is off: the corrected moments are stored back. Which m belongs to the next"
        " step?",
    ),
    "adam-abs": Known(
        ("adam",), _always, "v averages |g|. The square root undoes a square: what should v average?"
    ),
    "adam-betas-swapped": Known(
        ("adam",), _always, "Step 1 is right, and then it is off: which beta belongs to m, which to v?"
    ),
    "adam-fixed-t": Known(("adam",), _always, "Step 1 is right, and then it is off: does t count the steps?"),
    "adam-t-per-parameter": Known(
        ("adam",), _always, "t grows with every parameter, not with every step. Where is it counted?"
    ),
    "adam-no-sqrt": Known(
        ("adam",), _always, "The step is divided by v itself. What makes v the size of a gradient?"
    ),
    "adam-no-m": Known(
        ("adam",), _always, "The step follows the gradient alone, not its average m. Where is m?"
    ),
    "adam-shared": Known(("adam",), _always, "The parameters share m and v. Does each have its own?"),
    "adam-m-not-corrected": Known(("adam",), _always, "v is corrected, m is not. Does m start at 0 too?"),
    "adam-v-not-corrected": Known(("adam",), _always, "m is corrected, v is not. Does v start at 0 too?"),
    "adam-eps-inside": Known(("adam",), _always, "eps is under the square root. Where does torch add it?"),
    "adam-is-sgd": Known(("adam",), _always, "This is plain gradient descent. Where are the moments?"),
}
"""The mistakes by their key. If two explain the same numbers, the first one is named."""


class _Rule:
    """The right update, or one with a mistake in it, on plain floats."""

    def __init__(self, kind: str, mistake: str, options: dict[str, Any], count: int) -> None:
        self.kind, self.mistake, self.o = kind, mistake, options
        self.first = [0.0] * count  # the velocity, or Adam's m
        self.second = [0.0] * count  # Adam's v
        self.t = 0

    def step(self, ps: list[float], gs: Sequence[float]) -> None:
        self.t += 1
        for k, g in enumerate(gs):
            shared = self.mistake in ("mom-shared", "adam-shared")
            move = self._sgd if self.kind == "sgd" or self.mistake == "adam-is-sgd" else self._adam
            update = move(0 if shared else k, self._decayed(g, ps[k]), k)
            if self.mistake == "frozen":
                update = 0.0
            if self.mistake == "sgd-plus":
                update = -update
            if self.mistake == "wd-decoupled":
                update += self.o["lr"] * self.o["weight_decay"] * ps[k]
            ps[k] -= update

    def _decayed(self, g: float, p: float) -> float:
        decay: float = self.o["weight_decay"]
        if self.mistake in ("wd-forgot", "wd-decoupled"):
            decay = 0.0
        return g - decay * p if self.mistake == "wd-sign" else g + decay * p

    def _sgd(self, slot: int, g: float, k: int) -> float:
        lr, mu, mistake = self.o["lr"], self.o.get("momentum", 0.0), self.mistake
        if mistake == "mom-forgot":
            mu = 0.0
        v = self.first[slot]
        if mistake == "mom-ema":
            v = mu * v + (1.0 - mu) * g
        elif mistake == "mom-minus":
            v = g - mu * v
        else:
            v = mu * v + g
        self.first[slot] = v
        if mistake == "mom-nesterov":
            v = g + mu * v
        return float(lr * lr * v if mistake in ("sgd-lr-twice", "mom-lr-twice") else lr * v)

    def _adam(self, slot: int, g: float, k: int) -> float:
        lr, (b1, b2), eps, mistake = self.o["lr"], self.o["betas"], self.o["eps"], self.mistake
        if mistake == "adam-betas-swapped":
            b1, b2 = b2, b1
        t = self.t
        if mistake == "adam-fixed-t":
            t = 1
        if mistake == "adam-t-per-parameter":
            t = (self.t - 1) * len(self.first) + k + 1
        m = b1 * self.first[slot] + (1.0 - b1) * g
        v = b2 * self.second[slot] + (1.0 - b2) * (abs(g) if mistake == "adam-abs" else g * g)
        self.first[slot], self.second[slot] = m, v
        if mistake == "adam-no-m":
            m = g * (1.0 - b1**t)
        m_hat, v_hat = m / (1.0 - b1**t), v / (1.0 - b2**t)
        if mistake == "adam-bias-inplace":
            self.first[slot], self.second[slot] = m_hat, v_hat
        if mistake == "adam-bias-mul":
            m_hat, v_hat = m * (1.0 - b1**t), v * (1.0 - b2**t)
        if mistake in ("adam-no-bias", "adam-m-not-corrected"):
            m_hat = m
        if mistake in ("adam-no-bias", "adam-v-not-corrected"):
            v_hat = v
        scale = lr * lr if mistake == "sgd-lr-twice" else lr
        if mistake == "adam-no-sqrt":
            return float(scale * m_hat / (v_hat + eps))
        if mistake == "adam-eps-inside":
            return float(scale * m_hat / math.sqrt(v_hat + eps))
        return float(scale * m_hat / (math.sqrt(v_hat) + eps))


def simulate(
    kind: str,
    mistake: str,
    options: dict[str, Any],
    start: Sequence[float],
    gradient: Gradient,
    steps: int = STEPS,
) -> Trace:
    """The parameters after each step, by the right rule (mistake "") or by a broken one."""
    rule = _Rule(kind, mistake, DEFAULTS[kind] | options, len(start))
    ps, trace = list(start), []
    grads = [0.0] * len(ps)
    for _ in range(steps):
        if mistake != "sgd-no-zero":
            grads = [0.0] * len(ps)
        grads = [g + s for g, s in zip(grads, gradient(ps), strict=True)]
        rule.step(ps, grads)
        trace.append(list(ps))
    return trace


# --- the diagnosis ------------------------------------------------------------------------------------


class Parameter:
    """What a learner's optimizer is given: a number, and the derivative of the loss with respect to it."""

    def __init__(self, data: float) -> None:
        self.data: Any = data
        self.grad: Any = 0.0

    def __repr__(self) -> str:
        return f"Parameter({self.data!r}, grad={self.grad!r})"


class _Loss:
    """A steep parabola of one parameter and a flat one of the other: gradients of any size and sign."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"optimizer {seed}")
        self.start = [rng.uniform(1.0, 2.0), -rng.uniform(2.5, 4.0)]
        self.centre = [rng.uniform(-1.0, 0.0), rng.uniform(0.5, 1.5)]
        self.steepness = [rng.uniform(1.5, 2.0), rng.uniform(0.3, 0.7)]

    def gradient(self, ps: Sequence[float]) -> list[float]:
        return [c * (p - t) for c, p, t in zip(self.steepness, ps, self.centre, strict=True)]

    def value(self, ps: Sequence[float]) -> float:
        return sum(0.5 * c * (p - t) ** 2 for c, p, t in zip(self.steepness, ps, self.centre, strict=True))


def diagnose_optimizer(
    optimizer: Callable[..., Any], kind: str = "sgd", seed: int = 0, **options: Any
) -> Diagnosis:
    """Find the mistake in an optimizer, by its first steps on two parameters.

        diagnose_optimizer(MySGD, "sgd", lr=0.1, momentum=0.9)

    optimizer  optimizer(parameters, **options) makes an object with step() and zero_grad(); a
               parameter has `.data` and `.grad`
    kind       which rule it should follow: "sgd" or "adam"
    options    torch's names; what is not given has torch's default. A mistake in momentum shows only if
               momentum is given, one in weight decay only if that is
    """
    options = _options(kind, options)
    loss = _Loss(seed)
    try:
        trace = _steps(optimizer, loss, options)
    except Stopped as stopped:
        return stopped.diagnosis
    diagnosis, explained = _named(kind, options, loss, trace)
    if len(explained) > 1:  # with lr = 1 - momentum, two mistakes look the same: try another lr
        options = DEFAULTS[kind] | options
        options = options | {"lr": 0.73 * options["lr"]}
        try:
            again = _named(kind, options, loss, _steps(optimizer, loss, options))[0]
        except Stopped:
            return diagnosis
        return again if again.key in explained else diagnosis
    return diagnosis


def diagnose_training(
    train: Callable[..., Any], kind: str = "sgd", seed: int = 0, **options: Any
) -> Diagnosis:
    """Find the mistake in a training loop.

        def train(parameters, loss, steps):
            for _ in range(steps):
                for p in parameters:
                    p.grad = 0.0
                loss().backward()
                for p in parameters:
                    p.data -= 0.1 * p.grad

        diagnose_training(train, lr=0.1)

    train    train(parameters, loss, steps); loss() returns an object whose backward() adds to the
             gradient of each parameter
    kind     which rule the loop should follow, with which options
    """
    options = _options(kind, options)
    loss = _Loss(seed)
    traces = []
    try:
        for steps in range(1, STEPS + 1):
            traces.append(_trained(train, loss, steps))
    except Stopped as stopped:
        return stopped.diagnosis
    return _named(kind, options, loss, traces)[0]


def _options(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    if kind not in DEFAULTS:
        raise ValueError(f"kind must be one of {', '.join(DEFAULTS)}; got {kind!r}")
    unknown = sorted(set(options) - set(DEFAULTS[kind]))
    if unknown:
        raise ValueError(f"{kind} has no option {', '.join(unknown)}; it has {', '.join(DEFAULTS[kind])}")
    return options or USUAL[kind]


def _steps(optimizer: Callable[..., Any], loss: _Loss, options: dict[str, Any]) -> Trace:
    parameters = [Parameter(p) for p in loss.start]
    made = _tried("making the optimizer", lambda: optimizer(parameters, **options))
    if not hasattr(made, "step"):
        raise Stopped("raises", f"The optimizer is {described(made)}, and has no step().")
    trace = []
    for step in range(1, STEPS + 1):
        if hasattr(made, "zero_grad"):
            _tried(f"zero_grad() before step {step}", made.zero_grad)
        _backward(parameters, loss)
        _tried(f"step {step}", made.step)
        trace.append(_data(parameters, step))
    return trace


def _trained(train: Callable[..., Any], loss: _Loss, steps: int) -> list[float]:
    parameters = [Parameter(p) for p in loss.start]

    class Computed:
        """The loss now."""

        def __init__(self) -> None:
            self.data = loss.value([_finite(p.data, 0) for p in parameters])

        def backward(self) -> None:
            _backward(parameters, loss)

        def item(self) -> float:
            return self.data

    _tried(f"training for {steps} steps", lambda: train(parameters, Computed, steps))
    return _data(parameters, steps)


def _tried(what: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Stopped:
        raise
    except (Exception, SystemExit) as error:
        raise Stopped("raises", f"{what} raised {raised(error)}.") from None


def _backward(parameters: Sequence[Parameter], loss: _Loss) -> None:
    found = loss.gradient([_finite(p.data, 0) for p in parameters])
    for p, derivative in zip(parameters, found, strict=True):
        before = 0.0 if p.grad is None else _finite(p.grad, 0, ".grad")
        p.grad = before + derivative


def _data(parameters: Sequence[Parameter], step: int) -> list[float]:
    return [_finite(p.data, step) for p in parameters]


def _finite(x: Any, step: int, what: str = ".data") -> float:
    after = f" after step {step}" if step else ""
    found = number(x)
    if found is None:
        raise Stopped("not_a_number", f"A parameter's {what}{after} is {described(x)}, and no number.")
    if not math.isfinite(found):
        raise Stopped("not_a_number", f"A parameter's {what}{after} is {found}.")
    return found


def _named(kind: str, options: dict[str, Any], loss: _Loss, trace: Trace) -> tuple[Diagnosis, list[str]]:
    """The diagnosis, and the keys of all mistakes that give these numbers."""
    right = simulate(kind, "", options, loss.start, loss.gradient)
    if _same(trace, right):
        return Diagnosis(True, "ok", (), f"Right for all {STEPS} steps."), []
    full = DEFAULTS[kind] | options
    explained = [
        key
        for key, known in KNOWN.items()
        if kind in known.kinds
        and known.shows(full)
        and _same(trace, simulate(kind, key, options, loss.start, loss.gradient))
    ]
    if explained:
        return Diagnosis(False, explained[0], (), KNOWN[explained[0]].message), explained
    first = next(k for k, (a, b) in enumerate(zip(trace, right, strict=True)) if not agree(a, b))
    before = loss.start if first == 0 else right[first - 1]
    moved = [(a - p) / (b - p) for a, b, p in zip(trace[first], right[first], before, strict=True)]
    ratios = " and ".join(f"{m:.4g}" for m in moved)
    good = "The first step is wrong already" if first == 0 else f"The first {first} steps are right, then not"
    unknown = Diagnosis(
        False,
        "unknown",
        (),
        f"{good}: at step {first + 1} the two parameters move {ratios} times as far as they should. Can you"
        " follow that step by hand?",
    )
    return unknown, []


def _same(a: Trace, b: Trace) -> bool:
    return all(agree(x, y) for x, y in zip(a, b, strict=True))
