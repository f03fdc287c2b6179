"""Which backups are about to end, and who was told of it?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import FunctionArn
from trimtab.domain.freeze import CONTROL

EXPIRY_CHAIN = f"{CONTROL}expiry"
"""The chain of what was said of backups that end: one entry for each email."""
EXPIRY_TOLD = "expiry_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """A complete backup that ends soon."""

    function: FunctionArn
    backup_id: str
    taken_at: datetime
    expires_at: datetime
    newest: datetime
    """When the newest complete backup of the same function ends."""

    @property
    def is_last(self) -> bool:
        """Tell whether nothing is left of the function once this one has ended."""
        return self.newest == self.expires_at


def untold(
    found: Iterable[Expiring], told: Mapping[str, frozenset[str]], person: str
) -> tuple[Expiring, ...]:
    """Return what a person was not told of. `told`: id of a person -> ids of backups."""
    known = told.get(person, frozenset())
    return tuple(one for one in found if one.backup_id not in known)
