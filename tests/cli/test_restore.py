"""Do `trimtab restore` and `trimtab backups` ask the right Lambda, and say what came of it?"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.flows.test_restore import Desk
from tests.pipeline.house import House
from trimtab import wiring
from trimtab.domain.errors import PermanentError, TrimtabError
from trimtab.flows import strongroom
from trimtab.flows.backup import Reader
from trimtab.wiring import Strongroom

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
WHY = ("--why", "the report needs it")


@dataclass(slots=True)
class Room:
    """The two Lambdas over one desk, as the handlers call them."""

    desk: Desk = field(default_factory=Desk)
    asked: list[Any] = field(default_factory=list)
    unfinished: int = 0

    def backup(self, event: Any) -> Any:
        return dict(strongroom.back_up(event, self.desk.taking()).answer)

    def restore(self, event: Any) -> Any:
        self.asked.append(event)
        if self.unfinished:
            self.unfinished -= 1
            return {"word": "unfinished", "reason": "the time of this invocation is over"}
        try:
            if "backups" in event:
                bench = self.desk.bench()
                reader = Reader(
                    vault=bench.vault,
                    ledger=bench.ledger,
                    clock=bench.clock,
                    kept_for=bench.kept_for,
                )
                said = strongroom.list_backups(event["backups"], reader, region="eu-west-1")
            else:
                said = strongroom.bring_back(event["restore"], self.desk.bench())
        except TrimtabError as error:
            raise PermanentError(f"trimtab-restore: {error}; read its log") from error
        return json.loads(json.dumps(dict(said.answer)))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, call_on: Call) -> tuple[Room, Callable[..., Any]]:
    made, house = Room(), House()

    def strongroom_of(stack: str) -> Strongroom:
        hub = wiring.hub_of(stack)
        return Strongroom(
            hub=hub, ask_backup=made.backup, ask_restore=made.restore, ask_drill=made.restore
        )

    monkeypatch.setattr(wiring, "strongroom_of", strongroom_of)
    return made, lambda *given: call_on(house, *given)


Given = tuple[Room, Callable[..., Any]]


def test_a_function_is_restored_and_what_does_not_come_back_is_said(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    made.desk.house.account.remove("orders")
    said = call("restore", ARN, *WHY)
    assert said.code == 0, said
    assert f"{ARN} is restored, compared field by field" in said.out
    assert "version 1 is 2 now" in said.out
    assert "does not come back:" in said.out
    assert "trimtab audit show" in said.out
    assert made.asked[0]["restore"]["why"] == WHY[1]


def test_a_look_ahead_needs_no_reason_and_makes_nothing(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    said = call("restore", ARN, "--dry-run")
    assert (said.code, "would be made, in this order:" in said.out) == (0, True)
    assert made.desk.house.account.writes == []


def test_a_restore_that_ran_out_of_time_is_asked_to_go_on(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    made.desk.house.account.remove("orders")
    made.unfinished = 2
    assert call("restore", ARN, *WHY).code == 0
    assert len(made.asked) == 3


def test_differences_end_with_1_and_an_unfinished_restore_with_2(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    account = made.desk.house.account
    account.remove("orders")
    account.fail_always("CreateAlias", "AccessDeniedException")
    said = call("restore", ARN, *WHY)
    assert (said.code, "not all of it is as it was" in said.out) == (1, True)
    assert "alias live: missing" in said.out
    account.remove("orders")
    account.fail_always("CreateFunction", "AccessDeniedException")
    said = call("restore", ARN, *WHY)
    assert (said.code, "it goes on where it stands" in said.out) == (2, True)


@pytest.mark.parametrize(
    "given",
    [(), (ARN, "--run", "run-1"), ("--run", "run-1", "--as", "x"), (ARN,), ("--run", "r")],
)
def test_what_is_not_clear_is_refused(room: Given, given: tuple[str, ...]) -> None:
    made, call = room
    assert call("restore", *given).code == 3
    assert made.asked == []


def test_json_is_one_object(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    said = call("restore", ARN, "--as", "orders-2", "--json", *WHY)
    answer = json.loads(said.out)
    assert (answer["function"], answer["word"]) == (ARN, "restored")
    assert answer["target"].endswith(":orders-2")


def test_a_run_goes_on_when_one_of_its_functions_fails(
    room: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trimtab.cli import restore as command  # noqa: PLC0415
    from trimtab.domain.arn import FunctionArn  # noqa: PLC0415
    from trimtab.flows.removed import Removed  # noqa: PLC0415

    made, call = room
    backup_id = made.desk.back_up()
    made.desk.house.account.remove("orders")
    removed = (
        Removed(function=FunctionArn.parse(f"{ARN}-gone"), backup_id="none"),
        Removed(function=FunctionArn.parse(ARN), backup_id=backup_id),
    )
    monkeypatch.setattr(command, "removed_by", lambda *_, **__: removed)
    said = call("restore", "--run", "run-1", *WHY)
    assert said.code == 2
    assert "1 of 2 functions are restored" in said.out
    assert f"{ARN}-gone: " in said.err
    monkeypatch.setattr(command, "removed_by", lambda *_, **__: ())
    assert call("restore", "--run", "run-1", *WHY).code == 2


def test_backups_are_listed_with_age_and_end(room: Given) -> None:
    made, call = room
    made.desk.back_up()
    made.desk.house.account.fail_next("ListAliases", "AccessDeniedException")
    made.desk.back_up()
    said = call("backups", ARN)
    assert said.code == 0
    assert "in 400 days" in said.out
    assert "NO" in said.out
    assert "lacks aliases: lambda:ListAliases" in said.out
    rows = [json.loads(line) for line in call("backups", "--json").out.splitlines()]
    assert [row["complete"] for row in rows].count(True) == 1


def test_backups_say_how_their_last_drill_went(room: Given) -> None:
    made, call = room
    backup_id = made.desk.back_up()
    assert "never" in call("backups", ARN).out
    said = {"backup_id": backup_id, "reason": "code: version 1: code differs", "sandbox": None}
    for word, is_well in (("different", False), ("same", True)):
        data = said | {"word": word, "is_well": is_well}
        at = made.desk.house.clock.now()
        made.desk.ledger.append("control#drill", event="drilled", actor="x", data=data, at=at)
        out = call("backups", ARN).out
        assert (f"{backup_id} failed its drill: code: version 1" in out) != is_well
        assert f"2026-11-02 {word if is_well else word.upper()}" in out


def test_backups_that_end_soon_are_announced(room: Given) -> None:
    from datetime import timedelta  # noqa: PLC0415

    made, call = room
    made.desk.back_up()
    made.desk.house.clock.advance(timedelta(days=380))
    assert "1 of them expire within 30 days" in call("backups", ARN).out
    made.desk.house.clock.advance(timedelta(days=30))
    assert "expired" in call("backups", ARN).out


def test_a_backup_is_taken_for_a_drill(room: Given) -> None:
    made, call = room
    said = call("backups", ARN, "--take", *WHY)
    assert (said.code, "objects" in said.out) == (0, True)
    assert json.loads(call("backups", ARN, "--take", "--json", *WHY).out)["complete"] is True
    made.desk.house.account.fail_next("ListAliases", "AccessDeniedException")
    said = call("backups", ARN, "--take", *WHY)
    assert (said.code, "lacks aliases" in said.out) == (1, True)
    assert call("backups", "--take", *WHY).code == 3


@pytest.mark.parametrize("command", ["backups", "restore", "drill"])
def test_what_is_no_arn_is_refused_before_anything_is_asked(room: Given, command: str) -> None:
    made, call = room
    said = call(command, "orders", *(() if command == "backups" else WHY))
    assert said.code == 3
    assert "'orders' is not the ARN of a Lambda function" in said.err
    assert made.asked == []
