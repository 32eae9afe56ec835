"""save and load: what goes in comes out, to the last bit, and nothing but data is ever read."""

import io
import json
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import microgd
from microgd import Value, nn, optim

keys = st.integers(-99, 10**9) | st.text(max_size=8).filter(lambda s: not s.lstrip("-").isdecimal())
things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def bits(x):
    """With nan equal to itself, and -0.0 unlike 0.0."""
    if isinstance(x, list):
        return [bits(y) for y in x]
    if isinstance(x, dict):
        return {k: bits(y) for k, y in x.items()}
    return (type(x).__name__, repr(x))


@given(things)
def test_what_is_saved_is_loaded(thing):
    file = io.StringIO()
    microgd.save(thing, file)
    file.seek(0)
    assert bits(microgd.load(file)) == bits(thing)


def test_a_model_and_its_optimizer_go_through_a_file(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model([1.0, 2.0, 3.0])[0].backward()
    optimizer.step()
    path = tmp_path / "model.json"
    microgd.save({"model": model.state_dict(), "options": {"lr": 0.1, "betas": (0.9, 0.999)}}, path)
    found = microgd.load(str(path))
    twin = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    twin.load_state_dict(found["model"])
    assert twin.state_dict() == model.state_dict()
    assert found["options"] == {"lr": 0.1, "betas": [0.9, 0.999]}
    assert json.loads(path.read_text())["model"]["0.bias"] == model[0].bias.tolist()
    assert [p.name for p in tmp_path.iterdir()] == ["model.json"]


def test_values_tensors_and_arrays_are_saved_as_numbers(tmp_path):
    path = tmp_path / "x.json"
    microgd.save(
        {
            "v": Value(2.0),
            "t": microgd.Tensor([[1.0, 2.0]]),
            "a": np.arange(3),
            "s": np.float32(0.5),
            3: [math.inf],
        },
        path,
    )
    assert microgd.load(path) == {"v": 2.0, "t": [[1.0, 2.0]], "a": [0, 1, 2], "s": 0.5, 3: [math.inf]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (nn.Linear(1, 1), "cannot save Linear"),
        ({"x": object()}, "cannot save object"),
        ({"x": 1j}, "cannot save complex"),
        ({"1": 2.0}, "a key is a text or a whole number, got '1'"),
        ({True: 2.0}, "got True"),
        ({(1, 2): 3.0}, r"got \(1, 2\)"),
        ({"f": print}, "cannot save"),
    ],
)
def test_what_cannot_be_saved_leaves_the_file_as_it_was(tmp_path, wrong, words):
    path = tmp_path / "x.json"
    microgd.save([1.0], path)
    with pytest.raises(TypeError, match=words):
        microgd.save(wrong, path)
    assert microgd.load(path) == [1.0]


@pytest.mark.parametrize("text", ["", "{", "\x80\x04K\x01.", "nonsense"])
def test_a_file_that_holds_no_json_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError):  # noqa: PT011
        microgd.load(path)
