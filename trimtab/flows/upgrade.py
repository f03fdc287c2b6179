"""What would an upgrade meet? Open changes and running executions, and what becomes of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.run import Running
from trimtab.ports import ApprovalDesk

OPEN = tuple(status for status in RoundStatus if status.is_open)

BECOMES = {
    RoundStatus.PROPOSED: "its link stays valid; once approved, the release and the policies it "
    "was proposed with write it, not the new ones",
    RoundStatus.APPROVED: "the release and the policies it was proposed with write it, not the new "
    "ones",
    RoundStatus.APPLYING: "the release it was proposed with is writing it: wait for it",
    RoundStatus.CANARY: "the new release goes on watching the share of the traffic that tries it, "
    "and the release it was proposed with lets all of it follow or takes it back",
    RoundStatus.NOTICE: "its notice goes on, and the release it was proposed with ends it",
    RoundStatus.QUARANTINE: "the new release goes on watching it and lets it go if anybody calls, "
    "and the release it was proposed with deletes it or lets it go",
    RoundStatus.WATCHING: "the new release goes on watching it, and takes it back if it harms",
    RoundStatus.UNDOING: "the release its undo was started with takes it back: wait for it",
    RoundStatus.UNDO_STOPPED: "it still waits for a person: trimtab undo, or give-up",
}
"""A running execution calls numbered Lambda versions (`infra.machines`), and the policy bundle is a
part of a version."""

WAIT_FOR = (
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.QUARANTINE,
    RoundStatus.UNDOING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One open change, and what an upgrade does to it."""

    change_id: str
    round: int
    function: str
    status: RoundStatus
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everything that is under way."""

    changes: tuple[Meeting, ...]
    running: tuple[Running, ...]

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing is being written and no scan runs: a good moment."""
        is_scanning = any("scan" in r.machine for r in self.running)
        return not is_scanning and all(c.status not in WAIT_FOR for c in self.changes)


def outlook(desk: ApprovalDesk, running: Sequence[Running]) -> Outlook:
    rounds = desk.open_rounds(OPEN)
    return Outlook(
        changes=tuple(
            sorted(map(_meeting, rounds), key=lambda m: (m.status not in WAIT_FOR, m.function))
        ),
        running=tuple(running),
    )


def _meeting(record: Round) -> Meeting:
    return Meeting(
        change_id=record.remediation.change_id,
        round=record.remediation.round,
        function=str(record.remediation.function),
        status=record.status,
        becomes=BECOMES[record.status],
    )
