"""Was this very change asked before, and how did that end? One line for whoever is asked again."""

from collections.abc import Mapping, Sequence

from trimtab.domain.approval import RoundStatus
from trimtab.domain.ledger import Entry
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import status_after
from trimtab.report import words

_ENDED: Mapping[RoundStatus, str] = {
    RoundStatus.REJECTED: "it was rejected",
    RoundStatus.EXPIRED: "nobody answered in time",
    RoundStatus.STALE: "it was approved, and stopped before the write",
    RoundStatus.NOT_WRITTEN: "it was approved, and not applied",
    RoundStatus.VERIFIED: "it was applied and kept",
    RoundStatus.UNPROVEN: "it was applied, with too little traffic to tell",
    RoundStatus.UNDONE: "it was applied and taken back",
    RoundStatus.REVERTED: "it was applied, and somebody else took it back",
    RoundStatus.GIVEN_UP: "it was written and given up",
}


def asked_before(remediation: Remediation, entries: Sequence[Entry]) -> str | None:
    """Return what the chain of a change says of the round before; None: there was none.

    Names nobody. What cannot be read of the round before is left out.
    """
    number = remediation.round
    if number == 1:
        return None
    earlier = [entry for entry in entries if entry.data.get("round") == number - 1]
    allowed = next((e for e in reversed(earlier) if e.event == "allowed"), None)
    why = "" if allowed is None else _said("It was allowed again", allowed.data.get("why"))
    return (
        f"Asked before: this is round {number} of the same change. {_ended(earlier)}{why}".strip()
    )


def _ended(earlier: Sequence[Entry]) -> str:
    for entry in reversed(earlier):
        try:
            status = status_after(entry.event, entry.data)
            if status is None:
                continue
            reason = entry.data.get("reason")
            if status is RoundStatus.REJECTED:
                reason = entry.data["signed"]["decision"]["reason"]
        except (KeyError, TypeError, ValueError):
            return ""
        how = _ENDED.get(status)
        return "" if how is None else _said(f"Last time {how}", reason)
    return ""


def _said(what: str, why: object) -> str:
    """Return a sentence with its reason, if there is one."""
    return f"{what}. " if not why else f"{what}: {words.nameless(str(why)).rstrip('.')}. "
