"""Is what outlives its alias cleared away by the watch, without counting as a rollback?"""

from datetime import timedelta

from tests.fakes.builders import TARGET, a_recommendation
from tests.pipeline.provisioning import (
    ALIAS,
    NAME,
    an_alias_house,
    applied,
    carry_on,
    function_of,
)
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.realised import ProvisionedSaving
from trimtab.domain.terms import Direction
from trimtab.domain.verification import Health
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.verify import verify


def test_a_deleted_alias_is_cleared_away_and_is_no_rollback() -> None:
    house = an_alias_house()
    change = applied(house)
    assert change.verify.watch == timedelta(days=7)
    del house.functions._functions[NAME].aliases[ALIAS]
    house.functions._functions[NAME].provisioned.pop(ALIAS, None)
    house.clock.advance(timedelta(days=30))
    house.traffic(since=house.clock.now() - timedelta(days=60), until=house.clock.now())
    (watched,) = verify(house.verify_bench()).watched
    assert watched.verification.health is Health.REGRESSED
    assert watched.verification.comparisons[-1].why == (
        "alias live is gone: what scales it is taken away"
    )
    assert house.executions.undos == [(change.change_id, change.round)]
    assert not read_freeze(house.ledger).stops_forward
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert house.cloud[TARGET].scaling.range_of(function_of(house), ALIAS) is None


def test_a_deleted_alias_is_seen_while_it_is_watched() -> None:
    house = an_alias_house()
    change = applied(house)
    del house.functions._functions[NAME].aliases[ALIAS]
    house.functions._functions[NAME].provisioned.pop(ALIAS, None)
    house.clock.advance(timedelta(minutes=22))
    house.traffic(since=house.clock.now() - timedelta(days=30), until=house.clock.now())
    assert verify(house.verify_bench()).watched[0].verification.health is Health.WATCHING
    assert house.executions.undos == []
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    assert verify(house.verify_bench()).watched[0].verification.health is Health.REGRESSED
    assert house.executions.undos == [(change.change_id, change.round)]


def test_a_change_that_leaves_the_duration_alone_makes_nothing_slower() -> None:
    alone = a_recommendation(duration_p95_ms=None, predicted_p95_ms=None)
    assert alone.growth_p95_ms is None
    assert a_recommendation(predicted_p95_ms=900.0).growth_p95_ms == 100.0


def test_what_cost_nothing_before_saves_no_share() -> None:
    saved = ProvisionedSaving(
        cost_before_usd_month=0.0,
        cost_after_usd_month=0.0,
        predicted_cost_usd_month=0.0,
        predicted_low_usd_month=0.0,
        predicted_high_usd_month=0.0,
        spillover=None,
        utilisation=None,
    )
    assert (saved.share, saved.usd_month) == (0.0, 0.0)
