"""The user's code beside the film: which lines are shown, and that line and box are lit together."""

import linecache
import textwrap

import pytest

import microgd
from microgd import Value
from microgd.viz import draw, play
from microgd.viz.code import listing, statement
from microgd.viz.graph import read, unfolded

from .graphs import linear
from .test_player_browser import browser, open_film, press, pytestmark  # noqa: F401


@pytest.fixture
def run(tmp_path):
    """Run a program, with its values made inside of lines(): its names, and its file."""

    def it(text, name="program.py", file=True):
        source = textwrap.dedent(text).lstrip("\n")
        path = str(tmp_path / name) if file else f"<{name}>"
        if file:
            (tmp_path / name).write_text(source, encoding="utf-8")
        else:  # as notebooks do
            linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path
        names = {"Value": Value, "microgd": microgd}
        with microgd.lines():
            exec(compile(source, path, "exec"), names)
        return names, path

    return it


NEWTON = '''
    import math
    unused = 1


    class Solver:
        """A class."""

        def other(self):
            return 0

        def root(self, x, a):
            for _ in range(2):
                x = (x + a / x) / 2  # the  step
            return x


    a = Value(9.0, "a")
    loss = (Solver().root(Value(1.0, "x"), a) - 3.0) ** 2
'''


def shown(names, path):
    made = listing(step.place for step in read(names["loss"]).steps)
    return made, [(number, text) for number, text in made.rows]


def test_the_functions_and_statements_in_use_are_shown_and_no_others(run):
    made, rows = shown(*run(NEWTON))
    assert rows == [
        (11, "def root(self, x, a):"),
        (12, "    for _ in range(2):"),
        (13, "        x = (x + a / x) / 2  # the  step"),
        (14, "    return x"),
        (0, "…"),
        (17, 'a = Value(9.0, "a")'),
        (18, 'loss = (Solver().root(Value(1.0, "x"), a) - 3.0) ** 2'),
    ]
    assert [number for (_, number) in sorted(made.at)] == [13, 17, 18]


def test_a_cell_of_a_notebook_has_its_source(run):
    names, path = run(NEWTON, "ipython-input-1", file=False)
    _made, rows = shown(names, path)
    assert rows[2] == (13, "        x = (x + a / x) / 2  # the  step")


def test_without_a_source_no_code_is_shown():
    names = {"Value": Value}
    with microgd.lines():
        exec(compile("loss = Value(2.0) * 3.0", "<stdin of nobody>", "exec"), names)
    assert listing(step.place for step in read(names["loss"]).steps).rows == []
    assert 'id="code"' not in play(names["loss"]).html
    assert '"code":' not in play(names["loss"]).html


def test_without_lines_the_page_has_none_of_it():
    loss, model = linear()
    page = play(loss, model).html
    assert '"code":' not in page
    assert "#code" not in page


def test_a_broken_source_and_a_magic_command_show_the_lines_alone(run):
    names, path = run(NEWTON, "cell", file=False)
    linecache.cache[path] = (1, None, ["%time it\n", *linecache.cache[path][2][1:]], path)
    _made, rows = shown(names, path)
    assert [number for number, _ in rows if number] == [13, 17, 18]


def test_a_long_function_shows_what_made_something(run):
    body = "\n".join(f"    k{i} = {i}" for i in range(100))
    names, path = run(f"def f(x):\n{body}\n    y = x * 2.0\n    return y\n\nloss = f(Value(1.0))\n")
    _made, rows = shown(names, path)
    assert [number for number, _ in rows] == [1, 0, 101, 102, 103, 104, 105]


def test_lines_of_a_dot_product_taken_apart_are_those_of_the_call():
    _loss, model = linear()
    with microgd.lines():
        (out,) = model[0]([1.0, 2.0, 3.0, 4.0])[:1] if hasattr(model, "__getitem__") else model([1.0] * 4)[:1]
    places = {step.place[:2] for step in unfolded(read(out, model)).steps if step.kind == "op"}
    assert len(places) == 1


def test_a_title_is_the_text_of_the_line_without_its_comment(run):
    _names, path = run(NEWTON)
    assert statement((path, 13, 0)) == "x = (x + a / x) / 2"
    assert statement(("nowhere.py", 1, 0)) == ""


def test_hostile_code_stays_text(run):
    loss = run("""
        w = Value(2.0, "w")
        loss = w * 3.0 + len("</script><script>alert(1)</script><b>&amp;")  # \u202e \u200b
    """)[0]["loss"]
    page = play(loss).html
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert draw(loss).svg()


# --- in a browser ---

LOOP = """
    w = Value(0.5, "w")
    x = Value(2.0, "x")
    t = w * x
    y = t.tanh()
    loss = (y - 1.0) ** 2
"""


def lit(page):
    return page.execute_script(
        "return Array.from(document.querySelectorAll('#code .lit'), (r) => r.textContent.trim())"
    )


def active(page):
    return page.execute_script("return document.querySelector('.box.active .name')?.textContent")


def test_line_and_box_are_lit_together_in_each_frame(run, open_film):  # noqa: F811
    page = open_film(run(LOOP)[0]["loss"])
    seen = []
    for _ in range(9):
        seen.append((active(page), lit(page)))
        press(page, "ArrowRight")
    t, y, loss = ["3t = w * x"], ["4y = t.tanh()"], ["5loss = (y - 1.0) ** 2"]
    forward = [("t1", t), ("t2", y), ("t3", loss), ("loss", loss)]
    assert seen == [(None, []), *forward, ("loss", loss), *forward[::-1]][:9]
    assert page.execute_script("return document.querySelectorAll('#code [aria-current]').length") == 1


def near(page):
    return page.execute_script(
        "return document.querySelector('svg').classList.contains('aside') ?"
        " Array.from(document.querySelectorAll('.box.near .name'), (t) => t.textContent) : null"
    )


def test_pointing_at_a_line_lights_its_boxes_and_at_a_box_its_line(run, open_film):  # noqa: F811
    from selenium.webdriver import ActionChains

    page = open_film(run(LOOP)[0]["loss"])
    rows = page.find_elements("css selector", "#code button")
    assert next(row.text for row in rows).startswith("1")
    ActionChains(page).move_to_element(rows[-1]).perform()
    assert near(page) == ["t3", "loss"]
    ActionChains(page).move_to_element(page.find_element("id", "said")).perform()
    assert near(page) is None
    box = page.find_elements("css selector", ".box.op")[0]
    ActionChains(page).move_to_element(box).perform()
    assert page.find_element("css selector", "#code .near").text.endswith("t = w * x")


def test_the_keyboard_goes_through_the_lines_and_to_their_frames(run, open_film):  # noqa: F811
    from selenium.webdriver import ActionChains, Keys

    page = open_film(run(LOOP)[0]["loss"])
    page.execute_script("document.querySelector('#code button').focus()")
    assert page.execute_script("return document.querySelectorAll('#code [tabindex=\"0\"]').length") == 1
    for _ in range(3):
        ActionChains(page).send_keys(Keys.ARROW_DOWN).perform()
    assert near(page) == ["t2"]
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert page.find_element("id", "where").text == "forward 2 / 9"
    assert active(page) == "t2"
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert page.find_element("id", "where").text == "backward 8 / 9" or active(page) == "t2"
    for _ in range(9):
        ActionChains(page).send_keys(Keys.ARROW_UP).perform()
    assert near(page) == ["w"]


def test_code_that_is_longer_than_its_place_scrolls_to_the_line(run, open_film):  # noqa: F811
    lines = "\n".join(f"x{i + 1} = x{i} * 1.5" for i in range(40))
    page = open_film(run(f'x0 = Value(1.0, "x")\n{lines}\nloss = x40\n')[0]["loss"])
    for step in (40, 1, 20):
        page.execute_script("player.go(arguments[0])", step)
        row = page.find_element("css selector", "#code .lit")
        assert row.text.endswith(f"x{step - 1} * 1.5")
        inside = page.execute_script(
            "const a = arguments[0].getBoundingClientRect(), b = document.getElementById('code')"
            ".getBoundingClientRect(); return a.top >= b.top && a.bottom <= b.bottom",
            row,
        )
        assert inside
    assert page.execute_script("return document.scrollingElement.scrollTop") == 0
