"""Which mistake is in this autograd engine?

It contains a tiny engine that can be built right, or with one known mistake in it. The learner's engine
computes the gradients of a few small expressions, `PROBES`. So does each broken engine. The mistake whose
engine gives the learner's numbers on all of them is the one.

An engine may go through the operands of a node in either order, or in the order of a Python set. The
numbers of a broken one depend on that, so all orders are tried.
"""

from __future__ import annotations

import math
import random
from collections import deque
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from .diagnosis import Diagnosis, Stopped, agree, described, number, raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Build = Callable[..., Any]


class Probe(NamedTuple):
    """An expression of + and *: how it is written, and how it is built from its leaves."""

    text: str
    leaves: int
    build: Build
    equal: bool = False  # all leaves have one value: for engines that compare values

    @property
    def names(self) -> str:
        """The names of the leaves, as they stand in the text."""
        return "abc"[: self.leaves]


def _shared_sum(a: Any) -> Any:
    b = a + a
    return b + b


def _shared_product(a: Any) -> Any:
    b = a * a
    return b * b


def _used_midway(a: Any, b: Any) -> Any:
    c = a * b
    d = c + a
    return d * c


def _used_midway_first(a: Any, b: Any) -> Any:
    c = a * b
    d = c + a
    return c * d


def _diamond(a: Any, b: Any) -> Any:
    c = a + b
    d = c * a
    e = c * b
    return d + e


def _deep_diamond(a: Any, b: Any) -> Any:
    c = a * b
    d = c * c
    e = d + c
    f = e * d
    return f + e


def _ladder(a: Any, b: Any, c: Any) -> Any:
    d = a * b
    e = d * c
    f = e + d
    g = f * a
    return g * f


PROBES: tuple[Probe, ...] = (
    Probe("a + b", 2, lambda a, b: a + b),
    Probe("a * b", 2, lambda a, b: a * b),
    Probe("a + a", 1, lambda a: a + a),
    Probe("a * a", 1, lambda a: a * a),
    Probe("a * b + c", 3, lambda a, b, c: a * b + c),
    Probe("a * b * c", 3, lambda a, b, c: a * b * c),
    Probe("a + b + c", 3, lambda a, b, c: a + b + c),
    Probe("a * b + a", 2, lambda a, b: a * b + a),
    Probe("a * (a * a)", 1, lambda a: a * (a * a)),
    Probe("(a * a) * a", 1, lambda a: (a * a) * a),
    Probe("a * b, with a equal to b", 2, lambda a, b: a * b, equal=True),
    Probe("a * b + b * a, with a equal to b", 2, lambda a, b: a * b + b * a, equal=True),
    Probe("b = a + a; b + b", 1, _shared_sum),
    Probe("b = a * a; b * b", 1, _shared_product),
    Probe("c = a + b; c * a + c * b", 2, _diamond),
    Probe("c = a * b; d = c + a; d * c", 2, _used_midway),
    Probe("c = a * b; d = c + a; c * d", 2, _used_midway_first),
    Probe("c = a * b; d = c * c; e = d + c; e * d + e", 2, _deep_diamond),
    Probe("d = a * b; e = d * c; f = e + d; f * a * f", 3, _ladder),
)
"""From the smallest on: the first that an engine gets wrong is the smallest that exposes it."""


# --- an engine that can be broken -------------------------------------------------------------------


class Node:
    """A number with a memory, as in the smallest engines, and a right one."""

    def __init__(
        self,
        data: float,
        operands: tuple[Node, ...] = (),
        partials: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.operands, self.partials = operands, partials
        self.grad = 0.0

    def __add__(self, other: Node) -> Node:
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Node) -> Node:
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self) -> None:
        """The right walk: operands before the nodes made of them, and from the last to the first."""
        nodes = _sorted(self, _in_order, {"seen": set()})
        for node in nodes[:-1]:
            if node.operands:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            _push(node)


def _in_order(node: Node) -> Sequence[Node]:
    return node.operands


def _push(node: Node) -> None:
    """The chain rule at one node."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * node.grad


def _sorted(root: Node, operands: Callable[[Node], Sequence[Node]], how: dict[str, set[Any]]) -> list[Node]:
    """A topological order; `how` holds the set of those seen, or nothing at all."""
    placed: list[Node] = []
    seen = how.get("seen")
    values = how.get("values")

    def visit(node: Node) -> None:
        if seen is not None:
            if id(node) in seen:
                return
            seen.add(id(node))
        if values is not None:
            if node.data in values:
                return
            values.add(node.data)
        for x in operands(node):
            visit(x)
        placed.append(node)

    visit(root)
    return placed


def _topological(push: Callable[[Node], None]) -> Callable[..., None]:
    def walk(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
        root.grad = 1.0
        for node in reversed(_sorted(root, operands, {"seen": set()})):
            push(node)

    return walk


def _assigning(node: Node) -> None:
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad = partial * node.grad


def _assigning_backwards(node: Node) -> None:
    for x, partial in list(zip(node.operands, node.partials, strict=True))[::-1]:
        x.grad = partial * node.grad


def _first_only(node: Node) -> None:
    if node.operands:
        node.operands[0].grad += node.partials[0] * node.grad


def _second_only(node: Node) -> None:
    if node.operands:
        node.operands[-1].grad += node.partials[-1] * node.grad


def _once_each(node: Node) -> None:
    for x, partial in {id(x): (x, s) for x, s in zip(node.operands, node.partials, strict=True)}.values():
        x.grad += partial * node.grad


def _zeroing_first(node: Node) -> None:
    upstream = node.grad
    for x in node.operands:
        x.grad = 0.0
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * upstream


def _without_factor(node: Node) -> None:
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial


def _recursive(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0

    def visit(node: Node) -> None:
        _push(node)
        for x in operands(node):
            visit(x)

    visit(root)


def _postorder(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0

    def visit(node: Node) -> None:
        for x in operands(node):
            visit(x)
        _push(node)

    visit(root)


def _preorder(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    seen: set[int] = set()

    def visit(node: Node) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            _push(node)
            for x in operands(node):
                visit(x)

    visit(root)


def _preorder_stack(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            _push(node)
            stack.extend(operands(node))


def _breadth_first(late: bool) -> Callable[..., None]:
    def walk(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
        root.grad = 1.0
        seen = {id(root)}
        queue = deque([root])
        done: set[int] = set()
        while queue:
            node = queue.popleft()
            if late:
                if id(node) in done:
                    continue
                done.add(id(node))
            _push(node)
            for x in operands(node):
                if late or id(x) not in seen:
                    seen.add(id(x))
                    queue.append(x)

    return walk


def _breadth_first_unchecked(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    queue = deque([root])
    while queue:
        node = queue.popleft()
        _push(node)
        queue.extend(operands(node))


def _without_visited(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    for node in reversed(_sorted(root, operands, {})):
        _push(node)


def _not_reversed(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    for node in _sorted(root, operands, {"seen": set()}):
        _push(node)


def _seeded(seed: Callable[[Node], float]) -> Callable[..., None]:
    def walk(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
        root.grad = seed(root)
        for node in reversed(_sorted(root, operands, {"seen": set()})):
            _push(node)

    return walk


def _by_value(root: Node, operands: Callable[[Node], Sequence[Node]]) -> None:
    root.grad = 1.0
    for node in reversed(_sorted(root, operands, {"values": set()})):
        _push(node)


class Broken(NamedTuple):
    """A known mistake: its walks (people write the same mistake in several ways), and what to say."""

    walks: tuple[Callable[..., None], ...]
    message: str


BROKEN: dict[str, Broken] = {
    "no-seed": Broken(
        (_seeded(lambda root: 0.0),),
        "All gradients are 0. Is the gradient of the root set to 1 before the walk?",
    ),
    "seed-data": Broken(
        (_seeded(lambda root: root.data),),
        "Every gradient is multiplied by the root's own value. With which number does the gradient of the"
        " root start?",
    ),
    "first-only": Broken(
        (_topological(_first_only),),
        "The second operand never gets a gradient. Where is its line?",
    ),
    "second-only": Broken(
        (_topological(_second_only),),
        "The first operand never gets a gradient. Where is its line?",
    ),
    "dedup": Broken(
        (_topological(_once_each),),
        "a + a gives 1: a node that is used twice in one operation counts once. Are the operands kept in"
        " a set?",
    ),
    "assign": Broken(
        (_topological(_assigning), _topological(_assigning_backwards)),
        "Right for the last use only: a node used twice keeps only one contribution. Is = written for +=?",
    ),
    "zero-children": Broken(
        (_topological(_zeroing_first),),
        "What a node had from earlier uses is erased on the next visit. Are gradients set to 0 during the"
        " walk?",
    ),
    "by-value": Broken(
        (_by_value,),
        "Two nodes with equal values are taken for one. Does the visited set compare values where it"
        " should compare identity?",
    ),
    "postorder": Broken(
        (_postorder,),
        "The inputs are visited before the output, when they have received nothing yet. In which order"
        " does the walk visit them?",
    ),
    "forward": Broken(
        (_not_reversed,),
        "The inputs are visited first. At which end of the topological order does the walk begin?",
    ),
    "preorder": Broken(
        (_preorder, _preorder_stack),
        "A shared node passes on its first contribution and none of the later ones. Is every node complete"
        " before it passes its gradient on?",
    ),
    "breadth-first": Broken(
        (_breadth_first(False), _breadth_first(True)),
        "Level by level is not always outputs before inputs: of two paths of different lengths, the longer"
        " one comes too late. In which order is each node complete before it is visited?",
    ),
    "recursive": Broken(
        (_recursive, _breadth_first_unchecked),
        "A shared node passes its gradient on again for every use, the earlier contributions included. Is"
        " it complete before it does? (Reverse topological order.)",
    ),
    "no-visited": Broken(
        (_without_visited,),
        "A shared node is in the list once for each use, and passes its gradient on as often. Are the nodes"
        " already visited kept in a set?",
    ),
    "no-upstream": Broken(
        (_topological(_without_factor),),
        "The partial derivatives are right, but they are not multiplied by the gradient of the node they"
        " belong to. Which product does the chain rule ask for?",
    ),
}
"""The mistakes by their key. If two explain the same numbers, the first one is named."""


# --- the diagnosis ------------------------------------------------------------------------------------


def diagnose_engine(
    value: Callable[[float], Any],
    backward: Callable[[Any], object] | None = None,
    twice: bool = True,
    seed: int = 0,
) -> Diagnosis:
    """Find the mistake in an autograd engine.

        diagnose_engine(MyValue)

    value     value(number) makes a leaf. `+` and `*` join what it makes; `.grad` (a number or None) is
              read after backward
    backward  backward(root) fills in the gradients; without it, root.backward()
    twice     whether a second backward() of the same root must add the same again: for x**3, 3 x**2
              and then 6 x**2
    seed      chooses the numbers at the leaves

    The message names the smallest expression that goes wrong.
    """
    walk = backward or (lambda root: root.backward())
    trial = _Trial(value, walk, random.Random(f"engine {seed}"))
    try:
        return trial.diagnosis(twice)
    except Stopped as stopped:
        return stopped.diagnosis


class _Trial:
    """A learner's engine, and what it gave for each probe."""

    def __init__(
        self, value: Callable[[float], Any], walk: Callable[[Any], object], rng: random.Random
    ) -> None:
        self.value, self.walk = value, walk
        self.numbers = {probe.text: self._leaf_values(probe, rng) for probe in PROBES}

    def _leaf_values(self, probe: Probe, rng: random.Random) -> list[float]:
        """Distinct, not 1 or 2, and of either sign; a root's value is never 1."""
        while True:
            xs = [rng.choice((1.0, -1.0)) * rng.uniform(1.2, 3.0) for _ in range(probe.leaves)]
            if probe.equal:
                xs = [xs[0]] * probe.leaves
            if len({round(abs(x), 1) for x in (*xs, 2.0)}) == (2 if probe.equal else len(xs) + 1):
                return xs

    def diagnosis(self, twice: bool) -> Diagnosis:
        wrong: list[tuple[Probe, list[float]]] = []
        given: dict[str, list[float]] = {}
        for probe in PROBES:
            mine = given[probe.text] = self._gradients(probe)
            if not agree(mine, self._right(probe)):
                wrong.append((probe, mine))
        if wrong:
            return self._named(wrong[0], given)
        if twice:
            return self._a_second_time()
        return Diagnosis(True, "ok", (), f"Right on all {len(PROBES)} expressions.")

    def _named(self, smallest: tuple[Probe, list[float]], given: dict[str, list[float]]) -> Diagnosis:
        probe, mine = smallest
        shown = ", ".join(f"{g:.6g}" for g in mine)
        values = ", ".join(
            f"{n} = {x:.6g}" for n, x in zip(probe.names, self.numbers[probe.text], strict=True)
        )
        example = f"`{probe.text}` goes wrong: with {values} it gives {shown}."
        key = self._explanation(given)
        if key is not None:
            return Diagnosis(False, key, (), f"{example} {BROKEN[key].message}")
        for text, key, name in (("a + b", "add-rule", "+"), ("a * b", "mul-rule", "*")):
            if probe.text == text:
                return Diagnosis(
                    False,
                    key,
                    (),
                    f"{example} No node is used twice there, so the walk is hardly the cause. Is the rule of"
                    f" {name} right?",
                )
        return Diagnosis(
            False, "unknown", (), f"{example} Can you follow backward through it by hand, step by step?"
        )

    def _explanation(self, given: dict[str, list[float]]) -> str | None:
        """The mistake that gives these numbers, first with operands in the order they are written.

        Some mistakes give the same numbers in one backward and differ in a second.
        """
        for orders in (_as_written, _turned_round, _in_any_order):
            found = [
                key
                for key, mistake in BROKEN.items()
                if any(self._explains(walk, given, orders, 1) for walk in mistake.walks)
            ]
            if len(found) > 1:
                second = self._second_gradients()
                found = [
                    key
                    for key in found
                    if second and any(self._explains(walk, second, orders, 2) for walk in BROKEN[key].walks)
                ] or found
            if found:
                return found[0]
        return None

    def _explains(
        self,
        walk: Callable[..., None],
        given: dict[str, list[float]],
        orders: Callable[[int], Iterator[tuple[bool, ...]]],
        times: int,
    ) -> bool:
        for probe in PROBES:
            simulated = self._simulated(probe, walk, orders, times)
            if not any(agree(given[probe.text], gradients) for gradients in simulated):
                return False
        return True

    def _simulated(
        self,
        probe: Probe,
        walk: Callable[..., None],
        orders: Callable[[int], Iterator[tuple[bool, ...]]],
        times: int,
    ) -> Iterator[list[float]]:
        """The leaves' gradients by a broken engine, for every order of visiting operands."""
        leaves = [Node(x) for x in self.numbers[probe.text]]
        root = probe.build(*leaves)
        nodes = _sorted(root, _in_order, {"seen": set()})
        joints = [node for node in nodes if len(node.operands) == 2]
        for turned in orders(len(joints)):
            order = {id(n): n.operands[:: -1 if t else 1] for n, t in zip(joints, turned, strict=True)}
            for once in (False, True):
                for node in nodes:
                    node.grad = 0.0

                def operands(node: Node, order: Any = order, once: bool = once) -> Sequence[Node]:
                    chosen: Sequence[Node] = order.get(id(node), node.operands)
                    return chosen[:1] if once and len(chosen) == 2 and chosen[0] is chosen[1] else chosen

                for _ in range(times):
                    walk(root, operands)
                yield [leaf.grad for leaf in leaves]

    def _second_gradients(self) -> dict[str, list[float]]:
        """What the learner's engine has after a second backward; empty if it refuses one."""
        second = {}
        try:
            for probe in PROBES:
                leaves, root = self._built(probe)
                self._walked(root, probe)
                self._walked(root, probe)
                second[probe.text] = [self._read(leaf, probe) for leaf in leaves]
        except Stopped:
            return {}
        return second

    def _right(self, probe: Probe) -> list[float]:
        leaves = [Node(x) for x in self.numbers[probe.text]]
        probe.build(*leaves).backward()
        return [leaf.grad for leaf in leaves]

    # --- the learner's engine ---

    def _gradients(self, probe: Probe) -> list[float]:
        leaves, root = self._built(probe)
        self._walked(root, probe)
        return [self._read(leaf, probe) for leaf in leaves]

    def _built(self, probe: Probe) -> tuple[list[Any], Any]:
        try:
            leaves = [self.value(x) for x in self.numbers[probe.text]]
            return leaves, probe.build(*leaves)
        except (Exception, SystemExit) as error:
            raise Stopped("raises", f"Building `{probe.text}` raised {raised(error)}.") from None

    def _walked(self, root: Any, probe: Probe) -> None:
        try:
            self.walk(root)
        except (Exception, SystemExit) as error:
            raise Stopped("raises", f"backward of `{probe.text}` raised {raised(error)}.") from None

    def _read(self, leaf: Any, probe: Probe) -> float:
        after = f"After backward of `{probe.text}`"
        try:
            grad = leaf.grad
        except (Exception, SystemExit) as error:
            raise Stopped("not_a_number", f"{after}, reading .grad raised {raised(error)}.") from None
        found = 0.0 if grad is None else number(grad)
        if found is None:
            raise Stopped("not_a_number", f"{after}, .grad is {described(grad)}, and no number.")
        if not math.isfinite(found):
            raise Stopped("not_a_number", f"{after}, .grad is {found}.")
        return found

    def _a_second_time(self) -> Diagnosis:
        for probe in PROBES:
            leaves, root = self._built(probe)
            self._walked(root, probe)
            once = [self._read(leaf, probe) for leaf in leaves]
            self._walked(root, probe)
            again = [self._read(leaf, probe) for leaf in leaves]
            if agree(again, [2.0 * g for g in once]):
                continue
            if agree(again, once):
                return Diagnosis(
                    False,
                    "forgets",
                    (),
                    f"A second backward of `{probe.text}` changes nothing: it should add the same again. Are"
                    " the leaves' gradients set to 0 at the start?",
                )
            return Diagnosis(
                False,
                "kept-intermediates",
                (),
                f"After a second backward of `{probe.text}` the gradients are not twice the first. Do nodes"
                " between the leaves and the root keep their gradient from the first time, and pass it on"
                " again?",
            )
        return Diagnosis(True, "ok", (), f"Right on all {len(PROBES)} expressions, and a second time.")


def _as_written(joints: int) -> Iterator[tuple[bool, ...]]:
    yield (False,) * joints


def _turned_round(joints: int) -> Iterator[tuple[bool, ...]]:
    yield (True,) * joints


def _in_any_order(joints: int) -> Iterator[tuple[bool, ...]]:
    """As in a Python set: for every node of two operands, either first."""
    yield from product((False, True), repeat=joints)
