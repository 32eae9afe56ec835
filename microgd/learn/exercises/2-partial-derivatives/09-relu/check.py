from microgd import relu
from microgd.learn.checks import failed, rule

PLACES = [(12.0,), (500.0,), (-12.0,), (-500.0,), (1e-06,), (-1e-06,)]
UPSTREAMS = (-2.0, 0.5, 3.0)


def check(answer):
    verdict = rule(answer, "backward", relu, places=PLACES, kink=(0.0,))
    if verdict.key == "not_linear":
        backward = answer.function("backward")
        if all(backward(-1.5, 0.0, g) == backward(1.5, 1.5, g) for g in UPSTREAMS):
            return failed(
                "gate_on_upstream",
                "Where x is -1.5 it gives the same as where x is 1.5: only g is looked at. Does g open the"
                " gate, or the input?",
            )
    return verdict
