"""Calls that are made in both libraries with the same arguments, and whose results are compared.

They stand for the names that have no drawn cases (those are in tests/nn/cases.py and
tests/optim/cases.py). Which options a call drives is seen when it is made, not claimed.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import microgd
from microgd import nn
from microgd.tensor import values
from tests.parity.registry import look_up

EXACT, CLOSE, SPREAD = 0.0, 1e-12, 0.2


class Call(NamedTuple):
    """One call.

    section       as "nn.init"
    name       of the function in it
    options    passed by name
    run        (kit, function, **options) gives what is compared
    tolerance  how far the results may be apart, relative to the largest number
    """

    section: str
    name: str
    options: dict[str, Any]
    run: Callable[..., Any]
    tolerance: float

    def __str__(self) -> str:
        return f"{self.section}.{self.name}({', '.join(f'{k}={v!r}' for k, v in self.options.items())})"


CALLS: list[Call] = []


def call(section: str, name: str, *variants: dict[str, Any], tolerance: float = CLOSE) -> Callable[..., Any]:
    """Register a call, without options and with each of these sets of them."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        CALLS.extend(Call(section, name, options, run, tolerance) for options in ({}, *variants))
        return run

    return register


class Recorded:
    """A function that remembers which of its options it was given."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.given: set[str] = set()

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.given |= inspect.signature(self.function).bind(*args, **named).arguments.keys()
        return self.function(*args, **named)


class Ours:
    library = "microgd"
    nn, init, seed = nn, nn.init, staticmethod(microgd.manual_seed)
    sin, exp = staticmethod(microgd.sin), staticmethod(microgd.exp)

    @staticmethod
    def tensor(x, requires_grad=False):
        return microgd.tensor(x, requires_grad=requires_grad)

    @staticmethod
    def indices(x):
        return x

    @staticmethod
    def weights(shape):
        return nn.Parameter(np.zeros(shape))

    @staticmethod
    def scalars(x):
        return [v for each in x for v in values(each)]


class Theirs:
    library = "torch"
    nn, init, seed = torch.nn, torch.nn.init, staticmethod(torch.manual_seed)
    sin, exp = staticmethod(torch.sin), staticmethod(torch.exp)

    @staticmethod
    def tensor(x, requires_grad=False):
        return torch.tensor(x, dtype=torch.float64, requires_grad=requires_grad)

    @staticmethod
    def indices(x):
        return torch.tensor(x)

    @staticmethod
    def weights(shape):
        return torch.nn.Parameter(torch.zeros(shape))

    @staticmethod
    def scalars(x):
        return [v for each in x for v in each.flatten()]


def made(call: Call, kit: Any) -> tuple[Any, set[str]]:
    """What the call gives in this library, as numbers, texts and sequences; and the options it drove."""
    function = look_up(kit.library, call.section, call.name)
    if kit is Theirs:
        return plain(call.run(kit, function, **call.options)), set()
    recorded = Recorded(function)
    return plain(call.run(kit, recorded, **call.options)), recorded.given


def driven(section: str) -> dict[str, frozenset[str]]:
    """Every name that has calls, and the options they drive."""
    found: dict[str, frozenset[str]] = {}
    for each in CALLS:
        if each.section == section:
            found[each.name] = found.get(each.name, frozenset()) | made(each, Ours)[1]
    return found


def compare(call: Call) -> None:
    """AssertionError unless both libraries give the same."""
    same(made(call, Ours)[0], made(call, Theirs)[0], call.tolerance, str(call))


def plain(x: Any) -> Any:
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if hasattr(x, "tolist"):
        return x.detach().tolist()
    if isinstance(x, microgd.Value):
        return x.item()
    if isinstance(x, (list, tuple)):
        return [plain(y) for y in x]
    return x


def same(ours: Any, theirs: Any, tolerance: float, what: str) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), what
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list):
        assert len(ours) == len(theirs), what
        for x, y in zip(ours, theirs, strict=True):
            same(x, y, tolerance, what)
    elif isinstance(theirs, float):
        size = max(1.0, abs(theirs)) if math.isfinite(theirs) else 1.0
        assert (
            ours == theirs or abs(ours - theirs) <= tolerance * size or (ours != ours and theirs != theirs)
        ), f"{what}: {ours} and {theirs}"
    else:
        assert ours == theirs, what


def with_gradients(kit, out, *leaves):
    """The result, and its gradient along the leaves."""
    flat = kit.scalars([out])
    sum(math.cos(2.0 * i + 1.0) * x for i, x in enumerate(flat)).backward()
    return plain([out, *(x.grad for x in leaves)])


# --- nn ----------------------------------------------------------------------------------------------------

X = [[0.5, -1.0, 2.0], [0.25, 3.0, -0.75]]
W = [[0.1, 0.2, -0.3], [1.0, -0.5, 0.7]]


@call("nn", "Module")
def _(kit, f):
    module = f()
    return [module.training, list(module.parameters()), repr(module)]


@call("nn", "Parameter", {"requires_grad": False})
def _(kit, f, **options):
    p = f(kit.tensor(X), **options)
    return [p, p.requires_grad]


@call("nn", "Sequential")
def _(kit, f):
    model = f(kit.nn.ReLU(), kit.nn.Tanh())
    return [repr(model), len(model), model(kit.tensor(X))]


@call("nn", "ModuleList")
def _(kit, f):
    row = f([kit.nn.ReLU(), kit.nn.Tanh()])
    return [repr(row), len(row), repr(f(modules=[kit.nn.ReLU()])), repr(f())]


@call("nn", "ModuleDict")
def _(kit, f):
    named = f({"act": kit.nn.ReLU(), "out": kit.nn.Tanh()})
    return [repr(named), list(named.keys()), repr(f(modules={"a": kit.nn.ReLU()})), repr(f())]


@call("nn", "ParameterList")
def _(kit, f):
    row = f([kit.nn.Parameter(kit.tensor(X)), kit.tensor([1.0])])
    return [row.state_dict(), len(row), repr(f()), f(values=[kit.tensor([2.0])])[0]]


@call("nn", "ParameterDict")
def _(kit, f):
    named = f({"w": kit.nn.Parameter(kit.tensor(X)), "b": kit.tensor([1.0])})
    return [named.state_dict(), list(named.keys()), repr(f()), f(parameters={"a": kit.tensor([2.0])})["a"]]


SEQUENCE = [[[0.5, -1.0], [2.0, 0.25]], [[3.0, -0.75], [0.125, 1.5]], [[-0.5, 0.0], [1.0, 1.0]]]
PLACED = {"device": "cpu", "dtype": None}
STACKED = {"num_layers": 2, "dropout": 1.0}
TURNED = {"batch_first": True, "bidirectional": True}


def recurrent(kit, f, input, options):
    kit.seed(3)
    module = f(2, 3, **options)
    x = kit.tensor(input, requires_grad=True)
    result = module(x) if kit is Ours else module.double()(x)
    outputs = result[0] if isinstance(result, tuple) else result
    return [repr(module), module.state_dict(), result, with_gradients(kit, outputs, x, *module.parameters())]


for _name, _own in (
    ("RNN", [{"nonlinearity": "relu"}]),
    ("GRU", []),
    ("LSTM", [{"proj_size": 2, "num_layers": 2}]),
):

    @call("nn", _name, {"bias": False}, STACKED, TURNED, PLACED, *_own)
    def _(kit, f, **options):
        return recurrent(kit, f, SEQUENCE, options)

    @call("nn", f"{_name}Cell", {"bias": False}, PLACED, *[{"nonlinearity": "relu"}] * (_name == "RNN"))
    def _(kit, f, **options):
        return recurrent(kit, f, SEQUENCE[0], options)


@call("nn.Embedding", "from_pretrained", {"freeze": False}, {"padding_idx": -1, "freeze": False})
def _(kit, f, **options):
    layer = f(kit.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), **options)
    out = layer(kit.indices([0, 2, 2, 1]))
    assert out.requires_grad == layer.weight.requires_grad == ("freeze" in options)
    held = with_gradients(kit, out, layer.weight) if options else out
    return [held, repr(layer), layer.state_dict()]


# --- methods of a module -----------------------------------------------------------------------------------


def model(kit):
    """A small model with known weights, one of whose layers has two names."""
    layers = kit.nn.Sequential(kit.nn.Linear(3, 2), kit.nn.Sequential(kit.nn.ReLU(), kit.nn.Linear(2, 1)))
    layers.again = layers[0]
    if kit is Theirs:
        layers.double()
    state = {"0.weight": W, "0.bias": [0.5, -0.5], "1.1.weight": [[2.0, 3.0]], "1.1.bias": [0.25]}
    tensors = {name: kit.tensor(x) for name, x in state.items()}
    layers.load_state_dict({**tensors, "again.weight": kit.tensor(W), "again.bias": kit.tensor([0.5, -0.5])})
    return layers


@call("nn.Module", "parameters", {"recurse": False})
def _(kit, f, **options):
    return [[x.tolist() for x in f(module, **options)] for module in (model(kit), model(kit)[0])]


@call("nn.Module", "named_parameters", {"prefix": "net", "recurse": False}, {"remove_duplicate": False})
def _(kit, f, **options):
    return [
        [(name, x.tolist()) for name, x in f(module, **options)] for module in (model(kit), model(kit)[0])
    ]


@call("nn.Module", "modules", {"remove_duplicate": False})
def _(kit, f, **options):
    return [type(m).__name__ for m in f(model(kit), **options)]


@call("nn.Module", "named_modules", {"prefix": "net"}, {"remove_duplicate": False})
def _(kit, f, **options):
    whole = model(kit)
    return [
        [name for name, _ in f(whole, **options)],
        [name for name, _ in f(whole, memo={whole[0]}, **options)],
    ]


@call("nn.Module", "children")
def _(kit, f):
    return [type(m).__name__ for m in f(model(kit))]


@call("nn.Module", "named_children")
def _(kit, f):
    return [name for name, _ in f(model(kit))]


@call("nn.Module", "state_dict", {"prefix": "net."})
def _(kit, f, **options):
    return dict(f(model(kit), **options))


@call("nn.Module", "load_state_dict", {"strict": False}, {"strict": True})
def _(kit, f, **options):
    layer = model(kit)[0]
    outcomes = []
    for state in ({"bias": [1.0, 2.0], "x": [3.0]}, {"bias": [4.0, 5.0], "weight": X}):
        try:
            outcomes += list(f(layer, {name: kit.tensor(x) for name, x in state.items()}, **options))
            outcomes.append(plain(layer.state_dict()))
        except RuntimeError as error:
            outcomes.append(str(error))
    return outcomes


@call("nn.Module", "train", {"mode": False})
def _(kit, f, **options):
    whole = model(kit).eval()
    assert f(whole, **options) is whole
    return [m.training for m in whole.modules()]


@call("nn.Module", "eval")
def _(kit, f):
    whole = model(kit)
    assert f(whole) is whole
    return [m.training for m in whole.modules()]


@call("nn.Module", "register_parameter")
def _(kit, f):
    layer = kit.nn.Linear(2, 1)
    f(layer, name="scale", param=kit.nn.Parameter(kit.tensor([1.0, 2.0])))
    return list(layer.state_dict())


@call("nn.Module", "register_buffer", {"persistent": False})
def _(kit, f, **options):
    layer = kit.nn.Linear(2, 1)
    f(layer, name="mask", tensor=kit.tensor([[1.0, 0.0]]), **options)
    f(layer, "none", None)
    return [layer.mask, list(layer.state_dict())]


def with_buffers(kit):
    whole = model(kit)
    whole[1].register_buffer("one", kit.tensor([1.0, 2.0]))
    whole[1].register_buffer("same", whole[1].one)
    whole.register_buffer("two", kit.tensor(3.0))
    return whole


@call("nn.Module", "buffers", {"recurse": False})
def _(kit, f, **options):
    return list(f(with_buffers(kit), **options))


@call("nn.Module", "named_buffers", {"prefix": "net", "recurse": False}, {"remove_duplicate": False})
def _(kit, f, **options):
    return dict(f(with_buffers(kit), **options))


@call("nn.Module", "get_buffer")
def _(kit, f):
    return [f(with_buffers(kit), target=name) for name in ("two", "1.one")]


@call("nn.Module", "get_parameter")
def _(kit, f):
    return [f(model(kit), target=name) for name in ("0.weight", "1.1.bias")]


@call("nn.Module", "get_submodule")
def _(kit, f):
    return [type(f(model(kit), target=name)).__name__ for name in ("", "1", "1.1")]


@call("nn.Module", "to")
def _(kit, f):
    whole = model(kit)
    return [f(whole, *args) is whole for args in (("cpu",), ("cpu", kit.tensor([1.0]).dtype))]


for _name in ("double", "float", "cpu"):

    @call("nn.Module", _name)
    def _(kit, f):
        whole = model(kit)
        return f(whole) is whole


@call("nn.Module", "requires_grad_", {"requires_grad": False})
def _(kit, f, **options):
    whole = model(kit)
    assert f(whole, **options) is whole
    return sorted({x.requires_grad for x in whole.parameters()})


@call("nn.Module", "zero_grad", {"set_to_none": False})
def _(kit, f, **options):
    layer = kit.nn.Linear(3, 2) if kit is Ours else kit.nn.Linear(3, 2).double()
    with_gradients(kit, layer(kit.tensor(X)))
    f(layer, **options)
    return [layer.weight.grad, layer.bias.grad]


@call("nn.Module", "apply")
def _(kit, f):
    order = []
    f(model(kit), lambda m: order.append(type(m).__name__))
    return order


# --- functions of layers -----------------------------------------------------------------------------------


@call("nn.functional", "linear", {"bias": [0.5, -0.5]})
def _(kit, f, bias=None):
    leaves = [kit.tensor(x, True) for x in (X, W, bias) if x is not None]
    return with_gradients(kit, f(*leaves), *leaves)


@call("nn.functional", "prelu")
def _(kit, f):
    x, w = kit.tensor(X, requires_grad=True), kit.tensor([0.5, -0.25, 2.0], requires_grad=True)
    return with_gradients(kit, f(x, w), x, w)


@call("nn.functional", "embedding", {"padding_idx": 1}, {"padding_idx": -1})
def _(kit, f, **options):
    table = kit.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], True)
    return with_gradients(kit, f(kit.indices([[0, 2], [1, 1]]), table, **options), table)


@call("nn.functional", "layer_norm", {"eps": 0.5}, {"weight": [1.0, 2.0, 3.0], "bias": [0.5, 0.25, -1.0]})
def _(kit, f, eps=None, **affine):
    x, affine = kit.tensor(X, True), {name: kit.tensor(w, True) for name, w in affine.items()}
    out = f(x, [3], **affine, **({} if eps is None else {"eps": eps}))
    return with_gradients(kit, out, x, *affine.values())


@call("nn.functional", "normalize", {"p": 1.0}, {"dim": 0}, {"eps": 4.0})
def _(kit, f, **options):
    x = kit.tensor(X, True)
    return with_gradients(kit, f(x, **options), x)


@call("nn.functional", "cosine_similarity", {"dim": 0}, {"eps": 1e-3})
def _(kit, f, **options):
    x, y = kit.tensor(X, True), kit.tensor([[0.5, -1.0, 2.0]], True)
    return with_gradients(kit, f(x, y, **options), x, y)


@call("nn.functional", "rms_norm", {"eps": 0.5}, {"weight": [1.0, 2.0, 3.0]})
def _(kit, f, eps=None, **affine):
    x, affine = kit.tensor(X, True), {name: kit.tensor(w, True) for name, w in affine.items()}
    out = f(x, [3], **affine, **({} if eps is None else {"eps": eps}))
    return with_gradients(kit, out, x, *affine.values())


@call("nn.functional", "dropout", {"p": 1.0, "training": False}, {"p": 1.0})
def _(kit, f, **options):
    x = kit.tensor(X, True)
    return with_gradients(kit, f(x, **(options or {"training": False})), x)


@call(
    "nn.functional",
    "scaled_dot_product_attention",
    {"attn_mask": [[0.5, -1.0], [2.0, 0.0]], "dropout_p": 0.0},
    {"is_causal": True, "scale": 0.25},
)
def _(kit, f, attn_mask=None, **options):
    leaves = [kit.tensor(x, True) for x in (X, W, X)]
    mask = {} if attn_mask is None else {"attn_mask": kit.tensor(attn_mask)}
    return with_gradients(kit, f(*leaves, **mask, **options), *leaves)


for _name in ("mse_loss", "l1_loss", "huber_loss"):

    @call(
        "nn.functional", _name, {"weight": [1.0, 2.0, 0.5]}, {"weight": [2.0, 3.0, 1.5], "reduction": "sum"}
    )
    def _(kit, f, weight=None, **options):
        x, y = kit.tensor(X[0], True), kit.tensor(X[1], True)
        return with_gradients(
            kit, f(x, y, weight=None if weight is None else kit.tensor(weight), **options), x, y
        )


# Every second target is one that the default of ignore_index leaves out.
for _name in ("cross_entropy", "nll_loss"):

    @call("nn.functional", _name, {"reduction": "sum"}, {"reduction": "none"})
    def _(kit, f, **options):
        x = kit.tensor(X, True)
        targets = [2, -100], [-100, 0], [-100, -100]
        return [with_gradients(kit, f(x, kit.indices(y), **options), x) for y in targets]


for _name in ("softmax", "log_softmax"):

    @call("nn.functional", _name)
    def _(kit, f):
        shaped = [kit.tensor(x, True) for x in (X[0], X, [X, W])]
        return [with_gradients(kit, f(x), x) for x in shaped]


# --- how weights start -------------------------------------------------------------------------------------


def filled(shape=(4, 3)):
    def run(kit, f, **options):
        kit.seed(3)
        weights = kit.weights(shape)
        assert f(weights, **options) is weights
        return weights

    return run


def spread(kit, f, **options):
    numbers = torch.tensor(plain(filled((50, 80))(kit, f, **options)))
    return [numbers.mean().item(), numbers.std().item()]


KAIMING = [
    {"a": 2.0},
    {"mode": "fan_out"},
    {"nonlinearity": "relu"},
    {"a": 1.0, "mode": "fan_out", "nonlinearity": "tanh"},
]
call("nn.init", "uniform_", {"a": -2.0}, {"b": 3.0}, {"a": -1.0, "b": 0.5}, tolerance=EXACT)(filled())
call("nn.init", "xavier_uniform_", {"gain": 2.0}, tolerance=EXACT)(filled())
call("nn.init", "kaiming_uniform_", *KAIMING, tolerance=EXACT)(filled())
call("nn.init", "normal_", {"mean": 2.0}, {"std": 3.0}, tolerance=SPREAD)(spread)
call("nn.init", "xavier_normal_", {"gain": 9.0}, tolerance=SPREAD)(spread)
call("nn.init", "kaiming_normal_", *({**k, "mode": "fan_in"} for k in KAIMING), tolerance=0.01)(spread)
call("nn.init", "orthogonal_", {"gain": 2.0}, tolerance=1e-5)(filled())
call("nn.init", "zeros_", tolerance=EXACT)(filled())
call("nn.init", "ones_", tolerance=EXACT)(filled())
call("nn.init", "constant_", tolerance=EXACT)(lambda kit, f: filled()(kit, f, val=2.5))


@call("nn.init", "calculate_gain", {"param": 0.5}, tolerance=EXACT)
def _(kit, f, **options):
    names = ("leaky_relu",) if options else ("linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu")
    return [f(name, **options) for name in names]


# --- around training ---------------------------------------------------------------------------------------


def reached(kit, gradients=(3.0, None, -4.0, 0.5)):
    leaves = [kit.tensor(1.0 + i, True) for i in range(len(gradients))]
    for x, g in zip(leaves, gradients, strict=True):
        if g is not None:
            x.grad = g if kit is Ours else kit.tensor(g)
    return leaves


@call(
    "nn.utils", "clip_grad_norm_", {"norm_type": 1.0}, {"norm_type": math.inf}, {"error_if_nonfinite": True}
)
def _(kit, f, **options):
    results = []
    for max_norm in (1.0, 10.0):
        for gradients in ((3.0, None, -4.0, 0.5), (math.inf, 1.0)):
            leaves = reached(kit, gradients)
            try:
                results.append(f(leaves, max_norm, **options))
            except RuntimeError as error:
                results.append(str(error)[:40])
            results += [x.grad for x in leaves]
    return results


@call("nn.utils", "clip_grad_value_")
def _(kit, f):
    leaves = reached(kit)
    f(leaves, 1.0)
    return [x.grad for x in leaves]


@call("nn.utils", "parameters_to_vector")
def _(kit, f):
    return f(model(kit).parameters())


@call("nn.utils", "vector_to_parameters")
def _(kit, f):
    whole = model(kit)
    f(kit.tensor([float(i) for i in range(11)]), whole.parameters())
    return whole.state_dict()


# --- derivatives of functions ------------------------------------------------------------------------------

A, B = [0.5, -1.0], [2.0, 0.25]


def scalar(kit):
    return lambda a, b: kit.sin(a[0] * b[1]) + kit.exp(a[1]) * b[0] * a[0]


def vector(kit):
    def function(a, b):
        return (a[0] * b[1], kit.sin(a[1]) * b[0], kit.exp(a[0]))

    return function


def with_aux(function):
    return lambda *args: (function(*args), args[0])


ARGNUMS = [{"argnums": 1}, {"argnums": (1, 0)}]


def transformed(function):
    def run(kit, f, **options):
        g = with_aux(function(kit)) if options.get("has_aux") else function(kit)
        return f(g, **options)(kit.tensor(A), kit.tensor(B))

    return run


for _name in ("grad", "grad_and_value"):
    call("func", _name, *ARGNUMS, {"has_aux": True})(transformed(scalar))
for _name in ("jacrev", "jacfwd"):
    call("func", _name, *ARGNUMS, {"has_aux": True})(transformed(vector))
call("func", "hessian", {"argnums": 1})(transformed(scalar))


@call("func", "vmap", {"in_dims": 1}, {"in_dims": (1,), "out_dims": 1})
def _(kit, f, **options):
    return f(lambda x: x * x.sum(), **options)(kit.tensor(X))


@call("nn.functional", "one_hot", {"num_classes": 5})
def _(kit, f, **options):
    tensor = microgd.tensor([[0, 3], [1, 1]]) if kit is Ours else torch.tensor([[0, 3], [1, 1]])
    return f(tensor, **options)


@call("func", "vjp", {"has_aux": True})
def _(kit, f, **options):
    function = scalar(kit)
    found = f(with_aux(function) if options else function, kit.tensor(A), kit.tensor(B), **options)
    return [found[0], found[1](kit.tensor(2.0)), found[2:]]


@call("func", "jvp", {"has_aux": True})
def _(kit, f, **options):
    function = vector(kit)
    primals, tangents = (kit.tensor(A), kit.tensor(B)), (kit.tensor(B), kit.tensor(A))
    return f(with_aux(function) if options else function, primals, tangents, **options)


@call("func", "functional_call", {"kwargs": None, "strict": False, "tie_weights": False})
def _(kit, f, **options):
    new = {"weight": kit.tensor(X)}
    return f(model(kit)[0], parameter_and_buffer_dicts=new, args=(kit.tensor(X),), **options)


# --- small matrices ----------------------------------------------------------------------------------------

M = [[2.0, -1.0, 0.5], [0.25, 0.0, 3.0], [1.0, 4.0, -0.5]]

for _name in ("inv", "det", "slogdet"):

    @call("linalg", _name)
    def _(kit, f):
        found = []
        for matrix in (M, [M, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]]):
            x = kit.tensor(matrix, True)
            out = f(x)
            out = out.sign * 2.0 + out.logabsdet if isinstance(out, tuple) else out
            found.append(with_gradients(kit, out, x))
        return found


@call("linalg", "solve", {"left": False})
def _(kit, f, **options):
    a, b, vector = kit.tensor(M, True), kit.tensor(M[::-1], True), kit.tensor(M[0], True)
    return [with_gradients(kit, f(a, x, **options), a, x) for x in ((b,) if options else (b, vector))]


@call("linalg", "cholesky", {"upper": True})
def _(kit, f, **options):
    x = kit.tensor([[2.0, 0.5], [0.5, 1.5]], True)
    return with_gradients(kit, f(x, **options), x)


@call("linalg", "pinv")
def _(kit, f):
    x = kit.tensor(M[:2], True)
    return with_gradients(kit, f(x), x)


@call("linalg", "lstsq", {"rcond": 1e-9, "driver": "gelsy"})
def _(kit, f, **options):
    a, b = kit.tensor([row[:2] for row in M], True), kit.tensor(M, True)
    return with_gradients(kit, f(a, b, **options).solution, a, b)


ALONG = [{"dim": 1}, {"dim": (0, 1), "keepdim": True}]


@call("linalg", "vector_norm", *ALONG, *({"ord": p} for p in (0, 1, 3, math.inf, -math.inf)))
@call("linalg", "norm", *ALONG, *({"ord": p} for p in ("fro", 1, math.inf)), {"ord": 3, "dim": 0})
@call(
    "linalg", "matrix_norm", {"dim": (1, 0), "ord": 1, "keepdim": True}, *({"ord": p} for p in (-1, math.inf))
)
def _(kit, f, **options):
    x = kit.tensor(M[:2], True)
    return with_gradients(kit, f(x, **options) + 0.0 * x.sum(), x)


# --- distributions -----------------------------------------------------------------------------------------

CHANCES = {"probs": [0.5, 0.125, 0.75]}, {"logits": X[0], "validate_args": False}


def described(kit, d, sample, *leaves):
    logarithms = d.log_prob(sample)
    return with_gradients(kit, logarithms, *leaves) + plain([d.entropy(), d.mean, d.variance, d.stddev])


for _name in ("Categorical", "Bernoulli"):

    @call("distributions", _name, *CHANCES)
    def _(kit, f, validate_args=None, **options):
        ((name, numbers),) = (options or {"probs": [0.25, 0.75]}).items()
        leaf = kit.tensor(numbers, True)
        d = f(**{name: leaf}, validate_args=validate_args)
        return [*described(kit, d, kit.tensor([[1.0], [0.0]]), leaf), *plain([d.probs, d.logits])]


@call("distributions", "Normal", {"validate_args": False})
def _(kit, f, **options):
    loc, scale = kit.tensor(X[0], True), kit.tensor([0.5, 1.5, 2.0], True)
    return described(kit, f(loc=loc, scale=scale, **options), kit.tensor(X[1]), loc, scale)
