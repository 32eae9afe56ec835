"""Every sentence that diagnose can say about a rule, with the smallest rule that makes it say so."""

import math
from math import cos, exp, log, sin, sqrt, tanh

import pytest

from microgd.check.rules import diagnose

from ..bench.diagnose_bars import biased, div, mean, mul, relu, softmax, square


def halves(a, b):
    return [a + b, a * b]


def growing(x):
    return exp(x) + x * x


def growing_sum(a, b):
    return 2 * exp(a + b)


# (what for, f, rule, key, inputs, message)
SENTENCES = [
    ("sign", sin, lambda x, out, g: -cos(x) * g,
     "sign", (0,),
     "The gradient has the right size and the wrong sign at all 24 points. Is there a minus "
     "too many, or one too few?"),
    ("sign-one", mul, lambda a, b, out, g: (-b * g, a * g),
     "sign", (0,),
     "The gradient of b is right. The gradient of a has the right size and the wrong sign at "
     "all 24 points. Is there a minus too many, or one too few?"),
    ("sign-both", mul, lambda a, b, out, g: (-b * g, -a * g),
     "sign", (0, 1),
     "The gradient of a and b has the right size and the wrong sign at all 24 points. Is there"
     " a minus too many, or one too few?"),
    ("half", square, lambda x, out, g: x * g,
     "ratio", (0,),
     "The gradient is exactly 0.5 times the right one at all 24 points. Did you forget the 2?"),
    ("double", square, lambda x, out, g: 4 * x * g,
     "ratio", (0,),
     "The gradient is exactly 2 times the right one at all 24 points. Is there a 2 too many?"),
    ("third", biased, lambda b, out, g: sum(g) / 3,
     "ratio", (0,),
     "The gradient is exactly 1/3 times the right one at all 24 points. Is it a mean where a "
     "sum was meant?"),
    ("n times", mean, lambda a, b, c, out, g: (g, g, g),
     "ratio", (0, 1, 2),
     "The gradient of a, b and c is exactly 3 times the right one at all 24 points. Is "
     "something to be divided by the number of terms?"),
    ("n times 2", biased, lambda b, out, g: 3 * sum(g),
     "ratio", (0,),
     "The gradient is exactly 3 times the right one at all 24 points. Is something to be "
     "divided by the number of terms?"),
    ("ln10", math.log10, lambda x, out, g: g / x,
     "ratio", (0,),
     "The gradient is exactly 2.302585 = ln 10 times the right one at all 24 points. Is it the"
     " rule for another base of the logarithm?"),
    ("7", square, lambda x, out, g: 14 * x * g,
     "ratio", (0,),
     "The gradient is exactly 7 times the right one at all 24 points. Where does that factor "
     "come from?"),
    ("zero", square, lambda x, out, g: 0,
     "zero", (0,),
     "x gets nothing: its gradient is 0 at every point. What should arrive there?"),
    ("zero b", mul, lambda a, b, out, g: (b * g, 0),
     "zero", (1,),
     "The gradient of a is right. b gets nothing: its gradient is 0 at every point. Where is "
     "its line?"),
    ("no g", square, lambda x, out, g: 2 * x,
     "missing_upstream", (0,),
     "The gradient is right only when g, the upstream gradient, is 1: it does not depend on g "
     "at all. Which product does the chain rule ask for?"),
    ("no g and wrong", square, lambda x, out, g: 3 * x * x,
     "missing_upstream", (0,),
     "The gradient does not depend on g, the upstream gradient, at all. Which product does the"
     " chain rule ask for? (And it is not right with g = 1 either.)"),
    ("no g list", halves, lambda a, b, out, g: (1 + b, 1 + a),
     "missing_upstream", (0, 1),
     "The gradient of a and b does not depend on g, the upstream gradient, at all. Which "
     "product does the chain rule ask for? (And it is not right with g = 1 either.)"),
    ("g twice", square, lambda x, out, g: 2 * x * g * g,
     "upstream_twice", (0,),
     "The gradient grows with the square of g, the upstream gradient. Is it in the product "
     "twice?"),
    ("offset", square, lambda x, out, g: 2 * x * g + 1,
     "offset", (0,),
     "If g, the upstream gradient, is 0, the gradient is 1 and not 0: a term is added that "
     "does not depend on g, and apart from that it is right. What is that term for?"),
    ("offset wrong", square, lambda x, out, g: x * x * g + 1,
     "offset", (0,),
     "If g, the upstream gradient, is 0, the gradient is 1 and not 0: a term is added that "
     "does not depend on g, and it should not be. What is that term for?"),
    ("not linear", square, lambda x, out, g: 2 * x * math.copysign(sqrt(abs(g)), g),
     "not_linear", (0,),
     "If g, the upstream gradient, is doubled, the gradient must be doubled, too. Here 4.63057"
     " becomes 6.54861. Is g used for anything but a factor?"),
    ("not linear b", mul, lambda a, b, out, g: (b * g, a * math.copysign(sqrt(abs(g)), g)),
     "not_linear", (1,),
     "The gradient of a is right. If g, the upstream gradient, is doubled, the gradient of b "
     "must be doubled, too. Here -1.94763 becomes -2.75436. Is g used for anything but a "
     "factor?"),
    ("gate", square, lambda x, out, g: 2 * x * max(g, 0),
     "gate_on_upstream", (0,),
     "The gradient is right when g, the upstream gradient, is positive, and wrong when it is "
     "negative. Does a condition, or an abs, look at g where it should look at the input?"),
    ("gate-", square, lambda x, out, g: 2 * x * min(g, 0),
     "gate_on_upstream", (0,),
     "The gradient is right when g, the upstream gradient, is negative, and wrong when it is "
     "positive. Does a condition, or an abs, look at g where it should look at the input?"),
    ("gate abs", square, lambda x, out, g: 2 * x * abs(g),
     "gate_on_upstream", (0,),
     "The gradient is right when g, the upstream gradient, is positive, and wrong when it is "
     "negative. Does a condition, or an abs, look at g where it should look at the input?"),
    ("swap", mul, lambda a, b, out, g: (a * g, b * g),
     "swapped_inputs", (0, 1),
     "The numbers are right, but they are exchanged: a gets the gradient of b and b gets the "
     "gradient of a. Which one belongs to which?"),
    ("cycle", lambda a, b, c: a * a + a * b + 5 * c,
     lambda a, b, c, out, g: (5 * g, (2 * a + b) * g, a * g),
     "swapped_inputs", (0, 1, 2),
     "The numbers are right, but they are exchanged: a gets the gradient of c, b gets the "
     "gradient of a and c gets the gradient of b. Which one belongs to which?"),
    ("one of three", lambda a, b, c: a * a + a * b + 5 * c,
     lambda a, b, c, out, g: ((2 * a + b) * g, (2 * a + b) * g, (2 * a + b) * g),
     "one_input", (1, 2),
     "Every input gets the gradient of a. Where is the formula for b and c?"),
    ("exactly", lambda a, b, c: a * a + a * b + 5 * c,
     lambda a, b, c, out, g: ((2 * a + b) * g, 5 * g, 5 * g),
     "swapped_inputs", (1,),
     "Exactly: b gets the gradient of c. Which one belongs to which?"),
    ("last", biased, lambda b, out, g: g[-1],
     "only_last_use", (0,),
     "The gradient of x counts only the last output it is used in. Every output that depends "
     "on an input contributes to its gradient: are all contributions added up (+=)?"),
    ("first", biased, lambda b, out, g: g[0],
     "only_first_use", (0,),
     "The gradient of x counts only the first output it is used in. Every output that depends "
     "on an input contributes to its gradient: are all contributions added up (+=)?"),
    ("diagonal", softmax, lambda a, b, c, out, g: [p * (1 - p) * u for p, u in zip(out, g)],
     "diagonal_only", (0, 1, 2),
     "The gradient of a, b and c counts only its own output. Every output that depends on an "
     "input contributes to its gradient: are all contributions added up (+=)?"),
    ("exchanged f", div, lambda a, b, out, g: (-b / a**2 * g, g / a),
     "other_rule", (0, 1),
     "This is, exactly, the rule of the function with its inputs exchanged: f(b, a). Which of "
     "the two is which?"),
    ("other of two", div, lambda a, b, out, g: (b * g, a * g),
     "other_rule", (0, 1),
     "This is, exactly, the rule of a * b. Is it another function's?"),
    ("branch", abs, lambda x, out, g: (x > 0) * g,
     "wrong_branch", (0,),
     "The gradient is right where x > 0, and 0 where x < 0. What is the derivative there?"),
    ("branch sign", abs, lambda x, out, g: g,
     "wrong_branch", (0,),
     "The gradient is right where x > 0, and has the wrong sign where x < 0. What is the "
     "derivative there?"),
    ("branch not 0", relu, lambda x, out, g: g,
     "wrong_branch", (0,),
     "The gradient is right where x > 0, and not 0 as it should be where x < 0. What is the "
     "derivative there?"),
    ("branch wrong", relu, lambda x, out, g: g if x > 0 else x * g,
     "wrong_branch", (0,),
     "The gradient is right where x > 0, and not 0 as it should be where x < 0. What is the "
     "derivative there?"),
    ("branch |x|", math.atan, lambda x, out, g: g / (1 + x * x) if abs(x) < 2.5 else 0.0,
     "wrong_branch", (0,),
     "The gradient is right where |x| < 2.5, and 0 where |x| > 2.5. What is the derivative "
     "there?"),
    ("pass", tanh, lambda x, out, g: g,
     "pass_through", (0,),
     "The gradient is g, the upstream gradient, unchanged. Where is the function's own "
     "derivative?"),
    ("pass sum", halves, lambda a, b, out, g: (g[0] + b * g[1], sum(g)),
     "pass_through", (1,),
     "The gradient of a is right. The gradient of b is the plain sum of the upstream "
     "gradients. Where is the function's own derivative?"),
    ("pass own", softmax, lambda a, b, c, out, g: g,
     "pass_through", (0, 1, 2),
     "The gradient of a, b and c is the upstream gradient at the same position, unchanged. "
     "Where is the function's own derivative?"),
    ("negated", relu, lambda x, out, g: (x < 0) * g,
     "at_negated_input", (0,),
     "This is, exactly, the derivative at -x. Is a sign reversed, or a condition?"),
    ("at out", sin, lambda x, out, g: cos(out) * g,
     "at_output", (0,),
     "This is, exactly, the derivative taken at out; it belongs at x. Has the function been "
     "applied twice?"),
    ("negated all", lambda a, b: exp(a + b), lambda a, b, out, g: (exp(-a - b) * g, exp(-a - b) * g),
     "at_negated_input", (0, 1),
     "This is the derivative of a and b at the negated inputs. Is a sign reversed?"),
    ("swapped at", lambda a, b: a**3 * b, lambda a, b, out, g: (3 * b**3 * g, a**3 * g),
     "swapped_inputs", (0,),
     "The gradient of a would be right if a were b: has one been written for the other?"),
    ("inverted", log, lambda x, out, g: x * g,
     "inverted", (0,),
     "The gradient multiplies where it should divide: its partial derivative is one over the "
     "right one. What is to be divided by what?"),
    ("inverse prop", log, lambda x, out, g: 3 * x * g,
     "inverted", (0,),
     "The gradient multiplies where it should divide: its partial derivative is in inverse "
     "proportion to the right one. What is to be divided by what?"),
    ("at input", math.tan, lambda x, out, g: (1 + x * x) * g,
     "at_input", (0,),
     "The gradient would be right if x were out: did you mean the output where you wrote the "
     "input?"),
    ("at input 2", math.cbrt, lambda x, out, g: g / (3 * x**2),
     "at_input", (0,),
     "The gradient would be right if x were out: did you mean the output where you wrote the "
     "input?"),
    ("factor", lambda x: x**3, lambda x, out, g: 3 * x**3 * g,
     "extra_factor", (0,),
     "The gradient is exactly the right one times x. Is that factor one too many?"),
    ("factor below", lambda x: x**3 * exp(x), lambda x, out, g: (3 * x + x * x) * exp(x) * g,
     "extra_factor", (0,),
     "The gradient is exactly the right one divided by x. Is a factor missing?"),
    ("factor const", lambda x: x**3, lambda x, out, g: x**3 * g / 3,
     "extra_factor", (0,),
     "The gradient is exactly the right one times 1/9, times x. Is that factor one too many?"),
    ("factor sign", cos, lambda x, out, g: sin(x) * x * g,
     "extra_factor", (0,),
     "The gradient is exactly the right one with the other sign, times x. Is that factor one "
     "too many?"),
    ("factor for another", tanh, lambda x, out, g: (1 + out) * (1 + out) * g,
     "extra_factor", (0,),
     "The gradient is exactly the right one times (1 + out), divided by (1 - out). Is one "
     "factor written where the other was meant?"),
    ("two factors", lambda x: x * exp(x), lambda x, out, g: (1 + x) * exp(x) * out / (1 + x * x) * g,
     "extra_factor", (0,),
     "The gradient is exactly the right one times out, divided by (1 + x**2). Is one factor "
     "written where the other was meant?"),
    ("constant", square, lambda x, out, g: 3 * g,
     "not_the_derivative", (0,),
     "The partial derivative is 3 everywhere. Is the derivative of this function a constant?"),
    ("not derivative", math.atan, lambda x, out, g: out * g,
     "not_the_derivative", (0,),
     "The partial derivative is just out. Is that the derivative of the function?"),
    ("formula", lambda x: sin(x) + x * x, lambda x, out, g: 5 * x**3 * g,
     "not_the_derivative", (0,),
     "The partial derivative is 5 * x**3. Is that the derivative of the function?"),
    ("other", math.asin, lambda x, out, g: g / sqrt(1 + x * x),
     "other_rule", (0,),
     "The gradient is, exactly, that of asinh(x). Is it another function's rule?"),
    ("other b", mul, lambda a, b, out, g: (b * g, cos(b) * g),
     "other_rule", (1,),
     "The gradient of b is, exactly, that of sin(x), with b for x. Is it another function's "
     "rule?"),
    ("term", lambda x: x * sin(x), lambda x, out, g: sin(x) * g,
     "missing_term", (0,),
     "The partial derivative is out/x: that would be right if the rest of the function did not "
     "depend on x. Is the other term of the product rule missing?"),
    ("other term", lambda x: x * sin(x), lambda x, out, g: x * cos(x) * g,
     "missing_term", (0,),
     "The gradient is the right one but for one term, which is missing. Which part of the sum (or"
     " of the product rule) is it?"),
    ("term's sign", lambda x: x * sin(x), lambda x, out, g: (sin(x) - x * cos(x)) * g,
     "missing_term", (0,),
     "The gradient is the right one but for the sign of one term, made of x * cos(x). Is there a "
     "minus too many, or one too few?"),
    ("two terms", lambda x: x**3 + sin(x), lambda x, out, g: (3 * x * x + sin(x)) * g,
     "missing_term", (0,),
     "The gradient differs from the right one by two terms, one made of cos(x), and one made of "
     "sin(x). Is one written where the other was meant?"),
    ("sum", sqrt, lambda x, out, g: (sin(x) + 3 * x * x) * g,
     "not_the_derivative", (0,),
     "The partial derivative is sin(x) + 3 * x**2. Is that the derivative of the function?"),
    ("elsewhere", lambda x: sin(3 * x), lambda x, out, g: 3 * cos(x) * g,
     "at_another_point", (0,),
     "This is, exactly, the derivative taken at x/3; it belongs at x. Which number is put in there?"),
    ("mask", lambda x: min(max(x, -1.0), 1.0), lambda x, out, g: (abs(x) > 1) * g,
     "wrong_branch", (0,),
     "The gradient is 0 where it should not be, and not 0 where it should be. Is a condition the"
     " wrong way round?"),
    ("term too many", square, lambda x, out, g: (2 * x + out) * g,
     "missing_term", (0,),
     "The gradient differs from the right one by one term, made of out. Is it missing, is it too"
     " many, or has it the wrong sign or the wrong coefficient?"),
    ("term too many 2", square, lambda x, out, g: (2 * x + cos(x)) * g,
     "missing_term", (0,),
     "The gradient is the right one but for one term too many, made of cos(x). Where does it come "
     "from?"),
    ("term multiple", lambda x: x * sin(x), lambda x, out, g: (sin(x) + 3 * x * cos(x)) * g,
     "missing_term", (0,),
     "The gradient differs from the right one by one term, made of x * cos(x). Is it missing, is "
     "it too many, or has it the wrong sign or the wrong coefficient?"),
    ("term const", lambda x: sin(x) + 0.7 * x, lambda x, out, g: cos(x) * g,
     "other_rule", (0,),
     "The gradient is, exactly, that of sin(x). Is it another function's rule?"),
    ("term softmax", softmax, lambda a, b, c, out, g: [p * u for p, u in zip(out, g)],
     "missing_term", (0, 1, 2),
     "The gradient of a, b and c is the right one but for one term: out[i] * sum(out[j] * g[j]) is missing."
    " Through what else does an output depend on an input? Here x[i] is the input, and out[j] the output that"
    " contributes."),
    ("raises", square, lambda x, out, g: 1 // 0,
     "raises", (),
     "Your rule raised ZeroDivisionError: integer division or modulo by zero (at x = 1.72705)."),
    ("arity", mul, lambda a, b, out, g: b * g,
     "wrong_shape", (),
     "Your rule should return 2 gradients, one for each input; it returned the single float "
     "-3.022849260869945 (at a = 1.72705, b = 2.37693)."),
    ("arity 2", square, lambda x, out, g: (x, x),
     "wrong_shape", (),
     "Your rule should return one number; it returned 2 of them (at x = 1.72705)."),
    ("none", square, lambda x, out, g: None,
     "not_a_number", (),
     "Your rule returned None: is a `return` missing?"),
    ("nan", mul, lambda a, b, out, g: (b * g, math.nan),
     "not_a_number", (1,),
     "Your rule returned nan for b (at a = 1.72705, b = 2.37693)."),
    ("huge", square, lambda x, out, g: 10**400,
     "not_a_number", (0,),
     "Your rule returned a number too large for a float (at x = 1.72705)."),
    ("-huge", square, lambda x, out, g: -10**400,
     "not_a_number", (0,),
     "Your rule returned a number too large for a float (at x = 1.72705)."),
    ("text", square, lambda x, out, g: "2x",
     "not_a_number", (0,),
     "Your rule returned str '2x' where a number is wanted (at x = 1.72705)."),
    ("a set", square, lambda x, out, g: {2},
     "not_a_number", (0,),
     "Your rule returned set {2} where a number is wanted (at x = 1.72705)."),
    ("none b", mul, lambda a, b, out, g: (b * g, None),
     "not_a_number", (1,),
     "Your rule returned NoneType for b where a number is wanted (at a = 1.72705, b = "
     "2.37693)."),
    ("curved", square, lambda x, out, g: sin(exp(sin(7 * x))) * g,
     "curved", (0,),
     "The partial derivative should be a number, plus a number times x. Yours is something else: it is no "
     "straight line in x. Is something multiplied, or divided, that should only be added?"),
    ("unknown", growing, lambda x, out, g: sin(exp(sin(7 * x))) * g,
     "unknown", (0,),
     "The gradient is right at 0 of 24 points: it is between -0.55 and 0.801 times the right "
     "one. Which step of the derivation can you check on its own?"),
    ("unknown b", growing_sum, lambda a, b, out, g: (2 * exp(a + b) * g, sin(exp(sin(7 * b))) * g),
     "unknown", (1,),
     "The gradient of a is right. The gradient of b is right at 0 of 24 points: it is between "
     "1.83e-07 and 12 times the right one. Which step of the derivation can you check on its "
     "own?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "rule", "key", "inputs", "message"), [x[1:] for x in SENTENCES], ids=[x[0] for x in SENTENCES]
)
def test_a_mistake_gets_its_key_its_inputs_and_its_sentence(f, rule, key, inputs, message):
    found = diagnose(f, rule)
    assert (found.ok, found.key, found.inputs) == (False, key, inputs)
    assert found.message == message
