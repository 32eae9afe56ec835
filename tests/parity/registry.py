"""What of PyTorch is in microgd: one Row for each name, from which docs/parity.md is written.

To add a room, write its rows (see nn_rows.py) and name them in ROOMS.
"""

import importlib
import inspect
from typing import Any, NamedTuple

import torch  # noqa: F401  (whose rooms are looked up by name)

ALL = frozenset({"*"})


class Row(NamedTuple):
    """One name that both libraries have.

    name     as in torch.<room>.<name> and microgd.<room>.<name>
    checked  the options that a test drives through both libraries; ALL for all of them
    differs  what differs, and why
    own      PyTorch has no such name: it is microgd's alone
    """

    name: str
    checked: frozenset[str] = ALL
    differs: str = ""
    own: bool = False


class Room(NamedTuple):
    path: str
    title: str
    rows: list[Row]
    tested: str  # the file of tests that compares


REASONS = {
    "deprecated by PyTorch": {"size_average", "reduce", "min_value", "max_value"},
    "there is one type of number and one place to keep it": {"device", "dtype"},
    "a choice among implementations, of which there is one": {
        *("foreach", "capturable", "fused", "differentiable", "initial_accumulator_device", "jit_scripting"),
        *("chunks", "chunk_size", "strategy"),
    },
    "the generator is that of manual_seed": {"generator"},
    "rows of an embedding are scalars: there are no sparse or shared gradients to tune": {
        *("max_norm", "norm_type", "scale_grad_by_freq", "sparse"),
    },
    "parameters are numbers: there is no tensor to keep or to put in": {"assign", "destination", "keep_vars"},
    "an output that does not depend on an input has a derivative of 0, as without it": {"strict"},
    "there is no vmap for a draw to be repeated in": {"randomness"},
    "printing is left to the script": {"verbose"},
}
"""Why an option of PyTorch's is left out."""


def found(library: str, room: Room, name: str) -> Any:
    """The object that a row is about."""
    x = importlib.import_module(library)
    for part in [*room.path.split("."), name]:
        try:
            x = getattr(x, part)
        except AttributeError:
            x = importlib.import_module(f"{x.__name__}.{part}")
    return x


def options(x: Any) -> dict[str, Any] | None:
    """Names and defaults of the options in order, without private ones; None if they cannot be read."""
    try:
        parameters = inspect.signature(x).parameters.values()
    except ValueError:
        return None
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return {p.name: p.default for p in named if not p.name.startswith("_")}


def missing(room: Room, row: Row) -> list[str]:
    """The options of PyTorch's that microgd does not take."""
    theirs = None if row.own else options(found("torch", room, row.name))
    ours = options(found("microgd", room, row.name))
    return [name for name in theirs or {} if name not in (ours or {})]


def reason(option: str) -> str:
    """Why this option of PyTorch's is left out; empty if nobody has said."""
    return next((why for why, names in REASONS.items() if option in names), "")
