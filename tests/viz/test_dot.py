import html
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from microgd import Value
from microgd.viz import draw
from microgd.viz.colours import (
    BLUE,
    CONTRAST,
    FRAME_PAPERS,
    GREY,
    INK,
    NIGHT_INKS,
    ORANGE,
    PAPER,
    PARAMETER_BORDER,
    PARAMETER_PAPER,
    at_night,
    contrast,
    mix,
    readable_on,
    shade,
)
from microgd.viz.dot import digraph
from microgd.viz.labels import text
from microgd.viz.model import Tone
from microgd.viz.words import clean

from .graphs import HOSTILE, diamond, linear, mlp, square


def source(loss, model=None, level="ops"):
    return draw(loss, model, level).digraph.source


def labels(text):
    """The HTML-like labels of DOT source, as XML."""
    return [ET.fromstring(label) for label in re.findall(r"label=<(<TABLE.*?</TABLE>)>(?=[ \n\]])", text)]


def test_labels_are_html_like_and_well_formed():
    assert len(labels(source(square()))) == 3  # two boxes and the caption


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_round_trip(label):
    loss = Value(2.0, label).exp()
    drawing = draw(loss)
    shown = "".join(labels(drawing.digraph.source)[1].itertext())
    assert shown.replace("\\\\", "\\").strip().startswith(clean(label))
    svg = drawing.svg()
    words = [t.text or "" for t in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    joined = " ".join(clean(label).split())
    assert joined in " ".join(" ".join(words).replace("\xa0", " ").split())
    assert "<script" not in svg


def test_backslashes_are_doubled_because_graphviz_reads_them():
    assert text("\\N") == "\\\\N"
    assert text("<&\"'>") == html.escape("<&\"'>").replace("&#x27;", "&#39;")


def test_colour_means_gradient_sign_and_dashes_repeat_it():
    a = Value(2.0, "a")
    loss = -a * 3.0
    loss.backward()
    code = source(loss)
    edges = [line for line in code.splitlines() if "->" in line]
    assert "style=dashed" in edges[0]  # d loss / d a = -3 flows along it
    assert "style=dashed" not in edges[1]
    assert "penwidth" in edges[0]


def test_parameters_have_a_blue_border_and_the_loss_a_heavy_one():
    code = source(*linear())
    assert code.count(f'COLOR="{PARAMETER_BORDER}" BORDER="2"') == 10
    assert code.count('BORDER="3"') == 1


def test_leaves_are_square_and_operations_rounded():
    code = source(square())
    leaf, op = (line for line in code.splitlines() if re.match(r"\tv\d \[", line))
    assert "ROUNDED" not in leaf
    assert "ROUNDED" in op


def test_constants_are_small_and_dashed():
    assert source(diamond()).count('STYLE="DASHED"') == 1


def test_the_source_is_deterministic():
    assert source(*linear()) == source(*linear())


def test_edges_end_in_ports():
    drawing = draw(square(), level="ops")
    assert re.findall(r"v0:e -> v1:(i\d):w", digraph(drawing.picture).source) == ["i0", "i1"]
    box = drawing.layout.boxes["v1"]
    first, second = (points[-1][1] - box.y for points in drawing.layout.edges)
    assert 0.2 * box.height < first < 0.4 * box.height
    assert 0.6 * box.height < second < 0.8 * box.height


def test_an_edge_ends_at_its_row_of_a_card():
    drawing = draw(*linear(), level="neurons")
    card = next(box for box in drawing.picture.boxes if box.group == "Linear")
    ends = [
        points[-1][1]
        for edge, points in zip(drawing.picture.edges, drawing.layout.edges, strict=True)
        if edge.head == card.id
    ]
    assert len(ends) == 4
    steps = [b - a for a, b in pairwise(ends)]
    assert max(steps) - min(steps) < 0.3  # the rows are of one height
    assert 10.0 < steps[0] < 30.0


def test_modules_are_clusters():
    code = source(*linear())
    assert code.count("subgraph cluster_") == 4


def test_text_on_colour_is_readable():
    assert readable_on("#ffffff") == INK
    assert readable_on(BLUE) == PAPER
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_every_box_frame_and_edge_has_its_place():
    drawing = draw(*linear(), level="ops")
    code = drawing.digraph.source
    assert "layout=nop2" in code
    nodes = re.findall(r"\tv\d+ \[.*pos=\"[0-9.]+,[0-9.]+\"", code)
    assert len(nodes) == len(drawing.picture.boxes)
    assert len(re.findall(r"bb=\"[0-9.,]+\".*lp=\"", code)) == len(drawing.picture.groups)
    assert len(re.findall(r"-> .*pos=\"e,", code)) == len(drawing.picture.edges)


SHADES = [
    shade(Tone(sign * 1.0, k / 200, broken))
    for k in range(201)
    for sign in (1, -1)
    for broken in (True, False)
]


@pytest.mark.parametrize("paper", [PAPER, *FRAME_PAPERS, PARAMETER_PAPER])
@pytest.mark.parametrize("ink", [INK, GREY])
def test_text_has_the_contrast_that_readers_need(paper, ink):
    assert contrast(paper, ink) >= CONTRAST
    assert contrast(at_night(paper), NIGHT_INKS[ink]) >= CONTRAST


def test_numbers_on_a_gradients_colour_have_it_too():
    assert contrast(PAPER, ORANGE) >= CONTRAST
    assert contrast(at_night(PAPER), NIGHT_INKS[ORANGE]) >= CONTRAST
    for colour in SHADES:
        ink = readable_on(colour)
        assert contrast(colour, ink) >= CONTRAST
        assert contrast(at_night(colour), NIGHT_INKS.get(ink, ink)) >= CONTRAST


def test_the_two_scales_of_heat_maps_are_one_table():
    tables = labels(draw(*mlp(2, 3, 1), level="layers").digraph.source)
    (keys,) = (
        rows
        for table in tables
        for t in table.iter("TABLE")
        if len(rows := t.findall("TR")) == 2
        and "strongest" in _all(rows[1])
        and len(rows[0]) == len(rows[1]) == 11
    )
    assert [_all(row[0]).strip() for row in keys] == ["dL/dw", "dL/dout"]


def _all(element):
    return "".join(element.itertext())
