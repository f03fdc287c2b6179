"""Is every source of the trigger graph read to its end, once, and told from one that failed?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_arn
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.cloud import FakeClients, FakeCloud, FakeTarget
from tests.fakes.fake_apis import FakeHttpApis, FakeRestApis, uri_of
from tests.fakes.fake_callers import FakeCloudFront, FakeIot, FakePipes, FakeSns
from tests.fakes.fake_lambda import FakeLambda
from tests.fakes.fake_machines import FakeMachines, FakeStacks
from trimtab.aws import trigger_fleet
from trimtab.aws.functions import AwsFunctionSource, _iam_action
from trimtab.aws.trigger_pages import function_named
from trimtab.aws.triggers import KEPT_FOR, STOP_READING, AwsTriggerSource, TriggerShelf
from trimtab.domain.arn import Target
from trimtab.domain.errors import AccessDeniedError, PermanentError, RetryableError
from trimtab.domain.trigger_graph import TriggerKind

EDGE = Target(account=ACCOUNT, region="us-east-1")
IOT = f"arn:aws:iot:{REGION}:{ACCOUNT}:rule"


def a_place(target: Target = TARGET, clock: FakeClock | None = None) -> FakeTarget:
    """Build a target whose listings have two entries a page."""
    found = FakeCloud(clock)[target]
    found.functions = FakeLambda(target, clock or FakeClock(), page_size=2)
    found.sns = FakeSns(target, page=2)
    found.pipes = FakePipes(target, page=2)
    found.cloudfront = FakeCloudFront(page=2)
    found.iot = FakeIot(page=2)
    found.rest_apis = FakeRestApis(page=2)
    found.http_apis = FakeHttpApis(page=2)
    found.machines = FakeMachines(target, page=2)
    found.stacks = FakeStacks(target, page=2)
    found.functions.add("orders")
    return found


@pytest.fixture
def here() -> FakeTarget:
    return a_place()


def source(here: FakeTarget, shelf: TriggerShelf | None = None) -> AwsTriggerSource:
    clients = FakeClients(here)
    return AwsFunctionSource(here.target, clients, clock=FakeClock(), triggers=shelf).triggers


def names(here: FakeTarget, kind: TriggerKind) -> list[str]:
    pointers = source(here).wide().pointers
    return [one.name for found in pointers.values() for one in found if one.kind is kind]


def test_every_listing_is_read_to_its_end() -> None:
    here = a_place(EDGE)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"
    template = {"Resources": {"X": {"Type": "Custom::X", "Properties": {"ServiceToken": arn}}}}
    for number in range(5):
        here.sns.subscribe(f"topic-{number}", arn)
        here.pipes.put(f"pipe-{number}", arn, at=NOW)
        here.cloudfront.put(f"E{number}", arn)
        here.rest_apis.put(f"rest-{number}", *[uri_of(f"{arn}:a{n}") for n in range(5)])
        here.http_apis.put(f"http-{number}", *[f"{arn}:a{n}" for n in range(5)])
        here.machines.put(f"flow-{number}", {"States": {"A": {"Resource": arn}}})
        here.stacks.put_stack(f"stack-{number}", template)
        here.functions.add(f"caller-{number}", Environment={"Variables": {"F": arn}})
    counts = {
        TriggerKind.TOPIC: 5,
        TriggerKind.PIPE: 5,
        TriggerKind.DISTRIBUTION: 5,
        TriggerKind.REST_API: 25,
        TriggerKind.HTTP_API: 25,
        TriggerKind.STATE_MACHINE: 5,
        TriggerKind.STACK: 5,
        TriggerKind.ENVIRONMENT: 5,
    }
    assert {kind: len(names(here, kind)) for kind in counts} == counts
    for number in range(5):
        here.iot.put_rule(f"rule_{number}", arn)
    found = source(here).named("iot.amazonaws.com", f"{IOT}/rule_4")
    assert found is not None
    assert found.functions == {arn}


def test_what_was_read_or_failed_once_is_not_asked_again(here: FakeTarget) -> None:
    here.machines.fail_always("ListStateMachines", "ThrottlingException")
    here.scheduler.fail_always("ListSchedules", "ThrottlingException")
    triggers = source(here)
    for _ in range(3):
        assert [one.source for one in triggers.wide().hidden] == [TriggerKind.STATE_MACHINE]
        assert triggers.schedules(an_arn()).hidden
    assert here.machines.calls["ListStateMachines"] == 1
    assert here.scheduler.calls["ListSchedules"] == 1
    assert here.sns.calls["ListSubscriptions"] == 1


def test_slices_of_a_target_share_what_was_read_for_a_while_and_no_failure() -> None:
    clock = FakeClock()
    here, shelf = a_place(clock=clock), TriggerShelf(clock)
    here.sns.fail_next("ListSubscriptions", "ThrottlingException")
    assert source(here, shelf).wide().hidden
    assert source(here, shelf).wide().hidden == ()
    assert source(here, shelf).wide().hidden == ()
    assert here.sns.calls["ListSubscriptions"] == 2
    assert here.machines.calls["ListStateMachines"] == 1
    clock.advance(KEPT_FOR + timedelta(seconds=1))
    source(here, shelf).wide()
    assert here.sns.calls["ListSubscriptions"] == 3


def test_s08_a_long_walk_stops_in_time_and_hides_what_it_did_not_reach() -> None:
    clock = FakeClock()
    here = a_place(clock=clock)
    here.machines.put("flow", {})
    here.rest_apis.put("shop")
    here.http_apis.put("web")
    here.stacks.put_stack("s", {"Resources": {}})
    clock.leave(STOP_READING - timedelta(seconds=1))
    late = AwsFunctionSource(here.target, FakeClients(here), clock=clock).triggers.wide()
    assert {one.source for one in late.hidden} == {
        TriggerKind.REST_API,
        TriggerKind.HTTP_API,
        TriggerKind.STATE_MACHINE,
        TriggerKind.STACK,
    }
    assert all("ran out" in one.error for one in late.hidden)
    assert here.machines.calls["DescribeStateMachine"] == 0


def test_destinations_are_asked_once_and_a_failure_is_raised_again(here: FakeTarget) -> None:
    arn = an_arn()
    triggers = source(here)
    here.functions.fail_always("ListFunctionEventInvokeConfigs", "AccessDeniedException")
    for _ in range(2):
        with pytest.raises(AccessDeniedError):
            triggers.destinations(arn)
    assert here.functions.calls["ListFunctionEventInvokeConfigs"] == 1


def test_pages_of_the_scan_serve_for_callers_too(here: FakeTarget) -> None:
    whole = AwsFunctionSource(here.target, FakeClients(here), clock=FakeClock())
    whole.list_functions(None)
    assert set(whole.triggers.wide().callers) == {an_arn()}
    assert here.functions.calls["ListFunctions"] == 1


def test_too_many_functions_are_said(here: FakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigger_fleet, "MOST_PAGES", 1)
    for number in range(3):
        here.functions.add(f"f-{number}")
    (hidden,) = source(here).wide().hidden
    assert "more than 1 pages" in hidden.error


def test_a_function_without_a_right_name_fails_the_listing_of_callers(here: FakeTarget) -> None:
    with pytest.raises(PermanentError, match="is no function"):
        source(here).know_functions(None, {"Functions": [{"FunctionArn": "arn:aws:sqs:x"}]})


def gone_api(here: FakeTarget) -> None:
    here.rest_apis.put("shop", uri_of(an_arn()))
    here.rest_apis.forget("shop")


def gone_machine(here: FakeTarget) -> None:
    here.machines.put("flow", {})
    here.machines.forget("flow")


@pytest.mark.parametrize("prepare", [gone_api, gone_machine])
def test_what_went_while_it_was_listed_hides_nothing(
    here: FakeTarget, prepare: Callable[[FakeTarget], None]
) -> None:
    prepare(here)
    assert source(here).wide().hidden == ()


def test_one_api_or_machine_that_fails_hides_itself_and_the_others_are_read(
    here: FakeTarget,
) -> None:
    here.rest_apis.put("first", uri_of(an_arn()))
    here.rest_apis.put("second", uri_of(an_arn()))
    here.rest_apis.fail_next("GetResources", "TooManyRequestsException")
    here.machines.put("first", {"States": {"A": {"Resource": str(an_arn())}}})
    here.machines.put("second", {"States": {"A": {"Resource": str(an_arn())}}})
    here.machines.fail_next("DescribeStateMachine", "AccessDeniedException")
    wide = source(here).wide()
    assert [one.source for one in wide.hidden] == [
        "REST API first (the first API)",
        "Step Functions state machine first",
    ]
    assert {one.name for one in wide.pointers[an_arn()]} == {"second (the second API)", "second"}


def test_a_definition_that_is_no_json_hides_what_its_role_may_call(here: FakeTarget) -> None:
    here.machines.put("flow", "{")
    (hidden,) = source(here).wide().hidden
    assert hidden.role == f"arn:aws:iam::{ACCOUNT}:role/machine"


def test_other_tasks_and_computed_names_of_a_definition(here: FakeTarget) -> None:
    by_api = "arn:aws:states:::lambda:invoke"
    here.machines.put("queue", {"States": {"A": {"Resource": "arn:aws:states:::sqs:sendMessage"}}})
    here.machines.put("plain", [{"Resource": by_api, "Parameters": "x"}])
    name = "{% $states.input.f %}"
    here.machines.put("jsonata", {"A": {"Resource": by_api, "Arguments": {"FunctionName": name}}})
    hidden = [one.source.rpartition(" ")[2] for one in source(here).wide().hidden]
    assert hidden == ["plain", "jsonata"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders:live", ("orders", "live")),
        (f"{ACCOUNT}:function:orders", ("orders", None)),
        ("orders", ("orders", None)),
        ("orders:$LATEST", ("orders", None)),
        ("orders:3", ("orders", "3")),
        ("not a name", None),
    ],
)
def test_a_function_is_named_in_every_way_that_the_api_takes(
    text: str, name: tuple[str, str | None] | None
) -> None:
    found = function_named(text, TARGET, "aws")
    assert (None if found is None else (found[0].name, found[1])) == name


def test_what_is_not_looked_at_by_name_is_told_apart(here: FakeTarget) -> None:
    assert source(here).named("lex.amazonaws.com", "arn:aws:lex:x") is None
    triggers = source(here)
    here.buckets.notifies["shop"] = []
    for _ in range(2):
        assert triggers.named("s3.amazonaws.com", "arn:aws:s3:::shop") is not None
    assert here.buckets.calls["GetBucketNotificationConfiguration"] == 1
    here.balancers.fail_always("DescribeTargetGroups", "ThrottlingException")
    with pytest.raises(RetryableError):
        triggers.named("elasticloadbalancing.amazonaws.com", "arn:aws:x")


def test_calls_are_named_as_policies_name_them() -> None:
    told = {
        "apigateway:GetRestApis": "apigateway:GET",
        "apigatewayv2:GetApis": "apigateway:GET",
        "elbv2:DescribeTargetGroups": "elasticloadbalancing:DescribeTargetGroups",
        "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
        "stepfunctions:ListStateMachines": "states:ListStateMachines",
        "sns:ListSubscriptions": "sns:ListSubscriptions",
    }
    assert {call: _iam_action(call) for call in told} == told
