"""Which options do the audit commands share?"""

from datetime import date, datetime
from typing import Annotated

import typer

DAY = "%Y-%m-%d"

Stack = Annotated[
    str, typer.Option("--stack", help="Name of the hub's stack, in this account and region.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
