"""What does the ledger say of one round of a change? Apply and verify trust nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trimtab.domain.approval import RoundStatus, SignedDecision
from trimtab.domain.errors import NotFoundError, TamperedError
from trimtab.domain.ledger import Entry, Fault, chain_faults, change_chain
from trimtab.domain.remediation import Remediation, digest_holds
from trimtab.domain.round_events import REMOVED, status_after
from trimtab.domain.wire import from_wire
from trimtab.ports import Ledger

READINGS = 3
"""Entries and head are two reads, so an append in between looks like a fault: read again."""

LINK_ISSUED = "link_issued"
"""Entered before a link is mailed: no other link decides anything."""

ENDS: Mapping[str, RoundStatus] = {
    "stale": RoundStatus.STALE,
    "forward_refused": RoundStatus.STALE,
    "not_written": RoundStatus.NOT_WRITTEN,
    "undone": RoundStatus.UNDONE,
    "undo_stopped": RoundStatus.UNDO_STOPPED,
    "given_up": RoundStatus.GIVEN_UP,
    REMOVED: RoundStatus.REMOVED,
}
"""Entries after which a round is never applied (again), whatever the state table says of it, and
what it has to say.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """One round as the ledger has it."""

    remediation: Remediation
    decision: SignedDecision | None
    entries: tuple[Entry, ...]
    """Those of this round, in order."""

    def last(self, event: str) -> Entry | None:
        return next((e for e in reversed(self.entries) if e.event == event), None)

    def has(self, event: str) -> bool:
        return self.last(event) is not None

    @property
    def status(self) -> RoundStatus:
        """Where the round stands by its entries alone."""
        found = (status_after(e.event, e.data) for e in reversed(self.entries))
        return next((status for status in found if status is not None), RoundStatus.PROPOSED)

    @property
    def links(self) -> Mapping[str, str]:
        """The links that were sent: hash of the token -> whom it was sent to."""
        issued = (e.data for e in self.entries if e.event == LINK_ISSUED)
        return {str(data["token_hash"]): str(data["approver"]) for data in issued}

    @property
    def end(self) -> Entry | None:
        """The entry that ended the round, if any did."""
        return next((e for e in reversed(self.entries) if e.event in ENDS), None)


def read_chain(ledger: Ledger, chain: str) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
    """Read one chain with everything that is wrong with it; a fault must stand in every reading."""
    entries: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()
    for _ in range(READINGS):
        entries = ledger.entries(chain)
        faults = chain_faults(entries, ledger.head(chain)) if entries else _headless(ledger, chain)
        if not faults:
            break
    return entries, faults


def _headless(ledger: Ledger, chain: str) -> tuple[Fault, ...]:
    head = ledger.head(chain)
    return () if head is None else chain_faults((), head)


def read_round(ledger: Ledger, change_id: str, number: int) -> OnRecord:
    """Read one round from the ledger, and nothing from anywhere else.

    Raises: NotFoundError when the ledger does not know it, or it was never opened; TamperedError
    when the chain is not whole, or the change is not what its id names.
    """
    chain = change_chain(change_id)
    entries, faults = read_chain(ledger, chain)
    if faults:
        raise TamperedError(f"{chain}, entry {faults[0].seq}: {faults[0].what}")
    if not entries:
        raise NotFoundError(f"there is no change {change_id}")
    of_round = tuple(e for e in entries if e.data.get("round") == number)
    remediation = _opened(of_round)
    if remediation is None:
        raise NotFoundError(f"{chain} has no round {number}")
    if not digest_holds(remediation) or remediation.change_id != change_id:
        raise TamperedError(f"{chain}: round {number} is not what its id names: it was altered")
    decided = next((e for e in of_round if e.event == "decided"), None)
    return OnRecord(
        remediation=remediation,
        decision=None if decided is None else from_wire(SignedDecision, decided.data["signed"]),
        entries=of_round,
    )


def _opened(entries: Sequence[Entry]) -> Remediation | None:
    """Return the proposal that was opened: others of the same round decide nothing."""
    run_id = next((e.data["run_id"] for e in entries if e.event == "opened"), None)
    for entry in entries:
        if entry.event == "proposed" and entry.data["remediation"]["run_id"] == run_id:
            return from_wire(Remediation, entry.data["remediation"])
    return None
