"""Does `trimtab doctor` show the worst first, say how far it got, and end with a usable code?"""

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import Call, Said
from tests.fakes.builders import ACCOUNT, REGION, an_account
from tests.fakes.clinic import THE_HUB, FakeHubFacts, FakeMembers
from tests.pipeline.house import OTHER_ACCOUNT, House
from trimtab import wiring
from trimtab.domain.arn import Target
from trimtab.domain.checkup import Check
from trimtab.domain.errors import PermanentError
from trimtab.domain.fleet import Account, Gap, LeftOut
from trimtab.flows.doctor import CHANGE_STACK, READ_STACK, Bench, examine, survey
from trimtab.wiring import Clinic

OTHER = Target(account=OTHER_ACCOUNT, region=REGION)


class Practice:
    """Two accounts and a hub, all in order; each test spoils what it is about."""

    def __init__(self, *, gaps: tuple[Gap, ...] = (), left_out: tuple[LeftOut, ...] = ()) -> None:
        accounts = (an_account(), an_account(OTHER_ACCOUNT))
        self.house = House(accounts=accounts, gaps=gaps, left_out=left_out)
        self.facts = FakeHubFacts()
        self.bench = Bench(
            accounts=self.house.accounts,
            members=FakeMembers(self.house.cloud),
            bundle=self.house.bundle,
            hub=THE_HUB,
        )

    def examine(self, account: Account) -> tuple[Check, ...]:
        return examine(account, self.bench)


CallDoctor = Callable[..., Said]


@pytest.fixture
def practice() -> Practice:
    return Practice()


@pytest.fixture
def call_doctor(monkeypatch: pytest.MonkeyPatch, call: Call) -> CallDoctor:
    def called(practice: Practice, *given: str) -> Said:
        clinic = Clinic(
            facts=practice.facts,
            survey=lambda: survey(practice.bench),
            examine=practice.examine,
            functions=("trimtab-scan",),
            clock=practice.house.clock,
        )
        monkeypatch.setattr(wiring, "clinic_of", lambda _: clinic)
        return call("doctor", *given)

    return called


def test_all_in_order_ends_with_zero(practice: Practice, call_doctor: CallDoctor) -> None:
    said = call_doctor(practice)
    assert (said.code, said.out.splitlines()[-1]) == (0, "0 missing, 0 unknown, 30 ok")
    assert "account 222222222222: " in said.err
    assert "2 of 2" in said.err


def test_what_is_missing_comes_first_with_what_to_do(
    practice: Practice, call_doctor: CallDoctor
) -> None:
    practice.house.cloud.deny(OTHER)
    practice.facts.subscribed = 0
    said = call_doctor(practice)
    lines = said.out.splitlines()
    assert said.code == 1
    assert lines[1].startswith("missing  hub")
    assert lines[2].split()[:4] == ["missing", OTHER_ACCOUNT, "read", "role"]
    assert "deploy trimtab-member-read" in lines[2]
    assert lines[-1].startswith("2 missing, 0 unknown, ")


def test_s08_something_unknown_alone_is_not_well(
    practice: Practice, call_doctor: CallDoctor
) -> None:
    practice.facts.refuse("lock")
    assert call_doctor(practice).code == 2


def test_an_account_whose_check_failed_is_unknown_and_the_others_are_looked_at(
    practice: Practice, call_doctor: CallDoctor
) -> None:
    whole = practice.examine

    def examine_one(account: Account) -> tuple[Check, ...]:
        if account.id == OTHER_ACCOUNT:
            raise PermanentError("trimtab-doctor: Task timed out; read its log")
        return whole(account)

    practice.examine = examine_one  # type: ignore[method-assign]
    said = call_doctor(practice)
    assert said.code == 2
    assert f"unknown  {OTHER_ACCOUNT}" in said.out
    assert f"{ACCOUNT}/{REGION}" in said.out


def test_who_is_left_out_and_what_was_not_listed_is_said(call_doctor: CallDoctor) -> None:
    practice = Practice(
        gaps=(Gap(account="*", region="*", what="organizations:ListAccounts", error="denied"),),
        left_out=(LeftOut(account="333333333333", reason="its state is SUSPENDED"),),
    )
    said = call_doctor(practice)
    assert said.code == 2
    assert "organizations:ListAccounts: denied" in said.out
    assert "left out: its state is SUSPENDED" in said.out


def test_as_json_it_is_one_object_with_every_check(
    practice: Practice, call_doctor: CallDoctor
) -> None:
    practice.facts.stacks = {READ_STACK: (), CHANGE_STACK: ()}
    said = call_doctor(practice, "--json")
    shown = json.loads(said.out)
    assert said.code == 1
    assert shown["counts"]["missing"] == 4
    assert {c["where"] for c in shown["checks"][:4]} == {ACCOUNT, OTHER_ACCOUNT}
    assert set(shown["checks"][0]) >= {"where", "what", "state", "said", "todo"}


def test_text_from_outside_is_inert(practice: Practice, call_doctor: CallDoctor) -> None:
    practice.facts.status = "[red]\x1b[31mX"
    assert "\x1b" not in call_doctor(practice).out
