"""Which alias is left alone, what is stale, and which write comes next? By the state alone (S11,
S12, S13).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from tests.fakes.builders import a_finding, a_listed, a_remediation, a_state, an_alias
from tests.fakes.clock import NOW
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
    nothing_provisioned,
)
from trimtab.domain.provisioned_actions import PEAK, actions_of
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    PutAction,
    RegisterTarget,
    SetProvisioned,
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


def test_nothing_stands_in_the_way_of_a_free_alias() -> None:
    assert KIND.obstacle(found()) is None
    assert KIND.undo(found()) == {"provisioned": 5}
    for kind in set(KINDS) - {ChangeKind.SET_MEMORY}:
        assert all(isinstance(risk, str) and risk for risk in KINDS[kind].risks(found()))


FOREIGN = ScheduledAction(
    name="theirs", schedule="rate(1 day)", timezone="UTC", minimum=1, maximum=None
)
OURS = actions_of(SCHEDULE, "c" * 26)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (found(owner__tool="Terraform"), "owned by Terraform: change what it provisions there"),
        (found(owner__tool=Unknown(reason="denied")), "owner.tool is not known: denied"),
        (
            found(concurrency__owner="CloudFormation stack web"),
            "its alias is owned by CloudFormation stack web: change what it provisions there",
        ),
        (
            found(concurrency__owner=Unknown(reason="denied")),
            "concurrency.owner is not known: denied",
        ),
        (found(function__state="Inactive"), "it is Inactive, its last update Successful"),
        (
            found(there(target=scaled(5, actions=[FOREIGN]))),
            "someone else's scheduled action theirs scales it: change that, or remove it",
        ),
        (
            found(there(target=scaled(5, actions=OURS, policies={"track": "{}"}))),
            "someone else's scaling policy track scales it: change that, or remove it",
        ),
        (
            found(there(target=scaled(5))),
            "someone else registered it with Application Auto Scaling: remove that first",
        ),
        (found(there(target=scaled(5, actions=OURS))), None),
        (
            replace(found(), listed=a_listed(unknown_kind="a MicroVM")),
            "Trimtab does not know this kind of function: a MicroVM",
        ),
    ],
)
def test_s12_each_of_the_four_owners_makes_it_a_ticket(finding: Finding, said: str | None) -> None:
    assert KIND.obstacle(finding) == said


def test_snap_start_takes_no_provisioned_concurrency() -> None:
    listed = a_listed()
    settings = {**listed.configuration.settings, "SnapStart": '{"ApplyOn":"PublishedVersions"}'}
    with_it = replace(listed, configuration=replace(listed.configuration, settings=settings))
    said = KIND.obstacle(replace(found(), listed=with_it))
    assert said == "SnapStart is on, which takes no provisioned concurrency"


def test_s05_what_is_as_it_was_is_not_stale() -> None:
    assert KIND.stale(a_change(), state(there())) is None


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (state(there(7)), "5 provisioned, not scaled when approved and 7 provisioned, not scaled"),
        (
            state(there(target=scaled(5, actions=[FOREIGN]))),
            "5 provisioned, not scaled when approved and 5 provisioned, scaled by 1 scheduled",
        ),
        (state(there(), aliases=()), "aliases were"),
        (
            state(there(), aliases=(an_alias("live", weights={"2": 0.1}),)),
            "alias live splits its traffic between two versions",
        ),
        (state(there(), state="Pending"), "it is Pending"),
        (state(there(), memory_mb=1024), "memory was 3008 MB when approved and is 1024 MB now"),
        (state(there(), unknown_kind="a MicroVM"), "it has become a kind"),
    ],
)
def test_s05_what_was_changed_since_is_stale_with_both_values(
    now: FunctionState, said: str
) -> None:
    stale = KIND.stale(a_change(), now)
    assert stale is not None
    assert said in stale


def test_s05_a_schedule_of_ours_moves_its_own_level() -> None:
    before = there(12, target=scaled(12, actions=OURS))
    now = there(2, target=scaled(2, actions=OURS))
    assert KIND.stale(a_change(before), state(now)) is None
    other = there(2, target=scaled(2, actions=OURS[:1]))
    assert KIND.stale(a_change(before), state(other)) is not None


def test_what_is_left_of_an_alias_is_not_stale_and_is_taken_away() -> None:
    before = there(0, target=scaled(0, actions=OURS))
    change = a_change(before, kind=ChangeKind.REMOVE_PROVISIONED, level=0)
    change = replace(change, before=replace(change.before, aliases={}))
    kind, now = KINDS[ChangeKind.REMOVE_PROVISIONED], state(before, aliases=())
    assert kind.stale(change, now) is None
    first = kind.next_step(change, now, None)
    assert first == DeleteAction(qualifier="live", name=OURS[0].name)
    bare = state(there(0, target=scaled(0)), aliases=())
    assert kind.next_step(change, bare, None) == DeregisterTarget(qualifier="live")
    gone = state(there(0), aliases=())
    assert kind.next_step(change, gone, None) is None
    assert kind.reverted(change, gone) is None
    assert kind.foreign_change(change, gone, None) is None


def test_an_alias_that_is_gone_lets_nothing_be_registered() -> None:
    change = a_change()
    gone = state(nothing_provisioned("live"), aliases=())
    assert KIND.stale(replace(change, before=replace(change.before, aliases={})), gone) == (
        "alias live is gone"
    )
    assert KIND.reverted(change, gone) == "alias live is gone"


def ours(change: Remediation, schedule: WeeklySchedule = SCHEDULE) -> tuple[ScheduledAction, ...]:
    return actions_of(schedule, change.change_id)


def test_the_way_to_a_schedule() -> None:
    change = a_change()
    mine = ours(change)
    registered = RegisterTarget(qualifier="live", minimum=5, maximum=5, is_suspended=True)
    assert KIND.next_step(change, state(there()), None) == registered
    still = scaled(5, suspended=True)
    put = KIND.next_step(change, state(there(target=still)), None)
    assert isinstance(put, PutAction)
    assert (put.name, put.minimum, put.maximum) == (mine[0].name, 12, 12)
    whole = replace(still, actions=mine)
    let_go = RegisterTarget(qualifier="live", minimum=12, maximum=12, is_suspended=False)
    assert KIND.next_step(change, state(there(target=whole)), None) == let_go
    going = replace(whole, is_suspended=False)
    assert KIND.next_step(change, state(there(target=going)), None) is None


def test_a_new_schedule_stops_the_old_one_and_replaces_each_of_its_actions() -> None:
    old = actions_of(OTHER, "o" * 26)
    before = there(9, target=scaled(9, actions=old))
    change = a_change(before)
    mine = ours(change)
    stop = RegisterTarget(qualifier="live", minimum=9, maximum=9, is_suspended=True)
    assert KIND.next_step(change, state(before), None) == stop
    stopped = replace(before, target=scaled(9, suspended=True, actions=(*old, *mine)))
    assert KIND.next_step(change, state(stopped), None) == DeleteAction(
        qualifier="live", name=old[0].name
    )
    assert KIND.foreign_change(change, state(stopped), None) is None


def test_s13_back_to_an_old_schedule_its_level_comes_first() -> None:
    old = actions_of(OTHER, "o" * 26)
    before = there(9, target=scaled(9, actions=old))
    change = a_change(before)
    mine = ours(change)
    now = there(12, target=scaled(12, actions=mine))
    first = KIND.next_undo_step(change, state(now), None)
    assert first == RegisterTarget(qualifier="live", minimum=9, maximum=9, is_suspended=False)
    held = there(9, target=scaled(9, actions=mine), allocated=3, status="IN_PROGRESS")
    assert KIND.next_undo_step(change, state(held), None) == AwaitProvisioned(
        qualifier="live", level=9
    )
    ready = there(9, target=scaled(9, actions=mine))
    assert KIND.next_undo_step(change, state(ready), None) == RegisterTarget(
        qualifier="live", minimum=9, maximum=9, is_suspended=True
    )
    stopped = there(9, target=scaled(9, suspended=True, actions=(*old, *mine)))
    assert KIND.next_undo_step(change, state(stopped), None) == DeleteAction(
        qualifier="live", name=mine[0].name
    )
    back = there(9, target=scaled(9, suspended=True, actions=old))
    assert KIND.next_undo_step(change, state(back), None) == RegisterTarget(
        qualifier="live", minimum=9, maximum=9, is_suspended=False
    )
    assert KIND.next_undo_step(change, state(before), None) is None


def test_s13_back_to_one_level_it_is_there_before_anything_is_stopped() -> None:
    change = a_change()
    mine = ours(change)
    night = there(2, target=scaled(2, actions=mine))
    assert KIND.next_undo_step(change, state(night), None) == RegisterTarget(
        qualifier="live", minimum=5, maximum=5, is_suspended=False
    )
    coming = there(5, target=scaled(5, actions=mine), allocated=2, status="IN_PROGRESS")
    assert KIND.next_undo_step(change, state(coming), None) == AwaitProvisioned(
        qualifier="live", level=5
    )
    ready = there(5, target=scaled(5, actions=mine))
    assert KIND.next_undo_step(change, state(ready), None) == RegisterTarget(
        qualifier="live", minimum=5, maximum=5, is_suspended=True
    )
    half = there(5, target=scaled(5, suspended=True))
    assert KIND.next_undo_step(change, state(half), None) == DeregisterTarget(qualifier="live")
    assert KIND.next_undo_step(change, state(there()), None) is None
    to_two = a_change(kind=ChangeKind.REDUCE_PROVISIONED, level=2)
    assert KIND.next_step(to_two, state(there()), None) == SetProvisioned(qualifier="live", level=2)


def test_a_schedule_is_removed_level_first_and_all_of_it() -> None:
    kind, old = KINDS[ChangeKind.REMOVE_PROVISIONED], actions_of(OTHER, "o" * 26)
    before = there(9, target=scaled(9, actions=old))
    change = a_change(before, kind=ChangeKind.REMOVE_PROVISIONED, level=0)
    assert kind.next_step(change, state(before), None) == RegisterTarget(
        qualifier="live", minimum=0, maximum=0, is_suspended=False
    )
    going = state(there(9, target=scaled(0, actions=old)))
    assert kind.next_step(change, going, None) == AwaitProvisioned(qualifier="live", level=0)
    assert kind.foreign_change(change, going, None) is None
    empty = state(there(0, target=scaled(0, actions=old)))
    assert kind.next_step(change, empty, None) == RegisterTarget(
        qualifier="live", minimum=0, maximum=0, is_suspended=True
    )
    stopped = state(there(0, target=scaled(0, suspended=True, actions=old)))
    assert kind.next_step(change, stopped, None) == DeleteAction(qualifier="live", name=old[0].name)
    assert kind.next_step(change, state(there(0)), None) is None
    back = kind.next_undo_step(change, state(there(0)), None)
    assert back == RegisterTarget(qualifier="live", minimum=0, maximum=0, is_suspended=True)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (there(6), "6 are provisioned on live, which someone else must have set"),
        (there(12), None),
        (there(12, target=scaled(3, 4)), "live is scaled between 3 and 4, which someone else"),
        (there(5, target=scaled(5, actions=[FOREIGN])), "scheduled action theirs is someone"),
        (
            there(5, target=scaled(5, policies={"track": "{}"})),
            "scaling policy track is someone else's",
        ),
    ],
)
def test_s12_what_nothing_of_ours_explains_is_foreign(
    now: ProvisionedState, said: str | None
) -> None:
    foreign = KIND.foreign_change(a_change(), state(now), None)
    assert (foreign is None) == (said is None)
    assert said is None or said in str(foreign)


def test_s12_an_action_of_ours_that_somebody_changed_is_foreign() -> None:
    change = a_change()
    first, *rest = ours(change)
    changed = replace(first, maximum=99)
    now = there(12, target=scaled(12, actions=[changed, *rest]))
    said = f"scheduled action {first.name} was changed by someone else"
    assert KIND.foreign_change(change, state(now), None) == said
    split = state(there(12), aliases=(an_alias("live", weights={"2": 0.5}),))
    assert "made to split its traffic" in str(KIND.foreign_change(change, split, None))


def test_what_an_owner_did_for_a_peak_day_is_not_foreign() -> None:
    change = a_change()
    first, *rest = ours(change)
    peak = ScheduledAction(
        name=f"{first.name[:-4]}{PEAK}1-up",
        schedule="at(2026-11-27T05:50:00)",
        timezone="UTC",
        minimum=40,
        maximum=40,
    )
    actions = [replace(first, starts_at=NOW), *rest, peak]
    now = state(there(40, target=scaled(40, actions=actions)))
    assert KIND.foreign_change(change, now, None) is None
    assert KIND.reverted(change, now) is None
    assert KIND.next_step(change, now, None) is None


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (there(12), "live is no longer registered with Application Auto Scaling"),
        (there(7), "7 are provisioned on live, which someone else must have set"),
    ],
)
def test_s25_a_schedule_that_somebody_took_back_is_seen(now: ProvisionedState, said: str) -> None:
    assert KIND.reverted(a_change(), state(now)) == said


def test_s25_a_schedule_that_somebody_stopped_or_thinned_out_is_seen() -> None:
    change = a_change()
    mine = ours(change)
    kept = state(there(12, target=scaled(12, actions=mine)))
    assert KIND.reverted(change, kept) is None
    stopped = state(there(12, target=scaled(12, suspended=True, actions=mine)))
    assert KIND.reverted(change, stopped) == "scheduled scaling of live was suspended"
    thin = state(there(12, target=scaled(12, actions=mine[:1])))
    assert KIND.reverted(change, thin) == "scheduled actions of live are missing"


def test_s25_a_level_that_somebody_put_back_is_seen() -> None:
    kind = KINDS[ChangeKind.REDUCE_PROVISIONED]
    change = a_change(kind=ChangeKind.REDUCE_PROVISIONED, level=2)
    assert kind.reverted(change, state(there(2))) is None
    assert kind.reverted(change, state(there(5))) == (
        "5 provisioned, not scaled on live, not 2 as applied"
    )


def test_only_a_schedule_of_ours_that_outlived_its_alias_is_left_over() -> None:
    change = a_change()
    mine = ours(change)
    target = scaled(0, actions=mine)
    gone = state(there(0, target=target), aliases=())
    assert KIND.left_over(change, gone) == "alias live is gone: what scales it is taken away"
    assert KIND.left_over(change, state(there(12, target=target))) is None
    assert KIND.left_over(change, state(there(0), aliases=())) is None
    foreign = state(there(0, target=scaled(0, actions=[FOREIGN])), aliases=())
    assert KIND.left_over(change, foreign) is None
    assert KINDS[ChangeKind.SET_MEMORY].left_over(change, gone) is None


def test_a_numbered_version_needs_no_alias() -> None:
    before = there(qualifier="7")
    change = a_change(before, kind=ChangeKind.REMOVE_PROVISIONED, level=0)
    change = replace(change, provisioned=ProvisionedPlan(qualifier="7", level=0))
    kind = KINDS[ChangeKind.REMOVE_PROVISIONED]
    now = state(before)
    assert kind.stale(change, now) is None
    assert kind.next_step(change, now, None) == SetProvisioned(qualifier="7", level=0)


def test_what_is_tried_first_is_every_call_that_is_made() -> None:
    scheduled = {type(step).__name__ for step in KIND.probes(a_change(), state(there()))}
    assert scheduled == {
        "RegisterTarget",
        "PutAction",
        "DeleteAction",
        "DeregisterTarget",
        "SetProvisioned",
    }
    one = KINDS[ChangeKind.REDUCE_PROVISIONED].probes(
        a_change(kind=ChangeKind.REDUCE_PROVISIONED, level=2), state(there())
    )
    assert {type(step) for step in one} == {SetProvisioned}


def test_a_kind_without_a_canary_has_none() -> None:
    change = a_change()
    assert not KIND.has_canary(found())
    assert KIND.publication(change) is None
    with pytest.raises(ValueError, match="has no canary"):
        KIND.next_canary_step(change, state(there()), None)
    with pytest.raises(ValueError, match="has no canary"):
        KIND.next_removal(state(there()), frozenset())
