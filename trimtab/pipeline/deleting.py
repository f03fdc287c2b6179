"""How is a function deleted, exactly once, and known to be gone? The end of a removal (S6, S26).

The intent is on record first; from then on the function is either still there, and the deletion is
made, or it is gone, and CloudTrail is asked whose doing that was.
"""

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError, RetryableError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import DELETION_INTENDED, REFERENCES_READ
from trimtab.domain.step import DeleteFunction
from trimtab.domain.terms import Direction
from trimtab.domain.wire import to_wire
from trimtab.pipeline.ending import move, overtaken, waiting
from trimtab.pipeline.gone import conclude, is_gone
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_backup import first_proof
from trimtab.pipeline.removal_checks import REMOVING, give_way
from trimtab.pipeline.removal_record import why_stopped
from trimtab.pipeline.writing import Bench, Leg, carry_out, record
from trimtab.remediations.remove_function import why_not_as_quarantined


def begin(known: OnRecord, bench: Bench) -> Outcome:
    """Enter what will still name it and that everything was checked, then delete."""
    remediation = known.remediation
    _enter_references(remediation, bench)
    data = {"backup_id": first_proof(known)["backup_id"]}
    record(remediation, bench, DELETION_INTENDED, data)
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.APPLYING)
    except ConflictError:
        return overtaken(remediation, bench)
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    stopped = why_stopped(known)
    return delete(known, bench) if stopped is None else give_way(known, bench, stopped)


def _enter_references(remediation: Remediation, bench: Bench) -> None:
    """Enter what the tickets will be about, and their labels, while all of it can still be read."""
    policy = bench.bundle.policy(remediation.policy_id)
    terms = None if policy is None else policy.ticket
    labels = [remediation.policy_id, remediation.severity.value]
    data = {
        "references": to_wire(bench.references(remediation)),
        "labels": [*labels, *(() if terms is None else terms.labels)],
    }
    key = bench.clock.now().isoformat()
    record(remediation, bench, REFERENCES_READ, data, key=key)


def delete(known: OnRecord, bench: Bench) -> Outcome:
    """Delete what is still there and as it was checked; conclude when it is gone.

    Raises: RetryableError when the same call should be made again.
    """
    remediation = known.remediation
    try:
        ended = carry_out(
            remediation, bench, _to_deletion(remediation, bench), while_=RoundStatus.APPLYING
        )
    except NotFoundError as error:
        return _not_found(remediation, bench, error)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    if is_gone(bench):
        return conclude(remediation, bench)
    now = read_round(bench.ledger, remediation.change_id, remediation.round)
    return give_way(now, bench, ended.stopped or "it is still there")


def _not_found(remediation: Remediation, bench: Bench, error: NotFoundError) -> Outcome:
    if not is_gone(bench):
        raise RetryableError(f"{remediation.function}: {error}") from error
    return conclude(remediation, bench)


def _to_deletion(remediation: Remediation, bench: Bench) -> Leg:
    """Look once more, just before the call, at the function and at whether anybody keeps it."""
    step = DeleteFunction(code_sha256=remediation.before.configuration.code_sha256)

    def pick(state: FunctionState, published: str | None) -> DeleteFunction:
        return step

    return Leg(
        direction=Direction.FORWARD,
        pick=pick,
        foreign=lambda state, _: (
            why_stopped(read_round(bench.ledger, remediation.change_id, remediation.round))
            or why_not_as_quarantined(remediation, state)
        ),
    )
