from microgd import Value, autograd
from microgd.learn.checks import failed, passed, thing

# --- path ---


def slanted(x, y):
    return x * x * 1.5 + x * y + y * y * y * 0.5 + y


def flat(x, y):
    return x * 0.25 + y * y


def gradient_of(loss):
    def gradient(x, y):
        a, b = Value(x), Value(y)
        return tuple(g.data for g in autograd.grad(loss(a, b), [a, b]))

    return gradient


def walk(gradient, start, lr, steps, sign=1.0, rate=True, stays=False, one_by_one=False, stale=False):
    """The places of a descent, or of one with a mistake that learners make."""
    x, y = start
    places, first = [(x, y)], gradient(x, y)
    for _ in range(steps):
        dx, dy = first if stale else gradient(x, y)
        h = lr if rate else 1.0
        x -= sign * h * dx
        if one_by_one:
            dy = gradient(x, y)[1]
        if not stays:
            y -= sign * h * dy
        places.append((x, y))
    return places


WALKS = [(slanted, (0.5, -0.75), 0.1, 5), (slanted, (-0.25, 0.5), 0.02, 3), (flat, (0.0, 1.0), 0.3, 4)]

WAYS = {
    "uphill": ({"sign": -1.0}, "The first step goes uphill. Which sign has a step against the gradient?"),
    "no_rate": ({"rate": False}, "Each step is the whole gradient. What makes it shorter?"),
    "one_stays": ({"stays": True}, "x moves as it should, and y stays. Which one is missing?"),
    "one_by_one": (
        {"one_by_one": True},
        "x is right at first, and y is not: its gradient is asked for after x has moved. Do both move at once?",
    ),
    "stale": ({"stale": True}, "Each step is the first one again. Where is the gradient asked for?"),
}


def near(a, b):
    return len(a) == len(b) and all(abs(p - q) < 1e-6 for x, y in zip(a, b) for p, q in zip(x, y))


def check_path(answer):
    path = answer.function("path")
    yours, rights = [], []
    for loss, start, lr, steps in WALKS:
        found = path(gradient_of(loss), start, lr, steps)
        found = found.tolist() if hasattr(found, "tolist") else found  # a NumPy array
        if not isinstance(found, (list, tuple)):
            return failed("wrong_shape", f"`path` should return a list of pairs, and returns {thing(found)}.")
        yours.append([answer.numbers(place, "A place", 2) for place in found])
        rights.append(walk(gradient_of(loss), start, lr, steps))
    if all(near(a, b) for a, b in zip(yours, rights)):
        return None
    for key, (options, sentence) in WAYS.items():
        others = [walk(gradient_of(loss), *rest, **options) for loss, *rest in WALKS]
        if all(near(a, b) for a, b in zip(yours, others)):
            return failed(key, sentence)
    if all(near(a, b[1:]) for a, b in zip(yours, rights)):
        return failed("no_start", "Every place is right, and the first is missing. Where does the way begin?")
    case = next(k for k, (a, b) in enumerate(zip(yours, rights)) if not near(a, b))
    mine, his, (_, _, lr, steps) = yours[case], rights[case], WALKS[case]
    if len(mine) != steps + 1:
        return failed(
            "count",
            f"With {steps} steps, the list has {len(mine)} places. How many are there with the start?",
        )
    k = next(k for k, (a, b) in enumerate(zip(mine, his)) if not near([a], [b]))
    if k == 0:
        return failed("start", "The first place is not the start. What is in the list before the first step?")
    off = [name for name, a, b in zip("xy", mine[k], his[k]) if abs(a - b) > 1e-6]
    axes = f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'}"
    others = "Other ways are right. " if case else ""
    good = "the start is right" if k == 1 else f"the first {k} places are right"
    return failed(
        "a_step",
        f"{others}With lr = {lr:g}, {good}. In the next place, {axes} not where it should be. Which line moves it,"
        " and by what?",
    )


# --- picture ---


def drawn(places, width, height):
    rows = [["."] * width for _ in range(height)]
    for x, y in places:
        if -1 <= x < 1 and -1 <= y < 1:
            rows[height - 1 - int((y + 1) / 2 * height)][int((x + 1) / 2 * width)] = "o"
    return ["".join(row) for row in rows]


ON = [(-0.95, 0.85), (-0.3, 0.5), (0.15, 0.45), (0.9, -0.7), (0.15, 0.45)]
OFF = [(-1.04, 0.1), (0.1, -1.05), (1.02, 0.3), (0.3, 1.5), (-3.0, 0.5)]
EDGE = [(-1.0, -1.0), (1.0, 0.0), (0.25, 1.0)]
SIZES = [(9, 5), (20, 8)]


def check_picture(answer):
    picture = answer.function("picture")
    cases = [(ON, *size) for size in SIZES] + [(ON + OFF, *SIZES[0]), (EDGE, 10, 6), ([], 4, 2)]
    for number, (places, width, height) in enumerate(cases):
        rows = picture(list(places), width, height)
        right = drawn(places, width, height)
        if not isinstance(rows, (list, tuple)) or not all(isinstance(row, str) for row in rows):
            what = thing(rows[0]) if isinstance(rows, (list, tuple)) and rows else thing(rows)
            return failed(
                "not_rows", f"`picture` should return a list of strings, and there is {what}. What is a row?"
            )
        rows = list(rows)
        if rows == right:
            continue
        if len(rows) != height or {len(row) for row in rows} != {width}:
            lengths = ", ".join(str(n) for n in sorted({len(row) for row in rows}))
            return failed(
                "size",
                f"For width {width} and height {height} there are {len(rows)} rows, of length {lengths or 0}. Which"
                " number belongs to what?",
            )
        if set("".join(rows)) - {"o", "."}:
            return failed(
                "signs", 'There are other signs than "o" and "." in it. Which two does the text name?'
            )
        return named(rows, right, places, width, height, number)
    return None


def named(rows, right, places, width, height, number):
    """What is wrong with a picture."""
    if number == 2:
        return failed(
            "off_the_map",
            "Right, as long as all places are on the map. With some that are not, the picture is another one. int() of"
            " -0.3 is 0: is each border tested before?",
        )
    if number == 3:
        return failed(
            "edge",
            "Right inside of the map. For places exactly at its edge it is not: -1 is on the map, 1 is not any more."
            " Which comparison says so?",
        )
    if rows == right[::-1]:
        return failed("upside_down", "The map is upside down. Which row is the first one in a text?")
    if rows == [row[::-1] for row in right]:
        return failed("mirrored", "Left and right are exchanged. Where is column 0?")
    if rows == drawn([(y, x) for x, y in places], width, height):
        return failed("exchanged", "x and y are exchanged. Which of the two goes to the right?")
    if len(set(rows)) == 1 and "o" in rows[0]:
        return failed(
            "rows_shared", "All rows are equal. Is it one list, several times? [..] * n repeats one list."
        )
    if all(a == b or a == "." for x, y in zip(rows, right) for a, b in zip(x, y)):
        n, m = "".join(rows).count("o"), "".join(right).count("o")
        return failed(
            "some_places", f"{n} of the {m} fields where the way has been are marked. Which are missing?"
        )
    return failed(
        "fields",
        "There are marks in fields where the way has not been. How do column and row come from x and y?",
    )


def check(answer):
    return check_path(answer) or check_picture(answer) or passed(shown(answer))


def shown(answer):
    """The learner's own picture of a narrow valley."""
    places = answer.function("path")(lambda x, y: (0.3 * x, 10.0 * y), (-0.9, 0.9), 0.18, 20)
    rows = answer.function("picture")(places, 60, 15)
    return "Drawn by your two functions, a narrow valley:\n\n" + "\n".join(f"    {row}" for row in rows)
