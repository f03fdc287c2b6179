"""What did the changes save, by the record? One row per applied change, and what they come to.

Read from the tables; whether they can be believed says the audit.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import TrimtabError
from trimtab.domain.finding import Saving
from trimtab.domain.ledger import Entry, Fault, change_chain
from trimtab.domain.realised import Row, Savings, Totals, read_realised
from trimtab.flows.aftercare import ENDS, REVERTED_LATER
from trimtab.flows.select import Wanted, select
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.savings import MEASURED
from trimtab.ports import Ledger

STANDS = (RoundStatus.VERIFIED, RoundStatus.UNPROVEN)
"""Where a change is still there, as far as anybody knows, and its watch is over."""

WATCHED = (RoundStatus.CANARY, RoundStatus.WATCHING)
"""Where nobody can say yet whether it stays."""

OVER = (REVERTED_LATER, "undo_intended", "given_up")
"""Entries from which on a change that stood saves nothing that could be vouched for."""


def savings(ledger: Ledger, *, since: datetime | None, now: datetime) -> Savings:
    """Return every change that was applied since then; None: since ever."""
    wanted = Wanted(
        event="applied",
        first=None if since is None else since.astimezone(UTC).date(),
        last=now.astimezone(UTC).date(),
    )
    found = select(ledger, wanted)
    rows: list[Row] = []
    faults = list(found.faults)
    for entry in found.entries:
        if since is not None and entry.at < since:
            continue
        try:
            rows.append(_row(entry, ledger))
        except TrimtabError as error:
            faults.append(Fault(chain=entry.chain, seq=entry.seq, what=str(error)))
    return Savings(rows=tuple(rows), totals=totals(rows, now=now), faults=tuple(faults))


def _row(applied: Entry, ledger: Ledger) -> Row:
    change_id = applied.chain.removeprefix(change_chain(""))
    known = read_round(ledger, change_id, int(applied.data["round"]))
    remediation, measured = known.remediation, known.last(MEASURED)
    return Row(
        change_id=change_id,
        round=remediation.round,
        function=remediation.function,
        policy_id=remediation.policy_id,
        kind=remediation.kind,
        before=remediation.undo,
        after=remediation.after,
        predicted=remediation.recommendation.saving,
        measured=None if measured is None else read_realised(measured.data["saving"]),
        status=known.status,
        is_taken_back_later=known.has(REVERTED_LATER),
        applied_at=applied.at,
        stood_until=_stood_until(known),
        has_stood=any(known.has(event) for event in ENDS),
    )


def _stood_until(known: OnRecord) -> datetime | None:
    return min((e.at for e in known.entries if e.event in OVER), default=None)


def totals(rows: Sequence[Row], *, now: datetime) -> Totals:
    """Add up; of the months only what stands, of the money so far all that ever stood."""
    standing = [row for row in rows if row.status in STANDS]
    known = [
        (row, row.measured.usd_month)
        for row in standing
        if row.measured is not None and row.measured.usd_month is not None
    ]
    saved = [row.saved_usd(now=now) for row in rows]
    undone = sum(row.status is RoundStatus.UNDONE for row in rows)
    taken_back = sum(row.status is RoundStatus.REVERTED for row in rows)
    watched = sum(row.status in WATCHED for row in rows)
    return Totals(
        changes=len(rows),
        standing=len(standing),
        measured=len(known),
        usd_month=sum(usd for _, usd in known),
        predicted=Saving(
            low_usd_month=sum(row.predicted.low_usd_month for row, _ in known),
            high_usd_month=sum(row.predicted.high_usd_month for row, _ in known),
        ),
        saved_usd=sum(usd for usd in saved if usd is not None),
        saved_unknown=sum(usd is None for usd in saved),
        undone=undone,
        taken_back=taken_back,
        watched=watched,
        open_or_given_up=len(rows) - len(standing) - undone - taken_back - watched,
    )
