"""What did a change really save? Billed GB-seconds of an invocation, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from trimtab.domain.approval import RoundStatus
from trimtab.domain.arn import FunctionArn
from trimtab.domain.finding import Saving
from trimtab.domain.ledger import Fault
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.terms import ChangeKind
from trimtab.domain.wire import from_wire

MONTH = timedelta(hours=HOURS_PER_MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: what the function did at one size."""

    memory_mb: int
    invocations: float
    duration_mean_ms: float
    """Of the handler, without init."""
    duration_p95_ms: float | None
    gb_s_per_invocation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RealisedSaving:
    """The hours of the watch beside the same hours of the weeks before."""

    before: Side
    after: Side
    basis: str
    """What the GB-seconds are made of, in words."""
    usd_month: float | None
    """At the prices and the use of the run that proposed the change; None: the run kept neither."""
    predicted_low_usd_month: float
    predicted_high_usd_month: float

    @property
    def share(self) -> float:
        """The part of the billed GB-seconds that is saved; below zero it costs more."""
        return 1.0 - self.after.gb_s_per_invocation / self.before.gb_s_per_invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedSaving:
    """What an alias cost during the watch, and what it would have cost before, for that demand."""

    cost_before_usd_month: float
    cost_after_usd_month: float
    predicted_cost_usd_month: float
    predicted_low_usd_month: float
    predicted_high_usd_month: float
    spillover: float | None
    """0..1 of the invocations; None: nothing was provisioned, or it is not known."""
    utilisation: float | None
    """0..1 of what was provisioned; None: nothing was."""

    @property
    def usd_month(self) -> float | None:
        return round(self.cost_before_usd_month - self.cost_after_usd_month, 2)

    @property
    def share(self) -> float:
        """The part of the cost that is saved; below zero it costs more."""
        if self.cost_before_usd_month == 0:
            return 0.0
        return 1.0 - self.cost_after_usd_month / self.cost_before_usd_month


Realised: TypeAlias = RealisedSaving | ProvisionedSaving


def read_realised(data: Mapping[str, Any]) -> Realised:
    """Read back what was entered as measured."""
    if data.get("is") == ProvisionedSaving.__name__:
        return from_wire(ProvisionedSaving, data)
    return from_wire(RealisedSaving, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One applied change."""

    change_id: str
    round: int
    function: FunctionArn
    policy_id: str
    kind: ChangeKind
    before: Mapping[str, int]
    """What its undo writes, by name."""
    after: Mapping[str, int]
    predicted: Saving
    measured: Realised | None
    """None: its watch is not over, or nothing could be measured."""
    status: RoundStatus
    is_taken_back_later: bool
    """By somebody else, after its watch."""
    applied_at: datetime
    stood_until: datetime | None
    """When it stopped saving; None: it has not, or it never stood."""
    has_stood: bool
    """Its watch ended with the change in place."""

    def saved_usd(self, *, now: datetime) -> float | None:
        """Return what it saved from its application until it ended, or until now; None: nobody
        knows. What was taken back by its watch saved nothing.
        """
        if not self.has_stood:
            return 0.0
        if self.measured is None or self.measured.usd_month is None:
            return None
        end = now if self.stood_until is None else self.stood_until
        return self.measured.usd_month * (max(end - self.applied_at, timedelta(0)) / MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The changes in figures. What is not known is counted, never taken for zero (S8)."""

    changes: int
    standing: int
    measured: int
    """Of those that stand."""
    usd_month: float
    """Of those that stand and were measured."""
    predicted: Saving
    """Of the same ones."""
    saved_usd: float
    """Until now, of all that stood, for as long as they did."""
    saved_unknown: int
    """Stood, and nobody knows what they saved."""
    undone: int
    taken_back: int
    """By somebody else, in the watch or later."""
    watched: int
    """Its watch is not over."""
    open_or_given_up: int
    """Being undone, its undo stopped, or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    rows: tuple[Row, ...]
    """By moment of their application."""
    totals: Totals
    faults: tuple[Fault, ...]
    """What could not be read."""
