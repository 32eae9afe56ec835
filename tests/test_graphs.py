"""Random expression graphs against PyTorch on the same graph, and against finite differences."""

import math

import pytest
import torch
from hypothesis import given, settings

from microgd import Value, autograd, ops
from tests.domains import DOMAINS
from tests.strategies import EVERY, MICROGD, SMOOTH, TORCH, Recipe, Step, build, examples, recipes

# With the default number of examples, many primitives would never be drawn.
many = settings(max_examples=examples(200))

# Eight steps, each with its squashing: a few ulp a step, which steep steps multiply.
FIRST_ORDER = 1e-9
SECOND_ORDER = 1e-7


def values(recipe: Recipe) -> tuple[list[Value], Value]:
    leaves = [Value(x) for x in recipe.leaves]
    constants = [Value(x, requires_grad=False) for x in recipe.constants]
    return leaves, build(recipe, leaves, constants, MICROGD)


def tensors(recipe: Recipe) -> tuple[list[torch.Tensor], torch.Tensor]:
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in recipe.leaves]
    constants = [torch.tensor(x, dtype=torch.float64) for x in recipe.constants]
    return leaves, build(recipe, leaves, constants, TORCH)


def close(ours: float, theirs: float, tolerance: float, scale: float = 1.0) -> bool:
    if not (math.isfinite(ours) and math.isfinite(theirs)):
        return ours == theirs or (ours != ours and theirs != theirs)
    return abs(ours - theirs) <= tolerance * max(abs(ours), abs(theirs), scale)


def numbers(gradients: tuple) -> list[float]:
    return [0.0 if x is None else x.item() for x in gradients]


@many
@given(recipes())
def test_value_and_gradients_of_a_random_graph_are_pytorch_s(recipe):
    ours, loss = values(recipe)
    theirs, torch_loss = tensors(recipe)
    assert close(loss.item(), torch_loss.item(), FIRST_ORDER)
    assert loss.requires_grad == torch_loss.requires_grad
    if loss.requires_grad:
        loss.backward()
        torch_loss.backward()
        expected = numbers(tuple(x.grad for x in theirs))
        for x, slope in zip(ours, expected, strict=True):
            assert close(x.grad or 0.0, slope, FIRST_ORDER)
            assert x.grad is not None or slope == 0.0


@many
@given(recipes())
def test_autograd_grad_gives_what_backward_adds_and_touches_no_grad(recipe):
    leaves, loss = values(recipe)
    if loss.requires_grad:
        gradients = autograd.grad(loss, leaves, allow_unused=True)
        assert [x.grad for x in leaves] == [None] * len(leaves)
        loss.backward()
        found = [None if g is None else g.item() for g in gradients]
        assert all(x.grad == g or x.grad != x.grad for x, g in zip(leaves, found, strict=True))


@many
@given(recipes())
def test_a_gradient_with_a_graph_is_the_gradient(recipe):
    leaves, loss = values(recipe)
    if loss.requires_grad:
        plain = autograd.grad(loss, leaves, allow_unused=True)
        graph = autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
        for a, b in zip(numbers(plain), numbers(graph), strict=True):
            assert close(a, b, FIRST_ORDER)


@many
@given(recipes(SMOOTH, max_steps=5))
def test_gradients_of_gradients_of_a_random_graph_are_pytorch_s(recipe):
    leaves, loss = values(recipe)
    theirs, torch_loss = tensors(recipe)
    if not loss.requires_grad:
        return
    first = autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    torch_first = torch.autograd.grad(torch_loss, theirs, create_graph=True, allow_unused=True)
    for g, torch_g in zip(first, torch_first, strict=True):
        ours_bends = g is not None and g.requires_grad
        theirs_bends = torch_g is not None and torch_g.requires_grad
        ours = autograd.grad(g, leaves, allow_unused=True) if ours_bends else ()
        expected = (
            torch.autograd.grad(torch_g, theirs, retain_graph=True, allow_unused=True) if theirs_bends else ()
        )
        second = numbers(ours) or [0.0] * len(leaves)
        torch_second = numbers(expected) or [0.0] * len(leaves)
        scale = max(1.0, *map(abs, torch_second))
        for a, b in zip(second, torch_second, strict=True):
            assert close(a, b, SECOND_ORDER, scale)


def central_difference(recipe: Recipe, index: int, step: float) -> float:
    def at(move: float) -> float:
        leaves = list(recipe.leaves)
        leaves[index] += move
        return build(recipe, leaves, list(recipe.constants), MICROGD)

    return (at(step) - at(-step)) / (2.0 * step)


@many
@given(recipes(SMOOTH, max_steps=5))
def test_gradients_of_a_smooth_random_graph_are_the_finite_differences(recipe):
    leaves, loss = values(recipe)
    if not loss.requires_grad:
        return
    loss.backward()
    for index, x in enumerate(leaves):
        # Extrapolated from two steps; the coarser one says how far to trust it.
        wide, narrow = (central_difference(recipe, index, h) for h in (2e-4, 1e-4))
        best = narrow + (narrow - wide) / 3.0
        noise = 1e-10 * max(1.0, abs(loss.data))
        assert abs((x.grad or 0.0) - best) <= abs(narrow - wide) + 1e-7 * abs(best) + 10.0 * noise


@pytest.mark.parametrize("name", EVERY)
def test_every_primitive_in_a_graph_has_pytorch_s_first_and_second_derivatives(name):
    domain = DOMAINS[name]
    operands = tuple(range(4 if domain.variadic else len(domain.ranges)))
    recipe = Recipe((0.7, -1.3, 1.9, 0.4), (), (Step(name, operands), Step("mul", (4, 4))))
    leaves, loss = values(recipe)
    theirs, torch_loss = tensors(recipe)
    assert close(loss.item(), torch_loss.item(), FIRST_ORDER)
    first = autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    torch_first = torch.autograd.grad(torch_loss, theirs, create_graph=True, allow_unused=True)
    for a, b in zip(numbers(first), numbers(torch_first), strict=True):
        assert close(a, b, FIRST_ORDER)
    for a, b in zip(first, torch_first, strict=True):
        if a is not None and a.requires_grad and b.requires_grad:
            ours = autograd.grad(a, leaves, allow_unused=True)
            expected = torch.autograd.grad(b, theirs, retain_graph=True, allow_unused=True)
            for x, y in zip(numbers(ours), numbers(expected), strict=True):
                assert close(x, y, SECOND_ORDER)


def test_the_strategies_draw_every_primitive():
    def drawn(name):
        @settings(max_examples=1)
        @given(recipes([name], max_steps=1))
        def one(recipe):
            assert [step.name for step in recipe.steps] == [name]

        one()

    assert set(EVERY) == set(ops.TABLE)
    for name in EVERY:
        drawn(name)
