"""Does an id name exactly what is written, and nothing else?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import (
    a_configuration,
    a_decision,
    a_finding,
    a_recommendation,
    a_remediation,
    an_arn,
    an_explanation,
    verify_terms,
)
from tests.fakes.clock import NOW
from trimtab.domain.approval import RoundStatus
from trimtab.domain.digest import ID_CHARACTERS, content_id
from trimtab.domain.evidence import Known, Unknown, value_or_none
from trimtab.domain.finding import finding_id
from trimtab.domain.remediation import BeforeImage, digest_holds
from trimtab.domain.removal import OldVersion, RemovalPlan
from trimtab.domain.terms import ChangeKind

WRITTEN: dict[str, Any] = {
    "hub_id": "another hub",
    "policy_id": "another-policy",
    "policy_digest": "digest-2",
    "function": an_arn("orders", account="222222222222"),
    "before": BeforeImage(configuration=a_configuration(memory_mb=3007), aliases={}),
    "after": {"memory_mb": 1770},
    "undo": {"memory_mb": 3007},
    "verify": verify_terms(samples=101),
}


@pytest.mark.parametrize("field", WRITTEN)
def test_s01_whatever_is_written_changes_the_id(field: str) -> None:
    assert a_remediation(**{field: WRITTEN[field]}).change_id != a_remediation().change_id


@pytest.mark.parametrize("field", WRITTEN)
def test_s01_an_altered_remediation_no_longer_holds_its_digest(field: str) -> None:
    assert digest_holds(a_remediation())
    assert not digest_holds(replace(a_remediation(), **{field: WRITTEN[field]}))


@pytest.mark.parametrize(
    "given",
    [
        {"number": 2},
        {"planned_at": NOW + timedelta(days=1)},
        {"last_modified_at": NOW},
        {"recommendation": a_recommendation(reasons=("other",))},
        {"run_id": "run-2"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_the_same_change_keeps_its_id_from_run_to_run(given: dict[str, Any]) -> None:
    assert a_remediation(**given).change_id == a_remediation().change_id


@pytest.mark.parametrize(
    "before",
    [
        a_configuration(code_sha256="bmV3"),
        a_configuration(timeout_s=31),
        a_configuration(settings={"Handler": '"other.handler"'}),
    ],
)
def test_s01_the_id_covers_code_timeout_and_every_setting(before: Any) -> None:
    image = BeforeImage(configuration=before, aliases={})
    assert a_remediation(before=image).change_id != a_remediation().change_id


def test_s01_the_id_covers_which_version_each_alias_serves() -> None:
    ids = {
        a_remediation(before=BeforeImage(configuration=a_configuration(), aliases=a)).change_id
        for a in ({}, {"live": "1"}, {"live": "2"}, {"next": "1"})
    }
    assert len(ids) == 4


def test_an_id_fits_an_execution_name() -> None:
    remediation = a_remediation(number=3)
    assert len(remediation.change_id) == ID_CHARACTERS
    assert remediation.execution_name == f"{remediation.change_id}-r3"
    assert len(remediation.execution_name) <= 80


def test_content_ids_do_not_hang_on_the_order_of_keys() -> None:
    assert content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="Out of range"):
        content_id(float("nan"))


def test_s18_findings_of_twins_have_ids_of_their_own() -> None:
    twins = [an_arn(), an_arn(account="222222222222"), an_arn(region="us-east-1")]
    assert len({finding_id("p", t) for t in twins}) == 3
    assert finding_id("p", an_arn()) != finding_id("q", an_arn())
    assert a_finding().function == an_arn()


def test_a_decision_signs_every_one_of_its_fields() -> None:
    signed = a_decision()
    changed: dict[str, Any] = {
        "change_id": "x",
        "round": 2,
        "word": "rejected",
        "approver": "x",
        "auth": "x",
        "reason": "x",
        "decided_at": NOW + timedelta(seconds=1),
    }
    messages = {replace(signed.decision, **{f: v}).message() for f, v in changed.items()}
    assert len(messages | {signed.decision.message()}) == len(changed) + 1


def test_only_the_ends_of_a_round_are_closed() -> None:
    closed = {s.value for s in RoundStatus if not s.is_open}
    assert closed == {
        "rejected",
        "expired",
        "stale",
        "not_written",
        "removed",
        "verified",
        "undone",
        "unproven",
        "reverted",
        "given_up",
    }


def test_unknown_has_no_value() -> None:
    assert value_or_none(Known(value=0, source="s")) == 0
    assert value_or_none(Unknown(reason="r")) is None
    assert value_or_none(None) is None


def test_an_explanation_lists_its_conditions_in_reading_order() -> None:
    tree = an_explanation(
        "all of",
        children=(
            an_explanation("a"),
            an_explanation("any of", children=(an_explanation("b"), an_explanation("c"))),
        ),
    )
    assert [leaf.text for leaf in tree.leaves()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [(ChangeKind.REMOVE_VERSIONS, ()), (ChangeKind.REMOVE_FUNCTION, ("3",))],
)
def test_a_removal_of_versions_names_them_and_no_other_does(
    kind: ChangeKind, numbers: tuple[str, ...]
) -> None:
    versions = tuple(OldVersion(number=n, code_sha256="Y29kZQ==", revision_id="r") for n in numbers)
    plan = RemovalPlan(
        notice=timedelta(days=14),
        quarantine=timedelta(hours=72),
        last_call=timedelta(hours=48),
        reserved=None,
        versions=versions,
    )
    with pytest.raises(ValueError, match="names them"):
        a_remediation(kind=kind, removal=plan)
