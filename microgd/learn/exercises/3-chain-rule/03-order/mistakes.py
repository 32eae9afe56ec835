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


def push(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad += partial * node.grad


def backward(root):
    root.grad = 1.0
    for node in order(root):
        push(node)


# %% no memory of visits -> no-visited


def order(root):
    found = []

    def visit(node):
        for operand in node.operands:
            visit(operand)
        found.append(node)

    visit(root)
    return found[::-1]


# %% not reversed -> forward


def order(root):
    found, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for operand in node.operands:
                visit(operand)
            found.append(node)

    visit(root)
    return found


# %% node before operands, and not reversed -> preorder


def order(root):
    found, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            found.append(node)
            for operand in node.operands:
                visit(operand)

    visit(root)
    return found


# %% told apart by value -> by-value


def order(root):
    found, seen = [], set()

    def visit(node):
        if node.data not in seen:
            seen.add(node.data)
            for operand in node.operands:
                visit(operand)
            found.append(node)

    visit(root)
    return found[::-1]


# %% root left out -> no-seed, unknown


def order(root):
    found, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for operand in node.operands:
                visit(operand)
                found.append(operand)

    visit(root)
    return found[::-1]


# %% nothing returned -> wrong_shape


def order(root):
    found = [root]
    for operand in root.operands:
        order(operand)


# %% level by level -> breadth-first, preorder


def order(root):
    found, level = [], [root]
    while level:
        node = level.pop(0)
        if not any(node is other for other in found):
            found.append(node)
            level += node.operands
    return found


# %% endless -> raises


def order(root):
    return [root, *order(root)]
