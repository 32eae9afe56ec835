from microgd.learn.checks import compare

SUSPECTS = {
    "fastest": (
        lambda c: 1 / c,
        "With this rate a single step arrives: the best of all, and not the largest. What if you go beyond?",
    ),
    "inverted": (
        lambda c: 2 * c,
        "This grows with c. In a steeper valley, can you afford longer steps, or shorter ones?",
    ),
    "half": (lambda c: 1 / (2 * c), "With this rate, w is halved at each step. How far can you go beyond?"),
    "constant": (lambda c: 2.0, "This is right for c = 1 alone. What does c do to the step?"),
    "inverted_half": (lambda c: c / 2, "One over what is right. Which equation for lr did you solve?"),
}


def check(answer):
    return compare(answer, "largest_rate", lambda c: 2 / c, [(0.5,), (1.0,), (3.0,), (10.0,)], SUSPECTS)
