"""What may the role of a function do? Everything, or all of a service; from its policies; no I/O.

Only statements without a condition count. Patterns are judged by what they fit: one action of each
verb of IAM, and one resource of each kind. What a denial, a permissions boundary or a service
control policy takes back is not worked out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from trimtab.domain.iam_document import Statement, fits, statements_in

ANYTHING = "*"

VARIABLE = re.compile(r"\$\{[^}]*\}")

IAM_ACTIONS = tuple(
    f"iam:{name}"
    for name in (
        "AddUserToGroup",
        "AttachRolePolicy",
        "ChangePassword",
        "CreatePolicyVersion",
        "DeactivateMFADevice",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "EnableMFADevice",
        "GenerateCredentialReport",
        "GetRole",
        "ListRoles",
        "PassRole",
        "PutRolePolicy",
        "RemoveUserFromGroup",
        "ResyncMFADevice",
        "SetDefaultPolicyVersion",
        "SimulatePrincipalPolicy",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UploadServerCertificate",
    )
)
"""One for each verb. Source: "Actions, resources, and condition keys for AWS Identity and Access
Management", Service Authorization Reference; written from memory."""

SHORTEST_ACTION = 4
"""Letters; ecs:Poll. Chosen: a pattern that asks for no more fits every action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the documents of a role allow."""

    is_administrator: bool | None
    """It may do everything, or everything in IAM, and so give itself the rest. None: it may do so
    on a part of IAM only, from which more may follow."""
    services: tuple[str, ...]
    """The services in which it may do everything; '*' stands for all or nearly all of them."""


def power_of(documents: Iterable[str], role: str) -> Power:
    """Judge the documents of a role, which is named by its ARN.

    Raises: InputError when a document has a form that is not known.
    """
    allowing = [
        statement
        for document in documents
        for statement in statements_in(document)
        if statement.allows and not statement.conditions
    ]
    places = _places(role)
    services = {
        service
        for statement in allowing
        if all(_is_on(statement, place) for place in places)
        for service in _services(statement)
    }
    return Power(is_administrator=_rules_iam(allowing, role), services=tuple(sorted(services)))


def trusted_services(trust: str) -> tuple[str, ...]:
    """Return the services that may assume a role.

    Raises: InputError when the document has a form that is not known.
    """
    found = (s for s in statements_in(trust) if s.allows and not s.is_but_these)
    return tuple(sorted({v for s in found for kind, v in s.principals if kind == "Service"}))


def _rules_iam(allowing: Iterable[Statement], role: str) -> bool | None:
    places = _iam_places(role)
    whole: set[str] = set()
    part: set[str] = set()
    for statement in allowing:
        actions = _in_iam(statement)
        if all(_is_on(statement, place) for place in places):
            whole |= actions
        if any(_is_on(statement, place, perhaps=True) for place in (*places, role)):
            part |= actions
    if len(whole) == len(IAM_ACTIONS):
        return True
    return None if len(part) == len(IAM_ACTIONS) else False


def _in_iam(statement: Statement) -> set[str]:
    """Return what it allows of IAM: all, where it leaves out no more than some of IAM."""
    if statement.not_actions:
        left_out = any(
            all(fits(pattern, action) for action in IAM_ACTIONS)
            for pattern in statement.not_actions
        )
        return set() if left_out else set(IAM_ACTIONS)
    return {action for action in IAM_ACTIONS if statement.covers(action)}


def _places(role: str) -> tuple[str, ...]:
    """Name resources of several kinds, which only what fits everything fits together."""
    partition, account = _home(role)
    return (
        f"arn:{partition}:apigateway:eu-west-1::/restapis/x",
        f"arn:{partition}:dynamodb:us-east-1:{account}:table/orders/index/age",
        f"arn:{partition}:s3:::a-bucket",
        f"arn:{partition}:sqs:ap-south-1:{account}:queue",
        *_iam_places(role),
    )


def _iam_places(role: str) -> tuple[str, ...]:
    partition, account = _home(role)
    kinds = ("group", "instance-profile", "policy", "role", "user")
    return tuple(f"arn:{partition}:iam::{account}:{kind}/zz/trimtab" for kind in kinds)


def _home(role: str) -> tuple[str, str]:
    parts = role.split(":")
    return parts[1], parts[4]


def _is_on(statement: Statement, place: str, *, perhaps: bool = False) -> bool:
    """Tell whether it speaks of a resource. `perhaps`: variables stand for anything."""

    def speaks(resource: str) -> bool:
        return fits(VARIABLE.sub("*", resource) if perhaps else resource, place)

    if statement.not_resources:
        return not any(fits(resource, place) for resource in statement.not_resources)
    return any(speaks(resource) for resource in statement.resources)


def _services(statement: Statement) -> set[str]:
    """Return the services a statement allows all of."""
    if statement.not_actions:
        return set() if any(_is_all(action) for action in statement.not_actions) else {ANYTHING}
    found = set()
    for action in statement.actions:
        service, _, name = action.partition(":")
        if _is_all(action):
            found.add(ANYTHING)
        elif _is_any(name):
            found.add(service.lower())
    return found


def _is_all(action: str) -> bool:
    service, colon, name = action.partition(":")
    return _is_any(service) and (not colon or _is_any(name))


def _is_any(pattern: str) -> bool:
    """Tell whether a pattern fits every name there is."""
    return "*" in pattern and not pattern.strip("*?") and pattern.count("?") <= SHORTEST_ACTION
