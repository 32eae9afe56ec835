"""Containers of modules and parameters, held beside PyTorch's."""

import copy
import pickle
from collections import OrderedDict

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import nn, optim
from tests.strategies import examples


def rows(kit):
    """Containers that must look the same in both libraries."""
    yield kit.Sequential()
    yield kit.Sequential(kit.Linear(2, 3), kit.ReLU(), kit.Linear(3, 1))
    yield kit.Sequential(kit.Sequential(kit.Tanh()), kit.Sequential(kit.Linear(1, 1), kit.ReLU()))
    yield kit.Sequential(OrderedDict(first=kit.ReLU(), second=kit.Tanh()))
    yield kit.ModuleList()
    yield kit.ModuleList([kit.ReLU(), kit.ReLU(), kit.Linear(1, 2), kit.Sequential(kit.ReLU())])
    yield kit.ModuleList([kit.Sequential(kit.ReLU()), kit.Sequential(kit.ReLU()), kit.Tanh()])


@pytest.mark.parametrize(("ours", "theirs"), list(zip(rows(nn), rows(torch.nn), strict=True)))
def test_repr_length_and_names(ours, theirs):
    assert repr(ours) == repr(theirs)
    assert len(ours) == len(theirs)
    assert [type(m).__name__ for m in ours] == [type(m).__name__ for m in theirs]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]


@pytest.mark.parametrize("kind", [nn.Sequential, lambda *modules: nn.ModuleList(modules)])
def test_a_container_is_a_list_of_modules(kind):
    relu, tanh, linear = nn.ReLU(), nn.Tanh(), nn.Linear(1, 1)
    row = kind(relu, tanh)
    assert row.append(linear) is row
    assert row[0] is relu
    assert row[-1] is linear
    assert list(row[1:]) == [tanh, linear]
    assert type(row[1:]) is type(row)
    assert tanh in row
    row[0] = tanh
    assert row[0] is tanh
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of range"):
            row[index]
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        row.append(3)
    with pytest.raises(TypeError, match="str is not a Module subclass"):
        kind("a")
    assert len(row) == 3


def test_sequential_calls_one_after_the_other():
    first, last = nn.Linear(2, 3), nn.Linear(3, 1)
    model = nn.Sequential(first, nn.Tanh(), last)
    x = [0.5, -0.25]
    assert model(x).tolist() == last(first(x).tanh()).tolist()
    assert nn.Sequential()(x) is x


def test_a_module_list_computes_nothing():
    with pytest.raises(NotImplementedError, match=r"Module \[ModuleList\] is missing"):
        nn.ModuleList([nn.ReLU()])(1.0)


# --- by name, and of parameters ----------------------------------------------------------------------------


class Model:
    """A model with every container, in either library."""

    def __new__(cls, kit, tensor):
        model = kit.Module()
        model.blocks = kit.ModuleDict({"b": kit.Linear(2, 3), "a": kit.Sequential(kit.Linear(3, 1))})
        model.rows = kit.ParameterList([kit.Parameter(tensor([1.0, 2.0])), tensor([[3.0]])])
        model.named = kit.ParameterDict({"w": tensor([[1.0, 2.0]]), "one": kit.Parameter(tensor(5.0))})
        model.ordered = kit.ParameterDict(OrderedDict(z=tensor([1.0]), y=tensor([2.0])))
        model.register_buffer("mask", tensor([1.0, 0.0]))
        model.blocks["a"].register_buffer("inner", tensor([4.0]))
        return model


def models():
    yield Model(nn, microgd.tensor)
    yield Model(torch.nn, lambda x: torch.tensor(x, dtype=torch.float64))


def test_names_in_a_state_dict_and_repr_are_pytorchs():
    ours, theirs = models()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    for name, x in ours.named_parameters():
        assert x.requires_grad
        assert tuple(x.shape) == tuple(dict(theirs.named_parameters())[name].shape)
    assert repr(ours) == repr(theirs).replace("torch.", "microgd.")
    for ours, theirs in (
        (nn.ParameterList(), torch.nn.ParameterList()),
        (nn.ModuleDict(), torch.nn.ModuleDict()),
    ):
        assert repr(ours) == repr(theirs)


NAMES = st.sampled_from(["a", "b", "c", "d"])
CHANGES = st.one_of(
    st.tuples(st.just("set"), NAMES),
    st.tuples(st.just("del"), NAMES),
    st.tuples(st.just("pop"), NAMES),
    st.tuples(st.just("update"), st.lists(NAMES, max_size=3)),
    st.tuples(st.just("clear"), st.just("")),
)


def changed(x, change, new):
    """One change of a dict; what comes out of it, or the error."""
    kind, names = change
    try:
        if kind == "set":
            x[names] = new()
        elif kind == "del":
            del x[names]
        elif kind == "pop":
            return type(x.pop(names)).__name__
        elif kind == "update":
            x.update([(name, new()) for name in names])
        else:
            x.clear()
    except (KeyError, AttributeError):  # PyTorch's ParameterDict raises the second
        return "missing"
    return None


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(CHANGES, max_size=8))
def test_a_dict_of_modules_or_parameters_is_a_dict_in_pytorchs_order(changes):
    pairs = [
        (nn.ModuleDict(), torch.nn.ModuleDict(), nn.Tanh, torch.nn.Tanh),
        (
            nn.ParameterDict(),
            torch.nn.ParameterDict(),
            lambda: nn.Parameter([1.0]),
            lambda: torch.nn.Parameter(torch.ones(1)),
        ),
    ]
    for ours, theirs, new, other in pairs:
        for change in changes:
            assert changed(ours, change, new) == changed(theirs, change, other)
            assert list(ours) == list(ours.keys()) == list(theirs.keys()) == [k for k, _ in ours.items()]
            assert len(ours) == len(theirs) == len(list(ours.values()))
            assert [name in ours for name in "abcd"] == [name in theirs for name in "abcd"]
            assert list(ours.state_dict()) == list(theirs.state_dict())


def test_names_that_a_dict_cannot_have_are_refused():
    for x, new in ((nn.ModuleDict(), nn.ReLU()), (nn.ParameterDict(), microgd.tensor([1.0]))):
        for name in ("forward", "update", "a.b", ""):
            with pytest.raises(KeyError):
                x[name] = new
        with pytest.raises(TypeError, match="should be a string"):
            x[1] = new
        with pytest.raises(TypeError, match="str is no"):
            x["a"] = "text"
        with pytest.raises(KeyError, match="a"):
            x["a"]
        assert len(x) == 0


def test_a_list_of_parameters_is_a_list():
    first, single = nn.Parameter([1.0, 2.0]), nn.Parameter(3.0)
    row = nn.ParameterList([first])
    row.append(single)
    row += [microgd.tensor([4.0])]
    assert row[0] is first
    assert row[1] is single
    assert isinstance(row[-1], nn.Parameter)
    assert [x.tolist() for x in row[1:]] == [3.0, [4.0]]
    row[1] = nn.Parameter(5.0)
    assert [x.tolist() for x in row.parameters()] == [[1.0, 2.0], 5.0, [4.0]]
    with pytest.raises(IndexError, match="index 3 is out of range"):
        row[3]
    with pytest.raises(TypeError, match="int is no Tensor"):
        row.append(3)
    named = nn.ParameterDict({"a": single})
    assert named["a"] is single
    assert named.get("b", 7) == 7
    assert named.get("a") is single


def test_parameters_in_containers_are_trained():
    model, _ = models()
    loss = model.blocks["a"](model.blocks["b"]([1.0, 2.0])).sum() ** 2
    loss = loss + model.rows[0].sum() ** 2 + model.named["one"] ** 2 * model.rows[1].sum()
    loss = loss + model.named["w"].sum() + model.ordered["z"].sum() * model.ordered["y"].sum()
    loss.backward()
    before = model.state_dict()
    optim.SGD(model.parameters(), lr=0.1).step()
    after = model.state_dict()
    assert [name for name in before if before[name] == after[name]] == ["mask", "blocks.a.inner"]
    model.load_state_dict(before)
    assert model.state_dict() == before


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.named = nn.ParameterDict({"w": microgd.tensor([1.0, 2.0]), "s": microgd.tensor(3.0)})
        self.rows = nn.ParameterList([microgd.tensor([4.0]), microgd.tensor(5.0)])

    def forward(self, x):
        return sum(w * x for w in self.named["w"]) * self.named["s"] + sum(w.sum() for w in self.rows) * x


def test_parameters_in_containers_are_replaced_copied_and_compiled():
    model = Scaled()
    x = microgd.Value(2.0)
    assert model(x).item() == (3.0 * 3.0 + 9.0) * 2.0
    twice = {name: 2.0 * microgd.tensor(numbers) for name, numbers in model.state_dict().items()}
    assert microgd.func.functional_call(model, twice, (x,)).item() == (6.0 * 6.0 + 18.0) * 2.0
    assert model(x).item() == 36.0
    double = copy.deepcopy(model)
    double.rows[1] = nn.Parameter(6.0)
    assert (double(x).item(), model(x).item()) == (38.0, 36.0)
    compiled = microgd.compile(lambda x: model(x))
    assert compiled.value_and_grad(2.0) == (36.0, [6.0, 6.0, 6.0, 2.0, 2.0])  # of s, w and the rows
    with microgd.no_grad():
        model.named["s"].copy_(4.0)
    assert compiled(2.0).item() == 42.0
    model.requires_grad_(False)
    assert list(model.named) == list(pickle.loads(pickle.dumps(model)).named) == ["s", "w"]


# --- dotted names ------------------------------------------------------------------------------------------


def found(model, method, name):
    try:
        x = getattr(model, method)(name)
    except AttributeError as error:
        return str(error)
    return x.tolist() if hasattr(x, "tolist") else type(x).__name__


PATHS = (
    " blocks blocks.b blocks.b.weight blocks.a.0 blocks.a.0.bias blocks.a.inner mask rows.1 named.one none"
    " blocks.none blocks.none.weight mask.weight training blocks.b.in_features"
)


@pytest.mark.parametrize("name", PATHS.split(" "))
@pytest.mark.parametrize("method", ["get_submodule", "get_parameter", "get_buffer"])
def test_a_dotted_name_finds_what_it_finds_in_pytorch(name, method):
    ours, theirs = models()
    theirs.double()
    theirs.load_state_dict({k: torch.tensor(x, dtype=torch.float64) for k, x in ours.state_dict().items()})
    assert found(ours, method, name) == found(theirs, method, name)
