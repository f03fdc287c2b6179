"""Which backups are there, how old are they, and which are about to expire?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Manifest
from trimtab.pipeline.backup import listed
from trimtab.ports.vault import Vault

ANNOUNCED = timedelta(days=30)
"""How long before its end a backup is announced. Chosen: a month to restore, or to let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One backup in the vault."""

    function: FunctionArn
    backup_id: str
    taken_at: datetime
    expires_at: datetime
    is_complete: bool
    missing: tuple[str, ...]
    size_bytes: int

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it may be gone; 0 or less: it may be gone already."""
        return (self.expires_at - now).days


def kept(manifest: Manifest, *, kept_for: timedelta) -> Kept:
    return Kept(
        function=manifest.function,
        backup_id=manifest.backup_id,
        taken_at=manifest.taken_at,
        expires_at=manifest.taken_at + kept_for,
        is_complete=manifest.is_complete,
        missing=tuple(f"{m.part}: {m.call}: {m.why}" for m in manifest.missing),
        size_bytes=manifest.size_bytes,
    )


def backups(vault: Vault, function: FunctionArn | None, *, kept_for: timedelta) -> tuple[Kept, ...]:
    """Return the backups of one region, of one function or of all, oldest first.

    Raises: OutsideError, TamperedError.
    """
    return tuple(kept(manifest, kept_for=kept_for) for manifest in listed(vault, function))


def expiring(
    found: Iterable[Kept], *, now: datetime, within: timedelta = ANNOUNCED
) -> tuple[Kept, ...]:
    """Return the complete backups that end soon and are there still, the first to end first."""
    soon = [one for one in found if one.is_complete and now < one.expires_at <= now + within]
    return tuple(sorted(soon, key=lambda one: (one.expires_at, one.backup_id)))
