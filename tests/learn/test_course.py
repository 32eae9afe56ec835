"""Exercises as they are read from their folders, and what is told when a folder is not as it should be."""

import ast
import re
from pathlib import Path

import pytest

from microgd.learn.course import Course, CourseError, gaps, mark, parameters
from microgd.learn.selfcheck import selfcheck

from .conftest import write_exercise

GUIDE = Path(__file__).parents[2] / "docs" / "writing-exercises.md"


@pytest.fixture
def own(tmp_path):
    """The folder of the only exercise of a course, "twice"; its solution has a line more than it needs."""
    folder = tmp_path / "course" / "1-own"
    write_exercise(folder / "01-twice", "twice", "2 * x")
    (folder / "chapter.md").write_text("# Own\n\nHello.\n")
    (folder / "01-twice" / "solution.py").write_text(
        "def twice(x):\n    y = x\n    y = x + y\n    return y\n"
    )
    (folder / "01-twice" / "mistakes.diff").write_text(
        "@@ x * x -> unknown\n-    y = x + y\n+    y = x * y\n"
    )
    return folder / "01-twice"


def read(own):
    return Course(own.parent.parent).exercises[0]


# --- mistakes ---


def test_a_mistake_is_the_solution_with_some_lines_replaced(own):
    (own / "mistakes.diff").write_text(
        "@@ the square -> unknown\n-    y = x + y\n+    y = x * y\n\n"
        "@@ two changes, and two keys  ->  ratio,unknown \n def twice(x):\n+    x = 2 * x\n\n\n"
        "-    return y\n+    print(y)\n+\n+    return y\n"
    )
    assert read(own).mistakes == [
        ("the square", ("unknown",), "def twice(x):\n    y = x\n    y = x * y\n    return y\n"),
        (
            "two changes, and two keys",
            ("ratio", "unknown"),
            "def twice(x):\n    x = 2 * x\n    y = x\n    y = x + y\n    print(y)\n\n    return y\n",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-    return y\n+    return x\n", "line 1: a mistake begins with '@@ what is wrong -> key'"),
        ("@@ no key\n-    return y\n", "line 1: a mistake begins with"),
        ("@@ a -> b\n-    return y\n@@ no key\n", "line 3: a mistake begins with"),
        (
            "@@ a -> b\n-    return y\nreturn x\n",
            "line 2: 'return x' should begin with '-', '\\+' or a space",
        ),
        ("@@ a -> b\n-    return z\n", "line 2: the solution has no line '    return z'"),
        ("@@ a -> b\n-return y\n", "line 2: the solution has no line 'return y'"),
        ("@@ a -> b\n-    y = x\n\n-    y = x + y\n-    y = x\n", "line 4: .* no line '    y = x'"),
        ("@@ a -> b\n-    y = x + y\n-    y = x\n", "line 2: .* but not one after the other"),
        ("\n@@ a -> b\n+    return x\n", "line 3: where"),
        ("@@ a -> b\n\n-    return y\n+    return y\n", "'a' changes nothing"),
        ("@@ a -> b\n", "'a' changes nothing"),
    ],
)
def test_a_change_that_does_not_fit_is_told_with_its_line(own, text, told):
    (own / "mistakes.diff").write_text(text)
    with pytest.raises(CourseError, match=f"mistakes.diff.*{told}"):
        assert read(own).mistakes


def test_a_change_must_fit_in_one_place_only(own):
    (own / "solution.py").write_text("def twice(x):\n    x = x\n    x = x\n    return x\n")
    (own / "mistakes.diff").write_text("@@ a -> b\n-    x = x\n")
    with pytest.raises(CourseError, match="line 2: this stands 2 times in the solution"):
        assert read(own).mistakes
    (own / "mistakes.diff").write_text("@@ a -> b\n def twice(x):\n-    x = x\n")
    assert read(own).mistakes[0].source == "def twice(x):\n    x = x\n    return x\n"


# --- folders and files ---


def test_chapters_and_exercises_come_by_their_numbers(small):
    course = Course(small)
    assert [(x.number, x.name, x.title, x.place) for x in course.exercises] == [
        ("1.1", "twice", "Twice", "1-first/twice.py"),
        ("1.2", "thrice", "Thrice", "1-first/thrice.py"),
        ("2.1", "half", "Half", "2-second/half.py"),
    ]
    chapter = course.exercises[0].chapter
    assert (chapter.number, chapter.slug, chapter.title, chapter.text) == (
        1, "1-first", "First", "About the first.",
    )  # fmt: skip
    assert [course.find(x) for x in ("thrice", "3")] == [course.exercises[1], None]


def test_numbers_are_compared_as_numbers(own):
    write_exercise(own.parent / "10-ten", "ten", "10 * x")
    write_exercise(own.parent / "2-two", "two", "2 * x")
    write_exercise(own.parent.parent / "10-more" / "1-last", "last", "x / 3")
    (own.parent.parent / "10-more" / "chapter.md").write_text("# More\n")
    (own.parent / "3-notes.md").write_text("no folder")
    (own.parent / "drafts").mkdir()
    (own.parent / "4-renamed" / "__pycache__").mkdir(parents=True)
    names = [x.name for x in Course(own.parent.parent).exercises]
    assert names == ["twice", "two", "ten", "last"]


def test_a_text_has_a_title_hints_and_joy(own):
    (own / "text.md").write_text(
        "#   Two of it \n\nOne.\n\n    code\n\nTwo.\n\n##  Hint 1\n\n    x = 1\n    y\n\n"
        "## Hint 2\n\nb\n### c\n## Hint 3\nd\n\n## Formerly\n\ndouble  two_times\n"
    )
    exercise = read(own)
    assert exercise.title == "Two of it"
    assert exercise.text == "One.\n\n    code\n\nTwo."
    assert exercise.hints == ("    x = 1\n    y", "b\n### c", "d")
    assert exercise.joy == ""
    assert exercise.formerly == ("double", "two_times")
    assert Course(own.parent.parent).find("double") == exercise


def test_the_handout_is_the_text_on_top_of_the_stub(own):
    (own / "text.md").write_text(
        (own / "text.md").read_text().replace("Write `twice`.", 'Write \\n as """x""".')
    )
    assert read(own).handout == (
        "# exercise: twice\nr\"\"\"1.1  Twice\n\nWrite \\n as '''x'''.\n\n"
        "To check:   microgd learn check twice\nFor a hint: microgd learn hint twice\n"
        '"""\n\n\ndef twice(x):\n    return ...\n'
    )
    assert mark("twice") == "# exercise: twice"


def test_what_is_asked_for_are_the_names_with_dots(own):
    (own / "stub.py").write_text(
        "import math\nREADY = 1\nRATE = ...\nA = B = ...\nx: tuple[int, ...] = (1,)\n\n"
        "def ready(x, *rest: tuple[float, ...]):\n    return x\n\n"
        "def f(a, /, b, c=2, *, d=None):\n    return ...\n\n"
        "class C:\n    def step(self):\n        ...\n"
    )
    assert read(own).asked == {"RATE": None, "A": None, "B": None, "f": ("a", "b", "c"), "C": None}


def test_dots_are_found_with_their_lines():
    tree = ast.parse("x = ...\ny: tuple[int, ...]\nif x:\n    z = [...,\n        ...]\n")
    assert gaps(tree) == [1, 4, 5]
    assert parameters(ast.parse("def f(a, /, b, *c, d): pass").body[0]) == ("a", "b")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("check.py", None, "01-twice: check.py is missing"),
        ("text.md", None, "01-twice: text.md is missing"),
        ("text.md", "Twice\n", "text.md should begin with '# ' and a title"),
        ("text.md", "# T\n## Hint 1\na\n## Hint 3\nc\n", "text.md needs ## Hint 1, ## Hint 2 and ## Hint 3"),
        ("../chapter.md", None, "chapter.md is missing"),
        ("../chapter.md", "Own\n", "chapter.md should begin with '# ' and a title"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(own, file, text, told):
    if text is None:
        (own / file).unlink()
    else:
        (own / file).write_text(text)
    with pytest.raises(CourseError, match=told):
        read(own)


def test_all_that_is_missing_is_told_at_once(own):
    (own / "check.py").unlink()
    (own / "stub.py").unlink()
    with pytest.raises(CourseError, match=r"01-twice: stub\.py, check\.py is missing"):
        read(own)


def test_names_are_told_apart(own):
    write_exercise(own.parent / "02-double", "double", "2 * x")
    (own / "text.md").write_text((own / "text.md").read_text() + "\n## Formerly\n\ndouble\n")
    with pytest.raises(CourseError, match=r"Two exercises bear the same name: double\."):
        read(own)


def test_a_course_has_exercises(tmp_path):
    with pytest.raises(CourseError, match="There are no exercises in"):
        Course(tmp_path)
    with pytest.raises(CourseError, match="There is no folder"):
        Course(tmp_path / "nowhere")


def test_the_example_for_teachers_proves_itself(tmp_path):
    """docs/writing-exercises.md shows an exercise, file by file."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = [[text for language, text in blocks if language == x] for x in ("markdown", "python", "diff")]
    (text, *_), (stub, check, *_), (mistakes, *_) = shown
    folder = tmp_path / "1-warm-up" / "01-double"
    folder.mkdir(parents=True)
    (folder.parent / "chapter.md").write_text("# Warm-up\n")
    (folder / "solution.py").write_text("def double(x):\n    return 2 * x\n")
    for file, content in (
        ("text.md", text),
        ("stub.py", stub),
        ("mistakes.diff", mistakes),
        ("check.py", check),
    ):
        (folder / file).write_text(content)
    course = Course(tmp_path)
    report = selfcheck(course, course.exercises)
    assert report.ok, report
    assert [x.key for x in report.trials] == ["unfinished", "ok", "added", "not_a_number"]
