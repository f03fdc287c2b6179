"""Does every approver hear of a notice and of the last call, once, with a link that keeps it?"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.pipeline.house import House
from tests.pipeline.removal_house import DAY, a_house, approved, back_up, on_notice, step
from trimtab.domain.errors import AccessDeniedError, PermanentError
from trimtab.domain.ledger import change_chain
from trimtab.domain.notice import Email
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.flows import notify
from trimtab.flows.tell_removal import Bench, tell_stage


def compose(
    address: str, change: Remediation, link: str, deletes_at: datetime | None, now: datetime
) -> Email:
    what = "notice" if deletes_at is None else f"deleted {deletes_at.isoformat()}"
    return Email(to=address, subject=what, html="", text=link, reference=change.execution_name)


def bench(house: House) -> Bench:
    tokens = iter(f"t{n}" for n in range(100))
    return Bench(
        links=notify.Linking(
            desk=house.desk,
            ledger=house.ledger,
            clock=house.clock,
            new_token=lambda: next(tokens),
            api_url="https://hub.test/",
        ),
        mailer=house.mailer,
        people=house.people,
        compose=compose,
    )


def tell(house: House, change: Remediation) -> int:
    return tell_stage(change.change_id, change.round, bench(house))


def noticed(house: House) -> Remediation:
    """Go as far as a notice that nobody was told of yet."""
    change = approved(house)
    assert house.carry(change).word is OutcomeWord.BACKUP
    back_up(house, change)
    assert house.carry(change).word is OutcomeWord.NOTICE
    return change


def told(house: House, change: Remediation, event: str = "told") -> list[Any]:
    entries = house.ledger.entries(change_chain(change.change_id))
    return [(e.data["approver"], e.data["ending"]) for e in entries if e.event == event]


def test_a_notice_and_a_last_call_are_told_once_each() -> None:
    house = a_house()
    change = noticed(house)
    assert tell(house, change) == 1
    assert tell(house, change) == 0
    house.clock.advance(14 * DAY)
    assert house.carry(change).word is OutcomeWord.QUARANTINE
    assert tell(house, change) == 1
    assert tell(house, change) == 0
    assert told(house, change) == [(APPROVER_ID, "notice"), (APPROVER_ID, "last_call")]
    first, last = house.mailer.sent[-2:]
    assert first.to == last.to == APPROVER
    assert first.text == "https://hub.test/a/t0"
    ends_at = house.clock.now() + timedelta(hours=72)
    assert last.subject == f"deleted {ends_at.isoformat()}"


def test_nothing_is_told_while_nothing_is_on_its_way() -> None:
    house = a_house()
    assert tell(house, approved(house)) == 0


def test_who_cannot_be_told_is_on_record_and_does_not_count_as_told() -> None:
    house = a_house()
    change = noticed(house)
    house.mailer.fail_next(PermanentError(f"{APPROVER} is suppressed"))
    assert tell(house, change) == 0
    assert told(house, change, "not_told") == [(APPROVER_ID, "notice")]
    entries = house.ledger.entries(change_chain(change.change_id))
    reason = next(e.data["reason"] for e in entries if e.event == "not_told")
    assert APPROVER not in reason
    house.clock.advance(6 * DAY)
    assert step(house, change).reason == "its approvers are being told"


def test_who_was_erased_is_not_told() -> None:
    house = a_house()
    change = noticed(house)
    house.people.erase(APPROVER_ID)
    assert tell(house, change) == 0
    assert told(house, change, "not_told") == [(APPROVER_ID, "notice")]


def test_a_role_that_may_not_send_is_mended_and_then_everybody_is_told() -> None:
    house = a_house()
    change = noticed(house)
    house.mailer.fail_next(AccessDeniedError("ses:SendEmail"))
    with pytest.raises(AccessDeniedError):
        tell(house, change)
    assert tell(house, change) == 1


def test_a_removal_that_nobody_can_be_told_of_ends() -> None:
    house = a_house()
    change = noticed(house)
    house.people.erase(APPROVER_ID)
    tell(house, change)
    house.clock.advance(7 * DAY)
    house.carry(change)
    assert house.status(change) == "stale"


def test_a_notice_that_was_told_is_not_told_again_by_another_way() -> None:
    house = a_house()
    change = on_notice(house)
    assert tell(house, change) == 0
