"""How are realised savings told? As a table with bars, as JSON, and as a sheet without formulas."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trimtab.domain.approval import RoundStatus
from trimtab.domain.realised import (
    ProvisionedSaving,
    Realised,
    RealisedSaving,
    Row,
    Savings,
    Totals,
)
from trimtab.domain.wire import to_wire
from trimtab.report import figures, words
from trimtab.report.sheet import cell

HEADINGS = (
    "change",
    "function",
    "account",
    "from -> to",
    "predicted a month",
    "measured a month",
    "share saved",
    "so far",
    "state",
)
BAR = 10
"""Characters of a whole bar: all GB-seconds saved, or all that it cost."""
FULL, EMPTY = "#", "."

_STATES: Mapping[RoundStatus, str] = {
    RoundStatus.CANARY: "tried by some of its traffic",
    RoundStatus.WATCHING: "watched",
    RoundStatus.VERIFIED: "verified",
    RoundStatus.UNPROVEN: "unproven",
    RoundStatus.UNDOING: "being undone",
    RoundStatus.UNDONE: "undone",
    RoundStatus.UNDO_STOPPED: "the undo stopped",
    RoundStatus.REVERTED: "taken back in the watch",
    RoundStatus.GIVEN_UP: "given up",
}


def state(row: Row) -> str:
    """Return what became of a change, in a word or two."""
    if row.is_taken_back_later:
        until = "" if row.stood_until is None else f" on {row.stood_until:%Y-%m-%d}"
        return f"taken back later{until}"
    return _STATES.get(row.status, row.status.value.replace("_", " "))


def cells(row: Row, *, now: datetime) -> tuple[str, ...]:
    """Return a row of the table, under `HEADINGS`."""
    measured = row.measured
    saved = row.saved_usd(now=now)
    return (
        f"{row.change_id}-r{row.round}",
        words.inert(row.function.name),
        row.function.account,
        f"{_values(row.before)} -> {_values(row.after)}",
        words.saving(row.predicted).removesuffix(" a month"),
        _measured(measured),
        "not measured" if measured is None else bar(measured.share),
        "not known" if saved is None else words.money(saved),
        state(row),
    )


def _values(values: Mapping[str, int]) -> str:
    """Return what was written: '1,504 MB', '12 provisioned', '4 to 12 provisioned by schedule'."""
    return words.settings(values).removeprefix("memory ")


def _measured(measured: Realised | None) -> str:
    if measured is None:
        return "not measured"
    return "not known" if measured.usd_month is None else words.money(measured.usd_month)


def bar(share: float) -> str:
    """Return a share as a bar with its figure: '####...... 41 %'."""
    full = min(BAR, max(0, round(share * BAR)))
    return f"{FULL * full}{EMPTY * (BAR - full)} {figures.percent(round(share, 3))}"


def summary(found: Savings) -> tuple[str, ...]:
    """Return what it comes to, line by line."""
    t = found.totals
    lines = [
        f"{words.count(t.changes, 'change')} applied: {t.standing} in place, {t.undone} undone, "
        f"{t.taken_back} taken back by somebody else{_rest(t)}"
    ]
    if t.measured:
        lines.append(
            f"in place and measured: {words.money(t.usd_month)} a month; predicted was "
            f"{words.saving(t.predicted)}"
        )
    if t.standing - t.measured:
        many = words.count(t.standing - t.measured, "change")
        lines.append(f"in place and not measured: {many}")
    lines.append(f"saved so far: {words.money(t.saved_usd)}")
    if t.saved_unknown:
        many = words.count(t.saved_unknown, "change")
        lines.append(f"not in that: {many} of which nobody knows what it saved")
    return tuple(lines)


def _rest(t: Totals) -> str:
    """Return the other counts where there are any, so that all of them come to the changes."""
    watched = f", {t.watched} still watched" if t.watched else ""
    rest = f", {t.open_or_given_up} open or given up" if t.open_or_given_up else ""
    return f"{watched}{rest}"


def as_plain(found: Savings, *, since: datetime | None, now: datetime) -> dict[str, Any]:
    """Return everything as other programs read it; what is not known is null."""
    return {
        "since": None if since is None else since.isoformat(),
        "as_of": now.isoformat(),
        "changes": [_plain(row, now=now) for row in found.rows],
        "totals": {k: v for k, v in to_wire(found.totals).items() if k not in ("is", "predicted")}
        | {
            "predicted_low_usd_month": found.totals.predicted.low_usd_month,
            "predicted_high_usd_month": found.totals.predicted.high_usd_month,
        },
    }


def _plain(row: Row, *, now: datetime) -> dict[str, Any]:
    measured = row.measured
    return {
        "change": row.change_id,
        "round": row.round,
        "function": str(row.function),
        "policy": row.policy_id,
        "memory_before_mb": row.before.get("memory_mb"),
        "memory_after_mb": row.after.get("memory_mb"),
        "predicted_low_usd_month": row.predicted.low_usd_month,
        "predicted_high_usd_month": row.predicted.high_usd_month,
        "measured_usd_month": None if measured is None else measured.usd_month,
        "share_saved": None if measured is None else measured.share,
        **_gb_seconds(measured if isinstance(measured, RealisedSaving) else None),
        "saved_so_far_usd": row.saved_usd(now=now),
        "state": state(row),
        "applied_at": row.applied_at.isoformat(),
        "stood_until": None if row.stood_until is None else row.stood_until.isoformat(),
        "kind": row.kind.value,
        "before": _values(row.before),
        "after": _values(row.after),
        **_costs(measured if isinstance(measured, ProvisionedSaving) else None),
    }


def _gb_seconds(measured: RealisedSaving | None) -> dict[str, Any]:
    """Return what was measured of a memory size; nothing of another kind of change."""
    return {
        "gb_s_per_invocation_before": (
            None if measured is None else measured.before.gb_s_per_invocation
        ),
        "gb_s_per_invocation_after": (
            None if measured is None else measured.after.gb_s_per_invocation
        ),
        "invocations_before": None if measured is None else measured.before.invocations,
        "invocations_after": None if measured is None else measured.after.invocations,
        "basis": None if measured is None else measured.basis,
    }


def _costs(measured: ProvisionedSaving | None) -> dict[str, Any]:
    """Return what was measured of provisioned concurrency; nothing of another kind of change."""
    return {
        "cost_before_usd_month": None if measured is None else measured.cost_before_usd_month,
        "cost_after_usd_month": None if measured is None else measured.cost_after_usd_month,
        "spillover": None if measured is None else measured.spillover,
        "utilisation": None if measured is None else measured.utilisation,
    }


def sheet(found: Savings, *, now: datetime) -> str:
    """Write the changes as CSV, a line each."""
    rows = [_plain(row, now=now) for row in found.rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_in_sheet(value) for value in row.values()])
    return out.getvalue()


def _in_sheet(value: object) -> str:
    """Return a number as it is, also below zero: only text could be a formula (S23)."""
    return str(value) if isinstance(value, int | float) else cell(value)
