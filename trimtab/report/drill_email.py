"""What do we write to the operators when a restore drill failed?"""

from datetime import datetime

from trimtab.domain.drill import Drilled, DrillReport, DrillWord
from trimtab.domain.notice import Email
from trimtab.report import words
from trimtab.report.render import render

ENDED = {
    DrillWord.SAME: "came back as it was",
    DrillWord.DIFFERENT: "came back, but not all of it as it was",
    DrillWord.READ_BACK: "is whole in the vault",
    DrillWord.REFUSED: "cannot be restored any more",
    DrillWord.UNFINISHED: "could not be drilled to the end",
}
COMMANDS = ("trimtab drill ARN --why 'mended'", "trimtab backups ARN --take --why 'a new backup'")


def drill_email(*, to: str, report: DrillReport, now: datetime) -> Email:
    """Write what failed, what it says, and what to do."""
    failed = [one for one in report.functions if not one.is_well]
    values = {
        "report": report,
        "failed": [(one, ended(one)) for one in failed],
        "well": len(report.functions) - len(failed),
        "commands": (*COMMANDS, "trimtab audit show control#drill"),
        "now": now,
    }
    return Email(
        to=words.address(to),
        subject=f"Restore drill failed: {words.count(report.failures, 'thing')} to look at",
        html=render("drill_email.html.j2", **values),
        text=render("drill_email.txt.j2", **values),
        reference=f"drill-{report.drill_id}",
    )


def ended(one: Drilled) -> str:
    """Return how the drill of one backup ended, in a sentence."""
    left = f"; what was made may still be there: {one.left_behind}" if one.left_behind else ""
    reason = f": {one.reason}" if one.reason else ""
    return f"{ENDED[one.word]}{reason}{left}"
