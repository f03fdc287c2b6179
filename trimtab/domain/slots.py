"""How many changes may be out at once? Limits over many runs, counted again at apply (S27)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trimtab.domain.plan import Limits

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What is out: one record for the whole hub, replaced as a whole."""

    unverified: Mapping[str, str] = field(default_factory=dict)
    """Execution name -> account, of every change written and not yet verified."""
    written: Mapping[str, datetime] = field(default_factory=dict)
    """Execution name -> when its writing began, of the last 24 hours."""

    def holds(self, execution: str) -> bool:
        return execution in self.unverified

    def without(self, ended: frozenset[str]) -> "Slots":
        """Free the slots of rounds that have ended."""
        kept = {name: acc for name, acc in self.unverified.items() if name not in ended}
        return Slots(unverified=kept, written=self.written)

    def taken(self, execution: str, account: str, *, now: datetime) -> "Slots":
        """Take a slot for one execution; what is older than a day is forgotten."""
        recent = {name: at for name, at in self.written.items() if at > now - DAY}
        return Slots(
            unverified={**self.unverified, execution: account},
            written={execution: now} | recent,
        )


def why_full(
    slots: Slots, execution: str, account: str, limits: Limits, *, now: datetime
) -> str | None:
    """Say which limit is reached, with both figures; None: there is room, or it has a slot."""
    today = sum(1 for name, at in slots.written.items() if at > now - DAY and name != execution)
    is_counted = slots.written.get(execution, now - DAY) > now - DAY
    if today >= limits.per_day and not is_counted:
        return f"{today} changes were written in 24 hours, the limit is {limits.per_day}"
    if slots.holds(execution):
        return None
    out = len(slots.unverified)
    in_account = sum(1 for other in slots.unverified.values() if other == account)
    if out >= limits.unverified:
        return f"{out} changes are not yet verified, the limit is {limits.unverified}"
    if in_account >= limits.unverified_per_account:
        return (
            f"{in_account} changes in account {account} are not yet verified, the limit is "
            f"{limits.unverified_per_account}"
        )
    return None
