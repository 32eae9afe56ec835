def expression(x, y):
    s = x + y
    return s + s
