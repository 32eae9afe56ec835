"""diagnose: which mistake is in this backward rule?

It uses `probe`, which draws points, measures the right gradients there and asks the rule for its own;
`candidates`, the tables of what learners write instead; and `formulas`, which finds the formula that
numbers come from. It knows neither the function's name nor its formula.

The rule is asked at random points, with a random upstream gradient. At one point, and with an upstream
gradient of 1, half of all mistakes cannot be seen. If an answer differs from the measured one, the
questions go from the plainest to the most special: Does it depend on the upstream gradient as it should?
Is it the right one times a constant? The right one of another input, at another point, of another
function? Right in one region only? Right but for a factor, or for a term?
"""

from __future__ import annotations

import math
import random
from itertools import pairwise, permutations
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from .candidates import IN_THE_OUTPUT, ONE_OPERAND, PLAIN, TWO_OPERANDS, constant_named
from .diagnosis import Diagnosis
from .formulas import Product, atoms, product
from .numerical import middle
from .probe import ENOUGH, EXACT, Point, Probe, Refused, matches, near, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Finding = tuple[str, str]  # a key and a sentence

ROUND = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1.0 / 3.0, -1.0 / 3.0, 4.0, -4.0, 0.25, -0.25)
"""Constants that often come with a forgotten factor."""

WHICH = "\0"
"""In a sentence, it stands for "of a and b", which is known only when all inputs have been compared."""

NEARBY = 5
"""The first so many of FACTORS are easily confused: t, 1 - t, 1 + t, 1 - t**2, 1 + t**2."""


def diagnose(
    f: Callable[..., Any],
    rule: Callable[..., Any],
    sample: Callable[[random.Random], Any] | None = None,
    points: int = 24,
    seed: int = 0,
) -> Diagnosis:
    """Compare a backward rule with measured derivatives, and name the mistake if there is one.

        diagnose(math.tanh, lambda x, out, g: (1 - out) * g)

    f       f(*xs) -> a float, or a list of floats
    rule    rule(*xs, out, g) -> the gradient of each input: `out` is what f returned, `g` the
            gradient of the loss with respect to out; two lists if f returns a list
    sample  sample(random) -> the inputs of one point. Without it they are drawn from where f is
            defined and smooth, between 0.2 and 9 in size, and of either sign
    points  at how many points
    seed    another seed, other points

    The keys are listed in `microgd.check.diagnosis.KEYS`. No exception of the rule's own comes out:
    it becomes the key "raises".
    """
    try:
        return _Interview(f, rule, sample, points, seed).diagnosis()
    except Refused as refused:
        return refused.diagnosis


class _Interview(Probe):
    """The questions that are put to a rule, from the plainest to the most special."""

    def diagnosis(self) -> Diagnosis:
        """Ask, compare, and name the mistake."""
        refused = self._leave_out_overflows()
        for k, point in enumerate(self.points):
            if k < ENOUGH and self.ask(point) != point.given:
                return Diagnosis(
                    False,
                    "nondeterministic",
                    (),
                    f"Asked twice at the same point ({self._where(point)}), your rule gave two"
                    " different answers. Does it keep something from call to call?",
                )
        wrong = [i for i in range(self.width) if not all(p.is_right(i) for p in self.points)]
        if not wrong:
            right = Diagnosis(True, "ok", (), f"Right at all {len(self.points)} points.")
            return right if refused is None else refused
        key, message = self._named(wrong)
        if refused is not None and key == "unknown":
            return refused
        fine = [self.names[i] for i in range(self.width) if i not in wrong]
        if fine and key not in ("swapped_inputs", "one_input", "other_rule"):
            start = "gradient of {} is" if len(fine) == 1 else "gradients of {} are"
            message = f"The {start.format(_and(fine))} right. {message}"
        return Diagnosis(False, key, tuple(wrong), message)

    def _leave_out_overflows(self) -> Diagnosis | None:
        """Ask the rule everywhere. Where a wrong formula overflows, the other points may still name it.

        Returns what is to be said if they do not.
        """
        refused: Refused | None = None
        answered = []
        for point in self.points:
            try:
                point.given = self.ask(point)
                answered.append(point)
            except Refused as refusal:
                if not refusal.arithmetic:
                    raise
                refused = refused or refusal
        if refused is None:
            return None
        if len(answered) < max(ENOUGH, len(self.points) // 2):
            raise refused
        self.points = answered
        return refused.diagnosis

    def _named(self, wrong: Sequence[int]) -> Finding:
        found = self._together((i, self._upstream_use(i)) for i in wrong)
        if found is not None:
            return found
        for question in (self._all_at_once, self._one_by_one):
            found = question(wrong)
            if found is not None:
                return found
        return self._nothing_known(wrong)

    def _nothing_known(self, wrong: Sequence[int]) -> Finding:
        i = wrong[0]
        right = sum(p.is_right(i) for p in self.points)
        ratios = [p.given[i] / p.right[i] for p in self.points if p.is_sharp(i)]
        between = ""
        if ratios:
            between = f": it is between {min(ratios):.3g} and {max(ratios):.3g} times the right one"
        which = f"of {self.names[i]} " if self.width > 1 else ""
        return (
            "unknown",
            f"The gradient {which}is right at {right} of {len(self.points)} points{between}."
            " Which step of the derivation can you check on its own?",
        )

    def _of(self, i: int) -> str:
        """A mark for "of a ", so that one sentence can speak of several inputs."""
        return WHICH if self.width > 1 else ""

    def _about(self, text: str, inputs: Iterable[int]) -> str:
        return text.replace(WHICH, f"of {_and(self.names[i] for i in inputs)} ")

    # --- how it depends on the upstream gradient ---

    def _upstream_use(self, i: int) -> Finding | None:
        """Whether the answer is proportional to g; if not, what it is instead."""
        of = self._of(i)
        looked = [p for p in self.points if not p.is_right(i) and p.given[i] != 0.0]
        if not looked:
            return self._gated(i)
        replies = []
        for p in looked[: 2 * ENOUGH]:
            nothing, double, opposite = (self.ask(p, [c * g for g in p.gs])[i] for c in (0.0, 2.0, -1.0))
            replies.append((nothing, p.given[i], double, opposite))

        def always(test: Callable[[float, float, float, float], bool]) -> bool:
            return all(test(*reply) for reply in replies)

        if always(lambda o, a, d, m: o == 0.0 and near(d, 2 * a) and near(m, -a)):
            return self._gated(i)
        if always(lambda o, a, d, m: near(d, a) and near(m, a)):
            return self._without_upstream(i)
        if always(lambda o, a, d, m: near(d, 4 * a) and near(m, a)):
            return (
                "upstream_twice",
                f"The gradient {of}grows with the square of g, the upstream gradient. Is it in the"
                " product twice?",
            )
        if always(lambda o, a, d, m: near(d - o, 2 * (a - o), a) and near(m - o, o - a, a)):
            exact = all(p.is_right(i, p.given[i] - r[0]) for p, r in zip(looked, replies, strict=False))
            rest = "and apart from that it is right" if exact else "and it should not be"
            return (
                "offset",
                f"If g, the upstream gradient, is 0, the gradient {of}is {replies[0][0]:.6g} and not 0: a"
                f" term is added that does not depend on g, {rest}. What is that term for?",
            )
        gated = self._gated(i)
        if gated is not None:
            return gated
        return (
            "not_linear",
            f"If g, the upstream gradient, is doubled, the gradient {of}must be doubled, too. Here"
            f" {replies[0][1]:.6g} becomes {replies[0][2]:.6g}. Is g used for anything but a factor?",
        )

    def _without_upstream(self, i: int) -> Finding:
        of = self._of(i)
        if self.scalar:
            times_g = [p.given[i] * p.gs[0] for p in self.points]
            if all(p.is_right(i, t) for p, t in zip(self.points, times_g, strict=True)):
                return (
                    "missing_upstream",
                    f"The gradient {of}is right only when g, the upstream gradient, is 1: it does"
                    " not depend on g at all. Which product does the chain rule ask for?",
                )
        return (
            "missing_upstream",
            f"The gradient {of}does not depend on g, the upstream gradient, at all. Which product"
            " does the chain rule ask for? (And it is not right with g = 1 either.)",
        )

    def _gated(self, i: int) -> Finding | None:
        """Right for one sign of g and wrong for the other, wherever that is."""
        if not self.scalar:
            return None
        by_sign: dict[bool, list[bool]] = {True: [], False: []}
        for p in self.points:
            for sign in (1.0, -1.0):
                g = math.copysign(p.gs[0], sign)
                flip = g / p.gs[0]
                answer = self.ask(p, [g])[i]
                if p.is_sharp(i):
                    by_sign[sign > 0].append(p.is_right(i, answer * flip))
        for sign, word, other in ((True, "positive", "negative"), (False, "negative", "positive")):
            if by_sign[sign] and all(by_sign[sign]) and not any(by_sign[not sign]):
                return (
                    "gate_on_upstream",
                    f"The gradient {self._of(i)}is right when g, the upstream gradient, is {word},"
                    f" and wrong when it is {other}. Does a condition, or an abs, look at g where it"
                    " should look at the input?",
                )
        return None

    # --- all inputs together ---

    def _all_at_once(self, wrong: Sequence[int]) -> Finding | None:
        if self.width > 1:
            found = self._swapped() or self._anothers(wrong)
            if found:
                return found
        if not self.scalar:
            found = self._some_outputs_only(wrong)
            if found:
                return found
        if self.width == 2 and self.scalar and len(wrong) == 2:
            return self._other_function_of_two()
        return None

    def _swapped(self) -> Finding | None:
        n = self.width
        if n <= 4:
            orders: list[tuple[int, ...]] = list(permutations(range(n)))[1:]
        else:
            orders = [tuple(reversed(range(n))), (*range(1, n), 0), (n - 1, *range(n - 1))]
        for order in orders:
            if all(
                matches(p.given[i], p.right[j], p.error[j]) for p in self.points for i, j in enumerate(order)
            ):
                return (
                    "swapped_inputs",
                    "The numbers are right, but they are exchanged: "
                    + _and(
                        f"{self.names[i]} gets the gradient of {self.names[j]}"
                        for i, j in enumerate(order)
                        if i != j
                    )
                    + ". Which one belongs to which?",
                )
        return None

    def _anothers(self, wrong: Sequence[int]) -> Finding | None:
        """Each wrong input has the gradient that belongs to another."""
        if all(self._nothing_arrives(i) or self._constant_ratio(i) for i in wrong):
            return None  # as plain a fact, and a plainer one
        sources = []
        for i in wrong:
            source = [
                j
                for j in range(self.width)
                if j != i and all(matches(p.given[i], p.right[j], p.error[j]) for p in self.points)
            ]
            if not source:
                return None
            sources.append(source[0])
        if len(set(sources)) == 1 and len(wrong) == self.width - 1:
            return (
                "one_input",
                f"Every input gets the gradient of {self.names[sources[0]]}. Where is the formula for"
                f" {_and(self.names[i] for i in wrong)}?",
            )
        gets = [
            f"{self.names[i]} gets the gradient of {self.names[j]}"
            for i, j in zip(wrong, sources, strict=True)
        ]
        return "swapped_inputs", f"Exactly: {_and(gets)}. Which one belongs to which?"

    def _some_outputs_only(self, wrong: Sequence[int]) -> Finding | None:
        """Of the sum over the outputs, only one term: the last, the first, or the diagonal."""
        looked = list(range(min(len(self.points), ENOUGH + 1)))
        tests: tuple[tuple[str, Callable[[list[float], int], int | None], str], ...] = (
            ("diagonal_only", _own, "its own output"),
            ("only_last_use", _last_use, "the last output it is used in"),
            ("only_first_use", _first_use, "the first output it is used in"),
        )
        square = self.width == len(self.points[0].outs) > 1
        for key, choose, text in tests[0 if square else 1 :]:
            fits, said = True, 0
            for k in looked:
                p, rows = self.points[k], self.matrix(k)
                for i in wrong:
                    j = choose(rows[i], i)
                    if j is None or j >= len(p.outs):
                        fits = False
                        break
                    term = rows[i][j] * p.gs[j]
                    fits = fits and math.fabs(p.given[i] - term) <= 1e-5 * math.fabs(term) + p.error[i]
                    said += term != 0.0
                if not fits:
                    break
            if fits and said:
                return (
                    key,
                    f"The gradient of {_and(self.names[i] for i in wrong)} counts only {text}. Every"
                    " output that depends on an input contributes to its gradient: are all contributions"
                    " added up (+=)?",
                )
        return None

    def _other_function_of_two(self) -> Finding | None:
        def claims(partials: Callable[[Point], Sequence[float]]) -> bool:
            return all(self._fits(i, lambda p, i=i: partials(p)[i]) for i in (0, 1))  # type: ignore[misc]

        if claims(lambda p: [self._exchanged_partial(p, i) for i in (0, 1)]):
            return (
                "other_rule",
                "This is, exactly, the rule of the function with its inputs exchanged: f(b, a)."
                " Which of the two is which?",
            )
        for name, pair in TWO_OPERANDS:
            if claims(lambda p, pair=pair: pair(*p.xs)):  # type: ignore[misc]
                return "other_rule", f"This is, exactly, the rule of {name}. Is it another function's?"
        return None

    # --- one input at a time ---

    def _one_by_one(self, wrong: Sequence[int]) -> Finding | None:
        return self._together((i, self._one(i)) for i in wrong)

    def _together(self, findings: Iterable[tuple[int, Finding | None]]) -> Finding | None:
        """One key for all: that of the first input which has one. Inputs of one sentence share it."""
        named = [(i, finding) for i, finding in findings if finding is not None]
        if not named:
            return None
        groups: dict[str, list[int]] = {}
        for i, (_, text) in named:
            groups.setdefault(text, []).append(i)
        sentences = [self._about(text, inputs) for text, inputs in groups.items()]
        return named[0][1][0], " ".join(sentences[:2])

    def _one(self, i: int) -> Finding | None:
        questions = (
            self._nothing_arrives,
            self._constant_ratio,
            self._right_in_a_region,
            self._passed_through,
            self._elsewhere,
            self._inverted,
            self._in_terms_of_the_input,
            self._one_factor,
            self._no_derivative,
            self._other_function,
            self._one_factor_and_a_constant,
            self._one_factor_for_another,
            self._one_term,
            self._two_factors,
            self._a_multiple_of_one_term,
            self._some_formula,
        )
        for question in questions:
            found = question(i)
            if found is not None:
                return found
        return None

    def _nothing_arrives(self, i: int) -> Finding | None:
        if all(p.given[i] == 0.0 for p in self.points):
            who = self.names[i]
            line = "Where is its line?" if self.width > 1 else "What should arrive there?"
            return "zero", f"{who} gets nothing: its gradient is 0 at every point. {line}"
        return None

    def _sharp(self, i: int) -> list[Point]:
        return [p for p in self.points if p.is_sharp(i)]

    def _constant_ratio(self, i: int) -> Finding | None:
        sharp = self._sharp(i)
        if len(sharp) < min(ENOUGH, len(self.points)):
            return None
        c = _constant([p.given[i] / p.right[i] for p in sharp])
        if not c or not all(matches(p.given[i], c * p.right[i], abs(c) * p.error[i]) for p in self.points):
            return None
        of = self._of(i)
        everywhere = f"at all {len(self.points)} points"
        if near(c, -1.0):
            return (
                "sign",
                f"The gradient {of}has the right size and the wrong sign {everywhere}. Is there a"
                " minus too many, or one too few?",
            )
        named = constant_named(c)
        guess = "Where does that factor come from?"
        if c in (0.5, 2.0) or near(c, 0.5) or near(c, 2.0):
            guess = "Did you forget the 2?" if c < 1.0 else "Is there a 2 too many?"
        elif "ln" in named:
            guess = "Is it the rule for another base of the logarithm?"
        elif near(c, float(self.width)) or near(c, float(len(self.points[0].outs))):
            guess = "Is something to be divided by the number of terms?"
        elif near(1.0 / c, float(self.width)) or near(1.0 / c, float(len(self.points[0].outs))):
            guess = "Is it a mean where a sum was meant?"
        return "ratio", f"The gradient {of}is exactly {named} times the right one {everywhere}. {guess}"

    def _right_in_a_region(self, i: int) -> Finding | None:
        right = [p for p in self.points if p.is_right(i) and p.is_sharp(i)]
        wrong = [p for p in self.points if not p.is_right(i)]
        if len(right) < 3 or not wrong:
            return None
        for name, measure in self._measures(i):
            inside = sorted(map(measure, right))
            outside = sorted(map(measure, wrong))
            for sign, less, greater in ((1, "<", ">"), (-1, ">", "<")):
                low, high = (inside[-1], outside[0]) if sign > 0 else (outside[-1], inside[0])
                if low >= high:
                    continue
                border = _round_between(low, high)
                there = self._what_is_wrong(wrong, i)
                return (
                    "wrong_branch",
                    f"The gradient {self._of(i)}is right where {name} {less} {border}, and {there} where"
                    f" {name} {greater} {border}. What is the derivative there?",
                )
        return None

    def _measures(self, i: int) -> Iterator[tuple[str, Callable[[Point], float]]]:
        order = [i, *(k for k in range(self.width) if k != i)]
        for k in order:
            yield self.names[k], lambda p, k=k: p.xs[k]  # type: ignore[misc]
            yield f"|{self.names[k]}|", lambda p, k=k: abs(p.xs[k])  # type: ignore[misc]
        if self.scalar:
            yield "out", lambda p: p.outs[0]
            yield "|out|", lambda p: abs(p.outs[0])
        for k in order:
            for j in order:
                if k < j:
                    name = f"{self.names[k]} - {self.names[j]}"
                    yield name, lambda p, k=k, j=j: p.xs[k] - p.xs[j]  # type: ignore[misc]
                    yield f"|{name}|", lambda p, k=k, j=j: abs(p.xs[k] - p.xs[j])  # type: ignore[misc]
                    name = f"{self.names[k]} * {self.names[j]}"
                    yield name, lambda p, k=k, j=j: p.xs[k] * p.xs[j]  # type: ignore[misc]

    def _what_is_wrong(self, wrong: Sequence[Point], i: int) -> str:
        if all(p.given[i] == 0.0 for p in wrong):
            return "0"
        if all(matches(p.given[i], -p.right[i], p.error[i]) for p in wrong):
            return "has the wrong sign"
        if all(math.fabs(p.right[i]) <= p.error[i] for p in wrong):
            return "not 0 as it should be"
        return "wrong"

    def _passed_through(self, i: int) -> Finding | None:
        of = self._of(i)
        if all(near(p.given[i], math.fsum(p.gs)) for p in self.points):
            what = (
                "g, the upstream gradient, unchanged"
                if self.scalar
                else "the plain sum of the upstream gradients"
            )
            return "pass_through", f"The gradient {of}is {what}. Where is the function's own derivative?"
        elementwise = self.width == len(self.points[0].outs)
        if elementwise and all(near(p.given[i], p.gs[i]) for p in self.points):
            return (
                "pass_through",
                f"The gradient {of}is the upstream gradient at the same position, unchanged. Where is the"
                " function's own derivative?",
            )
        return None

    def _elsewhere(self, i: int) -> Finding | None:
        """The right rule, computed at the wrong point."""
        of = self._of(i)
        if self._is_partial_at(i, lambda p: [-x if k == i else x for k, x in enumerate(p.xs)]):
            return (
                "at_negated_input",
                f"This is, exactly, the derivative {of}at -{self.names[i]}. Is a sign reversed, or a"
                " condition?",
            )
        if self.scalar and self._is_partial_at(
            i, lambda p: [p.outs[0] if k == i else x for k, x in enumerate(p.xs)]
        ):
            return (
                "at_output",
                f"This is, exactly, the derivative {of}taken at out; it belongs at {self.names[i]}. Has"
                " the function been applied twice?",
            )
        if self.width > 1 and self._is_partial_at(i, lambda p: [-x for x in p.xs]):
            return (
                "at_negated_input",
                f"This is the derivative {of}at the negated inputs. Is a sign reversed?",
            )
        for k in range(self.width):
            if k != i and self._is_partial_at(
                i,
                lambda p, k=k: [p.xs[k] if m == i else x for m, x in enumerate(p.xs)],  # type: ignore[misc]
            ):
                return (
                    "swapped_inputs",
                    f"The gradient {of}would be right if {self.names[i]} were {self.names[k]}: has one"
                    " been written for the other?",
                )
        return None

    def _is_partial_at(self, i: int, moved: Callable[[Point], list[float]]) -> bool:
        fits = said = 0
        for p in self.points:
            outs = self.outputs(moved(p))
            if len(outs) != len(p.outs) or not all(map(isfinite, outs)):
                continue
            found = self.partial(moved(p), i, p.gs)
            if found.kind not in ("smooth", "weak"):
                continue
            if not matches(p.given[i], found.value, found.tolerance):
                return False
            fits += 1
            said += math.fabs(found.value) > 10.0 * found.tolerance
            if fits >= 3 * ENOUGH and said >= ENOUGH:
                break
        return said >= ENOUGH or (said >= 2 and fits >= 2 * ENOUGH)

    def _local(self, i: int) -> list[tuple[Point, float, float]]:
        """(point, its partial derivative by the rule, the right one), where both can be told."""
        if not self.scalar:
            return []
        return [(p, p.given[i] / p.gs[0], p.right[i] / p.gs[0]) for p in self._sharp(i)]

    def _inverted(self, i: int) -> Finding | None:
        local = self._local(i)
        if len(local) < ENOUGH:
            return None
        c = _constant([mine * right for _, mine, right in local])
        if c is None or c == 0.0 or _constant([right for _, _, right in local]) is not None:
            return None
        return (
            "inverted",
            f"The gradient {self._of(i)}multiplies where it should divide: its partial derivative is"
            + (" one over the right one." if near(c, 1.0) else " in inverse proportion to the right one.")
            + " What is to be divided by what?",
        )

    def _in_terms_of_the_input(self, i: int) -> Finding | None:
        """tan' = 1 + out**2, written 1 + x**2."""
        local = self._local(i)
        if len(local) < ENOUGH:
            return None
        message = (
            f"The gradient {self._of(i)}would be right if {self.names[i]} were out: did you mean the"
            " output where you wrote the input?"
        )
        for _, compute in IN_THE_OUTPUT:
            try:
                c = _constant([right / compute(p.outs[0]) for p, _, right in local])
            except (ArithmeticError, ValueError):
                continue
            if c is None:
                continue
            try:
                if all(near(mine, c * compute(p.xs[i])) for p, mine, _ in local):
                    return "at_input", message
            except (ArithmeticError, ValueError):
                continue
        if self.width == 1 and self._is_partial_where_f_is_x(local):
            return "at_input", message
        return None

    def _is_partial_where_f_is_x(self, local: Sequence[tuple[Point, float, float]]) -> bool:
        """Whether the answer is f' at the y with f(y) = x, found by bisection."""
        grid = [-9.0 + 0.25 * k for k in range(73)]
        values = [(t, self.outputs([t])) for t in grid]
        known = [(t, y[0]) for t, y in values if len(y) == 1 and isfinite(y[0])]
        fits = 0
        for p, mine, _ in local[: 3 * ENOUGH]:
            x = p.xs[0]
            roots = []
            for (a, low), (b, high) in pairwise(known):
                if (low - x) * (high - x) < 0.0:
                    roots.append(self._bisect(x, a, b, low))
            partials = [self.partial([y], 0, [1.0]) for y in roots[:4]]
            smooth = [s.value for s in partials if s.kind in ("smooth", "weak")]
            if not smooth:
                continue
            if not any(near(mine, s, slack=1e-5) for s in smooth):
                return False
            fits += 1
        return fits >= ENOUGH

    def _bisect(self, target: float, a: float, b: float, low: float) -> float:
        for _ in range(60):
            half = 0.5 * (a + b)
            y = self.outputs([half])
            if len(y) != 1:
                break
            if (y[0] - target) * (low - target) > 0.0:
                a = half
            else:
                b = half
        return 0.5 * (a + b)

    def _bases(self, i: int, points: Sequence[Point]) -> list[tuple[str, list[float]]]:
        """What a formula may be made of, and its value at each point: the input itself, the output, the
        others, and how they stand to each other. The plainest first.
        """
        n, names = self.width, self.names
        order = [i, *(k for k in range(n) if k != i)][:4]
        bases = [(names[k], [p.xs[k] for p in points]) for k in order]
        if self.scalar:
            bases.insert(1, ("out", [p.outs[0] for p in points]))
        elif self._square():
            bases.insert(1, (f"out[{i}]", [p.outs[i] for p in points]))
        if n > 1:
            bases.append(("(the sum of squares)", [math.fsum(x * x for x in p.xs) for p in points]))
            bases.append(("(the sum of inputs)", [math.fsum(p.xs) for p in points]))
        if n in (2, 3, 4):
            for k in range(n):
                for j in range(k + 1, n):
                    a, b = names[k], names[j]
                    pairs = [(p.xs[k], p.xs[j]) for p in points]
                    bases.append((f"({a}**2 + {b}**2)", [x * x + y * y for x, y in pairs]))
                    if n < 4:
                        bases.append((f"({a} + {b})", [x + y for x, y in pairs]))
                        bases.append((f"({a} - {b})", [x - y for x, y in pairs]))
                        bases.append((f"({a} * {b})", [x * y for x, y in pairs]))
                        bases.append((f"({a}/{b})", [x / y if y else nan for x, y in pairs]))
        return bases

    def _square(self) -> bool:
        """Whether there are as many outputs as inputs, so that each input has an output of its own."""
        return not self.scalar and self.width == len(self.points[0].outs)

    def _ratios(self, i: int) -> tuple[list[Point], list[float]]:
        """Where the right gradient is known well and the rule's is not 0: rule's / right."""
        points = [p for p in self._sharp(i) if p.given[i] != 0.0]
        if len(points) < 0.8 * len(self._sharp(i)):
            return [], []
        return points, [p.given[i] / p.right[i] for p in points]

    def _one_factor(self, i: int) -> Finding | None:
        return self._right_times(i, 1, ROUND)

    def _one_factor_and_a_constant(self, i: int) -> Finding | None:
        return self._right_times(i, 1)

    def _two_factors(self, i: int) -> Finding | None:
        return self._right_times(i, 2)

    def _right_times(self, i: int, most: int, constants: Sequence[float] = ()) -> Finding | None:
        points, ratios = self._ratios(i)
        if not points:
            return None
        found = product(ratios, atoms(self._bases(i, points)), most, constants)
        if found is None or not found.factors:
            return None
        return "extra_factor", self._too_much(i, found.factors, found.constant)

    def _too_much(self, i: int, factors: Sequence[tuple[str, float]], c: float) -> str:
        def written(chosen: Sequence[tuple[str, float]]) -> str:
            return " * ".join(t if abs(p) == 1.0 else f"{t}**{abs(p):g}" for t, p in chosen)

        above = [(t, p) for t, p in factors if p > 0]
        below = [(t, p) for t, p in factors if p < 0]
        parts = []
        if not near(abs(c), 1.0):
            parts.append(f"times {constant_named(abs(c))}")
        if c < 0:
            parts.append("with the other sign")
        if above:
            parts.append(f"times {written(above)}")
        if below:
            parts.append(f"divided by {written(below)}")
        question = "Is that factor one too many?" if above and not below else "Is a factor missing?"
        if above and below:
            question = "Is one factor written where the other was meant?"
        return f"The gradient {self._of(i)}is exactly the right one {', '.join(parts)}. {question}"

    def _one_factor_for_another(self, i: int) -> Finding | None:
        """(1 + out) where (1 - out) was meant."""
        points, ratios = self._ratios(i)
        if len(points) < 2 * ENOUGH:
            return None
        for name, values in self._bases(i, points):
            known = atoms([(name, values)])[:NEARBY]
            for above in known:
                for below in known:
                    if above is below:
                        continue
                    quotient = [a - b for a, b in zip(above.logs, below.logs, strict=True)]
                    logs = [math.log(abs(r)) for r in ratios]
                    if all(abs(q - r) < EXACT for q, r in zip(quotient, logs, strict=True)):
                        c = math.copysign(1.0, ratios[0])
                        c = -c if above.negative[0] != below.negative[0] else c
                        return "extra_factor", self._too_much(i, [(above.text, 1.0), (below.text, -1.0)], c)
        return None

    def _no_derivative(self, i: int) -> Finding | None:
        local = self._local(i)
        if len(local) < ENOUGH:
            return None
        of = self._of(i)
        c = _constant([mine for _, mine, _ in local])
        if c is not None:
            return (
                "not_the_derivative",
                f"The partial derivative {of}is {constant_named(c)} everywhere. Is the derivative of this"
                " function a constant?",
            )
        for text, values in self._bases(i, [p for p, _, _ in local]):
            for pattern, compute in PLAIN:
                try:
                    fits = all(near(mine, compute(v)) for (_, mine, _), v in zip(local, values, strict=True))
                except (ArithmeticError, ValueError):
                    continue
                if fits:
                    return (
                        "not_the_derivative",
                        f"The partial derivative {of}is just {pattern.replace('{}', text)}. Is that the"
                        " derivative of the function?",
                    )
        return None

    def _some_formula(self, i: int) -> Finding | None:
        """When nothing else is known: what the partial derivative is, at least."""
        local = [(p, mine) for p, mine, _ in self._local(i) if mine != 0.0]
        if len(local) < 2 * ENOUGH:
            return None
        found = product([mine for _, mine in local], atoms(self._bases(i, [p for p, _ in local])))
        if found is None:
            return None
        return (
            "not_the_derivative",
            f"The partial derivative {self._of(i)}is {found}. Is that the derivative of the function?",
        )

    def _other_function(self, i: int) -> Finding | None:
        if not self.scalar:
            return None
        for k in [i, *(k for k in range(self.width) if k != i)]:
            for name, compute in ONE_OPERAND:
                if self._fits(i, lambda p, k=k, compute=compute: compute(p.xs[k])):  # type: ignore[misc]
                    written = name if self.width == 1 else f"{name}, with {self.names[k]} for x"
                    return "other_rule", self._belongs_to(i, written)
        if self.width == 2:
            for name, pair in TWO_OPERANDS:
                if self._fits(i, lambda p, pair=pair: pair(*p.xs)[i]):  # type: ignore[misc]
                    return "other_rule", self._belongs_to(i, name)
            if self._fits(i, lambda p: self._exchanged_partial(p, i)):
                return "other_rule", self._belongs_to(i, "the function with its inputs exchanged, f(b, a)")
        return None

    def _belongs_to(self, i: int, name: str) -> str:
        return f"The gradient {self._of(i)}is, exactly, that of {name}. Is it another function's rule?"

    def _exchanged_partial(self, p: Point, i: int) -> float:
        """d f(b, a) / d (input i)."""
        found = self.partial(p.xs[::-1], 1 - i, [1.0])
        return found.value if found.kind in ("smooth", "weak") else nan

    def _fits(self, i: int, partial: Callable[[Point], float]) -> bool:
        """Whether the rule gives this partial derivative, wherever that has a value."""
        tried = 0
        for p in self.points:
            try:
                expected = partial(p) * p.gs[0]
            except (ArithmeticError, ValueError):
                continue
            if isinstance(expected, complex) or not isfinite(expected):
                continue
            tried += 1
            if not matches(p.given[i], expected, 0.0):
                return False
        return tried >= ENOUGH

    # --- a term too few or too many ---

    def _one_term(self, i: int) -> Finding | None:
        """right - given is plus or minus something that one can write down."""
        found = self._gap(i, (1.0, -1.0)) if self.scalar else self._gap_of_several(i)
        if found is None:
            return None
        what = "a term is missing" if not self.scalar or found.constant > 0.0 else "there is a term too many"
        return (
            "missing_term",
            f"The gradient {self._of(i)}is the right one but for one term: {what}. Which part of the sum"
            " (or of the product rule) is it?",
        )

    def _a_multiple_of_one_term(self, i: int) -> Finding | None:
        found = self._gap(i, ()) if self.scalar else None
        if found is None:
            return None
        what = " * ".join(text for text, _ in found.factors)
        made_of = f" made of {what}" if what else ", a constant"
        return (
            "missing_term",
            f"The gradient {self._of(i)}differs from the right one by one term{made_of}. Is it missing, or"
            " has it the wrong sign, or the wrong coefficient?",
        )

    def _gap(self, i: int, constants: Sequence[float]) -> Product | None:
        points = self._resolved(i)
        gaps = [(p.right[i] - p.given[i]) / p.gs[0] for p in points]
        if len(points) < 2 * ENOUGH:
            return None
        bases = self._bases(i, points)
        if constants:
            bases = bases[: self.width + 1]  # the inputs and the output themselves
        known = atoms(bases)
        found = product(gaps, known, constants=constants)
        if found is None and not constants:
            for name, values in bases[: self.width + 1]:
                for power in (1.0, -1.0):
                    if any(v == 0.0 for v in values):
                        continue
                    rest = [gap * v**-power for gap, v in zip(gaps, values, strict=True)]
                    found = product(rest, known)
                    if found is not None:
                        return Product(found.constant, ((name, power), *found.factors))
        return found

    def _resolved(self, i: int) -> list[Point]:
        """Where the difference is large enough to be known to six digits."""
        return [p for p in self._sharp(i) if math.fabs(p.right[i] - p.given[i]) * EXACT > p.error[i]]

    def _gap_of_several(self, i: int) -> Product | None:
        """Of a function with several outputs: the terms that bind the outputs together."""
        points = self._resolved(i)
        if len(points) < 2 * ENOUGH:
            return None
        sums: list[tuple[str, Callable[[Point], float]]] = [
            ("sum of g", lambda p: math.fsum(p.gs)),
            ("sum of g * out", lambda p: math.fsum(map(times, p.gs, p.outs))),
        ]
        if self._square():
            sums.append(("sum of g * input", lambda p: math.fsum(map(times, p.gs, p.xs))))
        sums += [(f"g[{j}]", lambda p, j=j: p.gs[j]) for j in range(len(points[0].outs))]  # type: ignore[misc]
        known = atoms(self._bases(i, points))
        for name, total in sums:
            rest = [(p.right[i] - p.given[i]) / (total(p) or nan) for p in points]
            found = product(rest, known)
            if found is not None:
                return Product(found.constant, ((name, 1.0), *found.factors))
        return None


# --- small helpers ----------------------------------------------------------------------------------


def _own(row: Sequence[float], i: int) -> int | None:
    return i


def _last_use(row: Sequence[float], i: int) -> int | None:
    used = [j for j, partial in enumerate(row) if partial != 0.0]
    return used[-1] if used else None


def _first_use(row: Sequence[float], i: int) -> int | None:
    used = [j for j, partial in enumerate(row) if partial != 0.0]
    return used[0] if used else None


def _constant(numbers: Sequence[float]) -> float | None:
    """The number they all are, if they all are one."""
    if not numbers or not all(map(isfinite, numbers)):
        return None
    c = middle(numbers)
    return c if all(near(x, c) for x in numbers) else None


def _round_between(low: float, high: float) -> str:
    """The roundest number between two: where a person would have put the border."""
    for border in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0, 0.5, -0.5, 4.0, 5.0):
        if low <= border <= high:
            return f"{border:g}"
    return f"{0.5 * (low + high):.2g}"


def _and(words: Iterable[str]) -> str:
    several = list(words)
    if len(several) < 2:
        return "".join(several)
    return ", ".join(several[:-1]) + " and " + several[-1]
