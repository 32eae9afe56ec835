"""`microgd learn ...`: what each command prints, what it exits with, and what it keeps."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from microgd.learn import command
from microgd.learn.course import Course
from microgd.learn.fence import LIMIT
from microgd.learn.outcome import Outcome

WHERE = "  Open    microgd-learn/1-first/twice.py\n  then    microgd learn check\n"
TWICE = f"1.1  Twice\n----------\n\nWrite `twice`.\n\n{WHERE}"
FIRST = f"Chapter 1: First\n================\n\nAbout the first.\n\n{TWICE}"
END = (
    "  All 3 exercises are passed. You have measured slopes, derived the rules,\n"
    "  walked the graph, and trained a model on an engine of your own. Nothing in\n"
    "  backpropagation is magic to you any more. Enjoy what you build with it!\n"
)
NO_DESK = "There are no exercises here yet. Begin with: microgd learn start\n"


@pytest.fixture
def learn(small_learn):
    return small_learn


@pytest.fixture
def begun(learn):
    learn("start")
    return learn


# --- start, and no command at all ---


def test_start_lays_out_the_files_and_shows_the_first_exercise(learn):
    status, said = learn("start")
    assert status == 0
    assert said == (
        "Welcome! 3 exercises in 2 chapters are in\n"
        "microgd-learn/, a small file each. Nothing else on your computer is touched.\n\n" + FIRST
    )
    assert sorted(str(x) for x in learn.folder.rglob("*.py")) == [
        "microgd-learn/1-first/thrice.py", "microgd-learn/1-first/twice.py", "microgd-learn/2-second/half.py",
    ]  # fmt: skip
    assert learn.record() == ["at twice"]


def test_start_again_says_what_is_missing_and_goes_on_where_one_was(begun):
    assert begun("start") == (0, f"Welcome back. 0 of 3 passed.\nYour files are as you left them.\n\n{FIRST}")
    (begun.folder / "1-first/thrice.py").unlink()
    begun.solve("twice")
    begun("check")
    said = begun("start")[1]
    assert said.startswith("Welcome back. 1 of 3 passed.\nFiles that were missing are there again: 1.\n\n")
    assert "1.2  Thrice" in said
    assert begun.record()[-1] == "at thrice"


def test_start_when_all_is_passed_shows_the_end(begun):
    begun.solve("twice", "thrice", "half")
    begun("check", "--all")
    assert begun("start") == (
        0, f"Welcome back. 3 of 3 passed.\nYour files are as you left them.\n\n{END}"
    )  # fmt: skip


def test_start_from_within_finds_the_folder_it_is_in(begun, monkeypatch):
    file = (begun.folder / "1-first" / "twice.py").absolute()
    monkeypatch.chdir(begun.folder / "2-second")
    status, said = begun("start")
    assert status == 0
    assert said.startswith("Welcome back.")
    assert f"  Open    {file}\n" in said
    assert not Path("microgd-learn").exists()
    assert begun("start", "other")[1].startswith("Welcome!"), "unless another is named"
    Path("third").mkdir()
    assert begun("start", "third")[1].startswith("Welcome!")
    assert Path("other/progress.txt").exists()


def test_start_takes_a_folder_of_the_learners_choice(learn):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    assert learn("start", "mine")[1].splitlines()[1].startswith("mine/, a small file each.")
    assert learn("start", "mine")[1].startswith("Welcome back.")
    Path("file").write_text("")
    assert learn("start", "file") == (2, "file is a file. Name a folder: microgd learn start FOLDER\n")


def test_start_does_not_mix_with_what_lies_in_its_usual_folder(learn):
    learn.folder.mkdir()
    assert learn("start")[0] == 0, "an empty one will do"
    (learn.folder / "progress.txt").unlink()
    assert learn("start") == (
        2,
        "There is a folder microgd-learn already, with other things in it."
        " Name another: microgd learn start FOLDER\n",
    )


def test_without_a_command_the_way_goes_on_or_help_is_shown(learn):
    status, said = learn()
    assert status == 0
    assert said.startswith("usage: microgd learn")
    assert "To begin: microgd learn start" in " ".join(said.split())
    learn("start")
    assert learn() == (0, f"0 of 3 passed.\n{WHERE}")
    learn.solve("twice", "thrice", "half")
    learn("check", "--all")
    assert learn() == (0, f"3 of 3 passed.\n{END}")


def test_help_says_what_each_command_does(learn):
    status, said = learn("--help")
    assert status == 0
    for words in (
        "lay out the exercises in a folder, and show the first",
        "check the exercise you are at, or others",
        "the next of three hints",
        "the exercise you are at, or another, with its picture",
        "guess a number in the picture, and see what it is",
        "go on to the next open exercise, and show it",
        "all exercises, and which are passed",
        "check a file whenever you save it",
        "begin an exercise anew; your file is kept beside",
        "a solution, once you have passed (or with --anyway)",
        "prove the exercises: for teachers",
    ):
        assert words in " ".join(said.split())
    assert "Check a file whenever you save it." in learn("watch", "--help")[1]
    assert f"time per exercise ({LIMIT:g})" in learn("check", "--help")[1]
    assert learn("help") == (0, said)


def test_a_command_with_a_slip_is_told(learn):
    for word, told in (
        ("strat", "There is no command strat. Did you mean start? All of them: microgd learn --help"),
        ("shwo", "There is no command shwo. Did you mean show? All of them: microgd learn --help"),
        ("nothing", "There is no command nothing. All of them: microgd learn --help"),
    ):
        assert learn(word) == (2, told + "\n")


def test_a_name_that_is_far_off_is_not_guessed():
    course = Course()
    assert [course.closest(x) for x in ("nope", "tahn", "sotfmax")] == ["", "tanh", "softmax"]


# --- check ---


def test_a_right_answer_is_recorded_and_the_next_is_named(begun):
    begun.solve("twice")
    status, said = begun("check")
    assert status == 0
    assert said == (
        "✓ twice\n\n  Well done, twice.\n\n  1 of 3 passed. To see the next, thrice: microgd learn next\n"
    )
    assert begun.record() == ["passed twice", "at twice"]
    begun("check", "twice")
    assert begun.record() == ["passed twice", "at twice"], "once"
    begun.solve("thrice", "half")
    begun("check", "thrice")
    assert begun("check", "half") == (0, f"✓ half\n\n  Well done, half.\n\n{END}")
    again = "✓ half\n\n  Well done, half.\n\n  3 of 3 passed.\n"
    assert begun("check", "half") == (0, again), "the farewell is said once"


def test_a_wrong_answer_tells_where_to_go_on(begun):
    status, said = begun("check", "half")
    assert status == 1
    assert said == (
        "✗ half\n\n  A fact. Is it a question?\n\n"
        "  Open    microgd-learn/2-second/half.py\n  Stuck?  microgd learn hint half\n"
    )
    assert begun.record() == ["at half"]


def test_a_file_that_is_gone_or_empty_can_be_had_anew(begun, monkeypatch):
    for key in ("unreadable", "missing_name"):
        outcome = Outcome(False, key, "A fact. Is it a question?", "half")
        monkeypatch.setattr(command, "run", lambda *arguments, outcome=outcome: outcome)
        assert begun("check", "half")[1].endswith("\n  Anew?   microgd learn reset half\n")


def test_what_is_passed_stays_passed_and_does_not_call_back(begun):
    begun.solve("twice")
    begun("check")
    begun("next")
    (begun.folder / "1-first/twice.py").write_text("broken")
    assert begun("check", "twice")[0] == 1
    assert begun.record() == ["passed twice", "at thrice"]
    begun.solve("twice")
    begun("check", "twice")
    assert begun.record() == ["passed twice", "at twice"], "but a success does"


def test_all_of_them_are_a_line_each(begun, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    begun.solve("thrice")
    status, said = begun("check", "--all")
    assert status == 1
    assert said == (
        "✗ twice          A fact.\n✗ half           A fact.\n✓ thrice\n\n"
        "  New: thrice. Well done, thrice.\n  1 of 3 passed.\n"
    )
    assert begun.record() == ["at twice", "passed thrice"], "where one is does not change"
    assert "New" not in begun("check", "--all")[1]
    begun.solve("twice", "half")
    assert begun("check", "--all")[0] == 0


def test_long_sentences_are_cut_to_the_width_of_the_terminal(begun, monkeypatch):
    def judge(course, exercise, path, limit):
        return Outcome(False, "wrong", "0123456789" * 20 + "\nmore", exercise.name)

    monkeypatch.setattr(command, "run", judge)
    monkeypatch.setenv("COLUMNS", str(len("✗ twice          ") + 200))
    assert begun("check", "--all")[1].splitlines()[0].endswith(" " + "0123456789" * 20), "200 characters fit"
    monkeypatch.setenv("COLUMNS", "80")
    line = begun("check", "--all")[1].splitlines()[0]
    assert (len(line), line[-4:]) == (80, "901…")
    monkeypatch.setenv("COLUMNS", "20")
    assert len(begun("check", "--all")[1].splitlines()[0]) == len("✗ twice          ") + 40


def test_the_time_limit_is_passed_on_and_has_bounds(begun):
    begun("check")
    begun("check", "--limit", "0.5")
    begun("check", "--limit", "3600")
    assert [limit for _, _, limit in begun.judged] == [LIMIT, 0.5, 3600.0]
    for wrong in ("0", "-1", "3600.1", "nan"):
        status, said = begun("check", "--limit", wrong)
        assert status == 2
        assert "seconds should be more than 0 and at most 3600" in said
    assert begun("check", "--limit", "soon")[0] == 2


def test_json_tells_each_verdict_and_errors_too(begun):
    begun.solve("twice")
    status, said = begun("check", "twice", "half", "--json")
    assert status == 1
    told = json.loads(said)
    keys = ["ok", "key", "message", "exercise", "file", "printed", "joy", "beside"]
    assert told.pop("results") == [
        dict(zip(keys, (True, "ok", "", "twice", "twice.py", "", "Well done, twice.", ""))),
        dict(zip(keys, (False, "wrong", "A fact.\nIs it a question?", "half", "half.py", "", "", ""))),
    ]
    assert told == {"ok": False, "passed": 1}
    assert json.loads(begun("check", "twice", "--json")[1])["ok"] is True
    assert begun("check", "twise", "--json")[0] == 2
    told = "There is no exercise twise. Did you mean twice? All of them: microgd learn list"
    assert (json.loads(begun.out), begun.err) == ({"error": told}, f"{told}\n")
    assert begun("check", "zzz")[1] == "There is no exercise zzz. All of them: microgd learn list\n"
    assert begun.out == "", "nothing for programs unless they ask"


def test_an_exercise_may_be_named_as_a_file(begun, monkeypatch):
    for name in ("half", "half.py", "microgd-learn/2-second/half.py"):
        begun("check", name)
    assert [x[:2] for x in begun.judged] == [
        ("half", str(Path("microgd-learn/2-second/half.py").absolute())),
        ("half", str(Path("microgd-learn/2-second/half.py").absolute())),
        ("half", "microgd-learn/2-second/half.py"),
    ]


def test_a_file_from_elsewhere_is_judged_and_changes_nothing(begun):
    for name, place in (("alice.py", "half"), ("half.py", None)):
        Path(name).write_text(begun.course.find("half").solution)
        words = ("--as", place) if place else ()
        assert begun("check", name, *words)[0] == 0
        Path(name).write_text("wrong")
        assert begun("check", name, *words)[0] == 1
    assert begun.record() == ["at twice"]
    told = "Which exercise is alice.py? Say so with: microgd learn check alice.py --as NAME\n"
    assert begun("check", "alice.py") == (2, told)
    told = "There is no file a. To check what is in a folder: microgd learn check FOLDER --as NAME\n"
    assert begun("check", "a", "b", "--as", "half") == (2, told)
    told = "--as NAME goes with files or folders: microgd learn check FILE --as NAME\n"
    assert begun("check", "--as", "half") == (2, told)
    assert begun("check", "alice.py", "--all", "--as", "half") == (2, told)
    assert "There is no exercise hal. Did you mean half?" in begun("check", "alice.py", "--as", "hal")[1]


def test_a_file_is_judged_without_a_folder_of_ones_own(learn):
    Path("half.py").write_text(learn.course.find("half").solution)
    assert learn("check", "half.py") == (0, "✓ half\n\n  Well done, half.\n\n")
    assert learn("check", "half.py", "half.py")[1] == "✓ half\n✓ half\n\n"
    told = "There is no file twice here, and no exercises. Begin with: microgd learn start\n"
    assert learn("check", "twice") == (2, told)
    assert learn("check") == learn("check", "--all") == learn("check", "half.py", "--all") == (2, NO_DESK)


def test_a_file_that_cannot_be_read_is_told(begun, monkeypatch):
    def judge(*arguments):
        raise PermissionError(13, "Permission denied", "half.py")

    monkeypatch.setattr(command, "run", judge)
    assert begun("check") == (2, "half.py: Permission denied.\n")

    def judge_without_a_name(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "run", judge_without_a_name)
    assert begun("check") == (2, "A file: No space left on device.\n")
    assert begun.out == ""


def test_a_number_means_an_exercise_or_a_chapter(begun):
    begun.solve("twice")
    status, said = begun("check", "1")
    assert status == 1
    assert said.startswith("✗ thrice         A fact.\n✓ twice\n")
    assert begun("check", "1.1")[1].startswith("✓ twice")
    assert begun("hint", "2.1")[1].startswith("half, hint 1")
    assert begun("hint", "1") == (2, "1 is a chapter. Its exercises are twice, thrice.\n")
    assert begun("check", "7") == (2, "There is no exercise 7. All of them: microgd learn list\n")


# --- hint, next, list ---


def test_hints_come_one_by_one_and_are_counted(begun):
    one = "twice, hint 1 of 3\n\n  One of twice.\n\n"
    two = "twice, hint 2 of 3\n\n  Two of twice.\n\n"
    three = "twice, hint 3 of 3\n\n      three of twice\n\n"  # code keeps its indentation
    more = "For one more: microgd learn hint twice\n"
    last = "That was the last. If nothing helps: microgd learn solution twice --anyway\n"
    assert begun("hint") == (0, one + more)
    assert begun("hint", "twice") == (0, one + two + more)
    assert begun("hint") == (0, one + two + three + last)
    assert begun("hint") == (0, one + two + three + last)
    assert begun.record() == ["at twice", "hint twice 3"]
    begun("hint", "half")
    assert begun.record() == ["at twice", "hint twice 3", "hint half 1"]


def test_a_chapter_is_told_with_its_first_exercise_until_that_is_passed(begun):
    assert begun("show", "twice")[1] == FIRST
    assert "Chapter 1" not in begun("show", "thrice")[1]
    begun.solve("twice")
    begun("check", "twice")
    assert begun("show", "twice")[1] == TWICE


def test_next_shows_the_next_and_names_what_stays_open(begun):
    open_ = "{0} stays open. To come back: microgd learn check {0}\n\n"
    status, said = begun("next")
    assert status == 0
    assert said == open_.format("twice") + (
        "1.2  Thrice\n-----------\n\nWrite `thrice`.\n\n"
        "  Open    microgd-learn/1-first/thrice.py\n  then    microgd learn check\n"
    )
    assert begun.record() == ["at thrice"]
    begun.solve("thrice")
    begun("check")
    assert begun("next")[1].startswith(
        "Chapter 2: Second\n=================\n\nAbout the second.\n\n2.1  Half\n"
    )
    begun.solve("half")
    begun("check")
    assert begun("next")[1] == FIRST, "back to what was left open"
    assert begun("next")[1] == TWICE, "the only one left"
    begun.solve("twice")
    begun("check")
    assert begun("next") == (0, END)


def test_next_without_a_place_in_the_record_begins_with_the_chapter(begun):
    record = begun.folder / "progress.txt"
    record.write_text(record.read_text().replace("at twice\n", ""))
    assert begun("next")[1] == FIRST


def test_the_list_shows_what_is_passed_and_where_one_is(begun):
    begun.solve("twice")
    begun("check")
    begun("next")
    assert begun("list") == (0, (
        "\n1  First\n   ✓ twice          Twice\n   → thrice         Thrice\n"
        "\n2  Second\n   · half           Half\n\n1 of 3 passed.\n"
    ))  # fmt: skip


def test_the_list_is_there_before_the_start(learn):
    status, said = learn("list")
    assert status == 0
    assert said.endswith("\n2  Second\n   · half           Half\n\nBegin with: microgd learn start\n")
    assert "✓" not in said
    assert "→" not in said
    rows = json.loads(learn("list", "--json")[1])
    assert rows["at"] is None
    assert rows["exercises"][2] == {
        "name": "half", "number": "2.1", "chapter": "Second", "title": "Half",
        "passed": False, "file": "2-second/half.py",
    }  # fmt: skip


def test_the_list_for_programs_tells_where_the_files_are(begun):
    begun.solve("twice")
    begun("check")
    begun("next")
    rows = json.loads(begun("list", "--json")[1])
    assert rows["at"] == "thrice"
    assert [row["passed"] for row in rows["exercises"]] == [True, False, False]
    assert rows["exercises"][0]["file"] == str(Path("microgd-learn/1-first/twice.py").absolute())


# --- pictures ---

PICTURE = """from microgd.learn.pictures import Curve, Guess

picture = Curve(lambda x: 2 * x, at=1.0)
guess = Guess("How steep is the line?")
"""


@pytest.fixture
def pictured(learn):
    """The course, in which twice has a picture."""
    path = learn.course.find("twice").folder / "picture.py"
    path.write_text(PICTURE)
    yield learn
    path.unlink()


def test_an_exercise_opens_with_its_picture_and_a_guess(pictured):
    said = pictured("start")[1]
    title, plot, question, text = (
        said.index(x) for x in ("1.1  Twice", "······o", "Guess first: How", "Write `")
    )
    assert title < plot < question < text
    assert "Type    microgd learn guess twice NUMBER" in said
    pictured("next")
    shown = pictured("show", "twice")[1]
    assert "······o" in shown
    assert pictured.record() == ["at twice"]
    assert pictured("show")[1] == shown
    assert "Guess first" not in pictured("show", "half")[1]


def test_a_guess_is_answered_and_noted(pictured):
    assert pictured("guess", "2")[1] == NO_DESK
    pictured("start")
    assert pictured("guess", "1.8") == (
        0,
        "You said 1.8, and it is 2: close.\n",
    )
    assert (
        pictured("guess", "twice", "-2")[1]
        == "You said -2, and it is 2: positive. Can you see in the picture why?\n"
    )
    assert pictured.record() == ["at twice", "guess twice -2"]
    shown = pictured("show")[1]
    assert "You said -2, and it is 2: positive." in shown, "from now on it is told"
    assert "NUMBER" not in shown
    record = pictured.folder / "progress.txt"
    record.write_text(record.read_text().replace("twice -2", "twice soon"))
    assert "NUMBER" in pictured("show")[1]
    assert pictured("guess", "half", "1") == (2, "In half there is nothing to guess.\n")
    told = "A guess is a number, as in: microgd learn guess tanh 0.5\n"
    assert pictured("guess", "steep") == pictured("guess", "twice", "half", "1") == (2, told)


# --- watch, reset, solution ---


def test_watch_checks_each_file_that_is_saved(begun, monkeypatch):
    file = begun.folder / "2-second" / "half.py"
    alien = begun.folder / "notes.py"
    saved = iter([(), [(file, "wrong")], [(alien, "x = 1")], [(file, begun.course.find("half").solution)]])
    times = iter(range(10**10, 10**11))
    naps, records = [], []

    def sleep(seconds):
        naps.append(seconds)
        records.append(begun.record())
        for path, text in next(saved, [(None, "")]):
            if path is None:
                raise KeyboardInterrupt
            path.write_text(text)
            os.utime(path, (next(times),) * 2)

    monkeypatch.setattr(command, "time", SimpleNamespace(sleep=sleep))
    assert begun("watch", "--limit", "3")[0] == 130
    rule = f"\n{'-' * 60}\n\n"
    assert begun.out == (
        "Watching your files: save one, and it is checked. Ctrl-C to stop.\n\n" + WHERE
        + rule + "✗ half\n\n  A fact. Is it a question?\n\n"
        "  Open    microgd-learn/2-second/half.py\n  Stuck?  microgd learn hint half\n"
        + rule + "✓ half\n\n  Well done, half.\n\n"
        "  1 of 3 passed. To see the next, twice: microgd learn next\n"
    )  # fmt: skip
    assert begun.err == "\nStopped. What you have passed is kept.\n"
    assert records[1:] == [["at twice"], ["at half"], ["at half"], ["passed half", "at half"]]
    assert [x[2] for x in begun.judged] == [3.0, 3.0]
    assert set(naps) == {command.POLL}
    assert 0.05 <= command.POLL <= 1
    saved = iter([[(file, "wrong again")]])
    begun("watch")
    assert begun.judged[-1][2] == LIMIT


def test_reset_asks_and_keeps_what_was_there(begun, monkeypatch):
    file = begun.folder / "1-first/twice.py"
    handout = file.read_text()
    told = "To begin anew without being asked: microgd learn reset twice --yes\n"
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert begun("reset") == (2, told), "nobody is there to ask"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = []
    for number, answer in enumerate(["", "no", "y", " YES "]):
        file.write_text(f"mine {number}")
        monkeypatch.setattr("builtins.input", lambda text, answer=answer: asked.append(text) or answer)
        status, said = begun("reset", "twice")
        if number < 2:
            assert (status, said) == (1, "Nothing was changed.\n")
            assert file.read_text() == f"mine {number}"
        else:
            old = f"microgd-learn/1-first/twice-{number - 1}.old.py"
            assert (status, said) == (
                0, f"microgd-learn/1-first/twice.py is as at the start. What you had is in {old}.\n"
            )  # fmt: skip
            assert Path(old).read_text() == f"mine {number}"
            assert file.read_text() == handout
    assert set(asked) == {"Begin microgd-learn/1-first/twice.py anew? Your file is kept beside it. [y/N] "}
    assert begun("reset", "--yes")[0] == 0
    assert len(asked) == 4
    file.unlink()
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert begun("reset") == (0, "microgd-learn/1-first/twice.py is as at the start.\n"), "nothing to ask"


def test_a_solution_is_shown_when_passed_or_asked_for(begun):
    shown = (
        "twice, a solution (yours may look different and be as good):\n\ndef twice(x):\n    return 2 * x\n"
    )
    held = (
        "twice is not passed yet. There are hints: microgd learn hint twice\n"
        "To see the solution all the same: microgd learn solution twice --anyway\n"
    )
    assert begun("solution") == begun("solution", "twice") == (1, held)
    assert begun("solution", "--anyway") == (0, shown)
    begun.solve("twice")
    begun("check")
    assert begun("solution") == (0, shown), "of the one just passed, and not of the next"
    record = begun.folder / "progress.txt"
    record.write_text(record.read_text().replace("at twice\n", ""))
    assert begun("solution", "--anyway")[1].startswith("thrice, a solution")


def test_a_solution_needs_no_folder_of_ones_own(learn):
    assert learn("solution") == (2, "Which one? microgd learn solution NAME\n")
    assert learn("solution", "half")[0] == 1
    assert "return x / 2" in learn("solution", "half", "--anyway")[1]


@pytest.mark.parametrize("words", ["hint", "next", "watch", "reset", "show"])
def test_what_needs_a_folder_says_so(learn, words):
    assert learn(words) == (2, NO_DESK)


def test_when_all_is_passed_commands_mean_the_last_one(begun):
    begun.solve("twice", "thrice", "half")
    begun("check", "--all")
    assert begun("hint")[1].startswith("twice, hint 1 of 3"), "the one it was at"
    record = begun.folder / "progress.txt"
    record.write_text(record.read_text().replace("at twice\n", ""))
    assert begun("hint")[1].startswith("half, hint 1 of 3"), "else the last of all"


# --- selfcheck, and courses of one's own ---


def test_selfcheck_proves_the_exercises_that_are_named(learn, monkeypatch):
    status, said = learn("selfcheck", "half")
    assert status == 0
    lines = said.splitlines()
    assert lines[:2] == ["✓ half           1 of 1 mistakes named", ""]
    assert lines[2].startswith("1 stubs, 1 solutions and 1 mistakes in ")
    assert lines[2].endswith(" s: all as they should be.")
    assert learn("selfcheck", "hal")[0] == 2


def test_selfcheck_for_programs(learn):
    status, said = learn("selfcheck", "--json")
    told = json.loads(said)
    assert status == 0
    assert told["ok"] is True
    assert [(x["exercise"], x["answer"], x["key"]) for x in told["trials"]][:3] == [
        ("twice", "stub", "unfinished"), ("twice", "solution", "ok"), ("twice", "x", "ratio"),
    ]  # fmt: skip
    assert len(told["trials"]) == 9


def test_another_course_is_told_by_an_option(learn, small, monkeypatch):
    monkeypatch.setattr(command, "BUILT_IN", Path("not there"))
    assert learn("list") == (2, "There is no folder not there.\n")
    for words in (["list"], ["solution", "half", "--anyway"], ["selfcheck", "half"], ["start"]):
        assert learn(*words, "--course", str(small))[0] == 0
    assert learn("start", "mine", "--course", str(small))[1].startswith("Welcome!")
    assert learn("start", "mine")[1].startswith("Welcome back."), "the folder knows its course"
    assert learn("list", "--course", "nowhere") == (2, "There is no folder nowhere.\n")
