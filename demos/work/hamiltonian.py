"""Random numbers with a given density, by Hamiltonian Monte Carlo.

    python demos/work/hamiltonian.py [--out hamiltonian.svg] [--draws 10000]

A ball rolls without friction in the landscape -log(density), with a random push at the start of each draw.
The force is the negative gradient. The steps of the ball are not exact, so its energy changes a little, and
the draw is accepted with the probability exp(-change). Here the landscape is a bent valley with known
moments: x is normal with variance 1, and y is normal around x²/2 with variance 1/2.
"""

import math
import random

import paintings
from shown import answer, options, picture

import microgd


@microgd.compile
def landscape(q):
    """-log(density), up to a constant."""
    x, y = q
    return 0.5 * x**2 + (y - 0.5 * x**2) ** 2


def roll(q, p, steps, size=0.25):
    """The way of the ball, by leapfrog steps, and how its energy changes."""
    height, gradient = landscape.value_and_grad(q)
    before, way = height + 0.5 * (p[0] * p[0] + p[1] * p[1]), [q]
    for _ in range(steps):
        p = [a - 0.5 * size * g for a, g in zip(p, gradient)]
        q = [x + size * a for x, a in zip(q, p)]
        height, gradient = landscape.value_and_grad(q)
        p = [a - 0.5 * size * g for a, g in zip(p, gradient)]
        way.append(q)
    return way, height + 0.5 * (p[0] * p[0] + p[1] * p[1]) - before


def main(file, n):
    rng = random.Random(0)
    q, draws, accepted, factors, ways = [0.0, 0.0], [], 0, [], []
    for _ in range(n):
        way, change = roll(q, [rng.gauss(0, 1), rng.gauss(0, 1)], rng.randint(8, 16))
        factors.append(math.exp(-change))
        if rng.random() < factors[-1]:
            q, accepted = way[-1], accepted + 1
            ways.append(way)
        draws.append(q)
    xs, ys = zip(*draws)
    spread = 25 / math.sqrt(n)  # generous: a wrong sampler is further off
    print(f"{accepted / n:.0%} of {n} draws are accepted")
    mean = sum(ys) / n
    answer("mean of exp(-change of energy)", sum(factors) / n, 1.0, within=spread / 10)
    answer("variance of x", sum(x * x for x in xs) / n, 1.0, within=spread / 4)
    answer("mean of y", mean, 0.5, within=spread / 2)
    answer("variance of y", sum((y - mean) ** 2 for y in ys) / n, 1.0, within=spread / 2)

    picture(file, paintings.hamiltonian, xs, ys, ways[3:6])


if __name__ == "__main__":
    chosen = options(out="hamiltonian.svg", draws=10000)
    main(chosen.out, chosen.draws)
