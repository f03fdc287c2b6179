"""Does every finding get its one disposition with a reason, and does no limit ever give way?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import (
    ACCOUNT,
    APPROVER,
    HUB_ID,
    REGION,
    TARGET,
    a_recommendation,
    an_arn,
)
from tests.fakes.clock import NOW
from tests.pipeline.findings import a_part, ready
from tests.pipeline.house import OTHER_ACCOUNT, a_bundle, a_window, with_fleet, with_limits
from trimtab.domain.arn import Target
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.finding import (
    Abstention,
    Exemption,
    Finding,
    Saving,
    finding_id,
)
from trimtab.domain.fleet import Gap, Targets
from trimtab.domain.plan import Disposition, FindingMemory, Plan, PlannedFinding
from trimtab.domain.remediation import digest_holds
from trimtab.domain.run import Part
from trimtab.domain.terms import Mode, Severity
from trimtab.pipeline.plan import APPLY_WITHIN, Setting, plan
from trimtab.pipeline.record import count
from trimtab.policy.model import Bundle, KnownGap

EXEMPTION = Exemption(
    policy_id="memory-oversized",
    functions=("*",),
    why="year end",
    who="pay@example.com",
    ends_at=NOW + timedelta(days=30),
)


def a_setting(bundle: Bundle | None = None, **given: Any) -> Setting:
    usual: dict[str, Any] = {
        "run_id": "run-1",
        "hub_id": HUB_ID,
        "bundle": bundle or a_bundle(),
        "missing": (),
        "discovery_gaps": (),
        "last_read": {},
        "memory": {},
        "now": NOW,
    }
    return Setting(**usual | given)


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


def a_gap(**given: Any) -> Gap:
    usual = {"account": ACCOUNT, "region": REGION, "what": "tags", "error": "denied"}
    return Gap(**usual | given)


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
    ("exempt", ready(suppressed_by=EXEMPTION), {}, "suppressed", "exempt until 2026-12-02: year"),
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


def many(number: int, *, account: str = ACCOUNT) -> list[Finding]:
    return [ready(f"f{n:03d}", account=account) for n in range(number)]


def planned(made: Plan) -> list[str]:
    return [i.finding.function.name for i in made.of(Disposition.PLANNED)]


@pytest.mark.parametrize(
    ("limits", "functions", "allowed", "says"),
    [
        ({"per_run": 0}, 100, 0, "limit: 0 changes per run"),
        ({"per_account": 0}, 100, 0, "limit: 0 changes per account and run"),
        ({"share_of_read": 0.0}, 100, 0, "limit: 0% of 100 functions fully read"),
        ({"per_run": 2}, 100, 2, "limit: 2 changes per run"),
        ({"per_account": 3}, 100, 3, "limit: 3 changes per account and run"),
        ({"share_of_read": 0.05}, 100, 5, "limit: 5% of 100 functions"),
        ({"share_of_read": 0.05}, 99, 4, "limit: 5% of 99 functions"),
        ({"share_of_read": 0.05}, 19, 0, "limit: 5% of 19 functions"),
        ({"share_of_read": 0.05}, 20, 1, "limit: 5% of 20 functions"),
        ({"share_of_read": 0.07}, 100, 7, "limit: 7% of 100 functions"),
        ({"per_run": 5, "per_account": 4, "share_of_read": 0.03}, 100, 3, "limit: 3%"),
        ({"per_run": 10}, 100, 10, ""),
    ],
)
def test_s09_each_limit_applies_alone_and_zero_means_nothing(
    limits: dict[str, Any], functions: int, allowed: int, says: str
) -> None:
    made = plan(
        [a_part(*many(10), functions=functions)], a_setting(with_limits(a_bundle(), **limits))
    )
    assert len(planned(made)) == len(made.remediations) == allowed
    held = made.of(Disposition.HELD_BACK)
    assert len(held) == 10 - allowed
    assert all(says in item.reason and item.remediation is None for item in held)


def test_s09_a_share_is_of_whole_percents_exactly() -> None:
    bundle = with_limits(a_bundle(), share_of_read=0.29, per_run=99, per_account=99)
    made = plan([a_part(*many(60), functions=100)], a_setting(bundle))
    assert len(planned(made)) == 29


def test_s09_a_share_counts_only_what_was_fully_read() -> None:
    blocked = a_part(
        *many(10, account=OTHER_ACCOUNT), functions=1000, gaps=(a_gap(account=OTHER_ACCOUNT),)
    )
    bundle = with_limits(a_bundle(), share_of_read=0.05)
    made = plan([a_part(*many(10), functions=40), blocked], a_setting(bundle))
    assert len(planned(made)) == 2


def test_s09_the_limit_of_one_account_leaves_another_alone() -> None:
    bundle = with_limits(a_bundle(), per_account=2)
    made = plan([a_part(*many(4)), a_part(*many(4, account=OTHER_ACCOUNT))], a_setting(bundle))
    accounts = [i.finding.function.account for i in made.of(Disposition.PLANNED)]
    assert sorted(accounts) == [ACCOUNT, ACCOUNT, OTHER_ACCOUNT, OTHER_ACCOUNT]


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


MODES = st.sampled_from([*Mode])
ADVICE = st.sampled_from([None, Abstention(reason="x"), a_recommendation()])


@st.composite
def fleets(draw: st.DrawFn) -> tuple[list[Part], Setting]:
    """Draw a run: some targets with findings of every kind, limits, gaps, memories."""
    parts, memory = [], {}
    for account in draw(st.sampled_from([[ACCOUNT], [ACCOUNT, OTHER_ACCOUNT]])):
        findings = [
            ready(
                f"f{n}",
                account=account,
                mode=draw(MODES),
                severity=draw(st.sampled_from([*Severity])),
                advice=draw(ADVICE),
                approvers=draw(st.sampled_from([(), (APPROVER,)])),
                suppressed_by=draw(st.sampled_from([None, None, EXEMPTION])),
            )
            for n in range(draw(st.integers(0, 8)))
        ]
        for finding in findings:
            memory[finding.id] = FindingMemory(
                open_change=draw(st.sampled_from([None, None, "abc-r1"])),
                cooling_until=draw(
                    st.sampled_from([None, None, (NOW + timedelta(days=1)).isoformat()])
                ),
            )
        target = Target(account=account, region=REGION)
        gaps = draw(st.sampled_from([(), (), (a_gap(account=account),)]))
        functions = len(findings) + draw(st.integers(0, 60))
        parts.append(a_part(*findings, functions=functions, gaps=gaps, target=target))
    limits = with_limits(
        a_bundle(),
        per_run=draw(st.integers(0, 9)),
        per_account=draw(st.integers(0, 5)),
        share_of_read=draw(st.integers(0, 100)) / 100,
    )
    last_read = {str(TARGET): draw(st.integers(0, 80))}
    return parts, a_setting(limits, memory=memory, last_read=last_read)


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_s09_no_plan_ever_exceeds_any_limit(run: tuple[list[Part], Setting]) -> None:
    parts, setting = run
    made = plan(parts, setting)
    limits = setting.bundle.fleet.limits
    changed = [r.function for r in made.remediations]
    read = sum(p.functions for p in parts if not p.gaps)
    assert len(changed) == len(set(changed)) <= limits.per_run
    assert len(changed) * 100 <= read * round(limits.share_of_read * 100)
    for account in {f.account for f in changed}:
        assert sum(f.account == account for f in changed) <= limits.per_account
    for part in parts:
        if part.gaps:
            assert not any(f.target == part.target for f in changed)


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_s24_the_counts_of_any_run_add_up(run: tuple[list[Part], Setting]) -> None:
    parts, setting = run
    made = plan(parts, setting)
    counts = count(_targets(parts), parts, made, policies=1)
    assert counts.faults() == ()
    assert len(made.items) == counts.findings == sum(len(p.findings) for p in parts)
    assert all(item.reason for item in made.items)
    assert all(
        (i.remediation is not None) is (i.disposition is Disposition.PLANNED) for i in made.items
    )


@settings(max_examples=30, deadline=None)
@given(fleets())
def test_planning_twice_gives_the_same_changes_under_the_same_ids(
    run: tuple[list[Part], Setting],
) -> None:
    parts, setting = run
    again = replace(setting, run_id="run-2", now=NOW + timedelta(minutes=5))
    first = plan(parts, setting).remediations
    second = plan(parts[::-1], again).remediations
    assert [r.change_id for r in first] == [r.change_id for r in second]


@settings(max_examples=30, deadline=None)
@given(fleets(), st.sets(st.integers(0, 7)))
def test_s10_more_exemptions_never_add_remediations_beyond_the_limits_they_free(
    run: tuple[list[Part], Setting], exempt: set[int]
) -> None:
    parts, setting = run
    free = replace(setting, bundle=with_limits(setting.bundle, per_run=99, per_account=99))
    exempted = [
        replace(
            part,
            findings=tuple(
                replace(f, suppressed_by=EXEMPTION) if n in exempt else f
                for n, f in enumerate(part.findings)
            ),
        )
        for part in parts
    ]
    before = {r.change_id for r in plan(parts, free).remediations}
    after = {r.change_id for r in plan(exempted, free).remediations}
    assert after <= before
    assert len(plan(exempted, setting).remediations) <= len(plan(parts, setting).remediations)


def _targets(parts: Sequence[Part]) -> Targets:
    return Targets(accounts=(), targets=tuple(p.target for p in parts), left_out=(), gaps=())


def test_a_finding_id_is_the_memory_that_the_plan_asks() -> None:
    assert ready().id == finding_id("memory-oversized", an_arn())
