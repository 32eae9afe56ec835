"""Write docs/parity.md: python -m tests.parity"""

from pathlib import Path

from tests.parity import nn_rows, optim_rows
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
| L-BFGS and other optimizers of whole vectors | `scipy.optimize.minimize(f.value_and_grad, x, jac=True)` \
does that better, with a function `f` of `microgd.compile` |
| `torch.compile` | `microgd.compile` is another thing: it takes a function of one sample (`in_dims`, as in \
`vmap`), and what it cannot compile is an error |
| buffers, hooks, parametrizations, `to`, `cuda`, `half` | there is one kind of number, in one place |
| sparse gradients, AMP, distributed training, TorchScript | the same |
| losses with samplers or metrics of their own (CTC, triplet, cosine, Gaussian NLL, Poisson NLL) | each is a \
line of arithmetic on Values |
"""


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
    return "\n".join([*parts, LEFT_OUT])


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
