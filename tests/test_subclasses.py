"""A class that inherits from Value: what is made of it is of it."""

import copy
import pickle

import pytest

import microgd
from microgd import Value, autograd


class Money(Value):
    """With an attribute of its own, and a constructor of its own."""

    def __init__(self, data, currency="EUR"):
        super().__init__(data, label=currency)
        self.currency = currency


OPERATIONS = {
    "+": lambda m, v: m + v,
    "reflected +": lambda m, v: 2.0 + m,
    "-": lambda m, v: m - 1.0,
    "*": lambda m, v: m * v,
    "reflected *": lambda m, v: 2.0 * m,
    "/": lambda m, v: m / v,
    "**": lambda m, v: m**2,
    "unary -": lambda m, v: -m,
    "tanh": lambda m, v: m.tanh(),
    "microgd.exp": lambda m, v: microgd.exp(m),
    "maximum": lambda m, v: microgd.maximum(m, v),
    "sum": lambda m, v: microgd.sum([m, v, 1.0]),
    "dot": lambda m, v: microgd.dot([m, v], [v, m]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_gives_the_class_of_its_first_value(name):
    operation = OPERATIONS[name]
    m, v = Money(2.0), Value(3.0)
    assert type(operation(m, v)) is Money
    assert type(operation(Value(2.0), v)) is Value
    out = operation(m, v)
    out.backward()
    plain = Value(2.0)
    operation(plain, Value(3.0)).backward()
    assert m.grad == plain.grad


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_result_that_is_not_recorded_is_of_the_class_too(name):
    with microgd.no_grad():
        assert type(OPERATIONS[name](Money(2.0), Value(3.0))) is Money


def test_a_plain_value_first_gives_a_plain_value():
    assert type(Value(3.0) + Money(2.0)) is Value


def test_a_layers_neuron_of_a_subclass_is_of_it():
    out = microgd.nn.functional.linear([[Money(1.0), Money(2.0)]], [[3.0, 4.0]], [1.0])
    assert type(out[0][0]) is Money


def test_copies_and_pickles_keep_the_class_and_its_attributes():
    m = Money(2.0, "USD")
    m.grad = 0.5
    for twin in (copy.copy(m), copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert (type(twin), twin.data, twin.grad, twin.currency) == (Money, 2.0, 0.5, "USD")
    out = m * m
    out.currency = "USD²"
    for twin in (copy.deepcopy(out), pickle.loads(pickle.dumps(out))):
        assert (type(twin), twin.currency) == (Money, "USD²")
        assert (type(twin.inputs[0]), twin.inputs[0].currency) == (Money, "USD")
        assert twin.inputs[0] is twin.inputs[1]


def test_a_gradient_is_of_the_class_of_its_input():
    m = Money(2.0)
    assert type(autograd.grad(m * m, m)[0]) is Money
    assert type(m.detach()) is Money


def test_copies_of_neurons_go_on_sharing_their_rows():
    layer = microgd.nn.Linear(3, 4)
    loss = microgd.sum([x for row in layer([[1.0, 2.0, 3.0]] * 5) for x in row])
    for twin in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        neurons = twin.inputs
        assert len({id(n._b) for n in neurons}) == 4
        twin.backward()
        loss.backward()
        assert [x.grad for x in neurons[0].inputs[3:]] == [x.grad for x in loss.inputs[0].inputs[3:]]
        for x in layer.parameters():
            x.grad = None
