"""@microgd.primitive: an operation written outside of the package is a full citizen."""

import copy
import math
import pickle

import pytest

import microgd
from microgd import Tensor, Value, autograd, func, gradcheck
from microgd.ops import TABLE


@microgd.primitive(lambda x, out: 2.0 * x)
def square(x):
    """x * x"""
    return x * x


@microgd.primitive(lambda a, b, out: b * out / a, lambda a, b, out: out * microgd.log(a))
def power(a, b=2.0):
    return a**b


@microgd.primitive(lambda x, out: math.cos(x))
def careless(x):
    return math.sin(x)


@microgd.primitive(lambda x, out: 3.0 * x)
def wrong(x):
    return x * x


OURS = {name: TABLE.pop(name) for name in ("square", "power", "careless", "wrong")}  # not for other tests


@pytest.fixture(autouse=True, scope="module")
def in_the_table():
    TABLE.update(OURS)
    yield
    for name in OURS:
        del TABLE[name]


def named(name, function):
    function.__name__ = function.__qualname__ = name
    return function


@pytest.fixture
def entered():
    """Enter a function, and take it out of the table after the test."""
    before = dict(TABLE)
    yield lambda function, *partials: microgd.primitive(*partials)(function)
    TABLE.clear()
    TABLE.update(before)


def test_it_takes_floats_ints_values_and_tensors():
    assert (square(3.0), square(3)) == (9.0, 9.0)
    assert type(square(3)) is float
    out = square(Value(3.0))
    assert (out.data, out.op) == (9.0, "square")
    assert square(Tensor([1.0, 2.0])).tolist() == [1.0, 4.0]
    assert square(Tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[1.0, 4.0], [9.0, 16.0]]


def test_it_keeps_its_name_its_text_and_its_defaults():
    assert (square.__name__, square.__doc__) == ("square", "x * x")
    assert (power(3.0), power(2.0, b=3.0), power(2.0, 3.0)) == (9.0, 8.0, 8.0)
    assert power(Value(3.0)).inputs[1] == 2.0


def test_it_is_differentiated_backward_twice_and_forward():
    x = Value(3.0)
    square(x).backward()
    assert x.grad == 6.0
    (first,) = autograd.grad(square(x), x, create_graph=True)
    (second,) = autograd.grad(first, x)
    assert second.data == 2.0
    assert func.grad(func.grad(square))(3.0) == 2.0
    assert func.jvp(square, (3.0,), (0.5,)) == (9.0, 3.0)
    assert func.hessian(lambda v: power(v[0], v[1]))([2.0, 3.0])[0][0] == pytest.approx(12.0)


def test_gradcheck_judges_it_and_diagnose_compares_with_it():
    assert gradcheck(lambda x: square(x).sin(), 0.7, order=2)
    assert not gradcheck(wrong, 0.7, raise_exception=False)
    assert microgd.diagnose(square, lambda x, out, g: 2 * x * g).key == "ok"
    assert microgd.diagnose(square, lambda x, out, g: x * g).key == "ratio"


def test_pictures_call_it_by_its_name():
    x = Value(3.0, "x")
    assert "square" in str(microgd.tree(square(x) + 1.0))


def test_a_graph_that_holds_it_is_copied_and_pickled():
    x = Value(3.0)
    for twin in (copy.deepcopy(square(x)), pickle.loads(pickle.dumps(square(x)))):
        twin.backward()
        assert twin.inputs[0].grad == 6.0


def test_a_domain_or_range_error_of_math_is_nan(entered):
    root = entered(named("root_of", lambda x: math.sqrt(x)), lambda x, out: 0.5 / out)
    assert math.isnan(root(-1.0))
    x = Value(0.0)
    root(x).backward()
    assert math.isnan(x.grad)  # 0.5 / 0.0
    assert math.isnan(entered(named("large", lambda x: math.exp(x)), lambda x, out: out)(1000.0))


def test_a_name_that_is_taken_is_refused_unless_the_same_function_is_entered_again(entered):
    with pytest.raises(ValueError, match="a primitive called 'exp' is there already"):
        entered(named("exp", lambda x: x), lambda x, out: 1.0)
    first = entered(named("again", lambda x: x), lambda x, out: 1.0)
    second = entered(named("again", lambda x: 2.0 * x), lambda x, out: 2.0)  # a notebook cell, run again
    assert (first(1.0), second(1.0), second(Value(1.0)).data) == (1.0, 2.0, 2.0)


def test_each_operand_needs_its_partial(entered):
    with pytest.raises(TypeError, match="two has 2 operands and 1 partials"):
        entered(named("two", lambda a, b: a + b), lambda a, b, out: 1.0)


@pytest.mark.parametrize("returned", [3, None, 1j, "x"])
def test_what_is_no_float_is_not_returned(entered, returned):
    odd = entered(named("odd", lambda x: returned), lambda x, out: 1.0)
    for operand in (1.0, Value(1.0)):
        with pytest.raises(TypeError, match=r"odd returned .*: a primitive returns a float"):
            odd(operand)


def test_math_in_a_partial_is_named_when_it_is_differentiated_again():
    x = Value(0.5)
    careless(x).backward()
    assert x.grad == math.cos(0.5)
    with pytest.raises(TypeError, match=r"a partial of careless .*microgd.cos for math.cos"):
        autograd.grad(careless(x), x, create_graph=True)


def test_wrong_operands_are_named():
    with pytest.raises(TypeError, match="takes the operands a, b; got 3 in order"):
        power(1.0, 2.0, 3.0)
    with pytest.raises(TypeError, match="c="):
        power(1.0, c=2.0)
    with pytest.raises(TypeError, match=r"expected a number .* got str 'a'"):
        microgd.maximum(Value(1.0), "a")
    with pytest.raises(TypeError, match=r"expected a number .* got list"):
        square([1.0])
