"""Time steps: what a recurrent network computes again and again with the same weights.

    h_t = tanh(W x_t + U h_(t-1) + b)

A parameter counts the steps if each of its uses is made from the one before. An operation is in step 3 if
such a parameter was used three times on the way to it. What is computed before that, as W x_t, is in the
step that uses it. `in_steps` puts the operations of each step into a frame; shared weights stay outside.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from .graph import INPUT, OP, PARAMETER, TIME, Graph, common, settle

if TYPE_CHECKING:
    from .graph import Step

FEWEST_TIMES = 3
"""What comes twice is two layers, and no loop yet."""

FEWEST_OPERATIONS = 3
"""Shorter steps, as those of x * x * x * x, need no frame."""

MOST_COUNTERS = 20
"""So many parameters are tried as the one that counts."""


def in_steps(graph: Graph) -> Graph:
    """The same graph, with a frame around each time step; the graph itself if there are none.

    The operations are in the order of time.
    """
    count, times = _times(graph)
    if not times:
        return graph
    outside = common([step.path for step in times])
    titles = dict(graph.titles)
    moved: dict[Step, Step] = {}
    for step in _in_order(graph, count):
        path = step.path
        if step in times:
            mark = f"{TIME}{times[step]}"
            frame = f"{''.join(outside[-1:])}{mark}"
            titles[frame] = f"step {times[step]}"
            inner = step.path[len(outside) :]
            titles |= {f"{scope}{mark}": graph.title((scope,)) for scope in inner}
            path = (*outside, frame, *(f"{scope}{mark}" for scope in inner))
        operands = [moved[x] for x in step.operands]
        moved[step] = replace(step, number=len(moved), operands=operands, path=path)
    _name_states([(moved[step], time) for step, time in sorted(times.items(), key=lambda p: p[0].number)])
    result = Graph(list(moved.values()), titles, graph.notes)
    settle(result)
    return result


def _times(graph: Graph) -> tuple[list[int], dict[Step, int]]:
    """How often the weights were used on the way to each step; and the time step of all that are in one."""
    for counters in _counters(graph):
        count = [0] * len(graph.steps)
        for step in graph.steps:
            before = max((count[x.number] for x in step.operands), default=0)
            count[step.number] = before + (not counters.isdisjoint(step.operands))
        if max(count) >= FEWEST_TIMES and (times := _repeated(graph, count)):
            return count, times
    return [], {}


def _in_order(graph: Graph, count: list[int]) -> list[Step]:
    """All steps in the order of time, operands first. What is computed before is as early as it is used."""
    time = list(count)
    for step in reversed(graph.steps):
        if not time[step.number]:
            time[step.number] = min((time[u.number] for u in graph.consumers[step.number]), default=0)
    return sorted(graph.steps, key=lambda step: (time[step.number], step.number))


def _counters(graph: Graph) -> list[set[Step]]:
    """Parameters whose uses may follow each other: those used most often first, then those used first.

    All weights of a layer are used at the same depths, so they count together.
    """
    depth = [0] * len(graph.steps)
    for step in graph.steps:
        depth[step.number] = max((depth[x.number] + 1 for x in step.operands), default=0)
    found: dict[tuple[int, ...], set[Step]] = {}
    for step in graph.steps:
        if step.kind == PARAMETER:
            depths = sorted({depth[user.number] for user in graph.consumers[step.number]})
            found.setdefault(tuple(depths), set()).add(step)
    order = sorted(found, key=lambda depths: (-len(depths), depths))
    return [
        set().union(*(found[some] for some in found if len(some) > 1 and all_of.issuperset(some)))
        for all_of in map(set, order[:MOST_COUNTERS])
        if len(all_of) >= FEWEST_TIMES
    ]


def _repeated(graph: Graph, count: list[int]) -> dict[Step, int]:
    """The operations of each step; {} if the steps are too short, or not all the same.

    The first and the last step may differ from the others. What comes in fewer than half of the steps, such
    as the loss after the last one, is in none; nor is what is made of it.
    """
    last = max(count)
    times = _first_uses(graph, count)
    seen: dict[tuple[object, ...], set[int]] = {}
    for step, time in times.items():
        seen.setdefault(_kind(step), set()).add(time)
    rare = {step for step in times if 2 * len(seen[_kind(step)]) < last}
    for step in graph.steps:
        if step in times and count[step.number]:
            late = (x for x in step.operands if times.get(x) == times[step] and count[x.number])
            if not rare.isdisjoint(late):
                rare.add(step)
    for step in reversed(graph.steps):
        if step in times and not count[step.number] and not rare.isdisjoint(graph.consumers[step.number]):
            rare.add(step)
    times = {step: time for step, time in times.items() if step not in rare}
    kinds = [Counter(_kind(step) for step, time in times.items() if time == at) for at in range(1, last + 1)]
    if min(map(Counter.total, kinds)) < FEWEST_OPERATIONS or any(k != kinds[1] for k in kinds[1:-1]):
        return {}
    return times


def _first_uses(graph: Graph, count: list[int]) -> dict[Step, int]:
    """The step of each operation. What is computed before all steps, and used in several, is in none."""
    times: dict[Step, int] = {}
    for step in reversed(graph.steps):
        if step.kind != OP:
            continue
        if count[step.number]:
            times[step] = count[step.number]
        else:
            uses = {times.get(user, 0) for user in graph.consumers[step.number]}
            if len(uses) == 1 and (time := uses.pop()):
                times[step] = time
    return times


def _kind(step: Step) -> tuple[object, ...]:
    """What two operations of different time steps have in common."""
    shared = tuple(x.number for x in step.operands if x.kind == PARAMETER)
    return step.op, step.path, len(step.operands), shared


# --- names -------------------------------------------------------------------------------------------


def _name_states(steps: list[tuple[Step, int]]) -> None:
    """Name what each time step gives to the next one h, or h[0], h[1] ..., if all of it is made alike.

    A name that the program gave stays.
    """
    time = dict(steps)
    lines: dict[int, list[Step]] = {}
    for step, at in steps:
        lines.setdefault(at, []).append(step)
    made = {x for step, at in steps for x in step.operands if time.get(x, at) < at}
    places = {at: [i for i, step in enumerate(line) if step in made] for at, line in lines.items()}
    middle = places[2]
    if len({lines[2][i].op for i in middle}) != 1 or any(places[at] != middle for at in range(2, len(lines))):
        return
    names = ["h"] if len(middle) == 1 else [f"h[{k}]" for k in range(len(middle))]
    for line in lines.values():
        if len(line) == len(lines[2]):
            for i, name in zip(middle, names, strict=True):
                line[i].name = line[i].name or name
    for first, second in zip(lines[1], lines[2], strict=False):
        for x, y in zip(first.operands, second.operands, strict=False):
            if x.kind == INPUT and y in made and re.fullmatch(r"x\d*", x.name):
                x.name = y.name  # what the first step takes in place of a state
