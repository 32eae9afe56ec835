"""A script of a user, run for a picture: which names it has, and what its leaves were at a backward pass.

It uses `autograd`, `value` and `graph`. `command` runs scripts with it.
"""

from __future__ import annotations

import ast
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

from ..autograd import modified, topological_order
from ..value import Value
from .graph import one_value

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_KEPT = 8
"""So many backward passes are remembered: the last ones."""

MAKERS = {"exec", "eval", "globals", "vars", "locals", "setattr", "__import__"}
"""A script that mentions one of these may make names that its text does not show."""


def names_in(source: str) -> tuple[list[str], set[str]] | None:
    """The names that a script gives to values and functions of its own, and all names that it could have.

    None if they cannot be known from its text, or if Python cannot read it.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    every: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in MAKERS:
                return None
            case ast.alias(name="*"):
                return None
            case ast.Name(id=name, ctx=ast.Store()):
                every.add(name)
            case ast.alias(name=name, asname=other):
                every.add(other or name.partition(".")[0])
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                every.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                every.add(name)
            case ast.MatchMapping(rest=str(name)):
                every.add(name)
    return list(dict.fromkeys(_own(tree))), every


def _own(tree: ast.Module) -> Iterator[str]:
    """The variables and the functions of a module, in the order of its text."""
    waiting: deque[ast.AST] = deque(tree.body)
    while waiting:
        node = waiting.popleft()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, (ast.ClassDef, ast.Lambda, ast.expr)) or isinstance(
            node, (ast.Tuple, ast.List)
        ):
            waiting.extendleft(reversed(list(ast.iter_child_nodes(node))))


class Remembered:
    """What the leaves of the last losses were when backward() had run.

    An optimizer's step changes them after that, and then they do not fit the graph of the loss any more.
    """

    def __init__(self) -> None:
        self.kept: deque[tuple[Value, list[tuple[Value, float, Any]]]] = deque(maxlen=MOST_KEPT)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Inside of this, every `backward()` of a Value is remembered."""
        backward = Value.backward

        def remembers(root: Value, *arguments: Any, **options: Any) -> None:
            backward(root, *arguments, **options)
            leaves = [x for x in topological_order((root,)) if isinstance(x, Value) and x.is_leaf]
            self.kept.append((root, [(x, x._data, x._grad) for x in leaves]))

        Value.backward = remembers  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            Value.backward = backward  # type: ignore[method-assign]

    def restore(self, loss: Any) -> None:
        """If leaves of a loss have changed since its backward pass, give them back what they had then."""
        try:
            loss = one_value(loss)
        except TypeError:  # a function that makes one, or no loss at all
            return
        for root, leaves in self.kept:
            if root is loss and modified(topological_order((root,))) is not None:
                for x, data, grad in leaves:
                    x._data, x._grad = data, grad
