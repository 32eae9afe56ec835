"""Every layer and loss beside PyTorch's, in float64, under the same options: value, gradient and the
gradient of the gradient to 1e-12; and each gradient beside a finite difference.
"""

import inspect
import math
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from microgd import Tensor, Value, autograd, nn, tensor
from microgd.tensor import values
from tests.nn.cases import CASES, drawn
from tests.strategies import examples

TOLERANCE = 1e-12  # of the largest number of each result
STEP = 1e-5


def same(ours, theirs, what, tolerance=TOLERANCE):
    """Equal to the tolerance, relative to the largest of the numbers (and to 1: sums cancel)."""
    ours, theirs = np.array(ours, dtype=float), np.array(theirs, dtype=float)
    assert ours.shape == theirs.shape, what
    assert np.array_equal(np.isnan(ours), np.isnan(theirs)), what
    size = max(1.0, float(np.nanmax(np.abs(theirs), initial=0.0)))
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=tolerance * size, err_msg=what)


def weights(n):
    """Some numbers of either sign: what results are multiplied with before they are added up."""
    return [math.cos(2.0 * i + 1.0) for i in range(n)]


def moved(arguments):
    """The arguments, moved off the kinks."""
    return [
        a._replace(data=off_the_kinks(a.data, 0.03 + 0.02 * i)) if a.differentiable and not a.whole else a
        for i, a in enumerate(arguments)
    ]


def off_the_kinks(nested, by):
    """Numbers near these, all of them `by` above a multiple of 1/8, and those of [0, 1] still there."""
    if isinstance(nested, list):
        return [off_the_kinks(x, by) for x in nested]
    return math.floor(8.0 * (min(nested, 0.9) if nested <= 1.0 else nested)) / 8.0 + by


class Ours:
    """A case computed by microgd."""

    def __init__(self, case, options, arguments):
        self.module = getattr(nn, case.name)(**options)
        self.arguments = [
            a.data if a.whole or not a.differentiable else tensor(a.data, requires_grad=True)
            for a in arguments
        ]
        self.leaves = [x for a, x in zip(arguments, self.arguments) if a.differentiable and not a.whole]

    def run(self):
        self.out = self.module(*self.arguments)
        self.leaves += [x for _, x in self.module._named_tensors()]
        flat = values(self.out)
        self.total = sum(c * x for c, x in zip(weights(len(flat)), flat))
        return flat

    def gradients(self):
        inputs = [x for leaf in self.leaves for x in values(leaf)]
        first = (
            autograd.grad(self.total, inputs, create_graph=True, allow_unused=True)
            if requires_grad(self.total)
            else [None] * len(inputs)
        )
        again = sum(c * g for c, g in zip(weights(len(first)), first) if g is not None)
        second = (
            autograd.grad(again, inputs, allow_unused=True) if requires_grad(again) else [None] * len(inputs)
        )
        return [plain(x) for x in first], [plain(x) for x in second]


def requires_grad(x):
    return getattr(x, "requires_grad", False)


def plain(x):
    return 0.0 if x is None else x.item() if isinstance(x, Value) else x


class Theirs:
    """The same computed by PyTorch."""

    def __init__(self, case, options, arguments):
        self.module = getattr(torch.nn, case.name)(**self.options_of(options)).double()
        with torch.no_grad():
            for p in self.module.parameters():
                p.copy_(double(weights(p.numel())).reshape(p.shape) + 0.1)
        self.arguments = self.arguments_of(arguments)
        self.leaves = [x for x in self.arguments if x.requires_grad] + list(self.module.parameters())

    @staticmethod
    def options_of(options):
        return {
            k: double(v) if k in ("weight", "pos_weight") and v is not None else v for k, v in options.items()
        }

    @staticmethod
    def arguments_of(arguments):
        return [
            torch.tensor(a.data) if a.whole else double(a.data).requires_grad_(a.differentiable)
            for a in arguments
        ]

    def run(self):
        self.out = self.module(*self.arguments)
        flat = self.out.flatten()
        self.total = (double(weights(flat.numel())) * flat).sum()
        return flat.tolist()

    def gradients(self):
        first = self.derived(self.total, create_graph=True)
        flat = torch.cat([g.flatten() for g in first])
        return flat.tolist(), torch.cat(
            [g.flatten() for g in self.derived((double(weights(flat.numel())) * flat).sum())]
        ).tolist()

    def derived(self, total, create_graph=False):
        if not total.requires_grad:
            return [torch.zeros_like(x) for x in self.leaves]
        found = torch.autograd.grad(total, self.leaves, create_graph=create_graph, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for g, x in zip(found, self.leaves)]


def double(x):
    return torch.tensor(x, dtype=torch.float64)


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=examples(16))
@given(data=st.data())
def test_value_gradient_and_second_gradient_are_pytorchs(case, data):
    options, arguments = drawn(data.draw, case)
    compare(case, options, arguments, data.draw(st.booleans()))


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "Dropout"], ids=str)
@settings(max_examples=examples(4))
@given(data=st.data())
def test_without_options_they_are_pytorchs_too(case, data):
    options, arguments = drawn(data.draw, case)
    compare(case, required(case, options), arguments, data.draw(st.booleans()))


def required(case, options):
    """Those of the options that have no default, and KLDivLoss' kind of target."""
    defaults = inspect.signature(getattr(torch.nn, case.name)).parameters
    return {
        k: x
        for k, x in options.items()
        if defaults[k].default is inspect.Parameter.empty or k == "log_target"
    }


def compare(case, options, arguments, smooth):
    if smooth:  # at a kink of the gradient, the libraries may choose other sides
        arguments = moved(arguments)
    ours, theirs = Ours(case, options, arguments), Theirs(case, options, arguments)
    ours.module.load_state_dict(
        {k: v for k, v in theirs.module.state_dict().items() if k in ours.module.state_dict()}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.run()
        found = ours.run()
    shape = ours.out.shape if isinstance(ours.out, Tensor) else ()
    assert shape == tuple(theirs.out.shape)
    assert all(isinstance(x, Value) for x in found)
    same([x.item() for x in found], expected, f"value of {case} with {options}")
    assert repr(ours.module) == repr(theirs.module)
    if theirs.leaves:
        first, second = ours.gradients()
        expected, expected_second = theirs.gradients()
        same(first, expected, f"gradient of {case} with {options}")
        if smooth:
            same(second, expected_second, f"second gradient of {case} with {options}", case.second)


@pytest.mark.parametrize("case", [case for case in CASES if case.twin], ids=str)
@settings(max_examples=examples(5))
@given(data=st.data())
def test_the_function_is_the_module_and_pytorchs_function(case, data):
    options, arguments = drawn(data.draw, case)
    inputs = [a.data for a in arguments]
    module = getattr(nn, case.name)(**options)(*inputs)
    function = getattr(nn.functional, case.twin)(*inputs, **options)
    same([x.item() for x in values(function)], [x.item() for x in values(module)], str(case))
    expected = getattr(torch.nn.functional, case.twin)(
        *Theirs.arguments_of(arguments), **Theirs.options_of(options)
    )
    same([x.item() for x in values(function)], expected.flatten().tolist(), f"{case.twin} with {options}")


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=examples(5))
@given(data=st.data())
def test_gradients_are_finite_differences(case, data):
    options, arguments = drawn(data.draw, case)

    arguments = moved(arguments)
    if options.get("padding_idx") is not None:  # its row has no gradient, whatever its slope
        options["padding_idx"] = None
    ours = Ours(case, options, arguments)
    ours.run()
    if not requires_grad(ours.total) or ours.total != ours.total:  # the mean of no losses is nan
        return
    ours.total.backward()
    for leaf in [x for each in ours.leaves for x in values(each)]:
        at = leaf.data

        def total(x, leaf=leaf):
            leaf.data = x
            flat = values(ours.module(*ours.arguments))
            return sum(c * x.item() for c, x in zip(weights(len(flat)), flat))

        near, far = ((total(at + h) - total(at - h)) / (2.0 * h) for h in (STEP, 2.0 * STEP))
        leaf.data = at
        slope = near + (near - far) / 3.0  # without the error that grows with the square of the step
        assert (leaf.grad or 0.0) == pytest.approx(slope, rel=1e-6, abs=1e-6), f"{case} with {options}"
