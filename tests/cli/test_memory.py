"""Does `trimtab memory` tell a curve, draw it, and take in what was measured?"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.cli.conftest import CALLER, Call, Said
from tests.domain.test_power_tuning import ADDRESS, HOSTILE, an_execution
from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.points import FakePoints
from tests.flows.test_change_answer import with_advice
from tests.pipeline.house import FILES, House
from tests.report.curves import CURVES, a_curve
from tests.report.hostile import TEXTS
from trimtab import wiring
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.flows.memory_import import memory_chain
from trimtab.wiring import Lookout

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

    def called(house: House, name: str = "orders", *given: str) -> Said:
        rest = ("--stack", "hub", "--policies", str(bundle), *given)
        return call_on(house, "memory", "explain", name, *rest)

    return called


@pytest.fixture
def explain_now(monkeypatch: pytest.MonkeyPatch, call: Call, bundle: Path) -> Explain:
    def called(house: House, name: str = ORDERS, *given: str) -> Said:
        out = Lookout(
            home=lambda: ACCOUNT,
            accounts=house.accounts,
            fleet=lambda roles, external_ids: house.fleet,
            prices=house.prices,
            clock=house.clock,
        )
        monkeypatch.setattr(wiring, "lookout", lambda _: out)
        return call("memory", "explain", name, "--policies", str(bundle), *given)

    return called


def a_run(advice: Any = None, **planted: Any) -> House:
    house = House()
    house.plant(**planted)
    house.run()
    return house if advice is None else with_advice(house, advice)


def recommended(curve: Any = CURVES["usual"]) -> Recommendation:
    house = a_run()
    (item,) = house.plan().items
    assert isinstance(item.finding.advice, Recommendation)
    return replace(item.finding.advice, curve=curve)


def test_a_curve_is_a_table_by_size_with_what_it_is_based_on(explain: Explain) -> None:
    said = explain(a_run(recommended()))
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[:2] == [ORDERS, "run run-1"]
    assert "planned: within all limits" in lines
    (now,) = [x for x in lines if x.startswith("3,008 MB")]
    assert now.split()[2:6] == ["now", "420", "ms", "(412"]
    (chosen,) = [x for x in lines if x.startswith("1,769 MB")]
    assert "chosen" in chosen
    (low,) = [x for x in lines if x.startswith("768 MB")]
    assert low.endswith("may be 88 % slower; allowed are 10 %")
    assert any(x.startswith("Cost of an invocation at 1,769 MB: 59 %") for x in lines)
    assert "peak memory 300 MB of 3,008 MB" in said.out


def test_an_abstention_says_what_is_at_stake_and_what_would_tell(explain: Explain) -> None:
    advice = Abstention(reason="no CPU evidence", curve=CURVES["nothing"], at_stake_usd_month=42.0)
    said = explain(a_run(advice))
    assert said.code == 1
    assert "no size is proposed" in said.out
    assert "at stake: up to $42 a month; power tuning would tell" in said.out
    assert "  no CPU evidence" in said.out
    assert "It is not said what that is based on." in said.out
    calm = explain(a_run(Abstention(reason="starved")))
    assert "at stake" not in calm.out
    assert "this advice has no curve" in calm.out


def test_without_a_finding_the_next_step_is_said(explain: Explain) -> None:
    said = explain(a_run(memory_mb=256))
    assert said.code == 0
    assert "policy memory-oversized: compliant: as the run judged it" in said.out
    assert f"trimtab explain {ORDERS} memory-oversized" in said.out


def test_s08_what_is_not_known_ends_with_2(explain_now: Explain) -> None:
    house = House()
    house.plant(peak_mb=None)
    said = explain_now(house)
    assert said.code == 2
    assert "mend what could not be read" in said.out


def test_read_now_without_a_hub(explain_now: Explain) -> None:
    house = House()
    house.plant()
    said = explain_now(house)
    assert (said.code, "read now" in said.out) == (1, True)
    assert "proposed: 2,592 MB, saves " in said.out


def test_s08_a_gap_is_said_and_ends_with_2(explain_now: Explain) -> None:
    house = House()
    house.plant()
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    said = explain_now(house)
    assert (said.code, "gap: GetMetricData: " in said.out) == (2, True)
    assert "mend what could not be read" in said.out


def test_json_is_one_object(explain: Explain) -> None:
    told = json.loads(explain(a_run(recommended()), "orders", "--json").out)
    assert (told["function"], told["origin"]) == (ORDERS, "run run-1")
    (one,) = told["findings"]
    assert one["advice"]["curve"]["chosen_mb"] == 1769
    assert one["bounds"]["max_slowdown"] == 0.1
    told = json.loads(explain(a_run(memory_mb=256), "orders", "--json").out)
    assert told["policies_without_finding"][0]["assessment"] == "compliant"


@pytest.mark.parametrize("ending", [".svg", ".html"])
def test_a_picture_is_written(explain: Explain, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"orders{ending}"
    said = explain(a_run(recommended()), "orders", "--picture", str(file))
    assert (said.code, said.out.splitlines()[-1]) == (1, f"picture: {file}")
    text = file.read_text(encoding="utf-8")
    assert "10% slower" in text
    assert "--deep:" in text, "its colours are in it"
    if ending == ".svg":
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    else:
        assert "peak memory 300 MB" in text


def test_without_bounds_the_picture_has_no_limit(call_on: Call, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    given = ("--stack", "hub", "--policies", str(tmp_path / "none"), "--picture", str(file))
    said = call_on(a_run(recommended()), "memory", "explain", "orders", *given)
    assert (said.code, "slower" in file.read_text()) == (1, False)


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_words_are_told_on_one_line(
    explain: Explain, text: str, tmp_path: Path
) -> None:
    advice = Abstention(reason=text, curve=a_curve(basis=(text,)), at_stake_usd_month=11.0)
    file = tmp_path / "x.html"
    said = explain(a_run(advice), "orders", "--picture", str(file))
    usual = explain(a_run(replace(advice, reason="x", curve=a_curve(basis=("x",)))))
    assert len(said.out.splitlines()) == len(usual.out.splitlines()) + 1
    page = file.read_text()
    for mark in ("<script", "<img", "<style>body"):
        assert mark not in page


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (("orders",), 3, "give the ARN to read it now, or --stack for the last run"),
        (("arn:aws:s3:::x",), 3, "is not the ARN"),
        ((ORDERS, "--picture", "x.png"), 3, "FILE.svg, or FILE.html"),
        ((ORDERS, "--stack", "hub", "--role", "r"), 3, "go without --stack"),
        ((ORDERS, "--stack", "hub", "--external-id", "r"), 3, "go without --stack"),
        (("payments", "--stack", "hub"), 2, "has not seen payments"),
        ((f"{ORDERS}:live", "--stack", "hub", "--picture", "none/x.svg"), 3, "No such file"),
    ],
)
def test_a_command_line_that_cannot_be_used_says_what_to_do(
    call_on: Call, given: tuple[str, ...], code: int, why: str
) -> None:
    said = call_on(a_run(recommended()), "memory", "explain", *given)
    assert (said.code, why in " ".join(said.err.split())) == (code, True)


def test_where_there_is_no_curve_there_is_no_picture(explain: Explain, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    said = explain(a_run(Abstention(reason="x")), "orders", "--picture", str(file))
    assert (said.code, "there is no curve" in said.err, file.exists()) == (3, True, False)


@pytest.mark.parametrize("command", ["explain", "import"])
def test_the_help_teaches_with_an_example(call: Call, command: str) -> None:
    said = call("memory", command, "--help")
    assert (said.code, f"trimtab memory {command}" in said.out) == (0, True)


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> FakePoints:
    kept = FakePoints()
    monkeypatch.setattr(wiring, "memory_records", lambda _: kept)
    return kept


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "power-tuning.json"
    made.write_text(json.dumps(an_execution()))
    return made


def test_a_measurement_is_kept_and_on_record_with_who_brought_it(
    call_on: Call, records: FakePoints, file: Path
) -> None:
    house = House()
    said = call_on(house, "memory", "import", str(file))
    assert said.code == 0
    assert said.out.splitlines()[:3] == [
        f"{ORDERS}: 2 sizes, kept", "  128 MB: mean 100 ms", "  1,024 MB: mean 12 ms"
    ]  # fmt: skip
    assert len(records.of(an_arn())) == 2
    (entry,) = house.ledger.entries(memory_chain(an_arn()))
    assert entry.actor == house.people.ids((CALLER,))[CALLER]
    again = call_on(house, "memory", "import", str(file), "--json")
    assert json.loads(again.out)["is_new"] is False
    story = call_on(house, "audit", "show", memory_chain(an_arn()))
    assert (
        "power tuning of 2 sizes taken as evidence (128 MB 100.5 ms, 1024 MB 12 ms; " in story.out
    )
    assert call_on(house, "audit", "list", "--event", "memory_imported").code == 0


def test_how_often_is_asked_where_the_file_does_not_say(
    call_on: Call, records: FakePoints, file: Path
) -> None:
    file.write_text(ADDRESS)
    house = House()
    said = call_on(house, "memory", "import", str(file), "--function", ORDERS)
    assert "--num tells better" in said.out
    story = call_on(house, "audit", "show", memory_chain(an_arn())).out
    assert "an unknown number of" in story
    call_on(house, "memory", "import", str(file), "--function", ORDERS, "--num", "40")
    assert {p.invocations for p in records.of(an_arn())} == {5, 40}


@pytest.mark.parametrize(("text", "why"), HOSTILE[:12], ids=[why for _, why in HOSTILE[:12]])
def test_what_cannot_be_used_ends_with_3_and_nothing_is_kept(
    call_on: Call, records: FakePoints, file: Path, text: str, why: str
) -> None:
    file.write_text(text)
    house = House()
    said = call_on(house, "memory", "import", str(file), "--function", ORDERS)
    assert (said.code, why in " ".join(said.err.split())) == (3, True)
    assert (records.kept, list(house.ledger.chains())) == ({}, [])


def test_the_address_of_the_visualization_may_stand_in_the_place_of_a_file(
    call_on: Call, records: FakePoints
) -> None:
    said = call_on(House(), "memory", "import", ADDRESS, "--function", ORDERS)
    assert (said.code, len(records.of(an_arn()))) == (0, 6)
    said = call_on(House(), "memory", "import", "https://example.com/", "--function", ORDERS)
    assert (said.code, "nor the address of a visualization" in said.err) == (3, True)


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        ("no json", (), "neither JSON nor the address"),
        (json.dumps(an_execution()), ("--function", "orders"), "is not the ARN"),
        (json.dumps(an_execution()), ("--num", "1"), "num is 1"),
    ],
)
def test_what_cannot_be_used_is_said_before_a_hub_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    call: Call,
    file: Path,
    text: str,
    given: tuple[str, ...],
    why: str,
) -> None:
    def no_credentials(stack: str) -> NoReturn:
        raise InputError(f"this shell has no credentials for {stack}")

    monkeypatch.setattr(wiring, "hub_of", no_credentials)
    file.write_text(text)
    said = call("memory", "import", str(file), *given)
    assert (said.code, why in " ".join(said.err.split())) == (3, True)
    file.write_text(json.dumps(an_execution()))
    assert "has no credentials" in call("memory", "import", str(file)).err


def test_a_file_that_cannot_be_read_is_said(call_on: Call, tmp_path: Path) -> None:
    said = call_on(House(), "memory", "import", str(tmp_path / "none.json"))
    assert (said.code, "No such file" in said.err) == (3, True)
    binary = tmp_path / "x.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    said = call_on(House(), "memory", "import", str(binary))
    assert (said.code, "is no text" in said.err) == (3, True)
