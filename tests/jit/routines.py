"""Routines to print: random ones, and what they compute by the rules of `Routine`, in plain Python."""

import random

from microgd import ops
from microgd.jit.program import CONDITIONS, Program, Routine

NAMES = """
    add sub mul maximum minimum relu leaky_relu sin cos tanh atan sigmoid softplus softsign silu mish gelu
    gelu_tanh erf erfc hypot asinh neg abs sign copysign where sum dot logsumexp max min prod
"""


def run(routine, shared, samples, order, start, n, sums):
    """(sums, results of each sample) of n samples; `samples` is a list of lists of own numbers."""
    each = []
    for k in range(n):
        own = samples[order[start + k] if order is not None else start + k]
        found = routine.program.run([*shared, *own])
        for j, terms in enumerate(routine.sums):
            for i in terms:
                sums[j] += found[i]
        each.append([found[i] for i in routine.each])
    return sums, each


def random_routine(seed, columns=False, size=40, shared=4, own=3):
    """A routine of `size` operations of many kinds; no number in it grows beyond reason."""
    rng = random.Random(seed)
    program = Program()
    numbers = [program.input() for _ in range(shared + own)] + [program.constant(x) for x in (0.5, -2.0, 0.0)]
    conditions = [program.operation(CONDITIONS["lt"], (numbers[0], numbers[shared]))]
    for _ in range(size):
        a, b, c = (rng.choice(numbers[-12:]) for _ in range(3))
        kind = rng.choice(["lt", "le", "gt", "ge", "eq", "ne"])
        conditions.append(program.operation(CONDITIONS[kind], (a, b)))
        kind = rng.choice(["and", "or", "xor"])
        conditions.append(program.operation(CONDITIONS[kind], (conditions[-1], conditions[-2])))
        conditions.append(program.operation(CONDITIONS["not"], (rng.choice(conditions),)))
        row = ops.TABLE[rng.choice(NAMES.split())]
        if row.name == "where":
            operands = (rng.choice(conditions), a, b)
        elif type(row.partials) is tuple:
            operands = (a, b, c)[: len(row.partials)]
        else:
            operands = (a, b, c, *rng.choices(numbers[:8], k=rng.choice([1, 2])))
        i = program.operation(row, operands)
        numbers.append(
            program.operation(ops.TABLE["tanh"], (i,)) if row.name in ("mul", "prod", "dot") else i
        )
    sums = [tuple(rng.sample(numbers[-10:], 2)), (numbers[-1],), (numbers[1], numbers[0])]
    return Routine(program, shared, own, sums, [numbers[-2], numbers[-3], numbers[shared]], columns)


def numbers_for(routine, count, seed=0):
    """Shared numbers, and `count` samples of own numbers."""
    rng = random.Random(seed)
    shared = [rng.uniform(-2.0, 2.0) for _ in range(routine.shared)]
    return shared, [[rng.uniform(-2.0, 2.0) for _ in range(routine.own)] for _ in range(count)]
