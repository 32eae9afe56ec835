def path(gradient, start, lr, steps):
    x, y = start
    places = [(x, y)]
    for _ in range(steps):
        dx, dy = gradient(x, y)
        x, y = x - lr * dx, y - lr * dy
        places.append((x, y))
    return places


def picture(places, width, height):
    rows = [["."] * width for _ in range(height)]
    for x, y in places:
        if -1 <= x < 1 and -1 <= y < 1:
            rows[int((y + 1) / 2 * height)][int((x + 1) / 2 * width)] = "o"
    return ["".join(row) for row in reversed(rows)]
