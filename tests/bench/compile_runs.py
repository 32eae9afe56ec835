"""What the parts of the benchmark have in common: contestants in processes of their own, timed in turns.

A contestant is a function without arguments. It sets itself up and returns a dictionary of functions that
may be asked for. A round asks every contestant once, one after the other, so that a machine that changes
its speed changes it for all of them. Times are CPU times, of one core and one thread.
"""

from __future__ import annotations

import atexit
import compileall
import importlib
import multiprocessing
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import traceback
from pathlib import Path

BLOCK = 0.05
"""Seconds of work in a round: a call of a microsecond is repeated until it takes so long."""

ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class Missing(Exception):
    """A peer that cannot take part, and why."""


def prepared():
    """For the process that starts the others: what the contestants will find in their environment."""
    compileall.compile_dir(Path(__file__).parents[2] / "microgd", quiet=2)  # imports find code, as installed
    os.environ.update(ENVIRONMENT)
    folder = tempfile.mkdtemp(prefix="microgd-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["MICROGD_BENCH"] = folder
    os.environ["MICROGD_CACHE"] = os.path.join(folder, "cache")
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.path.join(folder, "torch")


class Contestant:
    """A process in which a contestant is set up and waits for questions."""

    def __init__(self, work, name):
        self.name = name
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_answer, args=(theirs, work, name), daemon=True)
        self.process.start()
        theirs.close()
        try:
            kind, answer = self.pipe.recv()
        except EOFError:
            kind, answer = "missing", "its process died"
        self.missing = answer if kind == "missing" else None
        self.note = answer if kind == "ready" else ""

    def ask(self, question, *arguments):
        self.pipe.send((question, arguments))
        try:
            kind, answer = self.pipe.recv()
        except EOFError:
            raise RuntimeError(f"{self.name}: its process died") from None
        if kind == "error":
            raise RuntimeError(f"{self.name}:\n{answer}")
        return answer

    def end(self):
        self.pipe.close()
        self.process.join()


def _answer(pipe, work, name):
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        answers = importlib.import_module(work).CONTESTANTS[name]()
    except (ImportError, Missing) as error:
        pipe.send(("missing", str(error)))
        return
    except Exception:
        pipe.send(("missing", "an error:\n" + traceback.format_exc()))
        return
    if "run" in answers:
        answers["time"] = timed(answers["run"])
    pipe.send(("ready", answers.get("note", "")))
    while True:
        try:
            question, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("answer", answers[question](*arguments)))
        except Exception:
            pipe.send(("error", traceback.format_exc()))


def timed(run):
    """A function that gives the CPU seconds of one of `run`'s calls, where run(n) makes n calls."""
    calls = 0

    def measure():
        nonlocal calls
        if not calls:
            calls = 1
            run(1)
            while True:
                start = time.process_time()
                run(calls)
                spent = time.process_time() - start
                if spent >= BLOCK / 4:
                    calls = max(1, round(calls * BLOCK / spent))
                    break
                calls *= 4
        start = time.process_time()
        run(calls)
        return (time.process_time() - start) / calls

    return measure


def repeated(call):
    """run(n) for a call(k) that does the work with the k-th of several inputs."""

    def run(n):
        for k in range(n):
            call(k & 7)

    return run


def in_turns(work, names, *, rounds, processes, check=None):
    """For each contestant the seconds of every round, and who is missing and why.

    processes  how often all contestants are started anew, each time for a part of the rounds
    check      is given the contestants before anything is timed
    """
    found, missing, notes = {}, {}, {}
    for part in range(processes):
        contestants = []
        try:
            for name in names:
                if name in missing:
                    continue
                contestant = Contestant(work, name)
                contestants.append(contestant)
                if contestant.missing:
                    missing[name] = contestant.missing
            present = [c for c in contestants if not c.missing]
            if check and part == 0:
                check(present)
            for c in present:
                notes[c.name] = c.note
                c.ask("time")
            for _ in range(-(-rounds // processes)):
                for c in present:
                    found.setdefault(c.name, []).append(c.ask("time"))
        finally:
            for c in contestants:
                c.end()
    return found, missing, notes


def afresh(work, names, *, rounds, arguments=(), slow=()):
    """For each contestant the answers of every round, each from a process that was started for it.

    slow  names of contestants that take part in every fifth round
    """
    found, missing = {}, {}
    for k in range(rounds):
        for name in names:
            if name in missing or (k % 5 and name in slow):
                continue
            contestant = Contestant(work, name)
            try:
                if contestant.missing:
                    missing[name] = contestant.missing
                else:
                    found.setdefault(name, []).append(contestant.ask("result", *arguments))
            finally:
                contestant.end()
    return found, missing


def with_imports(backend):
    """Import all that compiled code needs; Missing if it is not there."""
    import microgd

    if not hasattr(microgd, "compile"):
        raise Missing("microgd.compile is not there")
    for name in ("compiled", "training", *(["llvm", "objects"] if backend == "llvm" else [])):
        importlib.import_module(f"microgd.jit.{name}")
    if backend == "llvm":
        importlib.import_module("llvmlite.binding")


# --- numbers and tables -----------------------------------------------------------------------------------


def ratio(theirs, ours):
    """The median of theirs / ours over the rounds, and the quartiles."""
    every = [a / b for a, b in zip(theirs, ours)]
    return quartiles(every)


def quartiles(numbers):
    if len(numbers) < 2:
        return numbers[0], numbers[0], numbers[0]
    low, middle, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return middle, low, high


def short(x):
    """Three digits, without a power of ten where it can be."""
    if x != x:
        return "nan"
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def spread(numbers):
    middle, low, high = numbers
    return f"{short(middle)} ({short(low)} to {short(high)})"


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def missing_text(missing):
    """The contestants that took no part. Of a long message: how it begins and how it ends."""
    lines = []
    for name, why in missing.items():
        why = why.strip().splitlines()[-1]
        lines.append(f"Missing: {name}: {why if len(why) < 160 else f'{why[:110]} ... {why[-40:]}'}\n")
    return "".join(lines)


# --- C ----------------------------------------------------------------------------------------------------


def compiled_c(source, *flags):
    """The shared library of this C file, compiled once in a run of the benchmark."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Missing("there is no C compiler")
    source = Path(source)
    library = Path(os.environ["MICROGD_BENCH"], "".join([source.stem, *flags]) + ".so")
    if not library.exists():
        command = [compiler, "-shared", "-fPIC", *flags, "-o", str(library), str(source), "-lm"]
        subprocess.run(command, check=True)
    return str(library)
