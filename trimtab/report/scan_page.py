"""What does a scan look like in a browser? One file, gaps first, searchable, no request to anybody.

The file may be opened from a disk or kept as a build's artefact: its policy allows our own style
and our own script, by their digests, and nothing else. Sums are plain HTML; findings one by one are
data that the script draws, so that a fleet of 20,000 functions still opens at once.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from trimtab.domain.checklist import Checklist, Score
from trimtab.domain.fleet import Gap, LeftOut
from trimtab.domain.sighting import Sighting, Tally
from trimtab.report.gap_rows import fold_gaps
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
    rows = fold_gaps([*outside, *(gap for sighting in sightings for gap in sighting.gaps)])
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
        checklist_jumps=tuple((f"checklist-{one.id}", one.title) for one, _ in checklists),
        checklists=[checklist_row(one, scores) for one, scores in checklists],
        now=now,
    )


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
