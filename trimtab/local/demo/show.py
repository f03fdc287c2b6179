"""How is the demo shown to a person? Tells the story as it happens; the mailbox is a page to
click in.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from trimtab.domain.ledger import Entry, run_chain
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.local.demo.hub import Hub
from trimtab.local.demo.provisioned import next_monday, play_day
from trimtab.local.demo.traffic import Traffic
from trimtab.local.demo.world import HUMAN, World
from trimtab.local.mailbox_page import serve_mailbox
from trimtab.report import savings_words, words

EVERY_S = 3.0

WORDS: Mapping[str, str] = {
    "planned": "the run is planned and on record",
    "proposed": "a change is proposed",
    "asked": "its owner is asked by email",
    "decided": "somebody decided",
    "intended": "about to write: intent and before-values are on record",
    "forward_step_written": "one write done",
    "canary_started": "a share of its traffic tries it",
    "canary_healthy": "the trial went well: all of it follows",
    "canary_regressed": "the trial went WORSE than the rest: it is taken back",
    "canary_unproven": "the trial proved nothing: it is taken back",
    "canary_disturbed": "somebody else changed it during the trial: it is taken back",
    "applied": "applied; the watch begins",
    "stale": "not applied: the function is not what was approved",
    "forward_refused": "not applied",
    "saving_measured": "what the step did is measured",
    "watch_healthy": "watched: healthy, kept",
    "watch_insufficient_data": "watched: too little traffic to tell, kept as unproven",
    "watch_regressed": "watched: WORSE than before, undo starts",
    "not_written": "not applied",
    "undo_asked": "somebody asks for the undo",
    "undone": "undone",
    "undo_stopped": "the undo stopped: a person is needed",
    "given_up": "given up: neither watched nor taken back any more",
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
    _tell_run(world, hub, counts, run_id, tell)
    _tell_what_to_do(world, mailbox, tell)
    seen, is_over, is_played = len(hub.entries()), False, False
    asked = {function.name for function in world.story.asked}
    with Traffic(world):
        while True:
            world.fire("watch")
            world.fire("reconcile")
            time.sleep(EVERY_S)
            entries = sorted(hub.entries(), key=lambda entry: entry.at)
            for entry in entries[seen:]:
                _tell_entry(entry, hub, tell)
            seen = len(entries)
            if not is_played and any(_is_scheduled(world, entry) for entry in entries):
                is_played = True
                _tell_day(world, tell)
            if not is_over and asked <= hub.ended():
                is_over = True
                _tell_savings(hub, tell)


def _is_scheduled(world: World, entry: Entry) -> bool:
    """Tell whether this ends the watch over the schedule well."""
    return entry.event == "watch_healthy" and entry.function == world.story.scheduled.arn


def _tell_day(world: World, tell: Tell) -> None:
    """Let a working day pass at once, and tell what Application Auto Scaling does on it."""
    function, monday = world.story.scheduled, next_monday(datetime.now(UTC))
    tell(f"{function.name:22} the clock of Application Auto Scaling runs through {monday:%A}:")
    for moment in play_day(world.emulator, function, monday):
        if moment.fired:
            said = f"{moment.level} provisioned, by {', '.join(moment.fired)}"
            tell(f"{function.name:22} {moment.at:%H:%M} \N{RIGHTWARDS ARROW} {said}")


def _tell_run(world: World, hub: Hub, counts: RunCounts, run_id: str, tell: Tell) -> None:
    tell(
        f"read {counts.functions} of the {len(world.fleet)} functions that exist in "
        f"{counts.accounts} accounts; {_who_refuses(world, hub, run_id)}"
    )
    tell(
        f"{counts.findings} findings: {counts.planned} proposed, {counts.held_back} held back, "
        f"{counts.suppressed} exempt, {counts.ticketed} ticketed, {counts.observed} observed"
    )
    titles = [str(issue["title"]).rpartition(": ")[2] for issue in world.github.issues]
    tell(f"ticketed: {', '.join(sorted(titles)) or 'on their way'}")
    tell(f"{words.count(len(world.emulator.messages()), 'email')} sent to the approvers")


def _who_refuses(world: World, hub: Hub, run_id: str) -> str:
    """Say which account could not be read, by its name: what is unread is never left out."""
    gaps = [
        gap
        for entry in hub.ledger.entries(run_chain(run_id))
        if entry.event == "planned"
        for gap in entry.data["gaps"]
    ]
    if not gaps or world.organization is None:
        return "nothing is unread"
    names = {account.id: account.name for account in world.organization.members}
    refusing = sorted({str(gap["account"]) for gap in gaps})
    said = ", ".join(f"{names.get(account, 'account')} ({account})" for account in refusing)
    verb = "refuses its" if len(refusing) == 1 else "refuse their"
    return f"{said} {verb} role: {words.count(len(gaps), 'gap')}"


def _tell_what_to_do(world: World, mailbox: str, tell: Tell) -> None:
    """Tell where to look; lines that begin with a space can be copied as they are."""
    lines = (
        "",
        f"  Read the approvers' mail here:  {mailbox}",
        "  Approve or reject in the page behind each link; then watch this console.",
        "  checkout-api and checkout-cart are served through an alias: a share of their traffic",
        "  tries the new size first. It will fail in checkout-cart, and be taken back.",
        "  payments-settlement will be too slow with less memory, and be put back.",
        "  orders-thumbs uses all its memory: it is to get more, whatever that costs.",
        "  orders-desk and payments-desk have provisioned concurrency, all week, for office hours:",
        "  they are to get a schedule, and a Monday passes in a second. orders-fax is not called.",
        "",
        "  The command works on this hub too. In another terminal, in this folder:",
        "",
        "    unset AWS_PROFILE AWS_SESSION_TOKEN",
        *(f"    export {name}={value}" for name, value in world.emulator.environment().items()),
        "    .venv/bin/trimtab run show",
        "    .venv/bin/trimtab memory explain payments-settlement --stack trimtab-hub",
        "    .venv/bin/trimtab pc explain orders-desk --stack trimtab-hub",
        "    .venv/bin/trimtab savings",
        "    .venv/bin/trimtab audit verify",
        "",
        "  Stop with Ctrl-C: nothing is left behind.",
        "",
    )
    for line in lines:
        tell(line)


def _tell_savings(hub: Hub, tell: Tell) -> None:
    tell("everything has ended; what the changes saved, as trimtab savings has it:")
    for line in savings_words.summary(hub.savings()):
        tell(f"  {line}")


def _tell_entry(entry: Entry, hub: Hub, tell: Tell) -> None:
    if entry.event not in WORDS:
        return
    name = "" if entry.function is None else entry.function.rpartition(":")[2]
    detail = entry.data.get("reason", "")
    if entry.event == "decided":
        decision = entry.data["signed"]["decision"]
        who = decision["approver"]
        detail = f"{decision['word']} by {hub.people.addresses((who,)).get(who, who)}"
    if entry.event == "saving_measured":
        share = float(entry.data["share"])
        of_what = (
            "" if "cost_before_usd_month" in entry.data["saving"] else " GB-seconds an invocation"
        )
        detail = f"{abs(share):.0%} {'less' if share >= 0 else 'MORE'}{of_what}"
    tell(f"{name:22} {WORDS[entry.event]}{f': {detail}' if detail else ''}")
