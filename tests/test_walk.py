"""The walk: its fast form is the textbook form; the order of contributions; threads, signals, forks."""

import contextlib
import os
import random
import signal
import sys
import threading

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd import Value, autograd, nn, no_grad, value
from microgd.tensor import values


def grown(seed, steps=60):
    """Leaves, and a random graph on them: single, binary and n-ary operations, layers, constants."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-2, 2)) for _ in range(4)] + [Value(0.5, requires_grad=False)]
    pool = list(leaves)
    for _ in range(steps):
        a, b = rng.choice(pool), rng.choice(pool)
        kind = rng.randrange(7)
        if kind < 3:
            pool.append([a + b, a * b, a - b][kind])
        elif kind == 3:
            pool.append(a.tanh())
        elif kind == 4:
            pool.append(microgd.mean([a, b, rng.choice(pool), 1.5]))
        elif kind == 5:
            pool.append(microgd.where(a > b, a, b * 2.0))
        else:
            inputs = [[rng.choice(pool) for _ in range(3)] for _ in range(2)]
            rows = [[rng.choice(leaves) for _ in range(3)] for _ in range(2)]
            pool += [x for row in nn.functional.linear(inputs, rows, [a, b]) for x in row]
    roots = [x for x in pool[-3:] if x.requires_grad] or [leaves[0] * 1.0]
    return leaves, roots


@given(st.integers(0, 10**9))
def test_the_fast_order_and_pass_are_those_of_the_textbook(seed):
    _, roots = grown(seed)
    with autograd._lock:
        fast = autograd._order(roots)
        assert all(x._upstream == 0.0 for x in fast)
        for root in roots:
            root._upstream += 1.0
        autograd._pass_back(fast)
        found = [x._upstream for x in fast]
    nodes = autograd.topological_order(roots)
    assert [id(x) for x in nodes] == [id(x) for x in fast]
    upstream = {}
    for root in roots:
        upstream[id(root)] = upstream.get(id(root), 0.0) + 1.0
    autograd.backward_pass(nodes, upstream)
    assert [upstream[id(x)] for x in nodes] == found


@given(st.integers(0, 10**9))
def test_every_operand_stands_before_what_is_made_of_it_and_every_node_once(seed):
    _, roots = grown(seed)
    nodes = autograd.topological_order(roots)
    place = {id(x): i for i, x in enumerate(nodes)}
    assert len(place) == len(nodes)
    for node in nodes:
        operands, partials = autograd.record(node)
        assert len(operands) == len(partials)
        for x, partial in zip(operands, partials, strict=True):
            assert partial is None or place[id(x)] < place[id(node)]


@given(st.integers(0, 10**9))
def test_forward_and_backward_pass_agree(seed):
    leaves, (root, *_) = grown(seed)
    nodes = autograd.topological_order([root])
    rng = random.Random(seed)
    direction = [rng.uniform(-1, 1) for _ in leaves]
    tangents = {id(x): t for x, t in zip(leaves, direction, strict=True)}
    autograd.forward_pass(nodes, tangents)
    upstream = {id(root): 1.0}
    autograd.backward_pass(nodes, upstream)
    reverse = sum(t * upstream.get(id(x), 0.0) for x, t in zip(leaves, direction, strict=True))
    assert tangents.get(id(root), 0.0) == pytest.approx(reverse, rel=1e-9, abs=1e-9)


def test_a_forward_pass_leaves_the_tangents_it_starts_from():
    x = Value(3.0)
    y = x * x
    z = y * 2.0 + Value(1.0)
    tangents = {id(x): 1.0, id(y): 5.0}
    autograd.forward_pass(autograd.topological_order([z]), tangents)
    assert (tangents[id(x)], tangents[id(y)], tangents[id(z)]) == (1.0, 5.0, 10.0)


def test_a_constant_passes_no_tangent_on():
    x, c = Value(3.0), Value(2.0, requires_grad=False)
    y = x * c
    tangents = {id(c): 1.0}
    autograd.forward_pass(autograd.topological_order([y]), tangents)
    assert tangents == {id(c): 1.0}
    tangents = {id(c): 1.0, id(x): 1.0}
    autograd.forward_pass(autograd.topological_order([y]), tangents)
    assert tangents[id(y)] == 2.0


def test_the_order_of_a_deep_chain_is_no_recursion():
    y = Value(1.0)
    for _ in range(50_000):
        y = y * 1.0
    assert len(autograd.topological_order([y])) == len(autograd.nodes_under([y])) == 50_001


# --- who gets what first ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "total", [sum, microgd.sum, lambda xs: microgd.sum(xs) * 1.0], ids=["plain", "n-ary", "scaled"]
)
def test_contributions_reach_a_weight_in_the_order_of_the_samples(total):
    w = Value(1.0)
    total([w * x for x in (1e16, 1.0, -1e16)]).backward()
    assert w.grad == (1e16 + 1.0) - 1e16 == 0.0
    w = Value(1.0)
    total([w * x for x in (1e16, -1e16, 1.0)]).backward()
    assert w.grad == (1e16 - 1e16) + 1.0


def test_contributions_reach_a_layers_weight_in_the_order_of_the_samples():
    for batch, expected in (([[1e16], [1.0], [-1e16]], 0.0), ([[1e16], [-1e16], [1.0]], 1.0)):
        w, b = Value(1.0), Value(0.0)
        outputs = nn.functional.linear(batch, [[w]], [b])
        microgd.sum([row[0] for row in outputs]).backward()
        assert w.grad == expected


# --- threads, signals, forks -------------------------------------------------------------------------------


def test_threads_that_share_leaves_get_right_gradients():
    shared = [Value(0.1 * i + 0.1) for i in range(6)]
    wrong = []

    def loss(k):
        total = shared[k % 6] * float(k)
        for x in shared:
            total = (total * x + x).tanh()
        return total

    expected = [[g.data for g in autograd.grad(loss(k), shared)] for k in range(8)]

    start = threading.Barrier(8)

    def work(k):
        start.wait()
        for _ in range(100):
            if [g.data for g in autograd.grad(loss(k), shared)] != expected[k]:
                wrong.append(k)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_a_walk_waits_for_the_walk_of_another_thread(monkeypatch):
    w = Value(0.5)
    losses = {"first": (w * 2.0).exp() * w, "second": (w * 3.0).sin() * w}
    expected = {name: autograd.grad(loss, w)[0].data for name, loss in losses.items()}
    real, half_way, done = autograd._pass_back, threading.Event(), threading.Event()
    found = {}

    def slow(nodes):
        if threading.current_thread().name == "first":
            real(nodes[2:])
            half_way.set()
            done.wait(0.3)  # time enough for the second, if nothing holds it
            real(nodes[:2])
        else:
            real(nodes)

    def work(name):
        found[name] = autograd.grad(losses[name], w)[0].data

    monkeypatch.setattr(autograd, "_pass_back", slow)
    first = threading.Thread(target=work, args=("first",), name="first")
    first.start()
    half_way.wait(10)
    second = threading.Thread(target=lambda: (work("second"), done.set()), name="second")
    second.start()
    first.join()
    second.join()
    assert found == expected


def test_backward_passes_of_several_threads_all_add_to_a_shared_leaf():
    w = Value(1.0)

    def work():
        for _ in range(200):
            (w * 1.0).backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert w.grad == 1200.0


def test_a_walk_inside_a_walk_of_the_same_thread_is_right_and_disturbs_nothing():
    x, y = Value(2.0), Value(3.0)
    outer, inner = x * x * y, (x * y).exp()
    expected = [g.data for g in autograd.grad(inner, [x, y])]
    found = []
    real = autograd._pass_back

    def interrupted(nodes):
        half = len(nodes) // 2
        real(nodes[half:])
        found.append([g.data for g in autograd.grad(inner, [x, y])])  # as in a signal handler
        inner.backward()
        real(nodes[:half])

    autograd._pass_back = interrupted
    try:
        gradients = [g.data for g in autograd.grad(outer, [x, y])]
    finally:
        autograd._pass_back = real
    assert found == [expected]
    assert [x.grad, y.grad] == expected
    assert gradients == [12.0, 4.0]
    assert not autograd._lock.locked()


def test_every_call_is_right_inside_a_walk_and_the_walk_goes_on(monkeypatch):
    """In a signal handler, say."""
    x, y, frozen, unused = Value(2.0), Value(3.0), Value(5.0), Value(7.0)
    loss, product = x * y, x * y * frozen
    frozen.requires_grad_(False)
    real, found = autograd._order, []

    def interrupted(roots):
        if roots == [loss]:  # the walk outside
            product.backward(10.0)
            product.backward(inputs=[x])
            found.extend(x.data for x in autograd.grad([loss, loss], [x, y], [1.0, 3.0]))
            found.append(autograd.grad(loss, unused, allow_unused=True)[0])
            found.append(microgd.func.grad(lambda a: a * y)(2.0).data)
            found.append([id(v) for v in autograd.nodes_under([loss])] == [id(y), id(x), id(loss)])
        return real(roots)

    monkeypatch.setattr(autograd, "_order", interrupted)
    found += [g.data for g in autograd.grad(loss, [x, y])]
    assert found == [12.0, 8.0, None, 3.0, True, 3.0, 2.0]
    assert (x.grad, y.grad, frozen.grad) == (150.0 + 15.0, 100.0, None)
    assert not autograd._interrupted_walk()


@pytest.mark.parametrize(
    "call",
    [
        lambda x, loss: loss.backward(),
        lambda x, loss: autograd.grad(loss, x),
        lambda x, loss: autograd.nodes_under([loss]),
    ],
)
def test_a_walk_holds_the_lock_and_lets_go_of_it_on_an_exception(call, monkeypatch):
    x = Value(2.0)
    real, seen = autograd._order, []

    def watched(roots):
        seen.append((autograd._lock.locked(), autograd._interrupted_walk()))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(roots)

    monkeypatch.setattr(autograd, "_order", watched)
    call(x, x * x)
    with pytest.raises(KeyboardInterrupt):
        call(x, x * x)
    assert seen == [(True, True)] * 2
    assert not autograd._lock.locked()
    assert not autograd._interrupted_walk()
    with autograd._lock:  # another thread's walk
        assert not autograd._interrupted_walk()
    monkeypatch.setattr(
        autograd, "_walking", threading.get_ident()
    )  # an interrupt came before it was 0 again
    assert not autograd._interrupted_walk()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_child_forked_while_another_thread_walks_can_walk():
    with autograd._lock:  # as if another thread held it
        child = os.fork()
        if not child:
            signal.alarm(20)
            x = Value(3.0)
            (x * x).backward()
            os._exit(0 if x.grad == 6.0 else 1)
    assert os.waitpid(child, 0)[1] == 0


# --- PyTorch's semantics ------------------------------------------------------------------------------------


def test_a_leaf_frozen_after_the_forward_pass_receives_nothing():
    w, x = Value(2.0), Value(3.0)
    loss = w * x
    w.requires_grad_(False)
    loss.backward()
    assert (w.grad, x.grad) == (None, 2.0)
    w.requires_grad_(True)
    loss.backward()
    assert (w.grad, x.grad) == (3.0, 4.0)


def test_create_graph_inside_no_grad_gives_a_graph():
    x = Value(3.0)
    y = x * x * x
    with no_grad():
        (first,) = autograd.grad(y, x, create_graph=True)
    assert first.requires_grad
    assert autograd.grad(first, x)[0].data == 18.0


def test_backward_adds_only_to_the_inputs_it_is_given():
    x, y = Value(2.0), Value(3.0)
    z = x * y
    loss = z * 2.0
    loss.backward(inputs=[x])
    assert (x.grad, y.grad, z.grad, loss.grad) == (6.0, None, None, None)
    loss.backward(inputs=y, retain_graph=True)
    assert (x.grad, y.grad) == (6.0, 4.0)


def test_backward_with_create_graph_names_the_function_that_returns_graphs():
    with pytest.raises(RuntimeError, match=r"autograd\.grad\(loss, inputs, create_graph=True\)"):
        (Value(1.0) * 2.0).backward(create_graph=True)


def test_an_unused_tensor_has_the_gradient_none():
    used, unused = microgd.tensor([1.0, 2.0], requires_grad=True), microgd.tensor([3.0], requires_grad=True)
    found = autograd.grad(used[0] * 3.0, [used, unused], allow_unused=True)
    assert found[0].tolist() == [3.0, 0.0]
    assert found[1] is None


def test_anomaly_detection_names_a_sum_of_contributions_that_overflows():
    x = Value(0.0, "x")
    with (
        microgd.detect_anomaly(),
        pytest.raises(RuntimeError, match=r"contributions to the gradient of .*'x'.* add up to inf"),
    ):
        (x * 1e308 + x * 1e308).backward(1.0)


def test_rows_with_a_frozen_element_take_the_general_path_and_are_right():
    weights = [Value(0.5), Value(-1.0, requires_grad=False), Value(2.0)]
    inputs = [
        [Value(1.0), 2.0, Value(3.0, requires_grad=False)],
        [1.0, 2.0, 3.0],
        [Value(4.0), Value(5.0), Value(6.0)],
    ]
    bias = Value(0.25)
    out = nn.functional.linear(inputs, [weights], [bias])
    assert [row[0].data for row in out] == [4.75, 4.75, 9.25]
    microgd.sum([row[0] for row in out]).backward()
    assert [w.grad for w in weights] == [6.0, None, 12.0]
    assert (bias.grad, inputs[0][0].grad, inputs[2][1].grad) == (3.0, 0.5, -1.0)
    for row in out:
        operands, partials = autograd.record(row[0])
        assert len(operands) == len(partials) == 7


def test_the_record_of_a_neuron_has_a_partial_for_each_operand_that_wants_a_gradient():
    x, w, b = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)], Value(1.0)
    for inputs, row, bias, expected in (
        (x, w, b, (5.0, 7.0, 2.0, 3.0, 1.0)),
        ([2.0, 3.0], w, b, (None, None, 2.0, 3.0, 1.0)),
        (x, [5.0, 7.0], 1.0, (5.0, 7.0, None, None, None)),
    ):
        ((out,),) = nn.functional.linear([inputs], [row], [bias])
        operands, partials = autograd.record(out)
        assert operands == (*inputs, *row, bias)
        assert partials == expected
        assert out.data == 32.0
        (out * 4.0).backward()
        for v, partial in zip(out.inputs, partials, strict=True):
            assert partial is None or v.grad == 4.0 * partial
        assert (x[0].grad is None, w[0].grad is None) == (expected[0] is None, expected[2] is None)
        for v in (*x, *w, b):
            v.zero_grad()


# --- the place of an operation with a backward of its own ---------------------------------------------------


class Upstreams(dict):
    """The upstream gradients of several outputs, by number: what arrives at the call that made them."""

    def __add__(self, other):
        if other == 0.0:
            return self
        return Upstreams({k: self.get(k, 0.0) + other.get(k, 0.0) for k in {**self, **other}})

    __radd__ = __add__


class OfOutput:
    """Beside the call, in the record of its k-th output."""

    def __init__(self, k):
        self.k = k

    def __mul__(self, received):
        return Upstreams({self.k: received})


class OfInput:
    """Beside the i-th input, in the record of the call: `backward` runs once for all of them."""

    def __init__(self, backward, i, seen):
        self.backward, self.i, self.seen = backward, i, seen

    def __mul__(self, received):
        if self.seen.get("received") is not received:
            self.seen.update(
                received=received, found=self.backward(*[received.get(k, 0.0) for k in range(2)])
            )
        return self.seen["found"][self.i]


def test_a_call_with_several_outputs_and_a_backward_of_its_own_is_one_vertex_of_the_walk():
    x, y, calls, seen = Value(3.0), Value(4.0), [], {}

    def backward(g_length, g_angle):  # not linear on purpose: clipped at 1
        calls.append((g_length, g_angle))
        return min(1.0, 0.6 * g_length - 0.16 * g_angle), min(1.0, 0.8 * g_length + 0.12 * g_angle)

    row = microgd.ops.Primitive("polar", None, None)
    call = value._node(row, 0.0, x, y, OfInput(backward, 0, seen), OfInput(backward, 1, seen))
    length, angle = (
        value._node(row, data, call, None, OfOutput(k), None) for k, data in enumerate((5.0, 0.9273))
    )
    loss = length * 2.0 + angle * 0.5 + length
    expected = [min(1.0, 0.6 * 3.0 - 0.16 * 0.5), min(1.0, 0.8 * 3.0 + 0.12 * 0.5)]
    found, _ = autograd.gradients([loss], [1.0], [x, y])
    assert found == expected
    upstream = {id(loss): 1.0}
    autograd.backward_pass(autograd.topological_order([loss]), upstream)
    assert [upstream[id(x)], upstream[id(y)]] == expected
    assert calls == [(3.0, 0.5)] * 2


def test_a_layer_inside_of_enable_grad_inside_of_no_grad_is_recorded_as_anywhere():
    layer = nn.Linear(3, 2)
    inputs = [[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]
    found = []
    for blocks in ((), (no_grad(), microgd.enable_grad())):
        layer.zero_grad()
        with contextlib.ExitStack() as stack:
            for block in blocks:
                stack.enter_context(block)
            loss = microgd.sum(layer(inputs).tanh())
        loss.backward()
        found.append([loss.data, *(p.grad for p in values(layer.parameters()))])
    assert found[0] == found[1]
    with no_grad():
        assert not layer(inputs)[0][0].requires_grad
