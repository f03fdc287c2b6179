"""What still names a function once it is gone? Read before its deletion, for a ticket each.

What goes with the function (its own policy, its URLs, what was provisioned) is no reference. What
could not be read is said, and never passes for none (S8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.trigger_graph import TriggerGraph, TriggerKind

MOST = 200
"""Listed one by one, so that an entry of the ledger holds them; chosen, and more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One thing that names a function."""

    kind: TriggerKind
    name: str
    qualifiers: tuple[str, ...]
    """The versions and aliases that it names; none: the function itself."""
    why: str
    """How it stood: why it did not call, or could."""

    @property
    def what(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """All that names one function, as far as it was read."""

    found: tuple[Reference, ...]
    unread: tuple[str, ...]
    """What could not be read, with the error: there may be more behind each."""
    more: int = 0
    """How many were found besides those that are listed."""


def unread(reason: str) -> References:
    """Say that nothing is known of what names a function."""
    return References(found=(), unread=(reason,))


def joined(read: Sequence[References]) -> References:
    """Return what the last read found; where it was cut short, also what those before it found."""
    last = read[-1]
    if not last.unread:
        return last
    found = {(one.kind, one.name): one for before in read for one in before.found}
    return replace(
        last, found=tuple(found.values())[:MOST], more=max(before.more for before in read)
    )


def references_in(graph: TriggerGraph, function: FunctionArn) -> References:
    """Return what is left behind when a function goes, each thing once, by kind and name."""
    named: dict[tuple[TriggerKind, str], Reference] = {}
    for one in sorted(graph.triggers_of(function), key=lambda t: (t.kind, t.name)):
        if not one.points:
            continue
        before = named.get((one.kind, one.name))
        qualifiers = () if before is None else before.qualifiers
        if one.qualifier is not None and one.qualifier not in qualifiers:
            qualifiers = (*qualifiers, one.qualifier)
        named[one.kind, one.name] = Reference(
            kind=one.kind, name=one.name, qualifiers=qualifiers, why=one.why
        )
    found = tuple(named.values())
    return References(
        found=found[:MOST],
        unread=tuple(f"{b.source}: {b.error}" for b in graph.unknown_for(function)),
        more=max(0, len(found) - MOST),
    )


def reference_id(function: FunctionArn, reference: Reference) -> str:
    """Name what a ticket is about: the same function and thing give the same id for good."""
    named = {"kind": reference.kind.value, "name": reference.name}
    return content_id({"dangling": named, "function": str(function)})
