import base64
import re
import xml.etree.ElementTree as ET
from importlib import metadata

import pytest

import microgd
from microgd import Value, viz
from microgd.tensor import values
from microgd.viz import draw, play, render
from microgd.viz.drawing import boxes
from microgd.viz.graph import read
from microgd.viz.model import ops_level

from .graphs import linear, mlp, neuron, square

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def nothing_installed(monkeypatch):
    """Neither the wheel nor a system's dot."""

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    render.program.cache_clear()
    monkeypatch.setattr(render.metadata, "files", missing)
    monkeypatch.setattr(render.shutil, "which", lambda name: None)
    yield
    render.program.cache_clear()


def test_svg_is_well_formed_and_says_what_it_is():
    root = ET.fromstring(draw(neuron()).svg())
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert next(root.iter("{http://www.w3.org/2000/svg}title")).text.startswith("out = 0.4621")


def test_png_is_a_png():
    assert draw(square()).png().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("suffix", ["svg", "png", "dot", "html"])
def test_save_goes_by_the_suffix(tmp_path, suffix):
    path = draw(square()).save(tmp_path / f"loss.{suffix}")
    assert path.stat().st_size > 500


def test_save_refuses_other_suffixes(tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png, \.dot or \.html"):
        draw(square()).save(tmp_path / "loss.jpg")


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="level must be one of ops"):
        draw(square(), level="atoms")


@pytest.mark.parametrize("thing", [3.0, "loss", None, [1.0, 2.0]])
def test_what_is_no_value_is_refused(thing):
    with pytest.raises(TypeError, match="expected a Value"):
        draw(thing)


def test_a_tensor_of_one_element_is_drawn():
    assert draw(microgd.Tensor([square()])).picture.boxes


def test_ids_are_unique_on_a_page():
    drawing = draw(square())
    ids = [set(re.findall(r'\bid="([^"]*)"', drawing._repr_svg_())) for _ in range(2)]
    assert ids[0]
    assert not ids[0] & ids[1]
    other = set(re.findall(r'\bid="([^"]*)"', draw(neuron()).svg()))
    assert not other & set(re.findall(r'\bid="([^"]*)"', drawing.svg()))


def test_a_drawing_is_a_snapshot():
    loss, model = linear()
    drawing = draw(loss, model)
    with microgd.no_grad():
        for p in values(model.parameters()):
            p.data = 0.0
    assert drawing.digraph.source == draw(*linear()).digraph.source


def test_a_notebook_shows_svg():
    bundle = draw(square())._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")


def test_without_a_program_everything_says_what_to_install(nothing_installed):
    drawing = draw(square())
    for make in (drawing.svg, drawing.png):
        with pytest.raises(ImportError, match=r'pip install "microgd\[viz\]"') as caught:
            make()
        assert "loss = x × x" in str(caught.value)  # the tree
    text = drawing._repr_mimebundle_()["text/plain"]
    assert 'pip install "microgd[viz]"' in text
    assert "x" in text.splitlines()[-1]  # the tree
    assert drawing._repr_svg_() is None
    assert "×" in drawing.tree()
    assert "pos=" not in drawing.digraph.source


def test_a_film_needs_no_program(nothing_installed):
    assert "<svg" in play(square()).html
    assert play(square())._repr_html_().startswith("<iframe")


def test_a_notebook_repr_never_raises(monkeypatch):
    drawing = draw(square())

    def broken(*args):
        raise RuntimeError("no")

    monkeypatch.setattr(viz.drawing, "render", broken)
    monkeypatch.setattr(viz.drawing, "text_tree", broken)
    assert drawing._repr_svg_() is None
    assert "text/plain" in drawing._repr_mimebundle_()


def test_the_wheel_is_found_before_a_systems_dot():
    render.program.cache_clear()
    assert "graphviz-pure" in render.program()


def test_graphviz_is_not_imported_before_something_is_drawn():
    import subprocess
    import sys

    script = "import microgd.viz, sys; assert 'graphviz' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_leaf_can_be_drawn():
    assert draw(Value(2.0, "x")).svg()


def test_a_layout_that_takes_too_long_is_given_up_with_a_sentence(monkeypatch):
    monkeypatch.setattr(render, "PATIENCE", 0.0001)
    with pytest.raises(TimeoutError, match="draw with less detail"):
        draw(square()).svg()


@pytest.mark.parametrize("widths", [(2, 3, 1), (8, 2, 1), (9, 2, 1)])
def test_the_boxes_are_counted_before_they_are_made(widths):
    graph = read(mlp(*widths)[0])
    hidden = sum(step.exponent is not None for step in graph.steps)
    assert boxes(graph) == len(ops_level(graph).boxes) + hidden


def test_in_a_notebook_a_picture_is_as_wide_as_the_page_and_not_wider_than_drawn():
    drawing = draw(*mlp(2, 4, 1))
    points = float(re.search(r'width="([0-9]+)pt"', drawing.svg())[1])
    root = ET.fromstring(drawing._repr_svg_())
    assert root.get("width") == "100%"
    assert root.get("height") is None
    assert root.get("style") == f"max-width:{round(points * 4 / 3)}px;height:auto"
    assert root.get("viewBox").endswith(".00")  # without it nothing would scale


def test_a_picture_says_in_words_what_it_shows():
    for svg in (draw(neuron()).svg(), draw(neuron())._repr_svg_()):
        assert ET.fromstring(svg).get("aria-label").startswith("out = 0.4621")


def test_every_text_has_the_width_that_it_was_measured_with():
    """A reader's machine may have another font: then a text would run into the next cell."""
    for svg in (
        draw(*linear()).svg(),
        draw(*mlp(2, 16, 16, 1)).svg(),
        draw(Value(2.0, "a  & <b>-").exp()).svg(),
    ):
        for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
            if text.text.strip():
                assert float(text.get("textLength")) > 0.0
                assert text.get("lengthAdjust") == "spacingAndGlyphs"


def test_a_dark_page_has_dark_pictures():
    svg = draw(*linear()).svg()
    style = next(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}style")).text
    assert style.startswith("@media (prefers-color-scheme:dark){")
    assert '[fill="#0f172a"]{fill:#f1f5f9}' in style  # text
    assert re.search(r':not\(text,\.edge \*\)\[fill="(#ffffff|white)"\]\{fill:#0b1120\}', style)
    rules = re.findall(r"#([a-zA-Z0-9_]+) [^{}]+\{", style.partition("{")[2])
    assert set(rules) == {f"{draw(*linear()).prefix}graph"}  # of this picture only
    assert f'id="{rules[0]}"' in svg


def test_a_notebook_that_is_converted_has_an_image_with_alternative_text():
    bundle = draw(Value(2.0, 'a"><b>').exp())._repr_mimebundle_()
    image = ET.fromstring(bundle["text/html"].removesuffix(">") + "/>")
    assert image.tag == "img"
    assert image.get("alt") == (
        "The graph of a loss: loss = 7.389 · 2 values · No gradients yet: backward() has not been called on"
        " this loss."
    )
    assert image.get("width") == "100%"
    assert image.get("style").startswith("max-width:")
    head, _, data = image.get("src").partition(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == bundle["image/svg+xml"]


@pytest.mark.parametrize("label", ["重み", "\N{PILE OF POO}", "한"])
def test_letters_that_a_png_cannot_show_are_named(label):
    loss = Value(2.0, label).exp()
    with pytest.warns(UserWarning, match=f"may show empty boxes for .*{label[-1]}.*: an .svg shows them"):
        draw(loss).png()
    assert label in draw(loss).svg()
    assert draw(Value(2.0, "αβγ é ж").exp()).png()  # without a warning
