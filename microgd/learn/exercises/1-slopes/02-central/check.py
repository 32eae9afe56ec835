import math

from microgd.learn.checks import compare, failed


def cube(x):
    return x * x * x


def right(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


CASES = [(f, x, h) for f in (cube, math.sin, math.exp) for x in (-1.3, 0.4, 2.1) for h in (0.1, 0.007)]
CASES += [(cube, 30.0, 0.25), (math.sin, 30.0, 0.01), (abs, -0.25, 0.5), (cube, -12.0, 2.0)]

ONE_SIDE = (
    "That is measured on one side of x, between x and one step away. Where does the way of this exercise begin,"
    " and where does it end?"
)
SUSPECTS = {
    "one_side": (lambda f, x, h: (f(x + h) - f(x)) / h, ONE_SIDE),
    "left_side": (lambda f, x, h: (f(x) - f(x - h)) / h, ONE_SIDE),
    "half_way": (
        lambda f, x, h: (f(x + h) - f(x - h)) / h,
        "The rise from x - h to x + h is divided by one step. How many steps long is the way?",
    ),
    "no_brackets": (
        lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
        "The rise is divided by 2 and then multiplied by h: Python goes from left to right. Where do brackets go?",
    ),
    "precedence": (
        lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
        "Only f(x - h) is divided: Python divides before it subtracts. Where do brackets go?",
    ),
    "half_step": (
        lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h,
        "A good slope, measured from x - h/2 to x + h/2. How far to either side does this exercise go?",
    ),
    "no_division": (
        lambda f, x, h: f(x + h) - f(x - h),
        "This is how far the curve rises from x - h to x + h. What makes a slope of a rise?",
    ),
    "added": (
        lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
        "The two heights are added. The rise is what the one has more than the other: which operation is that?",
    ),
}


def looked(answer):
    """Where f is asked, if it is another place than the text names; or that only the arithmetic is off."""
    places = []

    def f(x):
        places.append(x)
        return 2.0 * x + 1.0

    answer.function("central")(f, 3.0, 0.5)
    shown = " and ".join(f"f({x:g})" for x in places) or "nothing"
    if sorted(set(places)) != [2.5, 3.5]:
        return failed(
            "other_places", f"For x = 3 and h = 0.5 you use {shown}. Where does the way begin and end?"
        )
    return failed(
        "arithmetic",
        "The two heights that you use are the right ones. What is made of them is not a rise divided by the length"
        " of the way. Which operation is another one?",
    )


def check(answer):
    verdict = compare(answer, "central", right, CASES, SUSPECTS)
    if verdict.key == "unknown":
        return looked(answer)
    return verdict._replace(key="one_side") if verdict.key == "left_side" else verdict
