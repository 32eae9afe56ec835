import math
import re

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import distributions as theirs

import microgd
from microgd import distributions as ours
from tests.strategies import examples

NUMBERS = st.floats(-3.0, 3.0).map(lambda x: round(x, 2))
SHAPES = st.sampled_from([(), (3,), (2, 3), (1, 2), (2, 1, 2)])


def filled(draw, shape, numbers=NUMBERS):
    flat = [draw(numbers) for _ in range(math.prod(shape))]
    return torch.tensor(flat, dtype=torch.float64).reshape(shape).tolist()


def both(x):
    """The same numbers as leaves of both libraries."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return microgd.tensor(x, requires_grad=True), leaf


def same(mine, other):
    other = torch.as_tensor(other)
    assert tuple(mine.shape) == tuple(other.shape)
    torch.testing.assert_close(
        torch.tensor(mine.tolist(), dtype=torch.float64), other.detach().double(), rtol=1e-12, atol=1e-12,
        equal_nan=True,
    )  # fmt: skip


@st.composite
def distributions(draw):
    """One distribution of both libraries, its leaves, and numbers that it may draw."""
    kind = draw(st.sampled_from(["Categorical", "Bernoulli", "Normal"]))
    shape = draw(SHAPES)
    if kind == "Normal":
        names = {"loc": filled(draw, shape), "scale": filled(draw, shape, st.floats(0.1, 3.0))}
    else:
        given = draw(st.sampled_from(["probs", "logits"]))
        shape = shape or ((4,) if kind == "Categorical" else ())
        names = {given: filled(draw, shape, NUMBERS if given == "logits" else st.floats(0.01, 0.99))}
    leaves = {name: both(x) for name, x in names.items()}
    batch = shape[:-1] if kind == "Categorical" else shape
    possible = {
        "Normal": NUMBERS,
        "Bernoulli": st.sampled_from([0.0, 1.0]),
        "Categorical": st.integers(0, (shape or (1,))[-1] - 1).map(float),
    }
    sample = filled(draw, (*draw(st.sampled_from([(), (2,)])), *batch), possible[kind])
    made = [
        getattr(library, kind)(**{name: pair[i] for name, pair in leaves.items()})
        for i, library in enumerate((ours, theirs))
    ]
    return made, leaves, sample


@settings(max_examples=examples(60), deadline=None)
@given(distributions())
def test_log_probabilities_entropies_and_their_gradients_are_pytorchs(drawn):
    (mine, other), leaves, sample = drawn
    found = []
    for d, library in ((mine, microgd), (other, torch)):
        x = library.tensor(sample, dtype=library.float64)
        out = [d.log_prob(x), d.entropy(), d.mean, d.variance, d.stddev]
        out += [] if isinstance(d, (ours.Normal, theirs.Normal)) else [d.probs, d.logits]
        found.append(out)
        (3.0 * out[0].sum() - 2.0 * out[1].sum()).backward()
    for x, y in zip(*found, strict=True):
        same(x, y)
    for x, y in leaves.values():
        same(microgd.tensor(x.grad.tolist() if hasattr(x.grad, "tolist") else x.grad), y.grad)


@settings(max_examples=examples(20), deadline=None)
@given(
    seed=st.integers(0, 2**32), shape=SHAPES, lengths=st.sampled_from([(2,), (3, 2), (5,)]), data=st.data()
)
def test_draws_are_pytorchs_after_the_same_seed(seed, shape, lengths, data):
    def drawn(library, make):
        library.manual_seed(seed)
        return make(library.distributions).sample(lengths)

    weights = filled(data.draw, shape or (3,), st.floats(0.1, 3.0))
    same(
        drawn(microgd, lambda d: d.Categorical(microgd.tensor(weights))),
        drawn(torch, lambda d: d.Categorical(torch.tensor(weights, dtype=torch.float64))),
    )
    chances = torch.rand(shape).tolist()
    same(
        drawn(microgd, lambda d: d.Bernoulli(microgd.tensor(chances))),
        drawn(torch, lambda d: d.Bernoulli(torch.tensor(chances))),
    )
    loc = filled(data.draw, shape)
    mine = drawn(microgd, lambda d: d.Normal(microgd.tensor(loc), 0.5))
    other = drawn(torch, lambda d: d.Normal(torch.tensor(loc), 0.5))
    assert tuple(mine.shape) == tuple(other.shape)
    torch.testing.assert_close(torch.tensor(mine.tolist()), other, rtol=1e-5, atol=1e-6)


def test_one_class_is_drawn_as_multinomial_draws_it():
    policy = ours.Categorical(logits=microgd.tensor([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]]))
    microgd.manual_seed(7)
    action = policy.sample()
    microgd.manual_seed(7)
    assert action.tolist() == microgd.multinomial(policy.probs, 1).squeeze(-1).tolist()
    assert action.dtype is microgd.int64
    alone = ours.Categorical(microgd.tensor([1.0, 3.0])).sample()
    assert alone.shape == ()
    assert alone.item() in (0, 1)


def test_a_sample_is_a_constant_and_rsample_is_not():
    loc, scale = microgd.tensor([1.0, 2.0], requires_grad=True), microgd.tensor(0.5, requires_grad=True)
    normal = ours.Normal(loc, scale)
    microgd.manual_seed(3)
    sample = normal.sample((4,))
    microgd.manual_seed(3)
    path = normal.rsample((4,))
    assert not sample.requires_grad
    assert microgd.allclose(path, sample, atol=1e-6)
    path.sum().backward()
    assert loc.grad.tolist() == [4.0, 4.0]
    noise = (path.detach() - loc.detach()) / 0.5
    assert scale.grad == pytest.approx(noise.sum().item())
    assert not ours.Categorical(logits=loc).sample().requires_grad
    assert not ours.Bernoulli(logits=loc).sample().requires_grad


def test_a_policy_learns_which_arm_of_a_bandit_pays():
    microgd.manual_seed(1)
    logits = microgd.nn.Parameter([0.0, 0.0, 0.0])
    optimizer = microgd.optim.SGD([logits], lr=0.2)
    for _ in range(150):
        policy = ours.Categorical(logits=logits)
        action = policy.sample()
        reward = 1.0 if action.item() == 2 else 0.0
        optimizer.zero_grad()
        (-policy.log_prob(action) * reward).backward()
        optimizer.step()
    assert ours.Categorical(logits=logits).probs[2].item() > 0.9


def test_probabilities_of_0_and_1_have_finite_logarithms_as_in_pytorch():
    for chances in ([0.0, 1.0], [1.0, 0.0]):
        for kind in ("Bernoulli", "Categorical"):
            mine = getattr(ours, kind)(microgd.tensor(chances))
            other = getattr(theirs, kind)(torch.tensor(chances, dtype=torch.float64))
            same(mine.logits, other.logits)
            same(mine.entropy(), other.entropy())
    logits = [0.0, -math.inf]
    same(ours.Categorical(logits=microgd.tensor(logits)).entropy(), 0.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, d: d.Normal(0.0, -1.0),
        lambda t, d: d.Normal(t([0.0, 1.0]), t([0.0, 1.0])),
        lambda t, d: d.Normal(t(math.nan), 1.0),
        lambda t, d: d.Categorical(t([-1.0, 2.0])),
        lambda t, d: d.Categorical(logits=t([math.nan, 2.0])),
        lambda t, d: d.Categorical(t(1.0)),
        lambda t, d: d.Categorical(),
        lambda t, d: d.Bernoulli(t([0.5]), logits=t([0.5])),
        lambda t, d: d.Bernoulli(t([1.5])),
        lambda t, d: d.Bernoulli(logits=t([math.nan])),
        lambda t, d: d.Categorical(t([1.0, 2.0])).log_prob(t([2])),
        lambda t, d: d.Categorical(t([[1.0, 2.0]])).log_prob(t([0.5])),
        lambda t, d: d.Bernoulli(t([0.5, 0.5])).log_prob(t([2.0, 0.0])),
        lambda t, d: d.Normal(t([0.0]), 1.0).log_prob(t([math.nan])),
    ],
)
def test_what_is_not_allowed_has_pytorchs_sentence(call):
    with pytest.raises(ValueError) as mine:  # noqa: PT011
        call(microgd.tensor, ours)
    with pytest.raises(ValueError) as other:  # noqa: PT011
        call(torch.tensor, theirs)
    wanted = str(other.value).partition("invalid values")[0]
    wanted = re.sub(
        r"(distribution \w+)\(.*?\)(?=, but| to satisfy)", r"\1", wanted
    )  # without its parameters
    wanted = wanted.replace("(Tensor of shape ())", "(Value of shape ())")
    assert str(mine.value).partition("invalid values")[0] == wanted


def test_without_validation_nothing_is_checked():
    assert ours.Bernoulli(microgd.tensor(1.5), validate_args=False).mean.item() == 1.5
    assert ours.Normal(0.0, -1.0, validate_args=False).variance.item() == 1.0
    half = ours.Bernoulli(microgd.tensor(0.5), validate_args=False)
    assert half.log_prob(microgd.tensor(0.25)).item() == pytest.approx(-math.log(2.0))


def test_a_distribution_is_shown_as_in_pytorch():
    assert repr(ours.Normal(0.0, microgd.tensor([1.0]))) == "Normal(loc: tensor([0.]), scale: tensor([1.]))"
    assert repr(ours.Bernoulli(0.5)) == "Bernoulli(probs: 0.5)"
    assert repr(ours.Categorical(logits=microgd.zeros(2, 3))) == "Categorical(logits: (2, 3))"


def test_other_distributions_say_why_they_are_left_out():
    with pytest.raises(AttributeError, match=r"leaves out torch's distributions\.Beta: .*has Categorical"):
        ours.Beta  # noqa: B018


def test_log_probabilities_are_compiled_and_ask_their_arguments():
    weights = microgd.nn.Parameter([0.5, -1.0, 2.0])

    @microgd.compile
    def loss(x, action):
        policy = ours.Categorical(logits=weights * x)
        return ours.Normal(x, x * x).log_prob(0.5) - policy.log_prob(action) - 0.1 * policy.entropy()

    for x, action in ((0.5, 2.0), (-1.5, 0.0)):
        value, gradient = loss.value_and_grad(x, action)
        weights.grad = None
        eager = loss.__wrapped__(microgd.Value(x), microgd.Value(action, requires_grad=False))
        eager.backward()
        assert value == eager.item()
        assert gradient == pytest.approx(weights.grad.tolist(), rel=1e-14)
    with pytest.raises(ValueError, match=r"within the support \(IntegerInterval\(lower_bound=0"):
        loss(0.5, 3.0)
