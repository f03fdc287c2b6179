"""What did all the sightings say together, and how does the command end? Totals and exit code."""

from collections import Counter
from collections.abc import Iterable

from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Sighting, Tally
from trimtab.domain.terms import Severity

CLEAN, FINDINGS, GAPS = 0, 1, 2
"""Exit codes; 3 is bad usage."""


def tally(sightings: Iterable[Sighting], gaps: Iterable[Gap] = ()) -> Tally:
    """Add up; `gaps` are those of the Organization, before any target was opened."""
    seen = tuple(sightings)
    lines = [line for sighting in seen for line in sighting.lines]
    count = Counter(line.assessment for line in lines)
    found = Counter(line.severity.value for line in lines if line.is_finding)
    findings = sum(found.values())
    return Tally(
        accounts=len({sighting.target.account for sighting in seen}),
        targets=len(seen),
        functions=sum(sighting.functions for sighting in seen),
        compliant=count[Assessment.COMPLIANT],
        not_applicable=count[Assessment.NOT_APPLICABLE],
        insufficient_data=count[Assessment.INSUFFICIENT_DATA],
        findings=findings,
        suppressed=count[Assessment.NON_COMPLIANT] - findings,
        gaps=len(tuple(gaps)) + sum(len(sighting.gaps) for sighting in seen),
        calls=sum(sum(sighting.calls.values()) for sighting in seen),
        by_severity=dict(found),
    )


def exit_code(found: Tally, *, fail_on: Severity = Severity.INFORMATIONAL) -> int:
    """Return 2 when anything is unknown, whatever was found; 1 for findings of this severity or
    above; 0 when everything was read and nothing found.

    A scan that saw no target says nothing of any: that is no clean fleet.
    """
    if found.gaps or found.insufficient_data or not found.targets:
        return GAPS
    grave = sum(n for name, n in found.by_severity.items() if Severity(name).rank >= fail_on.rank)
    return FINDINGS if grave else CLEAN
