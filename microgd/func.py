"""torch.func's names: functions that make derivatives of functions.

    >>> from microgd import func
    >>> func.grad(lambda x: x**3)(2.0)
    12.0
    >>> func.grad(func.grad(lambda x: x**3))(2.0)  # the second derivative
    12.0
    >>> func.jacrev(lambda v: [v[0] * v[1], v[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]

Arguments and results are numbers, or lists, tuples, dicts, Tensors and NumPy arrays of numbers, nested as
you like. A derivative has the form of the argument that it is taken with respect to.

Results are plain floats, and of Values and Tensors they are constant Values and Tensors. There is one
exception. If the function depends on a Value from outside that requires grad, results have a graph, and can
be differentiated again. So one transformation inside of
another works as it does on paper. Their variables are never confused, because each transformation makes
nodes of its own: an argument that requires grad enters as a new node made of it.

Reverse mode is the backward pass of `autograd`, forward mode its forward pass. There is no state between
calls. The transformations also work inside of no_grad(): then only Values from outside count as constants.
"""

from __future__ import annotations

from . import autograd
from .autograd import LEAF, nodes_under, record
from .batched import vmap as vmap
from .ops import as_float, is_number
from .recording import enable_grad, is_grad_enabled
from .shapes import nested
from .tensor import Tensor
from .value import Value, data_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias

    Argnums: TypeAlias = "int | tuple[int, ...]"


def __getattr__(name: str) -> Any:
    """What is loaded when it is first named, and the sentence about what is left out."""
    if name == "functional_call":
        from .stateless import functional_call

        return functional_call
    from .absent import sentence

    raise AttributeError(sentence(__name__, name))


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that computes the gradient of `func`, which returns one number.

    argnums  the position of the argument to differentiate with respect to. A tuple of positions gives a
             tuple of gradients
    has_aux  `func` returns (number, anything), and the result is (gradient, anything)
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        return (call.gradient(), call.finished(call.aux)) if has_aux else call.gradient()

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `grad`, but the result is (gradient, value), or with has_aux (gradient, (value, anything))."""

    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        gradient, value = call.gradient(), call.finished(call.out)
        return gradient, (value, call.finished(call.aux)) if has_aux else value

    return gradient_and_value


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(func(*primals), pullback), or with has_aux (func(*primals), pullback, aux).

    pullback(cotangents) multiplies each output with its cotangent, adds these up, and returns the gradients
    of the sum with respect to the primals: a tuple, vᵀ J. Cotangents have the form of the output. The
    pullback can be called many times.
    """
    call = _Call(func, primals, {}, tuple(range(len(primals))), has_aux)

    def pullback(cotangents: Any) -> Any:
        return call.shaped(call.reverse_mode(_matching(cotangents, call.out, "cotangents", "the output")))

    out = call.finished(call.out)
    return (out, pullback, call.finished(call.aux)) if has_aux else (out, pullback)


def jvp(
    func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], *, has_aux: bool = False
) -> tuple[Any, ...]:
    """(func(*primals), its derivative along the tangents, J v), or with has_aux these two and aux.

        >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
        (6.0, 3.0)

    This is forward mode: one walk, however many outputs there are. `tangents` have the form of the primals.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {name} to be a tuple."
                " E.g. it should be valid to call f(*primals)."
            )
    seeds = _matching(tangents, primals, "tangents", "the primals")
    call = _Call(func, primals, {}, tuple(range(len(primals))), has_aux)
    found = call.forward_mode(seeds)
    derivative = _shaped(call.out, map(_as_value, found) if call.of_values else found)
    out = call.finished(call.out)
    return (out, derivative, call.finished(call.aux)) if has_aux else (out, derivative)


def jacrev(func: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """A function that computes the Jacobian of `func`: each output is replaced with its gradient.

    If argument and result are vectors, it is a list of rows, J[i][j] = d out i / d in j. This is reverse
    mode, with one walk for each output. It is faster than `jacfwd` if there are more inputs than outputs.
    Options are those of `grad`.
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        n = len(call.outputs)
        found = _shaped(call.out, [call.shaped(call.reverse_mode(_unit(i, n))) for i in range(n)])
        return (found, call.finished(call.aux)) if has_aux else found

    return jacobian


def jacfwd(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `jacrev`, in forward mode: one walk for each input. It is faster if there are more outputs."""

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = _Call(func, args, kwargs, argnums, has_aux)
        n = len(call.inputs)
        columns = [call.forward_mode(_unit(i, n)) for i in range(n)]
        found = _shaped(call.out, [call.shaped(row) for row in zip(*columns, strict=True)])
        return (found, call.finished(call.aux)) if has_aux else found

    return jacobian


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that computes the second derivatives of `func`, the same as func.jacfwd(func.jacrev(func)).

        >>> hessian(lambda v: v[0] * v[0] * v[1])([2.0, 3.0])
        [[6.0, 4.0], [4.0, 0.0]]

    It uses reverse mode twice. The walk from a first derivative visits only what this one is made of, and
    that is little if each term of the function has few variables.
    """
    return jacrev(jacrev(func, argnums), argnums)


def hvp(func: Callable[..., Any], inputs: Any, v: Any) -> tuple[Any, Any]:
    """(the value of `func`, its Hessian times v), as torch.autograd.functional.hvp.

    inputs  the argument of `func`, or a tuple of all its arguments. v and the product have the same form

    The Hessian itself is not computed: this is one forward pass over the graph of the gradient. Pearlmutter
    1994, "Fast Exact Multiplication by the Hessian", doi:10.1162/neco.1994.6.1.147.
    """
    if isinstance(inputs, tuple):
        slopes = grad_and_value(func, tuple(range(len(inputs))))
        (_, value), (product, _) = jvp(slopes, inputs, v)
    else:
        (_, value), (product, _) = jvp(grad_and_value(func), (inputs,), (v,))
    return value, product


# --- one call of a function, recorded -------------------------------------------------------------------


class _Call:
    """One call of a function with new variables as the arguments `argnums`, and the chain rule over it.

    out, aux    what it returned, with the Values of this call
    inputs      its variables in order
    outputs     the numbers in `out` in order
    of_values   whether an argument is a Value or a Tensor: then results are, too
    """

    out: Any
    aux: Any

    def __init__(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Any, argnums: Argnums, has_aux: bool
    ) -> None:
        positions = _positions(argnums, len(args))
        self._single = isinstance(argnums, int)
        self.of_values = _holds_value(args)
        self._chosen = args[positions[0]] if isinstance(argnums, int) else tuple([args[i] for i in positions])
        if is_grad_enabled():
            variables, returned = self._run(func, args, kwargs, positions)
        else:
            with enable_grad():
                variables, returned = self._run(func, args, kwargs, positions)
        self.out, self.aux = _with_aux(returned) if has_aux else (returned, None)
        self.inputs: list[Value] = _leaves(variables)
        self.outputs: list[Any] = _leaves(self.out)
        for x in self.outputs:
            if not isinstance(x, Value) and not is_number(x):
                raise RuntimeError(f"Expected f(*args) to return numbers or Values, got {x!r}")
        for x in self.inputs:  # constants from here on, so that every LEAF in the graph is from outside
            if x._row is LEAF:
                x._row = None
        self._depends: bool | None = None if is_grad_enabled() else False

    def depends(self) -> bool:
        """Whether the outputs depend on a Value from outside: after the call, every LEAF is from outside."""
        if self._depends is None:
            self._depends = _depends(self.outputs)
        return self._depends

    def _run(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Any, positions: Sequence[int]
    ) -> Any:
        """New variables in the form of the chosen arguments, and what the function returns for them."""
        variables = _map(_variable, self._chosen)
        given = list(args)
        for i, x in zip(positions, (variables,) if self._single else variables):
            given[i] = x
        return variables, func(*given, **kwargs)

    def shaped(self, numbers: Iterable[Any]) -> Any:
        """One number for each input, in the form of the arguments."""
        return _shaped(self._chosen, numbers)

    def gradient(self) -> Any:
        """The gradient of the one number that the function returned."""
        if isinstance(self.out, (list, tuple, dict)) or _is_array(self.out):
            raise RuntimeError(
                "Expected f(*args) to return a scalar tensor, got"
                f" {type(self.out).__name__} {self.out!r}: func.jacrev is for functions of many outputs"
            )
        return self.shaped(self.reverse_mode([1.0]))

    def reverse_mode(self, cotangents: Sequence[Any]) -> list[Any]:
        """For each input the derivative of the sum of outputs times cotangents; None leaves an output out."""
        roots: list[Value] = []
        weights: list[Any] = []
        for x, cotangent in zip(self.outputs, cotangents, strict=True):
            if cotangent is not None and isinstance(x, Value):
                roots.append(x)
                weights.append(cotangent)
        if not self._outside(weights):
            found, nodes = autograd.gradients(roots, [_number(c) for c in weights], self.inputs)
            if self._depends is None and len(self.outputs) == 1:
                self._depends = LEAF in [node._row for node in nodes]
            if not self.depends():
                numbers = [0.0 if g is None else g for g in found]
                return list(map(_as_value, numbers)) if self.of_values else numbers
        nodes = self._made_of_inputs(nodes_under(roots))
        with enable_grad():
            autograd.check_unmodified(nodes)
            upstream = autograd.upstream_gradients(nodes, roots, weights, autograd.derived)
        return [_as_value(upstream.get(id(x), 0.0)) for x in self.inputs]

    def forward_mode(self, tangents: Sequence[Any]) -> list[Any]:
        """For each output its derivative along the tangents of the inputs; None leaves an input out."""
        roots = [x for x in self.outputs if isinstance(x, Value)]
        moved = {id(x): t for x, t in zip(self.inputs, tangents, strict=True) if t is not None}
        nodes = nodes_under(roots)
        if not (self.depends() or self._outside(moved.values())):
            moved = {i: _number(t) for i, t in moved.items()}
            autograd.forward_pass(nodes, moved)
            return [as_float(moved.get(id(x), 0.0)) for x in self.outputs]
        nodes = self._made_of_inputs(nodes)
        with enable_grad():
            autograd.check_unmodified(nodes)
            autograd.forward_pass(nodes, moved, autograd.derived)
        return [_as_value(moved.get(id(x), 0.0)) for x in self.outputs]

    def _outside(self, seeds: Iterable[Any]) -> bool:
        """Whether derivatives along the seeds depend on Values from outside. Then they must be graphs."""
        if self._depends:
            return True
        return True in [isinstance(x, Value) and x.requires_grad for x in seeds] and is_grad_enabled()

    def finished(self, tree: Any) -> Any:
        """What the function returned. Values that depend on nothing from outside become floats.

        If an argument is a Value or a Tensor they become constants.
        """
        if self.depends() or (tree is self.aux and is_grad_enabled() and _depends(_leaves(tree))):
            return tree
        return _map(_constant if self.of_values else _number, tree)

    def _made_of_inputs(self, nodes: Sequence[Value]) -> list[Value]:
        ours = {id(x) for x in self.inputs}
        for node in nodes:
            operands, partials = record(node)
            if any(d is not None and id(x) in ours for x, d in zip(operands, partials, strict=True)):
                ours.add(id(node))
        return [node for node in nodes if id(node) in ours]


def _depends(roots: Iterable[Any]) -> bool:
    """Whether any of the roots was made of a variable."""
    return any(node._row is LEAF for node in nodes_under(x for x in roots if isinstance(x, Value)))


def _variable(x: Any) -> Value:
    """A node of its own for an argument: a copy that hangs on it if it requires grad, else a leaf."""
    if isinstance(x, Value):
        return x * 1.0 if x.requires_grad else Value(data_of(x))
    return Value(x)


def _as_value(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x, requires_grad=False)


def _number(x: Any) -> Any:
    return data_of(x) if isinstance(x, Value) else x


def _constant(x: Any) -> Any:
    return x.detach() if isinstance(x, Value) else x


def _holds_value(tree: Any) -> bool:
    if isinstance(tree, (list, tuple, dict)):
        items = tree.values() if isinstance(tree, dict) else tree
        kinds = {*map(type, items)}
        return Value in kinds or (kinds != {float} and any(map(_holds_value, items)))
    return isinstance(tree, (Value, Tensor))


def _unit(i: int, n: int) -> list[float | None]:
    """The i-th direction of n."""
    return [1.0 if j == i else None for j in range(n)]


# --- nested arguments and results -----------------------------------------------------------------------


_SINGLE = {float, Value}
"""The usual leaves: most nests are lists of these, and are read at once."""


def _leaves(tree: Any) -> list[Any]:
    """Everything in the nest that is no list, tuple, dict or array, in order."""
    if type(tree) in _SINGLE:
        return [tree]
    if isinstance(tree, (list, tuple, dict)):
        items = list(tree.values() if isinstance(tree, dict) else tree)
        return items if {*map(type, items)} <= _SINGLE else [x for item in items for x in _leaves(item)]
    if isinstance(tree, Tensor):
        return list(tree._elements)
    return list(tree.flat) if _is_array(tree) else [tree]


def _is_array(x: Any) -> bool:
    return hasattr(x, "astype") and getattr(x, "shape", ()) != ()


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same nest, in which function(leaf) replaces each leaf."""
    if type(tree) in _SINGLE:
        return function(tree)
    if isinstance(tree, (list, tuple)):
        items = [function(x) if type(x) in _SINGLE else _map(function, x) for x in tree]
        if hasattr(tree, "_fields"):
            return type(tree)(*items)
        return tuple(items) if isinstance(tree, tuple) else items
    if isinstance(tree, dict):
        return {key: _map(function, x) for key, x in tree.items()}
    if _is_array(tree):
        from numpy import array

        made = array([function(x) for x in tree.flat])  # of objects, if they are Values
        return made.reshape(tree.shape + made.shape[1:])
    if isinstance(tree, Tensor):  # one again, unless its elements have become something else
        flat = [function(x) for x in tree._elements]
        items = nested(flat, tree.shape)
        return Tensor(items) if all(isinstance(x, (Value, float, Tensor)) for x in flat) else items
    return function(tree)


def _shaped(tree: Any, items: Iterable[Any]) -> Any:
    """The items, one for each leaf, in the form of the nest."""
    rest = iter(items)
    return _map(lambda _: next(rest), tree)


def _matching(given: Any, tree: Any, name: str, other: str) -> list[Any]:
    """The leaves of a nest that must have the form of another."""
    if _form(given) != _form(tree):
        raise RuntimeError(
            f"Expected {name} to have the same structure as {other}: got {_form(given)}, and {other} is"
            f" {_form(tree)}"
        )
    return list(_leaves(given))


def _form(tree: Any) -> str:
    """How numbers (*) are nested, as text: [*, (*, *)]."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {_form(x)}" for key, x in tree.items()) + "}"
    if isinstance(tree, Tensor):
        return _form(nested("*" * tree.numel(), tree.shape))
    if isinstance(tree, (list, tuple)):
        inner = ", ".join(map(_form, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner})"
    return _form(tree.tolist()) if _is_array(tree) else "*"


def _positions(argnums: Argnums, n: int) -> list[int]:
    """The chosen positions among n arguments; negative ones count from the end."""
    chosen = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(chosen, tuple):
        raise RuntimeError(f"argnum must be int or tuple of ints, got {argnums!r}")
    positions = []
    for i in chosen:
        if not isinstance(i, int):
            raise RuntimeError(f"argnum must be int or tuple of ints, got {argnums!r}")
        if not -n <= i < n:
            raise RuntimeError(f"Got argnum={i}, but only {n} positional inputs")
        positions.append(i % n)
    if not positions or len(set(positions)) < len(positions):
        raise RuntimeError(f"argnums must be non-empty and its elements unique, got {argnums!r}")
    return positions


def _with_aux(returned: Any) -> tuple[Any, Any]:
    if not (isinstance(returned, tuple) and len(returned) == 2):
        raise RuntimeError(
            "output of function f should be a tuple: (output, aux) if has_aux is True, got"
            f" {type(returned).__name__}"
        )
    return returned
