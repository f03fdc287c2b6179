"""Do the policies that speed is measured with say what the benchmark says they mean?"""

from pathlib import Path

import pytest

from trimtab import wiring
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Assessment
from trimtab.policy.evaluate import judge

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "fleet" / "policies"
BUNDLE = wiring.load_policies(FOLDER)

YES, NO, ABSENT = Assessment.NON_COMPLIANT, Assessment.COMPLIANT, Assessment.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("policy_id", "values", "said"),
    [
        ("unused", {"function.age_days": 31, "usage.invocations": 0}, YES),
        ("unused", {"function.age_days": 30, "usage.invocations": 0}, NO),
        ("unused", {"function.age_days": 31, "usage.invocations": 1}, NO),
        ("overmem", {"function.memory_mb": 1025, "usage.duration_mean_ms": 199}, YES),
        ("overmem", {"function.memory_mb": 1024, "usage.duration_mean_ms": 199}, NO),
        ("overmem", {"function.memory_mb": 1025, "usage.duration_mean_ms": 200}, NO),
        ("overmem", {"function.memory_mb": 1025, "usage.duration_mean_ms": None}, ABSENT),
        ("deprecated", {"function.runtime": "go1.x"}, YES),
        ("deprecated", {"function.runtime": "python3.13"}, NO),
    ],
)
def test_a_policy_of_the_benchmark(
    policy_id: str, values: dict[str, object], said: Assessment
) -> None:
    signals: dict[str, Evidence] = {n: Known(value=v, source="test") for n, v in values.items()}
    policy = BUNDLE.policy(policy_id)
    assert policy is not None
    assert judge(policy, signals).assessment is said
