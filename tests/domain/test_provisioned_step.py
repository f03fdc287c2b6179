"""Is a write of provisioned concurrency seen done, or not done, on a fresh read?"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.builders import a_state
from trimtab.domain.fleet import provisioned_of
from trimtab.domain.provisioned import (
    IN_PROGRESS,
    READY,
    ProvisionedState,
    ScalableTarget,
    ScheduledAction,
    nothing_provisioned,
)
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    ProvisionedStep,
    PutAction,
    RegisterTarget,
    SetProvisioned,
    action_of,
    as_action,
    bounds_of,
    is_ready,
)
from trimtab.domain.step import is_seen_done, read_step
from trimtab.domain.wire import from_wire, to_wire

PUT = PutAction(
    qualifier="live",
    name="trimtab-abc-001",
    schedule="cron(50 7 ? * MON *)",
    timezone="UTC",
    minimum=12,
    maximum=12,
)
ACTION = ScheduledAction(
    name="trimtab-abc-001",
    schedule="cron(50 7 ? * MON *)",
    timezone="UTC",
    minimum=12,
    maximum=12,
)
TARGET = ScalableTarget(minimum=1, maximum=4, is_suspended=False, actions=(ACTION,))
MOMENT = datetime(2026, 11, 27, 5, tzinfo=UTC)


def there(**given: Any) -> ProvisionedState:
    usual: dict[str, Any] = {
        "qualifier": "live",
        "requested": 4,
        "allocated": 4,
        "status": READY,
        "target": TARGET,
    }
    return ProvisionedState(**usual | given)


def register(**given: Any) -> RegisterTarget:
    usual: dict[str, Any] = {"qualifier": "live", "minimum": 1, "maximum": 4, "is_suspended": False}
    return RegisterTarget(**usual | given)


def with_action(**given: Any) -> ProvisionedState:
    return there(target=replace(TARGET, actions=(replace(ACTION, **given),)))


NOTHING = nothing_provisioned("live")
DELETE = DeleteAction(qualifier="live", name="trimtab-abc-001")
AWAIT = AwaitProvisioned(qualifier="live", level=4)


@pytest.mark.parametrize(
    ("step", "state", "is_done"),
    [
        (SetProvisioned(qualifier="live", level=4), there(), True),
        (SetProvisioned(qualifier="live", level=4), there(status=IN_PROGRESS, allocated=0), True),
        (SetProvisioned(qualifier="live", level=5), there(), False),
        (SetProvisioned(qualifier="live", level=0), NOTHING, True),
        (SetProvisioned(qualifier="live", level=0), there(), False),
        (AWAIT, there(), True),
        (AWAIT, there(status=IN_PROGRESS), False),
        (AWAIT, there(status="FAILED"), False),
        (AWAIT, there(allocated=3), False),
        (AWAIT, there(requested=5), False),
        (AWAIT, NOTHING, False),
        (AwaitProvisioned(qualifier="live", level=0), NOTHING, True),
        (AwaitProvisioned(qualifier="live", level=0), there(allocated=0), False),
        (register(), there(), True),
        (register(minimum=0), there(), False),
        (register(maximum=5), there(), False),
        (register(is_suspended=True), there(), False),
        (register(), there(target=None), False),
        (DeregisterTarget(qualifier="live"), there(target=None), True),
        (DeregisterTarget(qualifier="live"), there(), False),
        (PUT, there(), True),
        (PUT, there(target=None), False),
        (PUT, with_action(name="another"), False),
        (PUT, with_action(schedule="cron(51 7 ? * MON *)"), False),
        (PUT, with_action(timezone="Europe/Berlin"), False),
        (PUT, with_action(minimum=11), False),
        (PUT, with_action(maximum=None), False),
        (PUT, with_action(starts_at=MOMENT), False),
        (PUT, with_action(ends_at=MOMENT), False),
        (DELETE, there(), False),
        (DELETE, with_action(name="another"), True),
        (DELETE, there(target=None), True),
    ],
)
def test_a_step_is_done_where_a_fresh_read_shows_it(
    step: ProvisionedStep, state: ProvisionedState, *, is_done: bool
) -> None:
    assert is_seen_done(step, a_state(provisioned=(state,))) is is_done
    elsewhere = replace(state, qualifier="other")
    of_nothing = is_seen_done(step, a_state(provisioned=(elsewhere,)))
    assert of_nothing is is_seen_done(step, a_state(provisioned=(NOTHING,)))


@pytest.mark.parametrize(
    "step",
    [
        SetProvisioned(qualifier="live", level=4),
        AWAIT,
        register(),
        DeregisterTarget(qualifier="live"),
        PUT,
        DELETE,
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_comes_back_from_the_ledger_as_it_was(step: ProvisionedStep) -> None:
    assert read_step(to_wire(step)) == step


def test_what_a_step_leaves_is_the_action_as_it_is_read() -> None:
    assert as_action(PUT) == ACTION
    assert action_of(TARGET, ACTION.name) == ACTION
    assert bounds_of(replace(TARGET, is_suspended=True)) == (1, 4, True)
    assert is_ready(there(), 4)


def test_s08_what_was_not_read_is_not_taken_for_nothing() -> None:
    with pytest.raises(ValueError, match="what is provisioned was not read"):
        provisioned_of(a_state(provisioned=None), "live")
    assert provisioned_of(a_state(provisioned=()), "live") == NOTHING
    assert provisioned_of(a_state(provisioned=(there(),)), "live") == there()


@pytest.mark.parametrize("state", [NOTHING, there(), with_action(starts_at=MOMENT, minimum=None)])
def test_a_state_comes_back_as_it_was(state: ProvisionedState) -> None:
    assert from_wire(ProvisionedState, to_wire(state)) == state
    with_policies = replace(TARGET, policies={"tracking": "{}"})
    assert from_wire(ScalableTarget, to_wire(with_policies)) == with_policies
