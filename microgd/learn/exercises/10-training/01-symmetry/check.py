from microgd.learn.checks import compare, failed, passed, thing

A, B, C, D = [0.5, -0.25, 0.0], [0.5, 0.75, 0.0], [0.5, -0.25, 1.0], [-0.5, 0.25, 0.0]
CASES = [
    ([A, A, A],),
    ([A, B, A],),
    ([A, B, D],),
    ([A, C],),
    ([D, A, B, C, A],),
    ([B],),
    ([[1.0, 1.0], [1.0, 2.0]],),
]
CASES += [([A, B, A, B],), ([D, D, A, A],)]


def changes(neurons):
    return 1 + sum(a != b for a, b in zip(neurons, neurons[1:]))


SUSPECTS = {
    "counts_all": (len, "It counts all neurons, equal ones, too. Of two equal ones, how many should count?"),
    "first_only": (
        lambda neurons: len({neuron[0] for neuron in neurons}),
        "Two neurons with the same first weight count as one. What else is in a neuron?",
    ),
    "no_bias": (
        lambda neurons: len({tuple(neuron[:-1]) for neuron in neurons}),
        "Two neurons that differ in the last number alone count as one. What is the last number?",
    ),
    "neighbours": (
        changes,
        "Each neuron is compared with the one before it. In A, B, A, how many are different?",
    ),
    "pairs": (
        lambda neurons: sum(a != b for k, a in enumerate(neurons) for b in neurons[:k]),
        "It counts pairs that are different. How many neurons are?",
    ),
    "unique": (
        lambda neurons: sum(neurons.count(neuron) == 1 for neuron in neurons),
        "It counts neurons that are there only once. Of two equal ones, should one count?",
    ),
}


def right(neurons):
    return len({tuple(neuron) for neuron in neurons})


def listed(x):
    """A NumPy array as a list, other things as they are."""
    return x.tolist() if hasattr(x, "tolist") else x


def check_start(answer):
    start = answer.function("start")
    for count, inputs in ((12, 16), (5, 2), (1, 40)):
        neurons = listed(start(count, inputs))
        if not isinstance(neurons, (list, tuple)) or len(neurons) != count:
            many = f"has {len(neurons)}" if isinstance(neurons, (list, tuple)) else f"is {thing(neurons)}"
            return failed(
                "wrong_shape", f"start({count}, {inputs}) should be a list of {count} neurons, and {many}."
            )
        rows = [answer.numbers(row, "A neuron", inputs + 1) for row in neurons]
        if any(row[-1] for row in rows):
            return failed("bias", "A bias, the last number of a neuron, is not 0. Where does it come from?")
        weights = [row[:-1] for row in rows]
        bound = inputs**-0.5
        if right(weights) < count:
            return failed(
                "equal", "There are equal neurons in it. Is a random number drawn for each weight of each?"
            )
        if any(len(set(row)) < inputs for row in weights):
            return failed(
                "equal_weights", "In a neuron there are equal weights. Is a random number drawn for each?"
            )
        flat = [x for row in weights for x in row]
        if max(map(abs, flat)) > bound * (1 + 1e-9):
            return failed(
                "range",
                f"With {inputs} inputs, some weights are further from 0 than 1/sqrt({inputs}). What is the bound made"
                " of?",
            )
        if len(flat) < 30:
            continue
        if min(flat) > 0 or max(flat) < 0:
            return failed(
                "one_sign", "All weights have the same sign. Where does the range of the text begin?"
            )
        if max(map(abs, flat)) < bound / 2:
            return failed(
                "range",
                f"With {inputs} inputs, all weights are closer to 0 than half of 1/sqrt({inputs}). How far does the"
                " range of the text go?",
            )
    first, second = ([answer.numbers(row, "A neuron", 5) for row in listed(start(3, 4))] for _ in range(2))
    if first == second:
        return failed("same_again", "Two calls give the same neurons. What makes them draw alike?")
    return None


def check(answer):
    verdict = compare(answer, "different", right, CASES, SUSPECTS)
    if not verdict.ok:
        return verdict
    return check_start(answer) or passed(watched(answer))


def watched(answer):
    """What happens in training, from equal neurons and from the learner's."""
    stub = {"__name__": "stub"}
    exec(compile(answer.exercise.stub, "stub.py", "exec"), stub)
    lines = []
    yours = [answer.numbers(row, "A neuron", 3) for row in listed(answer.function("start")(4, 2))]
    for what, neurons in (("equal", [[0.5, -0.5, 0.0]] * 4), ("yours", yours)):
        after, loss = stub["watch"]([list(row) for row in neurons], 60)
        lines.append(
            f"    {what}   {right(neurons)} different   after training {right(after)}   loss {loss:.4f}"
        )
    return "Four neurons, trained on xor for 60 rounds:\n\n" + "\n".join(lines)
