"""`microgd learn ...`: the commands for learners."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .course import BUILT_IN, Course, CourseError, Exercise
from .desk import FOLDER, Desk, find_desk
from .fence import LIMIT, run
from .outcome import wrapped
from .painter import guessed, picture_of
from .prints import show_end, show_exercise, show_many, show_outcome, show_where, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POLL = 0.3  # seconds between two looks at the files

OK, NOT_YET, UNUSABLE = 0, 1, 2  # exit statuses; 2 is argparse's too


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and what to do instead."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status: 0, 1 for an answer that does not pass, 2."""
    words = sys.argv[1:] if arguments is None else arguments
    options: argparse.Namespace | None = None
    try:
        options = _parsed(words)
        return int(options.run(options))
    except (CommandError, CourseError) as trouble:
        if getattr(options, "json", False):
            print(json.dumps({"error": str(trouble)}))
        print(trouble, file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        raise  # nobody reads on: see __main__
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror}.", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt as stop:
        print("\nStopped.", *map(str, stop.args), "What you have passed is kept.", file=sys.stderr)
        return 130


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    known = parser.get_default("known")
    if words and not words[0].startswith("-") and words[0] not in known:
        close = get_close_matches(words[0], known, 1)
        guess = f" Did you mean {close[0]}?" if close else ""
        raise CommandError(f"There is no command {words[0]}.{guess} All of them: microgd learn --help")
    return parser.parse_args(words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgd learn",
        description="Exercises, from the slope of a curve to a trained model. To begin: microgd learn start",
    )
    parser.set_defaults(run=_status, course=None)
    commands = parser.add_subparsers(metavar="command")
    parser.set_defaults(known=commands.choices)

    def command(name: str, run: Callable[[Any], int], help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        sub.set_defaults(run=run)
        sub.add_argument(
            "--course", type=Path, metavar="FOLDER", help="a folder of exercises other than the built-in"
        )
        return sub

    start = command("start", _start, "lay out the exercises in a folder, and show the first")
    start.add_argument("folder", nargs="?", type=Path, help=f"where (./{FOLDER})")

    check = command("check", _check, "check the exercise you are at, or others")
    check.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="an exercise, a chapter's number, a file, or a folder with --as",
    )
    check.add_argument("--all", action="store_true", help="check every exercise")
    check.add_argument("--as", dest="exercise", metavar="NAME", help="the exercise that the files answer")
    check.add_argument("--json", action="store_true", help="for programs: the verdicts as JSON")
    check.add_argument(
        "--limit", type=_seconds, default=LIMIT, metavar="SECONDS", help="time per exercise (%(default)g)"
    )

    hint = command("hint", _hint, "the next of three hints")
    hint.add_argument("name", nargs="?")
    show = command("show", _show, "the exercise you are at, or another, with its picture")
    show.add_argument("name", nargs="?")
    guess = command("guess", _guess, "guess a number in the picture, and see what it is")
    guess.add_argument(
        "words", nargs="+", metavar="[name] number", help="as in: microgd learn guess tanh 0.5"
    )
    command("help", lambda options: _help(), "this list of commands")
    command("next", _next, "go on to the next open exercise, and show it")
    list_ = command("list", _list, "all exercises, and which are passed")
    list_.add_argument("--json", action="store_true", help="for programs")
    watch = command("watch", _watch, "check a file whenever you save it")
    watch.add_argument("--limit", type=_seconds, default=LIMIT, metavar="SECONDS", help="time per exercise")
    reset = command("reset", _reset, "begin an exercise anew; your file is kept beside")
    reset.add_argument("name", nargs="?")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    solution = command("solution", _solution, "a solution, once you have passed (or with --anyway)")
    solution.add_argument("name", nargs="?")
    solution.add_argument("--anyway", action="store_true", help="show it before you have passed")

    selfcheck = command("selfcheck", _selfcheck, "prove the exercises: for teachers")
    selfcheck.add_argument("names", nargs="*", metavar="name")
    selfcheck.add_argument("--json", action="store_true", help="for programs")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError("seconds should be more than 0 and at most 3600")
    return seconds


# --- the commands ---------------------------------------------------------------------------------------


def _help() -> int:
    _parser().print_help()
    return OK


def _status(options: Any) -> int:
    if find_desk(Path.cwd(), options.course) is None:
        return _help()
    desk = _desk(options)
    print(desk.count())
    show_where(desk, desk.current())
    return OK


def _start(options: Any) -> int:
    here = find_desk(Path.cwd(), options.course)
    if options.folder is None and here is not None:
        desk = here
    else:
        folder = (options.folder or Path(FOLDER)).absolute()
        if folder.exists() and not folder.is_dir():
            raise CommandError(f"{shown(folder)} is a file. Name a folder: microgd learn start FOLDER")
        old = find_desk(folder) if folder.is_dir() else None
        if old is not None and old.folder == folder:
            desk = old
        else:
            if folder.is_dir() and options.folder is None and any(folder.iterdir()):
                raise CommandError(
                    f"There is a folder {FOLDER} already, with other things in it."
                    " Name another: microgd learn start FOLDER"
                )
            desk = Desk(folder, Course(options.course or BUILT_IN))
    fresh = not desk.progress.path.exists()
    count = desk.lay_out()
    exercise = desk.current()
    if fresh:
        chapters = len({x.chapter.number for x in desk.course.exercises})
        print(f"Welcome! {len(desk.course.exercises)} exercises in {chapters} chapters are in")
        print(f"{shown(desk.folder)}{os.sep}, a small file each. Nothing else on your computer is touched.\n")
    else:
        print(f"Welcome back. {desk.count()}")
        print(
            f"Files that were missing are there again: {count}.\n"
            if count
            else "Your files are as you left them.\n"
        )
    if exercise is None:
        show_end(desk)
    else:
        desk.stand_at(exercise)
        show_exercise(desk, exercise, chapter=True)
    return OK


def _check(options: Any) -> int:
    desk = find_desk(Path.cwd(), options.course)
    if options.exercise is not None and (len(options.names) > 1 or any(map(os.path.isdir, options.names))):
        return _grade(desk.course if desk else _course(options), options)
    jobs = _jobs(desk, options)
    outcomes, new = [], []
    for exercise, path in jobs:
        outcome = run(desk.course if desk else _course(options), exercise, path, options.limit)
        outcomes.append(outcome)
        if desk is None or not path.absolute().is_relative_to(desk.folder):
            continue  # somebody else's file
        before = desk.passed(exercise)
        if outcome.ok and not before:
            new.append(exercise)
            desk.progress.write(f"passed {exercise.name}")
        if not options.all and (outcome.ok or not before):
            desk.stand_at(exercise)
    failures = [x for x in outcomes if not x.ok]
    if options.json:
        results = [x.as_dict() for x in outcomes]
        print(json.dumps({"ok": not failures, "passed": len(outcomes) - len(failures), "results": results}))
    elif len(outcomes) == 1:
        show_outcome(desk, *jobs[0], outcomes[0], again=not new)
    else:
        show_many(desk, outcomes, new)
    return NOT_YET if failures else OK


def _grade(course: Course, options: Any) -> int:
    """Check many answers to one exercise. Nothing is written down in the learner's own progress."""
    from .grading import grade, show, submissions

    exercise = _find(course, options.exercise)
    files = submissions(options.names)
    if options.all:
        raise CommandError("--as NAME goes with files or folders: microgd learn check FILE --as NAME")
    if not files:
        raise CommandError("There is no Python file to check: microgd learn check FOLDER --as NAME")
    for path in files:
        if not path.exists():
            raise CommandError(
                f"There is no file {path}. To check what is in a folder: microgd learn check FOLDER --as NAME"
            )
    return OK if show(grade(course, exercise, files, options.limit), options.json) else NOT_YET


def _hint(options: Any) -> int:
    desk = _desk(options)
    exercise = _named(desk, options.name)
    given = desk.one_more_hint(exercise)
    for title, hint in given:
        print(f"{title}\n\n{wrapped(hint)}\n")
    if len(given) < len(exercise.hints):
        print(f"For one more: microgd learn hint {exercise.name}")
    else:
        print(f"That was the last. If nothing helps: microgd learn solution {exercise.name} --anyway")
    return OK


def _show(options: Any) -> int:
    desk = _desk(options)
    exercise = _named(desk, options.name)
    desk.stand_at(exercise)
    show_exercise(desk, exercise, chapter=desk.opens_chapter(exercise))
    return OK


def _guess(options: Any) -> int:
    desk = _desk(options)
    *names, number = options.words
    guess = guessed(number)
    if len(names) > 1 or guess is None:
        raise CommandError("A guess is a number, as in: microgd learn guess tanh 0.5")
    last = None if names else desk.course.find(desk.progress.at())  # the one that was shown
    exercise = last or _named(desk, names[0] if names else None)
    picture = picture_of(exercise)
    if picture is None or picture.guess is None:
        raise CommandError(f"In {exercise.name} there is nothing to guess.")
    desk.progress.note("guess", exercise, guess)
    print(wrapped(picture.judged(guess), ""))
    return OK


def _next(options: Any) -> int:
    desk = _desk(options)
    here = desk.course.find(desk.progress.at())
    exercise = desk.after(here)
    if exercise is None:
        show_end(desk)
        return OK
    if here is not None and here != exercise and not desk.passed(here):
        print(f"{here.name} stays open. To come back: microgd learn check {here.name}\n")
    desk.stand_at(exercise)
    show_exercise(desk, exercise, chapter=here is None or here.chapter != exercise.chapter)
    return OK


def _list(options: Any) -> int:
    desk = find_desk(Path.cwd(), options.course)
    course = desk.course if desk else _course(options)
    current = desk.current() if desk else None
    if options.json:
        rows = [
            {
                "name": x.name,
                "number": x.number,
                "chapter": x.chapter.title,
                "title": x.title,
                "passed": desk is not None and desk.passed(x),
                "file": str(desk.file(x)) if desk else x.place,
            }
            for x in course.exercises
        ]
        print(json.dumps({"exercises": rows, "at": current.name if current else None}))
        return OK
    chapter = None
    for exercise in course.exercises:
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            print(f"\n{chapter.number}  {chapter.title}")
        state = "✓" if desk and desk.passed(exercise) else "→" if exercise == current else "·"
        print(f"   {state} {exercise.name:14} {exercise.title}")
    print()
    if desk:
        print(desk.count())
    else:
        print("Begin with: microgd learn start")
    return OK


def _watch(options: Any) -> int:
    desk = _desk(options)
    print("Watching your files: save one, and it is checked. Ctrl-C to stop.\n")
    show_where(desk, desk.current())
    seen = _times(desk)
    while True:
        time.sleep(POLL)
        now = _times(desk)
        changed = [path for path, when in now.items() if seen.get(path) != when]
        seen = now
        for path in changed:
            exercise = desk.exercise_of(path)
            if exercise is not None:
                print(f"\n{'-' * 60}\n", flush=True)
                outcome = run(desk.course, exercise, path, options.limit)
                again = desk.passed(exercise)
                if outcome.ok:
                    desk.record(exercise)
                else:
                    desk.stand_at(exercise)
                show_outcome(desk, exercise, path, outcome, again)
                sys.stdout.flush()


def _times(desk: Desk) -> dict[Path, int]:
    """When each file was last saved."""
    times = {}
    for path in desk.files():
        try:
            times[path] = path.stat().st_mtime_ns
        except OSError:  # just being saved
            continue
    return times


def _reset(options: Any) -> int:
    desk = _desk(options)
    exercise = _named(desk, options.name)
    path = desk.file(exercise)
    if path.exists() and not options.yes:
        if not sys.stdin.isatty():
            raise CommandError(
                f"To begin anew without being asked: microgd learn reset {exercise.name} --yes"
            )
        if input(f"Begin {shown(path)} anew? Your file is kept beside it. [y/N] ").strip().lower() not in (
            "y",
            "yes",
        ):
            print("Nothing was changed.")
            return NOT_YET
    kept = desk.reset(exercise)
    print(f"{shown(path)} is as at the start." + (f" What you had is in {shown(kept)}." if kept else ""))
    return OK


def _solution(options: Any) -> int:
    desk = find_desk(Path.cwd(), options.course)
    if desk is None and options.name is None:
        raise CommandError("Which one? microgd learn solution NAME")
    if desk is None:
        exercise = _find(_course(options), options.name)
    elif options.name is None:
        last = desk.course.find(desk.progress.at())
        exercise = last if last is not None else _named(desk, None)
    else:
        exercise = _find(desk.course, options.name)
    if not options.anyway and (desk is None or not desk.passed(exercise)):
        print(f"{exercise.name} is not passed yet. There are hints: microgd learn hint {exercise.name}")
        print(f"To see the solution all the same: microgd learn solution {exercise.name} --anyway")
        return NOT_YET
    print(f"{exercise.name}, a solution (yours may look different and be as good):\n")
    print(exercise.solution.rstrip())
    return OK


def _selfcheck(options: Any) -> int:
    from .selfcheck import selfcheck

    course = _course(options)
    chosen = [_find(course, name) for name in options.names]
    report = selfcheck(course, chosen or course.exercises, None if options.json else print)
    if options.json:
        print(json.dumps(report.as_dict()))
    return OK if report.ok else NOT_YET


# --- what they share ------------------------------------------------------------------------------------


def _desk(options: Any) -> Desk:
    desk = find_desk(Path.cwd(), options.course)
    if desk is None:
        raise CommandError("There are no exercises here yet. Begin with: microgd learn start")
    return desk


def _course(options: Any) -> Course:
    return Course(options.course or BUILT_IN)


def _find(course: Course, name: str) -> Exercise:
    exercise = course.find(name.removesuffix(".py"))
    if exercise is not None:
        return exercise
    if chapter := course.chapter(name):
        names = ", ".join(x.name for x in chapter)
        raise CommandError(f"{name} is a chapter. Its exercises are {names}.")
    close = course.closest(name)
    guess = f" Did you mean {close}?" if close else ""
    raise CommandError(f"There is no exercise {name}.{guess} All of them: microgd learn list")


def _named(desk: Desk, name: str | None) -> Exercise:
    """The exercise of that name. Without a name, the exercise that the learner is at."""
    if name is not None:
        return _find(desk.course, name)
    exercise = desk.current() or desk.course.find(desk.progress.at())
    return exercise if exercise is not None else desk.course.exercises[-1]


def _jobs(desk: Desk | None, options: Any) -> list[tuple[Exercise, Path]]:
    """The exercises to check, and the file of each."""
    if options.exercise is not None:
        if len(options.names) != 1 or options.all:
            raise CommandError("--as NAME goes with files or folders: microgd learn check FILE --as NAME")
        exercise = _find(desk.course if desk else _course(options), options.exercise)
        return [(exercise, Path(options.names[0]))]
    if desk is None and (options.all or not options.names):
        raise CommandError("There are no exercises here yet. Begin with: microgd learn start")
    if desk is not None and options.all:
        return [(x, desk.file(x)) for x in desk.course.exercises]
    if desk is not None and not options.names:
        exercise = _named(desk, None)
        return [(exercise, desk.file(exercise))]
    return [job for name in options.names for job in _jobs_of(desk, options, name)]


def _jobs_of(desk: Desk | None, options: Any, name: str) -> list[tuple[Exercise, Path]]:
    """What is meant by one name: a file, an exercise, or all exercises of a chapter by its number."""
    if desk is not None and not Path(name).is_file() and (chapter := desk.course.chapter(name)):
        return [(x, desk.file(x)) for x in chapter]
    return [_job(desk, options, name)]


def _job(desk: Desk | None, options: Any, name: str) -> tuple[Exercise, Path]:
    course = desk.course if desk else _course(options)
    path = Path(name)
    if path.is_file():
        found = Desk(path.parent, course).exercise_of(path)
        if found is None:
            raise CommandError(f"Which exercise is {name}? Say so with: microgd learn check {name} --as NAME")
        return found, path
    if desk is None:
        raise CommandError(f"There is no file {name} here, and no exercises. Begin with: microgd learn start")
    exercise = _find(course, name)
    return exercise, desk.file(exercise)
