"""How fast is compiled code? microgd.compile beside its peers, and beside C written by hand.

    python -m tests.bench.compile                      all parts, half an hour
    python -m tests.bench.compile replay training      some of them
    python -m tests.bench.compile --rounds 5 --plot docs/compile.svg

Prints tables in Markdown. A figure is a median over rounds, and a ratio is the median of the ratios of each
round, with the quartiles beside it. All run on one core with one thread, and times are CPU times. A peer
that is not installed is named as missing: casadi, jax, torch, autograd, micrograd, and a C compiler. Run by
hand, never by CI: a timed test fails on a busy machine.

This module uses `compile_replay`, `compile_training`, `compile_hessian` and `compile_scaling`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from . import compile_hessian, compile_replay, compile_scaling, compile_training
from .compile_runs import prepared, quartiles, ratio, short, spread, table

PARTS = {
    "replay": compile_replay.main,
    "setup": compile_scaling.setups,
    "training": compile_training.main,
    "longer": partial(compile_training.main, steps=10_000),
    "digits": partial(compile_training.main, task="digits"),
    "hessian": compile_hessian.main,
    "names": compile_scaling.names,
    "batch": compile_scaling.batches,
    "length": compile_scaling.lengths,
}

C = "hand-written SIMD C"
EXACT, FAST = "microgd.compile, llvm exact", "microgd.compile, llvm fast"
ALONE, ARRAYS, CAPTURED = ": the code alone", ": value_and_grad of arrays", ": value_and_grad, captured"
TORCH, FUSED = list(compile_training.PEERS)[:2]

# part, slower, faster, the least ratio that is asked
RATIOS = [
    ("replay", "jax.jit", EXACT + ALONE, 3),
    ("replay", "jax.jit", EXACT + ARRAYS, 3),
    ("replay", "casadi, C by gcc -O3", EXACT + ALONE, 3),
    ("replay", "micrograd, collector off", "microgd.compile, python" + CAPTURED, 35),
    *(("moons, 1,000 steps", peer, "microgd.compile, llvm, warm cache", 10) for peer in (TORCH, FUSED)),
    *(("moons, 10,000 steps", peer, "microgd.compile, llvm, cold cache", 10) for peer in (TORCH, FUSED)),
    ("digits, 1,000 steps", TORCH, "microgd.compile, llvm, warm cache", 1),
    ("Hessian, n = 50", "autograd (HIPS)", "microgd.compile(hessian(f)), llvm", 1000),
    ("Hessian, n = 50", "autograd (HIPS)", "the same, of an array, llvm", 1000),
    ("Hessian, n = 50", "autograd (HIPS)", "the same, the code alone, llvm", 1000),
]

# the same, where the most is asked
LIMITS = [
    ("replay", EXACT + ALONE, C, 2),
    ("replay", FAST + ALONE, C, 1.3),
]

SET_UPS = {
    "set-up: python": 0.020,
    "set-up: llvm, nothing cached": 0.2,
    "set-up: llvm, from the cache": 0.012,
}
MOST = 1e6 * 10 / 185_000  # µs an operation: a program of 185,000 operations takes 10 s
GROWTH = 1.15  # the exponent


def bars(figures):
    """What is asked, and what was measured. A miss within the quartiles counts as met."""
    rows = []

    def row(what, asked, found, met):
        rows.append([what, asked, found, "yes" if met else "no"])

    for part, slower, faster, least in RATIOS:
        seconds = figures.get(part, {})
        if slower in seconds and faster in seconds:
            found = ratio(seconds[slower], seconds[faster])
            row(f"{part}: {slower} / {faster}", f">= {least}", spread(found), found[2] >= least)
    for part, slower, faster, most in LIMITS:
        seconds = figures.get(part, {})
        if slower in seconds and faster in seconds:
            found = ratio(seconds[slower], seconds[faster])
            row(f"{part}: {slower} / {faster}", f"<= {most}", spread(found), found[1] <= most)
    for name, most in SET_UPS.items():
        if name in figures.get("set-up", {}):
            found = quartiles([1e3 * x for x in figures["set-up"][name]])
            row(f"{name}, ms", f"<= {1e3 * most:.0f}", spread(found), found[1] <= 1e3 * most)
    for name, seconds in figures.get("length", {}).items():
        length = max(seconds)
        each = 1e6 * seconds[length] / length
        row(f"{name}, {length:,} operations: µs each", f"<= {MOST:.0f}", short(each), each <= MOST)
        grows = compile_scaling.exponent({n: t for n, t in seconds.items() if n >= 900})
        row(f"{name}: exponent", f"<= {GROWTH}", f"{grows:.2f}", grows <= GROWTH)
    return table(["what is asked", "asked", "measured (quartiles)", "met"], rows) if rows else ""


def machine():
    """What the figures were measured on."""
    names = ["llvmlite", "numpy", "torch", "jax", "casadi", "autograd", "micrograd"]
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            pass
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            text = file.read()
        processor = text.partition("model name")[2].partition("\n")[0].strip("\t :") or processor
        processor += ", AVX-512" if "avx512f" in text else ", AVX2" if "avx2" in text else ""
    except OSError:
        pass
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}; {', '.join(found)}\n"


def painted(figures, file):
    """Replay and training as bars, on a logarithmic axis."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        return "No picture: it needs matplotlib\n"
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "compile", "font.size": 9}
    panels = [
        ("Loss and gradient of 100 points: µs", 1e6, figures.get("replay", {})),
        ("Two moons, 1,000 steps of Adam, set-up included: ms", 1e3, figures.get("moons, 1,000 steps", {})),
    ]
    panels = [panel for panel in panels if panel[2]]
    if not panels:
        return "No picture: it shows the parts replay and training\n"
    heights = [len(seconds) for _, _, seconds in panels]
    picture = Figure(figsize=(8.2, 0.23 * sum(heights) + 0.9 * len(panels)), layout="constrained")
    every = picture.subplots(len(panels), squeeze=False, gridspec_kw={"height_ratios": heights})
    for axes, (title, scale, seconds) in zip(every.flat, panels):
        middle = {name: quartiles(numbers)[0] * scale for name, numbers in seconds.items()}
        order = sorted(middle, key=middle.get, reverse=True)
        colors = ["#1d4ed8" if name.startswith("microgd") else "#64748b" for name in order]
        axes.barh(order, [middle[name] for name in order], color=colors, height=0.7)
        for k, name in enumerate(order):
            axes.annotate(
                short(middle[name]), (middle[name], k), (3, 0), textcoords="offset points", va="center"
            )
        axes.set_xscale("log")
        axes.set_xlim(0.5 * min(middle.values()), 6 * max(middle.values()))
        axes.margins(y=0.01)
        axes.minorticks_off()
        axes.set_title(title, loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    picture.savefig(file, metadata={"Date": None} if str(file).endswith(".svg") else None, dpi=120)
    return f"The picture: {file}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, help="instead of each part's own number")
    parser.add_argument("--plot", help="a file for the picture, .svg or .png")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part is called {unknown[0]!r}: there are {', '.join(PARTS)}")
    prepared()
    print(machine(), flush=True)
    figures = {}
    for part in options.parts or PARTS:
        begin = time.monotonic()
        text = PARTS[part](figures, **({"rounds": options.rounds} if options.rounds else {}))
        print(f"## {part}\n\n{text}", flush=True)
        print(f"{part} took {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(bars(figures))
    if options.plot:
        print(painted(figures, options.plot))


if __name__ == "__main__":
    main()
