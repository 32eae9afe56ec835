"""Write docs/parity.md: python -m tests.parity"""

import importlib
import textwrap
from pathlib import Path

import microgd
from microgd.absent import ABSENT, NOT_ASKED
from tests.field import runs
from tests.field.test_field import NOT_YET
from tests.parity import nn_rows, optim_rows
from tests.parity.common import COMMON
from tests.parity.registry import Row, Section, look_up, missing, parameters, reason, variadic

SECTIONS = [*nn_rows.SECTIONS, *optim_rows.SECTIONS]
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"

HEAD = """\
# microgd beside PyTorch 2.13

Written by `python -m tests.parity` from the cases of the parity tests: a name has a row because it has
cases, and an option stands in the second column because a case drives it through both libraries, in
float64, and a test compares what comes out. Values, gradients and second gradients of layers and losses
agree to 1e-12 of the largest number, as do 50 steps of every optimizer and scheduler. Names, argument
order, defaults, `state_dict` keys and `repr`s are PyTorch's.

What differs everywhere:

- **Every number is a Value.** A parameter is a Tensor of them (of no dimension: a Value), so that each
  number has its own name, gradient and place in the graph; a `state_dict` holds nested
  lists of floats, and moves both ways (`nn.utils.copy_weights`).
- **Shapes of a loss must be equal.** Tensors are broadcast by PyTorch's rule; but where a loss would
  broadcast its arguments or warn, there is an error that names both shapes.
- **What has no meaning is an error**: empty layers, empty batches, probabilities outside of [0, 1]. An
  error is never an `AssertionError`, and leaves everything as it was.
- **Numbers are float64**, on the processor. `dtype`, `device`, `.to()` and their relatives are taken, and
  change at most between float64, int64 and bool.
- **Weights are saved as JSON** (`microgd.save`, `microgd.load`), never as pickles.
"""

SCRIPTS = """\
## Scripts

Written for this page, as people write them, and run with only their import lines changed. A script runs
if each number that it prints is the one that it prints with its own library in float64: to 4 digits for
PyTorch's (`python -m tests.field` says what stops the others).

| set | scripts | run |
|---|---|---|
"""

STRANGERS = """
Others wrote scripts too, who knew PyTorch's documentation and nothing of microgd. Of seven such sets ran, the
first time that they were tried: 6 of 18, then 10, 11, 11, 7, 10 and 12 of 15. After each set most of what
had stopped its scripts was repaired; of all 108 scripts 102 run. No test repeats these figures. What stops
the other six:

- A second `backward()` is no error here, and a `Value` is printed with all its digits and its gradient (three
  scripts that show what PyTorch prints).
- A result that requires grad is no plain number before `backward()`: `"%.3f" % x` is a TypeError.
- Eigenvalues are left out.
- Rounding decides: gradients that cancel to 1e-17, which Adam makes as large as all others.
"""

NAMES = """\
## Names of `torch`

Of {count} names that introductions and small scripts use, these are here. Operations have their own
tests, made from the table of operations; creation, random numbers and devices have
`tests/test_creation.py`, data `tests/test_data.py`, `autograd.functional`, `vmap` and `grad_fn`
`tests/test_functional_derivatives.py`.

{here}

What differs:

- **Creation**: `dtype`, `device`, `requires_grad` and `generator` are taken; `out`, `layout`,
  `pin_memory` and `memory_format` are left out. `empty` is filled with 0. `from_numpy` copies. A shape of
  no dimension gives a Value.
- **Number types**: all floats are float64, also those of `float` and `float32`; `int`, `long`, `short`,
  `int8`, `int16`, `int32` and `uint8` are names of int64. `half` and the others are left out.
- **Random numbers**: after the same `manual_seed`, `rand`, `randint`, `randperm`, `random_split` and the
  order of a `DataLoader` are PyTorch's, bit for bit, and `randn` and `normal` to 1e-6, in float64 to 1e-14.
  They are the draws for float32, PyTorch's default, or for float64, if `dtype` or `set_default_dtype` ask
  for it; `rand_like`, `randn_like`, `uniform_` and `normal_` follow the default. `bernoulli`,
  `multinomial` and dropout are those of PyTorch's own generator, too. On Intel's processors PyTorch draws
  these three with MKL, and others.
- **Devices**: `device("cpu")` is the only one, and `cuda.is_available()` is False.
- **`utils.data`**: `Dataset`, `TensorDataset`, `Subset`, `random_split`, `DataLoader`, `RandomSampler`,
  `SequentialSampler`, `default_collate`. `num_workers` and `pin_memory` are taken, without effect. What
  does not fit is a `ValueError`.
- **`autograd.functional`**: `jacobian`, `hessian`, `vjp`, `jvp`, `hvp`, `vhp`, without `strict`,
  `vectorize` and `strategy`.
- **`grad_fn`** reads what a Value recorded: `name()`, `next_functions`, and `variable` at a leaf. Of a
  Tensor it is that of its first element that is a result.
- **An element that no loss reached has no gradient.** So an optimizer leaves the rows of an embedding
  alone that were not used. In PyTorch their gradient is 0, and momentum and weight decay move them.
"""

LEFT_OUT = """\
## Left out on purpose

Each of these names, where it stands in PyTorch, is an `AttributeError` that says why.

| what | why |
|---|---|
"""

ELSEWHERE = """\
| `torch.compile` as it is | `microgd.compile` is another thing: it takes a function of one sample \
(`in_dims`, as in `vmap`), and what it cannot compile is an error |
"""


def names_here() -> list[str]:
    """The common names that microgd has."""
    return [name for name in COMMON if hasattr(microgd, name)]


def left_out() -> str:
    """The table of what is left out, from that of `microgd.absent`."""
    rows = []
    for why, by_module in ABSENT:
        written = [
            f"`{module}.{name}`".replace("`.", "`")
            for module, names in by_module.items()
            for name in names.split()
            if not (why == NOT_ASKED and has(module, name))
        ]
        rows.append(f"| {', '.join(written)} | {why} |\n")
    return LEFT_OUT + "".join(rows) + ELSEWHERE


def has(module: str, name: str) -> bool:
    """Whether microgd.<module> has it."""
    return hasattr(importlib.import_module(f"microgd.{module}".rstrip(".")), name)


def scripts() -> str:
    """How many scripts run: all but those that are listed with what stops them, which tests hold true."""
    rows = []
    for s in runs.SETS:
        stopped = [name for name in NOT_YET if name.startswith(f"{s.folder}/")]
        rows.append(f"| {s.name} | {len(s.scripts)} | {len(s.scripts) - len(stopped)} |\n")
    return SCRIPTS + "".join(rows) + STRANGERS


def page() -> str:
    parts = [HEAD]
    for section in SECTIONS:
        parts.append(f"## {section.title}: `{section.path}`\n\nHeld beside PyTorch by `{section.tested}`.\n")
        lines = ["| name | options | left out | what differs |", "|---|---|---|---|"]
        parts.append("\n".join([*lines, *(line(section, row) for row in section.rows)]) + "\n")
        if section.own:
            parts.append(
                "microgd's own:\n\n" + "".join(f"- `{own.name}`: {own.what}\n" for own in section.own)
            )
    here = textwrap.fill(", ".join(code([name]) for name in names_here()), 110, break_on_hyphens=False)
    names = NAMES.format(count=len(COMMON), here=here)
    return "\n".join([parts[0], scripts(), *parts[1:], names, left_out()])


def line(section: Section, row: Row) -> str:
    ours = parameters(look_up("microgd", section.path, row.name))
    held = [name for name in ours if name in row.driven and not variadic(ours[name])]
    reasons: dict[str, list[str]] = {}
    for name in missing(section, row):
        reasons.setdefault(reason(name), []).append(name)
    left_out = "; ".join(f"{code(names)}: {why}" for why, names in reasons.items())
    return f"| `{row.name}` | {code(held)} | {left_out} | {row.differs} |"


def code(names) -> str:
    return ", ".join(f"`{name}`" for name in names)


def write() -> None:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
