"""Does `trimtab pc explain` tell what is provisioned, what is proposed, and what each costs?"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call, Said
from tests.fakes.builders import an_arn
from tests.flows.test_change_answer import with_advice
from tests.pipeline.house import FILES, House
from tests.report.curves import CURVES
from tests.report.hostile import TEXTS
from tests.report.weeks import KINDS, WEEKS, a_recommendation, an_advice, hostile
from trimtab.domain.evidence import Unknown
from trimtab.domain.finding import Abstention
from trimtab.domain.provisioned import ProvisionedVerdict
from trimtab.domain.wire import to_wire
from trimtab.flows import keys

ORDERS = str(an_arn())
Explain = Callable[..., Said]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "bundle" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "bundle"


@pytest.fixture
def explain(call_on: Call, bundle: Path) -> Explain:
    """Ask the hub of a house for its last run."""

    def called(house: House, *given: str) -> Said:
        rest = ("--stack", "hub", "--policies", str(bundle), *given)
        return call_on(house, "pc", "explain", "orders", *rest)

    return called


def a_run(advice: Any = None, **planted: Any) -> House:
    house = House()
    house.plant(**planted)
    house.run()
    return house if advice is None else with_advice(house, advice)


def recommended(what: str = "usual") -> House:
    return a_run(a_recommendation(WEEKS[what], KINDS[what]))


def test_it_tells_the_verdict_the_costs_the_schedule_and_what_that_is_based_on(
    explain: Explain,
) -> None:
    said = explain(recommended())
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[:2] == [ORDERS, "run run-1"]
    assert (
        "Provisioned concurrency of alias live: under-used; too little of it is busy, and less "
        "would do." in lines
    )
    assert (
        "proposed: 2 to 12 provisioned by schedule, saves $41\N{EN DASH}53 a month, estimated"
        in lines
    )
    (now,) = [x for x in lines if x.startswith("now ")]
    assert now.split() == ["now", "14", "$141", "a", "month", "18", "%", "0.2", "%"]
    (proposed,) = [x for x in lines if x.startswith("proposed ")]
    assert proposed.split()[-5:] == ["month", "61.3", "%", "1.1", "%"]
    (on_demand,) = [x for x in lines if x.startswith("on demand")]
    assert on_demand.split() == ["on", "demand", "none", "$49", "a", "month"]
    at = lines.index("schedule, in Europe/Berlin:")
    assert lines[at + 1 : at + 3] == [
        "  Mon\N{EN DASH}Fri   07:50 \N{RIGHTWARDS ARROW} 12, 18:10 \N{RIGHTWARDS ARROW} 4",
        "  Sat\N{EN DASH}Sun   all day 2",
    ]
    assert any(x.startswith("Mon needed   \N{LOWER ONE EIGHTH BLOCK}") for x in lines)
    assert "Each cold start that the proposal avoids costs $0.0021 over on demand." in lines
    assert lines[-1].startswith("Based on: 20,160 minutes of 14 days")


def test_a_constant_level_has_no_schedule(explain: Explain) -> None:
    said = explain(recommended("reduce"))
    assert "proposed: 5 provisioned, saves" in said.out
    assert "schedule" not in said.out
    said = explain(recommended("remove"))
    assert "proposed: nothing provisioned, saves" in said.out
    assert "proposed: on demand  none" in said.out


def test_the_verdict_is_told_where_nothing_is_proposed(explain: Explain) -> None:
    fine = WEEKS["nothing-proposed"].advice
    said = explain(a_run(Abstention(reason="all of it is needed", provisioned=fine)))
    assert said.code == 1
    assert "alias live: fine; it is as it should be." in said.out
    assert "no other level is proposed" in said.out
    assert "  all of it is needed" in said.out
    assert "proposed  " not in said.out


def test_an_advisor_that_could_not_weigh_anything_is_told_by_its_policy(explain: Explain) -> None:
    """The policy of the house asks for memory: a bare abstention of its is not about this."""
    said = explain(a_run(Abstention(reason="x")))
    assert (said.code, "policy memory-oversized" in said.out) == (0, False)
    assert "no other level is asked for" in said.out


def test_s08_an_abstention_without_a_week_says_so(call_on: Call, tmp_path: Path) -> None:
    house = a_run()
    plan = house.plan()
    items = tuple(
        replace(
            item,
            finding=replace(
                item.finding,
                advice=Abstention(reason="too little is known"),
                signals={"concurrency.provisioned": Unknown(reason="not asked")},
            ),
            remediation=None,
        )
        for item in plan.items
    )
    house.store.put(keys.plan("run-1"), to_wire(replace(plan, items=items)))
    given = ("--stack", "hub", "--policies", str(tmp_path / "none"))
    said = call_on(house, "pc", "explain", "orders", *given)
    assert (said.code, "this advice comes without a week" in said.out) == (1, True)
    assert "  too little is known" in said.out


def test_memory_is_not_told_of_what_is_provisioned(call_on: Call, bundle: Path) -> None:
    rest = ("--stack", "hub", "--policies", str(bundle))
    week = a_run(Abstention(reason="x", provisioned=an_advice()))
    assert call_on(week, "memory", "explain", "orders", *rest).code == 0
    curve = a_run(Abstention(reason="x", curve=CURVES["usual"]))
    assert call_on(curve, "pc", "explain", "orders", *rest).code == 0


def test_json_is_one_object(explain: Explain) -> None:
    told = json.loads(explain(recommended(), "--json").out)
    assert (told["function"], told["origin"]) == (ORDERS, "run run-1")
    (one,) = told["findings"]
    assert one["advice"]["provisioned"]["verdict"] == ProvisionedVerdict.UNDER_USED.value
    assert one["advice"]["after"] == {"minimum": 2, "maximum": 12}
    assert "bounds" not in one


@pytest.mark.parametrize("ending", [".svg", ".html"])
def test_a_picture_is_written(explain: Explain, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"orders{ending}"
    said = explain(recommended(), "--picture", str(file))
    assert (said.code, said.out.splitlines()[-1]) == (1, f"picture: {file}")
    text = file.read_text(encoding="utf-8")
    assert "proposed: 2 to 12 by schedule" in text
    assert "--deep:" in text, "its colours are in it"
    if ending == ".svg":
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    else:
        assert "14 provisioned all the time are 18 % busy" in text
        assert "Mon\N{EN DASH}Fri" in text


def test_where_there_is_no_week_there_is_no_picture(explain: Explain, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    said = explain(a_run(memory_mb=256), "--picture", str(file))
    assert (said.code, "there is no week" in said.err, file.exists()) == (3, True, False)


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_are_told_on_one_line(
    explain: Explain, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.html"
    said = explain(a_run(hostile(text).recommendation), "--picture", str(file))
    usual = explain(a_run(hostile("x").recommendation), "--picture", str(file))
    assert len(said.out.splitlines()) == len(usual.out.splitlines())
    explain(a_run(hostile(text).recommendation), "--picture", str(file))
    page = file.read_text()
    for mark in ("<script", "<img", "<style>body"):
        assert mark not in page


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (("orders",), 3, "give the ARN to read it now, or --stack for the last run"),
        ((ORDERS, "--picture", "x.png"), 3, "FILE.svg, or FILE.html"),
        ((ORDERS, "--stack", "hub", "--role", "r"), 3, "go without --stack"),
        (("payments", "--stack", "hub"), 2, "has not seen payments"),
    ],
)
def test_a_command_line_that_cannot_be_used_says_what_to_do(
    call_on: Call, given: tuple[str, ...], code: int, why: str
) -> None:
    said = call_on(recommended(), "pc", "explain", *given)
    assert (said.code, why in " ".join(said.err.split())) == (code, True)


def test_the_help_teaches_with_an_example(call: Call) -> None:
    said = call("pc", "explain", "--help")
    assert (said.code, "trimtab pc explain orders" in said.out) == (0, True)
