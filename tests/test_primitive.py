"""@microgd.primitive: an operation written outside of the package is a full citizen."""

import copy
import math
import os
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import microgd
from microgd import Tensor, Value, autograd, func, gradcheck, ops
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


def test_none_and_a_missing_operand_stand_for_the_default():
    for operand in (3.0, Value(3.0)):
        for out in (power(operand), power(operand, None), power(operand, b=None), power(a=operand)):
            assert float(out.data if isinstance(out, Value) else out) == 9.0
    assert (power(b=3.0, a=2.0), power(2, b=3)) == (8.0, 8.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: power(), "takes the operands a, b; got 0 in order$"),
        (lambda: power(b=2.0), "got 0 in order, b=$"),
        (lambda: power(1.0, a=2.0), "got 1 in order, a=$"),
        (lambda: microgd.hypot(1.0), "takes the operands x, y; got 1 in order$"),
        (lambda: microgd.hypot(Value(1.0), z=1.0), "got 1 in order, z=$"),
    ],
)
def test_operands_that_do_not_fit_are_named(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_a_numpy_number_that_is_returned_becomes_a_float(entered):
    numpys = entered(named("numpys", lambda x: np.float32(2.0)), lambda x, out: np.float64(3.0))
    x = Value(1.0)
    for out in (numpys(1.0), numpys(x).data):
        assert (type(out), out) == (float, 2.0)
    numpys(x).backward()
    assert x.grad == 3.0


def test_a_name_is_refused_for_a_function_of_another_module(entered):
    first = named("mine", lambda x: x)
    entered(first, lambda x, out: 1.0)
    second = named("mine", lambda x: x)
    second.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="a primitive called 'mine' is there already"):
        entered(second, lambda x, out: 1.0)


def test_a_pickle_of_a_row_finds_it_by_its_module_or_says_what_to_import():
    assert pickle.loads(pickle.dumps(TABLE["exp"])) is TABLE["exp"]
    assert pickle.loads(pickle.dumps(TABLE["square"])) is TABLE["square"]
    assert ops.row_named("exp") is TABLE["exp"]
    for module in ("", "math"):
        with pytest.raises(LookupError, match="no primitive is called 'absent': import the module"):
            ops.row_named("absent", module)


class Stubborn:
    """Of a kind that the table could ask, and that can do nothing."""

    _apply = staticmethod(lambda row, operands: NotImplemented)

    def __repr__(self):
        return "Stubborn()"


def test_an_operand_that_can_do_nothing_is_named():
    with pytest.raises(TypeError, match=r"exp does not take Stubborn Stubborn\(\) beside its other operands"):
        microgd.exp(Stubborn())
    with pytest.raises(TypeError, match="maximum does not take Stubborn"):
        microgd.maximum(2.0, Stubborn())


@pytest.mark.parametrize("wrong", ["a", None, [1.0], 1j, object()])
def test_the_wrong_operand_is_blamed_and_not_the_other(wrong):
    for f in (microgd.maximum, microgd.atan2, microgd.clamp):
        for operands in ((1.0, wrong), (Value(1.0), wrong), (wrong, 1.0), (wrong, Value(1.0))):
            if wrong is None and f is microgd.clamp and operands[1] is None:
                continue  # None is its default
            with pytest.raises(TypeError) as caught:
                f(*operands)
            assert "got Value" not in str(caught.value)
            assert type(wrong).__name__ in str(caught.value) or wrong is None


def test_a_message_shows_forty_characters_of_an_operand():
    for length, shown in ((38, "a" * 38 + "'"), (39, "a" * 36 + "...")):
        with pytest.raises(TypeError) as caught:
            microgd.exp("a" * length)
        assert str(caught.value).endswith(f"got str '{shown}")
    for large in (10**400, -(10**400)):
        with pytest.raises(OverflowError, match=r"at most 1.8e308, got an int of about 40\d digits"):
            microgd.exp(large)


NUMBERS = (
    1,
    True,
    1.5,
    np.float32(1),
    np.int8(1),
    np.bool_(True),
    np.array(1.0),
    Fraction(1, 2),
    Decimal("1.5"),
)
NO_NUMBERS = (
    "1",
    b"1",
    1j,
    np.complex64(1),
    np.array([1.0]),
    np.array("1"),
    None,
    [1.0],
    Value(1.0),
)


@pytest.mark.parametrize("x", [*NUMBERS, *NO_NUMBERS], ids=lambda x: f"{type(x).__name__} {x}")
def test_what_is_a_number(x):
    expected = any(x is number for number in NUMBERS)
    assert ops.is_number(x) is expected
    if expected:
        assert (type(ops.as_float(x)), ops.as_float(x)) == (float, float(x))
    else:
        with pytest.raises(TypeError, match="expected a number"):
            ops.as_float(x)


def test_what_holds_numbers_and_how_it_is_flattened():
    assert [ops.is_sequence(x) for x in ([], (), Tensor([1.0]), np.array([1.0]), iter([1.0]))] == [True] * 5
    assert [ops.is_sequence(x) for x in ("ab", b"ab", 1.0, np.array(1.0), Value(1.0))] == [False] * 5
    assert ops.flat([1.0, [2.0, (3.0, [4.0])], "ab", np.array([5.0])]) == [1.0, 2.0, 3.0, 4.0, "ab", 5.0]
    assert ops.flat("ab") == ["ab"]
    assert ops.flat(2.0) == [2.0]
    twice = ops.flat(a := Tensor([1.0]))
    twice.append(2.0)
    assert a.shape == (1,) and len(a._elements) == 1  # noqa: PT018


def test_where_chooses_a_python_float():
    for condition in (True, 1.0, np.bool_(True), Value(1.0), Value(1.0, requires_grad=False)):
        for input in (2, 2.0, np.float64(2.0)):
            out = microgd.where(condition, input, 3)
            assert (type(out), out) in ((float, 2.0), (Value, 2.0))
            assert isinstance(out, Value) == isinstance(condition, Value)
    assert microgd.where(False, 2.0, np.float64(3.0)) == 3.0
    assert type(microgd.where(False, 2.0, np.float64(3.0))) is float


def test_a_partial_of_a_branch_not_taken_is_zero_whatever_multiplies_it():
    for factor in (math.inf, math.nan, 2.0):
        assert (ops.OFF * factor, factor * ops.OFF) == (0.0, 0.0)
    assert repr(ops.OFF) == "0.0"


def test_partials_that_are_not_wanted_are_none():
    assert TABLE["mul"].partials_at((2.0, 3.0), 6.0, (True, False)) == [3.0, None]
    assert TABLE["mean"].partials_at((2.0, 4.0), 3.0, (False, True)) == [None, 0.5]
    assert list(TABLE["mean"].partials_at((2.0, 4.0), 3.0, (True, True))) == [0.5, 0.5]


def test_a_row_that_is_there_needs_no_import_and_one_that_is_not_imports_its_module(
    tmp_path, monkeypatch, entered
):
    assert ops.row_named("exp", "a_module_that_is_nowhere") is TABLE["exp"]
    text = "import microgd\n@microgd.primitive(lambda x, out: 1.0)\ndef from_a_file(x):\n    return x\n"
    (tmp_path / "module_of_a_primitive.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert ops.row_named("from_a_file", "module_of_a_primitive").name == "from_a_file"


def test_nan_is_the_same_as_nan_and_as_nothing_else():
    assert ops.same(math.nan, math.nan)
    assert ops.same(0.0, -0.0)
    assert not any(ops.same(*pair) for pair in ((math.nan, 1.0), (1.0, math.nan), (1.0, 2.0)))


def test_a_reduction_takes_nothing_a_sequence_or_a_tensor_and_its_dimension():
    assert microgd.sum() == microgd.sum([]) == 0.0
    assert microgd.sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0).tolist() == [4.0, 6.0]
    assert microgd.sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1).tolist() == [3.0, 7.0]


def test_a_pickle_imports_the_module_that_defines_the_primitive(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import microgd\n@microgd.primitive(lambda x, out: 2.0 * x)\ndef squared(x):\n    return x * x\n"
    )
    write = "import pickle, sys, mine; from microgd import Value as V; out = mine.squared(V(3.0));"
    write += " sys.stdout.buffer.write(pickle.dumps(out))"
    read = (
        "import pickle, sys; out = pickle.load(sys.stdin.buffer); out.backward(); print(out.inputs[0].grad)"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(microgd.__file__).parents[1])])
    here = {**os.environ, "PYTHONPATH": path}
    text = subprocess.run([sys.executable, "-c", write], env=here, check=True, capture_output=True).stdout
    said = subprocess.run([sys.executable, "-c", read], env=here, check=True, capture_output=True, input=text)
    assert said.stdout.strip() == b"6.0"
