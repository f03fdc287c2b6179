"""What do we write when backups are about to end?"""

from datetime import datetime

from trimtab.domain.expiry import Expiring
from trimtab.domain.notice import Email
from trimtab.report import words
from trimtab.report.render import render

COMMANDS = (
    "trimtab backups ARN --take --why 'still needed'",
    "trimtab restore ARN --why 'who needs it'",
)


def expiry_email(*, to: str, backups: tuple[Expiring, ...], now: datetime) -> Email:
    """Write which backups end when, what is left then, and what can be done."""
    values = {
        "backups": backups,
        "last": sum(one.is_last for one in backups),
        "commands": COMMANDS,
        "now": now,
    }
    soonest = min(one.expires_at for one in backups)
    return Email(
        to=words.address(to),
        subject=f"{words.count(len(backups), 'backup')} of functions will be gone, the first "
        f"on {soonest:%Y-%m-%d}",
        html=render("expiry_email.html.j2", **values),
        text=render("expiry_email.txt.j2", **values),
        reference="expiry",
    )
