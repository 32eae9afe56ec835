"""What the mutation runner changes and leaves alone, and which functions it sees a test call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.mutations import mutations

LEFT_ALONE = '''
"""A text about 1 < 2."""
from typing import TYPE_CHECKING, TypeVar
__slots__ = ("a", "b")
T = TypeVar("T", bound="int")
x: "1 < 2"
if TYPE_CHECKING:
    y = 1 + 2
def f(a: int | str) -> dict[str, int]:
    """Returns 3."""
    raise ValueError(f"{a} is not {3 - 2}")
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = a < b", {"x = (a <= b)", "x = (a > b)"}),
        ("x = a + b", {"x = (a - b)"}),
        ("x = a / b * c", {"x = (a * b) * c", "x = (a / b / c)"}),
        ("x = 3", {"x = 4"}),
        ("x = 0.25", {"x = 0.5"}),
        ("x = True", {"x = False"}),
        ("x = -y", {"x = y"}),
        ("x = a and b", {"x = (a or b)", "x = a", "x = b"}),
        ("f(a, b)", {"(f(b, a))", "pass"}),
        ("f(a, key=b)", {"(f(a))", "pass"}),
        ("x += y", {"x -= y", "x = y", "pass"}),
        ("x.a = y", {"pass"}),
        ("x = max(a)", {"x = (min(a))"}),
        ("if a: b", {"if (not a): b"}),
        ("with a: b", {"if True: b"}),
        ("def f(a='b'): return a", {"def f(a='b_'): return a", "def f(a='b'): return None"}),
        ("x = f'{a + b}'", {"x = (f'{a - b}')"}),
    ],
)
def test_a_line_has_these_faults(before, after):
    found = mutations(before.encode())
    assert {x.after for x in found} == after
    for x in found:
        compile(x.applied(before.encode()), "mutated", "exec")


def test_texts_and_types_are_left_alone():
    assert {x.after for x in mutations(LEFT_ALONE.encode())} == {"pass"}  # the raise left out
    assert len(mutations(LEFT_ALONE.encode(), texts=True)) > 1


def test_what_runs_at_import_belongs_to_no_function():
    source = b"x = 1\ndef f(a=2):\n    return 3 + (lambda: 4)()\n"
    assert [(x.before.split()[0], x.function) for x in mutations(source)][:2] == [("x", 0), ("def", 0)]
    assert {x.function for x in mutations(source)} == {0, 2, 3}


WATCH = """
from tests.bench import forked
forked.warm_up([])
with forked.copied() as (copy,):
    print(forked.Run(copy, ["tests"], forked.Watcher()).wait().seen["calls"])
"""


def test_a_conftest_that_imports_the_package_hides_no_call(tmp_path):
    for name, text in {
        "microgd/__init__.py": "def f():\n    return 1\n",
        "tests/conftest.py": "import microgd\n",
        "tests/test_f.py": "import microgd\ndef test_f():\n    assert microgd.f() == 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.run(
        [sys.executable, "-c", WATCH], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert "'tests/test_f.py::test_f': ['microgd/__init__.py:1']" in said.stdout, said.stderr
