"""A picture and a film in words, for golden files: everything a reader sees, and no position.

Boxes come in the order of the description, each with what it says. Below each box that has operands stands
where its edges come from, port by port; the number after an operand is what flows back along the edge.
"""

from collections import Counter

from microgd.viz.model import Box, Card
from microgd.viz.words import number


def picture(drawn):
    """A `Picture`, line by line."""
    called = names(drawn)
    lines = [f"level {drawn.level}: {len(drawn.boxes)} boxes, {len(drawn.edges)} edges"]
    titles = {"": ""}
    for group in drawn.groups:
        titles[group.id] = f"{titles[group.parent]} > {group.title}".removeprefix(" > ")
        lines.append(f"frame [{titles[group.id]}]{'' if group.module else ' (no module)'}")
    lines.append("")
    for box in drawn.boxes:
        inside = f" in [{titles[box.group]}]" if box.group else ""
        loss = ", THE LOSS" if box.is_loss else ""
        lines += [f"{called[box.id]}: {_head(box)}{loss}{inside}", *("  " + row for row in _rows(box))]
        ports = {}
        for edge in drawn.edges:
            if edge.head == box.id:
                ports.setdefault(edge.port, []).append(called[edge.tail] + _flow(edge))
        partials = dict(enumerate(box.ports)) if isinstance(box, Box) else {}
        for port, tails in ports.items():
            partial = partials.get(int(port[1:])) if port and partials else None
            at = f" at {port}" * bool(port) + f", partial {partial}" * (partial is not None)
            lines.append(f"  {', '.join(tails)} -> {called[box.id]}{at}")
    lines.append("")
    for what, largest in [("dL/dw", drawn.heaviest), ("grad", drawn.largest)]:
        if largest:
            lines.append(f"scale of {what}: to {number(largest)}")
    lines += [f"caption: {line}" for line in drawn.captions]
    lines += [f"warning: {line}" for line in drawn.warnings]
    return "\n".join(lines)


def names(drawn):
    """A name for each box, by its id: what it is called, and if several are called so, where, or a number."""
    titles = {group.id: group.title for group in drawn.groups}
    called = {box.id: _name(box) or "?" for box in drawn.boxes}
    many = Counter(called.values())
    for box in drawn.boxes:
        if many[called[box.id]] > 1 and isinstance(box, Card) and box.group:
            called[box.id] += f" of {titles[box.group]}"
    many, seen = Counter(called.values()), Counter()
    for name, said in called.items():
        if many[said] > 1:
            seen[said] += 1
            called[name] = f"{said}#{seen[said]}"
    return called


def _name(box):
    return (box.name or box.glyph or box.data) if isinstance(box, Box) else box.title


def _head(box):
    if isinstance(box, Box):
        said = [box.kind + f" {box.glyph}" * bool(box.glyph), f"data {box.data}"]
        said += [f"grad {box.grad}"] if box.grad is not None else []
        return ", ".join(said) + " (red)" * bool(box.data_tone)
    if isinstance(box, Card):
        return f"card | {' | '.join(box.heads)}{' | grad' if box.differentiated else ''}"
    return f"{'matrix' if hasattr(box, 'fields') else 'heat map'}, {box.note}"


def _rows(box):
    if isinstance(box, Box):
        return []
    if isinstance(box, Card):
        return [
            " | ".join([row.name, *row.numbers, *_grad(row.tone)])
            + (f"   <{row.port}>" if row.port else "")
            + " (result)" * row.strong
            for row in box.rows
        ]
    if hasattr(box, "fields"):
        return [line for field in box.fields for line in _attention(field)]
    return [_heat(row) for row in box.rows]


def _grad(tone):
    return [] if tone is None else [number(tone.value)]


def _heat(row):
    """A row of a heat map: the sign and the strength of each cell, from 0 to 9."""
    weights = "".join(map(_cell, getattr(row, "weights", [])))
    text = f"{row.name} {weights}" + (f" b{_cell(row.bias)}" if getattr(row, "bias", None) else "")
    if len(getattr(row, "outputs", [])) == 1:
        text += f" out {number(row.outputs[0])}"
    return f"{text} dL/dout {''.join(map(_cell, getattr(row, 'grads', [])))}"


def _attention(field):
    """The weights of each query, and the sign and the strength of their gradients."""
    for t, (weights, grads) in enumerate(zip(field.weights, field.grads, strict=True)):
        said = " ".join("." if weight is None else f"{weight:.2f}" for weight in weights)
        yield f"query {t}: {said} dL/d weight {''.join(map(_cell, grads))}"


def _cell(tone):
    if tone is None:
        return " ."
    if tone.broken:
        return "??"
    return ("-" if tone.value < 0 else "+" if tone.value else " ") + str(min(9, int(10 * tone.strength)))


def _flow(edge):
    if edge.broad:
        return " (broad)"
    return f" ({number(edge.tone.value)})" if edge.tone else ""


def film(story):
    """The boxes of a `Film` in their order, and the boxes that its frames are about, forward and backward."""
    lines = [f"film: {len(story.actors)} boxes, {len(story.ways)} edges, {len(story.frames)} frames"]
    for backward, word in [(False, "forward"), (True, "backward")]:
        at = [frame.box for frame in story.frames if frame.backward is backward and frame.box >= 0]
        lines.append(f"{word}: {', '.join(_who(story.actors[box]) for box in at)}")
    return "\n".join(lines)


def _who(actor):
    return f"{actor.name} {actor.sign}".strip()
