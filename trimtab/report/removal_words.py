"""Where does a removal stand, in words? Headline and a sentence for each status of its round."""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import RemovalPlan
from trimtab.report import version_words, words
from trimtab.report.hand_step import shell

RESTORE = "trimtab restore brings back what can be."


def standings(remediation: Remediation) -> Mapping[RoundStatus, tuple[str, str]]:
    """Return headline and text where they differ from those of other changes."""
    plan = plan_of(remediation)
    if plan.versions:
        return version_words.standings(plan)
    notice, quarantine = words.duration(plan.notice), words.duration(plan.quarantine)
    return {
        RoundStatus.APPROVED: (
            "Approved, not yet begun",
            "It is backed up, and the backup read back. Nothing else happens before that.",
        ),
        RoundStatus.NOTICE: (
            "On notice: to be removed",
            f"For {notice} nothing is written. A call, or a change of the function, ends the "
            "removal; so can whoever was asked.",
        ),
        RoundStatus.APPLYING: ("On its way out", "Its next step is being made right now."),
        RoundStatus.QUARANTINE: (
            "In quarantine: it takes no calls",
            f"For {quarantine}, then it is deleted. Whoever calls it lets it go at once; that call "
            "itself fails, and an asynchronous event is not retried.",
        ),
        RoundStatus.REMOVED: (
            "Removed",
            "The function is deleted. "
            f"{shell('trimtab', 'restore', str(remediation.function), '--why', 'TEXT')} "
            "brings back what can be.",
        ),
        RoundStatus.STALE: ("Not removed", "What was approved did not hold any more. It is kept."),
        RoundStatus.NOT_WRITTEN: ("Not removed", "Nothing was written. It is kept."),
        RoundStatus.UNDOING: ("Being let go", "It takes calls again in a moment."),
        RoundStatus.UNDONE: ("Let go", "It is kept, and takes calls again as before."),
        RoundStatus.UNDO_STOPPED: (
            "It could not be let go: it needs a person",
            "The function may still refuse every call. Let it go by hand, now.",
        ),
        RoundStatus.GIVEN_UP: (
            "Given up",
            "The function is gone, or nobody looks after its removal any more.",
        ),
    }


def standing(stored: Round) -> tuple[str, str] | None:
    """Return headline and text of a removal; None: it is none, or says what every change does."""
    if stored.remediation.removal is None:
        return None
    return standings(stored.remediation).get(stored.status)


def plan_of(remediation: Remediation) -> RemovalPlan:
    assert remediation.removal is not None, "only a removal is told about"
    return remediation.removal


def stages(remediation: Remediation) -> tuple[tuple[str, str], ...]:
    """Return what happens after a yes, as (title, text), in order."""
    plan = plan_of(remediation)
    if plan.versions:
        return version_words.stages(plan)
    notice, quarantine = words.duration(plan.notice), words.duration(plan.quarantine)
    return (
        ("Backup", "Code, versions, aliases, policies and all settings, encrypted, and read back."),
        ("Notice", f"For {notice} nothing is written. A call or a change of it ends the removal."),
        (
            "Quarantine",
            f"For {quarantine} it takes no calls. Whoever calls lets it go at once; a last email "
            f"goes out {words.duration(plan.last_call)} or more before the end.",
        ),
        ("Deletion", f"Only if it is still unused, and as it was backed up. {RESTORE}"),
    )


def about_to_delete(data: Mapping[str, Any]) -> str:
    """Return what was found just before a deletion."""
    if "versions" not in data:
        return f"still unused, and as it was in backup {data['backup_id']}: about to delete it"
    which = ", ".join(data["versions"])
    return f"still unused, and held by backup {data['backup_id']}: about to delete {which}"


def step(data: Mapping[str, Any]) -> str | None:
    """Return a write of a removal in words; None: it is none."""
    match data["is"]:
        case "SetReserved":
            reserved = data["reserved"]
            if reserved is None:
                return "reserve no concurrency for it"
            return f"reserve {reserved} for it" + (": it takes no calls" if reserved == 0 else "")
        case "DeleteFunction":
            return "delete the function, with its versions and aliases"
        case "DeleteVersion":
            return f"delete version {data['version']}"
        case _:
            return None
