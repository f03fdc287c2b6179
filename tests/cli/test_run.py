"""Does `trimtab run` show a run whole, its gaps first, with an exit code a script can use?"""

import json
from datetime import timedelta

from tests.cli.conftest import Call
from tests.fakes.builders import TARGET
from tests.pipeline.house import House, a_bundle
from trimtab.domain.finding import Guidance
from trimtab.domain.fleet import Gap
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys

HOLE = Gap(account="222222222222", region="eu-west-1", what="target", error="AccessDenied: no")


def a_run(house: House, run_id: str = "run-1") -> None:
    house.plant("orders")
    house.plant("busy", peak_mb=2900.0)
    house.run(run_id)


def test_a_run_is_shown_with_sums_and_each_finding(call_on: Call) -> None:
    house = House()
    a_run(house)
    said = call_on(house, "run", "show", "run-1")
    assert said.code == 1
    assert said.out.startswith("run run-1\n\n0 gaps\n")
    assert "2 functions read = 2 judged" in said.out
    assert "1 finding = 1 planned + 0 held back" in said.out
    row = next(line for line in said.out.splitlines() if line.startswith("orders"))
    for part in (TARGET.account, TARGET.region, "memory-oversized", "planned", "; change "):
        assert part in row


def test_without_a_name_the_latest_run_is_shown(call_on: Call) -> None:
    house = House()
    a_run(house)
    assert call_on(house, "run", "show").out.startswith("run run-1\n")


def test_a_run_that_found_nothing_ends_with_zero(call_on: Call) -> None:
    house = House()
    house.plant("busy", peak_mb=2900.0)
    house.run()
    assert call_on(house, "run", "show").code == 0


def test_gaps_come_first_with_their_text_and_win_over_findings(call_on: Call) -> None:
    house = House(gaps=(HOLE,))
    a_run(house)
    said = call_on(house, "run", "show")
    assert said.code == 2
    gap = said.out.index("account 222222222222, eu-west-1, target: AccessDenied: no")
    assert said.out.index("1 gap: what could not be read") < gap < said.out.index("judged")


def test_counts_that_do_not_add_up_are_said(call_on: Call) -> None:
    house = House()
    house.plant("busy", peak_mb=2900.0)
    counts, _ = house.run()
    wrong = to_wire(counts) | {"judged": 7}
    house.store.put(keys.counts("run-1"), wrong)
    said = call_on(house, "run", "show")
    assert said.code == 1
    assert "DOES NOT ADD UP: functions read = judged" in said.out


def test_as_json_a_run_is_one_object(call_on: Call) -> None:
    house = House(gaps=(HOLE,))
    a_run(house)
    said = call_on(house, "run", "show", "--json")
    shown = json.loads(said.out)
    assert said.code == 2
    assert from_wire(RunCounts, shown["counts"]).findings == len(shown["findings"]) == 1
    assert shown["gaps"][0]["error"] == HOLE.error
    assert shown["findings"][0]["disposition"] == "planned"


GUIDANCE = Guidance(remedy="Move it on.", links=("https://a.test/1",))


def test_what_a_policy_tells_people_to_do_stands_below_its_findings(call_on: Call) -> None:
    house = House(a_bundle(guidance=GUIDANCE))
    a_run(house)
    said = call_on(house, "run", "show")
    assert said.out.endswith("\nmemory-oversized: Move it on.\n  https://a.test/1\n")
    shown = json.loads(call_on(house, "run", "show", "--json").out)
    assert shown["guidance"] == {
        "memory-oversized": {"remedy": "Move it on.", "links": ["https://a.test/1"]}
    }


def test_links_without_a_remedy_are_shown_too(call_on: Call) -> None:
    house = House(a_bundle(guidance=Guidance(links=("https://a.test/1",))))
    a_run(house)
    assert "memory-oversized: read more\n  https" in call_on(house, "run", "show").out


def test_a_policy_that_found_nothing_tells_nothing(call_on: Call) -> None:
    house = House(a_bundle(guidance=GUIDANCE))
    house.plant("busy", peak_mb=2900.0)
    house.run()
    assert "Move it on" not in call_on(house, "run", "show").out


def test_s10_an_exemption_that_covers_nothing_or_ends_soon_is_named(call_on: Call) -> None:
    house = House()
    soon = (house.clock.now() + timedelta(days=2)).date()
    house.plant("lost", tags={"trimtab:exempt": "memory-oversize:2027-02-30"})
    house.plant("soon", tags={"trimtab:exempt": f"memory-oversized:{soon}"})
    house.run()
    said = call_on(house, "run", "show")
    assert "\n2 caveats: what to mend before it matters\n" in said.out
    assert (
        ":lost: tag trimtab:exempt: 'memory-oversize:2027-02-30' exempts from nothing" in said.out
    )
    assert f"'memory-oversized:{soon}' ends with that day" in said.out
    shown = json.loads(call_on(house, "run", "show", "--json").out)
    assert [caveat["about"][-5:] for caveat in shown["caveats"]] == [":lost", ":soon"]


def test_many_caveats_are_counted(call_on: Call) -> None:
    house = House()
    for n in range(60):
        house.plant(f"f{n}", tags={"trimtab:exempt": "all"})
    house.run()
    out = call_on(house, "run", "show").out
    assert "60 caveats" in out
    assert "  and 10 more\n" in out


def test_a_run_of_an_earlier_build_is_shown_without(call_on: Call) -> None:
    house = House()
    a_run(house)
    for key in (keys.plan, keys.counts):
        house.store.put(key("run-0"), house.store.get(key("run-1")))
    said = call_on(house, "run", "show", "run-0")
    assert (said.code, said.out.startswith("run run-0\n")) == (1, True)


def test_an_unknown_run_and_an_empty_hub_are_unread(call_on: Call) -> None:
    house = House()
    nothing = call_on(house, "run", "show")
    assert (nothing.code, "no run has finished yet" in nothing.err) == (2, True)
    unknown = call_on(house, "run", "show", "run-9")
    assert (unknown.code, "run 'run-9' is not known" in unknown.err) == (2, True)


def test_a_run_that_has_not_finished_says_so(call_on: Call) -> None:
    house = House()
    house.ledger.append(
        "run#run-2", event="discovered", actor="test", data={}, at=house.clock.now()
    )
    said = call_on(house, "run", "show", "run-2")
    assert (said.code, "has not finished" in said.err) == (2, True)
    assert "not finished" in call_on(house, "run", "list").out


def test_runs_are_listed_newest_first_and_no_more_than_asked_for(call_on: Call) -> None:
    house = House()
    a_run(house)
    house.clock.advance(timedelta(hours=24))
    house.run("run-2")
    listed = call_on(house, "run", "list")
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()] == ["run", "run-2", "run-1"]
    only = call_on(house, "run", "list", "--last", "1", "--json")
    assert [json.loads(line)["run"] for line in only.out.splitlines()] == ["run-2"]
