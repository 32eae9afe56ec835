"""Which entries of a rule's Jacobian are right ones, but at another place?

It uses `jacobian`. A transpose that is missing, an index that is off, a kernel that is not flipped: they show
so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import listed_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .findings import Finding
    from .jacobian import Entry, Jacobians


def transposed(both: Jacobians) -> Finding | None:
    """Rows and columns are exchanged, or mixed."""
    square = [(i, j) for i, j in both.entries() if j < both.probe.width]  # of many inputs, those looked at
    if not both.paired or len(both.inputs) < 2 or all(map(both.is_right, square)):
        return None

    def always(compute: Callable[[float, float], float]) -> bool:
        return all(
            both.same(k, given[i][j], compute(right[i][j], right[j][i]))
            for k, right, given in both.each()
            for i, j in square
        )

    if always(lambda right, mirrored: mirrored):
        return (
            "transposed",
            "The numbers are right, but rows and columns are exchanged: what out[j] should contribute to the"
            " gradient of x[i] is contributed by out[i] to that of x[j]. Is a transpose missing, or a sum"
            " taken"
            " in the other order?",
        )
    if always(lambda right, mirrored: 0.5 * (right + mirrored)) or always(
        lambda right, mirrored: right + mirrored
    ):
        return (
            "transposed",
            "The Jacobian of your rule is the sum of the right one and its transpose. Is a matrix taken to be"
            " symmetric which is not?",
        )
    return None


def other_outputs(both: Jacobians) -> Finding | None:
    """The upstream gradient of one output is used where that of another belongs."""
    taken: dict[int, int] = {}
    for j in both.outputs:
        columns = [
            b
            for b in both.outputs
            if b not in taken.values()
            and all(
                both.same(k, given[i][j], right[i][b]) for k, right, given in both.each() for i in both.inputs
            )
        ]
        if not columns:
            return None
        taken[j] = j if j in columns else columns[0]
    moved = [(j, b) for j, b in taken.items() if j != b]
    if not moved:
        return None
    said = listed_some(f"g[{j}] is used where g[{b}] belongs" for j, b in moved)
    which = listed_some(both.probe.names[i] for i in both.inputs)
    return "wrong_outputs", f"In the gradient of {which}, {said}. Which output is which?"


def elsewhere_in_the_jacobian(both: Jacobians) -> Finding | None:
    """Every entry is a right one, but of another input, another output, or both."""
    if len(both.outputs) < 2 or both.probe.width < 2:
        return None
    placed: list[tuple[Entry, Entry]] = []
    for place in both.entries():
        if both.is_right(place) or both.is_zero(place, both.given):
            continue
        source = _source(both, place)
        if source is None:
            return None
        placed.append((place, source))
    if not placed:
        return None
    reverse = _in_reverse(both)
    if reverse:
        return (
            "rearranged",
            f"The numbers are right, but {reverse}. Is a kernel, or an index, to be flipped?",
        )
    (i, j), (a, b) = next((each for each in placed if not both.is_zero(each[0], both.right)), placed[0])
    names = both.probe.names
    return (
        "rearranged",
        f"The partials of your rule are right ones, but at other places: for out[{j}] with respect to"
        f" {names[i]}"
        f" it has the partial of out[{b}] with respect to {names[a]}. Is a transpose missing, or are two"
        " indices"
        " exchanged?",
    )


def _source(both: Jacobians, place: Entry) -> Entry | None:
    """Where the entry at this place belongs: in its row or its column, if possible."""
    i, j = place
    rows = range(both.probe.width)
    order = [(a, j) for a in rows] + [(i, b) for b in both.outputs]
    order += [(a, b) for a in rows for b in both.outputs]
    for a, b in order:
        if all(both.same(k, given[i][j], right[a][b]) for k, right, given in both.each()):
            return a, b
    return None


def _in_reverse(both: Jacobians) -> str:
    """Whether each output's partials, or each input's, are there in reverse order."""
    rows = range(both.probe.width)

    def reversed_in(lines: Iterable[Sequence[Entry]]) -> bool:
        for line in lines:
            support = [e for e in line if not both.is_zero(e, both.right)]
            outside = [e for e in line if e not in support and e[0] in both.inputs]
            if not all(both.is_zero(e, both.given) for e in outside):
                return False
            for (i, j), (a, b) in zip(support, support[::-1], strict=True):
                if i in both.inputs and not all(
                    both.same(k, given[i][j], right[a][b]) for k, right, given in both.each()
                ):
                    return False
        return True

    if reversed_in([[(i, j) for i in rows] for j in both.outputs]):
        return "the partials of each output are in reverse order over its inputs"
    if reversed_in([[(i, j) for j in both.outputs] for i in both.inputs]):
        return "the contributions to each input are in reverse order over its outputs"
    return ""
