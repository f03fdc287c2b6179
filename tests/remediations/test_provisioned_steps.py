"""Which write comes next, and what is somebody else's? By the state alone (S12, S13, S25)."""

from dataclasses import replace

import pytest

from tests.fakes.builders import an_alias
from tests.fakes.clock import NOW
from tests.remediations.provisioning import (
    KIND,
    OTHER,
    SCHEDULE,
    a_change,
    found,
    scaled,
    state,
    there,
)
from trimtab.domain.provisioned import (
    ProvisionedPlan,
    ProvisionedState,
    ScheduledAction,
    WeeklySchedule,
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
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import KINDS

FOREIGN = ScheduledAction(
    name="theirs", schedule="rate(1 day)", timezone="UTC", minimum=1, maximum=None
)


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
    late = replace(whole, is_suspended=False)
    assert KIND.next_step(change, state(there(target=late)), None) == let_go, "a rise came due"
    going = scaled(12, actions=mine)
    assert KIND.next_step(change, state(there(12, target=going)), None) is None


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
    beside = state(there(9, target=scaled(0, actions=old)))
    assert kind.next_step(change, beside, None) == RegisterTarget(
        qualifier="live", minimum=0, maximum=0, is_suspended=False
    ), "an action fired beside our write"
    going = state(there(9, target=scaled(0, actions=old), status="IN_PROGRESS"))
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


def test_s13_a_level_that_could_not_be_allocated_is_not_back() -> None:
    to_two = a_change(kind=ChangeKind.REDUCE_PROVISIONED, level=2)
    failed = there(5, allocated=2, status="FAILED")
    kind = KINDS[ChangeKind.REDUCE_PROVISIONED]
    assert kind.next_undo_step(to_two, state(failed), None) == AwaitProvisioned(
        qualifier="live", level=5
    )


def test_s12_a_level_that_no_action_explains_is_foreign_under_a_schedule_too() -> None:
    change = a_change()
    mine = ours(change)
    meddled = state(there(50, target=scaled(12, actions=mine)))
    said = "50 are provisioned on live, which someone else must have set"
    assert KIND.foreign_change(change, meddled, None) == said
    assert KIND.reverted(change, meddled) == said
    moving = state(there(50, target=scaled(12, actions=mine), status="IN_PROGRESS"))
    assert KIND.foreign_change(change, moving, None) is None


def test_a_peak_that_is_over_goes_with_the_old_schedule() -> None:
    change = a_change()
    mine = ours(change)
    over = replace(mine[0], name=f"{mine[0].name[:-4]}{PEAK}1-end")
    stopped = state(there(12, target=scaled(12, suspended=True, actions=[*mine, over])))
    assert KIND.next_step(change, stopped, None) == DeleteAction(qualifier="live", name=over.name)
