"""check_gradient beside scipy.optimize.check_grad and torch.autograd.gradcheck, on the same functions.

    python -m tests.bench.gradient_checkers

Each function is judged at POINTS random points of 10 numbers: with its gradient ("called wrong" is a false
alarm), and with one number of the gradient off by 1e-3 and by 1e-6 of it (how often that is seen).
check_gradient sees an error if it does not say "ok": of one of 1e-6 it says "ok_rounded". scipy returns a
norm and leaves the tolerance to its user: here it is wrong above 1e-6 times the norm of the gradient.
torch's tolerances are its own defaults.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from microgd import check_gradient

SIZE = 10
POINTS = 10

FUNCTIONS: dict[str, tuple[Any, Any, float, float]] = {
    "sum of squares": (lambda x: (x**2).sum(), lambda x: 2 * x, -3, 3),
    "sum of squares at 1e6": (lambda x: (x**2).sum(), lambda x: 2 * x, 1e6, 3e6),
    "log at 1e-6": (lambda x: np.log(x).sum(), lambda x: 1 / x, 1e-6, 3e-6),
    "log at 1e6": (lambda x: np.log(x).sum(), lambda x: 1 / x, 1e6, 3e6),
    "sqrt at 1e-6": (lambda x: np.sqrt(x).sum(), lambda x: 0.5 / np.sqrt(x), 1e-6, 3e-6),
    "tanh": (lambda x: np.tanh(x).sum() ** 2, lambda x: 2 * np.tanh(x).sum() * (1 - np.tanh(x) ** 2), 0.1, 2),
    "sin(1000 x)": (lambda x: np.sin(1e3 * x).sum(), lambda x: 1e3 * np.cos(1e3 * x), -1, 1),
    "1e8 + sin(x)": (lambda x: 1e8 + np.sin(x).sum(), np.cos, -1, 1),
    "1e-8 times sin(x)": (lambda x: 1e-8 * np.sin(x).sum(), lambda x: 1e-8 * np.cos(x), -1, 1),
    "relu near its kink": (lambda x: np.maximum(x, 0).sum(), lambda x: (x > 0) * 1.0, -1e-6, 1e-6),
    "exp, 0 to 30": (lambda x: np.exp(x).sum(), np.exp, 0, 30),
}


def by_microgd(f: Any, grad: Any, x: Any) -> bool:
    """Whether check_gradient sees no error."""
    return check_gradient(f, grad, x).key == "ok"


def by_scipy(f: Any, grad: Any, x: Any) -> bool:
    """Whether scipy's difference is small beside the gradient."""
    from scipy.optimize import check_grad

    return bool(check_grad(f, grad, x) <= 1e-6 * np.linalg.norm(grad(x)))


def by_torch(f: Any, grad: Any, x: Any) -> bool:
    """Whether torch's gradcheck accepts it as the backward of an autograd.Function."""
    import torch

    class Given(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.tensor(float(f(x.detach().numpy())), dtype=torch.float64)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * torch.from_numpy(np.asarray(grad(ctx.saved_tensors[0].detach().numpy())))

    point = torch.from_numpy(x.copy()).requires_grad_()
    return bool(torch.autograd.gradcheck(Given.apply, (point,), raise_exception=False))


CHECKERS = {"check_gradient": by_microgd, "scipy": by_scipy, "torch": by_torch}


def off(grad: Any, i: int, factor: float) -> Any:
    """The gradient with its number i multiplied by a factor."""

    def wrong(x: Any) -> Any:
        g = np.array(grad(x), dtype=float)
        g[i] *= factor
        return g

    return wrong


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(20240229)
    titles = [
        "",
        *(f"{name}: {what}" for name in CHECKERS for what in ("called wrong", "1e-3 seen", "1e-6 seen")),
    ]
    print("| " + " | ".join(titles) + " |")
    print("|---" * len(titles) + "|")
    sums = dict.fromkeys(CHECKERS, (0, 0, 0))
    seconds = dict.fromkeys(CHECKERS, 0.0)
    for name, (f, grad, low, high) in FUNCTIONS.items():
        counts = {checker: [0, 0, 0] for checker in CHECKERS}
        asked = 0
        for _ in range(POINTS):
            x = rng.uniform(low, high, SIZE)
            i = int(np.argmax(np.abs(grad(x))))
            asked += 1
            for checker, accepts in CHECKERS.items():
                start = time.perf_counter()
                right = accepts(f, grad, x)
                seconds[checker] += time.perf_counter() - start
                found = counts[checker]
                found[0] += not right
                found[1] += not accepts(f, off(grad, i, 1.001), x)
                found[2] += not accepts(f, off(grad, i, 1.000001), x)
        cells = [f"{n} of {asked}" for found in counts.values() for n in found]
        print(f"| {name} | " + " | ".join(cells) + " |")
        for checker, found in counts.items():
            sums[checker] = tuple(a + b for a, b in zip(sums[checker], found, strict=True))  # type: ignore
    total = POINTS * len(FUNCTIONS)
    cells = [f"{math.floor(100 * n / total + 0.5)} %" for found in sums.values() for n in found]
    print("| **all** | " + " | ".join(cells) + " |")
    times = ", ".join(f"{name} {1e3 * s / total:.1f} ms" for name, s in seconds.items())
    print(f"\nA right gradient of {SIZE} numbers: {times}.")


if __name__ == "__main__":
    main()
