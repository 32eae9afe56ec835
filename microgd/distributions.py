"""Three of torch.distributions: Categorical, Bernoulli and Normal.

A sample is a constant, and `log_prob` is arithmetic on Values: so `-policy.log_prob(action) * reward` is a
loss. Draws are those of `multinomial`, `bernoulli`, `normal` and `randn`. Parameters and samples are checked
as PyTorch does it, unless validate_args is False. This module uses `nn.functional`, `creation`, `tensor` and
`ops`.
"""

from __future__ import annotations

import math
import sys
from functools import cached_property

from . import creation, ops
from .nn.functional.layers import rows_of, whole
from .shapes import float64
from .tensor import as_tensor, shaped, values
from .tensor_parts import broadcast_tensors
from .tensor_storage import copies
from .value import demand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

EPSILON = sys.float_info.epsilon  # as far a probability is kept from 0 and 1 before its logarithm is taken


def __getattr__(name: str) -> NoReturn:
    from .absent import sentence

    raise AttributeError(sentence(__name__, name))


class Distribution:
    """What the three have in common."""

    def __init__(self, validate_args: bool | None = None, **parameters: Any) -> None:
        self._checks = validate_args is not False
        self._names = tuple(parameters)
        vars(self).update(parameters)

    def _demand(self, what: str, x: Any, holds: Callable[[float], bool], wanted: str) -> None:
        """ValueError, PyTorch's, unless it holds for all numbers. A compiled function asks its arguments."""

        def wrong(number: Any) -> Exception:
            given = f"{what} ({type(x).__name__} of shape {tuple(x.shape)})"
            return ValueError(f"Expected {given} {wanted}, but found invalid values:\n{number}")

        for number in values(x) if self._checks else ():
            demand(number, holds, wrong)

    def _demand_parameter(self, name: str, holds: Callable[[float], bool], constraint: str) -> None:
        wanted = f"of distribution {type(self).__name__} to satisfy the constraint {constraint}"
        self._demand(f"parameter {name}", vars(self)[name], holds, wanted)

    def _sample(self, value: Any, holds: Callable[[float], bool], support: str) -> Any:
        x = as_tensor(value).to(float64)
        wanted = f"to be within the support ({support}) of the distribution {type(self).__name__}"
        self._demand("value argument", x, holds, wanted)
        return x

    def __repr__(self) -> str:
        given = [(name, vars(self)[name]) for name in self._names]
        shown = ", ".join(f"{name}: {x if x.numel() == 1 else x.size()}" for name, x in given)
        return f"{type(self).__name__}({shown})"


def _no_nan(x: float) -> bool:
    return x == x


def _the_given(probs: Any, logits: Any) -> tuple[str, Any]:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    name, x = ("logits", logits) if probs is None else ("probs", probs)
    return name, as_tensor(x).to(float64)


def _no_class(c: int, classes: int) -> IndexError:
    return IndexError(f"class {c} is out of range: there are {classes} classes")


class Categorical(Distribution):
    """One of K classes, 0 ... K - 1. The last dimension of the parameters has a number for each class.

    probs   the probabilities; they are divided by their sum
    logits  or their logarithms, up to a constant
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name, x = _the_given(probs, logits)
        if not x.shape:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        self._batch, self._classes = tuple(x.shape[:-1]), x.shape[-1]
        if name == "probs":
            super().__init__(validate_args, probs=x / x.sum(-1, keepdim=True))
            self._demand_parameter("probs", lambda p: p >= 0.0, "Simplex()")
        else:
            super().__init__(validate_args, logits=x - x.logsumexp(-1, keepdim=True))
            self._demand_parameter("logits", _no_nan, "IndependentConstraint(Real(), 1)")

    @cached_property
    def probs(self) -> Any:
        """The probabilities."""
        return self.logits.softmax(-1)

    @cached_property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        return ops.log(ops.clamp(self.probs, EPSILON, 1.0 - EPSILON))

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draws of classes. Their shape is sample_shape, then that of the parameters without the last."""
        rows = self.probs.reshape(-1, self._classes)
        drawn = creation.multinomial(rows, math.prod(sample_shape), True)
        return drawn.t().reshape(*sample_shape, *self._batch)

    def log_prob(self, value: Any) -> Any:
        """log p of each class."""
        support = f"IntegerInterval(lower_bound=0, upper_bound={self._classes - 1})"
        k = self._classes
        classes = self._sample(value, lambda c: 0.0 <= c < k and c == c // 1.0, support)
        index, logits = broadcast_tensors(classes.unsqueeze(-1), self.logits)
        rows = zip(rows_of(values(logits), k), values(index)[::k])
        chosen = [ops.pick(row, whole(c, "a class", k, _no_class)) for row, c in rows]
        return shaped(copies(chosen), logits.shape[:-1])

    def entropy(self) -> Any:
        """-Σ p log p"""
        return -(ops.clamp(self.logits, -sys.float_info.max) * self.probs).sum(-1)

    @property
    def mean(self) -> Any:
        """nan: a class is no quantity."""
        return creation.full(self._batch, math.nan)

    stddev = variance = mean


class Bernoulli(Distribution):
    """1 with a probability, else 0.

    probs   the probability of 1
    logits  or log(p / (1 - p))
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name, x = _the_given(probs, logits)
        super().__init__(validate_args, **{name: x})
        if name == "probs":
            interval = "Interval(lower_bound=0.0, upper_bound=1.0)"
            self._demand_parameter(name, lambda p: 0.0 <= p <= 1.0, interval)
        else:
            self._demand_parameter(name, _no_nan, "Real()")

    @cached_property
    def probs(self) -> Any:
        """The probability of 1."""
        return ops.sigmoid(self.logits)

    @cached_property
    def logits(self) -> Any:
        """log(p / (1 - p))"""
        p = ops.clamp(self.probs, EPSILON, 1.0 - EPSILON)
        return ops.log(p) - ops.log1p(-p)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draws of 0 and 1. Their shape is sample_shape, then that of the parameters."""
        return creation.bernoulli(self.probs.expand((*sample_shape, *self.probs.shape)))

    def log_prob(self, value: Any) -> Any:
        """x log p + (1 - x) log(1 - p)"""
        return -self._cross_entropy(self._sample(value, lambda x: x in (0.0, 1.0), "Boolean()"))

    def entropy(self) -> Any:
        """-p log p - (1 - p) log(1 - p)"""
        return self._cross_entropy(self.probs)

    def _cross_entropy(self, x: Any) -> Any:
        return ops.softplus(-self.logits) * x + ops.softplus(self.logits) * (1.0 - x)

    @property
    def mean(self) -> Any:
        """p"""
        return self.probs

    @property
    def variance(self) -> Any:
        """p (1 - p)"""
        return self.probs * (1.0 - self.probs)

    @property
    def stddev(self) -> Any:
        """The root of the variance."""
        return ops.sqrt(self.variance)


class Normal(Distribution):
    """The normal distribution of mean `loc` and standard deviation `scale`, which is above 0."""

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        loc, scale = broadcast_tensors(*(as_tensor(x).to(float64) for x in (loc, scale)))
        super().__init__(validate_args, loc=loc, scale=scale)
        self.mean, self.stddev = loc, scale
        self._demand_parameter("loc", _no_nan, "Real()")
        self._demand_parameter("scale", lambda s: s > 0.0, "GreaterThan(lower_bound=0.0)")

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draws, as constants. Their shape is sample_shape, then that of the parameters."""
        lengths = (*sample_shape, *self.mean.shape)
        return creation.normal(self.mean.expand(lengths), self.stddev.expand(lengths))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """loc + scale · ε, where ε is drawn: gradients reach loc and scale through the sample."""
        return self.mean + self.stddev * creation.randn(*sample_shape, *self.mean.shape)

    def log_prob(self, value: Any) -> Any:
        """-(x - μ)² / 2σ² - log σ - log √2π"""
        x = self._sample(value, _no_nan, "Real()")
        squares = (x - self.mean) ** 2 / (2.0 * self.variance)
        return -squares - ops.log(self.stddev) - 0.5 * math.log(2.0 * math.pi)

    def entropy(self) -> Any:
        """1/2 + log √2π + log σ"""
        return 0.5 + 0.5 * math.log(2.0 * math.pi) + ops.log(self.stddev)

    @property
    def variance(self) -> Any:
        """σ²"""
        return self.stddev**2
