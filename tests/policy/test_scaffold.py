"""A new policy loads without a warning but its twins', and its tests pass, whatever it is about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.policy.bundles import FILES, load
from trimtab.domain.terms import Severity
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.policy_tests import run_policy_tests
from trimtab.policy.quantity import ReadingError
from trimtab.policy.scaffold import REMEDY, WHY, scaffold
from trimtab.policy.signal import SignalType
from trimtab.policy.warnings_bundle import bundle_warnings

NOW = datetime(2027, 1, 10, tzinfo=UTC)
WORDED = [
    "function.memory_mb <= 256 MB",
    "function.timeout_s = 3s",
    "function.timeout_s > 14m",
    "usage.duration_p95_ms >= 250ms",
    "usage.error_rate > 5%",
    "cost.usd_month >= $20",
    "runtime.days_to_block_update <= 0d",
    "function.runtime in [python3.9, go1.x]",
    "function.runtime != go1.x",
    "function.runtime absent",
    "function.name matches ^prod-",
    "code.layers matches insights",
    "code.layers = a",
    "function.has_vpc false",
    "function.memory_mb present",
    "function.memory_mb in [128, 256]",
    "function.has_tag team",
    "function.has_tag cost center: x",
]


COMPARED = [name for name, signal in SIGNALS.items() if signal.type is not SignalType.RECORD]


@pytest.mark.parametrize("said", [*COMPARED, *WORDED])
def test_what_is_written_loads_and_its_tests_pass(said: str) -> None:
    made = scaffold("made", 'A "title": here', Severity.HIGH, [said])
    files = {"ops/made.yaml": made.policy, "ops/made.tests.yaml": made.tests}
    bundle = load(files)
    policy = bundle.policy("made")
    assert policy is not None
    assert (policy.title, policy.severity) == ('A "title": here', Severity.HIGH)
    results = run_policy_tests(bundle, files)
    assert [r.test.name for r in results if not r.passed] == []
    assert {r.got.value for r in results} >= {"non_compliant", "compliant", "insufficient_data"}
    warnings = bundle_warnings(bundle, {**FILES, **files}, now=NOW)
    left = [w.message for w in warnings if w.file != "cost/too-big.yaml"]
    assert left == ["still the text of `trimtab policy new`: write your own"] * 2
    files["ops/made.yaml"] = made.policy.replace(WHY, "It costs.").replace(REMEDY, "Turn it off.")
    warnings = bundle_warnings(load(files), {**FILES, **files}, now=NOW)
    assert [str(w) for w in warnings if w.file != "cost/too-big.yaml"] == []


def test_a_tag_is_asked_for_by_name() -> None:
    made = scaffold("made", "Made", Severity.LOW, ["function.has_tag team"])
    assert 'function.has_tag: "team"' in made.policy
    assert '{function.tags: {"team": "payments"}}' in made.tests


def test_every_condition_has_its_own_rows() -> None:
    made = scaffold("made", "Made", Severity.LOW, ["function.memory_mb", "usage.errors >= 10"])
    files = {"ops/made.yaml": made.policy, "ops/made.tests.yaml": made.tests}
    results = run_policy_tests(load(files), files)
    assert all(r.passed for r in results)
    names = [r.test.name for r in results]
    assert "usage.errors just below 10" in names
    assert "function.memory_mb at 1024 MB" in names
    assert len(results) == 10


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["function.memory"], "did you mean 'function.memory_mb'?"),
        (["function.memory_mb > 5d"], "is a duration"),
        (["function.memory_mb", "function.memory_mb > 1"], "is named twice"),
        (["function.has_tag"], "takes the name of one tag"),
        (["function.has_tags x"], "did you mean 'function.has_tag'?"),
        (["function.has_tag a", "function.tags present"], "is named twice"),
        (["function.memory_mb > 10240"], "no value found that fits"),
        (["function.name matches ^[ab]c+$"], "no value found that fits"),
    ],
)
def test_what_makes_no_policy_is_refused(said: list[str], message: str) -> None:
    with pytest.raises(ReadingError) as caught:
        scaffold("made", "Made", Severity.LOW, said)
    assert message in str(caught.value)
