from microgd.learn.checks import expose


def check(answer):
    return expose(answer, "expression", "Value")
