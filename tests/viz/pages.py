"""What a page holds, and a browser to open it with."""

import json
import os
import re
import shutil

import pytest

from microgd.viz.pack import DIGITS, PLAIN, SHORTEST

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
