"""Did a change hurt? Stage 7 of 8: open watches → verifications; a regressed one starts its undo
(S13).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    PermanentError,
    TamperedError,
    TrimtabError,
)
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import Gap
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation, before_id
from trimtab.domain.verification import (
    Baseline,
    Comparison,
    Figures,
    Health,
    Verification,
)
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline import savings
from trimtab.pipeline.figures import (
    Series,
    figures_from,
    floor_to,
    period_for,
    queries_for,
    read_baseline,
)
from trimtab.pipeline.freeze import note_rollback
from trimtab.pipeline.health import judge_health
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.provisioned_watch import (
    is_asked,
    state_of,
    weigh_cost,
    weigh_spillover,
)
from trimtab.pipeline.record import record_change
from trimtab.pipeline.rises import BelowPlan, late_rises
from trimtab.pipeline.slowdown import weigh_slowdown
from trimtab.policy.model import FreezeTerms
from trimtab.ports import (
    ApprovalDesk,
    Clock,
    Executions,
    Fleet,
    FunctionSource,
    Ledger,
    MemoryRecords,
    ReportFigures,
)
from trimtab.remediations import KINDS

ACTOR = "trimtab-watch"

LEFT_OVER = "what it left behind"

LOGS_EVERY_MINUTES = 15
"""How often an open watch asks the logs for what ran out of memory; chosen: the watch runs every
minute, and each query reads the logs from the beginning of the watch."""
WATCH_ENDS = frozenset(
    f"watch_{health.value}" for health in Health if health is not Health.WATCHING
)
AT_THE_END = timedelta(minutes=3)
"""How long after its end a watch asks at every pass, so that one lost tick loses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What watching needs from outside."""

    fleet: Fleet
    ledger: Ledger
    desk: ApprovalDesk
    executions: Executions
    memories: MemoryRecords
    freeze: FreezeTerms
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One open watch and what was seen of it."""

    remediation: Remediation
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One pass over all open watches; a target that could not be read is a gap, its watches go
    on.
    """

    watched: tuple[Watched, ...]
    gaps: tuple[Gap, ...]
    below_plan: tuple[BelowPlan, ...] = ()
    """Schedules of which a rise will not be there in time."""
    canaries: tuple[Watched, ...] = ()
    """Shares of traffic that try a change (`canary_watch`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    remediation: Remediation
    baseline: Baseline
    ended: Verification | None
    """What a pass entered that was cut short: it is not judged again, only gone on with."""


def verify(bench: Bench) -> Watch:
    """Look at every open watch once: one batch of metrics per target."""
    by_target: dict[Target, list[_Open]] = defaultdict(list)
    now = bench.clock.now()
    watched: list[Watched] = []
    gaps: list[Gap] = []
    below: list[BelowPlan] = []
    for record in bench.desk.open_rounds((RoundStatus.WATCHING,)):
        try:
            watch = _open_watch(record, bench.ledger)
        except TrimtabError as error:
            gaps.append(gap_of(record.remediation.function.target, error))
            continue
        if now >= watch.baseline.watch_from:
            by_target[watch.remediation.function.target].append(watch)
    for target, watches in sorted(by_target.items(), key=lambda item: item[0]):
        try:
            source = bench.fleet.open(target)
            goes_on = [watch for watch in watches if watch.ended is None]
            readings = _read(source, goes_on, now=now) if goes_on else {}
        except OutsideError as error:
            gaps.append(gap_of(target, error))
            continue
        for watch in watches:
            try:
                verification = watch.ended
                if verification is None:
                    verification = _judged(watch, readings, source, now=now)
                verification = _ended(watch, verification, source, bench)
                gaps += _taught(watch, verification, source, bench)
                if verification.health is Health.WATCHING:
                    below += late_rises(watch.remediation, source, bench.ledger, now=now)
            except TrimtabError as error:
                gaps.append(gap_of(target, error))
                continue
            watched.append(Watched(remediation=watch.remediation, verification=verification))
    return Watch(watched=tuple(watched), gaps=tuple(gaps), below_plan=tuple(below))


def _judged(
    watch: _Open, readings: Mapping[FunctionArn, Figures], source: FunctionSource, *, now: datetime
) -> Verification:
    """Hold what was read against the baseline of the same hours."""
    remediation, after = watch.remediation, readings[watch.remediation.function]
    baseline = _same_hours(watch, source, now=now)
    verification = judge_health(baseline, after, remediation.verify, now=now)
    verification = weigh_slowdown(remediation, baseline, after, verification, now=now)
    verification = weigh_spillover(remediation, baseline, source, verification, now=now)
    return _unless_reverted(remediation, verification, source, now=now)


def _same_hours(watch: _Open, source: FunctionSource, *, now: datetime) -> Baseline:
    """Return the baseline of all hours watched so far: one that was prolonged has seen other hours
    of the day than it was begun for. Beyond a week they would be its own.
    """
    baseline = watch.baseline
    prolonged = baseline.watch_until + AT_THE_END
    if not prolonged <= now <= baseline.watch_from + savings.LONGEST:
        return baseline
    function, start = watch.remediation.function, baseline.watch_from
    return replace(baseline, figures=read_baseline(source, function, start=start, end=now))


def gap_of(target: Target, error: Exception) -> Gap:
    return Gap(account=target.account, region=target.region, what="watch", error=str(error))


def _open_watch(record: Round, ledger: Ledger) -> _Open:
    """Take change and baseline from the ledger: the state table is never trusted for a decision."""
    change_id, number = record.remediation.change_id, record.remediation.round
    known = read_round(ledger, change_id, number)
    applied = known.last("applied")
    if applied is None:
        raise TamperedError(
            f"{change_chain(change_id)}: round {number} is watched but not in the ledger"
        )
    ends = [entry for entry in known.entries if entry.event in WATCH_ENDS]
    return _Open(
        remediation=known.remediation,
        baseline=from_wire(Baseline, applied.data["baseline"]),
        ended=from_wire(Verification, ends[0].data["verification"]) if ends else None,
    )


def _read(
    source: FunctionSource, watches: Sequence[_Open], *, now: datetime
) -> Mapping[FunctionArn, Figures]:
    span = max(w.baseline.watch_until - w.baseline.watch_from for w in watches)
    period_s = period_for(span)
    start = min(floor_to(w.baseline.watch_from, period_s) for w in watches)
    functions = [w.remediation.function for w in watches]
    queries = tuple(q for f in functions for q in queries_for(f).values())
    series = source.series(queries, start=start, end=now, period_s=period_s)
    reports = read_logs(source, functions, start=start, end=now) if _asks_logs(watches, now) else {}
    return {w.remediation.function: _figures(w, series, reports, period_s) for w in watches}


def _figures(
    watch: _Open, series: Series, reports: Mapping[FunctionArn, Evidence], period_s: int
) -> Figures:
    function = watch.remediation.function
    report = reports.get(function, Unknown(reason="the logs were not asked this time"))
    return figures_from(
        [series],
        function,
        since=floor_to(watch.baseline.watch_from, period_s),
        out_of_memory=out_of_memory_in(report),
    )


def _asks_logs(watches: Sequence[_Open], now: datetime) -> bool:
    """Logs are paid for by the byte at every query: once in a while, and when a watch ends."""
    ends = (now - watch.baseline.watch_until for watch in watches)
    is_end = any(timedelta(0) <= since < AT_THE_END for since in ends)
    return is_end or now.minute % LOGS_EVERY_MINUTES == 0


def read_logs(
    source: FunctionSource, functions: Sequence[FunctionArn], *, start: datetime, end: datetime
) -> Mapping[FunctionArn, Evidence]:
    """Logs are optional: without them out-of-memory is not observed, never zero."""
    try:
        return source.report_figures(functions, start=start, end=end)
    except OutsideError as error:
        return dict.fromkeys(functions, Unknown(reason=str(error)))


def out_of_memory_in(report: Evidence) -> Evidence:
    if not isinstance(report, Known):
        return report
    figures: ReportFigures = report.value
    return Known(value=figures.out_of_memory, source=report.source)


def _unless_reverted(
    remediation: Remediation,
    verification: Verification,
    source: FunctionSource,
    *,
    now: datetime,
) -> Verification:
    """Look once at the function before a watch ends well: is the change still there (S25)? What
    outlived its alias is looked for now and then while it lasts.
    """
    is_open = verification.health is Health.WATCHING
    if verification.health is Health.REGRESSED or (is_open and not _may_outlive(remediation, now)):
        return verification
    try:
        state = state_of(source, remediation)
    except NotFoundError as error:
        why: str | None = f"the function is gone: {error}"
    else:
        kind = KINDS[remediation.kind]
        why, left = kind.reverted(remediation, state), kind.left_over(remediation, state)
        if left is not None:
            orphan = Comparison(
                figure=LEFT_OVER, before=None, after=None, answer=Health.REGRESSED, why=left
            )
            return replace(verification, health=Health.REGRESSED, comparisons=(orphan,))
    if why is None or is_open:
        return verification
    found = Comparison(
        figure="the change itself", before=None, after=None, answer=Health.REVERTED, why=why
    )
    return replace(verification, health=Health.REVERTED, comparisons=(found,))


def _may_outlive(remediation: Remediation, now: datetime) -> bool:
    """Tell whether an open watch looks at this pass for what somebody left nothing but us."""
    return remediation.provisioned is not None and is_asked(Health.WATCHING, now)


def _ended(
    watch: _Open, verification: Verification, source: FunctionSource, bench: Bench
) -> Verification:
    """Weigh what was saved and write the end down, once; a regression is sent back each time."""
    if verification.health is Health.WATCHING:
        return verification
    remediation = watch.remediation
    if watch.ended is None:
        verification = _weighed(watch, verification, _measuring(source, bench))
        event = f"watch_{verification.health.value}"
        data = {"verification": to_wire(verification)}
        record_change(bench.ledger, remediation, event, data, actor=ACTOR, at=verification.at)
    if verification.health is Health.REGRESSED:
        is_rollback = any(c.figure != LEFT_OVER for c in verification.comparisons)
        send_back(remediation, bench, at=verification.at, is_rollback=is_rollback)
    return verification


def _weighed(watch: _Open, verification: Verification, bench: savings.Bench) -> Verification:
    if watch.remediation.provisioned is not None:
        return weigh_cost(watch.remediation, watch.baseline, verification, bench)
    return savings.weigh(_measured_of(watch), verification, bench)


def _taught(
    watch: _Open, verification: Verification, source: FunctionSource, bench: Bench
) -> tuple[Gap, ...]:
    """Learn from the end of a watch; a lesson that cannot be kept keeps no function waiting.

    Raises: RetryableError where the next pass may keep it.
    """
    if watch.remediation.provisioned is not None:
        return ()
    try:
        savings.teach(_measured_of(watch), verification, _measuring(source, bench))
    except (PermanentError, TamperedError) as error:
        return (gap_of(watch.remediation.function.target, error),)
    return ()


def _measured_of(watch: _Open) -> savings.Watched:
    return savings.Watched(remediation=watch.remediation, baseline=watch.baseline)


def _measuring(source: FunctionSource, bench: Bench) -> savings.Bench:
    return savings.Bench(
        source=source, ledger=bench.ledger, memories=bench.memories, clock=bench.clock
    )


def send_back(
    remediation: Remediation, bench: Bench, *, at: datetime, is_rollback: bool = True
) -> None:
    """Count a rollback, then start it: a crash in between would else leave it uncounted, and the
    watch sees it no more. What is only cleared away after somebody else is none.

    Raises: TamperedError when the freeze's chain is not whole, once the undo was started.
    """
    name, tampered = remediation.execution_name, None
    try:
        if is_rollback:
            note_rollback(name, bench.freeze, bench.ledger, at=at)
    except TamperedError as error:
        tampered = error
    bench.executions.start_undo(remediation.change_id, remediation.round)
    if tampered is not None:
        raise tampered


ENDS = {
    Health.HEALTHY: RoundStatus.VERIFIED,
    Health.INSUFFICIENT_DATA: RoundStatus.UNPROVEN,
    Health.REVERTED: RoundStatus.REVERTED,
}
"""What a round becomes when its watch is over; a regressed one stays open until it is undone."""


def close(watch: Watch, bench: Bench) -> None:
    """Close the rounds whose watch is over, once everybody was told; a crash before tells again."""
    for seen in watch.watched:
        status = ENDS.get(seen.verification.health)
        if status is not None:
            _close(seen.remediation, seen.verification, status, bench)


def _close(
    remediation: Remediation, verification: Verification, status: RoundStatus, bench: Bench
) -> None:
    bench.desk.remember(
        remediation.finding_id,
        cooling_until=verification.at + remediation.rests_for,
        applied_change=remediation.change_id,
        applied_from=before_id(remediation.before),
        reverted_change=remediation.change_id if status is RoundStatus.REVERTED else None,
    )
    try:
        bench.desk.advance(
            remediation.change_id,
            remediation.round,
            from_=(RoundStatus.WATCHING,),
            to=status,
            note="; ".join(c.why for c in verification.comparisons),
        )
    except ConflictError:
        return
