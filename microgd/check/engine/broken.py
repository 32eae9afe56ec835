"""The known mistakes in engines: how each walks, and what is said of it.

It uses `walks`, `ends`, `uses`, `passes` and `pushes`. `simulated` says what they compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import ends, passes, pushes, uses, walks

if TYPE_CHECKING:
    from .walks import Backward, Push


class Broken(NamedTuple):
    """A known mistake: its walks (people write the same mistake in several ways), and what to say.

    push  how a node passes its gradient on, if that is the mistake: it can be in one operation alone
    """

    walks: tuple[Backward, ...]
    message: str
    pushes: tuple[Push, ...] = ()


def _pushing(message: str, *pushes: Push) -> Broken:
    return Broken(tuple(walks.by(one) for one in pushes), message, pushes)


BROKEN: dict[str, Broken] = {
    "no-seed": Broken(
        (walks.seeded(lambda root: 0.0),),
        "All gradients are 0. Is the gradient of the root set to 1 before the walk?",
    ),
    "seed-data": Broken(
        (walks.seeded(lambda root: root.data),),
        "Every gradient is multiplied by the root's own value. With which number does the gradient of the"
        " root start?",
    ),
    "first-only": _pushing("The second operand never gets a gradient. Where is its line?", pushes.first_only),
    "second-only": _pushing(
        "The first operand never gets a gradient. Where is its line?", pushes.second_only
    ),
    "dedup": _pushing(
        "A node that is used twice in one operation counts once. Are the operands kept in a set or a dict?",
        pushes.once_each,
        pushes.once_each_first,
    ),
    "same-position": _pushing(
        "A node that is both operands gets the partial of one position twice. How does the walk find out at"
        " which operand it is?",
        pushes.of_first_position,
        pushes.of_last_position,
    ),
    "after-zero": _pushing(
        "If the partial for one operand is 0, the operand after it gets nothing. Does a loop end there, where"
        " it should go on to the next operand?",
        pushes.until_zero,
        pushes.until_zero_backwards,
    ),
    "assign": _pushing(
        "Right for the last use only: a node used twice keeps only one contribution. Is = written for +=?",
        pushes.assigning,
        pushes.assigning_backwards,
        pushes.assigning_last,
        pushes.assigning_first,
        pushes.assigning_leaves,
        pushes.assigning_between,
    ),
    "zero-children": _pushing(
        "What a node had from earlier uses is erased on the next visit. Are gradients set to 0 during the"
        " walk?",
        pushes.zeroing_first,
    ),
    "late-binding": _pushing(
        "The last operand gets one contribution for each operand, and the others get none. Is the variable"
        " of a loop used in a function that is called after the loop?",
        pushes.all_to_the_last,
        pushes.all_partials_to_the_last,
    ),
    "twice-each": _pushing(
        "Every contribution arrives twice. Is the backward step of each node called in two places?",
        pushes.twice,
    ),
    "by-value": Broken(
        (walks.by_value, walks.by_value_when_placed, walks.by(pushes.once_each_value)),
        "Two nodes with equal values are taken for one. Are they compared by value where identity is meant"
        " (in a list, a set, a dict, or by __eq__)?",
    ),
    "postorder": Broken(
        (walks.postorder,),
        "The inputs are visited before the output, when they have received nothing yet. In which order"
        " does the walk visit them?",
    ),
    "forward": Broken(
        (walks.not_reversed,),
        "The inputs are visited first. At which end of the topological order does the walk begin?",
    ),
    "root-only": Broken(
        (walks.root_only,),
        "Only the operands of the root get a gradient, and the nodes before them get none. Does the walk"
        " begin at the root, and go on from there?",
    ),
    "last-user": Broken(
        (uses.one_user(True, True), uses.one_user(True, False)),
        "Of all uses of a node, only the one that was made last counts. Is one use kept, and does each new"
        " one take its place?",
    ),
    "first-user": Broken(
        (uses.one_user(False, True), uses.one_user(False, False)),
        "Of all uses of a node, only the one that was made first counts. What happens when a node is used"
        " again?",
    ),
    "first-use": Broken(
        (uses.first_contribution(False), uses.first_contribution(True), uses.first_way(added=False)),
        "A node that is used twice keeps one contribution: that of the use to which the walk comes first."
        " What happens to a contribution when the node has one already?",
    ),
    "largest": Broken(
        (uses.largest(abs), uses.largest(float)),
        "A node keeps its largest contribution. What should happen with the others?",
    ),
    "mean": Broken(
        (uses.mean,),
        "A node gets the mean of the contributions of its uses. What does the chain rule do with them?",
    ),
    "stops-at-zero": Broken(
        tuple(ends.until(ends.has_no_gradient)),
        "The walk ends at the first node whose gradient is 0, and nodes after it pass nothing on. Is there a"
        " break, a return or a while that ends the whole loop?",
    ),
    "stops-at-leaf": Broken(
        tuple(ends.until(ends.is_leaf)),
        "The walk ends at the first leaf, and nodes after it pass nothing on. Is there a break or a return"
        " that ends the whole loop?",
    ),
    "waits-at-zero": Broken(
        (ends.waiting_at_zero(False), ends.waiting_at_zero(True)),
        "A node waits for a use whose gradient or contribution is 0, and never passes its own gradient on. Is"
        " that use counted off too?",
    ),
    "past-zeros": Broken(
        (ends.past_zeros, ends.silent_zeros),
        "A node whose value is 0 passes nothing on. Is it asked whether the number is 0, where the"
        " question is whether there is a node?",
    ),
    "too-deep": Broken(
        tuple(ends.within_levels()),
        "Only nodes near the root pass their gradient on. Does the walk end after a number of levels or of"
        " nodes?",
    ),
    "preorder": Broken(
        (
            walks.preorder,
            walks.preorder_stack(False),
            walks.preorder_stack(True),
            walks.marked_early,
            uses.first_way(added=True),
        ),
        "A shared node passes on its first contribution and none of the later ones. Is every node complete"
        " before it passes its gradient on?",
    ),
    "breadth-first": Broken(
        (walks.breadth_first(False), walks.breadth_first(True)),
        "Level by level is not always outputs before inputs: of two paths of different lengths, the longer"
        " one comes too late. In which order is each node complete before it is visited?",
    ),
    "reseeded": Broken(
        (walks.reseeding,),
        "A node's gradient becomes 1 when the walk comes to it, whatever it had received. Does backward call"
        " itself for the operands, the line with the 1 included?",
    ),
    "seeded-all": Broken(
        (walks.seeding_all(True), walks.seeding_all(False)),
        "Every node gets a 1 when the walk comes to it. Which node alone should begin with 1?",
    ),
    "recursive": Broken(
        (walks.recursive, walks.breadth_first_unchecked, uses.after_each_contribution),
        "A shared node passes its gradient on again for every use, the earlier contributions included. Is"
        " it complete before it does? (Reverse topological order.)",
    ),
    "no-visited": Broken(
        (walks.without_visited,),
        "A shared node is in the list once for each use, and passes its gradient on as often. Are the nodes"
        " already visited kept in a set?",
    ),
    "no-upstream": _pushing(
        "The partial derivatives are right, but they are not multiplied by the gradient of the node they"
        " belong to. Which product does the chain rule ask for?",
        pushes.without_factor,
    ),
    "one-branch": Broken(
        (walks.along_one(True), walks.along_one(False)),
        "The walk goes on at one operand of a node and not at the other. Does it visit all operands?",
    ),
    "miscounted": Broken(
        tuple(uses.miscounted()),
        "A node that is used twice in one operation comes too early, twice, or never. Is it counted as often"
        " as the count is lowered: once for each edge?",
    ),
    "waits": Broken(
        (uses.counting(True, True, everywhere=True),),
        "A node waits for a use that does not lead to the root, and never passes its gradient on. Does the"
        " count take only nodes that the root was made of?",
    ),
}
"""The mistakes that one backward pass shows. If two explain the same numbers, the first one is named."""

UNLINKED = (
    "The walk does not go on from its result to its operands. Does the new node know what it was made of?"
)
HALF_LINKED = "The walk does not go on from its result to the {} operand. Does the new node know both?"
LAST_SAVED = (
    "All its nodes use the values of the last one that was made. Are the values kept on the node, or in one"
    " place for all?"
)
"""Mistakes that are in the nodes of one operation alone."""

AGAIN: dict[str, Broken] = {
    "forgets": Broken(
        (passes.forgetting(False), passes.forgetting(True)),
        "It should add the same again. Are the leaves' gradients set to 0 at the start?",
    ),
    "kept-visited": Broken(
        (
            passes.keeping(marks=True),
            passes.keeping(marks=True, zeroed=True),
            passes.keeping(marks=True, added=True),
        ),
        "Nodes of an earlier backward pass are not visited again. Where are the visited nodes kept: in a"
        " default argument, in the class, as a mark on the node?",
    ),
    "exhausted": Broken(
        (passes.exhausted,),
        "A node that was visited once has no operands the second time. Are they kept in an iterator (zip,"
        " map, a generator), which can be read once?",
    ),
    "kept-intermediates": Broken(
        (passes.keeping(), passes.keeping(added=True)),
        "Do nodes between the leaves and the root keep their gradient from the first time, and pass it on"
        " again?",
    ),
    "kept-root": Broken(
        (passes.root_kept(False), passes.root_kept(True)),
        "The root begins with what it has from before. Is its gradient set to 1, whatever is there?",
    ),
    "freed": Broken(
        (passes.freed(False), passes.freed(True)),
        "No operation counts in two backward passes. Is the list of operations emptied after the first?",
    ),
    "kept-order": Broken(
        (
            passes.keeping(order=True),
            passes.keeping(order=True, zeroed=True),
            passes.keeping(order=True, marks=True),
            passes.keeping(order=True, marks=True, zeroed=True),
            passes.same_order,
            passes.taped(False),
            passes.taped(True),
        ),
        "Nodes of an earlier backward pass are visited again. Is the list of nodes kept: in a default"
        " argument, in the class, on the node?",
    ),
}
"""The mistakes that only a later backward pass shows."""
