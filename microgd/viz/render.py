"""From DOT to SVG and PNG, with nothing installed by the system.

The wheel `graphviz-pure` is one program without any Python code. The wheel's own list of files says where
pip has put it. If it is missing, the system's `dot` is used.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from importlib import metadata

MISSING = (
    'drawing needs Graphviz: pip install "microgd[viz]" brings it, as a Python package and one program'
    " (a system's own program, dot, will do too)"
)
PATIENCE = 30.0
"""Seconds that a layout may take; all but the worst tangles take a few."""


class NotInstalledError(ImportError):
    """What is missing, and how to install it."""


@functools.cache
def program() -> str:
    """The path of the program that lays out DOT."""
    try:
        files = metadata.files("graphviz-pure") or ()
    except metadata.PackageNotFoundError:
        files = ()
    for file in files:
        if file.stem == "graphviz-pure" and not file.parent.name.endswith(".dist-info"):
            path = file.locate()
            if path.exists():  # type: ignore[attr-defined]
                return str(path)
    found = shutil.which("dot")
    if found is None:
        raise NotInstalledError(MISSING)
    return found


def render(source: str, kind: str, *options: str) -> bytes:
    """DOT as `kind`: "svg", "png", or "json" (the picture as data)."""
    command = [program(), f"-T{kind}", *options]
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"the layout took longer than {PATIENCE:.0f} seconds: draw with less detail"
            ' (level="neurons" or "layers"), or use microgd.tree(loss)'
        ) from None
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"the layout program failed: {message[-500:]}")
    return done.stdout
