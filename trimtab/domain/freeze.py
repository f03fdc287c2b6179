"""May anything be written right now? The last word that a person, or the breaker, entered (S20).

A chain of its own in the ledger holds it: who froze what, when and why is on record like any
change, and a redeployment does not lift it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trimtab.domain.ledger import Entry
from trimtab.domain.terms import Direction

CONTROL = "control#"
"""What the chains begin with that stop or steer Trimtab itself."""
FREEZE_CHAIN = f"{CONTROL}freeze"

FROZEN = "frozen"
THAWED = "thawed"
ROLLED_BACK = "rolled_back"


class Level(StrEnum):
    """How much is stopped."""

    OPEN = "open"
    FORWARD = "forward"
    """No forward write; undo goes on."""
    HARD = "hard"
    """No write at all: what is half done stays so, and somebody has to watch it."""
    UNREADABLE = "unreadable"
    """Nobody can tell: closed for forward writes, open for undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What is stopped, since when, by whom and why."""

    level: Level = Level.OPEN
    since: datetime | None = None
    by: str = ""
    why: str = ""
    may_pass: bool = False
    """It only cannot be read right now: whatever it stops may be asked for again."""

    def stops(self, direction: Direction) -> bool:
        """Tell whether a write in this direction has to wait."""
        return self.stops_forward if direction is Direction.FORWARD else self.stops_undo

    @property
    def stops_forward(self) -> bool:
        return self.level is not Level.OPEN

    @property
    def stops_undo(self) -> bool:
        return self.level is Level.HARD

    def __str__(self) -> str:
        if self.level is Level.UNREADABLE:
            return f"whether Trimtab is frozen cannot be read: {self.why}"
        hard = ", undo included" if self.stops_undo else ""
        since = "" if self.since is None else f" since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"Trimtab is frozen{hard}{since} by {self.by}: {self.why}"


def standing(entries: Sequence[Entry]) -> Freeze:
    """Return what the last word says; nobody ever froze anything: open."""
    for entry in reversed(entries):
        if entry.event == FROZEN:
            return Freeze(
                level=Level(entry.data["level"]),
                since=entry.at,
                by=entry.actor,
                why=str(entry.data["why"]),
            )
        if entry.event == THAWED:
            break
    return Freeze()


def rollbacks(entries: Sequence[Entry], *, within: timedelta, now: datetime) -> tuple[str, ...]:
    """Name the rounds rolled back in the window, none from before the last thaw."""
    thaws = [n for n, entry in enumerate(entries) if entry.event == THAWED]
    since_thaw = entries[thaws[-1] + 1 :] if thaws else entries
    return tuple(
        str(entry.data["execution"])
        for entry in since_thaw
        if entry.event == ROLLED_BACK and entry.at > now - within
    )
