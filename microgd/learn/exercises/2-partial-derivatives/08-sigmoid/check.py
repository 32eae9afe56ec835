from microgd import sigmoid
from microgd.learn.checks import failed, rule

PLACES = [(0.0,), (12.0,), (-12.0,), (30.0,)]


def check(answer):
    verdict = rule(answer, "backward", sigmoid, places=PLACES)
    if verdict.key == "extra_factor" and answer.function("backward")(0.0, 0.5, 1.0) == 0.0:
        return failed(
            "flat_at_0", "At x = 0, where out is 0.5, the gradient is 0. Is the curve flat there, or steep?"
        )
    return verdict
