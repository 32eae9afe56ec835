import math

from microgd.learn.checks import failed, passed, thing

FLOOR = 1e-9

# Differences stay away from the border: rounding decides nothing here.
PAIRS = [
    (1000000.001, 1000000.0), (0.002, 0.003), (3.0, 3.0), (-5.0, -5.0), (2.0, -2.0), (-1e-3, 1e-3),
    (0.0, 0.0), (0.0, 1e-12), (-1e-10, 0.0), (0.0, 1e-5), (-1e-4, 0.0), (7.0, 7.0005), (7.0005, 7.0),
    (-7.0, -7.0005), (-7.0005, -7.0), (-40.0, -41.0), (-41.0, -40.0), (5.0, 5.0000001), (5e6, 5000100.0),
    (1e-6, 1.2e-6), (1e-11, 3e-11), (-3.0, -2.0), (0.5, 0.50001), (1.0, 1e9), (-1e9, 1.0), (1.0, 2.0),
    (100.0, 100.3), (-100.3, -100.0), (1e-5, 1.000001e-5), (0.0, 3e-9), (0.0, 5e-8),
]  # fmt: skip
NAN = float("nan")
CASES = [(a, b, tolerance) for tolerance in (1e-6, 1e-3) for a, b in PAIRS]
CASES += [
    (5.0, 4.1, 0.2),
    (4.1, 5.0, 0.2),
    (-4.1, -5.0, 0.2),
    (1.0, 1.3, 0.2),
    (NAN, 1.0, 1e-3),
    (1.0, NAN, 1e-3),
    (NAN, NAN, 1e-3),
]


def right(a, b, tolerance):
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=FLOOR)


def size(a, b):
    return max(abs(a), abs(b))


SUSPECTS = {
    "absolute": (
        lambda a, b, tolerance: abs(a - b) <= tolerance,
        "The difference itself is compared with the tolerance, for large and for small numbers. In relation to"
        " what should it be small?",
    ),
    "no_floor": (
        lambda a, b, tolerance: abs(a - b) <= tolerance * size(a, b),
        "Right, but for numbers that are very close to 0. Which differences are always accepted?",
    ),
    "only_floor": (
        lambda a, b, tolerance: abs(a - b) <= FLOOR,
        "Only a difference of at most 1e-9 is accepted. What about large numbers, and the tolerance?",
    ),
    "both": (
        lambda a, b, tolerance: abs(a - b) <= FLOOR and abs(a - b) <= tolerance * size(a, b),
        "Both conditions must hold in yours. Is one of them enough?",
    ),
    "signed": (
        lambda a, b, tolerance: a - b <= FLOOR or a - b <= tolerance * size(a, b),
        "It says that they agree whenever the first number is the smaller one. Has a difference a sign?",
    ),
    "size_signed": (
        lambda a, b, tolerance: abs(a - b) <= FLOOR or abs(a - b) <= tolerance * max(a, b),
        "Right, but for two numbers below 0. How large is the size of -7?",
    ),
    "sign_lost": (
        lambda a, b, tolerance: right(abs(a), abs(b), tolerance),
        "Right, but for numbers of opposite sign: yours says that 2 and -2 agree. Where does the sign get lost?",
    ),
    "size_of_first": (
        lambda a, b, tolerance: abs(a - b) <= FLOOR or abs(a - b) <= tolerance * abs(a),
        "Right, when the first number is the larger one. Is there always the same one in your size?",
    ),
    "size_of_second": (
        lambda a, b, tolerance: abs(a - b) <= FLOOR or abs(a - b) <= tolerance * abs(b),
        "Right, when the second number is the larger one. Is there always the same one in your size?",
    ),
    "other_tolerance": (
        lambda a, b, tolerance: right(a, b, 1e-6),
        "Right with the tolerance 1e-6, and the same with any other. Is the argument used?",
    ),
    "opposite": (
        lambda a, b, tolerance: not right(a, b, tolerance),
        "Exactly the opposite, in every case. What should True say?",
    ),
    "always": (lambda a, b, tolerance: True, "It says True in every case that was tried. Even for 1 and 2?"),
    "never": (lambda a, b, tolerance: False, "It says False in every case that was tried. Even for 3 and 3?"),
}


def check(answer):
    agree = answer.function("agree")
    yours = []
    for case in CASES:
        result = agree(*case)
        if isinstance(result, float) or result not in (True, False):
            return failed(
                "not_bool",
                f"`agree` should return True or False, and returns {thing(result)}. Which comparison is it?",
            )
        yours.append(bool(result))
    if yours == [right(*case) for case in CASES]:
        return passed()
    for key, (suspect, sentence) in SUSPECTS.items():
        if yours == [suspect(*case) for case in CASES]:
            return failed(key, sentence)
    a, b, tolerance = next(case for case, result in zip(CASES, yours) if result != right(*case))
    difference = f"the difference is {abs(a - b):g}" if a == a and b == b else "one of them is nan"
    return failed(
        "one_pair",
        f"agree({a!r}, {b!r}, {tolerance:g}) is {not right(a, b, tolerance)}. There, {difference}."
        " What follows from the two conditions?",
    )
