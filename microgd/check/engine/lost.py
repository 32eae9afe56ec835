"""Which contributions are lost, and where: facts about a wrong walk that has no name.

The learner's numbers are compared with those of every walk that leaves some nodes out, that comes to each
node once but to some too early, or that loses all contributions with something in common. If one of these
explains all expressions that go wrong, that is said. It uses `right`.
"""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING, NamedTuple

from .right import close, computed, scales

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .facts import Answer
    from .naming import Tried

MOST_NODES = 5  # operations: more orders are not tried
FAILED, PASSED = 40, 80  # how many expressions must be explained
ENOUGH = 4  # expressions that must be explained: fewer can fit by chance


class Edge(NamedTuple):
    """The contribution of a node to one of its operands: operand number k of node i is node j."""

    i: int
    k: int
    j: int
    partial: float


class Graph:
    """An expression, the learner's gradients, and what each contribution should be."""

    def __init__(self, tried: Tried, within: float) -> None:
        self.expression, self.grads, self.within = tried.expression, tried.grads[0], within
        self.root = self.expression.walks[0].root
        self.leaves = len(self.expression.numbers)
        found = computed(self.expression)
        self.values = found.values
        self.sizes = scales(self.expression)[0]
        below = {self.root}
        self.edges: list[Edge] = []
        for i in range(self.root, self.leaves - 1, -1):
            if i in below:
                operands = self.expression.steps[i - self.leaves].operands
                below |= set(operands)
                parts = zip(operands, found.partials[i - self.leaves], strict=True)
                self.edges += [Edge(i, k, j, partial) for k, (j, partial) in enumerate(parts)]
        self.nodes = [i for i in range(self.root, self.leaves - 1, -1) if i in below]
        self.flow = self.after(self.edges)
        self.felt = [edge for edge in self.edges if self.flow[edge.i] * edge.partial != 0.0]

    def after(self, edges: Sequence[Edge]) -> list[float]:
        """The gradients when contributions are made along these edges, in this order."""
        grads = [0.0] * (self.root + 1)
        grads[self.root] = 1.0
        for edge in edges:
            grads[edge.j] += edge.partial * grads[edge.i]
        return grads

    def fits(self, edges: Sequence[Edge]) -> bool:
        """Whether these are the learner's gradients."""
        grads = self.after(edges)
        return all(
            close(x, y, self.within, size)
            for x, y, size in zip(self.grads, grads[: self.leaves], self.sizes, strict=True)
        )

    def left_out(self) -> list[frozenset[int]]:
        """The smallest sets of nodes that pass nothing on, if that gives the learner's gradients."""
        for size in range(1, len(self.nodes)):
            found = [
                frozenset(out)
                for out in combinations(self.nodes, size)
                if self.fits([edge for edge in self.edges if edge.i not in out])
            ]
            if found:
                return found
        return []

    def early(self) -> list[frozenset[tuple[int, int]]]:
        """For each order of the nodes with the learner's gradients: which come before one that uses them."""
        found = []
        for order in permutations(self.nodes):
            place = {i: k for k, i in enumerate(order)}
            if self.fits(sorted(self.edges, key=lambda edge: place[edge.i])):
                late = (edge for edge in self.felt if place.get(edge.j, len(order)) < place[edge.i])
                found.append(frozenset((edge.j, edge.i) for edge in late))
        least = min(map(len, found), default=0)
        return [pairs for pairs in found if len(pairs) == least]

    def texts(self, nodes: Iterable[int]) -> str:
        """Nodes as they are written."""
        written = [f"`{self.expression.texts()[i][0]}`" for i in sorted(nodes)]
        return " and ".join(written)


def order_fact(wrong: Sequence[Tried], within: float) -> Answer | None:
    """Nodes that pass nothing on, or that come too early, in every small expression that goes wrong."""
    graphs = [graph for graph in _graphs(wrong, within) if len(graph.nodes) <= MOST_NODES]
    if len(graphs) < ENOUGH:
        return None
    start = (
        f"In all {len(graphs)} small expressions that go wrong, the numbers are those of an engine in which"
    )
    out = [graph.left_out() for graph in graphs]
    if all(out):
        here = f" Here it is {graphs[0].texts(out[0][0])}." if len(out[0]) == 1 else ""
        fact = f"{start} some nodes pass nothing on, and the others pass on what they have.{here}"
        ask = "Has each node its own step, and does the walk come to it when it has received something?"
        return "left-out", (), f"{fact} {ask}"
    early = [graph.early() for graph in graphs]
    if not all(early):
        return None
    here, common = "", frozenset.intersection(*early[0])
    if common:
        node, user = min(common)
        here = f" Here {graphs[0].texts([node])} comes before {graphs[0].texts([user])}, which uses it."
    fact = f"{start} the walk comes to some nodes before it has come to all that use them.{here}"
    return "too-early", (), f"{fact} When has a node got all its contributions?"


def lost_fact(wrong: Sequence[Tried], right: Sequence[Tried], within: float) -> Answer | None:
    """What all lost contributions have in common, and no others, if that explains all numbers."""
    graphs = _graphs([*wrong[:FAILED], *right[:PASSED]], within)
    if min(len(wrong), len(graphs)) < ENOUGH:
        return None
    kept = [
        {text: {edge for edge in graph.edges if not holds(graph, edge)} for text, holds in CONDITIONS.items()}
        for graph in graphs
    ]
    for size in (1, 2, 3):
        for chosen in combinations(CONDITIONS, size):
            if all(
                graph.fits([edge for edge in graph.edges if any(edge in keeps[text] for text in chosen)])
                for graph, keeps in zip(graphs, kept, strict=True)
            ):
                where = " and ".join(chosen)
                fact = f"A contribution is lost whenever {where}, and no other is. Why there?"
                return "lost-contribution", (), fact
    return None


def _graphs(tried: Sequence[Tried], within: float) -> list[Graph]:
    return [Graph(one, within) for one in tried if len(one.expression.walks) == 1]


# --- what contributions may have in common ----------------------------------------------------------------


def _others(graph: Graph, edge: Edge) -> list[Edge]:
    """The contributions of the same node to its other operands."""
    return [one for one in graph.edges if one.i == edge.i and one.k != edge.k]


def _uses(graph: Graph, j: int) -> list[Edge]:
    return [one for one in graph.edges if one.j == j]


CONDITIONS: dict[str, Callable[[Graph, Edge], bool]] = {
    "the operand stands twice in the operation": lambda g, e: any(o.j == e.j for o in _others(g, e)),
    "the node is an operand of several operations": lambda g, e: len({o.i for o in _uses(g, e.j)}) > 1,
    "the node is used more than once": lambda g, e: len(_uses(g, e.j)) > 1,
    "the other operand's partial is 0": lambda g, e: any(o.partial == 0.0 for o in _others(g, e)),
    "the operand's value is 0": lambda g, e: g.values[e.j] == 0.0,
    "the result's value is 0": lambda g, e: g.values[e.i] == 0.0,
    "the operand's value is negative": lambda g, e: g.values[e.j] < 0.0,
    "the result's value is negative": lambda g, e: g.values[e.i] < 0.0,
    "the contribution is negative": lambda g, e: g.flow[e.i] * e.partial < 0.0,
    "the upstream gradient is negative": lambda g, e: g.flow[e.i] < 0.0,
    "the upstream gradient is 1": lambda g, e: g.flow[e.i] == 1.0,
    "the partial is 1": lambda g, e: e.partial == 1.0,
    "the partial is negative": lambda g, e: e.partial < 0.0,
    "the operand is a leaf": lambda g, e: e.j < g.leaves,
    "the operand is the result of an operation": lambda g, e: e.j >= g.leaves,
    "the operand is the first one": lambda g, e: e.k == 0,
    "the operand is the second one": lambda g, e: e.k == 1,
    "the node that passes it on is the root": lambda g, e: e.i == g.root,
    "the node that passes it on is not the root": lambda g, e: e.i != g.root,
    "the operation has one operand": lambda g, e: not _others(g, e),
    "the operand's value is that of the root": lambda g, e: g.values[e.j] == g.values[g.root],
    "the operand's value is that of another node": lambda g, e: g.values.count(g.values[e.j]) > 1,
    "it is not the last use of the node": lambda g, e: any(o.i > e.i for o in _uses(g, e.j)),
    "it is not the first use of the node": lambda g, e: any(o.i < e.i for o in _uses(g, e.j)),
}
"""Each is a sentence, and whether it is true of a contribution."""
