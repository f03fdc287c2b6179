"""What is ticketed and never removed, and what exactly is planned? (S1, S5, S8, S12)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_finding, a_recommendation, a_state
from tests.pipeline.findings import FREE
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Finding
from trimtab.domain.old_versions import MOST_AT_ONCE
from trimtab.domain.removal import OldVersion
from trimtab.domain.terms import IRREVERSIBLE, ChangeKind
from trimtab.remediations.remove_versions import GUARD_SIGNALS, KIND, removal_plan

UNUSED = FREE | {"concurrency.owner": "none", "version.count": 40}
FIELDS = {"notice": timedelta(days=7), "keep_newest": 5.0}
VERSIONS = tuple(
    OldVersion(number=str(n), code_sha256=f"code {n}", revision_id=f"revision {n}")
    for n in range(1, 31)
)


def found(*, advice: Any = None, **given: Any) -> Finding:
    values = UNUSED | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test") for n, v in values.items()
    }
    return a_finding(
        signals=signals, advice=advice or replace(a_recommendation(), versions=VERSIONS)
    )


def test_nothing_stands_in_the_way_and_nothing_is_written_but_the_deletions() -> None:
    assert KIND.spec.kind is ChangeKind.REMOVE_VERSIONS
    assert ChangeKind.REMOVE_VERSIONS in IRREVERSIBLE
    assert KIND.obstacle(found()) is None
    assert KIND.undo(found()) == {"versions": 40}
    assert "never comes back" in KIND.risks(found())[0]
    assert "--as NAME" in KIND.risks(found())[1]
    change: Any = None
    assert KIND.probes(change, a_state()) == ()
    assert KIND.reverted(change, a_state()) is None
    assert KIND.next_step(change, a_state(), None) is None
    assert KIND.next_undo_step(change, a_state(), None) is None
    assert KIND.foreign_change(change, a_state(), None) is None
    assert KIND.stale(change, a_state()) is None
    assert "Pending" in (KIND.stale(change, a_state(state="Pending")) or "")


@pytest.mark.parametrize("name", GUARD_SIGNALS)
def test_s08_a_guard_that_is_not_known_is_an_obstacle(name: str) -> None:
    said = KIND.obstacle(found(**{name.replace(".", "__"): Unknown(reason="denied")}))
    assert said == f"{name} is not known: denied"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"owner__tool": "Terraform"}, "owned by Terraform"),
        ({"concurrency__owner": "stack web"}, "its alias is owned by stack web"),
        ({"function__state": "Pending"}, "it is Pending"),
    ],
)
def test_s12_what_is_deployed_by_code_is_ticketed(given: dict[str, Any], said: str) -> None:
    assert said in (KIND.obstacle(found(**given)) or "")


def test_s01_the_oldest_are_planned_as_they_were_read_and_no_more_than_one_change_takes() -> None:
    plan = removal_plan(found(), FIELDS)
    assert plan.versions == VERSIONS[:MOST_AT_ONCE]
    assert (plan.keep_newest, plan.notice) == (5, timedelta(days=7))
    assert (plan.quarantine, plan.last_call) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize(
    "given",
    [
        {"fields": {"keep_newest": 5.0}},
        {"fields": {"notice": timedelta(days=7)}},
        {"advice": a_recommendation()},
        {"advice": Abstention(reason="none")},
    ],
)
def test_what_names_no_version_or_no_notice_is_not_planned(given: dict[str, Any]) -> None:
    fields = given.pop("fields", FIELDS)
    with pytest.raises(ValueError, match="without naming them"):
        removal_plan(found(**given), fields)
