"""What do we know of a signal that is computed from others? Unknown in, unknown out."""

from collections.abc import Iterable
from typing import Any

from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Signals, Unknown
from trimtab.policy.catalog import SIGNALS


def evidence_for(name: str, signals: Signals) -> Evidence:
    """Return what is known of a signal, computing a derived one unless it was given.

    A derived signal is not asked while any part is not asked, unknown while any part is unknown,
    and has no value where a part or the formula has none; a formula that takes None decides.
    """
    given = signals.get(name)
    if given is not None:
        return given
    signal = SIGNALS[name]
    if signal.formula is None:
        return NOT_ASKED
    values: list[Any] = []
    sources: dict[str, None] = {}
    unknown: list[Unknown] = []
    for part in signal.derived_from:
        evidence = signals.get(part) or evidence_for(part, signals)
        if isinstance(evidence, Unknown):
            unknown.append(evidence)
        else:
            values.append(evidence.value)
            sources[evidence.source] = None
    if unknown:
        return NOT_ASKED if NOT_ASKED in unknown else unknown[0]
    is_absent = None in values and not signal.takes_none
    value = None if is_absent else signal.formula(*values)
    return Known(value=value, source=", ".join(sources))


def base_signals(names: Iterable[str]) -> frozenset[str]:
    """Return the signals to fetch for these: derived ones replaced by what they are made of."""
    bases: set[str] = set()
    for name in names:
        parts = SIGNALS[name].derived_from
        bases |= base_signals(parts) if parts else {name}
    return frozenset(bases)


def not_asked(names: Iterable[str], signals: Signals) -> frozenset[str]:
    """Return which of these still have to be fetched, derived ones replaced by their parts."""
    wanted = (name for name in names if evidence_for(name, signals) == NOT_ASKED)
    return frozenset(
        base for base in base_signals(wanted) if evidence_for(base, signals) == NOT_ASKED
    )
