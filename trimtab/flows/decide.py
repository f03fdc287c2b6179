"""How does a click become a decision? Looking spends nothing; only a valid POST decides, once
(S2, S3, S4).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from trimtab.domain.approval import (
    Decision,
    DecisionWord,
    Link,
    Round,
    RoundStatus,
    SignedDecision,
    rest_after,
)
from trimtab.domain.errors import ConflictError, InputError, NotFoundError, TamperedError
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import DECIDED
from trimtab.domain.sign_in import Session, SignedIn
from trimtab.domain.terms import Identity
from trimtab.domain.wire import to_wire
from trimtab.pipeline.genuine import why_not_genuine
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.record import record_change
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger, Signer, Verifier

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
    verifier: Callable[[], Verifier]
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


def look(token: str, *, desk: ApprovalDesk, ledger: Ledger, now: datetime) -> Seen:
    """Find what a link is about. Changes nothing.

    The state table only says where to look: what is shown, and who may answer until when, is what
    the ledger has.
    Raises: NotFoundError when no such link was ever sent; TamperedError when the link is not on
    record, or what would be shown is not what the change's id names.
    """
    if not token or len(token) > MAX_TOKEN:
        raise NotFoundError("no such link")
    found = desk.link(token_hash(token))
    known = read_round(ledger, found.change_id, found.round)
    if known.links.get(found.token_hash) != found.approver:
        raise TamperedError("the link is not on record as sent to this approver")
    remediation = known.remediation
    link = replace(found, expires_at=remediation.expires_at)
    record = desk.round(remediation.change_id, remediation.round)
    record = replace(record, remediation=remediation)
    return Seen(link=link, round=record, is_expired=now >= link.expires_at)


def decide(
    token: str,
    form: Mapping[str, str],
    *,
    cookie: str | None,
    session: Session | None = None,
    bench: Bench,
) -> tuple[Seen, bool]:
    """Take one posted form; return what the link shows afterwards and whether this post decided it.

    The nonce of the form must be the one in the cookie that came with the page. `session` is that
    of the browser, checked; a yes needs it where the round asks for a sign-in.
    Raises: NotFoundError, InputError with what to do next.
    """
    now = bench.clock.now()
    seen = look(token, desk=bench.desk, ledger=bench.ledger, now=now)
    if seen.is_decided or seen.is_expired:
        return seen, False
    check_nonce(form.get("nonce"), cookie)
    # A clock that is a moment behind the planner's must not make a decision of before the plan.
    signed_in = _signed_in(seen, form, session, now=now)
    decision = _decision(seen, form, signed_in, now=max(now, seen.round.remediation.planned_at))
    signature, key_id = bench.signer().sign(decision.message())
    signed = SignedDecision(decision=decision, signature=signature, key_id=key_id)
    try:
        record = bench.desk.decide(signed)
    except ConflictError:
        return look(token, desk=bench.desk, ledger=bench.ledger, now=now), False
    settle(record, bench, at=now)
    return replace(seen, round=replace(record, remediation=seen.round.remediation)), True


def check_nonce(posted: str | None, cookie: str | None) -> None:
    """Another site can make a browser post a form, but not set or read this page's cookie."""
    if not posted or not cookie or not hmac.compare_digest(posted.encode(), cookie.encode()):
        raise InputError(
            "this page is out of date, or your browser refuses cookies, or it is open in a second "
            "tab: load it again from the email"
        )


def _signed_in(
    seen: Seen, form: Mapping[str, str], session: Session | None, *, now: datetime
) -> SignedIn | None:
    """Return the sign-in that a yes rests on; None where the link alone is enough.

    Raises: InputError when it is missing, or the name that was typed is not the function's.
    """
    remediation = seen.round.remediation
    asks = remediation.approval.identity is Identity.SIGN_IN
    if not asks or BUTTONS.get(form.get("decision", "")) is not DecisionWord.APPROVED:
        return None
    if session is None or not session.holds(seen.link.approver, now=now):
        raise InputError("sign in first: this change is approved only by who was asked, in person")
    if form.get("name", "").strip() != remediation.function.name:
        raise InputError(
            "the name you typed is not the function's: go back and type it exactly as it is shown"
        )
    return session.signed_in


def _decision(
    seen: Seen, form: Mapping[str, str], signed_in: SignedIn | None, *, now: datetime
) -> Decision:
    word = BUTTONS.get(form.get("decision", ""))
    if word is None:
        raise InputError("choose approve or reject")
    reason = form.get("reason", "").replace("\r\n", "\n").strip() or None
    if word is DecisionWord.REJECTED and reason is None:
        raise InputError(
            "say why you reject it: go back and write a reason, the next reader needs it"
        )
    if reason is not None and len(reason) > MAX_REASON:
        raise InputError(f"the reason is longer than {MAX_REASON} characters")
    return Decision(
        change_id=seen.link.change_id,
        round=seen.link.round,
        word=word,
        approver=seen.link.approver,
        auth=Identity.LINK if signed_in is None else Identity.SIGN_IN,
        reason=reason,
        decided_at=now,
        token_hash=seen.link.token_hash,
        signed_in=signed_in,
    )


class Told(Protocol):
    """What putting a decision on record, and telling it, needs from outside."""

    @property
    def desk(self) -> ApprovalDesk: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def executions(self) -> Executions: ...
    @property
    def verifier(self) -> Callable[[], Verifier]: ...


def expire(record: Round, desk: ApprovalDesk, *, now: datetime) -> Round:
    """Write the clock's no on a round nobody answered in time; a person's answer wins (S4)."""
    remediation = record.remediation
    if record.status is not RoundStatus.PROPOSED or now < remediation.expires_at:
        return record
    try:
        return desk.decide(clock_says_no(remediation, now=now))
    except ConflictError:
        return desk.round(remediation.change_id, remediation.round)


def clock_says_no(remediation: Remediation, *, now: datetime) -> SignedDecision:
    decision = Decision(
        change_id=remediation.change_id,
        round=remediation.round,
        word=DecisionWord.EXPIRED,
        approver=CLOCK,
        auth=CLOCK,
        reason="nobody answered in time",
        decided_at=now,
    )
    return SignedDecision(decision=decision, signature="", key_id="")


def settle(record: Round, bench: Told, *, at: datetime) -> bool:
    """Put a decision into the ledger and tell the execution that waits for it, if one does.

    Safe to repeat after a crash. True: it was told now.
    Raises: TamperedError for a decision that nobody made.
    """
    enter(record, bench, at=at)
    if record.decision is None or record.signalled or record.task_token is None:
        return False
    word = record.decision.decision.word
    bench.executions.signal(record.task_token, {"decision": word.value})
    bench.desk.signalled(record.remediation.change_id, record.remediation.round)
    return True


def enter(record: Round, bench: Told, *, at: datetime) -> None:
    """Put the decision of a round into the ledger, once; after a no the function rests.

    Raises: TamperedError for a decision that nobody made: it is not entered.
    """
    if record.decision is None:
        return
    known = read_round(bench.ledger, record.remediation.change_id, record.remediation.round)
    record_decision(record.decision, known, bench, at=at)


def record_decision(signed: SignedDecision, known: OnRecord, bench: Told, *, at: datetime) -> None:
    """Enter a decision on a round as the ledger knows it, once.

    Raises: TamperedError for a decision that nobody made, or another one than was entered.
    """
    decision, remediation = signed.decision, known.remediation
    name = remediation.execution_name
    if known.decision is not None and known.decision != signed:
        raise TamperedError(f"{name} was decided otherwise on record")
    why = _why_forged(signed, known, bench, now=at)
    if why is not None:
        raise TamperedError(f"{name}: a decision was forged: {why}")
    rest = rest_after(decision, remediation)
    if rest is not None:
        bench.desk.remember(
            remediation.finding_id, cooling_until=rest.until, refuse_change=rest.refused
        )
    data = {"signed": to_wire(signed)}
    record_change(bench.ledger, remediation, DECIDED, data, actor=decision.approver, at=at)


def _why_forged(
    signed: SignedDecision, known: OnRecord, bench: Told, *, now: datetime
) -> str | None:
    """Say why nobody can have made this decision; None: a person did, or the clock."""
    decision, remediation = signed.decision, known.remediation
    if decision.word is not DecisionWord.EXPIRED:
        return why_not_genuine(remediation, signed, known.links, bench.verifier())
    if (decision.change_id, decision.round) != (remediation.change_id, remediation.round):
        return f"it is about {decision.change_id}, round {decision.round}"
    if now < remediation.expires_at:
        return f"it expires at {remediation.expires_at.isoformat()} only"
    return None
