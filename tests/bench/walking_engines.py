"""Broken engines whose mistake is in the walk: where it stops, what it counts, in which order it comes.

Their rules are right. They are written in several ways: a tape, Kahn's order, a heap, recursion, generators,
a dict of gradients, gradients that are asked for. Each has the keys that are a true name for it.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from dataclasses import dataclass, field

WALKING = {}


def walking(*keys):
    def register(cls):
        WALKING[cls.__name__] = (cls, keys)
        return cls

    return register


class Record:
    """A right engine: a node holds its operands, and a partial for each."""

    def __init__(self, data, operands=(), partials=()):
        self.data, self.grad = data, 0.0
        self.operands, self.partials = tuple(operands), tuple(partials)

    def made(self, data, operands, partials):
        return type(self)(data, operands, partials)

    def lift(self, x):
        return x if isinstance(x, Record) else type(self)(x)

    def __add__(self, other):
        other = self.lift(other)
        return self.made(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self.made(self.data * other.data, (self, other), (other.data, self.data))

    def __sub__(self, other):
        other = self.lift(other)
        return self.made(self.data - other.data, (self, other), (1.0, -1.0))

    def __neg__(self):
        return self.made(-self.data, (self,), (-1.0,))

    def relu(self):
        return self.made(max(self.data, 0.0), (self,), (float(self.data > 0.0),))

    __radd__, __rmul__ = __add__, __mul__

    def edges(self):
        return zip(self.operands, self.partials)

    def order(self):
        """Operands first."""
        placed, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for x in v.operands:
                    visit(x)
                placed.append(v)

        visit(self)
        return placed

    def push(self):
        for x, d in self.edges():
            x.grad += d * self.grad

    def begin(self):
        for v in self.order():
            if v.operands:
                v.grad = 0.0
        self.grad = 1.0

    def backward(self):
        self.begin()
        for v in reversed(self.order()):
            v.push()


# --- where it stops ---------------------------------------------------------------------------------------


@walking("stops-at-zero")
class BreaksAtZero(Record):
    def backward(self):
        self.begin()
        for v in reversed(self.order()):
            if not v.grad:
                break
            v.push()


class Taped(Record):
    """Every node knows the tape that it is on: a list of all that was made."""

    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands, partials)
        tapes = {id(x.tape): x.tape for x in operands}.values()
        self.tape = [v for tape in tapes for v in tape]
        self.tape = list(dict.fromkeys([*self.tape, self]))


@walking("stops-at-zero")
class TapeEndsAtZero(Taped):
    def backward(self):
        self.begin()
        tape = list(self.order())
        tape.sort(key=self.tape.index)
        while tape:
            v = tape.pop()
            if v.grad == 0.0:
                return
            v.push()


@walking("stops-at-zero")
class WhileThereIsAGradient(Record):
    """Kahn's order, as long as what is taken out has a gradient."""

    def backward(self):
        self.begin()
        waiting = Counter(x for v in self.order() for x in v.operands)
        ready = [self]
        while ready and ready[-1].grad:
            v = ready.pop()
            for x, d in v.edges():
                x.grad += d * v.grad
                waiting[x] -= 1
                if not waiting[x]:
                    ready.append(x)


@walking("stops-at-zero")
class QueueEndsAtZero(Record):
    def backward(self):
        self.begin()
        waiting = Counter(x for v in self.order() for x in v.operands)
        queue = deque([self])
        while queue:
            v = queue.popleft()
            if v.grad == 0.0:
                break
            for x, d in v.edges():
                x.grad += d * v.grad
                waiting[x] -= 1
                if waiting[x] == 0:
                    queue.append(x)


@walking("stops-at-zero", "waits-at-zero")
class KahnSkipsZero(Record):
    """A node without a gradient is skipped before the counts of its operands are lowered."""

    def backward(self):
        self.begin()
        waiting = Counter(x for v in self.order() for x in v.operands)
        queue = deque([self])
        while queue:
            v = queue.popleft()
            if v.grad == 0.0:
                continue
            for x, d in v.edges():
                x.grad += d * v.grad
                waiting[x] -= 1
                if waiting[x] == 0:
                    queue.append(x)


@walking("waits-at-zero")
class KahnSkipsZeroPartials(Record):
    """An edge whose contribution is 0 is not counted off."""

    def backward(self):
        self.begin()
        waiting = Counter(x for v in self.order() for x in v.operands)
        queue = deque([self])
        while queue:
            v = queue.popleft()
            for x, d in v.edges():
                if d * v.grad == 0.0:
                    continue
                x.grad += d * v.grad
                waiting[x] -= 1
                if waiting[x] == 0:
                    queue.append(x)


@walking("after-zero", "mul-rule")
class ZeroPartialEndsTheLoop(Record):
    """The loop over the operands ends at a partial of 0."""

    def push(self):
        for x, d in self.edges():
            if not d:
                break
            x.grad += d * self.grad


@walking("stops-at-leaf")
class BreaksAtALeaf(Record):
    def backward(self):
        self.begin()
        for v in reversed(self.order()):
            if not v.operands:
                break
            v.push()


@walking("past-zeros")
class ZerosAreNotVisited(Record):
    """`if x.data` where `if x is not None` was meant."""

    def order(self):
        placed, seen = [], set()

        def visit(v):
            seen.add(v)
            for x in v.operands:
                if x.data and x not in seen:
                    visit(x)
            placed.append(v)

        visit(self)
        return placed


@walking("too-deep", "lost-contribution")
class FourLevels(Record):
    def order(self):
        levels = [[self]]
        for _ in range(4):
            levels.append([x for v in levels[-1] for x in v.operands])
        placed, found = [], {v for level in levels for v in level}
        for v in super().order():
            if v in found:
                placed.append(v)
        return placed

    def backward(self):
        self.begin()
        for v in reversed(self.order()[-4:]):
            v.push()


# --- what it counts ---------------------------------------------------------------------------------------


class Asked(Record):
    """Gradients are asked for: a node adds up what the nodes that use it give. Right."""

    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands, partials)
        self.users = self.none()
        for k, x in enumerate(self.operands):
            x.used(self, k)

    def none(self):
        return []

    def used(self, user, k):
        self.users.append((user, k))

    def uses(self):
        return self.users

    def backward(self):
        within, found = set(self.order()), {self: 1.0}

        def gradient(v):
            if v not in found:
                found[v] = sum(gradient(u) * u.partials[k] for u, k in v.uses() if u in within)
            return found[v]

        for v in self.order():
            v.grad += gradient(v)


@walking("dedup")
class UsersInASet(Asked):
    def none(self):
        return set()

    def used(self, user, k):
        self.users.add(user)

    def uses(self):
        return [(u, u.operands.index(self)) for u in self.users]


@walking("dedup")
class UsersInADict(Asked):
    def none(self):
        return {}

    def used(self, user, k):
        self.users[user] = k

    def uses(self):
        return self.users.items()


@walking("dedup")
class ConsumersOnce(Asked):
    """A use is noted if it is not noted yet."""

    def used(self, user, k):
        if user not in [u for u, _ in self.users]:
            self.users.append((user, k))


@walking("same-position", "sub-rule")
class IndexOfOperand(Asked):
    """Which operand it is, is looked for: `a - a` finds the first one twice."""

    def used(self, user, k):
        self.users.append((user, user.operands.index(self)))


@walking("last-user", "assign")
class OneUser(Asked):
    """`x.user = out`: a later use takes the place of the earlier one."""

    def used(self, user, k):
        self.users = [(user, k)]


@walking("first-user")
class FirstUser(Asked):
    def used(self, user, k):
        if not self.users:
            self.users = [(user, k)]


@walking("miscounted", "lost-contribution")
class CountsUsers(Record):
    """Waits for as many nodes as use it, and lowers the count for each edge, to 0 or less."""

    def backward(self):
        self.begin()
        users = {v: set() for v in self.order()}
        for v in self.order():
            for x in v.operands:
                users[x].add(v)
        left = {v: len(found) for v, found in users.items()}
        stack = [self]
        while stack:
            v = stack.pop()
            for x, d in v.edges():
                x.grad += d * v.grad
                left[x] -= 1
                if left[x] <= 0:
                    stack.append(x)


@walking("waits")
class CountsAllUses(Asked):
    """Waits for the uses that do not lead to the root too."""

    def backward(self):
        self.begin()
        left = {v: len(v.users) for v in self.order()}

        def go(v):
            for x, d in v.edges():
                x.grad += d * v.grad
                left[x] -= 1
                if left[x] == 0:
                    go(x)

        go(self)


@walking("first-use")
class OnlyIfZero(Record):
    """A gradient that is there is not added to."""

    def push(self):
        for x, d in self.edges():
            if x.grad == 0.0:
                x.grad = d * self.grad


@walking("first-use")
class ReturnsIfSeen(Record):
    """A recursion that carries the contribution; what was seen gets nothing more."""

    def backward(self):
        seen = set()

        def go(v, g):
            if v not in seen:
                seen.add(v)
                v.grad += g
                for x, d in v.edges():
                    go(x, d * g)

        go(self, 1.0)


@walking("preorder", "too-early")
class AddsAndReturnsIfSeen(Record):
    """The same, but the contribution is added first."""

    def backward(self):
        seen = set()

        def go(v, g):
            v.grad += g
            if v not in seen:
                seen.add(v)
                for x, d in v.edges():
                    go(x, d * g)

        go(self, 1.0)


@walking("assign")
class LeavesAssigned(Record):
    def push(self):
        for x, d in self.edges():
            x.grad = d * self.grad + (x.grad if x.operands else 0.0)


@walking("assign")
class MiddleAssigned(Record):
    def push(self):
        for x, d in self.edges():
            if x.operands:
                x.grad = d * self.grad
            else:
                x.grad += d * self.grad


@walking("largest")
class LargestOnly(Record):
    """The contribution of the largest size counts."""

    def push(self):
        for x, d in self.edges():
            x.grad = max(x.grad, d * self.grad, key=abs)


# --- in which order it comes ------------------------------------------------------------------------------


@walking("preorder", "too-early")
class PreorderGenerator(Record):
    def walk(self, seen):
        if self not in seen:
            seen.add(self)
            yield self
            for x in self.operands:
                yield from x.walk(seen)

    def backward(self):
        self.begin()
        for v in self.walk(set()):
            v.push()


@walking("preorder", "too-early")
class PreorderFromTheRight(Record):
    def backward(self):
        self.begin()
        order, stack = {}, [self]
        while stack:
            v = stack.pop()
            if v not in order:
                order[v] = True
                stack += reversed(v.operands)
        for v in order:
            v.push()


@walking("breadth-first", "too-early")
class LevelsOfADict(Record):
    """Level by level, with a dict of gradients."""

    def backward(self):
        flow, level, done = {self: 1.0}, [self], set()
        while level:
            following = []
            for v in level:
                if v in done:
                    continue
                done.add(v)
                for x, d in v.edges():
                    flow[x] = flow.get(x, 0.0) + d * flow[v]
                    following.append(x)
            level = following
        for v, g in flow.items():
            v.grad += g


@walking("too-early", "breadth-first")
class HeapByDistance(Record):
    """The nearest to the root first, by the shortest way."""

    def backward(self):
        self.begin()
        heap, count, done = [(0, 0, self)], itertools.count(1), set()
        while heap:
            far, _, v = heapq.heappop(heap)
            if v in done:
                continue
            done.add(v)
            for x, d in v.edges():
                x.grad += d * v.grad
                heapq.heappush(heap, (far + 1, next(count), x))


@walking("too-early")
class ShortestHeight(Record):
    """The height over the leaves is 1 + the smallest one of the operands."""

    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands, partials)
        self.height = 1 + min((x.height for x in self.operands), default=-1)

    def backward(self):
        self.begin()
        for v in sorted(self.order(), key=lambda v: -v.height):
            v.push()


@walking("too-early")
class LastOperandsHeight(Record):
    """The height is one more than that of the last operand."""

    def __init__(self, data, operands=(), partials=()):
        super().__init__(data, operands, partials)
        self.height = self.operands[-1].height + 1 if self.operands else 0

    def backward(self):
        self.begin()
        heap = [(-v.height, k, v) for k, v in enumerate(reversed(self.order()))]
        heapq.heapify(heap)
        while heap:
            heapq.heappop(heap)[2].push()


@walking("too-early")
class ByValueOfNode(Record):
    """Sorted by the numbers that the nodes hold."""

    def backward(self):
        self.begin()
        for v in [self, *sorted((v for v in self.order() if v is not self), key=lambda v: -abs(v.data))]:
            v.push()


@dataclass(eq=False)
class Node:
    """A dataclass with a right walk."""

    data: float
    operands: tuple = ()
    partials: tuple = ()
    grad: float = field(default=0.0)

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def found(self):
        """The root first; each node once."""
        order = {self: 0}
        for v in (queue := [self]):
            for x in v.operands:
                if x not in order:
                    order[x] = len(order)
                    queue.append(x)
        return order

    def backward(self):
        flow = dict.fromkeys(self.found(), 0.0)
        flow[self] = 1.0
        users = {v: [(u, k) for u in flow for k, x in enumerate(u.operands) if x is v] for v in flow}
        done = set()

        def complete(v):
            if v not in done:
                done.add(v)
                for u, k in users[v]:
                    complete(u)
                    flow[v] += u.partials[k] * flow[u]

        for v in flow:
            complete(v)
            v.grad += flow[v]


@walking("breadth-first", "too-early")
class FoundOrder(Node):
    def backward(self):
        flow = dict.fromkeys(self.found(), 0.0)
        flow[self] = 1.0
        for v in flow:
            for x, d in zip(v.operands, v.partials):
                flow[x] += d * flow[v]
        for v, g in flow.items():
            v.grad += g


@walking("recursive", "no-visited")
class FoundAgain(Node):
    """A node that gets a contribution comes again, with all that it has."""

    def backward(self):
        flow, stack = {self: 1.0}, [self]
        while stack:
            v = stack.pop()
            for x, d in zip(v.operands, v.partials):
                flow[x] = flow.get(x, 0.0) + d * flow[v]
                stack.append(x)
        for v, g in flow.items():
            v.grad += g


# --- a second batch: its first run is in docs/checker.md ----------------------------------------------------

SECOND = {}


def second(*keys):
    def register(cls):
        SECOND[cls.__name__] = (cls, keys)
        return cls

    return register


@second("preorder")
class Reactive(Record):
    """A node reacts to its first gradient."""

    fired = False

    def receive(self, g):
        self.grad += g
        if not self.fired:
            self.fired = True
            for x, d in self.edges():
                x.receive(d * self.grad)

    def backward(self):
        for v in self.order():
            v.fired = False
        self.begin()
        self.grad = 0.0
        self.receive(1.0)


@second("left-out", "too-early", "miscounted")
class CountsToOne(Record):
    """Comes when one use is still missing."""

    def backward(self):
        self.begin()
        left = Counter(x for v in self.order() for x in v.operands)
        ready = [self]
        while ready:
            v = ready.pop()
            for x, d in v.edges():
                x.grad += d * v.grad
                left[x] -= 1
                if left[x] == 1:
                    ready.append(x)


@second("left-out", "too-early", "lost-contribution")
class LeafEndsTheLoop(Record):
    """`return` at a leaf, in the loop over the operands."""

    def order(self):
        placed, seen = [], set()

        def visit(v):
            seen.add(v)
            for x in v.operands:
                if not x.operands:
                    break
                if x not in seen:
                    visit(x)
            placed.append(v)

        visit(self)
        return placed


@second("too-early")
class InOrder(Record):
    """A node comes after its first operand and before the second."""

    def order(self):
        placed, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for x in v.operands[:1]:
                    visit(x)
                placed.append(v)
                for x in v.operands[1:]:
                    visit(x)

        visit(self)
        return placed


@second("by-value")
class KeyedByText(Record):
    """Gradients are in a dict with the text of the expression as key; a leaf's text is its number."""

    @property
    def text(self):
        return f"({', '.join(x.text for x in self.operands)}){self.data}" if self.operands else str(self.data)

    def backward(self):
        flow = {self.text: 1.0}
        done = set()
        for v in reversed(self.order()):
            if v.text not in done:
                done.add(v.text)
                for x, d in v.edges():
                    flow[x.text] = flow.get(x.text, 0.0) + d * flow[v.text]
        for v in self.order():
            if not v.operands:
                v.grad += flow.get(v.text, 0.0)


@second("mean")
class MeanOfUses(Record):
    def backward(self):
        uses = Counter(x for v in self.order() for x in v.operands)
        flow = {self: 1.0}
        for v in reversed(self.order()):
            for x, d in v.edges():
                flow[x] = flow.get(x, 0.0) + d * flow[v] / uses[x]
        for v, g in flow.items():
            v.grad += g


@second("left-out")
class FewestUsesFirst(Record):
    def backward(self):
        self.begin()
        uses = Counter(x for v in self.order() for x in v.operands)
        root_first = self.order()[::-1]
        for v in sorted(root_first, key=lambda v: uses[v]):
            v.push()


@second("no-visited", "recursive")
class OnlyLeavesMarked(Record):
    def order(self):
        placed, seen = [], set()

        def visit(v):
            if v not in seen:
                if not v.operands:
                    seen.add(v)
                for x in v.operands:
                    visit(x)
                placed.append(v)

        visit(self)
        return placed


@second("by-value", "left-out")
class RoundedIdentity(Record):
    def order(self):
        placed, seen = [], set()

        def visit(v):
            if round(v.data) not in seen:
                seen.add(round(v.data))
                for x in v.operands:
                    visit(x)
                placed.append(v)

        visit(self)
        return placed


@second("lost-contribution")
class RootsValueIsDone(Record):
    """What has the value of the root is taken for the root."""

    def push(self):
        for x, d in self.edges():
            if x.data != self.top:
                x.grad += d * self.grad

    def backward(self):
        for v in self.order():
            v.top = self.data
        super().backward()


@second("stops-at-zero", "past-zeros", "waits-at-zero")
class RecursionStopsAtZero(Record):
    """A recursion over complete nodes that returns when the gradient is 0, before it counts."""

    def backward(self):
        self.begin()
        left = Counter(x for v in self.order() for x in v.operands)

        def go(v):
            if not v.grad:
                return
            for x, d in v.edges():
                x.grad += d * v.grad
            for x in v.operands:
                left[x] -= 1
                if not left[x]:
                    go(x)

        go(self)


RIGHT = [Record, Taped, Asked, Node]
