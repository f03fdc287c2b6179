"""Is what still names a function told apart from what goes with it, and unread from none? (S8)"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import NOW
from tests.fakes.fake_apis import uri_of
from tests.pipeline.removal_house import NAME, POLICY, a_house, approved, to_the_end
from tests.pipeline.test_triggers_policy import ALARM, BUCKET, GROUP, IOT, POOL, let, let_all
from tests.pipeline.trigger_place import ROLE, Place, here, permission
from trimtab.domain import references as domain
from trimtab.domain.references import Reference, reference_id, references_in
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_record import labels_of, references_of
from trimtab.pipeline.writing import not_read


def left(place: Place, name: str = "orders") -> domain.References:
    return references_in(place.graph(name), place.arn)


def shown(place: Place) -> set[tuple[str, str, tuple[str, ...]]]:
    found = left(place)
    assert not found.unread
    return {(one.kind.value, one.name, one.qualifiers) for one in found.found}


def test_what_is_listed_and_names_it_is_left_behind_called_or_not() -> None:
    place = Place()
    arn, there = place.arn, place.here
    there.functions.feed(arn, here("sqs", "orders"), State="Disabled")
    there.events.put_rule("nightly", arn, state="DISABLED")
    there.events.put_rule("nightly-live", f"{arn}:live")
    there.scheduler.put("over", arn, expression="rate(1 day)", ends_at=NOW - timedelta(days=1))
    there.sns.subscribe("old", arn)
    there.sns.leave_pending()
    there.rest_apis.put("bare", uri_of(arn), stages=())
    there.machines.put("flow", {"States": {"A": {"Resource": str(arn)}}})
    assert {(kind, name) for kind, name, _ in shown(place)} == {
        ("event source mapping", here("sqs", "orders")),
        ("EventBridge rule", "nightly"),
        ("EventBridge rule", "nightly-live"),
        ("schedule", "over"),
        ("SNS topic", here("sns", "old")),
        ("REST API", "bare (the bare API)"),
        ("Step Functions state machine", "flow"),
    }


def test_what_only_its_policy_knows_of_is_left_where_it_names_it_even_if_it_is_off() -> None:
    place = Place()
    there, arn = place.here, place.arn
    there.buckets.notifies["shop"] = [f"{arn}:live", str(arn)]
    there.iot.put_rule("heat", arn, is_off=True)
    there.pools.pools["eu-west-1_abc"] = {"PreSignUp": str(arn)}
    there.balancers.put_group(GROUP, arn, balancers=[])
    there.metrics.put_alarm("late", arn, is_on=False)
    let_all(place)
    assert shown(place) == {
        ("S3 bucket", BUCKET, ("live",)),
        ("IoT rule", IOT, ()),
        ("Cognito user pool", POOL, ()),
        ("load balancer", GROUP, ()),
        ("CloudWatch alarm", ALARM, ()),
    }


def test_what_goes_with_it_or_does_not_name_it_is_no_reference() -> None:
    place = Place("orders", "other")
    there, other = place.here, place.arns[1]
    there.buckets.notifies["shop"] = [str(other)]
    there.iot.put_rule("heat", other, is_off=True)
    there.balancers.put_group(GROUP, other, balancers=[])
    there.metrics.put_alarm("late", other, is_on=False)
    there.events.put_rule("on-order", other)
    there.functions.open_url(place.arn, "NONE")
    let_all(place)
    let(
        place,
        permission("events", here("events", "rule/on-order")),
        permission("config"),
        {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}/a"}, "Action": "lambda:*"},
    )
    assert shown(place) == set()


def test_s08_a_source_that_could_not_be_read_is_said_and_the_rest_is_told() -> None:
    place = Place()
    place.here.events.put_rule("nightly", place.arn, state="DISABLED")
    place.here.sns.fail_always("ListSubscriptions", "AccessDeniedException")
    found = left(place)
    assert [one.what for one in found.found] == ["EventBridge rule nightly"]
    (unread,) = found.unread
    assert unread.startswith("SNS topic: ")
    assert "AccessDenied" in unread


def test_more_than_are_listed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "MOST", 2)
    place = Place()
    for number in range(5):
        place.here.events.put_rule(f"r-{number}", place.arn)
    found = left(place)
    assert (len(found.found), found.more) == (2, 3)


def test_a_ticket_has_one_id_for_good_and_another_for_each_thing() -> None:
    place = Place("orders", "other")
    rule = Reference(kind=TriggerKind.RULE, name="a", qualifiers=(), why="off")
    same = Reference(kind=TriggerKind.RULE, name="a", qualifiers=("1",), why="on")
    pipe = Reference(kind=TriggerKind.PIPE, name="a", qualifiers=(), why="off")
    orders, other = place.arns
    assert reference_id(orders, rule) == reference_id(orders, same)
    ids = {reference_id(f, r) for f in place.arns for r in (rule, pipe)}
    assert len(ids) == 4
    assert reference_id(other, rule) in ids


def test_s08_where_nobody_can_read_it_is_not_none() -> None:
    found = not_read(approved(a_house()))
    assert found.found == ()
    assert found.unread == ("nobody could read what points to it",)
    assert from_wire(domain.References, to_wire(found)) == found


def test_what_still_names_it_is_on_record_before_it_is_deleted() -> None:
    house = a_house(POLICY + "ticket:\n  labels: [platform]\n")
    change = approved(house)
    house.functions.feed(change.function, here("sqs", "orders"), State="Disabled")
    to_the_end(house, change)
    assert NAME not in house.functions._functions
    events = house.events(change)
    assert events.index("references_read") < events.index("deletion_intended")
    known = read_round(house.ledger, change.change_id, change.round)
    found = references_of(known)
    assert found is not None
    assert [one.what for one in found.found] == [f"event source mapping {here('sqs', 'orders')}"]
    assert labels_of(known) == ("unused", "low", "platform")


def test_a_removal_that_never_came_to_its_deletion_knows_of_none() -> None:
    house = a_house()
    change = approved(house)
    known = read_round(house.ledger, change.change_id, change.round)
    assert references_of(known) is None
    assert labels_of(known) == ()
