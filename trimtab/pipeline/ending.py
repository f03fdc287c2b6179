"""How does a call that writes end? Where the round stands is moved, and said, in one way.

The state table moves first and the ledger says so next: of two calls at once only the one that
moved the round speaks.
"""

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import ConflictError
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.on_record import ENDS
from trimtab.pipeline.writing import Bench, Ended, record

WORDS = {
    RoundStatus.CANARY: OutcomeWord.CANARY,
    RoundStatus.NOTICE: OutcomeWord.NOTICE,
    RoundStatus.QUARANTINE: OutcomeWord.QUARANTINE,
    RoundStatus.REMOVED: OutcomeWord.WRITTEN,
    RoundStatus.WATCHING: OutcomeWord.WRITTEN,
    RoundStatus.VERIFIED: OutcomeWord.WRITTEN,
    RoundStatus.UNPROVEN: OutcomeWord.WRITTEN,
    RoundStatus.UNDONE: OutcomeWord.WRITTEN,
    RoundStatus.STALE: OutcomeWord.STALE,
}
"""What a round's end says of the writes that belong to it; any other: nothing is written."""


def overtaken(remediation: Remediation, bench: Bench) -> Outcome:
    """Answer a call that another one has overtaken: as the round stands now."""
    stands = bench.desk.round(remediation.change_id, remediation.round)
    return already(remediation, stands, bench)


def already(remediation: Remediation, stands: Round, bench: Bench) -> Outcome:
    """Answer a call for a round that has moved on: say how, write nothing; an end whose entry a
    crash kept out of the ledger is entered now.
    """
    if stands.status in ENDS.values():
        record_end(remediation, bench, stands.status, stands.note or "")
    word = WORDS.get(stands.status, OutcomeWord.NOT_WRITTEN)
    return Outcome(word=word, reason=f"round is {stands.status.value}: {stands.note or 'done'}")


def waiting(ended: Ended) -> Outcome:
    return Outcome(
        word=OutcomeWord.WAITING, reason=ended.stopped or "", steps_written=ended.written
    )


def end(
    remediation: Remediation,
    bench: Bench,
    status: RoundStatus,
    reason: str,
    *,
    from_: tuple[RoundStatus, ...],
    word: OutcomeWord | None = None,
) -> Outcome:
    """Move first, then record: of two calls at once only the one that moved the round speaks."""
    try:
        move(remediation, bench, from_=from_, to=status, note=reason)
    except ConflictError:
        return overtaken(remediation, bench)
    record_end(remediation, bench, status, reason)
    return Outcome(word=word or WORDS.get(status, OutcomeWord.NOT_WRITTEN), reason=reason)


def record_end(remediation: Remediation, bench: Bench, status: RoundStatus, reason: str) -> None:
    record(remediation, bench, status.value, {"reason": reason}, key=content_id(reason))


def move(
    remediation: Remediation,
    bench: Bench,
    *,
    from_: tuple[RoundStatus, ...],
    to: RoundStatus,
    note: str | None = None,
) -> None:
    bench.desk.advance(remediation.change_id, remediation.round, from_=from_, to=to, note=note)
