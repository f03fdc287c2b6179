"""Is what a resource policy lets call told by what is really there?"""

from __future__ import annotations

import json

import pytest

from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.fake_apis import uri_of
from tests.pipeline.trigger_place import INVOKE, OTHER, ROLE, Place, here, permission

GROUP = here("elasticloadbalancing", "targetgroup/orders/1")
POOL = here("cognito-idp", "userpool/eu-west-1_abc")
ALARM = here("cloudwatch", "alarm:late")
BUCKET = "arn:aws:s3:::shop"
IOT = here("iot", "rule/heat")


def let(place: Place, *statements: dict[str, object], alias: str | None = None) -> None:
    place.here.functions.permit("orders", *statements, alias=alias)


def connect(place: Place) -> None:
    """Let everything that policies are the index of call the function."""
    there, arn = place.here, place.arn
    there.buckets.notifies["shop"] = [f"{arn}:live"]
    there.iot.put_rule("heat", error=arn)
    there.pools.pools["eu-west-1_abc"] = {
        "PreSignUp": str(arn),
        "CustomSMSSender": {"LambdaArn": str(arn), "LambdaVersion": "V1_0"},
    }
    there.balancers.put_group(GROUP, arn, balancers=["alb"])
    there.metrics.put_alarm("late", arn, is_composite=True)


def let_all(place: Place) -> None:
    let(
        place,
        permission("s3", BUCKET),
        permission("iot", IOT),
        permission("cognito-idp", POOL),
        permission("elasticloadbalancing", GROUP),
        permission("lambda.alarms.cloudwatch", ALARM),
    )


def test_what_a_policy_names_is_looked_at_and_live_where_it_calls_the_function() -> None:
    place = Place()
    connect(place)
    let_all(place)
    assert place.shown() == {
        ("S3 bucket", BUCKET, "live", True),
        ("IoT rule", IOT, None, True),
        ("Cognito user pool", POOL, None, True),
        ("load balancer", GROUP, None, True),
        ("CloudWatch alarm", ALARM, None, True),
    }


def test_what_is_gone_is_dormant_and_an_orphan() -> None:
    place = Place()
    let_all(place)
    let(
        place,
        permission("events", here("events", "rule/shop/gone")),
        permission("apigateway", here("execute-api", "abc123/*/GET/")),
        {"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE"}, "Action": INVOKE},
    )
    found = place.triggers()
    assert len(found) == 8
    assert {(t.is_live, t.is_gone) for t in found} == {(False, True)}
    assert place.graph().has_live(place.arn) is False


def test_what_is_there_and_does_not_call_the_function_is_dormant() -> None:
    place = Place("orders", "other")
    there, other = place.here, place.arns[1]
    there.buckets.notifies["shop"] = []
    there.iot.put_rule("heat", place.arn, is_off=True)
    there.pools.pools["eu-west-1_abc"] = {}
    there.balancers.put_group(GROUP, place.arn, balancers=[])
    there.metrics.put_alarm("late", place.arn, is_on=False)
    there.events.put_rule("on-order", other)
    let_all(place)
    let(
        place,
        permission("events", here("events", "rule/on-order")),
        permission("events", here("events", "rule/*")),
        permission("sns", here("sns", "news")),
    )
    found = place.triggers()
    assert len(found) == 8
    assert {(t.is_live, t.is_gone) for t in found} == {(False, False)}


def test_what_a_listing_shows_is_not_told_twice_by_the_policy() -> None:
    place = Place()
    there = place.here
    there.events.put_rule("on-order", place.arn)
    there.rest_apis.put("shop", uri_of(place.arn))
    topic = there.sns.subscribe("news", place.arn)
    let(
        place,
        permission("events", here("events", "rule/on-order")),
        permission("sns", topic),
        permission("apigateway", here("execute-api", "shop/*/GET/")),
    )
    kinds = sorted(t.kind.value for t in place.triggers())
    assert kinds == ["EventBridge rule", "REST API", "SNS topic"]


def test_an_api_that_is_there_may_call_by_an_older_deployment() -> None:
    place = Place()
    place.here.rest_apis.put("shop")
    let(place, permission("apigateway", here("execute-api", "shop/*/GET/")))
    let(place, permission("apigateway", here("execute-api", "*/*/GET/")))
    assert place.shown() == {
        ("permission", "API shop", None, True),
        ("permission", "API *", None, True),
    }


def test_s08_an_api_is_not_called_gone_when_the_apis_could_not_be_listed() -> None:
    place = Place()
    place.here.rest_apis.fail_always("GetRestApis", "AccessDeniedException")
    let(place, permission("apigateway", here("execute-api", "shop/*/GET/")))
    graph = place.graph()
    assert graph.triggers_of(place.arn) == ()
    assert graph.has_live(place.arn) is None


LIVE = [
    (permission("s3"), "s3.amazonaws.com"),
    (permission("s3", "arn:aws:s3:::shop-*"), "s3.amazonaws.com for arn:aws:s3:::shop-*"),
    (
        permission("sns", f"arn:aws:sns:{REGION}:{OTHER}:news"),
        f"sns.amazonaws.com for arn:aws:sns:{REGION}:{OTHER}:news",
    ),
    (permission("config"), "config.amazonaws.com"),
    (permission("lex", here("lex", "bot")), f"lex.amazonaws.com for {here('lex', 'bot')}"),
    (permission("lex", "anything"), "lex.amazonaws.com for anything"),
    (
        permission("s3", BUCKET)
        | {
            "Condition": {
                "ArnLike": {"AWS:SourceArn": BUCKET},
                "StringEquals": {"AWS:SourceAccount": OTHER},
            }
        },
        f"s3.amazonaws.com for {BUCKET}",
    ),
    ({"Effect": "Allow", "Principal": "*", "Action": "lambda:*"}, "everybody"),
    ({"Effect": "Allow", "Principal": {"AWS": f"{ROLE}/a"}, "Action": INVOKE}, f"{ROLE}/a"),
    (
        {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": INVOKE},
        "everybody but some",
    ),
]


@pytest.mark.parametrize(("statement", "name"), LIVE, ids=[name for _, name in LIVE])
def test_whoever_is_let_in_and_not_looked_at_counts_as_live(
    statement: dict[str, object], name: str
) -> None:
    place = Place()
    let(place, statement)
    assert place.shown() == {("permission", name, None, True)}


NOTHING = [
    {"Effect": "Deny", "Principal": "*", "Action": INVOKE},
    {"Effect": "Allow", "Principal": "*", "Action": "lambda:GetFunction"},
    {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl"},
]


@pytest.mark.parametrize("statement", NOTHING, ids=["denied", "reading", "url"])
def test_what_lets_nobody_call_is_no_edge(statement: dict[str, object]) -> None:
    place = Place()
    let(place, statement)
    assert place.shown() == set()


def test_the_policies_of_aliases_and_versions_are_read_too() -> None:
    place = Place()
    lambda_ = place.here.functions
    lambda_.publish("orders")
    lambda_.alias("orders", "live", "1")
    let(place, permission("config"), alias="live")
    let(place, permission("lex"), alias="1")
    assert place.shown() == {
        ("permission", "config.amazonaws.com", "live", True),
        ("permission", "lex.amazonaws.com", "1", True),
    }


def test_the_leave_to_copy_it_to_the_edge_stays_behind_when_no_distribution_names_it() -> None:
    place = Place()
    copies = permission("replicator.lambda", Action="lambda:GetFunction")
    let(place, copies)
    (edge,) = place.triggers()
    assert (edge.kind.value, edge.is_live) == ("Lambda@Edge replica", False)
    assert place.graph().edge[place.arn] is True


def test_s08_a_policy_of_an_unknown_form_leaves_the_function_in_the_dark() -> None:
    place = Place()
    let(place, {"Effect": "Maybe", "Principal": "*", "Action": INVOKE})
    graph = place.graph()
    assert graph.has_live(place.arn) is None
    assert "Maybe" in json.dumps([blind.error for blind in graph.blinds])
    assert ACCOUNT in str(place.arn)
