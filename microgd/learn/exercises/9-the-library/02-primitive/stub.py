import microgd
from microgd import Value


def bell(x, width):
    """exp(-(x / width)**2), a primitive.

    x, width  two floats; or Values, once it is a primitive

    returns a float
    """
    return ...


if __name__ == "__main__":
    print(microgd.gradcheck(bell, (0.5, 2.0)))
    x = Value(0.5, "x")
    y = bell(x, 2.0)
    y.backward()
    print(microgd.tree(y))
