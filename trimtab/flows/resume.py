"""What does an interrupted scan not have to read again? One line of JSON for each target done."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Account
from trimtab.domain.sighting import Sighting
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.sweep import Place

FRESH = timedelta(hours=24)
"""What is older is read again; chosen: a report should speak of one day."""
KEYS = frozenset({"bundle", "judged", "sighting"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a target was judged as, besides the policies."""

    account: Account
    is_placed: bool
    role: str | None
    """The role it was read with; None: the caller's own credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One target that needs no second look."""

    sighting: Sighting
    judged: Judged


def judged_as(place: Place, roles: Mapping[str, str]) -> Judged:
    return Judged(
        account=place.account, is_placed=place.is_placed, role=roles.get(place.target.account)
    )


def line_of(done: Done, *, bundle: str) -> str:
    """Return the line that is kept of a target."""
    kept = {"judged": to_wire(done.judged), "sighting": to_wire(done.sighting)}
    return json.dumps({"bundle": bundle} | kept, separators=(",", ":"))


def kept(
    lines: Iterable[str], *, bundle: str, wanted: Mapping[Target, Judged], now: datetime
) -> tuple[Done, ...]:
    """Return the targets that need no second look: whole, of today, the last of each target.

    A last line that was cut off by a crash counts for nothing. Targets with a gap, those that would
    be judged as something else now, and those with an exemption that has ended are read again.
    Raises: InputError when the file is something else, or of other policies.
    """
    found: dict[Target, Done] = {}
    texts = [line for line in lines if line.strip()]
    for number, text in enumerate(texts, start=1):
        try:
            done = _done(json.loads(text), number, bundle=bundle)
        except ValueError as error:
            if number == len(texts):
                break
            raise InputError(f"line {number} is no JSON: name another file") from error
        except RecursionError as error:
            raise InputError(f"line {number} is no target of a scan: name another file") from error
        found[done.sighting.target] = done
    return tuple(
        done
        for target, done in found.items()
        if _holds(done.sighting, now) and wanted.get(target, done.judged) == done.judged
    )


def _done(read: Any, number: int, *, bundle: str) -> Done:
    if not isinstance(read, dict) or read.keys() != KEYS:
        raise InputError(f"line {number} is no target of a scan: name another file")
    if read["bundle"] != bundle:
        raise InputError("it is of a scan with other policies: name a new file")
    return Done(
        sighting=from_wire(Sighting, read["sighting"]), judged=from_wire(Judged, read["judged"])
    )


def _holds(sighting: Sighting, now: datetime) -> bool:
    """Tell whether a target would be told the same now; one of the future is of no known age."""
    if sighting.gaps or not timedelta(0) <= now - sighting.as_of < FRESH:
        return False
    ends = (line.suppressed_until for line in sighting.lines)
    return all(end is None or now < end for end in ends)


def left(places: Sequence[Place], done: Iterable[Sighting]) -> tuple[Place, ...]:
    """Return the places that still have to be looked at."""
    seen = {sighting.target for sighting in done}
    return tuple(place for place in places if place.target not in seen)
