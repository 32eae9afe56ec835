class Value:
    def __init__(self, data, operands=()):
        self.data = data
        self.operands = operands
        self.grad = 0.0
        self.backward_step = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def backward_step():
            self.grad += out.grad
            other.grad += out.grad

        out.backward_step = backward_step
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def backward_step():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.backward_step = backward_step
        return out

    def backward(self):
        self.grad = 1.0

        def visit(value):
            value.backward_step()
            for operand in value.operands:
                visit(operand)

        visit(self)


def expression(x, y):
    """The smallest expression that this engine gets a wrong gradient for.

    x, y  two Values

    returns a Value, made of x and y with + and * (each may be used several times)
    """
    return ...
