import math

import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd.nn.functional import scaled_dot_product_attention as ours
from tests.strategies import examples

theirs = torch.nn.functional.scaled_dot_product_attention


def numbers(draw, shape):
    return torch.tensor([draw(st.floats(-3.0, 3.0)) for _ in range(math.prod(shape))]).reshape(shape).tolist()


@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_attention_and_its_gradients_are_pytorchs(data):
    draw = data.draw
    lengths = st.integers(1, 3)
    rows, keys, width, out = draw(lengths), draw(lengths), draw(lengths), draw(lengths)
    heads = draw(st.sampled_from([(), (2,), (1, 2)]))
    shapes = [(*heads, rows, width), (*heads, keys, width), (*heads, keys, out)]
    given = [numbers(draw, shape) for shape in shapes]
    options = {"scale": draw(st.sampled_from([None, 0.5]))}
    kind = draw(st.sampled_from(["none", "causal", "bools", "numbers"]))
    if kind == "causal":
        options["is_causal"] = True
    elif kind == "bools":
        options["attn_mask"] = [[draw(st.booleans()) for _ in range(keys)] for _ in range(rows)]
    elif kind == "numbers":
        options["attn_mask"] = numbers(draw, (rows, keys))
    found = []
    for function, library in ((ours, microgd), (theirs, torch)):
        leaves = [library.tensor(x, dtype=library.float64, requires_grad=True) for x in given]
        named = dict(options)
        if "attn_mask" in named:
            named["attn_mask"] = library.tensor(
                named["attn_mask"], dtype=library.bool if kind == "bools" else library.float64
            )
        result = function(*leaves, **named)
        (result * result).sum().backward()
        found.append(
            [result.detach(), *(library.zeros_like(x) if x.grad is None else x.grad for x in leaves)]
        )
    for x, y in zip(*found, strict=True):
        assert tuple(x.shape) == tuple(y.shape)
        assert torch.allclose(torch.tensor(x.tolist(), dtype=torch.float64), y, rtol=1e-10, atol=1e-12)


def test_a_query_that_may_look_at_no_key_gets_0_and_no_gradient():
    leaf = microgd.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    result = ours(leaf, leaf.detach(), leaf.detach(), attn_mask=[[False, False], [True, False]])
    assert result.tolist() == [[0.0, 0.0], [1.0, 2.0]]
    result.sum().backward()
    assert leaf.grad.tolist()[0] == [0.0, 0.0]


def test_a_mask_beside_is_causal_is_refused_as_in_pytorch():
    x = microgd.ones(2, 2)
    with pytest.raises(RuntimeError, match="attn_mask should not be set when is_causal=True"):
        ours(x, x, x, attn_mask=x > 0.0, is_causal=True)


def test_dropout_drops_weights_of_the_keys():
    x, identity = microgd.zeros(4, 4), microgd.eye(4)
    microgd.manual_seed(0)
    weights = ours(x, x, identity, dropout_p=0.5)
    assert {y for row in weights.tolist() for y in row} == {0.0, 0.5}  # 1/4, and twice that if it stays
    assert ours(x, x, identity, dropout_p=1.0).tolist() == x.tolist()


def test_attention_with_a_mask_is_compiled():
    def loss(x):
        rows = microgd.stack([x * 0.5, x * x, microgd.sin(x)])
        return ours(rows, rows, rows, is_causal=True).sum()

    x = microgd.tensor([0.3, -1.2], requires_grad=True)
    eager = loss(x)
    eager.backward()
    value, gradient = microgd.compile(lambda a, b: loss(microgd.stack([a, b]))).value_and_grad(0.3, -1.2)
    assert value == eager.item()
    assert list(gradient) == x.grad.tolist()
