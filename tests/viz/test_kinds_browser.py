"""Every kind of graph in a real browser: what is measured is what a reader sees, with the reader's fonts.

It needs selenium, chromium and chromedriver; else these are skipped.
"""

import functools
import itertools
import re

import pytest

from microgd.viz.colours import CONTRAST, contrast

from .kinds import KINDS
from .test_kinds import every_kind, made
from .test_player_browser import axe_core, browser as browser, pytestmark as pytestmark

WIDTH = 1.0
"""So much wider than its place, in pixels, a text may be: that is not seen."""

MEASURE = """
const inks = (element) => getComputedStyle(element).fill;
const around = (text) => {  // without the blanks at both ends, and only as high as letters are
  const words = text.textContent, first = words.search(/[^\\s\\u00a0]/);
  if (first < 0) return null;
  const last = words.replace(/[\\s\\u00a0]+$/, "").length - 1;
  const a = text.getStartPositionOfChar(first), b = text.getEndPositionOfChar(last);
  const m = text.getCTM(), size = parseFloat(getComputedStyle(text).fontSize);
  const at = (x, y) => new DOMPoint(x, y).matrixTransform(m);
  const p = at(a.x, a.y - 0.72 * size), q = at(b.x, b.y);
  return [p.x, p.y, q.x, q.y];
};
const place = (shape) => {
  const box = shape.getBBox(), m = shape.getCTM();
  const p = new DOMPoint(box.x, box.y).matrixTransform(m);
  const q = new DOMPoint(box.x + box.width, box.y + box.height).matrixTransform(m);
  return [p.x, p.y, q.x, q.y];
};
const holds = (r, x, y) => r[0] <= x && x <= r[2] && r[1] <= y && y <= r[3];
return Array.from(document.querySelectorAll(arguments[0])).map((svg) => {
  const shapes = [], texts = [];
  for (const element of svg.querySelectorAll("polygon, path, rect, text")) {
    if (element.tagName != "text") {
      const fill = inks(element);
      if (element.closest(".edge, .way, .tip, .marks") || fill == "none") continue;
      shapes.push({rect: place(element), fill});
      continue;
    }
    const rect = around(element);
    if (!rect || element.closest(".marks")) continue;  // marks lie across the borders of boxes
    const x = (rect[0] + rect[2]) / 2, y = (rect[1] + rect[3]) / 2;
    const under = shapes.filter((shape) => holds(shape.rect, x, y));
    const box = element.closest(".node, .box, .cluster, .group");
    const cell = under.length && box ? under[under.length - 1].rect : null;
    const outline = place((box || svg).querySelector("polygon, path, rect"));
    texts.push({words: element.textContent.trim(), rect, ink: inks(element), cell, outline,
      paper: under.length ? under[under.length - 1].fill : "none",
      box: box ? box.id || Array.from(svg.querySelectorAll(".box, .group")).indexOf(box) : ""});
  }
  return texts;
});
"""


def scheme(browser, name):
    features = [{"name": "prefers-color-scheme", "value": name}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture(scope="module")
def measured(browser, tmp_path_factory):
    """All texts of a kind's picture, light and dark: one page has all pictures."""
    page = tmp_path_factory.mktemp("kinds") / "kinds.html"
    svgs = [made(kind)[0].svg() for kind in KINDS]
    page.write_text(f"<!doctype html><meta charset=utf-8>{''.join(svgs)}", encoding="utf-8", errors="replace")
    browser.get(page.as_uri())
    found = {}
    for name in ("light", "dark"):
        scheme(browser, name)
        found[name] = dict(zip(KINDS, browser.execute_script(MEASURE, "body > svg"), strict=True))
    scheme(browser, "")
    return found


@pytest.fixture(scope="module")
def filmed(browser, tmp_path_factory):
    """All texts of a kind's film at its last frame, light and dark."""
    folder = tmp_path_factory.mktemp("films")

    @functools.cache
    def measure(kind):
        path = made(kind)[1].save(folder / f"{list(KINDS).index(kind)}.html")
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#step=99999")
        found = {}
        for name in ("light", "dark"):
            scheme(browser, name)
            found[name] = [text for texts in browser.execute_script(MEASURE, "#stage svg") for text in texts]
        scheme(browser, "")
        return found

    return measure


def colour(computed):
    """ "rgb(15, 23, 42)" as "#0f172a" """
    return "#" + "".join(f"{int(n):02x}" for n in re.findall(r"\d+", computed)[:3])


def pale(texts):
    """The texts that are hard to read, each pair of colours once."""
    pairs = {(text["ink"], text["paper"]): text["words"] for text in texts if text["paper"] != "none"}
    return {words: pair for pair, words in pairs.items() if contrast(*map(colour, pair)) < CONTRAST}


def wide(texts):
    """The texts that do not fit into their cell or their box."""
    found = []
    for text in texts:
        left, _, right, _ = text["rect"]
        for place in (text["cell"], text["outline"]):
            if place and not place[0] - WIDTH <= left <= right <= place[2] + WIDTH:
                found.append(text["words"])
                break
    return found


def on_each_other(texts):
    """Pairs of texts of one box that are written over each other."""
    found = []
    by_box = {}
    for text in texts:
        by_box.setdefault(text["box"], []).append(text)
    for inside in by_box.values():
        for one, other in itertools.combinations(inside, 2):
            a, b = one["rect"], other["rect"]
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            if across > WIDTH and down > WIDTH:
                found.append((one["words"], other["words"]))
    return found


@every_kind
@pytest.mark.parametrize("light", ["light", "dark"])
def test_every_text_has_contrast(measured, kind, light):
    texts = measured[light][kind]
    assert texts
    assert all(text["paper"] != "none" for text in texts)
    assert pale(texts) == {}


@every_kind
def test_no_text_is_wider_than_its_cell(measured, kind):
    assert wide(measured["light"][kind]) == []


@every_kind
def test_no_text_is_written_over_another(measured, kind):
    assert on_each_other(measured["light"][kind]) == []


@every_kind
def test_every_text_of_the_film_has_contrast(filmed, kind):
    for light in ("light", "dark"):
        assert pale(filmed(kind)[light]) == {}


@every_kind
def test_no_text_of_the_film_leaves_its_box(filmed, kind):
    assert wide(filmed(kind)["light"]) == []
    assert on_each_other(filmed(kind)["light"]) == []


@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@every_kind
def test_axe_finds_no_violation_in_the_film(browser, tmp_path, kind):
    path = made(kind)[1].save(tmp_path / "film.html")
    for name, width, height in [("light", 390, 844), ("dark", 1366, 768)]:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme(browser, name)
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#step=99999")
        browser.execute_script(axe_core().read_text())
        found = browser.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
            " [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))])))"
        )
        across = browser.execute_script("return document.documentElement.scrollWidth")
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        scheme(browser, "")
        assert found == []
        assert across <= width
