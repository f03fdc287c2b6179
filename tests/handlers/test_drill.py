"""Does the drill Lambda drill, report, tell, and look once a day, through its real entry point?"""

import importlib
import json
import os
from typing import Any

import pytest

from tests.fakes.builders import REGION
from tests.handlers.conftest import MOTO_ACCOUNT, Hub
from tests.pipeline.vaulted import House
from trimtab import settings
from trimtab.domain.drill import DRILL_CHAIN, NO_SANDBOX
from trimtab.flows import keys
from trimtab.flows.tell_drill import NEVER_DAYS
from trimtab.pipeline.backup import back_up
from trimtab.settings import NONE
from trimtab.wiring.vaulting import vault_of

SANDBOX = "777777777777"


@pytest.fixture
def vaulted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Add a vault with one backup, and what the settings of the drill say."""
    said = {
        "vault_bucket": "vault-{region}",
        "vault_regions": NONE,
        "vault_days": "400",
        "sandbox_account": NONE,
        "sandbox_role": "trimtab-sandbox",
        "sandbox_function_role": "trimtab-sandbox-function",
        "drill_size": "3",
        "drill_days": "7",
    }
    for name, value in said.items():
        monkeypatch.setenv(f"TRIMTAB_{name.upper()}", value)
    place: Any = {"LocationConstraint": REGION}
    hub.s3.create_bucket(Bucket=f"vault-{REGION}", CreateBucketConfiguration=place)
    return hub


def call(hub: Hub, event: dict[str, Any]) -> Any:
    return importlib.import_module("handlers.drill").handler(event, hub.context)


def keep_one(monkeypatch: pytest.MonkeyPatch) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    house = House()
    function = house.add("orders")
    vault = vault_of(settings.DrillSettings.read(os.environ))(REGION)
    made = back_up(function, house.archive(function), vault, now=datetime.now(UTC))
    assert made.is_complete
    return made.backup_id


def figures(text: str, name: str) -> list[float]:
    """Return what was written of a metric, line by line."""
    lines = [json.loads(line) for line in text.splitlines() if f'"{name}"' in line]
    return [line[name][0] for line in lines if name in line]


def test_without_a_sandbox_a_drill_reads_back_reports_and_counts_no_failure(
    vaulted: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backup_id = keep_one(monkeypatch)
    said = call(vaulted, {})
    assert (said["well"], said["not_restored"]) == (True, NO_SANDBOX)
    assert [(one["backup_id"], one["word"]) for one in said["functions"]] == [
        (backup_id, "read_back")
    ]
    assert vaulted.store.get(keys.drill(said["drill_id"]))["drill_id"] == said["drill_id"]
    events = [entry.event for entry in vaulted.ledger.entries(DRILL_CHAIN)]
    assert events == ["drill_begun", "drilled", "drill_ended"]
    assert figures(capsys.readouterr().out, "DrillFailures") == [0]
    assert vaulted.emails() == []


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (MOTO_ACCOUNT, "is the hub's own account"),
        ("111111111111", "has functions that are backed up"),
    ],
)
def test_s18_a_sandbox_that_somebody_relies_on_fails_the_drill_and_is_told(
    vaulted: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    account: str,
    said: str,
) -> None:
    keep_one(monkeypatch)
    monkeypatch.setenv("TRIMTAB_SANDBOX_ACCOUNT", account)
    report = call(vaulted, {"drill": {"by": "dana@example.com", "why": "a test"}})
    assert (report["well"], said in report["problems"][0]) == (False, True)
    assert figures(capsys.readouterr().out, "DrillFailures") == [1]
    assert len(vaulted.emails()) == 1


def test_a_sandbox_without_the_role_fails_the_drill(
    vaulted: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_SANDBOX_ACCOUNT", SANDBOX)
    keep_one(monkeypatch)
    report = call(vaulted, {})
    # moto lets anybody assume any role, and finds nothing in that account.
    assert report["sandbox"] == SANDBOX
    assert report["functions"][0]["word"] == "unfinished"
    assert report["well"] is False


def test_a_look_ahead_counts_nothing(
    vaulted: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_one(monkeypatch)
    event = {"by": "dana@example.com", "why": "a look", "dry_run": True}
    said = call(vaulted, {"drill": event})
    assert (said["backups"], len(said["sample"])) == (1, 1)
    assert figures(capsys.readouterr().out, "DrillFailures") == []
    assert vaulted.ledger.entries(DRILL_CHAIN) == ()


def test_the_look_of_a_day_says_how_old_the_last_drill_is(
    vaulted: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(vaulted, {"announce": True}) == {"expiring": 0, "drill_days": NEVER_DAYS}
    keep_one(monkeypatch)
    call(vaulted, {})
    assert call(vaulted, {"announce": True}) == {"expiring": 0, "drill_days": 0}
    written = capsys.readouterr().out
    assert figures(written, "DrillAgeDays") == [NEVER_DAYS, 0]
    assert figures(written, "VaultLooks") == [1, 1]


def test_what_ends_soon_is_told_to_the_owner_by_the_deployed_policies(
    vaulted: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_one(monkeypatch)
    monkeypatch.setenv("TRIMTAB_VAULT_DAYS", "20")
    assert call(vaulted, {"announce": True})["expiring"] == 1
    sent = vaulted.emails()
    assert len(sent) >= 1
    assert call(vaulted, {"announce": True})["expiring"] == 1
    assert len(vaulted.emails()) == len(sent)
