"""For people who use pytest: assert that the gradients of a function are right.

    from microgd.testing import assert_gradients

    def test_my_layer():
        assert_gradients(lambda a, b: (a * b).tanh(), 0.3, -2.0)

It uses `check`, and nothing of pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .check.gradients import Report, gradcheck

if TYPE_CHECKING:
    from collections.abc import Callable


def assert_gradients(f: Callable[..., Any], *inputs: Any, order: int = 1) -> Report:
    """Raise an AssertionError with a table if a gradient of f(*inputs) is wrong.

    f       takes the inputs and returns a Value, or a (nested) list of them
    inputs  numbers, Values, or (nested) lists of these
    order   2: the second derivatives too

    Returns the report, which says what was compared and how exactly.
    """
    __tracebackhide__ = True  # pytest shows the caller's line
    report = gradcheck(f, inputs, order, raise_exception=False)
    if not report:
        name = getattr(f, "__name__", "f")
        raise AssertionError(f"the gradients of {name} are wrong:\n{report}")
    return report
