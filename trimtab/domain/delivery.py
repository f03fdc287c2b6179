"""What does Security Hub know of a target's findings, and what has it still to be told?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trimtab.domain.arn import Target
from trimtab.domain.digest import content_id
from trimtab.domain.life import FindingLife

TOLD_AGAIN_AFTER = timedelta(days=7)
"""A finding that is still there is imported again after this time, unchanged.

Security Hub deletes an active finding that was not updated for 90 days: a week leaves it a dozen
chances. Imports are billed beyond a free amount; daily would cost seven times as much and say
nothing new. Source: "Creating and updating findings in Security Hub CSPM", AWS Security Hub user
guide, read 2026-11-21; the week is chosen.
"""
DELETED_AFTER = timedelta(days=90)
"""When Security Hub drops what nobody updated. Source: as above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Security Hub took last of one finding."""

    digest: str
    at: datetime
    """The moment it bore; the next one must be later, or Security Hub passes it over."""
    is_archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOfTarget:
    """What Security Hub took of one target."""

    target: Target
    owner: str
    """The account whose Security Hub was told."""
    findings: Mapping[str, Told]
    """By finding id. What it would not take is not in here, and is sent again by the next run."""

    def has_taken(self, findings: Mapping[str, Told]) -> "ToldOfTarget":
        return replace(self, findings={**self.findings, **findings})


def as_told(life: FindingLife, *, is_archived: bool, at: datetime) -> Told:
    """Return what Security Hub will have been told once it takes this finding.

    The digest leaves out what differs at every run: measured values, and when it was last seen.
    """
    digest = content_id(
        {
            "archived": is_archived,
            "severity": life.severity.value,
            "title": life.title,
            "seen": life.unseen_because is None,
        }
    )
    return Told(digest=digest, at=at, is_archived=is_archived)


def is_due(new: Told, before: Told | None) -> bool:
    """Tell whether there is something to tell: opened, changed, resolved, reopened, or a week old.

    What was never there is not archived.
    """
    if before is None:
        return not new.is_archived
    if new.digest != before.digest:
        return True
    return not new.is_archived and new.at - before.at >= TOLD_AGAIN_AFTER


def is_over(before: Told, *, at: datetime) -> bool:
    """Tell whether to forget what was told of a finding that we do not remember any more."""
    return before.is_archived or at - before.at > DELETED_AFTER
