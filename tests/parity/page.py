"""Write docs/parity.md: python -m tests.parity"""

from pathlib import Path

from tests.parity import nn_rows, optim_rows
from tests.parity.registry import ALL, Room, Row, found, missing, options, reason

ROOMS = [*nn_rows.ROOMS, *optim_rows.ROOMS]
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"

HEAD = """\
# microgd beside PyTorch 2.13

Written by `python -m tests.parity` from the registry of the parity tests. Names, argument order, defaults,
`state_dict` keys and `repr`s are PyTorch's. The options of the second column are driven through both
libraries in float64 by the tests named above each table: values, gradients and second gradients of layers
and losses agree to 1e-12 of the largest number, as do 50 steps of every optimizer and scheduler.

What differs everywhere:

- **A parameter is a scalar.** `parameters()` yields Values, in PyTorch's order; `layer.weight` is a Tensor of
  them; a `state_dict` holds nested lists of floats, and moves both ways (`nn.utils.copy_weights`).
- **Shapes must be equal.** Only numbers are broadcast (and the weights of a loss along leading dimensions):
  where PyTorch would broadcast or warn, there is an error that names both shapes.
- **What has no meaning is an error**: empty layers, empty batches, probabilities outside of [0, 1]. An error
  is never an `AssertionError`, and leaves everything as it was.
- **Numbers are float64**, and random draws PyTorch's only where they are uniform.
- **Weights are saved as JSON** (`microgd.save`, `microgd.load`), never as pickles.
"""

LEFT_OUT = """\
## Left out on purpose

| what | why |
|---|---|
| convolutions, pooling, recurrent cells, transformers and attention layers | millions of scalar nodes: they \
want an engine of arrays. One head of attention is a few lines of `Linear` and `softmax` |
| batch norm, group norm, instance norm | running statistics have no place in a scalar graph, and their \
batches would be large; `LayerNorm` and `RMSNorm` serve small models |
| L-BFGS and other optimizers of whole vectors | they work on vectors; `microgd.compile` and \
`scipy.optimize` do that better |
| buffers, hooks, parametrizations, `to`, `cuda`, `half` | there is one kind of number, in one place |
| sparse gradients, AMP, distributed training, TorchScript | the same |
| losses with samplers or metrics of their own (CTC, triplet, cosine, Gaussian NLL, Poisson NLL) | each is a \
line of arithmetic on Values |
"""


def page() -> str:
    parts = [HEAD]
    for room in ROOMS:
        parts.append(f"## {room.title}: `{room.path}`\n\nHeld beside PyTorch by `{room.tested}`.\n")
        lines = ["| name | options | left out | what differs |", "|---|---|---|---|"]
        parts.append("\n".join([*lines, *(line(room, row) for row in room.rows)]) + "\n")
    return "\n".join([*parts, LEFT_OUT])


def line(room: Room, row: Row) -> str:
    ours = options(found("microgd", room, row.name)) or {}
    driven = [name for name in ours if row.checked == ALL or name in row.checked]
    reasons: dict[str, list[str]] = {}
    for name in missing(room, row):
        reasons.setdefault(reason(name), []).append(name)
    left_out = "; ".join(f"{code(names)}: {why}" for why, names in reasons.items())
    name = f"`{row.name}` (microgd's own)" if row.own else f"`{row.name}`"
    return f"| {name} | {code(x for x in driven if x != 'self')} | {left_out} | {row.differs} |"


def code(names) -> str:
    return ", ".join(f"`{name}`" for name in names)


def write() -> None:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
