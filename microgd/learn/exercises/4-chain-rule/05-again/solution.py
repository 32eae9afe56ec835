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


def topological_order(root):
    """Every node once, root first, each before its operands."""
    found, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for operand in node.operands:
                visit(operand)
            found.append(node)

    visit(root)
    return found[::-1]


def backward(root):
    new = {id(root): 1.0}
    for node in topological_order(root):
        for operand, partial in zip(node.operands, node.partials):
            new[id(operand)] = new.get(id(operand), 0.0) + partial * new[id(node)]
    for node in topological_order(root):
        node.grad += new[id(node)]
