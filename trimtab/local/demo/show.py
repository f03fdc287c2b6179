"""How is the demo shown to a person? Tells the story as it happens; the mailbox is a page to
click in.
"""

import time
from collections.abc import Callable, Mapping

from trimtab.domain.ledger import Entry
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.local.demo.hub import Hub
from trimtab.local.demo.traffic import Traffic
from trimtab.local.demo.world import HUMAN, World
from trimtab.local.mailbox_page import serve_mailbox

EVERY_S = 3.0

WORDS: Mapping[str, str] = {
    "planned": "the run is planned and on record",
    "proposed": "a change is proposed",
    "asked": "its owner is asked by email",
    "decided": "somebody decided",
    "intended": "about to write: intent and before-values are on record",
    "forward_step_written": "one write done",
    "applied": "applied; the watch begins",
    "stale": "not applied: the function is not what was approved",
    "forward_refused": "not applied",
    "watch_healthy": "watched: healthy, kept",
    "watch_regressed": "watched: WORSE than before, undo starts",
    "undone": "undone",
    "undo_stopped": "the undo stopped: a person is needed",
}

Tell = Callable[[str], None]


def show(tell: Tell) -> None:
    """Run the demo until Ctrl-C."""
    with World(pace=HUMAN, tell=tell) as world:
        hub = Hub(world)
        box = serve_mailbox(world.emulator.messages)
        try:
            _play(world, hub, box.url, tell)
        finally:
            box.stop()


def _play(world: World, hub: Hub, mailbox: str, tell: Tell) -> None:
    tell("the daily schedule comes due: scanning 8 targets")
    world.fire("scan")
    run_id = hub.wait_for_scan()
    counts = from_wire(RunCounts, hub.object(keys.counts(run_id)))
    tell(
        f"read {counts.functions} functions in {counts.accounts} accounts, "
        f"{counts.gaps} gaps (one account refuses its role)"
    )
    tell(
        f"{counts.findings} findings: {counts.planned} proposed, {counts.held_back} held back, "
        f"{counts.suppressed} exempt, {counts.ticketed} ticketed, {counts.observed} observed"
    )
    titles = [str(issue["title"]).rpartition(": ")[2] for issue in world.github.issues]
    tell(f"ticketed: {', '.join(sorted(titles)) or 'on their way'}")
    tell("")
    tell(f"  Read the approvers' mail here:  {mailbox}")
    tell("  Approve or reject in the page behind each link; then watch this console.")
    tell("  payments-settlement will suffer from less memory, and be put back.")
    tell("  Stop with Ctrl-C: nothing is left behind.")
    tell("")
    seen = len(hub.entries())
    with Traffic(world):
        while True:
            world.fire("watch")
            world.fire("reconcile")
            time.sleep(EVERY_S)
            entries = sorted(hub.entries(), key=lambda entry: entry.at)
            for entry in entries[seen:]:
                _tell_entry(entry, tell)
            seen = len(entries)


def _tell_entry(entry: Entry, tell: Tell) -> None:
    if entry.event not in WORDS:
        return
    name = "" if entry.function is None else entry.function.rpartition(":")[2]
    detail = entry.data.get("reason", "")
    if entry.event == "decided":
        decision = entry.data["signed"]["decision"]
        detail = f"{decision['word']} by {decision['approver']}"
    tell(f"{name:22} {WORDS[entry.event]}{f': {detail}' if detail else ''}")
