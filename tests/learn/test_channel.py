"""Two ends of a channel, in two threads of this process."""

import gc
import math
import os
import threading

import pytest
from hypothesis import given, strategies as st

from microgd.check.diagnosis import raised
from microgd.learn.channel import DisturbedError, GoneError, Peer
from microgd.learn.remote import repeat


class Node:
    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        return Node(self.data + getattr(other, "data", other))

    def __radd__(self, other):
        return Node(other + self.data)


def echo(x):
    return x


def twice(f, x):
    return f(f(x))


def fails(x):
    return 1 / x


class Odd(Exception):
    pass


def odd():
    raise Odd("strange")


@pytest.fixture(scope="module")
def ends():
    """The check's end, and the learner's, which offers the names of this file."""
    (a, b), (c, d) = os.pipe(), os.pipe()
    here = Peer(os.fdopen(a, "rb"), d)
    there = Peer(
        os.fdopen(c, "rb"),
        b,
        careful=False,
        explain=lambda error: ("raises", f"Line 35 (`return 1 / x`) stops: {error}"),
        services={"load": lambda: dict(globals()), "give": lambda x: x},
    )

    def serve():
        with pytest.raises(GoneError):
            there.serve_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield here, there
    os.close(d)
    thread.join(5)
    os.close(b)
    here.read.close()
    there.read.close()


@pytest.fixture
def names(ends):
    return ends[0].ask("give", {"Node": None}) | {
        name: ends[0].ask("load")[name] for name in ("Node", "echo", "twice", "fails", "odd")
    }


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(...)
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(plain)
def test_what_travels_by_value_arrives_as_it_was(ends, x):
    back = ends[0].ask("give", x)
    assert back == x
    assert repr(back) == repr(x)


def test_an_object_is_the_same_object_whenever_it_comes(names):
    a = names["Node"](2.0)
    assert names["echo"](a) is a
    assert names["echo"]([a, a])[1] is a
    assert type(a + 1.0) is type(a)
    assert (a + 1.0).data == (1.0 + a).data == 3.0
    a.grad = 5.0
    assert a.grad == 5.0
    assert not hasattr(a, "nothing")
    assert type(a).__name__ == "Node"
    with pytest.raises(TypeError):
        a * a
    assert repeat(a, "add", 1.0, 100).data == repeat(Node(2.0), "add", 1.0, 100).data == 102.0


def test_functions_of_both_sides_call_each_other(names):
    assert names["twice"](lambda x: x + 1, 5) == 7
    assert names["twice"](lambda x: names["twice"](math.sqrt, x), 16.0**4) == pytest.approx(2.0)


def test_an_exception_keeps_its_nearest_class_and_its_sentence(names):
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        names["fails"](0)
    assert caught.value.told == ("raises", "Line 35 (`return 1 / x`) stops: division by zero")
    assert raised(caught.value) == "ZeroDivisionError: division by zero, in line 35 (`return 1 / x`)"
    with pytest.raises(Exception, match="strange"):
        names["odd"]()


def test_what_the_check_raises_is_explained_where_its_line_is_known(names):
    def of_the_check(x):
        raise TypeError("wants a number")

    with pytest.raises(TypeError, match="wants a number") as caught:
        names["twice"](of_the_check, 5)
    assert caught.value.told[1].endswith("stops: wants a number")


def test_what_nobody_holds_is_let_go(ends, names):
    there = ends[1]

    def settle():
        gc.collect()
        names["echo"](1)
        names["echo"](1)

    settle()
    before = len(there.lent)
    nodes = [names["Node"](1.0) for _ in range(50)]
    assert len(there.lent) >= before + 50
    del nodes
    settle()
    assert len(there.lent) <= before + 2


@pytest.mark.parametrize("name", ["__globals__", "__code__", "__class__", "__dict__", "_private"])
def test_the_check_gives_no_private_names(ends, names, name):
    def ours():
        return 0

    with pytest.raises(AttributeError):
        ends[0].do("get", ours, name)
    ends[0].encode(ours)
    with pytest.raises(AttributeError):
        ends[0].do("get", ours, name)
    with pytest.raises(AttributeError):
        ends[0].do("set", ours, "name", 1)
    with pytest.raises(TypeError):
        ends[0].do("do", "pow", 10, 10)
    generator = (x for x in [1])
    ends[0].encode(generator)
    with pytest.raises(AttributeError):
        ends[0].do("get", generator, "gi_frame")


@pytest.mark.parametrize(
    "message",
    [b"x", b"{}", b"[]", b"[1]", b'["result", 3, 4]', b'["result", [], ["y", 99]]', b'["what", []]'],
)
def test_what_no_peer_sends_is_told(message):
    (a, b), (c, d) = os.pipe(), os.pipe()
    peer = Peer(os.fdopen(a, "rb"), d)
    os.write(b, len(message).to_bytes(4, "big") + message)
    os.close(b)
    with pytest.raises((DisturbedError, GoneError)):
        peer.ask("load")
    with pytest.raises((DisturbedError, GoneError)):
        peer.ask("load")
    os.close(c)
    os.close(d)
    peer.read.close()
