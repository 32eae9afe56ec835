"""diagnose_engine: results in between that only the graph can hold."""

import weakref

from microgd.check.engines import diagnose_engine


class Held:
    """Operands are held by their nodes, as they should be."""

    @staticmethod
    def hold(node):
        return lambda: node

    def __init__(self, data, *edges):
        self.data, self.grad = data, 0.0
        self.edges = [(self.hold(node), partial) for node, partial in edges]

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other.data), (other, self.data))

    def backward(self):
        self.send(1.0)

    def send(self, gradient):
        self.grad += gradient
        for held, partial in self.edges:
            node = held()
            if node is not None:
                node.send(gradient * partial)


class Weak(Held):
    hold = staticmethod(weakref.ref)


class WeakAndLoud(Weak):
    def send(self, gradient):
        self.grad += gradient
        for held, partial in self.edges:
            held().send(gradient * partial)


def test_an_engine_whose_nodes_do_not_hold_their_operands_is_wrong():
    assert diagnose_engine(Held)
    found = diagnose_engine(Weak)
    assert (found.ok, found.key) == (False, "not-held")
    assert found.message.endswith(
        " It is right if each result between the leaves and the root has a name. Does the graph itself hold"
        " them, or does it have weak references, or ids?"
    )


def test_so_is_one_that_raises_there():
    found = diagnose_engine(WeakAndLoud)
    assert (found.ok, found.key) == (False, "not-held")
    assert "raised AttributeError" in found.message
