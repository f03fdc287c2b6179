"""Which rows do the tests beside a policy lack? One for each answer, and around each limit."""

from collections.abc import Iterator, Mapping, Sequence
from math import isclose

from trimtab.domain.evidence import Known
from trimtab.domain.finding import Assessment
from trimtab.policy.bounds import bounds_of
from trimtab.policy.condition import Leaf
from trimtab.policy.derive import evidence_for
from trimtab.policy.loader_tests import TESTS_SUFFIX, read_policy_tests
from trimtab.policy.model import Bundle, Policy, PolicyTest
from trimtab.policy.problems import PolicyErrors, Problem
from trimtab.policy.quantity import is_amount
from trimtab.policy.warnings_conditions import Said, quoted

EXPECTED = (Assessment.NON_COMPLIANT, Assessment.COMPLIANT)
"""The answers that every policy can give; whether the others can be is not known here."""


def rows_by_policy(
    bundle: Bundle, files: Mapping[str, str | bytes]
) -> tuple[Mapping[str, Sequence[PolicyTest]], tuple[Problem, ...]]:
    """Return the rows of each policy that has any, and what is wrong with the files they are in."""
    rows: dict[str, list[PolicyTest]] = {}
    problems: list[Problem] = []
    for name in sorted(n for n in files if n.endswith(TESTS_SUFFIX)):
        try:
            for row in read_policy_tests(bundle, {name: files[name]}):
                rows.setdefault(row.policy.id, []).append(row)
        except PolicyErrors as error:
            problems += error.problems
    return rows, tuple(problems)


def missing_rows(policy: Policy, rows: Sequence[PolicyTest]) -> Iterator[Said]:
    """Yield what the tests of a policy do not try."""
    if not rows:
        text = f"no tests: write {policy.id}{TESTS_SUFFIX} beside it"
        yield Said(path=("id",), message=text)
        return
    for answer in EXPECTED:
        if all(row.expect is not answer for row in rows):
            yield Said(path=("id",), message=f"no test expects {answer.value}")
    for leaf in dict.fromkeys(policy.when.leaves()):
        lacking = _untried(leaf, rows)
        if lacking:
            text = f"no test with {leaf.signal.name} {' or '.join(lacking)} the limit"
            yield Said(path=leaf.path, message=f"{quoted(leaf)}: {text}")


def _untried(leaf: Leaf, rows: Sequence[PolicyTest]) -> tuple[str, ...]:
    """Return on which sides of an amount's limit no row lies, where AWS allows one there."""
    limits = leaf.matcher.limits
    if not is_amount(leaf.signal) or limits is None or len(limits) != 1:
        return ()
    limit, bounds = limits[0], bounds_of(leaf.signal)
    values = [
        evidence.value
        for row in rows
        if isinstance(evidence := evidence_for(leaf.signal.name, row.signals), Known)
        and evidence.value is not None
    ]
    at = [value for value in values if isclose(value, limit, rel_tol=1e-9)]
    tried = {
        "below": limit <= bounds.least or any(v < limit and v not in at for v in values),
        "at": not bounds.least <= limit <= bounds.most or bool(at),
        "above": limit >= bounds.most or any(v > limit and v not in at for v in values),
    }
    return tuple(side for side, is_tried in tried.items() if not is_tried)
