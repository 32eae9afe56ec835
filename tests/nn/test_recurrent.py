"""Recurrent layers and cells beside PyTorch's, in float64."""

import copy
import math
import pickle

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import func, nn, optim
from tests.strategies import examples

LAYERS = ["RNN", "GRU", "LSTM"]
CELLS = ["RNNCell", "GRUCell", "LSTMCell"]


def flat(x):
    """All Tensors of nested tuples."""
    return [z for y in x for z in flat(y)] if isinstance(x, tuple) else [x]


def double(x):
    return torch.tensor(x.tolist() if hasattr(x, "tolist") else x, dtype=torch.float64)


def numbers(draw, *shape):
    drawn = [draw(st.floats(-2.0, 2.0)) for _ in range(math.prod(shape))]
    return torch.tensor(drawn, dtype=torch.float64).reshape(shape).tolist()


def leaves(library, x):
    """Nested tuples of lists as tuples of leaves."""
    if isinstance(x, tuple):
        return tuple(leaves(library, y) for y in x)
    return library.tensor(x, dtype=library.float64, requires_grad=True)


def pair(name, *args, **options):
    """The same module of both libraries, with PyTorch's weights."""
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options).double()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def derivatives(library, module, inputs):
    """The results of a module, the gradient of some sum of them, and the gradient of a sum of that."""
    arguments = leaves(library, inputs)
    results = flat(module(*arguments))
    wanted = [*flat(arguments), *module.parameters()]
    total = sum((y * y).sum() + (k + 0.5) * y.sum() for k, y in enumerate(results))
    first = library.autograd.grad(total, wanted, create_graph=True, allow_unused=True)
    total = sum((g * g * g).sum() for g in first if g is not None)
    second = library.autograd.grad(total, wanted, allow_unused=True)
    return [
        *results,
        *(library.zeros_like(x) if g is None else g for x, g in zip(wanted * 2, first + second)),
    ]


def compare(ours, theirs, inputs):
    found, expected = (derivatives(*side, inputs) for side in ((microgd, ours), (torch, theirs)))
    for x, y in zip(found, expected, strict=True):
        assert tuple(x.shape) == tuple(y.shape)
        scale = max(1.0, float(y.detach().abs().max()))
        assert torch.allclose(double(x.detach()), y.detach(), rtol=0.0, atol=1e-12 * scale)


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=examples(12), deadline=None)
@given(st.data())
def test_outputs_states_gradients_and_second_gradients_of_layers_are_pytorchs(name, data):
    draw = data.draw
    layers, length, width, hidden = (draw(st.integers(1, n)) for n in (2, 3, 2, 2))
    options = {"num_layers": layers} | {
        o: draw(st.booleans()) for o in ("bias", "batch_first", "bidirectional")
    }
    if name == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if name == "LSTM" and hidden > 1:
        options["proj_size"] = draw(st.integers(0, 1))
    batch = draw(st.sampled_from([(), (1,), (2,)]))
    lengths = (*batch, length) if options["batch_first"] else (length, *batch)
    rows = layers * (1 + options["bidirectional"])
    inputs = (numbers(draw, *lengths, width),)
    if draw(st.booleans()):
        h = numbers(draw, rows, *batch, options.get("proj_size") or hidden)
        inputs += ((h, numbers(draw, rows, *batch, hidden)) if name == "LSTM" else h,)
    torch.manual_seed(draw(st.integers(0, 99)))
    compare(*pair(name, width, hidden, **options), inputs)


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=examples(12), deadline=None)
@given(st.data())
def test_results_gradients_and_second_gradients_of_cells_are_pytorchs(name, data):
    draw = data.draw
    width, hidden = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    options = {"bias": draw(st.booleans())}
    if name == "RNNCell":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    batch = draw(st.sampled_from([(), (1,), (2,)]))
    inputs = (numbers(draw, *batch, width),)
    if draw(st.booleans()):
        h = numbers(draw, *batch, hidden)
        inputs += ((h, numbers(draw, *batch, hidden)) if name == "LSTMCell" else h,)
    torch.manual_seed(draw(st.integers(0, 99)))
    compare(*pair(name, width, hidden, **options), inputs)


SHAPES = [(name, {}) for name in LAYERS + CELLS]
SHAPES += [(name, {"bias": False}) for name in LAYERS + CELLS]
SHAPES += [(name, {"num_layers": 2, "bidirectional": True, "batch_first": True}) for name in LAYERS]
SHAPES += [("RNN", {"nonlinearity": "relu"}), ("RNNCell", {"nonlinearity": "relu"})]
SHAPES += [("LSTM", {"proj_size": 2, "num_layers": 2, "dropout": 0.5})]


@pytest.mark.parametrize(("name", "options"), SHAPES, ids=str)
def test_weights_start_as_pytorchs_bit_for_bit_under_their_names(name, options):
    made = []
    for library, modules in ((microgd, nn), (torch, torch.nn)):
        library.manual_seed(7)
        made.append(getattr(modules, name)(2, 3, **options))
    ours, theirs = made
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for x, y in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert x.tolist() == y.tolist()
    theirs.load_state_dict({k: torch.tensor(x) for k, x in ours.state_dict().items()})
    assert str(ours.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"


def zeros(*lengths):
    return lambda library: library.zeros(*lengths)


def two(first, second):
    return lambda library: (first(library), second(library))


WRONG_CALLS = [
    ("RNN", zeros(2), None),
    ("LSTM", zeros(1, 1, 1, 2), None),
    ("GRU", zeros(4, 3), None),
    ("GRU", zeros(4, 1, 3), None),
    ("RNN", zeros(4, 2), zeros(3)),
    ("GRU", zeros(4, 2), zeros(1, 1, 3)),
    ("RNN", zeros(4, 2, 2), zeros(1, 3)),
    ("RNN", zeros(4, 2, 2), zeros(1, 1, 3)),
    ("GRU", zeros(4, 2), zeros(2, 3)),
    ("LSTM", zeros(4, 2), two(zeros(1, 3), zeros(1, 2))),
    ("LSTM", zeros(4, 2, 2), two(zeros(1, 3, 3), zeros(1, 2, 3))),
    ("LSTM", zeros(4, 2), two(zeros(1, 3), zeros(3))),
    ("LSTM", zeros(4, 2, 2), two(zeros(1, 3), zeros(1, 3))),
    ("RNN", zeros(0, 1, 2), None),
    ("RNNCell", zeros(4), None),
    ("GRUCell", zeros(1, 1, 2), None),
    ("RNNCell", zeros(4, 2), zeros(3, 3)),
    ("GRUCell", zeros(4, 2), zeros(4, 2)),
    ("RNNCell", zeros(4, 2), zeros(1, 4, 3)),
    ("GRUCell", zeros(2), zeros(2)),
    ("LSTMCell", zeros(1, 2), two(zeros(1, 3), zeros(1, 2))),
    ("LSTMCell", zeros(1, 2), two(zeros(1, 2), zeros(1, 3))),
    ("LSTMCell", zeros(1, 2), two(zeros(1, 3), zeros(2, 3))),
    ("LSTMCell", zeros(1, 2), two(zeros(1, 3), zeros(1, 1, 3))),
]


@pytest.mark.parametrize(("name", "input", "state"), WRONG_CALLS)
def test_what_does_not_fit_is_refused_in_pytorchs_words(name, input, state):
    said = []
    for library in (microgd, torch):
        module = getattr(library.nn, name)(2, 3)
        with pytest.raises((ValueError, RuntimeError)) as caught:
            module(input(library), None if state is None else state(library))
        said.append((caught.type, str(caught.value).replace("D tensor instead", "D instead")))
    assert said[0] == said[1]


WRONG_OPTIONS = [
    ("RNN", (2, 3, 1, "sin"), {}),
    ("LSTM", (2, 3), {"dropout": 1.5}),
    ("GRU", (2, 3), {"dropout": True}),
    ("LSTM", (2, 3), {"proj_size": 3}),
    ("LSTM", (2, 3), {"proj_size": -1}),
    ("GRU", (2, 0), {}),
    ("LSTM", (2, 0), {}),
    ("GRU", (0, 2), {}),
    ("RNN", (2, 3, 0), {}),
    ("RNN", (2.0, 3), {}),
    ("RNN", (2, 3.0), {}),
    ("GRU", (2, 3), {"bias": 1}),
    ("GRU", (2, 3), {"batch_first": 1}),
]


@pytest.mark.parametrize(("name", "args", "options"), WRONG_OPTIONS)
def test_options_that_make_no_sense_are_refused_in_pytorchs_words(name, args, options):
    said = []
    for modules in (nn, torch.nn):
        with pytest.raises((ValueError, TypeError)) as caught:
            getattr(modules, name)(*args, **options)
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["LSTM", "LSTMCell"])
def test_the_state_of_an_lstm_is_a_pair(name):
    module, x = getattr(nn, name)(2, 3), microgd.zeros(1, 2)
    for state in (microgd.zeros(1, 3), microgd.zeros(2, 1, 3), [microgd.zeros(1, 3)] * 3):
        with pytest.raises(TypeError, match=r"a pair of Tensors \(h, c\), got"):
            module(x, state)
    result = module(x, [[[0.0] * 3]] * 2)
    assert flat(result)[0].tolist() == flat(module(x))[0].tolist()


def test_a_cell_names_what_it_cannot_use():
    with pytest.raises(RuntimeError, match="Unknown nonlinearity: sin"):
        nn.RNNCell(2, 3, nonlinearity="sin")([1.0, 2.0])
    with pytest.raises(ValueError, match="hidden_size must be greater than zero"):
        nn.GRUCell(2, 0)
    with pytest.raises(RuntimeError, match="no device 'cuda'"):
        nn.GRU(2, 3, device="cuda")
    with pytest.raises(RuntimeError, match="floating point"):
        nn.LSTMCell(2, 3, dtype=microgd.long)


def test_dropout_drops_between_the_layers_while_training_only():
    microgd.manual_seed(1)
    layer = nn.GRU(2, 3, num_layers=2, dropout=1.0)
    x = microgd.rand(4, 2)
    nothing = nn.GRU(3, 3)
    nothing.load_state_dict({k.replace("l1", "l0"): v for k, v in layer.state_dict().items() if "l1" in k})
    assert layer(x)[0].tolist() == nothing(microgd.zeros(4, 3))[0].tolist()
    with_all = copy.deepcopy(layer)
    with_all.dropout = 0.0
    assert layer.eval()(x)[0].tolist() == with_all(x)[0].tolist() != nothing(microgd.zeros(4, 3))[0].tolist()
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        single = nn.GRU(2, 3, dropout=1.0)
    assert single(x)[0].tolist() == single.eval()(x)[0].tolist()


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_of_a_single_layer_warns_as_in_pytorch(name):
    said = []
    for modules in (nn, torch.nn):
        with pytest.warns(UserWarning, match="dropout option adds dropout after all but last") as caught:
            getattr(modules, name)(2, 3, dropout=0.5)
        said.append(str(caught[0].message))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_its_cell_along_the_sequence(name):
    layer, cell = getattr(nn, name)(2, 3), getattr(nn, name + "Cell")(2, 3)
    cell.load_state_dict({k.removesuffix("_l0"): x for k, x in layer.state_dict().items()})
    x = microgd.rand(4, 2)
    outputs, state = layer(x)
    reached = None
    for x_t, output in zip(x, outputs, strict=True):
        reached = cell(x_t, reached)
        assert flat(reached)[0].tolist() == output.tolist()
    assert [h.tolist() for h in flat(reached)] == [h[0].tolist() for h in flat(state)]


@pytest.mark.parametrize("name", LAYERS)
def test_a_sequence_may_be_read_in_two_parts(name):
    layer = getattr(nn, name)(2, 3, 2)
    x = microgd.rand(5, 1, 2)
    whole, last = layer(x)
    first, state = layer(x[:2])
    second, state = layer(x[2:], state)
    assert microgd.cat([first, second]).tolist() == whole.tolist()
    assert [h.tolist() for h in flat(state)] == [h.tolist() for h in flat(last)]


@pytest.mark.parametrize("name", LAYERS)
def test_training_is_pytorchs_and_the_loss_falls(name):
    torch.manual_seed(3)
    ours, theirs = pair(name, 1, 3)
    sequence = [[[math.sin(0.7 * t + n)] for n in range(2)] for t in range(6)]
    losses = []
    for library, layer, optimizer in ((microgd, ours, optim.Adam), (torch, theirs, torch.optim.Adam)):
        layer.flatten_parameters()
        x = library.tensor(sequence, dtype=library.float64)
        steps = optimizer(layer.parameters(), lr=0.05)
        found = []
        for _ in range(8):
            steps.zero_grad()
            loss = library.nn.functional.mse_loss(layer(x[:-1])[0].mean(-1), x[1:].squeeze(-1))
            loss.backward()
            library.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
            steps.step()
            found.append(loss.item())
        losses.append(found)
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
    assert losses[0][-1] < 0.9 * losses[0][0]


@pytest.mark.parametrize("name", LAYERS)
def test_recurrent_layers_are_compiled(name):
    microgd.manual_seed(5)
    layer = getattr(nn, name)(1, 3)

    def loss(a, b, c):
        return (layer(microgd.stack([a, b, c]).reshape(3, 1))[0] ** 2).sum()

    x = microgd.tensor([0.5, -1.0, 2.0], requires_grad=True)
    eager = loss(*x)
    eager.backward()
    compiled = microgd.compile(loss)
    for wanted, argnums in ((x, (0, 1, 2)), (nn.utils.parameters_to_vector(layer.parameters()), None)):
        value, gradient = compiled.value_and_grad(*x.tolist(), argnums=argnums)
        assert value == eager.item()
        assert list(gradient) == wanted.grad.tolist()


def test_a_compiled_training_of_a_recurrent_layer_takes_the_eager_steps():
    samples = [([0.1 * n, 0.5, -0.2 * n], 0.3 * n) for n in range(4)]
    weights = []
    for compiled in (False, True):
        microgd.manual_seed(6)
        layer = nn.GRU(1, 2)
        optimizer = optim.SGD(layer.parameters(), lr=0.1)

        def loss(xs, y, layer=layer):
            return (layer([[x] for x in xs])[1].sum() - y) ** 2

        if compiled:
            mean = microgd.compile(in_dims=(0, 0), reduce="mean")(loss)
            train = microgd.compile(mean, optimizer=optimizer)
            train([x for x, _ in samples], [y for _, y in samples], steps=3)
        else:
            for _ in range(3):
                optimizer.zero_grad()
                (sum(loss(x, y) for x, y in samples) / len(samples)).backward()
                optimizer.step()
        weights.append(nn.utils.parameters_to_vector(layer.parameters()).tolist())
    assert weights[0] == pytest.approx(weights[1], rel=1e-12)


def test_recurrent_layers_are_copied_pickled_and_called_with_other_weights():
    layer = nn.LSTM(2, 3, bidirectional=True, proj_size=1)
    x = microgd.rand(4, 2)
    expected = layer(x)[0].tolist()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other(x)[0].tolist() == expected
    zero = {name: microgd.zeros(*p.shape) for name, p in layer.named_parameters()}
    assert func.functional_call(layer, zero, (x,))[0].tolist() == [[0.0, 0.0]] * 4
    assert layer(x)[0].tolist() == expected
