"""Pictures in a real browser, in fonts that Graphviz has not measured."""

import pytest

from microgd.viz import draw

from .graphs import linear, mlp
from .test_player_browser import browser, pytestmark  # noqa: F401

TEXTS = """
for (const text of document.querySelectorAll('text')) text.style.fontFamily = arguments[0];
return Array.from(document.querySelectorAll('text[textLength]'), (text) =>
    [text.textContent, text.getBBox().width, Number(text.getAttribute('textLength'))]);
"""


@pytest.mark.parametrize("font", ["DejaVu Sans", "monospace", "serif"])
@pytest.mark.parametrize("made", [linear, lambda: mlp(2, 16, 16, 1)])
def test_no_text_is_wider_than_its_cell_in_any_font(browser, tmp_path, made, font):  # noqa: F811
    path = draw(*made()).save(tmp_path / "loss.svg")
    browser.get(path.as_uri())
    texts = browser.execute_script(TEXTS, font)
    assert len(texts) > 50
    for words, shown, measured in texts:
        assert shown <= measured + 1.0, words
