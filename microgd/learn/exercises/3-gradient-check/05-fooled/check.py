import math

from microgd.learn.checks import failed, passed


def check(answer):
    stub = {}
    exec(compile(answer.exercise.stub, "stub.py", "exec"), stub)
    passes = stub["passes"]
    places = {}
    for name in ("AT_THE_KINK", "FAR_OUT", "BY_CHANCE"):
        places[name] = answer.number(answer.get(name), name)
        if not math.isfinite(places[name]):
            return failed("not_finite", f"{name} is {places[name]:g}. Which place on the x axis is that?")
    x = places["AT_THE_KINK"]
    if x == 0:
        return failed("at_zero", "AT_THE_KINK is 0, where relu has no derivative. Which place is beside it?")
    if passes(stub["relu"], stub["relu_rule"], x):
        return failed(
            "kink_passes",
            f"At AT_THE_KINK = {x:g} the rule of relu passes. Is 0 between x - 1e-5 and x + 1e-5?",
        )
    x = places["FAR_OUT"]
    if abs(x) > 1e150:
        return failed(
            "overflow",
            f"FAR_OUT is {x:g}, whose square is too large for a float. Is there one that is closer?",
        )
    if passes(stub["square"], stub["square_rule"], x):
        return failed(
            "far_passes",
            f"At FAR_OUT = {x:g} the rule of x*x passes. How many digits of the change are left there?",
        )
    x = places["BY_CHANCE"]
    if not passes(stub["cube"], stub["wrong_cube_rule"], x):
        return failed(
            "chance_fails",
            f"At BY_CHANCE = {x:g} the rule says {x * x:g}, and it is found to be wrong. Where are x*x and 3*x*x alike?",
        )
    return passed()
