"""What an editor and a type checker know of a result: a Value in, a Value out."""

import re

import pytest

PROGRAM = """
import microgd
from microgd import Tensor, Value
x = Value(1.0)
reveal_type(microgd.tanh(x))  # Value
reveal_type(microgd.tanh(1.0))  # float
reveal_type(microgd.tanh(Tensor([1.0])))  # Tensor
reveal_type(microgd.atan2(1.0, x))  # Value
reveal_type(microgd.leaky_relu(x, negative_slope=0.1))  # Value
reveal_type(microgd.sum([x, 1.0]))  # Value
reveal_type(microgd.mean(x, x))  # Value
reveal_type(microgd.sum([1.0, 2.0]))  # float
reveal_type(microgd.where(x > 0.0, x, 1.0))  # Value
reveal_type(x.tanh().log())  # Value
reveal_type(2.0 * x)  # Value
@microgd.primitive(lambda x, out: 2.0 * x)
def square(x: float) -> float:
    return x * x
reveal_type(square(x))  # Value
reveal_type(square(3.0))  # float
"""


def test_a_type_checker_knows_what_the_functions_return(tmp_path):
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    said, _, status = api.run(["--strict", f"--cache-dir={tmp_path}", str(file)])
    found = [re.sub(r".*\.", "", name) for name in re.findall(r'Revealed type is "([\w.]+)"', said)]
    assert found == re.findall(r"# (\w+)", PROGRAM), said
    assert status == 0
