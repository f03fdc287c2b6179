"""What do we write to the governance team when the breaker has frozen Trimtab? (S20)"""

from datetime import datetime

from trimtab.domain.freeze import Freeze
from trimtab.domain.notice import Email
from trimtab.report import words
from trimtab.report.render import render

COMMANDS = ("trimtab audit show control#freeze", "trimtab thaw --why 'what was found'")


def freeze_email(*, to: str, freeze: Freeze, now: datetime) -> Email:
    """Write that nothing is changed any more, why, and how a person lifts it."""
    values = {"why": freeze.why, "commands": COMMANDS, "now": now}
    return Email(
        to=words.address(to),
        subject="Trimtab has frozen itself: no change is written until a person lifts it",
        html=render("freeze_email.html.j2", **values),
        text=render("freeze_email.txt.j2", **values),
        reference="freeze",
    )
