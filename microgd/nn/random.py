"""Random numbers: PyTorch's own uniform draws, bit for bit.

PyTorch draws from MT19937, seeded by the generator's plain recurrence from the low 32 bits of the
seed. A float32 of [0, 1) is the low 24 bits of one output, times 2**-24. Python's generator is the
same one seeded differently, so it is given the state and does the rest.

Matsumoto and Nishimura 1998, "Mersenne Twister", doi:10.1145/272991.272995.
"""

from __future__ import annotations

from _random import Random  # `random` itself costs milliseconds to import
from struct import pack, unpack

_generator = Random()  # until it is seeded: from the system's entropy
_WORDS = 624


def manual_seed(seed: int) -> None:
    """Seed the weights of all layers made from here on, as torch.manual_seed: the same weights."""
    word = int(seed) & 0xFFFFFFFF
    state = [word]
    for i in range(1, _WORDS):
        word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
        state.append(word)
    _generator.setstate((*state, _WORDS))


def uniform(low: float, high: float) -> float:
    """A draw from [low, high), in float32 arithmetic as PyTorch's default tensors.

    The product is not rounded before the sum: PyTorch's is a fused multiply-add.
    """
    unit = (_generator.getrandbits(32) & 0xFFFFFF) * 2.0**-24
    low, high = float32(low), float32(high)
    return float32(unit * float32(high - low) + low)


def float32(x: float) -> float:
    """The nearest float32."""
    return float(unpack("f", pack("f", x))[0])
