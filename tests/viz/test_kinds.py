"""Every kind of graph that people draw: what its picture says, and where things are.

The words are compared with golden_kinds.txt.

    python -m tests.viz.test_kinds

writes that file anew, after a change to what pictures show: read the difference before you keep it.
"""

import functools
import itertools
import re
import statistics
from pathlib import Path

import pytest

from microgd.viz import draw, play
from microgd.viz.model import Box

from . import describe
from .geometry import NEAR, geometry, stage
from .kinds import KINDS

GOLDEN = Path(__file__).with_name("golden_kinds.txt")
every_kind = pytest.mark.parametrize("kind", KINDS)


@functools.cache
def made(kind):
    """The picture and the film of a kind."""
    loss, model = KINDS[kind]()
    return draw(loss, model), play(loss, model)


@functools.cache
def places(kind):
    return geometry(made(kind)[0])


@functools.cache
def on_stage(kind):
    return stage(made(kind)[1])


# --- what is said ------------------------------------------------------------------------------------


def told(kind):
    drawing, player = made(kind)
    return f"{describe.picture(drawing.picture)}\n{describe.film(player.film)}\n\n"


def golden():
    parts = re.split(r"^=== (.*)\n", GOLDEN.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@every_kind
def test_the_picture_says_what_it_said(kind):
    assert told(kind) == golden()[kind]


def test_the_descriptions_are_of_these_kinds():
    assert list(golden()) == list(KINDS)


@every_kind
def test_a_description_is_the_same_each_time(kind):
    loss, model = KINDS[kind]()
    assert describe.picture(draw(loss, model).picture) == describe.picture(made(kind)[0].picture)


# --- where things are --------------------------------------------------------------------------------


def outside(found):
    everything = {**found.boxes, **{f"frame {k}": v for k, v in found.frames.items()}}
    everything |= {f"edge {i}": edge for i, edge in enumerate(found.edges)}
    return [name for name, rect in everything.items() if not rect.inside(found.canvas)]


def overlaps(found):
    return [
        (a, b)
        for (a, one), (b, other) in itertools.combinations(found.boxes.items(), 2)
        if not one.beside(other)
    ]


@every_kind
def test_nothing_is_outside_of_the_canvas(kind):
    assert outside(places(kind)) == []


@every_kind
def test_no_two_boxes_overlap(kind):
    assert overlaps(places(kind)) == []


def test_a_small_picture_is_not_widened_by_its_legend():
    found = places("a diamond")
    boxes = max(rect.right for rect in found.boxes.values()) - min(rect.left for rect in found.boxes.values())
    assert found.canvas.right - found.canvas.left < 1.25 * boxes


def frames_around(drawn, box):
    """The groups that a box lies in."""
    outer = {group.id: group.parent for group in drawn.groups}
    group = box.group
    while group:
        yield group
        group = outer[group]


@every_kind
def test_a_frame_holds_exactly_its_boxes(kind):
    drawn, found = made(kind)[0].picture, places(kind)
    for box in drawn.boxes:
        place, wanted = found.boxes[box.id], set(frames_around(drawn, box))
        inside = [found.groups[name] for name, rect in found.frames.items() if place.inside(rect)]
        touched = [found.groups[name] for name, rect in found.frames.items() if not place.beside(rect)]
        assert sorted(inside) == sorted(touched) == sorted(wanted), f"{box.id} is in {touched}"


@every_kind
def test_frames_are_nested_or_apart(kind):
    for a, b in itertools.combinations(places(kind).frames.values(), 2):
        assert a.beside(b) or a.inside(b) or b.inside(a)


@every_kind
def test_everything_is_drawn_where_the_layout_says(kind):
    layout, found = made(kind)[0].layout, places(kind)
    shifts = []
    for said, drawn in [(layout.boxes, found.boxes), (layout.frames, found.frames)]:
        for name, rect in said.items():
            assert drawn[name].right - drawn[name].left == pytest.approx(rect.width, abs=2 * NEAR)
            assert drawn[name].bottom - drawn[name].top == pytest.approx(rect.height, abs=2 * NEAR)
            shifts.append((drawn[name].left - rect.x, drawn[name].top - rect.y))
    for x, y in shifts:
        assert (x, y) == pytest.approx(shifts[0], abs=2 * NEAR)


def right_of(loss, boxes):
    """What is further right than the loss, and not in a row above it."""
    return [i for i, rect in boxes.items() if rect.left > loss.left + NEAR and rect.bottom > loss.top]


def backwards(edges, boxes):
    """Edges that run to the left, although they do not lead to a lower row."""
    return [
        (edge.tail, edge.head)
        for edge in edges
        if boxes[edge.tail].right > boxes[edge.head].left + NEAR
        and boxes[edge.tail].bottom > boxes[edge.head].top
    ]


@every_kind
def test_the_loss_is_at_the_right_end_of_the_last_row(kind):
    drawn, found = made(kind)[0].picture, places(kind)
    (loss,) = (found.boxes[box.id] for box in drawn.boxes if box.is_loss)
    assert right_of(loss, found.boxes) == []


@every_kind
def test_no_arrow_runs_backwards_within_a_row(kind):
    assert backwards(made(kind)[0].picture.edges, places(kind).boxes) == []


IN_ROWS = {"an RNN of 6 steps"}
FILMS_IN_ROWS = {"an RNN of 6 steps", "Newton's method, 30 times", "a chain of 200"}


@every_kind
def test_only_long_loops_have_rows(kind):
    """Everywhere else, no arrow at all runs to the left."""
    drawing, player = made(kind)
    for edges, boxes, in_rows in [
        (drawing.picture.edges, places(kind).boxes, IN_ROWS),
        (player.film.ways, on_stage(kind).boxes, FILMS_IN_ROWS),
    ]:
        left = [e for e in edges if boxes[e.tail].right > boxes[e.head].left + NEAR]
        assert bool(left) == (kind in in_rows)


@pytest.mark.parametrize("kind", sorted(FILMS_IN_ROWS))
def test_a_long_loop_is_no_wider_than_a_page(kind):
    for found in [on_stage(kind), places(kind)]:
        assert found.canvas.right - found.canvas.left < 2400


def misplaced(ordered, rects):
    """Neighbours in an order that stand in one column, but not from top to bottom."""
    return [
        (a, b)
        for a, b in itertools.combinations(ordered, 2)
        if rects[a].below_or_above(rects[b]) and rects[a].top > rects[b].top
    ]


@every_kind
def test_neurons_stand_in_their_order(kind):
    drawn, found = made(kind)[0].picture, places(kind)
    by_module = {}
    for box in drawn.boxes:
        if not isinstance(box, Box) and box.title.startswith("neuron "):
            by_module.setdefault(box.group, []).append(box.id)
    for ordered in by_module.values():
        assert misplaced(ordered, found.boxes) == []
    outer = {name: found.groups[around] for name, around in made(kind)[0].layout.inside.items() if around}
    titles = {group.id: group.title for group in drawn.groups}
    for parent in set(outer.values()):
        frames = [n for n, g in found.groups.items() if outer.get(n) == parent and titles[g][:7] == "neuron "]
        assert misplaced(frames, found.frames) == []


@every_kind
def test_leaves_of_a_column_stand_in_the_order_of_their_first_use(kind):
    drawn, found = made(kind)[0].picture, places(kind)
    leaves = {box.id for box in drawn.boxes if isinstance(box, Box) and box.kind != "op"}
    used = [edge.tail for edge in drawn.edges if edge.tail in leaves]
    assert misplaced(list(dict.fromkeys(used)), found.boxes) == []


def how_far(leaf, user):
    """How much a leaf is above or below the box that uses it."""
    high = (user.bottom - user.top) / 2
    return max(0.0, abs((leaf.top + leaf.bottom) / 2 - user.top - high) - high)


@every_kind
def test_a_leaf_is_beside_its_first_use(kind):
    drawn, found = made(kind)[0].picture, places(kind)
    leaves = {box.id for box in drawn.boxes if isinstance(box, Box) and box.kind != "op"}
    first = {edge.tail: edge.head for edge in reversed(drawn.edges) if edge.tail in leaves}
    apart = [how_far(found.boxes[leaf], found.boxes[user]) for leaf, user in first.items()]
    assert statistics.median(apart or [0.0]) < 23.0  # half of a box


# --- the film ----------------------------------------------------------------------------------------


@every_kind
def test_nothing_of_the_film_is_outside_of_its_canvas(kind):
    assert outside(on_stage(kind)) == []


@every_kind
def test_no_two_boxes_of_the_film_overlap(kind):
    assert overlaps(on_stage(kind)) == []


@every_kind
def test_no_arrow_of_the_film_runs_backwards_within_a_row(kind):
    assert backwards(made(kind)[1].film.ways, on_stage(kind).boxes) == []


@every_kind
def test_the_loss_of_the_film_is_at_the_right_end_of_the_last_row(kind):
    boxes = on_stage(kind).boxes
    (loss,) = (boxes[i] for i, actor in enumerate(made(kind)[1].film.actors) if actor.is_loss)
    assert right_of(loss, boxes) == []


def results(kind):
    """The edges along which results go. The penalty on weights uses what the boxes of layers hold: leaves."""
    film = made(kind)[1].film
    if kind != "two moons, hinge and L2":
        return film.ways
    penalty = next(i for i, actor in enumerate(film.actors) if actor.sign == "674 values")
    return [way for way in film.ways if way.head != penalty]


@every_kind
def test_the_film_computes_operands_before_results(kind):
    film = made(kind)[1].film
    when = {frame.box: at for at, frame in enumerate(film.frames) if not frame.backward and frame.box >= 0}
    assert all(when.get(w.tail, -1) < when[w.head] for w in results(kind))


@every_kind
def test_the_film_goes_back_from_results_to_operands(kind):
    film = made(kind)[1].film
    when = {frame.box: at for at, frame in enumerate(film.frames) if frame.backward}
    assert all(when[w.tail] > when[w.head] for w in results(kind) if w.tail in when and w.head in when)


def forward(kind):
    """The boxes that the film computes, in their order."""
    film = made(kind)[1].film
    return [film.actors[f.box] for f in film.frames if not f.backward and f.box >= 0]


@every_kind
def test_the_film_computes_neurons_in_their_order(kind):
    by_module = {}
    for actor in forward(kind):
        if found := re.fullmatch(r"neuron (\d+)(?:, use (\d+))?", actor.sign):
            by_module.setdefault((actor.group, found[2]), []).append(int(found[1]))
    assert all(numbers == sorted(numbers) for numbers in by_module.values())


@pytest.mark.parametrize("kind", ["Newton's method, 30 times", "a chain of 200"])
def test_the_film_of_a_loop_runs_in_time(kind):
    turns = [int(n) for actor in forward(kind) for n in re.findall(r"iteration (\d+)", actor.name)]
    assert turns == sorted(turns)


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"=== {kind}\n{told(kind)}" for kind in KINDS), encoding="utf-8")
