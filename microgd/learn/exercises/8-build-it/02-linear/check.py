from microgd.learn.checks import failed, passed, thing

INPUTS, OUTPUTS = 3, 2
X = [0.5, -2.0, 3.0]


def check(answer):
    layer = answer.function("Linear")(INPUTS, OUTPUTS)
    weight, bias = layer.weight, layer.bias
    for name, what in (("weight", weight), ("bias", bias)):
        if not isinstance(what, (list, tuple)):
            return failed("wrong_shape", f"`{name}` should be a list, and is {thing(what)}.")
    rows = [len(row) if isinstance(row, (list, tuple)) else 0 for row in weight]
    if rows == [OUTPUTS] * INPUTS:
        return failed(
            "transposed",
            f"Linear({INPUTS}, {OUTPUTS}) has {INPUTS} rows of {OUTPUTS} weights: one row for each input. Which"
            " of the two does a row belong to?",
        )
    if rows != [INPUTS] * OUTPUTS or len(bias) != OUTPUTS:
        return failed(
            "wrong_shape",
            f"Linear({INPUTS}, {OUTPUTS}) has rows of {rows} weights and {len(bias)} biases. How many of each do"
            f" {OUTPUTS} outputs of {INPUTS} inputs need?",
        )
    values = [w for row in weight for w in row] + list(bias)
    for value in values:
        if not (hasattr(value, "data") and hasattr(value, "backward")):
            return failed("not_a_value", f"Weights and biases should be Values, and one is {thing(value)}.")
    if len({id(value) for value in values}) < len(values):
        return failed(
            "shared",
            "The same Value stands in several places of weight or bias: training would move them together. Is a"
            " list multiplied, [..] * n? That repeats one Value, and makes no new ones.",
        )
    if len({value.data for value in values[:-OUTPUTS]}) == 1:
        return failed(
            "all_equal", "All weights begin equal, so they would stay equal for ever. Could they be random?"
        )
    listed = list(layer.parameters())
    if [id(p) for p in listed] != [id(value) for value in values]:
        if {id(p) for p in listed} == {id(value) for value in values}:
            return failed(
                "parameter_order", "parameters() lists all of them, in another order. Which comes first?"
            )
        return failed(
            "parameters",
            f"parameters() lists {len(listed)} Values, and the layer has {len(values)}. Training moves only"
            " those that are listed: which are missing, or too many?",
        )
    for k, value in enumerate(values):
        value.data = 0.25 * k - 0.6
    out = list(layer(X))
    if len(out) != OUTPUTS:
        return failed(
            "wrong_count", f"{OUTPUTS} outputs were asked for, and there are {len(out)}. One for each what?"
        )
    sums = [sum(w.data * x for w, x in zip(row, X)) for row in weight]
    for i, (y, s, b) in enumerate(zip(out, sums, bias)):
        if not hasattr(y, "backward"):
            return failed("not_a_value", f"An output should be a Value, and is {thing(y)}. Was .data taken?")
        got = answer.number(y.data, "The .data of an output")
        if abs(got - s) < 1e-9:
            return failed(
                "no_bias", "The outputs are right but for the bias, which is not in them. Where does it go?"
            )
        if abs(got - s - b.data) > 1e-6:
            return failed(
                "wrong_output",
                f"Output {i} is not its row times x, plus its bias. Is each weight multiplied by the input at its"
                " place, and are the products added up?",
            )
        y.backward()
    right = [x for _ in range(OUTPUTS) for x in X] + [1.0] * OUTPUTS
    for k, (value, x) in enumerate(zip(values, right)):
        if abs((value.grad or 0.0) - x) > 1e-6:
            which = "biases" if k >= INPUTS * OUTPUTS else "weights"
            return failed(
                "gradient",
                f"The outputs are right, but the gradients of the {which} are not. Is a Value made anew, or is .data"
                " taken?",
            )
    return values_in(layer) or drawn(answer) or passed()


def values_in(layer):
    """Inputs may be Values, as the outputs of a layer before: they get gradients, too."""
    weight = layer.weight
    inputs = [weight[0][0] * 0.0 + x for x in X]
    for y, row in zip(layer(inputs), weight):
        before = [u.grad or 0.0 for u in inputs]
        y.backward()
        for u, old, w in zip(inputs, before, row):
            if abs((u.grad or 0.0) - old - w.data) > 1e-6:
                return failed(
                    "inputs",
                    "With plain numbers as inputs all is right. When the inputs are Values, the outputs of a layer"
                    " before, their gradients are not. Is .data taken of them?",
                )
    return None


def drawn(answer):
    """Whether weights and biases begin random, in the range that the text names."""
    inputs, outputs = 16, 12
    first, second = (answer.function("Linear")(inputs, outputs) for _ in range(2))
    bound = inputs**-0.5
    for what, numbers in (
        ("weights", [w.data for row in first.weight for w in row]),
        ("biases", [b.data for b in first.bias]),
    ):
        if max(map(abs, numbers)) > bound * (1 + 1e-9):
            return failed(
                "range",
                f"Of Linear({inputs}, {outputs}) some {what} are further from 0 than 1/sqrt({inputs}). How many inputs"
                " does the text divide by, and under which sign?",
            )
        if min(numbers) > 0 or max(numbers) < 0:
            return failed(
                "one_sign", f"All {what} have the same sign. Where does the range of the text begin?"
            )
        if max(map(abs, numbers)) < bound / 2:
            return failed(
                "range",
                f"Of Linear({inputs}, {outputs}) all {what} are closer to 0 than half of 1/sqrt({inputs}). How far does"
                " the range of the text go?",
            )
        if len(set(numbers)) < len(numbers):
            return failed("all_equal", f"Some {what} begin equal. Is a random number drawn for each?")
    if [w.data for row in first.weight for w in row] == [w.data for row in second.weight for w in row]:
        return failed("same_again", "Two layers begin with the same weights. What makes them draw alike?")
    return None
