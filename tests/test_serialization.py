"""save and load: what goes in comes out, to the last bit, and nothing but data is ever read."""

import io
import json
import math
import os
import stat
import threading

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import microgd
from microgd import Value, nn, optim
from tests.interrupts import interrupted

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


# --- the file that is replaced ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, os.fspath, os.fsencode, lambda path: path])
def test_a_path_may_be_text_bytes_or_a_path(tmp_path, kind):
    path = kind(tmp_path / "naïve.json")
    microgd.save([1.0], path)
    assert microgd.load(path) == [1.0]
    assert os.listdir(tmp_path) == ["naïve.json"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "x.json"
    path.write_text("1")
    path.chmod(mode)
    microgd.save([2.0], path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert microgd.load(path) == [2.0]


def test_a_new_file_has_the_mode_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        microgd.save([1.0], tmp_path / "x.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.json").stat().st_mode) == 0o640


def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f"x.json.{bytes(8).hex()}.part").symlink_to(victim)
    with pytest.raises(FileExistsError):
        microgd.save([1.0], tmp_path / "x.json")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "x.json").exists()


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path):
    path, failed = tmp_path / "x.json", []

    def write(i):
        try:
            for _ in range(30):
                microgd.save([float(i)] * 2000, path)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    (first, *rest) = microgd.load(path)
    assert rest == [first] * 1999
    assert os.listdir(tmp_path) == ["x.json"]


def test_an_interrupt_leaves_the_old_file_or_the_new_one(tmp_path):
    path, at, seen = tmp_path / "x.json", 1, set()
    microgd.save([1.0], path)
    while interrupted(lambda: microgd.save([2.0], path), at):
        (found,) = microgd.load(path)
        seen.add(found)
        assert [p.suffix for p in tmp_path.iterdir()] == [".json"]
        microgd.save([1.0], path)
        at += 1
    assert at > 10
    assert 1.0 in seen


def test_a_folder_that_is_missing_or_in_the_way_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        microgd.save([1.0], tmp_path / "missing" / "x.json")
    with pytest.raises(IsADirectoryError):
        microgd.save([1.0], tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    microgd.save([1.0], pipe)
    reader.join()
    assert read == ["[1.0]"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def nest(depth, wrap):
    thing = 1.0
    for _ in range(depth):
        thing = wrap(thing)
    return thing


def test_what_is_nested_too_deeply_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "x.json"
    microgd.save([1.0], path)
    itself = []
    itself.append(itself)
    for thing in (nest(100_000, lambda x: [x]), nest(100_000, lambda x: {"a": x}), itself):
        with pytest.raises(ValueError, match=r"cannot save .*: it is nested too deeply, or holds itself"):
            microgd.save(thing, path)
    assert microgd.load(path) == [1.0]
    for text in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000):
        path.write_text(text)
        with pytest.raises(ValueError, match="cannot load the file: it is nested too deeply"):
            microgd.load(path)


def test_numbers_that_are_loaded_have_the_methods_of_a_tensor(tmp_path):
    layer = nn.Linear(3, 2)
    optimizer = microgd.optim.Adam(layer.parameters())
    layer([1.0, 2.0, 3.0]).sum().backward()
    optimizer.step()
    state = {"model": layer.state_dict(), "optimizer": optimizer.state_dict(), "rows": [[1.0], [1.0, 2.0]]}
    microgd.save(state, tmp_path / "state.json")
    loaded = microgd.load(tmp_path / "state.json")
    assert loaded["model"] == state["model"]
    assert loaded["optimizer"]["state"] == state["optimizer"]["state"]
    assert loaded["model"]["weight"].shape == (2, 3)
    assert loaded["model"]["bias"].norm().item() == layer.bias.norm().item()
    assert loaded["optimizer"]["state"][0]["exp_avg"].shape == state["optimizer"]["state"][0]["exp_avg"].shape
    assert type(loaded["rows"]) is list
