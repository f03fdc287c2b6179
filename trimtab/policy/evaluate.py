"""What does a policy say of one function? Its scope, then its condition: four assessments."""

from collections.abc import Iterable
from typing import NamedTuple

from trimtab.domain.evidence import Evidence, Known, Signals
from trimtab.domain.finding import Assessment, Explanation
from trimtab.policy.catalog import TAGS
from trimtab.policy.condition import ABSENT
from trimtab.policy.model import EVERYWHERE, Policy


class Judgement(NamedTuple):
    """One policy's answer for one function. A tuple: a run makes hundreds of thousands."""

    policy: Policy
    signals: Signals
    assessment: Assessment
    missing: tuple[str, ...] = ()
    """The unknown signals that could still decide it, as the policy names them."""

    @property
    def explanation(self) -> Explanation:
        """The tree of conditions with the values compared, built when asked for."""
        return explain(self.policy, self.signals)


def judge(policy: Policy, signals: Signals, *, applies: bool | None = True) -> Judgement:
    """Judge one function. `applies` is the answer of `in_scope`.

    Insufficient data: its tags are needed for the scope and unknown, or the condition ends unknown.
    Not applicable: out of scope, or the condition compares what the function does not have.
    """
    assessment = answer(policy, signals, applies=applies)
    missing: tuple[str, ...] = ()
    if assessment is Assessment.INSUFFICIENT_DATA:
        missing = (TAGS,) if applies is None else _in_order(policy.when.undecided(signals))
    return Judgement(policy=policy, signals=signals, assessment=assessment, missing=missing)


def answer(policy: Policy, signals: Signals, *, applies: bool | None = True) -> Assessment:
    """Return the assessment alone: look-ups and comparisons, nothing built."""
    if applies is not True:
        return Assessment.NOT_APPLICABLE if applies is False else Assessment.INSUFFICIENT_DATA
    held = policy.when.answer(signals)
    if held is False:
        return Assessment.COMPLIANT
    if held is True:
        return Assessment.NON_COMPLIANT
    return Assessment.NOT_APPLICABLE if held is ABSENT else Assessment.INSUFFICIENT_DATA


def explain(policy: Policy, signals: Signals) -> Explanation:
    """Return the tree of conditions with the values compared."""
    return policy.when.explain(signals)


def in_scope(
    policy: Policy,
    *,
    account: str,
    organizational_units: tuple[str, ...],
    region: str,
    tags: Evidence,
) -> bool | None:
    """Tell whether a policy speaks of this function; None when that hangs on unknown tags."""
    scope = policy.scope
    if scope is EVERYWHERE:
        return True
    placed = (
        scope.accounts.admits((account,))
        and scope.regions.admits((region,))
        and scope.organizational_units.admits(organizational_units)
    )
    if not placed:
        return False
    if not scope.tags:
        return True
    if not isinstance(tags, Known):
        return None
    return all(matcher.test(tags.value) for matcher in scope.tags)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
