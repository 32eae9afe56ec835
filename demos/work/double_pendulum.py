"""A double pendulum, from one formula: its energies.

    python demos/work/double_pendulum.py [--out double_pendulum.svg]

The Lagrangian L = T - V is the energy of motion less the energy of height, as a function of two angles q and
their velocities v. The law of Euler and Lagrange says that d/dt dL/dv = dL/dq. So the accelerations a solve

    (d²L/dv dv) a = dL/dq - (d²L/dv dq) v

and nobody writes down a force. The equations of a textbook, and the energy, which stays the same, are the
known answers.
"""

import math

import paintings
from shown import answer, options, picture

import microgd
from microgd import func

G = 9.81  # two masses of 1 kg, on two rods of 1 m


def energies(q, v):
    """The energy of motion T and the energy of height V."""
    motion = v[0] ** 2 + 0.5 * v[1] ** 2 + v[0] * v[1] * microgd.cos(q[0] - q[1])
    return motion, -G * (2.0 * microgd.cos(q[0]) + microgd.cos(q[1]))


def lagrangian(q, v):
    motion, height = energies(q, v)
    return motion - height


def accelerations(q, v):
    """By the law of Euler and Lagrange: two equations, solved by the rule of Cramer."""
    force = func.grad(lagrangian, argnums=0)(q, v)
    _, by_v = func.hessian(lagrangian, argnums=(0, 1))(q, v)
    ((m0, (a, b)), (m1, (c, d))) = by_v
    r0, r1 = (f - m[0] * v[0] - m[1] * v[1] for f, m in zip(force, (m0, m1)))
    return [(r0 * d - b * r1) / (a * d - b * c), (a * r1 - r0 * c) / (a * d - b * c)]


@microgd.compile
def step(state, h):
    """One step of Runge and Kutta. All derivatives are in the compiled code."""

    def rates(x):
        return [x[2], x[3], *accelerations(x[:2], x[2:])]

    k1 = rates(state)
    k2 = rates([x + h / 2 * k for x, k in zip(state, k1)])
    k3 = rates([x + h / 2 * k for x, k in zip(state, k2)])
    k4 = rates([x + h * k for x, k in zip(state, k3)])
    return [x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(state, k1, k2, k3, k4)]


def swing(state, seconds, h=0.001):
    states = [state]
    for _ in range(round(seconds / h)):
        states.append(step(states[-1], h))
    return states


def main(file, seconds):
    q, v = [2.1, 1.4], [0.3, -0.5]
    c, s = math.cos(q[0] - q[1]), math.sin(q[0] - q[1])  # the textbook's: M a = r
    r0 = -s * v[1] ** 2 - 2 * G * math.sin(q[0])
    r1 = s * v[0] ** 2 - G * math.sin(q[1])
    found = accelerations(q, v)
    answer("acceleration of the upper angle", found[0], (r0 - c * r1) / (2 - c * c))
    answer("acceleration of the lower angle", found[1], (2 * r1 - c * r0) / (2 - c * c))
    first, other = swing([2.6, 2.9, 0.0, 0.0], seconds), swing([2.6, 2.9 + 1e-6, 0.0, 0.0], seconds)
    totals = [sum(energies(x[:2], x[2:])) for x in first]
    answer(f"energy after {seconds} s", totals[-1], totals[0], within=1e-7)
    picture(file, paintings.double_pendulum, first, other, totals, seconds)


if __name__ == "__main__":
    chosen = options(out="double_pendulum.svg", seconds=12)
    main(chosen.out, chosen.seconds)
