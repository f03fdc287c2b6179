"""Who decided what, about which exact change, and until when did it count?"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from trimtab.domain.digest import canonical_json
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import SignedIn
from trimtab.domain.wire import ONLY_IF_SAID, to_wire


class DecisionWord(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class RoundStatus(StrEnum):
    """Where a round stands. What is not open is its end for good (S25)."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    APPLYING = "applying"
    CANARY = "canary"
    """Its aliases send a share of their traffic to the new version, and that is watched."""
    NOTICE = "notice"
    """Its backup is read back and its approvers know: nothing is written, and any call ends it."""
    QUARANTINE = "quarantine"
    """It takes no calls, and whoever tries lets it go at once (S15)."""
    WATCHING = "watching"
    UNDOING = "undoing"
    """Its before-values are being put back; it holds its function's lock again."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    STALE = "stale"
    NOT_WRITTEN = "not_written"
    REMOVED = "removed"
    """The function is gone; `trimtab restore` brings back what can be."""
    VERIFIED = "verified"
    UNDONE = "undone"
    UNPROVEN = "unproven"
    """The watch ended without enough traffic to tell; the change stays and a person is told."""
    REVERTED = "reverted"
    """Somebody else took the change back: it is reported, and never fought (S12, S25)."""
    UNDO_STOPPED = "undo_stopped"
    """Somebody else changed the function meanwhile: a person is called, and the function stays
    locked until `trimtab undo` went through (S13), or `trimtab give-up` lets it go."""
    GIVEN_UP = "given_up"
    """What it wrote is neither watched nor taken back any more: the function is gone, or a person
    said so."""

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = frozenset(
    {
        RoundStatus.PROPOSED,
        RoundStatus.APPROVED,
        RoundStatus.APPLYING,
        RoundStatus.CANARY,
        RoundStatus.NOTICE,
        RoundStatus.QUARANTINE,
        RoundStatus.WATCHING,
        RoundStatus.UNDOING,
        RoundStatus.UNDO_STOPPED,
    }
)


UNTOLD = (RoundStatus.REJECTED, RoundStatus.EXPIRED)
"""Ends that somebody still waits to hear of: such a round leaves the open ones once it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One person's (or the clock's) answer to one round of one change."""

    change_id: str
    round: int
    word: DecisionWord
    approver: str
    auth: str
    """'link': whoever held the link, never a proven person; 'sign_in': who signed in as the
    approver; 'clock': nobody answered in time."""
    reason: str | None
    decided_at: datetime
    token_hash: str = ""
    """Of the link it came through, which is on record as sent to this approver; empty: the
    clock."""
    signed_in: SignedIn | None = field(default=None, metadata=ONLY_IF_SAID)
    """Where 'sign_in' was proven, and when; None: it was not."""

    def message(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical_json(to_wire(self)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What a no leaves with its finding (S25)."""

    until: datetime
    """Nothing is proposed for the finding before."""
    refused: str | None
    """The change that is not proposed again without a person; None: only the clock said no."""


def rest_after(decision: Decision, remediation: Remediation) -> Rest | None:
    """Return what a decision leaves with the finding of its change; None: it was a yes."""
    if decision.word is DecisionWord.APPROVED:
        return None
    is_rejected = decision.word is DecisionWord.REJECTED
    return Rest(
        until=decision.decided_at + remediation.rests_for,
        refused=remediation.change_id if is_rejected else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDecision:
    decision: Decision
    signature: str
    """Base64 of the signature over `decision.message()`; empty when the clock decided."""
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The stored record of one attempt at one change."""

    remediation: Remediation
    status: RoundStatus
    decision: SignedDecision | None = None
    task_token: str | None = None
    signalled: bool = False
    """The waiting execution was told the decision."""
    applied_at: datetime | None = None
    note: str | None = None
    """Why it ended as it did, for people."""

    @property
    def is_untold(self) -> bool:
        """A no that its waiting execution was not told yet: the reconciler still looks at it."""
        return self.status in UNTOLD and not self.signalled


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One personal link: stored under the hash of its token, single use, expiring."""

    token_hash: str
    change_id: str
    round: int
    approver: str
    expires_at: datetime
