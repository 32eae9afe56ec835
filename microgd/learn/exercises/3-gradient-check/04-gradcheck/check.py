import microgd
from microgd import Value, autograd
from microgd.learn.checks import failed, passed, thing

PLACES = [[1.5, -0.5, 2.0], [0.25, 3.0, -1.0], [-2.0, 1.0, 0.5], [0.75, 0.5, -3.0]]


def f(xs):
    return xs[0] * xs[0] * xs[1] + microgd.sin(xs[2]) * xs[1]


def right(xs):
    values = [Value(x) for x in xs]
    return [x.data for x in autograd.grad(f(values), values)]


def but(number, change, where=PLACES):
    """A rule that is right, but for one input at some places."""

    def rule(xs):
        said = right(xs)
        if list(xs) in where:
            said[number] = change(said[number])
        return said

    return rule


def off(x):
    return x + 0.5


NAN = float("nan")
RULES = [  # the rule, the inputs that it gets wrong, the inputs at the first place, what is wrong
    (right, [], "a rule that is right"),
    (but(0, off), [0], "a rule that is wrong about input 0, at each place"),
    (but(1, off), [1], "a rule that is wrong about input 1, at each place"),
    (but(2, off, PLACES[-1:]), [2], "a rule that is wrong about input 2, at the last place"),
    (but(1, off, PLACES[:1]), [1], "a rule that is wrong about input 1, at the first place"),
    (but(0, off, PLACES[1:2]), [0], "a rule that is wrong about input 0, at the second place"),
    (but(2, lambda x: -x), [2], "a rule that has the wrong sign for input 2"),
    (but(1, lambda x: 1.001 * x), [1], "a rule that is a thousandth too large for input 1"),
    (but(0, lambda x: x * (1 + 1e-4)), [0], "a rule that is a ten-thousandth too large for input 0"),
    (but(2, lambda x: NAN), [2], "a rule that says nan for input 2"),
    (lambda xs: [off(x) for x in right(xs)], [0, 1, 2], "a rule that is wrong about all inputs"),
    (lambda xs: [0.0, right(xs)[1], 0.0], [0, 2], "a rule that says 0 for the inputs 0 and 2"),
]
SAYS_NAN, EVERYTHING_WRONG = 9, 10  # the numbers of two rules


def shown(numbers):
    return "[" + ", ".join(map(str, numbers)) + "]"


def named(found, wanted):
    """What the answers have in common, as a verdict; None if nothing is known about it."""
    if not any(numbers for k, numbers in enumerate(found) if k != SAYS_NAN):
        return failed(
            "accepts",
            "It returns [] for rules that are right and for rules that are wrong. What is compared with what?",
        )
    if found[0]:
        if len(found[0]) == 3 and not found[EVERYTHING_WRONG]:
            return failed("opposite", "It returns the inputs that are right. Which ones are asked for?")
        if all(set(numbers) >= set(one) for numbers, one in zip(found, wanted)):
            return failed(
                "refuses",
                f"It returns {shown(found[0])} for a rule that is right: a measured number is never exactly what a"
                " rule says. When are two numbers close enough?",
            )
    if any(len(set(numbers)) < len(numbers) for numbers in found):
        return failed("twice", "The number of an input is there more than once. What takes each only once?")
    if any(k > 2 for numbers in found for k in numbers):
        return failed(
            "places_counted",
            "There are 4 places with 3 inputs each, and a number above 2 is in your list. Does it count inputs"
            " or places?",
        )
    at = [set(numbers) == set(one) for numbers, one in zip(found, wanted)]
    if all(at[:3]) and at[4] and not at[3] and not at[5]:
        return failed(
            "one_place",
            "A rule that is wrong at the first place is found, and one that is wrong at a later place is not. How"
            " many places are tried?",
        )
    if all(at[:3]) and not any(at[3:6]):
        return failed(
            "every_place",
            "A rule that is wrong at every place is found, and one that is wrong at a single place is not. Is one"
            " enough?",
        )
    if all(at[:7]) and not (at[7] and at[8]):
        return failed(
            "tolerant",
            "Rules that are far off are found. One that is off by a ten-thousandth, or a thousandth, is not. Which"
            " tolerance is used?",
        )
    return None


def check(answer):
    gradcheck = answer.function("gradcheck")
    found, wanted = [], [one for _, one, _ in RULES]
    for rule, _, _ in RULES:
        result = gradcheck(f, rule, [list(xs) for xs in PLACES])
        if result is True or result is False or not isinstance(result, (list, tuple)):
            return failed(
                "not_a_list",
                f"`gradcheck` should return a list of numbers, and returns {thing(result)}. Which inputs are wrong?",
            )
        found.append([int(answer.number(k, "What is in the list")) for k in result])
    if [sorted(numbers) for numbers in found] == wanted:
        return passed()
    if (verdict := named(found, wanted)) is not None:
        return verdict
    numbers, one, what = next(row for row in zip(found, wanted, (r[2] for r in RULES)) if row[0] != row[1])
    return failed(
        "one_rule", f"For {what}, it returns {shown(numbers)}. Which comparison puts an input on that list?"
    )
