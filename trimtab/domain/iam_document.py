"""What does an IAM policy document say? Its statements, read strictly: a new shape is refused.

Source of the grammar: "Grammar of the IAM JSON policy language", IAM User Guide; written
from memory, so what it leaves out is refused, not guessed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.domain.errors import InputError

EVERYBODY = ("*", "*")
"""The principal that is everybody, whichever way it is written."""

KINDS = {kind.lower(): kind for kind in ("AWS", "CanonicalUser", "Federated", "Service")}
"""Of principals; written in another case they are taken for the same."""

NEVER_EMPTY = ("Action", "NotAction", "Resource", "NotResource", "NotPrincipal")
"""Elements that name something where they are there: an empty one is not known to mean nothing."""

TAKES_NO_ARN = frozenset({"lambda:GetAccountSettings", "lambda:ListEventSourceMappings"})
"""Actions of Lambda, among those Trimtab uses, that are about an account and not a function.
Source: "Actions, resources, and condition keys for AWS Lambda", Service Authorization Reference,
read 2026-11-21."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What narrows some actions that are not about a function."""

    actions: frozenset[str]
    resource: str
    """With {partition}, {region} and {account} to be filled in."""
    condition: Mapping[str, Mapping[str, str]]


NARROWED = (
    Narrowing(
        actions=frozenset({"apigateway:GET"}),
        resource="arn:{partition}:apigateway:{region}::/restapis",
        condition={},
    ),
    Narrowing(
        actions=frozenset(
            {
                "application-autoscaling:DeleteScheduledAction",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScheduledAction",
                "application-autoscaling:RegisterScalableTarget",
            }
        ),
        resource="arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*",
        condition={
            "StringEquals": {
                "application-autoscaling:scalable-dimension": (
                    "lambda:function:ProvisionedConcurrency"
                ),
                "application-autoscaling:service-namespace": "lambda",
            }
        },
    ),
    Narrowing(
        actions=frozenset(
            {"cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"}
        ),
        resource="arn:{partition}:cloudwatch:{region}:{account}:alarm:*",
        condition={},
    ),
    Narrowing(
        actions=frozenset({"iam:CreateServiceLinkedRole"}),
        resource="arn:{partition}:iam::{account}:role/aws-service-role/"
        "lambda.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
        condition={
            "StringEquals": {"iam:AWSServiceName": "lambda.application-autoscaling.amazonaws.com"}
        },
    ),
)
"""Nothing of Application Auto Scaling can be narrowed to one function. Of alarms it is taken to ask
with requests that name none: that is from memory, to be proven in an account. Source of the rest:
"Actions, resources, and condition keys for AWS Application Auto Scaling" and "... for AWS Identity
and Access Management", Service Authorization Reference, read 2026-11-21."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Actions that are allowed together."""

    actions: tuple[str, ...]
    resource: str
    condition: Mapping[str, Mapping[str, str]]
    """Empty: none."""


def granted(
    actions: Iterable[str], *, partition: str, region: str, account: str
) -> tuple[Grant, ...]:
    """Group actions that are not about a function by what narrows them, in a fixed order."""
    left, grants = set(actions), []
    for one in NARROWED:
        found = tuple(sorted(left & one.actions))
        left -= one.actions
        if found:
            where = one.resource.format(partition=partition, region=region, account=account)
            grants.append(Grant(actions=found, resource=where, condition=one.condition))
    anywhere = Grant(actions=tuple(sorted(left)), resource="*", condition={})
    return (*((anywhere,) if left else ()), *grants)


ELEMENTS = frozenset(
    {
        "Action",
        "Condition",
        "Effect",
        "NotAction",
        "NotPrincipal",
        "NotResource",
        "Principal",
        "Resource",
        "Sid",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of a condition; all lines of a statement must hold."""

    operator: str
    """In lower case, with its prefix and suffix: 'foranyvalue:stringlikeifexists'."""
    key: str
    """In lower case: keys are compared without regard to case."""
    values: tuple[str, ...]
    """One of them is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. Of each pair with its Not only one is there; both empty: neither is."""

    allows: bool
    principals: tuple[tuple[str, str], ...]
    """Kind and value: ('Service', 's3.amazonaws.com'); `EVERYBODY` for '*' and AWS '*'."""
    is_but_these: bool
    """Whether it speaks of everybody but its principals."""
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]

    @property
    def is_for_everybody(self) -> bool:
        return self.is_but_these or EVERYBODY in self.principals

    @property
    def may_be_for_everybody(self) -> bool:
        """Whether it is, or names somebody by a pattern whose reach is not known."""
        return self.is_for_everybody or any(is_open(value) for _, value in self.principals)

    def covers(self, action: str) -> bool:
        """Tell whether it speaks of an action, such as lambda:InvokeFunction."""
        if self.not_actions:
            return not any(fits(pattern, action) for pattern in self.not_actions)
        return any(fits(pattern, action) for pattern in self.actions)


def fits(pattern: str, text: str) -> bool:
    """Tell whether a text fits a pattern of IAM, in which * and ? stand for others."""
    parts = (re.escape(c) if c not in "*?" else f".{c.strip('?')}" for c in pattern)
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def is_open(text: str) -> bool:
    """Tell whether a text has a wildcard or a policy variable in it."""
    return bool(set(text) & set("*?")) or "${" in text


def statements_in(document: str) -> tuple[Statement, ...]:
    """Read a document.

    Raises: InputError when it has a form that is not known.
    """
    try:
        read = json.loads(document)
    except ValueError as error:
        raise InputError(f"a policy document is no JSON: {error}") from error
    if not isinstance(read, dict) or "Statement" not in read:
        raise InputError("a policy document has no statement")
    found = read["Statement"]
    return tuple(_statement(raw) for raw in (found if isinstance(found, list) else [found]))


def _statement(raw: Any) -> Statement:
    if not isinstance(raw, dict) or not raw.keys() <= ELEMENTS:
        raise InputError(f"a statement of a policy has a form that is not known: {_shown(raw)}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise InputError(f"the effect of a statement is not known: {_shown(raw.get('Effect'))}")
    if not _is_whole(raw):
        raise InputError(f"a statement names no action, both of two, or nothing: {_shown(raw)}")
    is_but_these = "NotPrincipal" in raw
    return Statement(
        allows=raw["Effect"] == "Allow",
        principals=_principals(raw.get("NotPrincipal" if is_but_these else "Principal")),
        is_but_these=is_but_these,
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw.get("NotAction")),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        conditions=_conditions(raw.get("Condition")),
    )


def _is_whole(raw: Mapping[str, Any]) -> bool:
    """Tell whether it names actions, of no pair both, and something in each."""
    if any(kind in raw and f"Not{kind}" in raw for kind in ("Action", "Principal", "Resource")):
        return False
    if any(name in raw and not raw[name] for name in NEVER_EMPTY):
        return False
    return "Action" in raw or "NotAction" in raw


def _principals(raw: Any) -> tuple[tuple[str, str], ...]:
    if raw is None:
        return ()
    if raw == "*":
        return (EVERYBODY,)
    if not isinstance(raw, Mapping) or not {kind.lower() for kind in raw} <= KINDS.keys():
        raise InputError(f"the principal of a statement is not known: {_shown(raw)}")
    found = [(KINDS[kind.lower()], value) for kind in raw for value in _texts(raw[kind])]
    return tuple(EVERYBODY if one == ("AWS", "*") else one for one in found)


def _conditions(raw: Any) -> tuple[Condition, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, Mapping) or not all(isinstance(v, Mapping) for v in raw.values()):
        raise InputError(f"the condition of a statement is not known: {_shown(raw)}")
    return tuple(
        Condition(operator=operator.lower(), key=key.lower(), values=_texts(values))
        for operator, keys in raw.items()
        for key, values in keys.items()
    )


def _texts(raw: Any) -> tuple[str, ...]:
    """Read a value or a list of them; numbers and flags as text, as IAM compares them."""
    if raw is None:
        return ()
    values = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(value, str | int | float) for value in values):
        raise InputError(f"a policy document has a value that is not known: {_shown(raw)}")
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


def _shown(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True)[:80]
