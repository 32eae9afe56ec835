import math

from microgd.learn.checks import failed, passed

START, STEPS, DEEP, NEAR = 2.0, 300, -1.3008395659415772, 0.05


def check(answer):
    lr = answer.number(answer.get("LR"), "LR")
    momentum = answer.number(answer.get("MOMENTUM"), "MOMENTUM")
    if not lr > 0:
        return failed(
            "rate_sign", f"LR is {lr:g}: with that the ball stays, or rolls uphill. What about above 0?"
        )
    if not 0 <= momentum <= 1:
        return failed(
            "momentum_range", f"MOMENTUM is {momentum:g}. Can a ball keep more than all of its velocity?"
        )
    x, velocity, last = START, 0.0, []
    for step in range(STEPS):
        velocity = momentum * velocity + 4 * x**3 - 6 * x + 1
        x -= lr * velocity
        if not abs(x) < 1e6:
            return failed(
                "exploded",
                f"After {step + 1} steps the ball is further than a million away: each jump is longer than the one"
                " before. Which of the two numbers makes the jumps so long?",
            )
        last = [*last[-9:], x]
    if max(abs(x - DEEP) for x in last) <= NEAR:
        return passed()
    if max(last) - min(last) > NEAR:
        where = "still rolls about" if momentum > 0.5 else "still moves"
        return failed(
            "restless",
            f"After {STEPS} steps the ball {where}, between {min(last):.2f} and {max(last):.2f}. Is the momentum,"
            " or the rate, too large for it to settle?",
        )
    if x > 0.5 and abs(4 * x**3 - 6 * x + 1) > 0.05:
        return failed(
            "not_arrived", f"After {STEPS} steps the ball is at {x:.2f}, on its way still. Too slow?"
        )
    return failed(
        "wrong_valley",
        f"The ball rests at {x:.2f}, where it is level. That is a valley, but is it the deep one? What would"
        " carry it over a hill?",
    )
