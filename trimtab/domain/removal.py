"""How is a function removed, or some of its versions? The pauses from notice to deletion, what
goes, and what is put back.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from trimtab.domain.errors import InputError
from trimtab.domain.wire import ONLY_IF_SAID

LONGEST_QUARANTINE = timedelta(hours=72)
"""Longer nothing is kept from being called: the first asynchronous event that a quarantined
function gets is lost without a retry. Chosen: a weekend's callers show up within it."""

_NUMBER = re.compile(r"[1-9][0-9]*")


def check_number(number: str) -> None:
    """Make sure that this names one published version, and nothing else of a function.

    Raises: InputError for `$LATEST`, an alias, nothing at all, or any other text.
    """
    if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
        raise InputError(f"{number!r} is not the number of a published version")


@dataclass(frozen=True, slots=True, kw_only=True)
class OldVersion:
    """One published version that is to go, as it was when that was planned (S1)."""

    number: str
    code_sha256: str
    revision_id: str

    def __post_init__(self) -> None:
        check_number(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlan:
    """What happens between the approval of a removal and the deletion, and what is put back."""

    notice: timedelta
    """From the notice to the approvers; any call or change in it ends the removal."""
    quarantine: timedelta
    """Reserved concurrency 0, the last part before the deletion. None of it for versions: the
    function goes on."""
    last_call: timedelta
    """So long before the deletion the last email goes out; it lies within the quarantine."""
    reserved: int | None
    """The reserved concurrency it had; None: nothing was reserved."""
    versions: tuple[OldVersion, ...] = field(default=(), metadata=ONLY_IF_SAID)
    """What goes, and nothing else; empty: the function, with all its versions."""
    keep_newest: int = field(default=0, metadata=ONLY_IF_SAID)
    """So many of the newest versions stay, whatever else is known of them."""
