"""Does the record name nobody, and does it stay whole when somebody is erased?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.fakes.people import person
from tests.flows.test_notify import an_email
from tests.pipeline.house import House, a_bundle, with_fleet
from tests.pipeline.test_verify import SETTLE, WATCH, a_watched, tell_bench
from trimtab.domain.errors import AccessDeniedError, NotFoundError, RetryableError
from trimtab.domain.fleet import Gap
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.notice import Email
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.person import PEOPLE_CHAIN
from trimtab.domain.plan import Plan
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import to_wire
from trimtab.flows import decide, notify
from trimtab.flows.audit import audit
from trimtab.flows.people import erase, person_of, pseudonymous
from trimtab.flows.watch import Alarm, watch
from trimtab.pipeline.freeze import BREAKER, freeze
from trimtab.policy.model import KnownGap

TOKEN = "a-token-of-this-test-that-nobody-guesses"
FORM = {"nonce": "n", "decision": "approve", "reason": ""}
OPERATOR = "arn:aws:sts::111111111111:assumed-role/operator/dana@example.com"


def an_alarm(house: House) -> Alarm:
    def compose(to: str, frozen: Any, now: Any) -> Email:
        return Email(to=to, subject="frozen", html="", text=frozen.why, reference="freeze")

    return Alarm(to=house.bundle.owners.fallback, compose=compose)


def ask(house: House, change: Remediation) -> int:
    bench = notify.Bench(
        desk=house.desk,
        ledger=house.ledger,
        mailer=house.mailer,
        people=house.people,
        clock=house.clock,
        new_token=lambda: TOKEN,
        api_url="https://api.test",
        compose=an_email,
    )
    return notify.notify(change.run_id, (change,), bench)


def look_again(house: House) -> None:
    watch(house.verify_bench(), tell_bench(house), an_alarm(house))


def a_whole_life(house: House) -> Remediation:
    """Propose, ask, decide with the mailed link, apply, freeze, watch to the end, tell."""
    change = house.proposed()
    assert ask(house, change) == 1
    _, is_decided = decide.decide(TOKEN, FORM, cookie="n", bench=house.decide_bench())
    assert is_decided
    at = house.clock.now()
    for weeks in (0, 1, 2):
        start = at - timedelta(weeks=weeks)
        house.traffic(since=start, until=start + (SETTLE + WATCH) * 2)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    freeze(house.ledger, by=BREAKER, why="too many", is_hard=False, at=house.clock.now())
    house.clock.advance(SETTLE + WATCH)
    look_again(house)
    return change


def entries(house: House) -> list[Any]:
    return [e for chain in house.ledger.chains() for e in house.ledger.entries(chain)]


def test_s16_no_address_of_a_person_stands_in_the_record_of_a_whole_run() -> None:
    house = House()
    change = a_whole_life(house)
    assert [email.to for email in house.mailer.sent] == [APPROVER] * 3
    assert {"asked", "decided", "applied", "told"} <= set(house.events(change))
    assert "freeze_told" in house.ledger.events(FREEZE_CHAIN)
    said = repr([to_wire(entry) for entry in entries(house)])
    assert "@" not in said
    assert said.count(APPROVER_ID) > 5
    assert "@" not in repr([to_wire(record) for record in house.desk._rounds.values()])
    assert "@" not in repr(house.desk._links)


def test_s16_s17_an_erasure_cuts_the_link_and_the_record_stays_whole() -> None:
    house = House()
    change = a_whole_life(house)
    before = entries(house)
    by = house.people.ids((OPERATOR,))[OPERATOR]
    assert person_of(APPROVER_ID, house.people) == (APPROVER_ID, APPROVER)
    erase(
        APPROVER_ID,
        by=by,
        why="asked for it",
        people=house.people,
        ledger=house.ledger,
        clock=house.clock,
    )
    assert house.people.addresses((APPROVER_ID,)) == {}
    (entry,) = house.ledger.entries(PEOPLE_CHAIN)
    assert (entry.event, entry.actor) == ("erased", by)
    assert entry.data == {"person": APPROVER_ID, "why": "asked for it"}
    assert "@" not in repr(to_wire(entry))
    assert [e for e in entries(house) if e.chain != PEOPLE_CHAIN] == before
    assert audit(house.ledger).faults == ()
    assert house.status(change) == "verified"


def test_a_crash_between_the_entry_and_the_erasure_is_made_good_by_a_second_call() -> None:
    house = House()
    who = house.people.ids((APPROVER,))[APPROVER]

    class Crashing:
        def __getattr__(self, name: str) -> Any:
            return getattr(house.people, name)

        def erase(self, id_: str) -> bool:
            raise RetryableError(f"{id_} on purpose")

    given: dict[str, Any] = {"by": "x", "why": "y", "ledger": house.ledger, "clock": house.clock}
    with pytest.raises(RetryableError):
        erase(who, people=Crashing(), **given)
    erase(who, people=house.people, **given)
    assert house.ledger.events(PEOPLE_CHAIN) == ["erased"]
    with pytest.raises(NotFoundError, match="erased from the name table"):
        erase(who, people=house.people, **given)


def test_a_person_is_found_by_id_and_by_address_and_nobody_is_made_up() -> None:
    house = House()
    for who in (APPROVER, APPROVER_ID):
        with pytest.raises(NotFoundError, match="is not in the name table"):
            person_of(who, house.people)
    house.people.ids((APPROVER,))
    for who in (APPROVER.upper(), APPROVER_ID):
        assert person_of(who, house.people) == (APPROVER_ID, APPROVER)


def test_s05_a_change_whose_approver_was_erased_is_refused_with_the_reason() -> None:
    house = House()
    change = house.approved()
    house.people.erase(APPROVER_ID)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert f"{APPROVER_ID}, who was asked to approve it, was erased" in outcome.reason
    assert house.writes() == 0


def test_s20_an_undo_needs_no_name() -> None:
    house = House()
    change = house.applied()
    house.people.erase(APPROVER_ID)
    house.people.fail_next(AccessDeniedError("nobody may read the names"))
    house.undo(change)
    assert house.status(change) == "undone"


def test_s05_a_name_table_that_may_not_be_read_refuses_the_change() -> None:
    house = House()
    change = house.approved()
    house.people.fail_next(AccessDeniedError("dynamodb:BatchGetItem people"))
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "cannot be read: dynamodb:BatchGetItem people" in outcome.reason
    assert house.writes() == 0


def test_a_name_table_that_is_busy_is_asked_again() -> None:
    house = House()
    change = house.approved()
    house.people.fail_next(RetryableError("throttled"))
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_who_was_erased_is_not_told_once_and_that_is_on_record() -> None:
    house = House()
    change = a_watched(house)
    house.people.erase(APPROVER_ID)
    house.clock.advance(SETTLE + WATCH)
    look_again(house)
    look_again(house)
    assert house.mailer.sent == []
    (entry,) = [
        e
        for e in house.ledger.entries(change_chain(change.change_id))
        if e.event in ("told", "not_told")
    ]
    assert entry.event == "not_told"
    assert entry.data["approver"] == APPROVER_ID
    assert entry.data["reason"] == "erased from the name table"


def test_s16_the_owner_of_a_known_gap_is_on_record_by_id() -> None:
    house = House()
    until = house.clock.now().date() + timedelta(days=30)
    known = KnownGap(account="333333333333", why="acquired", owner="cloud@example.com", until=until)
    house.bundle = with_fleet(a_bundle(), known_gaps=(known,))
    gap = Gap(account=known.account, region="eu-west-1", what="role", error="denied")
    house.accounts = type(house.accounts)(*house.accounts._accounts, gaps=[gap])
    house.plant()
    house.run()
    (entry,) = [e for e in house.ledger.entries(run_chain("run-1")) if e.event == "planned"]
    (found,) = [g for g in entry.data["gaps"] if g["account"] == known.account]
    assert f"{person(known.owner)} mends it until" in found["error"]
    assert "@" not in repr(to_wire(entry))


def test_a_plan_of_nothing_names_nobody() -> None:
    house = House()
    empty = Plan(run_id="run-1", items=(), gaps=())
    assert pseudonymous(empty, house.people) == empty


def test_a_second_run_of_the_same_plan_names_the_same_people() -> None:
    house = House()
    house.plant()
    _, first = house.run()
    assert [r.approval.approvers for r in first] == [(APPROVER_ID,)]
    assert house.run()[1] == first
    assert replace(first[0]) in house.plan().remediations
