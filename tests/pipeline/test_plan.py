"""Does every finding get its one disposition with a reason, and does no limit ever give way?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import (
    ACCOUNT,
    APPROVER,
    REGION,
    TARGET,
    a_recommendation,
    an_arn,
)
from tests.fakes.clock import NOW
from tests.pipeline.findings import a_part, ready
from tests.pipeline.house import OTHER_ACCOUNT, a_bundle, a_window, with_fleet
from tests.pipeline.plans import EXEMPTION, a_gap, a_setting
from trimtab.domain.arn import Target
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.finding import (
    Abstention,
    Finding,
    Saving,
    finding_id,
)
from trimtab.domain.plan import Disposition, FindingMemory, Plan, PlannedFinding
from trimtab.domain.remediation import digest_holds
from trimtab.domain.terms import Mode, Severity
from trimtab.pipeline.plan import plan
from trimtab.pipeline.proposal import APPLY_WITHIN
from trimtab.policy.model import KnownGap


def only(made: Plan) -> PlannedFinding:
    (item,) = made.items
    return item


def what(
    *findings: Finding, part: Mapping[str, Any] | None = None, **given: Any
) -> tuple[str, str]:
    """Plan one finding; return its disposition and reason."""
    item = only(plan([a_part(*findings, **part or {})], a_setting(**given)))
    return item.disposition.value, item.reason


def remembered(finding: Finding, **given: Any) -> Mapping[str, FindingMemory]:
    return {finding.id: FindingMemory(**given)}


def test_a_finding_that_nothing_stops_becomes_a_remediation() -> None:
    item = only(plan([a_part(ready())], a_setting()))
    assert (item.disposition, item.reason) == (Disposition.PLANNED, "within all limits")
    change = item.remediation
    assert change is not None
    assert digest_holds(change)
    assert change.after == {"memory_mb": 1769}
    assert change.undo == {"memory_mb": 3008}
    assert change.before.configuration == ready().listed.configuration
    assert change.approval.approvers == (APPROVER,)
    assert change.expires_at == NOW + timedelta(hours=72)
    assert change.apply_by == change.expires_at + APPLY_WITHIN
    assert change.round == 1


def test_the_last_day_to_apply_counts_from_the_opening_of_the_window() -> None:
    bundle = a_bundle(window=a_window())
    change = only(plan([a_part(ready())], a_setting(bundle))).remediation
    assert change is not None
    assert change.apply_by == bundle.policies[0].window.opens_at(change.expires_at) + APPLY_WITHIN


DISPOSITIONS: list[tuple[str, Finding, dict[str, Any], str, str]] = [
    (
        "exempt",
        ready(suppressed_by=EXEMPTION),
        {},
        "suppressed",
        "exempt until the end of 2026-12-02: year",
    ),
    ("observe", ready(mode=Mode.OBSERVE), {}, "observed", "as the policy says"),
    ("ticket", ready(mode=Mode.TICKET), {}, "ticketed", "as the policy says"),
    ("auto asks too", ready(mode=Mode.AUTO), {}, "planned", "within all limits"),
    ("no change", ready(advice=None), {}, "ticketed", "the policy asks for no change"),
    ("own", ready("trimtab-apply"), {}, "ticketed", "never changes itself"),
    (
        "owned",
        ready(signals={"owner.tool": Known(value="terraform (tag x)", source="tags")}),
        {},
        "ticketed",
        "owned by terraform",
    ),
    (
        "unknown owner",
        ready(signals={"owner.tool": Unknown(reason="no trace")}),
        {},
        "ticketed",
        "is not known",
    ),
    (
        "abstention",
        ready(advice=Abstention(reason="starved")),
        {},
        "observed",
        "the advisor abstains: starved",
    ),
    (
        "abstention that is worth no measurement",
        ready(advice=Abstention(reason="no CPU evidence", at_stake_usd_month=10.0)),
        {},
        "observed",
        "the advisor abstains: no CPU evidence",
    ),
    (
        "abstention that is worth a measurement",
        ready(advice=Abstention(reason="no CPU evidence", at_stake_usd_month=10.01)),
        {},
        "ticketed",
        "the advisor abstains: no CPU evidence; power tuning would tell",
    ),
    (
        "open",
        ready(),
        {"memory": remembered(ready(), open_change="abc-r1")},
        "already_open",
        "change abc-r1 of this function is open",
    ),
    (
        "cooling",
        ready(),
        {"memory": remembered(ready(), cooling_until=(NOW + timedelta(seconds=1)).isoformat())},
        "cooling_down",
        "it rests until",
    ),
    (
        "cooled",
        ready(),
        {"memory": remembered(ready(), cooling_until=NOW.isoformat())},
        "planned",
        "within",
    ),
    ("nobody", ready(approvers=()), {}, "held_back", "nobody may approve it"),
]


@pytest.mark.parametrize(
    ("finding", "setting", "disposition", "says"),
    [row[1:] for row in DISPOSITIONS],
    ids=[row[0] for row in DISPOSITIONS],
)
def test_every_disposition_comes_with_its_reason(
    finding: Finding, setting: dict[str, Any], disposition: str, says: str
) -> None:
    got, reason = what(finding, **setting)
    assert got == disposition
    assert says in reason


def test_a_policy_that_the_bundle_does_not_have_is_a_bug() -> None:
    with pytest.raises(ValueError, match="does not have"):
        plan([a_part(ready(policy_id="gone"))], a_setting())


def test_a_policy_without_a_kind_of_change_meets_no_obstacle_of_one() -> None:
    with pytest.raises(ValueError, match="without approval or verify terms"):
        plan([a_part(ready())], a_setting(a_bundle(change=None, approval=None)))


def test_a_policy_without_canary_terms_cannot_try_anything() -> None:
    served = {"function.aliases": Known(value={"live": "1"}, source="test")}
    finding = ready()
    finding = replace(finding, signals={**finding.signals, **served})
    with pytest.raises(ValueError, match="without canary terms"):
        plan([a_part(finding)], a_setting(a_bundle(change=None)))


def test_s08_a_target_with_a_gap_gets_no_change() -> None:
    assert what(ready(), part={"gaps": (a_gap(),)}) == ("held_back", "gap: tags: denied")
    of_one = a_gap(what="function", function=str(an_arn("another")))
    assert what(ready(), part={"gaps": (of_one,)})[0] == "held_back"
    elsewhere = a_gap(region="us-east-1")
    assert what(ready(), discovery_gaps=(elsewhere,))[0] == "planned"


def test_s08_a_target_whose_scan_left_no_complete_result_is_a_gap_and_gets_no_change() -> None:
    made = plan([a_part(ready())], a_setting(missing=(TARGET,)))
    assert only(made).disposition is Disposition.HELD_BACK
    (gap,) = made.gaps
    assert (gap.account, gap.region, gap.what) == (ACCOUNT, REGION, "target")


def test_gaps_of_every_kind_are_kept() -> None:
    lost = Target(account=OTHER_ACCOUNT, region=REGION)
    setting = a_setting(missing=(lost,), discovery_gaps=(a_gap(account="3", what="page"),))
    made = plan([a_part(ready(), gaps=(a_gap(),))], setting)
    assert [(g.account, g.what) for g in made.gaps] == [
        ("3", "page"),
        (OTHER_ACCOUNT, "target"),
        (ACCOUNT, "tags"),
    ]


@pytest.mark.parametrize(("days_left", "is_known"), [(1, True), (0, True), (-1, False)])
def test_s09_a_known_gap_names_its_owner_until_its_last_day(days_left: int, is_known: bool) -> None:
    until = NOW.date() + timedelta(days=days_left)
    known = KnownGap(account=ACCOUNT, why="acquired", owner="cloud@example.com", until=until)
    bundle = with_fleet(a_bundle(), known_gaps=(known, replace(known, account="3")))
    setting = a_setting(bundle, discovery_gaps=(a_gap(), a_gap(account="4")))
    ours, other = plan([], setting).gaps
    assert ("cloud@example.com mends it until" in ours.error) is is_known
    assert other.error == "denied"


@pytest.mark.parametrize(
    ("read", "before", "is_held"),
    [
        (91, 100, False),
        (90, 100, True),
        (89, 100, True),
        (100, 100, False),
        (1, 0, False),
        (9, 10, True),
        (10, 11, False),
        (1, 1, False),
    ],
)
def test_s09_a_target_that_reads_ten_percent_fewer_gets_no_change(
    read: int, before: int, is_held: bool
) -> None:
    got, reason = what(ready(), part={"functions": read}, last_read={str(TARGET): before})
    assert (got == "held_back") is is_held
    assert not is_held or reason == f"it read {read} functions, {before} the last time"


def test_a_target_that_read_nothing_for_the_first_time_blocks_nothing() -> None:
    empty = a_part(target=Target(account=OTHER_ACCOUNT, region=REGION))
    assert empty.functions == 0
    made = plan([empty, a_part(ready())], a_setting(last_read={}))
    assert only(made).disposition is Disposition.PLANNED


def test_a_target_read_in_slices_counts_as_one() -> None:
    parts = [a_part(ready(), functions=50, is_last=False), a_part(functions=49)]
    made = plan(parts, a_setting(last_read={str(TARGET): 100}))
    assert only(made).disposition is Disposition.PLANNED


def test_the_worst_go_first_then_the_largest_saving_then_the_arn() -> None:
    def saving(low: float) -> Any:
        return a_recommendation(saving=Saving(low_usd_month=low, high_usd_month=99.0))

    rows = [
        ready("b", advice=saving(5.0)),
        ready("a", advice=saving(5.0)),
        ready("rich", advice=saving(50.0)),
        ready("bad", severity=Severity.HIGH, advice=saving(1.0)),
        ready("silent", advice=None),
    ]
    for order in (rows, rows[::-1]):
        made = plan([a_part(*order)], a_setting())
        names = [i.finding.function.name for i in made.items]
        assert names == ["bad", "rich", "a", "b", "silent"]


def test_s19_one_function_gets_one_change_even_from_two_policies() -> None:
    bundle = a_bundle()
    second = replace(bundle.policies[0], id="another-policy", digest="digest-2")
    bundle = replace(bundle, policies=(*bundle.policies, second))
    made = plan(
        [a_part(ready(), ready(policy_id="another-policy"), functions=2)], a_setting(bundle)
    )
    assert len(made.remediations) == 1
    (held,) = made.of(Disposition.HELD_BACK)
    assert held.reason == "another change of this function is planned in this run"


def test_s25_a_change_that_was_taken_back_is_not_proposed_again() -> None:
    change = only(plan([a_part(ready())], a_setting())).remediation
    assert change is not None
    memory = remembered(ready(), refused_changes=(change.change_id,))
    later = a_setting(memory=memory, now=NOW + timedelta(days=60), run_id="run-2")
    item = only(plan([a_part(ready())], later))
    assert (item.disposition, item.remediation) == (Disposition.HELD_BACK, None)
    assert change.change_id in item.reason


def test_s25_a_change_that_an_older_release_remembers_as_applied_is_ticketed() -> None:
    change = only(plan([a_part(ready())], a_setting())).remediation
    assert change is not None
    memory = remembered(ready(), applied_changes=(change.change_id,))
    disposition, reason = what(ready(), memory=memory)
    assert disposition == "ticketed"
    assert f"change {change.change_id} was applied before and came back undone" in reason


def test_s25_another_change_of_the_same_function_may_be_proposed() -> None:
    memory = remembered(ready(), refused_changes=("another-change",))
    assert what(ready(), memory=memory)[0] == "planned"


def test_s25_a_second_attempt_is_a_new_round_of_the_same_change() -> None:
    change = only(plan([a_part(ready())], a_setting())).remediation
    assert change is not None
    memory = remembered(ready(), rounds={change.change_id: 2, "another": 7})
    again = only(plan([a_part(ready())], a_setting(memory=memory, run_id="run-2"))).remediation
    assert again is not None
    assert (again.change_id, again.round) == (change.change_id, 3)


def test_s11_the_functions_of_trimtab_itself_are_never_changed() -> None:
    for handler in ("scan", "apply", "approval"):
        disposition, reason = what(ready(f"trimtab-{handler}"))
        assert (disposition, reason) == (
            "ticketed",
            "it is part of Trimtab, which never changes itself",
        )


def test_s18_twins_in_two_accounts_get_changes_of_their_own() -> None:
    made = plan([a_part(ready()), a_part(ready(account=OTHER_ACCOUNT))], a_setting())
    first, second = made.remediations
    assert {first.function.account, second.function.account} == {ACCOUNT, OTHER_ACCOUNT}
    assert first.change_id != second.change_id
    assert first.finding_id != second.finding_id


def test_s18_the_memory_of_one_twin_does_not_hold_back_the_other() -> None:
    parts = [a_part(ready()), a_part(ready(account=OTHER_ACCOUNT))]
    made = plan(parts, a_setting(memory=remembered(ready(), open_change="abc-r1")))
    assert [i.finding.function.account for i in made.of(Disposition.PLANNED)] == [OTHER_ACCOUNT]


def test_a_finding_id_is_the_memory_that_the_plan_asks() -> None:
    assert ready().id == finding_id("memory-oversized", an_arn())
