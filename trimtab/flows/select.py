"""Which entries does somebody look for? By function, account, actor, day, policy or event.

Read from the tables, by an index where one fits: whether they can be believed says the audit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError, TamperedError
from trimtab.domain.ledger import Entry, Fault
from trimtab.ports import Ledger

DAYS_BY_INDEX = 100
"""A longer time is read chain by chain; chosen, not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an entry must have; None: whatever."""

    function: str | None = None
    """A full ARN, or the name of a function in whatever account and region."""
    account: str | None = None
    actor: str | None = None
    first: date | None = None
    last: date | None = None
    """Days in UTC, both included."""
    policy: str | None = None
    """Entries of the changes it proposed; what runs say of its findings is in the evidence."""
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    entries: tuple[Entry, ...]
    """By moment; those of one moment by chain and number."""
    faults: tuple[Fault, ...]
    """What could not be read as an entry."""


def select(ledger: Ledger, wanted: Wanted) -> Selected:
    """Return the entries that fit every condition."""
    found: dict[tuple[str, int], Entry] = {}
    faults: list[Fault] = []
    for item in _candidates(ledger, wanted):
        if isinstance(item, Fault):
            faults.append(item)
        elif _fits(item, wanted):
            found[item.chain, item.seq] = item
    if wanted.policy is not None:
        chains = _of_policy(ledger, {chain for chain, _ in found}, wanted.policy)
        found = {at: entry for at, entry in found.items() if entry.chain in chains}
    entries = sorted(found.values(), key=lambda e: (e.at, e.chain, e.seq))
    return Selected(entries=tuple(entries), faults=tuple(faults))


def _candidates(ledger: Ledger, wanted: Wanted) -> Iterator[Entry | Fault]:
    first, last = wanted.first, wanted.last
    if wanted.function is not None and wanted.function.startswith("arn:"):
        yield from ledger.found("function", wanted.function)
    elif wanted.actor is not None:
        yield from ledger.found("actor", wanted.actor)
    elif first is not None and last is not None and (last - first).days < DAYS_BY_INDEX:
        for n in range((last - first).days + 1):
            yield from ledger.found("day", (first + timedelta(days=n)).isoformat())
    else:
        for chain in ledger.chains():
            yield from _read(ledger, chain)


def _read(ledger: Ledger, chain: str) -> Iterable[Entry | Fault]:
    try:
        return ledger.entries(chain)
    except TamperedError as error:
        return (Fault(chain=chain, seq=0, what=str(error)),)


def _fits(entry: Entry, wanted: Wanted) -> bool:
    on = entry.at.astimezone(UTC).date()
    return (
        (wanted.function is None or _is_function(entry, wanted.function))
        and (wanted.account is None or _account(entry) == wanted.account)
        and (wanted.actor is None or entry.actor == wanted.actor)
        and (wanted.event is None or entry.event == wanted.event)
        and (wanted.first is None or on >= wanted.first)
        and (wanted.last is None or on <= wanted.last)
    )


def _is_function(entry: Entry, wanted: str) -> bool:
    arn = _arn(entry)
    return entry.function == wanted or (arn is not None and arn.name == wanted)


def _account(entry: Entry) -> str | None:
    arn = _arn(entry)
    return None if arn is None else arn.account


def _arn(entry: Entry) -> FunctionArn | None:
    try:
        return None if entry.function is None else FunctionArn.parse(entry.function)
    except InputError:
        return None


def _of_policy(ledger: Ledger, chains: Iterable[str], policy: str) -> frozenset[str]:
    """Return those chains in which a change of this policy was proposed."""
    return frozenset(
        chain
        for chain in chains
        if any(isinstance(e, Entry) and _proposes(e, policy) for e in _read(ledger, chain))
    )


def _proposes(entry: Entry, policy: str) -> bool:
    remediation = entry.data.get("remediation")
    return isinstance(remediation, dict) and remediation.get("policy_id") == policy
