"""Does a scan look where it was told to, and say what is probably not meant?"""

from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Scan
from tests.cli.test_scan import a_file
from tests.fakes.builders import ACCOUNT, REGION, an_account
from tests.pipeline.house import House


def test_a_region_that_is_not_known_is_warned_of_with_the_nearest_and_looked_at(scan: Scan) -> None:
    said = scan(House(), "--regions", f"us-esat-1,{REGION}")
    assert "warning: unknown region 'us-esat-1': did you mean 'us-east-1'?" in said.err
    assert said.err.count("warning:") == 1
    assert "1 account, 2 targets" in said.out


def test_a_region_of_the_accounts_file_is_warned_of_too(scan: Scan, tmp_path: Path) -> None:
    accounts = a_file(tmp_path, {"account_id": ACCOUNT, "regions": ["eu-wset-1"]})
    assert "did you mean 'eu-west-1'?" in scan(House(), "--accounts", accounts).err


@pytest.mark.parametrize("given", [(), HERE])
def test_an_organization_is_scanned_in_the_regions_of_the_fleet_if_none_are_said(
    scan: Scan, policies: Path, given: tuple[str, ...]
) -> None:
    fleet = policies / "fleet.yaml"
    fleet.write_text(fleet.read_text().replace(f"[{REGION}]", "[us-east-1, us-west-2]"))
    said = scan(House(accounts=(an_account(),)), "--organization", *given)
    assert said.code in (0, 2)
    assert f"1 account, {1 if given else 2} target" in said.out


def test_an_account_that_the_fleet_excludes_is_looked_at_and_told(
    scan: Scan, policies: Path, tmp_path: Path
) -> None:
    fleet = policies / "fleet.yaml"
    excluded = f"scope: {{exclude_accounts: ['{ACCOUNT}'], "
    fleet.write_text(fleet.read_text().replace("scope: {", excluded, 1))
    house = House()
    house.plant(invocations=5)
    said = scan(house, "--accounts", a_file(tmp_path, {"account_id": ACCOUNT}), *HERE)
    assert f"account {ACCOUNT} is looked at, as the accounts file names it" in said.err
    assert (said.code, "1 function" in said.out) == (0, True)
    assert "warning" not in scan(house, *HERE).err
