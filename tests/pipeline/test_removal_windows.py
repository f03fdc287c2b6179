"""Does a removal keep to its change window, from the quarantine to the deletion? (S20)"""

from datetime import timedelta

from tests.pipeline.house import a_window
from tests.pipeline.removal_house import DAY, NAME, POLICY, a_house, on_notice, step
from trimtab.domain.outcome import OutcomeWord

WINDOW = """window:
  days: mon-thu
  hours: "09:00-16:00"
  timezone: UTC
"""


def test_a_quarantine_waits_for_a_window_that_is_open_at_its_end_too() -> None:
    house = a_house(POLICY + WINDOW)
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    window = a_window()
    while house.clock.now().weekday() != 2:
        house.clock.advance(timedelta(hours=1))
    for waited in range(24 * 7 * 2):
        now = house.clock.now()
        outcome = house.carry(change)
        if outcome.word is OutcomeWord.QUARANTINE:
            assert window.is_open(now)
            assert window.is_open(now + timedelta(hours=72))
            assert waited > 0
            return
        assert "it waits for a change window" in outcome.reason
        house.clock.advance(timedelta(hours=1))
    raise AssertionError("it never began")


def test_s20_a_window_that_closed_meanwhile_keeps_the_function() -> None:
    house = a_house(POLICY + WINDOW)
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    while step(house, change).word is OutcomeWord.NOTICE:
        house.clock.advance(timedelta(hours=1))
    house.clock.advance(timedelta(hours=71, minutes=30))
    step(house, change)
    while a_window().is_open(house.clock.now()) or step(house, change).word is OutcomeWord.BACKUP:
        house.clock.advance(timedelta(minutes=10))
    house.clock.advance(timedelta(hours=6))
    house.carry(change)
    assert house.status(change) == "undone"
    assert NAME in house.functions._functions


def test_s20_what_is_called_after_its_window_closed_is_not_deleted() -> None:
    house = a_house(POLICY + WINDOW)
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    now = house.clock.now()
    while (now.weekday(), now.hour, now.minute // 10) != (0, 15, 5):
        house.clock.advance(timedelta(minutes=10))
        now = house.clock.now()
    assert step(house, change).word is OutcomeWord.QUARANTINE
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert step(house, change).word is OutcomeWord.BACKUP
    house.clock.advance(timedelta(minutes=50))
    house.carry(change)
    assert house.status(change) == "undone"
    (*_, last) = house.ledger.entries(f"change#{change.change_id}")
    assert str(last.data["reason"]).startswith("its change window is closed until")
