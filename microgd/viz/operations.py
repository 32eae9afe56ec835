"""A graph as micrograd draws it: a box for each value, an oval for each operation, and nothing folded.

It makes a `graphviz.Digraph` without places: Graphviz finds them. `drawing` makes pictures that say more.
This one is for code that goes on with a Digraph.

It uses `autograd.shown_record`, `render` and `words`.
"""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

from ..autograd import shown_record
from .render import render
from .words import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..value import Value

MOST_VALUES = 1500
"""A larger graph takes Graphviz minutes, and nobody can read the picture."""

_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\{}|<>"})


def digraph(root: Value, format: str, rankdir: str, sign: Callable[[Any], str]) -> Any:
    """The Digraph. `sign` says what the operation of a value is called, "" for a leaf."""
    dot = _digraph_class()(format=format, graph_attr={"rankdir": rankdir})
    names = {id(root): "v0"}
    stack = [root]
    constants = 0
    while stack:
        node = stack.pop()
        name = names[id(node)]
        grad = "" if node.grad is None else f" | grad {node.grad:.4f}"
        _box(dot, name, node.label, f"data {node.data:.4f}{grad}")
        if not sign(node):
            continue
        dot.node(f"{name}op", label=clean(sign(node)))
        dot.edge(f"{name}op", name)
        for slot, x in enumerate(shown_record(node)[0]):
            if isinstance(x, float):
                if slot == 1 and node.op == "pow":  # the sign says the exponent
                    continue
                below = f"c{constants}"
                constants += 1
                _box(dot, below, "", f"{x:.4f}")
            else:
                if id(x) not in names:
                    names[id(x)] = f"v{len(names)}"
                    stack.append(x)
                below = names[id(x)]
            dot.edge(below, f"{name}op")
        if len(names) > MOST_VALUES:
            raise ValueError(f"the graph has more than {MOST_VALUES} values: microgd.draw folds such a graph")
    return dot


def _box(dot: Any, name: str, label: str, numbers: str) -> None:
    said = f"{clean(label).translate(_ESCAPED)} | " if label else ""
    dot.node(name, label=f"{{ {said}{numbers} }}", shape="record")


def _digraph_class() -> Any:
    """`graphviz.Digraph`, rendered with the program that `render` finds."""
    import graphviz

    class Digraph(graphviz.Digraph):  # type: ignore[misc]  # it has no types
        def pipe(self, format: str | None = None, *, encoding: str | None = None, **options: Any) -> Any:
            """The picture as bytes, or with an encoding as text."""
            picture = render(self.source, format or self.format, f"-K{self.engine}")
            return picture.decode(encoding) if encoding else picture

        def render(
            self,
            filename: Any = None,
            directory: Any = None,
            view: bool = False,
            cleanup: bool = False,
            format: str | None = None,
            **options: Any,
        ) -> str:
            """Save the DOT, unless `cleanup`, and the picture beside it; return the picture's path."""
            kind = format or self.format
            source = pathlib.Path(self.save(filename, directory=directory))
            path = source.with_name(f"{source.name}.{kind}")
            path.write_bytes(self.pipe(kind))
            if cleanup:
                source.unlink()
            if view:
                graphviz.view(str(path))
            return str(path)

    return Digraph
