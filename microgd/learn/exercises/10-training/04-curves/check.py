from microgd import Value
from microgd.learn.checks import compare, failed, passed

# Two settings: examples, weights at the beginning, learning rate and rounds.
SETTINGS = [
    ([(0.5, 1.0), (-0.5, 0.25), (1.0, -0.5)], [(0.25, 0.5), (-1.0, 1.0)], [0.0, 0.0, 0.0], 0.1, 6),
    ([(-0.25, -1.0), (0.75, 0.5)], [(0.5, 0.0), (0.0, 1.0), (-0.5, 0.5)], [0.5, -0.25], 0.4, 9),
]
CLOSE = 1e-6


def learn(stub, setting, by="train", zero=True, sign=1.0, stop=False, after=False, both_after=False):
    """Both curves; or those of a training with a mistake that learners make."""
    train, test, start, lr, rounds = setting
    weights = [Value(x) for x in start]
    loss_of, first, second = stub["loss_of"], [], []
    for _ in range(rounds):
        for w in weights:
            if zero:
                w.grad = None
        if "train" in by:
            loss_of(weights, train).backward()
        if "test" in by:
            loss_of(weights, test).backward()
        before = loss_of(weights, train).data, loss_of(weights, test).data
        for w in weights:
            w.data -= 0.0 if stop else sign * lr * w.grad
        later = loss_of(weights, train).data, loss_of(weights, test).data
        first.append((later if both_after else before)[0])
        second.append((later if after or both_after else before)[1])
    return first, second


SUSPECTS = {
    "learns_both": ({"by": "train and test"}, "It learns from both sets. Which one is only looked at?"),
    "learns_test": ({"by": "test"}, "It learns from the test set. Which one is only looked at?"),
    "no_zero": (
        {"zero": False},
        "The first two rounds are right, then they go astray. What is in .grad from before?",
    ),
    "uphill": (
        {"sign": -1.0},
        "The first round is right, then the loss on train grows. Which sign has a step?",
    ),
    "no_step": ({"stop": True}, "Both curves are level: nothing moves. Is there a step, and is it stored?"),
    "test_after": (
        {"after": True},
        "The loss on train is right. The one on test is that of after the step. When is it computed?",
    ),
    "both_after": ({"both_after": True}, "Both losses are those of after the step. When are they computed?"),
}


def near(a, b):
    return all(
        len(x) == len(y) and all(abs(p - q) <= CLOSE * max(1.0, abs(q)) for p, q in zip(x, y))
        for x, y in zip(a, b)
    )


def check_curves(answer, stub):
    curves, theirs = answer.function("curves"), answer.function("Value")
    yours, rights = [], []
    for setting in SETTINGS:
        train, test, start, lr, rounds = setting
        found = curves([theirs(x) for x in start], list(train), list(test), lr, rounds)
        found = found.tolist() if hasattr(found, "tolist") else found  # a NumPy array
        if not isinstance(found, (list, tuple)) or len(found) != 2:
            return failed(
                "wrong_shape",
                "`curves` should return two lists, with a comma between them. What does it return?",
            )
        what = "Each list that `curves` returns"
        yours.append([answer.numbers(list(part), what, rounds) for part in found])
        rights.append(learn(stub, setting))
    if all(map(near, yours, rights)):
        return None
    if all(near(a, b[::-1]) for a, b in zip(yours, rights)):
        return failed("exchanged", "Both curves are right, in the wrong order. Which one comes first?")
    if all(near(a, (b[0], b[0])) for a, b in zip(yours, rights)):
        return failed(
            "train_twice", "Both curves are the loss on train. Which examples belong to the second one?"
        )
    for key, (options, sentence) in SUSPECTS.items():
        if all(near(a, learn(stub, setting, **options)) for a, setting in zip(yours, SETTINGS)):
            return failed(key, sentence)
    for which, k in (("train", 0), ("test", 1)):
        if all(near([a[1 - k]], [b[1 - k]]) for a, b in zip(yours, rights)):
            return failed(
                "one_curve",
                f"The other curve is right, and the one for {which} is not. What is computed there?",
            )
    case = next(k for k, pair in enumerate(zip(yours, rights)) if not near(*pair))
    which = next(k for k in (0, 1) if not near([yours[case][k]], [rights[case][k]]))
    mine, right = yours[case][which], rights[case][which]
    name, lr = ("train", "test")[which], SETTINGS[case][3]
    good = next(k for k in range(len(right)) if not near([mine[k : k + 1]], [right[k : k + 1]]))
    if not good:
        return failed(
            "first_loss",
            f"Already the first number is not the loss on {name}, with the weights as they were given. Which"
            " examples is it computed from?",
        )
    some = f"the first loss on {name} is" if good == 1 else f"the first {good} losses on {name} are"
    return failed(
        "astray",
        f"With lr = {lr:g}, {some} right, and the next one is not. What happens between two rounds, and in which"
        " order?",
    )


LOSSES = [([3.0, 1.0, 2.0],), ([1.0, 2.0],), ([5.0, 4.0, 3.0, 2.5],), ([2.0, 1.0, 4.0, 1.0, 3.0],), ([7.0],)]
BEST = {
    "best_loss": (min, "`best` returns the smallest loss itself. In which round was it?"),
    "best_largest": (lambda x: x.index(max(x)), "`best` finds the largest loss. Which one is the best?"),
    "best_from_one": (
        lambda x: x.index(min(x)) + 1,
        "`best` counts from 1. What is the number of the first round?",
    ),
    "best_last": (
        lambda x: len(x) - 1 - x[::-1].index(min(x)),
        "Of two equal losses, `best` finds the last one. Which of them is asked for?",
    ),
    "best_end": (
        lambda x: len(x) - 1,
        "`best` says the last round, always. In which one was the loss smallest?",
    ),
}


def check(answer):
    stub = {"__name__": "stub"}
    exec(compile(answer.exercise.stub, "stub.py", "exec"), stub)
    verdict = check_curves(answer, stub)
    if verdict is not None:
        return verdict
    verdict = compare(answer, "best", lambda x: x.index(min(x)), LOSSES, BEST)
    return passed(picture(stub)) if verdict.ok else verdict


def picture(stub, rounds=240, width=60, height=12):
    """Both curves of the stub's examples, as text."""
    first, second = learn(stub, (stub["TRAIN"], stub["TEST"], [0.0] * 8, 0.1, rounds))
    top = max(first + second)
    rows = [[" "] * width for _ in range(height)]
    for sign, losses in (("o", first), ("x", second)):
        for column in range(width):
            row = min(height - 1, int(losses[column * rounds // width] / top * height))
            rows[height - 1 - row][column] = sign
    lines = ["".join(row).rstrip() for row in rows]
    stop = second.index(min(second))
    return (
        f"The stub's examples, {rounds} rounds from left to right, o train, x test. The best round is {stop}:\n\n"
        + "\n".join(f"    |{line}" for line in lines)
    )
