"""A policy judges one function: out of scope, compliant, a finding, or not enough known to say."""

from __future__ import annotations

import pytest

from tests.policy.bundles import load, policy_when
from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Unknown
from trimtab.domain.finding import Assessment
from trimtab.policy.collection import cheapest, ever_needed, needed
from trimtab.policy.evaluate import answer, in_scope, judge
from trimtab.policy.model import Policy
from trimtab.policy.signal import Tier


def known(value: object) -> Known:
    return Known(value=value, source="test")


OVERSIZED: dict[str, Evidence] = {
    "function.memory_mb": known(1024),
    "usage.invocations": known(5000),
    "memory.peak_mb": known(300),
}


def policy() -> Policy:
    return load().policies[0]


ROWS = [
    ("all hold", {}, Assessment.NON_COMPLIANT, ()),
    ("peak at the threshold", {"memory.peak_mb": known(614.4)}, Assessment.COMPLIANT, ()),
    (
        "peak unknown",
        {"memory.peak_mb": Unknown(reason="denied")},
        Assessment.INSUFFICIENT_DATA,
        ("memory.peak_ratio",),
    ),
    (
        "peak unknown but traffic too low",
        {"memory.peak_mb": Unknown(reason="denied"), "usage.invocations": known(3)},
        Assessment.COMPLIANT,
        (),
    ),
    ("no peak at all", {"memory.peak_mb": known(None)}, Assessment.NOT_APPLICABLE, ()),
]


@pytest.mark.parametrize(
    ("changed", "assessment", "missing"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_function_is_judged(
    changed: dict[str, Evidence], assessment: Assessment, missing: tuple[str, ...]
) -> None:
    judgement = judge(policy(), OVERSIZED | changed)
    assert (judgement.assessment, judgement.missing) == (assessment, missing)


def test_s8_unknown_evidence_is_never_a_finding_and_never_compliant() -> None:
    for name in OVERSIZED:
        signals = OVERSIZED | {name: Unknown(reason="throttled")}
        assert answer(policy(), signals) is Assessment.INSUFFICIENT_DATA


def test_a_judgement_explains_itself() -> None:
    explanation = judge(policy(), OVERSIZED).explanation
    assert explanation.answer is True
    assert [leaf.value for leaf in explanation.leaves()] == ["1024 MB", "5000", "29.2969%"]


def test_out_of_scope_is_not_applicable_and_an_unknown_scope_insufficient() -> None:
    assert judge(policy(), OVERSIZED, applies=False).assessment is Assessment.NOT_APPLICABLE
    judgement = judge(policy(), OVERSIZED, applies=None)
    assert judgement.assessment is Assessment.INSUFFICIENT_DATA
    assert judgement.missing == ("function.tags",)


def test_a_signal_missing_twice_is_named_once() -> None:
    both = policy_when('{any: [{usage.errors: "> 5"}, {usage.errors: "< 1"}]}')
    assert judge(both, {}).missing == ("usage.errors",)


SCOPES = [
    ("{}", True),
    ("{accounts: ['111122223333']}", True),
    ("{accounts: ['444455556666']}", False),
    ("{accounts: {exclude: ['111122223333']}}", False),
    ("{accounts: {exclude: ['444455556666']}}", True),
    ("{organizational_units: [ou-top]}", True),
    ("{organizational_units: {include: [ou-top], exclude: [ou-near]}}", False),
    ("{organizational_units: [ou-other]}", False),
    ("{regions: [eu-west-1]}", True),
    ("{regions: [us-east-1]}", False),
    ("{tags: {env: [prod, staging]}}", True),
    ("{tags: {env: dev}}", False),
    ("{tags: {env: prod, other: absent}}", True),
    ("{tags: {env: prod, other: present}}", False),
    ("{tags: {env: absent}}", False),
    ("{tags: {other: '!= x'}}", False),
]


def scoped(scope: str, tags: Evidence) -> bool | None:
    return in_scope(
        policy_when('{function.memory_mb: "> 1"}', extra=f"scope: {scope}\n"),
        account="111122223333",
        organizational_units=("ou-near", "ou-top"),
        region="eu-west-1",
        tags=tags,
    )


@pytest.mark.parametrize(("scope", "applies"), SCOPES)
def test_a_policy_applies_where_its_scope_says(scope: str, applies: bool) -> None:
    assert scoped(scope, known({"env": "prod"})) is applies


def test_unknown_tags_leave_a_tag_scope_open_only_where_it_still_matters() -> None:
    denied = Unknown(reason="denied")
    assert scoped("{tags: {env: prod}}", denied) is None
    assert scoped("{tags: {env: absent}}", denied) is None
    assert scoped("{regions: [us-east-1], tags: {env: prod}}", denied) is False
    assert scoped("{}", denied) is True


NEEDS = [
    ("nothing known", {}, {"function.memory_mb", "usage.invocations", "memory.peak_mb"}),
    (
        "listed",
        {"function.memory_mb": known(1024)},
        {"usage.invocations", "memory.peak_mb"},
    ),
    ("small", {"function.memory_mb": known(128)}, set()),
    (
        "denied but could still be false",
        {"function.memory_mb": known(1024), "usage.invocations": Unknown(reason="denied")},
        {"memory.peak_mb"},
    ),
    ("decided", OVERSIZED, set()),
    ("no such thing", {"usage.invocations": known(None)}, set()),
]


@pytest.mark.parametrize(
    ("signals", "wanted"), [row[1:] for row in NEEDS], ids=[row[0] for row in NEEDS]
)
def test_only_what_could_change_the_verdict_is_asked(
    signals: dict[str, Evidence], wanted: set[str]
) -> None:
    assert needed(policy(), signals) == wanted


def test_tags_are_asked_when_the_scope_hangs_on_them() -> None:
    assert needed(policy(), {}, applies=False) == frozenset()
    assert needed(policy(), {}, applies=None) == {"function.tags"}
    assert needed(policy(), {"function.tags": NOT_ASKED}, applies=None) == {"function.tags"}
    denied = {"function.tags": Unknown(reason="denied")}
    assert needed(policy(), denied, applies=None) == frozenset()


def test_the_policies_tell_everything_that_is_ever_needed() -> None:
    tagged = policy_when('{usage.error_rate: "> 1%"}', extra="scope: {tags: {env: prod}}\n")
    assert ever_needed([tagged]) == {"usage.errors", "usage.invocations", "function.tags"}
    assert ever_needed([policy()]) == {
        "function.memory_mb",
        "usage.invocations",
        "memory.peak_mb",
    }
    assert ever_needed([]) == frozenset()


def test_the_cheapest_tier_comes_first() -> None:
    wanted = {"memory.peak_mb", "usage.invocations", "usage.errors"}
    assert cheapest(wanted) == (
        Tier.METRICS,
        frozenset({"usage.invocations", "usage.errors"}),
    )
    assert cheapest([]) is None
