"""What did a change save, and what does its watch teach? Measured once, when the watch ends (S13).

What was measured is entered first and read from there ever after: however often the end of a watch
is gone through, it judges, tells and learns the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.domain.evidence import Evidence, Known, Unknown, value_or_none
from trimtab.domain.ledger import Entry
from trimtab.domain.memory_curve import MeasuredPoint
from trimtab.domain.price import gb_seconds
from trimtab.domain.realised import RealisedSaving, Side
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Baseline, Comparison, Figures, Health, Verification
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.figures import (
    WEEKS_BACK,
    ceil_to,
    figures_from,
    floor_to,
    period_for,
    queries_for,
)
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.signals.memory import why_not_trusted
from trimtab.ports import Clock, FunctionSource, Ledger, MemoryRecords, ReportFigures

ACTOR = "trimtab-watch"
MEASURED = "saving_measured"
FIGURE = "saving"

BY_LINES = "billed duration of the REPORT lines, init included"
BY_METRIC = "mean Duration metric x memory; init, which is billed too, is not in it"

LATE = timedelta(minutes=5)
"""How long the last figures of a span may take to arrive: metrics and lines come apart; chosen."""
LONGEST = timedelta(days=6)
"""At most so much of a watch is compared: the week before must end before the change; chosen."""
TIME_FOR_LINES = timedelta(seconds=150)
"""With less left the logs are not asked: two queries of a minute each at worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What measuring needs from outside."""

    source: FunctionSource
    ledger: Ledger
    memories: MemoryRecords
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A change at the end of its watch."""

    remediation: Remediation
    baseline: Baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Some hours, and what the metrics say of them."""

    start: datetime
    end: datetime
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hours:
    """The spans in which the function ran at one size."""

    memory_mb: int
    spans: tuple[_Span, ...]


def weigh(watched: Watched, verification: Verification, bench: Bench) -> Verification:
    """Add what was saved to a watch that ends without harm; less than the bound is a regression.

    What was not measured, or on too few invocations, is neither: it is said, and the change stays.
    """
    if verification.health not in (Health.HEALTHY, Health.INSUFFICIENT_DATA):
        return verification
    found = _measured(watched, bench)
    comparison = (
        _cannot_tell(found) if isinstance(found, str) else _compared(watched.remediation, found)
    )
    health: Health = verification.health
    if comparison.answer is Health.REGRESSED:
        health = Health.REGRESSED
    comparisons = (*verification.comparisons, comparison)
    return replace(verification, health=health, comparisons=comparisons)


def teach(watched: Watched, verification: Verification, bench: Bench) -> None:
    """Keep what the function did at both sizes, also of a step that is taken back.

    A watch that goes on, or whose change somebody else took back, teaches nothing.
    """
    if verification.health in (Health.WATCHING, Health.REVERTED):
        return
    remediation = watched.remediation
    if not any(c.figure == FIGURE for c in verification.comparisons):
        _measured(watched, bench)
    entry = _on_record(remediation, bench.ledger)
    if entry is None:
        return
    saving = from_wire(RealisedSaving, entry.data["saving"])
    before, after = (_point(s, remediation, entry) for s in (saving.before, saving.after))
    bench.memories.add(remediation.function, before, is_baseline=True)
    bench.memories.add(remediation.function, after)


def _point(side: Side, remediation: Remediation, entry: Entry) -> MeasuredPoint:
    return MeasuredPoint(
        memory_mb=side.memory_mb,
        duration_mean_ms=side.duration_mean_ms,
        duration_p95_ms=side.duration_p95_ms,
        invocations=int(side.invocations),
        source=f"change {remediation.execution_name}",
        measured_at=entry.at,
        code_sha256=remediation.before.configuration.code_sha256,
    )


def _on_record(remediation: Remediation, ledger: Ledger) -> Entry | None:
    return read_round(ledger, remediation.change_id, remediation.round).last(MEASURED)


def _measured(watched: Watched, bench: Bench) -> RealisedSaving | str:
    """Return what is on record as measured, or measure and enter it; a text says why not.

    Raises: OutsideError when function or metrics could not be read: the next pass tries again.
    """
    remediation = watched.remediation
    entry = _on_record(remediation, bench.ledger)
    if entry is not None:
        return from_wire(RealisedSaving, entry.data["saving"])
    changed = _changed(remediation, bench.source)
    if changed is not None:
        return changed
    found = _measure(watched, bench)
    if isinstance(found, RealisedSaving):
        data = {"saving": to_wire(found), "share": found.share}
        at = bench.clock.now()
        record_change(bench.ledger, remediation, MEASURED, data, actor=ACTOR, at=at)
    return found


def _changed(remediation: Remediation, source: FunctionSource) -> str | None:
    """Say what makes the hours of the watch no measure of this change; None: nothing does."""
    try:
        now = source.state(remediation.function).configuration
    except NotFoundError as error:
        return f"the function is gone: {error}"
    if now.memory_mb != remediation.after["memory_mb"]:
        return f"its memory is {now.memory_mb} MB by now"
    if now.code_sha256 != remediation.before.configuration.code_sha256:
        return "its code was changed while it was watched"
    return None


def _measure(watched: Watched, bench: Bench) -> RealisedSaving | str:
    remediation = watched.remediation
    start, end = _hours(watched.baseline.watch_from, bench.clock.now())
    weeks = [timedelta(weeks=weeks) for weeks in WEEKS_BACK]
    earlier = _Hours(
        memory_mb=remediation.undo["memory_mb"],
        spans=tuple(_read(remediation, bench, start - w, end - w) for w in weeks),
    )
    later = _Hours(
        memory_mb=remediation.after["memory_mb"], spans=(_read(remediation, bench, start, end),)
    )
    before, after = _by_metric(earlier), _by_metric(later)
    if isinstance(before, str) or isinstance(after, str):
        return f"before: {before}" if isinstance(before, str) else f"after: {after}"
    basis = BY_METRIC
    billed_after = _billed(later, remediation, bench)
    billed_before = None if billed_after is None else _billed(earlier, remediation, bench)
    if billed_before is not None and billed_after is not None:
        basis = BY_LINES
        before = replace(before, gb_s_per_invocation=_gb_s(earlier.memory_mb, billed_before))
        after = replace(after, gb_s_per_invocation=_gb_s(later.memory_mb, billed_after))
    advice = remediation.recommendation
    found = RealisedSaving(
        before=before,
        after=after,
        basis=basis,
        usd_month=None,
        predicted_low_usd_month=advice.saving.low_usd_month,
        predicted_high_usd_month=advice.saving.high_usd_month,
    )
    if advice.cost_usd_month is None:
        return found
    return replace(found, usd_month=round(advice.cost_usd_month * found.share, 2))


def _hours(watch_from: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return the hours to compare, in whole periods, without the last minutes if it can be."""
    end = min(now, watch_from + LONGEST)
    period_s = period_for(end - watch_from)
    start, early = floor_to(watch_from, period_s), floor_to(min(end, now - LATE), period_s)
    return start, (early if early > start else ceil_to(end, period_s))


def _read(remediation: Remediation, bench: Bench, start: datetime, end: datetime) -> _Span:
    function = remediation.function
    queries = tuple(queries_for(function).values())
    period_s = period_for(end - start)
    series = bench.source.series(queries, start=start, end=end, period_s=period_s)
    unread = Unknown(reason="not part of what was saved")
    figures = figures_from([series], function, out_of_memory=unread)
    return _Span(start=start, end=end, figures=figures)


def _by_metric(hours: _Hours) -> Side | str:
    """Sum up the spans in which it was invoked; a text says what is not known of them."""
    calls, means, p95s = [], [], []
    for span in hours.spans:
        figures = span.figures
        if isinstance(figures.invocations, Unknown):
            return figures.invocations.reason
        if figures.invocations.value <= 0:
            continue
        if isinstance(figures.duration_mean_ms, Unknown):
            return figures.duration_mean_ms.reason
        calls.append(figures.invocations.value)
        means.append(figures.duration_mean_ms.value)
        p95s.append(value_or_none(figures.duration_p95_ms))
    if not calls:
        return "it was not invoked"
    mean_ms = _weighted(means, calls)
    if mean_ms <= 0:
        return "its invocations took no time"
    known_p95s = [p95 for p95 in p95s if p95 is not None]
    return Side(
        memory_mb=hours.memory_mb,
        invocations=sum(calls),
        duration_mean_ms=mean_ms,
        duration_p95_ms=_weighted(known_p95s, calls) if len(known_p95s) == len(calls) else None,
        gb_s_per_invocation=_gb_s(hours.memory_mb, mean_ms),
    )


def _billed(hours: _Hours, remediation: Remediation, bench: Bench) -> float | None:
    """Return what an invocation was billed for in ms; None where the lines cannot be trusted."""
    billed: list[float] = []
    lines: list[float] = []
    for span in hours.spans:
        report = _lines(span, hours.memory_mb, remediation, bench)
        if report is not None and report.billed_mean_ms is not None and report.billed_mean_ms > 0:
            billed.append(report.billed_mean_ms)
            lines.append(float(report.lines))
    return _weighted(billed, lines) if billed else None


def _lines(
    span: _Span, memory_mb: int, remediation: Remediation, bench: Bench
) -> ReportFigures | None:
    """Return the REPORT lines of a span at the size it had then; None: they do not stand for it.

    Logs are optional: whatever is wrong with them, the metrics tell.
    """
    if bench.clock.remaining() < TIME_FOR_LINES:
        return None
    function = remediation.function
    end = span.end - timedelta(seconds=1)
    try:
        found: Evidence | None = bench.source.report_figures(
            [function], start=span.start, end=end, memory_mb={function: memory_mb}
        ).get(function)
    except OutsideError:
        return None
    if not isinstance(found, Known):
        return None
    report: ReportFigures = found.value
    return report if why_not_trusted(report, span.figures.invocations) is None else None


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(v * w for v, w in zip(values, weights, strict=True))
    return total / sum(weights)


def _gb_s(memory_mb: int, duration_ms: float) -> float:
    return gb_seconds(memory_mb=memory_mb, duration_sum_ms=duration_ms)


def _compared(remediation: Remediation, found: RealisedSaving) -> Comparison:
    """Hold what was saved against the bound of the change, on enough invocations only."""
    before, after, bound = found.before, found.after, remediation.min_saving
    needed = max(remediation.verify.samples, 1)
    answer = Health.HEALTHY
    if min(before.invocations, after.invocations) < needed:
        answer = Health.INSUFFICIENT_DATA
    elif bound is not None and found.share < bound:
        answer = Health.REGRESSED
    return Comparison(
        figure=FIGURE,
        before=before.gb_s_per_invocation,
        after=after.gb_s_per_invocation,
        answer=answer,
        why=f"{FIGURE}: {_in_words(found, bound)}",
    )


def _in_words(found: RealisedSaving, bound: float | None) -> str:
    before, after = found.before.gb_s_per_invocation, found.after.gb_s_per_invocation
    low, high = found.predicted_low_usd_month, found.predicted_high_usd_month
    measured = "not known" if found.usd_month is None else f"{_usd(found.usd_month)} a month"
    asked = "" if bound is None else f"; at least {bound:.1%} asked for"
    more_or_less = "less" if found.share >= 0 else "more"
    return (
        f"{abs(found.share):.1%} {more_or_less} billed GB-seconds per invocation, "
        f"{before:.4g} before and {after:.4g} after (by the {found.basis}); "
        f"predicted {_usd(low)} to {_usd(high)} a month, measured {measured}{asked}"
    )


def _usd(value: float) -> str:
    cents = round(value, 2) + 0.0
    return f"-${-cents:.2f}" if cents < 0 else f"${cents:.2f}"


def _cannot_tell(why: str) -> Comparison:
    return Comparison(
        figure=FIGURE,
        before=None,
        after=None,
        answer=Health.INSUFFICIENT_DATA,
        why=f"{FIGURE}: not measured: {why}",
    )
