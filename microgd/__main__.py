"""The command line: `python -m microgd ...`, installed as `microgd`."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "learn": ("learn.command", "exercises, from the slope of a curve to a trained model"),
}
"""Each command: the module whose main(arguments) it is, and what it is for."""

HELP = ("-h", "--help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows a ?
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or HELP[:1]
    if command in COMMANDS:
        run = import_module(f".{COMMANDS[command][0]}", "microgd").main
        return int(run(rest))
    if command in ("-V", "--version"):
        from . import __version__

        print(f"microgd {__version__}")
        return 0
    print("usage: microgd <command> ...\n")
    for name, (_, purpose) in COMMANDS.items():
        print(f"  microgd {name:8} {purpose}")
    if command in HELP:
        return 0
    print(f"\nThere is no command {command!r}.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
