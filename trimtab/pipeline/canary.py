"""Where does the canary of a change stand? By the entries of its round alone.

It begins when every alias is split, and ends well only by what the watch entered. Whatever ended it
badly is taken back.
"""

from datetime import datetime, timedelta

from trimtab.domain.fleet import FunctionState
from trimtab.domain.ledger import Entry
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import (
    CANARY_ENDED_BADLY,
    CANARY_STARTED,
    PROMOTION_INTENDED,
)
from trimtab.domain.step import MoveAlias, UnsplitAlias
from trimtab.domain.terms import Direction
from trimtab.domain.wire import to_wire
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.preflight import longest
from trimtab.pipeline.writing import (
    Bench,
    canary_versions,
    intended_steps,
    published_version,
    record,
)
from trimtab.remediations import KINDS

UNJUDGED = timedelta(minutes=30)
"""How long after its last moment a canary may stay without a word of the watch; chosen: the watch
looks every minute, so by then it is not running."""


def record_start(remediation: Remediation, bench: Bench, state: FunctionState) -> OnRecord:
    """Enter that every alias is split, with what tells later who changed the function since."""
    data = {
        "version": published_version(remediation, bench),
        "aliases": {a.name: a.version for a in state.aliases if a.weights},
        "last_modified_at": to_wire(state.last_modified_at),
    }
    record(remediation, bench, CANARY_STARTED, data)
    return read_round(bench.ledger, remediation.change_id, remediation.round)


def is_tried(known: OnRecord) -> bool:
    """Tell whether the canary began, and the rest of the traffic was not meant to follow yet."""
    return known.has(CANARY_STARTED) and not known.has(PROMOTION_INTENDED)


def started(known: OnRecord) -> Entry:
    """Return the entry a canary began with."""
    found = known.last(CANARY_STARTED)
    assert found is not None, "only a canary that began is asked about"
    return found


def until_when(known: OnRecord) -> str:
    canary = known.remediation.canary
    assert canary is not None, "only a change with a canary begins one"
    until = started(known).at + canary.watch
    return f"{canary.weight:.0%} of its traffic tries it, until {until.isoformat()} at least"


def why_taken_back(known: OnRecord) -> str | None:
    """Say what ended the canary badly; None: nothing did."""
    bad = next((e for e in reversed(known.entries) if e.event in CANARY_ENDED_BADLY), None)
    return None if bad is None else f"its canary was taken back: {bad.data['reason']}"


def why_overdue(known: OnRecord, *, now: datetime) -> str | None:
    """Say that nobody judged it in time; None: somebody still may."""
    canary = known.remediation.canary
    assert canary is not None, "only a change with a canary begins one"
    if now < started(known).at + longest(canary) + UNJUDGED:
        return None
    return "its canary was taken back: nobody watched it, see whether the watch runs"


def is_being_undone(known: OnRecord) -> bool:
    """Tell whether a write of the undo was begun: taking our share of the traffic away is none, it
    is made before anybody asks whose the function is.
    """
    return any(
        e.event == f"{Direction.UNDO.value}_step_intended"
        and e.data["step"]["is"] != UnsplitAlias.__name__
        for e in known.entries
    )


def why_moved(known: OnRecord, state: FunctionState) -> str | None:
    """Say that an alias serves our version as a whole though we never meant to move it: whoever
    published what was in $LATEST got that very version.
    """
    ours, steps = canary_versions(known.entries), intended_steps(known.entries)
    meant = {(s.alias, s.to_version) for s in steps if isinstance(s, MoveAlias)}
    for alias in state.aliases:
        if alias.version in ours and (alias.name, alias.version) not in meant:
            return f"alias {alias.name} was moved to version {alias.version} by someone else"
    return None


def why_modified(known: OnRecord, state: FunctionState) -> str | None:
    """Say whether somebody changed the function after our last write, in whatever setting: its
    environment cannot be compared, but its last modification can.
    """
    last = known.last("applied") or known.last(CANARY_STARTED)
    if last is None or not KINDS[known.remediation.kind].is_of_function:
        return None
    then = str(last.data["last_modified_at"])
    now = str(to_wire(state.last_modified_at))
    return None if then == now else f"somebody changed it since: modified {then}, and again {now}"
