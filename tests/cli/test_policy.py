"""`trimtab policy`: scaffold, warnings, exit codes and JSON, as a shell sees them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "policies"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the shipped bundle that a test may change."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policies"))


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some day on which the shipped table of runtimes is not old."""
    monkeypatch.setattr("trimtab.wiring.parts.clock", FakeClock)


def test_the_shipped_bundle_has_no_warning(call: Call) -> None:
    said = call("policy", "validate", str(SHIPPED), "--strict")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].endswith(", 0 warnings")


def test_a_warning_is_told_and_is_no_failure_unless_wanted(call: Call, bundle: Path) -> None:
    call("policy", "new", "cost/made", "--signal", "function.memory_mb", "--folder", str(bundle))
    made = bundle / "cost" / "made.yaml"
    made.write_text(made.read_text().replace("> 1024 MB", "> 10240 MB"))
    said = call("policy", "validate", str(bundle))
    assert said.code == 0
    assert "trimtab: warning: cost/made.yaml:12:23: 'function.memory_mb > 10240 MB'" in said.err
    assert call("policy", "validate", str(bundle), "--strict").code == 1
    found = json.loads(call("policy", "validate", str(bundle), "--json").out)
    places = [(one["file"], one["line"], one["column"]) for one in found["warnings"]]
    assert places == [("cost/made.yaml", *at) for at in ((5, 6), (7, 9), (12, 23), (12, 23))]
    assert {policy["id"] for policy in found["policies"]} >= {"made", "memory-oversized"}
    assert found["bundle"] in said.out


def test_errors_are_told_in_json_too(call: Call, bundle: Path) -> None:
    (bundle / "fleet.yaml").write_text("scope: {regions: [eu]}\n")
    said = call("policy", "validate", str(bundle), "--json")
    (error,) = json.loads(said.out)["errors"]
    assert (said.code, error["file"], error["line"], error["column"]) == (3, "fleet.yaml", 1, 19)
    plain = call("policy", "validate", str(bundle))
    assert (plain.code, plain.out) == (3, "")
    assert "fleet.yaml:1:19: 'eu' is not a region" in plain.err


def test_new_writes_a_policy_whose_tests_pass(call: Call, bundle: Path) -> None:
    said = call(
        *("policy", "new", "idle/memory-idle", "--folder", str(bundle), "--severity", "high"),
        *("--signal", "function.memory_mb >= 2048", "--signal", "usage.invocations = 0"),
    )
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].startswith("9 tests pass")
    text = (bundle / "idle" / "memory-idle.yaml").read_text()
    assert 'title: "Memory idle"' in text
    assert "severity: high" in text
    tested = call("policy", "test", str(bundle), "--json")
    found = json.loads(tested.out)
    assert (tested.code, found["failed"], found["untested"]) == (0, [], [])


def test_new_overwrites_nothing(call: Call, bundle: Path) -> None:
    given = ("policy", "new", "cost/made", "--signal", "usage.errors", "--folder", str(bundle))
    assert call(*given).code == 0
    (bundle / "cost" / "made.yaml").unlink()
    kept = (bundle / "cost" / "made.tests.yaml").read_bytes()
    said = call(*given)
    assert (said.code, "made.tests.yaml is there already" in said.err) == (3, True)
    assert not (bundle / "cost" / "made.yaml").exists()
    assert (bundle / "cost" / "made.tests.yaml").read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "signals", "message"),
    [
        ("made", ("usage.errors",), "is not <pack>/<policy id> in kebab-case"),
        ("../made", ("usage.errors",), "is not <pack>/<policy id> in kebab-case"),
        ("cost/made", ("usage.eror",), "did you mean 'usage.errors'?"),
        ("other/memory-oversized", ("usage.errors",), "has the same policy id"),
        ("cost/made", ("function.memory_mb > 10240",), "no value found that fits"),
        ("cost/made", ("storage.billed_mb > 1", "storage.billed_mb < 9"), "is named twice"),
    ],
)
def test_new_refuses_what_makes_no_policy(
    call: Call, bundle: Path, name: str, signals: tuple[str, ...], message: str
) -> None:
    before = sorted(bundle.rglob("*"))
    options = [word for signal in signals for word in ("--signal", signal)]
    said = call("policy", "new", name, *options, "--folder", str(bundle))
    assert (said.code, message in said.err) == (3, True)
    assert sorted(bundle.rglob("*")) == before


def test_a_failed_test_says_what_was_expected_and_what_came(call: Call, bundle: Path) -> None:
    call("policy", "new", "cost/made", "--signal", "usage.errors", "--folder", str(bundle))
    tests = bundle / "cost" / "made.tests.yaml"
    text = tests.read_text().replace("missing: [usage.errors]", "missing: [usage.throttles]")
    tests.write_text(text.replace("expect: compliant", "expect: non_compliant", 1))
    (bundle / "cost" / "memory-oversized.tests.yaml").unlink()
    said = call("policy", "test", str(bundle))
    assert said.code == 1
    assert "expected non_compliant, got compliant" in said.out
    assert (
        "expected insufficient_data for want of usage.throttles,"
        " got insufficient_data for want of usage.errors" in said.out
    )
    assert "UNTESTED memory-oversized" in said.out
    found = json.loads(call("policy", "test", str(bundle), "--json").out)
    assert [row["policy"] for row in found["failed"]] == ["made", "made"]
    assert found["untested"] == ["memory-oversized"]


def test_docs_and_schema_are_whole_documents(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "policies-reference.md").read_text()
    monkeypatch.chdir(ROOT)
    assert call("policy", "docs").out == page
    whole = call("policy", "docs", str(SHIPPED)).out
    assert f"| [memory-oversized]({SHIPPED}/cost/memory-oversized.yaml) |" in whole
    monkeypatch.chdir(tmp_path)
    assert "memory-oversized" not in call("policy", "docs").out
    assert call("policy", "docs", "nowhere").code == 3
    committed = (ROOT / "docs" / "policy.schema.json").read_text()
    assert call("policy", "schema").out == committed
    signals = json.loads(call("policy", "docs", "--json").out)["signals"]
    (memory,) = [one for one in signals if one["name"] == "function.memory_mb"]
    assert (memory["type"], memory["unit"], memory["cost"]) == ("memory", "MB", "listed")


def test_a_folder_that_cannot_be_read_is_named(call: Call, bundle: Path) -> None:
    (bundle / "cost" / "odd.yml").write_text("id: odd\n")
    said = call("policy", "validate", str(bundle))
    assert (said.code, "cost/odd.yml:1:1: files here end in .yaml" in said.err) == (3, True)
    assert call("policy", "validate", str(bundle / "nowhere")).code == 3
