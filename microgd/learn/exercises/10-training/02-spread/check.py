import math

from microgd.learn.checks import failed, passed

LAYERS = 10
INPUTS = (4, 16, 64, 400, 10_000)


def after(b, inputs):
    """The typical size after all layers."""
    return (b * math.sqrt(inputs / 3)) ** LAYERS


def check(answer):
    bound = answer.function("bound")
    found = []
    for inputs in INPUTS:
        b = answer.number(bound(inputs), f"bound({inputs})")
        if not 0 < b < math.inf:
            return failed("not_positive", f"bound({inputs}) is {b:g}. How far from 0 can a number reach?")
        if abs(answer.number(bound(inputs), f"bound({inputs})") - b) > 1e-9 * b:
            return failed(
                "changes", f"bound({inputs}) is not the same when it is called again. Is something drawn?"
            )
        found.append((inputs, b, after(b, inputs)))
    small = [row for row in found if row[2] < 0.5]
    large = [row for row in found if row[2] > 2.0]
    if not small and not large:
        return passed()
    if small and large:
        (n, _, first), (m, _, last) = small[0], large[0]
        return failed(
            "not_in_proportion",
            f"With {n} inputs the size is {first:.2g} after {LAYERS} layers, and with {m} it is {last:.2g}. How should b"
            " depend on the number of inputs?",
        )
    n, b, size = (small or large)[0]
    key, what = ("vanishes", "vanishes") if small else ("explodes", "explodes")
    return failed(
        key,
        f"With {n} inputs b is {b:.3g}, so what comes in with the size 1 has {size:.2g} after {LAYERS} layers: it {what}."
        f" Per layer that is a factor of {size ** (1 / LAYERS):.3g}. What should it be?",
    )
