"""How does one pass over the open watches go? Look, tell whoever was asked, and only then close."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trimtab.domain.errors import OutsideError
from trimtab.domain.freeze import FREEZE_CHAIN, FROZEN, Freeze, standing
from trimtab.domain.notice import Email
from trimtab.flows import tell
from trimtab.pipeline.canary_watch import watch_canaries
from trimtab.pipeline.freeze import BREAKER
from trimtab.pipeline.removal_watch import watch_removals
from trimtab.pipeline.verify import Bench, Watch, close, verify
from trimtab.ports import Ledger

FREEZE_TOLD = "freeze_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Whom to tell that Trimtab has frozen itself, and in which words."""

    to: Sequence[str]
    compose: Callable[[str, Freeze, datetime], Email]
    """(address, freeze, now) → the email."""


def watch(bench: Bench, tell_bench: tell.Bench, alarm: Alarm) -> Watch:
    """Verify every open watch and every canary once. What regressed is already being undone when
    anybody is told; how a canary ended is told once its change has ended.
    """
    seen = verify(bench)
    canaries, gaps = watch_canaries(bench)
    _, unread = watch_removals(bench)
    seen = replace(seen, canaries=canaries, gaps=seen.gaps + gaps + unread)
    try:
        _tell_freeze(bench.ledger, tell_bench, alarm)
    finally:
        tell.tell_watch(seen, tell_bench)
        close(seen, bench)
    return seen


def _tell_freeze(ledger: Ledger, bench: tell.Bench, alarm: Alarm) -> None:
    """Write to the governance team when the breaker froze, once each: send first, record then.

    Raises: what kept one email from going out, after the others were sent.
    """
    entries = ledger.entries(FREEZE_CHAIN)
    freeze, now = standing(entries), bench.clock.now()
    if freeze.by != BREAKER:
        return
    frozen_at = max(n for n, entry in enumerate(entries) if entry.event == FROZEN)
    told = {e.data["to"] for e in entries[frozen_at:] if e.event == FREEZE_TOLD}
    failed: OutsideError | None = None
    for address, person in bench.people.ids(alarm.to).items():
        if person in told:
            continue
        try:
            bench.mailer.send(alarm.compose(address, freeze, now))
        except OutsideError as error:
            failed = error
            continue
        data = {"to": person}
        ledger.append(FREEZE_CHAIN, event=FREEZE_TOLD, actor=tell.ACTOR, data=data, at=now)
    if failed is not None:
        raise failed
