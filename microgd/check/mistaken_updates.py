"""KNOWN: the mistakes in optimizers that have a name, each as a `Rule` with one place changed.

It uses `updates`. `optimizers` and `training` look here for the rule that takes a learner's steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SGD, ADAM, MEANS = ("sgd",), ("adam", "adamw"), ("adam", "adamw", "rmsprop", "adagrad")
ALL = ("sgd", *MEANS)


class Known(NamedTuple):
    """A known mistake: in which kinds, with which options it can show at all, what to say, and the rule."""

    kinds: tuple[str, ...]
    shows: Callable[[dict[str, Any]], bool]
    message: str
    rule: type[Rule]


KNOWN: dict[str, Known] = {}
"""The mistakes by their key. If two explain the same numbers, the first one is named."""


def _always(o: dict[str, Any]) -> bool:
    return True


def _momentum(o: dict[str, Any]) -> bool:
    return bool(o.get("momentum"))


def _no_momentum(o: dict[str, Any]) -> bool:
    return not o.get("momentum")


def _decay(o: dict[str, Any]) -> bool:
    return bool(o["weight_decay"])


def _known(
    key: str, kinds: tuple[str, ...], message: str, shows: Callable[[dict[str, Any]], bool] = _always
) -> Callable[[type[Rule]], type[Rule]]:
    def kept(rule: type[Rule]) -> type[Rule]:
        KNOWN[key] = Known(kinds, shows, message, rule)
        return rule

    return kept


def _with(
    key: str,
    kinds: tuple[str, ...],
    message: str,
    shows: Callable[[dict[str, Any]], bool],
    changed: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """A mistake that is the right rule with other options."""

    class Other(Rule):
        def prepare(self) -> None:
            super().prepare()
            self.o.update(changed(self.o))

    KNOWN[key] = Known(kinds, shows, message, Other)


# --- in any optimizer -----------------------------------------------------------------------------------


@_known("frozen", ALL, "The parameters do not move. Is the new value stored back in .data?")
class Frozen(Rule):
    def moved(self, new: float) -> float:
        return self.p


@_known(
    "sgd-plus", ALL, "It goes uphill: every step has the right size and the wrong sign. Is + written for -?"
)
class Uphill(Rule):
    def factor(self) -> float:
        return -super().factor()


@_known(
    "sgd-no-zero",
    ALL,
    "Step 1 is right; from step 2 on the old gradients are still added. Where are they set to 0 (zero_grad)?",
)
class Summed(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.sums: list[float] = []

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        self.sums = [a + b for a, b in zip(self.sums or [0.0] * len(gs), gs, strict=True)]
        return list(self.sums)


_with(
    "wd-forgot",
    ALL,
    "Weight decay has no effect. Where is it added to the gradient?",
    _decay,
    lambda o: {"weight_decay": 0.0},
)
_with(
    "wd-sign",
    ALL,
    "Weight decay pushes the parameters away from 0. Which sign should it have?",
    _decay,
    lambda o: {"weight_decay": -o["weight_decay"]},
)


class _Beside(Rule):
    """The decay is beside the step; `share` says how much of the parameter it takes."""

    def share(self) -> float:
        return float(self.o["lr"] * self.o["weight_decay"])

    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return super().updated(p, g, state, **(changed | {"weight_decay": 0.0})) - self.share() * p


@_known(
    "wd-decoupled",
    ("sgd", "adam", "rmsprop", "adagrad"),
    "Weight decay shrinks the parameter beside the step; torch adds it to the gradient. Which of the two"
    " is wanted?",
    _decay,
)
class Decoupled(_Beside):
    pass


@_known(
    "wd-no-lr",
    ALL,
    "Weight decay shrinks the parameter beside the step, by weight_decay itself and not by lr * weight_decay."
    " Is lr in that product?",
    _decay,
)
class NoRate(_Beside):
    def share(self) -> float:
        return float(self.o["weight_decay"])


@_known(
    "wd-coupled",
    ("adamw",),
    "Weight decay goes into the gradient, as in Adam. Which part of AdamW does it shrink directly?",
    _decay,
)
class Coupled(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return super().updated(p, g, state, **(changed | {"decoupled_weight_decay": False}))


@_known(
    "wd-after",
    ("adamw",),
    "Weight decay is taken from the parameter after the step; torch takes it before. Does the order matter?",
    _decay,
)
class After(_Beside):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return (super().updated(p, g, state, **changed) + self.share() * p) * (1.0 - self.share())


@_known(
    "wd-of-gradient",
    ALL,
    "Weight decay multiplies the gradient. Is the gradient written where the parameter should be?",
    _decay,
)
class OfGradient(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        grown = g * (1.0 + self.o["weight_decay"])
        return super().updated(p, grown, state, **(changed | {"weight_decay": 0.0}))


@_known(
    "wd-abs",
    ("sgd", "adam", "rmsprop", "adagrad"),
    "Weight decay adds the same number to every gradient, whatever the size of its parameter: that is the"
    " derivative of |p|. Is the penalty |p| or p**2?",
    _decay,
)
class OfSign(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        grown = g + self.o["weight_decay"] * math.copysign(1.0, p)
        return super().updated(p, grown, state, **(changed | {"weight_decay": 0.0}))


class _TimesRate(Rule):
    def factor(self) -> float:
        return float(super().factor() * self.o["lr"])


KNOWN["sgd-lr-twice"] = Known(
    ALL, _no_momentum, "Each step is exactly lr times too small. Is lr in the product twice?", _TimesRate
)
KNOWN["mom-lr-twice"] = Known(
    ("sgd", "rmsprop"),
    _momentum,
    "Each step is exactly lr times too small. Is lr both inside the velocity and outside?",
    _TimesRate,
)


@_known(
    "late",
    ALL,
    "The effect comes one step late: step 1 moves nothing, and each later step is the right one before it. Is"
    " the parameter moved before the new gradient is used?",
)
class Late(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.last: list[float] = []

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        last, self.last = self.last or [0.0] * len(gs), gs
        return last

    def time(self, k: int) -> float:
        return max(1.0, super().time(k) - 1.0)


@_known("only-first", ALL, "Only the first parameter moves. Does the loop go over all of them?")
class OnlyFirst(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) if self.k == 0 else self.p


@_known("only-last", ALL, "Only the last parameter moves. Is the update inside the loop over the parameters?")
class OnlyLast(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) if self.k == len(self.states) - 1 else self.p


@_known(
    "first-gradient", ALL, "Every parameter moves by the gradient of the first. Which gradient belongs to it?"
)
class FirstGradient(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        return [gs[0]] * len(gs)


@_known(
    "last-gradient", ALL, "Every parameter moves by the gradient of the last. Which gradient belongs to it?"
)
class LastGradient(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        return [gs[-1]] * len(gs)


@_known(
    "sign-of-gradient", ALL, "Only the sign of the gradient counts, not its size. Where is the size lost?"
)
class OfSigns(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [math.copysign(1.0, g) if g else 0.0 for g in super().seen(gs, ps)]


@_known(
    "normed-gradient",
    ALL,
    "The gradient is divided by its own length: twice the gradient gives the same step. Is that wanted?",
)
class Normed(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        length = math.hypot(*gs) or 1.0
        return [g / length for g in gs]


@_known("clipped-gradient", ALL, "Gradients beyond 1 act as if they were 1. Is that limit wanted?")
class Clipped(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [max(-1.0, min(1.0, g)) for g in super().seen(gs, ps)]


@_known(
    "times-parameter",
    ALL,
    "Each step is multiplied by the parameter itself. Where does that factor come from?",
)
class TimesParameter(Rule):
    def moved(self, new: float) -> float:
        return self.p + (super().moved(new) - self.p) * self.p


# --- momentum -------------------------------------------------------------------------------------------

_with(
    "mom-forgot",
    ("sgd", "rmsprop"),
    "Momentum has no effect. Is the velocity kept from step to step?",
    _momentum,
    lambda o: {"momentum": 0.0, "nesterov": False},
)


@_known(
    "mom-ema",
    ("sgd", "rmsprop"),
    "Every step is exactly (1 - momentum) times the right one: an average. torch adds g whole. Which is"
    " wanted?",
    _momentum,
)
class Average(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["momentum"]))


_with(
    "mom-ema-later",
    SGD,
    "Step 1 is right; from step 2 on the new gradient counts only (1 - momentum) times: an average. torch adds"
    " g whole. Which is wanted?",
    _momentum,
    lambda o: {"dampening": o["momentum"]},
)
_with(
    "mom-minus",
    ("sgd", "rmsprop"),
    "Step 1 is right; step 2 subtracts the velocity. Which sign has momentum * v?",
    _momentum,
    lambda o: {"momentum": -o["momentum"]},
)


@_known(
    "mom-late",
    ("sgd", "rmsprop"),
    "The effect comes one step late: step 1 moves nothing. Is the parameter moved before its velocity is new?",
    _momentum,
)
class VelocityLate(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        old = state["momentum_buffer"] or 0.0
        super().updated(p, g, state, **changed)
        return float(p - self.factor() * self.o["lr"] * old)


class _Shared(Rule):
    def slot(self, k: int) -> int:
        return 0


KNOWN["mom-shared"] = Known(
    SGD, _momentum, "The parameters share one velocity. Does each have its own?", _Shared
)
_with(
    "mom-nesterov",
    SGD,
    "This is Nesterov's momentum: it looks one step ahead. Is that wanted?",
    lambda o: bool(o["momentum"]) and not o["nesterov"],
    lambda o: {"nesterov": True, "dampening": 0.0},
)
_with(
    "nesterov-forgot",
    SGD,
    "nesterov has no effect: the step goes along the velocity alone. Where does Nesterov's momentum look one"
    " step ahead?",
    lambda o: bool(o["nesterov"]),
    lambda o: {"nesterov": False},
)


@_known(
    "nesterov-late",
    SGD,
    "The step looks ahead with the velocity of the step before. Which velocity belongs into g + momentum * v?",
    lambda o: bool(o["nesterov"]),
)
class NesterovLate(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        old, mu = state["momentum_buffer"] or 0.0, self.o["momentum"]
        there = super().updated(p, g, state, **changed)
        return float(there + self.factor() * self.o["lr"] * mu * (state["momentum_buffer"] - old))


@_known(
    "nesterov-alone",
    SGD,
    "The step goes along momentum * v, without the gradient. What does Nesterov's momentum add to it?",
    lambda o: bool(o["nesterov"]),
)
class NesterovAlone(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        super().updated(p, g, state, **changed)
        return float(p - self.factor() * self.o["lr"] * self.o["momentum"] * state["momentum_buffer"])


_with(
    "damp-forgot",
    SGD,
    "dampening has no effect. By what is the new gradient multiplied before the velocity takes it in?",
    lambda o: bool(o["momentum"] and o["dampening"]),
    lambda o: {"dampening": 0.0},
)
_with(
    "damp-itself",
    SGD,
    "The gradient is multiplied by dampening itself. Is it 1 - dampening that should be there?",
    lambda o: bool(o["momentum"] and o["dampening"]),
    lambda o: {"dampening": 1.0 - o["dampening"]},
)


@_known(
    "damp-first",
    SGD,
    "Step 1 is dampened already; in torch the velocity starts as the first gradient, whole. Which is wanted?",
    lambda o: bool(o["momentum"] and o["dampening"]),
)
class DampedFirst(Rule):
    def empty(self) -> dict[str, Any]:
        return {**super().empty(), "momentum_buffer": 0.0}


_with(
    "maximize-forgot",
    ALL,
    "maximize has no effect: it goes downhill. Which sign does the gradient get?",
    lambda o: bool(o["maximize"]),
    lambda o: {"maximize": False},
)


# --- means of gradients ---------------------------------------------------------------------------------


@_known(
    "adam-no-bias",
    ADAM,
    "The first step is not lr in size: m and v start at 0 and are too small at first. By what are they to"
    " be divided?",
)
class NoBias(Rule):
    def time(self, k: int) -> float:
        return math.inf


@_known(
    "adam-bias-mul",
    ADAM,
    "The bias correction makes m and v smaller. Is it multiplied where it should divide?",
)
class BiasMultiplied(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["betas"][0] ** self.time(self.k)) ** 2)

    def correction(self, x: float) -> float:
        return 1.0 / math.sqrt(x)


class _InPlace(Rule):
    kept: tuple[str, ...] = ("exp_avg", "exp_avg_sq")

    def after(self) -> None:
        super().after()
        for name, beta in zip(("exp_avg", "exp_avg_sq"), self.o["betas"], strict=True):
            if name in self.kept:
                self.state[name] /= 1.0 - beta ** self.time(self.k)


KNOWN["adam-bias-inplace"] = Known(
    ADAM,
    _always,
    "Step 1 is right, then it is off: the corrected moments are stored back. Which m belongs to the next"
    " step?",
    _InPlace,
)


@_known(
    "adam-m-inplace",
    ADAM,
    "Step 1 is right, then it is off: the corrected m is stored back. Which m is averaged?",
)
class MInPlace(_InPlace):
    kept = ("exp_avg",)


@_known(
    "adam-v-inplace",
    ADAM,
    "Step 1 is right, then it is off: the corrected v is stored back. Which v is averaged?",
)
class VInPlace(_InPlace):
    kept = ("exp_avg_sq",)


class _OtherSquare(Rule):
    """v takes in `square` in the place of the gradient's square."""

    def square(self, g: float) -> float:
        return g * g

    def before(self) -> None:
        super().before()
        g, beta = self.raw(), self.o["betas"][1]
        self.state["exp_avg_sq"] += (1.0 - beta) / beta * (self.square(g) - g * g)


@_known("adam-abs", ADAM, "v averages |g|. The square root undoes a square: what should v average?")
class OfSize(_OtherSquare):
    def square(self, g: float) -> float:
        return abs(g)


@_known("adam-v-of-m", ADAM, "v averages the square of m. Which square should it average?")
class OfMean(_OtherSquare):
    def square(self, g: float) -> float:
        beta = self.o["betas"][0]
        return float(beta * self.state["exp_avg"] + (1.0 - beta) * g) ** 2


_with(
    "adam-betas-swapped",
    ADAM,
    "Step 1 is right, and then it is off: which beta belongs to m, which to v?",
    _always,
    lambda o: {"betas": o["betas"][::-1]},
)


@_known("adam-fixed-t", ADAM, "Step 1 is right, and then it is off: does t count the steps?")
class FixedTime(Rule):
    def time(self, k: int) -> float:
        return 1.0


@_known("adam-t-ahead", ADAM, "t is one too large at every step: 2 at the first. Where does it start?")
class TimeAhead(Rule):
    def time(self, k: int) -> float:
        return super().time(k) + 1.0


@_known(
    "adam-t-per-parameter", ADAM, "t grows with every parameter, not with every step. Where is it counted?"
)
class TimePerParameter(Rule):
    def time(self, k: int) -> float:
        return float((self.t - 1) * len(self.states) + k + 1)


@_known("adam-no-sqrt", MEANS, "The step is divided by v itself. What makes v the size of a gradient?")
class NoRoot(Rule):
    def correction(self, x: float) -> float:
        return x

    def root(self, x: float) -> float:
        return x


_with(
    "adam-no-m",
    ADAM,
    "The step follows the gradient alone, not its average m. Where is m?",
    _always,
    lambda o: {"betas": (0.0, o["betas"][1])},
)


@_known("adam-no-v", ADAM, "The step follows m alone and is not divided by the root of v. Where is v?")
class NoV(Rule):
    def root(self, x: float) -> float:
        return float((1.0 - self.o["eps"]) * self.scale)


KNOWN["adam-shared"] = Known(ADAM, _always, "The parameters share m and v. Does each have its own?", _Shared)
KNOWN["v-shared"] = Known(
    ("rmsprop", "adagrad"),
    _always,
    "The parameters share what is kept of their gradients. Does each have its own?",
    _Shared,
)


@_known("adam-m-not-corrected", ADAM, "v is corrected, m is not. Does m start at 0 too?")
class MNotCorrected(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["betas"][0] ** self.time(self.k)))


@_known("adam-v-not-corrected", ADAM, "m is corrected, v is not. Does v start at 0 too?")
class VNotCorrected(Rule):
    def correction(self, x: float) -> float:
        return 1.0


class _EpsMoved(Rule):
    """eps is no longer added to the root of v, but where `root` puts it."""

    def prepare(self) -> None:
        super().prepare()
        self.eps, self.o["eps"] = self.o["eps"], 0.0


@_known("adam-eps-inside", MEANS, "eps is under the square root. Where does torch add it?")
class EpsInside(_EpsMoved):
    def root(self, x: float) -> float:
        return math.sqrt(x + self.eps * self.scale**2)


class EfficientForm(_EpsMoved):
    """Adam as at the end of section 2 of Kingma and Ba's paper. It is right, and eps is another one."""

    def root(self, x: float) -> float:
        return super().root(x) + float(self.eps)


@_known("eps-twice", MEANS, "eps is both under the square root and beside it. Where does torch add it?")
class EpsTwice(_EpsMoved):
    def root(self, x: float) -> float:
        return float(math.sqrt(x + self.eps * self.scale**2) + self.eps * self.scale)


@_known(
    "m-whole", ADAM, "The new gradient goes into m whole: m is a sum and no average. What is (1 - beta1) for?"
)
class MWhole(Rule):
    def factor(self) -> float:
        return float(super().factor() / (1.0 - self.o["betas"][0]))


@_known(
    "v-whole",
    ("adam", "adamw", "rmsprop"),
    "The new square goes into v whole: v is a sum and no average. By what should g**2 be multiplied?",
)
class VWhole(Rule):
    def root(self, x: float) -> float:
        return super().root(x / (1.0 - (self.o["betas"][1] if "betas" in self.o else self.o["alpha"])))


@_known("both-whole", ADAM, "m and v are sums and no averages. By what should g and g**2 be multiplied?")
class BothWhole(MWhole, VWhole):
    pass


@_known("v-late", MEANS, "The step is divided by the root of the old v. Is v made new before it is used?")
class VLate(Rule):
    def before(self) -> None:
        super().before()
        self.old = next(
            self.state[name] for name in ("exp_avg_sq", "square_avg", "sum") if name in self.state
        )

    def root(self, x: float) -> float:
        return super().root(self.old)


@_known("m-late", ADAM, "The step follows the old m. Is m made new before it is used?")
class MLate(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        old = state["exp_avg"]
        there = super().updated(p, g, state, **changed)
        here = p * (1.0 - self.o["lr"] * self.o["weight_decay"]) if self.kind == "adamw" else p
        return float(here + (there - here) * old / state["exp_avg"]) if state["exp_avg"] else there


@_known(
    "state-forgotten",
    MEANS,
    "Nothing is remembered: each step is as if the optimizer were new. Is the state kept from step to step?",
)
class Forgotten(Rule):
    def before(self) -> None:
        super().before()
        self.state.update(self.empty())


class _ByOther(Rule):
    """Another optimizer in this one's name."""

    def become(self, kind: str, **options: Any) -> None:
        kept = {key: self.o[key] for key in ("lr", "eps", "maximize")}
        kept["weight_decay"] = 0.0 if self.o.get("decoupled_weight_decay") else self.o["weight_decay"]
        self.kind, self.o = kind, {**Rule(kind, {}, 0).o, **kept, **options}


@_known("adam-is-sgd", MEANS, "This is plain gradient descent. Where are the moments?")
class IsSgd(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("sgd")


@_known(
    "is-rmsprop", ADAM, "This is RMSprop: there is no m, and nothing is corrected. Where is the average m?"
)
class IsRmsprop(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("rmsprop", alpha=self.o["betas"][1])


@_known(
    "is-adagrad",
    ("rmsprop",),
    "This is Adagrad: the squares are added up, so that the steps only get shorter. What should forget the old"
    " ones?",
)
class IsAdagrad(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("adagrad")


@_known(
    "rms-bias",
    ("rmsprop",),
    "v is corrected for its start at 0, as in Adam. torch's RMSprop does not do that. Which is wanted?",
    _no_momentum,
)
class RmsBias(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("adam", betas=(0.0, self.o["alpha"]))


for _option, _what, _kinds in (
    ("amsgrad", "it divides by the last v, not by the largest so far", ADAM),
    ("centered", "the square of the mean gradient is not taken from v", ("rmsprop",)),
):
    _with(
        f"{_option}-forgot",
        _kinds,
        f"{_option} has no effect: {_what}. Where is it kept?",
        lambda o, option=_option: bool(o[option]),  # type: ignore[misc]
        lambda o, option=_option: {option: False},  # type: ignore[misc]
    )
    _with(
        f"{_option}-unasked",
        _kinds,
        f"These are the steps with {_option}=True, and it was not asked for. Is it always on?",
        lambda o, option=_option: not o[option],  # type: ignore[misc]
        lambda o, option=_option: {option: True},  # type: ignore[misc]
    )
