"""Does every example of docs/policies.md load, pass and mean what the page says?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tests.policy.test_shipped import SHIPPED, files_in
from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Known
from trimtab.domain.terms import Severity
from trimtab.policy.exemption_rules import exemption_for
from trimtab.policy.loader import load_bundle
from trimtab.policy.policy_tests import run_policy_tests
from trimtab.policy.scaffold import scaffold
from trimtab.policy.warnings_bundle import bundle_warnings
from trimtab.remediations import change_specs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", PAGE, re.DOTALL))
FILES = {**files_in(SHIPPED), **EXAMPLES}
BUNDLE = load_bundle(FILES, kinds=change_specs())
NOW = datetime(2027, 1, 10, tzinfo=UTC)
CLOSING = FunctionArn.parse("arn:aws:lambda:eu-west-1:222233334444:function:closing-2026")
OTHER = FunctionArn.parse("arn:aws:lambda:eu-west-1:222233334444:function:opening")


def test_every_example_is_a_file_of_the_bundle() -> None:
    assert len(EXAMPLES) == PAGE.count("```yaml") == 4
    assert BUNDLE.policy("batch-memory") is not None
    assert {one.id for one in BUNDLE.checklists} == {"production", "batch"}


def test_its_tests_pass_for_every_answer_and_nothing_is_warned_of() -> None:
    name = "ours/batch-memory.tests.yaml"
    results = run_policy_tests(BUNDLE, {name: EXAMPLES[name]})
    assert [result.test.name for result in results if not result.passed] == []
    assert len({result.got for result in results}) == 4
    assert [str(warning) for warning in bundle_warnings(BUNDLE, FILES, now=NOW)] == []


def test_the_exemptions_cover_what_the_page_says() -> None:
    policy, untagged = BUNDLE.policy("batch-memory"), BUNDLE.policy("untagged")
    assert policy is not None
    assert untagged is not None
    last = datetime(2027, 1, 31, 23, 59, tzinfo=UTC)
    over = datetime(2027, 2, 1, tzinfo=UTC)
    none = Known(value={}, source="tags")
    written = re.search(r"^trimtab:exempt = (.+)$", PAGE, re.MULTILINE)
    assert written is not None
    tagged = Known(value={"trimtab:exempt": written[1]}, source="tags")
    given = BUNDLE.exemptions
    assert exemption_for(given, policy, CLOSING, none, now=last) is not None
    assert exemption_for(given, policy, CLOSING, none, now=over) is None
    assert exemption_for(given, policy, OTHER, none, now=NOW) is None
    assert exemption_for(given, policy, OTHER, tagged, now=last) is not None
    assert exemption_for(given, untagged, OTHER, tagged, now=NOW) is not None
    assert exemption_for(given, untagged, OTHER, tagged, now=last) is None


def test_the_command_that_begins_a_policy_writes_these_conditions() -> None:
    signals = re.findall(r"--signal '([^']+)'", PAGE)
    made = scaffold("batch-memory", "t", Severity.LOW, signals)
    for condition in ('function.memory_mb: "> 2 GB"', 'memory.peak_ratio: "< 50%"'):
        assert condition in EXAMPLES["ours/batch-memory.yaml"]
        assert condition.partition(":")[0] in made.policy
