from microgd.learn.checks import engine, failed, thing
from microgd.learn.trials import contributions, retold, totals


def check(answer):
    Value = answer.function("Value")
    a, b = Value(3.0), Value(-2.0)
    for name, made, data in (("a + b", a + b, 1.0), ("a * b", a * b, -6.0)):
        if type(made) is not type(a):
            return failed(
                "not_a_value",
                f"{name} should be a Value, and is {thing(made)}{'' if made is None else '. What does Value(...) need?'}",
            )
        if answer.number(made.data, f"The .data of {name}") != data:
            return failed(
                "wrong_data", f"{name}, with a = 3 and b = -2, has .data {made.data!r}. What should it be?"
            )
    verdict = engine(answer, Value)
    if verdict.key in ("add-rule", "unknown"):
        return contributions(Value, lambda root: root.backward()) or verdict
    if not verdict.ok:
        return retold(verdict)
    a = Value(3.0)
    out = 2 * a - 1 + a * 4.0
    if answer.number(getattr(out, "data", None), "The .data of 2 * a - 1 + a * 4") != 17.0:
        return failed(
            "numbers", "2 * a - 1 + a * 4 goes wrong, for a = 3. Does `+` and `*` take plain numbers?"
        )
    out.backward()
    if answer.number(a.grad, "A gradient") != 6.0:
        return failed(
            "numbers", f"The gradient of 2 * a - 1 + a * 4 comes out as {a.grad!r}. Which part is lost?"
        )
    return totals(Value, lambda root: root.backward()) or verdict
