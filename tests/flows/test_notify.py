"""Is every approver asked once, with a personal link for each change?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import APPROVER_ID
from tests.fakes.people import person
from tests.pipeline.house import House, a_bundle
from trimtab.domain.errors import (
    AccessDeniedError,
    OutsideError,
    PermanentError,
    RetryableError,
)
from trimtab.domain.ledger import run_chain
from trimtab.domain.notice import Email
from trimtab.domain.remediation import Remediation
from trimtab.flows import decide, notify


def an_email(approver: str, run_id: str, asked: notify.Asked, now: Any) -> Email:
    links = " ".join(link for _, link in asked)
    return Email(to=approver, subject=run_id, html="", text=links, reference=run_id)


def notify_bench(house: House, tokens: Callable[[], str]) -> notify.Bench:
    return notify.Bench(
        desk=house.desk,
        ledger=house.ledger,
        mailer=house.mailer,
        people=house.people,
        clock=house.clock,
        new_token=tokens,
        api_url="https://api.test/",
        compose=an_email,
    )


def asked(house: House, changes: tuple[Remediation, ...], run_id: str = "run-1") -> int:
    tokens = iter([f"token-{n}" for n in range(20)])
    return notify.notify(run_id, changes, notify_bench(house, lambda: next(tokens)))


def opened(house: House, number: int) -> tuple[Remediation, ...]:
    for n in range(number):
        house.plant(f"f{n}")
    return house.run()[1]


def test_an_approver_gets_one_email_with_a_link_per_change() -> None:
    house = House()
    changes = opened(house, 3)
    assert asked(house, changes) == 1
    (email,) = house.mailer.sent
    links = email.text.split()
    assert len(set(links)) == 3
    assert links[0] == "https://api.test/a/token-0"
    for link, change in zip(links, changes, strict=True):
        seen = decide.look(
            link.rpartition("/")[2], desk=house.desk, ledger=house.ledger, now=house.clock.now()
        )
        assert seen.round.remediation == change
        assert seen.link.approver == APPROVER_ID
        assert house.events(change) == ["proposed", "opened", "link_issued", "asked"]


def test_asking_again_writes_to_nobody_twice() -> None:
    house = House()
    changes = opened(house, 2)
    asked(house, changes)
    assert asked(house, changes) == 0
    assert len(house.mailer.sent) == 1


def test_a_crash_after_the_email_may_repeat_it_and_loses_none() -> None:
    house = House()
    changes = opened(house, 1)
    house.ledger.fail_next()
    with pytest.raises(OutsideError):
        asked(house, changes)
    assert asked(house, changes) == 1
    assert house.events(changes[0]) == ["proposed", "opened", "link_issued", "asked"]


def test_who_has_answered_already_is_not_asked() -> None:
    house = House()
    first, second = opened(house, 2)
    house.answer(first)
    asked(house, (first, second))
    assert len(house.mailer.sent[0].text.split()) == 1
    house.answer(second)
    assert asked(house, (first, second), "run-2") == 0


def test_s16_a_token_is_stored_nowhere_but_in_the_email() -> None:
    house = House()
    asked(house, opened(house, 1))
    house.mailer.sent.clear()
    stored = house.everything_stored() + repr(house.desk._links)
    assert "token-0" not in stored
    assert decide.token_hash("token-0") in stored


ALL = ("a@example.com", "b@example.com", "c@example.com")


def asking_three(house: House) -> tuple[Remediation, ...]:
    (policy,) = house.bundle.policies
    assert policy.approval is not None
    house.bundle = a_bundle(approval=replace(policy.approval, approvers=ALL))
    return opened(house, 1)


@pytest.mark.parametrize("refusal", [PermanentError("no such mailbox"), AccessDeniedError("no")])
def test_an_address_that_is_refused_is_on_record_and_silences_nobody_else(
    refusal: PermanentError,
) -> None:
    house = House()
    changes = asking_three(house)
    house.mailer.fail_next(refusal)
    assert asked(house, changes) == 2
    assert [email.to for email in house.mailer.sent] == ["b@example.com", "c@example.com"]
    (entry,) = [e for e in house.ledger.entries(run_chain("run-1")) if e.event == "not_asked"]
    assert entry.data == {
        "approver": person("a@example.com"),
        "changes": [changes[0].execution_name],
        "reason": str(refusal),
    }


def test_an_address_that_was_refused_may_be_asked_after_it_was_mended() -> None:
    house = House()
    changes = asking_three(house)
    for _ in range(2):
        house.mailer.fail_next(PermanentError("no such mailbox"))
        asked(house, changes)
    assert asked(house, changes) == 1
    assert house.ledger.events(run_chain("run-1")).count("not_asked") == 1
    assert house.ledger.events(run_chain("run-1")).count("asked") == 3


def test_s06_an_email_that_may_go_out_later_is_tried_again_after_all_the_others() -> None:
    house = House()
    changes = asking_three(house)
    house.mailer.fail_next(RetryableError("throttled"))
    with pytest.raises(RetryableError, match="throttled"):
        asked(house, changes)
    assert [email.to for email in house.mailer.sent] == ["b@example.com", "c@example.com"]
    assert asked(house, changes) == 1
    assert house.mailer.sent[-1].to == "a@example.com"
    assert "not_asked" not in house.ledger.events(run_chain("run-1"))


def test_s16_a_refusal_that_repeats_the_address_goes_on_record_without_it() -> None:
    house = House()
    changes = asking_three(house)
    house.mailer.fail_next(PermanentError("not verified: a@example.com, eu@example.com; read it"))
    asked(house, changes)
    (entry,) = [e for e in house.ledger.entries(run_chain("run-1")) if e.event == "not_asked"]
    who = person("a@example.com")
    assert entry.data["reason"] == f"not verified: {who}, (an address); read it"


def test_who_was_erased_is_not_asked_and_that_is_on_record() -> None:
    house = House()
    changes = asking_three(house)
    house.people.erase(person("b@example.com"))
    assert asked(house, changes) == 2
    assert [email.to for email in house.mailer.sent] == ["a@example.com", "c@example.com"]
    (entry,) = [e for e in house.ledger.entries(run_chain("run-1")) if e.event == "not_asked"]
    assert entry.data == {
        "approver": person("b@example.com"),
        "changes": [changes[0].execution_name],
        "reason": "erased from the name table",
    }
