"""Does the table of a scan fold, add up, and call nothing proposed that the bundle holds back?"""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Scan
from tests.cli.test_scan import a_file
from tests.fakes.builders import ACCOUNT, REGION
from tests.pipeline.house import House
from trimtab.cli.scan_table import say_gaps
from trimtab.domain.arn import Target
from trimtab.domain.fleet import Gap


def test_a_saving_that_the_ceiling_holds_back_is_possible_and_not_proposed(
    scan: Scan, policies: Path
) -> None:
    shipped = Path(__file__).parents[2] / "policies"
    (policies / "cost" / "memory-oversized.yaml").write_text(
        (shipped / "cost" / "memory-oversized.yaml").read_text()
    )
    (policies / "fleet.yaml").write_text((shipped / "fleet.yaml").read_text())
    house = House()
    house.plant("wide", invocations=100_000, duration_ms=2000)
    out = scan(house, *HERE).out
    assert "possible saving by changes of 1 function: between " in out
    assert "nothing of it would be proposed now: modes and ceilings of the bundle" in out
    shown = json.loads(scan(house, *HERE, "--output", "json").out)
    assert (shown["saving"]["allowed_now"], shown["saving"]["functions_allowed_now"]) == (None, 0)
    assert {one["mode"] for one in shown["verdicts"] if one["saving"]} == {"observe"}
    page = scan(house, *HERE, "--output", "html").out
    assert page.count("nothing of it would be proposed now") == 2
    assert "proposed for" not in page


def test_what_is_exempt_is_shown_with_its_last_day_and_who_says_why(
    scan: Scan, policies: Path
) -> None:
    (policies / "exemptions.yaml").write_text(
        "exemptions:\n"
        "  - policy: unused\n"
        f"    functions: ['arn:aws:lambda:{REGION}:{ACCOUNT}:function:i*']\n"
        "    why: year end\n    who: pay@example.com\n    until: 2027-01-31\n"
    )
    house = House()
    house.plant("idle", invocations=0)
    said = scan(house, *HERE)
    assert (said.code, "0 findings + 1 suppressed" in said.out) == (0, True)
    row = said.out.splitlines()[-1].split("  ")
    assert [cell.strip() for cell in row if cell][-4:] == [
        "2027-01-31",
        "pay@example.com",
        "year end",
        "usage.invocations = 0",
    ]
    (found,) = json.loads(scan(house, *HERE, "--output", "json").out)["verdicts"]
    assert found["suppressed_until"] == "2027-02-01T00:00:00+00:00"
    assert (found["suppressed_by"], found["suppressed_why"]) == ("pay@example.com", "year end")
    (row,) = csv.DictReader(io.StringIO(scan(house, *HERE, "--output", "csv").out))
    assert (row["suppressed_by"], row["suppressed_why"]) == ("pay@example.com", "year end")
    assert row["suppressed_until"] == "2027-02-01T00:00:00+00:00"
    said = "until the end of 2027-01-31 (pay@example.com: year end)"
    for form in ("html", "sarif"):
        assert said in scan(house, *HERE, "--output", form).out


def test_of_many_reasons_the_first_gaps_are_named_and_the_others_counted(
    scan: Scan, tmp_path: Path
) -> None:
    house = House()
    accounts = [{"account_id": f"{n:012d}", "role": "reader"} for n in range(1, 15)]
    for account in accounts:
        target = Target(account=account["account_id"], region=REGION)
        house.plant("one", target=target)
        house.cloud.deny(target)
    out = scan(house, "--accounts", a_file(tmp_path, *accounts), *HERE).out
    first, second = out.splitlines()[:2]
    assert first == "14 gaps, 1 reason: what is not known"
    assert second.startswith("  14 places in 14 accounts, such as 000000000001 eu-west-1, 0000")


def test_no_line_of_the_table_ends_in_spaces(scan: Scan) -> None:
    house = House()
    house.plant("idle", invocations=0)
    lines = scan(house, *HERE).out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


def test_s08_reasons_that_do_not_fit_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = [Gap(account="*", region="*", what=f"page {n}", error="denied") for n in range(14)]
    say_gaps(gaps)
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == (
        "14 gaps: what is not known",
        "  and 2 other reasons: JSON has every gap",
    )
    assert len(lines) == 14
