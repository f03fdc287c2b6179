"""What does a scan look like in a browser? One file, gaps first, searchable, no request to anybody.

The file may be opened from a disk or kept as a build's artefact: its policy allows our own style
and our own script, by their digests, and nothing else. Sums are plain HTML; findings one by one are
data that the script draws, so that a fleet of 20,000 functions still opens at once.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.checklist import Checklist, Score
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.sighting import Sighting, Tally
from trimtab.report.render import TEMPLATES, page_style, render
from trimtab.report.scan_checklist import checklist_row
from trimtab.report.scan_data import scan_data, shown
from trimtab.report.scan_sums import SEVERITIES, PolicyCard, add_up, gravity

GAP_ROWS = 12
"""Rows of gaps that are seen at once."""
GAP_ROWS_AT_ALL = 200
"""Rows of gaps in plain HTML; every gap stands in the list at the end."""
NAMES = 50
"""Functions and places named in one of these rows."""
WORST = 10
"""Functions, and savings, that are called the worst."""
BARS = 12
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


def scan_page(
    sightings: Sequence[Sighting],
    *,
    gaps: Iterable[Gap],
    left_out: Sequence[LeftOut],
    sums: Tally,
    policies: Sequence[PolicyCard],
    checklists: Sequence[tuple[Checklist, Sequence[Score]]] = (),
    now: datetime,
) -> str:
    """Render the whole page. `policies` are all that were judged by."""
    style, script = _file("scan.css"), _file("scan.js")
    outside = tuple(gaps)
    found = add_up(sightings, policies)
    rows = _gaps([*outside, *(gap for sighting in sightings for gap in sighting.gaps)])
    known = [one for one in found.offenders if one.usd_month is not None]
    dearest = sorted(known, key=lambda one: (-(one.usd_month or 0), gravity(one.findings)))
    return render(
        "scan.html.j2",
        content_security_policy=_policy((page_style(), style), script),
        style=style,
        script=script,
        data=scan_data(sightings, outside, policies),
        gaps=rows[:GAP_ROWS],
        other_gaps=rows[GAP_ROWS:GAP_ROWS_AT_ALL],
        left_gaps=max(0, len(rows) - GAP_ROWS_AT_ALL),
        names=NAMES,
        left_out=left_out,
        sums=sums,
        found=found,
        names_of={sighting.target.account: sighting.account_name for sighting in sightings},
        severities=SEVERITIES,
        shown=shown,
        worst=found.offenders[:WORST],
        dearest=dearest[:WORST],
        most_bars=BARS,
        most_savings=WORST,
        checklists=[checklist_row(one, scores) for one, scores in checklists],
        now=now,
    )


def _gaps(gaps: Iterable[Gap]) -> tuple[GapRow, ...]:
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


def _policy(styles: Iterable[str], script: str) -> str:
    allowed = " ".join(_digest(style) for style in styles)
    return (
        f"default-src 'none'; style-src {allowed}; script-src {_digest(script)}; "
        "form-action 'none'; base-uri 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _file(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
