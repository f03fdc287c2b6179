"""Does a source that could not be read make the answer unknown, for those it could hide alone?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, TARGET, an_account
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeFleet
from tests.fakes.fake_apis import uri_of
from tests.pipeline.test_triggers import EDGE
from tests.pipeline.test_triggers_policy import connect, let_all
from tests.pipeline.trigger_place import INVOKE, ROLE, Place, here
from tests.policy.test_shipped import SHIPPED, bundle_in
from trimtab.domain.finding import Assessment
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.inventory import inventory
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.triggers import (
    MOST_ALIASES,
    MOST_CALLERS,
    MOST_VERSIONS,
    graph_of,
    graph_of_all,
)
from trimtab.policy.model import Bundle

DYNAMIC = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$.f"}}
CODES = ("AccessDeniedException", "ThrottlingException")


def by_mapping(place: Place) -> None:
    place.here.functions.feed(place.arn, here("sqs", "orders"))


def by_rule(place: Place) -> None:
    place.here.events.put_rule("on-order", place.arn)


def by_schedule(place: Place) -> None:
    place.here.scheduler.put("yearly", place.arn, expression="cron(0 0 1 10 ? *)")


def by_topic(place: Place) -> None:
    place.here.sns.subscribe("news", place.arn)


def by_pipe(place: Place) -> None:
    place.here.pipes.put("to", place.arn, at=NOW)


def by_rest_api(place: Place) -> None:
    place.here.rest_apis.put("shop", uri_of(place.arn))


def by_http_api(place: Place) -> None:
    place.here.http_apis.put("web", str(place.arn))


def by_machine(place: Place) -> None:
    place.here.machines.put("flow", {"States": {"A": {"Resource": str(place.arn)}}})


def by_stack(place: Place) -> None:
    token = {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}}
    template = {"Resources": {"X": token}}
    place.here.stacks.put_stack("shop", template, resources={"F": place.arn.name})


def by_import(place: Place) -> None:
    token = {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::ImportValue": "f"}}}
    place.here.stacks.put_stack("shop", {"Resources": {"X": token}})
    place.here.stacks.exports["f"] = str(place.arn)


def by_environment(place: Place) -> None:
    place.here.functions.add("caller", Environment={"Variables": {"F": str(place.arn)}})
    place.cloud[TARGET].metrics.put_daily(
        "Invocations", "Sum", 5, end=NOW, days=14, FunctionName="caller"
    )


def by_destination(place: Place) -> None:
    allow = {"Effect": "Allow", "Action": INVOKE, "Resource": str(place.arn)}
    place.here.iam.put_role(f"{ROLE}/sender", {"Statement": allow})
    sender = place.here.functions.add("sender", Role=f"{ROLE}/sender")
    ends = {"OnFailure": {"Destination": str(place.arn)}}
    place.here.functions.handle_events(sender, DestinationConfig=ends)


def by_alias_policy(place: Place) -> None:
    place.here.functions.publish("orders")
    place.here.functions.alias("orders", "live", "1")
    let = {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}/a"}, "Action": INVOKE}
    place.here.functions.permit("orders", let, alias="live")


def by_url(place: Place) -> None:
    place.here.functions.open_url(place.arn, "AWS_IAM")


def by_provisioned(place: Place) -> None:
    place.here.functions.publish("orders")
    place.here.functions.provision("orders", "1", 5)


def by_policy(place: Place) -> None:
    connect(place)
    let_all(place)


def only(name: str) -> Callable[[Place], None]:
    """Let one of the things that policies are the index of call, and no other."""

    def one(place: Place) -> None:
        connect(place)
        let_all(place)
        kept = place.here.functions._policies["orders", None]
        kept[:] = [s for s in kept if s["Principal"]["Service"] == f"{name}.amazonaws.com"]

    return one


Source = tuple[str, str, Callable[[Place], None]]
SOURCES: tuple[Source, ...] = (
    ("functions", "ListEventSourceMappings", by_mapping),
    ("events", "ListEventBuses", by_rule),
    ("events", "ListRules", by_rule),
    ("events", "ListTargetsByRule", by_rule),
    ("scheduler", "ListSchedules", by_schedule),
    ("sns", "ListSubscriptions", by_topic),
    ("pipes", "ListPipes", by_pipe),
    ("rest_apis", "GetRestApis", by_rest_api),
    ("rest_apis", "GetResources", by_rest_api),
    ("rest_apis", "GetAuthorizers", by_rest_api),
    ("rest_apis", "GetStages", by_rest_api),
    ("http_apis", "GetApis", by_http_api),
    ("http_apis", "GetIntegrations", by_http_api),
    ("http_apis", "GetAuthorizers", by_http_api),
    ("http_apis", "GetStages", by_http_api),
    ("machines", "ListStateMachines", by_machine),
    ("machines", "DescribeStateMachine", by_machine),
    ("stacks", "DescribeStacks", by_stack),
    ("stacks", "GetTemplate", by_stack),
    ("stacks", "DescribeStackResources", by_stack),
    ("stacks", "ListExports", by_import),
    ("iam", "GetAccountAuthorizationDetails", by_destination),
    ("functions", "ListFunctionEventInvokeConfigs", by_destination),
    ("functions", "GetPolicy", by_policy),
    ("functions", "ListAliases", by_alias_policy),
    ("functions", "ListFunctionUrlConfigs", by_url),
    ("functions", "ListProvisionedConcurrencyConfigs", by_provisioned),
    ("buckets", "GetBucketNotificationConfiguration", only("s3")),
    ("iot", "ListTopicRules", only("iot")),
    ("iot", "GetTopicRule", only("iot")),
    ("pools", "DescribeUserPool", only("cognito-idp")),
    ("balancers", "DescribeTargetGroups", only("elasticloadbalancing")),
    ("balancers", "DescribeTargetHealth", only("elasticloadbalancing")),
    ("metrics", "DescribeAlarms", only("lambda.alarms.cloudwatch")),
)
NAMES = [operation for _, operation, _ in SOURCES]


@cache
def unused() -> Bundle:
    """Return the shipped bundle with the policy on unused functions alone."""
    bundle = bundle_in(SHIPPED)
    return replace(bundle, policies=tuple(p for p in bundle.policies if p.id == "unused-function"))


def judged(place: Place) -> Assessment:
    """Judge the function by the policy on unused ones, with the engine of the scan."""
    read = inventory(
        TARGET,
        FakeFleet(place.cloud).open(TARGET),
        Needs(policies=unused().policies, account=an_account()),
        clock=place.cloud.clock,
        is_unmanaged=True,
    )
    part = evaluate(read, account=an_account(), bundle=unused(), now=NOW)
    (found,) = (v.assessment for v in part.verdicts if v.function == place.arn)
    return found


def test_a_function_without_any_trigger_is_called_unused() -> None:
    assert judged(Place()) is Assessment.NON_COMPLIANT


@pytest.mark.parametrize(("client", "operation", "connected"), SOURCES, ids=NAMES)
def test_what_a_source_shows_keeps_a_function_from_being_called_unused(
    client: str, operation: str, connected: Callable[[Place], None]
) -> None:
    place = Place()
    connected(place)
    assert judged(place) is Assessment.COMPLIANT
    assert getattr(place.here, client).calls[operation] >= 1


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("client", "operation", "connected"), SOURCES, ids=NAMES)
def test_s08_no_function_is_called_unused_that_a_failed_source_could_have_shown_as_used(
    client: str, operation: str, connected: Callable[[Place], None], code: str
) -> None:
    place = Place()
    connected(place)
    getattr(place.here, client).fail_always(operation, code)
    assert judged(place) is Assessment.INSUFFICIENT_DATA


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("client", "operation", "connected"), SOURCES, ids=NAMES)
def test_s08_the_graph_names_the_call_that_failed(
    client: str, operation: str, connected: Callable[[Place], None], code: str
) -> None:
    place = Place()
    connected(place)
    getattr(place.here, client).fail_always(operation, code)
    graph = place.graph()
    said = " ".join(blind.error for blind in graph.unknown_for(place.arn))
    assert code in said
    assert operation.removesuffix("Configuration") in said


@pytest.mark.parametrize("code", CODES)
def test_s08_distributions_that_were_not_read_leave_the_edge_in_the_dark(code: str) -> None:
    place = Place(target=EDGE)
    place.here.cloudfront.put("E1", f"{place.arn}:7")
    place.here.cloudfront.fail_always("ListDistributions", code)
    copies = {
        "Effect": "Allow",
        "Principal": {"Service": "replicator.lambda.amazonaws.com"},
        "Action": "lambda:GetFunction",
    }
    place.here.functions.permit("orders", copies)
    graph = place.graph()
    assert graph.has_live(place.arn) is None
    assert [t.is_live for t in graph.triggers_of(place.arn)] == [None]


@pytest.mark.parametrize("code", CODES)
def test_s08_functions_that_could_not_be_listed_as_callers_hide_everything(code: str) -> None:
    place = Place()
    source = place.source()
    listed = place.listed(source)
    fresh = place.source()
    place.here.functions.fail_always("ListFunctions", code)
    assert graph_of(fresh, listed).has_live(place.arn) is None


def test_s08_executions_that_could_not_be_listed_are_not_none() -> None:
    place = Place(DurableConfig={"ExecutionTimeout": 60})
    place.here.functions.fail_always("ListDurableExecutionsByFunction", "AccessDeniedException")
    graph = place.graph()
    assert graph.open_executions[place.arn] is None
    assert graph.has_live(place.arn) is None


def may(place: Place, role: str, *resources: str, **more: Any) -> None:
    statement = {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": list(resources)}
    place.here.iam.put_role(f"{ROLE}/{role}", {"Statement": statement}, **more)


@pytest.mark.parametrize(
    ("resources", "hides"),
    [
        (["*"], True),
        ([f"arn:aws:lambda:*:{ACCOUNT}:function:ord*"], True),
        ([f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders:live"], True),
        (["arn:aws:lambda:*:function:orders:live"], True),
        (["arn:aws:lambda:*:orders:live"], True),
        (["arn:aws:lambda:${aws:RequestedRegion}:1:function:x"], True),
        ([f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:refunds"], False),
        ([f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:order?x"], False),
    ],
)
def test_s08_a_machine_that_decides_at_run_time_hides_what_its_role_may_call_alone(
    resources: list[str], hides: bool
) -> None:
    place = Place()
    may(place, "machine", *resources)
    place.here.machines.put("flow", {"States": {"A": DYNAMIC}})
    assert bool(place.graph().unknown_for(place.arn)) is hides


def test_s08_a_role_that_is_not_fully_known_hides_all_it_might_call() -> None:
    refunds = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:refunds"
    for more in ({"attached": ["arn:unseen"]}, {}):
        place = Place()
        may(place, "machine", refunds, **more)
        place.here.machines.put("flow", {"States": {"A": DYNAMIC}})
        assert bool(place.graph().unknown_for(place.arn)) is bool(more)
    other = [
        {"Effect": "Deny", "Action": INVOKE, "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    ]
    apart = Place()
    apart.here.iam.put_role(f"{ROLE}/machine", {"Statement": other})
    apart.here.machines.put("flow", {"States": {"A": DYNAMIC}})
    assert not apart.graph().unknown_for(apart.arn)
    strange = Place()
    strange.here.iam.put_role(f"{ROLE}/machine", {"Statement": {"Effect": "Maybe"}})
    strange.here.machines.put("flow", {"States": {"A": DYNAMIC}})
    assert strange.graph().unknown_for(strange.arn)
    but = {"Effect": "Allow", "Action": INVOKE, "NotResource": refunds}
    wide = Place()
    wide.here.iam.put_role(f"{ROLE}/machine", {"Statement": but})
    wide.here.machines.put("flow", {"States": {"A": DYNAMIC}})
    assert wide.graph().unknown_for(wide.arn)
    unknown = Place()
    unknown.here.machines.put("flow", {"States": {"A": DYNAMIC}}, role=f"{ROLE}/of-another")
    assert unknown.graph().unknown_for(unknown.arn)


def test_s08_what_does_not_tell_whom_it_calls_hides_what_it_may_call() -> None:
    place = Place()
    place.here.iam.put_role(f"{ROLE}/clock")
    place.here.scheduler.put("somebody", calls={"Payload": "{}"}, role=f"{ROLE}/clock")
    assert place.graph().has_live(place.arn) is False
    may(place, "clock", "*")
    assert place.graph().has_live(place.arn) is None
    assert "somebody" in place.graph().blinds[0].error


def test_s08_one_schedule_that_was_refused_for_speed_hides_its_own_function_alone() -> None:
    place = Place("orders", "refunds")
    place.here.scheduler.put("nightly", place.arn)
    place.here.scheduler.fail_always("GetSchedule", "ThrottlingException")
    source = place.source()
    graph = graph_of_all(source, source.list_functions(None).functions)
    assert [graph.has_live(arn) for arn in place.arns] == [None, False]
    (blind,) = graph.blinds
    assert blind.functions == {place.arn}


def test_s08_an_environment_that_is_encrypted_hides_what_its_role_may_call() -> None:
    place = Place("orders", "closed")
    closed = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}
    place.here.functions.change("closed", Environment=closed)
    assert place.graph().has_live(place.arn) is False
    may(place, "wide", "*")
    place.here.functions.change("closed", Role=f"{ROLE}/wide")
    (blind,) = place.graph().blinds
    assert "closed" in blind.error
    place.here.functions.change("closed", Role=None)
    assert place.graph().has_live(place.arn) is None


def test_s08_a_stage_variable_that_is_not_set_hides_and_a_template_that_is_none_does() -> None:
    place = Place()
    own = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:${{stageVariables.fn}}"
    place.here.rest_apis.put("shop", uri_of(own))
    place.here.stacks.put_stack("broken", "Resources: [")
    errors = [blind.error for blind in place.graph().blinds]
    assert len(errors) == 2
    assert any("stage variable" in error for error in errors)
    assert any("GetTemplate broken" in error for error in errors)


def test_s08_more_versions_aliases_or_callers_than_are_asked_leave_it_unknown() -> None:
    many = Place()
    for number in range(MOST_VERSIONS + 1):
        many.here.functions.change("orders", CodeSha256=f"code-{number}")
        many.here.functions.publish("orders")
    assert many.graph().has_live(many.arn) is None
    assert many.here.functions.calls["GetPolicy"] == MOST_VERSIONS + 1
    named = Place()
    for number in range(MOST_ALIASES + 1):
        named.here.functions.alias("orders", f"a{number:03}", "$LATEST")
    assert named.graph().has_live(named.arn) is None
    crowd = Place()
    may(crowd, "service", "*")
    for number in range(MOST_CALLERS + 1):
        crowd.here.functions.add(f"z-{number:03}")
    assert crowd.graph().has_live(crowd.arn) is None
    assert crowd.here.functions.calls["ListFunctionEventInvokeConfigs"] == 0


def test_s16_no_value_of_an_environment_is_in_the_graph() -> None:
    place = Place("orders", "caller")
    secret = "hunter2-is-a-secret"
    values = {"PASSWORD": secret, "F": f"{place.arn}?key={secret}", "G": "orders"}
    place.here.functions.change("caller", Environment={"Variables": values})
    graph = place.graph()
    assert graph.has_live(place.arn) is True
    assert secret not in repr(graph)
    assert secret not in json.dumps(repr(place.source().triggers.wide()))
