"""What the scripts of this folder have in common: options, results beside known answers, a picture."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from options import count, file  # of the other demos


def options(**defaults):
    """What the command line says: for each default an option of its name. A text is a picture's file."""
    parser = argparse.ArgumentParser()
    for name, default in defaults.items():
        kind = count if isinstance(default, int) else file(".png", ".svg")
        parser.add_argument(f"--{name}", default=default, type=kind, help="by default %(default)s")
    return parser.parse_args()


def answer(what, found, known, within=1e-9):
    """Print a result and the known answer. The script ends if they differ by more than `within` of it."""
    print(f"{what:<34}{found:>16.10g}   known: {known:.10g}")
    if not abs(found - known) <= within * abs(known):
        sys.exit(f"{what}: the known answer is another one")


def picture(file, paint, *data):
    """Save a picture of two diagrams: paint(left, right, *data)."""
    try:
        import matplotlib
    except ImportError:
        sys.exit('\nThe picture needs matplotlib: pip install "microgd[demos]"')
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 13, "lines.linewidth": 2, "svg.hashsalt": "microgd"}):
        figure = Figure(figsize=(13, 5), layout="constrained")
        diagrams = figure.subplots(1, 2)
        paint(*diagrams, *data)
        for axes in diagrams:
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(file, metadata={"Date": None} if file.endswith(".svg") else None)
    print(f"The picture: {file}")
