"""Where does a removal stand, by the entries of its round alone?"""

from collections.abc import Mapping
from datetime import datetime

from trimtab.domain.ledger import Entry
from trimtab.domain.references import References, joined
from trimtab.domain.removal import OldVersion
from trimtab.domain.round_events import (
    REFERENCES_READ,
    REMOVAL_STOPPED,
    VERSION_GONE,
    VERSION_KEPT,
)
from trimtab.domain.step import DeleteFunction, DeleteVersion, SetReserved
from trimtab.domain.wire import from_wire
from trimtab.pipeline.on_record import OnRecord
from trimtab.remediations.remove_function import plan_of

NOTICE = "notice"
LAST_CALL = "last_call"
"""What approvers are told of before a removal goes on."""


DELETIONS = (DeleteFunction.__name__, DeleteVersion.__name__)


def deletion_of(known: OnRecord) -> Entry | None:
    """Return the last entry from which on the function, or a version, may have been deleted; None:
    nothing was.
    """
    for entry in reversed(known.entries):
        is_step = entry.event == "forward_step_intended"
        if is_step and entry.data["step"]["is"] in DELETIONS:
            return entry
    return None


def deletions_of(known: OnRecord, number: str) -> tuple[Entry, ...]:
    """Return the entries of the deletion of one version, made or meant."""
    return tuple(
        entry
        for entry in known.entries
        if entry.event.startswith("forward_step_")
        and entry.data["step"]["is"] == DeleteVersion.__name__
        and entry.data["step"]["version"] == number
    )


def versions_kept(known: OnRecord) -> Mapping[str, str]:
    """Return the versions that were taken out of what goes, each with the first reason."""
    said = [e.data for e in known.entries if e.event == VERSION_KEPT]
    return {str(data["version"]): str(data["reason"]) for data in reversed(said)}


def versions_gone(known: OnRecord) -> Mapping[str, str]:
    """Return the versions that are deleted, each with whose doing that was."""
    said = [e.data for e in known.entries if e.event == VERSION_GONE]
    return {str(data["version"]): str(data["deleted_by"]) for data in said}


def versions_left(known: OnRecord) -> tuple[OldVersion, ...]:
    """Return the versions of which it is still open whether they go."""
    over = versions_kept(known).keys() | versions_gone(known).keys()
    return tuple(one for one in plan_of(known.remediation).versions if one.number not in over)


def why_stopped(known: OnRecord) -> str | None:
    """Say what ended the removal before its deletion; None: nothing did."""
    found = known.last(REMOVAL_STOPPED)
    return None if found is None else str(found.data["reason"])


def everybody_told_at(known: OnRecord, ending: str) -> datetime | None:
    """Return when the last approver was told of a stage. None: somebody is still to be told, or
    nobody could be. Whose address is refused keeps the others from nothing.
    """
    said = [e for e in known.entries if e.data.get("ending") == ending]
    told = [e.at for e in said if e.event == "told"]
    heard = {str(e.data["approver"]) for e in said if e.event in ("told", "not_told")}
    if not told or not heard >= set(known.remediation.approval.approvers):
        return None
    return max(told)


def throttled_since(known: OnRecord) -> datetime | None:
    """Return from when on it may take no calls; None: that was not even meant yet."""
    for entry in known.entries:
        if entry.event == "forward_step_intended":
            step = entry.data["step"]
            if step["is"] == SetReserved.__name__ and step["reserved"] == 0:
                return entry.at
    return None


def deletes_at(known: OnRecord) -> datetime | None:
    """Return when a function in quarantine is deleted unless something speaks against it."""
    began = throttled_since(known)
    return None if began is None else began + plan_of(known.remediation).quarantine


def references_of(known: OnRecord) -> References | None:
    """Return what named the function at its deletion; None: that was not read."""
    entries = [entry for entry in known.entries if entry.event == REFERENCES_READ]
    read = [from_wire(References, entry.data["references"]) for entry in entries]
    return joined(read) if read else None


def labels_of(known: OnRecord) -> tuple[str, ...]:
    """Return the labels of the tickets about what named it."""
    found = known.last(REFERENCES_READ)
    return () if found is None else tuple(found.data["labels"])
