"""check_gradient: is the gradient of a plain function right, whatever library it is written with?

It measures f along one random direction, which costs the same for any number of coordinates, and along a few
coordinates (`numerical`). If something is wrong, `search` finds the coordinates that are off, and asks what
is wrong with them. `plain` reads f, grad and x.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis
from .numerical import BLUNT
from .plain import Plain, Unread
from .search import CANCELLED, COARSE, Search, named

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = 4
"""So many coordinates are measured one by one."""


def check_gradient(f: Callable[[Any], Any], grad: Callable[[Any], Any], x: Any) -> Diagnosis:
    """Is `grad(x)` the gradient of f at x? For a plain function, of NumPy, torch, jax or lists.

        >>> bool(check_gradient(lambda x: x[0] * x[1], lambda x: [x[1], x[0]], [1.5, -0.3]))
        True

    f     takes x and returns one number
    grad  takes x and returns the gradient, in the shape of x
    x     a float, a (nested) list, a NumPy array, a torch tensor or a jax array

    There is no step and no tolerance to choose: the measurement knows its own error. Returns a `Diagnosis`.
    It is true if no error can be seen. Else its `message` says what is wrong, and `coordinates` where: 2 for
    x[2], (1, 2) for x[1, 2]. f and grad should not change x, and not depend on anything random.
    """
    try:
        return _judged(Plain(f, grad, x))
    except Unread as unread:
        return unread.diagnosis


def _judged(plain: Plain) -> Diagnosis:
    rng = random.Random("check_gradient")
    n = len(plain.xs)
    search = Search(plain)
    chosen = list(range(n))
    if n > FEW:
        search.along_all(_direction(plain.xs, rng))
        largest = max(range(n), key=lambda i: math.fabs(plain.given[i]))
        chosen = list(dict.fromkeys([largest, *rng.sample(range(n), FEW - 1)]))
    for i in chosen:
        search.one(i)
    search.finish()
    if search.wrong:
        return named(plain, search)
    if search.digits is not None:
        said = f"Agrees to {search.digits} digits: float32 arithmetic, a rounded constant, or an eps?"
        return Diagnosis(True, "ok_rounded", (), said)
    if CANCELLED in search.kinds or not search.seen:
        said = f"Nothing can be said: {'; '.join(sorted(search.kinds))}."
        return Diagnosis(search.kinds <= {CANCELLED, COARSE}, "unknown", (), said)
    where = f"along a random direction and at {len(chosen)} of {n} coordinates" if n > FEW else "at this x"
    if search.blur > BLUNT:
        blurred = "But the gradient is so near to 0 that a factor, for instance, cannot be seen."
        return Diagnosis(True, "ok", (), f"Right {where}. {blurred}")
    return Diagnosis(True, "ok", (), f"Right {where}. A relative error of {search.blur:.0e} would be seen.")


def _direction(xs: list[float], rng: random.Random) -> list[float]:
    """Random in sign and size, in the measure of each coordinate.

    It has five bits only: so x + h v loses nothing, for all steps h that are measured.
    """
    signs = (rng.choice((-1.0, 1.0)) for _ in xs)
    return [s * math.ldexp(rng.randint(16, 31), math.frexp(x or 1.0)[1] - 5) for s, x in zip(signs, xs)]
