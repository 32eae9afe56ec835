"""Random numbers: PyTorch's after the same seed.

Uniform draws, whole numbers and permutations are PyTorch's bit for bit. Normal draws agree with it to 1e-6 in
float32, because it computes them in this precision, and to 1e-14 in float64.

PyTorch draws from MT19937. It fills the state of the generator from the low 32 bits of the seed, with the
generator's own recurrence. A float32 of [0, 1) is the low 24 bits of one output, times 2**-24; a float64 is
the low 53 bits of two, times 2**-53. Python has the same generator, but fills its state differently. So the
state is computed here and given to it.

Each draw has an option `double`: whether it is that of a float64. None: as `set_default_dtype` says.

Matsumoto and Nishimura 1998, "Mersenne Twister", doi:10.1145/272991.272995.
"""

from __future__ import annotations

import math
from _random import Random  # `random` and `struct` are slower to import
from _struct import pack, unpack
from contextlib import contextmanager

from .recording import current_trace
from .shapes import dtype, float32 as single, float64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_WORDS = 624
_FIRST_SEED = 67280421310721  # what PyTorch gives to a Generator that nobody has seeded


class Generator:
    """A source of random numbers of one's own: the functions that draw take it as `generator`.

    device  there is only "cpu"
    """

    def __init__(self, device: Any = "cpu") -> None:
        if device != "cpu":
            from .devices import demand_cpu

            demand_cpu(device)
        self._source = Random()
        self.manual_seed(_FIRST_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from this seed, and return self."""
        self._seed: int | None = int(seed)
        self._normal: float | None = None  # the second of a pair of normal draws
        word = self._seed & 0xFFFFFFFF
        state = [word]
        for i in range(1, _WORDS):
            word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
            state.append(word)
        self._source.setstate((*state, _WORDS))
        return self

    def seed(self) -> int:
        """Start again from a seed that is drawn from the system, and return this seed."""
        self.manual_seed(Random().getrandbits(53))
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed that it started from."""
        return self.seed() if self._seed is None else self._seed

    def get_state(self) -> tuple[Any, ...]:
        """Where it is, for `set_state`."""
        return self._seed, self._normal, self._source.getstate()

    def set_state(self, new_state: tuple[Any, ...]) -> Generator:
        """Go on from a state that `get_state` gave, and return self."""
        self._seed, self._normal, state = new_state
        self._source.setstate(state)
        return self

    def bits(self, n: int = 32) -> int:
        """The next 32 random bits, or the next 64: two outputs, the first of which is the upper half."""
        trace = current_trace()
        if trace is not None:
            trace.refuse("draws a random number, which would be the same in every call")
        high = self._source.getrandbits(32)
        return high if n == 32 else high << 32 | self._source.getrandbits(32)


def _from_entropy() -> Generator:
    """A generator that starts from the system's entropy; no seed is computed for it."""
    made = object.__new__(Generator)
    made._source, made._seed, made._normal = Random(), None, None
    return made


default_generator = _from_entropy()
"""Where all draws come from that name no other generator."""

initial_seed, seed = default_generator.initial_seed, default_generator.seed
get_rng_state, set_rng_state = default_generator.get_state, default_generator.set_state


def manual_seed(seed: int) -> Generator:
    """Seed all draws from here on, also those of weights. They are those after torch.manual_seed."""
    return default_generator.manual_seed(seed)


_default = {"double": False}


def get_default_dtype() -> Any:
    """float32, or what `set_default_dtype` has been given."""
    return float64 if _default["double"] else single


def set_default_dtype(d: Any) -> None:
    """Say how random numbers are drawn: as PyTorch draws a float32, or a float64. All are kept in float64."""
    if not isinstance(d, dtype) or d != float64:
        raise TypeError(f"only floating-point types are supported as the default type, got {d!r}")
    _default["double"] = d is float64


@contextmanager
def drawn_as(dtype: Any) -> Iterator[None]:
    """Inside, numbers are drawn as those of this type. None: as before."""
    before = _default["double"]
    _default["double"] = before if dtype is None else dtype is float64
    try:
        yield
    finally:
        _default["double"] = before


def unit(generator: Generator | None = None, double: bool | None = None) -> float:
    """A draw from [0, 1)."""
    if _default["double"] if double is None else double:
        return unit_double(generator)
    return ((generator or default_generator).bits() & 0xFFFFFF) * 2.0**-24


def unit_double(generator: Generator | None = None) -> float:
    """A draw from [0, 1) with the 53 bits of a double: what PyTorch compares probabilities with."""
    return ((generator or default_generator).bits(64) & (1 << 53) - 1) * 2.0**-53


def uniform(low: float, high: float, generator: Generator | None = None, double: bool | None = None) -> float:
    """A draw from [low, high), in the arithmetic of its kind.

    The product is not rounded before the sum, because PyTorch uses a fused multiply-add.
    """
    if _default["double"] if double is None else double:
        return _fused(unit_double(generator), high - low, low)
    low, high = float32(low), float32(high)
    return float32(unit(generator, False) * float32(high - low) + low)


def _fused(x: float, y: float, z: float) -> float:
    """x * y + z, which is rounded once."""
    (a, b), (c, d), (e, f) = x.as_integer_ratio(), y.as_integer_ratio(), z.as_integer_ratio()
    return (a * c * f + e * b * d) / (b * d * f)


BLOCK = 16
"""PyTorch draws so many normals at once, from as many uniform draws."""


def normals(
    n: int,
    mean: float = 0.0,
    std: float = 1.0,
    generator: Generator | None = None,
    double: bool | None = None,
) -> list[float]:
    """n draws from the normal distribution, by Box and Muller 1958, doi:10.1214/aoms/1177706645.

    A pair of normal draws is made of a pair of uniform ones. PyTorch takes one pair after the other for fewer
    than 16 draws. From 16 on it makes eight pairs of each block of 16; the last block, if it is not full,
    begins 16 before the end, and is drawn anew.
    """
    source = generator or default_generator
    double = _default["double"] if double is None else double
    rounded = float if double else float32
    if n < BLOCK:
        return [rounded(_normal(source) * std + mean) for _ in range(n)]
    drawn = [unit(source, double) for _ in range(n)]
    starts = list(range(0, n - BLOCK + 1, BLOCK))
    for start in starts:
        drawn[start : start + BLOCK] = _block(drawn[start : start + BLOCK], rounded)
    if n % BLOCK:
        drawn[n - BLOCK :] = _block([unit(source, double) for _ in range(BLOCK)], rounded)
    return [rounded(x * std + mean) for x in drawn]


def _block(uniforms: list[float], rounded: Callable[[float], float]) -> list[float]:
    half = BLOCK // 2
    radii = [math.sqrt(-2.0 * math.log(1.0 - u)) for u in uniforms[:half]]
    angles = [rounded(rounded(2.0 * math.pi) * u) for u in uniforms[half:]]  # where float32 differs most
    cosines = [r * math.cos(a) for r, a in zip(radii, angles)]
    return cosines + [r * math.sin(a) for r, a in zip(radii, angles)]


def _normal(source: Generator) -> float:
    """One normal draw: the cosine of a pair, and at the next call the sine."""
    if source._normal is not None:
        kept, source._normal = source._normal, None
        return kept
    u, v = unit_double(source), unit_double(source)
    radius, angle = math.sqrt(-2.0 * math.log1p(-v)), 2.0 * math.pi * u
    source._normal = radius * math.sin(angle)
    return radius * math.cos(angle)


def whole(low: int, high: int, generator: Generator | None = None) -> int:
    """A whole number from low to high - 1."""
    source, size = generator or default_generator, high - low
    return low + source.bits(64 if size >= 1 << 28 else 32) % size


def shuffled(n: int, generator: Generator | None = None) -> list[int]:
    """0 ... n - 1 in random order, by Fisher and Yates."""
    source, order = generator or default_generator, list(range(n))
    for i in range(n - 1):
        j = i + source.bits() % (n - i)
        order[i], order[j] = order[j], order[i]
    return order


def permutation(n: int, seed: int | None = None) -> list[int]:
    """0 ... n - 1 in random order. It depends on the seed, or without one on the default generator."""
    source = default_generator._source if seed is None else Random(seed)
    keys = [source.random() for _ in range(n)]
    return sorted(range(n), key=keys.__getitem__)


def float32(x: float) -> float:
    """The nearest float32."""
    return float(unpack("f", pack("f", x))[0])
