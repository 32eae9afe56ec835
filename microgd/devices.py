"""Devices and number types as PyTorch names them. Everything is float64 on the processor.

So these names let a script say where and how it computes, and change nothing: `device("cpu")`, `float32`,
`cuda.is_available()`, which is False. This module uses `absent` for the sentence about the rest of `cuda`.
"""

from __future__ import annotations

import math
import sys

from .shapes import float32 as float32, float64, int64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

double, float = float64, float32
int = int32 = int16 = int8 = uint8 = short = long = int64
_str = str

inf, nan, pi, e, newaxis = math.inf, math.nan, math.pi, math.e, None
Size: Any = tuple
"""Constants, and what a shape is."""


class device:
    """The processor: device("cpu"). Any other is refused with a sentence."""

    __slots__ = ("index", "type")

    def __init__(self, type: Any = "cpu", index: Any = None) -> None:
        name, _, number = _str(getattr(type, "type", type)).partition(":")
        if name != "cpu":
            raise RuntimeError(
                f"there is no device {_str(type)!r}: everything is computed on the processor, 'cpu'"
            )
        self.type = name
        self.index = index if index is not None or not number else number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (device, _str)) and _str(other).startswith("cpu")

    def __hash__(self) -> Any:
        return hash("cpu")

    def __str__(self) -> _str:
        return "cpu"

    def __repr__(self) -> _str:
        return "device(type='cpu')"


def demand_cpu(wanted: Any) -> None:
    """RuntimeError unless it is the processor, or None."""
    if wanted is not None and wanted != "cpu":
        device(wanted)


class _Elsewhere:
    """A part of torch about other devices: it says that there are none."""

    def __init__(self, name: _str, **known: Any) -> None:
        self._name = name
        vars(self).update(known)

    def is_available(self) -> bool:
        """False: there is only the processor."""
        return False

    def device_count(self) -> Any:
        """0"""
        return 0

    def __getattr__(self, name: _str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from .absent import sentence

        raise AttributeError(sentence(f"microgd.{self._name}", name))

    def __repr__(self) -> _str:
        return f"<microgd.{self._name}: there is only the processor>"


def _seeded_by_manual_seed(seed: Any) -> None:
    """Nothing: there are no generators on other devices."""


cuda = _Elsewhere("cuda", manual_seed=_seeded_by_manual_seed, manual_seed_all=_seeded_by_manual_seed)
mps, xpu, accelerator = _Elsewhere("mps"), _Elsewhere("xpu"), _Elsewhere("accelerator")
backends = _Elsewhere(
    "backends",
    mps=_Elsewhere("backends.mps"),
    cuda=_Elsewhere("backends.cuda"),
    cudnn=_Elsewhere("backends.cudnn", deterministic=False, benchmark=False, enabled=False),
)


class finfo:
    """The limits of float64, whichever floating point type is asked for."""

    eps, max, min, tiny = (
        sys.float_info.epsilon,
        sys.float_info.max,
        -sys.float_info.max,
        sys.float_info.min,
    )
    smallest_normal, bits, dtype = tiny, 64, "float64"

    def __init__(self, type: Any = float64) -> None:
        if type != float64:
            raise TypeError(f"finfo() requires a floating point type, got {type!r}")


class iinfo:
    """The limits of int64, whichever type of whole numbers is asked for."""

    min, max, bits, dtype = -(1 << 63), (1 << 63) - 1, 64, "int64"

    def __init__(self, type: Any = int64) -> None:
        if type is not int64:
            raise TypeError(f"iinfo() requires a type of whole numbers, got {type!r}")


def set_default_device(device: Any) -> None:
    """Accepted for the processor."""
    demand_cpu(device)


def get_num_threads() -> Any:
    """1"""
    return 1


def set_num_threads(num: Any) -> None:
    """Accepted, without effect: there is one thread."""


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted, without effect: every result is the same in every run."""
