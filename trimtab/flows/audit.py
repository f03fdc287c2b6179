"""Is the ledger whole? Every chain: content, order, completeness."""

from dataclasses import dataclass

from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import Fault
from trimtab.pipeline.on_record import read_chain
from trimtab.ports import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was checked, and everything that is wrong."""

    chains: int
    entries: int
    faults: tuple[Fault, ...]


def audit(ledger: Ledger) -> Audit:
    """Verify every chain; one that cannot even be read as entries is a fault of its own."""
    chains, entries = 0, 0
    faults: list[Fault] = []
    for chain in ledger.chains():
        chains += 1
        try:
            found, wrong = read_chain(ledger, chain)
        except TamperedError as error:
            faults.append(Fault(chain=chain, seq=0, what=str(error)))
            continue
        entries += len(found)
        faults += wrong
    return Audit(chains=chains, entries=entries, faults=tuple(faults))
