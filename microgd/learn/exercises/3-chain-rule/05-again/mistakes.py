class Node:
    """A number that remembers what it was made of."""

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.operands = operands  # the nodes it was made of
        self.partials = partials  # for each of them, the local derivative
        self.grad = 0.0

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other), (other.data, self.data))


def order(root):
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


# %% the middle keeps its gradient -> kept-intermediates


def backward(root):
    root.grad = 1.0
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            operand.grad += partial * node.grad


# %% everything erased at the start -> forgets


def backward(root):
    for node in order(root):
        node.grad = 0.0
    root.grad = 1.0
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            operand.grad += partial * node.grad


# %% no gradient at the root -> no-seed


def backward(root):
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            operand.grad += partial * node.grad


# %% the root's gradient is its value -> seed-data


def backward(root):
    new = {id(root): root.data}
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            new[id(operand)] = new.get(id(operand), 0.0) + partial * new[id(node)]
    for node in order(root):
        node.grad += new[id(node)]


# %% replaced in the dict -> assign


def backward(root):
    new = {id(root): 1.0}
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            new[id(operand)] = partial * new[id(node)]
    for node in order(root):
        node.grad += new[id(node)]


# %% written and not added -> forgets


def backward(root):
    new = {id(root): 1.0}
    for node in order(root):
        for operand, partial in zip(node.operands, node.partials):
            new[id(operand)] = new.get(id(operand), 0.0) + partial * new[id(node)]
    for node in order(root):
        node.grad = new[id(node)]
