"""Is the end of a backup told to its owner and to the operators, thirty days ahead, and once?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.people import person
from tests.fakes.vault import FakeVault
from tests.flows.drilling import OPERATOR, REGION, Scene
from tests.pipeline.vaulted import KEPT_FOR
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.expiry import EXPIRY_CHAIN, Expiring
from trimtab.domain.notice import Email
from trimtab.flows import drill_answer
from trimtab.flows.expiry import Bench, announce
from trimtab.flows.tell_drill import NEVER_DAYS
from trimtab.report.expiry_email import expiry_email

OWNER = "shop@example.com"
SOON = KEPT_FOR - timedelta(days=30)


def owners(function: FunctionArn, tags: Mapping[str, str]) -> tuple[str, ...]:
    return (tags["owner"],) if "owner" in tags else (OPERATOR,)


def compose(address: str, backups: tuple[Expiring, ...], now: datetime) -> Email:
    return expiry_email(to=address, backups=backups, now=now)


class Ending(Scene):
    """One function of somebody's, one of nobody's."""

    def __init__(self) -> None:
        super().__init__(functions=1)
        function = self.house.add("report", Tags={"owner": OWNER})
        self.manifests.append(self.house.back_up(function))

    def expiry(self, **more: Any) -> Bench:
        usual: dict[str, Any] = {
            "vaults": {REGION: self.house.vault},
            "kept_for": KEPT_FOR,
            "post": self.post(),
            "operators": (OPERATOR,),
            "owners": owners,
            "compose": compose,
        }
        return Bench(**usual | more)

    def announce(self) -> int:
        return announce(self.expiry())

    def told(self) -> dict[str, list[str]]:
        entries = self.ledger.entries(EXPIRY_CHAIN)
        return {str(e.data["to"]): list(e.data["backups"]) for e in entries}


@pytest.fixture
def ending() -> Ending:
    return Ending()


def test_nothing_is_said_while_there_is_time(ending: Ending) -> None:
    ending.wait(SOON - timedelta(seconds=1))
    assert ending.announce() == 0
    assert ending.mailer.sent == []


def test_the_owner_hears_of_his_own_and_the_operators_of_all_in_one_email_each(
    ending: Ending,
) -> None:
    ending.wait(SOON)
    assert ending.announce() == 2
    sent = {email.to: email for email in ending.mailer.sent}
    assert set(sent) == {OWNER, OPERATOR}
    assert "1 backup of functions will be gone" in sent[OWNER].subject
    assert "orders-0" not in sent[OWNER].text
    assert "2 backups" in sent[OPERATOR].subject
    for form in (sent[OPERATOR].text, sent[OPERATOR].html):
        assert "report" in form
        assert "orders-0" in form
        assert "it is the last backup" in form
    assert "trimtab backups ARN --take" in sent[OWNER].text
    assert "trimtab restore ARN" in sent[OWNER].text


def test_each_is_told_once_of_each_backup(ending: Ending) -> None:
    ending.wait(SOON)
    ending.announce()
    ending.wait(timedelta(days=1))
    assert ending.announce() == 2
    assert len(ending.mailer.sent) == 2
    ids = [m.backup_id for m in ending.manifests]
    assert sorted(ending.told()[person(OPERATOR)]) == sorted(ids)
    assert ending.told()[person(OWNER)] == [ids[1]]


def test_a_newer_backup_is_said_and_announced_when_its_time_comes(ending: Ending) -> None:
    function = ending.manifests[1].function
    ending.wait(timedelta(days=5))
    ending.house.back_up(function)
    ending.wait(SOON - timedelta(days=5))
    ending.announce()
    (mine,) = [email for email in ending.mailer.sent if email.to == OWNER]
    assert "a newer one stays until" in mine.text
    ending.wait(timedelta(days=5))
    ending.announce()
    again = [email for email in ending.mailer.sent if email.to == OWNER]
    assert len(again) == 2
    assert "it is the last backup" in again[1].text


def test_an_email_that_did_not_go_out_comes_the_next_day_and_holds_up_nobody(
    ending: Ending,
) -> None:
    ending.wait(SOON)
    ending.mailer.fail_next(RetryableError("ses on purpose"))
    with pytest.raises(RetryableError):
        ending.announce()
    assert len(ending.mailer.sent) == 1
    ending.announce()
    assert len({email.to for email in ending.mailer.sent}) == 2


def test_an_address_that_is_refused_is_not_tried_again(ending: Ending) -> None:
    ending.wait(SOON)
    for _ in range(2):
        ending.mailer.fail_next(PermanentError("refused"))
    ending.announce()
    ending.announce()
    assert ending.mailer.sent == []
    assert ending.ledger.events(EXPIRY_CHAIN) == ["not_told", "not_told"]


def test_a_backup_that_cannot_be_opened_is_announced_all_the_same(ending: Ending) -> None:
    for key in ending.house.vault.keys("1" * 12):
        ending.house.vault.objects[key] = b"altered"
    ending.wait(SOON)
    assert ending.announce() == 2
    assert {email.to for email in ending.mailer.sent} == {OPERATOR}


def test_the_look_of_a_day_tells_both_and_says_how_old_the_last_drill_is(ending: Ending) -> None:
    seen = drill_answer.announce(ending.expiry(), ending.telling())
    assert seen == {"expiring": 0, "drill_days": NEVER_DAYS}
    ending.hall.account.fail_always("CreateFunction", "AccessDeniedException")
    ending.drill()
    ending.wait(timedelta(days=3))
    seen = drill_answer.announce(ending.expiry(), ending.telling())
    assert seen == {"expiring": 0, "drill_days": 3}
    assert ["drill" in email.subject for email in ending.mailer.sent] == [True]


def test_a_failed_drill_is_told_also_when_the_backups_cannot_be_listed(ending: Ending) -> None:
    ending.hall.account.fail_always("CreateFunction", "AccessDeniedException")
    ending.drill()
    ending.house.vault.fail_get = (ending.house.vault.gets, RetryableError("s3 on purpose"))
    with pytest.raises(RetryableError):
        drill_answer.announce(ending.expiry(), ending.telling())
    assert len(ending.mailer.sent) == 1


def test_a_backup_in_the_vault_of_another_region_is_announced_too(ending: Ending) -> None:
    ending.wait(SOON)
    assert announce(ending.expiry(vaults={"us-east-1": ending.house.vault})) == 2
    assert {email.to for email in ending.mailer.sent} == {OPERATOR}


def test_s08_a_vault_that_cannot_be_read_keeps_back_no_email_about_the_others(
    ending: Ending,
) -> None:
    class Closed(FakeVault):
        def keys(self, prefix: str) -> tuple[str, ...]:
            raise RetryableError("s3:ListBucket on purpose")

    ending.wait(SOON)
    vaults = {"us-east-1": Closed(), REGION: ending.house.vault}
    with pytest.raises(RetryableError):
        announce(ending.expiry(vaults=vaults))
    assert {email.to for email in ending.mailer.sent} == {OPERATOR, OWNER}
