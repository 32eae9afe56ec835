"""The course in a notebook: `microgd.learn.check(name, function)`, `show`, `hint` and the others."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import microgd.learn
from microgd import learn
from microgd.learn import cells, check
from microgd.learn.course import Course
from microgd.learn.fence import LIMIT
from microgd.learn.notebook import _alarm, _Late

COURSE = Course()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of the notebook's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cells, "_memory", [])
    return tmp_path


def rule(x, out, g):
    return (1 - out**2) * g


def test_answers_are_given_in_order_or_by_name():
    for outcome in (check("tanh", rule), check("tanh", backward=rule)):
        assert outcome.ok
        assert (outcome.key, outcome.exercise, outcome.file, outcome.printed) == ("ok", "tanh", "", "")
        assert outcome.joy == COURSE.find("tanh").joy
    assert check("valley", 0.01, MOMENTUM=0.9).ok
    assert check("valley", LR=0.01, MOMENTUM=0.9).ok
    assert check("valley", 0.01, 0.0).joy == ""


def test_what_the_stub_has_ready_is_there_and_the_gaps_are_not():
    def backward(a, b, c, out, g):
        return [0.0]

    assert check("cross_entropy", backward).key == "wrong_shape"
    found = check("tanh")
    assert (found.key, found.message) == (
        "missing_name", "There is no `backward` in your file. Was it renamed or deleted?",
    )  # fmt: skip
    namespace = {}
    exec(COURSE.find("accumulate").solution, namespace)
    assert check("accumulate", namespace["backward_step"]).ok, "with the stub's own Node"


def cells_of(*exercises):
    """The solutions of exercises, written into the cells of one notebook: its names."""
    names = {"__name__": "notebook"}
    for exercise in exercises:
        source = re.sub(
            r"^from (\w+) import .*$",
            lambda m: "" if COURSE.find(m[1]) else m[0],
            exercise.solution,
            flags=re.M,
        )
        exec(compile(source, "<cell>", "exec"), names)
    return names


@pytest.mark.parametrize(
    "exercise",
    [x for x in COURSE.exercises if re.search(r"(?m)^from \w+ import", x.stub)],
    ids=lambda x: x.name,
)
def test_what_builds_on_earlier_answers_finds_them_in_other_cells(exercise):
    chapter = [x for x in COURSE.exercises if x.chapter == exercise.chapter]
    first = next((x for x in chapter if f"\nfrom {x.name} import" in f"\n{exercise.stub}"), None)
    if first is not None:
        page = repr(learn.show(exercise.name))
        assert "It builds on what you wrote for " in page
        assert f"\nfrom {first.name} import" not in page
    names = cells_of(*chapter[: chapter.index(exercise) + 1])
    assert check(exercise.name, *(names[name] for name in exercise.asked)).ok


def test_the_line_of_a_cell_is_told():
    namespace = {}
    cell = "def backward(x, out, g):\n    return g / 0\n"
    exec(compile(cell, "<cell 3>", "exec"), namespace)
    assert check("tanh", namespace["backward"]).message.startswith("Line 2 stops: it divides by zero.")


def test_slips_of_the_caller_are_errors():
    with pytest.raises(ValueError, match=r"there is no exercise 'tangh'; there are slope, central, kink, "):
        check("tangh", rule)
    with pytest.raises(TypeError, match=r"^tanh asks for backward: 1, and 2 were given$"):
        check("tanh", rule, rule)
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        _ = microgd.learn.chek


def test_what_is_printed_is_kept_apart(capsys):
    def prints(x, out, g):
        print("seen")
        return rule(x, out, g)

    outcome = check("tanh", prints)
    assert outcome.printed.startswith("seen\nseen")
    assert capsys.readouterr() == ("", "")


def test_time_is_limited():
    def sleeps(x, out, g):
        time.sleep(10)

    start = time.perf_counter()
    outcome = check("tanh", sleeps, limit=0.2)
    assert time.perf_counter() - start < 5
    assert (outcome.ok, outcome.key) == (False, "timeout")
    assert outcome.message == (
        "Still running after 0.2 seconds, so it was stopped. Is there a loop that never ends?"
    )
    assert check.__kwdefaults__["limit"] == LIMIT


def test_the_alarm_is_given_back():
    def mine(number, frame):
        pass

    before = signal.signal(signal.SIGALRM, mine)
    try:
        check("tanh", rule)
        assert signal.getsignal(signal.SIGALRM) is mine
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_alarm_that_was_swallowed_rings_again():
    rung = []

    def swallow():
        with _alarm(0.02):
            while len(rung) < 3:
                try:
                    time.sleep(1)
                except _Late as late:
                    rung.append(late)

    with pytest.raises(_Late):  # it is not forgotten at the end
        swallow()
    assert len(rung) == 3


def test_without_alarms_an_answer_is_judged_all_the_same(monkeypatch):
    found = []
    thread = threading.Thread(target=lambda: found.append(check("tanh", rule)))
    thread.start()
    thread.join()
    assert found[0].ok
    monkeypatch.delattr(signal, "setitimer")
    assert check("tanh", rule).ok


# --- the other commands ---

RECORD = Path("microgd-learn/progress.txt")


def record():
    return RECORD.read_text().splitlines()[1:]


def bare(html):
    return re.sub(r"<[^>]*>", "", html)


def test_tab_finds_the_functions_of_the_course():
    names = {"show", "guess", "hint", "next", "list", "solution", "reset", "progress", "check"}
    assert set(dir(learn)) == names == set(learn.__all__)
    for name in names:
        assert getattr(learn, name).__name__ == name
        assert getattr(learn, name).__doc__


def test_everything_is_text_and_rich_text():
    wrong = check("tanh", lambda x, out, g: g)
    for page in (
        learn.show("tanh"), learn.guess(0.5), learn.hint(), learn.next(), learn.list(),
        learn.solution("tanh", anyway=True), learn.reset("tanh"), learn.progress(), wrong,
    ):  # fmt: skip
        assert "`" not in bare(page._repr_html_())
        assert page._repr_html_().startswith("<div")
        assert len(repr(page)) > 20


def test_show_has_the_picture_the_text_and_the_code_to_begin_with():
    page = learn.show("tanh")
    html = page._repr_html_()
    assert "<svg" in html
    assert 'alt="The graph of a loss' in html
    assert "learn.guess(&quot;tanh&quot;" in html or 'learn.guess("tanh"' in html
    assert "def backward(x, out, g):" in html
    assert "def backward(x, out, g):" in repr(page)
    assert 'learn.check("tanh", backward)' in repr(page)
    assert "<iframe" in learn.show("chain")._repr_html_(), "the film of a chain"


def test_a_chapter_is_told_with_its_first_exercise_until_that_is_passed():
    assert "upstream gradient, g: of all" in repr(learn.show("add"))
    assert "upstream gradient, g: of all" not in repr(learn.show("mul"))
    assert check("add", lambda a, b, out, g: (g, g)).ok
    assert "Chapter 2" not in repr(learn.show("add"))


def test_the_way_through_the_course_is_written_down():
    first = COURSE.exercises[0]
    assert "Chapter 1" in repr(learn.show())
    assert record() == [f"at {first.name}"]
    assert repr(learn.next()).startswith(f"{first.name} stays open.")
    learn.show("tanh")
    said = " ".join(repr(learn.guess(0.5)).split())
    assert said == "You said 0.5, and it is 0.6347: the sign is right, and it is a little larger in size."
    assert repr(learn.guess("exp", 2.7)).endswith("Well seen!")
    assert "You said 0.5" in repr(learn.show("tanh"))
    assert "You said 0.5" in learn.show("tanh")._repr_html_()
    assert repr(learn.hint()).count("hint ") == 1
    assert repr(learn.hint()).count("hint ") == 2
    assert repr(learn.solution()).startswith("tanh is not passed yet.")
    assert check("tanh", rule).ok
    assert "return (1 - out**2) * g" in repr(learn.solution())
    assert record() == ["guess tanh 0.5", "guess exp 2.7", "hint tanh 2", "passed tanh", "at tanh"]
    assert "✓ tanh" in repr(learn.list())
    assert f"1 of {len(COURSE.exercises)} passed." in repr(learn.progress())
    learn.reset("tanh")
    assert "hint 1 of 3" in repr(learn.hint())
    assert "hint 2 of 3" not in repr(learn.hint("exp"))
    assert "passed tanh" in record()


def test_a_check_alone_writes_nothing(folder):
    assert check("tanh", rule).ok
    assert not any(folder.iterdir())


def test_at_the_end_the_end_is_told():
    learn.show()
    RECORD.write_text(RECORD.read_text() + "".join(f"passed {x.name}\n" for x in COURSE.exercises))
    assert "exercises are passed" in repr(learn.next())
    assert "exercises are passed" in repr(learn.progress())
    assert repr(learn.show()), "the last one"


def test_where_nothing_can_be_written_progress_is_kept_in_memory(folder):
    (folder / "microgd-learn").write_text("a file")
    learn.show("tanh")
    check("tanh", rule)
    learn.guess(1)
    learn.guess(2)
    assert "✓ tanh" in repr(learn.list())
    assert "in memory only" in repr(learn.progress())
    assert [x for x in cells.begun().progress.lines() if "guess" in x] == ["guess tanh 2"]
    assert (folder / "microgd-learn").read_text() == "a file"


def test_a_record_of_somebody_else_is_left_alone(folder):
    RECORD.parent.mkdir()
    RECORD.write_text("week 3: fine\n")
    learn.show()
    assert RECORD.read_text() == "week 3: fine\n"


def test_slips_are_told():
    with pytest.raises(ValueError, match=r"did you mean 'tanh'\?"):
        learn.show("tahn")
    for words in ((), ("much",), ("tanh", "much"), (1, 2, 3)):
        with pytest.raises(TypeError, match=r"a guess is a number"):
            learn.guess(*words)


def test_a_name_without_quotes_is_told_how_to_write():
    def slope(f, x, h):
        return 0.0

    def mine(x, out, g):
        return 0.0

    for call, example in (
        (lambda: learn.check(), 'learn.check("slope", ANSWER)'),
        (lambda: learn.check(slope), 'learn.check("slope", slope)'),
        (lambda: learn.check(mine), 'learn.check("slope", mine)'),
        (lambda: learn.show(99), 'learn.show("slope")'),
        (lambda: learn.hint(slope), 'learn.hint("slope")'),
        (lambda: learn.solution(slope), 'learn.solution("slope")'),
        (lambda: learn.reset(slope), 'learn.reset("slope")'),
        (lambda: learn.guess(slope, 0.5), 'learn.guess("slope", 0.5)'),
    ):
        with pytest.raises(TypeError, match=re.escape(f"in quotes, as in {example}")):
            call()
    with pytest.raises(AttributeError, match=r"begin with learn\.show\(\)"):
        _ = learn.start


def test_reset_puts_the_code_into_the_next_cell(monkeypatch):
    cell = []
    shell = type("Shell", (), {"set_next_input": lambda self, text: cell.append(text)})()
    fake = type("IPython", (), {"get_ipython": staticmethod(lambda: shell)})
    monkeypatch.setitem(sys.modules, "IPython", fake)
    learn.reset("tanh")
    assert cell == [COURSE.find("tanh").stub]


def test_a_wrong_answer_is_painted_on_the_graph():
    outcome = check("tanh", lambda x, out, g: -g)
    assert "x: yours -2; asked: positive, about " in outcome.beside
    assert "The graph of a loss" in outcome._repr_html_()
    assert check("tanh", rule).picture == ""


def test_the_course_is_loaded_when_it_is_named():
    """The processes in which answers run import `microgd.learn`, and need nothing of this."""
    code = "import sys, microgd.learn; print([x for x in sys.modules if 'viz' in x or 'cells' in x])"
    env = {**os.environ, "PYTHONPATH": str(Path(microgd.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
