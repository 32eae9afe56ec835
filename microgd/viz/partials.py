"""Where a partial comes from: one short line for an operand of a step, as the film says it.

    0.9817 = 1 − t22² = 1 − 0.1352²
    3 is the other factor, x1

The formulas are not written here. They are the table's own rules, printed by `jit.formulas`, so that a
primitive of a user has them too. Products, sums and the other reductions have words instead. This module
uses `table`, `jit.formulas` and `words`.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..table import TABLE, same
from .digits import enough, enough_digits
from .graph import CONSTANT
from .marks import in_brackets, ties
from .words import glyph, number, small_power

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..table import Primitive
    from .graph import Step

LONGEST = 72
"""A longer formula, in characters, is not shown: of such a step only its operands are named."""

MOST_DIGITS = 12
"""If a formula needs more digits of its numbers, rounding decides its result: it is shown without numbers."""

MOST_OPERANDS = 12
"""Of a reduction without words of its own and with more operands, no formula is printed."""

CHOICE = " where "
"""What every formula of several cases has in it."""


def reason(step: Step, slot: int, names: Sequence[str], name: str) -> str:
    """Where the partial of a step with respect to an operand comes from; "" if nothing is known.

    names  of the operands, in order
    name   of the step itself
    """
    row, partial = TABLE.get(step.op), step.partials[slot]
    if row is None or partial is None or not holds(row, step):
        return ""
    value = number(partial)
    words = _in_words(step, slot, partial, names)
    if words:
        return f"{value} {words}"
    if step.exponent is not None:
        return f"{value} = " + _power(step, names[0])
    formula, compute = _formula(row, slot, len(step.operands))
    known = {**dict(zip(_operands(row, len(names)), names, strict=True)), "out": name}
    said = _with(formula, {key: _one_word(text) for key, text in known.items()})
    if not formula or len(said) > LONGEST:
        return f"{value} is the partial of {step.op} at {_at(step, names)}"
    if CHOICE in formula:
        here = ", ".join(
            dict.fromkeys(
                f"{text} = {number(x.data)}"
                for key, x, text in zip(known, step.operands, names, strict=False)
                if _with(formula, {key: ""}) != formula and text != number(x.data)
            )
        )
        return f"{value}: {said}" + (f"; here {here}" if here else "")
    if formula == "out":
        return f"{value} = {said}, the result itself"
    if formula in known:
        return f"{value} = {said}"
    given = [*(x.data for x in step.operands), step.data]
    digits = enough_digits(given, partial, compute)
    if digits is None or digits > MOST_DIGITS:  # 1 − tanh² near 1: hardly a digit of the numbers is left
        return f"{value} = {said}"
    numbers = {
        key: in_brackets(number(x, digits), anywhere=True) for key, x in zip(known, given, strict=True)
    }
    counted = re.sub(r"\(\((-[^()]*)\) ", r"(\1 ", _with(formula, numbers))  # exp((-2) − 1)
    if counted in (said, value):
        return f"{value} = {said}" if said != value else ""
    return f"{value} = {said} = {counted}"


def _in_words(step: Step, slot: int, partial: float, names: Sequence[str]) -> str:
    """What is shorter in words than as a formula."""
    op, count = step.op, len(step.operands)
    if op in ("mul", "prod"):
        others = [x for i, x in enumerate(names) if i != slot]
        if len(others) == 1:
            return _the_other(step, 1 - slot, names)
        return "is the product of the others" + (f", {' × '.join(others)}" if len(others) < 4 else "")
    if op == "dot":
        n = count // 2
        if slot >= 2 * n:
            return "because it is added"
        return _the_other(step, (slot + n) % (2 * n), names)
    if op in ("add", "sum") or (op == "sub" and slot == 0):
        return "because it is added"
    if op == "sub":
        return "because it is subtracted"
    if op == "neg":
        return "because the sign changes"
    if op == "mean":
        return f"= 1 / {count}, of a mean of {count}"
    if op == "where" and slot > 0 and step.operands[0].kind == CONSTANT:
        return "because it is chosen" if partial else "because the other one is chosen"
    if op in ("max", "min"):
        size = "largest" if op == "max" else "smallest"
        return f"because only the {size} operand counts{ties(partial)}"
    return ""


def _the_other(step: Step, slot: int, names: Sequence[str]) -> str:
    """Of a product of two; a plain number is not named twice."""
    named = names[slot] != number(step.operands[slot].data)
    return "is the other factor" + (f", {names[slot]}" if named else "")


def _power(step: Step, operand: str) -> str:
    """2 · x = 2 · 3, for the x of x²."""
    exponent = step.exponent or 0.0
    raised = exponent - 1.0
    power = glyph("pow", raised)[1:] if small_power(raised) else ""
    said = f"{number(exponent)} · {_one_word(operand)}{power}"
    row, x, partial = TABLE["pow"], step.operands[0].data, step.partials[0] or 0.0
    (text,) = enough(
        [x],
        partial,
        lambda xs: row.partials_at([*xs, exponent], row.value(*xs, exponent), [True, False])[0] or 0.0,
    )
    counted = f"{number(exponent)} · {in_brackets(text, anywhere=True)}{power}"
    return said if counted == said else f"{said} = {counted}"


@lru_cache(maxsize=1000)
def _formula(row: Primitive, slot: int, count: int) -> tuple[str, Callable[[list[float]], float]]:
    """The table's rule as a line of mathematics, and a function that computes it of the operands and `out`.

    The line is "" if it cannot be printed, or is too long.
    """
    from ..jit.formulas import plain_partial

    nothing = "", math.fsum
    if type(row.partials) is not tuple and count > MOST_OPERANDS:
        return nothing
    try:
        formula, program, output = plain_partial(row, slot, count)
    except Exception:  # a primitive of a user may do what no printer follows
        return nothing
    return ("" if "…" in formula else formula), lambda xs: program.run(xs)[output]


def _operands(row: Primitive, count: int) -> list[str]:
    """What the formula calls the operands."""
    from ..jit.rules import names_of

    return names_of(row, count)


def holds(row: Primitive, step: Step) -> bool:
    """Whether the rule gives these partials at the numbers that are shown.

    It does not if a leaf has changed since then, or if the step is a function of a user with the same name.
    """
    wanted = [partial is not None for partial in step.partials]
    try:
        fresh = row.partials_at([float(x.data) for x in step.operands], float(step.data), wanted)
    except Exception:
        return False
    return all(
        new is None or old is None or same(new, old) or math.isclose(new, old, rel_tol=1e-9)
        for new, old in zip(fresh, step.partials, strict=True)
    )


def _with(formula: str, known: dict[str, str]) -> str:
    """A formula with other texts for its operands. A name before a bracket is that of a function."""
    names = "|".join(map(re.escape, known))
    return re.sub(rf"(?<![\w.])({names})(?![A-Za-z0-9_(])", lambda found: known[found[1]], formula)


def _one_word(name: str) -> str:
    """A name that stays one word in a formula."""
    return name if re.fullmatch(r"[\w.\[\]]+", name) else f"({name})"


def _at(step: Step, names: Sequence[str]) -> str:
    """The operands and their numbers: "x = 3, y = 4", or how many there are."""
    if len(names) > 3:
        return f"its {len(names)} operands"
    numbers = [number(x.data) for x in step.operands]
    return ", ".join(n if n == name else f"{name} = {n}" for name, n in zip(names, numbers, strict=True))
