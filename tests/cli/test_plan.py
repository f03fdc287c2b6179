"""Does `trimtab plan` say what a run would propose, and end with the right code?"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Said
from tests.fakes.builders import ACCOUNT, REGION
from tests.pipeline.house import FILES, House
from tests.report.things import a_finding
from tests.report.weeks import a_provisioned_change
from trimtab import wiring
from trimtab.cli.plan import _row
from trimtab.domain.plan import Disposition, PlannedFinding
from trimtab.wiring import Lookout

Plan = Callable[..., Said]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, call: Call, tmp_path: Path) -> Plan:
    """Call `trimtab plan` on a house, with the bundle of the tests."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def called(house: House, *given: str) -> Said:
        out = Lookout(
            home=lambda: ACCOUNT,
            accounts=house.accounts,
            fleet=lambda roles, external_ids: house.fleet,
            prices=house.prices,
            clock=house.clock,
        )
        monkeypatch.setattr(wiring, "lookout", lambda _: out)
        return call("plan", "--policies", str(tmp_path), "--regions", REGION, *given)

    return called


def test_nothing_to_propose_ends_with_0(plan: Plan) -> None:
    house = House()
    house.plant(memory_mb=128)
    said = plan(house)
    assert (said.code, said.out.splitlines()[0]) == (0, "0 gaps")


def test_a_change_is_shown_with_its_saving_and_ends_with_1(plan: Plan) -> None:
    house = House()
    house.plant()
    said = plan(house)
    assert said.code == 1
    assert "1 change would save" in said.out
    assert "3008 to" in said.out


def observing(folder: Path) -> None:
    fleet = folder / "fleet.yaml"
    text = fleet.read_text()
    fleet.write_text(text[: text.index("ceilings:")] + "ceilings: {default: observe}\n" + LIMITS)


LIMITS = "limits: {per_run: 10, share_of_read: 100%, per_account: 10}\n"


def test_what_only_the_ceiling_holds_back_is_one_line_and_the_observed_are_summed(
    plan: Plan, tmp_path: Path
) -> None:
    observing(tmp_path)
    house = House()
    for name in ("one", "two", "trimtab-own"):
        house.plant(name)
    house.plant("stack", tags={"aws:cloudformation:stack-name": "shop"})
    said = plan(house)
    assert said.code == 0
    assert "2 findings have a change that only the ceiling holds back: " in said.out
    assert "4 findings = 0 planned + 0 ticketed + 0 held back" in said.out
    reason = "fleet.yaml allows observe by default"
    assert said.out.splitlines()[-1].split(maxsplit=3) == [
        "medium", "memory-oversized", "4", reason
    ]  # fmt: skip
    assert "two" not in said.out
    rows = plan(house, "--all").out
    assert all(name in rows for name in ("one", "two", "stack", "trimtab-own"))
    told = json.loads(plan(house, "--json").out)["held_by_ceiling"]
    assert (told["findings"], told["saving"]["high_usd_month"] > 0) == (2, True)


def test_what_needs_somebody_comes_before_what_is_exempt(plan: Plan) -> None:
    house = House()
    house.plant("exempt", tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    house.plant("stack", tags={"aws:cloudformation:stack-name": "shop"})
    house.plant()
    said = plan(house)
    order = [said.out.index(f"\n{word} ") for word in ("planned", "ticketed", "suppressed")]
    assert order == sorted(order)
    assert "exempt until the end of 2026-11-30" in said.out
    assert "only the ceiling" not in said.out


def test_s08_a_gap_ends_with_2_and_holds_back(plan: Plan) -> None:
    house = House()
    house.plant()
    house.plant("stable")
    house.functions.fail_next("GetFunction", "ThrottlingException")
    said = plan(house)
    assert said.code == 2
    assert "1 gap: no change where there is one" in said.out
    assert "change would save" not in said.out


def test_as_json_every_finding_has_its_disposition_and_reason(plan: Plan) -> None:
    house = House()
    house.plant()
    house.plant("stack", tags={"aws:cloudformation:stack-name": "shop"})
    said = plan(house, "--json")
    found = {one["function"].split(":")[-1]: one for one in json.loads(said.out)["findings"]}
    assert found["orders"]["disposition"] == "planned"
    assert found["orders"]["change"]["undo"] == {"memory_mb": 3008}
    assert found["stack"]["disposition"] == "ticketed"
    assert found["stack"]["change"] is None


def test_s08_what_could_not_be_judged_ends_with_2_and_is_named(plan: Plan) -> None:
    house = House()
    house.plant("silent", peak_mb=None)
    said = plan(house)
    assert said.code == 2
    assert "1 function not judged by every policy: no change hangs on it" in said.out
    assert "1 insufficient data" in said.out


def test_a_change_of_what_is_provisioned_is_told_in_its_own_units() -> None:
    change = a_provisioned_change()
    item = PlannedFinding(
        finding=a_finding(advice=change.recommendation),
        disposition=Disposition.PLANNED,
        reason="within all limits",
        remediation=change,
    )
    (*_, told, _) = _row(item)
    assert told == (
        "alias live: 14 provisioned to 2 to 12 by schedule, saves $41\N{EN DASH}53 a month"
    )
