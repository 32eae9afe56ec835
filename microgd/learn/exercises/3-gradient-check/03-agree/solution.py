def agree(a, b, tolerance):
    difference = abs(a - b)
    return difference <= 1e-9 or difference <= tolerance * max(abs(a), abs(b))
