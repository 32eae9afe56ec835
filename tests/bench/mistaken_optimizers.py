"""Optimizers and training loops as learners write them: mistakes with their names, and right ones.

Each optimizer is one function: update(s, k, p, g) returns by how much the k-th parameter moves. `s` is the
optimizer itself: its options, its time s.t, and the lists s.v and s.m that start at 0.
"""

import math

import numpy as np


def optimizer(update, decay="coupled", begin=None, each=None):
    class Made:
        def __init__(self, parameters, **options):
            self.ps = list(parameters)
            vars(self).update({"momentum": 0.0, "weight_decay": 0.0, "dampening": 0.0, **options})
            self.b1, self.b2 = options.get("betas", (0.9, 0.999))
            self.m, self.v, self.w = ([0.0] * len(self.ps) for _ in range(3))
            self.t = 0
            if begin:
                begin(self)

        def zero_grad(self):
            for p in self.ps:
                p.grad = 0.0

        def step(self):
            self.t += 1
            if each:
                each(self)
            for k, p in enumerate(self.ps):
                g = p.grad + self.weight_decay * p.data if decay == "coupled" else p.grad
                p.data = p.data + update(self, k, p.data, g)

    return Made


def velocity(s, k, g):
    s.v[k] = s.momentum * s.v[k] + g
    return s.v[k]


def moments(s, k, g, square=None):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * (g * g if square is None else square)
    return s.m[k] / (1 - s.b1**s.t), s.v[k] / (1 - s.b2**s.t)


def adam(s, k, p, g):
    m, v = moments(s, k, g)
    return -s.lr * m / (math.sqrt(v) + s.eps)


def rms(s, k, g):
    s.v[k] = s.alpha * s.v[k] + (1 - s.alpha) * g * g
    return s.v[k]


def frozen_first(s):
    for p in s.ps:
        p.grad = 0.0


def hidden(name, value):
    def begin(s):
        setattr(s, name, value)

    return begin


def _late(s, k, p, g):
    old, s.v[k] = s.v[k], s.momentum * s.v[k] + g
    return -s.lr * old


def _lr_decays(s, k, p, g):
    return -s.lr / s.t * g


def _lr_inside(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] + s.lr * g
    return -s.v[k]


def _nesterov_old(s, k, p, g):
    old, new = s.v[k], s.momentum * s.v[k] + g
    s.v[k] = new
    return -s.lr * (g + s.momentum * old)


def _damped_all(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] + (1 - s.dampening) * g
    return -s.lr * s.v[k]


def _beta1_twice(s, k, p, g):
    s.b2 = s.b1
    return adam(s, k, p, g)


def _no_m_correction_and_plus(s, k, p, g):
    _, v = moments(s, k, g)
    return s.lr * s.m[k] / (math.sqrt(v) + s.eps)


def _one_minus(s, k, p, g):
    s.m[k] = (1 - s.b1) * s.m[k] + s.b1 * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * s.m[k] / s.b1**0 / (1 - (1 - s.b1) ** s.t) / (math.sqrt(s.v[k] / (1 - s.b2**s.t)) + s.eps)


def _m_whole(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * s.m[k] / (1 - s.b1**s.t) / (math.sqrt(s.v[k] / (1 - s.b2**s.t)) + s.eps)


def _v_whole(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + g * g
    return -s.lr * s.m[k] / (1 - s.b1**s.t) / (math.sqrt(s.v[k] / (1 - s.b2**s.t)) + s.eps)


def _corrected_by_t(s, k, p, g):
    moments(s, k, g)
    m, v = s.m[k] / (1 - s.b1 * s.t), s.v[k] / (1 - s.b2**s.t)
    return -s.lr * m / (math.sqrt(v) + s.eps)


def _decoupled(factor):
    def update(s, k, p, g):
        return adam(s, k, p, g) - factor(s) * p

    return update


def _amsgrad_forgotten(s, k, p, g):
    return adam(s, k, p, g)


def _rms_late(s, k, p, g):
    old = s.v[k]
    rms(s, k, g)
    return -s.lr * g / (math.sqrt(old) + s.eps)


def _rms_momentum_forgotten(s, k, p, g):
    return -s.lr * g / (math.sqrt(rms(s, k, g)) + s.eps)


def _adagrad(s, k, p, g):
    s.v[k] += g * g
    return -s.lr * g / (math.sqrt(s.v[k]) + s.eps)


def _v_of_m(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * s.m[k] ** 2
    return -s.lr * s.m[k] / (1 - s.b1**s.t) / (math.sqrt(s.v[k] / (1 - s.b2**s.t)) + s.eps)


def _only_last(s, k, p, g):
    return -s.lr * g if k == len(s.ps) - 1 else 0.0


def _doubled_second(s, k, p, g):
    return -s.lr * g * (1 + k)


RATE, MOMENTUM, DECAY = {"lr": 0.1}, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "weight_decay": 0.1}
ADAM = {"lr": 0.02, "betas": (0.9, 0.99), "eps": 1e-8}
RMS = {"lr": 0.02, "alpha": 0.9, "eps": 1e-8}

MISTAKEN = {
    "rate fixed": (optimizer(lambda s, k, p, g: -0.1 * g), "sgd", RATE, "option-lr"),
    "twice the rate": (optimizer(lambda s, k, p, g: -2 * s.lr * g), "sgd", RATE, "option-lr"),
    "no rate": (optimizer(lambda s, k, p, g: -g), "sgd", RATE, "no-lr"),
    "replaced": (optimizer(lambda s, k, p, g: -s.lr * g - p), "sgd", RATE, "assign"),
    "divided by the number of parameters": (
        optimizer(lambda s, k, p, g: -s.lr * g / len(s.ps)), "sgd", RATE, "option-lr"),
    "divided by lr": (optimizer(lambda s, k, p, g: -g / s.lr), "sgd", RATE, "option-lr"),
    "momentum fixed": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g), begin=hidden("momentum", 0.9)), "sgd",
        MOMENTUM, "option-momentum"),
    "velocity never decays": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g), begin=hidden("momentum", 1.0)), "sgd",
        MOMENTUM, "option-momentum"),
    "momentum squared": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g),
                  begin=lambda s: setattr(s, "momentum", s.momentum**2)), "sgd", MOMENTUM, "option-momentum"),
    "1 - momentum": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g),
                  begin=lambda s: setattr(s, "momentum", 1 - s.momentum)), "sgd", MOMENTUM,
        "option-momentum"),
    "old velocity": (optimizer(_late), "sgd", MOMENTUM, "mom-late"),
    "velocity starts at 1": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g), begin=lambda s: setattr(s, "v", [1.0, 1.0])),
        "sgd", MOMENTUM, "starts-at-1"),
    "gradient added twice": (
        optimizer(lambda s, k, p, g: -s.lr * (g + velocity(s, k, g))), "sgd", MOMENTUM, "gradient-added"),
    "decay twice": (
        optimizer(lambda s, k, p, g: -s.lr * (g + s.weight_decay * p)), "sgd", DECAY, "option-weight_decay"),
    "decay without lr": (
        optimizer(lambda s, k, p, g: -s.lr * g - s.weight_decay * p, decay=None), "sgd", DECAY, "wd-no-lr"),
    "decay times lr in the gradient": (
        optimizer(lambda s, k, p, g: -s.lr * (g + s.lr * s.weight_decay * p), decay=None), "sgd", DECAY,
        "option-weight_decay"),
    "decay of the gradient": (
        optimizer(lambda s, k, p, g: -s.lr * g * (1 + s.weight_decay), decay=None), "sgd", DECAY,
        "wd-of-gradient"),
    "l1": (optimizer(lambda s, k, p, g: -s.lr * (g + s.weight_decay * np.sign(p)), decay=None), "sgd", DECAY,
           "wd-abs"),
    "nesterov ignored": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g)), "sgd", MOMENTUM | {"nesterov": True},
        "nesterov-forgot"),
    "nesterov with the old velocity": (
        optimizer(_nesterov_old), "sgd", MOMENTUM | {"nesterov": True}, "nesterov-forgot"),
    "nesterov without the gradient": (
        optimizer(lambda s, k, p, g: -s.lr * s.momentum * velocity(s, k, g)), "sgd",
        MOMENTUM | {"nesterov": True}, "nesterov-alone"),
    "dampening at step 1": (optimizer(_damped_all), "sgd", MOMENTUM | {"dampening": 0.5}, "damp-first"),
    "dampening ignored": (
        optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g)), "sgd", MOMENTUM | {"dampening": 0.3},
        "damp-forgot"),
    "maximize ignored": (
        optimizer(lambda s, k, p, g: -s.lr * g), "sgd", RATE | {"maximize": True}, "maximize-forgot"),
    "the rate decays": (optimizer(_lr_decays), "sgd", RATE, "rate-changes"),
    "only the last": (optimizer(_only_last), "sgd", RATE, "only-last"),
    "the second twice": (optimizer(_doubled_second), "sgd", RATE, "uneven"),
    "zeroed first": (optimizer(lambda s, k, p, g: -s.lr * g, each=frozen_first), "sgd", RATE, "zeroed-first"),
    "sign": (optimizer(lambda s, k, p, g: -s.lr * np.sign(g)), "sgd", RATE, "sign-of-gradient"),
    "0 down": (
        optimizer(lambda s, k, p, g: -s.lr * (1 if g > 0 else -1)),
        "sgd",
        RATE,
        "sign-0-negative",
    ),
    "0 up": (optimizer(lambda s, k, p, g: -s.lr * (-1 if g < 0 else 1)), "sgd", RATE, "sign-0-positive"),
    "normed": (
        optimizer(lambda s, k, p, g: -s.lr * g / math.hypot(*(q.grad for q in s.ps))
                  if any(q.grad for q in s.ps) else 0.0), "sgd", RATE, "normed-gradient"),
    "clipped": (optimizer(lambda s, k, p, g: -s.lr * max(-1.0, min(1.0, g))), "sgd", RATE,
                "clipped-gradient"),
    "squared": (optimizer(lambda s, k, p, g: -s.lr * g * abs(g)), "sgd", RATE, "times-gradient"),
    "times p": (optimizer(lambda s, k, p, g: -s.lr * g * p), "sgd", RATE, "times-parameter"),
    "adam: beta1 for both": (optimizer(_beta1_twice), "adam", ADAM, "option-beta2"),
    "adam: 1 - beta1": (optimizer(_one_minus), "adam", ADAM, "option-beta1"),
    "adam: m whole": (optimizer(_m_whole), "adam", ADAM, "m-whole"),
    "adam: v whole": (optimizer(_v_whole), "adam", ADAM, "v-whole"),
    "adam: two mistakes": (
        optimizer(_no_m_correction_and_plus), "adam", ADAM, ("adam-m-not-corrected", "sgd-plus")),
    "adam: v of m": (optimizer(_v_of_m), "adam", ADAM, "adam-v-of-m"),
    "adam: 1 - beta * t": (optimizer(_corrected_by_t), "adam", ADAM, ("rate-changes", "adam-correction")),
    "adam: eps fixed": (optimizer(adam, begin=hidden("eps", 1e-8)), "adam", ADAM, "option-eps"),
    "adam: eps forgotten": (
        optimizer(lambda s, k, p, g: -s.lr * (mv := moments(s, k, g))[0] / (math.sqrt(mv[1]) or 1.0)), "adam",
        ADAM | {"eps": 1e-3}, "option-eps"),
    "adamw: coupled": (optimizer(adam), "adamw", ADAM | {"weight_decay": 0.1}, "wd-coupled"),
    "adamw: decay without lr": (
        optimizer(_decoupled(lambda s: s.weight_decay), decay=None), "adamw", ADAM | {"weight_decay": 0.1},
        "wd-no-lr"),
    "adamw: decay halved": (
        optimizer(_decoupled(lambda s: 0.5 * s.lr * s.weight_decay), decay=None), "adamw",
        ADAM | {"weight_decay": 0.1}, "option-weight_decay"),
    "adam: amsgrad ignored": (
        optimizer(_amsgrad_forgotten), "adam", ADAM | {"amsgrad": True}, "amsgrad-forgot"),
    "rmsprop: old v": (optimizer(_rms_late), "rmsprop", RMS | {"eps": 1e-2}, "v-late"),
    "rmsprop: adagrad": (optimizer(_adagrad), "rmsprop", RMS, "is-adagrad"),
    "rmsprop: eps inside": (
        optimizer(lambda s, k, p, g: -s.lr * g / math.sqrt(rms(s, k, g) + s.eps)), "rmsprop", RMS,
        "adam-eps-inside"),
    "rmsprop: no root": (
        optimizer(lambda s, k, p, g: -s.lr * g / (rms(s, k, g) + s.eps)), "rmsprop", RMS, "adam-no-sqrt"),
    "rmsprop: alpha and 1 - alpha": (
        optimizer(lambda s, k, p, g: -s.lr * g / (math.sqrt(rms(s, k, g)) + s.eps),
                  begin=lambda s: setattr(s, "alpha", 1 - s.alpha)), "rmsprop", RMS, "option-alpha"),
    "rmsprop: momentum ignored": (
        optimizer(_rms_momentum_forgotten), "rmsprop", RMS | {"momentum": 0.9}, "mom-forgot"),
    "adagrad: nothing kept": (
        optimizer(lambda s, k, p, g: -s.lr * g / (math.sqrt(g * g) + s.eps)), "adagrad",
        {"lr": 0.1, "eps": 1e-10}, "state-forgotten"),
    "adagrad: lr_decay ignored": (
        optimizer(_adagrad), "adagrad", {"lr": 0.1, "lr_decay": 0.3, "eps": 1e-10}, "option-lr_decay"),
}  # fmt: skip


class InTheClass:
    """The velocity is kept in the class."""

    v = {0: 0.0, 1: 0.0}  # noqa: RUF012 - that is the mistake

    def __init__(self, parameters, lr, momentum):
        self.ps, self.lr, self.momentum = list(parameters), lr, momentum

    def zero_grad(self):
        for p in self.ps:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.ps):
            self.v[k] = self.momentum * self.v[k] + p.grad
            p.data -= self.lr * self.v[k]


class ReadOnce:
    """The parameters are kept in an iterator."""

    def __init__(self, parameters, lr):
        self.ps, self.lr = iter(parameters), lr

    def step(self):
        for p in self.ps:
            p.data -= self.lr * p.grad
            p.grad = 0.0


class ZeroesData(ReadOnce):
    """zero_grad() sets .data to 0."""

    def __init__(self, parameters, lr):
        self.ps, self.lr = list(parameters), lr

    def zero_grad(self):
        for p in self.ps:
            p.data = 0.0


class LowersTheRate(ZeroesData):
    """The rate becomes smaller from one parameter to the next."""

    def zero_grad(self):
        for p in self.ps:
            p.grad = 0.0

    def step(self):
        for p in self.ps:
            p.data -= self.lr * p.grad
            self.lr *= 0.8


MISTAKEN["an iterator kept"] = (ReadOnce, "sgd", RATE, "read-once")
MISTAKEN["zero_grad sets .data"] = (ZeroesData, "sgd", RATE, "zero-grad-data")
MISTAKEN["a rate lowered in the loop"] = (LowersTheRate, "sgd", RATE, "rate-changes")
MISTAKEN["state in the class"] = (InTheClass, "sgd", MOMENTUM, "shared-state")


# --- right ones in any form -----------------------------------------------------------------------------


class ById:
    """State by the identity of a parameter."""

    def __init__(self, parameters, lr, momentum=0.0):
        self.ps, self.lr, self.momentum, self.state = tuple(parameters), lr, momentum, {}

    def zero_grad(self):
        for p in self.ps:
            p.grad = None

    def step(self):
        for p in self.ps:
            v = self.state[id(p)] = self.momentum * self.state.get(id(p), 0.0) + p.grad
            p.data = p.data - self.lr * v


class Arrays:
    """State in arrays, and the parameters by name."""

    kind = np.float64

    def __init__(self, parameters, lr, betas, eps):
        self.ps = {f"p{k}": p for k, p in enumerate(parameters)}
        self.lr, self.betas, self.eps, self.t = lr, betas, eps, 0
        self.m = np.zeros(len(self.ps), self.kind)
        self.v = np.zeros_like(self.m)

    def zero_grad(self):
        for p in self.ps.values():
            p.grad = 0.0

    def step(self):
        self.t += 1
        g = np.array([p.grad for p in self.ps.values()], self.kind)
        b1, b2 = self.betas
        self.m += (1 - b1) * (g - self.m)
        self.v += (1 - b2) * (np.square(g) - self.v)
        move = self.lr * (self.m / (1 - b1**self.t)) / (np.sqrt(self.v / (1 - b2**self.t)) + self.eps)
        for p, x in zip(self.ps.values(), move, strict=True):
            p.data = np.asarray(p.data - x)


class Singles(Arrays):
    kind = np.float32


def _efficient(s, k, p, g):
    moments(s, k, g)
    rate = s.lr * math.sqrt(1 - s.b2**s.t) / (1 - s.b1**s.t)
    return -rate * s.m[k] / (math.sqrt(s.v[k]) + s.eps)


def _nesterov(s, k, p, g):
    return -s.lr * (g + s.momentum * velocity(s, k, g))


def _sutskever(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] - s.lr * g
    return s.v[k]


def _keras(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] - s.lr * g
    return s.momentum * s.v[k] - s.lr * g


def _dampened(s, k, p, g):
    s.v[k] = g if s.t == 1 else s.momentum * s.v[k] + (1 - s.dampening) * g
    return -s.lr * s.v[k]


def _running_powers(s, k, p, g):
    if k == 0:
        s.w[0], s.w[1] = (s.w[0] or 1.0) * s.b1, (s.w[1] or 1.0) * s.b2
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * (s.m[k] / (1 - s.w[0])) / (math.sqrt(s.v[k] / (1 - s.w[1])) + s.eps)


def _single(s, k, p, g):
    return float(np.float32(-s.lr) * np.float32(velocity(s, k, np.float32(g))))


def _single_data(s, k, p, g):
    return np.float32(np.float32(p) - np.float32(s.lr * g)) - p


def _rms_right(s, k, p, g):
    s.m[k] = s.momentum * s.m[k] + g / (math.sqrt(rms(s, k, g)) + s.eps)
    return -s.lr * s.m[k]


RIGHT = {
    "state by id": (ById, "sgd", MOMENTUM),
    "arrays": (Arrays, "adam", ADAM),
    "float32 arrays": (Singles, "adam", ADAM),
    "float32": (optimizer(_single), "sgd", MOMENTUM),
    "float32 parameters": (optimizer(_single_data), "sgd", RATE),
    "Kingma and Ba's second form": (optimizer(_efficient), "adam", ADAM),
    "its eps is large": (optimizer(_efficient), "adam", ADAM | {"eps": 1e-2}),
    "velocity with the rate": (optimizer(_lr_inside), "sgd", MOMENTUM | {"weight_decay": 0.1}),
    "velocity with the sign": (optimizer(_sutskever), "sgd", MOMENTUM),
    "nesterov": (optimizer(_nesterov), "sgd", MOMENTUM | {"nesterov": True}),
    "nesterov in one line": (optimizer(_keras), "sgd", MOMENTUM | {"nesterov": True}),
    "dampened": (optimizer(_dampened), "sgd", MOMENTUM | {"dampening": 0.4}),
    "powers kept": (optimizer(_running_powers), "adam", ADAM),
    "decoupled": (
        optimizer(_decoupled(lambda s: s.lr * s.weight_decay), decay=None), "adamw",
        ADAM | {"weight_decay": 0.1}),
    "rmsprop with momentum": (optimizer(_rms_right), "rmsprop", RMS | {"momentum": 0.5}),
    "adagrad": (optimizer(_adagrad), "adagrad", {"lr": 0.1, "eps": 1e-10}),
    "maximize": (optimizer(lambda s, k, p, g: s.lr * g), "sgd", RATE | {"maximize": True}),
}  # fmt: skip


# --- training loops -------------------------------------------------------------------------------------


def zero(ps):
    for p in ps:
        p.grad = 0.0


def update(ps, rate=0.1):
    for p in ps:
        p.data -= rate * p.grad


def zero_between(ps, loss, steps):
    for _ in range(steps):
        loss().backward()
        zero(ps)
        update(ps)


def step_first(ps, loss, steps):
    for _ in range(steps):
        update(ps)
        zero(ps)
        loss().backward()


def step_then_zero_then_backward_of_old(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        update(ps)
        loss().backward()


def loss_outside(ps, loss, steps):
    computed = loss()
    for _ in range(steps):
        zero(ps)
        computed.backward()
        update(ps)


def backward_outside(ps, loss, steps):
    loss().backward()
    for _ in range(steps):
        update(ps)


def rate_shrinks(ps, loss, steps):
    for k in range(steps):
        zero(ps)
        loss().backward()
        update(ps, 0.1 * 0.9**k)


def uphill(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        update(ps, -0.1)


def four_a_step(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        for _ in range(4):
            loss().backward()
        update(ps)


def only_first(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        ps[0].data -= 0.1 * ps[0].grad


def rebound(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            p = p - 0.1 * p.grad


def data_rebound(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            data = p.data
            data -= 0.1 * p.grad


def in_the_list(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        for k in range(len(ps)):
            ps[k] = ps[k].data - 0.1 * ps[k].grad
        return


def one_more(ps, loss, steps):
    for _ in range(steps + 1):
        zero(ps)
        loss().backward()
        update(ps)


def one_less(ps, loss, steps):
    for _ in range(1, steps):
        zero(ps)
        loss().backward()
        update(ps)


def stops(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        update(ps)
        return loss().item()


def in_sequence(ps, loss, steps):
    for _ in range(steps):
        for p in ps:
            zero(ps)
            loss().backward()
            p.data -= 0.1 * p.grad


def detached(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        float(loss())
        update(ps)


def zeroed_once(ps, loss, steps):
    zero(ps)
    for _ in range(steps):
        loss().backward()
        update(ps)


def zeroed_first_only(ps, loss, steps):
    for _ in range(steps):
        ps[0].grad = 0.0
        loss().backward()
        update(ps)


def zeroed_last_only(ps, loss, steps):
    for _ in range(steps):
        for p in ps:
            last = p
        last.grad = 0.0
        loss().backward()
        update(ps)


def halved(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        update(ps, 0.1 / len(ps))


def every_second(ps, loss, steps):
    for k in range(steps):
        if k % 2 == 0:
            zero(ps)
        loss().backward()
        update(ps)


def update_inside(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
    update(ps)


def same_gradient(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            p.data -= 0.1 * ps[0].grad


def twice_a_step(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        loss().backward()
        update(ps)
        update(ps)


LOOPS = {
    zero_between: "zeroed-first",
    step_first: "step-first",
    step_then_zero_then_backward_of_old: ("zeroed-first", "step-first"),
    loss_outside: "stale_loss",
    backward_outside: "stale_gradient",
    rate_shrinks: "rate-changes",
    uphill: "sgd-plus",
    four_a_step: "many-backwards",
    only_first: "only-first",
    rebound: "rebound",
    data_rebound: "frozen",
    in_the_list: "rebound",
    one_more: "count",
    one_less: "count",
    stops: "count",
    in_sequence: "in-sequence",
    detached: "no-backward",
    zeroed_once: "sgd-no-zero",
    zeroed_first_only: "zero-only-first",
    zeroed_last_only: "zero-only-last",
    halved: "option-lr",
    every_second: "zero-sometimes",
    update_inside: "count",
    same_gradient: "first-gradient",
    twice_a_step: "moves-twice",
}


def closure_loop(ps, loss, steps):
    for _ in range(steps):
        computed = loss()
        print(computed.item(), end="")
        for p in ps:
            p.grad = None
        computed.backward()
        for p in ps:
            p -= 0.1 * p.grad


def zero_after(ps, loss, steps):
    k = 0
    while k < steps:
        loss().backward()
        update(ps)
        zero(ps)
        k += 1


def with_history(ps, loss, steps):
    before = loss().data
    for _ in range(steps):
        zero(ps)
        loss().backward()
        new = [p.data - 0.1 * p.grad for p in ps]
        for p, x in zip(ps, new, strict=True):
            p.data = x
    return before - loss().data


RIGHT_LOOPS = [closure_loop, zero_after, with_history]
