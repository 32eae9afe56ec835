"""What a page holds, and a browser to open it with."""

import json
import os
import re
import shutil

import pytest

from microgd.viz import play
from microgd.viz.pack import DIGITS, PLAIN, SHORTEST
from microgd.viz.words import number

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def unpacked(text):
    """The inverse of pack.packed, written once more."""
    plain = {stands: char for char, stands in PLAIN.items()}
    out, at = [], 0
    while at < len(text):
        places = {"~": 2, "`": 3}.get(text[at])
        if places is None:
            out.append(plain.get(text[at], text[at]))
            at += 1
            continue
        back = 0
        for digit in text[at + 1 : at + 1 + places]:
            back = back * len(DIGITS) + DIGITS.index(digit)
        for _ in range(DIGITS.index(text[at + 1 + places]) + SHORTEST):
            out.append(out[-back])
        at += 2 + places
    return "".join(out)


def story(page):
    """The picture of a page, and its data."""
    packed = re.search(r'<script id="film"[^>]*>(.*?)</script>', page, re.S)[1]
    picture, data, _ = unpacked(packed).split("\ue106")
    return picture, json.loads(data)


def started(folder):
    """A browser; the test is skipped if there is none."""
    webdriver = pytest.importorskip("selenium.webdriver")
    if not (CHROMIUM and DRIVER):
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs chromium and chromedriver", pytrace=False)
        pytest.skip("no chromium, or no chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, "--window-size=1400,900", f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = started(tmp_path_factory.mktemp("user"))
    yield driver
    driver.quit()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open the page of a loss. At the end the page must have had nothing to complain of, and asked nobody."""

    def open_it(loss, model=None, step=0, optimizer=None):
        path = play(loss, model, optimizer).save(tmp_path / "loss.html")
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#step={step}")
        return browser

    browser.get_log("browser")
    browser.get_log("performance")
    yield open_it
    assert browser.get_log("browser") == []
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            asked = event["params"]
            if asked["documentURL"].startswith("file:"):
                assert asked["request"]["url"].startswith("file:")


@pytest.fixture
def sized(browser):
    def give(width, height):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    yield give
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def told(browser):
    """All frames as the page tells them."""
    return browser.execute_script(
        "return player.film.frames.map((f) => [f.said,"
        " f.lines.map(([what, formula, value, note, way, reason]) => "
        " [what, formula, formula && player.number(value), note, way, reason || ''])])"
    )


def wanted(film):
    return [
        [
            frame.said,
            [
                [x.what, x.formula, x.formula and number(x.value), x.note, x.edge, x.reason]
                for x in frame.lines
            ],
        ]
        for frame in film.frames
    ]


def shown(browser):
    """By box: its data, and its gradient at the last step."""
    return browser.execute_script(
        "player.show(player.last);"
        " return Array.from(player.svg.querySelectorAll('.box'), (b) =>"
        " [b.querySelector('.data').textContent, b.querySelector('.grad').textContent])"
    )


def boxes(film):
    return [[a.data, f"∇ {number(a.grads[-1][1])}" if a.grads else ""] for a in film.actors]


def close(mine, theirs):
    """Equal texts, but the last shown digit of a number may differ by a rounding."""
    if mine == theirs:
        return
    flat, other = json.dumps(mine, ensure_ascii=False), json.dumps(theirs, ensure_ascii=False)
    pattern = r"(?<![\w.\[])-?\d+\.?\d*(?:e-?\d+)?(?![A-Za-z_\d\]])"
    assert re.sub(pattern, "#", flat) == re.sub(pattern, "#", other)
    for a, b in zip(re.findall(pattern, flat), re.findall(pattern, other), strict=True):
        assert float(a) == pytest.approx(float(b), rel=2e-3, abs=1e-12)
