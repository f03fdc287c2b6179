"""Does `trimtab drill` ask the Lambda, print the report, and end with the code that fits?"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.flows.drilling import Scene
from tests.pipeline.drilled import SANDBOX
from tests.pipeline.house import House
from trimtab import wiring
from trimtab.domain.drill import NO_SANDBOX, PREFIX
from trimtab.flows import drill_answer
from trimtab.wiring import Strongroom

WHY = ("--why", "before the audit")


class Room:
    """The Lambda over one scene, as its handler calls it."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.asked: list[Any] = []
        self.more: dict[str, Any] = {}

    def drill(self, event: Any) -> Any:
        self.asked.append(event)
        bench = self.scene.bench(**self.more)
        said = drill_answer.answer(event["drill"], bench, self.scene.telling())
        return json.loads(json.dumps(said.answer))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, call_on: Call) -> tuple[Room, Callable[..., Any]]:
    made, house = Room(), House()

    def strongroom_of(stack: str) -> Strongroom:
        hub = wiring.hub_of(stack)
        return Strongroom(
            hub=hub, ask_backup=made.drill, ask_restore=made.drill, ask_drill=made.drill
        )

    monkeypatch.setattr(wiring, "strongroom_of", strongroom_of)
    return made, lambda *given: call_on(house, *given)


Given = tuple[Room, Callable[..., Any]]


def test_the_report_says_what_came_back_and_what_was_not_drilled(room: Given) -> None:
    made, call = room
    said = call("drill", *WHY)
    assert said.code == 0, said
    assert "same          code" in said.out
    assert "not drilled   execution role: the sandbox's own role" in said.out
    assert "2 of 2 are well; 2 complete backups" in said.out
    assert "trimtab audit show control#drill" in said.out
    assert made.asked[0]["drill"]["why"] == WHY[1]


def test_a_look_ahead_needs_no_reason_and_makes_nothing(room: Given) -> None:
    made, call = room
    said = call("drill", "--dry-run")
    assert said.code == 0
    assert said.out.count("never drilled") == 2
    assert "2 of 2 complete backups would be drilled" in said.out
    assert made.scene.hall.account.asked == []
    call("drill", *WHY)
    assert "drilled 2026-11-02" in call("drill", "--dry-run").out


def test_a_drill_needs_a_reason(room: Given) -> None:
    made, call = room
    assert call("drill").code == 3
    assert made.asked == []


def test_without_a_sandbox_it_says_so(room: Given) -> None:
    made, call = room
    made.more = {"place": None}
    said = call("drill", *WHY)
    assert said.code == 0
    assert f"read back: {NO_SANDBOX}" in said.out
    assert said.out.splitlines().count(NO_SANDBOX) == 1


def test_a_backup_that_is_not_whole_ends_with_1(room: Given) -> None:
    made, call = room
    key = next(k for k in made.scene.house.vault.keys("1" * 12) if "/code/" in k)
    made.scene.house.vault.objects[key] = b"other"
    said = call("drill", *WHY)
    assert (said.code, "refused: " in said.out) == (1, True)


def test_what_cannot_be_finished_or_removed_ends_with_2(room: Given) -> None:
    made, call = room
    account = made.scene.hall.account
    account.fail_always("DeleteFunction", "AccessDeniedException")
    said = call("drill", *WHY)
    assert said.code == 2
    assert f":{SANDBOX}:function:{PREFIX}" in said.out
    assert "may still be there: lambda:DeleteFunction" in said.out
    account._always.clear()
    account.fail_always("CreateFunction", "AccessDeniedException")
    said = call("drill", *WHY)
    assert (said.code, "unfinished: " in said.out) == (2, True)
    assert "removed what an earlier drill had left: trimtab-drill-" in said.out


def test_a_function_without_a_backup_is_a_failure(room: Given) -> None:
    made, call = room
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:none"
    said = call("drill", arn, str(made.scene.manifests[0].function), *WHY)
    assert said.code == 2
    assert f"failed: there is no complete backup of {arn}" in said.out


def test_json_is_one_object(room: Given) -> None:
    _, call = room
    answer = json.loads(call("drill", "--json", *WHY).out)
    assert (answer["well"], answer["sandbox"]) == (True, SANDBOX)
    assert {one["word"] for one in answer["functions"]} == {"same"}
