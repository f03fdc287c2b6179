"""Would the comparison of grants with calls notice a grant too many, or one too few?"""

from __future__ import annotations

import pytest

from tests.scenario.grants import Call, Grant, Names, grants, parts

STATE = "arn:aws:dynamodb:eu-west-1:111111111111:table/hub-State"
NAMES = Names(outputs={"StateTable": "hub-State"})
NARROW = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
            "Resource": STATE,
            "Condition": {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["change#*", "link#*"]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        },
        {"Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*"},
    ]
}


def call(action: str, *keys: str, allowed: bool = True, role: str = "r") -> Call:
    return Call(
        account="111111111111", role=role, action=action, resource=STATE, keys=keys, allowed=allowed
    )


def unused(found: list[Grant], calls: list[Call]) -> list[str]:
    return [part for grant in found for part, used in parts(grant, calls, NAMES) if not used]


def test_what_was_not_called_is_told_by_action_and_by_kind_of_item() -> None:
    found = list(grants("r", [NARROW]))
    assert len(found) == 1, "a denial is no grant"
    assert unused(found, [call("dynamodb:GetItem", "change#")]) == [
        "dynamodb:PutItem StateTable change#|link#",
        "items link# by GetItem|PutItem",
    ]
    all_of_it = [call("dynamodb:GetItem", "change#"), call("dynamodb:PutItem", "link#")]
    assert unused(found, all_of_it) == []


@pytest.mark.parametrize(
    "other",
    [
        call("dynamodb:PutItem", "link#", allowed=False),
        call("dynamodb:PutItem", "link#", role="another"),
        call("dynamodb:PutItem", "link#", "finding#"),
        call("dynamodb:PutItem"),
    ],
    ids=["denied", "of another role", "of other items too", "without a key"],
)
def test_a_call_that_the_grant_does_not_cover_does_not_count_as_its_use(other: Call) -> None:
    (grant,) = grants("r", [NARROW])
    assert not (other.allowed and grant.covers(other))
    assert "dynamodb:PutItem StateTable change#|link#" in unused([grant], [other])


def test_a_key_is_used_when_the_service_that_uses_it_is() -> None:
    via = ["s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"]
    statement = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": "arn:aws:kms:eu-west-1:111111111111:key/x",
        "Condition": {"StringEquals": {"kms:ViaService": via}},
    }
    found = list(grants("r", [{"Statement": [statement]}]))
    assert unused(found, [call("s3:GetObject")]) == ["kms through sqs"]
    assert unused(found, [call("dynamodb:GetItem")]) == ["kms through s3", "kms through sqs"]


def test_a_member_role_is_the_same_in_every_account() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "lambda:GetFunction",
        "Resource": "arn:aws:lambda:*:222222222222:function:*",
    }
    (grant,) = grants("r", [{"Statement": [statement]}])
    elsewhere = Call(
        account="333333333333",
        role="r",
        action="lambda:GetFunction",
        resource="arn:aws:lambda:us-east-1:333333333333:function:shop",
        keys=(),
        allowed=True,
    )
    assert grant.covers(elsewhere)
