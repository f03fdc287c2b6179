"""Which alias is left alone, and what is stale? By the state alone (S5, S11, S12)."""

from dataclasses import replace

import pytest

from tests.fakes.builders import a_listed, an_alias
from tests.remediations.provisioning import (
    KIND,
    SCHEDULE,
    a_change,
    found,
    scaled,
    state,
    there,
)
from trimtab.domain.evidence import Unknown
from trimtab.domain.finding import Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.provisioned import (
    ScheduledAction,
    nothing_provisioned,
)
from trimtab.domain.provisioned_actions import PEAK, actions_of
from trimtab.domain.provisioned_step import (
    DeleteAction,
    DeregisterTarget,
)
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import KINDS


def test_nothing_stands_in_the_way_of_a_free_alias() -> None:
    assert KIND.obstacle(found()) is None
    assert KIND.undo(found()) == {"provisioned": 5}
    for kind in set(KINDS) - {ChangeKind.SET_MEMORY}:
        assert all(isinstance(risk, str) and risk for risk in KINDS[kind].risks(found()))


FOREIGN = ScheduledAction(
    name="theirs", schedule="rate(1 day)", timezone="UTC", minimum=1, maximum=None
)
OURS = actions_of(SCHEDULE, "c" * 26)
ODD = replace(OURS[0], schedule="cron(0 6 ? * MON-FRI *)")
TO_COME = replace(OURS[0], name=f"trimtab-abc{PEAK}1-end", schedule="at(2026-11-27T22:00:00)")
PAST = replace(TO_COME, schedule="at(2026-10-01T22:00:00)")


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
            found(there(target=scaled(5, actions=[ODD]))),
            "its scheduled actions are not as Trimtab writes them: put them right, or remove them",
        ),
        (
            found(there(target=scaled(5, actions=[*OURS, TO_COME]))),
            "a peak day is set for it, until 2026-11-27T22:00:00+00:00",
        ),
        (found(there(target=scaled(5, actions=[*OURS, PAST]))), None),
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


def test_without_advice_on_an_alias_there_is_nothing_more_to_stand_in_the_way() -> None:
    assert KIND.obstacle(replace(found(), advice=None)) is None


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


def test_s05_a_peak_day_set_since_is_waited_for() -> None:
    before = there(12, target=scaled(12, actions=OURS))
    now = there(12, target=scaled(12, actions=[*OURS, TO_COME]))
    stale = KIND.stale(a_change(before), state(now))
    assert stale == "a peak day is set for it, until 2026-11-27T22:00:00+00:00"
