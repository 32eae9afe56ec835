"""Promises of the walk: in which order contributions arrive, and that threads may share leaves."""

import sys
import threading

import pytest

import microgd
from microgd import Value, autograd, nn

# --- in which order ---

BATCHES = [[1.0, 1e16, -1e16], [1e16, 1.0, -1e16], [1e16, -1e16, 1.0]]  # the order of a sum shows


def one_by_one(samples):
    w = Value(1.0)
    return w, sum(w * x for x in samples)


def in_a_loop(samples):
    w = Value(1.0)
    loss = w * samples[0]
    for x in samples[1:]:
        loss = loss + w * x
    return w, loss


def in_a_list(samples):
    w = Value(1.0)
    return w, microgd.sum([w * x for x in samples])


def through_a_layer(samples):
    layer = nn.Linear(1, 1, bias=False)
    return layer.weight[0][0], microgd.sum([layer([x])[0] for x in samples])


def through_a_batch(samples):
    layer = nn.Linear(1, 1, bias=False)
    return layer.weight[0][0], microgd.sum([row[0] for row in layer([[x] for x in samples])])


@pytest.mark.parametrize("samples", BATCHES)
@pytest.mark.parametrize("made", [one_by_one, in_a_loop, in_a_list, through_a_layer, through_a_batch])
def test_contributions_reach_a_leaf_in_the_order_of_the_samples(made, samples):
    w, loss = made(samples)
    loss.backward()
    assert w.grad == (samples[0] + samples[1]) + samples[2]
    (gradient,) = autograd.grad(loss, w, create_graph=True)
    assert gradient.data == w.grad


# --- two ways to write the chain rule ---


def test_the_unrolled_backward_pass_is_the_textbooks():
    microgd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Linear(4, 1))
    inputs = [[Value(0.3 * i - j) for i in range(3)] for j in range(4)]
    inputs.append(list(reversed(inputs[0])))
    root = microgd.sum(
        [row[0] * row[0] / (x[0] * x[0] + 2.0) for row, x in zip(model(inputs), inputs, strict=True)]
    )
    nodes = autograd.topological_order([root])
    upstream = {id(root): 1.0}
    autograd.backward_pass(nodes, upstream)
    root.backward()
    assert len(nodes) > 100
    for node in nodes:
        assert node.grad == pytest.approx(upstream[id(node)], rel=1e-12, abs=1e-15)


# --- threads ---


def test_threads_that_share_a_leaf_get_right_gradients():
    w = Value(0.5)
    wrong = []

    start = threading.Barrier(8)

    def work(factor):
        start.wait()
        for _ in range(150):
            loss = sum((w * factor) ** 2 for _ in range(20))
            (gradient,) = autograd.grad(loss, w)
            if gradient.data != pytest.approx(20 * 2 * factor**2 * 0.5):
                wrong.append((factor, gradient.data))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(float(i),)) for i in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
