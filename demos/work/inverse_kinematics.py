"""Which way must the joints of a robot's arm turn, for its hand to be where we want it?

    python demos/work/inverse_kinematics.py [--out inverse_kinematics.svg]

Three joints turn three links. Where the hand is for given joints is school geometry. The way back is Newton's
method with the Jacobian. Along a path each search begins where the last one ended, so that the arm does not
jump. For this arm geometry also gives the way back, which is the known answer.
"""

import math

import numpy
import paintings
from shown import answer, options, picture

import microgd
from microgd import func

LINKS = (1.1, 1.0, 0.3)


def joints(angles):
    """The positions of the joints and of the hand, and the direction of the hand."""
    x = y = direction = 0.0
    found = [(x, y)]
    for length, angle in zip(LINKS, angles):
        direction = direction + angle
        x, y = x + length * microgd.cos(direction), y + length * microgd.sin(direction)
        found.append((x, y))
    return found, direction


def hand(angles):
    """x, y and direction: each three numbers of the hand belong to three angles."""
    found, direction = joints(angles)
    return [*found[-1], direction]


jacobian = microgd.compile(func.jacrev(hand))


def turned(angles, wanted):
    """The angles that bring the hand to `wanted`, by Newton's method."""
    for _ in range(20):
        gap = numpy.subtract(hand(angles), wanted)
        if max(abs(gap)) < 1e-13:
            break
        angles = (angles - numpy.linalg.solve(jacobian(angles), gap)).tolist()
    return angles


def by_geometry(x, y, direction):
    """The two links before the hand and the line to its wrist are a triangle with three known sides."""
    a, b, c = LINKS
    x, y = x - c * math.cos(direction), y - c * math.sin(direction)
    elbow = math.acos((x * x + y * y - a * a - b * b) / (2 * a * b))
    shoulder = math.atan2(y, x) - math.atan2(b * math.sin(elbow), a + b * math.cos(elbow))
    return [shoulder, elbow, direction - shoulder - elbow]


def main(file):
    path = []
    for k in range(121):  # a heart, with the hand turned a little from side to side
        t = math.tau * k / 120
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        path.append([1.5 + 0.5 * math.sin(t) ** 3, 0.7 + y / 32, 0.4 * math.sin(t)])
    angles, film = [-0.3, 1.5, -1.2], []
    for wanted in path:
        angles = turned(angles, wanted)
        film.append(angles)
    for k in (0, 40, 80):
        for name, found, known in zip(("shoulder", "elbow", "wrist"), film[k], by_geometry(*path[k])):
            answer(f"{name} at point {k}", found, known)

    picture(file, paintings.inverse_kinematics, film, [joints(angles)[0] for angles in film])


if __name__ == "__main__":
    main(options(out="inverse_kinematics.svg").out)
