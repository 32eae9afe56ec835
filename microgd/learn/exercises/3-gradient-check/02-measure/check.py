import microgd
from microgd import Value, autograd
from microgd.learn.checks import compare, failed


def product(xs):
    return xs[0] * xs[1]


def mixed(xs):
    return xs[0] * xs[1] * xs[1] + microgd.sin(xs[2]) + microgd.exp(xs[0] - xs[2])


def far(xs):
    return microgd.log(xs[0] + 2.0) * xs[2] / (1.0 + xs[1] * xs[1])


def waves(xs):
    return microgd.sin(xs[0] / 2500.0) + microgd.sin(xs[1]) + microgd.cos(xs[2] / 50.0)


def alone(xs):
    return microgd.exp(xs[0]) * xs[0]


def right(f, xs):
    values = [Value(x) for x in xs]
    return [x.data for x in autograd.grad(f(values), values)]


CASES = [
    (mixed, [0.5, -1.25, 2.0]),
    (mixed, [1.5, 0.75, -0.5]),
    (far, [3.0, 0.5, -2.0]),
    (waves, [2500.0, 0.4, 60.0]),
    (waves, [0.0, 3.0, -45.0]),
]
CLOSE = 1e-7  # what is measured across both sides is right to 9 digits, to one side to 5


def moved(a, b):
    """How far a is from b; 0 if that is only rounding, as when a step is taken and taken back."""
    return a - b if abs(a - b) > 1e-9 * abs(b) else 0.0


def looked(answer):
    """What is wrong with the lists that f is asked at: each should differ from xs in one input."""
    xs, seen = [3.0, 500.0, -2.0], []

    def f(given):
        seen.append(list(given))
        return given[0] * 2.0 + given[1] * 3.0 - given[2]

    answer.function("gradient")(f, list(xs))
    moves = [[moved(a, b) for a, b in zip(given, xs)] for given in seen]
    for number, move in enumerate(moves, 1):
        at = [k for k, x in enumerate(move) if x]
        if len(at) > 1:
            return failed(
                "not_alone",
                f"For xs = [3, 500, -2], call number {number} of f gets a list in which the inputs"
                f" {', '.join(map(str, at))} are moved. Which of them should be as they were?",
            )
    for k in range(len(xs)):
        to = [move[k] for move in moves if move[k]]
        if not to:
            return failed("not_moved", f"Input {k} is never moved. Does each input get its turn?")
        if min(to) > 0 or max(to) < 0:
            side = "right" if min(to) > 0 else "left"
            return failed(
                "one_side",
                f"Input {k} is moved to the {side} and never to the other side. Which measurement of chapter 1 is"
                " that, and which one is better?",
            )
    if max(abs(move[1]) for move in moves) < 10 * max(abs(move[0]) for move in moves):
        return failed(
            "one_step",
            "The inputs 3 and 500 are moved equally far, or nearly so. Which step belongs to each of them?",
        )
    return None


def check(answer):
    verdict = compare(answer, "gradient", right, CASES, outputs=3, close=CLOSE)
    if verdict.ok:
        verdict = compare(answer, "gradient", right, [(alone, [0.3]), (alone, [-1.5])], close=CLOSE)
    if verdict.ok:
        verdict = compare(answer, "gradient", right, [(product, [3.0, 5.0])], outputs=2, close=CLOSE)
    if verdict.key in ("ok", "ok_rounded", "unknown", "zero"):
        found = looked(answer)
        if found is not None:
            return found
    if verdict.key == "unknown":
        return failed(
            "arithmetic",
            "f is asked at the right lists, and what is made of its answers is not right. Which difference do"
            " you take, and what do you divide it by?",
        )
    return verdict
