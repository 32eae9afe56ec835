def backward(a, b, c, out, g):
    """The gradients of the loss with respect to a, b and c.

    a, b, c  the inputs, three floats
    out      softmax of the three, already computed: a list of three floats that sum to 1
    g        the upstream gradients: of the loss with respect to out[0], out[1] and out[2], a list

    returns three floats
    """
    return ...
