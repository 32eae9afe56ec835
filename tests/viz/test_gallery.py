"""The gallery in docs/ is what its script makes: compared by the DOT source, never by SVG bytes."""

import importlib.util
from pathlib import Path

import pytest

from microgd.viz import play

DOCS = Path(__file__).parents[2] / "docs"
if not DOCS.is_dir():
    pytest.skip("the docs are not here", allow_module_level=True)
_spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
gallery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gallery)


@pytest.mark.parametrize("exhibit", gallery.EXHIBITS, ids=lambda e: e.name)
def test_a_picture_is_fresh(exhibit):
    # The ids in an SVG begin with a digest of the DOT source that it was made from.
    prefix = gallery.drawing(exhibit).prefix
    svg = (gallery.FOLDER / f"{exhibit.name}.svg").read_text(encoding="utf-8")
    assert prefix in svg, "run python docs/gallery.py"


def test_the_page_is_fresh():
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == gallery.page()


def test_the_film_is_fresh():
    page = (gallery.FOLDER / "linear.html").read_text(encoding="utf-8")
    fresh = play(*gallery.linear()).html
    assert page.rpartition("<script id=")[2] == fresh.rpartition("<script id=")[2]
    assert page.partition("<svg")[0] == fresh.partition("<svg")[0]


def test_the_film_of_a_training_is_fresh():
    page = (gallery.FOLDER / "training.html").read_text(encoding="utf-8")
    fresh = gallery.training().html
    assert page.rpartition("<script>")[2] == fresh.rpartition("<script>")[2]
    assert page.partition("<script id=")[0] == fresh.partition("<script id=")[0]
