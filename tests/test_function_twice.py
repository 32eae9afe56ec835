import copy
import itertools
import math
import pickle

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, autograd, func
from microgd.autograd import Function
from tests.strategies import examples

torch = pytest.importorskip("torch")


class Ours:
    """microgd, as the programs below need it."""

    Function, grad = Function, staticmethod(autograd.grad)
    exp, sin, tanh, sign, abs = microgd.exp, microgd.sin, microgd.tanh, microgd.sign, abs

    @staticmethod
    def leaf(x):
        return Value(x)


class Theirs:
    """PyTorch."""

    Function, grad = torch.autograd.Function, staticmethod(torch.autograd.grad)
    exp, sin, tanh, sign, abs = torch.exp, torch.sin, torch.tanh, torch.sign, torch.abs

    @staticmethod
    def leaf(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def functions(lib):
    """The same Functions for both libraries."""

    class Softsign(lib.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x / (1.0 + lib.abs(x))

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad / (1.0 + lib.abs(x)) ** 2

    class Exp(lib.Function):
        @staticmethod
        def forward(ctx, x):
            y = lib.exp(x)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            (y,) = ctx.saved_tensors
            return grad * y

    class Product(lib.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return grad * y, grad * x

    class Pair(lib.Function):
        @staticmethod
        def forward(ctx, x, factor, y):
            square, wave = x * x * y, lib.sin(y) * factor
            ctx.save_for_backward(x, y, square, wave)
            ctx.factor = factor
            return square, wave

        @staticmethod
        def backward(ctx, g, h):
            x, y, square, wave = ctx.saved_tensors
            return (
                2.0 * g * x * y,
                None,
                g * square / y + h * (wave / lib.sin(y)) * (1 - lib.sin(y) ** 2) ** 0.5,
            )

    class Straight(lib.Function):
        @staticmethod
        def forward(ctx, x):
            return lib.sign(x)

        @staticmethod
        def backward(ctx, grad):
            return grad * 1.0

    pair = lambda k: lambda x, y: Pair.apply(x, 3.0, y)[k]  # noqa: E731
    one = lambda kind: lambda x, y: kind.apply(x)  # noqa: E731
    return [
        one(Softsign),
        one(Exp),
        Product.apply,
        pair(0),
        pair(1),
        one(Straight),
        lambda x, y: x * y,
        lambda x, y: x + y,
        lambda x, y: lib.tanh(x),
    ]


def derivatives(lib, program, at, orders=3):
    """All the derivatives up to an order of a program: each step applies a function to earlier results."""
    leaves = [lib.leaf(x) for x in at]
    kinds, made = functions(lib), list(leaves)
    for kind, i, j in program:
        made.append(lib.tanh(kinds[kind](made[i % len(made)], made[j % len(made)])))
    y, found = made[-1] * made[len(made) // 2] + sum(leaves), []
    for _ in range(orders):
        grads = lib.grad(y, leaves, create_graph=True, allow_unused=True)
        grads = [g for g in grads if g is not None]
        found += [g.item() for g in grads]
        y = sum(g * (2.0 + k) for k, g in enumerate(grads)) + 0.0 * sum(x * x for x in leaves)
    return found


steps = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=6)
numbers = st.floats(0.2, 1.2)


@settings(max_examples=examples(40), deadline=None)
@given(steps, numbers, numbers)
def test_derivatives_of_every_order_are_pytorchs(program, x, y):
    ours = derivatives(Ours, program, (x, y))
    theirs = derivatives(Theirs, program, (x, y))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs):
        assert mine == pytest.approx(other, rel=1e-9, abs=1e-9)


def test_each_function_alone_has_pytorchs_third_derivatives():
    for kind, other in itertools.product(range(9), range(2)):
        program = [(kind, other, 1 - other), (kind, 2, 0)]
        assert derivatives(Ours, program, (0.4, 0.9)) == pytest.approx(
            derivatives(Theirs, program, (0.4, 0.9)), rel=1e-10, abs=1e-12
        )


# --- what backward gets ---------------------------------------------------------------------------------


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


def second(f, *xs):
    """The sum of all second derivatives of f."""
    leaves = [Value(x) for x in xs]
    first = autograd.grad(f(*leaves), leaves, create_graph=True)
    return sum(
        x.item() for x in autograd.grad(microgd.sum(first), leaves, allow_unused=True) if x is not None
    )


def test_hessian_and_gradgradcheck_take_functions():
    f = lambda x, y: Cube.apply(x) * Cube.apply(y)  # noqa: E731
    assert func.hessian(f, argnums=(0, 1))(2.0, 1.0) == ((12.0, 36.0), (36.0, 48.0))
    assert autograd.gradgradcheck(Cube.apply, (Value(0.7),))
    assert microgd.gradcheck(lambda x: Cube.apply(microgd.sin(x)), (0.7,), order=2)


def test_gradgradcheck_finds_a_backward_whose_own_derivative_is_lost():
    class Lost(Cube):
        @staticmethod
        def forward(ctx, x):
            ctx.number = 3 * x**2
            return x**3

        @staticmethod
        def backward(ctx, grad):
            return ctx.number * grad

    x = Value(0.7)
    with pytest.raises(autograd.GradcheckError):
        autograd.gradgradcheck(lambda x: Lost.apply(x) * x, (x,))


def test_backward_gets_the_input_itself_and_records_on_it():
    seen = []

    class Seen(Cube):
        @staticmethod
        def backward(ctx, grad):
            seen.append((*ctx.saved_tensors, grad))
            return Cube.backward(ctx, grad)

    x = Value(2.0)
    y = Seen.apply(x)
    y.backward()
    autograd.grad(y, x, create_graph=True)
    assert [type(v) for v in seen[0]] == [float, float]
    assert seen[1][0] is x
    assert (seen[1][1].item(), seen[1][1].requires_grad) == (1.0, False)


def test_inputs_of_equal_numbers_are_told_apart():
    class Square(Function):
        @staticmethod
        def forward(ctx, y, x):
            ctx.save_for_backward(y)
            return y * y + x

        @staticmethod
        def backward(ctx, grad):
            (y,) = ctx.saved_tensors
            return 2 * y * grad, grad

    number = 1.5
    x, y = Value(number), Value(number)
    (g,) = autograd.grad(Square.apply(y, x), y, create_graph=True)
    assert [h.item() if h is not None else h for h in autograd.grad(g, [x, y], allow_unused=True)] == [
        None,
        2.0,
    ]


def test_inputs_and_outputs_that_forward_kept_in_other_places_have_their_graph_too():
    class Kept(Function):
        @staticmethod
        def forward(ctx, x):
            y = math.exp(x)
            ctx.x, ctx.more = x, {"out": [y], "other": (2.0, "text")}
            return x * y, y

        @staticmethod
        def backward(ctx, g, h):
            (y,) = ctx.more["out"]
            return g * (y + ctx.x * y) + h * y

    at = 0.5
    assert second(lambda x: Kept.apply(x)[0], at) == pytest.approx((2 + at) * math.exp(at))
    assert second(lambda x: Kept.apply(x)[1], at) == pytest.approx(math.exp(at))


def test_other_numbers_that_forward_kept_are_constants_as_in_pytorch():
    def loss(lib):
        class Parts(lib.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.twice = x * 2.0
                return x * x

            @staticmethod
            def backward(ctx, grad):
                return grad * ctx.twice

        x = lib.leaf(1.5)
        (g,) = lib.grad(Parts.apply(x) * x, [x], create_graph=True)
        return lib.grad(g, [x])[0].item()

    assert loss(Ours) == loss(Theirs)


def test_a_number_written_in_the_code_of_forward_is_not_taken_for_the_output():
    class Sign(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.factor = 1.0
            return 1.0 if x > 0.0 else -1.0

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.factor

    assert second(lambda x: Sign.apply(x) * x, 0.5) == 2.0


def test_an_output_of_zero_and_one_that_is_not_reached_are_differentiated():
    class Both(Function):
        @staticmethod
        def forward(ctx, x):
            sine, cosine = math.sin(x), math.cos(x)
            ctx.save_for_backward(sine, cosine)
            return sine, cosine

        @staticmethod
        def backward(ctx, g, h):
            sine, cosine = ctx.saved_tensors
            return g * cosine - h * sine

    for k in range(2):
        for x in (0.0, 0.5):
            value = -(math.sin(x), math.cos(x))[k]
            assert second(lambda x: Both.apply(x)[k], x) == pytest.approx(value, abs=1e-15)  # noqa: B023


def test_a_gradient_with_respect_to_a_saved_output_is_found():
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = math.exp(x)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            return ctx.saved_tensors[0] * grad

    x = Value(0.5)
    y = Exp.apply(x)
    (g,) = autograd.grad(3.0 * y, x, create_graph=True)
    assert autograd.grad(g, y)[0].item() == 3.0


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles_have_second_derivatives(copied):
    loss = copied(Cube.apply(Value(2.0, "x")))
    (x,) = [v for v in autograd.topological_order((loss,)) if v.label]
    (g,) = autograd.grad(loss, x, create_graph=True)
    assert autograd.grad(g, x)[0].item() == 12.0


def test_tensors_have_pytorchs_second_derivatives():
    def found(base, tensor, exp, grad):
        class Softmax(base):
            @staticmethod
            def forward(ctx, x, scale):
                out = exp(x) / exp(x).sum()
                ctx.save_for_backward(x, out, scale)
                return out * scale

            @staticmethod
            def backward(ctx, grad):
                _, _, scale = ctx.saved_tensors
                p = exp(ctx.saved_tensors[0]) / exp(ctx.saved_tensors[0]).sum()
                inner = grad * scale
                return p * (inner - (p * inner).sum()), grad * p

        x, scale = tensor([0.1, 0.7, -0.3]), tensor([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]])
        y = Softmax.apply(x, scale[0])
        first = grad((y * y * y).sum(), [x, scale], create_graph=True)
        second = grad(sum((g * g).sum() for g in first), [x, scale])
        return [g.tolist() for g in (*first, *second)]

    def theirs(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    mine = found(Function, lambda x: microgd.tensor(x, requires_grad=True), microgd.exp, autograd.grad)
    others = found(torch.autograd.Function, theirs, torch.exp, torch.autograd.grad)
    for a, b in zip(mine, others):
        assert torch.allclose(torch.tensor(a), torch.tensor(b), rtol=1e-12, atol=1e-12)


def test_a_broadcast_input_gets_a_graph_that_sums_over_its_copies():
    class Scale(Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.save_for_backward(x, k)
            return x * k

        @staticmethod
        def backward(ctx, grad):
            x, k = ctx.saved_tensors
            return grad * k, grad * x

    x = microgd.tensor([1.0, 2.0], requires_grad=True)
    k = microgd.tensor([3.0], requires_grad=True)
    (g,) = autograd.grad((Scale.apply(x, k) ** 2).sum(), k, create_graph=True)
    assert g.tolist() == [30.0]
    assert autograd.grad(g, k)[0].tolist() == [10.0]


# --- what cannot be recorded ----------------------------------------------------------------------------


def test_a_backward_marked_once_differentiable_says_so():
    class Once(Cube):
        @staticmethod
        @autograd.function.once_differentiable
        def backward(ctx, grad):
            return Cube.backward(ctx, grad)

    x = Value(2.0)
    Once.apply(x).backward()
    assert x.grad == 12.0
    with pytest.raises(RuntimeError, match=r"Once.backward was marked with @once_differentiable"):
        autograd.grad(Once.apply(x), x, create_graph=True)


def test_a_backward_with_pythons_math_is_told_to_use_microgds_functions():
    class Sine(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return math.sin(x)

        @staticmethod
        def backward(ctx, grad):
            return grad * math.cos(ctx.saved_tensors[0])

    x = Value(0.5)
    with pytest.raises(
        TypeError, match=r"Sine.backward cannot be recorded for second derivatives:.*microgd's"
    ):
        autograd.grad(Sine.apply(x), x, create_graph=True)
