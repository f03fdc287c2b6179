"""Which calls of AddPermission make a resource policy again, and which of it cannot be made again?

AddPermission takes one statement each, with few conditions. A statement that was written in another
way is not guessed at: it stands in the way of a removal (`backup_limits`).
Source: botocore 1.44.5, lambda: AddPermission, GetPolicy.
"""

import re
from collections.abc import Mapping
from typing import Any

CONDITIONS: Mapping[tuple[str, str], str] = {
    ("arnlike", "aws:sourcearn"): "SourceArn",
    ("stringequals", "aws:sourceaccount"): "SourceAccount",
    ("stringequals", "aws:principalorgid"): "PrincipalOrgID",
    ("stringequals", "lambda:functionurlauthtype"): "FunctionUrlAuthType",
    ("stringequals", "lambda:eventsourcetoken"): "EventSourceToken",
    ("bool", "lambda:invokedviafunctionurl"): "InvokedViaFunctionUrl",
}
"""Operator and key of a condition, in lower case, and the parameter that makes it."""

PLAIN = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})

GONE = re.compile(r"A(RO|ID)A[A-Z0-9]{12,}")
"""A principal that was deleted: IAM answers its unique id in the place of its ARN.
Source: "IAM identifiers", IAM user guide, unique identifier prefixes, read 2026-11-22."""

EDGE = "replicator.lambda.amazonaws.com"
"""Who may replicate a function to the edge. Source: "Set up IAM permissions and roles for
Lambda@Edge", CloudFront developer guide, read 2026-11-22."""


def statements_of(document: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the statements of a policy; no policy has none."""
    return tuple((document or {}).get("Statement") or ())


def permission_of(statement: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parameters of AddPermission; None: it does not make such a statement."""
    principal = principal_of(statement)
    action = statement.get("Action")
    is_plain = statement.keys() <= PLAIN and statement.get("Effect") == "Allow"
    if not is_plain or principal is None or not isinstance(action, str) or "Sid" not in statement:
        return None
    given: dict[str, Any] = {"Principal": principal, "Action": action}
    for operator, block in (statement.get("Condition") or {}).items():
        for key, value in block.items():
            parameter = CONDITIONS.get((operator.lower(), key.lower()))
            if parameter is None or not isinstance(value, str):
                return None
            given[parameter] = value == "true" if parameter.startswith("Invoked") else value
    return given


def principal_of(statement: Mapping[str, Any]) -> str | None:
    """Return the one principal; None: there are several, or it is of another kind."""
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        values = [value for kind, value in principal.items() if kind in ("AWS", "Service")]
        principal = values[0] if len(values) == len(principal) == 1 else None
    return principal if isinstance(principal, str) else None


def is_gone(statement: Mapping[str, Any]) -> bool:
    """Tell whether whom it let in was deleted: nobody can be let in by such an id again."""
    return GONE.fullmatch(principal_of(statement) or "") is not None


def permissions_of(document: Any) -> dict[str, dict[str, Any]]:
    """Return the parameters of every statement that can be made again, by its id."""
    found = {}
    for statement in statements_of(document):
        given = permission_of(statement)
        if given is not None and not is_gone(statement):
            found[str(statement["Sid"])] = given
    return found
