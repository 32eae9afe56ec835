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
        "gradcheck sees a forward mode that is 1 % off",
        "microgd/autograd.py",
        "term = partial * tangents[id(operand)]",
        "term = 1.01 * partial * tangents[id(operand)]",
        _in("check/test_gradients.py", "test_second_derivatives_of_a_smooth_function_are_right"),
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
        "self.param_groups = list(groups)\n        self.state = dict(state)",
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
        "what a call leaves behind is no parameter",
        "microgd/nn/module.py",
        ".module is not self:",
        ".module is not Value:",
        _in("nn/test_module.py", "test_what_a_call_leaves_behind_is_no_parameter"),
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
        "return calculate_gain(nonlinearity, a) / math.sqrt(fan)",
        "return calculate_gain(nonlinearity, a) / math.sqrt(fan + 1)",
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
        "microgd/viz/labels.py",
        'return escape(words).replace("\\\\", "\\\\\\\\")',
        'return words.replace("\\\\", "\\\\\\\\")',
        _in(
            "viz/test_dot.py",
            "test_hostile_labels_round_trip",
            "test_backslashes_are_doubled_because_graphviz_reads_them",
        ),
    ),
    Plant(
        "a picture has one edge for each operand",
        "microgd/viz/model.py",
        "for slot, operand in enumerate(step.shown_operands)",
        "for slot, operand in enumerate(dict.fromkeys(step.shown_operands))",
        _in("viz/test_model.py", "test_one_edge_per_argument_slot"),
    ),
    Plant(
        "text: a value is printed once",
        "microgd/viz/text.py",
        "again = step in self.shown and step.kind == OP",
        "again = False",
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
        "microgd/autograd.py",
        "contribution = partial * received",
        "contribution = partial + received",
        _in(
            "viz/test_film.py",
            "test_the_last_gradients_are_the_engines",
            "test_a_frame_says_the_chain_rule_in_words_and_numbers",
        ),
    ),
    Plant(
        "film: what is handed to a value adds up",
        "microgd/autograd.py",
        "contribution if total is None else total + contribution",
        "contribution",
        _in("viz/test_film.py", "test_a_value_used_twice_shows_the_total_so_far"),
    ),
    Plant(
        "player: the page runs nothing but its own parts",
        "microgd/viz/player.html",
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
        _in("learn/test_fence.py", "test_harm_ends_in_a_sentence[patches math]"),
    ),
    Plant(
        "learn: a wrong answer fails with its name",
        "microgd/check/rules.py",
        "        key, message = self._named(wrong)\n",
        '        key, message = "unknown", self._named(wrong)[1]\n',
        _in("learn/test_exercises.py", "test_stub_fails_solution_passes_and_mistakes_get_their_names[tanh]"),
    ),
    Plant(
        "learn: an answer that never ends is told its line",
        "microgd/learn/judge.py",
        '        place = running_place(asked["file"], thread)\n',
        "        place = None\n",
        _in("learn/test_fence.py", "test_the_line_is_told"),
    ),
]

ENGINE = [
    Plant(
        "a second derivative is that of the partials",
        "microgd/autograd.py",
        "backward_pass(nodes, upstream, derived)",
        "backward_pass(nodes, upstream)",
        _in("test_autograd.py", "test_gradients_of_gradients_agree_with_differences_of_gradients"),
    ),
    Plant(
        "func: a derivative of a derivative is the second derivative",
        "microgd/func.py",
        "autograd.backward_pass(nodes, upstream, autograd.derived)",
        "autograd.backward_pass(nodes, upstream)",
        _in(
            "test_func.py",
            "test_a_derivative_of_a_derivative_is_the_second_derivative",
            "test_the_hessian_of_the_rosenbrock_function",
        ),
    ),
    Plant(
        "a backward pass is all or nothing",
        "microgd/autograd.py",
        "        any(map(write.__set__, nodes, before))\n",
        "",
        _in(
            "test_autograd.py",
            "test_an_interrupt_at_any_point_leaves_all_gradients_as_they_were_or_all_written",
        ),
    ),
    Plant(
        "a gradient accumulates",
        "microgd/autograd.py",
        "node._upstream if old is None else old + node._upstream",
        "node._upstream",
        _in("test_autograd.py", "test_a_second_backward_accumulates_exactly"),
    ),
    Plant(
        "the unrolled backward pass is the textbook's",
        "microgd/autograd.py",
        "+= d * received\n                for operand, d in zip(node._b",
        "= d * received\n                for operand, d in zip(node._b",
        _in("test_walk.py", "test_the_fast_order_and_pass_are_those_of_the_textbook"),
    ),
    Plant(
        "contributions arrive in the order of the samples",
        "microgd/autograd.py",
        "stack += [x for x, d in zip(node._a, partial) if d is not None and x._mark != walk]",
        "stack += [x for x, d in zip(node._a, partial) if d is not None and x._mark != walk][::-1]",
        _in("test_walk.py", "test_contributions_reach_a_weight_in_the_order_of_the_samples"),
    ),
    Plant(
        "a graph as deep as you like",
        "microgd/autograd.py",
        "    ordered: list[Value] = []\n    seen: set[int] = set()\n",
        """    ordered: list[Value] = []
    seen: set[int] = set()

    def visit(node: Value) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for x, partial in zip(*record(node)):
                if partial is not None:
                    visit(x)
            ordered.append(node)

    for root in roots:
        visit(root)
    return ordered
""",
        (
            *_in("test_autograd.py", "test_second_order_of_a_deep_chain_is_no_recursion"),
            *_in("test_walk.py", "test_the_order_of_a_deep_chain_is_no_recursion"),
        ),
    ),
    Plant(
        "no reference cycles",
        "microgd/value.py",
        "        autograd.demand_graph(self)\n        if create_graph:",
        "        autograd.demand_graph(self)\n        self._scope = [self]\n        if create_graph:",
        _in("test_autograd.py", "test_a_graph_is_freed_by_reference_counting_alone[used_by_backward]"),
    ),
    Plant(
        "create_graph sees a leaf that was changed",
        "microgd/autograd.py",
        "    nodes = topological_order(roots)\n    check_unmodified(nodes)\n",
        "    nodes = topological_order(roots)\n",
        _in("test_autograd.py", "test_create_graph_on_stale_data_raises_pytorchs_sentence_naming_the_leaf"),
    ),
    Plant(
        "threads do not walk at the same time",
        "microgd/autograd.py",
        "_lock = allocate_lock()  # one",
        "import contextlib\n_lock = contextlib.nullcontext()  # one",
        _in("test_walk.py", "test_a_walk_waits_for_the_walk_of_another_thread"),
    ),
    Plant(
        "no_grad ends with its block, on an exception too",
        "microgd/recording.py",
        "        here: State | None = _state.get()\n",
        "        here: State | None = _state.get()\n        if exception[0]:\n            return\n",
        _in("test_autograd.py", "test_no_grad_restores_itself_on_exceptions"),
    ),
    Plant(
        "detect_anomaly names the user's line",
        "microgd/recording.py",
        "    while frame is not None and frame.f_globals",
        "    while False and frame.f_globals",
        _in("test_autograd.py", "test_detect_anomaly_names_the_operation_and_the_users_line_forward"),
    ),
    Plant(
        "a division by zero is IEEE's",
        "microgd/ops.py",
        "    if b == 0.0:\n        return nan if a == 0.0 or a != a else math.copysign(inf, a)",
        "    if False:\n        return nan if a == 0.0 or a != a else math.copysign(inf, a)",
        (
            *_in("test_value.py", "test_operators_at_the_edges_are_ieee_and_never_an_exception"),
            *_in("test_ops.py", "test_no_edge_raises_and_every_value_is_a_python_float[div]"),
        ),
    ),
    Plant(
        "the operators' partials are the table's",
        "microgd/value.py",
        "1.0 / y, -(out / y)",
        "1.0 / y, -(out / y) * 1.01",
        _in("test_ops.py", "test_the_four_operators_hold_the_table_s_partials_bit_for_bit"),
    ),
    Plant(
        "the hash is identity",
        "microgd/value.py",
        "    __hash__ = object.__hash__",
        "    __hash__ = lambda self: hash(self._data)",
        _in("test_value.py", "test_the_hash_is_identity"),
    ),
    Plant(
        "a pickle keeps the identity of shared leaves",
        "microgd/value.py",
        "                others.append(x)\n            return found[id(x)]",
        "                others.append(x.__copy__())\n            return found.pop(id(x))",
        _in("test_value.py", "test_identity_is_kept_within_one_root_and_for_its_leaves"),
    ),
    Plant(
        "a condition records nothing, and the side not taken is cut off",
        "microgd/table.py",
        "OFF = _Off(0.0)",
        "OFF = 0.0",
        _in("test_ops.py", "test_a_mask_cuts_the_gradient_and_does_not_multiply_it"),
    ),
]

PLANTS = [*ENGINE, *CHECKER, *OPTIM, *NN, *VIZ, *LEARN]
