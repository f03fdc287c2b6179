"""Where does an entry of the ledger leave its round? The one table of events that move a round."""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.approval import RoundStatus

DECIDED = "decided"
EVERYBODY_TOLD = "everybody_told"
"""Closes the chain of a round whose approvers want to know how it ended."""

TO_BE_TOLD = frozenset(
    {
        RoundStatus.STALE,
        RoundStatus.NOT_WRITTEN,
        RoundStatus.UNDONE,
        RoundStatus.GIVEN_UP,
        RoundStatus.REMOVED,
    }
)
"""Ends that an execution tells to whoever answered; until then the chain stays open."""

CANARY_STARTED = "canary_started"
PROMOTION_INTENDED = "promotion_intended"
CANARY_HEALTHY = "canary_healthy"
CANARY_REGRESSED = "canary_regressed"
CANARY_STOPPED = "canary_stopped"
CANARY_ENDED_BADLY = (
    CANARY_REGRESSED,
    "canary_unproven",
    "canary_disturbed",
    CANARY_STOPPED,
)
"""Why a canary is taken back: it did worse; too little was seen of it; somebody else changed what
it stands on; its approval does not hold any more. Each says its reason."""

BACKUP_ASKED = "backup_asked"
VAULT_MISSING = "vault_missing"
"""No backup can be made where the function is; carries the reason, which says what to deploy."""
BACKUP_VERIFIED = "backup_verified"
"""A backup was read back whole; carries its proof."""
NOTICE_STARTED = "notice_started"
QUARANTINE_INTENDED = "quarantine_intended"
QUARANTINE_STARTED = "quarantine_started"
QUARANTINE_READ = "quarantine_read"
QUARANTINE_UNREAD = "quarantine_unread"
REFERENCES_READ = "references_read"
"""What names the function, read before each attempt to delete it: the last entry counts."""
DELETION_INTENDED = "deletion_intended"
REMOVAL_STOPPED = "removal_stopped"
"""Why a removal ends without a deletion: `what` is called, changed, unread, needed or kept."""
VERSION_KEPT = "version_kept"
"""One version is taken out of what goes, and why."""
VERSION_GONE = "version_gone"
"""One version is deleted, and by whose doing."""
REMOVED = "removed"
REFERENCE_SENT = "reference_sent"
"""A ticket was asked for, for one thing that still names the deleted function."""
REFERENCE_TICKETED = "reference_ticketed"

STATUS_AFTER: Mapping[str, RoundStatus] = {
    "proposed": RoundStatus.PROPOSED,
    "opened": RoundStatus.PROPOSED,
    "intended": RoundStatus.APPLYING,
    CANARY_STARTED: RoundStatus.CANARY,
    PROMOTION_INTENDED: RoundStatus.APPLYING,
    NOTICE_STARTED: RoundStatus.NOTICE,
    QUARANTINE_INTENDED: RoundStatus.APPLYING,
    QUARANTINE_STARTED: RoundStatus.QUARANTINE,
    DELETION_INTENDED: RoundStatus.APPLYING,
    REMOVED: RoundStatus.REMOVED,
    "applied": RoundStatus.WATCHING,
    "watch_healthy": RoundStatus.VERIFIED,
    "watch_insufficient_data": RoundStatus.UNPROVEN,
    "watch_reverted": RoundStatus.REVERTED,
    "reverted_later": RoundStatus.REVERTED,
    "undo_intended": RoundStatus.UNDOING,
    "stale": RoundStatus.STALE,
    "forward_refused": RoundStatus.STALE,
    "not_written": RoundStatus.NOT_WRITTEN,
    "undone": RoundStatus.UNDONE,
    "undo_stopped": RoundStatus.UNDO_STOPPED,
    "given_up": RoundStatus.GIVEN_UP,
}
"""Any other entry leaves a round where it was; `decided` leaves it where the decision says."""


def status_after(event: str, data: Mapping[str, Any]) -> RoundStatus | None:
    """Return where an entry leaves its round; None: where it was."""
    if event == DECIDED:
        return RoundStatus(data["signed"]["decision"]["word"])
    return STATUS_AFTER.get(event)


def leaves_open(event: str, data: Mapping[str, Any]) -> bool | None:
    """Tell whether something still has to come after an entry; None: as before it."""
    status = status_after(event, data)
    return None if status is None else status.is_open or status in TO_BE_TOLD
