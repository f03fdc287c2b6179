"""How does a scan go into a spreadsheet? A row for each gap, then for each finding (S23)."""

import csv
import io
from collections.abc import Iterable, Sequence

from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Sighting
from trimtab.report.sheet import cell

COLUMNS = (
    "what",
    "account",
    "region",
    "function",
    "policy",
    "severity",
    "why",
    "arn",
    "as_of",
    "saving_low_usd_month",
    "saving_high_usd_month",
    "not_proposed",
    "mode",
    "suppressed_until",
    "suppressed_why",
    "suppressed_by",
)


def scan_sheet(sightings: Sequence[Sighting], gaps: Iterable[Gap]) -> str:
    """Write gaps, findings and suppressed findings as CSV, a line each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for gap in gaps:
        writer.writerow([cell(value) for value in _gap(gap, "")])
    for sighting in sightings:
        for gap in sighting.gaps:
            writer.writerow([cell(value) for value in _gap(gap, sighting.as_of.isoformat())])
    for sighting in sightings:
        for row in _findings(sighting):
            writer.writerow([cell(value) if isinstance(value, str) else value for value in row])
    return out.getvalue()


def _gap(gap: Gap, as_of: str) -> tuple[str, ...]:
    function = "" if gap.function is None else gap.function.rpartition(":")[2]
    why = f"{gap.what}: {gap.error}"
    return (
        "gap",
        gap.account,
        gap.region,
        function,
        "",
        "",
        why,
        gap.function or "",
        as_of,
        *("",) * 7,
    )


def _findings(sighting: Sighting) -> Iterable[tuple[str | float, ...]]:
    for line in sighting.lines:
        if not line.is_finding and line.suppressed_until is None:
            continue
        yield (
            "finding" if line.is_finding else "suppressed",
            line.function.account,
            line.function.region,
            line.function.name,
            line.policy_id,
            line.severity.value,
            line.because,
            str(line.function),
            sighting.as_of.isoformat(),
            "" if line.saving is None else line.saving.low_usd_month,
            "" if line.saving is None else line.saving.high_usd_month,
            line.not_proposed,
            line.mode.value,
            "" if line.suppressed_until is None else line.suppressed_until.isoformat(),
            line.suppressed_why,
            line.suppressed_by,
        )
