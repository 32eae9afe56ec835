"""Module: what it is made of, its names, its numbers out and in, the scopes of its nodes."""

import copy
import pickle

import pytest
import torch

import microgd
from microgd import Tensor, Value, nn
from microgd.tensor import named_elements, values
from tests.interrupts import interrupted


def block(kit):
    """The same model of nested user modules, made of microgd.nn or of torch.nn."""

    class Block(kit.Module):
        def __init__(self):
            super().__init__()
            self.scale = kit.Parameter([1.5, 2.5] if kit is nn else torch.tensor([1.5, 2.5]))
            self.layers = kit.ModuleList([kit.Linear(2, 2), kit.Linear(2, 2)])
            self.head = kit.Sequential(kit.Linear(2, 1, bias=False), kit.Tanh())

        def forward(self, x):
            for layer in self.layers:
                x = layer(x).tanh()
            return self.head(x * self.scale)

    return Block()


def ours_and_torchs():
    ours, theirs = block(nn), block(torch.nn).double()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def test_nested_user_modules_compute_what_pytorchs_compute():
    ours, theirs = ours_and_torchs()
    loss = ours(Tensor([0.5, -1.0])).sum()
    expected = theirs(torch.tensor([0.5, -1.0], dtype=torch.float64)).sum()
    loss.backward()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-13)
    gradients = [x for p in theirs.parameters() for x in p.grad.flatten().tolist()]
    assert [x.grad for x in values(ours.parameters())] == pytest.approx(gradients, rel=1e-12)


def test_names_and_order_are_pytorchs():
    ours, theirs = ours_and_torchs()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.state_dict() == {name: x.tolist() for name, x in theirs.state_dict().items()}
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
    assert [type(m).__name__ for m in ours.modules()] == [type(m).__name__ for m in theirs.modules()]
    flat = [x for p in theirs.parameters() for x in p.flatten().tolist()]
    assert [x.item() for x in values(ours.parameters())] == flat
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict(prefix="net.")) == list(theirs.state_dict(prefix="net."))


def test_parameters_are_pytorchs_in_number_name_shape_and_order():
    ours, theirs = ours_and_torchs()
    of = lambda model: [(name, tuple(p.shape)) for name, p in model.named_parameters()]  # noqa: E731
    assert of(ours) == of(theirs)
    assert [tuple(p.shape) for p in ours.parameters()] == [tuple(p.shape) for p in theirs.parameters()]
    for name, p in ours.named_parameters():
        assert isinstance(p, nn.Parameter)
        assert repr(p.data) == repr(dict(theirs.named_parameters())[name].data.double()).replace(
            ", dtype=torch.float64", ""
        )
    assert next(ours.named_parameters(prefix="net"))[0] == next(theirs.named_parameters(prefix="net"))[0]
    own = [p.tolist() for p in ours.parameters(recurse=False)]
    assert own == [p.tolist() for p in theirs.parameters(recurse=False)] == [[1.5, 2.5]]


def test_every_number_of_a_parameter_has_a_name_by_its_place():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    named = dict(named_elements(model.named_parameters()))
    assert list(named)[:3] == ["0.weight[0][0]", "0.weight[0][1]", "0.weight[0][2]"]
    assert list(named)[6:] == ["0.bias[0]", "0.bias[1]", "2.weight[0][0]", "2.weight[0][1]", "2.bias[0]"]
    assert named["0.weight[1][2]"] is model[0].weight[1][2]
    assert list(named.values()) == values(model.parameters())


def test_a_single_value_is_a_parameter_too():
    class Line(nn.Module):
        def __init__(self):
            self.slope = Value(2.0)
            self.offset = nn.Parameter(1.0)
            self.doubled = self.slope * 2.0  # computed: no parameter

        def forward(self, x):
            return self.slope * x + self.offset

    line = Line()
    assert dict(line.named_parameters()) == {"slope": line.slope, "offset": line.offset}
    assert line.state_dict() == {"slope": 2.0, "offset": 1.0}
    line.load_state_dict({"slope": 5.0, "offset": 6})
    assert line(1.0).item() == 11.0
    with pytest.raises(RuntimeError, match=r"size mismatch for slope: .* shape \(1,\) .* is \(\)"):
        line.load_state_dict({"slope": [5.0], "offset": 6})


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_what_a_call_leaves_behind_is_no_parameter():
    class Counted(nn.Module):
        def __init__(self):
            self.scale = Value(2.0)
            self.inner = nn.Linear(1, 1)

        def forward(self, x):
            self.seen = Value(x)
            self.out = self.scale * self.seen
            self.inner.kept = Value(1.0)  # not its own call
            return self.out

    module = Counted()
    module(3.0)
    assert names(module) == ["scale", "inner.weight", "inner.bias", "inner.kept"]
    module.seen = Value(1.0)  # from outside of a call
    assert "seen" in names(module)


def test_a_constant_is_no_parameter_and_a_frozen_parameter_stays_one():
    module = nn.Module()
    module.constant = Value(1.0, requires_grad=False)
    module.weight = Value(2.0)
    module.result = module.weight * 3.0
    assert module.state_dict() == {"weight": 2.0}
    assert module.requires_grad_(False).state_dict() == {"weight": 2.0}
    assert list(module.parameters()) == [module.weight]
    assert copy.deepcopy(module).state_dict() == pickle.loads(pickle.dumps(module)).state_dict()
    assert copy.deepcopy(module).state_dict() == {"weight": 2.0}


@pytest.mark.parametrize("other", [3.0, Value(1.0, requires_grad=False), Value(1.0) * 2.0, nn.ReLU()])
def test_a_parameter_that_is_replaced_is_one_no_more(other):
    module = nn.Module()
    module.weight = Value(2.0)
    module.weight = other
    assert names(module) == []
    module.weight = nn.Parameter([2.0])
    assert names(module) == ["weight"]
    del module.weight
    assert names(module) == []


def loop(kit):
    """A module that holds a module that holds it."""
    outer = kit.Sequential(kit.Linear(2, 1), kit.ReLU())
    outer[0].outer = outer
    return outer


def test_a_module_may_hold_one_that_holds_it():
    ours, theirs = loop(nn), loop(torch.nn)
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert list(ours.state_dict()) == [name for name, _ in theirs.named_parameters()]  # PyTorch recurses
    assert len(list(values(ours.parameters()))) == 3
    assert len(list(ours.named_modules(remove_duplicate=False))) == 3
    assert ours.eval().load_state_dict(ours.state_dict()).missing_keys == []
    order = []
    ours.apply(lambda m: order.append(type(m).__name__))
    assert order == ["Linear", "ReLU", "Sequential"]
    assert repr(ours).count("Sequential") == 2
    assert "(outer): Sequential(...)" in repr(ours)
    assert repr(ours) == repr(ours)


def test_a_module_with_many_paths_is_walked_once():
    module = nn.Linear(1, 1)
    for _ in range(60):  # 2**60 paths
        module = nn.Sequential(module, module)
    assert len(list(module.parameters())) == 2
    assert len(list(module.modules())) == 61
    module.zero_grad()


def test_a_shared_module_is_saved_under_each_of_its_names():
    def shared(kit):
        layer = kit.Linear(1, 1, bias=False)
        return kit.Sequential(kit.Sequential(layer, layer), layer)

    ours, theirs = shared(nn), shared(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for remove_duplicate in (True, False):
        found = [name for name, _ in ours.named_modules(None, "net", remove_duplicate)]
        assert found == [name for name, _ in theirs.named_modules(None, "net", remove_duplicate)]


def test_tied_parameters_are_trained_once_and_saved_under_both_names():
    def tied(kit):
        model = kit.Sequential(kit.Linear(2, 2), kit.Linear(2, 2))
        model[1].weight = model[0].weight
        return model

    ours, theirs = tied(nn), tied(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert len(values(ours.parameters())) == sum(p.numel() for p in theirs.parameters()) == 8
    for again in (True, False):
        found = [name for name, _ in ours.named_parameters(remove_duplicate=again)]
        assert found == [name for name, _ in theirs.named_parameters(remove_duplicate=again)]
    shared = nn.ReLU()
    assert len(list(nn.Sequential(shared, shared).children())) == 1
    assert len(nn.Sequential(shared, shared)) == 2
    assert len(list(nn.Sequential(shared, shared).modules())) == 2
    assert len(list(nn.Sequential(shared, shared).modules(remove_duplicate=False))) == 3


def test_scopes_say_in_which_module_a_node_was_made():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
            self.heads = nn.ModuleList([nn.Linear(2, 1)])

        def forward(self, x):
            return self.heads[0](self.body(x))[0] * 2.0

    out = Net()([1.0, 2.0])
    assert out._scope == "Net"
    neuron = out.inputs[0]
    assert neuron._scope == "Net.heads.0"
    activation = next(x for x in neuron.inputs if isinstance(x, Value) and x.op == "tanh")
    assert activation._scope == "Net.body.1"
    assert activation.inputs[0]._scope == "Net.body.0"
    assert (out + 1.0)._scope == ""
    assert nn.Sequential(nn.Linear(2, 1))([1.0, 2.0])[0]._scope == "Sequential.0"


def test_a_module_that_raises_leaves_no_scope_behind():
    with pytest.raises(RuntimeError):
        nn.Sequential(nn.Linear(2, 1))([1.0])
    assert (Value(1.0) + 1.0)._scope == ""


def test_training_mode_reaches_every_module():
    model = block(nn)
    assert model.training
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    assert model.train().layers[1].training
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        model.train(3)


def test_freezing_and_forgetting():
    model = nn.Linear(2, 1)
    assert model.requires_grad_(False) is model
    assert not model([1.0, 2.0])[0].requires_grad
    assert len(values(model.parameters())) == 3
    model.requires_grad_()
    model([1.0, 2.0])[0].backward()
    model.zero_grad(set_to_none=False)
    assert [x.grad for x in values(model.parameters())] == [0.0, 0.0, 0.0]
    model.zero_grad()
    assert [x.grad for x in values(model.parameters())] == [None, None, None]


def test_apply_calls_the_innermost_first():
    order = []
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
    assert model.apply(lambda m: order.append(type(m).__name__)) is model
    assert order == ["ReLU", "Tanh", "Sequential", "Sequential"]


def errors(model, state, strict=True):
    try:
        model.load_state_dict(state, strict=strict)
    except RuntimeError as error:
        return str(error)
    return ""


def as_tensors(state):
    return {name: torch.tensor(x) for name, x in state.items()}


MODEL = {"0.weight": [[1.0, 2.0]], "0.bias": [3.0], "1.weight": [[4.0]], "1.bias": [5.0]}
WRONG = {
    "missing": {"0.weight": [[1.0, 2.0]], "1.bias": [5.0]},
    "unexpected": {**MODEL, "2.weight": [[1.0]], "x": [2.0]},
    "size": {**MODEL, "0.weight": [[1.0, 2.0], [3.0, 4.0]], "1.bias": [1.0, 2.0]},
    "all": {"0.weight": [[1.0], [2.0]], "1.weight": [[4.0]], "x": [0.0]},
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("kind", WRONG)
def test_load_state_dict_fails_with_pytorchs_sentences_and_changes_nothing(kind, strict):
    ours = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Linear(1, 1))
    before = ours.state_dict()
    expected = errors(theirs, as_tensors(WRONG[kind]), strict).replace("torch.Size([", "(").replace("])", ")")
    assert errors(ours, WRONG[kind], strict).replace(",)", ")") == expected
    if expected:
        assert ours.state_dict() == before
    else:
        assert ours.state_dict() == {**before, **{k: v for k, v in WRONG[kind].items() if k in before}}


def test_an_interrupt_leaves_a_whole_state_or_none():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model.scale = Value(2.0)
    before = model.state_dict()
    after = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).state_dict() | {"scale": 3.0}
    at, seen = 1, []
    while interrupted(lambda: model.load_state_dict(after), at, opcodes=True):
        seen.append(model.state_dict())
        assert seen[-1] in (before, after)
        if seen[-1] == after:
            model.load_state_dict(before)
        at += 1 if at < 400 else 11
    assert model.state_dict() == after
    assert seen.count(before) > 100


def test_load_state_dict_without_strict_returns_what_did_not_match():
    model = nn.Linear(2, 1)
    found = model.load_state_dict({"bias": [7.0], "x": 1.0}, strict=False)
    assert found.missing_keys == ["weight"]
    assert found.unexpected_keys == ["x"]
    assert model.bias.tolist() == [7.0]
    missing, unexpected = found
    assert (missing, unexpected) == (["weight"], ["x"])
    assert repr(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"


@pytest.mark.parametrize("wrong", ["text", [[1.0, "a"]], [[1.0], [2.0, 3.0]], None])
def test_load_state_dict_refuses_what_is_no_number(wrong):
    model = nn.Linear(2, 1)
    before = model.state_dict()
    with pytest.raises(RuntimeError, match='While copying the parameter named "weight"'):
        model.load_state_dict({"bias": [7.0], "weight": wrong})
    assert model.state_dict() == before
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'list'>"):
        model.load_state_dict([1.0])


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward"'):
        nn.Module()(1.0)


def test_copies_and_pickles_of_a_model_are_models_of_their_own():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert not {id(x) for x in twin.parameters()} & {id(x) for x in model.parameters()}
        assert isinstance(twin[0].weight, nn.Parameter)
        assert repr(twin) == repr(model)
        twin([1.0, 2.0])[0].backward()
        assert all(x.grad is None for x in model.parameters())


def test_parameter():
    w = nn.Parameter([[1, 2], [3, 4]])
    assert w.requires_grad
    assert type(w[0]) is microgd.Tensor  # as in PyTorch, a row of a Parameter is none
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert isinstance(nn.Parameter(2.0), Value)
    assert nn.Parameter(microgd.tensor(2.0)).requires_grad
    with pytest.raises(ValueError, match="expected sequence of length 2"):
        nn.Parameter([[1, 2], [3]])
