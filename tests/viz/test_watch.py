"""`watch`: what is recorded, what the page holds, and what it shows in a real browser."""

import base64
import json
import math
import re
from array import array
from itertools import pairwise

import pytest

import microgd
from microgd import Value, nn, optim
from microgd.tensor import values
from microgd.viz.recorder import Watch

from .graphs import HOSTILE
from .test_player_browser import (  # noqa: F401
    CHROMIUM,
    DRIVER,
    axe_core,
    browser,
    media,
    press,
)

webdriver = pytest.importorskip("selenium.webdriver")
Keys = webdriver.Keys

POINTS = [[math.cos(i), math.sin(i) + 0.3 * (i % 2)] for i in range(20)]
LABELS = [[float(i % 2)] for i in range(20)]
needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium, or no chromedriver")


def network(*widths):
    microgd.manual_seed(0)
    layers = []
    for n, m in pairwise(widths):
        layers += [nn.Linear(n, m), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def train(model, film, steps, points=POINTS, labels=LABELS, criterion=None):
    criterion = criterion or nn.BCEWithLogitsLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    states = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(points), labels)
        loss.backward()
        film.frame(loss)
        states.append((loss.item(), [(p.data, p.grad) for p in values(model.parameters())]))
        optimizer.step()
    return states


def data_of(page):
    return json.loads(re.search(r'<script id="film"[^>]*>(.*?)</script>', page, re.S)[1])


def shown(data):
    """The weights and gradients of every frame, as the page reads them."""
    tensors = [tensor for _, inside in data["layers"] for tensor in inside]
    weights, grads = array("h"), array("b")
    weights.frombytes(base64.b64decode(data["weights"]))
    grads.frombytes(base64.b64decode(data["grads"]))
    frames, at = [], 0
    for frame in range(len(data["steps"])):
        numbers = []
        for k, (_, _, rows, columns) in enumerate(tensors):
            a, b = data["scales"][frame * len(tensors) + k]
            for _ in range(rows * columns):
                numbers.append((weights[at] * a, None if b is None else grads[at] * b))
                at += 1
        frames.append(numbers)
    return frames


# --- what is recorded ---


def test_the_page_has_the_weights_and_gradients_of_every_step(tmp_path):
    model = network(2, 4, 1)
    with microgd.watch(model, tmp_path / "t.html", POINTS, LABELS) as film:
        states = train(model, film, 7)
    data = data_of((tmp_path / "t.html").read_text(encoding="utf-8"))
    assert data["steps"] == list(range(1, 8))
    for (loss, state), seen, numbers in zip(states, data["losses"], shown(data), strict=True):
        assert seen == pytest.approx(loss, rel=1e-5)
        for (w, g), (got_w, got_g) in zip(state, numbers, strict=True):
            assert got_w == pytest.approx(w, abs=3e-4)
            assert got_g == pytest.approx(g, abs=0.01 * max(abs(x) for _, x in state))


def test_tensors_have_their_shapes_and_layers_their_names():
    model = network(2, 4, 3)
    data = data_of(microgd.watch(model).html)
    assert data["layers"] == [
        ["0", [["0.weight", 0, 4, 2], ["0.bias", 8, 4, 1]]],
        ["2", [["2.weight", 12, 3, 4], ["2.bias", 24, 3, 1]]],
    ]


@pytest.mark.parametrize("label", ["a[1", "[31mb]", "w[-1]", "[", "]", "", "a.b[x]"])
def test_a_label_that_is_no_place_in_a_tensor_is_a_name(label):
    values = [Value(1.0, label), Value(2.0, label)]
    ((_, inside),) = data_of(microgd.watch(values).html)["layers"]
    assert [tensor[1:] for tensor in inside] == [[0, 1, 1], [1, 1, 1]]


def test_a_list_of_values_can_be_watched():
    data = data_of(microgd.watch([Value(1.0, "w"), Value(2.0)]).html)
    assert data["layers"] == [["parameters", [["w", 0, 1, 1], ["[1]", 1, 1, 1]]]]
    assert data["scales"][0][1] is None  # no gradient so far


def test_an_interrupted_training_leaves_a_page(tmp_path):
    model = network(2, 4, 1)

    def interrupted():
        with microgd.watch(model, tmp_path / "t.html") as film:
            train(model, film, 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert data_of((tmp_path / "t.html").read_text(encoding="utf-8"))["steps"] == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["t.html"]


def test_without_a_step_the_page_has_the_first_weights(tmp_path):
    with microgd.watch(network(2, 4, 1), tmp_path / "t.html", POINTS):
        pass
    data = data_of((tmp_path / "t.html").read_text(encoding="utf-8"))
    assert (data["steps"], data["losses"]) == ([0], ["nan"])


def test_a_long_training_is_thinned_out_evenly_and_keeps_its_last_step():
    w = Value(0.0)
    film = microgd.watch([w])
    for step in range(1, 1235):
        w.data = float(step)
        film.frame(0.5)
    data = data_of(film.html)
    assert 100 <= len(data["steps"]) <= 300
    distances = {b - a for a, b in zip(data["steps"][:-1], data["steps"][1:-1], strict=False)}
    assert len(distances) == 1
    assert data["steps"][0] == 1
    assert data["steps"][-1] == 1234
    assert shown(data)[-1][0][0] == pytest.approx(1234.0)


def test_a_film_is_the_callback_of_a_compiled_training():
    model = network(2, 4, 1)
    loss = microgd.compile(
        lambda x, y: (model(x)[0] - y) ** 2, in_dims=(0, 0), reduce="mean", backend="python"
    )
    loop = microgd.compile(loss, optimizer=optim.SGD(model.parameters(), lr=0.1))
    film = microgd.watch(model)
    losses = loop(POINTS, [y for (y,) in LABELS], steps=10, callback=film.step, every=5)
    data = data_of(film.html)
    assert data["steps"] == [5, 10]
    assert data["losses"] == pytest.approx([losses[4], losses[9]], rel=1e-5)
    assert [w for w, _ in shown(data)[-1]] == pytest.approx(
        [p.data for p in values(model.parameters())], abs=1e-4
    )


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_told_from_the_others(odd):
    film = microgd.watch([Value(2.0), Value(odd)])
    film.frame(odd)
    page = film.html
    data = data_of(page)
    weights = array("h")
    weights.frombytes(base64.b64decode(data["weights"]))
    assert list(weights) == [32767, -32768]
    assert data["losses"] == [str(odd)]


def test_recording_changes_nothing():
    plain, watched = network(2, 4, 1), network(2, 4, 1)
    plain[0].train(False)
    watched[0].train(False)
    film = microgd.watch(watched, points=POINTS, labels=LABELS)
    assert [m.training for m in watched.modules()] == [m.training for m in plain.modules()]
    nothing = Watch([], None, None, None, None, 0.0, None)
    assert train(watched, film, 4) == train(plain, nothing, 4)
    assert watched.state_dict() == plain.state_dict()


# --- the page ---


def test_150_frames_of_two_moons_are_less_than_500_kilobytes():
    model = network(2, 16, 16, 1)
    film = microgd.watch(model, points=POINTS * 5, labels=LABELS * 5)
    loss = nn.BCEWithLogitsLoss()(model(POINTS), LABELS)
    loss.backward()
    for _ in range(150):
        film.frame(loss)
    assert len(film.frames) == 150
    assert len(film.html.encode()) < 350_000
    for _ in range(1000):
        film.frame(loss)
    assert len(film.html.encode()) < 500_000


def test_the_page_needs_no_other_file_and_runs_only_its_own_parts():
    page = microgd.watch(network(2, 4, 1), points=POINTS).html
    assert "default-src 'none'; style-src 'sha256-" in page
    assert not re.search(r"<(link|iframe|img|object|embed|base)\b|\s(src|href|style|on\w+)=", page)
    assert page.count("<script") == page.count("</script>") == 2


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_only_text(label):
    page = microgd.watch([Value(1.0, label)]).html
    assert page.count("<script") == page.count("</script>") == 2


def test_a_notebook_shows_the_page_in_a_frame():
    shown_there = microgd.watch(network(2, 2, 1))._repr_html_()
    assert shown_there.startswith('<iframe title="training, step by step" sandbox="allow-scripts" srcdoc="')
    assert "<script" not in shown_there


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"path": "t.png"}, r"ends in \.html"),
        ({"points": [[1.0, 2.0, 3.0]]}, "samples of two numbers"),
        ({"points": POINTS, "labels": [1.0]}, "20 points, and 1 labels"),
        ({"surface": lambda a, b: a * b}, "a model of two parameters, not of 17"),
    ],
)
def test_what_cannot_be_is_said_before_the_training(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        microgd.watch(network(2, 4, 1), **options)


def test_a_folder_that_is_not_there_is_said_before_the_training(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        microgd.watch(network(2, 4, 1), tmp_path / "nowhere" / "t.html")


def test_a_model_that_branches_on_a_number_can_be_watched_without_points():
    class Absolute(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 1)

        def forward(self, x):
            y = self.linear(x)[0]
            return y if y.data > 0.0 else -y

    with pytest.raises(microgd.jit.trace.TraceError, match="Without points and surface"):
        microgd.watch(Absolute(), points=POINTS)
    assert data_of(microgd.watch(Absolute()).html)["steps"] == [0]


def test_what_the_model_answers_is_asked_without_dropout():
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    assert microgd.watch(model, points=POINTS, labels=LABELS).frames == []
    assert model[1].training


# --- in a browser ---


@pytest.fixture
def opened(browser, tmp_path):  # noqa: F811
    """Open the page of a film, and at the end make sure that the page had nothing to complain of."""

    def open_it(film, frame=0):
        path = film.save(tmp_path / "t.html")
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#frame={frame}")
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


def moons_film(steps=12):
    model = network(2, 6, 1)
    film = microgd.watch(model, points=POINTS, labels=LABELS)
    return film, model, train(model, film, steps)


def text(driver, name):
    return driver.execute_script(f"return document.getElementById('{name}').textContent")


@needs_browser
def test_keys_and_buttons_go_through_the_steps(opened):
    film, _, states = moons_film()
    driver = opened(film)
    assert text(driver, "where") == "step 1 of 12"
    press(driver, "ArrowRight", 3)
    assert text(driver, "where") == "step 4 of 12"
    assert f"loss {states[3][0]:.3g}" in text(driver, "said")
    press(driver, "ArrowLeft")
    assert text(driver, "where") == "step 3 of 12"
    press(driver, "End")
    assert text(driver, "where") == "step 12 of 12"
    press(driver, "Home")
    driver.find_element("id", "next").click()
    assert text(driver, "where") == "step 2 of 12"
    press(driver, " ")
    assert driver.execute_script("return document.getElementById('said').getAttribute('aria-live')") == "off"
    press(driver, " ")
    assert text(driver, "play") == "Play"


@needs_browser
def test_the_points_that_are_right_are_those_of_the_model(opened):
    model = network(2, 6, 1)
    film = microgd.watch(model, points=POINTS, labels=LABELS)
    train(model, film, 30)
    loss = nn.BCEWithLogitsLoss()(model(POINTS), LABELS)
    film.frame(loss)
    right = sum(
        (out[0].item() > 0) == (label == 1.0) for out, (label,) in zip(model(POINTS), LABELS, strict=True)
    )
    driver = opened(film, frame=30)
    assert f"{right} of 20 points are right." in text(driver, "said")


@needs_browser
def test_the_boundary_is_where_the_model_says(opened):
    """Pixels far from the line have the colour of the sign of the model's output there."""
    film, model, _ = moons_film(30)
    film.frame(0.5)
    driver = opened(film, frame=30)
    press(driver, "End")
    spots = [(0.1 + 0.2 * i, 0.1 + 0.2 * j) for i in range(5) for j in range(5)]
    pixels = driver.execute_script(
        "const c = document.createElement('canvas'), map = document.getElementById('map');"
        " [c.width, c.height] = [map.width, map.height];"
        " const pen = c.getContext('2d', {willReadFrequently: true}); pen.drawImage(map, 0, 0);"
        " const at = ([x, y]) => pen.getImageData(x * c.width, y * c.height, 1, 1).data;"
        " return arguments[0].map((spot) => Array.from(at(spot)))",
        spots,
    )
    xs, ys = zip(*POINTS, strict=True)
    sides = [(min(v) - 0.15 * (max(v) - min(v)), max(v) + 0.15 * (max(v) - min(v))) for v in (xs, ys)]
    (x0, x1), (y0, y1) = sides
    judged = 0
    for (u, v), (red, _, blue, _) in zip(spots, pixels, strict=True):
        out = model([x0 + u * (x1 - x0), y1 - v * (y1 - y0)])[0].item()
        if abs(out) > 0.3 and abs(red - blue) > 12:  # off the line, and not on the rim of a point
            judged += 1
            assert (blue > red) == (out > 0)
    assert judged > 8


@needs_browser
def test_several_outputs_are_classes(opened):
    model = network(2, 5, 3)
    labels = [i % 3 for i in range(20)]
    film = microgd.watch(model, points=POINTS, labels=labels)
    train(model, film, 5, labels=labels, criterion=nn.CrossEntropyLoss())
    driver = opened(film, frame=4)
    assert text(driver, "field-title") == "What the model answers"
    assert re.search(r"\d+ of 20 points are right", text(driver, "said"))


@needs_browser
def test_the_way_down_a_surface(opened):
    w = [Value(-1.0, "a"), Value(2.0, "b")]
    film = microgd.watch(w, surface=lambda a, b: a**2 + (a * b).tanh() + b**2)
    for _ in range(5):
        for x in w:
            x.zero_grad()
        loss = w[0] ** 2 + (w[0] * w[1]).tanh() + w[1] ** 2
        loss.backward()
        film.frame(loss)
        for x in w:
            x.data -= 0.1 * x.grad
    driver = opened(film)
    label = "return document.getElementById('map').getAttribute('aria-label')"
    assert driver.execute_script(label) == "The loss surface; now a = -1, b = 2"


@needs_browser
def test_losses_that_are_not_finite_are_said(opened):
    w = Value(1.0, "w")
    film = microgd.watch([w])
    for loss in (1.0, math.inf, math.nan):
        w.data = loss
        film.frame(loss)
    driver = opened(film, frame=2)
    assert "Step 3: loss nan. The loss is no finite number." in text(driver, "said")


@needs_browser
@pytest.mark.parametrize("points", [True, False])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768), (1920, 1080)])
def test_nothing_is_wider_than_the_page(opened, width, height, points):
    model = network(2, 16, 16, 1)
    film = microgd.watch(model, points=POINTS if points else None)
    train(model, film, 3)
    driver = opened(film)
    try:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 800},
        )
        press(driver, "End")
        wide, available, tall = driver.execute_script(
            "const d = document.documentElement; return [d.scrollWidth, d.clientWidth, d.scrollHeight]"
        )
        assert wide <= available
        assert tall <= height or width < 800
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@needs_browser
def test_a_click_on_the_loss_goes_to_that_step(opened):
    driver = opened(moons_film()[0])
    loss = driver.find_element("id", "loss")
    webdriver.ActionChains(driver).move_to_element_with_offset(
        loss, loss.size["width"] // 2 - 11, 0
    ).click().perform()
    assert text(driver, "where") == "step 12 of 12"


@needs_browser
def test_the_slider_has_the_keyboard(opened):
    driver = opened(moons_film()[0])
    slider = driver.find_element("id", "slider")
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert text(driver, "where") == "step 3 of 12"
    assert slider.get_attribute("aria-valuetext").startswith("step 3 of 12, loss ")


@needs_browser
def test_the_frame_of_a_notebook_runs_its_film(opened, tmp_path):
    film = moons_film()[0]
    driver = opened(film)
    page = tmp_path / "notebook.html"
    page.write_text(f"<!doctype html><title>notebook</title>{film._repr_html_()}", encoding="utf-8")
    driver.get(page.as_uri())
    driver.switch_to.frame(0)
    try:
        press(driver, "End")
        assert text(driver, "where") == "step 12 of 12"
    finally:
        driver.switch_to.default_content()


@needs_browser
def test_dark_mode_is_dark(opened):
    driver = opened(moons_film()[0])
    try:
        media(driver, "prefers-color-scheme", "dark")
        paper = "return getComputedStyle(document.body).backgroundColor"
        assert driver.execute_script(paper) == "rgb(11, 17, 32)"
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@needs_browser
@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(opened, scheme):
    driver = opened(moons_film()[0], frame=5)
    media(driver, "prefers-color-scheme", scheme)
    try:
        driver.execute_script(axe_core().read_text())
        found = driver.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
            " [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))])))"
        )
        assert found == []
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
