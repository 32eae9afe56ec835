"""`microgd draw`, `microgd play` and `microgd tree`: the pictures, from the command line."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .drawing import LEVELS, draw
from .player import play
from .text import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

UNUSABLE = 2


class CommandError(Exception):
    """What was asked for cannot be done; the message says why."""


def main_draw(arguments: Sequence[str] | None = None) -> int:
    """`microgd draw FILE.py:loss -o out.svg`"""
    parser = _parser("draw", "Run a script, then draw the graph of one of its variables.")
    parser.add_argument("-o", "--output", help="the picture: .svg, .png, .dot or .html (default: NAME.svg)")
    parser.add_argument("--level", choices=LEVELS, help="how much detail (default: what suits the size)")
    options = parser.parse_args(arguments)

    def make() -> str:
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
        _, loss, model = _loss(options)
        return tree(loss, model, options.depth, options.rows, options.ascii)

    return _reported(make)


def _parser(command: str, purpose: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"microgd {command}", description=purpose)
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
    """Print what was made, or why it was not."""
    try:
        print(make())
    except (CommandError, ValueError, TypeError, ImportError, OSError) as trouble:
        print(f"microgd: {trouble}", file=sys.stderr)
        return UNUSABLE
    return 0


def _loss(options: argparse.Namespace) -> tuple[str, Any, Any]:
    """Run the script as `python FILE.py` would; then find the loss and the model among its names."""
    file, colon, name = options.loss.rpartition(":")
    if not colon or name.endswith(".py"):
        file, name = options.loss, "loss"
    path = Path(file)
    if not path.is_file():
        raise CommandError(f"there is no file {file!r}: write FILE.py:NAME")
    before = sys.argv, list(sys.path)
    sys.argv = [file]
    sys.path.insert(0, str(path.resolve().parent))
    try:
        names = runpy.run_path(file, run_name="__main__")
    except SystemExit as end:
        raise CommandError(f"{file} ended by sys.exit({end.code!r}) before {name} could be drawn") from end
    finally:
        sys.argv, sys.path[:] = before
    loss = _named(names, name, file)
    if callable(loss) and not hasattr(loss, "_op"):
        loss = loss()
    if options.model is not None:
        model = _named(names, options.model, file)
    else:
        model = names.get("model")
    if not hasattr(model, "named_parameters"):
        model = None
    return name, loss, model


def _named(names: dict[str, Any], name: str, file: str) -> Any:
    if name not in names:
        raise CommandError(f"{file} has no variable {name!r}")
    return names[name]
