"""The learner's folder and the record of progress."""

from dataclasses import replace
from pathlib import Path

import pytest

from microgd.learn.course import Course, mark
from microgd.learn.desk import FOLDER, TITLE, Desk, Progress, find_desk


@pytest.fixture
def course(small):
    return Course(small)


@pytest.fixture
def folder(course, tmp_path):
    """A learner's folder, laid out."""
    desk = Desk(tmp_path / "mine", course)
    assert desk.lay_out() == 3
    return desk


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "progress.txt")


def test_a_record_is_made_of_lines(progress):
    assert progress.lines() == []
    progress.write("passed tanh")
    progress.write("passed tanh")
    progress.write("at exp", instead_of="at ")
    progress.write("at log", instead_of="at ")
    progress.write("passed exp")
    assert progress.path.read_text() == f"{TITLE}\npassed tanh\nat log\npassed exp\n"
    assert progress.facts("passed") == [["tanh"], ["exp"]]
    assert [x.name for x in progress.path.parent.iterdir()] == ["progress.txt"]


def test_a_record_edited_by_hand_is_read(progress, course):
    progress.path.write_text(
        "\ufeff# notes\n\n   passed  twice  thrice\nat half\nat\nhint half x\nhint half\n"
    )
    assert progress.passed(course.find("twice"))
    assert not progress.passed(course.find("thrice"))
    assert progress.at() == ""
    assert progress.hints(course.find("half")) == 0
    progress.path.write_text("hint half 2\nhint half 1\nhint twice 3\nhint half 3 4\nat half now")
    assert progress.hints(course.find("half")) == 2
    assert progress.at() == "half"
    progress.write("new")
    assert progress.lines()[-2:] == ["at half now", "new"]


def test_a_place_is_kept_per_word(progress):
    progress.write("passed a")
    assert progress.facts("pass") == []
    assert progress.at() == ""


def test_former_names_count(progress, course):
    thrice = replace(course.find("thrice"), formerly=("triple", "x3"))
    assert not progress.passed(thrice)
    for name in ("thrice", "triple", "x3"):
        progress.path.write_text(f"passed {name}\n")
        assert progress.passed(thrice)


def test_where_the_learner_is(folder, course):
    twice, thrice, half = course.exercises
    assert folder.current() == twice
    folder.stand_at(thrice)
    assert folder.current() == thrice
    folder.record(thrice)
    assert folder.passed(thrice)
    assert folder.current() == half, "the next that is open"
    folder.record(half)
    assert folder.current() == twice, "from the beginning again"
    folder.record(twice)
    assert folder.current() is None
    assert folder.progress.lines()[2:] == ["passed thrice", "passed half", "passed twice", "at twice"]
    folder.record(twice)
    assert folder.progress.facts("passed") == [["thrice"], ["half"], ["twice"]]


def test_what_comes_after(folder, course):
    twice, thrice, half = course.exercises
    assert [folder.after(x) for x in (None, twice, thrice, half)] == [twice, thrice, half, twice]
    folder.record(thrice)
    assert folder.after(twice) == half
    folder.record(half)
    assert folder.after(twice) == twice, "it is open itself, and the only one"
    folder.record(twice)
    assert folder.after(twice) is folder.after(None) is None


def test_only_what_is_missing_is_laid_out(folder, course):
    twice, thrice, _ = course.exercises
    folder.file(twice).write_text("mine")
    folder.file(thrice).unlink()
    assert folder.lay_out() == 1
    assert folder.file(twice).read_text() == "mine"
    assert folder.file(thrice).read_bytes() == thrice.handout.encode()
    assert folder.lay_out() == 0


def test_a_file_is_found_by_its_first_line(folder, course):
    twice = course.exercises[0]
    place = folder.file(twice)
    assert place == folder.folder / "1-first" / "twice.py"
    moved = place.rename(folder.folder / "zwei.py")
    assert folder.file(twice) == moved
    assert folder.exercise_of(moved) == twice
    moved.write_text(f"{mark('zwei')}\n")
    assert folder.file(twice) == place, "there is none: where it would be"
    assert folder.file(replace(twice, formerly=("zwei",))) == moved
    assert folder.exercise_of(moved) is None
    moved.write_text("x = 1\n")
    assert folder.exercise_of(moved) is None
    assert folder.exercise_of(moved.rename(moved.with_name("half.py"))) == course.find("half")
    assert folder.exercise_of(folder.folder / "thrice.py") == course.find("thrice"), (
        "by name, if there is none"
    )


def test_files_put_aside_are_not_the_learners(folder, course):
    twice = course.exercises[0]
    kept = folder.reset(twice)
    assert kept.name == "twice-1.old.py"
    assert folder.reset(twice).name == "twice-2.old.py"
    assert folder.file(twice).read_text() == twice.handout
    assert [x.name for x in folder.files()] == ["thrice.py", "twice.py", "half.py"]
    folder.file(twice).unlink()
    assert folder.file(twice).name == "twice.py", "and not one of those, though they bear its mark"
    assert folder.reset(twice) is None
    assert folder.file(twice).exists()


def test_a_course_of_ones_own_is_noted(folder, tmp_path, small):
    assert folder.progress.path.read_text() == f"{TITLE}\ncourse {small}\n"
    assert Desk(tmp_path / "builtin", Course()).lay_out() == len(Course().exercises)
    assert (tmp_path / "builtin" / "progress.txt").read_text() == f"{TITLE}\n"
    assert find_desk(folder.folder).course.folder == small
    assert len(find_desk(tmp_path / "builtin").course.exercises) == len(Course().exercises)
    assert find_desk(tmp_path / "builtin", small).course.folder == small


def test_the_folder_is_found_from_within_and_from_above(folder, tmp_path, monkeypatch):
    within = folder.folder / "1-first"
    assert find_desk(within).folder == find_desk(folder.folder).folder == folder.folder
    assert find_desk(tmp_path) is None
    folder.folder.rename(tmp_path / FOLDER)
    assert find_desk(tmp_path).folder == tmp_path / FOLDER
    monkeypatch.chdir(tmp_path / FOLDER)
    assert find_desk(Path()).folder == tmp_path / FOLDER


def test_files_saved_with_a_byte_order_mark_are_found(folder, course):
    """As Windows' Notepad does it."""
    for path in (folder.progress.path, folder.file(course.exercises[0])):
        path.write_text(path.read_text(), encoding="utf-8-sig")
    moved = folder.file(course.exercises[0]).rename(folder.folder / "other.py")
    assert find_desk(folder.folder).file(course.exercises[0]) == moved
    moved.write_bytes(b"# exercise: twice\xff\n")
    assert folder.exercise_of(moved) is None, "and bytes that are no text do no harm"


def test_a_foreign_progress_file_is_passed_over(folder, tmp_path):
    within = folder.folder / "1-first"
    for text in ("", "week 3: fine\n", "# microgd\n"):
        (within / "progress.txt").write_text(text)
        assert find_desk(within).folder == folder.folder
    (within / "progress.txt").write_text("# microgd learn: in other words\ncourse\n")
    assert find_desk(within).folder == within, "told by its first words"
