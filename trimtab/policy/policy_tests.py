"""Do the policies answer what their tests expect? Each row is judged like a function of a scan."""

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.domain.evidence import Evidence, Unknown
from trimtab.domain.finding import Assessment, Explanation
from trimtab.policy.catalog import TAGS
from trimtab.policy.condition import signals_of
from trimtab.policy.derive import base_signals
from trimtab.policy.evaluate import in_scope, judge
from trimtab.policy.loader_tests import TESTS_SUFFIX, read_policy_tests
from trimtab.policy.model import Bundle, PolicyTest

_NOT_GIVEN = Unknown(reason="the test does not give it")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTestResult:
    """One row with the answer it got."""

    test: PolicyTest
    got: Assessment
    missing: tuple[str, ...]
    explanation: Explanation

    @property
    def passed(self) -> bool:
        if self.test.missing is not None and self.test.missing != self.missing:
            return False
        return self.got is self.test.expect


def run_policy_tests(
    bundle: Bundle, files: Mapping[str, str | bytes]
) -> tuple[PolicyTestResult, ...]:
    """Run every test file among these, in the order of files and rows.

    Raises: PolicyErrors when a test file is malformed.
    """
    return tuple(_run(test) for test in read_policy_tests(bundle, files))


def untested(bundle: Bundle, files: Mapping[str, str | bytes]) -> tuple[str, ...]:
    """Return the policies without a test file beside them."""
    return tuple(p.id for p in bundle.policies if f"{p.pack}/{p.id}{TESTS_SUFFIX}" not in files)


def _run(test: PolicyTest) -> PolicyTestResult:
    bases = base_signals({*signals_of(test.policy.when), TAGS})
    signals: dict[str, Evidence] = {name: _NOT_GIVEN for name in bases}
    signals.update(test.signals)
    applies = in_scope(
        test.policy,
        account=test.account,
        organizational_units=test.organizational_units,
        region=test.region,
        tags=signals[TAGS],
    )
    judgement = judge(test.policy, signals, applies=applies)
    return PolicyTestResult(
        test=test,
        got=judgement.assessment,
        missing=judgement.missing,
        explanation=judgement.explanation,
    )
