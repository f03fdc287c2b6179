"""Does the id of a change name all that is provisioned, and is a change of memory named as ever?"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.builders import a_configuration, a_remediation
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.provisioned import (
    ProvisionedPlan,
    ProvisionedState,
    ScalableTarget,
    ScheduledAction,
)
from trimtab.domain.realised import ProvisionedSaving, RealisedSaving, Side, read_realised
from trimtab.domain.remediation import (
    BeforeImage,
    Remediation,
    before_id,
    change_id,
    digest_holds,
)
from trimtab.domain.terms import ChangeKind
from trimtab.domain.wire import from_wire, to_wire

NAMED = "2gwr4rbm55s7iplxihjrc3dp4l"
BEGAN_FROM = "oaxzlbglbeq5ao7cobypnqbnhj"
"""As the release before provisioned concurrency names the change that `a_remediation` builds."""

MOMENT = datetime(2026, 11, 27, 5, tzinfo=UTC)
ACTION = ScheduledAction(
    name="trimtab-abc-001",
    schedule="cron(50 7 ? * MON *)",
    timezone="UTC",
    minimum=12,
    maximum=12,
    starts_at=MOMENT,
    ends_at=None,
)
TARGET = ScalableTarget(
    minimum=1, maximum=12, is_suspended=False, actions=(ACTION,), policies={"tracking": "{}"}
)
STATE = ProvisionedState(
    qualifier="live", requested=12, allocated=12, status="READY", target=TARGET
)
SCHEDULE = a_schedule(a_change(0, "07:50", 12), a_change(0, "18:00", 1))
PLAN = ProvisionedPlan(qualifier="live", level=None, schedule=SCHEDULE)


def a_change_of_level(
    before: ProvisionedState | None = STATE, plan: ProvisionedPlan | None = PLAN
) -> Remediation:
    usual = a_remediation()
    image = BeforeImage(configuration=a_configuration(), aliases={"live": "1"}, provisioned=before)
    remediation = replace(
        usual,
        kind=ChangeKind.SCHEDULE_PROVISIONED,
        before=image,
        after={"minimum": 1, "maximum": 12},
        undo={"provisioned": 12},
        provisioned=plan,
        max_spillover=0.05,
    )
    return replace(
        remediation,
        change_id=change_id(
            hub_id=remediation.hub_id,
            policy_id=remediation.policy_id,
            policy_digest=remediation.policy_digest,
            function=remediation.function,
            kind=remediation.kind,
            before=remediation.before,
            after=remediation.after,
            undo=remediation.undo,
            verify=remediation.verify,
            canary=remediation.canary,
            provisioned=remediation.provisioned,
        ),
    )


def test_s01_a_change_of_memory_is_named_as_before_there_were_others() -> None:
    """An undone change keeps its id over an upgrade, so it is not proposed again (S25)."""
    remediation = a_remediation()
    assert (remediation.change_id, before_id(remediation.before)) == (NAMED, BEGAN_FROM)


def _plans() -> Mapping[str, ProvisionedPlan]:
    first, second = SCHEDULE.changes
    changed = {
        "weekday": replace(first, weekday=1),
        "time": replace(first, at=second.at),
        "minimum": replace(first, minimum=11),
        "maximum": replace(first, maximum=13),
    }
    return {
        "qualifier": replace(PLAN, qualifier="next"),
        "a level as well": replace(PLAN, level=0),
        "no schedule": replace(PLAN, schedule=None),
        "timezone": replace(PLAN, schedule=replace(SCHEDULE, timezone="UTC")),
        "utilisation": replace(PLAN, schedule=replace(SCHEDULE, target_utilisation=0.7)),
        "fewer": replace(PLAN, schedule=replace(SCHEDULE, changes=(first,))),
    } | {
        name: replace(PLAN, schedule=replace(SCHEDULE, changes=(change, second)))
        for name, change in changed.items()
    }


def _befores() -> Mapping[str, ProvisionedState]:
    scaled: dict[str, Any] = {
        "no target": None,
        "target minimum": replace(TARGET, minimum=2),
        "target maximum": replace(TARGET, maximum=13),
        "suspended": replace(TARGET, is_suspended=True),
        "no action": replace(TARGET, actions=()),
        "no policy": replace(TARGET, policies=None),
        "another policy": replace(TARGET, policies={"tracking": '{"TargetValue":0.7}'}),
    }
    actions: dict[str, Any] = {
        "name": "trimtab-abc-002",
        "schedule": "cron(51 7 ? * MON *)",
        "timezone": "Europe/Berlin",
        "minimum": None,
        "maximum": 13,
        "starts_at": None,
        "ends_at": MOMENT,
    }
    assert actions.keys() == {field.name for field in fields(ScheduledAction)}
    return (
        {
            "qualifier": replace(STATE, qualifier="next"),
            "requested": replace(STATE, requested=11),
            "allocated": replace(STATE, allocated=11),
            "status": replace(STATE, status="FAILED"),
        }
        | {name: replace(STATE, target=target) for name, target in scaled.items()}
        | {
            f"action {name}": replace(
                STATE, target=replace(TARGET, actions=(replace(ACTION, **{name: value}),))
            )
            for name, value in actions.items()
        }
    )


@pytest.mark.parametrize("plan", _plans().values(), ids=_plans())
def test_s01_whatever_shall_be_provisioned_changes_the_id(plan: ProvisionedPlan) -> None:
    assert a_change_of_level(plan=plan).change_id != a_change_of_level().change_id
    assert not digest_holds(replace(a_change_of_level(), provisioned=plan))


@pytest.mark.parametrize("before", _befores().values(), ids=_befores())
def test_s01_whatever_was_provisioned_changes_the_id(before: ProvisionedState) -> None:
    found, usual = a_change_of_level(before=before), a_change_of_level()
    assert found.change_id != usual.change_id
    assert before_id(found.before) != before_id(usual.before)
    assert not digest_holds(replace(usual, before=found.before))


def test_s01_what_is_not_said_of_provisioning_is_another_change() -> None:
    ids = {
        a_change_of_level().change_id,
        a_change_of_level(before=None).change_id,
        a_change_of_level(plan=None).change_id,
        a_change_of_level(before=None, plan=None).change_id,
    }
    assert len(ids) == 4
    assert not digest_holds(replace(a_change_of_level(), provisioned=None))


@pytest.mark.parametrize(
    "remediation",
    [
        a_change_of_level(),
        a_change_of_level(plan=ProvisionedPlan(qualifier="live", level=0)),
        a_change_of_level(before=replace(STATE, target=None)),
        a_remediation(),
    ],
)
def test_a_remediation_comes_back_from_json_as_it_was(remediation: Remediation) -> None:
    read = from_wire(Remediation, json.loads(json.dumps(to_wire(remediation))))
    assert read == remediation
    assert digest_holds(read)


def test_a_remediation_stored_before_there_were_others_is_read() -> None:
    stored = to_wire(a_remediation())
    for name in ("provisioned", "max_spillover"):
        del stored[name]
    del stored["before"]["provisioned"]
    read = from_wire(Remediation, stored)
    assert (read, digest_holds(read)) == (a_remediation(), True)


def a_saving(before: float, after: float) -> ProvisionedSaving:
    return ProvisionedSaving(
        cost_before_usd_month=before,
        cost_after_usd_month=after,
        predicted_cost_usd_month=80.0,
        predicted_low_usd_month=10.0,
        predicted_high_usd_month=20.0,
        spillover=None,
        utilisation=0.8,
    )


@pytest.mark.parametrize(
    ("before", "after", "usd", "share"),
    [
        (100.0, 75.0, 25.0, 0.25),
        (100.0, 125.0, -25.0, -0.25),
        (100.0, 0.0, 100.0, 1.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 5.0, -5.0, 0.0),
    ],
)
def test_what_was_saved_is_what_it_would_have_cost_less_what_it_did(
    before: float, after: float, usd: float, share: float
) -> None:
    saving = a_saving(before, after)
    assert (saving.usd_month, saving.share) == (usd, pytest.approx(share))


def test_a_measurement_is_read_back_as_what_it_is() -> None:
    side = Side(
        memory_mb=1024,
        invocations=9.0,
        duration_mean_ms=1.0,
        duration_p95_ms=None,
        gb_s_per_invocation=0.5,
    )
    of_memory = RealisedSaving(
        before=side,
        after=replace(side, gb_s_per_invocation=0.25),
        basis="billed",
        usd_month=None,
        predicted_low_usd_month=1.0,
        predicted_high_usd_month=2.0,
    )
    for found in (a_saving(100.0, 75.0), of_memory):
        assert read_realised(to_wire(found)) == found
    assert of_memory.share == 0.5
