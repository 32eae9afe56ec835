"""One planted fault for each promise, and the tests that must see it."""

from importlib.util import find_spec
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
        "a rule without an answer at some points is not called right",
        "microgd/check/rules.py",
        '        if refusals:\n            return _at_some(probe, refusals, " At the others it is right.")\n',
        "",
        _in("check/test_answers.py", "test_a_rule_that_raises_at_some_points_is_not_called_right"),
    ),
    Plant(
        "float32 arithmetic is no mistake",
        "microgd/check/rounding.py",
        "BLUR * (p.size(i) + _moved(probe, p, i))",
        "0.0",
        _in("check/test_rounding.py", "test_terms_that_cancel_in_float32_are_no_mistake"),
    ),
    Plant(
        "a rule that is off in its fourth digit is wrong",
        "microgd/check/rounding.py",
        "    if 2 * beyond > len(probe.points):\n        return None\n",
        "",
        _in("check/test_rounding.py", "test_what_is_right_and_what_is_rounded_and_what_is_wrong"),
    ),
    Plant(
        "a tensor is read as the numbers in it",
        "microgd/check/diagnosis.py",
        '        x = x.detach() if hasattr(x, "detach") else x\n        x = x.item()',
        '        x = None if hasattr(x, "detach") else x\n        x = x.item()',
        _in("check/test_answers.py", "test_tensors_of_pytorch_are_read"),
    ),
    Plant(
        "a rule gets its outputs in the form that f returns",
        "microgd/check/probe.py",
        "        out = dressed(point.like, self.in_order(point.outs if outs is None else outs))\n",
        "        out = self.in_order(point.outs if outs is None else outs)\n",
        _in("check/test_answers.py", "test_a_rule_gets_its_outputs_in_the_form_that_f_returns"),
    ),
    Plant(
        "points far out are of either sign",
        "microgd/check/sampling.py",
        "            if self.tries % 3 == 0:",
        "            if self.tries % 2 == 0:",
        _in("check/test_rules.py", "test_what_is_wrong_far_out_is_seen_on_either_side"),
    ),
    Plant(
        "diagnose: a contribution where there should be none is no term",
        "microgd/check/bindings.py",
        "        if not both.same(k, right, 0.0):",
        "        if True:",
        _in("check/test_rules.py", "test_a_gradient_for_all_of_a_window_is_told_where_it_should_be_0"),
    ),
    Plant(
        "diagnose: what is constant is no part of a formula",
        "microgd/check/entry_formulas.py",
        "if max(values) - min(values) > 1e-3",
        "if max(values) - min(values) > -1.0",
        _in("check/test_rules.py", "test_what_is_constant_is_no_part_of_a_formula"),
    ),
    Plant(
        "diagnose: a time step that is missing is told by how often w leads to it",
        "microgd/check/behaviour.py",
        "        if len(seen) < FEW or not all(t.is_right() for t in there):\n",
        "        if True:\n",
        _in(
            "check/test_behaviour.py",
            "test_time_steps_that_are_missing_are_told_by_how_often_w_leads_to_them",
        ),
    ),
    Plant(
        "diagnose: of a straight line each number is compared",
        "microgd/check/straight.py",
        "        elif abs(r + g) <= STRAIGHT * size:\n",
        "        elif False:\n",
        _in("check/test_behaviour.py", "test_of_a_straight_line_each_number_is_compared"),
    ),
    Plant(
        "diagnose: a product of any number of inputs is found",
        "microgd/check/monomials.py",
        "    return powers if plain else None\n",
        "    return None\n",
        _in(
            "check/test_behaviour.py",
            "test_a_softmax_without_its_sum_is_told_with_the_gradients_that_are_right",
        ),
    ),
    Plant(
        "diagnose: an example of what is not proportional is one",
        "microgd/check/upstream.py",
        "            if not near(answer, times * given):\n",
        "            if True:\n",
        _in("check/test_behaviour.py", "test_an_example_of_what_is_not_proportional_is_one"),
    ),
    Plant(
        "a border holds at new points, too",
        "microgd/check/regions.py",
        "        border = separated(probe, i, right, wrong + more)\n",
        "        border = separated(probe, i, right[:FEW], wrong[:FEW])\n",
        _in("check/test_rules.py", "test_a_border_is_one_of_both_sides_if_it_is_one"),
    ),
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
        "the backward of a Function runs once in a pass",
        "microgd/calls.py",
        "        if upstreams.answers is None:\n",
        "        if True:\n",
        _in(
            "test_function.py",
            "test_backward_runs_once_in_a_pass_with_the_upstream_gradients_of_all_outputs",
        ),
    ),
    Plant(
        "check_gradient finds one wrong coordinate among a thousand",
        "microgd/check/search.py",
        "                if not self._is_right(masked):\n",
        "                if False:\n",
        _in("check/test_anyone.py", "test_any_single_wrong_coordinate_is_found"),
    ),
    Plant(
        "at large inputs the steps are in proportion to them",
        "microgd/check/numerical.py",
        "scale = max(math.fabs(x), 1.0) if scale is None else scale",
        "scale = 1.0 if scale is None else scale",
        _in("check/test_numerical.py", "test_at_large_inputs_steps_are_in_proportion"),
    ),
    Plant(
        "waves that divide all steps are seen between two steps",
        "microgd/check/waves.py",
        "        if off > RIPPLE",
        "        if False and off > RIPPLE",
        _in("check/test_numerical.py", "test_a_ripple_whose_period_divides_the_steps_is_seen"),
    ),
    Plant(
        "waves are told from noise by their values at the next floats",
        "microgd/check/waves.py",
        "    if worst > VISIBLE * ladder.floor:",
        "    if False:",
        _in("check/test_numerical.py", "test_a_ripple_whose_period_divides_the_steps_is_seen"),
    ),
    Plant(
        "a stair of rounding errors is no wave",
        "microgd/check/waves.py",
        "error = max(error, 0.0 if on_a_stair else waves)",
        "error = max(error, waves)",
        _in("check/test_numerical.py", "test_a_stair_of_rounding_errors_is_no_ripple"),
    ),
    Plant(
        "a kink is no failure of a gradient",
        "microgd/check/derivative.py",
        'return {"smooth": "ok", "weak": "ok_weak"}.get(kind, kind)',
        'return {"smooth": "ok", "weak": "ok_weak", "kink": "wrong"}.get(kind, kind)',
        _in("check/test_gradients.py", "test_points_without_a_slope_get_their_verdict_and_no_failure"),
    ),
    Plant(
        "diagnose_engine tries every operation that the engine has",
        "microgd/check/engines.py",
        "(operations, ALL_GRAPHS // few)",
        "(plain, ALL_GRAPHS // few)",
        _in("check/test_engines.py", "test_a_broken_engine_is_named_truly[0-TanhNoSquare]"),
    ),
    Plant(
        "diagnose_engine makes the expression as small as it can be",
        "microgd/check/engine/shrinking.py",
        "                yield _merged(expression, i, j)\n",
        "                yield expression\n",
        _in("check/test_engines.py", "test_the_smallest_expression_is_made_by_leaving_out"),
    ),
    Plant(
        "diagnose_engine tries zeros",
        "microgd/check/engine/trial.py",
        "source.with_zero(drawn) if k % 4 == 3 else drawn",
        "drawn",
        _in("check/test_engines.py", "test_every_fourth_expression_has_a_zero_among_its_leaves"),
    ),
    Plant(
        "a right engine of 32-bit floats is not called wrong",
        "microgd/check/engine/learner.py",
        "self.within = EXACT if off == 0.0 else SINGLE",
        "self.within = EXACT",
        _in("check/test_engines.py", "test_numbers_may_be_numpys[0]"),
    ),
    Plant(
        "diagnose_engine: a factor of every gradient holds for all",
        "microgd/check/engine/naming.py",
        "return times if all(",
        "return times if any(",
        _in("check/test_engines.py", "test_a_wrong_rule_is_told_from_a_wrong_walk_and_named"),
    ),
    Plant(
        "diagnose_engine: values that all nodes of an operation share are found",
        "microgd/check/engine/walks.py",
        "for x, partial in zip(node.operands, last.partials, strict=True):",
        "for x, partial in zip(node.operands, node.partials, strict=True):",
        _in(
            "check/test_engines.py", "test_a_mistake_of_one_operation_or_of_the_seed_is_told[0-InOnePlace--]"
        ),
    ),
    Plant(
        "diagnose_engine: a step that is called when the node is made is found",
        "microgd/check/engine/facts.py",
        'if event == "call" and',
        'if event == "return" and not',
        _in(
            "check/test_engines.py",
            "test_a_mistake_of_one_operation_or_of_the_seed_is_told[0-CalledWhenMade--]",
        ),
    ),
    Plant(
        "diagnose_engine: a slow engine is tried with fewer expressions",
        "microgd/check/engine/trial.py",
        "            if count and time.process_time()",
        "            if not count and time.process_time()",
        _in("check/test_engines.py", "test_an_engine_that_becomes_slower_is_tried_with_fewer_expressions"),
    ),
    Plant(
        "diagnose_engine: a walk that ends at a gradient of 0 is named",
        "microgd/check/engine/ends.py",
        "    return node.grad == 0.0",
        "    return False",
        _in("check/test_engines.py", "test_a_mistake_in_the_walk_is_named[BreaksAtZero]"),
    ),
    Plant(
        "diagnose_engine: an order that nobody knows is told by its numbers",
        "microgd/check/engine/lost.py",
        "        for order in permutations(self.nodes):",
        "        for order in ():",
        _in("check/test_engines.py", "test_a_mistake_in_the_walk_is_named[ShortestHeight]"),
    ),
    Plant(
        "diagnose_engine: what lost contributions have in common is said",
        "microgd/check/engine/lost.py",
        "    for size in (1, 2, 3):",
        "    for size in ():",
        _in("check/test_engines.py", "test_what_lost_contributions_have_in_common_is_said"),
    ),
]

OPTIM = [
    Plant(
        "diagnose_optimizer: a second value of an option shows that it is ignored",
        "microgd/check/optimizers.py",
        "            other = 0.63 * value",
        "            other = value",
        _in("check/test_optimizers.py", "test_an_option_that_is_ignored_shows_with_a_second_value"),
    ),
    Plant(
        "diagnose_optimizer: float32 arithmetic is right",
        "microgd/check/optimizer/naming.py",
        "    if not single:",
        "    if True:",
        _in(
            "check/test_optimizers.py",
            "test_a_right_one_in_another_form_is_never_called_wrong[float32 arrays]",
        ),
    ),
    Plant(
        "diagnose_optimizer: a factor near 1 in an option is no rounding",
        "microgd/check/optimizer/naming.py",
        "        if abs(times[0] - 1.0) <= 2.0**-24:",
        "        if abs(times[0] - 1.0) <= 1e-5:",
        _in("check/test_optimizers.py", "test_a_factor_of_the_size_of_rounding_in_an_option_is_wrong"),
    ),
    Plant(
        "diagnose_optimizer: the second form of Adam is right",
        "microgd/check/optimizer/means.py",
        "        return super().root(x) + float(self.eps)",
        "        return super().root(x)",
        _in("check/test_optimizers.py", "test_the_second_form_of_adam_is_right_and_is_called_what_it_is"),
    ),
    Plant(
        "diagnose_optimizer: a small rate hides no mistake",
        "microgd/check/optimizer/naming.py",
        "        return CLOSE * way + 4.0 * step * math.ulp(x)",
        "        return CLOSE * (way + abs(x))",
        _in("check/test_optimizers.py", "test_a_small_rate_hides_no_mistake"),
    ),
    Plant(
        "diagnose_optimizer: two mistakes at once are both said",
        "microgd/check/optimizer/naming.py",
        "        for first, second in ((a, b), (b, a)):",
        "        for first, second in ():",
        _in("check/test_optimizers.py", "test_two_mistakes_at_once_are_both_said"),
    ),
    Plant(
        "diagnose_optimizer: a beta in the other's place is not taken for another rate",
        "microgd/check/optimizer/naming.py",
        "QUESTIONS = (_known, _betas, _setting, ",
        "QUESTIONS = (_known, _setting, _betas, ",
        _in(
            "check/test_optimizers.py",
            "test_a_place_where_the_other_beta_stands_is_not_taken_for_another_rate",
        ),
    ),
    Plant(
        "diagnose_optimizer: along what a step goes is said",
        "microgd/check/optimizer/families.py",
        '    if kind != "sgd" or not options["momentum"]:',
        "    if True:",
        _in(
            "check/test_optimizers.py",
            "test_which_beta_stands_where_and_along_what_the_step_goes_is_said[look-ahead stored]",
        ),
    ),
    Plant(
        "diagnose_optimizer: an iterator that is used up is found",
        "microgd/check/optimizers.py",
        "given = iter(parameters) if lazy else list(parameters)",
        "given = list(parameters)",
        _in(
            "check/test_optimizers.py", "test_what_is_right_with_a_list_is_right_and_a_generator_is_a_remark"
        ),
    ),
    Plant(
        "diagnose_optimizer: a zero_grad that changes .data is found",
        "microgd/check/optimizers.py",
        "                if numbers(parameters, step - 1) != here:",
        "                if False:",
        _in("check/test_optimizers.py", "test_every_mistake_of_the_tables_is_named[0-zero_grad sets .data]"),
    ),
    Plant(
        "diagnose_training: a loss that is computed once is found",
        "microgd/check/training.py",
        "        if any(self.log[k][1] for k in backwards):",
        "        if False:",
        _in("check/test_optimizers.py", "test_every_loop_of_the_tables_is_named"),
    ),
    Plant(
        "diagnose_training: a loop that takes another number of steps is told so",
        "microgd/check/training.py",
        "    asked = max(k for",
        "    asked = min(k for",
        _in("check/test_optimizers.py", "test_how_many_steps_were_made_is_said_for_the_longest_run"),
    ),
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
        "course: a word is explained before it is used",
        "microgd/learn/exercises/10-training/chapter.md",
        "a few at a",
        "in batches at a",
        _in("learn/test_texts.py", "test_a_word_is_explained_where_it_is_first_used[batch]"),
    ),
    Plant(
        "course: a measured gradient moves one input at a time",
        "microgd/learn/exercises/3-gradient-check/02-measure/check.py",
        "        if len(at) > 1:\n",
        "        if len(at) > 9:\n",
        _in(
            "learn/test_exercises.py", "test_stub_fails_solution_passes_and_mistakes_get_their_names[measure]"
        ),
    ),
    Plant(
        "learn: a picture does not give the gradients away",
        "microgd/learn/pictures.py",
        "            step.partials = [None] * len(step.partials)\n",
        "",
        _in("learn/test_pictures.py", "test_the_picture_of_a_rule_does_not_give_the_gradient_away[tanh]"),
    ),
    Plant(
        "learn: the sign that was asked for is the right gradient's",
        "microgd/learn/beside.py",
        '"positive" if right > 0 else "negative" if right < 0',
        '"positive" if right >= 0 else "negative" if right < 0',
        _in("learn/test_pictures.py", "test_sizes_in_words"),
    ),
    Plant(
        "learn: a check alone writes no record",
        "microgd/learn/notebook.py",
        "    folder = learners()\n",
        "    from .cells import begun\n\n    folder = begun()\n",
        _in("learn/test_notebook.py", "test_a_check_alone_writes_nothing"),
    ),
    Plant(
        "draw: the weights are those of the last backward pass",
        "microgd/viz/command.py",
        "    remembered.restore(loss)\n",
        "",
        _in("viz/test_command.py", "test_the_readmes_script_is_drawn_without_a_warning"),
    ),
    Plant(
        "draw: a missing name is told before the script runs",
        "microgd/viz/command.py",
        "        if name not in every:\n",
        "        if False:\n",
        _in("viz/test_command.py", "test_what_cannot_be_done_is_told_before_the_script_runs"),
    ),
    Plant(
        "learn: an answer cannot replace what judges it",
        "microgd/learn/judge.py",
        "    return _changed(list(map(str, changes))) if changes else verdict\n",
        "    return verdict\n",
        _in("learn/test_fence.py", "test_harm_ends_in_a_sentence[patches math]"),
    ),
    Plant(
        "learn: the objects of a check give no private names",
        "microgd/learn/channel.py",
        'name[:1] == "_" and',
        'name[:1] == "?" and',
        _in("learn/test_channel.py", "test_the_check_gives_no_private_names[__globals__]"),
    ),
    Plant(
        "learn: what an answer has started ends with its check",
        "microgd/learn/keeper.py",
        "            os.kill(child, signal.SIGKILL)\n",
        "            pass\n",
        _in("learn/test_forgery.py", "test_nothing_that_an_answer_starts_outlives_its_check[a double fork]"),
    ),
    Plant(
        "learn: a rule is tried at zeros and far out",
        "microgd/learn/checks.py",
        "    return trials.points(answer, name, f, places) or verdict\n",
        "    return verdict\n",
        _in("learn/test_answers.py", "test_what_the_text_forbids_fails_and_what_it_allows_passes[mul]"),
    ),
    Plant(
        "learn: places that are right are not blamed",
        "microgd/learn/facts.py",
        "        if _subset(mine, theirs) and _subset(theirs, mine):\n",
        "        if False:\n",
        _in("learn/test_facts.py", "test_places_that_are_right_are_not_blamed"),
    ),
    Plant(
        "learn: a walk that is wrong is no wrong contribution",
        "microgd/learn/trials.py",
        "    if all(right) or not all(whole[: right.index(False) + 1]):",
        "    if all(right):",
        _in("learn/test_facts.py", "test_a_walk_that_is_wrong_is_no_wrong_contribution"),
    ),
    Plant(
        "learn: a move without a gradient is told",
        "microgd/learn/moves.py",
        "    if nothing:\n",
        "    if False:\n",
        _in("learn/test_facts.py", "test_a_move_without_a_gradient_is_told"),
    ),
    Plant(
        "learn: what the check raises is explained where its line is known",
        "microgd/learn/channel.py",
        "    if sentence:\n",
        "    if True:\n",
        _in("learn/test_channel.py", "test_what_the_check_raises_is_explained_where_its_line_is_known"),
    ),
    Plant(
        "learn: a wrong answer fails with its name",
        "microgd/check/rules.py",
        "    key, message = _named(probe, wrong)\n",
        '    key, message = "unknown", _named(probe, wrong)[1]\n',
        _in("learn/test_exercises.py", "test_stub_fails_solution_passes_and_mistakes_get_their_names[tanh]"),
    ),
    Plant(
        "learn: an answer that never ends is told its line",
        "microgd/learn/judge.py",
        "        place = running_place(file, thread)\n",
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
        "func: a gradient costs little more than Values and backward",
        "microgd/func.py",
        "        if is_grad_enabled():\n            variables",
        "        if False:\n            variables",
        _in(
            "test_func.py",
            "test_a_gradient_takes_few_more_calls_than_values_and_backward_however_long_the_function",
        ),
    ),
    Plant(
        "func: a function runs recorded inside of no_grad",
        "microgd/func.py",
        "            with enable_grad():\n                variables",
        "            if True:\n                variables",
        _in("test_func.py", "test_no_grad_around_cuts_only_what_lies_outside"),
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
        "        autograd.demand_graph(self)\n",
        "        autograd.demand_graph(self)\n        self._scope = [self]\n",
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
        "microgd/copying.py",
        "            others.append(x)\n        return found[id(x)]",
        "            others.append(x.__copy__())\n        return found.pop(id(x))",
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

COMPILE = [
    Plant(
        "compile: the sign of a zero is kept in a sum",
        "microgd/jit/program.py",
        "                    matters[a] |= not safe[b]\n                    matters[b] |= not safe[a]\n",
        "                    pass\n",
        _in(
            "jit/test_program.py",
            "test_the_sign_of_a_zero_is_kept_where_it_matters[a first summand]",
            "test_the_sign_of_a_zero_is_kept_where_it_matters[a second summand]",
        ),
    ),
    Plant(
        "compile: the sign of a zero is kept in a divisor",
        "microgd/jit/program.py",
        "                matters[b] = 1\n",
        "",
        _in("jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[a divisor of a sum]"),
    ),
    Plant(
        "compile: the sign of a zero is kept in a difference",
        "microgd/jit/program.py",
        "                    matters[b] |= not safe[a]\n            elif row is DIV:",
        "                    pass\n            elif row is DIV:",
        _in("jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[a subtrahend]"),
    ),
    Plant(
        "compile: a choice may be -0 if one of its sides may",
        "microgd/jit/program.py",
        "safe[i] = safe[operands[1]] and safe[operands[2]]",
        "safe[i] = safe[operands[1]] or safe[operands[2]]",
        _in(
            "jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[a choice and a summand]"
        ),
    ),
    Plant(
        "compile: a sum begins with 0 where its sign matters",
        "microgd/jit/program.py",
        "        return sums, candidates - sums\n",
        "        return sums, {i for i in alive if self.rows[i] is SUM or self.rows[i] is DOT}\n",
        _in(
            "jit/test_program.py",
            "test_the_sign_of_a_zero_is_kept_where_it_matters[a sum]",
            "test_the_sign_of_a_zero_is_kept_where_it_matters[a dot product]",
        ),
    ),
    Plant(
        "compile: 0 + x is x only if x is never -0",
        "microgd/jit/program.py",
        "(self._never_minus_zero(other) or math.copysign(1.0, x) < 0.0)",
        "True",
        _in("jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[the result]"),
    ),
    Plant(
        "compile: a masked zero times inf stays zero",
        "microgd/jit/program.py",
        "        if self.constants.get(a) is OFF:\n",
        "        if False:\n",
        _in("jit/test_program.py", "test_a_number_that_is_masked_times_anything_is_zero"),
    ),
    Plant(
        "compile: a choice with a masked side is multiplied side by side",
        "microgd/jit/program.py",
        "            i = self._new(row, operands)\n            self._masked.add(i)\n            return i\n",
        "            return None\n",
        _in("jit/test_compile.py", "test_a_side_that_is_not_taken_receives_nothing_whatever_arrives[python]"),
    ),
    Plant(
        "compile: 0 and -0 are two constants",
        "microgd/jit/program.py",
        "(CONSTANT, type(x), x, math.copysign(1.0, x))",
        "(CONSTANT, type(x), x)",
        _in("jit/test_program.py", "test_operations_that_differ_are_not_taken_for_one"),
    ),
    Plant(
        "compile: a number and a condition are two constants",
        "microgd/jit/program.py",
        "(CONSTANT, type(x), x, math.copysign(1.0, x))",
        "(CONSTANT, x, math.copysign(1.0, x))",
        _in("jit/test_program.py", "test_operations_that_differ_are_not_taken_for_one"),
    ),
    Plant(
        "compile: a - b is not b - a",
        "microgd/jit/program.py",
        "            if row is ADD or row is MUL:  # the",
        "            if row is ADD or row is MUL or row is SUB:  # the",
        _in("jit/test_program.py", "test_operations_that_differ_are_not_taken_for_one"),
    ),
    Plant(
        "compile: x**2 is pow, whose roundings are its own",
        "microgd/jit/program.py",
        "                return a\n            if x == 0.0:",
        "                return a\n"
        "            if x == 2.0:\n"
        "                return self.operation(MUL, (a, a))\n"
        "            if x == 0.0:",
        _in("jit/test_compile.py", "test_a_square_is_rounded_as_the_function_of_the_table_rounds_it[python]"),
    ),
    Plant(
        "compile: the terms of a gradient are added in their order",
        "microgd/jit/trace.py",
        "        return tuple(reversed(found))\n",
        "        return tuple(found)\n",
        _in(
            "jit/test_compile.py",
            "test_each_use_of_a_parameter_in_a_sample_is_a_contribution_of_its_own[python]",
        ),
    ),
    Plant(
        "compile: samples are added from the first to the last",
        "microgd/jit/python.py",
        "rows = zip(*[[column[i] for i in chosen] for column in samples], strict=True)",
        "rows = zip(*[[column[i] for i in reversed(chosen)] for column in samples], strict=True)",
        _in("jit/test_compile.py", "test_contributions_are_added_in_the_order_of_the_samples[sum-python]"),
    ),
    Plant(
        "compile: each contribution is added to the total, not to that of its sample",
        "microgd/jit/python.py",
        """            lines += [f"{margin}{name} += {self._operand(i, CHOICE)}" for i in terms]""",
        """            each = " + ".join([self._operand(i, ATOM) for i in terms])
            lines += [f"{margin}{name} += {each}"] if terms else []""",
        _in(
            "jit/test_compile.py",
            "test_each_use_of_a_parameter_in_a_sample_is_a_contribution_of_its_own[python]",
        ),
    ),
    Plant(
        "compile: a new trace is made when a mode, or what the function refers to, has changed",
        "microgd/jit/version.py",
        "return self.references.changed() is None",
        "return True",
        (
            *_in("jit/test_trace.py", "test_train_and_eval_are_traced_apart"),
            *_in("jit/test_references.py", "test_a_number_of_the_module"),
        ),
    ),
    Plant(
        "compile: a flag that changes is traced anew",
        "microgd/jit/version.py",
        "[x.requires_grad for x in self.captured] != self.flags",
        "False",
        _in("jit/test_trace.py", "test_a_flag_that_changes_is_traced_anew"),
    ),
    Plant(
        "compile: a trace leaves the engine as it was, on an exception too",
        "microgd/recording.py",
        "        super().__init__(tracing, switched, scoped, trace=trace, enabled=True, watched=False)\n",
        "        super().__init__(tracing, switched, scoped, trace=trace, enabled=True, watched=False)\n\n"
        "    def __exit__(self, *exception: object) -> None:\n"
        "        if exception[0] is None:\n"
        "            super().__exit__(*exception)\n",
        _in("jit/test_trace.py", "test_an_exception_inside_leaves_nothing[KeyboardInterrupt]"),
    ),
    Plant(
        "compile: a branch on a number is refused, and not frozen",
        "microgd/jit/symbol.py",
        '        refuse("the branch depends on it"',
        '        return True\n        refuse("the branch depends on it"',
        _in("jit/test_trace.py", "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[if]"),
    ),
    Plant(
        "compile: .data of a parameter is refused, and not frozen",
        "microgd/value.py",
        'what was computed from the old number does not change."""\n'
        "        return float(_read_in_trace(self)) if tracing else self._data\n",
        'what was computed from the old number does not change."""\n        return self._data\n',
        _in("jit/test_trace.py", "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[data]"),
    ),
    Plant(
        "compile: .item() of a parameter is refused, and not frozen",
        "microgd/value.py",
        '        """The number."""\n        return float(_read_in_trace(self)) if tracing else self._data\n',
        '        """The number."""\n        return float(self._data)\n',
        _in(
            "jit/test_trace.py",
            "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[item_of_a_parameter]",
        ),
    ),
    Plant(
        "compile: float() of a parameter is refused, and not frozen",
        "microgd/value.py",
        "        if tracing and type(_read_in_trace(self)) is not float:\n",
        "        if False:\n",
        _in("jit/test_trace.py", "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[float]"),
    ),
    Plant(
        "compile: a parameter is read at each call",
        "microgd/jit/version.py",
        "        numbers.fromlist([*map(_data.__get__, self.captured)])\n",
        '        numbers.fromlist(vars(self).setdefault("frozen", [*map(_data.__get__, self.captured)]))\n',
        _in("jit/test_compile.py", "test_a_parameter_is_read_anew_at_each_call[python]"),
    ),
    Plant(
        "compile: random draws of the package are refused",
        "microgd/random.py",
        "        if trace is not None:\n",
        "        if False:\n",
        _in("jit/test_trace.py", "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[dropout]"),
    ),
    Plant(
        "compile: random draws of others are refused",
        "microgd/jit/trace.py",
        "        if _draws() != before:\n",
        "        if False:\n",
        _in("jit/test_trace.py", "test_what_cannot_be_compiled_is_named_with_its_line_and_a_cure[random]"),
    ),
    Plant(
        "compile: what is asked of an argument is asked at each call",
        "microgd/jit/version.py",
        "        if self.routine.program.demands:\n",
        "        if False:\n",
        _in("jit/test_trace.py", "test_a_class_index_that_is_none", "test_probabilities_outside_of_0_and_1"),
    ),
    Plant(
        "compile: what is asked of an argument is asked of every sample",
        "microgd/jit/version.py",
        "for x in columns[k - self.routine.shared] if",
        "for x in columns[k - self.routine.shared][:1] if",
        _in("jit/test_trace.py", "test_a_class_index_that_is_none"),
    ),
    Plant(
        "compile: the training loop asks what is asked of arguments",
        "microgd/jit/training.py",
        "        version.ask(numbers, columns)\n",
        "",
        _in("jit/test_training.py", "test_a_class_index_that_is_none_is_refused_before_the_first_step"),
    ),
    Plant(
        "compile: a derivative of a derivative is that of the compiled partials",
        "microgd/jit/version.py",
        "found = autograd.grad(result, variables, create_graph=True, allow_unused=True)",
        "found = [x.detach() for x in autograd.grad(result, variables, create_graph=True)]",
        _in("jit/test_compile.py", "test_third_derivatives"),
    ),
    Plant(
        "compile: value_and_grad gives each argument of a batch its own gradient",
        "microgd/jit/compiled.py",
        "                del own[:width]\n",
        "",
        _in(
            "jit/test_compile.py",
            "test_value_and_grad_of_several_arguments_gives_each_its_own_gradient[python]",
        ),
    ),
    Plant(
        "compile: value_and_grad keeps the order of the arguments",
        "microgd/jit/compiled.py",
        "        for k in sorted(chosen):\n",
        "        for k in chosen:\n",
        _in(
            "jit/test_compile.py",
            "test_value_and_grad_of_several_arguments_gives_each_its_own_gradient[python]",
        ),
    ),
    Plant(
        "compile: after an interrupt the model is as after a whole step",
        "microgd/jit/training.py",
        "            results = [self.numbers[1 - now], *self.states[1 - now]]\n",
        "            results = [self.numbers[now], *self.states[1 - now]]\n",
        _in("jit/test_training.py", "test_an_interrupt_at_any_line_leaves_a_whole_step[python]"),
    ),
    Plant(
        "compile: after an interrupt the optimizer's state is as after a whole step",
        "microgd/jit/training.py",
        "            results = [self.numbers[1 - now], *self.states[1 - now]]\n",
        "            results = [self.numbers[1 - now], *self.states[now]]\n",
        _in("jit/test_training.py", "test_an_interrupt_at_any_line_leaves_a_whole_step[python]"),
    ),
    Plant(
        "compile: an interrupt while numbers are written back is no half step",
        "microgd/jit/training.py",
        "            for update in self.updates:  # again",
        "            for update in ():  # again",
        _in("jit/test_training.py", "test_an_interrupt_at_any_line_leaves_a_whole_step[python]"),
    ),
    Plant(
        "compile: rows that a batch does not use keep their state",
        "microgd/jit/training.py",
        "        found = [ops.where(reached > 0.0, new, kept) for new, kept in zip([*found, t], old)]\n",
        "        found = [*found, t]\n",
        _in(
            "jit/test_training.py",
            "test_rows_that_a_batch_does_not_use_stay_without_gradient_and_state[Adam-python]",
        ),
    ),
    Plant(
        "compile: a row that is picked for the first time takes a first step",
        "microgd/jit/training.py",
        "            found = [ops.where(count > 0.0, later, now) for later, now in zip(found, first)]\n",
        "            pass\n",
        _in(
            "jit/test_training.py",
            "test_rows_that_a_batch_does_not_use_stay_without_gradient_and_state[SGD, momentum-python]",
        ),
    ),
    Plant(
        "compile: a scheduler's rate reaches the loop",
        "microgd/jit/training.py",
        "            self.options[:-1] = buffer(numbers)\n",
        "",
        _in("jit/test_training.py", "test_a_scheduler_changes_the_rate_as_in_the_eager_loop[StepLR-python]"),
    ),
    Plant(
        "compile: the smaller last batch has its own mean",
        "microgd/jit/training.py",
        "        if n != self.size and self.version.mean:\n",
        "        if not self.size and self.version.mean:\n",
        _in("jit/test_training.py", "test_mini_batches_come_in_order_and_the_last_may_be_smaller[3-python]"),
    ),
    Plant(
        "compile: the first step with momentum has none yet",
        "microgd/jit/training.py",
        "        self.begun = [states[0][key] is not None for key in self.keys]\n",
        "        self.begun = [True for key in self.keys]\n",
        _in(
            "jit/test_training.py",
            "test_every_optimizer_takes_the_steps_of_the_eager_loop[SGD, momentum-python]",
        ),
    ),
    Plant(
        "compile: a new trace on the way keeps the order of the batches",
        "microgd/jit/training.py",
        "_Loop(self.training, self.args, previous=self)",
        "_Loop(self.training, self.args)",
        _in("jit/test_training.py", "test_a_new_trace_on_the_way_keeps_the_order_of_the_batches"),
    ),
    Plant(
        "compile: no name reaches the source",
        "microgd/jit/python.py",
        '    name = _NO_LETTERS.sub("_", text)[:40].strip("_")\n',
        "    name = text\n",
        _in("jit/test_python.py", "test_any_text_becomes_a_name"),
    ),
    Plant(
        "compile: no name is that of a result in the code",
        "microgd/jit/python.py",
        ' or (name[0] == "t" and name[1:].isdigit())',
        "",
        _in("jit/test_python.py", "test_a_parameter_may_be_called_like_what_the_code_calls_its_own_results"),
    ),
    Plant(
        "compile: a name does not hide what the code calls",
        "microgd/jit/python.py",
        'dict.fromkeys(_OWN_NAMES | {"div"} | {row.name for row in self.program.rows}, 1)',
        "dict.fromkeys(_OWN_NAMES, 1)",
        _in("jit/test_python.py", "test_a_hostile_name_does_no_harm"),
    ),
    Plant(
        "compile: a damaged entry of the cache is not used",
        "microgd/jit/objects.py",
        " or hashlib.sha256(rest).digest() != content[len(_BEGIN) : at]:",
        ":",
        _in("jit/test_objects.py", "test_a_damaged_entry_is_ignored_and_written_anew"),
    ),
    Plant(
        "compile: an entry that others can write is not used",
        "microgd/jit/objects.py",
        " and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)",
        "",
        _in("jit/test_objects.py", "test_an_entry_that_others_can_write_is_ignored"),
    ),
    Plant(
        "compile: an entry is whole or not there",
        "microgd/jit/objects.py",
        "            os.unlink(partial)\n            raise\n",
        "            raise\n",
        _in("jit/test_objects.py", "test_nothing_is_left_of_an_interrupted_save"),
    ),
    Plant(
        "javascript: a sum begins with 0",
        "microgd/jit/javascript.py",
        "[start] * (not plain_start or not operands)",
        "[start] * (not operands)",
        _in("jit/test_javascript.py", "test_a_sum_starts_from_0_unless_it_may_begin_with_its_first_term"),
    ),
    Plant(
        "formulas: a sum as a factor is in brackets",
        "microgd/jit/formulas.py",
        'else _factor(f"({self.text()})")\n',
        "else _factor(self.text())\n",
        _in("jit/test_formulas.py", "test_a_formula_has_the_brackets_that_it_needs_and_no_others"),
    ),
    Plant(
        "arrays: what is the same for all samples is added once for each",
        "microgd/jit/arrays.py",
        'return f"n * {self._operand(i)}" if self.uniform[i] else f"xp.sum({self._name(i)})"',
        'return self._operand(i) if self.uniform[i] else f"xp.sum({self._name(i)})"',
        _in("jit/test_arrays.py", "test_a_routine_adds_and_returns_what_its_samples_give[numpy]"),
    ),
    Plant(
        "compile: the sign of a zero is kept for one use, if not for another",
        "microgd/jit/program.py",
        "matters[a] |= not safe[b]",
        "matters[a] = not safe[b]",
        _in(
            "jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[a result and a summand]"
        ),
    ),
    Plant(
        "compile: a sum that begins with its first term may be -0",
        "microgd/jit/program.py",
        "            if i in left_out:\n",
        "            if i not in left_out:\n",
        _in("jit/test_program.py", "test_the_sign_of_a_zero_is_kept_where_it_matters[two sums]"),
    ),
    Plant(
        "compile: parameters are in the order of their module",
        "microgd/jit/trace.py",
        "[*map(id, first), *self.names]",
        "[*map(id, first)]",
        _in("jit/test_compile.py", "test_parameters_are_in_the_order_of_the_module_and_not_of_their_use"),
    ),
    Plant(
        "compile: a mean is a sum divided by n",
        "microgd/jit/version.py",
        "return self.sums[slot] / self.n if",
        "return self.sums[slot] * (1.0 / self.n) if",
        _in("jit/test_compile.py", "test_a_mean_is_a_sum_divided_by_how_many_there_are[python]"),
    ),
    Plant(
        "compile: the loss of a step is a sum divided by n",
        "microgd/jit/training.py",
        "losses.append(value / n if",
        "losses.append(value * (1.0 / n) if",
        _in("jit/test_training.py", "test_the_loss_of_a_step_is_a_sum_divided_by_how_many_samples_there_are"),
    ),
    Plant(
        "compile: an option that is 0 no longer gives another formula",
        "microgd/jit/training.py",
        "return tuple(map(bool, numbers)) if",
        "return len(numbers) if",
        _in("jit/test_callback.py", "test_it_is_as_in_the_eager_loop[decayed]"),
    ),
    Plant(
        "compile: a flag of an optimizer gives another formula",
        "microgd/jit/training.py",
        "if len(numbers) else repr(option)",
        "if len(numbers) else None",
        _in("jit/test_callback.py", "test_it_is_as_in_the_eager_loop[reversed_]"),
    ),
    Plant(
        "compile: each group of an optimizer has the formula of its options",
        "microgd/jit/training.py",
        "        found = self._formulas.get((kind, begun, sometimes))\n",
        "        kind = None\n        found = self._formulas.get((kind, begun, sometimes))\n",
        _in("jit/test_training.py", "test_groups_may_differ_in_what_their_formula_is[python]"),
    ),
    Plant(
        "python: xor holds if one side does and the other does not",
        "microgd/jit/python.py",
        '"{0} is not {1}"',
        '"{0} or {1}"',
        _in("jit/test_python.py", "test_conditions_choose_as_the_table_says_however_they_are_combined"),
    ),
    Plant(
        "python: not holds if its operand does not",
        "microgd/jit/python.py",
        '"not {0}"',
        '"{0}"',
        _in("jit/test_python.py", "test_conditions_choose_as_the_table_says_however_they_are_combined"),
    ),
    Plant(
        "compile: the rows that no sample has picked have no gradient",
        "microgd/jit/version.py",
        "j not in counters or run.number(counters[j], samples[0])",
        "True",
        _in("jit/test_compile.py", "test_cross_entropy_and_an_embedding_with_indices_of_a_batch"),
    ),
    Plant(
        "compile: a gradient ends at what eager code has made before",
        "microgd/jit/trace.py",
        "[x for x in autograd.topological_order((root,)) if self.trace.is_new(x)]",
        "list(autograd.topological_order((root,)))",
        _in("jit/test_compile.py", "test_what_was_made_of_a_parameter_before_counts_once[python]"),
    ),
    Plant(
        "compile: each parameter has its own number of steps behind it",
        "microgd/jit/training.py",
        'return [False, state.get("step"), *(state[key] is None for key in start)]',
        "return [False]",
        _in("jit/test_callback.py", "test_it_is_as_in_the_eager_loop[forgotten]"),
    ),
    Plant(
        "compile: the loop notices a state that a callback has dropped",
        "microgd/jit/training.py",
        "all(states.get(x) is own for",
        "any(states.get(x) is own for",
        _in("jit/test_callback.py", "test_it_is_as_in_the_eager_loop[forgotten]"),
    ),
    Plant(
        "compile: a frozen parameter is read at each call, too",
        "microgd/jit/trace.py",
        "        if self.is_new(x):\n",
        "        if self.is_new(x) or not x.requires_grad:\n",
        _in(
            "jit/test_compile.py", "test_frozen_parameters_receive_nothing_and_are_read_all_the_same[python]"
        ),
    ),
    Plant(
        "compile: a call does not use the numbers of another",
        "microgd/jit/version.py",
        "[own[:] for own in self.columns], self.n",
        "self.columns, self.n",
        _in("jit/test_compile.py", "test_a_derivative_of_a_derivative_is_of_the_numbers_of_its_call[python]"),
    ),
    Plant(
        "compile: a number of a trace is known only in it",
        "microgd/jit/version.py",
        "        program.closed = True\n",
        "",
        _in("jit/test_trace.py", "test_a_value_that_is_kept_is_refused_where_it_is_used"),
    ),
    Plant(
        "compile: what arguments are differentiated is part of the form",
        "microgd/jit/compiled.py",
        "setdefault((batch.forms, grads), [])",
        "setdefault(batch.forms, [])",
        _in("jit/test_compile.py", "test_value_and_grad_of_parameters_leaves_their_grad_alone[python]"),
    ),
    Plant(
        "compile: a callback sees the model of its step",
        "microgd/jit/training.py",
        "                    loop.write_back()\n                    if callback(",
        "                    if callback(",
        _in("jit/test_callback.py", "test_it_is_as_in_the_eager_loop[moved]"),
    ),
    Plant(
        "compile: a gradient that a hook has changed is the one that is used",
        "microgd/jit/training.py",
        "            before_step()\n            self._read_gradients()\n",
        "            before_step()\n",
        _in("jit/test_training.py", "test_gradients_can_be_clipped_before_the_step[python]"),
    ),
    Plant(
        "compile: shuffled samples are read in their order",
        "microgd/jit/python.py",
        "range(start, start + n) if order is None else",
        "range(start, start + n) if True else",
        _in("jit/test_training.py", "test_a_shuffled_round_sees_every_sample_once"),
    ),
]
LLVM = [  # its tests need llvmlite
    Plant(
        "llvm: lanes without a sample add nothing",
        "microgd/jit/samples.py",
        "                    self._mask(text, matrix, valid)\n",
        "                    pass\n",
        _in("jit/test_compile.py", "test_a_batch_of_any_length[3-llvm]"),
    ),
    Plant(
        "llvm: samples are added in their order",
        "microgd/jit/samples.py",
        "for lane in range(width):\n                    for t in",
        "for lane in reversed(range(width)):\n                    for t in",
        _in("jit/test_compile.py", "test_contributions_are_added_in_the_order_of_the_samples[sum-llvm]"),
    ),
    Plant(
        "llvm: products are added in the order of samples",
        "microgd/jit/samples.py",
        "        for lane in range(width):\n            if known:",
        "        for lane in reversed(range(width)):\n            if known:",
        _in("jit/test_rolling.py", "test_products_of_several_terms_give_the_bits_of_an_interpreter[21-3]"),
    ),
    Plant(
        "llvm: x**2 is pow, whose roundings are its own",
        "microgd/jit/lowering.py",
        "        elif row in SIMPLE or row.name",
        "        elif row.name == 'pow' and fresh.constants.get(operands[1]) == 2.0:\n"
        "            now[i] = fresh._new(MUL, operands[:1] * 2)\n"
        "        elif row in SIMPLE or row.name",
        _in(
            "jit/test_compile.py",
            "test_a_square_is_rounded_as_the_function_of_the_table_rounds_it[llvm]",
        ),
    ),
    Plant(
        "the object cache: another processor has other code",
        "microgd/jit/llvm.py",
        "return *versions, self.processor, self.features, sorted(self.missing), *sources",
        "return *versions, sorted(self.missing), *sources",
        _in(
            "jit/test_objects.py",
            "test_another_processor_or_version_has_code_of_its_own[host-processor-another]",
        ),
    ),
    Plant(
        "the object cache: another version has other code",
        "microgd/jit/llvm.py",
        "return *versions, self.processor, self.features, sorted(self.missing), *sources",
        "return self.processor, self.features, sorted(self.missing), *sources",
        _in(
            "jit/test_objects.py",
            "test_another_processor_or_version_has_code_of_its_own[llvmlite-__version__-0.0]",
        ),
    ),
    Plant(
        "the object cache: every part of a routine counts",
        "microgd/jit/llvm.py",
        "        list(program.constants.items()),\n",
        "",
        _in("jit/test_objects.py", "test_every_part_of_a_routine_counts"),
    ),
    Plant(
        "the object cache: how a sum begins counts",
        "microgd/jit/llvm.py",
        "        sorted(program.plain_start),\n",
        "",
        _in("jit/test_objects.py", "test_how_a_sum_begins_counts"),
    ),
]

TORCHS_NAMES = [
    Plant(
        "whole numbers, permutations and shuffles are PyTorch's",
        "microgd/random.py",
        "        j = i + source.bits() % (n - i)\n",
        "        j = i + source.bits() % n if i == 0 else i\n",
        _in("test_creation.py", "test_permutations_are_pytorchs_bit_for_bit"),
    ),
    Plant(
        "normal draws are PyTorch's to 1e-6",
        "microgd/random.py",
        "    source._normal = radius * math.sin(angle)\n",
        "",
        _in("test_creation.py", "test_normal_draws_are_pytorchs_to_1e_6"),
    ),
    Plant(
        "a loader takes as many draws as PyTorch's",
        "microgd/utils/data.py",
        "        shuffled(n, source)  # PyTorch draws one more order at the end of each\n",
        "",
        _in("test_data.py", "test_a_loader_gives_pytorchs_batches_in_pytorchs_order"),
    ),
    Plant(
        "a name that is left out says why",
        "microgd/later.py",
        "            raise AttributeError(sentence(package, name))\n",
        "            raise AttributeError(name)\n",
        _in("test_absent.py", "test_a_name_that_nobody_knows_is_an_attribute_error_too"),
    ),
    Plant(
        "a gradient is changed in place",
        "microgd/tensor_storage.py",
        "        self.values[p].grad = new.item()\n",
        "",
        _in("test_grad_in_place.py", "test_training_by_hand_sees_each_gradient_once"),
    ),
    Plant(
        "results of autograd.functional have a graph only with create_graph",
        "microgd/autograd_more/functional.py",
        "    return result if create_graph else result.detach()\n",
        "    return result\n",
        _in("test_functional_derivatives.py", "test_results_have_a_graph_only_with_create_graph"),
    ),
    Plant(
        "a parameter of one number changes in place under no_grad only",
        "microgd/tensor_methods.py",
        "if self.requires_grad and is_grad_enabled():\n            raise RuntimeError(LEAF",
        "if False:\n            raise RuntimeError(LEAF",
        _in(
            "test_tensor_methods.py",
            "test_a_method_in_place_changes_a_parameter_under_no_grad_only",
        ),
    ),
    Plant(
        "var divides by n - 1 as PyTorch does",
        "microgd/tensor_order.py",
        "int(unbiased)",
        "1 - int(unbiased)",
        _in(
            "test_tensor_methods.py",
            "test_a_method_gives_pytorchs_values_gradients_and_errors[var of all]",
        ),
    ),
    Plant(
        "what leaves at an end comes back at the other",
        "microgd/tensor_parts.py",
        "[(i - shift) % size for i in range(size)]",
        "[(i + shift) % size for i in range(size)]",
        _in(
            "test_tensor_methods.py",
            "test_a_method_gives_pytorchs_values_gradients_and_errors[roll of all]",
        ),
    ),
    Plant(
        "gather reads along its dimension",
        "microgd/tensor_parts.py",
        "[base + i * step for base, i in zip(bases, numbers)]",
        "[base + i for base, i in zip(bases, numbers)]",
        _in(
            "test_tensor_methods.py",
            "test_a_method_gives_pytorchs_values_gradients_and_errors[gather along]",
        ),
    ),
    Plant(
        "a letter that is there twice is the diagonal",
        "microgd/tensor_products.py",
        "step[letter] += one if n > 1 else 0",
        "step[letter] = one if n > 1 else 0",
        _in(
            "test_tensor_methods.py",
            "test_a_method_gives_pytorchs_values_gradients_and_errors[einsum ii]",
        ),
    ),
    Plant(
        "each element's gradient is multiplied with its own number",
        "microgd/autograd.py",
        "pairs = [(e, w) for e, w in zip(elements, weights) if e.requires_grad]",
        "pairs = [(e, weights[0]) for e in elements if e.requires_grad]",
        _in(
            "test_tensor_methods.py",
            "test_autograd_grad_takes_an_upstream_gradient_of_the_outputs_shape",
        ),
    ),
]

DOCS = [
    Plant(
        "a script for work that misses the known answer says so",
        "demos/work/shown.py",
        "    if not abs(found - known) <= within * abs(known):\n",
        "    if abs(found - known) > within * abs(known):\n",
        _in("test_work.py", "test_an_answer_that_is_not_the_known_one_ends_the_script"),
    ),
    Plant(
        "the scripts for work find the known answers",
        "demos/work/greeks.py",
        "-grad * delta / vega",
        "grad * delta / vega",
        _in(
            "test_work.py", "test_a_script_paints_its_picture_and_finds_the_known_answers_that_the_page_shows"
        ),
    ),
    Plant(
        "docs: a page prints what it says",
        "docs/engine.md",
        "node.grad = (node.grad or 0.0) + upstream.get(id(node), 0.0)",
        "node.grad = upstream.get(id(node), 0.0)",
        _in("test_docs.py", "test_a_page_runs_as_pasted_and_prints_what_it_says[docs/engine.md]"),
    ),
    Plant(
        "docs: a page shows all that its code prints",
        "tests/test_docs.py",
        "            if told != said:\n",
        "            if said and told != said:\n",
        _in("test_docs.py", "test_a_block_whose_output_is_not_shown_is_seen"),
    ),
    Plant(
        "docs: what is quoted from a file stands there",
        "microgd/optim/sgd.py",
        "            return x - lr * g\n",
        "            return x - g * lr\n",
        _in("test_docs.py", "test_what_is_quoted_from_a_file_stands_there[docs/engine.md]"),
    ),
    Plant(
        "docs: what is linked is there",
        "docs/quickstart.md",
        "](lesson.md)",
        "](lessons.md)",
        _in("test_docs.py", "test_every_file_and_heading_that_is_linked_is_there[docs/quickstart.md]"),
    ),
    Plant(
        "docs: the notebook is the lesson",
        "docs/lesson.md",
        "## 7. Downhill",
        "## 7. Down",
        _in("test_lesson.py", "test_the_notebook_is_fresh"),
    ),
    Plant(
        "docs: the lesson's pictures are made of today's numbers",
        "docs/lesson.py",
        "descent(mean_loss, START, 0.1, 25)",
        "descent(mean_loss, START, 0.2, 25)",
        _in("test_lesson.py", "test_a_picture_is_fresh[bowl]"),
    ),
    Plant(
        "docs: every public name is in the reference",
        "docs/reference.py",
        '    Page("nn-init", "microgd.nn.init", "microgd.nn.init"),\n',
        "",
        _in("test_site.py", "test_every_public_name_has_an_entry[microgd.nn.init]"),
    ),
    Plant(
        "docs: examples in docstrings are true",
        "microgd/func.py",
        "    [[6.0, 4.0], [4.0, 0.0]]\n",
        "    [[6.0, 4.0], [4.0, 2.0]]\n",
        _in("test_site.py", "test_every_example_in_a_docstring_gives_what_it_says"),
    ),
    Plant(
        "docs: a broken anchor on the site is seen",
        "docs/website.py",
        "or anchor in pages[target].anchors",
        "or True",
        _in("test_site.py", "test_a_link_to_no_heading_is_seen"),
    ),
    Plant(
        "docs: every page is in the navigation of the site",
        "docs/website.py",
        '"parity", ',
        "",
        _in("test_site.py", "test_every_page_of_docs_is_in_the_navigation"),
    ),
    Plant(
        "docs: the page of operations is made of today's table",
        "microgd/ops.py",
        "@primitive(lambda x, out: -sin(x))\n",
        "@primitive(lambda x, out: sin(-x))\n",
        _in("test_ops_page.py", "test_the_page_is_fresh"),
    ),
    Plant(
        "docs: an operation is defined where its value is a number",
        "docs/ops.py",
        '"acosh": ("x ≥ 1", lambda x: x >= 1)',
        '"acosh": ("x ≥ 1", lambda x: x > 1)',
        _in("test_ops_page.py", "test_the_domain_is_where_the_value_is_a_number[acosh]"),
    ),
    Plant(
        "docs: a plot is made of today's numbers",
        "docs/ops_plots.py",
        "return row.value(*point[:k], x, *point[k + 1 :])",
        "return row.value(*point[:k], -x, *point[k + 1 :])",
        _in("test_ops_page.py", "test_the_pictures_of_an_operation_are_fresh[exp]"),
    ),
]

MICROGRAD = [
    Plant(
        "micrograd: the gradient is 0.0 from the start",
        "microgd/micrograd.py",
        "        return 0.0 if self._grad is None else self._grad\n",
        "        return self._grad\n",
        _in(
            "test_micrograd.py",
            "test_the_gradient_is_a_float_from_the_start_and_can_be_assigned",
            "test_values_and_gradients_are_micrograds",
        ),
    ),
    Plant(
        "micrograd: a step back by hand adds to the gradients",
        "microgd/micrograd.py",
        "x.grad = (0.0 if x._grad is None else x._grad) + d * out.grad",
        "x.grad = d * out.grad",
        _in("test_micrograd.py", "test_steps_back_by_hand_give_the_gradients_of_backward"),
    ),
    Plant(
        "micrograd: a _backward of one's own gets the upstream gradient of this pass alone",
        "microgd/micrograd.py",
        "            self.out._grad = received\n",
        "            self.out._grad = received + (before[0] or 0.0)\n",
        _in("test_micrograd.py", "test_backward_calls_a_backward_that_was_assigned"),
    ),
    Plant(
        "micrograd: what a _backward of one's own adds is a contribution, and not the whole gradient",
        "microgd/micrograd.py",
        "                x._grad = 0.0\n",
        "                x._grad = x._grad or 0.0\n",
        _in("test_micrograd.py", "test_backward_calls_a_backward_that_was_assigned"),
    ),
    Plant(
        "micrograd: a _backward that raises changes no gradient",
        "microgd/micrograd.py",
        "            for x, grad in zip(touched, before):\n",
        "            for x, grad in zip((), before):\n",
        _in("test_micrograd.py", "test_a_backward_that_raises_changes_no_gradient"),
    ),
    Plant(
        "micrograd: a plain number among the operands is a Value in _prev",
        "microgd/micrograd.py",
        "                node._b = slot(node._b)\n",
        "                pass\n",
        _in(
            "test_micrograd.py",
            "test_prev_holds_the_operands_and_op_is_the_sign",
            "test_a_number_among_the_operands_is_a_constant_in_prev",
        ),
    ),
    Plant(
        "micrograd: two Values are equal only if they are the same",
        "microgd/micrograd.py",
        "    __eq__ = object.__eq__\n",
        "    __eq__ = engine.Value.__eq__\n",
        _in("test_micrograd.py", "test_equal_is_who_is_the_same_and_each_value_is_true"),
    ),
    Plant(
        "micrograd: += makes a new Value",
        "microgd/micrograd.py",
        "    def __iadd__(self, other: Any) -> Any:\n        return self + other\n",
        "",
        _in("test_micrograd.py", "test_augmented_assignment_makes_a_new_value"),
    ),
    Plant(
        "micrograd: before backward a picture has no gradients",
        "microgd/viz/graph.py",
        "    elif loss._grad is None:\n",
        "    elif loss.grad is None:\n",
        _in("test_micrograd.py", "test_a_picture_before_backward_shows_no_gradients"),
    ),
    Plant(
        "draw_dot: an edge for each operand",
        "microgd/viz/operations.py",
        "enumerate(shown_record(node)[0])",
        "enumerate(dict.fromkeys(shown_record(node)[0]))",
        _in("test_micrograd.py", "test_draw_dot_draws_a_square_with_two_edges"),
    ),
    Plant(
        "draw_dot: a label is text and no markup",
        "microgd/viz/operations.py",
        ".translate(_ESCAPED)",
        "",
        _in("test_micrograd.py", "test_draw_dot_renders_every_label"),
    ),
]

IN_THE_BROWSER = [
    Plant(
        "in the browser: a program leaves nothing behind",
        "docs/try/session.py",
        "                del sys.modules[name]\n",
        "                pass\n",
        _in("test_try.py", "test_a_program_leaves_nothing_behind"),
    ),
    Plant(
        "in the browser: the lines of a program are those of now",
        "docs/try/session.py",
        "    linecache.clearcache()",
        "    linecache.checkcache",
        _in("test_try.py", "test_the_lines_of_a_program_are_those_of_now"),
    ),
    Plant(
        "in the browser: an error shows the program's lines and no others",
        "docs/try/session.py",
        "        trace = trace.tb_next\n",
        "        break\n",
        _in("test_try.py", "test_an_error_shows_the_programs_lines_and_no_others"),
    ),
    Plant(
        "in the browser: prints without an end are cut",
        "docs/try/session.py",
        "            self.left -= len(text)\n",
        "",
        _in("test_try.py", "test_prints_without_an_end_are_cut"),
    ),
    Plant(
        "in the browser: what a film's show opens is shown by the page",
        "docs/try/session.py",
        "before, webbrowser.open = webbrowser.open, open_",
        "before = webbrowser.open",
        _in("test_try.py", "test_a_film_is_shown_as_a_value_by_its_method_and_as_a_file"),
    ),
    Plant(
        "in the browser: the page asks no other server",
        "docs/try/index.html",
        'href="try.css"',
        'href="https://elsewhere.example/try.css"',
        _in("test_try.py", "test_the_page_has_no_inline_script_and_asks_no_other_server"),
    ),
]

PLANTS = [*TORCHS_NAMES, *ENGINE, *CHECKER, *OPTIM, *NN, *VIZ, *LEARN, *COMPILE, *MICROGRAD, *DOCS]
PLANTS += IN_THE_BROWSER
if find_spec("llvmlite"):
    PLANTS += LLVM
