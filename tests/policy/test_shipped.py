"""The shipped policies and the demo's load, pass their own tests, and are documented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from trimtab.domain.terms import ChangeKind, Mode
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.docs import reference
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle, Policy
from trimtab.policy.policy_tests import run_policy_tests, untested
from trimtab.policy.schema_export import json_schema
from trimtab.policy.signal import SignalType
from trimtab.remediations import change_specs

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "policies"
DEMO = ROOT / "trimtab" / "local" / "bundle"


def files_in(folder: Path) -> Mapping[str, bytes]:
    found = (path for path in folder.rglob("*.yaml"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def bundle_in(folder: Path) -> Bundle:
    return load_bundle(files_in(folder), kinds=change_specs())


@pytest.mark.parametrize("folder", [SHIPPED, DEMO], ids=["shipped", "demo"])
def test_a_bundle_loads(folder: Path) -> None:
    assert bundle_in(folder).policies


def test_every_shipped_policy_has_tests_and_they_pass() -> None:
    bundle, files = bundle_in(SHIPPED), files_in(SHIPPED)
    assert untested(bundle, files) == ()
    results = run_policy_tests(bundle, files)
    assert [r.test.name for r in results if not r.passed] == []
    assert results


def test_every_shipped_policy_is_tested_for_each_answer() -> None:
    bundle = bundle_in(SHIPPED)
    got = {(r.test.policy.id, r.got) for r in run_policy_tests(bundle, files_in(SHIPPED))}
    assert len(got) == 4 * len(bundle.policies)


def test_only_what_asks_for_a_change_may_go_as_far_as_asking_for_approval() -> None:
    asking = {p.id for p in bundle_in(SHIPPED).policies if p.mode.rank > Mode.TICKET.rank}
    assert asking == {
        "memory-oversized",
        "memory-starved",
        "pc-cheaper-on-demand",
        "pc-idle",
        "pc-schedule",
        "pc-underused",
    }


def test_every_shipped_policy_that_only_points_something_out_says_what_to_do() -> None:
    for policy in bundle_in(SHIPPED).policies:
        assert policy.guidance.remedy, policy.id
        assert policy.guidance.links, policy.id


def test_shipped_policies_stand_in_the_four_packs() -> None:
    packs = {policy.pack for policy in bundle_in(SHIPPED).policies}
    assert packs == {"cost", "reliability", "security", "operations"}


def test_the_production_checklist_has_the_eleven_points_of_the_guides() -> None:
    (production,) = bundle_in(SHIPPED).checklists
    assert (production.id, len(production.points)) == ("production", 11)
    checked = [point for point in production.points if point.not_checked is None]
    assert len(checked) == 8


def test_the_shipped_fleet_changes_nothing_until_someone_says_so() -> None:
    fleet = bundle_in(SHIPPED).fleet
    assert fleet.default_mode is Mode.OBSERVE
    assert not fleet.ceilings
    assert not fleet.unmanaged_accounts | fleet.unmanaged_organizational_units


def test_the_shipped_guardrails_have_the_real_floors() -> None:
    shipped, demo = bundle_in(SHIPPED).guardrails.floors, bundle_in(DEMO).guardrails.floors
    assert set(shipped) == set(ChangeKind)
    floors, tiny = shipped[ChangeKind.SET_MEMORY], demo[ChangeKind.SET_MEMORY]
    assert floors.keys() == tiny.keys() == {"lookback", "headroom", "settle", "watch", "samples"}
    assert floors["watch"] > tiny["watch"]  # type: ignore[operator]


PACED = {"canary_weight", "canary_watch", "notice", "quarantine", "last_call"}
"""What the demo has shorter than anybody else."""


@pytest.mark.parametrize("demo", bundle_in(DEMO).policies, ids=lambda policy: policy.id)
def test_the_demo_judges_by_the_shipped_conditions(demo: Policy) -> None:
    shipped = bundle_in(SHIPPED).policy(demo.id)
    assert shipped is not None
    assert (shipped.when, shipped.lookback) == (demo.when, demo.lookback)
    assert shipped.change is not None
    assert demo.change is not None
    sizing = [name for name in shipped.change.fields if name not in PACED]
    assert {n: shipped.change.fields[n] for n in sizing} == {
        n: demo.change.fields[n] for n in sizing
    }
    others = demo.change.fields.keys() - set(sizing)
    assert others == shipped.change.fields.keys() & PACED, "what is over in no time"


def test_the_demo_has_a_unit_for_each_rung_of_the_ladder() -> None:
    fleet = bundle_in(DEMO).fleet
    modes = {c.every_kind or next(iter(c.kinds.values())) for c in fleet.ceilings.values()}
    assert modes == {Mode.OBSERVE, Mode.TICKET, Mode.APPROVE}
    assert set(fleet.ceilings) == set(fleet.scope.organizational_units)


def test_the_committed_reference_is_current() -> None:
    page = (ROOT / "docs" / "policies-reference.md").read_text()
    assert page == reference(change_specs(), bundle_in(SHIPPED).policies), (
        "run: trimtab policy docs"
    )


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((ROOT / "docs" / "policy.schema.json").read_text())
    assert committed == json_schema(change_specs()), "run: trimtab policy schema"


def test_the_schema_knows_every_signal_and_kind_of_change() -> None:
    schema = json_schema(change_specs())
    conditions = schema["$defs"]["Conditions"]["properties"]
    compared = {name for name, s in SIGNALS.items() if s.type is not SignalType.RECORD}
    assert not conditions.keys() & (set(SIGNALS) - compared)
    assert conditions.keys() >= compared | {"all", "any", "not", "function.has_tag"}
    assert set(schema["properties"]["change"]["properties"]) == set(change_specs())
