"""Slips of the pen, each with its own question."""

import pytest

from microgd.learn import slips

HERE = """import microgd
DEAD = Cube
class Cube:
    def __init__(self):
        self.v = velocity = 0.0
        self.data = self.made, self.seen = 1.0, 2.0
        speed = 1.0
    def step(self):
        return self.velocity + self.speed + ctx.limit + parameters
        return self.parameters
"""


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        ("NameError: name 'exp' is not defined", "Is `math.exp` meant, with `import math` at the top?"),
        ("NameError: name 'parameters' is not defined", "Is `self.parameters` meant?"),
        (
            "NameError: name 'Cube' is not defined",
            "`Cube` is made further down: should its name be in quotes here, or the line below it?",
        ),
        ("AttributeError: 'X' object has no attribute 'speed'", "Is `self.` missing before `speed =`?"),
        ("AttributeError: 'Context' object has no attribute 'limit'", "Which line sets `ctx.limit`?"),
        ("AttributeError: 'float' object has no attribute 'limit'", ""),
        ("AttributeError: 'Cube' object has no attribute 'seen'", ""),
        (
            "TypeError: f.<locals>.Computed.backward() missing 1 required positional argument: 'self'",
            "Are brackets missing before `.backward`?",
        ),
        (
            "TypeError: a partial of bell cannot be computed at 0.5: <lambda>() takes 2 positional"
            " arguments but 3 were given",
            "Does each partial take the inputs of the function, and then out?",
        ),
        ("NameError: name 'nope' is not defined", ""),
        ("TypeError: unsupported operand type(s) for ^: 'float' and 'int'", "Is a power meant, **?"),
    ],
)
def test_the_words_of_an_exception_lead_to_a_question_about_the_slip(fact, question):
    assert slips.asked(fact, HERE) == question


@pytest.mark.parametrize(
    ("message", "line", "question"),
    [
        ("expected an indented block after 'if'", "return g", "How many spaces are in front of it"),
        ("invalid syntax", "    retrun g * out", "Is `return` meant?"),
        ("invalid syntax", "    return +", "Is a bracket, a colon or a quote missing"),
        ("invalid syntax", "    grad(x) = 3", "Is a bracket, a colon or a quote missing"),
        ("'(' was never closed", "    retrn (g", "Is a bracket, a colon or a quote missing"),
    ],
)
def test_a_line_that_cannot_be_read_leads_to_a_question_about_the_slip(message, line, question):
    assert slips.unread(message, line).startswith(question)


def test_a_fact_does_not_name_what_is_not_the_learners():
    assert slips.public("_A.__init__.<locals>.B.backward() missing") == "B.backward() missing"
