"""How is a function removed? The pauses from notice to deletion, and what is put back."""

from dataclasses import dataclass
from datetime import timedelta

LONGEST_QUARANTINE = timedelta(hours=72)
"""Longer nothing is kept from being called: the first asynchronous event that a quarantined
function gets is lost without a retry. Chosen: a weekend's callers show up within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlan:
    """What happens between the approval of a removal and the deletion, and what is put back."""

    notice: timedelta
    """From the notice to the approvers; any call or change in it ends the removal."""
    quarantine: timedelta
    """Reserved concurrency 0, the last part before the deletion."""
    last_call: timedelta
    """So long before the deletion the last email goes out; it lies within the quarantine."""
    reserved: int | None
    """The reserved concurrency it had; None: nothing was reserved."""
