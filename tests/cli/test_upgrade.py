"""Does `trimtab upgrade --check` list what is under way, and tell a good moment from a bad one?"""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.cli.conftest import Call, Said
from tests.fakes.clock import NOW
from tests.pipeline.house import House
from trimtab import wiring
from trimtab.domain.approval import RoundStatus
from trimtab.domain.run import Running
from trimtab.flows.upgrade import BECOMES, OPEN
from trimtab.wiring import Yard

WAITING = Running(machine="trimtab-change", name="abc-r1", started_at=NOW - timedelta(hours=3))
SCANNING = Running(machine="trimtab-scan", name="run-7", started_at=NOW)

CallUpgrade = Callable[..., Said]


@pytest.fixture
def call_upgrade(monkeypatch: pytest.MonkeyPatch, call: Call) -> CallUpgrade:
    def called(house: House, *given: str, running: tuple[Running, ...] = ()) -> Said:
        yard = Yard(desk=house.desk, running=lambda: running)
        monkeypatch.setattr(wiring, "yard_of", lambda _: yard)
        return call("upgrade", *given)

    return called


def test_nothing_under_way_is_a_good_moment(call_upgrade: CallUpgrade) -> None:
    said = call_upgrade(House(), "--check")
    assert said.code == 0
    assert said.out.startswith("0 open changes\n")
    assert "a good moment" in said.out


def test_an_open_question_is_listed_and_no_reason_to_wait(call_upgrade: CallUpgrade) -> None:
    house = House()
    remediation = house.proposed()
    said = call_upgrade(house, "--check", running=(WAITING,))
    assert said.code == 0
    assert f"{remediation.change_id}-r1" in said.out
    assert "its link stays valid" in said.out
    assert "trimtab-change  abc-r1" in said.out


@pytest.mark.parametrize("status", [RoundStatus.APPLYING, RoundStatus.UNDOING])
def test_a_change_that_is_being_written_is_a_reason_to_wait(
    call_upgrade: CallUpgrade, status: RoundStatus
) -> None:
    house = House()
    remediation = house.proposed()
    house.desk.advance(remediation.change_id, 1, from_=(RoundStatus.PROPOSED,), to=status)
    said = call_upgrade(house, "--check", "--json")
    shown = json.loads(said.out)
    assert (said.code, shown["is_quiet"]) == (1, False)
    assert shown["changes"][0]["status"] == status.value


def test_a_running_scan_is_a_reason_to_wait(call_upgrade: CallUpgrade) -> None:
    said = call_upgrade(House(), "--check", running=(SCANNING,))
    assert said.code == 1
    assert "wait: something is being written, or a scan runs" in said.out


def test_every_open_status_says_what_becomes_of_it() -> None:
    assert set(BECOMES) == set(OPEN)


def test_without_check_it_says_where_the_upgrade_is_described(call_upgrade: CallUpgrade) -> None:
    said = call_upgrade(House())
    assert (said.code, "docs/upgrading.md" in said.err) == (3, True)
