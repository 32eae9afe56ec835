"""What of PyTorch is in microgd: one Row for each name that has cases; docs/parity.md is written from them.

The cases are the registry: a test compares both libraries in each of them, and what a row says is held
is what its cases drive. To add a name, add its cases: to tests/nn/cases.py, tests/optim/cases.py or
calls.py.
"""

import importlib
import inspect
import re
from typing import Any, NamedTuple

import torch  # noqa: F401  (whose modules are looked up by name)


class Row(NamedTuple):
    """One name that both libraries have.

    name     as in torch.<section>.<name> and microgd.<section>.<name>
    driven   the options that cases drive through both libraries; taken from the cases themselves
    differs  what differs, and why
    """

    name: str
    driven: frozenset[str]
    differs: str = ""


class Own(NamedTuple):
    """A name that PyTorch does not have."""

    name: str
    what: str


class Section(NamedTuple):
    """A module of both libraries.

    path     as "nn.init"
    title    on the page
    rows     one for each name that has cases
    tested   the test that compares them
    own      names that are microgd's alone
    """

    path: str
    title: str
    rows: list[Row]
    tested: str
    own: tuple[Own, ...] = ()


def rows(driven: dict[str, frozenset[str]], differs: dict[str, str]) -> list[Row]:
    """The rows of names that have cases, with what differs."""
    assert differs.keys() <= driven.keys(), "what differs is said of names that have cases"
    return [Row(name, options, differs.get(name, "")) for name, options in driven.items()]


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
    "what a function draws is drawn anew for each sample": {"randomness"},
    "a result is always new": {"out"},
    "a matrix that is not of full rank is an error": {"atol", "rtol", "hermitian"},
    "every head of the query has its own of the key": {"enable_gqa"},
    "printing is left to the script": {"verbose"},
}
"""Why an option of PyTorch's is left out."""


def look_up(library: str, path: str, name: str) -> Any:
    """The object under this name in microgd.<path> or torch.<path>."""
    x = importlib.import_module(library)
    for part in [*path.split("."), name]:
        try:
            x = getattr(x, part)
        except AttributeError:
            x = importlib.import_module(f"{x.__name__}.{part}")
    return x


def parameters(x: Any) -> dict[str, inspect.Parameter]:
    """The parameters that a function or class takes, without self and private ones.

    Some functions of PyTorch are compiled and have no signature: theirs begins their text.
    """
    try:
        signature = inspect.signature(x)
    except ValueError:
        (written,) = re.findall(r"^[\w.]+(\((?:.|\n +)*?\)) -> ", x.__doc__ or "", re.MULTILINE)
        scope: dict[str, Any] = {}
        exec(f"def f{written}: pass", scope)
        signature = inspect.signature(scope["f"])
    return {name: p for name, p in signature.parameters.items() if name != "self" and name[0] != "_"}


def variadic(x: inspect.Parameter) -> bool:
    """Whether it stands for any number of arguments."""
    return x.kind in (x.VAR_POSITIONAL, x.VAR_KEYWORD)


def missing(section: Section, row: Row) -> list[str]:
    """The options of PyTorch's that microgd does not take."""
    ours, theirs = (parameters(look_up(side, section.path, row.name)) for side in ("microgd", "torch"))
    return [name for name, p in theirs.items() if name not in ours and not variadic(p)]


def reason(option: str) -> str:
    """Why this option of PyTorch's is left out; empty if nobody has said."""
    return next((why for why, names in REASONS.items() if option in names), "")
