"""The page that runs microgd in a browser, in a real browser, from a static server.

It needs selenium, chromium and chromedriver, and the npm package `pyodide`, in the folder that the variable
PYODIDE names or in node_modules; else these are skipped. axe-core is looked for as in the player's tests.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from microgd.learn.course import Course
from tests.test_try import ROOT, build
from tests.viz.pages import started
from tests.viz.test_player_browser import axe_core

PYODIDE = Path(os.environ.get("PYODIDE") or "node_modules/pyodide")
pytestmark = pytest.mark.skipif(
    not (PYODIDE / "pyodide.mjs").exists(),
    reason="no pyodide: npm install pyodide, and let PYODIDE name its folder",
)

PATIENCE = 120.0
"""Seconds until Python must be there, on the slowest machine."""

SIZES = [(390, 844), (768, 1024), (1366, 768), (1920, 1080)]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site") / "try"
    build.build(folder, PYODIDE)
    shutil.copytree(folder, folder.with_name("lost"), ignore=shutil.ignore_patterns("pyodide"))
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/try/"
        server.shutdown()


class Page:
    """The page as a person uses it."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, name: str = "", afresh: bool = False) -> None:
        """Go to an exercise, or to where a program is written. The page stays as it is, unless `afresh`."""
        if afresh or not self.browser.current_url.startswith(self.address):
            self.browser.get("about:blank")
            self.browser.get(f"{self.address}#{name}")
        else:
            self.js("location.hash = arguments[0]", name)
        self.wait(f"return decodeURIComponent(location.hash) === '#{name}' || !'{name}'")
        self.wait("return document.getElementById('code').value !== ''")

    def js(self, script: str, *given: Any) -> Any:
        return self.browser.execute_script(script, *given)

    def wait(self, script: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.js(script):
            assert time.monotonic() < end, f"{script}\n{self.js('return document.body.innerText')}"
            time.sleep(0.05)

    def write(self, text: str) -> None:
        self.js(
            "const area = document.getElementById('code'); area.value = arguments[0];"
            " area.dispatchEvent(new Event('input'))",
            text,
        )

    def text(self, where: str = "output") -> str:
        return self.js("return document.getElementById(arguments[0]).innerText", where)

    def press(self, button: str) -> None:
        self.js("document.getElementById(arguments[0]).click()", button)

    def finish(self, button: str) -> str:
        """Press a button, wait until Python is done, and return what is shown."""
        self.press(button)
        self.wait("return document.getElementById('stop').disabled")
        return self.text()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    driver = started(tmp_path_factory.mktemp("user"))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    """The page, which at the end must have had nothing to complain of, and asked no other server."""
    made = Page(browser, address)
    made.open()
    yield made
    assert [x for x in browser.get_log("browser") if x["level"] == "SEVERE"] == []
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        asked = event["params"]
        if event["method"] == "Network.requestWillBeSent" and "chrome:" not in asked["documentURL"]:
            assert re.match(r"http://127\.0\.0\.1:|data:|blob:|about:", asked["request"]["url"])


def solution(name: str) -> str:
    exercise = Course().find(name)
    assert exercise is not None
    return exercise.solution


def test_without_python_the_page_says_so_and_shows_the_course(browser: Any, address: str) -> None:
    page = Page(browser, address.replace("/try/", "/lost/"))
    page.open("tanh", afresh=True)
    page.wait("return document.getElementById('state').textContent.includes('could not be loaded')")
    assert "Press the button to try again." in page.finish("run")
    page.press("hint")
    assert page.js("return document.querySelectorAll('#hints section').length") == 1
    for log in ("browser", "performance"):
        browser.get_log(log)  # what is missing is in them


def test_the_readmes_first_example_gives_its_gradients_and_a_picture(page: Page) -> None:
    readme = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert readme is not None
    page.write(f"{readme[1]}\nimport microgd\nmicrogd.play(y)")
    assert page.finish("run").splitlines() == re.findall(r"# (.*)", readme[1])
    page.wait("return document.querySelector('#output iframe')")
    frame = page.js("return document.querySelector('#output iframe')")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    page.browser.switch_to.frame(frame)
    try:
        page.wait("return document.querySelectorAll('svg .box').length >= 3")
        page.js("document.getElementById('last').click()")
        assert "27" in page.js("return document.querySelector('svg').textContent")
    finally:
        page.browser.switch_to.default_content()


def test_a_solution_passes_and_a_wrong_answer_is_told_its_mistake(page: Page) -> None:
    page.open("tanh")
    page.write("def backward(x, out, g):\n    return 1 - out * out\n")
    said = page.finish("check")
    assert "tanh is not right yet" in said
    assert "it does not depend on g at all" in said
    assert page.js("return document.getElementById('solution').disabled")
    page.open("slope")
    page.write("def slope(f, x, h=1e-5):\n    return f(x + h) - f(x)\n")
    assert "slope is not right yet" in page.finish("check")
    page.wait("return document.querySelector('.verdict img').naturalWidth > 0")
    assert page.js("return document.querySelector('.verdict img').alt").startswith("A curve")
    page.open("tanh")
    page.write(solution("tanh"))
    assert "tanh is right" in page.finish("check")
    assert page.js("return document.querySelector('a[href=\"#tanh\"]').title") == "passed"
    page.press("solution")
    assert solution("tanh").strip() in page.text()


def test_an_endless_loop_is_stopped_and_python_starts_again(page: Page) -> None:
    page.open()
    page.write("print('begun')\nwhile True:\n    pass")
    page.press("run")
    page.wait("return document.getElementById('output').innerText.includes('begun')")
    page.press("stop")
    page.wait("return document.getElementById('output').innerText.includes('Stopped.')")
    page.write("print(6 * 7)")
    assert page.finish("run").strip() == "42"


def test_a_loss_of_a_hundred_thousand_operations_is_differentiated_and_let_go(page: Page) -> None:
    page.open()
    page.write(
        "from microgd import Value\nx = Value(1.0)\ny = x\nfor _ in range(100_000):\n    y = y + 1.0\n"
        "y.backward()\ndel y\nprint(x.grad)"
    )
    assert page.finish("run").strip() == "1.0"


def test_an_exercise_shows_its_picture_and_a_guess_is_judged(page: Page) -> None:
    page.open("tanh")
    page.wait("return document.querySelector('#picture svg, #picture img')")
    page.js("document.getElementById('guessed').value = '0.6347'")
    page.js("document.querySelector('#guess button').click()")
    page.wait("return document.getElementById('judged').textContent.includes('Well seen!')")
    page.open("")
    assert page.text("picture") == ""
    assert page.js("return document.getElementById('guess').hidden")


def test_hints_come_one_by_one_and_the_stub_can_be_had_again(page: Page) -> None:
    page.open("div")
    exercise = Course().find("div")
    assert exercise is not None
    for count in (1, 2, 3):
        page.press("hint")
        assert page.js("return document.querySelectorAll('#hints section').length") == count
    assert page.js("return document.getElementById('hint').disabled")
    page.open("nope")
    assert page.text().startswith("There is no exercise nope.")
    page.open("chain")
    assert page.text("hint") == "Hint 1 of 3"
    assert not page.js("return document.getElementById('hint').disabled")
    page.open("div")
    page.write("nothing of use")
    page.press("reset")
    assert page.js("return document.getElementById('code').value") == exercise.stub
    page.js("document.execCommand('undo')")
    assert page.js("return document.getElementById('code').value") == "nothing of use"


def test_the_editor_indents_and_tab_can_leave_it(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open("exp")
    page.write("")
    area = page.js("return document.getElementById('code')")

    def value() -> str:
        return page.js("return document.getElementById('code').value")

    area.send_keys("def f(x):", Keys.ENTER, "y = x", Keys.ENTER, "return y")
    assert value() == "def f(x):\n    y = x\n    return y"
    assert page.text("numbers") == "1\n2\n3"
    area.send_keys(Keys.CONTROL, "a")
    area.send_keys(Keys.TAB)
    assert value() == "    def f(x):\n        y = x\n        return y"
    area.send_keys(Keys.SHIFT, Keys.TAB)
    assert value() == "def f(x):\n    y = x\n    return y"
    area.send_keys(Keys.ESCAPE, Keys.TAB)
    assert page.js("return document.activeElement.id") == "check"
    area.send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait("return document.querySelector('.verdict')")


def everything(page: Page) -> None:
    """Show all that an exercise can show."""
    page.open("stability")
    page.press("hint")
    page.finish("check")
    page.js("for (const x of document.querySelectorAll('details')) x.open = true")


def emulate(page: Page, scheme: str, size: tuple[int, int]) -> Callable[[], None]:
    width, height = size
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )

    def end() -> None:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    return end


@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Page, scheme: str) -> None:
    path = axe_core()
    assert path is not None
    everything(page)
    for size in SIZES[::3]:
        end = emulate(page, scheme, size)
        try:
            page.js(path.read_text(encoding="utf-8"))
            found = page.browser.execute_async_script(
                "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
                " [v.id, v.nodes.map((n) => n.html)])))"
            )
            assert found == [], size
        finally:
            end()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_window(page: Page, size: tuple[int, int]) -> None:
    everything(page)
    end = emulate(page, "light", size)
    try:
        for name in ("", "stability", "cross_entropy"):
            page.open(name)
            assert page.js("return document.documentElement.scrollWidth <= window.innerWidth"), name
    finally:
        end()


def test_the_browser_keeps_answers_and_progress(page: Page) -> None:
    page.open("add")  # the last of these tests: it loads the page anew, and so Python
    page.write(solution("add"))
    assert "add is right" in page.finish("check")
    page.open("mul")
    page.write("# half an answer")
    page.open("", afresh=True)
    page.wait("return document.getElementById('title').innerText.includes('product')")
    assert page.js("return document.getElementById('code').value") == "# half an answer"
    assert page.js("return document.querySelector('a[href=\"#add\"]').title") == "passed"
    page.open("")
    assert "Next in the course: 1.1" in page.text("text")
