"""How does a click become a decision? Looking spends nothing; only a valid POST decides, once
(S2, S3, S4).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.approval import Decision, DecisionWord, Link, Round, RoundStatus, SignedDecision
from trimtab.domain.errors import ConflictError, InputError, NotFoundError, TamperedError
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import digest_holds
from trimtab.domain.wire import to_wire
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger, Signer

MAX_REASON = 500
MAX_TOKEN = 100
BUTTONS = {"approve": DecisionWord.APPROVED, "reject": DecisionWord.REJECTED}
CLOCK = "clock"
"""Who decided when nobody did. Its decision is never an approval and carries no signature (S4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What deciding needs from outside. The signer is made only when a form is posted."""

    desk: ApprovalDesk
    ledger: Ledger
    executions: Executions
    signer: Callable[[], Signer]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one personal link shows."""

    link: Link
    round: Round
    is_expired: bool

    @property
    def is_decided(self) -> bool:
        return self.round.status is not RoundStatus.PROPOSED


def token_hash(token: str) -> str:
    """Name a token by its hash: the token itself is stored nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()


def look(token: str, *, desk: ApprovalDesk, now: datetime) -> Seen:
    """Find what a link is about. Changes nothing.

    Raises: NotFoundError when no such link was ever sent; TamperedError when what would be shown is
    not what the change's id names.
    """
    if not token or len(token) > MAX_TOKEN:
        raise NotFoundError("no such link")
    link = desk.link(token_hash(token))
    record = desk.round(link.change_id, link.round)
    if not digest_holds(record.remediation) or link.change_id != record.remediation.change_id:
        raise TamperedError("the stored change is not what its id names")
    return Seen(link=link, round=record, is_expired=now >= link.expires_at)


def decide(
    token: str, form: Mapping[str, str], *, cookie: str | None, bench: Bench
) -> tuple[Seen, bool]:
    """Take one posted form; return what the link shows afterwards and whether this post decided it.

    The nonce of the form must be the one in the cookie that came with the page.
    Raises: NotFoundError, InputError with what to do next.
    """
    now = bench.clock.now()
    seen = look(token, desk=bench.desk, now=now)
    if seen.is_decided or seen.is_expired:
        return seen, False
    _check_nonce(form.get("nonce"), cookie)
    decision = _decision(seen, form, now=now)
    signature, key_id = bench.signer().sign(decision.message())
    signed = SignedDecision(decision=decision, signature=signature, key_id=key_id)
    try:
        record = bench.desk.decide(signed)
    except ConflictError:
        return look(token, desk=bench.desk, now=now), False
    settle(record, bench.ledger, bench.desk, bench.executions, at=now)
    return Seen(link=seen.link, round=record, is_expired=False), True


def _check_nonce(posted: str | None, cookie: str | None) -> None:
    """Another site can make a browser post a form, but not set or read this page's cookie."""
    if not posted or not cookie or not hmac.compare_digest(posted.encode(), cookie.encode()):
        raise InputError("this page is out of date, or your browser refuses cookies")


def _decision(seen: Seen, form: Mapping[str, str], *, now: datetime) -> Decision:
    word = BUTTONS.get(form.get("decision", ""))
    if word is None:
        raise InputError("choose approve or reject")
    reason = form.get("reason", "").replace("\r\n", "\n").strip() or None
    if word is DecisionWord.REJECTED and reason is None:
        raise InputError("say why you reject it: the next reader needs it")
    if reason is not None and len(reason) > MAX_REASON:
        raise InputError(f"the reason is longer than {MAX_REASON} characters")
    return Decision(
        change_id=seen.link.change_id,
        round=seen.link.round,
        word=word,
        approver=seen.link.approver,
        auth="link",
        reason=reason,
        decided_at=now,
    )


def expire(record: Round, desk: ApprovalDesk, *, now: datetime) -> Round:
    """Write the clock's no on a round nobody answered in time; a person's answer wins (S4)."""
    remediation = record.remediation
    if record.status is not RoundStatus.PROPOSED or now < remediation.expires_at:
        return record
    decision = Decision(
        change_id=remediation.change_id,
        round=remediation.round,
        word=DecisionWord.EXPIRED,
        approver=CLOCK,
        auth=CLOCK,
        reason="nobody answered in time",
        decided_at=now,
    )
    try:
        return desk.decide(SignedDecision(decision=decision, signature="", key_id=""))
    except ConflictError:
        return desk.round(remediation.change_id, remediation.round)


def settle(
    record: Round, ledger: Ledger, desk: ApprovalDesk, executions: Executions, *, at: datetime
) -> bool:
    """Put a decision into the ledger and tell the execution that waits for it, if one does.

    Safe to repeat after a crash. True: it was told now.
    """
    enter(record, ledger, desk, at=at)
    if record.decision is None or record.signalled or record.task_token is None:
        return False
    word = record.decision.decision.word
    executions.signal(record.task_token, {"decision": word.value})
    desk.signalled(record.remediation.change_id, record.remediation.round)
    return True


def enter(record: Round, ledger: Ledger, desk: ApprovalDesk, *, at: datetime) -> None:
    """Put the decision of a round into the ledger, once; after a no the function rests."""
    if record.decision is None:
        return
    decision, remediation = record.decision.decision, record.remediation
    if decision.word is not DecisionWord.APPROVED:
        is_rejected = decision.word is DecisionWord.REJECTED
        desk.remember(
            remediation.finding_id,
            cooling_until=decision.decided_at + remediation.rests_for,
            refuse_change=remediation.change_id if is_rejected else None,
        )
    ledger.append(
        change_chain(decision.change_id),
        event="decided",
        actor=decision.approver,
        data={"round": decision.round, "signed": to_wire(record.decision)},
        at=at,
        function=str(record.remediation.function),
        once=f"r{decision.round}-decided",
    )
