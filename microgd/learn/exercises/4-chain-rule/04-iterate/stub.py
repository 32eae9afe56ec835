class Node:
    """A number that remembers what it was made of."""

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.operands = operands  # the nodes it was made of
        self.partials = partials  # for each of them, the partial derivative
        self.grad = 0.0

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other), (other.data, self.data))


def backward_step(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad += partial * node.grad


def topological_order(root):
    """The nodes that root was made of, in the order in which they take their steps.

    root  a Node; node.operands are the nodes it was made of, a leaf has none

    returns a list of nodes: each of them once, root first, and each before its operands.
    No function may call itself
    """
    return ...


# The rest is ready.


def backward(root):
    root.grad = 1.0
    for node in topological_order(root):
        backward_step(node)
