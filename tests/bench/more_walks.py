"""A third batch of engines with a mistake in the walk, written when the first two had their names."""

from collections import deque

from .more_engines import Full
from .walking_engines import Asked, Record

THIRD = {}


def third(*keys):
    def register(cls):
        THIRD[cls.__name__] = (cls, keys)
        return cls

    return register


@third("mul-rule")
class ZeroProductReturns(Full):
    def __mul__(self, other):
        other = self.lift(other)

        def _backward(out):
            if out.data == 0:
                return
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        return self.node(self.data * other.data, (self, other), _backward, "*")


@third("breadth-first", "preorder", "too-early")
class BfsSetPrev(Full):
    def __init__(self, data, _children=(), _op=""):
        super().__init__(data, _children, _op)
        self._prev = set(_children)

    def backward(self):
        self.grad = 1.0
        q = [self]
        seen = {self}
        while q:
            v = q.pop(0)
            v._backward()
            for p in v._prev:
                if p not in seen:
                    seen.add(p)
                    q.append(p)


@third("preorder")
class UnrolledFirst(Record):
    def backward(self):
        self.begin()
        order = []
        stack = [self]
        while stack:
            v = stack.pop()
            order.append(v)
            stack.extend(v.operands)
        for v in dict.fromkeys(order):
            v.push()


@third("too-early")
class DepthAtFirstVisit(Record):
    def backward(self):
        self.begin()
        depth = {}

        def go(v, d):
            if v not in depth:
                depth[v] = d
                for x in v.operands:
                    go(x, d + 1)

        go(self, 0)
        for v in sorted(depth, key=depth.__getitem__):
            v.push()


@third("too-early", "left-out")
class DepthNotPropagated(Record):
    def backward(self):
        self.begin()
        depth = {self: 0}
        q = deque([self])
        while q:
            v = q.popleft()
            for x in v.operands:
                if x not in depth:
                    q.append(x)
                depth[x] = max(depth.get(x, 0), depth[v] + 1)
        for v in sorted(depth, key=depth.__getitem__):
            v.push()


@third("too-deep")
class AtMostEight(Record):
    def backward(self):
        self.begin()
        for k, v in enumerate(reversed(self.order())):
            if k >= 8:
                break
            v.push()


@third("too-early", "left-out")
class BreakAtSeen(Record):
    def backward(self):
        self.begin()
        seen = set()
        stack = [self]
        while stack:
            v = stack.pop()
            if v in seen:
                break
            seen.add(v)
            v.push()
            stack.extend(v.operands)


@third("recursive")
class ZeroGradNotVisited(Record):
    """A recursion through the operands that have a gradient."""

    def backward(self):
        self.begin()

        def go(v):
            v.push()
            for x in v.operands:
                if x.grad != 0:
                    go(x)

        go(self)


@third("recursive")
class AfterEachContribution(Record):
    def backward(self):
        self.begin()

        def go(v):
            for x, d in v.edges():
                x.grad += d * v.grad
                go(x)

        go(self)


@third("dedup")
class MarksByOperandPair(Record):
    def backward(self):
        self.begin()
        done = set()
        for v in reversed(self.order()):
            for x, d in v.edges():
                if (v, x) in done:
                    continue
                done.add((v, x))
                x.grad += d * v.grad


@third("miscounted")
class ConsumersSetKahnDiscard(Record):
    """users set
    ready when empty
    discard"""

    def backward(self):
        self.begin()
        users = {v: set() for v in self.order()}
        for v in self.order():
            for x in v.operands:
                users[x].add(v)
        ready = [self]
        while ready:
            v = ready.pop()
            for x, d in v.edges():
                x.grad += d * v.grad
                users[x].discard(v)
                if not users[x]:
                    ready.append(x)


@third("lost-contribution")
class GradOfUseLast(Asked):
    """Only the last two uses count."""

    def used(self, user, k):
        self.users.append((user, k))

    def uses(self):
        return self.users[-2:]


@third("left-out")
class SkipsIfGradEqualsOne(Record):
    def backward(self):
        self.begin()
        for v in reversed(self.order()):
            if v is not self and v.grad == 1.0:
                continue
            v.push()
