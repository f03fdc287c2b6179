"""Does a restore drill work on the deployed thing: out of the vault, into the sandbox, and away?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenario.test_whole_loop import UNREAD, trimtab
from trimtab.domain.drill import DRILL_CHAIN, MARK, PREFIX
from trimtab.local.demo.world import REGION

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario

WHY = ("--why", "the scenario")


def sandbox(played: Played) -> Any:
    organization = played.world.organization
    assert organization is not None
    return played.world.emulator.client("lambda", organization.drills.id, REGION)


def there(played: Played) -> list[str]:
    return [f["FunctionName"] for f in sandbox(played).list_functions()["Functions"]]


def make(played: Played, name: str, tags: dict[str, str]) -> None:
    organization = played.world.organization
    assert organization is not None
    function = played.world.story.removed
    code = played.world.emulator.client("lambda", function.account, function.region)
    image = code.get_function(FunctionName=function.name)["Configuration"]
    sandbox(played).create_function(
        FunctionName=name,
        Runtime=image["Runtime"],
        Handler=image["Handler"],
        Role=f"arn:aws:iam::{organization.drills.id}:role/trimtab-sandbox-function",
        Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18},
        Tags=tags,
    )


def mails(played: Played) -> list[str]:
    found = played.world.emulator.messages()
    return [m.subject for m in found if "drill" in m.subject.lower()]


def test_a_sample_comes_back_in_the_sandbox_as_it_was_and_is_removed(played: Played) -> None:
    make(played, f"{PREFIX}left-over", {MARK: "an earlier drill"})
    done = trimtab(played, "drill", "--json", *WHY)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["well"] is True
    assert report["leftovers"] == [f"{PREFIX}left-over"]
    assert report["functions"]
    for one in report["functions"]:
        assert one["word"] == "same", one
        states = {part["name"]: part["state"] for part in one["parts"]}
        assert states["code"] == states["settings"] == "same"
        assert states["execution role"] == "not drilled"
    assert there(played) == []
    assert mails(played) == []


def test_the_backups_say_when_they_were_drilled(played: Played) -> None:
    said = trimtab(played, "backups")
    assert said.returncode == 0, said.stderr
    assert " same" in said.stdout
    rows = [json.loads(line) for line in trimtab(played, "backups", "--json").stdout.splitlines()]
    assert any(row["drill"] and row["drill"]["word"] == "same" for row in rows)


def test_what_is_not_ours_is_left_alone_told_by_mail_and_by_exit_code(played: Played) -> None:
    make(played, f"{PREFIX}theirs", {})
    try:
        done = trimtab(played, "drill", played.world.story.removed.arn, *WHY)
        assert done.returncode == UNREAD, done.stdout + done.stderr
        assert "does not carry the tag trimtab:drill: not deleted" in done.stdout
        assert there(played) == [f"{PREFIX}theirs"]
        assert len(mails(played)) >= 1
    finally:
        sandbox(played).delete_function(FunctionName=f"{PREFIX}theirs")


def test_the_look_of_every_day_is_made_and_a_look_ahead_writes_nothing(played: Played) -> None:
    before = len(played.check.hub.ledger.entries(DRILL_CHAIN))
    ahead = trimtab(played, "drill", "--dry-run")
    assert ahead.returncode == 0, ahead.stderr
    assert "complete backups would be drilled" in ahead.stdout
    name = played.world.outputs["DrillFunctionName"]
    answer = played.world.hub("lambda").invoke(FunctionName=name, Payload=b'{"announce": true}')
    assert json.loads(answer["Payload"].read()) == {"expiring": 0, "drill_days": 0}
    assert len(played.check.hub.ledger.entries(DRILL_CHAIN)) == before


def test_a_drill_of_what_has_no_backup_says_so(played: Played) -> None:
    arn = f"arn:aws:lambda:{REGION}:222222222222:function:never-backed-up"
    done = trimtab(played, "drill", arn, *WHY)
    assert done.returncode == UNREAD
    assert f"there is no complete backup of {arn}" in done.stdout
