"""Points for the printers: for each row of the table its edges, and points inside its domain."""

import math
import random

from microgd import ops
from tests.domains import DOMAINS, Point

COUNT = 200


def points_of(name: str, seed: int = 0) -> dict[int, list[Point]]:
    """By the number of operands: edges (at most 200 of each number), and points inside, to 200 at least."""
    rng = random.Random(f"{name} {seed}")
    domain = DOMAINS[name]
    found: dict[int, list[Point]] = {}
    for point in domain.edges:
        found.setdefault(len(point), []).append(point)
    for length, points in found.items():
        if len(points) > COUNT:
            points[:] = rng.sample(points, COUNT)
        ranges = domain.ranges * length if domain.variadic else domain.ranges
        for _ in range(max(COUNT - len(points), 50)):
            points.append(tuple([rng.uniform(low, high) for low, high in ranges]))
    return found


def results(name: str, point: Point) -> list[float]:
    """The table's value, and its partials."""
    row = ops.TABLE[name]
    value = row.value(*point)
    return [value, *map(float, row.partials_at(point, value, [True] * len(point)))]


def same_class(got: float, want: float) -> bool:
    """Both nan, both the same infinity, both 0, or both finite and not 0."""
    if math.isfinite(got) and math.isfinite(want):
        return (got == 0.0) == (want == 0.0)
    return got == want or (got != got and want != want)


def ulps(got: float, want: float) -> float:
    """How many units in the last place apart; inf if they are of another class."""
    if not same_class(got, want):
        return math.inf
    return abs(got - want) / math.ulp(want) if math.isfinite(want) else 0.0


GATES = {"silu", "mish", "gelu", "gelu_tanh"}
"""x times a gate. Their partial is the gate and x times its partial, two terms that may cancel."""

DIFFERENCES = {"logsumexp", "logaddexp"}
"""e**d enters, where d is a rounded difference: the rounding of d is up to d ulp of the result.
The value is the largest operand and a logarithm, which may cancel."""


def apart(name: str, point: Point, got: list[float]) -> float:
    """How far these results are from the table's, in ulps: of the largest term where terms may cancel."""
    want = results(name, point)
    far = list(map(ulps, got, want))
    if max(far) < math.inf and all(map(math.isfinite, point)):
        if name in GATES and point[0] != 0.0:
            far[1] = abs(got[1] - want[1]) / math.ulp(max(abs(want[0] / point[0]), abs(want[1])))
        if name in DIFFERENCES:
            far[0] = abs(got[0] - want[0]) / math.ulp(max(abs(max(point)), abs(want[0])))
            return max(far) - min(max(point) - min(point), 750.0)
    return max(far)
