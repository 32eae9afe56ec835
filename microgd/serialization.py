"""save and load: state_dicts in a file, as JSON.

A file of weights is data and nothing else: reading one never runs code, and any language reads it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import IO, Any


def save(obj: Any, f: str | PathLike[str] | IO[str]) -> None:
    """Write a state_dict, or any nested dicts and sequences of numbers, texts, bools and None.

    f  a path, or a file open for text. A path is replaced at the end, all at once

    Values, Tensors and NumPy arrays are written as their numbers; floats come back to the last bit
    (inf and nan as Infinity and NaN, which is more than strict JSON), tuples as lists. The keys of a
    dict are texts or whole numbers. TypeError, and no file touched, for anything else.
    """
    import json
    import os

    text = json.dumps(_plain(obj))
    if hasattr(f, "write"):
        f.write(text)
        return
    path = os.fspath(f)
    with open(path + ".part", "w", encoding="utf-8") as part:
        part.write(text)
    os.replace(path + ".part", path)


def load(f: str | PathLike[str] | IO[str]) -> Any:
    """What `save` wrote. ValueError if the file holds no JSON."""
    import json

    if hasattr(f, "read"):
        return json.loads(f.read(), object_hook=_keyed)
    with open(f, encoding="utf-8") as file:
        return json.load(file, object_hook=_keyed)


def _plain(x: Any) -> Any:
    """x in the types that JSON knows."""
    if isinstance(x, dict):
        for key in x:
            if isinstance(key, bool) or not isinstance(key, (str, int)) or _is_number(key):
                raise TypeError(f"a key is a text or a whole number, got {key!r}")
        return {str(key): _plain(item) for key, item in x.items()}
    if x is None or isinstance(x, (str, bool, int, float)):
        return x
    if hasattr(x, "tolist"):  # a Tensor, NumPy's arrays and scalars
        return _plain(x.tolist())
    if isinstance(x, (list, tuple)):
        return [_plain(item) for item in x]
    if hasattr(x, "backward"):  # a Value
        return x.item()
    raise TypeError(f"cannot save {type(x).__name__} {x!r}: give a state_dict, or numbers")


def _is_number(key: Any) -> bool:
    """Whether a text would come back as a whole number."""
    return isinstance(key, str) and key.removeprefix("-").isdecimal()


def _keyed(x: dict[str, Any]) -> dict[Any, Any]:
    """JSON's keys are texts: those that were whole numbers are so again."""
    return {int(key) if _is_number(key) else key: item for key, item in x.items()}
