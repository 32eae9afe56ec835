"""`microgd.learn.check(name, function)`, as a notebook calls it."""

import signal
import threading
import time

import pytest

import microgd.learn
from microgd.learn import check
from microgd.learn.course import Course
from microgd.learn.fence import LIMIT
from microgd.learn.notebook import _alarm, _Late

COURSE = Course()


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
