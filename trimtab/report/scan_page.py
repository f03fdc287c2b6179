"""What does a scan look like in a browser? One file, gaps first, searchable, no request to anybody.

The file may be opened from a disk or kept as a build's artefact: its policy allows our own style
and our own script, by their digests, and nothing else.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.checklist import Checklist, Point, PointState, Score, of_point
from trimtab.domain.checklist import titles as point_titles
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.sighting import Line, Sighting, Tally
from trimtab.report.render import TEMPLATES, page_style, render


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account in figures."""

    account: str
    name: str
    functions: int
    gaps: int
    findings: Mapping[str, int]
    """By policy."""
    unknown: Mapping[str, int]
    """Verdicts that stayed open, by policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """Gaps that differ in nothing but the function."""

    account: str
    region: str
    what: str
    error: str
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    """One checklist over all functions."""

    title: str
    met: int
    judged: int
    points: tuple[tuple[Point, tuple[int, ...]], ...]
    """Each with how many functions meet it, miss it, are unknown, and have no such thing."""
    functions: tuple[tuple[Score, tuple[str, ...], tuple[str, ...]], ...]
    """Each with the points it misses and those that are unknown; most missing first."""


def scan_page(
    sightings: Sequence[Sighting],
    *,
    gaps: Iterable[Gap],
    left_out: Sequence[LeftOut],
    sums: Tally,
    titles: Mapping[str, str],
    checklists: Sequence[tuple[Checklist, Sequence[Score]]] = (),
    now: datetime,
) -> str:
    """Render the whole page. `titles` names every policy, by id, in the order of the columns."""
    style, script = _file("scan.css"), _file("scan.js")
    lines = [line for sighting in sightings for line in sighting.lines]
    return render(
        "scan.html.j2",
        content_security_policy=_policy((page_style(), style), script),
        style=style,
        script=script,
        gaps=_gaps([*gaps, *(gap for sighting in sightings for gap in sighting.gaps)]),
        left_out=left_out,
        sums=sums,
        accounts=_accounts(sightings),
        titles=titles,
        of_policy=_of_policy(lines),
        checklists=[_checklist_row(checklist, found) for checklist, found in checklists],
        findings=sorted(
            (one for one in lines if one.assessment is Assessment.NON_COMPLIANT),
            key=lambda one: (not one.is_finding, -one.severity.rank),
        ),
        now=now,
    )


def _checklist_row(checklist: Checklist, found: Sequence[Score]) -> ChecklistRow:
    return ChecklistRow(
        title=checklist.title,
        met=sum(one.met for one in found),
        judged=sum(one.judged for one in found),
        points=tuple(
            (point, of_point(found, number)) for number, point in enumerate(checklist.points)
        ),
        functions=tuple(
            (
                one,
                point_titles(checklist, one, PointState.MISSING),
                point_titles(checklist, one, PointState.UNKNOWN),
            )
            for one in sorted(found, key=lambda one: (one.met - one.judged, one.function))
        ),
    )


def _gaps(gaps: Iterable[Gap]) -> tuple[GapRow, ...]:
    """Fold gaps of one reason, and name every function; what is larger than one comes first."""
    functions: dict[tuple[str, str, str, str], list[str]] = {}
    for gap in gaps:
        named = functions.setdefault((gap.account, gap.region, gap.what, gap.error), [])
        named += [] if gap.function is None else [gap.function]
    rows = [
        GapRow(account=account, region=region, what=what, error=error, functions=tuple(named))
        for (account, region, what, error), named in functions.items()
    ]
    return tuple(sorted(rows, key=lambda row: bool(row.functions)))


def _accounts(sightings: Sequence[Sighting]) -> tuple[AccountRow, ...]:
    by_account: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_account.setdefault(sighting.target.account, []).append(sighting)
    return tuple(
        AccountRow(
            account=account,
            name=seen[0].account_name,
            functions=sum(sighting.functions for sighting in seen),
            gaps=sum(len(sighting.gaps) for sighting in seen),
            findings=Counter(
                line.policy_id for sighting in seen for line in sighting.lines if line.is_finding
            ),
            unknown=Counter(
                line.policy_id
                for sighting in seen
                for line in sighting.lines
                if line.assessment is Assessment.INSUFFICIENT_DATA
            ),
        )
        for account, seen in sorted(by_account.items())
    )


def _of_policy(lines: Sequence[Line]) -> Mapping[str, Mapping[str, int]]:
    """Return policy -> 'findings', 'suppressed' or an assessment -> how many."""
    found: dict[str, Counter[str]] = {}
    for line in lines:
        word = line.assessment.value
        if line.assessment is Assessment.NON_COMPLIANT:
            word = "findings" if line.is_finding else "suppressed"
        found.setdefault(line.policy_id, Counter())[word] += 1
    return found


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
