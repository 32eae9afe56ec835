"""Blocks that change what is recorded hold for the thread or coroutine that enters them, and end."""

import _thread
import asyncio
import math
import sys
import threading

import pytest
import torch

import microgd
from microgd import Value, enable_grad, inference_mode, is_grad_enabled, no_grad, recording


def in_a_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_a_new_thread_records_whatever_its_parent_does():
    with no_grad():
        assert in_a_thread(is_grad_enabled)


def test_a_thread_that_ends_inside_of_a_block_leaves_nothing_to_later_threads():
    in_a_thread(no_grad().__enter__)
    assert all(in_a_thread(is_grad_enabled) for _ in range(20))
    assert is_grad_enabled()
    recording.switched.clear()  # what the thread that ended left open


def test_coroutines_that_take_turns_do_not_share_their_blocks():
    seen = []

    async def quiet():
        with no_grad(), recording.scope("quiet"), microgd.detect_anomaly():
            for _ in range(3):
                await asyncio.sleep(0)
                here = recording.state()
                seen.append((here.enabled, here.scope, here.watched) == (False, "quiet", True))

    async def loud():
        for _ in range(3):
            await asyncio.sleep(0)
            here = recording.state()
            seen.append((here.enabled, here.scope, here.watched) == (True, "", False))

    async def both():
        await asyncio.gather(quiet(), loud(), quiet())

    asyncio.run(both())
    assert seen == [True] * 9
    assert not recording.switched
    assert not recording.scoped


def test_a_block_that_has_ended_binds_no_coroutine_that_it_started():
    async def late():
        return is_grad_enabled()

    async def main():
        with no_grad():
            task = asyncio.ensure_future(late())
        with no_grad():  # of this coroutine alone
            return await task

    assert asyncio.run(main())


def test_blocks_that_overlap_end_each_for_itself():
    first, second = no_grad(), no_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert not is_grad_enabled()
    second.__exit__()
    assert is_grad_enabled()
    assert not recording.switched


@pytest.mark.parametrize(
    "block",
    [no_grad, enable_grad, inference_mode, lambda: microgd.set_grad_enabled(True), microgd.detect_anomaly],
)
def test_a_block_gives_itself(block):
    made = block()
    with made as given:
        assert given is made
    recording.switched.clear()


def test_a_block_that_has_ended_keeps_no_state():
    block = no_grad()
    for _ in range(3):
        with block:
            pass
    assert block._entered == []


def test_without_a_frame_of_the_users_the_line_is_unknown():
    found, done = [], threading.Event()
    names = {"__name__": "microgd.x", "found": found, "done": done, "user_line": recording.user_line}
    _thread.start_new_thread(exec, ("found.append(user_line()); done.set()", names))
    assert done.wait(10)
    assert found == ["an unknown line"]


def test_one_block_object_is_entered_twice_and_on_two_threads():
    block = no_grad()
    with block:
        with block:
            assert not is_grad_enabled()
        assert not is_grad_enabled()
        in_a_thread(block.__enter__)
        assert not is_grad_enabled()
    assert is_grad_enabled()
    recording.switched.clear()


@pytest.mark.parametrize("library", [torch, microgd])
def test_set_grad_enabled_holds_at_once_and_ends_with_its_block(library):
    enabled = library.is_grad_enabled
    seen = []
    library.set_grad_enabled(False)
    seen.append(enabled())
    library.set_grad_enabled(True)
    seen.append(enabled())
    with library.set_grad_enabled(False):
        seen.append(enabled())
        with library.set_grad_enabled(True):
            seen.append(enabled())
        seen.append(enabled())
    seen.append(enabled())

    @library.set_grad_enabled(False)
    def quiet():
        return enabled()

    seen += [enabled(), quiet(), enabled()]
    assert seen == [False, True, False, True, False, True, True, False, True]
    recording.switched.clear()


@pytest.mark.parametrize("library", [torch, microgd])
def test_inference_mode_and_enable_grad(library):
    enabled = library.is_grad_enabled
    seen = []
    with library.inference_mode():
        seen.append(enabled())
    with library.inference_mode(False):
        seen.append(enabled())
    with library.no_grad(), library.enable_grad():
        seen.append(enabled())
    assert seen == [False, True, True]


def test_inside_of_enable_grad_inside_of_no_grad_operations_are_recorded():
    x = Value(3.0)
    with no_grad(), enable_grad():
        y = x * x + x.exp()
    y.backward()
    assert y.requires_grad
    assert x.grad == 6.0 + microgd.exp(3.0)


def test_an_exception_ends_the_block():
    for block in (no_grad, inference_mode, microgd.detect_anomaly):
        with pytest.raises(ZeroDivisionError), block():
            raise ZeroDivisionError
    assert is_grad_enabled()
    assert not recording.switched
    assert not recording.scoped


def test_a_thread_that_leaves_a_shared_block_leaves_the_other_threads_inside():
    block, entered, left = no_grad(), threading.Event(), threading.Event()
    seen = []

    def other():
        with block:
            entered.set()
            left.wait(10)
            seen.append(is_grad_enabled())
        seen.append(is_grad_enabled())

    thread = threading.Thread(target=other)
    with block:
        thread.start()
        entered.wait(10)
    seen.append(is_grad_enabled())
    left.set()
    thread.join()
    assert seen == [True, False, True]
    assert not recording.switched


def test_every_block_of_modes_decorates_a_function():
    @no_grad()
    def outer():
        return enable_grad()(is_grad_enabled)(), is_grad_enabled()

    assert outer() == (True, False)
    assert not inference_mode()(is_grad_enabled)()
    assert is_grad_enabled()


def test_inference_mode_false_changes_nothing():
    with no_grad(), inference_mode(False):
        assert not is_grad_enabled()
    with inference_mode(mode=False):
        assert is_grad_enabled()


def test_a_scope_knows_its_module_and_other_blocks_inside_of_it_keep_it():
    module = object()
    assert (recording.state().scope, recording.state().module, recording.state().watched) == ("", None, False)
    with recording.scope("net.0", module) as block:
        assert isinstance(block, recording.scope)
        with no_grad(), microgd.detect_anomaly(), enable_grad():
            here = recording.state()
            assert (here.scope, here.module, here.watched, here.enabled) == ("net.0", module, True, True)
            with recording.scope("net.0.act"):
                here = recording.state()
                assert (here.scope, here.module, here.watched) == ("net.0.act", None, True)
        assert recording.state().module is module
    assert recording.state().module is None


class Root(microgd.nn.Module):
    """Which has no derivative at 0, and no value below."""

    def forward(self, x):
        self.line = f"{__file__}:{sys._getframe().f_lineno + 1}"
        return microgd.sqrt(x)


@pytest.mark.parametrize("block", [enable_grad, no_grad])
def test_detect_anomaly_names_the_line_in_a_modules_forward(block):
    model = microgd.nn.Sequential(Root())
    with microgd.detect_anomaly(), block():
        with pytest.raises(RuntimeError, match=r"sqrt returned nan at .*: its operands were -1.0$") as found:
            model(Value(-1.0))
        assert model[0].line in str(found.value)
    with microgd.detect_anomaly():
        x = Value(0.0)
        loss = model(x) * 2.0
        with pytest.raises(RuntimeError, match="the backward of sqrt returned inf") as found:
            loss.backward()
        assert model[0].line in str(found.value)
        assert x.grad is None


def test_a_module_alone_looks_for_no_anomaly():
    x = Value(0.0)
    with recording.scope("net"):
        (microgd.sqrt(x) + microgd.log(x) * 0.0).backward()
        assert math.isnan(microgd.log(Value(-1.0, requires_grad=False)).data)
    assert math.isnan(x.grad)


def test_detect_anomaly_shows_the_operands_of_constants_in_their_order():
    c = Value(1.0, requires_grad=False)
    with microgd.detect_anomaly(), pytest.raises(RuntimeError, match=r"operands were 1\.0, 0\.0$"):
        c / 0.0


def test_an_operation_before_detect_anomaly_has_no_line():
    x = Value(0.0)
    loss = microgd.sqrt(x)
    with (
        microgd.detect_anomaly(),
        pytest.raises(RuntimeError, match=r"sqrt was called at a line outside of detect_anomaly\(\)"),
    ):
        loss.backward()


def test_an_upstream_gradient_that_is_not_finite_is_no_anomaly():
    x, y = Value(1.0), Value(2.0)
    a, b = x * 3.0, y * 3.0
    with microgd.detect_anomaly():
        a.backward(float("inf"))
        found = microgd.autograd.grad([a, b], [x, y], [1.0, float("inf")])
    assert x.grad == float("inf")
    assert [g.data for g in found] == [3.0, float("inf")]
