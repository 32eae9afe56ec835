"""Engines, optimizers and training loops as learners write them, each with one listed mistake.

They are written apart from the ones that `check` simulates: closures, sets, recursion and all.
"""

from __future__ import annotations

import math


class Engine:
    """The smallest engine there is, and a right one."""

    keep = tuple  # what the operands are kept in

    def __init__(self, data, operands=()):
        self.data = data
        self.grad = 0.0
        self._prev = self.keep(operands)
        self._backward = lambda: None

    def __add__(self, other):
        out = type(self)(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = type(self)(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def topological(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        return topo

    def backward(self):
        topo = self.topological()
        for v in topo:
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


class Assign(Engine):
    def __add__(self, other):
        out = Assign(self.data + other.data, (self, other))

        def _backward():
            self.grad = out.grad
            other.grad = out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Assign(self.data * other.data, (self, other))

        def _backward():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad

        out._backward = _backward
        return out


class Recursive(Engine):
    def backward(self, seed=1.0):
        self.grad = 1.0

        def go(s):
            s._backward()
            for p in s._prev:
                go(p)

        go(self)


class Postorder(Engine):
    def backward(self):
        self.grad = 1.0

        def dfs(v):
            for p in v._prev:
                dfs(p)
            v._backward()

        dfs(self)


class Preorder(Engine):
    def backward(self):
        self.grad = 1.0
        seen = set()

        def dfs(v):
            if v not in seen:
                seen.add(v)
                v._backward()
                for p in v._prev:
                    dfs(p)

        dfs(self)


class NoVisited(Engine):
    def backward(self):
        topo = []

        def build(v):
            for child in v._prev:
                build(child)
            topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


class Forward(Engine):
    def backward(self):
        self.grad = 1.0
        for v in self.topological():
            v._backward()


class NoSeed(Engine):
    def backward(self):
        for v in reversed(self.topological()):
            v._backward()


class SeedData(Engine):
    def backward(self):
        self.grad = self.data
        for v in reversed(self.topological()):
            v._backward()


class ByValue(Engine):
    def topological(self):
        topo, visited = [], []

        def build(v):
            if v.data not in visited:
                visited.append(v.data)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        return topo


class Dedup:
    """Local slopes beside the operands, and the operands in a set."""

    def __init__(self, data, local=None):
        self.data, self.grad, self.local = data, 0.0, local or {}

    def __add__(self, other):
        return Dedup(self.data + other.data, {self: 1.0, other: 1.0})

    def __mul__(self, other):
        return Dedup(self.data * other.data, {self: other.data, other: self.data})

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v.local:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            for p in set(v.local):
                p.grad += v.local[p] * v.grad


class FirstOnly(Engine):
    def __add__(self, other):
        out = FirstOnly(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = FirstOnly(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad

        out._backward = _backward
        return out


class SecondOnly(Engine):
    def __add__(self, other):
        out = SecondOnly(self.data + other.data, (self, other))

        def _backward():
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = SecondOnly(self.data * other.data, (self, other))

        def _backward():
            other.grad += self.data * out.grad

        out._backward = _backward
        return out


class NoUpstream(Engine):
    def __mul__(self, other):
        out = NoUpstream(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data
            other.grad += self.data

        out._backward = _backward
        return out

    def __add__(self, other):
        out = NoUpstream(self.data + other.data, (self, other))

        def _backward():
            self.grad += 1.0
            other.grad += 1.0

        out._backward = _backward
        return out

    def backward(self):
        for v in reversed(self.topological()):
            v._backward()


class BreadthFirst(Engine):
    def backward(self):
        self.grad = 1.0
        queue, seen = [self], {self}
        while queue:
            v = queue.pop(0)
            v._backward()
            for p in v._prev:
                if p not in seen:
                    seen.add(p)
                    queue.append(p)


class BreadthFirstLate(Engine):
    """The same, but a node is ticked off when it is taken out of the queue."""

    def backward(self):
        self.grad = 1.0
        queue, done = [self], set()
        while queue:
            v = queue.pop(0)
            if v not in done:
                done.add(v)
                v._backward()
                queue += v._prev


class BreadthFirstUnchecked(Engine):
    def backward(self):
        self.grad = 1.0
        queue = [self]
        while queue:
            v = queue.pop(0)
            v._backward()
            queue += v._prev


class PreorderStack(Engine):
    def backward(self):
        self.grad = 1.0
        stack, seen = [self], set()
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                v._backward()
                stack += v._prev


class ZeroChildren(Engine):
    def backward(self):
        self.grad = 1.0
        for v in reversed(self.topological()):
            for p in v._prev:
                p.grad = 0.0
            v._backward()


ENGINES = {
    "assign": Assign,
    "recursive": Recursive,
    "postorder": Postorder,
    "preorder": Preorder,
    "no-visited": NoVisited,
    "forward": Forward,
    "no-seed": NoSeed,
    "seed-data": SeedData,
    "by-value": ByValue,
    "dedup": Dedup,
    "first-only": FirstOnly,
    "second-only": SecondOnly,
    "zero-children": ZeroChildren,
    "no-upstream": NoUpstream,
    "breadth-first": BreadthFirst,
}
OTHER_WAYS = {
    BreadthFirstLate: "breadth-first",
    BreadthFirstUnchecked: "recursive",
    PreorderStack: "preorder",
}


class SGD:
    """A right one."""

    def __init__(self, parameters, lr=0.1, momentum=0.0, weight_decay=0.0):
        self.parameters, self.lr, self.mu, self.wd = list(parameters), lr, momentum, weight_decay
        self.v = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            p.data = p.data + self.update(k, p, p.grad + self.wd * p.data)

    def update(self, k, p, g):
        self.v[k] = self.mu * self.v[k] + g
        return -self.lr * self.v[k]


class Uphill(SGD):
    def update(self, k, p, g):
        return self.lr * g


class NeverZeroed(SGD):
    def zero_grad(self):
        pass


class RateTwice(SGD):
    def update(self, k, p, g):
        return -self.lr * (self.lr * g)


class Average(SGD):
    def update(self, k, p, g):
        self.v[k] = self.mu * self.v[k] + (1 - self.mu) * g
        return -self.lr * self.v[k]


class MomentumMinus(SGD):
    def update(self, k, p, g):
        self.v[k] = g - self.mu * self.v[k]
        return -self.lr * self.v[k]


class MomentumRateTwice(SGD):
    def update(self, k, p, g):
        self.v[k] = self.mu * self.v[k] + self.lr * g
        return -self.lr * self.v[k]


class DecayForgotten(SGD):
    def step(self):
        for k, p in enumerate(self.parameters):
            p.data = p.data + self.update(k, p, p.grad)


class Frozen(SGD):
    def step(self):
        for k, p in enumerate(self.parameters):
            data = p.data
            data = data + self.update(k, p, p.grad)


class DecaySign(SGD):
    def step(self):
        for k, p in enumerate(self.parameters):
            p.data = p.data + self.update(k, p, p.grad - self.wd * p.data)


class DecayDecoupled(SGD):
    def step(self):
        for k, p in enumerate(self.parameters):
            p.data = p.data * (1 - self.lr * self.wd) + self.update(k, p, p.grad)


class MomentumForgotten(SGD):
    def update(self, k, p, g):
        return -self.lr * g


class MomentumShared(SGD):
    def update(self, k, p, g):
        return super().update(0, p, g)


class Nesterov(SGD):
    def update(self, k, p, g):
        self.v[k] = self.mu * self.v[k] + g
        return -self.lr * (g + self.mu * self.v[k])


class Adam(SGD):
    """A right one."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, lr, 0.0, weight_decay)
        self.b1, self.b2 = betas
        self.eps, self.t = eps, 0
        self.m = [0.0 for _ in self.parameters]

    def step(self):
        self.t += 1
        super().step()

    def moments(self, k, g):
        self.m[k] = self.b1 * self.m[k] + (1 - self.b1) * g
        self.v[k] = self.b2 * self.v[k] + (1 - self.b2) * g**2
        return self.m[k] / (1 - self.b1**self.t), self.v[k] / (1 - self.b2**self.t)

    def update(self, k, p, g):
        m, v = self.moments(k, g)
        return -self.lr * m / (math.sqrt(v) + self.eps)


class AdamNoBias(Adam):
    def moments(self, k, g):
        super().moments(k, g)
        return self.m[k], self.v[k]


class AdamBiasMultiplied(Adam):
    def moments(self, k, g):
        super().moments(k, g)
        return self.m[k] * (1 - self.b1**self.t), self.v[k] * (1 - self.b2**self.t)


class AdamBiasInPlace(Adam):
    def moments(self, k, g):
        self.m[k], self.v[k] = super().moments(k, g)
        return self.m[k], self.v[k]


class AdamAbs(Adam):
    def moments(self, k, g):
        self.m[k] = self.b1 * self.m[k] + (1 - self.b1) * g
        self.v[k] = self.b2 * self.v[k] + (1 - self.b2) * abs(g)
        return self.m[k] / (1 - self.b1**self.t), self.v[k] / (1 - self.b2**self.t)


class AdamSwapped(Adam):
    def __init__(self, parameters, **options):
        super().__init__(parameters, **options)
        self.b1, self.b2 = self.b2, self.b1


class AdamFixed(Adam):
    def step(self):
        self.t = 0
        super().step()


class AdamCountsParameters(Adam):
    def step(self):
        for k, p in enumerate(self.parameters):
            self.t += 1
            p.data = p.data + self.update(k, p, p.grad)


class AdamNoSqrt(Adam):
    def update(self, k, p, g):
        m, v = self.moments(k, g)
        return -self.lr * m / (v + self.eps)


class AdamNoM(Adam):
    def update(self, k, p, g):
        _, v = self.moments(k, g)
        return -self.lr * g / (math.sqrt(v) + self.eps)


class AdamShared(Adam):
    def moments(self, k, g):
        return super().moments(0, g)


class AdamOnlyV(Adam):
    def moments(self, k, g):
        _, v = super().moments(k, g)
        return self.m[k], v


class AdamOnlyM(Adam):
    def moments(self, k, g):
        m, _ = super().moments(k, g)
        return m, self.v[k]


class AdamEpsInside(Adam):
    def update(self, k, p, g):
        m, v = self.moments(k, g)
        return -self.lr * m / math.sqrt(v + self.eps)


class AdamInName(Adam):
    def update(self, k, p, g):
        return -self.lr * g


class AdamUphill(Adam):
    def update(self, k, p, g):
        return -super().update(k, p, g)


class AdamRateTwice(Adam):
    def update(self, k, p, g):
        return self.lr * super().update(k, p, g)


class AdamNeverZeroed(Adam):
    def zero_grad(self):
        pass


class AdamFrozen(Adam):
    def step(self):
        self.t += 1
        for k, p in enumerate(self.parameters):
            self.update(k, p, p.grad)


class AdamDecayForgotten(Adam):
    def step(self):
        self.wd = 0.0
        super().step()


class AdamDecaySign(Adam):
    def step(self):
        self.wd = -abs(self.wd)
        super().step()


class AdamW(Adam):
    def step(self):
        for p in self.parameters:
            p.grad -= self.wd * p.data
        before = [p.data for p in self.parameters]
        super().step()
        for p, data in zip(self.parameters, before, strict=True):
            p.data -= self.lr * self.wd * data


MOMENTUM = {"lr": 0.1, "momentum": 0.9}
RATE = {"lr": 0.02}
DECAY = {"weight_decay": 0.1}
OPTIMIZERS = {
    "sgd-plus": (Uphill, "sgd", {"lr": 0.1}),
    "sgd-no-zero": (NeverZeroed, "sgd", {"lr": 0.1}),
    "sgd-lr-twice": (RateTwice, "sgd", {"lr": 0.1}),
    "mom-ema": (Average, "sgd", MOMENTUM),
    "mom-minus": (MomentumMinus, "sgd", MOMENTUM),
    "mom-lr-twice": (MomentumRateTwice, "sgd", MOMENTUM),
    "wd-forgot": (DecayForgotten, "sgd", {"lr": 0.1, "weight_decay": 0.1}),
    "adam-no-bias": (AdamNoBias, "adam", RATE),
    "adam-bias-mul": (AdamBiasMultiplied, "adam", RATE),
    "adam-bias-inplace": (AdamBiasInPlace, "adam", RATE),
    "adam-abs": (AdamAbs, "adam", RATE),
    "adam-betas-swapped": (AdamSwapped, "adam", RATE),
    "frozen": (Frozen, "sgd", {"lr": 0.1}),
    "wd-sign": (DecaySign, "sgd", {"lr": 0.1} | DECAY),
    "wd-decoupled": (DecayDecoupled, "sgd", MOMENTUM | DECAY),
    "mom-forgot": (MomentumForgotten, "sgd", MOMENTUM),
    "mom-shared": (MomentumShared, "sgd", MOMENTUM),
    "mom-nesterov": (Nesterov, "sgd", MOMENTUM),
    "adam-fixed-t": (AdamFixed, "adam", RATE),
    "adam-t-per-parameter": (AdamCountsParameters, "adam", RATE),
    "adam-no-sqrt": (AdamNoSqrt, "adam", RATE),
    "adam-no-m": (AdamNoM, "adam", RATE),
    "adam-shared": (AdamShared, "adam", RATE),
    "adam-m-not-corrected": (AdamOnlyV, "adam", RATE),
    "adam-v-not-corrected": (AdamOnlyM, "adam", RATE),
    "adam-eps-inside": (AdamEpsInside, "adam", RATE | {"eps": 1e-3}),
    "adam-is-sgd": (AdamInName, "adam", RATE),
}
ADAM_TOO = {
    "frozen": (AdamFrozen, RATE),
    "sgd-plus": (AdamUphill, RATE),
    "sgd-no-zero": (AdamNeverZeroed, RATE),
    "sgd-lr-twice": (AdamRateTwice, RATE),
    "wd-forgot": (AdamDecayForgotten, RATE | DECAY),
    "wd-sign": (AdamDecaySign, RATE | DECAY),
    "wd-decoupled": (AdamW, RATE | DECAY),
}


def plain_loop(parameters, loss, steps):
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss().backward()
        for p in parameters:
            p.data -= 0.1 * p.grad


def loop_uphill(parameters, loss, steps):
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss().backward()
        for p in parameters:
            p.data += 0.1 * p.grad


def loop_never_zeroed(parameters, loss, steps):
    for _ in range(steps):
        loss().backward()
        for p in parameters:
            p.data -= 0.1 * p.grad


LOOPS = {"sgd-plus": loop_uphill, "sgd-no-zero": loop_never_zeroed}
