"""A second batch of mistakes in optimizers and loops, written when the checker knew the first.

At its first run 43 of 43 were caught and 23 were named. What that run taught is in the checker; four are
still without a name.
"""

import math

from .mistaken_optimizers import (
    ADAM,
    MOMENTUM,
    RATE,
    RMS,
    adam,
    moments,
    optimizer,
    rms,
    update,
    velocity,
    zero,
)


def skips_zeros(s, k, p, g):
    if g == 0:
        return 0.0
    return -s.lr * velocity(s, k, g)


def whole_gradients(s, k, p, g):
    return -s.lr * (g // 1)


def rounded_steps(s, k, p, g):
    return -round(s.lr * g, 2)


def rate_plus_gradient(s, k, p, g):
    return -(s.lr + g)


def velocity_minus(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] - g
    return -s.lr * s.v[k]


def rate_in_and_out(s, k, p, g):
    s.v[k] = s.momentum * s.v[k] + s.lr * g
    return -s.lr * s.v[k]


def mu_on_p(s, k, p, g):
    return -s.lr * g + s.momentum * p


def mu_g(s, k, p, g):
    s.v[k] = s.momentum * (s.v[k] + g)
    return -s.lr * s.v[k]


def heavy_ball_minus(s, k, p, g):  # heavy ball with wrong sign of p difference
    d = s.v[k]
    new = -s.lr * g - s.momentum * d
    s.v[k] = new
    return new


def adam_without_rate(s, k, p, g):
    m, v = moments(s, k, g)
    return -m / (math.sqrt(v) + s.eps)


def adam_behind(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    t = max(1, s.t - 1)
    return -s.lr * s.m[k] / (1 - s.b1**t) / (math.sqrt(s.v[k] / (1 - s.b2**t)) + s.eps)


def adam_corrections_swapped(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * s.m[k] / (1 - s.b2**s.t) / (math.sqrt(s.v[k] / (1 - s.b1**s.t)) + s.eps)


def adam_corrected_after_root(s, k, p, g):
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * s.m[k] / (1 - s.b1**s.t) / (math.sqrt(s.v[k]) / (1 - s.b2**s.t) + s.eps)


def adam_minus_eps(s, k, p, g):
    m, v = moments(s, k, g)
    return -s.lr * m / (math.sqrt(v) - s.eps)


def adam_cube(s, k, p, g):
    m, v = moments(s, k, g, abs(g) ** 3)
    return -s.lr * m / (math.sqrt(v) + s.eps)


def adam_max(s, k, p, g):  # adamax
    s.m[k] = s.b1 * s.m[k] + (1 - s.b1) * g
    s.v[k] = max(s.b2 * s.v[k], abs(g))
    return -s.lr / (1 - s.b1**s.t) * s.m[k] / (s.v[k] + s.eps)


def adam_shared_m(s, k, p, g):
    s.m[0] = s.b1 * s.m[0] + (1 - s.b1) * g
    s.v[k] = s.b2 * s.v[k] + (1 - s.b2) * g * g
    return -s.lr * s.m[0] / (1 - s.b1**s.t) / (math.sqrt(s.v[k] / (1 - s.b2**s.t)) + s.eps)


def adam_beta_lr(s, k, p, g):
    s.b1 = 1 - s.lr
    return adam(s, k, p, g)


def nesterov_of_v(s, k, p, g):
    v = velocity(s, k, g)
    return -s.lr * (v + s.momentum * v)


def nesterov_g_and_v(s, k, p, g):
    v = velocity(s, k, g)
    return -s.lr * (g + v)


def rms_mean(s, k, p, g):
    s.v[k] = (s.v[k] * (s.t - 1) + g * g) / s.t
    return -s.lr * g / (math.sqrt(s.v[k]) + s.eps)


def rms_mul(s, k, p, g):
    return -s.lr * g * (math.sqrt(rms(s, k, g)) + s.eps)


def rms_abs(s, k, p, g):
    s.v[k] = s.alpha * s.v[k] + (1 - s.alpha) * abs(g)
    return -s.lr * g / (math.sqrt(s.v[k]) + s.eps)


def ada_noeps_root(s, k, p, g):
    s.v[k] += g * g
    return -s.lr * g / (s.v[k] + s.eps)


def ada_lr(s, k, p, g):
    s.v[k] += g
    return -s.lr * g / (math.sqrt(abs(s.v[k])) + s.eps)


class PerParamTwice(optimizer(lambda s, k, p, g: -s.lr * g)):
    def step(self):
        for _p in self.ps:
            for q in self.ps:
                q.data = q.data - self.lr * q.grad


class EarlyReturn(optimizer(lambda s, k, p, g: -s.lr * g)):
    def step(self):
        for p in self.ps:
            p.data = p.data - self.lr * p.grad
            return


class Reversed(optimizer(lambda s, k, p, g: -s.lr * velocity(s, k, g))):
    def step(self):
        gs = [p.grad for p in self.ps][::-1]
        for k, (p, g) in enumerate(zip(self.ps, gs)):
            p.data -= self.lr * velocity(self, k, g)


class SetsGrad(optimizer(lambda s, k, p, g: -s.lr * g)):
    def step(self):
        for p in self.ps:
            p.grad = p.grad - self.lr * p.grad


LATER = {
    "skip zero": (optimizer(skips_zeros), "sgd", MOMENTUM, "zero-gradient"),
    "whole_gradients": (optimizer(whole_gradients), "sgd", RATE, "rounded"),
    "rounded_steps": (optimizer(rounded_steps), "sgd", RATE, "rounded"),
    "lr+g": (optimizer(rate_plus_gradient), "sgd", RATE, "unknown"),
    "velocity_minus": (optimizer(velocity_minus), "sgd", MOMENTUM, "sgd-plus"),
    "lr in and out": (optimizer(rate_in_and_out), "sgd", MOMENTUM, "mom-lr-twice"),
    "mu on p": (optimizer(mu_on_p), "sgd", MOMENTUM, "mom-of-parameter"),
    "mu(v+g)": (optimizer(mu_g), "sgd", MOMENTUM, "option-lr"),
    "heavy ball sign": (optimizer(heavy_ball_minus), "sgd", MOMENTUM, "mom-minus"),
    "adam no lr": (optimizer(adam_without_rate), "adam", ADAM, "no-lr"),
    "adam t behind": (optimizer(adam_behind), "adam", ADAM, "adam-t-behind"),
    "adam corrections swapped": (
        optimizer(adam_corrections_swapped),
        "adam",
        ADAM,
        "adam-corrections-swapped",
    ),
    "adam v corrected outside root": (
        optimizer(adam_corrected_after_root),
        "adam",
        ADAM,
        "adam-corrected-after-root",
    ),
    "adam - eps": (optimizer(adam_minus_eps), "adam", ADAM, "option-eps"),
    "adam cube": (optimizer(adam_cube), "adam", ADAM, "unknown"),
    "adamax": (optimizer(adam_max), "adam", ADAM, "unknown"),
    "adam shared m": (optimizer(adam_shared_m), "adam", ADAM, "m-shared"),
    "adam beta=1-lr": (optimizer(adam_beta_lr), "adam", ADAM, "option-beta1"),
    "nesterov v+mu v": (optimizer(nesterov_of_v), "sgd", MOMENTUM | {"nesterov": True}, "nesterov-of-v"),
    "nesterov g+v": (
        optimizer(nesterov_g_and_v),
        "sgd",
        MOMENTUM | {"nesterov": True},
        ("nesterov-forgot", "gradient-added", "step-along"),
    ),
    "rms mean": (optimizer(rms_mean), "rmsprop", RMS, "unknown"),
    "rms mul": (optimizer(rms_mul), "rmsprop", RMS, "v-multiplied"),
    "rms abs": (optimizer(rms_abs), "rmsprop", RMS, "adam-abs"),
    "ada no root": (optimizer(ada_noeps_root), "adagrad", {"lr": 0.1, "eps": 1e-10}, "adam-no-sqrt"),
    "adagrad g": (optimizer(ada_lr), "adagrad", {"lr": 0.1, "eps": 1e-10}, "adam-abs"),
    "all for each": (PerParamTwice, "sgd", RATE, "option-lr"),
    "early return": (EarlyReturn, "sgd", RATE, "only-first"),
    "gradient written": (SetsGrad, "sgd", RATE, "grad-written"),
    "reversed": (Reversed, "sgd", MOMENTUM, "reversed-gradients"),
}


def old_graph(ps, loss, steps):
    total = loss()
    for _ in range(steps):
        zero(ps)
        loss()
        total.backward()
        update(ps)


def gradients_set_to_1(ps, loss, steps):
    for _ in range(steps):
        zero(ps)
        for p in ps:
            p.grad = 1.0
        loss().backward()
        update(ps)


def rate_over_step(ps, loss, steps):
    for s in range(steps):
        zero(ps)
        loss().backward()
        update(ps, 0.1 / (s + 1))


def backward_twice(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        computed = loss()
        computed.backward()
        computed.backward()
        update(ps)


def assigned(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            p.data = -0.1 * p.grad


def rate_forgotten(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            p.data -= p.grad


def stopped_at_the_first_gain(ps, loss, steps):
    best = loss().item()
    for _s in range(steps):
        zero(ps)
        loss().backward()
        update(ps)
        if loss().item() < best:
            break


def one_by_one(ps, loss, steps):
    for _s in range(steps):
        for p in ps:
            p.grad = 0.0
            loss().backward()
            p.data -= 0.1 * p.grad


def reversed_gradients(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        loss().backward()
        g = [p.grad for p in ps][::-1]
        for p, x in zip(ps, g):
            p.data -= 0.1 * x


def times_data(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        loss().backward()
        for p in ps:
            p.data -= 0.1 * p.data * p.grad


def copies_moved(ps, loss, steps):
    copy = [type(p)(p.data) for p in ps]
    for _s in range(steps):
        zero(ps)
        loss().backward()
        for p, c in zip(ps, copy):
            c.data -= 0.1 * p.grad


def moved_by_the_loss(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        v = loss().item()
        loss().backward()
        for p in ps:
            p.data -= 0.1 * v


def backward_not_called(ps, loss, steps):
    for _s in range(steps):
        zero(ps)
        loss().backward  # noqa: B018 - that is the mistake
        update(ps)


def momentum_unasked(ps, loss, steps):
    v = [0, 0]
    for _s in range(steps):
        zero(ps)
        loss().backward()
        for k, p in enumerate(ps):
            v[k] = 0.9 * v[k] + p.grad
            p.data -= 0.1 * v[k]


def zero_between_two(ps, loss, steps):
    for _ in range(steps):
        loss().backward()
        zero(ps)
        loss().backward()
        update(ps, 0.03)


# --- which beta stands where, and along what the step goes --------------------------------------------------


def betas(keep_m="b1", take_m="b1", right_m="b1", keep_v="b2", take_v="b2", right_v="b2"):
    """Adam with these betas, in m, in v, and in their corrections."""

    def update(s, k, p, g):
        s.m[k] = getattr(s, keep_m) * s.m[k] + (1 - getattr(s, take_m)) * g
        s.v[k] = getattr(s, keep_v) * s.v[k] + (1 - getattr(s, take_v)) * g * g
        m, v = s.m[k] / (1 - getattr(s, right_m) ** s.t), s.v[k] / (1 - getattr(s, right_v) ** s.t)
        return -s.lr * m / (math.sqrt(v) + s.eps)

    return optimizer(update)


def along(direction):
    """The step goes along direction(momentum, g, v, the old v)."""

    def update(s, k, p, g):
        old = s.v[k]
        return -s.lr * direction(s.momentum, g, velocity(s, k, g), old)

    return optimizer(update)


def look_ahead_stored(s, k, p, g):
    """The weights are moved to where they would go, and from there on."""
    there = p - s.lr * s.momentum * s.v[k]
    return there - s.lr * velocity(s, k, g) - p


NESTEROV = MOMENTUM | {"nesterov": True}

MIXED = {
    "m with beta2": (betas(keep_m="b2", take_m="b2"), "adam", ADAM, "adam-betas-mixed"),
    "m with beta2, corrected too": (
        betas(keep_m="b2", take_m="b2", right_m="b2"),
        "adam",
        ADAM,
        "option-beta1",
    ),
    "m keeps beta2": (betas(keep_m="b2"), "adam", ADAM, "adam-betas-mixed"),
    "m takes in 1 - beta2": (betas(take_m="b2"), "adam", ADAM, "adam-betas-mixed"),
    "m takes in 1 - beta2, with usual betas": (
        betas(take_m="b2"),
        "adam",
        {"lr": 0.02, "eps": 1e-8},
        "adam-betas-mixed",
    ),
    "v with beta1": (betas(keep_v="b1", take_v="b1"), "adam", ADAM, "adam-betas-mixed"),
    "v keeps beta1": (betas(keep_v="b1"), "adam", ADAM, "adam-betas-mixed"),
    "v takes in 1 - beta1": (betas(take_v="b1"), "adam", ADAM, "adam-betas-mixed"),
    "look-ahead stored": (optimizer(look_ahead_stored), "sgd", NESTEROV, "step-along"),
    "v and the old v": (along(lambda mu, g, v, old: v + mu * old), "sgd", NESTEROV, "step-along"),
    "g less the old v": (along(lambda mu, g, v, old: g - mu * old), "sgd", NESTEROV, "step-along"),
    "momentum twice": (along(lambda mu, g, v, old: mu * mu * v + g), "sgd", NESTEROV, "step-along"),
    "v and the old v, without nesterov": (
        along(lambda mu, g, v, old: v + old),
        "sgd",
        MOMENTUM,
        "step-along",
    ),
}

LATER_LOOPS = {
    zero_between_two: "option-lr",
    old_graph: "stale_loss",
    gradients_set_to_1: "offset",
    rate_over_step: "rate-changes",
    backward_twice: "many-backwards",
    assigned: "assign",
    rate_forgotten: "no-lr",
    stopped_at_the_first_gain: "count",
    one_by_one: "in-sequence",
    reversed_gradients: "reversed-gradients",
    times_data: "times-parameter",
    copies_moved: "frozen",
    moved_by_the_loss: "together",
    backward_not_called: "no-backward",
    momentum_unasked: "option-momentum",
}
