"""Random numbers: uniform draws are PyTorch's, bit for bit. Other draws are not.

PyTorch draws from MT19937. It fills the state of the generator from the low 32 bits of the seed, with the
generator's own recurrence. A float32 of [0, 1) is the low 24 bits of one output, times 2**-24. Python has
the same generator, but fills its state differently. So the state is computed here and given to it.

Matsumoto and Nishimura 1998, "Mersenne Twister", doi:10.1145/272991.272995.
"""

from __future__ import annotations

import math
from _random import Random  # `random` and `struct` are slower to import
from _struct import pack, unpack

from ..recording import current_trace

_generator = Random()  # until it is seeded: from the system's entropy
_WORDS = 624


def manual_seed(seed: int) -> None:
    """Seed the weights of all layers that are made from here on. They are those of torch.manual_seed."""
    word = int(seed) & 0xFFFFFFFF
    state = [word]
    for i in range(1, _WORDS):
        word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
        state.append(word)
    _generator.setstate((*state, _WORDS))


def unit() -> float:
    """A draw from [0, 1), the same float32 as PyTorch's."""
    trace = current_trace()
    if trace is not None:
        trace.refuse("draws a random number, which would be the same in every call")
    return (_generator.getrandbits(32) & 0xFFFFFF) * 2.0**-24


def uniform(low: float, high: float) -> float:
    """A draw from [low, high), in float32 arithmetic, as PyTorch's default tensors have it.

    The product is not rounded before the sum, because PyTorch uses a fused multiply-add.
    """
    low, high = float32(low), float32(high)
    return float32(unit() * float32(high - low) + low)


def normal(mean: float, std: float) -> float:
    """A draw from the normal distribution, by Box and Muller 1958, doi:10.1214/aoms/1177706645."""
    radius = math.sqrt(-2.0 * math.log(1.0 - unit()))
    return mean + std * radius * math.cos(2.0 * math.pi * unit())


def permutation(n: int, seed: int | None = None) -> list[int]:
    """0 ... n - 1 in random order. It depends on the seed, or without one on the generator above."""
    source = _generator if seed is None else Random(seed)
    keys = [source.random() for _ in range(n)]
    return sorted(range(n), key=keys.__getitem__)


def float32(x: float) -> float:
    """The nearest float32."""
    return float(unpack("f", pack("f", x))[0])
