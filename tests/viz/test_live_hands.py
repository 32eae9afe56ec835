"""The film that computes, in a real browser, by hand: mouse, finger, keys, undo, plot, steps downhill.

axe-core is looked for in node_modules, or where the variable AXE_CORE says.
"""

import os
from pathlib import Path

import pytest

import microgd
from microgd import Value, nn, optim
from microgd.viz import play

from .graphs import linear, mlp
from .pages import boxes, browser, close, open_page, shown, sized, told, wanted

__all__ = ["browser", "open_page", "sized"]  # fixtures


# --- by hand ------------------------------------------------------------------------------------------


def box(browser, name):
    return browser.execute_script(
        "return player.boxes.find((b) => b.querySelector('.name')?.textContent === arguments[0])", name
    )


def center(browser, name):
    return browser.execute_script(
        "const b = arguments[0].querySelector('rect').getBoundingClientRect();"
        " return [b.x + b.width / 2, b.y + b.height / 2]",
        box(browser, name),
    )


def leaf(browser, name):
    return browser.execute_script(
        "const i = player.boxes.indexOf(arguments[0]); return live.values[live.drag[i]]", box(browser, name)
    )


def datum(browser, name):
    return browser.execute_script(
        "return arguments[0].querySelector('.data').textContent", box(browser, name)
    )


def product(w=3.0, x=2.0):
    w, x = Value(w, "w"), Value(x, "x", requires_grad=False)
    loss = (w * x - 1.0) ** 2
    loss.label = "loss"
    return loss


def mouse(browser, kind, x, y, **more):
    browser.execute_cdp_cmd(
        "Input.dispatchMouseEvent",
        {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, **more},
    )


def touch(browser, kind, *points):
    browser.execute_cdp_cmd(
        "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
    )


def as_computed(browser, w, x=2.0):
    """Whether all boxes show what microgd computes for this w."""
    film = play(product(w, x)).film
    close(shown(browser), boxes(film))
    close(told(browser), wanted(film))


def test_a_leaf_is_dragged_by_the_mouse_and_all_boxes_follow(open_page):
    browser = open_page(product())
    x, y = center(browser, "w")
    mouse(browser, "mousePressed", x, y)
    for k in range(1, 5):
        mouse(browser, "mouseMoved", x + 10 * k, y + 3)
    mouse(browser, "mouseReleased", x + 40, y + 3)
    w = leaf(browser, "w")
    assert w == 4.0  # 40 pixels, each a quarter of a tenth
    as_computed(browser, w)
    mouse(browser, "mouseMoved", x + 90, y)
    assert leaf(browser, "w") == w  # it was let go
    mouse(browser, "mousePressed", x, y)
    mouse(browser, "mouseReleased", x, y)
    assert leaf(browser, "w") == w  # a click only chooses


def test_a_leaf_is_dragged_by_a_finger(open_page, sized):
    sized(390, 844)
    browser = open_page(product())
    x, y = center(browser, "w")
    touch(browser, "touchStart", (x, y))
    for k in range(1, 5):
        touch(browser, "touchMove", (x - 5 * k, y))
    touch(browser, "touchEnd")
    w = leaf(browser, "w")
    assert w == 2.5
    as_computed(browser, w)


def test_an_input_is_dragged_and_has_a_tangent_though_the_film_gives_it_no_gradient(open_page):
    browser = open_page(product())
    x, y = center(browser, "x")
    mouse(browser, "mousePressed", x, y)
    mouse(browser, "mouseMoved", x + 20, y)
    mouse(browser, "mouseReleased", x + 20, y)
    assert leaf(browser, "x") == 2.5
    as_computed(browser, 3.0, 2.5)
    assert browser.find_element("id", "meaning").text == (
        "dL/dx = 39: a little more of x moves the loss up, 39 times as much."
    )


def test_what_is_not_born_yet_stays_empty_while_a_leaf_is_dragged(open_page):
    browser = open_page(product(), step=1)
    x, y = center(browser, "w")
    mouse(browser, "mousePressed", x, y)
    mouse(browser, "mouseMoved", x + 40, y)
    seen = browser.execute_script(
        "return player.boxes.map((b) => b.querySelector('.data'))"
        ".filter((d) => getComputedStyle(d).visibility === 'visible').map((d) => d.textContent)"
    )
    assert sorted(seen) == ["1", "2", "4", "8"]
    assert browser.execute_script("return player.boxes.every((b) => b.lastElementChild.textContent === '')")
    assert "= 4 × 2" in browser.find_element("id", "said").text
    mouse(browser, "mouseReleased", x + 40, y)


def test_keys_change_a_leaf_and_shift_changes_it_more(open_page):
    from selenium.webdriver import ActionChains, Keys

    browser = open_page(product())
    browser.execute_script("arguments[0].focus()", box(browser, "w"))
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT).perform()
    assert leaf(browser, "w") == 3.1
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(Keys.SHIFT).perform()
    assert leaf(browser, "w") == 2.1
    assert browser.find_element("id", "where").text.startswith("forward 0")  # the film stays where it is
    as_computed(browser, 2.1)
    assert box(browser, "w").get_attribute("aria-valuetext") == "2.1"


def test_a_number_is_typed(open_page):
    from selenium.webdriver import ActionChains, Keys

    browser = open_page(product())
    browser.execute_script("arguments[0].focus()", box(browser, "w"))
    ActionChains(browser).send_keys(Keys.ENTER).send_keys("-0.75l", Keys.ENTER).perform()
    typed = browser.find_element("id", "typed")
    assert typed.get_attribute("aria-invalid") == "true"
    assert leaf(browser, "w") == 3.0
    ActionChains(browser).send_keys(Keys.BACKSPACE, Keys.ENTER).perform()
    assert typed.get_attribute("aria-invalid") is None
    as_computed(browser, -0.75)
    for said in ("inf", "nan"):
        typed.clear()
        typed.send_keys(said, Keys.ENTER)
        assert datum(browser, "w") == said
        assert datum(browser, "loss") == said
        assert f"the loss is {said} here" in browser.find_element("id", "meaning").text


def test_the_keyboard_alone_chooses_types_steps_and_undoes(open_page):
    from selenium.webdriver import ActionChains, Keys

    browser = open_page(product())
    reached = []
    for _ in range(24):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        reached.append(browser.execute_script("return document.activeElement.id"))
    wanted = ["chosen", "typed", "down", "rate", "rated"]
    assert [x for x in reached if x in wanted][: len(wanted)] == wanted


# --- undo ---------------------------------------------------------------------------------------------


def press(browser, *ids):
    for name in ids:
        browser.find_element("id", name).click()


def test_undo_redo_and_reset(open_page):
    from selenium.webdriver import ActionChains, Keys

    browser = open_page(product(), step=3)
    for name in ("undo", "redo", "reset"):
        assert not browser.find_element("id", name).is_enabled()
    browser.execute_script("arguments[0].focus()", box(browser, "w"))
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
    press(browser, "down")
    stepped = leaf(browser, "w")
    press(browser, "undo")
    assert leaf(browser, "w") == 3.1
    press(browser, "undo")
    assert leaf(browser, "w") == 3.0
    press(browser, "redo", "redo")
    assert leaf(browser, "w") == stepped
    press(browser, "reset")
    as_computed(browser, 3.0)
    browser.execute_script("arguments[0].focus()", box(browser, "w"))
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    assert leaf(browser, "w") == stepped
    as_computed(browser, stepped)


def test_undo_gives_the_optimizer_back_what_it_remembered(open_page):
    model, loss = network()
    browser = open_page(loss(), model, optimizer=optim.Adam(model.parameters(), lr=0.1))
    value = "return live.values[live.root]"
    press(browser, "down", "down")
    after = browser.execute_script(value)
    press(browser, "undo", "down")
    assert browser.execute_script(value) == after
    press(browser, "reset", "down", "down")
    assert browser.execute_script(value) == after


def test_a_drag_is_one_change(open_page):
    browser = open_page(product())
    x, y = center(browser, "w")
    mouse(browser, "mousePressed", x, y)
    for k in range(1, 9):
        mouse(browser, "mouseMoved", x + 5 * k, y)
    mouse(browser, "mouseReleased", x + 40, y)
    press(browser, "undo")
    assert leaf(browser, "w") == 3.0
    assert not browser.find_element("id", "undo").is_enabled()


# --- the plot -----------------------------------------------------------------------------------------


def test_the_tangent_touches_the_curve_at_the_point(open_page):
    browser = open_page(product())
    browser.execute_script("arguments[0].focus()", box(browser, "w"))
    x, y = center(browser, "w")
    mouse(browser, "mousePressed", x, y)
    mouse(browser, "mouseReleased", x, y)
    curve, tangent, point = browser.execute_script(
        "const p = document.getElementById('plot'); return ['.curve', '.tangent'].map((c) =>"
        " p.querySelector(c).getAttribute('d').match(/-?[\\d.]+/g).map(Number))"
        ".concat([['cx', 'cy'].map((a) => Number(p.querySelector('.point').getAttribute(a)))])"
    )
    x0, y0, x1, y1 = tangent
    steep = (y1 - y0) / (x1 - x0)
    assert y0 + steep * (point[0] - x0) == pytest.approx(point[1], abs=0.2)
    pairs = list(zip(curve[::2], curve[1::2], strict=True))
    after = min(p for p in pairs if p[0] > point[0] + 0.5)
    before = max(p for p in pairs if p[0] < point[0] - 0.5)
    assert (after[1] - before[1]) / (after[0] - before[0]) == pytest.approx(steep, rel=0.05)


def test_where_the_loss_is_no_number_the_curve_has_a_gap(open_page):
    browser = open_page(Value(1.0, "x").log())
    x, y = center(browser, "x")
    mouse(browser, "mousePressed", x, y)
    mouse(browser, "mouseReleased", x, y)
    left, zero = browser.execute_script(
        "const p = document.getElementById('plot');"
        " return [p.querySelector('.curve').getAttribute('d').match(/[\\d.]+/)[0],"
        " p.querySelector('.zero').getAttribute('d').match(/[\\d.]+/)[0]].map(Number)"
    )
    assert left >= zero


# --- steps downhill -----------------------------------------------------------------------------------


def network():
    microgd.manual_seed(2)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, y = microgd.tensor([[0.5, -1.0], [1.5, 0.25]]), microgd.tensor([[1.0], [0.0]])
    return model, lambda: nn.MSELoss()(model(x), y)


OPTIMIZERS = {
    "none": None,
    "sgd": lambda p: optim.SGD(p, lr=0.3),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "nesterov": lambda p: optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True),
    "maximize": lambda p: optim.SGD(p, lr=0.05, maximize=True),
    "adam": lambda p: optim.Adam(p, lr=0.05),
    "amsgrad": lambda p: optim.Adam(p, lr=0.05, amsgrad=True, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.05),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.02, momentum=0.5, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1),
}


@pytest.mark.parametrize("begun", [0, 2])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_downhill_are_the_optimizers_own(open_page, name, begun):
    model, loss = network()
    make = OPTIMIZERS[name]
    optimizer = (make or (lambda p: optim.SGD(p, lr=0.1)))(model.parameters())

    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()

    for _ in range(begun):
        step()
    browser = open_page(loss(), model, optimizer=optimizer if make else None)
    losses = [loss().item()]
    for _ in range(6):
        step()
        losses.append(loss().item())
    got = [browser.execute_script("return live.values[live.root]")]
    for _ in range(6):
        browser.find_element("id", "down").click()
        got.append(browser.execute_script("return live.values[live.root]"))
    assert got == pytest.approx(losses, rel=1e-9)
    assert len(browser.find_elements("css selector", "#bars path")) == 7


def test_the_rate_is_chosen_by_slider_and_typed(open_page):
    from selenium.webdriver import Keys

    browser = open_page(product())
    rated = browser.find_element("id", "rated")
    rated.clear()
    rated.send_keys("0.01", Keys.ENTER)
    press(browser, "down")
    assert leaf(browser, "w") == pytest.approx(3.0 - 0.01 * 20.0)
    browser.execute_script("rate.value = -1; rate.dispatchEvent(new Event('input'))")
    assert rated.get_attribute("value") == "0.1"
    rated.clear()
    rated.send_keys("-3", Keys.ENTER)
    assert rated.get_attribute("aria-invalid") == "true"
    press(browser, "undo", "down")
    assert leaf(browser, "w") == pytest.approx(1.0)


def test_divergence_is_shown_as_what_it_is(open_page):
    from selenium.webdriver import Keys

    browser = open_page(product())
    rated = browser.find_element("id", "rated")
    rated.clear()
    rated.send_keys("10", Keys.ENTER)
    press(browser, "down")
    assert browser.find_element("id", "trend").text == (
        "Step 1: the loss was 25, and is 1.56e5. The loss grew: λ is too large."
    )
    assert browser.execute_script("return bars.lastChild.getAttribute('class')") == "bar over"
    for _ in range(90):
        browser.execute_script("down.click()")
    said = browser.find_element("id", "trend").text
    assert "It is no number any more: the steps were too long." in said or "larger than any number" in said
    assert browser.execute_script("return bars.lastChild.getAttribute('class')") == "bar nothing"


# --- how it looks -------------------------------------------------------------------------------------

INSIDE = """
const bad = [];
for (const e of document.querySelectorAll('.live *')) {
  const b = e.getBoundingClientRect();
  if (b.width && (b.right > innerWidth + 1 || b.left < -1)) bad.push(e.id || e.tagName);
}
return bad.concat(document.documentElement.scrollWidth > innerWidth ? ['page'] : []);
"""

OVERLAPS = """
return player.boxes.flatMap((box) => {
  const all = Array.from(box.querySelectorAll('text'), (t) => t.getBoundingClientRect());
  const texts = all.filter((b) => b.width);
  const rect = box.querySelector('rect').getBoundingClientRect();
  const out = texts.some((t) => t.left < rect.left || t.right > rect.right);
  const over = texts.some((a, i) => texts.some((b, j) => j > i && a.left < b.right && b.left < a.right
    && a.top + 2 < b.bottom && b.top + 2 < a.bottom));
  return out || over ? [box.textContent] : [];
});
"""


@pytest.mark.parametrize("size", [(390, 844), (900, 700), (1366, 768), (1920, 1080)])
def test_long_numbers_do_not_overlap_and_nothing_is_cut_off(open_page, sized, size):
    sized(*size)
    browser = open_page(*linear(), step=31)
    browser.execute_script(
        "live.drag.forEach((n, i) => { if (n >= 0) live.values[n] = -1.2345e-10 * (i + 1) }); live.refresh();"
        "chosen.selectedIndex = 4; chosen.dispatchEvent(new Event('change')); down.click()"
    )
    assert browser.execute_script(OVERLAPS) == []
    assert browser.execute_script(INSIDE) == []


def axe_core():
    given = os.environ.get("AXE_CORE")
    path = Path(given) if given else Path("node_modules/axe-core/axe.min.js")
    return path if path.is_file() else None


@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1366, 768), (1920, 1080)])
def test_axe_finds_no_violation_while_a_leaf_is_chosen(open_page, sized, scheme, size):
    sized(*size)
    browser = open_page(*linear(), step=31)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        browser.execute_script(
            "chosen.selectedIndex = 5; chosen.dispatchEvent(new Event('change')); down.click(); down.click()"
        )
        browser.execute_script(axe_core().read_text())
        found = browser.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
            " [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))])))"
        )
        assert found == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_eighty_boxes_follow_a_drag_in_a_frame(open_page):
    loss, model = mlp(3, 5, 1)
    assert 60 < len(play(loss, model).film.actors) < 100
    browser = open_page(loss, model, step=60)
    times = browser.execute_script(
        "const times = []; for (let i = 0; i < 40; i++) { live.values[live.drag.find((n) => n >= 0)] += 0.01;"
        " const t = performance.now(); live.refresh(); times.push(performance.now() - t) } return times"
    )
    assert sorted(times)[len(times) // 2] < 20.0


def test_leaves_of_a_batch_are_told_apart_in_the_list(open_page):
    browser = open_page(*mlp(2, 4, 1, batch=5))
    names = browser.execute_script("return Array.from(chosen.options, (o) => o.textContent)")
    assert len(set(names)) == len(names)
    assert {"x0", "x0 (sample 5)", "2.weight[0][3]"} <= set(names)
