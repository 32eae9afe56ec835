from microgd.learn.checks import failed, passed, thing

LIMITS = (1.0, 2.5, 0.25)
UPSTREAM = (100.0, -100.0, 0.1, -0.1, 1.5, -1.5, 0.0, 3.0, -3.0)


def clip(g, limit):
    return max(-limit, min(g, limit))


SUSPECTS = {
    "not_clipped": (lambda g, limit: g, "The gradient passes as it is, however large. Where is it clipped?"),
    "one_side": (
        lambda g, limit: min(g, limit),
        "Gradients above 0 are clipped, and those below 0 are not. What is the other border?",
    ),
    "other_side": (
        lambda g, limit: max(g, -limit),
        "Gradients below 0 are clipped, and those above 0 are not. What is the other border?",
    ),
    "always_limit": (
        lambda g, limit: limit if g > 0 else -limit,
        "The size is always that of the limit, for small gradients, too. Which of them should pass as they are?",
    ),
    "sign_lost": (
        lambda g, limit: min(abs(g), limit),
        "The gradient is never below 0. Where does its sign get lost?",
    ),
    "nothing": (
        lambda g, limit: g if abs(g) <= limit else 0.0,
        "Where the upstream gradient is larger than the limit, nothing passes. How much should?",
    ),
    "zero": (
        lambda g, limit: 0.0,
        "The gradient of x is 0, whatever the upstream gradient is. What does backward return first?",
    ),
    "sign": (
        lambda g, limit: -clip(g, limit),
        "The size is right and the sign is wrong. What is turned round?",
    ),
    "other_limit": (
        lambda g, limit: clip(g, 1.0),
        "It is clipped to a limit of 1, whatever limit is given. Which one does ctx remember?",
    ),
}


def gradient(Value, Clip, x, limit, g):
    """The gradient of x, when the upstream gradient of Clip is g."""
    value = Value(x)
    (Clip.apply(value, limit) * g).backward()
    return value.grad


def check(answer):
    Clip, Value = answer.get("Clip"), answer.get("microgd").Value
    values = [(x, limit) for x in (3.0, -0.5, 0.0, 40.0) for limit in LIMITS]
    made = [Clip.apply(Value(x), limit) for x, limit in values]
    if not all(hasattr(out, "data") for out in made):
        return failed("not_a_value", f"Clip.apply(x, limit) should be a Value, and is {thing(made[0])}.")
    made = [answer.number(out.data, "The .data of Clip.apply(x, limit)") for out in made]
    if made != [x for x, _ in values]:
        data, x = next((a, x) for a, (x, _) in zip(made, values) if a != x)
        if made == [clip(x, limit) for x, limit in values]:
            return failed(
                "value_clipped",
                f"Of x = {x:g}, forward makes {data:g}: the value is clipped. Which of the two is to be clipped?",
            )
        return failed("wrong_data", f"Of x = {x:g}, forward makes {data:g}. What happens to the value?")
    cases = [(x, limit, g) for limit in LIMITS for g in UPSTREAM for x in (3.0, -0.5)]
    try:
        found = [gradient(Value, Clip, *case) for case in cases]
    except RuntimeError as error:
        return failed(
            "backward_stops",
            f"The backward pass through Clip stops: {error}. Does backward return one thing for each input?",
        )
    found = [0.0 if g is None else answer.number(g, "The gradient of x") for g in found]
    if all(abs(a - clip(g, limit)) < 1e-6 for a, (_, limit, g) in zip(found, cases)):
        return twice(Value, Clip) or passed()
    for key, (suspect, sentence) in SUSPECTS.items():
        if all(abs(a - suspect(g, limit)) < 1e-6 for a, (_, limit, g) in zip(found, cases)):
            return failed(key, sentence)
    got, (_, limit, g) = next((a, c) for a, c in zip(found, cases) if abs(a - clip(c[2], c[1])) >= 1e-6)
    return failed(
        "one_case",
        f"With the limit {limit:g} and the upstream gradient {g:g}, the gradient of x is {got:g}. Which of the two"
        " borders is near?",
    )


def twice(Value, Clip):
    """Two calls, with a limit each."""
    a, b = Value(1.0), Value(2.0)
    (Clip.apply(a, 0.5) * 9.0 + Clip.apply(b, 4.0) * 9.0).backward()
    if (a.grad, b.grad) == (0.5, 4.0):
        return None
    return failed(
        "shared",
        "One call is right. With two calls, each with a limit of its own, it is not. Where is the limit kept?",
    )
