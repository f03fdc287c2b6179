"""What does an interrupted scan not have to read again? One line of JSON for each target done."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError
from trimtab.domain.sighting import Sighting
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.sweep import Place

FRESH = timedelta(hours=24)
"""What is older is read again; chosen: a report should speak of one day."""


def line_of(sighting: Sighting, *, bundle: str) -> str:
    """Return the line that is kept of a target."""
    return json.dumps({"bundle": bundle, "sighting": to_wire(sighting)}, separators=(",", ":"))


def kept(lines: Iterable[str], *, bundle: str, now: datetime) -> tuple[Sighting, ...]:
    """Return the targets that need no second look: whole, of today, the last of each target.

    A last line that was cut off by a crash counts for nothing. Targets with a gap are read again.
    Raises: InputError when the file is something else, or of other policies.
    """
    found: dict[Target, Sighting] = {}
    texts = [line for line in lines if line.strip()]
    for number, text in enumerate(texts, start=1):
        try:
            read = json.loads(text)
        except ValueError as error:
            if number == len(texts):
                break
            raise InputError(f"line {number} is no JSON: name another file") from error
        if not isinstance(read, dict) or read.keys() != {"bundle", "sighting"}:
            raise InputError(f"line {number} is no target of a scan: name another file")
        if read["bundle"] != bundle:
            raise InputError("it is of a scan with other policies: name a new file")
        sighting = from_wire(Sighting, read["sighting"])
        found[sighting.target] = sighting
    return tuple(s for s in found.values() if not s.gaps and now - s.as_of < FRESH)


def left(places: Sequence[Place], done: Iterable[Sighting]) -> tuple[Place, ...]:
    """Return the places that still have to be looked at."""
    seen = {sighting.target for sighting in done}
    return tuple(place for place in places if place.target not in seen)
