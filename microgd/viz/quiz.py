"""The quiz of a film: what a reader is told about an answer. quiz.js asks, judges and keeps the score.

The mistakes have the keys and the words of the gradient checker, in `check.diagnosis`. Here each one gets a
hint as well. The page has these texts once, as data.
"""

from __future__ import annotations

from ..check.diagnosis import KEYS

HINTS = {
    "sign": "Which sign has the partial, and which has the upstream gradient?",
    "missing_upstream": "That is the partial alone. Multiply it by the upstream gradient.",
    "pass_through": "Multiply it by the partial.",
    "upstream_twice": "One factor is the partial, the other the upstream gradient.",
    "swapped_inputs": "That number is for another operand. Which one belongs to which?",
    "inverted": "Or it divides where it should multiply. Which of the two is the partial?",
    "ratio": "Is there a factor too many, or is the decimal point at another place?",
    "only_last_use": "The value is used more than once: what comes from each use is added up (+=).",
    "zero": "Does a change of this operand leave the result as it is?",
}
"""What to think of next, for each mistake that the quiz knows."""


def texts() -> dict[str, str]:
    """What is said about an answer, by the key of the mistake."""
    said = {key: f"Not yet: {KEYS[key]}. {hint}" for key, hint in HINTS.items()}
    return {
        **said,
        "ok": "Right.",
        "total": "Not yet: that is the sum after this step. How much is added to it now?",
        "not_a_number": "Type a number, or a product such as 3 * -0.25.",
        "unknown": "Not yet. A contribution is the partial times the upstream gradient.",
    }
