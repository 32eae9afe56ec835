class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.operands = operands
        self.partials = partials
        self.grad = 0.0

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        topological_order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                topological_order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((operand, False) for operand in node.operands)
        new = {id(self): 1.0}
        for node in reversed(topological_order):
            for operand, partial in zip(node.operands, node.partials):
                new[id(operand)] = new.get(id(operand), 0.0) + partial * new[id(node)]
        for node in topological_order:
            node.grad += new[id(node)]

    # Ready for you: numbers on the left, and what can be made of + and *.

    def __radd__(self, other):  # other + self
        return self + other

    def __rmul__(self, other):  # other * self
        return self * other

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -1.0 * other

    def __rsub__(self, other):  # other - self
        return other + -self
