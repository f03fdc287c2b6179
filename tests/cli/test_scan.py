"""Does `trimtab scan` find, explain, admit what it does not know, and end with the right code?"""

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Call, Scan
from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account
from tests.pipeline.house import OTHER_ACCOUNT, House
from trimtab.domain.arn import Target
from trimtab.domain.fleet import Gap, LeftOut

OTHER = Target(account=OTHER_ACCOUNT, region=REGION)
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/reader"


def a_file(folder: Path, *accounts: Mapping[str, object]) -> str:
    path = folder / "accounts.json"
    path.write_text(json.dumps(list(accounts)))
    return str(path)


def test_a_clean_account_ends_with_0(scan: Scan) -> None:
    house = House()
    house.plant(invocations=5)
    said = scan(house, *HERE)
    assert said.code == 0
    assert said.out.startswith("0 gaps\n")
    assert "1 verdict = 1 compliant + 0 not applicable" in said.out
    assert f"account {ACCOUNT}, 1 of 1: 1 function, 0 findings, 0 gaps" in said.err


def test_a_finding_ends_with_1_and_says_why(scan: Scan) -> None:
    house = House()
    house.plant("idle", invocations=0)
    said = scan(house, *HERE)
    assert said.code == 1
    assert "usage.invocations = 0" in said.out
    assert "idle" in said.out
    assert scan(house, *HERE, "--fail-on", "medium").code == 0


def test_s08_denied_metrics_end_with_2_whatever_was_found(
    scan: Scan, tmp_path: Path, doors: dict[str, Mapping[str, str]]
) -> None:
    house = House()
    house.plant("idle", invocations=0)
    for name in ("one", "two"):
        house.plant(name, target=OTHER, invocations=0)
    house.cloud[OTHER].metrics.fail_always("GetMetricData", "AccessDenied")
    accounts = a_file(
        tmp_path,
        {"account_id": ACCOUNT, "regions": [REGION]},
        {"account_id": OTHER_ACCOUNT, "name": "shop", "role": ROLE, "regions": [REGION]},
    )
    said = scan(house, "--accounts", accounts)
    assert said.code == 2
    assert said.out.startswith("3 gaps, 2 reasons: what is not known\n")
    where = f"2 functions in 1 account, such as {OTHER_ACCOUNT} {REGION} one"
    assert f"  {where}, {OTHER_ACCOUNT} {REGION} two: not judged by unused: " in said.out
    assert re.search(r"^low +unused +1 +0 +2$", said.out, re.MULTILINE)
    assert "0 compliant + 0 not applicable + 2 insufficient data + 1 finding" in said.out
    assert f"account {OTHER_ACCOUNT} shop, " in said.err
    assert doors == {"roles": {OTHER_ACCOUNT: ROLE}, "external_ids": {}}


def test_an_organization_is_scanned_with_one_role_and_its_gaps_count(
    scan: Scan, doors: dict[str, Mapping[str, str]]
) -> None:
    gap = Gap(account="*", region="*", what="organizations:ListAccounts page 2", error="denied")
    house = House(
        accounts=(an_account(), an_account(OTHER_ACCOUNT)),
        gaps=(gap,),
        left_out=(LeftOut(account="333333333333", reason="its state is SUSPENDED"),),
    )
    for target in (TARGET, OTHER):
        house.plant(target=target, invocations=5)
    given = ("--organization", "--role", "reader", "--external-id", "x", *HERE)
    said = scan(house, *given)
    assert said.code == 2
    assert "left out: account 333333333333: its state is SUSPENDED" in said.out
    assert doors == {"roles": {OTHER_ACCOUNT: "reader"}, "external_ids": {OTHER_ACCOUNT: "x"}}
    shown = json.loads(scan(house, *given, "--output", "json").out)
    assert shown["gaps"][0]["what"] == gap.what
    assert shown["left_out"][0]["account"] == "333333333333"
    assert {one["assessment"] for one in shown["verdicts"]} == {"compliant"}


def test_as_json_every_verdict_is_explained_and_the_counts_add_up(scan: Scan) -> None:
    house = House()
    house.plant("idle", invocations=0)
    house.plant("busy", invocations=5)
    said = scan(house, *HERE, "--output", "json")
    shown = json.loads(said.out)
    assert {one["because"] for one in shown["verdicts"]} == {
        "usage.invocations = 0",
        "usage.invocations = 0: 70",
    }
    counts = shown["counts"]
    assert counts["verdicts"] == len(shown["verdicts"]) == 2
    assert (counts["findings"], counts["compliant"]) == (1, 1)
    assert shown["targets"][0]["functions"] == 2


def test_as_csv_gaps_come_first_and_no_cell_is_a_formula(scan: Scan, tmp_path: Path) -> None:
    house = House()
    house.plant("-cmd", invocations=0)
    house.plant("fine", invocations=5)
    house.cloud.deny(OTHER)
    accounts = a_file(tmp_path, {"account_id": ACCOUNT}, {"account_id": OTHER_ACCOUNT})
    said = scan(house, "--accounts", accounts, *HERE, "--output", "csv")
    gap, found = csv.DictReader(io.StringIO(said.out))
    assert (gap["what"], gap["account"]) == ("gap", OTHER_ACCOUNT)
    assert (found["what"], found["function"], found["policy"]) == ("finding", "'-cmd", "unused")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "no regions: give --regions"),
        (("--regions", "moon"), "'moon' is not a region"),
        (("--regions", REGION, "--role", "a b"), "neither the name nor the ARN"),
        (("--regions", REGION, "--accounts", "missing.yaml"), "missing.yaml: No such file"),
        (("--regions", REGION, "--accounts", "x", "--organization"), "say one of them"),
        (("--regions", REGION, "--output", "xml"), "xml"),
        (("--regions", REGION, "--policies", "nowhere"), "holds no policy files"),
    ],
)
def test_a_command_line_that_cannot_be_used_ends_with_3(
    scan: Scan, given: tuple[str, ...], said: str
) -> None:
    house = House()
    answered = scan(house, *given)
    assert (answered.code, said in answered.err) == (3, True), answered.err
    assert house.fleet.opened == []


@pytest.mark.parametrize("text", ["- account_id: 5\n", "accounts: {\n", "[]"])
def test_an_accounts_file_that_cannot_be_used_ends_with_3(
    scan: Scan, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    said = scan(House(), "--accounts", str(path), *HERE)
    assert (said.code, "accounts.yaml" in said.err) == (3, True)


def test_no_account_at_all_is_not_clean(scan: Scan) -> None:
    house = House()
    house.accounts = type(house.accounts)()
    said = scan(house, "--organization", *HERE)
    assert (said.code, "nothing is known of any" in said.err) == (2, True)


def test_the_saving_of_proposed_changes_is_told_in_every_form(scan: Scan, policies: Path) -> None:
    shipped = Path(__file__).parents[2] / "policies" / "cost" / "memory-oversized.yaml"
    (policies / "cost" / shipped.name).write_text(shipped.read_text())
    fleet = policies / "fleet.yaml"
    fleet.write_text(fleet.read_text().replace("default: observe", "default: approve"))
    house = House()
    house.plant("wide", invocations=100_000, duration_ms=2000)
    house.plant("narrow", memory_mb=512)
    told = re.search(
        r"possible saving by changes of 1 function: (.*), an estimate at list prices",
        scan(house, *HERE).out,
    )
    assert told is not None
    shown = json.loads(scan(house, *HERE, "--output", "json").out)
    assert shown["saving"]["functions"] == shown["saving"]["functions_allowed_now"] == 1
    assert shown["saving"]["allowed_now"] == shown["saving"]["total"]
    assert list(shown["saving"]["not_proposed"].values()) == [1]
    low, high = (shown["saving"]["total"][f"{end}_usd_month"] for end in ("low", "high"))
    assert low < high
    assert high > 0
    (wide,) = [one for one in shown["verdicts"] if one["saving"]]
    assert wide["saving"] == shown["saving"]["total"]
    assert set(shown["targets"][0]["usd_month"]) >= {wide["function"]}
    rows = list(csv.DictReader(io.StringIO(scan(house, *HERE, "--output", "csv").out)))
    by_name = {row["function"]: row for row in rows}
    assert by_name["wide"]["saving_high_usd_month"] == str(high)
    assert by_name["narrow"]["saving_high_usd_month"] == ""
    assert by_name["narrow"]["not_proposed"].startswith("no step is likely enough to hold")
    page = scan(house, *HERE, "--output", "html").out
    assert f'<p class="money">{told[1]}</p>' in page


def test_as_html_it_is_one_page(scan: Scan) -> None:
    house = House()
    house.plant("idle", invocations=0)
    said = scan(house, *HERE, "--output", "html")
    assert said.code == 1
    assert said.out.startswith("<!doctype html>")
    assert "idle" in said.out


def test_explain_shows_the_tree_and_ends_as_the_verdict_says(
    scan: Scan, call: Call, policies: Path
) -> None:
    house = House()
    arn = str(house.plant("idle", invocations=0))
    scan(house, *HERE)
    given = ("explain", arn, "unused", "--policies", str(policies))
    said = call(*given)
    assert said.code == 1
    assert "non compliant: usage.invocations = 0" in said.out
    assert (
        "0 (CloudWatch Invocations, from 2026-10-19 10:00:00 to 2026-11-02 10:00:00 UTC)"
        in said.out
    )
    assert json.loads(call(*given, "--json").out)["assessment"] == "non_compliant"
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    denied = call(*given)
    assert (denied.code, "gap: GetMetricData" in denied.out) == (2, True)
    assert call("explain", "idle", "unused", "--policies", str(policies)).code == 3
    assert call("explain", arn, "other", "--policies", str(policies)).code == 3


def test_explain_of_a_clean_function_ends_with_0(
    scan: Scan, call: Call, policies: Path, doors: dict[str, Mapping[str, str]]
) -> None:
    house = House()
    arn = str(house.plant("busy", target=OTHER, invocations=5))
    scan(house, *HERE)
    given = ("--role", "reader", "--external-id", "x", "--policies", str(policies))
    assert call("explain", arn, "unused", *given).code == 0
    assert doors == {"roles": {OTHER_ACCOUNT: "reader"}, "external_ids": {OTHER_ACCOUNT: "x"}}


def test_as_sarif_findings_are_results_and_gaps_are_told(scan: Scan, tmp_path: Path) -> None:
    house = House()
    house.plant("idle", invocations=0)
    house.plant("busy", invocations=5)
    (run,) = json.loads(scan(house, *HERE, "--output", "sarif").out)["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("unused", "note")
    assert "usage.invocations = 0" in result["message"]["text"]
    assert run["invocations"][0]["executionSuccessful"] is True
    house.cloud.deny(OTHER)
    accounts = a_file(tmp_path, {"account_id": ACCOUNT}, {"account_id": OTHER_ACCOUNT})
    said = scan(house, "--accounts", accounts, *HERE, "--output", "sarif")
    (invocation,) = json.loads(said.out)["runs"][0]["invocations"]
    assert (said.code, invocation["executionSuccessful"]) == (2, False)
    assert OTHER_ACCOUNT in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_s08_as_asff_a_gap_is_a_finding_that_is_not_available(scan: Scan) -> None:
    house = House(gaps=(Gap(account="*", region="*", what="ListRoots", error="denied"),))
    arn = str(house.plant("idle", invocations=0))
    given = ("--organization", *HERE, "--output", "asff")
    said = scan(house, *given)
    (found,) = json.loads(said.out)["Findings"]
    assert found["Compliance"]["Status"] == "FAILED"
    assert found["FindingProviderFields"]["Severity"] == {"Label": "LOW"}
    assert found["Resources"][0]["Id"] == arn
    assert found["AwsAccountId"] == ACCOUNT
    assert (said.code, "not in ASFF" in said.err) == (2, True)
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    target, function = json.loads(scan(house, *given).out)["Findings"]
    assert {one["Compliance"]["Status"] for one in (target, function)} == {"NOT_AVAILABLE"}
    assert target["Resources"][0]["Type"] == "AwsAccount"
    assert function["Resources"][0]["Id"] == arn
    assert target["Id"] != function["Id"]


def test_what_is_exempt_is_suppressed_in_every_format(scan: Scan) -> None:
    house = House()
    house.plant("idle", invocations=0, tags={"trimtab:exempt": "unused:2026-11-30"})
    (found,) = json.loads(scan(house, *HERE, "--output", "asff").out)["Findings"]
    assert found["Workflow"] == {"Status": "SUPPRESSED"}
    (run,) = json.loads(scan(house, *HERE, "--output", "sarif").out)["runs"]
    assert run["results"][0]["suppressions"][0]["kind"] == "external"
    assert scan(house, *HERE, "--output", "csv").out.splitlines()[1].startswith('"suppressed"')
    assert scan(house, *HERE).code == 0


class Terminal(io.StringIO):
    """Standard input with somebody in front of it."""

    def isatty(self) -> bool:
        return True


def test_regions_are_asked_for_where_somebody_can_answer(
    scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    house.plant(invocations=5)
    monkeypatch.setattr("sys.stdin", Terminal(f"{REGION}\n"))
    said = scan(house)
    assert (said.code, house.fleet.opened) == (0, [TARGET])
    assert "Regions to look at" in said.err


EXEMPTION = """exemptions:
  - policy: unused
    functions: ["arn:aws:lambda:eu-west-1:*"]
    why: w
    who: dana@example.com
    until: {until}
"""


def test_s10_a_scan_names_exemptions_that_end_soon(scan: Scan, policies: Path) -> None:
    house = House()
    until = house.clock.now().date()
    (policies / "exemptions.yaml").write_text(EXEMPTION.format(until=until))
    house.plant("idle", invocations=0)
    said = scan(house, *HERE)
    assert said.code == 0
    assert "1 caveat: what to mend before it matters\n  exemptions.yaml: the exemption" in said.out
    as_json = scan(house, *HERE, "--output", "json")
    (caveat,) = json.loads(as_json.out)["caveats"]
    assert caveat["about"] == "exemptions.yaml"
    assert f"ends with {until}: ask dana@example.com" in caveat["text"]
    for output in ("csv", "html", "sarif", "asff", "json"):
        assert "caveat: exemptions.yaml" in scan(house, *HERE, "--output", output).err


def test_show_calls_says_what_was_asked_and_of_whom(scan: Scan) -> None:
    house = House()
    house.plant("used", invocations=5)
    house.plant("idle", invocations=0)
    said = scan(house, *HERE, "--show-calls")
    lines = [line.split()[1:] for line in said.err.splitlines()]
    assert ["1", "cloudwatch:GetMetricData"] in lines
    assert ["1", "tag:GetResources"] in lines
    assert "not counted, as they are few for a whole scan: sts:AssumeRole" in said.err
    assert ["2", "metrics"] in lines
    assert ["1", "tags"] in lines
    assert "3 AWS calls, 1.500 for each function:" in said.err
