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


# %% still recursive -> recursion


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


# %% each node appended when popped -> preorder


def order(root):
    found, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            found.append(node)
            stack.extend(node.operands)
    return found


# %% no memory of visits -> recursive, no-visited, timeout, raises


def order(root):
    found, stack = [], [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
        else:
            stack.append((node, True))
            stack.extend((operand, False) for operand in node.operands)
    return found[::-1]


# %% not reversed -> forward


def order(root):
    found, seen = [], set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((operand, False) for operand in node.operands)
    return found


# %% marked when pushed -> preorder, unknown, breadth-first


def order(root):
    found, seen, stack = [], {id(root)}, [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
        else:
            stack.append((node, True))
            for operand in node.operands:
                if id(operand) not in seen:
                    seen.add(id(operand))
                    stack.append((operand, False))
    return found[::-1]


# %% never popped -> timeout


def order(root):
    stack = [root]
    while stack:
        node = stack[-1]
        stack.extend(node.operands)
    return stack
