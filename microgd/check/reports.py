"""What gradcheck found: a `Row` for each gradient, the `Report` of all, and the error that carries it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .derivative import Derivative
    from .diagnosis import Diagnosis

WELL = frozenset(
    ("ok", "ok_weak", "coarse", "kink", "jump", "infinite", "edge", "undefined")
)  # not a failure


class Row(NamedTuple):
    """One input's gradient, and what was measured there."""

    input: str
    order: int
    yours: float
    measured: Derivative
    verdict: str
    note: str = ""

    @property
    def remark(self) -> str:
        """What the verdict cannot say in a word."""
        if self.note:
            return self.note
        plain = self.verdict in ("ok", "ok_weak", "coarse", "wrong")
        return "" if plain and self.measured.kind != "kink" else self.measured.describe()


class Report:
    """The outcome of `gradcheck`: true when all is well, and printed as a table.

    rows      one `Row` for each input (and, with order=2, for each second derivative)
    failures  a sentence for everything else that is wrong: not deterministic, not linear, ...
    named     by the name of each `autograd.Function` with a wrong backward, the `Diagnosis` of it
    """

    def __init__(
        self, rows: Sequence[Row], failures: Sequence[str] = (), named: Mapping[str, Diagnosis] | None = None
    ) -> None:
        self.rows = list(rows)
        self.failures = list(failures)
        self.named = dict(named or {})

    def __bool__(self) -> bool:
        return not self.failures and all(row.verdict in WELL for row in self.rows)

    @property
    def wrong(self) -> list[Row]:
        """The rows whose gradient is wrong."""
        return [row for row in self.rows if row.verdict not in WELL]

    def __str__(self) -> str:
        table = [["input", "yours", "measured", "± can be seen", "verdict", ""]]
        for row in self.rows:
            name = row.input if row.order == 1 else f"{row.input} (2nd order)"
            seen = row.measured.tolerance
            table.append(
                [
                    name,
                    f"{row.yours:.10g}",
                    f"{row.measured.value:.10g}",
                    f"{seen:.1g}" if math.isfinite(seen) else "-",
                    row.verdict,
                    row.remark,
                ]
            )
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in table
        ]
        named = [f"{name}.backward: {diagnosis}" for name, diagnosis in self.named.items()]
        return "\n".join(lines + self.failures + named)

    __repr__ = __str__


class GradcheckError(RuntimeError):
    """Raised by `gradcheck` when something is wrong; `report` says what."""

    def __init__(self, report: Report) -> None:
        bad = len(report.wrong)
        parts = [f"{bad} of {len(report.rows)} gradients are wrong"] if bad else []
        parts += ["backward does not behave like a derivative"] if report.failures else []
        super().__init__(f"{' and '.join(parts)}:\n{report}")
        self.report = report
