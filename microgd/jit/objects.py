"""Machine code on disk: what has been compiled once is loaded by the next process.

An entry is a file in a folder that belongs to the user alone: what is in it will run. Its name is a hash of
everything the code depends on. It begins with a checksum, so that a damaged or truncated entry is compiled
anew. A folder that cannot be written is no error: the code is then compiled in every process.

The folder is $MICROGD_CACHE, or else microgd in $XDG_CACHE_HOME or in ~/.cache.

This module uses nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import stat
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Entry = tuple[dict[str, Any], bytes]

_BEGIN = b"microgd object code 1\n"
_CHECKSUM = hashlib.sha256().digest_size
_LENGTH = 8  # bytes of the number that says how long the facts are

MOST = 2000
"""So many entries are kept. When there are more, the oldest go."""

_warned: set[str] = set()


def folder() -> str:
    """Where the entries are."""
    own = os.environ.get("MICROGD_CACHE")
    if not own:
        own = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "microgd")
    return os.path.join(own, "objects")


def key(*parts: Any) -> str:
    """A name for what depends on these parts: numbers, texts, and lists and tuples of them."""
    return hashlib.sha256(marshal.dumps(parts, 2)).hexdigest()  # version 2: equal parts give equal bytes


def load(name: str) -> Entry | None:
    """The facts and the code that were saved under this name. None if it is damaged, or none."""
    try:
        file = os.open(os.path.join(folder(), name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    try:
        with open(file, "rb") as entry:
            if not _is_own(os.fstat(entry.fileno())):
                return None
            content = entry.read()
    except OSError:
        return None
    return _opened(content)


def save(name: str, facts: dict[str, Any], code: bytes) -> None:
    """Keep the code, and facts that json can write. A warning, once, if the folder cannot be written."""
    where = folder()
    partial = os.path.join(where, f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        _make(where)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(file, "wb") as entry:
                entry.write(_closed(facts, code))
            os.replace(partial, os.path.join(where, name))  # readers see all of it or nothing
        except BaseException:
            os.unlink(partial)
            raise
        _prune(where)
    except OSError as error:
        if where not in _warned:
            _warned.add(where)
            warnings.warn(
                f"machine code cannot be kept in {where} ({error.strerror or error}), so each process"
                " compiles it anew: set MICROGD_CACHE to a folder that can be written",
                RuntimeWarning,
                stacklevel=2,
            )


def _closed(facts: dict[str, Any], code: bytes) -> bytes:
    text = json.dumps(facts).encode()
    rest = len(text).to_bytes(_LENGTH, "little") + text + code
    return _BEGIN + hashlib.sha256(rest).digest() + rest


def _opened(content: bytes) -> Entry | None:
    at = len(_BEGIN) + _CHECKSUM
    rest = content[at:]
    if not content.startswith(_BEGIN) or hashlib.sha256(rest).digest() != content[len(_BEGIN) : at]:
        return None
    end = _LENGTH + int.from_bytes(rest[:_LENGTH], "little")
    return json.loads(rest[_LENGTH:end]), rest[end:]


def _is_own(status: os.stat_result) -> bool:
    """Whether only this user can have written it."""
    if not hasattr(os, "getuid"):  # Windows: a folder in the user's profile is closed to others
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _make(where: str) -> None:
    """Make the folder, if there is none, for this user alone."""
    os.makedirs(os.path.dirname(where), mode=0o700, exist_ok=True)
    try:
        os.mkdir(where, 0o700)
    except FileExistsError:
        status = os.lstat(where)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(0, "it is no folder") from None
        if hasattr(os, "getuid"):
            if status.st_uid != os.getuid():
                raise PermissionError(0, "it belongs to another user") from None
            if status.st_mode & 0o077:
                os.chmod(where, 0o700)


def _prune(where: str) -> None:
    """Remove the oldest entries, if there are too many."""
    names = os.listdir(where)
    if len(names) > MOST:
        paths = [os.path.join(where, name) for name in names]
        try:
            for path in sorted(paths, key=os.path.getmtime)[: len(names) - MOST]:
                os.unlink(path)
        except FileNotFoundError:  # another process removes them, too
            pass
