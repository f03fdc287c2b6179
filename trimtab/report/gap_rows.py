"""Which gaps have one reason? A row for each reason, with the places where it was met."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from trimtab.domain.fleet import Gap
from trimtab.report.scan_data import shown

FUNCTION, ACCOUNT = "(the function)", "(the account)"
"""What stands for a name in the reason of a gap, so that gaps of one reason are one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """Gaps that differ in nothing but where they are."""

    what: str
    error: str
    accounts: int
    functions: int
    """0: something larger than a function."""
    places: tuple[str, ...]
    """Account, region and function of each, as far as there is room."""


def fold_gaps(gaps: Iterable[Gap]) -> tuple[GapRow, ...]:
    """Fold gaps of one reason; what is larger than one function comes first, then the largest."""
    alike: dict[tuple[str, str, bool], list[Gap]] = {}
    for gap in gaps:
        is_larger = gap.function is None
        alike.setdefault((gap.what, shown(_reason(gap)), is_larger), []).append(gap)
    rows = [
        GapRow(
            what=what,
            error=error,
            accounts=len({gap.account for gap in found}),
            functions=0 if is_larger else len({gap.function for gap in found}),
            places=tuple(dict.fromkeys(_place(gap) for gap in found)),
        )
        for (what, error, is_larger), found in alike.items()
    ]
    return tuple(sorted(rows, key=lambda row: (bool(row.functions), -len(row.places))))


def _place(gap: Gap) -> str:
    return " ".join(part for part in (gap.account, gap.region, _name(gap)) if part)


def _name(gap: Gap) -> str:
    return "" if gap.function is None else gap.function.rpartition(":")[2]


def _reason(gap: Gap) -> str:
    """Return the error without the names that would make each one another."""
    error = gap.error
    for name, instead in ((_name(gap), FUNCTION), (gap.account, ACCOUNT)):
        if name and name in error:
            error = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", instead, error)
    return error
