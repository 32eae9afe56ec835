"""What an exercise's text asks for beyond the points that are drawn: more trials for a check.py.

`points` tries a rule at zeros, at borders and far out. `order` looks at the list of nodes itself. `totals`
calls backward several times, from several roots. `steps` compares an optimizer with microgd's own, step by
step, on three parameters. Each returns a failed Verdict, or None if there is nothing to say. The right
numbers come from microgd's own operations and classes: no derivative is written down here.
"""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checks import CLOSE, Answer, AnswerError, Verdict, failed
from .outcome import thing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

UPSTREAM = 0.75  # not 1: a rule that forgets it must not pass by chance


def points(
    answer: Answer, name: str, f: Callable[..., Any], places: Sequence[Sequence[float]]
) -> Verdict | None:
    """Whether the rule `name` is right at these points, too. f must take Values."""
    from .. import autograd
    from ..value import Value

    rule = answer.function(name)
    for place in places:
        inputs = [Value(x) for x in place]
        made = f(*inputs)
        outs = made if isinstance(made, list) else [made]
        gs = [UPSTREAM - k for k in range(len(outs))]
        right = [x.data for x in autograd.grad(sum(out * g for out, g in zip(outs, gs, strict=True)), inputs)]
        out, g = ([x.data for x in outs], gs) if isinstance(made, list) else (outs[0].data, gs[0])
        yours = answer.numbers(rule(*place, out, g), f"What `{name}` returns", len(place))
        scale = max(map(abs, gs))
        off = [k for k, (a, b) in enumerate(zip(yours, right, strict=True)) if not near(a, b, scale)]
        if off:
            where = f"{name}({', '.join(f'{x:g}' for x in place)}, ...)"
            which = "" if len(place) == 1 else f", for input number {off[0] + 1}"
            return failed(
                "at_a_border",
                f"Right at the points that were drawn, and wrong at others: {where} gives"
                f" {yours[off[0]]:g}{which}. What is different there?",
            )
    return None


def suspected(
    answer: Answer,
    name: str,
    f: Callable[..., Any],
    places: Sequence[Sequence[float]],
    suspects: Mapping[str, tuple[Callable[..., Any], str]],
) -> Verdict | None:
    """The first known mistake that gives what the wrong rule `name` gives, at all of these points."""
    rule = answer.get(name)
    for key, (wrong, sentence) in suspects.items():
        pairs: list[tuple[float, float]] = []
        try:
            for place in places:
                mine, theirs = (one(*place, f(*place), UPSTREAM) for one in (rule, wrong))
                count = len(place)
                pairs += zip(answer.numbers(mine, "", count), answer.numbers(theirs, "", count), strict=True)
        except Exception:  # far out it may have no value, or it is no rule at all: the verdict stands
            continue
        if all(near(a, b, abs(b)) for a, b in pairs):
            return failed(key, sentence)
    return None


def between(answer: Answer, name: str, place: Sequence[float], out: float) -> Verdict | None:
    """At a kink: whether the gradients share the upstream gradient, whichever side is taken."""
    g = UPSTREAM
    yours = answer.numbers(answer.function(name)(*place, out, g), f"What `{name}` returns", len(place))
    shared = len(place) == 1 or near(sum(yours), g, g)
    if shared and all(-CLOSE <= x <= g + CLOSE for x in yours):
        return None
    shown = ", ".join(f"{x:g}" for x in place)
    return failed(
        "at_the_kink",
        f"Right away from the kink. At {name}({shown}, ...) with the upstream gradient {g:g} it gives"
        f" {', '.join(f'{x:g}' for x in yours)}. Does each side get a part between nothing and all of it"
        + (", and together no more and no less than it?" if len(place) > 1 else "?"),
    )


def near(a: float, b: float, scale: float = 1.0) -> bool:
    """Whether two numbers agree, or differ by rounding errors of float32 at most."""
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6 * scale)


# --- engines --------------------------------------------------------------------------------------------


def graphs(node: Callable[[float], Any]) -> list[tuple[str, list[Any], Any]]:
    """Small graphs of the learner's nodes: their formula, all their nodes, and the root."""
    made = []
    a, b, c = node(2.0), node(-3.0), node(0.5)
    s = a + b
    made.append(("a + b", [a, b, s], s))
    a, b, c = node(2.0), node(-3.0), node(0.5)
    s = b + c
    out = s * b
    made.append(("(b + c) * b", [b, c, s, out], out))
    a = node(1.5)
    s = a * a
    out = s * a
    made.append(("a * a * a", [a, s, out], out))
    a, b = node(2.0), node(-3.0)
    s, t = a + b, a * b
    u = s * t
    out = u + s
    made.append(("(a + b) * (a * b) + (a + b)", [a, b, s, t, u, out], out))
    a, b = node(0.0), node(4.0)
    s = a * b
    t = s + s
    out = b + t
    made.append(("b + (a * b + a * b)", [a, b, s, t, out], out))
    a = node(3.0)
    made.append(("a", [a], a))
    return made


def order(answer: Answer, name: str, node: Callable[[float], Any]) -> Verdict | None:
    """Whether the list that `name` returns has each node once, the root first, each before its operands."""
    function = answer.function(name)
    for formula, nodes, root in graphs(node):
        found = function(root)
        if not isinstance(found, (list, tuple)):
            raise AnswerError(
                "wrong_shape", f"`{name}` should return a list of nodes, and returns {thing(found)}."
            )
        at = [next((k for k, x in enumerate(nodes) if x is y), None) for y in found]
        if None in at:
            return failed(
                "not_a_node", f"For {formula} the list has something in it that is no node. What is appended?"
            )
        if len(set(at)) < len(at):
            return failed(
                "twice",
                f"For {formula} the list has {len(found)} entries, and a node is among them more than once."
                " What remembers that a node was visited?",
            )
        if len(found) < len(nodes):
            leaves = [k for k, x in enumerate(nodes) if not len(x.operands)]
            absent = set(range(len(nodes))) - set(at)
            missing = "The leaves, which have no operands, are" if absent <= set(leaves) else "Some nodes are"
            return failed(
                "missing_nodes",
                f"For {formula} the list has {len(found)} of {len(nodes)} nodes. {missing} missing. Is every"
                " node to be in it?",
            )
        position = {id(x): k for k, x in enumerate(found)}
        if found[0] is not root or any(position[id(y)] <= position[id(x)] for x in found for y in x.operands):
            return failed(
                "wrong_order",
                f"For {formula} every node is in the list, and one stands behind an operand of its own. Which"
                " of the two may take its step first?",
            )
    return None


def totals(node: Callable[[float], Any], backward: Callable[[Any], Any]) -> Verdict | None:
    """Whether gradients add up over three calls, and over two roots that share nodes; the root's own, too."""
    from ..value import Value

    count = len(graphs(node))
    for k in range(count):
        _, first, root = graphs(node)[k]
        backward(root)
        once = [_grad(x) for x in first]
        formula, nodes, root = graphs(node)[k]
        _, ours, ours_root = graphs(Value)[k]
        ours_root.backward()
        for x, one in zip(ours, once, strict=True):
            if x.grad is not None and not near(one, x.grad, abs(x.grad)):
                return failed(
                    "gradient",
                    f"After backward from {formula} the gradient of the node {x.data:g} is {one:g}."
                    " Can you work it out by hand?",
                )
        if once[-1] != 1.0:
            return failed(
                "root",
                f"After backward from {formula} the root's own gradient is {once[-1]:g}. By how much does the"
                " root grow for each unit that it grows itself?",
            )
        for times in (1, 2, 3):
            backward(root)
            for x, one in zip(nodes, once, strict=True):
                if not near(_grad(x), times * one, abs(one) * times):
                    whose = "the root's" if x is root else "another node's"
                    return failed(
                        "repeated",
                        f"After {times} calls of backward from {formula}, {whose} gradient is"
                        f" {_grad(x):g}; after one it was {one:g}. Does each call add the same?",
                    )
    alone = []
    for k in (0, 1):
        leaves, roots = _two(node)
        backward(roots[k])
        alone.append([_grad(x) for x in leaves])
    leaves, roots = _two(node)
    for root in roots:
        backward(root)
    if any(not near(_grad(x), a + b, abs(a) + abs(b)) for x, a, b in zip(leaves, *alone, strict=True)):
        return failed(
            "two_roots",
            "With s = a * b, backward from s + a and then from s * b: each is right alone. Together they do"
            " not add up. What is kept from one root to the next?",
        )
    return None


WALKED = ("ok", "unknown", "zero", "root-only", "lost-contribution", "recursive")
"""Keys of engines that say less than what is wrong in the list itself."""


def contributions(node: Callable[[float], Any], backward: Callable[[Any], Any]) -> Verdict | None:
    """What an operand of a product gets when the product's own gradient is 1, 2 and 4."""
    passed_on = []
    for doublings in range(3):
        a, b = node(2.0), node(3.0)
        product = root = a * b
        for _ in range(doublings):
            root = root + root
        backward(root)
        passed_on.append((_grad(product), _grad(a)))
    whole = [near(own, 2.0**k) for k, (own, _) in enumerate(passed_on)]
    right = [near(got, 3.0 * own, abs(own)) for own, got in passed_on]
    if all(right) or not all(whole[: right.index(False) + 1]):  # then it is the walk that goes wrong
        return None
    owns, gots = (f"{x:.6g}, {y:.6g} and {z:.6g}" for x, y, z in zip(*passed_on, strict=True))
    return failed(
        "contribution",
        f"Of c = a * b, with a = 2 and b = 3: where the gradient of c is {owns}, that of a is {gots}. Is each"
        " contribution the partial times the node's own gradient, and is it added?",
    )


def retold(verdict: Any) -> Any:
    """The verdict on an engine whose gradients are kept apart until they are added to .grad."""
    ask = {
        "seed": "With which number does the root begin, and is each new gradient added to its .grad, once?",
        "no-seed": "Does the root begin with 1, does the walk come to every node, and does what it computes"
        " arrive in .grad?",
    }.get(verdict.key)
    if ask is None:
        return verdict
    fact = ". ".join(verdict.message.split(". ")[:-1])
    return failed(verdict.key, f"{fact}. {ask}")


def _two(node: Callable[[float], Any]) -> tuple[list[Any], list[Any]]:
    a, b = node(2.0), node(-3.0)
    s = a * b
    return [a, b], [s + a, s * b]


def _grad(x: Any) -> float:
    return 0.0 if x.grad is None else float(x.grad)


# --- optimizers -----------------------------------------------------------------------------------------


GRADS = ((1.0, -0.5, 0.0), (0.5, 2.0, 0.0), (-3.0, 0.25, 1e-3), (0.0, 0.0, -2.0), (1.5, 0.0, 4.0))


def steps(answer: Answer, name: str, right: Callable[..., Any], **options: Any) -> Verdict | None:
    """Whether the class `name` moves three parameters as `right`, a class of microgd.optim, does.

    Two optimizers take turns, each with parameters of its own: nothing may be shared between them.
    """
    from ..check.optimizer.parameters import Parameter
    from ..value import Value

    make = answer.function(name)
    starts = [[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]]
    yours = [[Parameter(x) for x in start] for start in starts]
    rights = [[Value(x) for x in start] for start in starts]
    mine = [make(parameters, **options) for parameters in yours]
    theirs = [right(parameters, **options) for parameters in rights]
    given = ", ".join(f"{key}={value}" for key, value in options.items())
    for number, grads in enumerate(GRADS, 1):
        for k in (0, 1):
            turned = grads[k:] + grads[:k]
            for p, q, g in zip(yours[k], rights[k], turned, strict=True):
                p.grad = q.grad = g
            mine[k].step()
            theirs[k].step()
            for at, (p, q) in enumerate(zip(yours[k], rights[k], strict=True)):
                if not near(answer.number(p.data, "A parameter's data"), q.data, 1e-3):
                    which = "" if k == 0 else ", with a second optimizer at work beside it"
                    return failed(
                        "steps",
                        f"With {given} and three parameters, number {at + 1} is not in its place after"
                        f" {number} step{'s' if number > 1 else ''}{which}. What differs from the case that"
                        " is right?",
                    )
    mine[0].zero_grad()
    if any(p.grad for p in yours[0]):
        return failed(
            "zero_grad", "After zero_grad() a gradient is still not 0. Does it reach every parameter?"
        )
    return None


# --- the file -------------------------------------------------------------------------------------------


def uses(answer: Answer, *names: str) -> str:
    """The first of the names that the answer's file mentions in its code."""
    try:
        tree = ast.parse(Path(answer.file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, SyntaxError):  # a cell of a notebook
        return ""
    found = {
        getattr(x, key) for x in ast.walk(tree) for key in ("id", "attr", "name", "value") if _text(x, key)
    }
    return next((name for name in names if name in found), "")


def _text(node: ast.AST, key: str) -> bool:
    return isinstance(getattr(node, key, None), str)
