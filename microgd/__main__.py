"""The command line: `python -m microgd ...`, installed as `microgd`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "learn": ("learn.command:main", "exercises, from the slope of a curve to a trained model"),
    "draw": ("viz.command:main_draw", "the graph of a loss as a picture"),
    "play": ("viz.command:main_play", "backpropagation as a film, in one HTML file"),
    "tree": ("viz.command:main_tree", "the graph of a loss as text"),
}
"""For each command: its function and the module of that, and what it is for."""

HELP = ("-h", "--help")
PIPE_CLOSED = 141  # what a shell says of a program that was ended by a closed pipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows a ?
    try:
        status = _run(arguments)
        print(end="", flush=True)
    except BrokenPipeError:  # microgd learn list | head: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes again at exit
        return PIPE_CLOSED
    return status


def _run(arguments: Sequence[str] | None) -> int:
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or HELP[:1]
    if command in COMMANDS:
        module, _, function = COMMANDS[command][0].partition(":")
        return int(getattr(import_module(f".{module}", "microgd"), function)(rest))
    if command in ("-V", "--version"):
        from . import __version__

        print(f"microgd {__version__}")
        return 0
    print("usage: microgd <command> ...\n")
    for name, (_, purpose) in COMMANDS.items():
        print(f"  microgd {name:8} {purpose}")
    if command in HELP:
        return 0
    from difflib import get_close_matches

    close = get_close_matches(command, COMMANDS, 1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    print(f"\nThere is no command {command!r}.{guess}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
