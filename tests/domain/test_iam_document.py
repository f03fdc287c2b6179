"""Are policy documents read as IAM reads them, and refused where their form is not known?"""

import json
from typing import Any

import pytest

from trimtab.domain.errors import InputError
from trimtab.domain.iam_document import EVERYBODY, fits, granted, statements_in


def read(*statements: Any) -> Any:
    return statements_in(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def test_a_single_statement_needs_no_list_and_a_single_value_none_either() -> None:
    raw = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": {"Service": "x"}}
    (alone,) = statements_in(json.dumps({"Statement": raw}))
    (listed,) = read(
        {**raw, "Action": ["s3:*"], "Resource": ["*"], "Principal": {"Service": ["x"]}}
    )
    assert alone == listed
    assert (alone.principals, alone.is_for_everybody) == ((("Service", "x"),), False)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["123456789012", "*"]}])
def test_everybody_is_written_in_three_ways(principal: Any) -> None:
    (one,) = read({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": principal})
    assert EVERYBODY in one.principals
    assert one.is_for_everybody


@pytest.mark.parametrize(
    ("principal", "may_be"),
    [
        ({"aws": "*"}, True),
        ({"AWS": "arn:aws:iam::*:root"}, True),
        ({"Federated": "*"}, True),
        ({"AWS": "arn:aws:iam::123456789012:user/${aws:username}"}, True),
        ({"SERVICE": "s3.amazonaws.com", "AWS": "123456789012"}, False),
    ],
)
def test_a_principal_with_a_wildcard_may_be_everybody(principal: Any, may_be: bool) -> None:
    (one,) = read({"Effect": "Allow", "Action": "*", "Principal": principal})
    assert one.may_be_for_everybody is may_be
    assert one.is_for_everybody is (principal == {"aws": "*"})
    assert {kind for kind, _ in one.principals} <= {"*", "AWS", "Federated", "Service"}


def test_everybody_but_some_is_everybody() -> None:
    (one,) = read({"Effect": "Allow", "Action": "*", "NotPrincipal": {"AWS": "123456789012"}})
    assert one.is_for_everybody


def test_keys_and_operators_of_conditions_have_no_case_and_values_are_text() -> None:
    condition = {"Bool": {"AWS:SecureTransport": True}, "NumericLessThan": {"aws:X": [5, 6]}}
    (one,) = read({"Effect": "Allow", "Action": "*", "Condition": condition})
    assert [(c.operator, c.key, c.values) for c in one.conditions] == [
        ("bool", "aws:securetransport", ("true",)),
        ("numericlessthan", "aws:x", ("5", "6")),
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "lambda:InvokeFunction", True),
        ("lambda:Invoke*", "lambda:InvokeFunction", True),
        ("LAMBDA:invokefunction", "lambda:InvokeFunction", True),
        ("lambda:InvokeFunctio?", "lambda:InvokeFunction", True),
        ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl", False),
        ("lambda.InvokeFunction", "lambda:InvokeFunction", False),
        ("s3:*", "lambda:InvokeFunction", False),
    ],
)
def test_a_pattern_fits_as_in_iam(pattern: str, text: str, expected: bool) -> None:
    assert fits(pattern, text) is expected


def test_a_statement_covers_what_it_names_or_does_not_leave_out() -> None:
    named, but = read(
        {"Effect": "Allow", "Action": "s3:*"}, {"Effect": "Deny", "NotAction": "s3:*"}
    )
    assert (named.covers("s3:GetObject"), named.covers("iam:GetRole")) == (True, False)
    assert (but.covers("s3:GetObject"), but.covers("iam:GetRole")) == (False, True)


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        '{"Version": "2012-10-17"}',
        '{"Statement": ["text"]}',
        '{"Statement": {"Effect": "Perhaps"}}',
        '{"Statement": {"Effect": "Allow", "Unless": "x"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "somebody"}}',
        '{"Statement": {"Effect": "Allow", "Action": [{"s3": "*"}]}}',
        '{"Statement": {"Effect": "Allow", "Principal": "*"}}',
        '{"Statement": {"Effect": "Allow", "NotAction": []}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "s3:*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": []}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "NotPrincipal": {}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Nobody": "*"}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": "x"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}}',
    ],
)
def test_s08_a_form_that_is_not_known_is_refused(document: str) -> None:
    with pytest.raises(InputError):
        statements_in(document)


WHERE = {"partition": "aws", "region": "eu-west-1", "account": "111111111111"}


def test_what_is_not_about_a_function_is_narrowed_as_far_as_it_can_be() -> None:
    asked = [
        "lambda:GetAccountSettings",
        "cloudtrail:LookupEvents",
        "iam:CreateServiceLinkedRole",
        "cloudwatch:PutMetricAlarm",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:DeleteScheduledAction",
    ]
    found = granted(asked, **WHERE)
    assert [(grant.actions, grant.resource) for grant in found] == [
        (("cloudtrail:LookupEvents", "lambda:GetAccountSettings"), "*"),
        (
            (
                "application-autoscaling:DeleteScheduledAction",
                "application-autoscaling:PutScheduledAction",
            ),
            "arn:aws:application-autoscaling:eu-west-1:111111111111:scalable-target/*",
        ),
        (
            ("cloudwatch:PutMetricAlarm",),
            "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:*",
        ),
        (
            ("iam:CreateServiceLinkedRole",),
            "arn:aws:iam::111111111111:role/aws-service-role/"
            "lambda.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
        ),
    ]
    assert [bool(grant.condition) for grant in found] == [False, True, False, True]
    assert found == granted(reversed(asked), **WHERE)


def test_nothing_is_granted_that_was_not_asked_for() -> None:
    assert granted([], **WHERE) == ()
    (only,) = granted(["iam:CreateServiceLinkedRole"], **WHERE)
    assert only.actions == ("iam:CreateServiceLinkedRole",)
