"""How is one version deleted, exactly once, and known to be gone? (S1, S6, S26)

The step carries the number that was approved, and nothing else can be deleted by it.
"""

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import NotFoundError, PermanentError, RetryableError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome
from trimtab.domain.removal import OldVersion
from trimtab.domain.step import DeleteVersion
from trimtab.domain.terms import Direction
from trimtab.pipeline.approve import why_not_by_its_tags
from trimtab.pipeline.ending import overtaken, waiting
from trimtab.pipeline.gone import LOOKS
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.preflight import why_not_while
from trimtab.pipeline.removal_record import deletions_of, why_stopped
from trimtab.pipeline.version_checks import Eyes, keep, why_stays
from trimtab.pipeline.writing import ACTOR, Bench, Leg, carry_out


def eyes_of(bench: Bench) -> Eyes:
    actuator = bench.actuator
    return Eyes(version=actuator.version, numbers=actuator.version_numbers, reader=actuator)


def delete(
    one: OldVersion, known: OnRecord, bench: Bench, *, late: str | None = None
) -> Outcome | None:
    """Delete a version that nothing needs; one that stays is entered as kept. None: go on with the
    next. `late` says why nothing more is begun: then it is only seen whether it is gone.

    Raises: NotFoundError when the function is not found; RetryableError.
    """
    remediation = known.remediation
    leg = _leg(one, known, bench, late)
    ended = carry_out(remediation, bench, leg, while_=RoundStatus.APPLYING)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    if ended.stopped is not None and _stays(one.number, known, bench):
        now = bench.clock.now()
        keep(known, bench.ledger, one.number, ended.stopped, actor=ACTOR, now=now)
    return None


def _stays(number: str, known: OnRecord, bench: Bench) -> bool:
    """Tell whether a version is still there; one that nobody meant to delete yet need not be read.

    Raises: PermanentError when one that may be deleted cannot be read.
    """
    try:
        return is_there(number, bench)
    except PermanentError:
        now = read_round(bench.ledger, known.remediation.change_id, known.remediation.round)
        if deletions_of(now, number):
            raise
        return True


def _leg(one: OldVersion, known: OnRecord, bench: Bench, late: str | None) -> Leg:
    """Look once more, just before the call, at the version and at whether anybody keeps it."""
    remediation = known.remediation
    step = DeleteVersion(version=one.number, code_sha256=one.code_sha256)

    def foreign(state: FunctionState, published: str | None) -> str | None:
        try:
            return late or _why_not(one, known, state, bench)
        except NotFoundError as error:
            # What one read does not find was not looked at, and may well be there.
            if is_there(one.number, bench):
                raise RetryableError(f"{remediation.function}: {error}") from error
            return None
        except PermanentError as error:
            return f"whether anything needs it could not be read: {error}"

    return Leg(
        direction=Direction.FORWARD,
        pick=lambda state, _: step if is_there(one.number, bench) else None,
        foreign=foreign,
    )


def _why_not(one: OldVersion, known: OnRecord, state: FunctionState, bench: Bench) -> str | None:
    remediation, now = known.remediation, bench.clock.now()
    return (
        why_stopped(read_round(bench.ledger, remediation.change_id, remediation.round))
        or why_not_by_its_tags(remediation, bench.bundle, tags=state.tags, now=now)
        or why_stays(one, known, state, eyes_of(bench), now=now)
        or why_not_while(bench.actuator.surroundings())
    )


def is_there(number: str, bench: Bench) -> bool:
    """Tell whether a version can be read; several reads in a row must find none."""
    for _ in range(LOOKS):
        try:
            bench.actuator.version(number)
        except NotFoundError:
            continue
        return True
    return False
