"""One planted fault for each promise, and the tests that must see it."""

from typing import NamedTuple


class Plant(NamedTuple):
    """A fault: in `file` the `text`, which stands there once, becomes `fault`. Each of `tests` must fail."""

    promise: str
    file: str
    text: str
    fault: str
    tests: tuple[str, ...]


def _in(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{file}::{name}" for name in names)


CHECKER = [
    Plant(
        "gradcheck sees a wrong second derivative",
        "microgd/check/gradients.py",
        "        return self._rows(2, combined, first, directions, gradients), self.failures",
        "        return [], []",
        _in("check/test_gradients.py", "test_a_wrong_second_derivative_is_seen"),
    ),
    Plant(
        "gradcheck holds forward mode to reverse mode",
        "microgd/check/gradients.py",
        "if math.isfinite(size) and math.isfinite(forward) and not _close(forward, reverse, size)",
        "if False",
        _in("check/test_gradients.py", "test_forward_mode_must_agree_with_reverse_mode"),
    ),
    Plant(
        "gradcheck finds out a backward that is not linear",
        "microgd/check/gradients.py",
        "        self._linear(outputs, weights, gradients)\n",
        "",
        _in("check/test_gradients.py", "test_a_backward_that_is_not_linear_is_found_out"),
    ),
    Plant(
        "gradcheck puts data back",
        "microgd/check/gradients.py",
        "            leaf.data = here\n",
        "            pass\n",
        _in("check/test_gradients.py", "test_data_is_put_back_even_if_f_raises"),
    ),
    Plant(
        "a kink is no failure of a gradient",
        "microgd/check/numerical.py",
        'return {"smooth": "ok", "weak": "ok_weak"}.get(kind, kind)',
        'return {"smooth": "ok", "weak": "ok_weak", "kink": "wrong"}.get(kind, kind)',
        _in("check/test_gradients.py", "test_points_without_a_slope_get_their_verdict_and_no_failure"),
    ),
]

OPTIM = [
    Plant(
        "an optimizer goes down",
        "microgd/optim/adam.py",
        "            return x - step * m / (sqrt(v) / scale + eps)",
        "            return x + step * m / (sqrt(v) / scale + eps)",
        (
            *_in("optim/test_parity.py", "test_an_optimizer_follows_torch[Adam]"),
            *_in("optim/test_parity.py", "test_an_optimizer_follows_torch[AdamW]"),
        ),
    ),
    Plant(
        "an optimizer with its sign flipped gets no row of the parity page",
        "microgd/optim/sgd.py",
        "return x - lr * g",
        "return x + lr * g",
        _in("optim/test_parity.py", "test_an_optimizer_follows_torch[SGD]"),
    ),
    Plant(
        "the defaults are PyTorch's",
        "microgd/optim/adam.py",
        "        eps: float = 1e-8,\n        weight_decay: float = 1e-2,",
        "        eps: float = 1e-8,\n        weight_decay: float = 0.0,",
        _in("parity/test_page.py", "test_the_signature_is_torchs[optim.AdamW]"),
    ),
    Plant(
        "a step is all or nothing",
        "microgd/optim/optimizer.py",
        "            for turn in turns:\n                turn.undo()\n            raise",
        "            raise",
        _in(
            "optim/test_optimizer.py",
            "test_an_interrupt_leaves_a_whole_step_or_none",
            "test_an_error_in_a_step_changes_nothing",
        ),
    ),
    Plant(
        "an optimizer's state is loaded whole or not at all",
        "microgd/optim/optimizer.py",
        "vars(self).update(param_groups=groups, state=state)",
        "self.param_groups = groups; self.state = state",
        _in("optim/test_optimizer.py", "test_an_interrupt_leaves_a_whole_optimizer_state_or_none"),
    ),
]

NN = [
    Plant(
        "a module's state is loaded whole or not at all",
        "microgd/nn/module.py",
        "        any(map(_data.__set__, leaves, numbers))",
        "        for leaf, number in zip(leaves, numbers, strict=True):\n            leaf.data = number",
        _in("nn/test_module.py", "test_an_interrupt_leaves_a_whole_state_or_none"),
    ),
    Plant(
        "a module may hold one that holds it",
        "microgd/nn/module.py",
        " and module not in above:",
        ":",
        _in("nn/test_module.py", "test_a_module_may_hold_one_that_holds_it"),
    ),
    Plant(
        "a node knows the module that made it",
        "microgd/nn/module.py",
        'f"{here.scope}.{name}" if here.scope else name',
        "name",
        _in("nn/test_module.py", "test_scopes_say_in_which_module_a_node_was_made"),
    ),
    Plant(
        "weights start as PyTorch's, bit for bit",
        "microgd/nn/init.py",
        "gain / math.sqrt(fan)",
        "gain / math.sqrt(fan + 1)",
        _in("nn/test_linear.py", "test_weights_start_as_pytorchs_bit_for_bit"),
    ),
    Plant(
        "a file that is saved is replaced at once",
        "microgd/serialization.py",
        '    part = f"{path}.{os.urandom(8).hex()}.part"',
        "    part = path",
        _in(
            "test_serialization.py",
            "test_an_interrupt_leaves_the_old_file_or_the_new_one",
            "test_writers_at_the_same_time_leave_one_whole_file",
        ),
    ),
    Plant(
        "a file that is replaced keeps its mode",
        "microgd/serialization.py",
        "                os.chmod(part, stat.S_IMODE(mode))",
        "                pass",
        _in("test_serialization.py", "test_a_file_that_is_replaced_keeps_its_mode"),
    ),
]

VIZ = [
    Plant(
        "dot: an edge is dashed where a negative gradient flows",
        "microgd/viz/dot.py",
        "if tone.value < 0.0:",
        "if tone.value > 0.0:",
        _in("viz/test_dot.py", "test_colour_means_gradient_sign_and_dashes_repeat_it"),
    ),
    Plant(
        "dot: no label is read as markup",
        "microgd/viz/dot.py",
        '            hint = hint.replace("\\\\", "\\\\\\\\")',
        "            pass",
        _in("viz/test_dot.py", "test_hostile_labels_round_trip"),
    ),
    Plant(
        "a picture has one edge for each operand",
        "microgd/viz/model.py",
        "for slot, operand in enumerate(step.operands)",
        "for slot, operand in enumerate(dict.fromkeys(step.operands))",
        _in("viz/test_model.py", "test_one_edge_per_argument_slot"),
    ),
    Plant(
        "text: a value is printed once",
        "microgd/viz/text.py",
        "            if again:\n                continue\n",
        "",
        _in("viz/test_text.py", "test_shared_values_are_printed_once_and_referred_to"),
    ),
    Plant(
        "text: bars show the sign of a gradient",
        "microgd/viz/text.py",
        "(full if step.grad > 0 else hollow)",
        "full",
        _in("viz/test_text.py", "test_a_negative_gradient_has_a_hollow_bar"),
    ),
    Plant(
        "film: the chain rule multiplies the partial by the upstream gradient",
        "microgd/viz/film.py",
        "share = d * upstream",
        "share = d + upstream",
        _in(
            "viz/test_film.py",
            "test_the_last_gradients_are_the_engines",
            "test_a_frame_says_the_chain_rule_in_words_and_numbers",
        ),
    ),
    Plant(
        "film: what is handed to a value adds up",
        "microgd/viz/film.py",
        "self.sums[i] += share",
        "self.sums[i] = share",
        _in("viz/test_film.py", "test_a_value_used_twice_shows_the_total_so_far"),
    ),
    Plant(
        "player: the page runs nothing but its own parts",
        "microgd/viz/player.py",
        "default-src 'none'",
        "default-src *",
        _in("viz/test_player.py", "test_the_policy_allows_the_pages_own_parts_and_nothing_else"),
    ),
]

LEARN = [
    Plant(
        "learn: an answer cannot replace what judges it",
        "microgd/learn/judge.py",
        "    return _changed(changes) if changes else verdict\n",
        "    return verdict\n",
        _in("learn/test_fence.py", "test_harm_ends_in_a_sentence"),
    ),
    Plant(
        "learn: a wrong answer fails with its name",
        "microgd/check/rules.py",
        'if refused and key == "unknown":',
        'key = "unknown"\n    if False:',
        _in("learn/test_exercises.py", "test_stub_fails_solution_passes_and_mistakes_get_their_names"),
    ),
    Plant(
        "learn: an answer that never ends is stopped",
        "microgd/learn/judge.py",
        "    timer.start()\n",
        "",
        _in("learn/test_fence.py", "test_harm_ends_in_a_sentence"),
    ),
]

ENGINE: list[Plant] = []

PLANTS = [*ENGINE, *CHECKER, *OPTIM, *NN, *VIZ, *LEARN]
