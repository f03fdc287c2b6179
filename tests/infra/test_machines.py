"""Are the state machines sound, and does a running one keep its code?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.api import lint_all
from statelint.config import Config
from statelint.linter import Linter

from infra.machines import HERE
from tests.infra.templates import allowed, hub, of_type, text
from trimtab.domain.outcome import OutcomeWord
from trimtab.pipeline.writing import LEASE

MACHINES = {"trimtab-scan": "scan", "trimtab-change": "change"}
FALSE_ALARMS = (
    'Field "InputType" not allowed in State Machine.States.ScanTargets.ItemReader.ReaderConfig',
)
"""statelint 3.1.0 does not know the reader of JSON arrays."""

LAMBDA_TROUBLE = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.SdkClientException",
    "Lambda.AWSLambdaException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
}
"""The last two: a Lambda that ran out of time or memory. Every flow may be run again."""


def machine(name: str) -> dict[str, Any]:
    (found,) = (
        m["Properties"]
        for m in of_type("StepFunctions::StateMachine").values()
        if m["Properties"]["StateMachineName"] == name
    )
    return dict(found)


def filled(name: str) -> dict[str, Any]:
    """Return a definition with every placeholder filled, as Step Functions gets it."""
    definition = machine(name)["DefinitionString"]
    for key, value in machine(name)["DefinitionSubstitutions"].items():
        definition = definition.replace(f"${{{key}}}", text(value))
    parsed: dict[str, Any] = json.loads(definition)
    return parsed


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every state with its name, those inside maps too."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def lambda_tasks(name: str) -> dict[str, dict[str, Any]]:
    return {n: s for n, s in states(filled(name)) if ":lambda:invoke" in s.get("Resource", "")}


@pytest.mark.parametrize("name", MACHINES)
def test_every_placeholder_is_filled_and_every_filling_is_used(name: str) -> None:
    written = (HERE / f"{MACHINES[name]}.asl.json").read_text(encoding="utf-8")
    assert machine(name)["DefinitionString"] == written
    placeholders = set(re.findall(r"\$\{(\w+)\}", written))
    assert placeholders == set(machine(name)["DefinitionSubstitutions"])
    assert "${" not in json.dumps(filled(name))


@pytest.mark.parametrize("name", MACHINES)
def test_a_running_execution_keeps_its_code(name: str) -> None:
    versions = of_type("Lambda::Version")
    for task, state in lambda_tasks(name).items():
        called = state["Parameters"]["FunctionName"].strip("{}")
        assert called in versions, task
        assert versions[called]["DeletionPolicy"] == "Retain"
        assert versions[called]["UpdateReplacePolicy"] == "Retain"


ASIDE = {"Notify": ("TellNotice", "TellLastCall"), "Restore": ("ReadBack",)}
"""Steps that are not named like their Lambda."""


@pytest.mark.parametrize("name", MACHINES)
def test_the_role_may_call_older_versions_of_exactly_its_own_lambdas(name: str) -> None:
    role = f"trimtab-{MACHINES[name]}-machine"
    functions = of_type("Lambda::Function")
    may_call = {
        functions[resource.removesuffix(".Arn}:*").strip("{")]["Properties"]["FunctionName"]
        for action, resource in allowed(role)
        if action == "lambda:InvokeFunction"
    }
    aside = {task: function for function, tasks in ASIDE.items() for task in tasks}
    called = {f"trimtab-{aside.get(task, task).lower()}" for task in lambda_tasks(name)}
    assert may_call == called


@pytest.mark.parametrize("name", MACHINES)
def test_only_what_can_succeed_later_is_retried(name: str) -> None:
    for task, state in lambda_tasks(name).items():
        (retry,) = state["Retry"]
        more = {"WriteUnknownError"} if task == "Apply" else set()
        assert set(retry["ErrorEquals"]) == LAMBDA_TROUBLE | {"RetryableError"} | more, task


@pytest.mark.parametrize("name", MACHINES)
def test_no_input_or_output_is_logged(name: str) -> None:
    logging = machine(name)["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


@pytest.mark.parametrize("file", MACHINES.values())
def test_the_linter_finds_nothing(file: str) -> None:
    written = json.loads((HERE / f"{file}.asl.json").read_text(encoding="utf-8"))
    problems = Linter.validate(written, Config())
    assert [p for p in problems if p not in FALSE_ALARMS] == []


def lint(definition: str) -> list[str]:
    """Return the errors CloudFormation's linter finds; it knows one partition only."""
    definition = re.sub(r"\$\{\w+\}", "any", definition.replace("${Partition}", "aws"))
    role = "arn:aws:iam::111122223333:role/any"
    properties = {"RoleArn": role, "DefinitionString": definition}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    matches = lint_all(json.dumps({"Resources": {"Machine": resource}}))
    return [str(match) for match in matches if match.rule.id.startswith("E")]


@pytest.mark.parametrize("file", MACHINES.values())
def test_the_other_linter_finds_nothing_either(file: str) -> None:
    assert lint((HERE / f"{file}.asl.json").read_text(encoding="utf-8")) == []


def test_the_other_linter_would_find_a_wrong_field() -> None:
    written = (HERE / "change.asl.json").read_text(encoding="utf-8")
    assert lint(written.replace('"SecondsPath"', '"SecondPath"'))


def test_s4_silence_failure_and_timeout_all_lead_to_the_record() -> None:
    request = filled("trimtab-change")["States"]["Request"]
    assert request["TimeoutSeconds"] == 6 * 3600
    assert request["Resource"].endswith(":lambda:invoke.waitForTaskToken")
    (catch,) = request["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Decide")
    assert (request["ResultPath"], catch["ResultPath"], request["Next"]) == (None, None, "Decide")


def test_s4_only_the_word_approved_leads_to_apply() -> None:
    decided = filled("trimtab-change")["States"]["Decided?"]
    choices = {choice["StringEquals"]: choice["Next"] for choice in decided["Choices"]}
    assert choices == {"approved": "WaitForWindow", "open": "AskAgain"}
    assert {choice["Variable"] for choice in decided["Choices"]} == {"$.decision.decision"}
    assert decided["Default"] == "NotApproved"


def test_a_round_that_is_still_open_is_registered_again() -> None:
    again = filled("trimtab-change")["States"]["AskAgain"]
    assert (again["Type"], again["Next"]) == ("Wait", "Request")


def test_whoever_was_asked_hears_how_it_ended() -> None:
    states_of_change = filled("trimtab-change")["States"]
    assert states_of_change["Apply"]["Next"] == "Waiting?"
    assert states_of_change["Waiting?"]["Default"] == "Notify"
    assert states_of_change["Notify"]["Parameters"]["Payload"] == {
        "change_id.$": "$.change_id",
        "round.$": "$.round",
    }


def test_s27_what_has_to_wait_its_turn_is_applied_again_later() -> None:
    states_of_change = filled("trimtab-change")["States"]
    waiting = states_of_change["Waiting?"]["Choices"][0]
    assert waiting["StringEquals"] == OutcomeWord.WAITING.value
    assert states_of_change[waiting["Next"]]["Next"] == "Apply"


def test_what_is_tried_on_a_share_of_the_traffic_is_applied_again_every_minute() -> None:
    states_of_change = filled("trimtab-change")["States"]
    canary = states_of_change["Waiting?"]["Choices"][1]
    assert canary["StringEquals"] == OutcomeWord.CANARY.value
    wait = states_of_change[canary["Next"]]
    assert (wait["Type"], wait["Seconds"], wait["Next"]) == ("Wait", 60, "Apply")


def test_s14_a_backup_is_read_back_by_another_lambda_before_apply_goes_on() -> None:
    there = filled("trimtab-change")["States"]
    first = next(c for c in there["Waiting?"]["Choices"] if c["StringEquals"] == "backup")
    made, read = there[first["Next"]], there[there[first["Next"]]["Next"]]
    assert made["Parameters"]["FunctionName"] != read["Parameters"]["FunctionName"]
    assert "verify" in read["Parameters"]["Payload"]
    assert read["Next"] == "Apply"
    for step in (made, read):
        (caught,) = step["Catch"]
        assert there[caught["Next"]]["Next"] == "Apply", "what failed is tried again, and counted"


@pytest.mark.parametrize("word", ["notice", "quarantine"])
def test_s15_a_removal_tells_its_people_waits_and_comes_back_to_apply(word: str) -> None:
    there = filled("trimtab-change")["States"]
    choice = next(c for c in there["Waiting?"]["Choices"] if c["StringEquals"] == word)
    told = there[choice["Next"]]
    (caught,) = told["Catch"]
    assert caught["Next"] == told["Next"]
    wait = there[told["Next"]]
    assert (wait["Type"], wait["SecondsPath"]) == ("Wait", "$.result.wait_s")
    assert wait["Next"] == "Apply"


def test_every_word_of_apply_leads_somewhere() -> None:
    choices = filled("trimtab-change")["States"]["Waiting?"]["Choices"]
    asked = {c["StringEquals"] for c in choices}
    ends = {"written", "not_written", "stale", "unknown"}
    assert asked | ends == {word.value for word in OutcomeWord}


def test_s19_apply_is_tried_again_for_longer_than_a_lease_that_a_crash_left() -> None:
    (retry,) = filled("trimtab-change")["States"]["Apply"]["Retry"]
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]
    assert retry["JitterStrategy"] == "NONE"
    assert sum(waits) > LEASE.total_seconds()


def test_an_undo_goes_straight_to_apply_and_everything_else_is_asked_for() -> None:
    direction = filled("trimtab-change")["States"]["Direction?"]
    (undo,) = direction["Choices"]
    assert (undo["StringEquals"], undo["Next"]) == ("undo", "Apply")
    assert direction["Default"] == "Request"


def test_s8_one_failing_target_never_ends_the_run() -> None:
    targets = filled("trimtab-scan")["States"]["ScanTargets"]
    assert targets["ToleratedFailurePercentage"] == 100
    assert targets["ResultPath"] is None
    assert targets["MaxConcurrency"] == 20
    assert targets["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert targets["ItemProcessor"]["States"]["Done"]["Result"] == {}


def test_s6_starting_a_round_again_is_no_failure() -> None:
    inner = filled("trimtab-scan")["States"]["StartChanges"]["ItemProcessor"]["States"]
    start = inner["StartChange"]
    (catch,) = start["Catch"]
    assert catch["ErrorEquals"] == ["StepFunctions.ExecutionAlreadyExistsException"]
    assert inner[catch["Next"]]["End"] is True
    assert start["Parameters"]["Name.$"] == "$.name"
    assert start["Parameters"]["StateMachineArn"].endswith(":stateMachine:trimtab-change")


def test_the_machines_and_the_outputs_agree() -> None:
    outputs = hub()["Outputs"]
    for output, name in (
        ("ScanMachineArn", "trimtab-scan"),
        ("ChangeMachineArn", "trimtab-change"),
    ):
        identifier = text(outputs[output]["Value"]).strip("{}")
        properties = hub()["Resources"][identifier]["Properties"]
        assert properties["StateMachineName"] == name
