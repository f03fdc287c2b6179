"""Do the signals of the trigger graph say what it holds, and nothing that a blind could change?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.pipeline.test_triggers_policy import let, let_all
from tests.pipeline.trigger_place import ROLE, Place, permission
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.pipeline.signals.triggers import OF_TRIGGERS, OF_VERSIONS, READINGS
from trimtab.pipeline.signals.version_use import RECORD
from trimtab.policy.catalog_triggers import GRAPH_SIGNALS, TRIGGER_GRAPH_SIGNALS, USER_SIGNALS


def told(place: Place, what: str = "trigger graph") -> Mapping[str, Evidence]:
    (reading,) = (r for r in READINGS if r.what == what)
    source = place.source()
    found = reading.read(source, place.listed(source), {})  # type: ignore[arg-type, call-arg]
    assert found.keys() == reading.tells
    return found  # type: ignore[return-value]


def values(found: Mapping[str, Evidence]) -> dict[str, Any]:
    return {name: one.value for name, one in found.items() if isinstance(one, Known)}


def test_each_signal_of_the_graph_is_told_by_one_reading() -> None:
    assert sorted(OF_TRIGGERS) == sorted(signal.name for signal in GRAPH_SIGNALS)
    assert sorted(OF_VERSIONS) == sorted(signal.name for signal in USER_SIGNALS)
    assert len(TRIGGER_GRAPH_SIGNALS) == len({*OF_TRIGGERS, *OF_VERSIONS, RECORD})


def test_a_function_that_nothing_points_to() -> None:
    assert values(told(Place())) == {
        "trigger.has_live": False,
        "trigger.live_count": 0,
        "trigger.dormant_count": 0,
        "trigger.has_orphan": False,
        "trigger.next_fire_days": None,
        "trigger.is_edge": False,
        "durable.open_executions": 0,
    }


def test_live_dormant_and_orphaned_triggers_are_counted() -> None:
    place = Place()
    place.here.scheduler.put("monthly", place.arn, expression="cron(0 10 1 * ? *)")
    place.here.scheduler.put("off", place.arn, state="DISABLED")
    let_all(place)
    assert values(told(place)) == {
        "trigger.has_live": True,
        "trigger.live_count": 1,
        "trigger.dormant_count": 6,
        "trigger.has_orphan": True,
        "trigger.next_fire_days": 29.0,
        "trigger.is_edge": False,
        "durable.open_executions": 0,
    }


def test_s08_a_blind_leaves_what_was_found_and_makes_the_rest_unknown() -> None:
    place = Place()
    place.here.machines.fail_always("ListStateMachines", "AccessDeniedException")
    place.here.pipes.fail_always("ListPipes", "AccessDeniedException")
    found = told(place)
    unknown = {name for name, one in found.items() if isinstance(one, Unknown)}
    assert unknown == {
        "trigger.has_live",
        "trigger.live_count",
        "trigger.dormant_count",
        "trigger.has_orphan",
        "trigger.next_fire_days",
    }
    reason = found["trigger.has_live"]
    assert isinstance(reason, Unknown)
    assert "pipes:ListPipes" in reason.reason
    assert reason.reason.endswith("(and 1 more)")
    let(place, permission("config"))
    let_all(place)
    assert values(told(place))["trigger.has_live"] is True
    assert values(told(place))["trigger.has_orphan"] is True


def test_s08_roles_that_could_not_be_read_leave_the_edge_unknown() -> None:
    place = Place()
    place.here.iam.fail_always("GetAccountAuthorizationDetails", "ThrottlingException")
    assert isinstance(told(place)["trigger.is_edge"], Unknown)
    strange = Place(Role=f"{ROLE}/strange")
    strange.here.iam.put_role(f"{ROLE}/strange", trusts=())
    strange.here.iam._details[f"{ROLE}/strange"]["AssumeRolePolicyDocument"] = {"a": 1}
    assert isinstance(told(strange)["trigger.is_edge"], Unknown)
    unnamed = Place(Role=None)
    lost = told(unnamed)["trigger.is_edge"]
    assert lost == Unknown(reason="it could not be told")


def versions(count: int) -> Place:
    place = Place()
    for number in range(count):
        place.here.functions.change("orders", CodeSha256=f"code-{number}")
        place.here.functions.publish("orders")
    place.cloud.clock.advance(timedelta(days=60))
    return place


def test_versions_that_anything_names_are_told_from_those_that_nothing_does() -> None:
    place = versions(8)
    lambda_ = place.here.functions
    lambda_.alias("orders", "live", "8", weights={"7": 0.1})
    lambda_.provision("orders", "6", 2)
    place.here.events.put_rule("on-order", f"{place.arn}:5", state="DISABLED")
    let(place, permission("config"), alias="4")
    lambda_.feed(place.arn, None, qualifier="3")
    assert values(told(place, "users of versions")) == {
        "version.named": ["3", "4", "5", "6", "7", "8"],
        "version.unnamed_count": 2,
        "version.oldest_unnamed_age_days": 60.0,
    }


def test_of_a_function_without_versions_none_is_unnamed() -> None:
    assert values(told(Place(), "users of versions")) == {
        "version.named": [],
        "version.unnamed_count": 0,
        "version.oldest_unnamed_age_days": None,
    }


def test_of_very_many_versions_the_oldest_are_looked_at() -> None:
    place = versions(52)
    found = values(told(place, "users of versions"))
    assert found["version.unnamed_count"] == 50
    assert place.here.functions.calls["GetPolicy"] == 51


def test_s08_a_blind_leaves_the_users_of_versions_unknown() -> None:
    place = versions(1)
    place.here.sns.fail_always("ListSubscriptions", "AccessDeniedException")
    found = told(place, "users of versions")
    assert all(isinstance(one, Unknown) for one in found.values())
