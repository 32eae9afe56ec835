import microgd
from microgd import Value


class Clip(microgd.autograd.Function):
    """x itself. Its gradient is clipped: never more than limit to either side."""

    @staticmethod
    def forward(ctx, x, limit):
        """The value.

        ctx    remembers what backward needs
        x      a float
        limit  the largest gradient, a float above 0

        returns a float
        """
        return ...

    @staticmethod
    def backward(ctx, grad):
        """The gradients of x and limit.

        grad  the upstream gradient, a float

        returns two things: the clipped gradient, and None
        """
        return ...


if __name__ == "__main__":
    x = Value(3.0, "x")
    (Clip.apply(x, 2.0) * 100.0).backward()
    print(x.grad)
