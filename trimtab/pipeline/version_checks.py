"""Does anything need a version that is to go? The same questions on notice and at its deletion.

Whatever names it by now, calls it, or changed it, takes it out of what goes: the others go on. What
cannot be read keeps it (S5, S8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.errors import NotFoundError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.old_versions import why_kept
from trimtab.domain.removal import OldVersion
from trimtab.domain.round_events import NOTICE_STARTED, VERSION_KEPT
from trimtab.pipeline.figures import SeriesReader
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import versions_left
from trimtab.pipeline.removal_signs import NEEDED, NOTICE_PERIOD_S, first_use, stop
from trimtab.pipeline.signals.version_use import queries_for
from trimtab.ports import Ledger, VersionState
from trimtab.remediations.remove_function import plan_of

NONE_LEFT = "none of its versions may go any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """What looking at versions needs: the watch and apply read through roles of their own."""

    version: Callable[[str], VersionState]
    numbers: Callable[[], Sequence[str]]
    """Of all published versions."""
    reader: SeriesReader


def why_stays(
    one: OldVersion, known: OnRecord, state: FunctionState, eyes: Eyes, *, now: datetime
) -> str | None:
    """Say what needs a version by now, or how it differs from what was approved; None: nothing.

    `state` is a fresh read of the function.
    Raises: NotFoundError when there is no such version; OutsideError when something of it could not
    be read.
    """
    seen = eyes.version(one.number)
    if seen.code_sha256 != one.code_sha256:
        return f"its code was {one.code_sha256} when approved and is {seen.code_sha256} now"
    if seen.revision_id != one.revision_id:
        return f"somebody changed it: its revision is {seen.revision_id or 'not told'} now"
    if seen.users:
        return "; ".join(seen.users)
    place = why_kept(
        one.number,
        numbers=eyes.numbers(),
        served={v for alias in state.aliases for v in (alias.version, *alias.weights)},
        keep_newest=plan_of(known.remediation).keep_newest,
    )
    if place is not None:
        return place
    began = known.last(NOTICE_STARTED)
    assert began is not None, "only versions on notice are looked at"
    queries = queries_for(
        state.function, one.number, aliases=[alias.name for alias in state.aliases]
    )
    return first_use(eyes.reader, queries, since=began.at, now=now, period_s=NOTICE_PERIOD_S)


def look_at_versions(
    known: OnRecord,
    state: FunctionState,
    eyes: Eyes,
    ledger: Ledger,
    *,
    actor: str,
    now: datetime,
) -> str | None:
    """Take out each version that something needs; return why the removal ends: none is left.

    Raises: OutsideError when something could not be read.
    """
    for one in versions_left(known):
        try:
            why = why_stays(one, known, state, eyes, now=now)
        except NotFoundError:
            why = "somebody else deleted it"
        if why is not None:
            keep(known, ledger, one.number, why, actor=actor, now=now)
    return stop_if_none(known, ledger, actor=actor, now=now)


def keep(
    known: OnRecord, ledger: Ledger, number: str, reason: str, *, actor: str, now: datetime
) -> None:
    """Enter why a version does not go, once: the first reason stands."""
    data = {"version": number, "reason": reason}
    record_change(ledger, known.remediation, VERSION_KEPT, data, actor=actor, at=now, key=number)


def stop_if_none(known: OnRecord, ledger: Ledger, *, actor: str, now: datetime) -> str | None:
    """End the removal when all its versions were taken out; return why. None: some are left."""
    remediation = known.remediation
    if versions_left(read_round(ledger, remediation.change_id, remediation.round)):
        return None
    stop(known, ledger, NEEDED, NONE_LEFT, actor=actor, now=now)
    return NONE_LEFT
