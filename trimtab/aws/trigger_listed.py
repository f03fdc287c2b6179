"""Which mappings, rules, topics, pipes and distributions name a function? One listing of each."""

from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.aws.reach import AwsReachSource
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_pages import pages, pointers_in
from trimtab.domain.arn import Target, with_qualifier
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import EventSource, Pointer, Rule

OFF = frozenset({"Disabled", "Disabling", "Deleting"})
"""Source: "EventSourceMappingConfiguration", AWS Lambda API Reference, read 2026-11-21."""

PIPES_PER_PAGE = 100
"""Source: EventBridge Pipes API, ListPipes, Limit at most 100 (botocore 1.44.5)."""

STOPPED = frozenset({"STOPPED", "STOPPING", "DELETING", "CREATE_FAILED"})
"""States of a pipe that does not read; one that failed to do something else may. Source:
EventBridge Pipes API, PipeState (botocore 1.44.5)."""

EDGE_REGION = "us-east-1"
"""Where every function of Lambda@Edge is. Source: "Restrictions on Lambda@Edge", Amazon CloudFront
Developer Guide, read 2026-11-22."""


def of_mappings(reach: AwsReachSource) -> Iterator[Pointer]:
    for one in reach.event_sources():
        yield _mapping(one)


def _mapping(one: EventSource) -> Pointer:
    return Pointer(
        kind=TriggerKind.EVENT_SOURCE,
        name=one.source,
        function=one.function,
        qualifier=one.qualifier,
        is_on=one.state not in OFF,
        why=f"the mapping is {one.state or 'in a state that AWS does not name'}",
        changed_at=one.changed_at,
    )


def of_rules(reach: AwsReachSource) -> Iterator[Pointer]:
    for rule in reach.rules():
        for arn in sorted(rule.targets):
            yield from _rule(rule, arn)


def name_of(rule: Rule) -> str:
    """Name a rule as its ARN does: with the bus, unless that is the default one."""
    return rule.name if rule.bus == "default" else f"{rule.bus}/{rule.name}"


def _rule(rule: Rule, arn: str) -> Iterator[Pointer]:
    named = with_qualifier(arn)
    if named is not None:
        yield Pointer(
            kind=TriggerKind.RULE,
            name=name_of(rule),
            function=named[0],
            qualifier=named[1],
            is_on=rule.state != "DISABLED",
            why="the rule is disabled" if rule.state == "DISABLED" else "the rule is enabled",
            expression=rule.schedule,
        )


def of_topics(clients: Clients, target: Target) -> Iterator[Pointer]:
    """Read the subscriptions of every topic here, and those of this account elsewhere."""
    what = f"sns:ListSubscriptions in {target}"
    for page in pages(clients.client("sns").list_subscriptions, what):
        for raw in page["Subscriptions"]:
            if raw.get("Protocol") == "lambda":
                is_on = raw.get("SubscriptionArn") != "PendingConfirmation"
                why = "it is subscribed" if is_on else "the subscription was never confirmed"
                kind, topic = TriggerKind.TOPIC, raw["TopicArn"]
                yield from pointers_in(raw.get("Endpoint", ""), kind, topic, why, is_on=is_on)


def of_pipes(clients: Clients, target: Target) -> Iterator[Pointer]:
    what = f"pipes:ListPipes in {target}"
    for page in pages(clients.client("pipes").list_pipes, what, Limit=PIPES_PER_PAGE):
        for raw in page["Pipes"]:
            yield from _pipe(raw)


def _pipe(raw: Mapping[str, Any]) -> Iterator[Pointer]:
    state = raw.get("CurrentState", "")
    for role in ("Target", "Enrichment"):
        yield from pointers_in(
            raw.get(role) or "",
            TriggerKind.PIPE,
            raw["Name"],
            f"the pipe is {state or 'in a state that AWS does not name'}",
            is_on=state not in STOPPED,
            changed_at=raw.get("LastModifiedTime"),
        )


def of_distributions(clients: Clients, target: Target) -> Iterator[Pointer]:
    """Read which versions run at the edge. Only functions of one region can."""
    if target.region != EDGE_REGION:
        return
    client = clients.client("cloudfront")
    lists = pages(
        lambda **more: client.list_distributions(**more)["DistributionList"],
        f"cloudfront:ListDistributions in {target.account}",
        more="NextMarker",
        token="Marker",
    )
    for page in lists:
        for raw in page.get("Items") or ():
            yield from _distribution(raw)


def _distribution(raw: Mapping[str, Any]) -> Iterator[Pointer]:
    others = (raw.get("CacheBehaviors") or {}).get("Items") or ()
    is_on = bool(raw.get("Enabled"))
    for behavior in (raw.get("DefaultCacheBehavior") or {}, *others):
        for one in (behavior.get("LambdaFunctionAssociations") or {}).get("Items") or ():
            yield from pointers_in(
                one["LambdaFunctionARN"],
                TriggerKind.DISTRIBUTION,
                raw["Id"],
                f"{one.get('EventType', 'an event')} of a distribution that is "
                + ("enabled" if is_on else "disabled"),
                is_on=is_on,
            )
