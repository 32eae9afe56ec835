"""How a verdict is told: as text, as HTML, and what an exception becomes."""

import linecache
import sys
import threading
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import pytest

from microgd import Value
from microgd.learn.outcome import (
    CLIP,
    LINES,
    LONG,
    WIDTH,
    Outcome,
    clipped,
    place_in,
    quoted,
    running_place,
    thing,
    told,
    wrapped,
)


def test_an_outcome_is_told_as_text():
    assert repr(Outcome(True, "ok", "", "tanh", joy="Hurray!")) == "✓ tanh\n\n  Hurray!"
    assert repr(Outcome(True, "ok", "Small.", "tanh", joy="Hurray!")) == "✓ tanh\n\n  Small.\n\n  Hurray!"
    failed = Outcome(False, "sign", "Why?", "tanh", printed="one\n\ntwo", joy="not yet")
    assert repr(failed) == "✗ tanh\n\n  Why?\n\n  What your code printed:\n  | one\n  | \n  | two"
    assert not failed
    assert Outcome(True, "ok", "")
    with pytest.raises(FrozenInstanceError):
        failed.ok = True


def test_an_outcome_is_told_as_html():
    assert Outcome(False, "sign", "a < b?", "x<y", printed="<1>")._repr_html_() == (
        '<div style="border-left: 4px solid #b91c1c; padding: 0.2em 1em; max-width: 50em">'
        '<p><b style="color: #b91c1c">✗ x&lt;y</b></p>'
        '<p style="white-space: pre-wrap">a &lt; b?</p>'
        "<p>What your code printed:</p><pre>&lt;1&gt;</pre></div>"
    )
    passed = Outcome(True, "ok", "", "tanh", joy="Hurray & more")._repr_html_()
    assert passed.startswith('<div style="border-left: 4px solid #15803d;')
    assert passed.endswith('✓ tanh</b></p><p style="white-space: pre-wrap">Hurray &amp; more</p></div>')


def test_an_outcome_becomes_json():
    assert Outcome(False, "sign", "Why?").as_dict() == {
        "ok": False, "key": "sign", "message": "Why?", "exercise": "", "file": "", "printed": "", "joy": "",
        "beside": "",
    }  # fmt: skip


def test_text_is_wrapped_and_code_is_not():
    words = "word " * 40 + "a" * 100 + " semi-detached"
    lines = wrapped(words).split("\n")
    assert max(map(len, lines[:-2])) <= WIDTH
    assert all(line.startswith("  ") and line[2] != " " for line in lines)
    assert "  " + "a" * 100 in lines, "a long word stays whole"
    assert lines[-1] == "  semi-detached"
    assert wrapped("x" * 70 + " semi-detached", "").endswith("\nsemi-detached"), "not at a hyphen"
    assert wrapped("one\ntwo\n\n    code =  1\n    more\n\nthree", "") == (
        "one two\n\n    code =  1\n    more\n\nthree"
    )
    assert wrapped("a\n| b") == "  a\n  | b"
    assert wrapped("- a\n- b") == "  - a\n  - b"
    assert wrapped("a\n- b") == "  a - b", "a minus"
    assert wrapped("x" * 40 + " " + "-" * 37, "") == "x" * 40 + " " + "-" * 37, "78 characters are a line"
    assert "\n" in wrapped("x" * 40 + " " + "y" * 38, "")


def test_prints_are_clipped_in_every_direction():
    assert clipped("one\ntwo\n") == "one\ntwo"
    assert clipped("a\x1b\r\x00é\tb") == "a\N{REPLACEMENT CHARACTER}\n\N{REPLACEMENT CHARACTER}é\tb"
    assert clipped("x" * LONG) == "x" * LONG
    assert clipped("x" * (LONG + 1)) == "x" * LONG + "…"
    lines = "\n".join("line" for _ in range(LINES))
    assert clipped(lines) == lines
    assert clipped(f"{lines}\n") == lines, "a line end more is nothing more"
    assert clipped(f"{lines}\n2") == f"{lines}\n(and 2 characters more)"
    assert clipped(f"{lines}\n22") == f"{lines}\n(and 3 characters more)"
    long = "\n".join(["y" * 150] * 15)
    assert clipped(long).endswith(f"\n(and {len(long) - CLIP} characters more)")
    assert clipped("ab", 5_002) == "ab\n(and 5,000 characters more)", "when not all was kept"


FILE = "/home/ada/learn/tanh.py"


def raised(source, file=FILE, **names):
    """What the source raises as a learner's file, as key and sentence."""
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    try:
        exec(compile(source, file, "exec"), names)
    except BaseException as error:
        return told(error, FILE)
    finally:
        del linecache.cache[file]
    return None


RAISED = """
1 / 0 => it divides by zero. Which number could be 0 there?
raise RecursionError => a function calls itself without an end. When should it stop calling itself?
raise MemoryError => it needs more memory than it may have. Does something grow in a loop?
raise EOFError => it waits for input(), and here is nobody to type. What happens there?
raise NotImplementedError => this part is still to be written. What happens there?
raise KeyboardInterrupt => it raised KeyboardInterrupt. What happens there?
oout => NameError: name 'oout' is not defined. Where is it made: is that line, or an import, missing?
2.0^2 => TypeError: unsupported operand type(s) for ^: 'float' and 'int'. Is a power meant, **?
x(2) => TypeError: 'int' object is not callable. Is a * missing before a bracket?
len(1) => TypeError: object of type 'int' has no len(). What kind of thing is each name in that line?
(1).x => AttributeError: 'int' object has no attribute 'x'. What kind of thing stands before the dot?
[][1] => IndexError: list index out of range. How many elements are there?
{}['a'] => KeyError: 'a'. Which keys are there?
assert False => AssertionError. What happens there?
raise ValueError('No.') => ValueError: No. What happens there?
raise ValueError('why?') => ValueError: why?
raise SyntaxError('no') => SyntaxError: no. What happens there?
"""


@pytest.mark.parametrize("case", RAISED.strip().splitlines())
def test_an_exception_is_a_line_a_fact_and_a_question(case):
    line, sentence = case.split(" => ")
    assert raised(f"x = 1\n{line}\n") == ("raises", f"Line 2 (`{line}`) stops: {sentence}")


def test_the_question_may_be_longer_than_the_fact():
    assert raised("2.0**10000")[1].endswith(
        "stops: a number became too large for a float."
        " Can you arrange the formula so that no large intermediate number appears?"
    )
    assert raised("import nope_")[1].endswith(
        "ModuleNotFoundError: No module named 'nope_'."
        " Is the name right? No exercise needs more than microgd and the standard library."
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python suggests only when it prints")
def test_what_python_suggests_is_the_question():
    assert raised("output = 1\noutpu\n")[1].endswith("'outpu' is not defined. Did you mean: 'output'?")


def test_an_exception_of_any_kind_has_a_sentence():
    assert raised("class X(Exception):\n    def __str__(self): raise X\nraise X") == (
        "raises",
        "Line 3 (`raise X`) stops: X: <exception str() failed>. What happens there?",
    )
    assert len(raised("raise ValueError('a' * 10_000)")[1]) < 600
    assert raised("exit()", exit=sys.exit) == (
        "exits",
        "Line 1 (`exit()`) ends the program (sys.exit, exit or quit). Could it return a value instead?",
    )


def test_a_line_is_told_with_its_file_if_that_is_another():
    assert raised("1 / 0", "/home/ada/learn/value.py")[1].startswith("Line 1 of value.py (`1 / 0`) stops")
    assert raised("1 / 0", "/home/ada/elsewhere/value.py")[1].startswith("Your code stops: it divides")
    assert raised("1 / 0", "/home/ada/learn/value.txt")[1].startswith("Your code stops")
    assert quoted(FILE, 3, FILE) == "Line 3", "the words are not there to be read"
    linecache.cache[FILE] = 0, None, ["    " + "y" * 80 + "\n"], FILE
    assert quoted(FILE, 1, FILE) == f"Line 1 (`{'y' * 60}`)"
    del linecache.cache[FILE]


def test_the_last_line_of_the_learners_is_told():
    source = "def f():\n    g()\ndef g():\n    return int('a')\nf()\n"
    with pytest.raises(ValueError, match="invalid") as caught:
        exec(compile(source, FILE, "exec"), {})
    assert place_in(caught.tb, FILE) == (FILE, 4)
    assert place_in(caught.tb, "other") is None
    assert place_in(None, FILE) is None
    with pytest.raises(ValueError, match="invalid") as caught:
        exec(compile(source, "<cell 3>", "exec"), {})
    assert place_in(caught.tb, "<cell 3>") == ("<cell 3>", 4), "a cell is no file"


def test_the_line_that_runs_now_is_told():
    names = {"running_place": running_place, "here": threading.get_ident(), "FILE": FILE}
    exec(compile("def f():\n    return running_place(FILE, here)\n\nx = f()\n", FILE, "exec"), names)
    assert names["x"] == (FILE, 2)
    assert running_place(FILE, threading.get_ident()) is None
    assert running_place(FILE, -1) is None
    exec(compile("x = running_place(FILE, here)", "/home/ada/learn/notes.txt", "exec"), names)
    assert names["x"] is None, "only Python files are the learner's"


def test_a_line_that_python_cannot_read_is_shown_with_a_mark():
    question = "\n\nIs a bracket, a colon or a quote missing, there or in the line before?"
    assert raised("x = 1\n    y = (2 +* 3)\n".replace("    y", "y")) == (
        "syntax", f"Python cannot read line 2: invalid syntax.\n\n    y = (2 +* 3)\n            ^{question}",
    )  # fmt: skip
    key, message = raised("if 1:\n    return +\n", "/home/ada/learn/value.py")
    assert key == "syntax"
    assert message.startswith("Python cannot read line 2 of value.py: invalid syntax.\n\n    return +\n")
    assert message.splitlines()[3] == "    " + " " * 8 + "^"
    for margin, mark in ((0, "    ^"), (WIDTH - 1, " " * (WIDTH + 3) + "^"), (WIDTH, ""), (2 * WIDTH, "")):
        shown = raised("x" * (margin - 1) + " " * (margin > 0) + "?\n")[1].splitlines()
        assert len(shown[2]) <= 4 + WIDTH
        assert shown[3] == mark, "a mark beyond the line is left out"
    assert raised("x = (\n", "/home/ada/learn/notes.txt")[0] == "raises"


def test_a_syntax_error_may_know_little():
    question = "Is a bracket, a colon or a quote missing, there or in the line before?"
    for text, shown in ((None, ""), ("x = 1", "\n\n    x = 1")):
        key, message = raised(f"raise SyntaxError('odd', (FILE, 1, None, {text!r}))", FILE=FILE)
        assert (key, message) == ("syntax", f"Python cannot read line 1: odd.{shown}\n\n{question}")


def test_a_syntax_error_elsewhere_is_the_doing_of_a_line():
    key, message = raised("compile('(', 'x', 'exec')")
    assert key == "raises"
    assert message.startswith("Line 1 (`compile('(', 'x', 'exec')`) stops: SyntaxError: '(' was never closed")


def test_things_have_plain_names():
    assert thing(None) == "nothing (None): is a `return` missing?"
    assert thing(...) == "the three dots (...), which wait for your line"
    assert thing(Value(1.0)) == "a Value; here a plain float is wanted, its .data"
    assert thing(SimpleNamespace(data=1)) == thing(SimpleNamespace(backward=1)) == "a SimpleNamespace"
    assert thing(1j) == "a complex number; was a root or a power taken of a negative number?"
    assert [thing(x) for x in ("a", 1, [], OSError())] == ["a str", "an int", "a list", "an OSError"]


def test_a_line_of_the_learners_is_told_before_one_of_the_stub_that_it_calls():
    stub = "def ready(x):\n    return 1 / x\n"
    source = f"{stub}\nready(0)\n"
    linecache.cache[FILE] = len(source), None, source.splitlines(keepends=True), FILE
    with pytest.raises(ZeroDivisionError) as caught:
        exec(compile(source, FILE, "exec"), {})
    assert told(caught.value, FILE, stub)[1].startswith("Line 4 (`ready(0)`)")
    assert told(caught.value, FILE, source)[1].startswith("Line 2 (`return 1 / x`)"), "if all is the stub's"
    del linecache.cache[FILE]
