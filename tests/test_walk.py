"""Promises of the walk: in which order contributions arrive, and that threads may share leaves."""

import sys
import threading

import pytest

import microgd
from microgd import Value, autograd, nn

SAMPLES = [1e16, 1.0, -1e16]  # added up in this order they give 0, in any other order something else


def one_by_one():
    w = Value(1.0)
    return w, sum(w * x for x in SAMPLES)


def in_a_loop():
    w = Value(1.0)
    loss = w * SAMPLES[0]
    for x in SAMPLES[1:]:
        loss = loss + w * x
    return w, loss


def in_a_list():
    w = Value(1.0)
    return w, microgd.sum([w * x for x in SAMPLES])


def through_a_layer():
    layer = nn.Linear(1, 1, bias=False)
    return layer.weight[0][0], microgd.sum([layer([x])[0] for x in SAMPLES])


def through_a_batch():
    layer = nn.Linear(1, 1, bias=False)
    return layer.weight[0][0], microgd.sum([row[0] for row in layer([[x] for x in SAMPLES])])


@pytest.mark.parametrize("made", [one_by_one, in_a_loop, in_a_list, through_a_layer, through_a_batch])
def test_contributions_reach_a_leaf_in_the_order_of_the_samples(made):
    w, loss = made()
    loss.backward()
    assert w.grad == (1e16 + 1.0) - 1e16 == 0.0
    (gradient,) = autograd.grad(loss, w, create_graph=True)
    assert gradient.data == 0.0


def test_threads_that_share_a_leaf_get_right_gradients():
    w = Value(0.5)
    wrong = []

    def work(factor):
        for _ in range(60):
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
