import copy
import gc
import math
import pickle
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import microgd
from microgd import Tensor, Value, autograd, nn
from microgd.autograd import Function
from microgd.jit.symbol import TraceError


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


class ProductAndSum(Function):
    runs = 0

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y, x + 2 * y

    @staticmethod
    def backward(ctx, g, h):
        ProductAndSum.runs += 1
        x, y = ctx.saved_tensors
        return g * y + h, g * x + 2 * h


def answering(*answers, inputs=1):
    """A Function of the sum of its inputs whose backward returns this."""

    class Answering(Function):
        @staticmethod
        def forward(ctx, *xs):
            return sum(xs)

        @staticmethod
        def backward(ctx, grad):
            return answers if inputs > 1 or len(answers) != 1 else answers[0]

    return Answering


def test_forward_gets_floats_and_apply_returns_a_value():
    seen = []

    class Seen(Function):
        @staticmethod
        def forward(ctx, *inputs):
            seen.extend(inputs)
            return inputs[0]

    y = Seen.apply(Value(2.0), 3, "text", None, np.float32(0.5))
    assert [type(x) for x in seen] == [float, int, str, type(None), np.float32]
    assert type(y) is Value
    assert y.data == 2.0
    assert y.op == "Seen"
    assert y.requires_grad
    assert not y.is_leaf


def test_backward_twice_accumulates():
    x = Value(2.0)
    y = Cube.apply(x)
    y.backward()
    assert x.grad == 12.0
    y.backward()
    assert x.grad == 24.0
    assert y.grad == 2.0


def test_backward_runs_once_in_a_pass_with_the_upstream_gradients_of_all_outputs():
    x, y = Value(2.0), Value(5.0)
    a, b = ProductAndSum.apply(x, y)
    loss = a * b + a
    before = ProductAndSum.runs
    loss.backward()
    assert ProductAndSum.runs == before + 1
    assert (x.grad, y.grad) == (13.0 * 5.0 + 10.0, 13.0 * 2.0 + 20.0)
    assert (a.grad, b.grad) == (13.0, 10.0)


def test_the_textbook_pass_finds_what_the_fast_one_does():
    x, y = Value(2.0), Value(5.0)
    a, b = ProductAndSum.apply(x, y)
    loss = (a * b + Cube.apply(a)) * x
    upstream = {id(loss): 1.0}
    autograd.backward_pass(autograd.topological_order((loss,)), upstream)
    loss.backward()
    assert [upstream[id(v)] for v in (x, y, a, b)] == [v.grad for v in (x, y, a, b)]


def test_backward_may_be_non_linear_in_the_upstream_gradients():
    class Clipped(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return max(-1.0, min(1.0, grad))

    x = Value(1.0)
    (100.0 * Clipped.apply(x)).backward()
    assert x.grad == 1.0


def test_an_output_that_the_loss_does_not_use_has_the_upstream_gradient_0_or_none():
    seen = []

    class Pair(Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            return x, 2 * x

        @staticmethod
        def backward(ctx, *grads):
            seen.append(grads)
            return grads[0], None

    for materialize in (True, False):
        Pair.apply(Value(1.0), materialize)[0].backward()
    assert seen == [(1.0, 0.0), (1.0, None)]


def test_needs_input_grad_tells_constants_from_variables():
    seen = []

    class Sum(Function):
        @staticmethod
        def forward(ctx, *xs):
            seen.append(ctx.needs_input_grad)
            return sum(xs)

    Sum.apply(Value(1.0), Value(2.0, requires_grad=False), 3.0)
    assert seen == [(True, False, False)]


def test_nothing_is_recorded_for_constants_and_inside_of_no_grad():
    assert not Cube.apply(Value(2.0, requires_grad=False)).requires_grad
    with microgd.no_grad():
        y = Cube.apply(Value(2.0))
    assert not y.requires_grad
    assert y.inputs == ()
    assert Cube.apply(2.0).data == 8.0


def test_outputs_can_be_marked_as_not_differentiable():
    class Largest(Function):
        @staticmethod
        def forward(ctx, x, y):
            best = max(x, y)
            index = float(best == y)
            ctx.mark_non_differentiable(index)
            ctx.first = best == x
            return best, index

        @staticmethod
        def backward(ctx, grad, _):
            return (grad, None) if ctx.first else (None, grad)

    x, y = Value(1.0), Value(2.5)
    best, index = Largest.apply(x, y)
    assert not index.requires_grad
    best.backward()
    assert (x.grad, y.grad) == (0.0, 1.0)


def test_none_for_an_input_counts_as_zero():
    x, y = Value(1.0), Value(2.0)
    answering(1.0, None, inputs=2).apply(x, y).backward()
    assert (x.grad, y.grad) == (1.0, 0.0)


@pytest.mark.parametrize(
    "answer", [np.float64(3.0), np.float32(3.0), np.array(3.0), np.array([3.0]), 3, [3.0]]
)
def test_backward_may_return_any_one_number(answer):
    x = Value(1.0)
    answering(answer).apply(x).backward()
    assert x.grad == 3.0
    assert isinstance(x.grad, float)
    assert type(float(x.grad)) is float


def test_nan_and_inf_pass_through():
    for bad in (math.nan, math.inf):
        x = Value(1.0)
        answering(bad).apply(x).backward()
        assert x.grad == bad or x.grad != x.grad


def test_a_wrong_number_of_gradients_is_an_error_with_both_numbers():
    x, y = Value(1.0), Value(2.0)
    loss = answering(1.0, inputs=2).apply(x, y)
    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        loss.backward()
    assert x.grad is None


def test_too_many_gradients_are_fine_if_they_are_none():
    x = Value(1.0)
    answering(2.0, None, None, inputs=2).apply(x).backward()
    assert x.grad == 2.0


def test_a_text_for_a_gradient_is_refused_with_the_number_of_the_input():
    with pytest.raises(TypeError, match=r"Answering.backward should return a number or None for input 0"):
        answering("much").apply(Value(1.0)).backward()


def test_an_exception_in_backward_comes_out_and_changes_no_gradient():
    class Broken(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("mine")

    x = Value(1.0)
    loss = Broken.apply(x * 2.0) + x
    with pytest.raises(KeyError, match="mine"):
        loss.backward()
    assert x.grad is None
    (x * x).backward()  # the walk works as before
    assert x.grad == 2.0


def test_forward_and_backward_must_be_written():
    class Empty(Function):
        pass

    class Half(Function):
        @staticmethod
        def forward(ctx, x):
            return x

    with pytest.raises(NotImplementedError, match="implement the forward"):
        Empty.apply(Value(1.0))
    with pytest.raises(NotImplementedError, match="implement the backward"):
        Half.apply(Value(1.0)).backward()


def test_values_in_a_list_are_refused():
    with pytest.raises(TypeError, match="give each as an input of its own"):
        Cube.apply([Value(1.0)])


def test_forward_mode_and_compile_say_what_to_do():
    with pytest.raises(RuntimeError, match=r"no forward mode.*primitive"):
        microgd.func.jvp(Cube.apply, (2.0,), (1.0,))
    with pytest.raises(TraceError, match=r"calls Cube.apply"):
        microgd.compile(Cube.apply)(2.0)


def test_func_grad_works():
    assert microgd.func.grad(lambda x: Cube.apply(x) * 2.0)(3.0) == 54.0


def test_a_changed_leaf_is_found_and_a_plain_backward_still_uses_the_old_number():
    x = Value(2.0)
    y = Cube.apply(x)
    assert autograd.modified([y]) is None
    x.data = 5.0
    node, suspects = autograd.modified([y])
    assert node is y
    assert suspects == [x]
    y.backward()
    assert x.grad == 12.0


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles_can_be_differentiated(copied):
    x, y = Value(2.0, "x"), Value(5.0, "y")
    a, b = ProductAndSum.apply(x, y)
    loss = copied(Cube.apply(a) + b)
    leaves = {v.label: v for v in autograd.topological_order((loss,)) if v.label}
    loss.backward()
    assert leaves["x"].grad == 3 * 100.0 * 5.0 + 1.0
    assert x.grad is None


def test_the_graph_is_freed_by_reference_counting_alone():
    class Tracked(Value):
        __slots__ = ()

    gc.disable()
    try:
        x = Tracked(2.0)
        y = Cube.apply(x)
        assert type(y) is Tracked
        y.backward()
        gone = weakref.ref(y)
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_a_long_chain_needs_no_recursion():
    class Next(Function):
        @staticmethod
        def forward(ctx, x):
            return x + 1.0

        @staticmethod
        def backward(ctx, grad):
            return grad

    y = x = Value(0.0)
    for _ in range(20_000):
        y = Next.apply(y)
    y.backward()
    assert x.grad == 1.0
    copy.deepcopy(y).backward()
    assert x.grad == 1.0


def test_a_backward_may_differentiate_by_itself():
    class Inner(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x
            return math.sin(x)

        @staticmethod
        def backward(ctx, grad):
            with microgd.enable_grad():
                x = Value(ctx.x)
                microgd.sin(x).backward()
            return grad * x.grad

    x = Value(0.5)
    (2.0 * Inner.apply(x)).backward()
    assert x.grad == 2.0 * math.cos(0.5)


def test_threads_may_use_one_function_at_the_same_time():
    found = []

    def work():
        x = Value(2.0)
        for _ in range(200):
            Cube.apply(x).backward()
        found.append(x.grad)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2400.0] * 4


def test_a_tensor_is_one_input_and_one_output():
    class Softmax(Function):
        @staticmethod
        def forward(ctx, x):
            assert isinstance(x, Tensor)
            assert not x.requires_grad
            ctx.out = microgd.softmax(x, dim=0)
            return ctx.out

        @staticmethod
        def backward(ctx, grad):
            inner = sum(o * g for o, g in zip(ctx.out.tolist(), grad.tolist(), strict=True))
            return [o * (g - inner) for o, g in zip(ctx.out.tolist(), grad.tolist(), strict=True)]

    x = microgd.tensor([0.1, 0.7, -0.3], requires_grad=True)
    y = Softmax.apply(x)
    assert y.shape == (3,)
    (y[0] * 2.0 + y[2]).backward()
    z = microgd.tensor([0.1, 0.7, -0.3], requires_grad=True)
    other = microgd.softmax(z, dim=0)
    (other[0] * 2.0 + other[2]).backward()
    assert x.grad.tolist() == pytest.approx(z.grad.tolist())


def test_inside_of_a_module_it_belongs_to_the_module_and_trains():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(1.5)

        def forward(self, x):
            return Cube.apply(self.w * x)

    model = Model()
    loss = model(2.0)
    loss.backward()
    assert loss._scope == "Model"
    assert model.w.grad == 3 * 9.0 * 2.0


def test_detect_anomaly_names_the_function_and_the_line():
    class Log(Function):
        @staticmethod
        def forward(ctx, x):
            return math.inf

        @staticmethod
        def backward(ctx, grad):
            return math.nan

    with microgd.detect_anomaly(), pytest.raises(RuntimeError, match=r"Log returned inf at .*test_function"):
        Log.apply(Value(1.0))
    bad = answering(math.nan)
    with microgd.detect_anomaly(), pytest.raises(RuntimeError, match="backward of Answering returned nan"):
        bad.apply(Value(1.0) * 2.0).backward()


def test_pictures_show_a_box_for_each_output_and_none_for_the_call():
    x, y = Value(2.0, "x"), Value(5.0, "y")
    a, b = ProductAndSum.apply(x, y)
    loss = a * b
    loss.backward()
    assert a.inputs == (x, y)
    text = str(microgd.tree(loss))
    assert "ProductAndSum[0]" in text
    assert "ProductAndSum[1]" in text
    assert str(microgd.draw(loss, level="ops").digraph).count("ProductAndSum[") >= 2
    assert "5 · 12" in str(microgd.explain(loss, x))
    assert "ProductAndSum" in microgd.play(loss).html


def test_gradcheck_judges_a_right_function_well():
    f = lambda x, y: Cube.apply(x) * ProductAndSum.apply(x, y)[0] + ProductAndSum.apply(x, y)[1]  # noqa: E731
    assert microgd.gradcheck(f, (0.7, -1.3))


def test_gradcheck_names_the_mistake_in_a_wrong_function():
    class Forgetful(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * x * y

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return x * y * grad, x * x * grad

    report = microgd.gradcheck(
        lambda x, y: Forgetful.apply(x, y).tanh() + Cube.apply(x), (0.3, 0.5), raise_exception=False
    )
    assert [row.verdict for row in report.rows] == ["wrong", "ok"]
    assert list(report.named) == ["Forgetful"]
    assert report.named["Forgetful"].key == "ratio"
    assert report.named["Forgetful"].inputs == (0,)
    assert "Forgetful.backward: " in str(report)


def test_a_name_of_the_table_is_not_taken_for_that_primitive():
    class tanh(Function):
        @staticmethod
        def forward(ctx, x):
            return 2.0 * x

        @staticmethod
        def backward(ctx, grad):
            return 2.0 * grad

    assert tanh.apply(Value(1.0)).op == "tanh.apply"


def test_the_engine_does_not_load_it_before_it_is_named():
    code = (
        "import microgd, sys; x = microgd.Value(1.0); (x * x).backward();"
        " assert 'microgd.function' not in sys.modules; microgd.autograd.Function;"
        " assert 'microgd.function' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- side by side with PyTorch --------------------------------------------------------------------------


def functions(base):
    """The same Functions for both libraries: only arithmetic and methods that both have."""

    class Hypot(base):
        @staticmethod
        def forward(ctx, x, y):
            r = (x * x + y * y) ** 0.5
            ctx.save_for_backward(x, y, r)
            return r

        @staticmethod
        def backward(ctx, grad):
            x, y, r = ctx.saved_tensors
            return (grad * x / r if ctx.needs_input_grad[0] else None), grad * y / r

    class Swap(base):
        @staticmethod
        def forward(ctx, x, factor, y):
            ctx.factor = factor
            return y * factor, x * 1.0

        @staticmethod
        def backward(ctx, g, h):
            return h, None, g * ctx.factor

    class Clip(base):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, grad):
            return min(max(grad, grad * 0.0 - 1.0), grad * 0.0 + 1.0)

    return Hypot, Swap, Clip


def losses(base, leaf, exp):
    """Losses that use them, the leaves that they were made of, and which backward passes to run."""
    hypot, swap, clip = (kind.apply for kind in functions(base))
    x, y = leaf(0.7), leaf(-1.3)
    yield hypot(x, y), (x, y)
    x, y = leaf(0.7), leaf(-1.3)
    a, b = swap(x, 3.0, y)
    yield a * b + exp(a) + hypot(b, x), (x, y)
    x, y = leaf(0.7), leaf(-1.3)
    yield swap(x, 3.0, y)[0] * 2.0 + x * 0.0, (x, y)
    x, y = leaf(0.7), leaf(-1.3)
    yield clip(x * y) * 5.0 + hypot(x, x) * clip(y), (x, y)
    x = leaf(0.5)
    z = x
    for _ in range(30):
        z = swap(z, 1.1, hypot(z, x))[0]
    yield z, (x,)


def test_values_and_gradients_are_pytorchs():
    torch = pytest.importorskip("torch")

    def leaf(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    theirs = list(losses(torch.autograd.Function, leaf, torch.exp))
    ours = list(losses(Function, Value, microgd.exp))
    for (loss, leaves), (their_loss, their_leaves) in zip(ours, theirs, strict=True):
        assert loss.data == pytest.approx(their_loss.item(), rel=1e-14)
        for _ in range(2):
            loss.backward()
            their_loss.backward(retain_graph=True)
            for x, other in zip(leaves, their_leaves, strict=True):
                assert x.grad == pytest.approx(other.grad.item(), rel=1e-13)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_wrong_number_of_gradients_is_pytorchs_error(count):
    torch = pytest.importorskip("torch")

    def message(base, leaf):
        class Wrong(base):
            @staticmethod
            def forward(ctx, x, y):
                return x * y

            @staticmethod
            def backward(ctx, grad):
                return (grad,) * count

        with pytest.raises(RuntimeError) as caught:
            Wrong.apply(leaf(1.0), leaf(2.0)).backward()
        return str(caught.value)

    ours = message(Function, Value)
    theirs = message(torch.autograd.Function, lambda x: torch.tensor(x, requires_grad=True))
    assert ours == theirs
