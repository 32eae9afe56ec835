"""diagnose_engine: what is limited inside the walk, and an operation whose operands are one node."""

import pytest

from microgd.check.engines import diagnose_engine

from ..bench.mistaken_engines import Engine


def within(most):
    return lambda x: max(-most, min(most, x))


def same(x):
    return x


def limiting(results=same, sums=same, contributions=same):
    class Limiting(Engine):
        def partials(self):
            ones = Engine(1.0), Engine(1.0)
            return ones if self.adds else self._prev[::-1]

        def __add__(self, other):
            out = super().__add__(other)
            out.adds = True
            return out

        def __mul__(self, other):
            out = super().__mul__(other)
            out.adds = False
            return out

        def backward(self):
            topo = self.topological()
            for v in topo:
                v.grad = 0.0 if v._prev else v.grad
            self.grad = 1.0
            for v in reversed(topo):
                for x, factor in zip(v._prev, v.partials() if v._prev else ()):
                    x.grad = sums(x.grad + contributions(factor.data * results(v.grad)))

    return Limiting


@pytest.mark.parametrize(
    ("engine", "fact"),
    [
        (
            limiting(results=within(1.5)),
            "A gradient is never more than 1.5 in size when a result passes it on.",
        ),
        (limiting(contributions=within(0.8)), "A contribution is never more than 0.8 in size."),
        (
            limiting(sums=within(1.2)),
            "A gradient is never more than 1.2 in size while contributions are added.",
        ),
    ],
)
def test_what_is_limited_inside_the_walk_is_said(engine, fact):
    assert diagnose_engine(limiting(), twice=False)
    found = diagnose_engine(engine, twice=False)
    assert (found.ok, found.key) == (False, "clipped")
    assert found.message.endswith(f" {fact} Is something limited inside the walk?")


class ThirdContribution(Engine):
    """A sum of a node with itself is counted once more."""

    def __add__(self, other):
        out = super().__add__(other)
        rest = out._backward

        def _backward():
            rest()
            if self is other:
                self.grad += out.grad

        out._backward = _backward
        return out


def test_an_operation_that_is_wrong_only_where_its_operands_are_one_node_is_told_so():
    found = diagnose_engine(ThirdContribution)
    assert (found.ok, found.key) == (False, "add-rule")
    assert found.message == (
        "`a + a` goes wrong: with a = 2, a.grad is 3. It is right where its operands are two nodes, even of"
        " equal values, and wrong where they are one. Does + have a case of its own for that?"
    )
