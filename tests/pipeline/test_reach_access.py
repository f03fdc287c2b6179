"""Whom does a resource policy let in, and is what cannot be judged never called closed?"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, an_arn
from trimtab.domain.errors import InputError
from trimtab.pipeline.signals.reach_access import Access, access_of, is_public_url
from trimtab.ports import FunctionUrl, ResourcePolicy

OTHER = "444455556666"
ORG = ("aws:PrincipalOrgID", "o-a1b2c3d4e5")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"


def allow(principal: Any = "*", action: Any = "lambda:InvokeFunction", **more: Any) -> Any:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"} | more


def deny(principal: Any = "*", action: Any = "lambda:InvokeFunction", **more: Any) -> Any:
    return allow(principal, action, **more) | {"Effect": "Deny"}


def deny_but(*actions: str) -> Any:
    return without(deny(), "Action") | {"NotAction": list(actions)}


def without(statement: Any, name: str) -> Any:
    return {key: value for key, value in statement.items() if key != name}


def when(operator: str, key: str, value: Any) -> Mapping[str, Any]:
    return {"Condition": {operator: {key: value}}}


def policy(*statements: Any, qualifier: str | None = None) -> ResourcePolicy:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return ResourcePolicy(qualifier=qualifier, document=document)


def access(*statements: Any) -> Access:
    return access_of([policy(*statements)], an_arn())


def test_without_a_policy_nobody_is_let_in() -> None:
    nobody = access_of([], an_arn())
    assert (nobody.principals, nobody.sources, nobody.accounts) == ((), 0, ())
    assert (nobody.is_public, nobody.unbound_services) == (False, ())
    assert is_public_url(nobody, [FunctionUrl(qualifier=None, auth="NONE")]) is False


BOUND: list[tuple[str, str, Any]] = [
    ("StringEquals", "aws:SourceAccount", ACCOUNT),
    ("StringEquals", "AWS:SourceAccount", [ACCOUNT, OTHER]),
    ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("StringLike", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{ACCOUNT}:*"),
    ("StringLike", "aws:SourceArn", f"arn:aws:sns:{REGION}:{ACCOUNT}:*"),
    ("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{OTHER}:role/caller"),
    ("StringEqualsIgnoreCase", "lambda:EventSourceToken", "amzn1.ask.skill.x"),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/32"]),
    ("IpAddress", "aws:SourceIp", ["3.0.0.0/9", "3.128.0.0/9", "3.1.0.0/16"]),
    ("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d"),
]


@pytest.mark.parametrize(("operator", "key", "value"), BOUND)
def test_a_condition_on_who_calls_bounds_everybody(operator: str, key: str, value: Any) -> None:
    assert access(allow(**when(operator, key, value))).is_public is False


OPEN: list[tuple[str, str, Any]] = [
    ("StringLike", "aws:PrincipalOrgID", "*"),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*"),
    ("ArnLike", "aws:SourceArn", "*"),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
    ("ArnLike", "aws:SourceArn", ["arn:aws:s3:::a-bucket", "*"]),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::a*"),
    ("ArnLike", "aws:SourceArn", "arn:aws:route53:::hostedzone/*"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
    ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/16"),
    ("IpAddress", "aws:SourceIp", [f"{i}.0.0.0/8" for i in range(256)]),
    ("IpAddress", "aws:SourceIp", ["3.0.0.0/8", "4.0.0.0/24"]),
    ("IpAddress", "aws:SourceIp", ["2600::/8"]),
    ("IpAddress", "aws:SourceIp", ["2001:db8::/32", "2001:db9::/48"]),
    ("IpAddress", "aws:SourceIp", ["nowhere", "0.0.0.0/1"]),
    ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
    ("StringNotEquals", "aws:SourceAccount", OTHER),
    ("Null", "aws:PrincipalOrgID", "false"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "::/0"]),
    ("Bool", "aws:SecureTransport", "true"),
]


@pytest.mark.parametrize(("operator", "key", "value"), OPEN)
def test_a_condition_that_anybody_meets_bounds_nobody(operator: str, key: str, value: Any) -> None:
    assert access(allow(**when(operator, key, value))).is_public is True


UNCLEAR: list[tuple[str, str, Any]] = [
    ("StringEquals", "aws:SomethingNew", "x"),
    ("StringEquals", "aws:PrincipalTag/team", "shop"),
    ("NumericEquals", "aws:SourceAccount", 5),
    ("StringEquals", "aws:SourceAccount", []),
    ("StringLike", "aws:PrincipalOrgID", "o-*"),
    ("StringEquals", "aws:userid", "${aws:PrincipalTag/id}"),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{ACCOUNT[:6]}*:*"),
    ("ArnLike", "aws:SourceArn", "something"),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::a-bucket"),
    ("ArnEquals", "aws:SourceArn", ["arn:aws:s3:::a-bucket", TOPIC]),
    ("StringLike", "aws:SourceArn", f"arn:aws:logs:*:{ACCOUNT}:*"),
    ("StringLike", "aws:SourceArn", "arn:aws:s3:::${aws:username}"),
    ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{ACCOUNT}:${{aws:username}}"),
    ("StringNotEquals", "aws:SourceAccount", "${aws:PrincipalAccount}"),
    ("Bool", "aws:SecureTransport", "${aws:SecureTransport}"),
    ("ArnLike", "aws:SourceAccount", ACCOUNT),
    ("IpAddress", "aws:SourceArn", TOPIC),
    ("IpAddress", "aws:SourceAccount", ACCOUNT),
    ("StringEquals", "aws:SourceIp", "203.0.113.7"),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/16"),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "::ffff:0:0/96"]),
    ("IpAddress", "aws:SourceIp", "nowhere"),
    ("IpAddressIfExists", "aws:SourceIp", "203.0.113.0/24"),
]


@pytest.mark.parametrize(("operator", "key", "value"), UNCLEAR)
def test_s08_a_condition_that_cannot_be_judged_leaves_it_unknown(
    operator: str, key: str, value: Any
) -> None:
    assert access(allow(**when(operator, key, value))).is_public is None
    one_open = access(allow(**when(operator, key, value)), allow())
    assert one_open.is_public is True


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow()], True),
        ([allow({"AWS": "*"})], True),
        ([allow(action="lambda:*")], True),
        ([allow(action="*")], True),
        ([allow(action=["lambda:GetFunction"])], True),
        ([{"Effect": "Allow", "Principal": "*", "NotAction": "lambda:Delete*"}], True),
        ([{"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "lambda:*"}], True),
        ([allow({"AWS": OTHER})], False),
        ([allow({"Service": "s3.amazonaws.com"})], False),
        ([deny()], False),
        ([allow(), deny()], False),
        ([allow(), deny(action="lambda:*")], False),
        ([allow(action="lambda:*"), deny()], True),
        ([{"Effect": "Allow", "Principal": "*", "NotAction": "s3:*"}, deny(action="*")], False),
        ([{"Effect": "Allow", "Principal": "*", "NotAction": "s3:*"}, deny()], True),
        ([{"Effect": "Allow", "Principal": "*", "NotAction": "lambda:Invoke*"}], True),
        ([allow(action="lambda:Get*"), deny(action="lambda:Delete*")], None),
        ([allow(action="lambda:*"), deny(action="lambda:Invoke*")], None),
        ([allow(action="lambda:*"), deny(action=["lambda:?", "lambda:????"])], True),
        ([allow(action="lambda:Invoke*"), deny(action="lambda:I*")], False),
        ([allow(action="lambda:Invoke*"), deny(action="LAMBDA:INVOKE*")], False),
        ([allow(action="lambda:*"), deny_but("lambda:InvokeFunction")], True),
        ([allow(action="*"), deny_but("lambda:Invoke*", "lambda:GetFunction")], True),
        ([allow(), deny_but("s3:*")], False),
        ([allow(), deny_but("lambda:InvokeFunction")], True),
        ([allow(), deny(Resource=f"{an_arn()}:prod")], None),
        ([allow(), without(deny(), "Resource")], None),
        ([without(allow(), "Resource"), deny(Resource=str(an_arn()))], None),
        ([allow(Resource=str(an_arn())), deny(Resource=[str(an_arn()), "x"])], False),
        ([allow(), without(deny(), "Resource") | {"NotResource": str(an_arn())}], None),
        ([allow(), deny({"AWS": "arn:aws:iam::*:root"})], None),
        ([allow({"aws": "*"})], True),
        ([allow({"AWS": "arn:aws:iam::*:root"})], None),
        ([allow({"Federated": "*"})], None),
        ([allow({"Service": "*.amazonaws.com"})], None),
        ([allow({"AWS": "arn:aws:iam::*:root"}, **when("StringEquals", *ORG))], False),
        ([allow(), deny({"AWS": OTHER})], True),
        ([allow(), deny(**when("StringNotEquals", "aws:PrincipalOrgID", "o-1"))], None),
        ([allow(), {"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": "*"}], None),
    ],
)
def test_what_is_allowed_and_what_a_denial_takes_back(
    statements: list[Any], expected: bool | None
) -> None:
    assert access(*statements).is_public is expected


NONE_URL = when("StringEquals", "lambda:FunctionUrlAuthType", "NONE")
URL_PAIR = [
    allow(action="lambda:InvokeFunctionUrl", **NONE_URL),
    allow(**when("Bool", "lambda:InvokedViaFunctionUrl", "true")),
]


def test_what_only_a_url_grants_is_public_by_the_url_alone() -> None:
    found = access(*URL_PAIR)
    assert (found.is_public, found.sources) == (False, 0)
    assert is_public_url(found, [FunctionUrl(qualifier=None, auth="NONE")]) is True
    assert is_public_url(found, [FunctionUrl(qualifier=None, auth="AWS_IAM")]) is False
    assert is_public_url(found, [FunctionUrl(qualifier="live", auth="NONE")]) is False
    assert is_public_url(found, []) is False


def test_a_url_without_a_type_in_its_grant_is_open_whatever_it_asks() -> None:
    found = access(allow(action="lambda:InvokeFunctionUrl"))
    assert found.is_public is False
    assert is_public_url(found, [FunctionUrl(qualifier=None, auth="AWS_IAM")]) is True


def test_a_url_of_an_alias_is_opened_by_the_policy_of_the_alias() -> None:
    found = access_of([policy(*URL_PAIR, qualifier="live")], an_arn())
    assert is_public_url(found, [FunctionUrl(qualifier="live", auth="NONE")]) is True
    assert is_public_url(found, [FunctionUrl(qualifier=None, auth="NONE")]) is False


def test_s08_a_url_with_a_condition_that_cannot_be_judged_is_unknown() -> None:
    found = access(
        allow(action="lambda:InvokeFunctionUrl", **when("StringEquals", "aws:SomethingNew", "x"))
    )
    assert is_public_url(found, [FunctionUrl(qualifier=None, auth="NONE")]) is None
    assert is_public_url(found, []) is False


OPEN_URL = FunctionUrl(qualifier=None, auth="NONE")
SIGNED_URL = FunctionUrl(qualifier=None, auth="AWS_IAM")


@pytest.mark.parametrize(
    ("operator", "value", "none", "signed"),
    [
        ("StringLike", "*", True, True),
        ("StringLike", "N*", True, False),
        ("StringEqualsIgnoreCase", "none", True, False),
        ("StringEquals", ["AWS_IAM", "NONE"], True, True),
        ("StringEquals", "none", False, False),
        ("StringEqualsIfExists", "NONE", True, False),
        ("StringNotEquals", "NONE", False, True),
        ("StringNotLike", "AWS*", True, False),
        ("StringEquals", "${aws:PrincipalTag/auth}", None, None),
        ("ForAnyValue:StringEquals", "NONE", None, None),
        ("Null", "false", None, None),
    ],
)
def test_the_type_of_a_url_is_compared_as_iam_compares_it(
    operator: str, value: Any, none: bool | None, signed: bool | None
) -> None:
    found = access(
        allow(
            action="lambda:InvokeFunctionUrl", **when(operator, "lambda:FunctionUrlAuthType", value)
        )
    )
    assert is_public_url(found, [OPEN_URL]) is none
    assert is_public_url(found, [SIGNED_URL]) is signed
    assert found.is_public is False


VIA = "lambda:InvokedViaFunctionUrl"
AUTH = "lambda:FunctionUrlAuthType"


@pytest.mark.parametrize(
    ("action", "condition", "expected"),
    [
        ("lambda:InvokeFunction", when("Bool", VIA, "true"), False),
        ("lambda:InvokeFunction", when("Bool", VIA, "True"), False),
        ("lambda:InvokeFunction", when("Bool", VIA, "false"), True),
        ("lambda:InvokeFunction", when("Bool", VIA, ["true", "false"]), True),
        ("lambda:InvokeFunction", when("BoolIfExists", VIA, "true"), True),
        ("lambda:InvokeFunction", when("ForAllValues:Bool", VIA, "true"), True),
        ("lambda:InvokeFunction", when("StringNotEquals", AUTH, "NONE"), True),
        ("lambda:InvokeFunction", when("StringEquals", VIA, "true"), None),
        ("lambda:InvokeFunction", when("Null", AUTH, "false"), None),
        ("lambda:InvokeFunction", when("StringEquals", AUTH, "NONE"), None),
        ("lambda:*", when("StringEquals", AUTH, "NONE"), None),
        ("lambda:Invoke*", when("Bool", VIA, "true"), None),
        (["lambda:InvokeFunction", "lambda:UpdateAlias"], when("Bool", VIA, "true"), None),
    ],
)
def test_s08_only_what_surely_serves_urls_alone_is_no_direct_use(
    action: Any, condition: Any, expected: bool | None
) -> None:
    assert access(allow(action=action, **condition)).is_public is expected
    bound = {"Condition": {**condition["Condition"], "StringEquals": dict([ORG])}}
    assert access(allow(action=action, **bound)).is_public is False


def test_a_denial_of_the_url_closes_the_url_and_not_the_function() -> None:
    found = access(allow(action="lambda:*"), deny(action="lambda:InvokeFunctionUrl"))
    assert (found.is_public, is_public_url(found, [OPEN_URL])) == (True, False)
    either = access(allow(action="lambda:*"), deny_but("lambda:InvokeFunctionUrl"))
    assert (either.is_public, is_public_url(either, [OPEN_URL])) == (True, True)


def test_s08_a_policy_that_lets_in_nobody_it_names_is_refused() -> None:
    with pytest.raises(InputError, match="nobody"):
        access(allow({}))


def test_an_optional_condition_on_the_url_does_not_make_it_a_grant_for_urls() -> None:
    optional = when("StringEqualsIfExists", "lambda:FunctionUrlAuthType", "NONE")
    assert access(allow(action="lambda:Invoke*", **optional)).is_public is True


def test_principals_accounts_and_sources_are_named_once() -> None:
    found = access(
        allow({"Service": "sns.amazonaws.com"}, **when("ArnLike", "aws:SourceArn", TOPIC)),
        allow({"Service": "sns.amazonaws.com"}, **when("ArnLike", "aws:SourceArn", TOPIC)),
        allow({"Service": "s3.amazonaws.com"}, **when("StringEquals", "aws:SourceAccount", OTHER)),
        allow({"AWS": f"arn:aws:iam::{OTHER}:root"}),
        allow({"AWS": "AIDAEXAMPLE"}),
        allow({"AWS": ACCOUNT}, action="lambda:GetFunction"),
        {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "lambda:GetPolicy"},
    )
    assert found.principals == (
        "*",
        ACCOUNT,
        OTHER,
        "AIDAEXAMPLE",
        "s3.amazonaws.com",
        "sns.amazonaws.com",
    )
    assert (found.sources, found.accounts) == (4, (OTHER,))


def test_a_condition_that_leaves_accounts_out_names_none() -> None:
    but = when("StringNotEquals", "aws:SourceAccount", OTHER)
    assert access(allow({"Service": "s3.amazonaws.com"}, **but)).accounts == ()


EVENTS = {"Service": "events.amazonaws.com"}


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly", 0),
        (f"arn:aws:events:{REGION}:{OTHER}:rule/nightly", 1),
        (f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly", 1),
    ],
)
def test_rules_of_the_same_place_are_left_to_their_listing(arn: str, expected: int) -> None:
    assert access(allow(EVENTS, **when("ArnLike", "aws:SourceArn", arn))).sources == expected


def test_a_rule_that_is_not_named_counts() -> None:
    assert access(allow(EVENTS)).sources == 1
    own = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"
    assert access(allow(EVENTS, **when("ArnNotLike", "aws:SourceArn", own))).sources == 1


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, ("s3.amazonaws.com",)),
        (when("ArnLike", "aws:SourceArn", "arn:aws:s3:::a-bucket"), ("s3.amazonaws.com",)),
        (when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"), ("s3.amazonaws.com",)),
        (when("IpAddress", "aws:SourceIp", "203.0.113.0/24"), ("s3.amazonaws.com",)),
        (when("Bool", "aws:SecureTransport", "true"), ("s3.amazonaws.com",)),
        (when("StringEquals", "aws:SourceAccount", ACCOUNT), ()),
        (when("ArnLike", "aws:SourceArn", TOPIC), ()),
        (when("StringEquals", *ORG), ()),
        (when("ArnLike", "aws:SourceArn", "arn:aws:route53:::hostedzone/*"), ("s3.amazonaws.com",)),
        (when("StringLike", "aws:SourceArn", f"arn:aws:sns:*:{ACCOUNT}:*"), None),
        (when("StringEquals", "aws:SourceVpc", "vpc-1"), None),
        (when("StringEquals", "aws:SomethingNew", "x"), None),
    ],
)
def test_a_service_is_bound_by_an_account(condition: Any, expected: Any) -> None:
    service = {"Service": "s3.amazonaws.com"}
    assert access(allow(service, **condition)).unbound_services == expected
    assert access(allow(service, "lambda:GetFunction", **condition)).unbound_services == ()


def test_a_service_that_is_surely_unbound_is_named_beside_one_that_cannot_be_judged() -> None:
    found = access(
        allow({"Service": "s3.amazonaws.com"}),
        allow({"Service": "new.amazonaws.com"}, **when("StringEquals", "aws:New", "x")),
    )
    assert found.unbound_services == ("s3.amazonaws.com",)
