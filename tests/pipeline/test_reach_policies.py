"""Do the shipped policies about reach find what is wrong in raw answers, and nothing else?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.policy.test_shipped import SHIPPED, bundle_in
from trimtab.domain.finding import Assessment
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.inventory import inventory
from trimtab.pipeline.signals.needs import Needs
from trimtab.policy.catalog_reach import REACH_SIGNALS
from trimtab.policy.catalog_triggers import GRAPH_SIGNALS
from trimtab.policy.condition import signals_of
from trimtab.policy.derive import base_signals
from trimtab.policy.model import Policy

OWN = {signal.name for signal in (*REACH_SIGNALS, *GRAPH_SIGNALS)} | {
    "async.dropped",
    "async.age_max_ms",
    "stream.iterator_age_max_ms",
    "recursion.dropped",
    "owner.tool_tag",
}
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
TAGS = {"aws:cloudformation:stack-name": "shop"}


def policies() -> tuple[Policy, ...]:
    """Return the shipped policies that ask for anything of this family."""
    return tuple(
        policy
        for policy in bundle_in(SHIPPED).policies
        if OWN & (signals_of(policy.when) | base_signals(signals_of(policy.when)))
    )


def said(cloud: FakeCloud, assessment: Assessment) -> dict[str, set[str]]:
    bundle = replace(bundle_in(SHIPPED), policies=policies())
    read = inventory(
        TARGET,
        FakeFleet(cloud).open(TARGET),
        Needs(policies=bundle.policies, account=an_account()),
        clock=cloud.clock,
        is_unmanaged=True,
    )
    found: dict[str, set[str]] = {}
    part = evaluate(read, account=an_account(), bundle=bundle, now=NOW)
    for verdict in part.verdicts:
        if verdict.assessment is assessment:
            found.setdefault(verdict.function.name, set()).add(verdict.policy_id)
    return found


def used(cloud: FakeCloud, name: str, **daily: float) -> None:
    for metric, value in daily.items():
        statistic = "Maximum" if metric.endswith("Age") else "Sum"
        cloud[TARGET].metrics.put_daily(
            metric, statistic, value, end=NOW, days=14, FunctionName=name
        )


def test_a_careful_function_is_found_by_none() -> None:
    cloud = FakeCloud()
    here = cloud[TARGET]
    arn = here.functions.add("careful", tags=TAGS)
    kept = {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    here.functions.feed(arn, STREAM, **kept)
    here.functions.handle_events(arn, **kept)
    here.functions.permit(
        "careful",
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}},
        },
    )
    here.ec2.put_subnets(subnet_a="eu-west-1a", subnet_b="eu-west-1b")
    here.functions.change("careful", VpcConfig={"SubnetIds": ["subnet-a", "subnet-b"]})
    here.events.put_rule("hourly", arn, schedule="rate(1 hour)")
    used(cloud, "careful", Invocations=100, Errors=1, AsyncEventsReceived=100, IteratorAge=500)
    assert said(cloud, Assessment.NON_COMPLIANT) == {}
    assert said(cloud, Assessment.INSUFFICIENT_DATA) == {}


def test_a_careless_function_is_found_by_all_that_it_breaks() -> None:
    cloud = FakeCloud()
    here = cloud[TARGET]
    network = {"SubnetIds": ["subnet-a", "subnet-b"]}
    here.ec2.put_subnets(subnet_a="eu-west-1a", subnet_b="eu-west-1a")
    role = f"arn:aws:iam::{ACCOUNT}:role/admin"
    arn = here.functions.add("careless", Role=role, VpcConfig=network)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    here.iam.put_role(f"arn:aws:iam::{ACCOUNT}:role/admin", {"Statement": everything})
    here.functions.feed(arn, STREAM)
    here.functions.feed(arn, QUEUE, State="Disabled", LastModified=NOW - timedelta(days=31))
    here.functions.allow_loops("careless")
    call = {"Effect": "Allow", "Action": "lambda:InvokeFunction"}
    here.functions.permit(
        "careless",
        call | {"Principal": "*"},
        call | {"Principal": {"AWS": "444455556666"}},
        call | {"Principal": {"Service": "s3.amazonaws.com"}},
        call | {"Principal": "*", "Action": "lambda:InvokeFunctionUrl"},
    )
    here.functions.open_url(arn, "NONE")
    here.events.put_rule("keep-warm", arn, schedule="rate(5 minutes)")
    used(
        cloud,
        "careless",
        Invocations=3_000,
        Errors=3_000,
        Duration=3_000 * 20_000,
        AsyncEventsReceived=1_000,
        AsyncEventsDropped=1_000,
        AsyncEventAge=5 * 3_600_000,
        IteratorAge=3 * 3_600_000,
        RecursiveInvocationsDropped=1,
    )
    assert said(cloud, Assessment.NON_COMPLIANT) == {
        "careless": {
            "async-events-dropped",
            "async-events-old",
            "cross-account-access",
            "dead-function",
            "dead-letter-missing",
            "iterator-age-high",
            "orphan-trigger",
            "public-policy",
            "public-url",
            "recursion-allowed",
            "recursion-stopped",
            "retry-waste",
            "role-administrator",
            "service-access-unbound",
            "stream-failures-lost",
            "unmanaged",
            "vpc-single-zone",
            "warm-up-pings",
        }
    }
    assert said(cloud, Assessment.INSUFFICIENT_DATA) == {}


def test_functions_that_nobody_calls_and_those_without_a_role_of_their_own() -> None:
    cloud = FakeCloud()
    here = cloud[TARGET]
    wide = f"arn:aws:iam::{ACCOUNT}:role/wide"
    here.iam.put_role(wide, {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    here.iam.put_role(f"{wide}-edge", trusts=["edgelambda.amazonaws.com"])
    here.functions.add("unused", tags=TAGS)
    here.events.put_rule("on-order", here.functions.add("silent", tags=TAGS))
    here.functions.add("at-the-edge", tags=TAGS, Role=f"{wide}-edge")
    here.functions.add("without-role", tags=TAGS, Role=f"{wide}-gone")
    for number in range(5):
        here.functions.add(f"shared-{number}", tags=TAGS, Role=wide)
        used(cloud, f"shared-{number}", Invocations=10)
    found = said(cloud, Assessment.NON_COMPLIANT)
    assert {name: found.get(name) for name in ("unused", "silent", "at-the-edge")} == {
        "unused": {"unused-function"},
        "silent": {"silent-triggers"},
        "at-the-edge": None,
    }
    assert found["without-role"] == {"dead-function", "unused-function", "role-missing"}
    assert found["shared-0"] == {"role-shared", "role-wildcards"}


def test_s08_what_could_not_be_told_is_never_clean() -> None:
    cloud = FakeCloud()
    here = cloud[TARGET]
    arn = here.functions.add("orders", tags=TAGS)
    here.functions.feed(arn, STREAM, State="Sleeping")
    new = {"Condition": {"StringEquals": {"aws:New": "x"}}}
    call = {"Effect": "Allow", "Action": "lambda:Invoke*", "Principal": "*"}
    service = {
        "Effect": "Allow",
        "Action": "lambda:*",
        "Principal": {"Service": "s3.amazonaws.com"},
    }
    here.functions.permit("orders", call | new, service | new)
    here.functions.open_url(arn, "NONE")
    here.iam.put_role(f"arn:aws:iam::{ACCOUNT}:role/service", attached=["arn:unseen"])
    assert said(cloud, Assessment.INSUFFICIENT_DATA)["orders"] == {
        "orphan-trigger",
        "public-policy",
        "public-url",
        "role-administrator",
        "role-wildcards",
        "service-access-unbound",
    }
