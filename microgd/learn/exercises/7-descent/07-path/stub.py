def path(gradient, start, lr, steps):
    """The places of a descent.

    gradient  gradient(x, y) is two floats: d loss / d x and d loss / d y
    start     the first place, two floats
    lr        the learning rate
    steps     how many steps

    returns a list of pairs of floats: the start, and the place after each step
    """
    return ...


def picture(places, width, height):
    """A map of places, as text.

    places         a list of pairs of floats
    width, height  how many signs a row has, and how many rows there are

    returns a list of strings: the rows, from top to bottom
    """
    return ...


# Run this file with Python, to draw a narrow valley: steep in y, nearly level in x. Try other rates.


def valley(x, y):
    return 0.3 * x, 10.0 * y


if __name__ == "__main__":
    print("\n".join(picture(path(valley, (-0.9, 0.9), 0.18, 20), 60, 15)))
