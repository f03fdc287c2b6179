"""Which signals could still change a verdict, or are needed to advise on one? Derived from the
policies.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from trimtab.advisors import ADVISORS
from trimtab.domain.evidence import NOT_ASKED, Known, Signals
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Account, ListedFunction
from trimtab.pipeline.signals.deep import STATE_SIGNALS
from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.collection import ever_needed, needed
from trimtab.policy.derive import base_signals, not_asked
from trimtab.policy.evaluate import answer, in_scope
from trimtab.policy.model import Policy
from trimtab.policy.runtimes import SHIPPED_TABLE, RuntimeTable
from trimtab.policy.signal import Tier
from trimtab.remediations import KINDS

FROM_LOGS = frozenset(name for name, signal in SIGNALS.items() if signal.tier is Tier.LOGS)
INVOCATIONS = "usage.invocations"
"""Read before logs are: more REPORT lines than invocations are not to be trusted."""

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
    runtimes: RuntimeTable = SHIPPED_TABLE
    """By which the lifecycle of a runtime is judged."""

    @property
    def lookbacks(self) -> tuple[timedelta, ...]:
        """Return the windows that policies look back over, the longest first; there is one."""
        return tuple(sorted({p.lookback for p in self.policies}, reverse=True)) or (
            DEFAULT_LOOKBACK,
        )

    @property
    def log_lookbacks(self) -> tuple[timedelta, ...]:
        """Return the windows of those policies that may read logs."""
        return tuple(w for w in self.lookbacks if self.ever_over((w,)) & FROM_LOGS)

    @property
    def ever(self) -> frozenset[str]:
        """Return every base signal that any policy or its advisor may use."""
        return self.ever_over(self.lookbacks)

    def ever_over(self, lookbacks: Collection[timedelta]) -> frozenset[str]:
        """Return every base signal that a policy of these lookbacks or its advisor may use."""
        return self._ever(policy for policy in self.policies if policy.lookback in lookbacks)

    @property
    def ever_for_changes(self) -> frozenset[str]:
        """Return every base signal that a policy with a change may use: it is read afresh."""
        return self._ever(policy for policy in self.policies if policy.change is not None)

    def may_change(self, listed: ListedFunction, views: Mapping[timedelta, Signals]) -> bool:
        """Tell whether some policy asks for a change of the function and may go that far here."""
        return any(
            answer(policy, signals, applies=self._applies(policy, listed, signals))
            is Assessment.NON_COMPLIANT
            for policy in self.policies
            if policy.change is not None and (self.changing is None or policy.id in self.changing)
            for signals in (views[policy.lookback],)
        )

    def wanted_by(self, policy: Policy, listed: ListedFunction, signals: Signals) -> frozenset[str]:
        """Return the base signals not yet asked for that may still change what is said of the
        function: the verdict, or the advice that follows a finding. For a change the state is
        asked only of what nobody's code owns: anything else is ticketed, whatever its state.
        """
        applies = self._applies(policy, listed, signals)
        undecided = needed(policy, signals, applies=applies)
        if OWNER in undecided:
            undecided |= not_asked((TAGS,), signals)
        if undecided & FROM_LOGS:
            undecided |= not_asked((INVOCATIONS,), signals)
        if undecided or answer(policy, signals, applies=applies) is not Assessment.NON_COMPLIANT:
            return undecided
        wanted = not_asked((TAGS, *self._advice(policy)), signals)
        if TAGS in wanted:
            wanted -= {OWNER}
        owner = signals.get(OWNER, NOT_ASKED)
        nobodys = isinstance(owner, Known) and owner.value == "none"
        return wanted if nobodys else wanted - frozenset(STATE_SIGNALS)

    def _ever(self, policies: Iterable[Policy]) -> frozenset[str]:
        chosen = tuple(policies)
        advice = {n for policy in chosen for n in self._advice(policy)}
        return ever_needed(chosen) | base_signals(advice)

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


def asks_for_prices(policies: Sequence[Policy]) -> bool:
    """Tell whether any of these policies, or its advisor, weighs what something costs."""
    advice = {name for policy in policies for name in sizing_signals(policy)}
    asked = ever_needed(policies) | base_signals(advice)
    return any(name.startswith(("cost.", "price.")) for name in asked)


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
