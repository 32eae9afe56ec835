"""Broken engines, written after micrograd, minitorch and what students publish; right ones in many clothes.

Each broken one has the keys that are a true name for it.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict, deque

from .mistaken_engines import Engine


class Full:
    """A right engine with all operators, closures, and interior gradients that begin anew."""

    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = tuple(_children)
        self._op = _op

    def lift(self, x):
        return x if isinstance(x, Full) else type(self)(x)

    def node(self, data, children, backward, op=""):
        out = type(self)(data, children, op)
        out._backward = lambda: backward(out)
        return out

    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad
            other.grad += out.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")

    def __pow__(self, n):
        if isinstance(n, Full):
            raise NotImplementedError("only numbers as exponents")

        def _backward(out):
            self.grad += n * self.data ** (n - 1) * out.grad

        return self.node(self.data**n, (self,), _backward, f"**{n}")

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-self.lift(other))

    def __truediv__(self, other):
        return self * self.lift(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def tanh(self):
        t = math.tanh(self.data)

        def _backward(out):
            self.grad += (1 - t * t) * out.grad

        return self.node(t, (self,), _backward, "tanh")

    def relu(self):
        def _backward(out):
            self.grad += (self.data > 0) * out.grad

        return self.node(max(0.0, self.data), (self,), _backward, "relu")

    def exp(self):
        def _backward(out):
            self.grad += out.data * out.grad

        return self.node(math.exp(self.data), (self,), _backward, "exp")

    def log(self):
        def _backward(out):
            self.grad += out.grad / self.data

        return self.node(math.log(self.data), (self,), _backward, "log")

    def order(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                for p in v._prev:
                    build(p)
                topo.append(v)

        build(self)
        return topo

    def start(self):
        self.grad = 1.0

    def backward(self):
        topo = self.order()
        for v in topo:
            if v._prev:
                v.grad = 0.0
        self.start()
        for v in reversed(topo):
            v._backward()


BROKEN = {}


def broken(*keys):
    """Register a class with the keys that name it truly."""

    def register(cls):
        BROKEN[cls.__name__] = (cls, keys)
        return cls

    return register


# --- orders -----------------------------------------------------------------------------------------------


@broken("miscounted")
class KahnDistinct(Full):
    def backward(self):
        waiting = defaultdict(int)
        topo = self.order()
        for v in topo:
            v.grad = v.grad if not v._prev else 0.0
            for p in set(v._prev):
                waiting[p] += 1
        self.grad = 1.0
        ready = [self]
        while ready:
            v = ready.pop()
            v._backward()
            for p in v._prev:
                waiting[p] -= 1
                if waiting[p] == 0:
                    ready.append(p)


@broken("miscounted")
class KahnEdgesLoweredOnce(Full):
    def backward(self):
        waiting = defaultdict(int)
        for v in self.order():
            for p in v._prev:
                waiting[p] += 1
        self.grad = 1.0
        ready = deque([self])
        while ready:
            v = ready.popleft()
            v._backward()
            for p in set(v._prev):
                waiting[p] -= 1
                if waiting[p] == 0:
                    ready.append(p)


@broken("waits")
class KahnOfAllUses(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self.uses = 0
        for p in self._prev:
            p.uses += 1

    def backward(self):
        waiting = {v: v.uses for v in self.order()}
        self.grad = 1.0
        ready = [self]
        while ready:
            v = ready.pop()
            v._backward()
            for p in v._prev:
                waiting[p] -= 1
                if waiting[p] == 0:
                    ready.append(p)


@broken("root-only")
class OnlyRoot(Full):
    def backward(self):
        self.grad = 1.0
        self._backward()


@broken("reseeded")
class ReseedingRecursion(Full):
    def backward(self):
        self.grad = 1.0
        self._backward()
        for p in self._prev:
            p.backward()


@broken("one-branch")
class FirstBranch(Full):
    def order(self):
        topo, v = [], self
        while True:
            topo.append(v)
            if not v._prev:
                return topo[::-1]
            v = v._prev[0]


@broken("too-early")
class ByDepth(Full):
    """Nodes sorted by the length of the shortest path to a leaf."""

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self.depth = 1 + min((p.depth for p in self._prev), default=0)

    def order(self):
        return sorted(super().order(), key=lambda v: v.depth)


@broken("nondeterministic", "postorder", "lost-contribution")
class ById(Full):
    def order(self):
        return sorted(super().order(), key=lambda v: id(v) * 2654435761 % 1013)


@broken("preorder")
class StackPreorder(Full):
    def backward(self):
        self.grad = 1.0
        stack, seen = [self], {self}
        while stack:
            v = stack.pop()
            v._backward()
            for p in v._prev:
                if p not in seen:
                    seen.add(p)
                    stack.append(p)


@broken("twice-each")
class StepInBuild(Full):
    """The step is called for each node, and again in the loop of backward."""

    def backward(self):
        for v in self.order():
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(self.order()):
            v._backward()
            v._backward()


@broken("no-visited")
class StackWithoutSeen(Full):
    def backward(self):
        self.grad = 1.0
        stack = [self]
        while stack:
            v = stack.pop()
            v._backward()
            stack.extend(v._prev)


# --- closures, and what they keep -------------------------------------------------------------------------


@broken("late-binding")
class LoopVariable(Full):
    """The closures are made in a loop, and see its last variable."""

    def node(self, data, children, backward, op=""):
        if op not in "+*":
            return super().node(data, children, backward, op)
        out = type(self)(data, children, op)
        d = (1.0, 1.0) if op == "+" else (children[1].data, children[0].data)
        steps = []
        for child, partial in zip(children, d):
            steps.append(lambda: setattr(child, "grad", child.grad + partial * out.grad))  # noqa: B023
        out._backward = lambda: [step() for step in steps]
        return out


@broken("called-at-once")
class StoredCall(Full):
    def __add__(self, other):
        other = self.lift(other)
        out = type(self)(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward()
        return out


@broken("called-at-once", "zero")
class StoredCallGuarded(Full):
    def node(self, data, children, backward, op=""):
        out = type(self)(data, children, op)
        out._backward = backward(out)
        return out

    def backward(self):
        self.grad = 1.0
        for v in reversed(self.order()):
            if v._backward:
                v._backward()


@broken("zero", "unlinked")
class GradOfSelf(Full):
    """`self.grad` where `out.grad` was meant, in both operations."""

    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += self.grad
            other.grad += other.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += other.data * self.grad
            other.grad += self.data * other.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@broken("zero")
class GradIntoOut(Full):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            out.grad += self.grad
            out.grad += other.grad

        return self.node(self.data + other.data, (self, other), _backward, "+")

    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            out.grad += other.data * self.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@broken("kept-visited")
class VisitedDefault(Full):
    def backward(self, visited=set()):  # noqa: B006
        topo = []

        def build(v):
            if v not in visited:
                visited.add(v)
                for p in v._prev:
                    build(p)
                topo.append(v)

        build(self)
        for v in topo:
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@broken("kept-visited")
class VisitedFlag(Full):
    visited = False

    def backward(self):
        topo = []

        def build(v):
            if not v.visited:
                v.visited = True
                for p in v._prev:
                    build(p)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@broken("kept-order")
class TopoDefault(Full):
    def build(self, topo, seen):
        if self not in seen:
            seen.add(self)
            for p in self._prev:
                p.build(topo, seen)
            topo.append(self)

    def backward(self, topo=[]):  # noqa: B006
        self.build(topo, set())
        for v in topo[-50:]:
            if v._prev:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo[-50:]):
            v._backward()


@broken("kept-order", "memory")
class OrderInTheClass(Full):
    cache = None

    def backward(self):
        if type(self).cache is None:
            type(self).cache = self.order()
        self.grad = 1.0
        for v in reversed(type(self).cache):
            v._backward()


@broken("exhausted")
class OperandsInAMap(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self._prev = iter(tuple(_children))

    def backward(self):
        topo = self.order()
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@broken("kept-intermediates")
class Micrograd(Full):
    def backward(self):
        self.grad = 1
        for v in reversed(self.order()):
            v._backward()


@broken("forgets")
class ZeroedAtStart(Full):
    def backward(self):
        topo = self.order()
        for v in topo:
            v.grad = 0.0
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


@broken("reset-at-forward")
class ResetAtForward(Full):
    def node(self, data, children, backward, op=""):
        for c in children:
            c.grad = 0.0
        return super().node(data, children, backward, op)


@broken("erased", "zero", "no-seed")
class ErasedAfter(Full):
    def backward(self):
        self.grad = 1.0
        for v in reversed(self.order()):
            v._backward()
            v.grad = 0.0


# --- single operations --------------------------------------------------------------------------------------


@broken("mul-rule", "raises")
class OutOverSelf(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.data / self.data * out.grad
            other.grad += out.data / other.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@broken("mul-rule")
class OutOverSelfGuarded(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.data / self.data * out.grad if self.data else 0.0
            other.grad += out.data / other.data * out.grad if other.data else 0.0

        return self.node(self.data * other.data, (self, other), _backward, "*")


@broken("tanh-rule")
class TanhNoSquare(Full):
    def tanh(self):
        t = math.tanh(self.data)
        return self.node(t, (self,), lambda out: setattr(self, "grad", self.grad + (1 - t) * out.grad))


@broken("relu-rule")
class ReluMaskOfGrad(Full):
    def relu(self):
        def _backward(out):
            self.grad += (out.grad > 0) * out.grad

        return self.node(max(0.0, self.data), (self,), _backward, "relu")


@broken("assign", "relu-assign")
class ReluAssigns(Full):
    def relu(self):
        def _backward(out):
            self.grad = (self.data > 0) * out.grad

        return self.node(max(0.0, self.data), (self,), _backward, "relu")


@broken("unlinked")
class TanhForgetsItsOperand(Full):
    def tanh(self):
        t = math.tanh(self.data)
        return self.node(t, (), lambda out: setattr(self, "grad", self.grad + (1 - t * t) * out.grad))


@broken("div-rule")
class DivDetached(Full):
    def __truediv__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad / other.data

        return self.node(self.data / other.data, (self, other), _backward, "/")


@broken("div-rule")
class DivByInverse(Full):
    def __truediv__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad / other.data
            other.grad += -self.data / other.data * out.grad

        return self.node(self.data / other.data, (self, other), _backward, "/")


@broken("sub-rule")
class SubBothPlus(Full):
    def __sub__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad
            other.grad += out.grad

        return self.node(self.data - other.data, (self, other), _backward, "-")


@broken("wrong_data")
class ReflectedSub(Full):
    def __rsub__(self, other):
        return self - other


@broken("wrong_data")
class ReflectedDiv(Full):
    def __rtruediv__(self, other):
        return self / other


@broken("pow-rule")
class PowNotLowered(Full):
    def __pow__(self, n):
        def _backward(out):
            self.grad += n * self.data**n * out.grad

        return self.node(self.data**n, (self,), _backward)


@broken("pow-rule")
class PowOfValueDetached(Full):
    def __pow__(self, n):
        n = self.lift(n)

        def _backward(out):
            self.grad += n.data * self.data ** (n.data - 1) * out.grad

        return self.node(self.data**n.data, (self, n), _backward)


@broken("exp-rule")
class ExpPowerRule(Full):
    def exp(self):
        def _backward(out):
            self.grad += self.data * math.exp(self.data - 1) * out.grad

        return self.node(math.exp(self.data), (self,), _backward)


@broken("wrong_data")
class LogIsLog10(Full):
    def log(self):
        return self.node(
            math.log10(self.data),
            (self,),
            lambda out: setattr(self, "grad", self.grad + out.grad / self.data),
        )


@broken("neg-rule")
class NegPasses(Full):
    def __neg__(self):
        return self.node(-self.data, (self,), lambda out: setattr(self, "grad", self.grad + out.grad))


@broken("dedup")
class SetOfOperandsInMul(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            for x, d in {self: other.data, other: self.data}.items():
                x.grad += d * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@broken("mul-rule")
class MulByConstantForgotten(Full):
    def __mul__(self, other):
        if not isinstance(other, Full):
            return self.node(
                self.data * other, (self,), lambda out: setattr(self, "grad", self.grad + out.grad)
            )
        return super().__mul__(other)


@broken("changes-data")
class InPlace(Full):
    def __add__(self, other):
        out = super().__add__(other)
        self.data += self.lift(other).data
        return out


@broken("changes-data")
class UpdatesInBackward(Full):
    def backward(self):
        super().backward()
        for v in self.order():
            if not v._prev:
                v.data -= 0.1 * v.grad


@broken("by-value")
class EqualByValue(Full):
    def __eq__(self, other):
        return self.data == other.data

    def __hash__(self):
        return hash(self.data)


@broken("raises")
class EqWithoutHash(Full):
    __hash__ = None

    def __eq__(self, other):
        return self is other


@broken("by-value")
class ListMembership(Full):
    def __eq__(self, other):
        return isinstance(other, Full) and self.data == other.data

    __hash__ = object.__hash__

    def order(self):
        topo = []

        def build(v):
            if v not in topo:
                for p in v._prev:
                    build(p)
                topo.append(v)

        build(self)
        return topo


@broken("raises")
class NoNegButSub(Engine):
    def __sub__(self, other):
        return self + (-other)


@broken("add-rule")
class AddReturnsMean(Full):
    def __add__(self, other):
        other = self.lift(other)

        def _backward(out):
            self.grad += out.grad / 2
            other.grad += out.grad / 2

        return self.node(self.data + other.data, (self, other), _backward, "+")


@broken("seed")
class SeedTwo(Full):
    def start(self):
        self.grad = 2.0


@broken("initial-grad")
class GradBeginsAtOne(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self.grad = 1.0

    def backward(self):
        for v in reversed(self.order()):
            v._backward()


# --- right ones -------------------------------------------------------------------------------------------


class Iterative(Full):
    def order(self):
        topo, seen, stack = [], set(), [(self, False)]
        while stack:
            v, done = stack.pop()
            if done:
                topo.append(v)
            elif v not in seen:
                seen.add(v)
                stack.append((v, True))
                stack.extend((p, False) for p in v._prev)
        return topo


class Kahn(Full):
    def order(self):
        waiting = defaultdict(int)
        for v in super().order():
            for p in v._prev:
                waiting[p] += 1
        ready, topo = deque([self]), []
        while ready:
            v = ready.popleft()
            topo.append(v)
            for p in v._prev:
                waiting[p] -= 1
                if waiting[p] == 0:
                    ready.append(p)
        return topo[::-1]


class Heap(Full):
    number = itertools.count()

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self.at = next(Heap.number)

    def order(self):
        heap, seen, topo = [(-self.at, self)], {self}, []
        while heap:
            _, v = heapq.heappop(heap)
            topo.append(v)
            for p in v._prev:
                if p not in seen:
                    seen.add(p)
                    heapq.heappush(heap, (-p.at, p))
        return topo[::-1]


class InSets(Full):
    """Operands in a set for the walk alone: closures pass on the gradients."""

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self._prev = set(_children)


class Tape(Full):
    """Everything in the order in which it was made."""

    tape = []  # noqa: RUF012

    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        if _children:
            Tape.tape = Tape.tape[-300:]
        Tape.tape.append(self)

    def order(self):
        mine = set(super().order())
        return [v for v in Tape.tape if v in mine]


class ByPath:
    """No order at all: each path carries its own product."""

    def __init__(self, data, local=()):
        self.data, self.grad, self.local = data, None, local

    def __add__(self, other):
        return ByPath(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return ByPath(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self, g=1.0):
        if not self.local:
            self.grad = (self.grad or 0.0) + g
        for x, d in self.local:
            x.backward(d * g)


class Whole(Engine):
    """Of integers alone."""

    def __init__(self, data, operands=()):
        assert isinstance(data, int)
        super().__init__(data, operands)


class Truncating(Engine):
    def __init__(self, data, operands=()):
        super().__init__(int(data), operands)


class Slots:
    """Other names, slots, and a gradient that is None at first."""

    __slots__ = ("_grad", "local", "value")

    def __init__(self, value, local=()):
        self.value, self.local, self._grad = value, local, None

    @property
    def grad(self):
        return self._grad

    def __add__(self, other):
        return Slots(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Slots(self.value * other.value, ((self, other.value), (other, self.value)))

    def backward(self):
        seen, topo = set(), []

        def build(v):
            if id(v) not in seen:
                seen.add(id(v))
                for p, _ in v.local:
                    build(p)
                topo.append(v)

        build(self)
        grads = defaultdict(float, {id(self): 1.0})
        for v in reversed(topo):
            for p, d in v.local:
                grads[id(p)] += d * grads[id(v)]
        for v in topo:
            v._grad = (v._grad or 0.0) + grads[id(v)]


RIGHT = (Full, Iterative, Kahn, Heap, InSets, Tape, ByPath, Whole, Truncating, Slots)


def numpy_engines():
    """With float32 arrays of one element, and with gradients as NumPy scalars and arrays."""
    import numpy as np

    class Single(Full):
        def __init__(self, data, _children=(), _op=""):
            super().__init__(np.float32(data), _children, _op)
            self.grad = np.float32(0.0)

        def tanh(self):
            t = np.tanh(self.data)
            return self.node(
                t, (self,), lambda out: setattr(self, "grad", self.grad + (1 - t * t) * out.grad)
            )

        def relu(self):
            def _backward(out):
                self.grad = self.grad + np.where(self.data > 0, out.grad, np.float32(0.0))

            return self.node(np.maximum(self.data, np.float32(0.0)), (self,), _backward)

        exp = log = None

    class ArraysOfOne(Engine):
        def __init__(self, data, operands=()):
            super().__init__(np.array([data], dtype=float).reshape(1), operands)
            self.grad = np.zeros(1)

        def backward(self):
            super().backward()
            self.grad = np.ones(1)

    class ZeroDimensional(Engine):
        def __init__(self, data, operands=()):
            super().__init__(np.array(data, dtype=float), operands)
            self.grad = np.array(0.0)

    return Single, ArraysOfOne, ZeroDimensional
