"""To what is the session of one change narrowed? To one function, and what its kind declares."""

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.iam_document import TAKES_NO_ARN, granted


def session_policy(function: FunctionArn, actions: Sequence[str]) -> Mapping[str, Any]:
    """Narrow a session to one function: Lambda's actions on it, the others anywhere, but for those
    that a condition narrows.
    """
    on_function = sorted(a for a in actions if a.startswith("lambda:") and a not in TAKES_NO_ARN)
    elsewhere = sorted(action for action in actions if action not in on_function)
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": on_function,
            "Resource": [str(function), f"{function}:*"],
        }
    ]
    for grant in granted(
        elsewhere,
        partition=function.partition,
        region=function.region,
        account=function.account,
    ):
        statement = {
            "Effect": "Allow",
            "Action": list(grant.actions),
            "Resource": [grant.resource],
        }
        statements.append(statement | ({"Condition": grant.condition} if grant.condition else {}))
    return {"Version": "2012-10-17", "Statement": statements}
