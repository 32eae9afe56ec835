"""A short run of the fuzzer, the same each time; and what it must find."""

import math

import pytest

from microgd import Value, ops
from tests.fuzz.judge import judge, shrunk
from tests.fuzz.programs import Step, random_program, written

pytestmark = pytest.mark.filterwarnings("ignore")

PROGRAMS = 600


def first_failure(seeds):
    return next(filter(None, (judge(random_program(seed)) for seed in seeds)), None)


@pytest.mark.parametrize("start", range(0, PROGRAMS, PROGRAMS // 4))
def test_random_programs_give_pytorch_s_numbers(start):
    failure = first_failure(range(start, start + PROGRAMS // 4))
    assert failure is None, str(shrunk(failure))


def tanh_partial(factor):
    return lambda x, out: factor * (1.0 - out * out)


PLANTS = {
    "a partial off by 1e-9": ("tanh", (tanh_partial(1.0 + 1e-9),)),
    "a partial without its derivative": (
        "sin",
        (lambda x, out: math.cos(x) if isinstance(x, float) else math.cos(x.data),),
    ),
    "the wrong side of a kink": ("abs", (lambda x, out: ops.where(x >= 0.0, 1.0, -1.0),)),
    "a tie that is not shared": (
        "maximum",
        (lambda a, b, out: ops.where(a >= b, 1.0, 0.0), lambda a, b, out: ops.where(a < b, 1.0, 0.0)),
    ),
    "a second derivative that is nan far out": ("tanh", (lambda x, out: ops.div(1.0, ops.cosh(x)) ** 2,)),
    "a mask that multiplies": ("relu", (lambda x, out: ops.where(x > 0.0, 1.0, 0.0),)),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_found_and_cut_down_to_a_few_lines(plant, monkeypatch):
    name, partials = PLANTS[plant]
    monkeypatch.setattr(ops.TABLE[name], "partials", partials)
    failure = None
    for seed in range(20000):
        program = random_program(seed)
        if any(step.name == name for step in program):
            failure = judge(program)
            if failure is not None:
                break
    assert failure is not None
    small = shrunk(failure)
    assert name in {step.name for step in small.steps}
    assert len(small.steps) <= 8


def test_what_is_printed_is_what_was_run():
    program = [
        Step("leaf", "", ("v0",), (), "v0 = Value(0.5)", "v0 = T(0.5, True)"),
        Step("call", "tanh", ("v1",), ("v0",), "v1 = microgd.tanh(v0)", "v1 = torch.tanh(v0)"),
        Step("backward", "", (), ("v1",), "v1.backward()", "v1.backward(retain_graph=True)"),
    ]
    ours, theirs = written(program).split("import torch\n")
    names: dict[str, Value] = {}
    exec(ours, names)
    twins: dict[str, object] = {}
    exec("import torch\n" + theirs, twins)
    assert abs(names["v0"].grad - twins["v0"].grad.item()) <= 4 * math.ulp(1.0)


def test_two_libraries_that_disagree_on_an_error_are_a_failure():
    leaf = Step("leaf", "", ("v0",), (), "v0 = Value(0.5)", "v0 = T(0.5, True)")
    step = Step("state", "", (), ("v0",), "v0.no_such_thing", "v0.detach()")
    failure = judge([leaf, step])
    assert failure is not None
    assert failure.what == "error"
