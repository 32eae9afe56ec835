"""The block in value.py that tells editors the methods of a Value is what the table gives.

python -m tests.test_methods writes it anew, after a row was added to the table.
"""

import inspect
import re
from pathlib import Path

import microgd
from microgd import ops, value
from microgd.ops import TABLE

FILE = Path(value.__file__)
BLOCK = re.compile(r"(?<=# the methods of the table\n).*?(?=\n *arcsin)", re.DOTALL)


def block():
    return "".join(
        f"        def {name}(self{operands(row)}) -> Value: ...\n"
        for name, row in sorted(TABLE.items())
        if ours(row)
    )


def ours(row):
    return row.value.__module__ == ops.__name__


def operands(row):
    if type(row.partials) is not tuple:
        return ", *others: Operand"
    named = list(inspect.signature(row.value).parameters.values())[1:]
    shown = [f"{p.name}: Operand" + (" = ..." if p.default is not p.empty else "") for p in named]
    return "".join(f", {operand}" for operand in shown)


def test_the_methods_editors_know_are_those_of_the_table():
    assert BLOCK.findall(FILE.read_text()) == [block()]


def test_every_method_has_its_name_and_its_text():
    for name, row in TABLE.items():
        if ours(row):
            method = getattr(microgd.Value, name)
            assert (method.__name__, method.__doc__) == (name, row.value.__doc__)


if __name__ == "__main__":
    FILE.write_text(BLOCK.sub(block(), FILE.read_text()))
