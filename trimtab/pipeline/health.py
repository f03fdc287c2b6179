"""Is a function worse off than before? The comparison behind verification. Pure (S13)."""

from dataclasses import replace
from datetime import datetime

from trimtab.domain.evidence import Evidence, value_or_none
from trimtab.domain.terms import VerifyTerms, WorseThan
from trimtab.domain.verification import Baseline, Comparison, Figures, Health, Verification

PATIENCE = 4
"""A watch without enough traffic goes on for this many times its length, then ends unproven."""

SLOWER = "p95 duration"


def judge_canary(
    stable: Baseline, canary: Figures, terms: VerifyTerms, *, now: datetime
) -> Verification:
    """Compare the two arms of a weighted alias over the same minutes; `stable` holds the figures of
    the version that serves the rest.

    Slower ends it only when its time is over: a version that just began warms up. Failing more, or
    running out of memory, ends it at once.
    """
    seen = judge_health(stable, canary, terms, now=now)
    comparisons = tuple(_of_arms(c) for c in seen.comparisons)
    worse = {c.figure for c in comparisons if c.answer is Health.REGRESSED}
    is_warming = worse == {SLOWER} and now < stable.watch_until
    health = Health.WATCHING if is_warming else seen.health
    return replace(seen, health=health, comparisons=comparisons)


def _of_arms(comparison: Comparison) -> Comparison:
    why = comparison.why.replace(" before", " beside it").replace(" after", " with the new size")
    return replace(comparison, why=why)


def judge_health(
    baseline: Baseline, after: Figures, terms: VerifyTerms, *, now: datetime
) -> Verification:
    """Compare; a regression ends the watch at once, health only when the watch is over."""
    before = baseline.figures
    comparisons = (
        _rate("error rate", before.errors, before, after.errors, after, terms.error_rate, terms),
        _rate(
            "throttle rate",
            before.throttles,
            before,
            after.throttles,
            after,
            terms.throttles,
            terms,
        ),
        _duration(before, after, terms),
        _out_of_memory(after, terms.out_of_memory),
    )
    answers = {c.answer for c in comparisons[:3]} | {
        c.answer for c in comparisons[3:] if c.answer is Health.REGRESSED
    }
    return Verification(health=_sum_up(answers, baseline, now), comparisons=comparisons, at=now)


def _sum_up(answers: set[Health], baseline: Baseline, now: datetime) -> Health:
    if Health.REGRESSED in answers:
        return Health.REGRESSED
    if now < baseline.watch_until:
        return Health.WATCHING
    if Health.INSUFFICIENT_DATA not in answers:
        return Health.HEALTHY
    patience = (baseline.watch_until - baseline.watch_from) * PATIENCE
    if now < baseline.watch_from + patience:
        return Health.WATCHING
    return Health.INSUFFICIENT_DATA


def _rate(
    figure: str,
    before_count: Evidence,
    before: Figures,
    after_count: Evidence,
    after: Figures,
    worse: WorseThan,
    terms: VerifyTerms,
) -> Comparison:
    """Compare a count per invocation; the floor is a number of events after the change."""
    count_after, calls_after = value_or_none(after_count), value_or_none(after.invocations)
    count_before, calls_before = value_or_none(before_count), value_or_none(before.invocations)
    if count_after is None or calls_after is None or count_before is None or calls_before is None:
        return _cannot_tell(figure, "a series is unknown")
    if min(calls_before, calls_after) < max(terms.samples, 1):
        return _cannot_tell(figure, _too_few(calls_before, calls_after, terms))
    rate_before, rate_after = count_before / calls_before, count_after / calls_after
    return _compared(figure, rate_before, rate_after, worse, measured=count_after)


def _duration(before: Figures, after: Figures, terms: VerifyTerms) -> Comparison:
    figure = SLOWER
    calls_before, calls_after = value_or_none(before.invocations), value_or_none(after.invocations)
    p95_before = value_or_none(before.duration_p95_ms)
    p95_after = value_or_none(after.duration_p95_ms)
    if calls_before is None or calls_after is None:
        return _cannot_tell(figure, "a series is unknown")
    if min(calls_before, calls_after) < max(terms.samples, 1):
        return _cannot_tell(figure, _too_few(calls_before, calls_after, terms))
    if p95_before is None or p95_after is None:
        return _cannot_tell(figure, "a series is unknown")
    return _compared(figure, p95_before, p95_after, terms.duration_p95, measured=p95_after)


def _compared(
    figure: str, before: float, after: float, worse: WorseThan, *, measured: float
) -> Comparison:
    """Compare; `measured` is what the floor speaks of."""
    floor = worse.floor or 0.0
    if worse.ratio is None:
        regressed, allowed = measured > floor, f"{floor:g}"
    else:
        regressed = measured >= floor and after > before * worse.ratio
        allowed = f"{worse.ratio:g} x"
    return Comparison(
        figure=figure,
        before=before,
        after=after,
        answer=Health.REGRESSED if regressed else Health.HEALTHY,
        why=f"{figure} {before:.4g} before, {after:.4g} after, allowed {allowed}",
    )


def _out_of_memory(after: Figures, worse: WorseThan) -> Comparison:
    """Without log lines it was not observed: never zero, and no reason to call it healthy."""
    count = value_or_none(after.out_of_memory)
    if count is None:
        return _cannot_tell("out of memory", "not observed: no log figures")
    regressed = count > (worse.floor or 0.0)
    return Comparison(
        figure="out of memory",
        before=None,
        after=count,
        answer=Health.REGRESSED if regressed else Health.HEALTHY,
        why=f"{count:g} invocations ran out of memory",
    )


def _too_few(calls_before: float, calls_after: float, terms: VerifyTerms) -> str:
    return f"{calls_before:g} invocations before and {calls_after:g} after, {terms.samples} needed"


def _cannot_tell(figure: str, why: str) -> Comparison:
    return Comparison(
        figure=figure,
        before=None,
        after=None,
        answer=Health.INSUFFICIENT_DATA,
        why=f"{figure}: {why}",
    )
