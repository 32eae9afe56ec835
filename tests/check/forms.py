"""Right rules for every row of the table, each in many forms: what people write who are right.

The rule of a row is made from the row's own partials. A form takes the operands, the output, the upstream
gradient and the partials as a function, and returns the gradients.
"""

import struct
from fractions import Fraction

from microgd import Value
from microgd.table import TABLE

from ..domains import DOMAINS

try:
    import numpy as np
except ImportError:
    np = None
try:
    import torch
except ImportError:
    torch = None

WIDTH = 4  # of a reduction


def rounded(x):
    """x with the digits that float32 keeps."""
    return struct.unpack("f", struct.pack("f", x))[0]


FORMS = {
    "plain": lambda xs, out, g, partials: [d * g for d in partials(xs, out)],
    "minus twice": lambda xs, out, g, partials: [-(-d * g) for d in partials(xs, out)],
    "divided": lambda xs, out, g, partials: [g / (1.0 / d) if d else 0.0 for d in partials(xs, out)],
    "two terms": lambda xs, out, g, partials: [0.3 * d * g + 0.7 * d * g for d in partials(xs, out)],
    "fractions": lambda xs, out, g, partials: [Fraction(d) * Fraction(g) for d in partials(xs, out)],
    "Values": lambda xs, out, g, partials: [d * g for d in partials([Value(x) for x in xs], Value(out))],
    "seven digits": lambda xs, out, g, partials: [float(f"{d:.7g}") * g for d in partials(xs, out)],
}
if np is not None:
    FORMS |= {
        "array": lambda xs, out, g, partials: np.array([partials(xs, out)]).T * g,
        "arrays of no dimension": lambda xs, out, g, partials: [np.array(d * g) for d in partials(xs, out)],
        "where": lambda xs, out, g, partials: [np.where(d != 0, d * g, 0.0) for d in partials(xs, out)],
        "float32": lambda xs, out, g, partials: np.float32(partials(xs, out)) * np.float32(g),
        "float32 inputs": lambda xs, out, g, partials: [
            np.float32(d) * np.float32(g) for d in partials(list(map(rounded, xs)), rounded(out))
        ],
    }
if torch is not None:
    FORMS |= {
        "torch": lambda xs, out, g, partials: (
            torch.tensor(partials(xs, out), dtype=torch.float64, requires_grad=True) * g
        ),
        "torch float32": lambda xs, out, g, partials: [
            torch.tensor([d]) * torch.tensor(g) for d in partials(xs, out)
        ],
    }


class Case:
    """A row of the table as diagnose takes it."""

    def __init__(self, row):
        self.row, domain = row, DOMAINS[row.name]
        self.ranges = domain.ranges * (WIDTH if domain.variadic else 1)

    def f(self, *xs):
        return self.row.value(*xs)

    def sample(self, rng):
        return [rng.uniform(*ends) for ends in self.ranges]

    def rule(self, form):
        """The right rule in a form."""
        wanted = [True] * len(self.ranges)

        def rule(*arguments):
            *xs, out, g = arguments

            def partials(operands, value):
                return [0.0 if d is None else d for d in self.row.partials_at(operands, value, wanted)]

            return FORMS[form](xs, out, g, partials)

        return rule


CASES = {name: Case(row) for name, row in TABLE.items() if name in DOMAINS}
