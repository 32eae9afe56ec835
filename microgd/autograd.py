"""The walk over a graph: its topological order, the backward pass, the forward pass.

A node has a record: its operands and, for each operand, the partial, computed in the forward pass. Two
loops over records compute all derivatives. They are the first functions below. After them come the same
two loops once more, unrolled for speed; then what users call; then the check that a record is still true.

This module uses `ops` and `recording`.
"""

from __future__ import annotations

import math
import sys
from _thread import allocate_lock, get_ident

from .ops import Primitive, as_float, flat, is_sequence
from .recording import (
    current_trace,
    detect_anomaly as detect_anomaly,
    enable_grad as enable_grad,
    inference_mode as inference_mode,
    is_grad_enabled as is_grad_enabled,
    no_grad as no_grad,
    scope as scope,
    scoped,
    set_grad_enabled as set_grad_enabled,
    state,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .function import Function as Function
    from .value import Value

LEAF = Primitive("", math.nan.__pos__, ())


__path__ = [__file__.rpartition(".")[0] + "_more"]
"""The folder where `microgd.autograd.functional` is found."""


def __getattr__(name: str) -> Any:
    """What is loaded when it is first named: `Function`, `functional` and `gradcheck`."""
    if name == "functional":
        __import__(f"{__name__}.functional")
        return sys.modules[f"{__name__}.functional"]
    if name in ("gradcheck", "gradgradcheck", "GradcheckError"):
        __import__(f"{__name__}.checking")
        return getattr(sys.modules[f"{__name__}.checking"], name)
    if name in ("Function", "function"):
        from . import function

        return function if name == "function" else function.Function
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .absent import sentence

    raise AttributeError(sentence(__name__, name))


def record(node: Value) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What `node` was made of: its operands (Values or floats), and its partials.

    A partial is None if the operand requires no grad. A Value keeps its record in four slots:

        one or two operands     _a and _b, and the partials _da and _db
        more operands           a tuple of operands in _a, a tuple of partials in _da
        a dot product of rows   a tuple of operands in each of _a and _b. Their partials are tuples in
                                _da and _db: empty if no operand of the row requires grad
    """
    if type(node._a) is not tuple:
        if node._b is not None:
            return (node._a, node._b), (node._da, node._db)
        return ((node._a,), (node._da,)) if node._a is not None else ((), ())
    if node._b is None:
        return node._a, node._da
    operands = node._a + node._b
    none_a, none_b = (None,) * len(node._a), (None,) * len(node._b)
    return operands, (node._da or none_a) + (node._db or none_b)


def vertex(node: Value) -> Value:
    """The node whose record says what `node` was made of: itself, or the call of which it is an output.

    A call of a `Function` is a node of its own, between its operands and its outputs. Its partials are no
    numbers; the module `function` says what they are.
    """
    below = node._a
    return below if getattr(getattr(below, "_row", None), "hidden", False) else node


def shown_record(node: Value) -> tuple[tuple[Any, ...], Sequence[Any]]:
    """The record for people to look at, without calls: an output was made of the operands of its call.

    Its partials are then what the backward of the Function returns for an upstream gradient of 1.
    """
    call = vertex(node)
    if call is node:
        return record(node)
    return record(call)[0], call._row.jacobian(node._da.index)


# --- the chain rule, as in a textbook -----------------------------------------------------------------


def topological_order(roots: Iterable[Value]) -> list[Value]:
    """Every node that a gradient reaches from the roots, operands before the nodes made of them.

    Of two operands, the last one comes first. A backward pass goes from the end of this list to its
    start. So it usually reaches earlier operations before later ones: the contributions of a batch arrive
    at a weight in the order of the samples.
    """
    ordered: list[Value] = []
    seen: set[int] = set()
    stack: list[Any] = list(roots)
    while stack:
        node = stack.pop()
        if node is None:  # all operands of the node below have been placed
            ordered.append(stack.pop())
        elif id(node) not in seen:
            seen.add(id(node))
            operands, partials = record(node)
            stack += [node, None]
            stack += [x for x, partial in zip(operands, partials) if partial is not None]
    return ordered


def recorded(node: Value) -> Sequence[Any]:
    """The partials as the forward pass recorded them. They are floats."""
    return record(node)[1]


def derived(node: Value) -> Sequence[Any]:
    """The partials computed again, at Values. They are graphs, which can be differentiated again."""
    operands, partials = record(node)
    if not operands:
        return ()
    return node._row.partials_at(operands, node, [partial is not None for partial in partials])


def contributions(
    nodes: Sequence[Any],
    upstream: dict[int, Any],
    partials: Callable[[Any], Sequence[Any]] = recorded,
    record: Callable[[Any], tuple[Sequence[Any], Sequence[Any]]] = record,
) -> Iterator[tuple[Any, int, Any]]:
    """The chain rule in reverse, from the last node to the first:

        d root / d operand  +=  d node / d operand  *  d root / d node

    nodes     in topological order
    upstream  the upstream gradients d root / d node, by the id of the node. At the start it holds those
              of the roots, at the end those of all nodes
    partials  a function that returns d node / d operand for each operand of a node, or None
    record    a function that returns the operands of a node, for nodes that are no Values

    When a node is reached, all nodes that use it have been reached before. So its upstream gradient is
    complete. Each contribution is added, and then yielded as (node, number of the operand, contribution).
    """
    for node in reversed(nodes):
        if id(node) in upstream:
            received = upstream[id(node)]
            for slot, (operand, partial) in enumerate(zip(record(node)[0], partials(node))):
                if partial is not None:
                    contribution = partial * received
                    total = upstream.get(id(operand))
                    upstream[id(operand)] = contribution if total is None else total + contribution
                    yield node, slot, contribution


def backward_pass(
    nodes: Sequence[Value],
    upstream: dict[int, Any],
    partials: Callable[[Value], Sequence[Any]] = recorded,
    record: Callable[[Any], tuple[Sequence[Any], Sequence[Any]]] = record,
) -> None:
    """The backward pass: add all `contributions`, one after another."""
    for _ in contributions(nodes, upstream, partials, record):
        pass


def upstream_gradients(
    nodes: Sequence[Value],
    roots: Sequence[Value],
    weights: Sequence[Any],
    partials: Callable[[Value], Sequence[Any]] = recorded,
) -> dict[int, Any]:
    """d (sum of weight * root) / d node by the id of the node, for the nodes under the roots."""
    upstream: dict[int, Any] = {}
    for root, weight in zip(roots, weights):
        upstream[id(root)] = upstream[id(root)] + weight if id(root) in upstream else weight
    backward_pass(nodes, upstream, partials)
    return upstream


def forward_pass(
    nodes: Sequence[Value],
    tangents: dict[int, Any],
    partials: Callable[[Value], Sequence[Any]] = recorded,
    record: Callable[[Any], tuple[Sequence[Any], Sequence[Any]]] = record,
) -> None:
    """The chain rule forward, from the first node to the last:

        tangent of node  =  sum of  d node / d operand  *  tangent of operand

    tangents  by the id of the node. At the start it holds those of some nodes, at the end also those of
              all nodes made of them
    The other arguments are those of `backward_pass`.
    """
    for node in nodes:
        operands = record(node)[0]
        if id(node) not in tangents and any(id(x) in tangents for x in operands):
            tangent: Any = None
            for operand, partial in zip(operands, partials(node)):
                if partial is not None and id(operand) in tangents:
                    term = partial * tangents[id(operand)]
                    tangent = term if tangent is None else tangent + term
            if tangent is not None:
                tangents[id(node)] = tangent


# --- the same, unrolled ---------------------------------------------------------------------------------
#
# For speed there is no dict here. A Value keeps its upstream gradient in its slot `_upstream`, and in `_mark`
# the number of the last walk that visited it. The two loops read the slots that `record` describes, and do
# not call it. Tests compare them with the functions above.

_lock = allocate_lock()  # one walk at a time: threads may share leaves, and so their slots
_walks = 0
_walking = 0  # the thread whose walk it is


def _order(roots: Iterable[Value]) -> list[Value]:
    """`topological_order` as a new walk. It also sets the `_upstream` of every node to 0.

    From a node it goes straight down to an operand, and to that one's operand, and uses the stack only for
    what remains. Neurons of one layer have the same rows of operands: each row is visited once.
    """
    global _walks
    _walks = walk = _walks + 1
    ordered: list[Value] = []
    place = ordered.append
    rows: set[int] = set()
    stack: list[Any] = list(roots)
    push, pop = stack.append, stack.pop
    while stack:
        node = pop()
        if node is None:  # the operands of the node below have been placed
            place(pop())
            continue
        if node._mark == walk:
            continue
        while True:  # down
            node._mark = walk
            node._upstream = 0.0
            partial = node._da
            if type(partial) is tuple:
                push(node)
                push(None)
                if node._b is None:
                    stack += [x for x, d in zip(node._a, partial) if d is not None and x._mark != walk]
                    break
                for row, wanted in ((node._a, partial), (node._b, node._db)):
                    if wanted and id(row) not in rows:
                        rows.add(id(row))
                        stack += [x for x in row if x._mark != walk]
                break
            if node._db is not None:
                below = node._b
                if below._mark != walk:
                    push(node)
                    push(None)
                    if partial is not None:
                        push(node._a)
                    node = below
                    continue
            if partial is not None:
                below = node._a
                if below._mark != walk:
                    push(node)
                    push(None)
                    node = below
                    continue
            place(node)
            break
    return ordered


def _pass_back(nodes: Sequence[Value]) -> None:
    """`backward_pass`, from `_upstream` to `_upstream`."""
    for node in reversed(nodes):
        partial = node._da
        if type(partial) is tuple:
            received = node._upstream
            if node._b is None:
                for operand, d in zip(node._a, partial):
                    if d is not None:
                        operand._upstream += d * received
            else:
                for operand, d in zip(node._a, partial):
                    operand._upstream += d * received
                for operand, d in zip(node._b, node._db):
                    operand._upstream += d * received
        else:
            if partial is not None:
                node._a._upstream += partial * node._upstream
            partial = node._db
            if partial is not None:
                node._b._upstream += partial * node._upstream


def _interrupted_walk() -> bool:
    """Whether this thread is in the middle of a walk already: in a signal handler, for instance."""
    return _walking == get_ident() and _lock.locked()


def _after_fork() -> None:
    """In the child process, the thread that held the lock does not exist."""
    global _lock, _walking
    _lock, _walking = allocate_lock(), 0


try:
    from posix import register_at_fork
except ImportError:  # no forks here
    pass
else:
    register_at_fork(after_in_child=_after_fork)


def _walk(roots: Sequence[Value], weights: Sequence[float]) -> list[Value]:
    """All nodes under the roots. The `_upstream` of each is d (sum of weight * root) / d node."""
    nodes = _order(roots)
    for root, weight in zip(roots, weights):
        root._upstream += weight
    _pass_back(nodes)
    if scoped:
        _check_gradients(roots, nodes)
    return nodes


def nodes_under(roots: Iterable[Value]) -> list[Value]:
    """`topological_order` in a third of the time."""
    global _walking
    if _interrupted_walk():
        return topological_order(roots)
    with _lock:
        _walking = get_ident()
        try:
            return _order(roots)
        finally:
            _walking = 0


def backward(root: Any, gradient: Any = None, inputs: Sequence[Value] | None = None) -> None:
    """Add `gradient` times d root / d node to the `.grad` of every node under `root`.

    root      a Value, a Tensor, or a sequence of these, as torch.autograd.backward takes them
    gradient  one for each root, by default 1. Of a Tensor of several elements it must be given
    inputs    if given, only their `.grad` changes

    If it is interrupted, no `.grad` changes.
    """
    global _walking
    if type(gradient) is float and hasattr(root, "_row"):
        roots, weights = [root], [gradient]
    else:
        roots, given = _seeds(root, gradient)
        weights = _numbers(given)
    if _interrupted_walk():
        nodes = topological_order(roots)
        upstream = upstream_gradients(nodes, roots, weights)
        reached = _receivers(nodes, inputs)
        _add_to_grad(reached, [upstream[id(node)] for node in reached])
        return
    with _lock:
        _walking = get_ident()
        try:
            _add_to_grad(_receivers(_walk(roots, weights), inputs))
        finally:
            _walking = 0


def _receivers(nodes: list[Value], inputs: Sequence[Value] | None) -> list[Value]:
    """The nodes whose `.grad` a backward pass adds to: all but leaves that were frozen meanwhile."""
    if inputs is not None:
        wanted = set(map(id, inputs))
        nodes = [node for node in nodes if id(node) in wanted]
    return [node for node in nodes if node._row is not None] if frozen else nodes


flag_changes = 0
"""How often the requires_grad of any Value has changed."""

frozen: list[None] = []
"""Empty until a leaf is frozen for the first time: before that, no search for frozen leaves is needed."""


def _add_to_grad(nodes: Sequence[Value], gradients: Iterable[float] | None = None) -> None:
    """Add to the `.grad` of each node its gradient, by default its `_upstream`: for all nodes or for none.

    The undo is one call that runs no Python code. So a second interrupt cannot stop it halfway.
    """
    before = [node._grad for node in nodes]
    try:
        if gradients is None:
            for node, old in zip(nodes, before):
                node._grad = node._upstream if old is None else old + node._upstream
        else:
            for node, old, gradient in zip(nodes, before, gradients):
                node._grad = gradient if old is None else old + gradient
    except BaseException:
        write: Any = type(nodes[0])._grad  # type: ignore[misc]  # the slot
        any(map(write.__set__, nodes, before))
        raise


def gradients(
    roots: Sequence[Value], weights: Sequence[float], inputs: Sequence[Value]
) -> tuple[list[float | None], list[Value]]:
    """d (sum of weight * root) / d input for each input (None if no root depends on it), and all nodes."""
    global _walking
    if _interrupted_walk():
        nodes = topological_order(roots)
        upstream = upstream_gradients(nodes, roots, weights)
        return [upstream.get(id(x)) for x in inputs], nodes
    with _lock:
        _walking = get_ident()
        try:
            nodes = _walk(roots, weights)
            return [x._upstream if x._mark == _walks else None for x in inputs], nodes
        finally:
            _walking = 0


# --- what the user calls --------------------------------------------------------------------------------


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` with respect to each of `inputs`, as torch.autograd.grad.

        >>> from microgd import Value
        >>> x = Value(2.0)
        >>> (first,) = grad(x * x * x, [x], create_graph=True)
        >>> (second,) = grad(first, [x])
        >>> first.data, second.data
        (12.0, 12.0)

    outputs       a Value, a Tensor, or a sequence of these
    inputs        a Value, a Tensor, or a sequence of these. They need not be leaves. The result holds one
                  gradient for each input, of the same shape
    grad_outputs  one number for each output, which its gradient is multiplied with; by default 1. Of a Tensor
                  of several elements it must be given: a nested sequence of numbers in the Tensor's shape
    retain_graph  accepted, without effect: a graph lives as long as something refers to it
    create_graph  True: the gradients have graphs of their own, and can be differentiated again
    allow_unused  True: if no output depends on an input, its gradient is None. Otherwise this is an error

    No `.grad` changes.
    """
    wanted = _sequence(inputs)
    roots, weights = _seeds(outputs, grad_outputs)
    elements = [_elements(x) for x in wanted]
    for x in elements:
        if not all(element.requires_grad for element in x):
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    flat = [element for x in elements for element in x]
    if create_graph:
        found: list[Any] = gradient_graphs(roots, weights, flat)
    else:
        found, _ = gradients(roots, _numbers(weights), flat)
    rest = iter(found)
    return tuple(
        _shaped(x, [next(rest) for _ in own], index, bool(allow_unused))
        for index, (x, own) in enumerate(zip(wanted, elements))
    )


def gradient_graphs(roots: Sequence[Value], weights: Sequence[Any], inputs: Sequence[Value]) -> list[Any]:
    """`gradients` in arithmetic of Values: the results are graphs. The weights may be graphs, too.

    The upstream gradients are kept in a dict and not in the nodes. Such a gradient refers to its node, and
    a node that refers to its gradient would make a reference cycle.
    """
    nodes = topological_order(roots)
    check_unmodified(nodes)
    with enable_grad():
        upstream = upstream_gradients(nodes, roots, weights, derived)
    return [upstream.get(id(x)) for x in inputs]


def _shaped(x: Any, found: list[Any], index: int, allow_unused: bool) -> Any:
    """The gradients found for the elements of an input of `grad`, in that input's shape."""
    if all(gradient is None for gradient in found):
        if not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {index} appears to not have been used in the"
                " graph. Set allow_unused=True if this is the desired behavior."
            )
        return None
    made = [
        g if hasattr(g, "backward") else element._constant(0.0 if g is None else g)
        for g, element in zip(found, _elements(x))
    ]
    return x._with(made) if hasattr(x, "_with") else made[0]


def _elements(x: Any) -> list[Value]:
    """The Values of a Tensor, row by row, or a Value as the one element."""
    return x._elements if hasattr(x, "_elements") else [x]


def _sequence(x: Any) -> list[Any]:
    return [x] if hasattr(x, "backward") or isinstance(x, (float, int)) else list(x)


def _seeds(outputs: Any, given: Any) -> tuple[list[Any], list[Any]]:
    """The Values of all outputs where a backward pass begins, and the upstream gradient of each."""
    several = _sequence(outputs)
    upstream = [None] * len(several) if given is None else _sequence(given)
    if len(upstream) != len(several):
        raise RuntimeError(f"got {len(several)} tensors and {len(upstream)} gradients: give one for each")
    roots: list[Any] = []
    weights: list[Any] = []
    for index, (x, weight) in enumerate(zip(several, upstream)):
        own, its_weights = _weighted(x, weight, index)
        roots += own
        weights += its_weights
    for root in roots:
        demand_graph(root)
    return roots, weights


def _numbers(weights: Iterable[Any]) -> list[float]:
    return [as_float(getattr(w, "_data", w)) for w in weights]


def _weighted(x: Any, weight: Any, index: int) -> tuple[list[Any], list[Any]]:
    """The elements of an output that require grad, or its one element, and what each is multiplied with."""
    elements = _elements(x)
    if weight is None and len(elements) != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    shape = getattr(x, "shape", ())
    if weight is None:
        weights: list[Any] = [1.0]
    elif is_sequence(weight):
        weights = flat(weight)
        found = tuple(getattr(weight, "shape", (len(weights),)))
        if found != shape and not len(weights) == len(elements) == 1:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{index}] has a shape of {list(found)} and output[{index}]"
                f" has a shape of {list(shape)}."
            )
    elif len(elements) == 1:
        weights = _elements(weight)
    else:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{index}] has a shape of [] and output[{index}] has a shape of"
            f" {list(shape)}."
        )
    if len(elements) == 1:
        return elements, weights
    pairs = [(e, w) for e, w in zip(elements, weights) if e.requires_grad] or [(elements[0], weights[0])]
    return [e for e, _ in pairs], [w for _, w in pairs]


def demand_graph(root: Value) -> None:
    """RuntimeError, with PyTorch's sentence, if a backward pass cannot start here: no grad is required."""
    if root._row is None:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")


# --- is the record still true? ------------------------------------------------------------------------


def modified(nodes: Iterable[Value]) -> tuple[Value, list[Value]] | None:
    """The first node whose record is no longer true, and the operands that may have changed; or None."""
    for node in nodes:
        made = vertex(node)
        operands, partials = record(made)
        if operands:
            data = [x if isinstance(x, float) else x._data for x in operands]
            if not made._row.holds(data, made._data, partials):
                values = [x for x in operands if not isinstance(x, float)]
                return node, [x for x in values if x.is_leaf] or values
    return None


def check_unmodified(nodes: Iterable[Value]) -> None:
    """RuntimeError if data has changed since the forward pass: new partials would not fit old values."""
    if current_trace() is not None:  # nothing changes while a function is traced
        return
    found = modified(nodes)
    if found is not None:
        node, suspects = found
        names = " or ".join(x.label or repr(x) for x in suspects)
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace"
            f" operation: {names}, since {node.op} was computed from it. Compute the loss again"
            " after changing a value, or differentiate before."
        )


# --- who made the first nan of the backward pass? ---------------------------------------------------------


def _check_gradients(roots: Sequence[Value], nodes: Sequence[Value]) -> None:
    """Under detect_anomaly: the first operation to turn a finite upstream gradient into a nan or inf."""
    if not state().watched or not all(math.isfinite(root._upstream) for root in roots):
        return
    for node in reversed(nodes):
        if not math.isfinite(node._upstream):
            raise RuntimeError(f"the contributions to the gradient of {node!r} add up to {node._upstream}")
        operands, partials = record(node)
        for operand, d in zip(operands, partials):
            if d is not None and math.isfinite(node._upstream) and not math.isfinite(d * node._upstream):
                line = getattr(node._scope, "line", "a line outside of detect_anomaly()")
                raise RuntimeError(
                    f"the backward of {node.op} returned {d * node._upstream} for operand"
                    f" {operand!r}: its derivative there is {d}; {node.op} was called at {line}"
                )
