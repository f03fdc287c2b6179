"""What still points to a removed function, in words: for the record and for the last email."""

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.domain.references import Reference, References
from trimtab.domain.wire import from_wire
from trimtab.report import words

Data = Mapping[str, Any]

NOT_READ = "what still points to it was not read before its deletion: look for it by hand"


def summary(left: References | None) -> str:
    """Say how much points to the function; what is not known is never none (S8)."""
    if left is None:
        return NOT_READ
    total = len(left.found) + left.more
    if not total:
        found = "nothing that was read points to it"
    else:
        found = f"{words.count(total, 'thing still points', 'things still point')} to it"
    if left.more:
        found += f", {len(left.found)} of them listed"
    if left.unread:
        found += f"; {words.count(len(left.unread), 'source')} could not be read"
    return found


def lines(left: References | None) -> tuple[str, ...]:
    """Return one line for each thing, then one for each source that could not be read."""
    if left is None:
        return ()
    things = (f"{one.what}: {one.why}" for one in left.found)
    return (*things, *(f"not read: {one}" for one in left.unread))


def told(left: References | None) -> tuple[str, ...]:
    """Return the same for the email after the deletion, when the tickets are asked for."""
    tickets = left is not None and left.found
    asked = "; a ticket is asked for about each that is listed" if tickets else ""
    return (summary(left) + asked, *lines(left))


def _read(data: Data) -> str:
    left = from_wire(References, data["references"])
    return "; ".join([summary(left), *lines(left)])


def _what(data: Data) -> str:
    return from_wire(Reference, data["reference"]).what


SENTENCES: Mapping[str, Callable[[Data, Any], str]] = {
    "references_read": lambda data, _: _read(data),
    "reference_sent": lambda data, _: f"a ticket is asked for: {_what(data)} still points to it",
    "reference_ticketed": lambda data, _: f"ticket of {_what(data)}: {data['address']}",
}
