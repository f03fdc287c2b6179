"""Does what is provisioned go by the hours, as approved, and at the price that was told?"""

from collections.abc import Callable
from datetime import UTC, datetime

from trimtab.domain.ledger import change_chain
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.hub import Hub
from trimtab.local.demo.provisioned import level_of, next_monday, play_day
from trimtab.local.demo.world import World

Expect = Callable[[str, bool], None]
"""What should be so, and whether it is."""


def look_at_provisioned(world: World, hub: Hub, expect: Expect) -> int:
    """Play a working day; return how many scheduled actions fired on it."""
    story, proposed = world.story, hub.proposals()
    for function in (story.scheduled, story.also_scheduled, story.unused):
        _look_at_record(hub, proposed[function.name], function, expect)
    expect(
        f"nothing is provisioned for {story.unused.name}",
        level_of(world.emulator, story.unused) == 0,
    )
    expect(
        f"{story.unused.name} was approved by who signed in and typed its name",
        _proof_of(hub, proposed[story.unused.name]) == "sign_in",
    )
    return _look_at_day(world, proposed[story.scheduled.name], expect)


def _proof_of(hub: Hub, change: Remediation) -> str:
    """Return how its decision says that it was made."""
    entries = hub.ledger.entries(change_chain(change.change_id))
    said = [e.data["signed"]["decision"]["auth"] for e in entries if e.event == "decided"]
    return str(said[-1]) if said else "nobody"


def _look_at_record(hub: Hub, change: Remediation, function: DemoFunction, expect: Expect) -> None:
    """See that it was approved, written and verified, and that what it saves was measured."""
    entries = hub.ledger.entries(change_chain(change.change_id))
    events = [entry.event for entry in entries]
    wanted = ("decided", "intended", "applied", "saving_measured", "watch_healthy")
    expect(f"{function.name}: {', '.join(wanted)}", set(wanted) <= set(events))
    for entry in entries:
        if entry.event == "saving_measured":
            saving = entry.data["saving"]
            now, then = saving["cost_before_usd_month"], saving["cost_after_usd_month"]
            expect(f"{function.name} costs less: ${now:.2f} → ${then:.2f} a month", then < now)


def _look_at_day(world: World, change: Remediation, expect: Expect) -> int:
    """Hold the level of each hour of a working day against the schedule that was approved."""
    function, plan = world.story.scheduled, change.provisioned
    if plan is None or plan.schedule is None:
        expect(f"{function.name} has a schedule", False)
        return 0
    moments = list(play_day(world.emulator, function, next_monday(datetime.now(UTC))))
    hours = [moment for moment in moments if moment.at.minute == 0]
    right = [m.level == level_at(plan.schedule, m.at).minimum for m in hours]
    levels = " ".join(str(moment.level) for moment in hours)
    expect(f"{function.name} has by the hour of a Monday what was planned: {levels}", all(right))
    day, night = max(m.level for m in hours), min(m.level for m in hours)
    expect(
        f"which is at most {day}, less than before, and {night} at night",
        night < day < function.provisioned,
    )
    return sum(len(moment.fired) for moment in moments)
