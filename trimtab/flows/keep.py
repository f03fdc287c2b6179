"""How does an owner keep a function that is on its way out? One form, with the link alone: keeping
is safe. Looking does nothing (S2); the watch lets the function go within minutes.
"""

from collections.abc import Mapping
from enum import StrEnum

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import InputError
from trimtab.domain.round_events import DELETION_INTENDED, REMOVAL_STOPPED
from trimtab.flows.decide import Bench, Seen, check_nonce
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_record import deletion_of, versions_left, why_stopped
from trimtab.pipeline.removal_signs import KEPT, stop
from trimtab.remediations.remove_function import plan_of

DECISION = "keep"
"""What the form posts under `decision`."""

ON_ITS_WAY = (RoundStatus.NOTICE, RoundStatus.APPLYING, RoundStatus.QUARANTINE)


class Keeping(StrEnum):
    """Whether a function can still be kept."""

    OPEN = "open"
    KEPT = "kept"
    NO = "no"
    """It is no removal, or it has ended, or somebody or something else ended it."""


def keeping_of(seen: Seen, bench: Bench) -> Keeping:
    """Tell whether what a link is about can be kept, by the ledger alone."""
    remediation = seen.round.remediation
    if remediation.removal is None:
        return Keeping.NO
    return _keeping(read_round(bench.ledger, remediation.change_id, remediation.round))


def _keeping(known: OnRecord) -> Keeping:
    if known.status not in ON_ITS_WAY or _is_too_late(known):
        return Keeping.NO
    stopped = known.last(REMOVAL_STOPPED)
    if stopped is None:
        return Keeping.OPEN
    return Keeping.KEPT if stopped.data["what"] == KEPT else Keeping.NO


def _is_too_late(known: OnRecord) -> bool:
    """Versions go one by one, and whoever keeps them in the middle keeps the rest."""
    if plan_of(known.remediation).versions:
        return not versions_left(known)
    return deletion_of(known) is not None or known.has(DELETION_INTENDED)


def keep(seen: Seen, form: Mapping[str, str], *, cookie: str | None, bench: Bench) -> None:
    """Enter that whom the link was sent to keeps the function, once.

    Raises: InputError for a form that did not come from the page, or comes too late.
    """
    check_nonce(form.get("nonce"), cookie)
    remediation = seen.round.remediation
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    if _keeping(known) is Keeping.NO:
        why = why_stopped(known)
        raise InputError(
            "it is not on its way out any more" + (f": {why}" if why is not None else "")
        )
    person, now = seen.link.approver, bench.clock.now()
    reason = "whoever was asked about it keeps it"
    stop(known, bench.ledger, KEPT, reason, actor=person, now=now)
