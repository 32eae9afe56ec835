"""What a first call costs, and how times grow: with the batch, and with the length of the program.

`setup`    the first call of the loss of two moons, less the second: the trace and the code
`batch`    the loss and gradient of 1 to 10,000 points
`length`   Newton's method for a square root, unrolled, and an unrolled recurrent network: programs of 100 to
           200,000 operations, gradient included. Their first call, and a later one
`names`    the language model of the demo: loss and gradient of four names of six letters

This module uses `compile_runs`, and `compile_replay` for the network.
"""

from __future__ import annotations

import importlib
import math
import os
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from .compile_replay import compiled, microgd_network, moons
from .compile_runs import (
    afresh,
    in_turns,
    missing_text,
    quartiles,
    ratio,
    repeated,
    short,
    spread,
    table,
    timed,
    with_imports,
)

BATCHES = (1, 10, 100, 1000, 10_000)
EAGER_BATCHES = BATCHES[:4]
LENGTHS = (100, 1000, 10_000, 100_000, 200_000)


def cold():
    """No object code is in the cache."""
    os.environ["MICROGD_CACHE"] = tempfile.mkdtemp(dir=os.environ["MICROGD_BENCH"])


def first_and_second(call):
    """The CPU seconds that the first call takes more than the second."""
    start = time.process_time()
    call()
    middle = time.process_time()
    call()
    return middle - start - (time.process_time() - middle)


# --- the set-up -------------------------------------------------------------------------------------------


def setup(backend, cache="warm"):
    model = microgd_network()
    points, labels = moons()
    start = time.process_time()
    with_imports(backend)
    imported = time.process_time() - start
    if cache == "cold":
        cold()

    def result():
        start = time.process_time()
        loss = compiled(
            lambda x, y: (1.0 - y * model(x)[0]).relu(), in_dims=(0, 0), backend=backend
        )  # fmt: skip
        made = time.process_time() - start
        return imported, made + first_and_second(lambda: loss(points, labels))

    return {"result": result}


SETUPS = {
    "set-up: python": partial(setup, "python"),
    "set-up: llvm, nothing cached": partial(setup, "llvm", "cold"),
    "set-up: llvm, from the cache": partial(setup, "llvm"),
}


def setups(figures, rounds=20):
    afresh(__name__, ["set-up: llvm, from the cache"], rounds=1)
    found, missing = afresh(__name__, list(SETUPS), rounds=rounds)
    rows = []
    for name, answers in found.items():
        imports, seconds = zip(*answers)
        figures.setdefault("set-up", {})[name] = seconds
        rows.append(
            [name, *(spread(quartiles([1e3 * x for x in numbers])) for numbers in (seconds, imports))]
        )  # fmt: skip
    head = ["the first call of the moons loss", "ms (quartiles)", "imports before it, ms"]
    return table(head, rows) + missing_text(missing)


# --- the batch --------------------------------------------------------------------------------------------


def over_batches(backend, fast=False):
    import microgd

    model = microgd_network()
    if backend:
        loss = compiled(
            lambda x, y: (1.0 - y * model(x)[0]).relu(), in_dims=(0, 0), backend=backend, fast=fast
        )  # fmt: skip
        loss(*moons(2))

    def result():
        found = {}
        for n in BATCHES if backend else EAGER_BATCHES:
            points, labels = moons(n)

            def run(calls, points=points, labels=labels):
                for _ in range(calls):
                    if backend:
                        loss.value_and_grad(points, labels)
                    else:
                        model.zero_grad()
                        scores = [row[0] for row in model(points)]
                        microgd.mean([(1.0 - y * s).relu() for y, s in zip(labels, scores)]).backward()

            found[n] = timed(run)()
        return found

    return {"result": result}


BATCHED = {
    "batch: microgd eager": partial(over_batches, None),
    "batch: python": partial(over_batches, "python"),
    "batch: llvm": partial(over_batches, "llvm"),
    "batch: llvm, fast": partial(over_batches, "llvm", fast=True),
}


def batches(figures, rounds=5):
    found, missing = afresh(__name__, list(BATCHED), rounds=rounds)
    rows = []
    for name, answers in found.items():
        middle = {n: quartiles([answer[n] for answer in answers])[0] for n in answers[0]}
        figures.setdefault("batch", {})[name] = middle
        largest = {n: seconds for n, seconds in middle.items() if n >= 100}
        cells = [short(1e6 * middle[n]) if n in middle else "" for n in BATCHES]
        rows.append([name, *cells, f"{exponent(largest):.2f}"])
    head = ["value_and_grad of the moons loss, µs", *(f"{n:,} points" for n in BATCHES), "exponent from 100"]
    return table(head, rows) + missing_text(missing)


def exponent(found):
    """p of the power law n^p, by least squares of the logarithms."""
    xs, ys = [math.log(n) for n in found], [math.log(t) for t in found.values()]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


# --- the length of the program ----------------------------------------------------------------------------


def newton(steps):
    def root(x, a):
        for _ in range(steps):
            x = x - (x * x - a) / (2.0 * x)
        return x

    return root, (3.0, 2.0)


def recurrent(steps, width=4):
    import microgd

    rng = random.Random(0)
    matrix = [
        [microgd.Value(rng.uniform(-0.5, 0.5)) for _ in range(width + 2)] for _ in range(width)
    ]  # fmt: skip

    def last(inputs):
        state = [0.0] * width
        for x in inputs:
            state = [microgd.dot(row, [*state, x, 1.0]).tanh() for row in matrix]
        return microgd.sum(state)

    return last, ([rng.gauss(0, 1) for _ in range(steps)],)


def over_lengths(make, backend):
    with_imports(backend)

    def of(steps):
        import microgd

        function, arguments = make(steps)
        code = microgd.compile(function, backend=backend)
        return code, arguments

    def operations(steps):
        code, arguments = of(steps)
        code.value_and_grad(*arguments)
        return len(code._last.routine.program)

    def result(length):
        cold()
        few, more = operations(8), operations(16)
        steps = max(1, round(8 + 8 * (length - few) / (more - few)))
        code, arguments = of(steps)
        first = first_and_second(lambda: code.value_and_grad(*arguments))
        again = timed(lambda n: [code.value_and_grad(*arguments) for _ in range(n)])()
        return len(code._last.routine.program), first, again

    return {"result": result}


LONG = {
    f"length: {name}, {backend}": partial(over_lengths, make, backend)
    for name, make in {"Newton": newton, "recurrent network": recurrent}.items()
    for backend in ("python", "llvm")
}


def lengths(figures, rounds=3, sizes=LENGTHS):
    set_up, again, all_missing = [], [], {}
    for name in LONG:
        firsts, laters = {}, {}
        for size in sizes:
            found, missing = afresh(__name__, [name], rounds=rounds, arguments=(size,))
            all_missing |= missing
            for answers in found.values():
                length = answers[0][0]
                firsts[length], laters[length] = (quartiles(column)[0] for column in [*zip(*answers)][1:])
        if firsts:
            long = {n: seconds for n, seconds in firsts.items() if n >= 900}
            set_up.append([name, *(short(1e3 * t) for t in firsts.values()), f"{exponent(long):.2f}"])
            long = {n: seconds for n, seconds in laters.items() if n >= 900}
            figures.setdefault("length", {})[name] = firsts
            again.append([name, *(short(1e6 * t) for t in laters.values()), f"{exponent(long):.2f}"])
    columns = [f"{n:,} operations" for n in sizes]
    return (
        table(["the first call, nothing cached, ms", *columns, "exponent from 1,000"], set_up)
        + "\n"
        + table(["a later call, µs", *columns, "exponent from 1,000"], again)
        + missing_text(all_missing)
    )


# --- the language model -----------------------------------------------------------------------------------


def language(backend):
    import microgd
    from microgd.nn import functional as F
    from microgd.tensor import values

    sys.path.insert(0, str(Path(__file__).parents[2] / "demos"))
    demo = importlib.import_module("names")
    microgd.manual_seed(0)
    model = demo.LanguageModel(len(demo.ALPHABET), demo.EAGER["width"], demo.LONGEST)
    chosen = [demo.encoded(name) for name in ("isabel", "ramona", "alfred", "hector")]
    letters, targets = [name[:-1] for name in chosen], [name[1:] for name in chosen]
    every = values(model.parameters())
    if not backend:

        def call(k):
            model.zero_grad()
            losses = [F.cross_entropy(model(x), y) for x, y in zip(letters, targets)]
            loss = microgd.mean(losses)
            loss.backward()
            return loss

        def read(k):
            loss = call(k)
            return loss.item(), [p.grad or 0.0 for p in every]

        return {"run": repeated(call), "read": read}

    cold()
    loss = compiled(lambda x, y: F.cross_entropy(model(x), y), in_dims=(0, 0), backend=backend)
    first = first_and_second(lambda: loss.value_and_grad(letters, targets))

    def call(k):
        return loss.value_and_grad(letters, targets)

    def read(k):
        value, gradient = call(k)
        found = {id(p): g for p, g in zip(loss.parameters, gradient)}
        return value, [found.get(id(p), 0.0) for p in every]

    length = len(loss._last.routine.program)
    note = f"{length:,} operations, first call {short(first)} s"
    return {"run": repeated(call), "read": read, "note": note}


LANGUAGE = {
    "names: microgd eager": partial(language, None),
    "names: python": partial(language, "python"),
    "names: llvm": partial(language, "llvm"),
}


def agree(contestants):
    first = None
    for contestant in contestants:
        loss, gradient = contestant.ask("read", 0)
        first = first or (loss, gradient)
        off = max(abs(a - b) for a, b in zip([first[0], *first[1]], [loss, *gradient], strict=True))
        if not off <= 1e-12:
            raise SystemExit(f"{contestant.name} and {contestants[0].name} differ by {off:.2g}")


def names(figures, rounds=20, processes=2):
    found, missing, notes = in_turns(
        __name__, list(LANGUAGE), rounds=rounds, processes=processes, check=agree
    )  # fmt: skip
    reference = next(iter(found.values()))
    rows = [
        [f"{name} ({notes[name]})" if notes[name] else name,
         short(ratio(seconds, [1e-6] * len(seconds))[0]), spread(ratio(reference, seconds))]
        for name, seconds in found.items()
    ]  # fmt: skip
    head = ["four names of six letters, loss and gradient", "µs", "times as fast as eager (quartiles)"]
    return table(head, rows) + missing_text(missing)


CONTESTANTS = {**SETUPS, **BATCHED, **LONG, **LANGUAGE}
