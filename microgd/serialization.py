"""save and load: state_dicts in a file, as JSON.

A file of weights is data and nothing else: reading one never runs code, and any language reads it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import IO, Any


def save(obj: Any, f: str | bytes | PathLike[Any] | IO[str]) -> None:
    """Write a state_dict, or any nested dicts and sequences of numbers, texts, bools and None.

    f  a path, or a file open for text. A file at the path is replaced all at once, at the end. It keeps
       its mode. If anything fails, it stays as it was

    Values, Tensors and NumPy arrays are written as their numbers. `load` returns floats that are equal to the
    last bit, and lists in place of tuples. (inf and nan are written as Infinity and NaN, which strict JSON
    does not know.) The keys of a dict are texts or whole numbers. TypeError for anything else, and ValueError
    for what is nested too deeply or holds itself; then no file is touched.
    """
    import json

    try:
        text = json.dumps(_plain(obj))
    except RecursionError:
        raise ValueError(
            f"cannot save {type(obj).__name__}: it is nested too deeply, or holds itself"
        ) from None
    if hasattr(f, "write"):
        f.write(text)
    else:
        _replace(f, text)


def _replace(f: str | bytes | PathLike[Any], text: str) -> None:
    import os
    import stat

    path = os.fsdecode(f)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):  # a pipe, or /dev/stdout
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return
    part = f"{path}.{os.urandom(8).hex()}.part"  # a name that no other writer has
    try:
        with open(part, "x", encoding="utf-8") as file:  # "x": a new file, and never a link's
            if mode is not None:
                os.chmod(part, stat.S_IMODE(mode))
            file.write(text)
        os.replace(part, path)
    except BaseException:  # an interrupt, too
        try:
            os.unlink(part)
        except OSError:
            pass  # there is none, or it is at `path` already
        raise


def load(f: str | bytes | PathLike[Any] | IO[str], map_location: Any = None, **options: Any) -> Any:
    """What `save` wrote. ValueError if the file holds no JSON, or is nested too deeply.

    Lists of numbers have the methods of a Tensor, too: `load(path)["weight"].shape`.

    map_location, options  PyTorch's, such as `weights_only`: without effect, a file of JSON never runs code
    """
    import json

    from .tensor_lists import with_numbers

    try:
        if hasattr(f, "read"):
            return with_numbers(json.loads(f.read(), object_hook=_keyed))
        with open(f, encoding="utf-8") as file:
            return with_numbers(json.load(file, object_hook=_keyed))
    except RecursionError:
        raise ValueError("cannot load the file: it is nested too deeply") from None


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
