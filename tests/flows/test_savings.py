"""Does the record tell what each change saved, and what all come to, with nothing made up?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.flows.test_aftercare import a_day
from tests.pipeline.house import House
from tests.pipeline.test_reverted import redeploy, verified
from tests.pipeline.test_savings import a_watched, ended, look
from tests.pipeline.test_verify import a_watched as a_quiet_one
from trimtab.domain.approval import RoundStatus
from trimtab.domain.ledger import change_chain
from trimtab.domain.realised import MONTH, Row, Savings
from trimtab.flows.savings import savings, totals


def read(house: House, *, days: float | None = None) -> Savings:
    now = house.clock.now()
    since = None if days is None else now - timedelta(days=days)
    return savings(house.ledger, since=since, now=now)


def one(house: House) -> Row:
    (row,) = read(house).rows
    return row


def test_a_verified_change_is_told_with_both_figures() -> None:
    house = House()
    change = a_watched(house, mean=205.0)
    ended(house)
    row = one(house)
    assert (row.change_id, row.round, row.status) == (change.change_id, 1, RoundStatus.VERIFIED)
    assert (row.before, row.after) == ({"memory_mb": 3008}, {"memory_mb": 2592})
    assert row.predicted == change.recommendation.saving
    assert row.measured is not None
    t = read(house).totals
    assert (t.changes, t.standing, t.measured, t.undone, t.taken_back) == (1, 1, 1, 0, 0)
    assert t.usd_month == row.measured.usd_month
    assert t.predicted == row.predicted


def test_money_runs_from_the_application_until_now() -> None:
    house = House()
    a_watched(house, mean=205.0)
    ended(house)
    row = one(house)
    assert row.measured is not None
    assert row.measured.usd_month is not None
    saved = row.saved_usd(now=row.applied_at + MONTH * 2)
    assert saved == pytest.approx(row.measured.usd_month * 2)
    assert row.saved_usd(now=row.applied_at - MONTH) == 0


def test_an_open_watch_has_saved_nothing_yet() -> None:
    house = House()
    a_watched(house)
    row = one(house)
    assert (row.status, row.measured, row.has_stood) == (RoundStatus.WATCHING, None, False)
    t = read(house).totals
    assert (t.changes, t.standing, t.saved_usd, t.saved_unknown) == (1, 0, 0.0, 0)


def test_s08_every_change_is_in_exactly_one_count() -> None:
    house = House()
    a_watched(house)
    row, now = one(house), house.clock.now()
    rows = [replace(row, status=status) for status in RoundStatus]
    for some in ([], *([each] for each in rows), rows):
        t = totals(some, now=now)
        told = (t.standing, t.undone, t.taken_back, t.watched, t.open_or_given_up)
        assert sum(told) == t.changes == len(some)
        assert min(told) >= 0
    assert totals([row], now=now).watched == 1
    for status in (RoundStatus.UNDOING, RoundStatus.UNDO_STOPPED, RoundStatus.GIVEN_UP):
        assert totals([replace(row, status=status)], now=now).open_or_given_up == 1


def test_s13_what_was_undone_by_its_watch_saved_nothing() -> None:
    house = House()
    change = a_watched(house, mean=340.0)
    ended(house)
    house.undo(change)
    look(house)
    row = one(house)
    assert row.status is RoundStatus.UNDONE
    assert row.measured is not None, "it is told all the same"
    house.clock.advance(timedelta(days=30))
    t = read(house).totals
    assert (t.undone, t.standing, t.usd_month, t.saved_usd) == (1, 0, 0, 0)


def test_s12_what_was_taken_back_later_saved_until_that_day() -> None:
    house = House()
    change = verified(house)
    house.clock.advance(timedelta(days=5))
    redeploy(house)
    a_day(house)
    row = one(house)
    assert row.is_taken_back_later
    assert row.status is RoundStatus.REVERTED
    stood_until = row.stood_until
    assert stood_until is not None
    then = row.saved_usd(now=stood_until)
    house.clock.advance(timedelta(days=60))
    assert read(house).totals.saved_usd == then
    assert then is not None
    assert then > 0
    t = read(house).totals
    assert (t.taken_back, t.standing, t.usd_month) == (1, 0, 0)
    assert house.events(change)[-2] == "reverted_later"


def test_s08_what_nobody_knows_is_counted_and_not_taken_for_zero() -> None:
    house = House()
    a_watched(house)
    ended(house)
    row = one(house)
    assert row.measured is not None
    for unknown in (None, replace(row.measured, usd_month=None)):
        assert replace(row, measured=unknown).saved_usd(now=house.clock.now()) is None


def test_only_what_was_applied_since_then_counts() -> None:
    house = House()
    a_quiet_one(house)
    house.clock.advance(timedelta(days=3))
    assert len(read(house, days=4).rows) == 1
    assert len(read(house, days=2.99).rows) == 0
    assert len(read(house, days=3000).rows) == 1


def test_s17_a_chain_that_is_not_whole_is_a_fault_and_no_row() -> None:
    house = House()
    change = verified(house)
    chain = change_chain(change.change_id)
    entries = house.ledger.entries(chain)
    house.ledger.replace(chain, entries[:-1])
    found = read(house)
    assert found.rows == ()
    (fault,) = found.faults
    assert fault.chain == chain
