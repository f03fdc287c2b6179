"""Is a schedule that outlived its alias cleared away after its watch, too?"""

from tests.flows.test_aftercare import a_day
from tests.pipeline.provisioning import ALIAS, NAME, an_alias_house, applied
from trimtab.domain.approval import RoundStatus
from trimtab.domain.verification import Health, Verification
from trimtab.domain.wire import to_wire
from trimtab.flows.aftercare import REVERTED_LATER
from trimtab.pipeline.record import record_change


def test_an_alias_that_is_deleted_later_takes_its_registration_along() -> None:
    house = an_alias_house()
    change = applied(house)
    ended = Verification(health=Health.HEALTHY, comparisons=(), at=house.clock.now())
    record_change(
        house.ledger,
        change,
        "watch_healthy",
        {"verification": to_wire(ended)},
        actor="trimtab-watch",
        at=house.clock.now(),
    )
    house.desk.advance(
        change.change_id, change.round, from_=(RoundStatus.WATCHING,), to=RoundStatus.VERIFIED
    )
    assert a_day(house).looked == 1
    assert house.executions.undos == []
    del house.functions._functions[NAME].aliases[ALIAS]
    house.functions._functions[NAME].provisioned.pop(ALIAS, None)
    assert a_day(house).looked == 1
    assert house.executions.undos == [(change.change_id, change.round)]
    assert REVERTED_LATER not in house.events(change)
