def backward(w, x, b, out, g):
    """The gradients of the loss with respect to w, x and b.

    w, x, b  the weight, the input and the bias, three floats
    out      tanh(w * x + b), already computed
    g        the upstream gradient, d loss / d out

    returns three floats
    """
    ds = ...
    return ...
