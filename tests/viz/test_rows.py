"""Long loops, broken into rows like the lines of a text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from microgd.viz import draw
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.layout import Frame, Item, Link, curve, place
from microgd.viz.stage import arranged

from .graphs import chain
from .kinds import newton
from .test_layout import AT_A_CORNER, check, on_the_curve
from .test_time_steps import network, scalars

PAGE = 700.0


@st.composite
def loops(draw_from):
    """A loop: weights that every turn uses, inputs of each turn, and a state that goes from turn to turn."""
    size = st.floats(20.0, 120.0, allow_nan=False)
    framed, outer = draw_from(st.booleans()), draw_from(st.sampled_from(["", "model"]))
    weights, late = draw_from(st.integers(0, 4)), draw_from(st.booleans())
    items, links, frames = [], [], [Frame("model")] if outer else []
    if late:  # it comes into the frame from outside
        items.append(Item("before", draw_from(size), draw_from(size)))
        items.append(Item("made", draw_from(size), draw_from(size)))
        links.append(Link("before", "made"))
    items += [Item(f"w{i}", draw_from(size), draw_from(size), outer) for i in range(weights)]
    state = "made" if late else ""
    for turn in range(draw_from(st.integers(3, 9))):
        home = f"turn{turn}" if framed else outer
        if framed:
            frames.append(Frame(home, outer, turn=True))
        items.append(Item(f"x{turn}", draw_from(size), draw_from(size), home))
        for k in range(draw_from(st.integers(1, 5))):
            name = f"t{turn}.{k}"
            items.append(Item(name, draw_from(size), draw_from(size), home))
            used = [state, f"x{turn}" if not k else "", *(f"w{i}" for i in range(weights) if (i + k) % 3)]
            links += [Link(tail, name) for tail in dict.fromkeys(used) if tail]
            state = name
    items += [Item("answer", draw_from(size), draw_from(size), outer), Item("loss", 90.0, 40.0)]
    links += [Link(state, "answer"), Link("answer", "loss")]
    links += [Link("made", "answer")] if late and draw_from(st.booleans()) else []
    unused = {f"w{i}" for i in range(weights)} - {link.tail for link in links}
    return [item for item in items if item.id not in unused], links, frames


@settings(max_examples=150, deadline=None)
@given(loops())
def test_rows_keep_every_promise_of_a_layout(loop):
    check(*loop, place(*loop, page=PAGE))


@settings(max_examples=60, deadline=None)
@given(loops())
def test_no_edge_runs_through_a_box(loop):
    found = place(*loop, page=PAGE)
    for points in found.edges:
        for x, y in on_the_curve(points):
            for box in found.boxes.values():
                assert min(x - box.x, box.right - x, y - box.y, box.bottom - y) <= AT_A_CORNER


def turns(count, page, framed=True):
    """So many turns, each of two boxes of 100, with a weight."""
    items, links, frames = [Item("w", 60, 40)], [], []
    for i in range(count):
        home = f"turn{i}" if framed else ""
        frames += [Frame(home, "", turn=True)] if framed else []
        items += [Item(f"a{i}", 100, 40, home), Item(f"b{i}", 100, 40, home)]
        links += [Link("w", f"a{i}"), Link(f"a{i}", f"b{i}")]
        links += [Link(f"b{i - 1}", f"a{i}"), Link(f"b{i - 1}", f"b{i}")] if i else []
    return place(items, links, frames, page)


@pytest.mark.parametrize("framed", [True, False])
def test_turns_stand_in_rows_from_left_to_right_and_from_top_to_bottom(framed):
    found = turns(12, 900, framed)
    firsts = [found.boxes[f"a{i}"] for i in range(12)]
    new = [i for i, (a, b) in enumerate(pairwise(firsts), start=1) if b.x < a.x]
    assert len(new) >= 3
    assert all(firsts[i].y > found.boxes[f"b{i - 1}"].bottom for i in new)
    assert found.width < 1.2 * 900


def test_a_row_begins_with_a_turn_of_a_loop():
    """What goes back is the state, which the next turn uses twice, and nothing from inside of a turn."""
    found = turns(12, 900, framed=False)
    for i in range(12):
        assert found.boxes[f"a{i}"].right < found.boxes[f"b{i}"].x


def test_turns_in_rows_have_equal_columns():
    found = turns(12, 900)
    lefts = sorted(found.boxes[f"a{i}"].x for i in range(12))
    columns = [a for a, b in pairwise(lefts) if b - a > 5]
    assert len(columns) == 2  # and a third one


def test_what_all_rows_use_stands_left_of_them():
    found = turns(12, 900)
    assert all(found.boxes["w"].right < box.x for name, box in found.boxes.items() if name != "w")


def test_what_goes_back_goes_back_once_between_two_rows():
    """Level, in the space between the rows, and in one line for all edges of one value."""
    found = turns(12, 900, framed=False)
    backs = [(a[1], b[1]) for points in found.edges for a, b in pairwise(points) if b[0] < a[0]]
    assert all(y == v for y, v in backs)
    heights = sorted({y for y, _ in backs})
    assert len(heights) < len(backs)
    for y in heights:
        assert all(not box.y - 2 < y < box.bottom + 2 for name, box in found.boxes.items() if name != "w")


def test_a_loop_that_fits_on_a_page_has_one_row():
    assert turns(12, 10_000) == turns(12, float("inf"))
    found = turns(3, 900)
    assert max(box.bottom for box in found.boxes.values()) < 200


def test_a_corner_is_round_and_the_line_between_two_corners_is_straight():
    bends = curve([(0.0, 0.0), (100.0, 0.0), (100.0, 80.0), (20.0, 80.0)])
    assert bends[0] == (0.0, 0.0)
    assert bends[-1] == (20.0, 80.0)
    assert (len(bends) - 1) % 3 == 0
    assert max(x for x, _ in bends) == 100.0


@pytest.mark.parametrize("made", [newton, lambda: (chain(150),), network, scalars])
def test_the_film_of_a_long_loop_fits_the_width_of_a_page(made):
    found = arranged(film(read(*made())), 8)
    assert 1200 < found.width < 2400
    assert len({round(box.y) for box in found.boxes.values()}) > 1


@pytest.mark.parametrize("level", ["ops", "neurons"])
def test_pictures_of_a_long_loop_have_rows(level):
    drawing = draw(*scalars(12), level="ops") if level == "ops" else draw(*network(2, 4), level=level)
    titles = {g.id: g.title for g in drawing.picture.groups if g.turn}
    frames = [drawing.layout.frames[name] for name in titles]
    assert drawing.layout.width < 1.4 * 1500
    lower = [b.y > a.bottom for a, b in pairwise(frames)]
    assert any(lower)
    assert all(down or b.x > a.right for (a, b), down in zip(pairwise(frames), lower, strict=True))
