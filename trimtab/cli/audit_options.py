"""Which options do the audit commands share?"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

import typer

from trimtab.domain.person import people_in, with_names
from trimtab.wiring import Hub

DAY = "%Y-%m-%d"

Stack = Annotated[
    str, typer.Option("--stack", help="Name of the hub's stack, in this account and region.")
]
Names = Annotated[
    bool, typer.Option("--names", help="Say who it was, where the name table still knows.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def namer(hub: Hub, *texts: str, are_wanted: bool) -> Callable[[str], str]:
    """Return what puts names in the place of the ids in a text; nothing, where none are wanted."""
    ids = people_in(" ".join(texts)) if are_wanted else ()
    addresses = hub.people.addresses(ids) if ids else {}
    return lambda text: with_names(text, addresses)


def day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
