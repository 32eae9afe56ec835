"""The quiz of the film, in a real browser: what it asks, how it judges, and that it tells nothing before."""

import pytest

import microgd
from microgd import Value
from microgd.check.diagnosis import KEYS
from microgd.viz import film as module, play
from microgd.viz.quiz import HINTS, texts
from microgd.viz.words import number

from .graphs import linear, mlp
from .test_golden_film import FILMS
from .test_player_browser import axe_core, browser, press, pytestmark  # noqa: F401


@pytest.fixture
def quiz(browser, tmp_path):  # noqa: F811
    """Open the page of a loss with its quiz on; it must have nothing to complain of."""

    def open_it(loss, model=None, step=0, on=True):
        path = play(loss, model, quiz=on).save(tmp_path / "loss.html")
        browser.get("about:blank")
        browser.get(f"{path.as_uri()}#step={step}")
        return browser

    browser.get_log("browser")
    yield open_it
    assert browser.get_log("browser") == []


def text(page, name):
    return page.find_element("css selector", f".quiz .{name}").text


def where(page):
    return page.find_element("id", "where").text


def answer(page, words):
    from selenium.webdriver import Keys

    field = page.find_element("css selector", ".quiz input")
    field.clear()
    field.send_keys(words, Keys.ENTER)
    return text(page, "verdict")


def show_me(page):
    next(b for b in page.find_elements("css selector", ".quiz button") if b.text == "Show me").click()


def asked(page):
    return page.find_element("css selector", ".quiz input").is_displayed()


def small():
    w, x = Value(2.0, "w"), Value(3.0, "x", requires_grad=False)
    loss = (w * x - 1.0) ** 2
    loss.backward()
    return loss


def to(page, words):
    """Answer by "Show me" until the question has these words."""
    press(page, "End")
    while words not in text(page, "question"):
        show_me(page)
        press(page, "End")


def test_each_step_of_the_backward_pass_is_asked_once_and_the_score_is_told(quiz):
    page = quiz(small())
    assert not asked(page)
    assert "asked for a number" in text(page, "score")
    for right, (question, typed) in enumerate([
        ("What is dL/dloss?", "1"),
        ("loss = t2² = 5² = 25. The upstream gradient is dL/dloss = 1. What is added to dL/dt2?", "10"),
        ("t2 = t1 − 1 = 6 − 1 = 5. The upstream gradient is dL/dt2 = 10. What is added to dL/dt1?", "10"),
        ("t1 = w × x = 2 × 3 = 6. The upstream gradient is dL/dt1 = 10. What is added to dL/dw?", "30"),
    ]):  # fmt: skip
        press(page, "l" if right == 0 else "ArrowRight")
        assert question in text(page, "question").replace("\n", " ")
        assert answer(page, typed).startswith("Right.")
        assert text(page, "score").startswith(f"{right + 1} of {right + 1} right at the first try")
    assert "last question" in text(page, "score")
    press(page, "Home")
    press(page, "End")
    assert where(page) == "backward 7 / 7"
    assert not asked(page)


def test_no_way_leads_past_an_open_question(quiz):
    page = quiz(small(), step=7)
    assert where(page) == "forward 3 / 7"
    assert asked(page)
    for key in ("End", "ArrowRight", "l"):
        press(page, key)
        assert where(page) == "forward 3 / 7"
        assert asked(page)
    page.execute_script(
        "const s = document.getElementById('slider'); s.value = 6; s.dispatchEvent(new Event('input'))"
    )
    assert where(page) == "forward 3 / 7"
    assert asked(page)
    assert page.execute_script("return document.getElementById('slider').value") == "3"
    press(page, "ArrowLeft")
    assert where(page) == "forward 2 / 7"
    assert not asked(page)


def test_nothing_on_the_page_says_the_number_before_it_is_answered(quiz):
    a, b = Value(1.7, "a"), Value(-2.9, "b")
    loss = (a * b).tanh() * a
    loss.backward()
    page = quiz(loss)
    for step in [loss.grad, *[None] * 8]:
        press(page, "End")
        if not asked(page):
            break
        labels = page.execute_script(
            "return Array.from(document.querySelectorAll('[aria-label], [aria-valuetext], title'),"
            " (e) => (e.ariaLabel || '') + e.textContent).join(' ') + document.body.innerText"
        )
        for wrong in ("7777", "-0.0007777"):
            answer(page, wrong)
        said = labels + text(page, "verdict")
        before = text(page, "score")
        show_me(page)
        told = text(page, "verdict").rstrip(".").split()[-1]
        if step is None and told not in ("1", number(a.data), number(b.data)):
            assert f" {told}" not in said.replace(
                f"= {told}", ""
            )  # a number that was known before is no secret
        assert text(page, "score") != before


@pytest.mark.parametrize(
    ("question", "typed", "key"),
    [
        ("added to dL/dw", "-30", "sign"),
        ("added to dL/dw", "3", "missing_upstream"),
        ("added to dL/dw", "10", "pass_through"),
        ("added to dL/dw", "300", "upstream_twice"),
        ("added to dL/dw", "3.333", "inverted"),
        ("added to dL/dw", "3000", "ratio"),
        ("added to dL/dt2", "5", "ratio"),
        ("added to dL/dw", "0", "zero"),
        ("added to dL/dw", "17", "unknown"),
        ("added to dL/dw", "three", "not_a_number"),
        ("added to dL/dw", "", "not_a_number"),
        ("added to dL/dw", "3 *", "not_a_number"),
    ],
)
def test_a_mistake_is_named_with_the_words_of_the_checker(quiz, question, typed, key):
    page = quiz(small())
    to(page, question)
    assert answer(page, typed) == texts()[key]
    if key in HINTS:
        assert KEYS[key] in texts()[key]
    assert asked(page)


def test_the_gradient_of_the_other_operand_is_named(quiz):
    a, b = Value(2.0, "a"), Value(7.0, "b")
    page = quiz((a * b) * 5.0)
    to(page, "added to dL/da")
    assert answer(page, "10") == texts()["swapped_inputs"]
    assert answer(page, "35").startswith("Right.")


def test_a_value_that_is_used_twice_is_asked_for_its_sum(quiz):
    x = Value(3.0, "x")
    page = quiz((x * x) * 2.0 + x)
    to(page, "What is it after this step?")
    assert "dL/dx is 1 so far" in text(page, "question")
    assert answer(page, "6") == texts()["only_last_use"]
    assert answer(page, "13").startswith("Right. dL/dx is now 13")


def test_only_what_is_added_counts_where_that_is_asked(quiz):
    x = Value(3.0, "x")
    page = quiz(x * x)
    press(page, "l")
    answer(page, "1")
    press(page, "ArrowRight")
    assert "dL/dx is 0 so far" in text(page, "question")
    assert answer(page, "3") == texts()["only_last_use"]
    assert answer(page, "6").startswith("Right.")


@pytest.mark.parametrize("typed", ["30", "30.2", "+30", "3 * 10", "3·10", "90/3", "29,8", " 3 × 1e1 "])
def test_an_answer_may_be_rounded_or_written_as_a_product(quiz, typed):
    page = quiz(small())
    to(page, "added to dL/dw")
    assert answer(page, typed).startswith("Right. dL/dw gets 30.")


def test_a_mistake_with_all_digits_is_not_taken_for_a_rounded_answer(quiz):
    x = Value(0.05, "x")
    page = quiz(x.tanh() * 0.3009)
    to(page, "added to dL/dx")
    assert answer(page, "0.3009") == texts()["pass_through"]  # 0.3001 is right
    assert answer(page, "0.300").startswith("Right.")


@pytest.mark.parametrize(("factor", "typed"), [(float("nan"), "nan"), (float("-inf"), "-inf"), (0.0, "0")])
def test_nan_infinity_and_zero_are_answers(quiz, factor, typed):
    page = quiz(Value(3.0, "x") * factor * 1.0)
    to(page, "added to dL/dx")
    assert answer(page, "1") != ""
    assert answer(page, typed).startswith("Right.")


def test_only_a_first_try_counts_and_a_text_is_no_try(quiz):
    page = quiz(small())
    press(page, "l")
    answer(page, "what?")
    answer(page, "1")
    assert text(page, "score").startswith("1 of 1")
    press(page, "ArrowRight")
    answer(page, "5")
    answer(page, "10")
    assert text(page, "score").startswith("1 of 2")
    press(page, "ArrowRight")
    show_me(page)
    assert text(page, "verdict") == "dL/dt1 gets 10."
    assert text(page, "score").startswith("1 of 3")


def test_the_button_begins_and_ends_the_quiz(quiz):
    page = quiz(small(), step=7, on=False)
    assert where(page) == "backward 7 / 7"
    assert not page.find_element("css selector", ".quiz").is_displayed()
    button = next(b for b in page.find_elements("tag name", "button") if b.text == "Quiz")
    button.click()
    assert where(page) == "forward 3 / 7"
    assert asked(page)
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    press(page, "End")
    assert where(page) == "backward 7 / 7"
    assert not asked(page)


def test_the_keyboard_alone_takes_the_quiz(quiz):
    from selenium.webdriver import ActionChains, Keys

    page = quiz(small())
    for _ in range(4):
        ActionChains(page).send_keys(Keys.ARROW_RIGHT).perform()
    for typed in ("1", "10", "10", "-5", "30"):
        assert page.execute_script("return document.activeElement.matches('.quiz input')")
        ActionChains(page).send_keys(typed, Keys.ENTER).perform()
        if typed != "-5":
            assert page.execute_script("return document.activeElement.id") == "next"
            ActionChains(page).send_keys(Keys.ENTER).perform()
    assert text(page, "score").startswith("3 of 4")
    assert where(page) == "backward 7 / 7"


def test_keys_typed_into_the_field_do_not_move_the_film(quiz):
    page = quiz(small(), step=7)
    before = page.execute_script("return document.querySelector('svg').getAttribute('width')")
    answer(page, "-l+ f=")
    assert page.execute_script("return document.querySelector('svg').getAttribute('width')") == before
    assert where(page) == "forward 3 / 7"


def test_playing_stops_at_a_question(quiz):
    page = quiz(small(), step=3)
    page.execute_script("document.getElementById('play').click()")
    page.execute_async_script("setTimeout(arguments[0], 1400)")
    assert asked(page)
    assert page.find_element("id", "play").text == "Play"


def test_the_numbers_are_those_of_the_film_at_that_moment(quiz):
    page = quiz(small())
    to(page, "added to dL/dw")
    page.execute_script("live.values[live.drag[0]] = 3; live.refresh()")  # w
    assert "t1 = w × x = 3 × 3 = 9. The upstream gradient is dL/dt1 = 16" in text(page, "question")
    assert answer(page, "30") == texts()["unknown"]
    assert answer(page, "16") == texts()["pass_through"]
    assert answer(page, "48").startswith("Right. dL/dw gets 48")
    press(page, "End")
    assert where(page) == "backward 7 / 7"


def test_the_gradient_of_a_chosen_leaf_is_hidden_until_all_is_answered(quiz):
    page = quiz(small())
    page.find_element("css selector", ".box.leaf").click()
    meaning = page.find_element("id", "meaning")
    tangent = page.find_element("css selector", ".tangent")
    assert not meaning.is_displayed()
    assert not tangent.is_displayed()
    press(page, "End")
    while asked(page):
        show_me(page)
        press(page, "End")
    assert "dL/dw = 30" in meaning.text
    assert tangent.is_displayed()


@pytest.mark.parametrize("name", ["neuron by neuron", "many inputs", "layer by layer"])
def test_a_value_without_an_edge_of_its_own_may_have_a_total_of_zero(quiz, name, monkeypatch):
    make, most = FILMS[name]
    monkeypatch.setattr(module, "MOST_VALUES", most)
    page = quiz(*make())
    press(page, "l")
    assert answer(page, "1").startswith("Right.")


def test_cards_of_neurons_ask_for_single_contributions_only(quiz):
    loss, model = mlp(9, 16, 1)
    page = quiz(loss, model)
    press(page, "End")
    count = 0
    while asked(page):
        words = text(page, "question")
        assert "contributions" not in words
        assert "NaN" not in words
        assert "undefined" not in words
        show_me(page)
        assert "NaN" not in text(page, "verdict")
        press(page, "End")
        count += 1
    assert count > 5
    assert where(page).split()[1] == where(page).split()[3]


def test_every_right_answer_is_a_number_that_the_film_tells(quiz):
    loss, model = linear()
    page = quiz(loss, model)
    numbers = page.execute_script(
        "return questions.asked.map((i) => [i, questions.ask(i)]).map(([i, q]) =>"
        " [player.film.frames[i], q.right, q.wrong.map((w) => w[1])])"
    )
    assert len(numbers) > 10
    for frame, right, _ in numbers[1:]:
        totals = [grad for grads in page.execute_script("return player.film.grads") for _, grad in grads]
        assert right in [line[2] for line in frame["lines"]] + totals


def test_the_texts_are_on_the_page_once(quiz):
    page = quiz(small())
    assert page.execute_script("return player.film.quiz.texts") == texts()
    code = page.execute_script("return player.rest")
    for sentence in texts().values():
        assert sentence not in code


def test_each_script_is_small():
    from importlib import resources

    for name in ("quiz.js", "questions.js", "code.js"):
        assert len(resources.files("microgd.viz").joinpath(name).read_bytes()) < 5000


@pytest.mark.skipif(axe_core() is None, reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1366, 768), (1920, 1080)])
def test_axe_finds_no_violation_in_a_question_and_its_answer(quiz, scheme, size):
    with microgd.lines():
        loss = small()
    page = quiz(loss)
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
    )
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        press(page, "End")
        answer(page, "17")
        page.execute_script(axe_core().read_text())
        run = (
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>"
            " v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | '))))"
        )
        assert page.execute_async_script(run) == []
        field = page.find_element("css selector", ".quiz input").rect
        assert field["x"] >= 0
        assert field["x"] + field["width"] <= size[0]
        assert field["y"] >= 0
        assert field["y"] + field["height"] <= size[1]
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
