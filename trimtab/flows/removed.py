"""Which functions did a run remove, and with which proven backup? As the ledger has it."""

from dataclasses import dataclass

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import NotFoundError
from trimtab.domain.plan import Plan
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.flows.backup import proof_of
from trimtab.pipeline.on_record import read_round
from trimtab.ports import Ledger, RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One function with a backup that was read back before it was removed."""

    function: FunctionArn
    backup_id: str


def removed_by(run_id: str, *, store: RunStore, ledger: Ledger) -> tuple[Removed, ...]:
    """Return the functions of a run whose change was applied after a proven backup, by ARN.

    Raises: NotFoundError when the run is not known; TamperedError when a chain is not whole.
    """
    plan = from_wire(Plan, store.get(keys.plan(run_id)))
    found = []
    for remediation in plan.remediations:
        try:
            known = read_round(ledger, remediation.change_id, remediation.round)
        except NotFoundError:
            continue
        proof = proof_of(known)
        if proof is not None and known.has("applied"):
            found.append(Removed(function=proof.function, backup_id=proof.backup_id))
    return tuple(sorted(found, key=lambda one: one.function))
