"""Judging is look-ups and comparisons: many policies over many functions take about a second."""

from __future__ import annotations

import time

from tests.policy.bundles import policy_when
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Assessment
from trimtab.policy.evaluate import answer

CEILING = 10
"""Times slower than measured on an idle machine, so that only a change of order fails."""


def known(value: object) -> Known:
    return Known(value=value, source="test")


SIGNALS: dict[str, Evidence] = {
    "function.memory_mb": known(1024),
    "function.timeout_s": known(30),
    "function.runtime": known("python3.13"),
    "function.architecture": known("x86_64"),
    "function.has_vpc": known(False),
    "function.tags": known({"env": "prod"}),
    "usage.invocations": known(5000),
    "usage.errors": known(3),
    "usage.throttles": known(0),
    "usage.duration_p95_ms": known(120),
}
TEN_LEAVES = (
    '{function.memory_mb: "> 128", function.timeout_s: "< 5m", function.runtime: [python3.13],'
    " function.architecture: x86_64, function.has_vpc: false, function.tags: {env: prod},"
    ' usage.invocations: ">= 1000", usage.errors: "< 5", usage.throttles: 0,'
    ' usage.duration_p95_ms: "< 1s"}'
)


def judged_per_second(when: str, expected: Assessment, *, times: int = 20_000) -> float:
    policy = policy_when(when)
    assert answer(policy, SIGNALS) is expected
    start = time.process_time()
    for _ in range(times):
        answer(policy, SIGNALS)
    return times / (time.process_time() - start)


def test_a_tree_of_ten_leaves_is_judged_in_a_few_microseconds() -> None:
    assert judged_per_second(TEN_LEAVES, Assessment.NON_COMPLIANT) > 320_000 / CEILING


def test_a_policy_that_its_first_condition_decides_costs_one_comparison() -> None:
    when = '{function.memory_mb: "< 128", usage.invocations: ">= 1000"}'
    assert judged_per_second(when, Assessment.COMPLIANT) > 500_000 / CEILING
