import math

import microgd
from microgd import autograd
from microgd.learn.checks import failed, passed, thing


def check(answer):
    stub = {"__name__": "stub"}
    exec(compile(answer.exercise.stub, "stub.py", "exec"), stub)
    out = stub["loss"]()
    nodes = autograd.topological_order([out])
    leaves = {node.label: node for node in nodes if node.is_leaf and node.label}
    uses = {name: sum(x is leaf for node in nodes for x in node.inputs) for name, leaf in leaves.items()}
    names = {}
    for name in ("DEAD", "TWICE", "WRONG"):
        names[name] = answer.get(name)
        if not isinstance(names[name], str):
            return failed(
                "not_a_name", f'{name} should be a name in quotes, such as "e", and is {thing(names[name])}.'
            )
    for name in ("DEAD", "TWICE"):
        if names[name] not in leaves:
            return failed(
                "no_leaf",
                f'{name} is "{names[name]}", and no leaf of the graph is called so. Which are there?',
            )
    if leaves[names["DEAD"]].grad:
        return failed(
            "not_dead",
            f"The gradient of {names['DEAD']} is {leaves[names['DEAD']].grad:.3g}. Which leaf has one of 0 in the tree?",
        )
    if uses[names["TWICE"]] != 2:
        return failed(
            "used_once", f"{names['TWICE']} is an operand of one operation. Which one is there twice?"
        )
    function = stub.get(names["WRONG"])
    if not isinstance(function, type):
        return failed(
            "no_function",
            f'WRONG is "{names["WRONG"]}", and no function of the file is called so. Which are there?',
        )
    place = answer.number(answer.get("PLACE"), "PLACE")
    if not math.isfinite(place):
        return failed("not_finite", f"PLACE is {place:g}. Which place on the x axis is that?")
    if microgd.gradcheck(function.apply, (place,), raise_exception=False):
        return failed(
            "right_there",
            f"microgd.gradcheck says that {names['WRONG']} is right at {place:g}. What does it say elsewhere, and"
            " about the others?",
        )
    return passed()
