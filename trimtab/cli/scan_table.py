"""How does a scan look in a terminal? Gaps by reason first, then sums, then what was found."""

from collections.abc import Iterable, Sequence

from trimtab.cli.console import print_table, say
from trimtab.cli.scan_places import Survey
from trimtab.domain.checklist import Checklist, of_point, scores
from trimtab.domain.finding import last_day
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting, Tally
from trimtab.report import figures, words
from trimtab.report.gap_rows import GapRow, fold_gaps
from trimtab.report.scan_sums import PolicyCard, Savings, ScanSums, add_up

GAP_ROWS = 12
"""Reasons that are named; chosen: as many as fit above the sums. JSON and CSV have every gap."""
PLACES = 2
"""Places that are named of each."""


def print_scan(
    seen: Sequence[Sighting], found: Survey, sums: Tally, cards: Sequence[PolicyCard]
) -> None:
    """Print everything but the checklists."""
    say_gaps([*found.gaps, *(gap for sighting in seen for gap in sighting.gaps)])
    for one in found.left_out:
        say(f"left out: account {one.account}: {words.inert(one.reason)}")
    say()
    for line in _sums(sums):
        say(line)
    added = add_up(seen, cards)
    for line in _savings(added.savings):
        say(line)
    _print_policies(added)
    lines = [line for sighting in seen for line in sighting.lines]
    _print_findings([line for line in lines if line.is_finding])
    _print_suppressed([line for line in lines if line.suppressed_until is not None])


def say_gaps(
    gaps: Sequence[Gap],
    *,
    called: tuple[str, str] = ("gap", "gaps"),
    note: str = "what is not known",
) -> None:
    """Say what is not known: a line for each reason, what is larger than a function first."""
    rows = fold_gaps(gaps)
    folded = f", {words.count(len(rows), 'reason')}" * (len(rows) < len(gaps))
    say(words.count(len(gaps), *called) + f"{folded}: {note}" * bool(gaps))
    for row in rows[:GAP_ROWS]:
        say(f"  {_where(row)}: {words.inert(row.what)}: {row.error}")
    left = len(rows) - GAP_ROWS
    if left > 0:
        say(f"  and {words.count(left, 'other reason')}: JSON has every gap")


def _where(row: GapRow) -> str:
    if len(row.places) == 1:
        return row.places[0]
    many = (
        words.count(row.functions, "function")
        if row.functions
        else words.count(len(row.places), "place")
    )
    accounts = words.count(row.accounts, "account")
    return f"{many} in {accounts}, such as {', '.join(row.places[:PLACES])}"


def _sums(sums: Tally) -> tuple[str, ...]:
    """Return the counts as sums that a person can redo."""
    return (
        f"{words.count(sums.accounts, 'account')}, {words.count(sums.targets, 'target')}, "
        f"{words.count(sums.functions, 'function')}, {words.count(sums.calls, 'AWS call')}",
        f"{words.count(sums.verdicts, 'verdict')} = {sums.compliant:,} compliant + "
        f"{sums.not_applicable:,} not applicable + "
        f"{sums.insufficient_data:,} insufficient data + "
        f"{words.count(sums.findings, 'finding')} + {sums.suppressed:,} suppressed",
    )


def _savings(found: Savings) -> tuple[str, ...]:
    if found.total is None:
        return ()
    return (
        f"possible saving by changes of {words.count(len(found.rows), 'function')}: "
        f"{words.saving(found.total)}, an estimate at list prices",
        words.allowed_now(found.allowed, len(found.allowed_rows)),
    )


def _print_policies(found: ScanSums) -> None:
    rows = [
        (
            one.card.severity.value,
            one.card.id,
            f"{one.findings:,}",
            f"{one.suppressed:,}",
            f"{one.insufficient_data:,}",
        )
        for one in found.policies
        if one.findings or one.suppressed or one.insufficient_data
    ]
    if rows:
        say()
        print_table(("severity", "policy", "findings", "suppressed", "unknown"), rows)


def _print_findings(lines: Iterable[Line]) -> None:
    rows = [(*_cells(line), _because(line)) for line in _gravest_first(lines)]
    if rows:
        say()
        print_table(("severity", "policy", "account", "region", "function", "because"), rows)


def _print_suppressed(lines: Iterable[Line]) -> None:
    rows = [
        (
            *_cells(line),
            "" if line.suppressed_until is None else last_day(line.suppressed_until).isoformat(),
            words.inert(line.suppressed_by),
            words.inert(line.suppressed_why),
            _because(line),
        )
        for line in _gravest_first(lines)
    ]
    if rows:
        say()
        say(f"suppressed: {words.count(len(rows), 'finding')} that an exemption covers")
        headings = ("severity", "policy", "account", "region", "function")
        print_table((*headings, "last day", "says", "why exempt", "because"), rows)


def _gravest_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: -line.severity.rank)


def _cells(line: Line) -> tuple[str, ...]:
    function = line.function
    place = (function.account, function.region, function.name)
    return (line.severity.value, line.policy_id, *place)


def _because(line: Line) -> str:
    return words.inert(figures.all_figures(line.because))


def print_checklists(seen: Sequence[Sighting], checklists: Sequence[Checklist]) -> None:
    """Print what the functions meet together, point by point."""
    for checklist in checklists:
        found = scores(checklist, seen)
        met, judged = sum(one.met for one in found), sum(one.judged for one in found)
        say()
        say(
            f"checklist {checklist.id}, {words.inert(checklist.title)}: "
            f"{met:,} of {words.count(judged, 'judged point')} met"
        )
        rows = [
            (words.inert(point.title), *(f"{n:,}" for n in of_point(found, number)))
            for number, point in enumerate(checklist.points)
            if point.not_checked is None
        ]
        print_table(("point", "met", "missing", "unknown", "not applicable"), rows)
        for point in checklist.points:
            if point.not_checked is not None:
                say(f"not checked: {words.inert(point.title)}: {words.inert(point.not_checked)}")
