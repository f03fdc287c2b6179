"""Do the answers of AWS become the right signals, and what was not told become unknown?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, a_configuration, a_listed
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_events import BY_THE_API
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals.reach import MOST_ALIASES, READINGS
from trimtab.pipeline.signals.reading import TargetReading
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.catalog_reach import REACH_SIGNALS

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/stream/1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Place:
    """One target with functions, read by the real adapter."""

    def __init__(self, *names: str) -> None:
        self.cloud = FakeCloud()
        self.here = self.cloud[TARGET]
        self.arns = [self.here.functions.add(name) for name in names or ("orders",)]

    @property
    def arn(self) -> FunctionArn:
        return self.arns[0]

    def source(self) -> AwsFunctionSource:
        return FakeFleet(self.cloud).open(TARGET)

    def listed(self) -> tuple[ListedFunction, ...]:
        return self.source().list_functions(None).functions

    def read(self, what: str, name: str = "orders", **known: Evidence) -> Mapping[str, Any]:
        """Make one reading; return the values it tells of one function, Unknown as it is."""
        (reading,) = (r for r in READINGS if r.what == what)
        one = next(one for one in self.listed() if one.function.name == name)
        if isinstance(reading, TargetReading):
            told = reading.read(self.source(), self.listed(), NOW)[one.function]
        else:
            given = {key.replace("__", "."): value for key, value in known.items()}
            told = reading.read(self.source(), one, given)
        assert told.keys() == reading.tells
        return {n: e.value if isinstance(e, Known) else e for n, e in told.items()}


def test_each_base_signal_is_told_by_one_reading() -> None:
    told = [name for reading in READINGS for name in sorted(reading.tells)]
    assert sorted(told) == sorted(s.name for s in REACH_SIGNALS if s.formula is None)
    assert all(SIGNALS[name] for name in told)


def test_a_function_that_nothing_calls_is_known_to_have_nothing() -> None:
    place = Place()
    assert place.read("event source mappings") == {
        "trigger.event_source_count": 0,
        "trigger.event_source_disabled_count": 0,
        "trigger.event_source_disabled_days": None,
        "trigger.event_source_kinds": [],
        "trigger.event_source_without_failure_destination_count": None,
    }
    assert place.read("EventBridge rules") == {
        "trigger.rule_count": 0,
        "trigger.disabled_rule_count": 0,
    }
    assert place.read("schedules") == {
        "trigger.schedule_count": 0,
        "trigger.disabled_schedule_count": 0,
        "trigger.schedule_disabled_days": None,
        "trigger.shortest_schedule_s": None,
        "trigger.schedule_names": [],
    }
    assert place.read("function URLs") == {"trigger.has_url": False, "exposure.url_auth": None}
    assert place.read("resource policy") == {
        "trigger.policy_principals": [],
        "trigger.policy_source_count": 0,
        "exposure.is_public": False,
        "exposure.is_public_url": False,
        "exposure.cross_account_count": 0,
        "exposure.unbound_services": [],
    }


def test_event_sources_of_the_function_and_of_its_aliases_count() -> None:
    place = Place("orders", "other")
    lambda_ = place.here.functions
    lambda_.feed(place.arn, QUEUE)
    lambda_.feed(place.arn, STREAM, qualifier="live")
    kept = {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    lambda_.feed(place.arn, TABLE, **kept)
    lambda_.feed(place.arn, STREAM, State="Disabled", LastModified=NOW - timedelta(days=40))
    lambda_.feed(place.arn, STREAM, State="Deleting")
    lambda_.feed(place.arns[1], None)
    assert place.read("event source mappings") == {
        "trigger.event_source_count": 3,
        "trigger.event_source_disabled_count": 1,
        "trigger.event_source_disabled_days": 40.0,
        "trigger.event_source_kinds": ["dynamodb", "kinesis", "sqs"],
        "trigger.event_source_without_failure_destination_count": 1,
    }
    other = place.read("event source mappings", "other")
    assert other["trigger.event_source_kinds"] == ["self-managed-kafka"]


def test_s08_an_event_source_in_a_state_nobody_knows_makes_the_counts_unknown() -> None:
    place = Place()
    place.here.functions.feed(place.arn, QUEUE, State="Sleeping")
    told = place.read("event source mappings")
    assert isinstance(told["trigger.event_source_count"], Unknown)
    assert isinstance(told["trigger.event_source_disabled_count"], Unknown)
    assert told["trigger.event_source_kinds"] == ["sqs"]


def test_s08_since_when_a_mapping_is_disabled_is_unknown_where_aws_does_not_tell() -> None:
    place = Place()
    place.here.functions.feed(place.arn, QUEUE, State="Disabled", LastModified=None)
    place.here.functions.feed(place.arn, QUEUE, State="Disabled")
    told = place.read("event source mappings")
    assert told["trigger.event_source_disabled_count"] == 2
    assert isinstance(told["trigger.event_source_disabled_days"], Unknown)


def test_rules_of_every_bus_count_and_those_with_a_schedule_apart() -> None:
    place = Place("orders", "other")
    events = place.here.events
    events.put_rule("on-order", place.arn)
    events.put_rule("on-refund", f"{place.arn}:live", bus="shop")
    events.put_rule("all-trail", place.arn, state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    events.put_rule("off", place.arn, state="DISABLED")
    events.put_rule("nightly", place.arn, schedule="cron(0 2 * * ? *)")
    events.put_rule("elsewhere", QUEUE, place.arns[1])
    told = place.read("EventBridge rules")
    assert told == {"trigger.rule_count": 3, "trigger.disabled_rule_count": 1}
    assert place.read("schedules")["trigger.schedule_names"] == ["nightly"]
    assert place.read("EventBridge rules", "other")["trigger.rule_count"] == 1


def test_schedules_by_rule_and_by_scheduler_with_the_shortest_of_them() -> None:
    place = Place("orders", "other")
    place.here.events.put_rule("keep-warm", place.arn, schedule="rate(5 minutes)")
    place.here.events.put_rule("off", place.arn, schedule="rate(1 minute)", state="DISABLED")
    scheduler = place.here.scheduler
    scheduler.put("hourly", f"{place.arn}:live", expression="rate(1 hour)", group="shop")
    since = NOW - timedelta(days=10)
    scheduler.put("off", place.arn, state="DISABLED", changed_at=since)
    scheduler.put("over", place.arn, expression="rate(1 minute)", ends_at=NOW - timedelta(days=1))
    scheduler.put("by-api", calls={"FunctionName": "orders"}, expression="rate(2 hours)")
    scheduler.put("of-another", place.arns[1])
    scheduler.put("a-queue", QUEUE)
    assert place.read("schedules") == {
        "trigger.schedule_count": 3,
        "trigger.disabled_schedule_count": 1,
        "trigger.schedule_disabled_days": 10.0,
        "trigger.shortest_schedule_s": 300,
        "trigger.schedule_names": ["by-api", "hourly", "keep-warm"],
    }
    assert place.here.scheduler.calls["GetSchedule"] == 4


def test_a_single_call_to_come_counts_and_has_no_interval() -> None:
    place = Place()
    place.here.scheduler.put("once", place.arn, expression="at(2030-01-01T00:00:00)")
    told = place.read("schedules")
    assert (told["trigger.schedule_count"], told["trigger.shortest_schedule_s"]) == (1, None)


def test_s08_a_schedule_that_was_denied_counts_and_its_interval_is_unknown() -> None:
    place = Place()
    place.here.scheduler.put("encrypted", place.arn)
    place.here.scheduler.fail_always("GetSchedule", "AccessDeniedException")
    told = place.read("schedules")
    assert told["trigger.schedule_count"] == 1
    assert isinstance(told["trigger.shortest_schedule_s"], Unknown)


@pytest.mark.parametrize("calls", [None, {"Payload": "{}"}, ["orders"]])
def test_s08_a_schedule_that_does_not_tell_whom_it_calls_leaves_all_unknown(calls: Any) -> None:
    place = Place()
    place.here.scheduler.put("somebody", BY_THE_API, calls=calls)
    told = place.read("schedules")
    assert all(isinstance(evidence, Unknown) for evidence in told.values())


def test_what_a_role_may_do_comes_from_its_own_and_its_attached_policies() -> None:
    place = Place()
    managed = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    s3 = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    place.here.iam.put_policy(managed, {"Statement": [ALL]}, s3)
    place.here.iam.put_role(ROLE, attached=[managed])
    assert place.read("roles") == {
        "role.exists": True,
        "role.is_administrator": False,
        "role.wildcard_services": ["s3"],
        "role.trusts": ["lambda.amazonaws.com"],
    }
    place.here.iam.put_role(ROLE, {"Statement": [ALL]})
    assert place.read("roles")["role.is_administrator"] is True


def test_a_role_that_is_gone_has_no_rights_to_speak_of() -> None:
    place = Place()
    place.here.functions.change("orders", Role=f"arn:aws:iam::{ACCOUNT}:role/gone")
    assert place.read("roles") == {
        "role.exists": False,
        "role.is_administrator": None,
        "role.wildcard_services": None,
        "role.trusts": None,
    }


def test_s08_a_policy_that_iam_did_not_answer_leaves_the_rights_unknown() -> None:
    place = Place()
    place.here.iam.put_role(ROLE, attached=["arn:aws:iam::aws:policy/Unseen"])
    told = place.read("roles")
    assert isinstance(told["role.is_administrator"], Unknown)
    assert isinstance(told["role.wildcard_services"], Unknown)
    assert told["role.trusts"] == ["lambda.amazonaws.com"]


def test_s08_power_over_a_part_of_iam_is_neither_clean_nor_a_finding() -> None:
    place = Place()
    on_users = {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/*"}
    place.here.iam.put_role(ROLE, {"Version": "2012-10-17", "Statement": on_users})
    told = place.read("roles")
    assert isinstance(told["role.is_administrator"], Unknown)
    assert told["role.wildcard_services"] == []


def test_s08_a_policy_of_a_form_nobody_knows_leaves_the_rights_unknown() -> None:
    place = Place()
    place.here.iam.put_role(ROLE, {"Statement": {"Effect": "Maybe"}})
    told = place.read("roles")
    assert told["role.exists"] is True
    assert isinstance(told["role.is_administrator"], Unknown)


def test_functions_with_the_same_role_are_counted() -> None:
    place = Place("orders", "other", "third")
    place.here.functions.change("third", Role=f"arn:aws:iam::{ACCOUNT}:role/third")
    assert place.read("functions by role")["role.function_count"] == 2
    assert place.read("functions by role", "third")["role.function_count"] == 1


def test_s08_a_listing_without_a_role_leaves_all_about_it_unknown() -> None:
    nameless = a_listed("orders", configuration=a_configuration(settings={}))
    for reading in READINGS:
        if isinstance(reading, TargetReading) and reading.what in ("roles", "functions by role"):
            told = reading.read(Place().source(), [nameless], NOW)[nameless.function]
            assert told.keys() == reading.tells
            assert all(isinstance(evidence, Unknown) for evidence in told.values())


def test_the_policies_of_aliases_are_read_with_that_of_the_function() -> None:
    place = Place()
    place.here.functions.alias("orders", "live", place.here.functions.publish("orders"))
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction"}
    place.here.functions.permit("orders", open_to_all, alias="live")
    assert place.read("resource policy")["exposure.is_public"] is True
    calls = place.here.functions.calls
    assert (calls["GetPolicy"], calls["ListAliases"]) == (2, 1)
    assert calls["ListFunctionUrlConfigs"] == 0


def test_aliases_that_are_known_are_not_asked_again() -> None:
    place = Place()
    known = Known(value={"live": "1"}, source="ListAliases")
    place.here.functions.alias("orders", "live", place.here.functions.publish("orders"))
    place.read("resource policy", function__aliases=known)
    assert place.here.functions.calls["ListAliases"] == 0
    assert place.here.functions.calls["GetPolicy"] == 2


def test_s08_the_policies_of_very_many_aliases_are_not_read_and_unknown() -> None:
    place = Place()
    known = Known(value={f"a{n}": "1" for n in range(MOST_ALIASES + 1)}, source="ListAliases")
    told = place.read("resource policy", function__aliases=known)
    assert all(isinstance(evidence, Unknown) for evidence in told.values())
    assert place.here.functions.calls["GetPolicy"] == 0


def test_urls_are_asked_once_and_only_where_a_policy_opens_them() -> None:
    place = Place()
    url = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl"}
    place.here.functions.permit("orders", url)
    place.here.functions.open_url(place.arn, "NONE")
    place.here.functions.open_url(place.arn, "AWS_IAM", alias="live")
    assert place.read("resource policy")["exposure.is_public_url"] is True
    assert place.read("function URLs") == {"trigger.has_url": True, "exposure.url_auth": "NONE"}
    source = place.source()
    before = place.here.functions.calls["ListFunctionUrlConfigs"]
    for _ in range(2):
        source.reach.urls(place.arn)
    assert place.here.functions.calls["ListFunctionUrlConfigs"] == before + 1


def test_s08_a_policy_that_cannot_be_judged_is_unknown_where_it_matters() -> None:
    place = Place()
    new = {"StringEquals": {"aws:SomethingNew": "x"}}
    service = {"Principal": {"Service": "x.amazonaws.com"}, "Action": "lambda:InvokeFunction"}
    anybody = {"Principal": "*", "Action": "lambda:Invoke*"}
    for statement in (service, anybody):
        place.here.functions.permit("orders", {"Effect": "Allow", "Condition": new} | statement)
    place.here.functions.open_url(place.arn, "NONE")
    told = place.read("resource policy")
    assert {n for n, e in told.items() if isinstance(e, Unknown)} == {
        "exposure.is_public",
        "exposure.is_public_url",
        "exposure.unbound_services",
    }
    assert told["trigger.policy_principals"] == ["*", "x.amazonaws.com"]


def test_s08_a_policy_of_a_form_nobody_knows_is_unknown() -> None:
    place = Place()
    place.here.functions.permit("orders", {"Effect": "Maybe"})
    told = place.read("resource policy")
    assert all(isinstance(evidence, Unknown) for evidence in told.values())


def test_asynchronous_events_are_tried_twice_more_unless_said_otherwise() -> None:
    place = Place()
    assert place.read("asynchronous settings") == {
        "async.has_failure_destination": False,
        "async.retries": 2,
        "async.max_event_age_s": 21_600,
    }
    kept = {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    settings = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    place.here.functions.handle_events(place.arn, "live", **settings | kept)
    assert place.read("asynchronous settings") == {
        "async.has_failure_destination": True,
        "async.retries": 0,
        "async.max_event_age_s": 60,
    }
    place.here.functions.handle_events(place.arn)
    assert place.read("asynchronous settings")["async.retries"] == 2


def test_loops_are_ended_unless_they_are_allowed() -> None:
    place = Place()
    assert place.read("policy on loops") == {"recursion.policy": "Terminate"}
    place.here.functions.allow_loops("orders")
    assert place.read("policy on loops") == {"recursion.policy": "Allow"}


def in_subnets(*names: str) -> dict[str, Any]:
    return {"VpcConfig": {"VpcId": "vpc-1", "SubnetIds": list(names)}}


def test_zones_are_counted_and_a_subnet_that_ec2_does_not_know_leaves_them_unknown() -> None:
    place = Place()
    place.here.ec2.put_subnets(subnet_a="eu-west-1a", subnet_b="eu-west-1a", subnet_c="eu-west-1c")
    for name, subnets in {
        "together": ("subnet-a", "subnet-b"),
        "apart": ("subnet-a", "subnet-b", "subnet-c"),
        "alone": ("subnet-gone",),
        "lost": ("subnet-a", "subnet-gone"),
    }.items():
        place.here.functions.add(name, **in_subnets(*subnets))
    assert place.read("subnets", "together") == {"vpc.zone_count": 1}
    assert place.read("subnets", "apart") == {"vpc.zone_count": 2}
    assert place.read("subnets", "alone") == {"vpc.zone_count": 1}
    assert place.read("subnets", "orders") == {"vpc.zone_count": None}
    unknown = Unknown(reason="EC2 does not know its subnet subnet-gone")
    assert place.read("subnets", "lost") == {"vpc.zone_count": unknown}


def test_zones_are_not_asked_for_where_every_function_has_one_subnet_or_none() -> None:
    place = Place()
    place.here.functions.add("alone", **in_subnets("subnet-a"))
    assert place.read("subnets", "alone") == {"vpc.zone_count": 1}
    assert not place.here.ec2.calls
