"""The player in a real browser: needs selenium, chromium and chromedriver; else these are skipped.

axe-core is looked for in node_modules, or where the variable AXE_CORE says.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from microgd import Value
from microgd.tensor import named_elements
from microgd.viz import play
from microgd.viz.graph import read
from microgd.viz.words import number

from .graphs import HOSTILE, linear, mlp, square

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
if not (CHROMIUM and DRIVER) and os.environ.get("CI") == "true":
    pytest.fail("CI needs chromium and chromedriver: without them no test sees the player", pytrace=False)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium, or no chromedriver")

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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, "--window-size=1400,900", f"--user-data-dir={tmp_path_factory.mktemp('user')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def open_film(browser, tmp_path):
    """Open the player of a loss, and at the end make sure that the page had nothing to complain of."""

    def open_it(loss, model=None, step=0):
        path = play(loss, model).save(tmp_path / "loss.html")
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


def press(browser, key, times=1):
    browser.execute_script(
        "for (let i = 0; i < arguments[1]; i++)"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))",
        key,
        times,
    )


def state(browser):
    return browser.execute_script(
        "return [document.querySelector('svg').outerHTML, document.getElementById('said').innerHTML,"
        " document.getElementById('where').textContent]"
    )


def gradients(browser):
    """What each box shows at the moment: name -> text."""
    return browser.execute_script(
        "return Object.fromEntries(Array.from(document.querySelectorAll('.box')).map((b) =>"
        " [b.querySelector('.name')?.textContent, b.querySelector('.grad').textContent]))"
    )


def test_every_gradient_at_the_last_step_is_the_engines(open_film):
    loss, model = mlp(2, 4, 1)
    browser = open_film(loss, model)
    press(browser, "End")
    shown = gradients(browser)
    for name, parameter in named_elements(model.named_parameters()):
        assert shown[name] == f"∇ {number(parameter.grad)}"
    assert shown["loss"] == "∇ 1"


def test_numbers_are_written_as_in_python(open_film):
    x = [Value(1.0, f"x{i}") for i in range(8)]
    slopes = [0.1 + 0.2, -1e-5 / 3, 123456.789, 1e16, 99995.0, 0.00012345, -7.0, 2.5e-310]
    loss = sum(a * s for a, s in zip(x, slopes, strict=True))
    loss.backward()
    browser = open_film(loss)
    press(browser, "End")
    shown = gradients(browser)
    assert [shown[a.label] for a in x] == [f"∇ {number(s)}" for s in slopes]


def test_forward_and_back_return_to_the_same_state(open_film):
    browser = open_film(*linear())
    states = [state(browser)]
    for _ in range(31):
        press(browser, "ArrowRight")
        states.append(state(browser))
    assert len({s[2] for s in states}) == 32
    for before in reversed(states[:-1]):
        press(browser, "ArrowLeft")
        assert state(browser) == before


def test_the_address_names_the_step(open_film):
    browser = open_film(*linear(), step=12)
    assert browser.find_element("id", "where").text.endswith("12 / 31")
    press(browser, "ArrowRight")
    assert browser.current_url.endswith("#step=13")


def test_the_keyboard_alone_reaches_everything(open_film):
    from selenium.webdriver import ActionChains, Keys

    browser = open_film(*linear())
    reached = []

    def go(key, times):
        for _ in range(times):
            ActionChains(browser).send_keys(key).perform()
            reached.append(
                browser.execute_script(
                    "const e = document.activeElement; return e.id || e.getAttribute('aria-label')"
                )
            )

    go(Keys.TAB, 13)
    boxes = browser.execute_script("return Array.from(document.querySelectorAll('.box'), (b) => b.ariaLabel)")
    assert reached[-1] == boxes[0]  # the boxes are one stop
    go(Keys.ARROW_DOWN, len(boxes) - 1)
    assert reached[12:] == boxes
    go(Keys.ARROW_UP, 1)
    assert reached[-1] == boxes[-2]
    go(Keys.ARROW_RIGHT, 2)  # the arrows to the sides still step
    assert browser.find_element("id", "where").text == "forward 2 / 31"
    for control in ("first", "back", "play", "next", "loss", "last", "slider", "smaller", "fit", "larger"):
        assert control in reached
    press(browser, "l")
    assert "backward" in browser.find_element("id", "where").text
    press(browser, "Home")
    assert browser.find_element("id", "where").text == "forward 0 / 31"


def test_a_label_says_no_more_than_its_frame_and_the_same_names(open_film):
    w, x = Value(2.0, "w"), Value(3.0, "x", requires_grad=False)
    browser = open_film((w * x).tanh() * 0.5)
    labels = "return Array.from(document.querySelectorAll('.box'), (b) => b.ariaLabel)"
    assert browser.execute_script(labels) == [
        "w (parameter) = 2", "x (input) = 3", "t1 = w × x", "t2 = tanh(t1)", "constant = 0.5",
        "loss = t2 × 0.5",
    ]  # fmt: skip
    press(browser, "ArrowRight")
    assert browser.execute_script(labels)[2:4] == ["t1 = w × x = 6", "t2 = tanh(t1)"]
    press(browser, "l")
    assert browser.execute_script(labels)[2:] == [
        "t1 = w × x = 6", "t2 = tanh(t1) = 1", "constant = 0.5", "loss = t2 × 0.5 = 0.5; gradient so far 1"
    ]  # fmt: skip
    press(browser, "ArrowRight")
    assert browser.execute_script(labels)[3] == "t2 = tanh(t1) = 1; gradient so far 0.5"


def test_space_plays_and_pauses(open_film):
    browser = open_film(square())
    press(browser, " ")
    assert browser.find_element("id", "play").text == "Pause"
    press(browser, " ")
    assert browser.find_element("id", "play").text == "Play"


def test_keys_of_the_slider_and_of_buttons_work_once(open_film):
    from selenium.webdriver import Keys

    browser = open_film(*linear())
    browser.find_element("id", "slider").send_keys(Keys.ARROW_RIGHT)
    assert browser.find_element("id", "where").text == "forward 1 / 31"
    browser.find_element("id", "next").send_keys(Keys.SPACE)
    assert browser.find_element("id", "where").text == "forward 2 / 31"


def test_pointing_at_a_box_shows_its_paths_to_the_loss(open_film):
    from selenium.webdriver import ActionChains

    browser = open_film(*linear())
    box = next(
        b for b in browser.find_elements("class name", "box") if b.get_attribute("aria-label")[:2] == "x3"
    )
    ActionChains(browser).move_to_element(box).perform()
    near = browser.execute_script(
        "return Array.from(document.querySelectorAll('.box.near .name')).map((t) => t.textContent)"
    )
    assert {"x3", "loss"} <= set(near)
    assert not any(name.startswith(("x0", "weight")) for name in near)


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_do_not_run(open_film, label):
    a = Value(2.0, label)
    loss = a * Value(3.0, label)
    loss.label = label
    loss.backward()
    browser = open_film(loss, step=3)
    assert browser.execute_script("return document.scripts.length") == 2
    assert browser.execute_script("return document.querySelectorAll('#said table tr').length") == 2
    assert browser.execute_script("return document.querySelectorAll('main b, main p').length") == 0


def test_a_phones_width_has_no_sideways_scrolling(open_film):
    browser = open_film(*linear())
    try:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )
        press(browser, "End")
        wide, room = browser.execute_script(
            "const d = document.documentElement; return [d.scrollWidth, d.clientWidth]"
        )
        assert wide <= room
        assert browser.execute_script("return document.getElementById('stage').clientHeight") > 200
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
def sized(browser):
    """Give the page another width and height, until the end of the test."""

    def give(width, height):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    yield give
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


WHOLE = (
    "const s = document.getElementById('stage');"
    " return s.scrollWidth <= s.clientWidth && s.scrollHeight <= s.clientHeight"
)


@pytest.mark.parametrize("made", [linear, lambda: mlp(2, 4, 1)])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_on_a_laptop_the_whole_graph_stands_beside_its_explanation(open_film, sized, made, size):
    sized(*size)
    browser = open_film(*made(), step=20)
    assert browser.execute_script(WHOLE)
    graph, said = browser.execute_script(
        "return ['stage', 'said'].map((id) => document.getElementById(id).getBoundingClientRect().toJSON())"
    )
    assert said["left"] >= graph["right"]
    assert abs(said["top"] - graph["top"]) < 20
    assert said["bottom"] <= size[1]


@pytest.mark.parametrize("batch", [None, 20])
@pytest.mark.parametrize("size", [(1366, 768), (900, 700), (390, 844)])
def test_nothing_moves_from_step_to_step(open_film, sized, size, batch):
    sized(*size)
    browser = open_film(*mlp(2, 16, 16, 1, batch=batch))
    places = browser.execute_script(
        "const places = new Set(); for (let i = 0; i < 80; i++) {"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));"
        " places.add(['#stage', '.keys', 'footer', '#slider'].map((name) => {"
        " const b = document.querySelector(name).getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height] }).join())"
        "  } return [...places]"
    )
    assert len(places) == 1, places


@pytest.mark.parametrize("size", [(1366, 768), (900, 700)])
def test_fit_shows_the_whole_graph_again(open_film, sized, size):
    sized(*size)
    browser = open_film(*mlp(2, 4, 1), step=5)
    for _ in range(6):
        browser.find_element("id", "larger").click()
    assert not browser.execute_script(WHOLE)
    browser.find_element("id", "fit").click()
    assert browser.execute_script(WHOLE)
    press(browser, "+", 6)
    assert not browser.execute_script(WHOLE)
    press(browser, "f")
    assert browser.execute_script(WHOLE)


def test_a_window_of_another_size_is_fitted_again_unless_the_reader_has_zoomed(open_film, sized):
    width = "return document.querySelector('svg').getAttribute('width')"
    sized(1366, 768)
    browser = open_film(*linear())
    narrow = browser.execute_script(width)
    sized(1920, 1080)
    webdriver_wait(browser, lambda: browser.execute_script(width) != narrow)
    browser.find_element("id", "larger").click()
    chosen = browser.execute_script(width)
    sized(1366, 768)
    webdriver_wait(browser, lambda: browser.execute_script("return innerWidth") == 1366)
    assert browser.execute_script(width) == chosen


def webdriver_wait(browser, true):
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 5).until(lambda _: true())


def test_an_explanation_that_is_too_long_is_scrolled_by_the_keyboard_and_hides_nothing(open_film, sized):
    from selenium.webdriver import Keys

    sized(1366, 768)
    browser = open_film(*mlp(2, 16, 16, 1, batch=20), step=2)
    bottom = browser.execute_script("return document.querySelector('.keys').getBoundingClientRect().bottom")
    assert bottom <= 768
    said = browser.find_element("id", "said")
    assert said.get_attribute("tabindex") == "0"
    said.send_keys(Keys.ARROW_DOWN)
    webdriver_wait(browser, lambda: browser.execute_script("return said.scrollTop") > 0)
    press(browser, "Home")
    assert said.get_attribute("tabindex") == "-1"


def test_each_line_says_where_its_partial_comes_from(open_film):
    browser = open_film(Value(0.5, "x").tanh())
    press(browser, "End")
    assert browser.find_element("css selector", "#said .reason").text == "0.7864 = 1 − loss² = 1 − 0.46212²"


def media(browser, name, value):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value}]})


def test_dark_mode_is_dark_and_reduced_motion_is_still(open_film):
    browser = open_film(square())
    paper = "return getComputedStyle(document.body).backgroundColor"
    moving = "return getComputedStyle(document.querySelector('.box')).transitionDuration"
    try:
        media(browser, "prefers-color-scheme", "light")
        assert browser.execute_script(paper) == "rgb(255, 255, 255)"
        media(browser, "prefers-color-scheme", "dark")
        assert browser.execute_script(paper) == "rgb(11, 17, 32)"
        media(browser, "prefers-reduced-motion", "reduce")
        assert set(browser.execute_script(moving).split(", ")) == {"0s"}
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_runs_in_the_frame_of_a_notebook(browser, tmp_path):
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{play(square())._repr_html_()}", encoding="utf-8")
    browser.get(page.as_uri())
    browser.switch_to.frame(browser.find_element("tag name", "iframe"))
    press(browser, "End")
    assert browser.find_element("id", "where").text == "backward 3 / 3"
    assert gradients(browser)["x"] == "∇ 6"
    browser.switch_to.default_content()
    assert browser.get_log("browser") == []


def axe_core():
    given = os.environ.get("AXE_CORE")
    path = Path(given) if given else Path("node_modules/axe-core/axe.min.js")
    return path if path.is_file() else None


@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("step", [0, 22, 31])
@pytest.mark.parametrize("size", [(390, 844), (1366, 768), (1920, 1080)])
def test_axe_finds_no_violation(open_film, sized, scheme, step, size):
    sized(*size)
    browser = open_film(*linear(), step=step)
    media(browser, "prefers-color-scheme", scheme)
    try:
        browser.execute_script(axe_core().read_text())
        found = browser.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
            " [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))])))"
        )
        assert found == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_772_values_load_in_a_second_and_step_in_a_frame(open_film):
    loss, model = mlp(2, 16, 20, 1)
    steps = read(loss, model).steps
    assert len(steps) + sum(len(s.operands) // 2 for s in steps if s.op == "dot") >= 772
    browser = open_film(loss, model)
    loading = browser.execute_script(
        "const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd - t.startTime"
    )
    assert loading < 1000.0
    times = browser.execute_script(
        "const times = []; for (let i = 0; i < 60; i++) { const t = performance.now();"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));"
        " document.body.getBoundingClientRect(); times.push(performance.now() - t); } return times"
    )
    assert sorted(times)[len(times) // 2] < 100.0  # far from what it takes: a machine may be busy
