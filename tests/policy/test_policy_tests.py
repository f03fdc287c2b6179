"""Policies carry their own tests, which are judged like functions of a scan."""

from __future__ import annotations

import pytest

from tests.policy.bundles import POLICY, load
from trimtab.domain.finding import Assessment
from trimtab.policy.policy_tests import PolicyTestResult, run_policy_tests, untested
from trimtab.policy.problems import PolicyErrors

GIVEN = """\
policy: too-big
given: {function.memory_mb: 1 GB, usage.invocations: 5000, memory.peak_mb: 300, function.tags: {}}
tests:
"""


def run(*rows: str, policy: str = POLICY) -> list[PolicyTestResult]:
    bundle = load({"cost/too-big.yaml": policy})
    text = GIVEN + "".join(f"  - {row}\n" for row in rows)
    return list(run_policy_tests(bundle, {"cost/too-big.tests.yaml": text, "README.md": "x"}))


ROWS = [
    ("{name: a, expect: non_compliant}", True),
    ("{name: a, expect: compliant}", False),
    ("{name: a, expect: compliant, signals: {usage.invocations: 5}}", True),
    ("{name: a, expect: not_applicable, signals: {memory.peak_mb: ~}}", True),
    ("{name: a, expect: insufficient_data, signals: {memory.peak_mb: {unknown: why}}}", True),
    (
        "{name: a, expect: insufficient_data, signals: {memory.peak_mb: {unknown: why}},"
        " missing: [memory.peak_ratio]}",
        True,
    ),
    (
        "{name: a, expect: insufficient_data, signals: {memory.peak_mb: {unknown: why}},"
        " missing: [usage.invocations]}",
        False,
    ),
]


@pytest.mark.parametrize(("row", "passes"), ROWS, ids=range(len(ROWS)))
def test_a_row_passes_when_the_policy_answers_as_expected(row: str, passes: bool) -> None:
    (result,) = run(row)
    assert result.passed is passes
    assert result.explanation.leaves()


def test_what_a_row_does_not_give_is_unknown() -> None:
    (result,) = run(
        "{name: a, expect: insufficient_data}",
        policy=POLICY.replace("usage.invocations", "usage.throttles"),
    )
    assert result.passed
    assert result.missing == ("usage.throttles",)


def test_a_row_may_stand_in_another_account_unit_and_region() -> None:
    policy = POLICY + "scope: {organizational_units: [ou-a], regions: [us-east-1]}\n"
    inside, outside = run(
        "{name: a, expect: non_compliant, organizational_units: [ou-a], region: us-east-1}",
        "{name: b, expect: not_applicable, account: '222233334444'}",
        policy=policy,
    )
    assert inside.passed
    assert outside.got is Assessment.NOT_APPLICABLE


def test_every_type_of_signal_can_be_given() -> None:
    (result,) = run(
        "{name: a, expect: non_compliant, signals: {function.has_vpc: true, function.name: n,"
        " function.aliases: {live: '1'}, memory.peak_ratio: 10%, function.timeout_s: 1m}}"
    )
    assert result.passed


def test_policies_without_tests_are_named() -> None:
    assert untested(load(), {}) == ("too-big",)
    assert untested(load(), {"cost/too-big.tests.yaml": ""}) == ()


EVERYTHING_WRONG = """\
policy: {policy}
given: {{usage.invocation: 5}}
tests:
  - {{name: a, expect: {expect}, signals: {{usage.errors: 5d}}}}
  - {{name: b, expect: insufficient_data, missing: [usage.eror, 5]}}
  - 7
"""


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        run_policy_tests(load(), {"cost/too-big.tests.yaml": text})
    return [str(problem) for problem in caught.value.problems]


def test_a_mistake_of_one_kind_hides_none_of_another() -> None:
    told = "\n".join(mistakes_of(EVERYTHING_WRONG.format(policy="too-big", expect="complaint")))
    for part in (
        "did you mean 'compliant'?",
        "did you mean 'usage.invocations'?",
        "is a duration",
        "did you mean 'usage.errors'?",
    ):
        assert told.count(part) == 1, told


def test_also_of_a_policy_that_is_not_known_every_signal_is_looked_at() -> None:
    text = "policy: too-bg\ngiven: {usage.invocation: 5}\ntests: [{name: a, expect: compliant}]\n"
    assert len(mistakes_of(text)) == 2


def test_a_file_that_is_no_mapping_has_one_mistake() -> None:
    assert len(mistakes_of("- 5\n")) == 1


@pytest.mark.parametrize("row", ["{name: b, expect: insufficient_data, missing: [usage.eror]}"])
def test_a_missing_signal_that_is_none_is_told(row: str) -> None:
    assert any("did you mean 'usage.errors'?" in one for one in mistakes_of(f"{GIVEN}  - {row}\n"))


BROKEN = [
    ("tests: [\n", "not YAML"),
    ("policy: too-big\ntests: []\n", "at least 1 needed here"),
    ("policy: too-bg\ntests: [{name: a, expect: compliant}]\n", "did you mean 'too-big'?"),
    ("policy: too-big\ntests: [{name: a, expect: complaint}]\n", "did you mean 'compliant'?"),
    (
        "policy: too-big\ngiven: {usage.invocation: 5}\ntests: [{name: a, expect: compliant}]\n",
        "2:9: unknown signal 'usage.invocation': did you mean 'usage.invocations'?",
    ),
    (GIVEN + "  - {name: a, expect: compliant, signals: {usage.errors: 5d}}\n", "is a duration"),
    (GIVEN + "  - {name: a, expect: compliant, signals: {function.has_vpc: 1}}\n", "true or false"),
    (GIVEN + "  - {name: a, expect: compliant, signals: {function.name: 5}}\n", "is text, not 5"),
    (
        GIVEN + "  - {name: a, expect: compliant, signals: {memory.record: {a: b}}}\n",
        "is for the advisor of a change: tests do not give it",
    ),
    (
        GIVEN + "  - {name: a, expect: compliant, signals: {function.tags: {a: 5}}}\n",
        "is a mapping of names to texts",
    ),
    (
        GIVEN + "  - {name: a, expect: compliant, signals: {function.tags: [a]}}\n",
        "is a mapping of names to texts",
    ),
]


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[row[1] for row in BROKEN])
def test_a_mistake_in_a_test_file_is_told(text: str, message: str) -> None:
    with pytest.raises(PolicyErrors) as caught:
        run_policy_tests(load(), {"cost/too-big.tests.yaml": text})
    assert message in str(caught.value)
    assert str(caught.value).startswith("cost/too-big.tests.yaml:")
