"""How did a write end? Written, not written, or unknown until a fresh read shows which (S26)."""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeWord(StrEnum):
    WRITTEN = "written"
    NOT_WRITTEN = "not_written"
    STALE = "stale"
    """What was approved no longer holds: nothing was written."""
    UNKNOWN = "unknown"
    CANARY = "canary"
    """A share of its traffic tries it, and that is watched: the same call is made again soon."""
    BACKUP = "backup"
    """A backup must be made and read back first: the same call is made again then."""
    NOTICE = "notice"
    """Its approvers know that it is to go, and it is watched: the same call is made again later."""
    QUARANTINE = "quarantine"
    """It takes no calls, and that is watched closely: the same call is made again soon."""
    WAITING = "waiting"
    """Nothing stands against it, but it is not its turn: the same call is made again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    word: OutcomeWord
    reason: str
    steps_written: int = 0
    wait_s: int = 0
    """How long to wait before the same call is made again, where a pause of its own ends."""
