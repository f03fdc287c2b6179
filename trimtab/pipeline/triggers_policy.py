"""What does a resource policy let call a function, and is that still there? No I/O of its own.

A permission is live while nothing that was read stands in its way. What it names is held against
the listings, or looked at where there is no listing; whatever is not looked at counts as live.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trimtab.domain.arn import FunctionArn, with_qualifier
from trimtab.domain.errors import OutsideError
from trimtab.domain.iam_document import Condition, Statement, is_open, statements_in
from trimtab.domain.trigger_graph import Blind, Trigger, TriggerKind
from trimtab.pipeline.signals.reach_access import is_for_urls
from trimtab.pipeline.signals.reach_bounds import INVOKE, POSITIVE
from trimtab.ports import Named, ResourcePolicy, Wide

SERVICE = "Service"
SOURCE, ACCOUNT = "aws:sourcearn", "aws:sourceaccount"

REPLICATOR = "replicator.lambda.amazonaws.com"
"""What Lambda@Edge is let in as. Source: "Set up IAM permissions and roles for Lambda@Edge", Amazon
CloudFront Developer Guide; written from memory."""

GONE_PRINCIPAL = re.compile(r"A(ID|RO)A[A-Z0-9]{12,}")
"""What is left of a user or role that was deleted. Source: "AWS JSON policy elements: Principal",
IAM User Guide; written from memory."""

KINDS = {
    "apigateway.amazonaws.com": TriggerKind.REST_API,
    "cognito-idp.amazonaws.com": TriggerKind.USER_POOL,
    "elasticloadbalancing.amazonaws.com": TriggerKind.LOAD_BALANCER,
    "events.amazonaws.com": TriggerKind.RULE,
    "iot.amazonaws.com": TriggerKind.IOT_RULE,
    "lambda.alarms.cloudwatch.amazonaws.com": TriggerKind.ALARM,
    "s3.amazonaws.com": TriggerKind.BUCKET,
    "sns.amazonaws.com": TriggerKind.TOPIC,
}
NEWS = "nothing here tells that it does not call"

ARN_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a policy is held against."""

    function: FunctionArn
    wide: Wide
    known: tuple[Trigger, ...]
    """What the listings tell of the function: it is not told twice."""
    look: Callable[[str, str], Named | None]


Told = Trigger | Blind


def is_replicated(policies: tuple[ResourcePolicy, ...]) -> bool:
    """Tell whether the edge may copy it.

    Raises: InputError when a document has a form that is not known.
    """
    return any(
        (SERVICE, REPLICATOR) in statement.principals
        for policy in policies
        for statement in statements_in(policy.document)
        if statement.allows
    )


def of_policy(policy: ResourcePolicy, around: Around) -> Iterator[Told]:
    """Return what one policy lets in.

    Raises: InputError when the document has a form that is not known.
    """
    for statement in statements_in(policy.document):
        if statement.allows and statement.covers(INVOKE) and not is_for_urls(statement):
            yield from _of_statement(statement, policy.qualifier, around)


def _of_statement(statement: Statement, qualifier: str | None, around: Around) -> Iterator[Told]:
    if statement.is_but_these:
        yield _live("everybody but some", qualifier, "the policy lets it call")
        return
    for kind, name in statement.principals:
        if kind == SERVICE:
            yield from _of_service(name, statement, qualifier, around)
        elif GONE_PRINCIPAL.fullmatch(name):
            yield _leftover(TriggerKind.PERMISSION, name, qualifier, "that user or role is deleted")
        else:
            yield _live("everybody" if name == "*" else name, qualifier, "the policy lets it call")


def _of_service(
    service: str, statement: Statement, qualifier: str | None, around: Around
) -> Iterator[Told]:
    arns = sorted({v for c in statement.conditions if _names(c, SOURCE) for v in c.values})
    accounts = {v for c in statement.conditions if _names(c, ACCOUNT) for v in c.values}
    if not arns:
        why = f"the policy does not say for what; {NEWS}"
        yield _live(service, qualifier, why)
    for arn in arns:
        if _is_elsewhere(arn, accounts, around.function):
            why = f"it is of another account or region, which is not looked at; {NEWS}"
            yield _live(f"{service} for {arn}", qualifier, why)
        else:
            yield from _of_source(service, arn, qualifier, around)


def _names(condition: Condition, key: str) -> bool:
    return condition.key == key and condition.operator in POSITIVE


def _is_elsewhere(arn: str, accounts: set[str], function: FunctionArn) -> bool:
    if accounts and function.account not in accounts:
        return True
    parts = arn.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return False
    region, account = parts[3:5]
    return region not in ("", "*", function.region) or account not in ("", "*", function.account)


def _of_source(service: str, arn: str, qualifier: str | None, around: Around) -> Iterator[Told]:
    """Tell of one thing that a service may call for."""
    match service:
        case "events.amazonaws.com":
            yield from _of_rule(arn, qualifier, around)
        case "sns.amazonaws.com":
            yield from _of_topic(arn, qualifier, around)
        case "apigateway.amazonaws.com":
            yield from _of_api(arn, qualifier, around)
        case _:
            yield from _looked_at(service, arn, qualifier, around)


def _of_rule(arn: str, qualifier: str | None, around: Around) -> Iterator[Told]:
    """Hold a rule against the listing, which has every rule that calls the function."""
    name = arn.rpartition(":rule/")[2]
    if TriggerKind.RULE not in around.wide.listed or _is_known(TriggerKind.RULE, name, around):
        return
    if is_open(arn) or name in around.wide.there:
        why = "no such rule has it among its targets"
        yield _dormant(TriggerKind.RULE, name, qualifier, why)
    else:
        yield _leftover(TriggerKind.RULE, name, qualifier, "the rule is gone")


def _of_topic(arn: str, qualifier: str | None, around: Around) -> Iterator[Told]:
    kind = TriggerKind.TOPIC
    if kind in around.wide.listed and not _is_known(kind, arn, around):
        yield _dormant(kind, arn, qualifier, "no such topic has it subscribed")


def _is_known(kind: TriggerKind, name: str, around: Around) -> bool:
    return any(one.kind is kind and one.name == name for one in around.known)


def _of_api(arn: str, qualifier: str | None, around: Around) -> Iterator[Told]:
    """Hold an API against the listings. One that is there may call by an older deployment."""
    api = arn.split(":", ARN_PARTS - 1)[-1].partition("/")[0]
    kinds = (TriggerKind.REST_API, TriggerKind.HTTP_API)
    if any(one.kind in kinds and one.name.split(" ")[0] == api for one in around.known):
        return
    if is_open(api) or api in around.wide.there:
        why = "an older deployment of the API may still call it"
        yield _live(f"API {api}", qualifier, why)
    elif around.wide.listed.issuperset(kinds):
        yield _leftover(TriggerKind.REST_API, api, qualifier, "the API is gone")


def _looked_at(service: str, arn: str, qualifier: str | None, around: Around) -> Iterator[Told]:
    kind = KINDS.get(service, TriggerKind.PERMISSION)
    name = arn if kind is not TriggerKind.PERMISSION else f"{service} for {arn}"
    try:
        found = None if is_open(arn) else around.look(service, arn)
    except OutsideError as error:
        yield Trigger(kind=kind, name=name, qualifier=qualifier, is_live=None, why=str(error))
        one = frozenset({around.function})
        yield Blind(source=f"{kind} {arn}", error=str(error), functions=one)
        return
    if found is None:
        yield _live(f"{service} for {arn}", qualifier, f"the policy lets it call; {NEWS}")
    elif not found.is_there:
        yield _leftover(kind, name, qualifier, found.why)
    else:
        yield from _calls(kind, name, found, qualifier, around)


def _calls(
    kind: TriggerKind, name: str, found: Named, qualifier: str | None, around: Around
) -> Iterator[Told]:
    """Tell of what is there: by the qualifiers it names; one that is off may name it, too."""
    named = {with_qualifier(arn) for arn in found.functions}
    own = sorted((q or "") for f, q in (n for n in named if n) if f == around.function)
    for one in own:
        yield Trigger(
            kind=kind,
            name=name,
            qualifier=one or None,
            is_live=found.is_on,
            why=found.why,
            points=True,
        )
    if not own:
        why = "it is there, and does not call the function" if found.is_on else found.why
        yield _dormant(kind, name, qualifier, why)


def _live(name: str, qualifier: str | None, why: str) -> Trigger:
    kind = TriggerKind.PERMISSION
    return Trigger(kind=kind, name=name, qualifier=qualifier, is_live=True, why=why)


def _dormant(kind: TriggerKind, name: str, qualifier: str | None, why: str) -> Trigger:
    return Trigger(kind=kind, name=name, qualifier=qualifier, is_live=False, why=why)


def _leftover(kind: TriggerKind, name: str, qualifier: str | None, why: str) -> Trigger:
    return Trigger(kind=kind, name=name, qualifier=qualifier, is_live=False, why=why, is_gone=True)
