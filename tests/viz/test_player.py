import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

import microgd
from microgd import Value
from microgd.viz import play

from .graphs import HOSTILE, chain, diamond, linear, mlp, square
from .pages import story


def parts(page, tag):
    return re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.S)


class Tags(HTMLParser):
    """All tags and their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_policy_allows_the_pages_own_parts_and_nothing_else():
    page = play(square()).html
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        text = parts(page, tag)[-1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_needs_no_other_file():
    page = play(square()).html
    for tag, attributes in Tags(page).found + Tags(story(page)[0]).found:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base")
        assert not {"src", "href", "style", "onclick", "onload"} & set(attributes)


def test_the_film_in_the_page_is_data():
    player = play(*linear())
    picture, data = story(player.html)
    assert len(data["frames"]) == len(player.film.frames)
    assert len(data["born"]) == len(data["grads"]) == len(player.film.actors)
    assert picture.count('class="box ') == len(data["born"])
    assert picture.count('class="way"') == len(data["ways"]) == len(player.film.ways)


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_only_text(label):
    page = play(Value(2.0, label) * Value(3.0, label)).html
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "alert" not in re.sub(r"&lt;.*?&gt;|\\u003c.*?\\u003e|alert\(1\)", "", page)
    picture, _ = story(page)
    assert "<script" not in picture
    tags = {tag for part in (page, picture) for tag, _ in Tags(part).found}
    assert not tags & {"b", "table", "p"} - {"p"}


def test_forty_values_are_fifty_kilobytes():
    assert len(play(*linear()).html.encode()) < 50_000


def test_the_page_is_deterministic():
    assert play(*mlp(2, 3, 1)).html == play(*mlp(2, 3, 1)).html


def test_save_wants_a_suffix_of_html(tmp_path):
    assert play(diamond()).save(tmp_path / "loss.html").stat().st_size > 5000
    with pytest.raises(ValueError, match=r"ends in \.html"):
        play(diamond()).save(tmp_path / "loss.svg")


def test_a_notebook_shows_it_in_a_frame_of_its_own():
    frame = play(square())._repr_html_()
    assert frame.startswith("<iframe")
    assert 'sandbox="allow-scripts"' in frame


def test_warnings_are_shown():
    loss, model = linear(backward=False)
    assert '<p class="warning">' not in play(loss).html  # a film needs no backward()
    with microgd.no_grad():
        model.bias[0].data += 1.0
    assert "weights changed since this loss was computed" in play(loss).html


def test_a_long_chain_can_be_played():
    assert play(chain(2000)).html
