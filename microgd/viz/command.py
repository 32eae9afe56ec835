"""`microgd draw`, `microgd play` and `microgd tree`: the pictures, from the command line.

The exit status is 0 if all went well, 1 if the script failed, and 2 if the request cannot be fulfilled.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .drawing import LEVELS, draw
from .player import play
from .script import Remembered, names_in
from .target import PAGE, PICTURE, kind_of
from .text import tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

FAILED, UNUSABLE, STOPPED = 1, 2, 130
MOST_NAMES = 10
"""So many names are listed when another was asked for."""


class CommandError(Exception):
    """What was asked for cannot be done; the message says why."""


class ScriptError(Exception):
    """The script failed; the message says where and how."""


def main_draw(arguments: Sequence[str] | None = None) -> int:
    """`microgd draw FILE.py:loss -o out.svg`"""
    parser = _parser("draw", "Run a script, then draw the graph of one of its variables.")
    parser.add_argument("-o", "--output", help="the picture: .svg, .png, .dot or .html (default: NAME.svg)")
    parser.add_argument("--level", choices=LEVELS, help="how much detail (default: what suits the size)")
    options = parser.parse_args(arguments)

    def make() -> str:
        _check_target(options.output, PICTURE)
        name, loss, model = _loss(options)
        return str(draw(loss, model, options.level).save(options.output or f"{name}.svg"))

    return _reported(make)


def main_play(arguments: Sequence[str] | None = None) -> int:
    """`microgd play FILE.py:loss -o out.html`"""
    parser = _parser("play", "Run a script, then write the film of backpropagation from a variable.")
    parser.add_argument("-o", "--output", help="the page (default: NAME.html)")
    parser.add_argument("--open", action="store_true", help="open it in a browser")
    options = parser.parse_args(arguments)

    def make() -> str:
        _check_target(options.output, PAGE)
        name, loss, model = _loss(options)
        path = play(loss, model).save(options.output or f"{name}.html")
        if options.open:
            import webbrowser

            webbrowser.open(path.resolve().as_uri())
        return str(path)

    return _reported(make)


def main_tree(arguments: Sequence[str] | None = None) -> int:
    """`microgd tree FILE.py:loss`"""
    parser = _parser("tree", "Run a script, then print the graph of one of its variables as text.")
    parser.add_argument("--depth", type=int, help="how many levels to go down (default: all)")
    parser.add_argument("--rows", type=int, default=200, help="the most lines to print (default: 200)")
    parser.add_argument("--ascii", action="store_true", help="plain characters only")
    options = parser.parse_args(arguments)

    def make() -> str:
        for limit in ("depth", "rows"):
            if (getattr(options, limit) or 0) < 0:
                raise CommandError(f"{limit} must be 0 or more, got {getattr(options, limit)}")
        _, loss, model = _loss(options)
        return tree(loss, model, options.depth, options.rows, options.ascii)

    return _reported(make)


def _parser(command: str, purpose: str) -> argparse.ArgumentParser:
    status = "exit status: 0 done, 1 the script failed, 2 what was asked for cannot be done"
    parser = argparse.ArgumentParser(prog=f"microgd {command}", description=purpose, epilog=status)
    parser.add_argument(
        "loss",
        metavar="FILE.py:NAME",
        help="the script, and its variable that holds the loss, or a function that returns it"
        " (default: loss)",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="the variable that holds the model (default: model, if there is one)"
    )
    return parser


def _reported(make: Any) -> int:
    """Print what was made, or why it could not be made."""
    try:
        print(make())
    except ScriptError as trouble:
        print(trouble, file=sys.stderr)
        return FAILED
    except (CommandError, ValueError, TypeError, ImportError, OSError) as trouble:
        print(f"microgd: {trouble}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return STOPPED
    return 0


def _loss(options: argparse.Namespace) -> tuple[str, Any, Any]:
    """Run the script as `python FILE.py` would; then find the loss and the model among its names."""
    file, colon, name = options.loss.rpartition(":")
    if not colon or name.endswith(".py"):
        file, name = options.loss, "loss"
    path = Path(file)
    if not path.is_file():
        raise CommandError(f"there is no file {file!r}: write FILE.py:NAME")
    _check_names(path, [name, *filter(None, [options.model])], file)
    remembered = Remembered()
    before = sys.argv, list(sys.path)
    sys.argv = [file]
    sys.path.insert(0, str(path.resolve().parent))
    try:
        with remembered.listening():
            names = runpy.run_path(file, run_name="__main__")
    except SystemExit as end:
        raise CommandError(f"{file} ended by sys.exit({end.code!r}) before {name} could be drawn") from end
    except Exception as error:
        raise ScriptError(_where(error, file)) from error
    finally:
        sys.argv, sys.path[:] = before
    loss = _named(names, name, file, "Values", "_row")
    remembered.restore(loss)
    if callable(loss) and not hasattr(loss, "_row"):
        try:
            loss = loss()
        except Exception as error:
            raise ScriptError(_where(error, file)) from error
    if options.model is not None:
        model = _named(names, options.model, file, "models", "named_parameters")
    else:
        model = names.get("model")
    if not hasattr(model, "named_parameters"):
        model = None
    return name, loss, model


def _check_target(output: str | None, kinds: tuple[str, ...]) -> None:
    """Before the script runs: whether the result could be written."""
    if output is None:
        return
    path = Path(output)
    try:
        kind_of(path, kinds)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if not path.parent.is_dir():
        raise CommandError(f"cannot save {output!r}: there is no folder {str(path.parent)!r}")


def _check_names(path: Path, wanted: list[str], file: str) -> None:
    """Before the script runs: whether it has variables of these names, as far as its text tells."""
    try:
        found = names_in(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):  # running it will tell
        return
    if found is None:
        return
    own, every = found
    for name in wanted:
        if name not in every:
            close = get_close_matches(name, own, 1)
            guess = f" (did you mean {close[0]!r}?)" if close else ""
            have = f"; it has {_listed(own)}" if own else ""
            raise CommandError(f"{file} has no variable {name!r}{guess}{have}")


def _listed(names: list[str]) -> str:
    """Some names. Of many, the last: a loss comes late in a script."""
    more = f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[-MOST_NAMES:]) + more


def _named(names: dict[str, Any], name: str, file: str, kind: str, mark: str) -> Any:
    """A variable of the script. If it is missing, the message lists the variables of the same kind."""
    if name in names:
        return names[name]
    others = [other for other, x in names.items() if hasattr(x, mark) and not isinstance(x, type)]
    if not others:
        raise CommandError(
            f"{file} has no variable {name!r} when it has run, and no {kind} under other names"
        )
    raise CommandError(f"{file} has no variable {name!r} when it has run; its {kind}: {_listed(others)}")


def _where(error: Exception, file: str) -> str:
    """The line of the script at which it failed, and how: "train.py:7: ZeroDivisionError: ..."."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if _is(frame, file)]
    if isinstance(error, SyntaxError) and error.lineno is not None and not lines:
        file, lines = error.filename or file, [error.lineno]
    said = traceback.format_exception_only(error)[-1].strip()
    return f"{file}:{lines[-1]}: {said}" if lines else f"{file}: {said}"


def _is(frame: FrameType, file: str) -> bool:
    return frame.f_code.co_filename == file
