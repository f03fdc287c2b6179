"""What is said of a removal of single versions: which go, what comes next, and that no number comes
back?
"""

from collections.abc import Mapping
from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import RemovalPlan
from trimtab.report import words

NO_WAY_BACK = (
    "The number of a deleted version never comes back. trimtab restore ARN --as NAME brings code "
    "and settings back from the backup, under another name and with other numbers."
)


def plan_of(remediation: Remediation) -> RemovalPlan | None:
    """Return how single versions are removed; None: that is not what the change is about."""
    plan = remediation.removal
    return plan if plan is not None and plan.versions else None


def numbers(plan: RemovalPlan) -> str:
    """Return which versions go: 'version 3', 'versions 1, 2, 3'."""
    what = "version" if len(plan.versions) == 1 else "versions"
    return f"{what} {', '.join(one.number for one in plan.versions)}"


def named(plan: RemovalPlan) -> str:
    """Return each version with what it is, as it was when that was proposed."""
    return "; ".join(
        f"{one.number} (code {one.code_sha256}, revision {one.revision_id})"
        for one in plan.versions
    )


def stages(plan: RemovalPlan) -> tuple[tuple[str, str], ...]:
    """Return what happens after a yes, as (title, text), in order."""
    notice = words.duration(plan.notice)
    return (
        ("Exactly these, and nothing else", f"{words.capital(named(plan))}."),
        ("Backup", "Code and settings of every version, encrypted, and read back."),
        (
            "Notice",
            f"For {notice} nothing is written. A version that is called, changed, or named by "
            "anything meanwhile stays; so do all of them if anybody who was asked keeps them.",
        ),
        (
            "Deletion",
            "One by one, each only if it is still unused and as it was backed up, and not among "
            f"the newest {plan.keep_newest}. {NO_WAY_BACK}",
        ),
    )


def standings(plan: RemovalPlan) -> Mapping[RoundStatus, tuple[str, str]]:
    """Return headline and text where they differ from those of other changes."""
    which, notice = numbers(plan), words.duration(plan.notice)
    return {
        RoundStatus.APPROVED: (
            "Approved, not yet begun",
            "It is backed up, and the backup read back. Nothing else happens before that.",
        ),
        RoundStatus.NOTICE: (
            "On notice: old versions to be removed",
            f"For {notice} nothing is written; then {which} are deleted, but for those that are "
            "used or named meanwhile. Whoever was asked can keep them all.",
        ),
        RoundStatus.APPLYING: ("Being deleted", f"Of {which}, one after the other."),
        RoundStatus.REMOVED: (
            "Old versions removed",
            f"The note says which are deleted and which stay. {NO_WAY_BACK}",
        ),
        RoundStatus.STALE: (
            "No version removed",
            "What was approved did not hold any more. All of them stay.",
        ),
        RoundStatus.NOT_WRITTEN: ("No version removed", "Nothing was deleted. All of them stay."),
        RoundStatus.UNDOING: ("Being kept", "No version is deleted any more."),
        RoundStatus.GIVEN_UP: (
            "Given up",
            "The function is gone, or nobody looks after this removal any more.",
        ),
    }


def told(plan: RemovalPlan, *, now: datetime) -> tuple[str, str, str]:
    """Return the end of a subject, headline and text of the email of a notice."""
    until = words.moment(now + plan.notice)
    return (
        f"{words.count(len(plan.versions), 'old version')} to be removed, not before {until}",
        "On notice: old versions to be removed",
        f"Their backup is made and read back. Until {until} nothing is written; then "
        f"{numbers(plan)} are deleted. A version that is called, changed or named by anything "
        f"before that stays. {NO_WAY_BACK}",
    )


def ways_back(status: RoundStatus) -> str | None:
    """Return what can still be done; None: nothing."""
    if status in (RoundStatus.APPROVED, RoundStatus.NOTICE):
        return f"They can be kept until they are deleted. {NO_WAY_BACK}"
    return NO_WAY_BACK if status in (RoundStatus.APPLYING, RoundStatus.REMOVED) else None
