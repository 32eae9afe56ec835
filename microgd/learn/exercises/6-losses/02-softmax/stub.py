def backward(a, b, c, out, g):
    """The gradients of the loss with respect to a, b and c.

    a, b, c  the inputs, three floats
    out      softmax of the three, already computed: a list of three floats that sum to 1
    g        the upstream gradients, d loss / d out[0] and so on: a list of three floats

    returns three floats
    """
    return ...
