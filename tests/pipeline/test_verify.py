"""Does a watch end as it should: verified, undone, unproven; and does everyone hear of it? (S13)"""

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import OTHER_ACCOUNT, House
from trimtab.domain.arn import Target
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.notice import Email
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Health
from trimtab.flows import tell
from trimtab.flows.watch import Alarm, watch
from trimtab.pipeline import verify as stage
from trimtab.pipeline.verify import Watch, close

SETTLE, WATCH = timedelta(minutes=10), timedelta(hours=4)


def a_watched(
    house: House, name: str = "orders", *, target: Target = TARGET, **after: float
) -> Remediation:
    """Apply a change whose weeks before were quiet and whose hours after are as given."""
    change = _applied(house, name, target)
    at = house.clock.now()
    for weeks in (1, 2):
        past = at - timedelta(weeks=weeks)
        house.traffic(name, since=past, until=past + SETTLE + WATCH, target=target)
    house.traffic(name, since=at, until=at + SETTLE + WATCH * 5, target=target, **after)
    return change


def _applied(house: House, name: str, target: Target) -> Remediation:
    arn = house.plant(name, target=target)
    start = house.clock.now()
    for weeks in (1, 2):
        past = start - timedelta(weeks=weeks)
        house.traffic(
            name, since=past, until=past + SETTLE + WATCH + timedelta(minutes=5), target=target
        )
    change = house.opened(arn)
    house.answer(change)
    house.carry(change)
    return change


def healths(watch: Watch) -> list[Health]:
    return [seen.verification.health for seen in watch.watched]


def test_a_watch_begins_after_the_settling_time() -> None:
    house = House()
    a_watched(house)
    house.clock.advance(SETTLE - timedelta(seconds=3))
    assert verify(house.verify_bench()).watched == ()
    house.clock.advance(timedelta(seconds=3))
    assert healths(verify(house.verify_bench())) == [Health.WATCHING]


def test_a_healthy_change_is_verified_and_rests() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    assert healths(verify(house.verify_bench())) == [Health.HEALTHY]
    assert house.status(change) == "verified"
    assert house.events(change)[-1] == "watch_healthy"
    assert house.desk.lock_of(str(change.function)) is None
    assert verify(house.verify_bench()).watched == ()
    rests_until = house.clock.now() + change.rests_for
    assert house.desk._memories[change.finding_id]["cooling_until"] == rests_until.isoformat()


@pytest.mark.parametrize("worse", [{"errors": 3.0}, {"p95": 900.0}, {"throttles": 3.0}])
def test_s13_a_regressed_change_is_undone_exactly(worse: dict[str, float]) -> None:
    house = House()
    change = a_watched(house, **worse)
    house.clock.advance(SETTLE + timedelta(hours=3))
    assert healths(verify(house.verify_bench())) == [Health.REGRESSED]
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.status(change) == "watching"
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "undone"


def test_s13_out_of_memory_in_the_logs_is_a_regression() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + timedelta(minutes=30))
    house.cloud[TARGET].logs.add(
        "/aws/lambda/orders",
        ReportLine(
            at=house.clock.now() - timedelta(minutes=5),
            memory_mb=2592,
            used_mb=2592.0,
            is_out_of_memory=True,
        ),
    )
    house.clock.advance(timedelta(minutes=1))
    assert healths(verify(house.verify_bench())) == [Health.WATCHING], "logs are paid for"
    assert house.cloud[TARGET].logs.calls["StartQuery"] == 0
    house.clock.advance(timedelta(minutes=4))
    assert healths(verify(house.verify_bench())) == [Health.REGRESSED]
    assert house.executions.undos == [(change.change_id, 1)]


@pytest.mark.parametrize(("minutes", "asked"), [(-1, 0), (0, 2), (2, 2), (3, 1)])
def test_s13_the_logs_are_asked_when_a_watch_ends_whatever_the_minute(
    minutes: int, asked: int
) -> None:
    """Besides, once it has ended, for what was saved."""
    house = House()
    house.clock.advance(timedelta(minutes=1))
    a_watched(house)
    house.clock.advance(SETTLE + WATCH + timedelta(minutes=minutes))
    logs = house.cloud[TARGET].logs
    before = logs.calls["StartQuery"]
    stage.verify(house.verify_bench())
    assert logs.calls["StartQuery"] - before == asked


def test_logs_that_fail_leave_out_of_memory_not_observed() -> None:
    house = House()
    a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.cloud[TARGET].functions.fail_always("GetFunctionConfiguration", "AccessDeniedException")
    (seen,) = verify(house.verify_bench()).watched
    assert seen.verification.health is Health.HEALTHY
    answers = {c.figure: c.answer for c in seen.verification.comparisons}
    assert answers["out of memory"] is Health.INSUFFICIENT_DATA


def test_s13_a_change_without_traffic_ends_unproven_and_stays() -> None:
    house = House()
    change = _applied(house, "orders", TARGET)
    house.clock.advance(SETTLE + WATCH)
    assert healths(verify(house.verify_bench())) == [Health.WATCHING]
    house.clock.advance(WATCH * 3 - timedelta(minutes=1))
    assert healths(verify(house.verify_bench())) == [Health.WATCHING]
    house.clock.advance(timedelta(minutes=1))
    assert healths(verify(house.verify_bench())) == [Health.INSUFFICIENT_DATA]
    assert house.status(change) == "unproven"
    assert house.functions.memory_mb("orders") == 2592
    assert house.undo(change).word is OutcomeWord.WRITTEN


def test_s08_a_target_that_cannot_be_read_is_a_gap_and_its_watch_goes_on() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    lost = a_watched(house, "orders", target=other)
    seen = _second(house)
    house.clock.advance(SETTLE + WATCH * 2)
    house.cloud.deny(other)
    watch = verify(house.verify_bench())
    assert [(g.account, g.what) for g in watch.gaps] == [(OTHER_ACCOUNT, "watch")]
    assert [w.remediation.function.account for w in watch.watched] == [ACCOUNT]
    assert house.status(lost) == "watching"
    assert house.status(seen) == "verified"


def _second(house: House) -> Remediation:
    """Apply another change in the usual target, in a second run."""
    arn = house.plant("cart")
    start = house.clock.now()
    for weeks in (1, 2):
        past = start - timedelta(weeks=weeks)
        house.traffic("cart", since=past, until=past + SETTLE + WATCH + timedelta(minutes=5))
    house.traffic("cart", since=start, until=start + WATCH * 4)
    change = house.opened(arn, "run-2")
    house.answer(change)
    house.carry(change)
    return change


def test_one_pass_reads_every_watch_of_a_target_in_one_batch() -> None:
    house = House()
    arns = [house.plant(f"f{n}") for n in range(5)]
    _, opened = house.run()
    assert {r.function for r in opened} == set(arns)
    for change in opened:
        house.answer(change)
        house.carry(change)
    house.clock.advance(SETTLE + WATCH)
    before = house.cloud[TARGET].metrics.calls["GetMetricData"]
    assert len(verify(house.verify_bench()).watched) == 5
    assert house.cloud[TARGET].metrics.calls["GetMetricData"] == before + 1


def test_a_crash_after_a_verdict_is_mended_by_the_next_pass() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.desk.fail_next("advance", RetryableError("on purpose"))
    with pytest.raises(RetryableError):
        verify(house.verify_bench())
    assert healths(verify(house.verify_bench())) == [Health.HEALTHY]
    assert house.status(change) == "verified"
    assert house.events(change).count("watch_healthy") == 1


def test_s08_a_watch_that_cannot_be_recorded_is_a_gap_and_the_next_one_goes_on() -> None:
    house = House()
    a_watched(house)
    _second(house)
    house.clock.advance(SETTLE + WATCH)
    house.ledger.fail_next()
    watch = stage.verify(house.verify_bench())
    assert len(watch.gaps) == 1
    assert len(watch.watched) == 1


def test_a_watch_that_somebody_ended_meanwhile_is_left_alone() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.desk.before_next("advance", lambda: house.undo(change))
    verify(house.verify_bench())
    assert house.status(change) == "undone"


def test_s17_a_watched_round_that_the_ledger_does_not_know_is_a_gap_and_others_go_on() -> None:
    house = House()
    change = a_watched(house)
    other = _second(house)
    house.ledger.replace(change_chain(change.change_id), ())
    house.clock.advance(SETTLE)
    watch = verify(house.verify_bench())
    (gap,) = watch.gaps
    assert "the head says" in gap.error
    assert [seen.remediation for seen in watch.watched] == [other]
    assert house.status(change) == "watching"


def verify(bench: stage.Bench) -> Watch:
    """Look once, and close what ended, as a pass does that has nobody to tell."""
    seen = stage.verify(bench)
    close(seen, bench)
    return seen


def compose(approver: str, told: tell.Ending, now: Any) -> Email:
    ending = told.round.status.value if told.health is None else told.health.value
    return Email(to=approver, subject=ending, html="", text="", reference=told.round.note or "")


def tell_bench(house: House) -> tell.Bench:
    return tell.Bench(
        desk=house.desk,
        ledger=house.ledger,
        mailer=house.mailer,
        people=house.people,
        clock=house.clock,
        compose=compose,
    )


def a_freeze_email(to: str) -> Email:
    return Email(to=to, subject="frozen", html="", text="", reference="freeze")


NOBODY = Alarm(to=(), compose=lambda to, freeze, now: a_freeze_email(to))


def test_the_end_of_a_watch_is_told_once() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE)
    assert tell.tell_watch(verify(house.verify_bench()), tell_bench(house)) == 0
    house.clock.advance(WATCH)
    watch = verify(house.verify_bench())
    assert tell.tell_watch(watch, tell_bench(house)) == 1
    assert tell.tell_watch(watch, tell_bench(house)) == 0
    assert [e.subject for e in house.mailer.sent] == ["healthy"]
    assert house.events(change).count("told") == 1


def test_a_regression_is_told_and_then_that_it_was_undone() -> None:
    house = House()
    change = a_watched(house, errors=5.0)
    house.clock.advance(SETTLE + timedelta(hours=3))
    for _ in range(3):
        tell.tell_watch(verify(house.verify_bench()), tell_bench(house))
    house.undo(change)
    for _ in range(3):
        tell.tell_ended(change.change_id, change.round, tell_bench(house))
    assert [e.subject for e in house.mailer.sent] == ["regressed", "undone"]


def test_a_change_that_was_not_written_is_told_and_one_that_was_is_not() -> None:
    house = House()
    change = house.approved()
    assert tell.tell_ended(change.change_id, change.round, tell_bench(house)) == 0
    house.clock.advance(timedelta(minutes=1))
    house.functions.change("orders", MemorySize=1024)
    house.carry(change)
    assert tell.tell_ended(change.change_id, change.round, tell_bench(house)) == 1
    assert house.mailer.sent[0].subject == "stale"


def test_an_email_that_could_not_be_sent_is_not_taken_for_told() -> None:
    house = House()
    a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.mailer.fail_next(RetryableError("ses on purpose"))
    with pytest.raises(RetryableError):
        watch(house.verify_bench(), tell_bench(house), NOBODY)
    assert house.mailer.sent == []
    watch(house.verify_bench(), tell_bench(house), NOBODY)
    watch(house.verify_bench(), tell_bench(house), NOBODY)
    assert [e.subject for e in house.mailer.sent] == ["healthy"]
