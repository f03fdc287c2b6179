"""Do the commands put back what was provisioned, in the right order, and only of ours?"""

import shlex
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import a_function, a_remediation
from tests.report.weeks import a_provisioned_change, a_state, hostile
from trimtab.domain.provisioned import ScalableTarget, ScheduledAction
from trimtab.domain.remediation import Remediation
from trimtab.report.by_hand import by_hand
from trimtab.report.hand_step import HandStep
from trimtab.report.provisioned_by_hand import put_back
from trimtab.report.words import inert

ACTION = ScheduledAction(
    name="trimtab-old-000",
    schedule="cron(0 7 ? * MON *)",
    timezone="Europe/Berlin",
    minimum=9,
    maximum=9,
)
WHO = "get-caller-identity"


def calls(change: Remediation) -> list[str]:
    """Return which call each command makes, in order."""
    return [shlex.split(step.command)[2] for step in by_hand(change)]


def option(step: HandStep, name: str) -> str:
    words = shlex.split(step.command)
    return words[words.index(name) + 1]


def test_what_was_there_is_restored_before_anything_that_scales_is_taken_away() -> None:
    change = a_provisioned_change()
    assert calls(change) == [
        WHO,
        "register-scalable-target",
        "get-provisioned-concurrency-config",
        "register-scalable-target",
        "describe-scheduled-actions",
        "deregister-scalable-target",
    ]
    _, bounds, wait, suspend, delete, _ = by_hand(change)
    assert (option(bounds, "--min-capacity"), option(bounds, "--max-capacity")) == ("14", "14")
    assert "READY" in wait.when
    assert option(suspend, "--suspended-state") == "ScheduledScalingSuspended=true"
    assert "--min-capacity" not in suspend.command, "an update leaves what it does not say"
    assert "| xargs -n 1 aws application-autoscaling delete-scheduled-action " in delete.command


def test_only_actions_of_ours_are_deleted() -> None:
    delete = by_hand(a_provisioned_change())[4]
    query = option(delete, "--query")
    assert query == (
        'ScheduledActions[?starts_with(ScheduledActionName, `"trimtab-"`)].ScheduledActionName'
    )
    jmespath = pytest.importorskip("jmespath")
    listed = [{"ScheduledActionName": name} for name in ("trimtab-a-000", "theirs", "a-trimtab-b")]
    assert jmespath.search(query, {"ScheduledActions": listed}) == ["trimtab-a-000"]


def test_where_nothing_was_provisioned_nothing_is_left() -> None:
    change = a_provisioned_change("from-nothing")
    assert calls(change) == [
        WHO,
        "register-scalable-target",
        "describe-scheduled-actions",
        "deregister-scalable-target",
        "delete-provisioned-concurrency-config",
    ]
    assert option(by_hand(change)[1], "--suspended-state") == "ScheduledScalingSuspended=true"


@pytest.mark.parametrize("what", ["reduce", "remove"])
def test_a_constant_level_is_put_back_by_its_arn(what: str) -> None:
    put, wait = by_hand(a_provisioned_change(what))
    assert shlex.split(put.command) == [
        "aws",
        "lambda",
        "put-provisioned-concurrency-config",
        "--region",
        "eu-west-1",
        "--function-name",
        str(a_function()),
        "--qualifier",
        "live",
        "--provisioned-concurrent-executions",
        "14",
    ]
    assert option(wait, "--query") == "Status"


def test_s18_the_account_is_looked_at_before_a_call_that_names_no_account() -> None:
    other = a_function(account="999988887777", region="us-east-1")
    steps = by_hand(a_provisioned_change(function=other))
    assert "999988887777" in steps[0].when
    for step in steps[1:]:
        assert option(step, "--region") == "us-east-1"
        if "application-autoscaling" in step.command:
            assert option(step, "--resource-id") == f"function:{other.name}:live"


def a_target(**given: Any) -> ScalableTarget:
    usual: dict[str, Any] = {
        "minimum": 2,
        "maximum": 9,
        "is_suspended": False,
        "actions": (ACTION,),
    }
    return ScalableTarget(**usual | given)


def test_an_earlier_schedule_comes_back_action_by_action() -> None:
    change = a_provisioned_change(state=a_state(9, target=a_target()))
    assert calls(change) == [
        WHO,
        "register-scalable-target",
        "get-provisioned-concurrency-config",
        "register-scalable-target",
        "describe-scheduled-actions",
        "put-scheduled-action",
        "register-scalable-target",
        "register-scalable-target",
    ]
    *_, put, bounds, resume = by_hand(change)
    assert option(put, "--scheduled-action-name") == "trimtab-old-000"
    assert option(put, "--schedule") == "cron(0 7 ? * MON *)"
    assert option(put, "--timezone") == "Europe/Berlin"
    assert option(put, "--scalable-target-action") == "MinCapacity=9,MaxCapacity=9"
    assert "--start-time" not in put.command
    assert (option(bounds, "--min-capacity"), option(bounds, "--max-capacity")) == ("2", "9")
    assert option(resume, "--suspended-state") == "ScheduledScalingSuspended=false"


def test_an_earlier_schedule_comes_back_where_it_was_removed_too() -> None:
    action = replace(ACTION, minimum=None, starts_at=datetime(2026, 1, 2, tzinfo=UTC), ends_at=None)
    target = a_target(actions=(action,), is_suspended=True)
    change = a_provisioned_change("remove", state=a_state(9, target=target))
    assert calls(change)[:3] == [
        WHO,
        "put-provisioned-concurrency-config",
        "get-provisioned-concurrency-config",
    ]
    *_, put, _, resume = by_hand(change)
    assert option(put, "--scalable-target-action") == "MaxCapacity=9"
    assert option(put, "--start-time") == "2026-01-02T00:00:00+00:00"
    assert option(resume, "--suspended-state") == "ScheduledScalingSuspended=true"


def test_without_a_before_image_there_is_nothing_to_put_back() -> None:
    assert put_back(a_remediation()) == ()


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_shell_reads_hostile_names_as_one_word(text: str) -> None:
    action = replace(ACTION, name=text, schedule=text, timezone=text)
    change = hostile(text)
    before = replace(
        change.before, provisioned=a_state(3, qualifier=text, target=a_target(actions=(action,)))
    )
    for step in by_hand(replace(change, before=before)):
        line, _, _ = step.command.partition(" | xargs")
        done = subprocess.run(
            ["/bin/sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True
        )
        words = done.stdout.splitlines()
        if "put-scheduled-action" in words:
            assert words[words.index("--schedule") + 1] == inert(text)
        if "--qualifier" in words:
            assert words[words.index("--qualifier") + 1] == inert(text)
