"""A second batch of broken engines. They were written when the first batch had its names."""

from __future__ import annotations

import math

from .mistaken_engines import Engine
from .more_engines import Full

LATER = {}


def later(*keys):
    def register(cls):
        LATER[cls.__name__] = (cls, keys)
        return cls

    return register


@later("left-out", "one-branch")
class StoredOnSelf(Full):
    """`self._backward = _backward` where `out._backward` was meant."""

    def node(self, data, children, backward, op=""):
        out = type(self)(data, children, op)
        self._backward = lambda: backward(out)
        return out


@later("lost-contribution", "extra-contribution", "unknown")
class LastOut(Full):
    """The result is kept in self.out, which a later use overwrites."""

    def __mul__(self, other):
        other = self.lift(other)
        self.out = out = type(self)(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * self.out.grad
            other.grad += self.data * self.out.grad

        out._backward = _backward
        return out


@later("zero")
class LocalCopy(Full):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            grad, more = self.grad, other.grad
            grad += out.grad
            more += out.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            grad = self.grad
            grad += other.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@later("zero")
class GradAtForward(Full):
    def node(self, data, children, backward, op=""):
        out = type(self)(data, children, op)

        class Frozen:
            grad, data = out.grad, out.data

        out._backward = lambda: backward(Frozen)
        return out


@later("assign")
class EqualPlus(Full):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad = +out.grad
            other.grad = +out.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")


@later("first-only", "add-rule", "mul-rule")
class ZipCutsOff(Engine):
    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands)
        self.partials = partials

    def __add__(self, other):
        return ZipCutsOff(self.data + other.data, (self, other), (1.0,))

    def __mul__(self, other):
        return ZipCutsOff(self.data * other.data, (self, other), (other.data,))

    def backward(self):
        topo = self.topological()
        for v in topo:
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            for p, d in zip(v._prev, v.partials):
                p.grad += d * v.grad


@later("kept-intermediates", "kept-root", "again")
class RootPlusOne(Full):
    def backward(self):
        topo = self.order()
        for v in topo:
            if v._prev and v is not self:
                v.grad = 0.0
        self.grad += 1.0
        for v in reversed(topo):
            v._backward()


@later("pow-rule")
class PowPrecedence(Full):
    def __pow__(self, n):
        def _backward(out):
            self.grad += (n * self.data**n - 1) * out.grad

        return self.node(self.data**n, (self,), _backward)


@later("wrong_data")
class InverseForgotten(Full):
    def __rtruediv__(self, other):
        return self**-1


@later("wrong_data")
class SumHack(Full):
    def __radd__(self, other):
        return self


@later("exp-rule", "no-upstream")
class ExpNoUpstream(Full):
    def exp(self):
        return self.node(
            math.exp(self.data), (self,), lambda out: setattr(self, "grad", self.grad + out.data)
        )


@later("tanh-rule")
class TanhOfInput(Full):
    def tanh(self):
        def _backward(out):
            self.grad += (1 - self.data**2) * out.grad

        return self.node(math.tanh(self.data), (self,), _backward)


@later("relu-rule")
class ReluMaskAlwaysTrue(Full):
    def relu(self):
        def _backward(out):
            self.grad += (out.data >= 0) * out.grad

        return self.node(max(0.0, self.data), (self,), _backward)


@later("wrong_data")
class LeakyRelu(Full):
    def relu(self):
        def _backward(out):
            self.grad += (1.0 if self.data > 0 else 0.1) * out.grad

        return self.node(self.data if self.data > 0 else 0.1 * self.data, (self,), _backward)


@later("left-out", "lost-contribution")
class SharedDefaultList(Engine):
    def __init__(self, data, operands=[]):  # noqa: B006
        super().__init__(data)
        self._prev = operands

    def __add__(self, other):
        out = super().__add__(other)
        out._prev = [self, other]
        return out

    def __mul__(self, other):
        out = super().__mul__(other)
        leaf = SharedDefaultList(0.0)
        leaf._prev.append(self)
        out._prev = leaf._prev
        return out


@later("preorder", "lost-contribution", "extra-contribution", "breadth-first")
class VisitedByGrad(Full):
    """A node that has a gradient is taken for visited."""

    def backward(self):
        self.grad = 1.0
        stack = [self]
        while stack:
            v = stack.pop(0)
            fresh = [p for p in v._prev if p.grad == 0.0]
            v._backward()
            stack += fresh


@later("kept-visited")
class DoneFlag(Full):
    done = False

    def backward(self):
        topo = self.order()
        self.grad = 1.0
        for v in reversed(topo):
            if not v.done:
                v.done = True
                v._backward()


@later("kept-intermediates", "kept-order")
class GlobalTape(Full):
    tape = []  # noqa: RUF012

    def node(self, data, children, backward, op=""):
        out = super().node(data, children, backward, op)
        GlobalTape.tape.append(out)
        return out

    def backward(self):
        self.grad = 1.0
        for v in reversed(GlobalTape.tape):
            v._backward()


@later("freed", "kept-visited")
class TapeEmptied(Full):
    tape = []  # noqa: RUF012

    def node(self, data, children, backward, op=""):
        out = super().node(data, children, backward, op)
        TapeEmptied.tape.append(out)
        return out

    def backward(self):
        self.grad = 1.0
        for v in reversed(TapeEmptied.tape):
            v._backward()
        TapeEmptied.tape = []


@later("mul-rule")
class MulSwapped(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += self.data * out.grad
            other.grad += other.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@later("dedup", "lost-contribution")
class SquareForgetsTwo(Full):
    def __mul__(self, other):
        if other is self:
            return self.node(
                self.data**2, (self,), lambda out: setattr(self, "grad", self.grad + self.data * out.grad)
            )
        return super().__mul__(other)


@later("neg-rule")
class NegDetached(Full):
    def __neg__(self):
        return type(self)(-self.data)


@later("clipped")
class Clipped(Full):
    def backward(self):
        super().backward()
        for v in self.order():
            v.grad = max(-1.0, min(1.0, v.grad))


@later("wrong_data")
class FloorDivision(Full):
    def __truediv__(self, other):
        other = self.lift(other)
        return self.node(self.data // other.data, (self, other), lambda out: None)


@later("add-rule", "lost-contribution", "unknown")
class Averaged(Full):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad = (self.grad + out.grad) / 2
            other.grad = (other.grad + out.grad) / 2

        return self.node(self.data + other.data, (self, other), _backward, "+")


@later("again", "kept-root", "kept-intermediates")
class SeedIfZero(Full):
    def backward(self):
        topo = self.order()
        for v in topo:
            if v._prev and v is not self:
                v.grad = 0.0
        if self.grad == 0.0:
            self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@later("raises")
class NameErrorInLog(Full):
    def log(self):
        def _backward(out):
            self.grad += out.grad / slef.data  # noqa: F821

        return self.node(math.log(self.data), (self,), _backward)


@later("div-rule")
class DivThroughPowWrong(Full):
    def __truediv__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad / other.data
            other.grad += -out.grad * self.data * other.data**-2 * other.data

        return self.node(self.data / other.data, (self, other), _backward, "/")


@later("sub-rule")
class SubDetached(Full):
    def __sub__(self, other):
        return self + (-self.lift(other).data)


@later("one-branch", "unlinked", "lost-contribution")
class OtherNotRemembered(Full):
    def __add__(self, other):
        out = super().__add__(other)
        out._prev = (self,)
        return out


# --- a third batch: its first run is the figure in docs/checker.md ----------------------------------------

LAST = {}


def last(*keys):
    def register(cls):
        LAST[cls.__name__] = (cls, keys)
        return cls

    return register


@last("preorder")
class FirstVisits(Full):
    def order(self):
        topo, stack = [], [self]
        while stack:
            v = stack.pop()
            if v not in topo:
                topo.append(v)
                stack.extend(v._prev)
        return topo[::-1]


@last("forward", "postorder", "root-only")
class OldestFirst(Full):
    made = 0

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        OldestFirst.made += 1
        self.at = OldestFirst.made

    def order(self):
        return sorted(super().order(), key=lambda v: -v.at)


@last("by-value", "extra-contribution", "unknown")
class GradsByNumber(Engine):
    def backward(self):
        grads = {self.data: 1.0}
        for v in reversed(self.topological()):
            before = [p.grad for p in v._prev]
            v.grad = grads[v.data] if v._prev or v is self else v.grad
            v._backward()
            for p, old in zip(v._prev, before):
                if p._prev:
                    grads[p.data] = grads.get(p.data, 0.0) + p.grad - old


@last("assign")
class DictAssigned(Engine):
    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands)
        self.partials = partials

    def __add__(self, other):
        return DictAssigned(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return DictAssigned(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        grads = {self: 1.0}
        for v in reversed(self.topological()):
            for p, d in zip(v._prev, v.partials):
                grads[p] = d * grads[v]
        for v, g in grads.items():
            v.grad += g


@last("seeded-all")
class OnePlusEverywhere(Full):
    def backward(self):
        for v in reversed(self.order()):
            v.grad += 1.0
            v._backward()


@last("sub-rule")
class ReflectedSubSign(Full):
    def __rsub__(self, other):
        return self.node(other - self.data, (self,), lambda out: setattr(self, "grad", self.grad + out.grad))


@last("pow-rule")
class BaseWithoutLog(Full):
    def __rpow__(self, base):
        def _backward(out):
            self.grad += out.data * out.grad

        return self.node(base**self.data, (self,), _backward)


@last("tanh-rule")
class TanhOfGrad(Full):
    def tanh(self):
        def _backward(out):
            self.grad += (1 - out.grad**2) * out.grad

        return self.node(math.tanh(self.data), (self,), _backward)


@last("log-rule")
class LogSquared(Full):
    def log(self):
        def _backward(out):
            self.grad += out.grad / self.data**2

        return self.node(math.log(self.data), (self,), _backward)


@last("div-rule")
class DivForgetsUpstreamOnce(Full):
    def __truediv__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad / other.data
            other.grad += -self.data / other.data**2

        return self.node(self.data / other.data, (self, other), _backward, "/")


@last("stops-at-zero")
class StopsAtZero(Full):
    def backward(self):
        for v in self.order():
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(self.order()):
            if v.grad == 0.0:
                break
            v._backward()


@last("too-deep")
class ThreeLevels(Full):
    def order(self):
        topo, seen = [], set()

        def build(v, level):
            if v not in seen and level < 3:
                seen.add(v)
                for p in v._prev:
                    build(p, level + 1)
                topo.append(v)

        build(self, 0)
        return topo


@last("mul-rule")
class ZeroIsConstant(Full):
    def __mul__(self, other):
        other = self.lift(other)
        return type(self)(0.0) if 0.0 in (self.data, other.data) else super().__mul__(other)


@last("mul-rule")
class OneIsNothing(Full):
    def __mul__(self, other):
        return self if self.lift(other).data == 1.0 else super().__mul__(other)


@last("memory", "by-value")
class Memoised(Full):
    made = {}  # noqa: RUF012

    def __mul__(self, other):
        key = self.data, self.lift(other).data
        if key not in Memoised.made:
            Memoised.made[key] = super().__mul__(other)
        return Memoised.made[key]


@last("wrong_data")
class RoundedData(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(round(data, 3), _children, _op)


@last("exhausted")
class OperandsPopped(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self._prev = list(_children)

    def order(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                while v._prev:
                    build(v._prev.pop())
                topo.append(v)

        build(self)
        return topo


@last("raises")
class NumberHasNoGrad(Full):
    def __pow__(self, n):
        def _backward(out):
            self.grad += n * self.data ** (n - 1) * out.grad
            n.grad += out.data * math.log(self.data) * out.grad

        return self.node(self.data**n, (self,), _backward)


@last("abs-rule")
class AbsPasses(Full):
    def __abs__(self):
        return self.node(abs(self.data), (self,), lambda out: setattr(self, "grad", self.grad + out.grad))


@last("relu-rule")
class ReluTwice(Full):
    def relu(self):
        def _backward(out):
            self.grad += max(0.0, self.data) * out.grad

        return self.node(max(0.0, self.data), (self,), _backward)


@last("mul-rule", "late-binding")
class BothToSelf(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += other.data * out.grad
            self.grad += self.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@last("mul-rule", "zero")
class GradForData(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += other.grad * out.grad
            other.grad += self.grad * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@last("kept-intermediates", "forgets", "again", "kept-root")
class LeavesZeroedAfter(Full):
    """Leaves are set to 0 at the start, the nodes between are not."""

    def backward(self):
        topo = self.order()
        for v in topo:
            if not v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@last("no-visited", "recursive")
class VisitedPerBranch(Full):
    """The visited set is copied for each branch."""

    def order(self):
        topo = []

        def build(v, seen):
            if v not in seen:
                for p in v._prev:
                    build(p, seen | {v})
                topo.append(v)

        build(self, set())
        return topo

    def backward(self):
        self.grad = 1.0
        for v in reversed(self.order()):
            v._backward()
