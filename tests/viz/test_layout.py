import math
import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings, strategies as st

from microgd.viz import draw
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.layout import MARGIN, Frame, Item, Link, curve, place
from microgd.viz.stage import arranged

from .graphs import chain, diamond, embedding, linear, mlp, neuron, penalized, square

TOUCH = 0.11
"""Points are rounded to a tenth."""

AT_A_CORNER = 2.5
"""So far a curve may cut into the corner of a box that it passes."""


@st.composite
def programs(draw_from):
    """Boxes, each made of earlier ones, some of them in frames that nest; all lead to the last."""
    count = draw_from(st.integers(1, 36))
    depth = draw_from(st.integers(0, 5))
    frames = [Frame(f"f{i}", f"f{draw_from(st.integers(0, i - 1))}" if i % 2 else "") for i in range(depth)]
    size = st.floats(20.0, 150.0, allow_nan=False)
    homes = st.sampled_from(["", *(frame.id for frame in frames)])
    items = [Item(f"b{i}", draw_from(size), draw_from(size), draw_from(homes)) for i in range(count)]
    links, used = [], set()
    for head in range(1, count):
        tails = st.lists(st.integers(0, head - 1), max_size=3)
        for tail in draw_from(tails):
            links.append((tail, head))
            used.add(tail)
    links += [(tail, count - 1) for tail in range(count - 1) if tail not in used]
    return items, [Link(f"b{tail}", f"b{head}") for tail, head in links], frames


def overlap(a, b):
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def holds(outer, inner):
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.right <= outer.right + 1e-9
        and inner.bottom <= outer.bottom + 1e-9
    )


def around(found, name):
    """The frames that a box or a frame lies in."""
    frames = []
    while found.inside[name]:
        name = found.inside[name]
        frames.append(name)
    return frames


def on_the_curve(points, count=12):
    bends = curve(points)
    for i in range(0, len(bends) - 1, 3):
        for k in range(count + 1):
            t = k / count
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield tuple(
                sum(w * p[axis] for w, p in zip(weights, bends[i : i + 4], strict=True)) for axis in (0, 1)
            )


def check(items, links, frames, found):
    """What holds for every layout."""
    boxes = found.boxes
    assert list(boxes) == [item.id for item in items]
    for a, b in combinations(boxes.values(), 2):
        assert not overlap(a, b)
    for (name, a), (other, b) in combinations(found.frames.items(), 2):
        if name in around(found, other):
            assert holds(a, b)
        else:
            assert other not in around(found, name)
            assert not overlap(a, b)
    parents = {frame.id: frame.parent for frame in frames}
    for item in items:
        path = [found.uses[name] for name in around(found, item.id)]
        assert path[:1] == ([item.frame] if item.frame else [])
        assert all(parents[a] == b for a, b in pairwise([*path, ""]) if path)
        for name, frame in found.frames.items():
            if name in around(found, item.id):
                assert holds(frame, boxes[item.id])
            else:
                assert not overlap(frame, boxes[item.id])
    for link, points in zip(links, found.edges, strict=True):
        tail, head = boxes[link.tail], boxes[link.head]
        lower = tail.bottom <= head.y  # a later row
        assert tail.right <= head.x or lower
        assert points[0] == pytest.approx((tail.right, tail.y + tail.height / 2), abs=TOUCH)
        port = head.height / 2 if link.port is None else link.port
        assert points[-1] == pytest.approx((head.x, head.y + port), abs=TOUCH)
        for (x, y), (u, v) in pairwise(points):  # to the right, straight up or down, or back to a lower row
            assert x < u or (x == u and y != v) or (lower and y == v)
    for rect in [*boxes.values(), *found.frames.values()]:
        assert min(rect.x, rect.y) >= 0.0
        assert rect.right <= found.width + 1e-9
        assert rect.bottom <= found.height + 1e-9


@settings(max_examples=150, deadline=None)
@given(programs())
def test_any_program_has_a_layout_without_overlaps_and_without_arrows_that_run_backwards(program):
    check(*program, place(*program))


@settings(max_examples=60, deadline=None)
@given(programs())
def test_no_edge_runs_through_a_box(program):
    items, links, frames = program
    found = place(items, links, frames)
    for points in found.edges:
        for x, y in on_the_curve(points):
            for box in found.boxes.values():
                inside = min(x - box.x, box.right - x, y - box.y, box.bottom - y)
                assert inside <= AT_A_CORNER


@settings(max_examples=60, deadline=None)
@given(programs())
def test_operations_above_each_other_are_in_the_order_of_the_program(program):
    items, links, frames = program
    found = place(items, links, frames)
    made = {link.head for link in links}
    for a, b in combinations([item.id for item in items if item.id in made], 2):
        one, two = found.boxes[a], found.boxes[b]
        if found.inside[a] == found.inside[b] and one.x < two.right and two.x < one.right:
            assert one.y < two.y


@settings(max_examples=60, deadline=None)
@given(programs())
def test_the_last_box_is_at_the_right_end(program):
    found = place(*program)
    last = list(found.boxes.values())[-1]
    margin = MARGIN * len(around(found, list(found.boxes)[-1]))
    assert all(box.x < last.right for box in found.boxes.values())
    assert last.x >= max(box.x for box in found.boxes.values()) - 1e-9
    assert last.right + margin <= found.width + 1e-9


@settings(max_examples=40, deadline=None)
@given(programs())
def test_the_same_program_has_the_same_layout(program):
    assert place(*program) == place(*program)


# --- what readers look for ----------------------------------------------------------------------------


def drawn(made, level):
    drawing = draw(*made, level=level)
    picture, found = drawing.picture, drawing.layout
    items = [Item(box.id, *found.boxes[box.id][2:], box.group) for box in picture.boxes]
    frames = [Frame(group.id, group.parent) for group in picture.groups]
    return picture, items, frames, found


KINDS = {
    "neuron": lambda: (neuron(),),
    "square": lambda: (square(),),
    "diamond": lambda: (diamond(),),
    "chain": lambda: (chain(20),),
    "linear": linear,
    "mlp": lambda: mlp(2, 4, 1),
    "batch": lambda: mlp(2, 3, 1, batch=3),
    "penalized": penalized,
    "embedding": embedding,
}


@pytest.mark.parametrize("level", ["ops", "neurons", "layers"])
@pytest.mark.parametrize("kind", KINDS)
def test_pictures_keep_every_promise_of_a_layout(kind, level):
    picture, items, frames, found = drawn(KINDS[kind](), level)
    links = [Link(edge.tail, edge.head) for edge in picture.edges]
    ends = [points[-1][1] - found.boxes[link.head].y for link, points in zip(links, found.edges, strict=True)]
    links = [link._replace(port=end) for link, end in zip(links, ends, strict=True)]
    assert all(0.0 < link.port < found.boxes[link.head].height for link in links)
    check(items, links, frames, found)


@pytest.mark.parametrize("kind", KINDS)
def test_films_keep_every_promise_of_a_layout(kind):
    made = film(read(*KINDS[kind]()))
    found = arranged(made)
    items = [Item(f"b{i}", *found.boxes[f"b{i}"][2:], actor.group) for i, actor in enumerate(made.actors)]
    frames = [Frame(group.id, group.parent) for group in made.groups]
    links = [Link(f"b{way.tail}", f"b{way.head}") for way in made.ways]
    ends = [points[-1][1] - found.boxes[link.head].y for link, points in zip(links, found.edges, strict=True)]
    check(items, [x._replace(port=end) for x, end in zip(links, ends, strict=True)], frames, found)


@pytest.mark.parametrize("batch", [None, 3])
def test_neurons_are_in_order_from_top_to_bottom(batch):
    picture, _, _, found = drawn(mlp(2, 4, 3, 1, batch=batch), "neurons")
    for group in {box.group for box in picture.boxes if box.group}:
        heights = [found.boxes[box.id].y for box in picture.boxes if box.group == group]
        assert heights == sorted(heights)


def test_weights_are_in_order_from_top_to_bottom():
    picture, _, _, found = drawn(linear(), "ops")
    for row in (0, 1):
        heights = [found.boxes[box.id].y for box in picture.boxes if box.name.startswith(f"weight[{row}]")]
        assert len(heights) == 4
        assert heights == sorted(heights)


def test_layers_follow_each_other_from_left_to_right():
    picture, _, _, found = drawn(mlp(2, 4, 3, 1), "neurons")
    lefts = [found.frames[group.id].x for group in picture.groups if group.parent]
    assert len(lefts) == 3
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("level", ["ops", "neurons"])
@pytest.mark.parametrize("made", [linear, lambda: mlp(2, 4, 1), lambda: mlp(2, 3, 1, batch=3)])
def test_the_loss_is_at_the_right_end_and_near_the_middle(made, level):
    picture, _, _, found = drawn(made(), level)
    (loss,) = (found.boxes[box.id] for box in picture.boxes if box.is_loss)
    assert all(box.right <= loss.right for box in found.boxes.values())
    assert 0.2 * found.height < loss.y + loss.height / 2 < 0.8 * found.height


def test_an_input_is_just_before_its_first_use():
    """A loop: x1, x2 ... come in one after the other."""
    items, links = [Item("h0", 60, 40)], []
    for t in range(1, 7):
        items += [Item(f"x{t}", 60, 40), Item(f"m{t}", 60, 40), Item(f"h{t}", 60, 40)]
        links += [Link(f"x{t}", f"m{t}"), Link(f"h{t - 1}", f"h{t}"), Link(f"m{t}", f"h{t}")]
    found = place(items, links)
    for t in range(3, 7):  # as far right as what came two iterations before
        assert found.boxes[f"m{t}"].x == pytest.approx(found.boxes[f"h{t - 1}"].x)
        assert found.boxes[f"x{t}"].x == pytest.approx(found.boxes[f"h{t - 2}"].x)


def test_a_module_that_is_used_again_has_a_frame_for_each_use():
    items = [Item(name, 60, 40, "m" if name in "ac" else "") for name in "abc"]
    found = place(items, [Link("a", "b"), Link("b", "c")], [Frame("m")])
    assert list(found.frames) == ["m", "m'2"]
    assert found.uses == {"m": "m", "m'2": "m"}
    assert found.inside == {"a": "m", "b": "", "c": "m'2", "m": "", "m'2": ""}


def test_a_frame_is_wide_enough_for_its_title():
    found = place([Item("a", 30, 30, "f")], [], [Frame("f", "", 200.0)])
    assert found.frames["f"].width == 200.0


def test_a_curve_is_level_where_it_begins_and_ends():
    start, after, *_, before, end = curve([(0.0, 0.0), (30.0, 80.0), (60.0, 80.0), (90.0, 10.0)])
    assert start[1] == after[1]
    assert before[1] == end[1]


def test_600_boxes_take_well_under_a_second():
    items = [Item(f"b{i}", 80, 40) for i in range(600)]
    links = [Link(f"b{int(i - 1 - (i * 7919) % math.isqrt(i))}", f"b{i}") for i in range(1, 600)]
    links += [Link(f"b{i - 1}", f"b{i}") for i in range(1, 600)]
    start = time.process_time()
    place(items, links)
    assert time.process_time() - start < 1.0


def test_a_thousand_boxes_in_a_row_are_no_recursion():
    found = place(
        [Item(f"b{i}", 80, 40) for i in range(2000)], [Link(f"b{i}", f"b{i + 1}") for i in range(1999)]
    )
    assert len({box.y for box in found.boxes.values()}) == 1
