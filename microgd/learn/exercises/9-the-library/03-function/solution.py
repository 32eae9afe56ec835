import microgd
from microgd import Value


class Clip(microgd.autograd.Function):
    @staticmethod
    def forward(ctx, x, limit):
        ctx.limit = limit
        return x

    @staticmethod
    def backward(ctx, grad):
        return max(-ctx.limit, min(grad, ctx.limit)), None
