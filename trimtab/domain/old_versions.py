"""Which published versions does a function have, and which of them must stay? No I/O.

What nothing names may still be needed: the newest, and the one before each that an alias serves,
to which a deployment goes back.
"""

from collections.abc import Collection
from dataclasses import dataclass

from trimtab.domain.removal import OldVersion

MOST_AT_ONCE = 20
"""How many versions one change takes; chosen: who approves reads each, and each takes a dozen
calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionUse:
    """One published version as a scan read it."""

    number: str
    code_sha256: str
    """Empty here and below: the listing did not say."""
    revision_id: str
    age_days: float
    code_size_bytes: int
    has_snapshot: bool
    """SnapStart keeps a snapshot of it."""
    calls: float | None
    """Calls by its number, and what was turned away; None: not all of it was answered."""

    @property
    def old(self) -> OldVersion:
        return OldVersion(
            number=self.number, code_sha256=self.code_sha256, revision_id=self.revision_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """What is known of the versions of one function."""

    oldest: tuple[VersionUse, ...]
    """Those that are looked at, oldest first."""
    numbers: tuple[str, ...]
    """Of all its versions."""
    served: frozenset[str]
    """What its aliases serve, in part too."""
    days: int
    """How far back calls were counted."""


def why_kept(
    number: str, *, numbers: Collection[str], served: Collection[str], keep_newest: int
) -> str | None:
    """Say why a version stays by its place among the others alone; None: nothing keeps it."""
    if number in served:
        return "an alias serves it"
    ordered = sorted((n for n in numbers if n.isdigit()), key=int)
    if number in ordered[max(len(ordered) - keep_newest, 0) :]:
        return f"it is among the newest {keep_newest}"
    for newer in sorted((n for n in served if n.isdigit()), key=int):
        before = [n for n in ordered if int(n) < int(newer)]
        if before and before[-1] == number:
            return f"it is the one before version {newer}, which an alias serves: a way back"
    return None
