"""One answer against its check, in this process."""

import builtins
import math
import pkgutil
import random
import sys

import pytest

from microgd import value
from microgd.learn.channel import LateError
from microgd.learn.course import Course, CourseError
from microgd.learn.judge import judge, judge_file, judge_there

from .conftest import write_exercise

COURSE = Course()
TANH = COURSE.find("tanh")


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """The verdict on a file's text."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def judged(text, exercise=TANH):
        file = tmp_path / f"{exercise.name}.py"
        if text is not None:
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return judge_file(exercise, str(file))

    return judged


def judging(check, exercise, answer):
    """The verdict of a check of one's own on an answer, a function or a number."""
    path = exercise.folder / "check.py"
    path.write_text(check)
    return judge(exercise, lambda: {"twice": answer}, "twice.py")


@pytest.fixture
def twice(tmp_path):
    folder = tmp_path / "course" / "1-own"
    write_exercise(folder / "01-twice", "twice", "2 * x")
    (folder / "chapter.md").write_text("# Own\n")
    return Course(tmp_path / "course").exercises[0]


def test_a_file_is_judged(judged):
    assert judged(TANH.solution) == (True, "ok", "Right at all 24 points.")
    assert judged(b"\xef\xbb\xbf" + TANH.solution.encode()).ok, "with a byte order mark"


def test_a_file_that_cannot_be_read_is_told(judged):
    assert judged(None) == (
        False, "unreadable", "The file cannot be read: No such file or directory. Is it still there?",
    )  # fmt: skip
    assert judged(b"\xff\xfe") == (
        False,
        "unreadable",
        "The file is not plain text (UTF-8). Was it saved by a word processor?",
    )
    assert judged("def f(:\n")[1:2] == ("syntax",)
    assert "Python cannot read line 1: " in judged("def f(:\n").message
    found = judged("\0")
    assert found.key == "syntax"
    assert "null bytes" in found.message


def test_dots_are_found_before_anything_runs(judged, tmp_path):
    found = judged("raise SystemExit\nx = ...\n")
    assert found[1:] == ("unfinished", "The three dots in line 2 wait for you: what belongs there?")
    beside = tmp_path / "value.py"
    beside.write_text("\ufeffx = 1\n\ny = ...\n", encoding="utf-8")
    for line in ("import value", "from value import x", "import math, value as v", "if 0:\n    import value"):
        assert judged(f"{line}\n{TANH.solution}").message == (
            "The three dots in line 3 of value.py, which this file builds on, wait for you:"
            " what belongs there?"
        )
    assert judged(f"from .value import x\n{TANH.solution}").key == "raises", "is no file beside it here"
    beside.write_text("x = (\n")
    found = judged(f"from value import x\n{TANH.solution}")
    assert found.key == "syntax", "importing it tells"
    assert "of value.py" in found.message
    sys.modules.pop("value", None)


def test_the_file_knows_its_name_and_its_neighbours(judged, tmp_path):
    (tmp_path / "beside_here.py").write_text("half = 0.5\n")
    source = "import sys\nfrom beside_here import half\nassert sys.modules['answer'].__dict__ is globals()\n"
    try:
        assert judged(f"{source}assert __file__.endswith('tanh.py')\n{TANH.solution}").ok
    finally:
        del sys.modules["beside_here"]


def test_a_check_must_have_its_function(twice):
    with pytest.raises(CourseError, match=r"check\.py has no function check\(answer\)"):
        judging("x = 1\n", twice, None)
    assert judging(
        "def check(answer):\n    from microgd.learn.checks import passed\n"
        "    return passed(f'{__name__} {__file__[-8:]}')\n",
        twice,
        None,
    ).message == ("check_twice check.py"), "it knows where it is"


def test_whose_exception_it_is(twice):
    check = "def check(answer):\n    return answer.function('twice')(1.0)\n"

    def divides(x):
        return x / 0

    assert judging(check, twice, divides).message.startswith("Your code stops: it divides by zero.")
    mine = "def check(answer):\n    return {}['a']\n"
    assert judging(mine, twice, divides) == (
        False,
        "unusable",
        "Your code gives something that cannot be used here (KeyError: 'a')."
        " What kind of thing is asked for?",
    )
    for raised in ("AttributeError", "TypeError", "ValueError", "IndexError"):
        assert judging(f"def check(answer):\n    raise {raised}('x')\n", twice, 1).key == "unusable"
    assert judging("def check(answer):\n    raise OSError('x')\n", twice, divides) == (
        False,
        "check_failed",
        "The check itself stumbled over this answer (OSError: x). That is our mistake and not yours: please"
        " report it, with your file.",
    )
    assert judging("def check(answer):\n    raise RecursionError\n", twice, 1).key == "raises"
    assert judging("def check(answer):\n    raise MemoryError\n", twice, 1).key == "raises"
    assert judging("def check(answer):\n    raise SystemExit\n", twice, 1).key == "exits"
    refuse = (
        "from microgd.learn.checks import AnswerError\ndef check(answer):\n    raise AnswerError('a', 'b.')\n"
    )
    assert judging(refuse, twice, 1) == (False, "a", "b. Which line could do that?")


def test_an_interrupt_of_the_teachers_is_passed_on(twice):
    with pytest.raises(KeyboardInterrupt):
        judging("def check(answer):\n    raise KeyboardInterrupt\n", twice, 1)

    path = twice.folder / "at_once.py"
    path.write_text("raise KeyboardInterrupt\n")
    assert judge_file(twice, str(path)).key == "raises"

    def interrupts(x):
        raise KeyboardInterrupt

    assert judging("def check(answer):\n    answer.function('twice')(1)\n", twice, interrupts).key == "raises"


@pytest.mark.parametrize(
    "place",
    [
        "math.tanh",
        "builtins.abs",
        "random.random",
        "microgd.ops.add",
        "microgd.value.Value.backward",
        "microgd.check.engines.diagnose_engine",
        "microgd.learn.checks.failed",
    ],
)
def test_what_others_rely_on_is_put_back_and_told(judged, place):
    before = pkgutil.resolve_name(place)
    modules = "builtins, math, random, microgd.check.engines, microgd.learn.checks"
    found = judged(f"import {modules}\n{place} = print\n{TANH.solution}")
    shown = "Value.backward" if "Value" in place else place
    assert found == (
        False,
        "replaced",
        f"Your code replaces `{shown}`, which other code relies on, the check too."
        " Could your own function bear a name of its own?",
    )
    assert pkgutil.resolve_name(place) is before


def test_what_is_replaced_in_a_call_is_put_back_too(judged):
    tanh = math.tanh
    assert (
        judged("import math\ndef backward(x, out, g):\n    math.tanh = abs\n    return g\n").key == "replaced"
    )
    assert (
        judged("import math\ndef backward(x, out, g):\n    del math.tanh\n    return g\n").key == "replaced"
    )
    assert math.tanh is tanh
    found = judged("import math\nmath.sin = math.cos = math.tan = math.pi = 1\n")
    assert found.message.startswith("Your code replaces `math.cos`, `math.pi`, `math.sin`, which") or (
        found.message.count("`math.") == 3
    )


def test_what_is_added_is_removed(judged):
    assert judged(f"import math, builtins\nmath.slope = builtins.slope = 1\n{TANH.solution}").ok
    assert not hasattr(math, "slope")
    assert not hasattr(builtins, "slope")


def test_a_module_may_fill_its_own_private_names(judged, monkeypatch):
    """As `random` does on Python 3.13, when it is first seeded with a string."""
    monkeypatch.setattr(random, "_filled_later", None, raising=False)
    assert judged(f"import random\nrandom._filled_later = abs\n{TANH.solution}").ok
    monkeypatch.setattr(value, "_ours", None, raising=False)
    assert judged(f"import microgd.value\nmicrogd.value._ours = abs\n{TANH.solution}").key == "replaced"
    importer = builtins.__import__
    assert judged(f"import builtins\nbuiltins.__import__ = abs\n{TANH.solution}").key == "replaced"
    assert builtins.__import__ is importer


def test_the_limits_of_python_are_put_back(judged):
    limit, trace = sys.getrecursionlimit(), sys.gettrace()
    judged(
        f"import sys\nsys.setrecursionlimit({limit + 5000})\nsys.settrace(lambda *x: None)\n{TANH.solution}"
    )
    assert sys.getrecursionlimit() == limit
    assert sys.gettrace() is trace


def test_a_right_list_that_is_found_slowly_is_not_called_endless():
    exercise, names = COURSE.find("iterate"), {}
    exec(exercise.solution, names)
    quick = names["backward"]

    def late(root):
        node, depth = root, 0
        while node.operands:
            node, depth = node.operands[0], depth + 1
        if depth > 1000:
            raise LateError(" It was in line 7 then.")
        quick(root)

    class Slow:
        def ask(self, what):
            return {**names, "backward": late} if what == "load" else []

    ok, key, message = judge_there(exercise, Slow(), "iterate.py")
    assert (ok, key) == (False, "slow")
    assert message.startswith("Right for small graphs, and too slow")
    assert "time is up. It was in line 7 then. Does" in message
