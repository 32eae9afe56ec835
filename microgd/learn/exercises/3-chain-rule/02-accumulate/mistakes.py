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


def backward(root):
    root.grad = 1.0
    for node in order(root):
        push(node)


# %% replaced instead of added -> assign


def push(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad = partial * node.grad


# %% only the first operand -> first-only


def push(node):
    if node.operands:
        node.operands[0].grad += node.partials[0] * node.grad


# %% each operand counted once -> dedup


def push(node):
    for operand in set(node.operands):
        operand.grad += node.partials[node.operands.index(operand)] * node.grad


# %% erased first -> zero-children, assign


def push(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad = 0.0
        operand.grad += partial * node.grad


# %% no partial -> push


def push(node):
    for operand in node.operands:
        operand.grad += node.grad


# %% no gradient of the node -> no-upstream


def push(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad += partial


# %% nothing done -> unknown, no-seed, zero


def push(node):
    pass


# %% minus -> push


def push(node):
    for operand, partial in zip(node.operands, node.partials):
        operand.grad -= partial * node.grad


# %% index out of range -> raises


def push(node):
    for k in range(2):
        node.operands[k].grad += node.partials[k] * node.grad
