def expression(x, y):
    s = x + y
    t = s + x
    return s + t
