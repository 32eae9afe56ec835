"""Weights that several cards use, as in the time steps of a recurrent network.

They are shown once more, on a card of their own. There the gradient of each is the sum over all its uses,
as `backward()` left it. On the other cards it is the contribution of that card alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fold import LAYER, NEURON
from .graph import TIME
from .model import Card, Edge, HeatMap, HeatRow, Row
from .thin import thinned
from .words import number

if TYPE_CHECKING:
    from .fold import Folded, Part
    from .graph import Graph, Step
    from .model import Group, Picture, Toner

MOST_ROWS = 14
"""A card of more weights shows the first and the last of them."""


def shared(folded: Folded, kind: str) -> list[list[int]]:
    """The numbers of the parts that use the same weights: a list for each layer that is used again.

    Neurons count only in time steps: the samples of a batch use the same weights, too.
    """
    layers: dict[tuple[object, ...], list[int]] = {}
    for index, part in enumerate(folded.parts):
        if part.kind != kind:
            continue
        if kind == LAYER:
            layers.setdefault(_weights(part)[:1], []).append(index)
        elif any(TIME in scope for scope in part.path):
            layers.setdefault(_outside(part.path), []).append(index)
    return [found for found in layers.values() if len(set(map(_use, (folded.parts[i] for i in found)))) > 1]


def _use(part: Part) -> tuple[tuple[str, ...], int]:
    return part.path, part.stage


def _weights(part: Part) -> tuple[Step, ...]:
    """The parameters of a part, each once, in their order."""
    return tuple(dict.fromkeys(w for step in part.steps if step.op == "dot" for w in step.weights()))


def _outside(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path without its time step: the module, whenever it is used."""
    bare = [scope.partition(TIME)[0] for scope in path]
    return tuple(dict.fromkeys(scope for scope in bare if scope))


def _home(path: tuple[str, ...], shown: list[Group]) -> str:
    """The innermost frame around all uses."""
    known = {group.id for group in shown}
    return next((scope for scope in reversed(_outside(path)) if scope in known), "")


def add_shared_neurons(picture: Picture, graph: Graph, folded: Folded, toned: Toner) -> None:
    """A card for the weights of each module that several time steps use."""
    for at, found in enumerate(shared(folded, NEURON)):
        parts = [folded.parts[i] for i in found]
        weights = list(dict.fromkeys(w for part in parts for w in _weights(part)))
        rows = [Row(w.name.rpartition(".")[2], [number(w.data)], toned(w.grad)) for w in weights]
        if len(rows) > MOST_ROWS + 1:
            rows[MOST_ROWS // 2 : -MOST_ROWS // 2] = [Row(f"… {len(rows) - MOST_ROWS} more", [""])]
        picture.boxes.append(
            Card(
                id=f"w{at}",
                title=_title(graph, parts),
                heads=["data"],
                rows=rows,
                group=_home(parts[0].path, picture.groups),
                is_loss=False,
                differentiated=graph.differentiated,
            )
        )


def add_shared_layers(picture: Picture, graph: Graph, folded: Folded, heavy: Toner) -> bool:
    """A heat map of the weights of each layer that is used again, and edges to all its uses; if there are."""
    if not graph.differentiated:
        return False
    for at, found in enumerate(shared(folded, LAYER)):
        parts = [folded.parts[i] for i in found]
        dots = {folded.neurons[step][0]: step for step in parts[-1].steps if step.op == "dot"}
        rows = []
        for n, dot in sorted(dots.items()):
            tones = [heavy(dot.operands[slot].grad) for slot, _ in dot.terms()]
            rows.append(HeatRow(f"n{n}", tones, heavy(dot.bias.grad) if dot.bias else None, [], []))
        rows, cells = thinned(rows)
        picture.boxes.append(
            HeatMap(
                id=f"w{at}",
                title=_title(graph, parts),
                note=", ".join(["each gradient is the sum over them", *cells]),
                rows=rows,
                group=_home(parts[0].path, picture.groups),
                is_loss=False,
                differentiated=True,
            )
        )
        picture.edges += [Edge(f"w{at}", f"c{i}", "", None) for i in found]
    return any(box.id.startswith("w") for box in picture.boxes)


def _title(graph: Graph, parts: list[Part]) -> str:
    """ "W Linear: weights of 6 steps" """
    uses = len(set(map(_use, parts)))
    what = "steps" if any(TIME in scope for scope in parts[0].path) else "uses"
    return f"{graph.title(parts[0].path) or 'layer'}: weights of {uses} {what}"
