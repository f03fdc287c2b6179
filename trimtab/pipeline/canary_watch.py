"""Does the share of the traffic that tries a change fare worse than the rest? Stage 7 of 8, before
all of it follows.

Both arms of each alias are compared over the same minutes, by the version that answered. The alias
is looked at every time: a canary that somebody else disturbed proves nothing (S13, S22). It ends
well only with enough samples in both arms; in any other case it is taken back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import NotFoundError, OutsideError, TrimtabError
from trimtab.domain.evidence import Unknown
from trimtab.domain.fleet import Gap
from trimtab.domain.ledger import Entry
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import CANARY_ENDED_BADLY, CANARY_HEALTHY, CANARY_REGRESSED
from trimtab.domain.terms import CanaryTerms
from trimtab.domain.verification import Baseline, Figures, Health, Verification
from trimtab.domain.wire import to_wire
from trimtab.pipeline.canary import started, why_modified, why_moved
from trimtab.pipeline.figures import Series, floor_to, queries_for, sum_of_arms
from trimtab.pipeline.health import judge_canary
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.preflight import longest
from trimtab.pipeline.record import record_change
from trimtab.pipeline.verify import (
    ACTOR,
    LOGS_EVERY_MINUTES,
    Bench,
    Watched,
    gap_of,
    out_of_memory_in,
    read_logs,
    send_back,
)
from trimtab.ports import FunctionSource, MetricQuery
from trimtab.remediations import KINDS

PERIOD_S = 60
"""A canary is short, and CloudWatch keeps minutes for 15 days."""

Queries = Mapping[str, MetricQuery]

ENTERED = {
    Health.HEALTHY: CANARY_HEALTHY,
    Health.REGRESSED: CANARY_REGRESSED,
    Health.INSUFFICIENT_DATA: "canary_unproven",
    Health.REVERTED: "canary_disturbed",
}
"""What is entered when a canary is over; while it goes on nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One canary that nobody has judged yet."""

    known: OnRecord
    terms: CanaryTerms
    began: Entry

    @property
    def remediation(self) -> Remediation:
        return self.known.remediation

    @property
    def function(self) -> FunctionArn:
        return self.remediation.function

    @property
    def version(self) -> str:
        return str(self.began.data["version"])

    @property
    def aliases(self) -> Mapping[str, str]:
        """Alias name -> the version that serves the rest of its traffic."""
        aliases: Mapping[str, str] = self.began.data["aliases"]
        return aliases


def watch_canaries(bench: Bench) -> tuple[tuple[Watched, ...], tuple[Gap, ...]]:
    """Look at every canary once; a target that could not be read is a gap, its canaries go on as
    long as a canary may.
    """
    by_target: dict[Target, list[Canary]] = defaultdict(list)
    watched: list[Watched] = []
    gaps: list[Gap] = []
    for record in bench.desk.open_rounds((RoundStatus.CANARY,)):
        change = record.remediation
        try:
            canary = _canary(read_round(bench.ledger, change.change_id, change.round))
        except TrimtabError as error:
            gaps.append(gap_of(change.function.target, error))
            continue
        if canary is not None:
            by_target[canary.function.target].append(canary)
    for target, canaries in sorted(by_target.items(), key=lambda item: item[0]):
        for canary, verdict in _look(target, canaries, bench, gaps):
            try:
                _conclude(canary, verdict, bench)
            except TrimtabError as error:
                gaps.append(gap_of(target, error))
                continue
            watched.append(Watched(remediation=canary.remediation, verification=verdict.seen))
    return tuple(watched), tuple(gaps)


def _canary(known: OnRecord) -> Canary | None:
    """Return a canary that is still to be judged, by the ledger alone."""
    terms, is_judged = (
        known.remediation.canary,
        any(known.has(event) for event in (CANARY_HEALTHY, *CANARY_ENDED_BADLY)),
    )
    if known.status is not RoundStatus.CANARY or terms is None or is_judged:
        return None
    return Canary(known=known, terms=terms, began=started(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    seen: Verification
    reason: str


def _look(
    target: Target, canaries: Sequence[Canary], bench: Bench, gaps: list[Gap]
) -> list[tuple[Canary, _Verdict]]:
    now = bench.clock.now()
    try:
        source = bench.fleet.open(target)
        arms = _read(source, canaries, now=now)
    except OutsideError as error:
        gaps.append(gap_of(target, error))
        return [(c, _unread(c, error, now=now)) for c in canaries]
    found = []
    for canary in canaries:
        try:
            found.append((canary, _judge(canary, arms[canary.function], source, now=now)))
        except OutsideError as error:
            gaps.append(gap_of(target, error))
            found.append((canary, _unread(canary, error, now=now)))
    return found


def _unread(canary: Canary, error: Exception, *, now: datetime) -> _Verdict:
    """A canary that cannot be read goes on, but not for ever."""
    is_over = now >= canary.began.at + longest(canary.terms)
    health = Health.INSUFFICIENT_DATA if is_over else Health.WATCHING
    seen = Verification(health=health, comparisons=(), at=now)
    return _Verdict(seen=seen, reason=f"it could not be watched: {error}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """What the two versions did since the split."""

    stable: Figures
    canary: Figures


def _judge(canary: Canary, arms: Arms, source: FunctionSource, *, now: datetime) -> _Verdict:
    """Judge by the series; logs are paid for by the byte, so they are asked now and then, and
    before anything is called healthy.
    """
    disturbed = _why_disturbed(canary, source)
    if disturbed is not None:
        gone = Verification(health=Health.REVERTED, comparisons=(), at=now)
        return _Verdict(seen=gone, reason=disturbed)
    seen = _compare(canary, arms, now=now)
    if seen.health is Health.HEALTHY or now.minute % LOGS_EVERY_MINUTES == 0:
        function = canary.function
        report = read_logs(source, [function], start=canary.began.at, end=now)[function]
        tried = replace(arms.canary, out_of_memory=out_of_memory_in(report))
        seen = _compare(canary, replace(arms, canary=tried), now=now)
    decisive = [c.why for c in seen.comparisons if c.answer is seen.health]
    return _Verdict(seen=seen, reason="; ".join(decisive))


def _compare(canary: Canary, arms: Arms, *, now: datetime) -> Verification:
    stable = Baseline(
        figures=arms.stable,
        watch_from=canary.began.at,
        watch_until=canary.began.at + canary.terms.watch,
    )
    return judge_canary(stable, arms.canary, canary.remediation.verify, now=now)


def _why_disturbed(canary: Canary, source: FunctionSource) -> str | None:
    """Say what somebody else did to the function or its aliases since the split."""
    change, kind = canary.remediation, KINDS[canary.remediation.kind]
    try:
        state = source.state(canary.function)
    except NotFoundError as error:
        return f"the function is gone: {error}"
    foreign = kind.foreign_change(change, state, canary.version) or why_moved(canary.known, state)
    if foreign is not None:
        return foreign
    missing = kind.next_canary_step(change, state, canary.version)
    if missing is not None:
        return f"somebody took it back in the middle: {missing}"
    return why_modified(canary.known, state)


def _conclude(canary: Canary, verdict: _Verdict, bench: Bench) -> None:
    """Write down an end, and start taking it back unless it ended well."""
    seen, change = verdict.seen, canary.remediation
    if seen.health is Health.WATCHING:
        return
    data = {"reason": verdict.reason, "verification": to_wire(seen)}
    event = ENTERED[seen.health]
    record_change(bench.ledger, change, event, data, actor=ACTOR, at=seen.at)
    if seen.health is Health.REGRESSED:
        send_back(change, bench, at=seen.at)
    elif seen.health is not Health.HEALTHY:
        bench.executions.start_undo(change.change_id, change.round)


def _read(
    source: FunctionSource, canaries: Sequence[Canary], *, now: datetime
) -> Mapping[FunctionArn, Arms]:
    """Read both arms of all aliases since the first of these canaries began, in one batch."""
    start = floor_to(min(c.began.at for c in canaries), PERIOD_S)
    queries = tuple(
        query for c in canaries for arm in _arms(c) for q in arm for query in q.values()
    )
    series = source.series(queries, start=start, end=now, period_s=PERIOD_S)
    return {c.function: _figures_of(c, series) for c in canaries}


def _arms(canary: Canary) -> tuple[tuple[Queries, ...], tuple[Queries, ...]]:
    """Return the series of the stable and of the new version, alias by alias."""
    whole = queries_for(canary.function)
    stable: list[Queries] = []
    tried: list[Queries] = []
    for alias, version in sorted(canary.aliases.items()):
        for arm, answered_by in ((stable, version), (tried, canary.version)):
            arm.append(
                {
                    figure: replace(query, alias=alias, executed_version=answered_by)
                    for figure, query in whole.items()
                }
            )
    return tuple(stable), tuple(tried)


def _figures_of(canary: Canary, series: Series) -> Arms:
    since = floor_to(canary.began.at, PERIOD_S)
    unread = Unknown(reason="the logs were not asked this time")
    stable, tried = (
        sum_of_arms([series], arm, since=since, out_of_memory=unread) for arm in _arms(canary)
    )
    return Arms(stable=stable, canary=tried)
