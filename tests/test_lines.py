"""lines(): each Value made inside remembers the line of the user's code that made it."""

import copy
import pickle
import sys
import threading

import pytest

import microgd
from microgd import Value, nn, recording


def here():
    """The number of the line that calls this."""
    return sys._getframe(1).f_lineno


def place(x):
    return getattr(x._scope, "place", None)


def line(x):
    file, number, _ = place(x)
    assert file == __file__
    return number


def test_operations_leaves_and_constants_know_their_line():
    with microgd.lines():
        w, first = Value(2.0), here()
        y, second = w * 3.0, here()
        with microgd.no_grad():
            z, third = y.tanh(), here()
    assert (line(w), line(y), line(z)) == (first, second, third)


def test_outside_of_it_nothing_is_remembered():
    a = Value(2.0) * 3.0
    with microgd.lines():
        pass
    b = a + Value(1.0)
    assert [place(x) for x in (a, b, *b.inputs)] == [None] * 4
    assert type(a._scope) is str
    assert not recording.scoped


def test_the_line_is_that_of_the_innermost_call_outside_of_the_package():
    def square(x):
        return x * x, here()

    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with microgd.lines():
        (y, inner), outer = square(Value(3.0)), here()
        (out, _), called = model([1.0, 2.0]), here()
        total, summed = sum(x * 2.0 for x in [y, out]), here()
        tensor, made = microgd.tensor([1.0, 2.0], requires_grad=True).exp().sum(), here()
    assert line(y) == inner != outer
    assert line(out) == called
    assert line(out.inputs[0]) == called
    assert line(total) == summed
    assert line(tensor._elements[0] if hasattr(tensor, "_elements") else tensor) == made


def test_a_module_keeps_its_scope():
    layer = nn.Linear(2, 1)
    with microgd.lines():
        (out,) = layer([1.0, 2.0])
    assert out._scope == "Linear"
    assert place(out) is not None


def test_two_instructions_of_one_line_are_told_apart():
    with microgd.lines():
        y = (Value(1.0) + 2.0) * 3.0
        again = [Value(1.0) * k for k in (2.0, 3.0)]
    assert place(y)[:2] == place(y.inputs[0])[:2]
    assert place(y) != place(y.inputs[0])
    assert place(again[0]) == place(again[1])


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickles_know_the_line(twin):
    with microgd.lines():
        y = (Value(2.0) * 3.0).exp()
    assert place(twin(y)) == place(y)
    assert place(twin(y.inputs[0])) == place(y.inputs[0])


def test_blocks_nest_and_end():
    with microgd.lines():
        with microgd.lines():
            a = Value(1.0) + 1.0
        b = Value(1.0) + 1.0
    c = Value(1.0) + 1.0
    assert place(a)
    assert place(b)
    assert place(c) is None


def test_inside_of_it_an_anomaly_is_still_found_and_only_there():
    with microgd.lines():
        assert place(Value(-1.0).log()) is not None  # a nan is no error here
        with microgd.detect_anomaly(), pytest.raises(RuntimeError, match=r"log returned nan at .*test_lines"):
            Value(-1.0).log()
        assert place(Value(-1.0).log()) is not None


def test_it_has_an_effect_on_its_own_thread_only():
    seen = []
    inside, done = threading.Event(), threading.Event()

    def other():
        inside.wait()
        seen.append(Value(1.0) * 2.0)
        with microgd.lines():
            seen.append(Value(1.0) * 2.0)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with microgd.lines():
        inside.set()
        done.wait()
        mine = Value(1.0) * 2.0
    thread.join()
    assert [place(x) is None for x in (*seen, mine)] == [True, False, False]


def test_gradients_and_training_are_the_same_inside():
    def trained():
        microgd.manual_seed(3)
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = microgd.optim.Adam(model.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            loss = nn.MSELoss()(model([[0.5, -1.0], [1.0, 2.0]]), [[1.0], [0.0]])
            loss.backward()
            optimizer.step()
        return model.state_dict(), loss.item()

    plain = trained()
    with microgd.lines():
        assert trained() == plain


def test_a_compiled_function_works_inside():
    @microgd.compile
    def f(x):
        return x * x

    with microgd.lines():
        assert f(Value(3.0)).item() == 9.0
        assert place(f(Value(3.0))) is not None


def test_code_without_a_file_is_no_problem():
    names = {"Value": Value}
    with microgd.lines():
        exec(compile("y = Value(2.0) * 3.0", "<a cell>", "exec"), names)
    assert place(names["y"])[:2] == ("<a cell>", 1)
