import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Tensor, Value
from tests.strategies import examples

SEEDS = st.integers(-(2**63), 2**64 - 1)
SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


def same(ours, theirs, tolerance=0.0):
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert str(ours.dtype).rpartition(".")[2].replace("float64", "float") in str(theirs.dtype)
    assert ours.requires_grad == theirs.requires_grad
    np.testing.assert_allclose(np.array(ours.tolist()), np.array(theirs.tolist()), tolerance, tolerance)


def both(name, *args, seed=0, tolerance=0.0, **named):
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    options = [{k: getattr(m, v) if k == "dtype" else v for k, v in named.items()} for m in (microgd, torch)]
    ours = getattr(microgd, name)(*args, **options[0])
    same(ours, getattr(torch, name)(*args, **options[1]), tolerance)
    return ours


# --- random numbers ---


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 100))
def test_uniform_draws_are_pytorchs_bit_for_bit(seed, n):
    both("rand", n, seed=seed % 2**64)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 100))
def test_normal_draws_are_pytorchs_to_1e_6(seed, n):
    microgd.manual_seed(seed % 2**64)
    torch.manual_seed(seed % 2**64)
    for size in (n, 3, n):  # a pair of which one is left is used by the next call
        same(microgd.randn(size), torch.randn(size), 1e-6)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(-(2**62), 2**61), st.one_of(st.integers(1, 2**33), st.integers(1, 2**62)))
def test_whole_numbers_are_pytorchs_bit_for_bit(seed, low, size):
    both("randint", low, low + size, (7,), seed=seed % 2**64)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 300))
def test_permutations_are_pytorchs_bit_for_bit(seed, n):
    both("randperm", n, seed=seed % 2**64)


@pytest.mark.parametrize("n", [5, 40])
def test_draws_of_all_kinds_follow_each_other_as_in_pytorch(n):
    microgd.manual_seed(3)
    torch.manual_seed(3)
    for _ in range(3):
        for name in ("rand", "randn", "randperm"):
            same(getattr(microgd, name)(n), getattr(torch, name)(n), 1e-6)
        same(microgd.randint(9, (n,)), torch.randint(9, (n,)))
    w, v = microgd.zeros(n), torch.zeros(n)
    same(microgd.nn.init.normal_(w, 1.0, 2.0), torch.nn.init.normal_(v, 1.0, 2.0), 1e-6)


def test_means_and_deviations_of_normal_draws_may_be_tensors():
    for mean, std in (([1.0, -3.0], [0.5, 2.0]), ([1.0, 2.0], 0.1), (4.0, [1.0, 3.0])):
        given = [[m.tensor(x) if isinstance(x, list) else x for x in (mean, std)] for m in (microgd, torch)]
        microgd.manual_seed(1)
        torch.manual_seed(1)
        same(microgd.normal(*given[0]), torch.normal(*given[1]), 1e-6)
    both("normal", 2.0, 0.5, (20,), tolerance=1e-6)
    with pytest.raises(RuntimeError, match=r"std >= 0\.0"):
        microgd.normal(microgd.zeros(2), microgd.tensor([1.0, -1.0]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_a_generator_draws_as_pytorchs_and_leaves_the_default_one_alone(seed):
    microgd.manual_seed(8)
    first = microgd.rand(2).tolist()
    microgd.manual_seed(8)
    ours, theirs = microgd.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    for name in ("rand", "randn", "randperm"):
        same(getattr(microgd, name)(20, generator=ours), getattr(torch, name)(20, generator=theirs), 1e-6)
    assert ours.initial_seed() == seed
    assert microgd.rand(2).tolist() == first


def test_a_generator_that_nobody_seeded_is_pytorchs():
    same(microgd.rand(3, generator=microgd.Generator()), torch.rand(3, generator=torch.Generator()))
    assert microgd.Generator().initial_seed() == torch.Generator().initial_seed()


def test_a_state_is_taken_up_again():
    microgd.randn(3)
    state = microgd.get_rng_state()
    drawn = microgd.randn(3).tolist(), microgd.rand(2).tolist()
    microgd.set_rng_state(state)
    assert (microgd.randn(3).tolist(), microgd.rand(2).tolist()) == drawn
    seed = microgd.seed()
    drawn = microgd.rand(2).tolist()
    microgd.manual_seed(seed)
    assert microgd.rand(2).tolist() == drawn
    assert microgd.initial_seed() == seed


def test_draws_with_weights_have_their_frequencies():
    microgd.manual_seed(0)
    weights = microgd.tensor([1.0, 0.0, 3.0])
    drawn = microgd.multinomial(weights, 4000, replacement=True).tolist()
    assert set(drawn) == {0, 2}
    assert drawn.count(2) / 4000 == pytest.approx(0.75, abs=0.03)
    rows = microgd.multinomial(microgd.tensor([[0.0, 1.0, 1.0], [5.0, 1.0, 1.0]]), 2)
    assert rows.shape == (2, 2)
    assert set(rows.tolist()[0]) == {1, 2}
    assert len(set(rows.tolist()[1])) == 2
    assert weights.tolist() == [1.0, 0.0, 3.0]
    heads = microgd.bernoulli(microgd.full((4000,), 0.3)).mean().item()
    assert heads == pytest.approx(0.3, abs=0.03)


def doubles(n):
    """What PyTorch's own generator draws as doubles of [0, 1)."""
    return torch.empty(n, dtype=torch.float64).uniform_().tolist()


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32), p=st.floats(0.0, 1.0), n=st.integers(1, 20))
def test_truth_values_are_drawn_as_by_pytorchs_own_generator(seed, p, n):
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    assert microgd.bernoulli(microgd.ones(n), p).tolist() == [u < p for u in doubles(n)]
    chances = torch.rand(n)
    microgd.rand(n)
    assert microgd.bernoulli(microgd.tensor(chances.tolist())).tolist() == torch.bernoulli(chances).tolist()


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 3), n=st.integers(2, 6), data=st.data())
def test_draws_with_weights_are_those_of_pytorchs_own_generator(seed, rows, n, data):
    weights = [[0.5 + data.draw(st.integers(0, 3)) for _ in range(n)] for _ in range(rows)]
    count = data.draw(st.integers(1, n))
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    expected = []
    for row in weights:  # as without MKL: the largest quotients of weights and exponential draws
        quotients = [w / -math.log1p(-u) for w, u in zip(row, doubles(n), strict=True)]
        expected.append(sorted(range(n), key=lambda i, q=quotients: -q[i])[:count])
    assert microgd.multinomial(microgd.tensor(weights), count).tolist() == expected
    theirs = torch.multinomial(torch.tensor(weights, dtype=torch.float64), n, replacement=True)
    assert microgd.multinomial(microgd.tensor(weights), n, replacement=True).tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: microgd.multinomial(microgd.tensor([1.0, 0.0]), 2), "too few categories"),
        (lambda: microgd.multinomial(microgd.tensor([1.0, -1.0]), 1), "element < 0"),
        (lambda: microgd.bernoulli(microgd.tensor([2.0])), "p_in <= 1"),
        (lambda: microgd.randint(3, 3, (1,)), "'from' to be less than 'to'"),
        (lambda: microgd.zeros(2, -1), "negative dimension"),
        (lambda: microgd.ones(2, dtype=microgd.int64, requires_grad=True), "can require gradients"),
        (lambda: microgd.arange(0, 3, -1), "inconsistent with step sign"),
        (lambda: microgd.arange(0, 3, 0), "step must be nonzero"),
        (lambda: microgd.linspace(0, 1, -1), "non-negative"),
        (lambda: microgd.rand(2, device="cuda"), "there is no device"),
        (lambda: microgd.device("cuda:0"), "there is no device"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        call()


# --- the others ---


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from(["zeros", "ones", "empty"]), st.sampled_from(["float64", "int64", "bool"]))
def test_filled_tensors_are_pytorchs(shape, name, kind):
    if name != "empty":
        both(name, shape, dtype=kind)
        both(name, *shape or (1,), dtype=kind)
    like = getattr(microgd, f"{name}_like")(microgd.ones(shape, dtype=getattr(microgd, kind)))
    assert like.shape == shape
    assert like.dtype is getattr(microgd, kind)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.one_of(st.integers(-5, 5), st.floats(-5, 5, width=32), st.booleans()))
def test_full_has_the_kind_of_its_number(shape, number):
    both("full", shape, number)
    same(
        microgd.full_like(microgd.zeros(shape), number),
        torch.full_like(torch.zeros(shape, dtype=torch.float64), number),
    )


@settings(max_examples=60, deadline=None)
@given(st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 40))
def test_linspace_is_pytorchs(start, end, steps):
    both("linspace", start, end, steps, dtype="float64", tolerance=1e-15)


@settings(max_examples=60, deadline=None)
@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 7), st.booleans())
def test_arange_is_pytorchs(start, end, step, whole):
    step = math.copysign(step, end - start)
    if whole:
        both("arange", start, end, int(step))
    else:
        both("arange", start, end + 0.25 * step, step / 3, dtype="float64", tolerance=1e-14)
    both("arange", abs(end))


def test_the_identity_matrix_is_pytorchs():
    both("eye", 3)
    both("eye", 2, 4, dtype="int64")


def test_a_shape_of_no_dimension_gives_a_value():
    for name in ("zeros", "ones", "rand", "randn"):
        made = getattr(microgd, name)((), requires_grad=True)
        assert isinstance(made, Value)
        assert made.requires_grad
    assert isinstance(microgd.full((), 2.0), Value)
    assert microgd.rand_like(microgd.tensor(1.0)).shape == ()


def test_gradients_are_wanted_only_where_they_are_asked_for():
    assert microgd.ones(2, requires_grad=True).requires_grad
    assert not microgd.ones(2).requires_grad
    assert not microgd.ones_like(microgd.ones(2, requires_grad=True)).requires_grad


def test_draws_in_the_shape_of_another_tensor_are_pytorchs():
    for name, rest in (("rand_like", ()), ("randn_like", ()), ("randint_like", (3, 9))):
        microgd.manual_seed(2)
        torch.manual_seed(2)
        same(
            getattr(microgd, name)(microgd.zeros(2, 3), *rest),
            getattr(torch, name)(torch.zeros(2, 3), *rest),
            1e-6,
        )


def test_a_numpy_array_becomes_a_tensor_of_its_kind():
    for array in (np.arange(6).reshape(2, 3), np.ones(3), np.array([True, False])):
        same(microgd.from_numpy(array), torch.from_numpy(array))
    with pytest.raises(TypeError, match=r"expected np.ndarray \(got list\)"):
        microgd.from_numpy([1.0])


def test_as_tensor_changes_nothing_that_has_the_right_kind():
    x = Tensor([1.0, 2.0])
    assert microgd.as_tensor(x) is x
    assert microgd.as_tensor(x, dtype=microgd.int64).tolist() == [1, 2]
    assert microgd.as_tensor([1, 2]).dtype is microgd.int64
    assert microgd.as_tensor([1, 2], dtype=microgd.float32).dtype is microgd.float64
    assert microgd.LongTensor([1, 2]).dtype is microgd.int64
    assert microgd.FloatTensor([1, 2]).dtype is microgd.float64


# --- devices and number types ---


def test_tensor_takes_torchs_options():
    x = microgd.tensor([1, 2], dtype=microgd.float32, device=microgd.device("cpu"), requires_grad=True)
    assert (x.dtype, x.requires_grad, x.device) == (microgd.float64, True, "cpu")
    with pytest.raises(RuntimeError, match="there is no device 'cuda'"):
        microgd.tensor(1.0, device="cuda")


def test_every_number_type_is_float64_int64_or_bool():
    for name in ("float", "double", "float32"):
        kind = getattr(microgd, name)
        assert kind == microgd.float64
        assert hash(kind) == hash(microgd.float64)
        assert microgd.tensor([1], dtype=kind).dtype is microgd.tensor([1]).to(kind).dtype is microgd.float64
        assert microgd.zeros(1, dtype=kind).dtype is microgd.ones(1).type(kind).dtype is microgd.float64
    for name in ("int", "long", "int32", "short", "uint8"):
        assert getattr(microgd, name) is microgd.int64
    assert microgd.get_default_dtype() is microgd.float32
    assert microgd.finfo(microgd.float32).eps == sys.float_info.epsilon
    with pytest.raises(TypeError, match="floating"):
        microgd.set_default_dtype(microgd.int64)


def test_the_processor_is_the_only_device():
    cpu = microgd.device("cuda" if microgd.cuda.is_available() else "cpu")
    assert str(cpu) == cpu.type == cpu == "cpu"
    assert repr(cpu) == repr(torch.device("cpu"))
    assert microgd.zeros(2, device=cpu).shape == (2,)
    assert not microgd.accelerator.is_available()
    assert not microgd.backends.mps.is_available()
    microgd.cuda.manual_seed_all(0)
    microgd.backends.cudnn.deterministic = True


def test_a_module_and_a_value_stay_where_they_are():
    model = microgd.nn.Linear(2, 1)
    assert model.to(microgd.device("cpu")).double().float().cpu() is model
    assert model.to("cpu", dtype=microgd.float32) is model
    x = Value(2.5)
    assert x.to("cpu").to(microgd.float32).double().float().cpu() is x
    assert (x.long().item(), x.long().dtype, x.bool().item()) == (2, microgd.int64, True)
    assert x.device == "cpu"
    for moved in (model, x):
        with pytest.raises(RuntimeError, match="there is no device"):
            moved.to("cuda")
    with pytest.raises(TypeError, match="only accepts floating point"):
        model.to(microgd.int64)


def test_a_value_has_the_shapes_of_a_tensor_of_no_dimension():
    x, theirs = Value(2.0), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    same(x.view(1, 1), theirs.view(1, 1))
    same(x.unsqueeze(0), theirs.unsqueeze(0))
    same(x.flatten(), theirs.flatten())
    assert x.view(1)[0] is x
    assert x.squeeze() is x
    assert x.tolist() == x.detach().numpy() == 2.0
    x.clone().backward()
    assert x.grad == 1.0
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\)"):
        x.numpy()


def test_nothing_of_this_is_loaded_before_it_is_named():
    program = (
        "import sys, microgd; microgd.Value(1.0) * 2.0;"
        "print([m for m in sys.modules if m.startswith('microgd.') and m.split('.')[1] in"
        " ('creation', 'devices', 'random', 'utils', 'absent', 'nodes', 'batched', 'autograd_more')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_the_shape_may_be_called_size(name):
    for engine in (microgd, torch):
        engine.manual_seed(3)
    ours, theirs = getattr(microgd, name)(size=(2, 3)), getattr(torch, name)(size=(2, 3))
    assert ours.shape == tuple(theirs.shape)
    if name != "empty":
        assert ours.tolist() == [pytest.approx(row, rel=1e-5) for row in theirs.tolist()]
    assert ours.nelement() == theirs.nelement()


@pytest.fixture
def in_float64():
    """Inside, both libraries draw float64 numbers."""
    for kit in (torch, microgd):  # torch first: where it is not installed, the test is skipped there
        kit.set_default_dtype(kit.float64)
    yield
    for kit in (torch, microgd):
        kit.set_default_dtype(kit.float32)


def test_after_float64_is_made_the_default_draws_are_pytorchs_doubles(in_float64):
    found = []
    for kit in (microgd, torch):
        kit.manual_seed(11)
        uniform = [kit.rand(3), kit.rand_like(kit.zeros(2)), kit.empty(4).uniform_(-2.0, 5.0)]
        layers = [kit.nn.Linear(3, 2).weight, kit.nn.Linear(40, 2).bias]
        normal = [kit.randn(5), kit.randn(40), kit.randn_like(kit.zeros(16)), kit.nn.Embedding(4, 5).weight]
        normal += [kit.normal(1.0, 2.0, (3,)), kit.empty(17).normal_(3.0, 0.5)]
        found.append([[x.tolist() for x in (*uniform, *layers)], [x.tolist() for x in normal]])
    assert found[0][0] == found[1][0]
    assert all(np.allclose(x, y, rtol=1e-14, atol=1e-15) for x, y in zip(found[0][1], found[1][1]))


def test_a_dtype_says_how_a_draw_is_made_whatever_the_default_is(in_float64):
    for default in ("float64", "float32"):
        found = []
        for kit in (microgd, torch):
            kit.set_default_dtype(getattr(kit, default))
            kit.manual_seed(5)
            made = [kit.rand(4, dtype=kind) for kind in (kit.float64, kit.float32)]
            made += [kit.nn.Linear(2, 2, dtype=kind).weight for kind in (kit.float64, kit.float32, None)]
            found.append([x.tolist() for x in made])
        assert found[0] == found[1]
