"""KNOWN: the mistakes in optimizers that have a name, each as a `Rule` with one place changed.

It uses `updates`. The modules `decay`, `momentum`, `means`, `relatives` and `steps` put their mistakes
in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    Options = dict[str, Any]
    Shows = Callable[[Options], bool]

SGD, ADAM, MEANS = ("sgd",), ("adam", "adamw"), ("adam", "adamw", "rmsprop", "adagrad")
ALL = ("sgd", *MEANS)


class Known(NamedTuple):
    """A known mistake: in which kinds, with which options it can show at all, what to say, and the rule."""

    kinds: tuple[str, ...]
    shows: Shows
    message: str
    rule: type[Rule]


KNOWN: dict[str, Known] = {}
"""The mistakes by their key. If two explain the same numbers, the first one is named."""


def always(o: Options) -> bool:
    """A mistake that shows with any options."""
    return True


def momentum(o: Options) -> bool:
    """A mistake that shows with momentum."""
    return bool(o.get("momentum"))


def no_momentum(o: Options) -> bool:
    """A mistake that has another name with momentum."""
    return not o.get("momentum")


def decay(o: Options) -> bool:
    """A mistake that shows with weight decay."""
    return bool(o["weight_decay"])


def known(
    key: str, kinds: tuple[str, ...], message: str, shows: Shows = always
) -> Callable[[type[Rule]], type[Rule]]:
    """The decorated rule is a known mistake."""

    def kept(rule: type[Rule]) -> type[Rule]:
        KNOWN[key] = Known(kinds, shows, message, rule)
        return rule

    return kept


def with_options(
    key: str, kinds: tuple[str, ...], message: str, shows: Shows, changed: Callable[[Options], Options]
) -> None:
    """A mistake that is the right rule with other options."""

    class Other(Rule):
        def prepare(self) -> None:
            super().prepare()
            self.o.update(changed(self.o))

    KNOWN[key] = Known(kinds, shows, message, Other)
