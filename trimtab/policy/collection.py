"""What must still be read? The signals that could change a verdict, cheapest tier first."""

from collections.abc import Iterable

from trimtab.domain.evidence import NOT_ASKED, Signals
from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.condition import signals_of
from trimtab.policy.derive import base_signals, not_asked
from trimtab.policy.model import Policy
from trimtab.policy.signal import Tier


def needed(policy: Policy, signals: Signals, *, applies: bool | None = True) -> frozenset[str]:
    """Return the signals not yet asked for that could still change this verdict.

    Derived signals are replaced by what they are made of. Empty when the verdict stands, or when
    everything that could decide it was asked and stayed unknown.
    """
    if applies is False:
        return frozenset()
    if applies is None:
        return frozenset({TAGS}) if signals.get(TAGS, NOT_ASKED) == NOT_ASKED else frozenset()
    return not_asked(policy.when.undecided(signals), signals)


def ever_needed(policies: Iterable[Policy]) -> frozenset[str]:
    """Return every base signal any of these policies could ask for."""
    names: set[str] = set()
    for policy in policies:
        names |= base_signals(signals_of(policy.when))
        if policy.scope.tags:
            names.add(TAGS)
    return frozenset(names)


def cheapest(names: Iterable[str]) -> tuple[Tier, frozenset[str]] | None:
    """Return the cheapest tier among these signals, with those in it; None for no signals."""
    wanted = frozenset(names)
    if not wanted:
        return None
    tier = min(SIGNALS[name].tier for name in wanted)
    return tier, frozenset(name for name in wanted if SIGNALS[name].tier is tier)
