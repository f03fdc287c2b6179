"""Is a role with too many rights found, and one with few left alone?"""

import json
from typing import Any

import pytest

from trimtab.pipeline.signals.reach_roles import power_of, trusted_services

ROLE = "arn:aws:iam::111122223333:role/service"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def but(actions: Any) -> Any:
    return {"Effect": "Allow", "NotAction": actions, "Resource": "*"}


def allow_but_on(action: str, resource: str) -> Any:
    return {"Effect": "Allow", "Action": action, "NotResource": resource}


def allow(action: Any, resource: Any = "*", **more: Any) -> Any:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


@pytest.mark.parametrize(
    ("statement", "is_administrator", "services"),
    [
        (allow("?*"), True, ("*",)),
        (allow("*?:*"), True, ("*",)),
        (allow("*", "arn:aws:*"), True, ("*",)),
        (allow("*", "arn:aws:*:*:*:*"), True, ("*",)),
        (allow("*", "?*"), True, ("*",)),
        (allow("*", "*:*"), True, ("*",)),
        (allow("iam:*", "arn:aws:iam::*:*"), True, ()),
        (allow("iam:?*", "arn:aws:iam::111122223333:*"), True, ()),
        (allow("iam:?*"), True, ("iam",)),
        (allow("I*:*"), True, ("i*",)),
        (allow(["s3:*", "iam:P*"]), False, ("s3",)),
        (allow("iam:*", "arn:aws:iam::*:user/*"), None, ()),
        (allow("iam:*", ROLE), None, ()),
        (allow("*", "arn:aws:iam::${aws:PrincipalAccount}:*"), None, ()),
        (allow("iam:*", "arn:aws:iam::444455556666:*"), False, ()),
        (allow("*", "arn:aws:s3:::*"), False, ()),
        (allow("*", "arn:aws-cn:*"), False, ()),
        (allow("s3:?????*"), False, ()),
        (but("iam:DeleteUser"), True, ("*",)),
        (but(["iam:*"]), False, ("*",)),
        (but(["i*"]), False, ("*",)),
        (but(["iam:Get*", "iam:DeleteRolePolicy"]), True, ("*",)),
        (but("*"), False, ()),
        (but("?*:*"), False, ()),
        (allow_but_on("*", "arn:aws:s3:::a"), True, ("*",)),
        (allow_but_on("iam:*", "arn:aws:iam::*:role/*"), None, ()),
        (allow_but_on("iam:*", "*"), False, ()),
        (allow("*"), True, ("*",)),
        (allow("*:*"), True, ("*",)),
        (allow("*", ["arn:aws:s3:::a", "*"]), True, ("*",)),
        (allow("*", "arn:*"), True, ("*",)),
        (allow("iam:*"), True, ("iam",)),
        (allow(["S3:*", "sqs:SendMessage"]), False, ("s3",)),
        (allow("s3:**"), False, ("s3",)),
        (allow("s3:Get*"), False, ()),
        (allow("s3:*", "arn:aws:s3:::a-bucket/*"), False, ()),
        (allow("*", "arn:aws:s3:::a-bucket"), False, ()),
        (allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), False, ()),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a"}, False, ("s3",)),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, True, ("*",)),
        ({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}, False, ("*",)),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False, ()),
    ],
)
def test_what_a_statement_gives(
    statement: Any, is_administrator: bool | None, services: tuple[str, ...]
) -> None:
    power = power_of([document(statement)], ROLE)
    assert (power.is_administrator, power.services) == (is_administrator, services)


def test_the_documents_of_a_role_add_up() -> None:
    power = power_of(
        [document(allow("s3:*"), allow("ses:SendEmail")), document(allow("sqs:*"))], ROLE
    )
    assert power.services == ("s3", "sqs")


def test_the_services_that_may_assume_it() -> None:
    services = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    trust = document(
        {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"Service": "x.amazonaws.com"}, "Action": "*"},
    )
    assert trusted_services(trust) == ("edgelambda.amazonaws.com", "lambda.amazonaws.com")
