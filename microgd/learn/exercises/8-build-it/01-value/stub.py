class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.operands = operands
        self.partials = partials
        self.grad = 0.0

    def __add__(self, other):
        """self + other, a Value. other is a Value or a plain number."""
        return ...

    def __mul__(self, other):
        """self * other, a Value. other is a Value or a plain number."""
        return ...

    def backward(self):
        """Add d self / d v to v.grad, for self and every Value v that it was made of."""
        ...

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
