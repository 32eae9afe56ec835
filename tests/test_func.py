"""The transformations of functions, beside torch.func, and where they are put inside one another."""

import gc
import math
import sys
import weakref
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

import microgd
from microgd import Tensor, Value, func, nn

# --- random expressions: the same program of operations on Values and on tensors -------------------------

UNARY = ("sin", "cos", "tanh", "sigmoid", "atan", "erf", "asinh", "exp_small")
BINARY = ("add", "sub", "mul", "div_safe", "hypot_safe", "where")


class Ours:
    sin, cos, tanh, sigmoid = microgd.sin, microgd.cos, microgd.tanh, microgd.sigmoid
    atan, erf, asinh, exp = microgd.atan, microgd.erf, microgd.asinh, microgd.exp
    sqrt = microgd.sqrt
    where = staticmethod(lambda a, b: microgd.where(a > b, a * b, a - b))


class Theirs:
    sin, cos, tanh, sigmoid = torch.sin, torch.cos, torch.tanh, torch.sigmoid
    atan, erf, asinh, exp, sqrt = torch.atan, torch.erf, torch.asinh, torch.exp, torch.sqrt
    where = staticmethod(lambda a, b: torch.where(a > b, a * b, a - b))


def apply(side, name, a, b):
    if name == "exp_small":
        return side.exp(side.tanh(a))
    if name == "div_safe":
        return a / (b * b + 1.0)
    if name == "hypot_safe":
        return side.sqrt(a * a + b * b + 0.5)
    if name in ("add", "sub", "mul"):
        return {"add": a + b, "sub": a - b, "mul": a * b}[name]
    return side.where(a, b) if name == "where" else getattr(side, name)(a)


programs = st.lists(
    st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=10,
)
points = st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3)


def run(side, program, xs, outputs=1):
    """The last numbers that the program makes of the xs (with their sum, so that all have a part)."""
    made = list(xs)
    for name, i, j in program:
        made.append(apply(side, name, made[i % len(made)], made[j % len(made)]))
    total = made[0]
    for x in made[1:]:
        total = total + x * 0.5
    return [total * total, *reversed(made)][:outputs]


def both(program, outputs=None):
    """The function as microgd sees it (lists) and as torch does (tensors)."""
    n = outputs or 1

    def ours(v):
        out = run(Ours, program, v, n)
        return out if outputs else out[0]

    def theirs(v):
        out = run(Theirs, program, v, n)
        return torch.stack(out) if outputs else out[0]

    return ours, theirs


def tensor(x):
    return torch.tensor(x, dtype=torch.float64)


def assert_close(ours, theirs, rel=1e-10):
    theirs = np.asarray(theirs.detach())
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=rel, atol=rel * (1.0 + abs(theirs).max()))


@given(programs, points)
def test_grad_and_value_are_torchs(program, x):
    ours, theirs = both(program)
    found, value = func.grad_and_value(ours)(x)
    expected, expected_value = torch.func.grad_and_value(theirs)(tensor(x))
    assert_close(found, expected)
    assert_close(value, expected_value)
    assert func.grad(ours)(x) == found


@given(programs, points, points)
def test_jvp_and_vjp_are_torchs(program, x, v):
    ours, theirs = both(program, 3)
    out, derivative = func.jvp(ours, (x,), (v,))
    expected = torch.func.jvp(theirs, (tensor(x),), (tensor(v),))
    assert_close(out, expected[0])
    assert_close(derivative, expected[1])
    out, pullback = func.vjp(ours, x)
    assert_close(pullback(v)[0], torch.func.vjp(theirs, tensor(x))[1](tensor(v))[0])
    assert_close(pullback(v)[0], torch.func.vjp(theirs, tensor(x))[1](tensor(v))[0])


@given(programs, points)
def test_jacobians_are_torchs(program, x):
    ours, theirs = both(program, 3)
    expected = torch.func.jacrev(theirs)(tensor(x))
    assert_close(func.jacrev(ours)(x), expected)
    assert_close(func.jacfwd(ours)(x), expected)


@given(programs, points, points)
def test_second_derivatives_are_torchs_in_every_mixture_of_modes(program, x, v):
    ours, theirs = both(program)
    expected = torch.func.hessian(theirs)(tensor(x))
    assert_close(func.hessian(ours)(x), expected)
    for outer in (func.jacfwd, func.jacrev):
        for inner in (func.jacfwd, func.jacrev, func.grad):
            assert_close(outer(inner(ours))(x), expected)
    value, product = func.hvp(ours, x, v)
    assert value == ours(x)
    assert_close(product, expected @ tensor(v))


@given(programs, points)
def test_third_derivatives_are_torchs(program, x):
    ours, theirs = both(program)
    expected = torch.func.jacrev(torch.func.hessian(theirs))(tensor(x))
    assert_close(func.jacrev(func.hessian(ours))(x), expected)
    assert_close(func.jacfwd(func.jacfwd(func.grad(ours)))(x), expected)


# --- no confusion of perturbations ------------------------------------------------------------------------


def jvp1(f):
    """The derivative of a function of one number, in forward mode."""
    return lambda x: func.jvp(f, (x,), (1.0,))[1]


def vjp1(f):
    return lambda x: func.vjp(f, x)[1](1.0)[0]


MODES = {"grad": func.grad, "jvp": jvp1, "vjp": vjp1, "jacfwd": func.jacfwd, "jacrev": func.jacrev}
outer_mode = pytest.mark.parametrize("outer", MODES.values(), ids=MODES)
inner_mode = pytest.mark.parametrize("inner", MODES.values(), ids=MODES)


@outer_mode
@inner_mode
def test_the_variables_of_nested_derivatives_are_told_apart(outer, inner):
    # Siskind and Pearlmutter 2005, "Perturbation Confusion and Referential Transparency".
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x + y)(x))(3.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(5.0) == 10.0
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda y: inner(lambda z: x * y * z)(y) * y)(x))(2.0) == 8.0
    assert outer(lambda x: inner(lambda y: y)(x))(2.0) == 0.0
    assert outer(lambda x: inner(lambda y: x)(x) + x)(2.0) == 1.0


@outer_mode
@inner_mode
def test_a_derivative_of_a_derivative_is_the_second_derivative(outer, inner):
    assert outer(inner(lambda x: x**4))(2.0) == pytest.approx(48.0)
    assert outer(inner(inner(microgd.exp)))(0.5) == pytest.approx(math.exp(0.5))
    assert outer(inner(microgd.sin))(0.5) == pytest.approx(-math.sin(0.5))


@outer_mode
@inner_mode
def test_a_curried_function_keeps_its_arguments_apart(outer, inner):
    # Manzyuk, Pearlmutter, Radul, Rush and Siskind 2019, "Perturbation confusion in forward automatic
    # differentiation of higher-order functions": s(u)(f)(x) = f(x + u), differentiated in u at 0.
    def s(u):
        return lambda f: lambda x: f(x + u)

    def derived(f):
        return lambda x: inner(lambda u: s(u)(f)(x))(0.0)

    assert derived(derived(microgd.exp))(1.0) == pytest.approx(math.e)
    assert outer(lambda y: derived(lambda x: x * x * y)(3.0))(2.0) == pytest.approx(6.0)


def test_a_pullback_taken_inside_is_differentiated_along_its_cotangent():
    _, pullback = func.vjp(lambda x: x * x, 3.0)
    assert func.grad(lambda v: pullback(v)[0] * v)(2.0) == 24.0
    assert pullback(1.0) == (6.0,)


# --- what goes in, what comes out -----------------------------------------------------------------------


def test_a_gradient_has_the_form_of_its_argument():
    def f(p):
        return p["w"][0] * p["w"][1][0] + p["b"] ** 2

    assert func.grad(f)({"w": [2.0, (3.0,)], "b": 4}) == {"w": [3.0, (2.0,)], "b": 8.0}


def test_argnums_choose_the_arguments():
    def f(a, b, c=1.0):
        return a * b * c

    assert func.grad(f, argnums=1)(2.0, 3.0) == 2.0
    assert func.grad(f, argnums=-1)(2.0, 3.0) == 2.0
    assert func.grad(f, argnums=(1, 0))(2.0, 3.0, c=2.0) == (4.0, 6.0)
    assert func.jacrev(f, argnums=(0,))(2.0, 3.0) == (3.0,)
    assert func.hessian(f, argnums=(0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))


def test_a_jacobian_has_a_derivative_in_the_place_of_every_output():
    def f(x):
        return {"sum": x[0] + x[1], "rest": (x[0] * x[1], [x[1]])}

    expected = {"sum": [1.0, 1.0], "rest": ([3.0, 2.0], [[0.0, 1.0]])}
    assert func.jacrev(f)([2.0, 3.0]) == expected
    assert func.jacfwd(f)([2.0, 3.0]) == expected
    assert func.jvp(f, ([2.0, 3.0],), ([1.0, 0.0],))[1] == {"sum": 1.0, "rest": (3.0, [0.0])}


def test_has_aux_brings_more_out():
    def f(x):
        return x * x, {"half": x / 2.0, "text": "kept"}

    aux = {"half": 1.5, "text": "kept"}
    assert func.grad(f, has_aux=True)(3.0) == (6.0, aux)
    assert func.grad_and_value(f, has_aux=True)(3.0) == (6.0, (9.0, aux))
    assert func.jacrev(f, has_aux=True)(3.0) == (6.0, aux)
    assert func.jacfwd(f, has_aux=True)(3.0) == (6.0, aux)
    assert func.jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, aux)
    out, pullback, found = func.vjp(f, 3.0, has_aux=True)
    assert (out, pullback(2.0), found) == (9.0, (12.0,), aux)


def test_numbers_come_out_as_floats():
    for found in (
        func.grad(lambda x: x * x)(3),
        func.grad(lambda x: x * x)(np.float64(3.0)),
        func.grad(func.grad(lambda x: x * x))(3.0),
        func.grad(lambda x: 7.0)(3.0),
        func.jvp(lambda x: x * 1.0, (3.0,), (True,))[1],
        func.grad(lambda x: x * func.grad(lambda y: x * y)(2.0))(3.0),
    ):
        assert type(found) is float


def test_of_constant_values_come_constant_values():
    x = Value(3.0, requires_grad=False)
    rows = func.hessian(lambda v: v[0] * v[1] * v[1])([1.0, x])
    for found in (func.grad(lambda x: x * x)(x), func.jacrev(lambda v: v[0] * 6.0)([x])[0], rows[0][1]):
        assert (type(found), found.requires_grad) == (Value, False)
        assert found.item() == 6.0
    assert type(func.grad(lambda v: v["a"] ** 2)({"a": 3.0})["a"]) is float


def test_what_depends_on_a_value_outside_can_be_differentiated_again():
    w = Value(3.0)
    found = func.grad(lambda x: x * x * w)(2.0)
    assert found.data == 12.0
    found.backward()
    assert w.grad == 4.0
    x = Value(2.0)
    func.grad(lambda x: x**3)(x).backward()
    assert x.grad == 12.0
    value, derivative = func.jvp(lambda x: x**3, (x,), (1.0,))
    assert (value.data, derivative.data) == (8.0, 12.0)


def test_a_tensor_has_a_tensor_of_derivatives():
    found = func.grad(lambda v: (v * v).sum())(microgd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert isinstance(found, Tensor)
    assert found.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    jacobian = func.jacrev(lambda v: v * v)(microgd.tensor([1.0, 2.0]))
    assert jacobian.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_numpy_arrays_go_in_and_come_out():
    x = np.array([[0.5, 1.0], [2.0, 3.0]])
    found = func.grad(lambda v: np.sum(np.sin(v) * v))(x)
    assert found.dtype == float
    np.testing.assert_allclose(found, np.cos(x) * x + np.sin(x), rtol=1e-15)
    matrix = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for jacobian in (func.jacrev, func.jacfwd):
        np.testing.assert_array_equal(jacobian(lambda v: matrix @ v)(np.array([1.0, 2.0])), matrix)
    square = func.hessian(lambda v: v @ v)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(square, 2.0 * np.eye(2))
    _, along = func.jvp(lambda v: matrix @ v, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    np.testing.assert_array_equal(along, matrix[:, 0])


def test_a_model_is_differentiated_along_its_input():
    microgd.manual_seed(0)
    model = nn.Linear(3, 2)
    with microgd.no_grad():
        assert func.jacrev(lambda x: list(model(x)))([1.0, 2.0, 3.0]) == model.weight.tolist()
    rows = func.jacfwd(lambda x: list(model(x)))([1.0, 2.0, 3.0])
    assert [[x.data for x in row] for row in rows] == model.weight.tolist()
    assert all(w.grad is None for w in model.parameters())


def test_no_grad_around_cuts_only_what_lies_outside():
    w = Value(3.0)
    with microgd.no_grad():
        assert func.grad(lambda x: x * x * w)(2.0) == 12.0
        assert func.hessian(lambda x: x**3)(2.0) == 12.0
        assert not microgd.is_grad_enabled()

    def cut(x):
        with microgd.no_grad():
            y = x * x
        return y * x

    assert func.grad(cut)(2.0) == 4.0


def test_an_input_that_is_not_used_has_derivative_zero():
    assert func.grad(lambda x, y: x * x, argnums=1)(2.0, 3.0) == 0.0
    assert func.jacfwd(lambda v: [v[0], 5.0])([1.0, 2.0]) == [[1.0, 0.0], [0.0, 0.0]]
    assert func.grad(lambda x: x)(2.0) == 1.0


def test_an_infinite_slope_of_one_output_leaves_the_others_alone():
    assert func.jacrev(lambda x: [microgd.sqrt(x), x * 2.0])(0.0) == [math.inf, 2.0]
    assert func.jacfwd(lambda x: [microgd.sqrt(x), x * 2.0])(0.0) == [math.inf, 2.0]


def test_no_gradient_is_written():
    w, x = Value(3.0), Value(2.0)
    func.hessian(lambda x: x * x * w)(x)
    assert (w.grad, x.grad) == (None, None)


def test_no_graph_outlives_a_call():
    seen = []

    def f(v):
        seen.append(weakref.ref(v[0] * v[1]))
        seen.append(weakref.ref(v[0]))
        return (v[0] * v[1]) ** 2

    gc.disable()
    try:
        func.hessian(f)([1.0, 2.0])
        func.vjp(f, [1.0, 2.0])[1](1.0)
        func.hvp(f, [1.0, 2.0], [1.0, 1.0])
        assert all(node() is None for node in seen)
    finally:
        gc.enable()


def test_the_hessian_of_the_rosenbrock_function():
    def rosenbrock(x):
        return microgd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])

    n = 10
    x = [math.sin(i) for i in range(n)]
    expected = np.zeros((n, n))  # worked out by hand
    for i in range(n - 1):
        expected[i, i] += 1200.0 * x[i] ** 2 - 400.0 * x[i + 1] + 2.0
        expected[i + 1, i + 1] += 200.0
        expected[i, i + 1] = expected[i + 1, i] = -400.0 * x[i]
    found = func.hessian(rosenbrock)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-12)
    v = [math.cos(i) for i in range(n)]
    np.testing.assert_allclose(func.hvp(rosenbrock, x, v)[1], expected @ v, rtol=1e-12, atol=1e-10)


def test_hvp_takes_one_argument_or_a_tuple_of_all():
    assert func.hvp(lambda a, b: a * a * b, (2.0, 3.0), (1.0, 0.0)) == (12.0, (6.0, 4.0))
    assert func.hvp(lambda v: v["a"] ** 3, {"a": 2.0}, {"a": 1.0}) == (8.0, {"a": 12.0})


def test_a_long_chain_is_no_deep_recursion():
    def chain(x):
        for _ in range(20_000):
            x = x * 1.0001
        return x

    assert func.grad(chain)(1.0) == pytest.approx(1.0001**20_000)
    assert func.jvp(chain, (1.0,), (1.0,))[1] == pytest.approx(1.0001**20_000)


class Point(NamedTuple):
    x: float
    y: float


def test_a_named_tuple_has_a_named_tuple_of_derivatives():
    found = func.grad(lambda p: p.x * p.y)(Point(2.0, 3.0))
    assert type(found) is Point
    assert found == (3.0, 2.0)


def test_an_output_that_stands_twice_receives_both_cotangents():
    w = Value(3.0)
    for scale in (1.0, w):
        _, pullback = func.vjp(lambda x, scale=scale: [x * x * scale] * 2, 3.0)
        found = pullback([1.0, 10.0])[0]
        assert found == 66.0 * scale
        assert type(found) is type(scale)


def test_a_graph_is_returned_only_where_something_outside_requires_grad():
    w, constant = Value(3.0), Value(3.0, requires_grad=False)
    _, along_w = func.jvp(lambda x: x * x, (3.0,), (w,))
    assert microgd.autograd.grad(along_w, w)[0] == 6.0
    assert type(func.jvp(lambda x: x * x, (3.0,), (constant,))[1]) is float
    assert type(func.vjp(lambda x: x * x, 3.0)[1](constant)[0]) is float
    rows = func.jacrev(lambda x: [x * 2.0, x * w])(5.0)
    assert microgd.autograd.grad(rows[1], w)[0] == 1.0
    _, (first, none) = func.jvp(lambda x: [x * w, 5.0], (3.0,), (2.0,))
    assert (first.requires_grad, none.requires_grad) == (True, False)
    found = func.grad(lambda x, y: x * w, (0, 1))(2.0, 3.0)
    assert [x.requires_grad for x in found] == [True, False]


def test_inside_no_grad_no_result_has_a_graph():
    w = Value(3.0)
    with microgd.no_grad():
        results = [
            func.grad(lambda x: x * x * w)(3.0),
            *func.grad(lambda x: (x * x, w * 2.0), has_aux=True)(3.0),
            *func.jvp(lambda x: x * x * w, (3.0,), (w,)),
        ]
        of_values = [*func.vjp(lambda x: x * w, w)[1](w), *func.jacrev(lambda x: [x * w, x])(w)]
    assert [type(x) for x in results] == [float] * len(results)
    assert [(type(x), x.requires_grad) for x in of_values] == [(Value, False)] * len(of_values)


def test_a_pullback_called_inside_no_grad_returns_the_graph_of_its_call():
    w = Value(3.0)
    _, pullback = func.vjp(lambda x: x * x * w, 2.0)
    with microgd.no_grad():
        (found,) = pullback(1.0)
    assert microgd.autograd.grad(found, w)[0] == 4.0


def test_aux_is_a_number_unless_it_depends_on_a_value_outside():
    w = Value(3.0)
    gradient, aux = func.grad(lambda x: (x * x, w * 2.0), has_aux=True)(3.0)
    assert type(gradient) is float
    assert microgd.autograd.grad(aux, w)[0] == 2.0
    assert type(func.grad(lambda x: (x * x, x * 2.0), has_aux=True)(3.0)[1]) is float


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: func.grad(lambda v: v)([1.0, 2.0]), "scalar tensor, got list"),
        (lambda: func.grad(lambda x: None)(1.0), "numbers or Values, got None"),
        (lambda: func.grad(lambda x: x, argnums=1)(1.0), "argnum=1, but only 1 positional"),
        (lambda: func.grad(lambda x: x, argnums=())(1.0), "non-empty"),
        (lambda: func.grad(lambda x: x, argnums=(0, -1))(1.0), "unique"),
        (lambda: func.grad(lambda x: x, argnums="x")(1.0), "int or tuple of ints"),
        (lambda: func.grad(lambda x: x, argnums=[0])(1.0), "int or tuple of ints, got \\[0\\]"),
        (lambda: func.grad(lambda x: x, argnums=-2)(1.0), "argnum=-2, but only 1 positional"),
        (lambda: func.grad(lambda x: (x, x, x), has_aux=True)(1.0), "should be a tuple: .* got tuple"),
        (lambda: func.jvp(lambda x, y: x, (1.0, 2.0), (1.0,)), "tangents to have .* as the primals"),
        (lambda: func.vjp(lambda x: Tensor([[1.0]]) * x, 1.0)[1](1.0), r"the output is \[\[\*\]\]"),
        (lambda: func.vjp(lambda x: {"a": (x, 1.0)}, 1.0)[1](1.0), r"the output is {'a': \(\*, \*\)}"),
        (lambda: func.grad(lambda x: x, has_aux=True)(1.0), "should be a tuple"),
        (lambda: func.jvp(lambda x: x, 1.0, (1.0,)), "primals to be a tuple"),
        (lambda: func.jvp(lambda x: x, (1.0,), 1.0), "tangents to be a tuple"),
        (lambda: func.jvp(lambda x: x[0], ([1.0, 2.0],), ([1.0],)), r"\(\[\*\]\)"),
        (lambda: func.vjp(lambda x: [x, x], 1.0)[1](1.0), r"got \*, and the output is \[\*, \*\]"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, words):
    with pytest.raises(RuntimeError, match=words):
        call()


@pytest.mark.parametrize("bad", ["text", None, 1j])
def test_an_argument_that_is_no_number_is_refused(bad):
    with pytest.raises(TypeError, match="expected a number"):
        func.grad(lambda x: x)([1.0, bad])


def test_a_value_that_is_changed_on_the_way_is_noticed():
    w = Value(2.0, label="w")

    def f(x):
        y = x * w
        w.data = 5.0
        return y * y

    with pytest.raises(RuntimeError, match=r"modified by an inplace operation: .* or w"):
        func.grad(f)(3.0)


def calls_of_python(function):
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("terms", [1, 20])
def test_a_gradient_takes_few_more_calls_than_values_and_backward_however_long_the_function(terms):
    def f(v):
        return microgd.sum([microgd.sin(x) * x for x in v])

    def by_hand():
        values = [Value(x) for x in point]
        f(values).backward()
        return [x.grad for x in values]

    point = [0.1 * i for i in range(terms)]
    gradient = func.grad(f)
    assert gradient(point) == by_hand()
    extra = calls_of_python(lambda: gradient(point)) - calls_of_python(by_hand)
    assert extra <= 24 + terms  # one for each variable
