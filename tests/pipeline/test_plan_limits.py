"""Does no limit ever give way, and does every run add up? (S9, S24)"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import (
    ACCOUNT,
    APPROVER,
    REGION,
    TARGET,
    a_recommendation,
)
from tests.fakes.clock import NOW
from tests.pipeline.findings import a_part, ready
from tests.pipeline.house import OTHER_ACCOUNT, a_bundle, with_limits
from tests.pipeline.plans import EXEMPTION, a_gap, a_setting
from trimtab.domain.arn import Target
from trimtab.domain.finding import (
    Abstention,
    Finding,
)
from trimtab.domain.fleet import Targets
from trimtab.domain.plan import Disposition, FindingMemory, Plan
from trimtab.domain.run import Part
from trimtab.domain.terms import Mode, Severity
from trimtab.pipeline.plan import Setting, plan
from trimtab.pipeline.record import count


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
