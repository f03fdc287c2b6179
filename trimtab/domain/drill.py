"""Would the backups come back? What a restore drill makes, what it may delete, and its words.

A drill restores a sample into a sandbox account, compares it, and removes it again. What it makes
has a name and a mark of its own, and nothing without both of them, in that account, is ever
deleted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.errors import ConflictError
from trimtab.domain.freeze import CONTROL

DRILL_CHAIN = f"{CONTROL}drill"
"""The chain of all drills: a handful of entries each."""

BEGUN, DRILLED, ENDED, TOLD = "drill_begun", "drilled", "drill_ended", "drill_told"
ACTOR = "trimtab-drill"

PREFIX = "trimtab-drill-"
"""What the names of its functions begin with. The Lambda of the hub has no dash at its end."""
MARK = "trimtab:drill"
"""The tag of a drill's functions: its value names the drill."""
ID_CHARACTERS = 16
"""Of a function's id, 80 bits: two functions of one drill never have the same name."""

NO_SANDBOX = "not restored: no sandbox account is configured"


class DrillWord(StrEnum):
    """How the drill of one backup ended."""

    SAME = "same"
    """Restored in the sandbox; all that could be drilled is as in the backup."""
    DIFFERENT = "different"
    """Restored, but something is not as in the backup: the parts say what."""
    READ_BACK = "read_back"
    """Every object was fetched and has its digest. Not restored: the reason says why."""
    REFUSED = "refused"
    """The backup is not whole, or nothing could be made of it any more."""
    UNFINISHED = "unfinished"
    """It could not be restored, or not be read, to the end."""

    @property
    def is_well(self) -> bool:
        return self in (DrillWord.SAME, DrillWord.READ_BACK)


class PartState(StrEnum):
    """Three-valued: what was not drilled is not known to be the same."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_DRILLED = "not drilled"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPart:
    """One part of a function."""

    name: str
    state: PartState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What the drill of one backup showed."""

    function: FunctionArn
    backup_id: str
    taken_at: datetime
    word: DrillWord
    reason: str = ""
    copy: str | None = None
    """The ARN of what was made in the sandbox; None: nothing was."""
    parts: tuple[DrillPart, ...] = ()
    left_behind: str = ""
    """Why what was made may still be there; empty: it is gone, or was never there."""

    @property
    def is_well(self) -> bool:
        return self.word.is_well and not self.left_behind

    def of(self, state: PartState) -> tuple[DrillPart, ...]:
        return tuple(part for part in self.parts if part.state is state)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """One drill, from its beginning to its end. No value of any environment is in it."""

    drill_id: str
    began_at: datetime
    ended_at: datetime
    by: str
    why: str
    sandbox: str | None
    """The account that it restored into; None: nothing was restored."""
    not_restored: str = ""
    """Why nothing was restored at all."""
    backups: int
    """Complete backups that could have been drilled."""
    functions: tuple[Drilled, ...]
    leftovers: tuple[str, ...] = ()
    """Functions of earlier drills that were removed first."""
    problems: tuple[str, ...] = ()
    """What went wrong and belongs to no single backup."""

    @property
    def is_well(self) -> bool:
        return not self.problems and all(one.is_well for one in self.functions)

    @property
    def failures(self) -> int:
        return len(self.problems) + sum(not one.is_well for one in self.functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDrill:
    """How a backup was drilled last."""

    at: datetime
    word: str
    is_well: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A complete backup that may be drilled."""

    function: FunctionArn
    backup_id: str
    taken_at: datetime
    drilled_at: datetime | None = None
    """None: never, or not in this sandbox."""


def choose(found: Iterable[Candidate], *, on: date, size: int) -> tuple[Candidate, ...]:
    """Return the sample of a day: never drilled before drilled, then spread, then the oldest drill.

    Spread is over accounts and regions, and over functions. What is alike in all of that is put in
    an order that the day decides, so that the same day and list give the same sample.
    """
    left = {one.backup_id: one for one in found}
    chosen: list[Candidate] = []
    targets: Counter[object] = Counter()
    while left and len(chosen) < size:
        next_one = min(left.values(), key=lambda one: _rank(one, targets, on))
        del left[next_one.backup_id]
        chosen.append(next_one)
        targets.update((next_one.function, next_one.function.target))
    return tuple(chosen)


def _rank(one: Candidate, taken: Mapping[object, int], on: date) -> tuple[object, ...]:
    drilled = "" if one.drilled_at is None else one.drilled_at.isoformat()
    drawn = content_id({"day": on.isoformat(), "backup": one.backup_id})
    spread = (taken[one.function], taken[one.function.target])
    return (one.drilled_at is not None, *spread, drilled, drawn)


def copy_name(drill_id: str, backup_id: str) -> str:
    """Name the function that a drill makes of a backup."""
    return PREFIX + content_id({"drill": drill_id, "backup": backup_id})[:ID_CHARACTERS]


def require_ours(function: FunctionArn, tags: Mapping[str, str], *, sandbox: str) -> None:
    """Refuse to delete anything but what a drill made, in the sandbox.

    Raises: ConflictError naming the first thing that is not so.
    """
    if function.account != sandbox:
        raise ConflictError(f"{function} is not in the sandbox account {sandbox}: not deleted")
    if not function.name.startswith(PREFIX) or function.name == PREFIX:
        raise ConflictError(f"{function} is not named {PREFIX}...: not deleted")
    if not tags.get(MARK):
        raise ConflictError(f"{function} does not carry the tag {MARK}: not deleted")


def why_no_sandbox(
    sandbox: str, *, hub: str, backed_up: Iterable[str], scanned: Iterable[str]
) -> str | None:
    """Say why an account is no sandbox; None: it may be one.

    Each is an account in which somebody relies on functions. That only marked functions can be
    deleted would hold there too; but a drill there would use its quotas, and a slip would hurt.
    """
    if sandbox == hub:
        return f"sandbox_account {sandbox} is the hub's own account: name another one"
    if sandbox in backed_up:
        return f"sandbox_account {sandbox} has functions that are backed up: name another one"
    if sandbox in scanned:
        return f"sandbox_account {sandbox} is scanned: exclude it in fleet.yaml, or name another"
    return None
