"""What do the tests of these kinds share? States of an alias, a change of it, and a finding."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from tests.fakes.builders import a_finding, a_remediation, a_state, an_alias
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Finding, Recommendation, Saving
from trimtab.domain.fleet import FunctionState
from trimtab.domain.provisioned import (
    LevelChange,
    Outlook,
    ProvisionedAdvice,
    ProvisionedPlan,
    ProvisionedRates,
    ProvisionedState,
    ProvisionedVerdict,
    ScalableTarget,
    ScheduledAction,
    WeeklySchedule,
)
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import KINDS

KIND = KINDS[ChangeKind.SCHEDULE_PROVISIONED]
OUTLOOK = Outlook(cost_usd_month=10.0, spillover=0.02, utilisation=0.5, level_mean=5.0)
SCHEDULE = WeeklySchedule(
    timezone="UTC",
    changes=(
        LevelChange(weekday=0, at=time(7, 50), minimum=12, maximum=12),
        LevelChange(weekday=0, at=time(18, 0), minimum=2, maximum=2),
    ),
)
"""NOW is a Monday at ten: twelve."""
OTHER = replace(SCHEDULE, changes=(LevelChange(weekday=2, at=time(7, 50), minimum=9, maximum=9),))


def there(
    requested: int = 5, *, target: ScalableTarget | None = None, **given: Any
) -> ProvisionedState:
    usual: dict[str, Any] = {
        "qualifier": "live",
        "requested": requested,
        "allocated": requested,
        "status": "READY" if requested else "NONE",
        "target": target,
    }
    return ProvisionedState(**usual | given)


def scaled(
    minimum: int,
    maximum: int | None = None,
    *,
    suspended: bool = False,
    actions: Sequence[ScheduledAction] = (),
    policies: dict[str, str] | None = None,
) -> ScalableTarget:
    return ScalableTarget(
        minimum=minimum,
        maximum=minimum if maximum is None else maximum,
        is_suspended=suspended,
        actions=tuple(actions),
        policies=policies,
    )


def state(provisioned: ProvisionedState, **given: Any) -> FunctionState:
    usual: dict[str, Any] = {"aliases": (an_alias("live"),), "provisioned": (provisioned,)}
    return a_state(**usual | given)


def an_advice(before: ProvisionedState, **given: Any) -> ProvisionedAdvice:
    usual: dict[str, Any] = {
        "qualifier": "live",
        "verdict": ProvisionedVerdict.UNDER_USED,
        "level": before.requested,
        "schedule": SCHEDULE,
        "slot_minutes": 60,
        "demand": (1.0,) * 168,
        "demand_high": (2.0,) * 168,
        "before": before,
        "now": OUTLOOK,
        "proposed": OUTLOOK,
        "on_demand": OUTLOOK,
        "rates": ProvisionedRates(on_demand=3.0, provisioned=1.0, provisioned_run=1.0),
        "memory_gb": 1.0,
        "cold_start_usd": None,
        "basis": (),
    }
    return ProvisionedAdvice(**usual | given)


def a_change(
    before: ProvisionedState | None = None,
    *,
    kind: ChangeKind = ChangeKind.SCHEDULE_PROVISIONED,
    level: int | None = None,
    schedule: WeeklySchedule | None = SCHEDULE,
) -> Remediation:
    image = there() if before is None else before
    plan = ProvisionedPlan(
        qualifier="live", level=level, schedule=schedule if level is None else None
    )
    state_before = BeforeImage(
        configuration=a_state().configuration, aliases={"live": "1"}, provisioned=image
    )
    change = a_remediation(
        kind=kind,
        before=state_before,
        after={"provisioned": level or 0},
        undo={"provisioned": image.requested},
    )
    return replace(change, provisioned=plan, last_modified_at=a_state().last_modified_at)


FREE: dict[str, Any] = {
    "function.kind": "event function",
    "owner.tool": "none",
    "function.state": "Active",
    "function.last_update_status": "Successful",
    "function.aliases": {"live": "1"},
    "concurrency.owner": "none",
}


def found(before: ProvisionedState | None = None, **given: Any) -> Finding:
    values = FREE | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test") for n, v in values.items()
    }
    advice = Recommendation(
        kind=ChangeKind.SCHEDULE_PROVISIONED,
        after={"minimum": 2, "maximum": 12},
        saving=Saving(low_usd_month=1.0, high_usd_month=2.0),
        reasons=(),
        provisioned=an_advice(there() if before is None else before),
    )
    return a_finding(signals=signals, advice=advice)
