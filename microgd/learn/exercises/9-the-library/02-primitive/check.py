import microgd
from microgd import Value, autograd
from microgd.check import diagnose
from microgd.learn.checks import failed, passed, thing

PLACES = [(0.5, 2.0), (-1.25, 0.75), (0.0, 1.0), (3.0, 1.5), (1.0, -2.0)]


def right(x, width):
    return microgd.exp(-((x / width) ** 2))


def sample(random):
    return random.uniform(-1.5, 1.5), random.uniform(0.6, 2.0)


def check(answer):
    bell = answer.function("bell")
    theirs = answer.get("microgd")
    for x, width in PLACES:
        found = answer.number(bell(x, width), "What `bell` returns")
        if abs(found - right(x, width)) > 1e-6:
            return failed(
                "wrong_data",
                f"bell({x:g}, {width:g}) is {found:.6g}. Is that exp of minus the square of the quotient?",
            )
    a, b = theirs.Value(0.5), theirs.Value(2.0)
    out = bell(a, b)
    if not hasattr(out, "backward"):
        return failed(
            "not_a_value", f"bell of two Values should be a Value, and is {thing(out)}. What makes it one?"
        )
    if out.op != "bell":
        return failed(
            "not_a_primitive",
            f"bell of two Values is made of several operations, the last one of which is {out.op}. A primitive is a"
            " single one: which line above the function makes it that?",
        )

    def backward(x, width, out, g):
        a, b = theirs.Value(x), theirs.Value(width)
        (bell(a, b) * g).backward()
        return a.grad, b.grad

    verdict = diagnose(right, backward, sample=sample)
    if verdict.key == "unknown":  # which of the partials is wrong is known
        return failed("wrong_partial", verdict.message)
    if not verdict.ok:
        return verdict
    return again(bell, theirs) or passed()


def again(bell, theirs):
    """Whether the partials can be differentiated themselves."""
    try:
        yours = second(bell, theirs.Value, theirs.autograd.grad)
    except (TypeError, AttributeError, ValueError):
        yours = []
    if yours and all(abs(x - y) < 1e-6 for x, y in zip(yours, second(right, Value, autograd.grad))):
        return None
    how = "they are not right" if yours else "that raises an error"
    return failed(
        "second_order",
        f"The partials are right. Differentiated once more, {how}. Do they use something else than operators and"
        " microgd's functions?",
    )


def second(f, make, grad):
    """Derivatives of the derivatives of f."""
    a, b = make(0.5), make(1.5)
    first = grad(f(a, b), [a, b], create_graph=True)
    found = grad(first[0] * 2.0 + first[1] * first[0], [a, b], allow_unused=True)
    return [0.0 if x is None else x.data for x in found]
