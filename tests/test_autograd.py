"""The walk: backward, grad, no_grad, detect_anomaly. One test per promise; PyTorch is the measure."""

import contextlib
import copy
import dis
import gc
import math
import pickle
import random
import signal
import sys
import threading
import tracemalloc
import weakref

import pytest
import torch

import microgd
from microgd import Value, autograd, detect_anomaly, no_grad

MILLION = 1_000_000


def chain(x, length):
    for _ in range(length):
        x = x * 0.9999995
    return x


STEPS = [
    lambda a, b, number: a + b,
    lambda a, b, number: a - b,
    lambda a, b, number: (a * b).tanh(),
    lambda a, b, number: a / (b * b + 1.0),
    lambda a, b, number: number * a,
    lambda a, b, number: number - a,
    lambda a, b, number: number / (a * a + 1),
    lambda a, b, number: a**2,
    lambda a, b, number: a.sin(),
    lambda a, b, number: microgd.maximum(a, b),
    lambda a, b, number: a.clamp(-number, number),
    lambda a, b, number: microgd.sum([a, b, a, number]) * 0.25,
    lambda a, b, number: microgd.dot([a, number], [b, a], b).tanh(),
    lambda a, b, number: microgd.logsumexp([a, b, number]),
]


def tangle(rng, leaves, size=30):
    """A random graph with shared nodes, constants, numbers on both sides, and reductions."""
    pool = [*leaves, Value(0.75, "c", requires_grad=False)]
    for _ in range(size):
        pool.append(rng.choice(STEPS)(rng.choice(pool), rng.choice(pool), rng.uniform(0.5, 1.5)))
    return microgd.mean(pool[-8:])


# --- backward -----------------------------------------------------------------------------------------


def test_a_second_backward_accumulates_exactly():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    assert x.grad == 27.0
    y.backward()
    assert x.grad == 54.0


def test_every_grad_adds_interior_ones_too():
    x = Value(3.0)
    square = x * x
    y = square * x
    y.backward()
    assert (square.grad, y.grad) == (3.0, 1.0)
    y.backward()
    (2.0 * square).backward()
    assert (square.grad, y.grad, x.grad) == (8.0, 2.0, 66.0)


@pytest.mark.parametrize("zero", [0, 0.0, None])
def test_grad_may_be_zeroed_by_hand(zero):
    x = Value(3.0)
    (x * x).backward()
    x.grad = zero
    (x * x).backward()
    assert x.grad == 6.0
    assert isinstance(x.grad, float)


def test_backward_without_a_graph_raises_pytorchs_sentence():
    with pytest.raises(RuntimeError) as theirs:
        torch.tensor(1.0).backward()
    for v in (Value(1.0, requires_grad=False), Value(2.0).detach() * 3):
        with pytest.raises(RuntimeError) as ours:
            v.backward()
        assert str(ours.value) == str(theirs.value)
        assert v.grad is None


def test_backward_of_a_leaf_gives_it_gradient_one():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("gradient", [2, 2.0, True, Value(2.0, requires_grad=False)], ids=repr)
def test_backward_starts_from_the_gradient_given(gradient):
    x = Value(3.0)
    y = x * x
    assert y.backward(gradient) is None
    number = gradient.data if isinstance(gradient, Value) else float(gradient)
    assert (y.grad, x.grad) == (number, 6.0 * number)


@pytest.mark.parametrize("gradient", ["1", [1.0], 1j])
def test_backward_refuses_a_gradient_that_is_no_number_and_nothing_changes(gradient):
    x = Value(3.0)
    with pytest.raises(TypeError, match="expected a number"):
        (x * x).backward(gradient)
    assert x.grad is None


def test_backward_works_inside_no_grad():
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


@pytest.mark.parametrize("seed", range(20))
def test_one_function_reads_the_record_and_backwards_inlined_loop_agrees_with_it(seed):
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    root = tangle(rng, leaves)
    nodes = autograd.topological_order((root,))
    sums = {id(v): 0.0 for v in nodes} | {id(root): 1.0}
    for node in reversed(nodes):
        operands, partials = autograd.record(node)
        assert operands == node.inputs
        assert len(operands) == len(partials)
        for operand, d in zip(operands, partials, strict=True):
            assert (d is None) == (isinstance(operand, float) or not operand.requires_grad)
            if d is not None:
                sums[id(operand)] += d * sums[id(node)]
    root.backward()
    for node in nodes:
        assert node.grad == pytest.approx(sums[id(node)], rel=1e-12, abs=1e-14)
    reached = [v for v in leaves if v.grad is not None]
    graphs = autograd.grad(root, reached, create_graph=True)
    assert [g.data for g in graphs] == pytest.approx([v.grad for v in reached], rel=1e-12, abs=1e-14)


def test_a_plain_backward_gives_the_derivative_of_what_was_recorded():
    w, x = Value(3.0, "w"), Value(5.0, "x")
    loss = w * w * x
    w.data = 100.0
    loss.backward()
    assert (w.grad, x.grad) == (30.0, 9.0)


def test_create_graph_on_stale_data_raises_pytorchs_sentence_naming_the_leaf():
    w, x = Value(3.0, "the weight"), Value(5.0)
    for loss in ((w * x).tanh(), microgd.sum([w, x, 1.0]), w**2, 1 / w, microgd.dot([w], [x])):
        w.data = 4.0
        sentence = "has been modified by an inplace operation: .*the weight"
        with pytest.raises(RuntimeError, match=sentence):
            autograd.grad(loss, w, create_graph=True)
        assert w.grad is None
        w.data = 3.0
        autograd.grad(loss, w, create_graph=True)


STALE = {
    "a value that changes and partials that do not": (1.0, 2.0, lambda w, x: w + x),
    "a partial that changes and a value that does not": (-2.0, 2.0, lambda w, x: abs(w)),
    "one of two partials": (3.0, 4.0, lambda w, x: w * x),
}


@pytest.mark.parametrize("name", STALE)
def test_create_graph_notices_every_change(name):
    before, after, f = STALE[name]
    w, x = Value(before, "w"), Value(0.0, "x")
    loss = f(w, x)
    w.data = after
    with pytest.raises(RuntimeError, match="inplace operation: w"):
        autograd.grad(loss, w, create_graph=True)


def test_a_leaf_is_blamed_before_an_interior_node_and_that_one_where_there_is_no_leaf():
    x = Value(3.0, "the leaf")
    inner = x * 2.0
    loss = (inner * x).tanh()
    x.data = 4.0
    with pytest.raises(RuntimeError, match="operation: the leaf, since mul was computed from it"):
        autograd.grad(loss, inner, create_graph=True)
    x.data = 3.0
    y = Value(2.0, "y")
    loss = inner * y
    y.data = 7.0
    with pytest.raises(RuntimeError, match="operation: y, since mul was computed from it"):
        autograd.grad(loss, inner, create_graph=True)
    inner.label = "inner"
    product = inner * inner
    product.data = 5.0
    with pytest.raises(RuntimeError, match="operation: inner or inner, since mul was computed from it"):
        autograd.grad(product, x, create_graph=True)
    inner.label = ""
    with pytest.raises(RuntimeError, match=r"operation: Value\(6.0, grad=None, op='mul'\) or Value"):
        autograd.grad(product, x, create_graph=True)


def test_a_nan_that_was_always_there_is_no_modification():
    w = Value(math.nan)
    (slope,) = autograd.grad(w * w, w, create_graph=True)
    assert math.isnan(slope.data)


# --- a million operations deep --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_million_deep_chain_builds_differentiates_copies_pickles_and_is_freed():
    assert sys.getrecursionlimit() <= 1000 or "coverage" in sys.modules
    x = Value(1.0, "x")
    root = chain(x, MILLION)
    root.backward()
    slope = x.grad
    assert slope == pytest.approx(root.data, rel=1e-9)

    twin = copy.deepcopy(root)
    twin.backward()
    assert x.grad == slope
    del twin

    twin = pickle.loads(pickle.dumps(root))
    assert (twin.data, twin.grad) == (root.data, 1.0)
    seen = weakref.ref(twin.inputs[0])
    del twin
    assert seen() is None

    seen = weakref.ref(root.inputs[0])
    del root
    assert seen() is None


def test_second_order_of_a_deep_chain_is_no_recursion():
    x = Value(1.0)
    (slope,) = autograd.grad(chain(x * x, 20_000), x, create_graph=True)
    slope.backward()
    assert x.grad == pytest.approx(2 * 0.9999995**20_000)


def test_a_node_takes_at_most_220_bytes_after_backward():
    length = 100_000
    tracemalloc.start()
    try:
        x = Value(1.0)
        root = chain(x, length)
        root.backward()
        bytes_now, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert bytes_now / length <= 220


# --- no reference cycles --------------------------------------------------------------------------------


def used_by_backward(x):
    root = tangle(random.Random(1), [x])
    root.backward()
    root.backward()
    return root


def used_by_grad(x):
    root = tangle(random.Random(1), [x])
    autograd.grad(root, [x, root])
    return root


def used_by_create_graph(x):
    root = tangle(random.Random(1), [x])
    (slope,) = autograd.grad(root, x, create_graph=True)
    slope.backward()
    autograd.grad(slope, x, create_graph=True)
    return root


def used_by_forward_mode(x):
    root = tangle(random.Random(1), [x])
    tangents = {id(x): Value(1.0)}
    for node in autograd.topological_order((root,)):
        for operand, d in zip(*autograd.record(node), strict=True):
            if d is not None:
                share = d * tangents.get(id(operand), 0.0)
                tangents[id(node)] = tangents.get(id(node), 0.0) + share
    return root


def used_by_an_exception_in_a_walk(x):
    root = tangle(random.Random(1), [x])
    kept, x.data = x.data, 99.0
    with pytest.raises(RuntimeError, match="inplace"):
        autograd.grad(root, x, create_graph=True)
    x.data = kept
    with pytest.raises(RuntimeError, match="not have been used"):
        autograd.grad(root, Value(1.0))
    with pytest.raises(KeyboardInterrupt):
        interrupted(root.backward, 20)
    return root


def used_by_copies(x):
    root = tangle(random.Random(1), [x])
    copy.copy(root)
    copy.deepcopy([root, x])
    pickle.loads(pickle.dumps(root))
    return root


def used_by_detect_anomaly(x):
    with detect_anomaly():
        root = tangle(random.Random(1), [x])
        with pytest.raises(RuntimeError, match="returned inf"):
            x / 0.0
        root.backward()
    return root


@pytest.mark.parametrize(
    "use",
    [
        used_by_backward,
        used_by_grad,
        used_by_create_graph,
        used_by_forward_mode,
        used_by_an_exception_in_a_walk,
        used_by_copies,
        used_by_detect_anomaly,
    ],
)
def test_a_graph_is_freed_by_reference_counting_alone(use):
    gc.collect()
    gc.disable()
    try:
        x = Value(0.5, "x")
        root = use(x)
        seen = [weakref.ref(v) for v in autograd.topological_order((root,)) if v is not x]
        assert len(seen) > 5
        del root
        assert all(ref() is None for ref in seen)
        leaf = weakref.ref(x)
        del x
        assert leaf() is None
        assert not [v for v in gc.get_objects() if type(v) is Value and v._data in (0.5, 0.75)]
    finally:
        gc.enable()


# --- interrupts -----------------------------------------------------------------------------------------


def interrupted(function, after):
    """Call the function, and raise KeyboardInterrupt where Python takes a signal for the `after`-th time.

    That is after a call, at the start of a function and at the end of a loop's body, and nowhere else.
    """
    steps = 0
    last = {}

    def trace(frame, event, arg):
        nonlocal steps
        frame.f_trace_opcodes = True
        if event == "call":
            last.pop(id(frame), None)
        if event == "opcode" and frame.f_globals.get("__name__", "").startswith("microgd"):
            done = last.get(id(frame), "RESUME")
            last[id(frame)] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if done.startswith(("CALL", "RESUME", "JUMP_BACKWARD")):
                steps += 1
                if steps == after:
                    raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 asks for it before the first trace
    sys.settrace(trace)
    try:
        return function()
    finally:
        sys.settrace(before)
        last.clear()  # it refers to the frames, and through `trace` to itself


def test_an_interrupt_at_any_point_leaves_all_gradients_as_they_were_or_all_written():
    x = Value(0.5)
    root = microgd.sum([x * x, x.tanh(), 2.0]) * x
    nodes = autograd.topological_order((root,))
    root.backward()
    once = [v.grad for v in nodes]
    twice = [2 * g for g in once]
    stopped = 0
    for after in range(1, 100_000):
        for v, g in zip(nodes, once, strict=True):
            v.grad = g
        try:
            interrupted(root.backward, after)
        except KeyboardInterrupt:
            stopped += 1
            assert [v.grad for v in nodes] in (once, twice)
        else:
            break
        for v in nodes:
            v.grad = None
        root.backward()  # the next one is right
        assert [v.grad for v in nodes] == once
    assert stopped > 50


def test_an_exception_while_gradients_are_added_undoes_all_and_goes_on():
    x, y, z = Value(1.0), Value(2.0), Value(3.0)
    x.grad = 5.0

    def arriving():
        yield 1.0
        yield 2.0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        autograd._add_to_grad([x, y, z], arriving())
    assert (x.grad, y.grad, z.grad) == (5.0, None, None)
    autograd._add_to_grad([x, y], [1.0, 2.0])
    assert (x.grad, y.grad) == (6.0, 2.0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_a_timers_interrupt_leaves_gradients_as_they_were():
    x = Value(1.0)
    root = chain(x, 100_000)
    nodes = autograd.topological_order((root,))

    def stop(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        for delay in (0.002, 0.01, 0.02, 0.03, 0.04):
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                root.backward()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                grads = {v.grad is None for v in nodes}
                assert len(grads) == 1
            for v in nodes:
                v.grad = None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    root.backward()
    assert x.grad == pytest.approx(root.data)


# --- no_grad --------------------------------------------------------------------------------------------


def recording():
    out = Value(1.0) * 2.0
    assert out.requires_grad is bool(out.inputs) is autograd.is_grad_enabled()
    return out.requires_grad


def test_no_grad_records_nothing_and_nests():
    assert recording()
    with no_grad():
        assert not recording()
        with no_grad():
            assert not recording()
        assert not recording()
    assert recording()


def test_no_grad_restores_itself_on_exceptions():
    with contextlib.suppress(ZeroDivisionError), no_grad(), no_grad():
        raise ZeroDivisionError
    assert recording()


def test_one_no_grad_may_be_entered_again():
    block = no_grad()
    with block, block:
        assert not recording()
    assert recording()


def test_no_grad_is_per_thread():
    inside, seen = threading.Event(), []

    def other():
        inside.wait()
        seen.append(recording())
        with no_grad():
            seen.append(recording())

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        thread.join()
        assert not recording()
    assert seen == [True, False]


def test_no_grad_decorates_a_function():
    @no_grad()
    def f(a, *, b=2):
        """Its text."""
        return recording(), a, b

    assert f(1) == (False, 1, 2)
    assert f(1, b=3) == (False, 1, 3)
    assert (f.__name__, f.__doc__) == ("f", "Its text.")
    assert recording()


def test_no_grad_decorates_a_generator_function_and_holds_only_while_it_runs():
    log = []

    @no_grad()
    def steps():
        try:
            log.append(recording())
            got = yield "first"
            log.append((recording(), got))
            try:
                yield "second"
            except ValueError as error:
                log.append((recording(), str(error)))
            yield "third"
        finally:
            log.append(recording())
        return "result"

    g = steps()
    assert log == []
    assert next(g) == "first"
    assert recording()
    assert g.send("sent") == "second"
    assert recording()
    assert g.throw(ValueError("thrown")) == "third"
    assert recording()
    with pytest.raises(StopIteration) as end:
        next(g)
    assert end.value.value == "result"
    assert log == [False, (False, "sent"), (False, "thrown"), False]

    log.clear()
    g = steps()
    next(g)
    g.close()
    assert log == [False, False]
    assert recording()

    g = steps()
    next(g)
    with pytest.raises(KeyError, match="out"):
        g.throw(KeyError("out"))
    assert recording()


def test_a_bare_with_around_a_yield_leaks_as_in_pytorch():
    def bare(block):
        with block():
            yield

    for block, enabled in [(torch.no_grad, torch.is_grad_enabled), (no_grad, autograd.is_grad_enabled)]:
        g = bare(block)
        next(g)
        assert not enabled()
        g.close()
        assert enabled()
    assert "leaks" in no_grad.__doc__


def test_a_block_entered_on_one_thread_and_left_on_another_is_no_exception():
    block = no_grad()
    thread = threading.Thread(target=block.__enter__)
    thread.start()
    thread.join()
    block.__exit__(None, None, None)
    assert recording()


def test_threads_with_separate_graphs_concurrently_give_right_gradients():
    wrong = []

    def work(seed):
        rng = random.Random(seed)
        numbers = [rng.uniform(-2, 2) for _ in range(3)]
        found = set()
        for _ in range(20):
            leaves = [Value(x) for x in numbers]
            tangle(random.Random(seed), leaves, 60).backward()
            found.add(tuple(v.grad for v in leaves))
        results[seed].append(found)

    results = {seed: [] for seed in range(6)}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in results]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    for seed in results:
        work(seed)  # alone
        together, alone = results[seed]
        wrong += [seed] * (together != alone or len(alone) != 1)
    assert wrong == []


# --- detect_anomaly -------------------------------------------------------------------------------------


def here(offset=0):
    frame = sys._getframe(1)
    return f"{__file__}:{frame.f_lineno + offset}"


@pytest.mark.parametrize("requires_grad", [True, False])
def test_detect_anomaly_names_the_operation_and_the_users_line_forward(requires_grad):
    x = Value(-1.0, "x", requires_grad)
    with detect_anomaly():
        for name, act in {
            "log": lambda: x.log(),
            "div": lambda: x / 0.0,
            "pow": lambda: x**0.5,
            "exp": lambda: microgd.exp(x * -1000),
            "sqrt": lambda: microgd.sqrt(x),
            "prod": lambda: microgd.prod([x, 1e300, 1e300]),
        }.items():
            with pytest.raises(RuntimeError, match=f"^{name} returned (nan|-?inf) at ") as found:
                act()
            assert f"{__file__}:{act.__code__.co_firstlineno}" in str(found.value)
        with pytest.raises(RuntimeError, match="log returned nan") as found:
            x.log()
        assert here(-1) in str(found.value)
    assert math.isnan(x.log().data)


def test_detect_anomaly_names_the_operation_and_the_users_line_backward():
    x = Value(0.0, "x")
    with detect_anomaly():
        root = x.sqrt(); line = here()  # noqa: E702  # fmt: skip
        loss = root * 3.0
        with pytest.raises(RuntimeError, match="the backward of sqrt returned inf") as found:
            loss.backward()
        assert line in str(found.value)
        assert x.grad is None
        with pytest.raises(RuntimeError, match="the backward of sqrt"):
            autograd.grad(loss, x)
    loss.backward()
    assert x.grad == math.inf


def test_detect_anomaly_is_quiet_where_nothing_is_wrong():
    with detect_anomaly():
        x = Value(0.5)
        loss = tangle(random.Random(0), [x])
        loss.backward()
        (Value(math.inf) + 1.0).backward()


# --- autograd.grad --------------------------------------------------------------------------------------


def both(function, *numbers):
    """The same computation on microgd and on PyTorch, each with its own grad."""
    ours = function(microgd.autograd.grad, *[Value(x) for x in numbers])
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    theirs = function(torch.autograd.grad, *leaves)
    return [None if v is None else v.item() for v in ours], [None if v is None else v.item() for v in theirs]


GRAD = {
    "one input": lambda grad, x, y: grad(x * y, x),
    "a list of inputs": lambda grad, x, y: grad(x * y, [x, y]),
    "a tuple of inputs": lambda grad, x, y: grad(x * y, (y, x)),
    "an input twice": lambda grad, x, y: grad(x * y, [x, x]),
    "several outputs": lambda grad, x, y: grad([x * y, x * x], [x, y]),
    "an output twice": lambda grad, x, y: grad([x, x], [x]),
    "an output that is an input": lambda grad, x, y: grad(x, x),
    "grad_outputs": lambda grad, x, y: grad([x * y, x * x], [x, y], [y.detach(), None]),
    "allow_unused": lambda grad, x, y: grad(x * x, [x, y], allow_unused=True),
    "create_graph": lambda grad, x, y: grad(grad(x**3 * y, x, create_graph=True)[0], [x, y]),
    "third order": lambda grad, x, y: grad(
        grad(grad((x * y).sin(), x, create_graph=True)[0], y, create_graph=True)[0], [x, y]
    ),
    "create_graph and grad_outputs": lambda grad, x, y: grad(
        grad(x**3, x, grad_outputs=y, create_graph=True)[0], [x, y]
    ),
    "grad_outputs that require grad": lambda grad, x, y: grad(x**3, x, grad_outputs=y),
}


@pytest.mark.parametrize("name", GRAD)
def test_grad_is_pytorchs(name):
    ours, theirs = both(GRAD[name], 1.5, -0.75)
    assert [v is None for v in ours] == [v is None for v in theirs]
    assert [v or 0.0 for v in ours] == pytest.approx([v or 0.0 for v in theirs], rel=1e-14)


def test_grad_of_interior_inputs():
    def f(grad, x, y):
        inner = x * y
        return grad(inner * inner * x, [inner, x])

    ours, theirs = both(f, 1.5, -0.75)
    assert ours == theirs


def test_grad_returns_a_tuple_of_constants_and_touches_no_grad():
    x = Value(3.0)
    y = x * x
    x.grad = 7.0
    result = autograd.grad(y, x)
    assert type(result) is tuple
    assert (result[0].data, result[0].requires_grad) == (6.0, False)
    (slope,) = autograd.grad(y, x, create_graph=True)
    assert slope.requires_grad
    assert (x.grad, y.grad) == (7.0, None)


def test_grads_signature_is_torchs():
    import inspect

    parameters = inspect.signature(autograd.grad).parameters
    assert {n: p.default for n, p in parameters.items()} == {
        "outputs": inspect.Parameter.empty,
        "inputs": inspect.Parameter.empty,
        "grad_outputs": None,
        "retain_graph": None,
        "create_graph": False,
        "allow_unused": None,
    }


ERRORS = {
    "an unused input": lambda grad, x, y: grad(x * x, y),
    "an output without a graph": lambda grad, x, y: grad(x.detach(), x),
    "an input that requires no grad": lambda grad, x, y: grad(x * y, y.detach()),
}


@pytest.mark.parametrize("name", ERRORS)
def test_grads_errors_are_pytorchs(name):
    x, y = Value(1.0), Value(2.0)
    with pytest.raises(RuntimeError) as ours:
        ERRORS[name](autograd.grad, x, y)
    t, u = (torch.tensor(v, requires_grad=True) for v in (1.0, 2.0))
    with pytest.raises(RuntimeError) as theirs:
        ERRORS[name](torch.autograd.grad, t, u)
    words = str(theirs.value).replace("at index 0 ", "").replace("Tensors", "Tensor").split(". ")[0]
    assert words.split("(")[0].rstrip(".") in str(ours.value).replace("at index 0 ", "").replace(
        "Tensors", "Tensor"
    )


def test_grad_wants_one_weight_for_each_output():
    x = Value(1.0)
    with pytest.raises(RuntimeError, match="got 1 tensors and 2 gradients: give one for each"):
        autograd.grad(x * x, x, [1.0, 2.0])


def test_grad_takes_tensors_of_one_element_as_outputs_and_weights():
    a = microgd.tensor([[2.0, 3.0]], requires_grad=True)
    one = (a * a)[:, :1]
    assert autograd.grad(one, a)[0].tolist() == [[4.0, 0.0]]
    assert autograd.grad([one, one[0]], a, [microgd.tensor([2.0]), None])[0].tolist() == [[12.0, 0.0]]
    for weight in (3, 3.0, Value(3.0), [3.0]):
        assert autograd.grad(one, a, weight)[0].tolist() == [[12.0, 0.0]]
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        autograd.grad(a * a, a)


def test_grad_of_a_tensor_with_a_constant_element_is_refused():
    mixed = microgd.Tensor([Value(1.0), 2.0])
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require grad"):
        autograd.grad(mixed[0] * 2.0, mixed)


def test_grad_names_the_index_of_the_unused_input():
    x, unused = Value(1.0), microgd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="Tensor at index 1 appears to not have been used"):
        autograd.grad(x * x, [x, unused])


def test_the_graphs_of_a_tensors_gradients_have_constants_where_nothing_depends():
    a = microgd.tensor([2.0, 3.0], requires_grad=True)
    (found,) = autograd.grad([a[0] ** 3, a[0] ** 3], a, create_graph=True)
    assert found.tolist() == [24.0, 0.0]
    assert [x.requires_grad for x in found] == [True, False]
    assert autograd.grad(found[0], a)[0].tolist() == [24.0, 0.0]


@pytest.mark.parametrize("seed", range(10))
def test_gradients_of_gradients_agree_with_differences_of_gradients(seed):
    rng = random.Random(seed)
    numbers = [rng.uniform(-1, 1) for _ in range(2)]

    def f(a, b):
        return (a * b).tanh() + (a - b).sin() * b**2 + microgd.logsumexp([a, b, 0.5])

    def slope(a, b):
        x = Value(a)
        return autograd.grad(f(x, Value(b)), x)[0].data

    x, y = map(Value, numbers)
    (first,) = autograd.grad(f(x, y), x, create_graph=True)
    second = autograd.grad(first, [x, y])
    h = 1e-5
    a, b = numbers
    assert second[0].data == pytest.approx((slope(a + h, b) - slope(a - h, b)) / (2 * h), abs=1e-8)
    assert second[1].data == pytest.approx((slope(a, b + h) - slope(a, b - h)) / (2 * h), abs=1e-8)
