import microgd
from microgd.check import diagnose
from microgd.learn.checks import failed, passed, thing

PLACES = (-30.0, -2.0, -0.5, 0.25, 1.0, 3.0, 25.0)


def check(answer):
    Value = answer.function("Value")
    for name, right in (("tanh", microgd.tanh), ("relu", microgd.relu)):
        function = answer.function(name)
        verdict = made(answer, name, function, right, Value)
        if verdict is not None:
            return verdict

        def backward(x, out, g):
            value = Value(x)
            (function(value) * g).backward()
            return value.grad

        verdict = diagnose(right, backward)
        if not verdict.ok:
            return failed(verdict.key, f"About the partial of `{name}`: {verdict.message}")
        verdict = together(name, function, right, Value)
        if verdict is not None:
            return verdict
    return passed()


def made(answer, name, function, right, Value):
    """Whether a Value comes out, with the right number, and with its operand."""
    for place in PLACES:
        x = Value(place)
        out = function(x)
        if not (hasattr(out, "data") and hasattr(out, "backward")):
            return failed("not_a_value", f"{name}(x) should be a Value, and is {thing(out)}. What makes one?")
        data = answer.number(out.data, f"The .data of {name}(x)")
        if abs(data - right(place)) > 1e-6:
            return failed(
                "wrong_data",
                f"For x = {place:g}, the .data of {name}(x) is {data:g}. Is that the value of {name} there?",
            )
        if out is x:
            return failed(
                "same_value",
                f"For x = {place:g}, {name}(x) is x itself and no new Value. What if x is used elsewhere, too?",
            )
        for what, many in (("operands", out.operands), ("partials", out.partials)):
            if not isinstance(many, (tuple, list)):
                return failed(
                    "not_a_tuple",
                    f"The {what} of {name}(x) should be a tuple, and are a single thing. Which sign makes a tuple of"
                    " it?",
                )
            if not many:
                return failed(
                    "no_operands", f"The {what} of {name}(x) are empty. How does backward find its way to x?"
                )
        for partial in out.partials:
            answer.number(partial, f"A partial of {name}(x)")
    return None


def together(name, function, right, Value):
    """Whether the function works in the middle of other operations, and twice."""
    grads = []
    for make, f in ((Value, function), (microgd.Value, right)):
        a, b = make(0.75), make(-0.5)
        s = f(a * b + a)
        out = s * s + f(s * -1.5 + a) * b
        out.backward()
        out.backward()
        grads.append([a.grad, b.grad])
    if all(abs(x - y) < 1e-6 for x, y in zip(*grads)):
        return None
    return failed(
        "together",
        f"{name} is right alone. Among other operations, and used twice, a gradient is off. What is different there?",
    )
