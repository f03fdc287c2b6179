"""Which functions were removed, and with which proven backup? As the ledger has it.

What is brought back is the backup that the notice began with: the one of the last hour before the
deletion was taken in quarantine, and would take no calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import NotFoundError
from trimtab.domain.ledger import Entry
from trimtab.domain.plan import Plan
from trimtab.domain.round_events import DELETION_INTENDED
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.pipeline.gone import GONE
from trimtab.pipeline.on_record import read_round
from trimtab.ports import Ledger, RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One function that was removed, with the backup that was read back before its notice."""

    function: FunctionArn
    backup_id: str


def removed_by(run_id: str, *, store: RunStore, ledger: Ledger) -> tuple[Removed, ...]:
    """Return the functions that were removed by the changes of a run, by ARN. Of whose versions
    some were removed is there still.

    Raises: NotFoundError when the run is not known; TamperedError when a chain is not whole.
    """
    plan = from_wire(Plan, store.get(keys.plan(run_id)))
    found = []
    for remediation in plan.remediations:
        try:
            known = read_round(ledger, remediation.change_id, remediation.round)
        except NotFoundError:
            continue
        plan_of_removal = remediation.removal
        if plan_of_removal is not None and plan_of_removal.versions:
            continue
        backup_id = _backup_of(known.entries)
        if backup_id is not None:
            found.append(Removed(function=remediation.function, backup_id=backup_id))
    return tuple(sorted(found, key=lambda one: one.function))


def _backup_of(entries: Iterable[Entry]) -> str | None:
    """Return the backup of the last deletion, also of one of which only the intent is on record."""
    said = [str(e.data["backup_id"]) for e in entries if e.event in (GONE, DELETION_INTENDED)]
    return said[-1] if said else None
