"""Does `trimtab triggers` draw the graph, and end as it should?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Said
from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.cloud import FakeFleet
from tests.pipeline.trigger_place import Place
from trimtab import wiring
from trimtab.domain.arn import FunctionArn
from trimtab.domain.trigger_graph import Trigger, TriggerKind
from trimtab.report import trigger_words


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, call: Call, place: Place) -> Call:
    """Call `trimtab triggers` on a place; the credentials are of its account."""

    def called(*given: str) -> Said:
        def fleet(roles: Mapping[str, str], external_ids: Mapping[str, str]) -> FakeFleet:
            seen.update(roles=roles, external_ids=external_ids)
            return FakeFleet(place.cloud)

        out = wiring.Lookout(
            home=lambda: ACCOUNT,
            accounts=None,  # type: ignore[arg-type]
            fleet=fleet,  # type: ignore[arg-type]
            prices=None,  # type: ignore[arg-type]
            clock=place.cloud.clock,
        )
        monkeypatch.setattr(wiring, "lookout", lambda region: out)
        return call("triggers", *given)

    seen: dict[str, Mapping[str, str]] = {}
    return called


def test_the_graph_is_drawn_with_marks_and_the_next_call(ask: Call, place: Place) -> None:
    place.here.scheduler.put("yearly", f"{place.arn}:live", expression="cron(0 0 1 10 ? *)")
    place.here.events.put_rule("off", place.arn, state="DISABLED")
    said = ask(str(place.arn))
    assert said.code == 0
    assert said.out.splitlines() == [
        str(place.arn),
        "something may call it or needs it, read 2026-11-02 10:00:00 UTC",
        "",
        "├── live    schedule: yearly → live (cron(0 0 1 10 ? *); next 2027-10-01 00:00 UTC; "
        "so since 2026-11-02)",
        "└── dormant EventBridge rule: off (the rule is disabled)",
    ]


def test_a_name_is_enough_with_a_region(ask: Call, place: Place) -> None:
    assert ask("orders", "--region", REGION).out.splitlines()[0] == str(place.arn)
    said = ask("orders", "--region", REGION, "--account", ACCOUNT, "--role", "reader")
    assert said.code == 0
    assert "nothing points to it" in said.out


def test_s08_what_could_not_be_read_is_named_with_its_call(ask: Call, place: Place) -> None:
    place.here.machines.fail_always("ListStateMachines", "AccessDeniedException")
    said = ask(str(place.arn))
    assert said.code == 2
    assert "unknown: what could not be read may call it" in said.out
    assert "could not be read (1):" in said.out
    assert f"states:ListStateMachines in {ACCOUNT}/{REGION}" in said.out


def test_a_function_of_the_edge_is_said_to_be_one(ask: Call, place: Place) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/service"
    place.here.iam.put_role(role, trusts=["edgelambda.amazonaws.com"])
    assert "it may run at the edge" in ask(str(place.arn)).out
    place.here.iam.fail_always("GetAccountAuthorizationDetails", "AccessDeniedException")
    assert "whether it runs at the edge is unknown" in ask(str(place.arn)).out


def test_as_data_it_is_one_object(ask: Call, place: Place) -> None:
    place.here.events.put_rule("on", f"{place.arn}:live")
    said = json.loads(ask(str(place.arn), "--json").out)
    assert said["has_live"] is True
    assert said["is_whole"] is True
    (trigger,) = said["triggers"]
    assert (trigger["kind"], trigger["name"], trigger["qualifier"], trigger["is_live"]) == (
        "EventBridge rule",
        "on",
        "live",
        True,
    )


def test_as_a_page_it_is_one_file_that_asks_nobody(ask: Call, place: Place, tmp_path: Path) -> None:
    place.here.events.put_rule("<b>on</b>", place.arn)
    place.here.machines.fail_always("ListStateMachines", "AccessDeniedException")
    page = tmp_path / "orders.html"
    said = ask(str(place.arn), "--html", str(page))
    assert f"page: {page}" in said.out
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "&lt;b&gt;on&lt;/b&gt;" in text
    assert "<b>on</b>" not in text
    assert "states:ListStateMachines" in text
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org", "")


def test_a_command_line_that_cannot_be_used_says_why(ask: Call, place: Place) -> None:
    for given, why in (
        (("orders",), "give --region"),
        (("arn:aws:sqs:x",), "is not the ARN of a Lambda function"),
        ((str(place.arn), "--region", REGION), "the ARN says both"),
        ((str(place.arn), "--html", "/nowhere/at/all.html"), "--html"),
    ):
        said = ask(*given)
        assert said.code == 3
        assert why in said.err
    assert ask("gone", "--region", REGION).code == 2


def test_a_long_label_is_cut_in_the_drawing_alone() -> None:
    long = Trigger(
        kind=TriggerKind.RULE, name="x" * 200, qualifier=None, is_live=None, why="it is not known"
    )
    drawn = trigger_words.drawing("orders", (long,), ())
    assert "x…</text>" in drawn
    assert "x" * 200 not in drawn
    assert "x" * 200 in trigger_words.line(long).what
    assert FunctionArn.parse(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders")
