"""A trace: what it refuses, in words that say what to do; when it happens again; and that nothing of it is
left, whatever interrupts it.
"""

import gc
import math
import random
import re
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, nn, recording
from microgd.jit.symbol import TraceError
from microgd.tensor import values
from tests.interrupts import interrupted
from tests.jit.graphs import BACKENDS, cache_of_its_own as cache_of_its_own, gradients_of
from tests.strategies import examples

pytestmark = pytest.mark.usefixtures("cache_of_its_own")


def compiled(f: Callable[..., Any], *options: Any, **named: Any) -> Any:
    return microgd.compile(f, *options, backend="python", **named)


def is_clean() -> bool:
    """Nothing in this thread, or in the engine, says that a function is being traced."""
    gates = recording.tracing or recording.switched or recording.scoped
    return not gates and recording.current_trace() is None and recording.state().trace is None


@pytest.fixture(autouse=True)
def nothing_is_left():
    assert is_clean()
    yield
    assert is_clean()


# --- what is refused ------------------------------------------------------------------------------------

w = Value(2.0, "w")
model = nn.Linear(2, 1)
dropout = nn.Dropout(0.5)


def _if(x):
    if x > 0:
        return w * x
    return w


def _if_of_a_parameter(x):
    return x if w > 0 else -w * x


def _while(x):
    while x > 1.0:
        x = x / 2.0
    return w * x


def _and(x):
    return w if x > 0 and x < 2 else -w


def _in_a_list(x):
    return w if x in [1.0, 2.0] else -w


def _in_a_set(x):
    return w if x in {1.0, 2.0} else -w


def _from_a_dict(x):
    return w * {1.0: 2.0}.get(x, 3.0)


def _truth(x):
    return w if w * x else -w


def _builtin_max(x):
    return max(x, w)


def _sorted(x):
    return sorted([w * x, w])[0]


def _float(x):
    return w * float(w)


def _data(x):
    return w * w.data


def _item(x):
    return w * (w * x).item()


def _item_of_a_parameter(x):
    return x * w.item()


def _data_of_a_tensor(x):
    return w * model.weight.tolist()[0][0]


def _int(x):
    return w * int(x)


def _round(x):
    return w * round(x)


def _whole_division(x):
    return w * (x // 2.0)


def _index(x):
    return [w, -w][x]


def _range(x):
    return microgd.sum([w for _ in range(x)])


def _math(x):
    return w * math.exp(w)


def _math_of_an_argument(x):
    return w * math.sqrt(x)


def _random(x):
    return w * random.random()


def _dropout(x):
    return dropout([w, x])[0]


def _initial_weights(x):
    return nn.Linear(1, 1)([x])[0]


def _backward(x):
    loss = w * x
    loss.backward()
    return loss


def _in_place(x):
    with microgd.no_grad():
        w.__isub__(0.1)
    return w * x


def _assigned_data(x):
    w.data = 5.0
    return w * x


BRANCH, NUMBER, ELSEWHERE = "microgd.where", "microgd's functions", "outside of the function"

REFUSED = [
    (_if, BRANCH),
    (_if_of_a_parameter, BRANCH),
    (_while, BRANCH),
    (_and, BRANCH),
    (_in_a_list, BRANCH),
    (_in_a_set, BRANCH),
    (_from_a_dict, BRANCH),
    (_truth, BRANCH),
    (_builtin_max, BRANCH),
    (_sorted, BRANCH),
    (_float, NUMBER),
    (_data, NUMBER),
    (_item, NUMBER),
    (_item_of_a_parameter, NUMBER),
    (_data_of_a_tensor, NUMBER),
    (_int, "as an argument"),
    (_round, "as an argument"),
    (_whole_division, "as an argument"),
    (_index, BRANCH),
    (_range, BRANCH),
    (_math, "microgd.exp for math.exp"),
    (_math_of_an_argument, NUMBER),
    (_random, ELSEWHERE),
    (_dropout, ELSEWHERE),
    (_initial_weights, ELSEWHERE),
    (_backward, ELSEWHERE),
    (_in_place, ELSEWHERE),
    (_assigned_data, ELSEWHERE),
]


@pytest.mark.parametrize(("f", "cure"), REFUSED, ids=[f.__name__[1:] for f, _ in REFUSED])
def test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure(f, cure):
    before = w.data, w.grad, w.requires_grad
    for options in ((), (0, "sum")):
        with pytest.raises(TraceError) as error:
            compiled(f, *options)(1.0 if not options else [1.0, 3.0])
        message = str(error.value)
        assert cure in message
        if f is not _random:  # known only when the function has ended
            first = f.__code__.co_firstlineno
            line = re.search(rf"{re.escape(__file__)}:(\d+): ", message)
            assert line is not None, message
            assert first < int(line[1]) < first + 6
        assert is_clean()
    assert (w.data, w.grad, w.requires_grad) == before


def test_numpys_random_numbers_are_refused():
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TraceError, match=r"draws random numbers.* as arguments"):
        compiled(lambda x: w * x * numpy.random.rand())(1.0)


def test_the_same_function_compiles_when_it_chooses_as_the_message_says():
    def f(x):
        return microgd.where(x > 0, w * x, w)

    for x in (1.0, -1.0, 0.0, nan):
        assert compiled(f)(x).item() == pytest.approx(f(x).item(), nan_ok=True)


@pytest.mark.parametrize("returned", [None, "text", [1.0, "text"], {"a": None}, object(), 1j, len])
def test_a_result_that_is_no_number(returned):
    with pytest.raises(TypeError, match="a compiled function returns numbers, Values"):
        compiled(lambda x: returned)(1.0)


def test_a_forgotten_return():
    def f(x):
        w * x

    with pytest.raises(TypeError, match="f returned None: does it end without a return"):
        compiled(f)(1.0)


@pytest.mark.parametrize("argument", ["text", None, len, 1j, [1.0, None], {"a": "text"}, {1.0}])
def test_an_argument_that_is_no_number(argument):
    with pytest.raises(TypeError, match=r"takes numbers, Values, .* let the function refer to it instead"):
        compiled(lambda x: w)(argument)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"reduce": "avg", "in_dims": 0}, "reduce='avg': it is 'mean', 'sum' or None"),
        ({"reduce": "mean"}, r"reduce='mean' without in_dims: in_dims=\(0, ...\) says which"),
        ({"backend": "cuda"}, "backend='cuda': it is one of 'auto', 'python', 'llvm'"),
        ({"backend": None}, "backend=None: it is one of"),
    ],
)
def test_options_that_make_no_sense(options, error):
    with pytest.raises(ValueError, match=error):
        microgd.compile(lambda x: w, **options)


@pytest.mark.parametrize(
    ("in_dims", "error"),
    [
        ((0,), "it has 1 entries, and there are 2 arguments"),
        ((0, 0, 0), "it has 3 entries"),
        ((0, 1), "each entry is 0"),
        ("0", "each entry is 0"),
        ((True, 0), "each entry is 0"),
        ((None, None), "at least one argument must hold samples"),
    ],
)
def test_in_dims_that_do_not_fit(in_dims, error):
    with pytest.raises(ValueError, match=error):
        compiled(lambda x, y: w * x * y, in_dims)([1.0], [2.0])


@pytest.mark.parametrize("reduce", ["mean", "sum", None])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([], []), "f got a batch without samples"),
        (([1.0, 2.0], [1.0]), r"same size in the mapped dimension, got sizes \[2, 1\]"),
        (([1.0, [2.0]], [1.0, 2.0]), "must have one form: got a number, a list of 1"),
        (([[1.0], [1.0, 2.0]], [1.0, 2.0]), "must have one form: got a list of 1, a list of 2"),
        ((1.0, [1.0]), "a batch is a list, a Tensor or an array of samples, got a number"),
        (({"a": 1.0}, [1.0]), "a batch is a list, a Tensor or an array of samples, got a dict of 1"),
    ],
)
def test_batches_that_are_none(arguments, error, reduce):
    def f(x, y):
        return w * x * y

    with pytest.raises(ValueError, match=error):
        compiled(f, 0, reduce)(*arguments)
    with pytest.raises(ValueError, match=error):  # inside of another compiled function, too
        compiled(lambda *xs: compiled(f, 0, reduce)(*xs))(*arguments)


def test_several_numbers_for_each_sample_cannot_be_reduced_to_one():
    def f(x):
        return [w * x, w]

    with pytest.raises(
        ValueError, match="reduce='mean' expects one number for each sample, and f returned 2"
    ):
        compiled(f, 0, "mean")([1.0, 2.0])
    assert len(compiled(f, 0)([1.0, 2.0])[1]) == 2


@pytest.mark.parametrize(
    ("argnums", "error"), [(2, "names no argument"), (-1, "names no argument"), ((0, 0), "twice")]
)
def test_argnums_that_are_none(argnums, error):
    with pytest.raises(ValueError, match=error):
        compiled(lambda x, y: x * y).value_and_grad(1.0, 2.0, argnums=argnums)


def test_value_and_grad_of_several_numbers():
    def f(x):
        return [w * x, w]

    def g(x):
        return w * x

    with pytest.raises(RuntimeError, match="value_and_grad expects one number as the result of f"):
        compiled(f).value_and_grad(1.0)
    with pytest.raises(RuntimeError, match="value_and_grad expects one number as the result of g"):
        compiled(g, 0).value_and_grad([1.0, 2.0])


def test_a_method_is_compiled_for_each_object():
    class Compiled(nn.Module):
        def __init__(self, number):
            self.factor = Value(number)
            self.fast = compiled(self.loss)

        def loss(self, x):
            return self.factor * x

        decorated = microgd.compile(loss)

    assert [Compiled(k).fast(3.0).item() for k in (1.0, 2.0)] == [3.0, 6.0]
    assert [Compiled(k).decorated(3.0).item() for k in (1.0, 2.0)] == [3.0, 6.0]


def test_source_and_parameters_before_the_first_call():
    c = compiled(_if)
    for name in ("source", "parameters"):
        with pytest.raises(RuntimeError, match="_if has not been traced yet: call it once"):
            getattr(c, name)


# What a function demands of its arguments is asked at each call, not at the trace.


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (3, IndexError, "Target 3 is out of bounds: there are 3 classes"),
        (-1, IndexError, "Target -1 is out of bounds"),
        (0.5, RuntimeError, "expected a class index, a whole number, got 0.5"),
        (nan, RuntimeError, "a whole number, got nan"),
        (inf, RuntimeError, "a whole number, got inf"),
    ],
)
def test_a_class_index_that_is_none(index, error, message, batched):
    def f(x, y):
        return nn.functional.cross_entropy([w * x, w, x], y)

    c = compiled(f, *((0, "mean") if batched else ()))
    for bad in (True, False, True):
        y = index if bad else 1
        x, y = ([1.0, 1.0], [0, y]) if batched else (1.0, y)
        if not bad:
            assert c(x, y).requires_grad
            continue
        with pytest.raises(error, match=re.escape(message)):
            c(x, y)


def test_an_index_into_a_table_that_is_none():
    table = nn.Embedding(3, 2)
    c = compiled(lambda i: table(i).sum())
    assert c(2).requires_grad
    with pytest.raises(IndexError, match="index out of range in self"):
        c(3)
    with pytest.raises(RuntimeError, match="whole number"):
        c(0.5)


@pytest.mark.parametrize("loss", [nn.functional.binary_cross_entropy, nn.functional.cross_entropy])
def test_probabilities_outside_of_0_and_1(loss):
    c = compiled(lambda y: loss([w * 0.25, w * 0.1], [y, 0.5]))
    assert c(0.5).requires_grad
    with pytest.raises(RuntimeError, match=r"all elements of target should be between 0 and 1, got 1.5"):
        c(1.5)


# --- when it is traced again ----------------------------------------------------------------------------


@pytest.fixture
def counted():
    """A function that counts how often it runs, and what is compiled of it."""

    class Counted:
        runs = 0

        def __call__(self, x):
            self.runs += 1
            return microgd.sum(x) * w if isinstance(x, (list, tuple)) else w * x

    return Counted()


def test_a_form_is_traced_once(counted):
    c = compiled(counted)
    for x in (1.0, 2, True, -0.0, nan):
        c(x)
    assert counted.runs == 1
    for k, x in enumerate(([1.0], [1.0, 2.0], (1.0, 2.0), [1.0, 3.0], Value(1.0), Value(2.0))):
        c(x)
        assert counted.runs == 1 + (1, 2, 3, 3, 4, 4)[k]
    c(Value(1.0, requires_grad=False))
    assert counted.runs == 6
    c(1.0)
    assert counted.runs == 6  # all of them are kept


def test_the_length_of_a_batch_needs_no_new_trace(counted):
    c = compiled(counted, 0, "mean")
    for n in (1, 5, 2, 100):
        c([1.0] * n)
        c(tuple([1.0] * n))
    assert counted.runs == 1


def test_a_flag_that_changes_is_traced_anew():
    a, b = Value(2.0), Value(3.0)
    runs = []

    def f(x):
        runs.append(1)
        return a * b * x

    c = compiled(f)
    assert gradients_of(c(1.0), [a, b]) == [3.0, 2.0]
    b.requires_grad = False
    assert gradients_of(c(1.0), [a, b]) == [3.0, None]
    assert len(runs) == 2
    b.requires_grad = True
    assert gradients_of(c(1.0), [a, b]) == [3.0, 2.0]
    Value(1.0).requires_grad_(False)  # another one: no reason for a trace
    c(1.0)
    assert len(runs) == 2  # the first trace holds again


def test_train_and_eval_are_traced_apart():
    layer = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5))
    runs = []

    def f(x):
        runs.append(1)
        return layer([x])[0]

    c = compiled(f)
    with pytest.raises(TraceError, match="draws a random number"):
        c(1.0)
    layer.eval()
    c(1.0)
    c(2.0)
    assert len(runs) == 2
    layer.train()
    with pytest.raises(TraceError, match="draws a random number"):
        c(1.0)
    layer.eval()
    c(1.0)


def test_a_function_that_failed_may_be_called_again():
    wrong = [True]

    def f(x):
        if wrong:
            raise LookupError("not yet")
        return w * x

    c = compiled(f)
    with pytest.raises(LookupError, match="not yet"):
        c(1.0)
    wrong.clear()
    assert c(3.0).item() == 6.0


# --- a trace leaves no trace ----------------------------------------------------------------------------


def test_no_value_of_the_user_changes():
    layer = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    x, other = Value(0.5, "x"), Value(3.0, requires_grad=False)
    before_made = x * 2.0
    everything = [*values(layer.parameters()), x, other, before_made]
    slots = [s for s in Value.__slots__ if s != "__weakref__"]
    for value in everything:
        value.grad = 1.25

    def state():
        return [[getattr(v, slot, "unset") for slot in slots] for v in everything]

    (before_made + layer([x, 1.0])[0]).backward()
    before = state()
    c = compiled(lambda a, b: layer([a, b])[0] * x + other * before_made)
    out = c(x, other)
    assert state() == before
    out.backward()
    assert not any(isinstance(item, microgd.jit.symbol.Symbol) for row in state() for item in row)


def test_a_value_that_is_kept_is_refused_where_it_is_used():
    kept = []

    def f(x):
        kept.append(w * x)
        return w * x

    compiled(f)(1.0)
    before = w.grad
    for use in (lambda: kept[0] + 1.0, lambda: compiled(lambda x: kept[0] * x)(1.0), kept[0].exp):
        with pytest.raises((TraceError, RuntimeError), match="Let the function return it instead"):
            use()
    assert w.grad == before
    assert "of a trace" in repr(kept[0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit, GeneratorExit, RecursionError])
def test_an_exception_inside_leaves_nothing(error):
    calls = []

    def f(x):
        y = (w * x).exp()
        calls.append(1)
        if len(calls) == 1:
            raise error
        return y

    c = compiled(f, 0, "sum")
    with pytest.raises(error):
        c([1.0])
    assert is_clean()
    assert (w * 2.0).item() == 4.0
    assert c([1.0]).item() == math.exp(2.0)


def test_a_signal_inside_leaves_nothing():
    stop = [True]

    def f(x):
        y = w * x
        if stop:
            signal.raise_signal(signal.SIGINT)
        return y.exp()

    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        c = compiled(f)
        with pytest.raises(KeyboardInterrupt):
            c(1.0)
    finally:
        signal.signal(signal.SIGINT, usual)
    stop.clear()
    assert c(1.0).item() == math.exp(2.0)


def test_an_interrupt_at_any_line_of_the_package_leaves_a_function_that_works():
    """The lines that open and close a block are left out: `tests.test_recording` has them."""
    lines, at = [0], 1
    while at:
        c = compiled(lambda x: (w * x).tanh() + w, 0, "mean")
        hit = interrupted(lambda c=c: c([1.0, 2.0]), at)
        if not is_clean():  # in a block's own lines
            for gate in (recording.tracing, recording.switched, recording.scoped):
                gate.clear()
            recording._state.set(recording._OUTSIDE)
            lines[0] += 1
        expected = microgd.mean([(w * x).tanh() + w for x in (1.0, 2.0)])
        assert c([1.0, 2.0]).item() == expected.item()
        assert gradients_of(c([1.0, 2.0]), [w]) == gradients_of(expected, [w])
        at = at + 41 if hit else 0
    assert lines[0] < 20


# --- threads --------------------------------------------------------------------------------------------


def in_a_thread(work: Callable[[], None]) -> Callable[[], None]:
    """Start the work in a thread. Call the result to wait for it and to raise what it raised."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()

    def joined() -> None:
        thread.join(30.0)
        assert not thread.is_alive()
        if raised:
            raise raised[0]

    return joined


def test_eager_code_in_another_thread_goes_on_during_a_trace():
    p = Value(3.0)
    inside, done = threading.Event(), threading.Event()
    found = []

    def f(x):
        y = p * x
        inside.set()
        assert done.wait(30.0)
        return y * p

    def eager():
        assert inside.wait(30.0)
        assert recording.tracing
        assert recording.current_trace() is None
        loss = (p * 2.0).exp() + microgd.where(p > 0.0, p, 0.0)
        loss.backward()
        found.extend([loss.item(), p.grad, float(Value(1.0).detach()), p.data])
        p.data = 5.0  # a training step there
        p.zero_grad()
        done.set()

    wait = in_a_thread(eager)
    try:
        out = compiled(f)(1.0)
    finally:
        done.set()
    wait()
    assert found == [math.exp(6.0) + 3.0, 2.0 * math.exp(6.0) + 1.0, 1.0, 3.0]
    assert out.item() == 25.0
    assert gradients_of(out, [p]) == [10.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_threads_may_call_one_compiled_function(backend):
    p = Value(0.5)

    def f(x, y):
        return (p * x).tanh() * y + p

    c = microgd.compile(f, 0, "sum", backend=backend)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(seed):
        rng = random.Random(seed)

        def run():
            for _ in range(60):
                n = rng.randrange(1, 4)
                xs, ys = ([rng.gauss(0.0, 1.0) for _ in range(n)] for _ in range(2))
                value, gradient = c.value_and_grad(xs, ys)
                expected = microgd.sum([f(x, y) for x, y in zip(xs, ys, strict=True)])
                assert value == expected.item()
                assert gradient == [microgd.autograd.grad(expected, p)[0].item()]

        return run

    try:
        for wait in [in_a_thread(work(seed)) for seed in range(4)]:
            wait()
    finally:
        sys.setswitchinterval(usual)


def test_two_threads_may_trace_at_the_same_time():
    p = Value(0.5)
    meeting = threading.Barrier(2, timeout=30.0)

    def work(k):
        def f(x):
            y = p * x
            meeting.wait()
            return y.exp() * k

        def run():
            assert compiled(f)(2.0).item() == math.exp(1.0) * k

        return run

    for wait in [in_a_thread(work(k)) for k in (2.0, 3.0)]:
        wait()


# --- memory ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_functions_that_are_compiled_and_dropped_leave_nothing(backend):
    """HYPOTHESIS_PROFILE=nightly: ten thousand of them."""
    p = Value(2.0)
    n = examples(300 if backend == "python" else 20)

    def once(k):
        c = microgd.compile(lambda x: p * x * float(k), backend=backend)
        c(1.0).backward()
        return weakref.ref(c)

    for k in range(5):
        once(k)
    gc.collect()
    before = len(gc.get_objects())
    dropped = [once(k) for k in range(n)]
    gc.collect()
    assert all(reference() is None for reference in dropped)
    del dropped
    assert len(gc.get_objects()) <= before + 50


def test_a_graph_with_compiled_nodes_is_freed_at_once():
    c = compiled(lambda x: w * x)
    c(1.0)
    gc.collect()
    gc.disable()
    try:
        out = c(3.0) + 1.0
        out.backward()
        reference = weakref.ref(out.inputs[0])
        del out
        assert reference() is None
    finally:
        gc.enable()
        w.zero_grad()


def test_a_parameter_is_kept_alive_by_the_function_and_not_longer():
    p = Value(2.0)
    reference = weakref.ref(p)
    c = compiled(lambda x, p=p: p * x)
    c(1.0)
    del p
    gc.collect()
    assert reference() is not None
    assert c(4.0).item() == 8.0
    del c
    gc.collect()
    assert reference() is None


# --- numbers of NumPy beside those of a trace -----------------------------------------------------------


@settings(max_examples=examples(20))
@given(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0))
def test_numpys_numbers_inside_are_numbers(a, b):
    numpy = pytest.importorskip("numpy")
    number = numpy.float64(a)
    for f in (
        lambda x: x * number * w,
        lambda x: number * x * w,
        lambda x: microgd.where(x < number, x, number) * w,
        lambda x: numpy.dot(numpy.array([x, number]), numpy.array([w, w])),
    ):
        assert compiled(f)(b).item() == f(b).item()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda w: setattr(w, "grad", 1.0), "changes a gradient"),
        (lambda w: w.zero_grad(), "changes a gradient"),
        (lambda w: setattr(w, "requires_grad", False), "changes requires_grad"),
    ],
)
def test_what_would_change_a_captured_value_once_is_refused(change, what):
    w = Value(2.0)
    w.grad = 5.0

    def f(x):
        change(w)
        return w * x

    with pytest.raises(TraceError, match=what):
        compiled(f)(3.0)
    assert (w.grad, w.requires_grad) == (5.0, True)


def test_a_value_that_is_made_in_the_function_may_be_changed():
    def f(x):
        v = Value(1.0, requires_grad=False)
        v.data = 5.0
        v.requires_grad_()
        v.grad = 0.0
        return v * x

    assert compiled(f)(3.0).item() == 15.0
