"""Does `trimtab pc peak` print what an owner runs, and refuse what cannot be?"""

import json
import shlex
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Call
from tests.flows.test_peak import pass_to, put, scheduled
from tests.pipeline.house import House
from tests.pipeline.provisioning import actions, level_of
from trimtab.domain.provisioned import ScheduledAction

FROM, UNTIL = ("--from", "2026-11-05 06:00"), ("--until", "2026-11-06 12:00")
LEVEL = ("--at-least", "40")


def read(command: str) -> ScheduledAction:
    """Read a printed command as a shell would."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["aws", "application-autoscaling", "put-scheduled-action"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given["--resource-id"] == "function:orders:live"
    bounds = dict(pair.split("=") for pair in given["--scalable-target-action"].split(","))
    starts, ends = given.get("--start-time"), given.get("--end-time")
    return ScheduledAction(
        name=given["--scheduled-action-name"],
        schedule=given["--schedule"],
        timezone=given["--timezone"],
        minimum=int(bounds["MinCapacity"]),
        maximum=int(bounds["MaxCapacity"]),
        starts_at=None if starts is None else datetime.fromisoformat(starts),
        ends_at=None if ends is None else datetime.fromisoformat(ends),
    )


def test_what_is_printed_holds_the_peak_once_it_is_run(call_on: Call) -> None:
    house, change = scheduled()
    said = call_on(house, "pc", "peak", change.change_id, *FROM, *UNTIL, *LEVEL, "--json")
    assert (said.code, said.err) == (0, "")
    told = json.loads(said.out)
    assert (told["change"], told["timezone"]) == (change.change_id, "Europe/Berlin")
    account, *puts = told["commands"]
    assert "sts get-caller-identity" in account["command"]
    put(house, [read(each["command"]) for each in puts])
    start, end = datetime(2026, 11, 5, 5, tzinfo=UTC), datetime(2026, 11, 6, 11, tzinfo=UTC)
    held = {level for at, level in pass_to(house, end) if start <= at < end}
    assert (held, level_of(house)) == ({40}, 15)


def test_people_are_told_what_each_command_is_for(call_on: Call) -> None:
    house, change = scheduled()
    said = call_on(house, "pc", "peak", change.change_id, *FROM, *UNTIL, *LEVEL)
    comments = [line for line in said.out.splitlines() if line.startswith("# ")]
    assert said.code == 0
    assert "go on only if it says 111111111111" in comments[0]
    assert any("stands in for one that waits, until the peak" in line for line in comments)
    assert any("waits until the peak is over" in line for line in comments)
    assert comments[-2].endswith("-up: 40 from at(2026-11-05T04:50:00) UTC")
    assert "-end: " in comments[-1]


def test_nothing_is_written(call_on: Call) -> None:
    house, change = scheduled()
    events, there = house.events(change), actions(house)
    call_on(house, "pc", "peak", change.change_id, *FROM, *UNTIL, *LEVEL)
    assert (house.events(change), actions(house)) == (events, there)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((*FROM, "--until", "tomorrow", *LEVEL), "write it like '2026-11-27 06:00'"),
        (("--from", "2026-11-05", *UNTIL, *LEVEL), "--from '2026-11-05'"),
        ((*FROM, "--until", "2026-11-05 06:00", *LEVEL), "it ends before it starts"),
        (("--from", "2026-11-02 11:05", *UNTIL, *LEVEL), "it starts too soon"),
        ((*FROM, *UNTIL, "--at-least", "0"), "--at-least is from 1 to 3000"),
    ],
)
def test_a_time_that_cannot_be_is_a_mistake_of_the_caller(
    call_on: Call, given: tuple[str, ...], said: str
) -> None:
    house, change = scheduled()
    found = call_on(house, "pc", "peak", change.change_id, *given)
    assert (found.code, found.out) == (3, "")
    assert said in found.err


def test_an_unknown_change_is_unread(call_on: Call) -> None:
    found = call_on(House(), "pc", "peak", "nobody", *FROM, *UNTIL, *LEVEL)
    assert (found.code, found.out) == (2, "")
    assert "there is no change 'nobody'" in found.err


def test_a_change_of_memory_has_no_schedule(call_on: Call) -> None:
    house = House()
    change = house.proposed()
    found = call_on(house, "pc", "peak", change.change_id, *FROM, *UNTIL, *LEVEL)
    assert found.code == 3
    assert "has no schedule: nothing to raise" in found.err


@pytest.mark.parametrize(
    ("starts", "ends", "raised", "ended"),
    [
        ("2027-03-28 02:30", "2027-03-28 09:00", "2027-03-28T00:20:00", "2027-03-28T07:00:00"),
        ("2027-10-31 02:30", "2027-10-31 09:00", "2027-10-31T00:20:00", "2027-10-31T08:00:00"),
        ("2027-10-30 22:00", "2027-10-31 02:30", "2027-10-30T19:50:00", "2027-10-31T01:30:00"),
        ("2027-03-27 22:00", "2027-03-28 02:30", "2027-03-27T20:50:00", "2027-03-28T01:30:00"),
    ],
)
def test_an_hour_that_clocks_repeat_or_skip_is_taken_for_the_longer_peak(
    call_on: Call, starts: str, ends: str, raised: str, ended: str
) -> None:
    house, change = scheduled()
    asked = ("--from", starts, "--until", ends, *LEVEL, "--json")
    said = call_on(house, "pc", "peak", change.change_id, *asked)
    *_, up, end = json.loads(said.out)["commands"]
    assert f"at({raised})" in up["command"]
    assert f"at({ended})" in end["command"]
