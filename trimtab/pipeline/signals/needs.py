"""Which signals could still change a verdict, or are needed to advise on one? Derived from the
policies.
"""

from dataclasses import dataclass
from datetime import timedelta

from trimtab.advisors import ADVISORS
from trimtab.domain.evidence import NOT_ASKED, Signals
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Account, ListedFunction
from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.collection import ever_needed, needed
from trimtab.policy.derive import base_signals, not_asked
from trimtab.policy.evaluate import answer, in_scope
from trimtab.policy.model import Policy
from trimtab.policy.signal import Tier
from trimtab.remediations import KINDS

PEAK_TIERS = (Tier.METRICS, Tier.OPTIMIZER, Tier.LOGS)
"""Where memory.peak_mb is looked for, in this order, until one knows it."""

OWNER = "owner.tool"
"""Read from the tags before anything else is asked."""

DEFAULT_LOOKBACK = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the policies ask of the functions of one account."""

    policies: tuple[Policy, ...]
    account: Account
    owner_tags: tuple[str, ...] = ()
    """The tags that owners.yaml names."""
    changing: frozenset[str] | None = None
    """Policies that may go as far as a change in this account, by id; None: all with a change."""
    only_looks: bool = False
    """No change will follow: what only guards one, at a call or more per function, is not asked."""

    @property
    def lookback(self) -> timedelta:
        """Return the longest window any policy looks back over."""
        return max((p.lookback for p in self.policies), default=DEFAULT_LOOKBACK)

    @property
    def ever(self) -> frozenset[str]:
        """Return every base signal that any policy or its advisor may use."""
        advice = {n for p in self.policies for n in self._advice(p)}
        return ever_needed(self.policies) | base_signals(advice)

    @property
    def tiers(self) -> frozenset[Tier]:
        """Return every tier that could be asked of any function: tags whenever there is a
        finding.
        """
        return frozenset(tier for name in {*self.ever, TAGS} for tier in tiers_of(name))

    def asks(self, tier: Tier, listed: ListedFunction, signals: Signals) -> bool:
        """Tell whether reading this tier may still change what is said of the function."""
        return any(tier in tiers_of(name) for name in self._wanted(listed, signals))

    def may_change(self, listed: ListedFunction, signals: Signals) -> bool:
        """Tell whether some policy asks for a change of the function and may go that far here."""
        return any(
            answer(policy, signals, applies=self._applies(policy, listed, signals))
            is Assessment.NON_COMPLIANT
            for policy in self.policies
            if policy.change is not None and (self.changing is None or policy.id in self.changing)
        )

    def _wanted(self, listed: ListedFunction, signals: Signals) -> frozenset[str]:
        wanted: set[str] = set()
        for policy in self.policies:
            wanted |= self._wanted_by(policy, listed, signals)
        return frozenset(wanted)

    def _wanted_by(
        self, policy: Policy, listed: ListedFunction, signals: Signals
    ) -> frozenset[str]:
        applies = self._applies(policy, listed, signals)
        undecided = needed(policy, signals, applies=applies)
        if OWNER in undecided:
            undecided |= not_asked((TAGS,), signals)
        if undecided or answer(policy, signals, applies=applies) is not Assessment.NON_COMPLIANT:
            return undecided
        return not_asked((TAGS, *self._advice(policy)), signals)

    def _advice(self, policy: Policy) -> tuple[str, ...]:
        return sizing_signals(policy) if self.only_looks else advice_signals(policy)

    def _applies(self, policy: Policy, listed: ListedFunction, signals: Signals) -> bool | None:
        return in_scope(
            policy,
            account=self.account.id,
            organizational_units=self.account.organizational_units,
            region=listed.function.region,
            tags=signals.get(TAGS, NOT_ASKED),
        )


def advice_signals(policy: Policy) -> tuple[str, ...]:
    """Return what the advisor and the guard of the policy's change read; nothing without a
    change.
    """
    if policy.change is None:
        return ()
    return (*sizing_signals(policy), *KINDS[policy.change.kind].guard_signals)


def sizing_signals(policy: Policy) -> tuple[str, ...]:
    """Return what the advisor of the policy's change reads; nothing without a change."""
    if policy.change is None:
        return ()
    advisor = ADVISORS[policy.change.kind]
    return (*advisor.signals, *advisor.optional_signals)


def tiers_of(name: str) -> tuple[Tier, ...]:
    return PEAK_TIERS if name == "memory.peak_mb" else (SIGNALS[name].tier,)
