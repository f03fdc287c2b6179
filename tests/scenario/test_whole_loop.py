"""Does the main job run end to end on the deployed thing? Each test reads the same played world."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.local.demo.check import AT_LEAST_ONE
from trimtab.local.demo.fleet import AWAY
from trimtab.local.demo.removal import RULE, about_findings
from trimtab.local.demo.traffic import memory_of

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario

FOUND, UNREAD = 1, 2


def trimtab(played: Played, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line against the embedded hub, as a governance team would."""
    environment = {**os.environ, **played.world.emulator.environment()}
    return subprocess.run(
        [sys.executable, "-m", "trimtab", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def change_of(played: Played, event: str) -> str:
    """Return the id of the first change that has an entry of this event."""
    entry = next(e for e in played.check.hub.entries() if e.event == event)
    return entry.chain.removeprefix(change_chain(""))


def test_everything_is_as_expected(played: Played) -> None:
    assert played.check.wrong == [], "\n".join(played.told)


def test_every_ending_happened_at_least_once(played: Played) -> None:
    assert {n: played.figures[n] for n in AT_LEAST_ONE if played.figures[n] < 1} == {}


def test_a_denied_account_is_two_gaps_and_the_run_goes_on(played: Played) -> None:
    plan = played.check.hub.entries()
    run = next(e for e in plan if e.event == "planned")
    gaps = run.data["gaps"]
    assert {g["account"] for g in gaps} == {"555555555555"}
    assert len(gaps) == 2
    assert all("AssumeRole" in g["error"] for g in gaps)


def test_the_suspended_account_is_left_out_with_a_reason(played: Played) -> None:
    run = next(e for e in played.check.hub.entries() if e.event == "planned")
    run_id = run.chain.removeprefix(run_chain(""))
    left_out = played.check.hub.object(keys.targets(run_id))["left_out"]
    assert [(a["account"], "SUSPENDED" in a["reason"]) for a in left_out] == [
        ("666666666666", True)
    ]


def test_s12_a_function_that_terraform_wrote_is_ticketed_with_its_name(played: Played) -> None:
    (issue,) = [i for i in played.world.github.issues if "orders-stack" in json.dumps(i)]
    assert "owned by Terraform or OpenTofu (CreateFunction on " in json.dumps(issue)


def test_s14_a_function_of_another_region_was_in_the_vault_of_its_own(played: Played) -> None:
    world, function = played.world, played.world.story.removed
    assert function.region == AWAY
    home = world.outputs["VaultBucket"]
    account = world.emulator.settings.hub_account
    s3 = world.emulator.client("s3", account, AWAY)
    away = f"trimtab-vault-{account}-{AWAY}"
    assert any(
        function.account in one["Key"] for one in s3.list_objects_v2(Bucket=away)["Contents"]
    )
    at_home = world.hub("s3").list_objects_v2(Bucket=home)["Contents"]
    assert {world.story.called.account in one["Key"] for one in at_home} == {True}
    assert s3.get_bucket_location(Bucket=away).get("LocationConstraint") in (None, AWAY)


def test_what_still_points_to_a_removed_function_is_told_and_ticketed(played: Played) -> None:
    change = change_of(played, "gone")
    shown = trimtab(played, "audit", "show", change).stdout
    assert f"1 thing still points to it; EventBridge rule {RULE}: the rule is disabled" in shown
    (issue,) = [i for i in played.world.github.issues if RULE in json.dumps(i)]
    assert f"ticket of EventBridge rule {RULE}: " in shown
    assert "Take the function out of the rule's targets" in str(issue["body"])
    texts = [m.text for m in played.world.emulator.messages() if "removed" in m.subject]
    assert any(f"EventBridge rule {RULE}" in text for text in texts)


def test_no_secret_of_a_function_is_anywhere(played: Played) -> None:
    """S16: the demo's functions all carry a planted environment value."""
    world = played.world
    texts = [json.dumps(dict(e.data)) for e in played.check.hub.entries()]
    texts += [m.text + (m.html or "") for m in world.emulator.messages()]
    texts += [json.dumps(issue) for issue in world.github.issues]
    for page in _objects(played):
        texts.append(page)
    assert texts
    assert not any("not-a-real-secret" in text for text in texts)


def _objects(played: Played) -> list[str]:
    s3, bucket = played.world.hub("s3"), played.world.outputs["EvidenceBucket"]
    found = []
    for listed in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        body = s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
        found.append((gzip.decompress(body) if listed["Key"].endswith(".gz") else body).decode())
    return found


def test_the_command_line_verifies_the_ledger_and_shows_a_change(played: Played) -> None:
    verified = trimtab(played, "audit", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["entries"] >= played.figures["ledger_entries"]
    shown = trimtab(played, "audit", "show", change_of(played, "watch_regressed"))
    assert shown.returncode == 0, shown.stderr
    assert "watch_regressed" in shown.stdout
    assert "approved (auth: link)" in shown.stdout


def test_undo_after_the_close_puts_alias_and_memory_back(played: Played) -> None:
    kept = played.world.story.kept
    entries = played.check.hub.entries()
    chain = next(
        e.chain for e in entries if e.event == "watch_healthy" and kept.name in str(e.function)
    )
    change = chain.removeprefix(change_chain(""))
    done = trimtab(played, "undo", change, "--why", "the scenario wants it back")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 60
    while memory_of(played.world, kept, "live") != kept.memory_mb and time.monotonic() < deadline:
        time.sleep(0.5)
    assert memory_of(played.world, kept, "live") == kept.memory_mb
    while memory_of(played.world, kept) != kept.memory_mb and time.monotonic() < deadline:
        time.sleep(0.5)
    assert memory_of(played.world, kept) == kept.memory_mb
    told = trimtab(played, "audit", "show", change).stdout
    assert "the undo was asked for: the scenario wants it back" in told
    assert "person-" in next(line for line in told.splitlines() if "undo_asked" in line)


def test_what_was_taken_back_is_not_undone_again(played: Played) -> None:
    again = trimtab(played, "undo", change_of(played, "undone"), "--why", "once more")
    assert again.returncode == FOUND
    assert "already taken back" in again.stderr


def test_the_run_is_shown_with_its_gaps_first(played: Played) -> None:
    shown = trimtab(played, "run", "show")
    assert shown.returncode == UNREAD, shown.stderr
    assert shown.stdout.index("2 gaps") < shown.stdout.index("functions read")
    assert f"{played.figures['findings']} findings = " in shown.stdout
    assert "not finished" not in trimtab(played, "run", "list").stdout


def test_a_second_run_leaves_what_rests_alone_and_adds_up(played: Played) -> None:
    before = {e["name"] for e in played.check.hub.executions("ScanMachineArn")}
    played.world.fire("scan")
    run_id = played.check.hub.wait_for_scan(after=before)
    counts = from_wire(RunCounts, played.check.hub.object(keys.counts(run_id)))
    assert counts.faults() == ()
    assert counts.cooling_down >= 1
    more = about_findings(played.world)[played.figures["ticketed"] :]
    measured = played.world.story.regresses.name
    assert all(measured in str(issue["title"]) for issue in more), "tickets are not doubled"
    assert len(more) <= 1
