"""What does a ticket say of provisioned concurrency? The levels, the schedule and the costs."""

import math
from collections.abc import Iterator, Mapping

from trimtab.domain.provisioned import LevelChange, Outlook, ProvisionedAdvice, WeeklySchedule
from trimtab.domain.week import AlikeDays, alike, runs
from trimtab.tickets.markdown import code

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEAD = (
    "| Way | Provisioned | USD a month | Busy | Spills over |",
    "| --- | --- | --- | --- | --- |",
)


def provisioned_advice(advice: ProvisionedAdvice, after: Mapping[str, int]) -> tuple[str, ...]:
    """Return what to do and what it costs, as lines of Markdown."""
    return (*_what_to_do(advice, after), "", *HEAD, *_costs(advice, after))


def _what_to_do(advice: ProvisionedAdvice, after: Mapping[str, int]) -> Iterator[str]:
    kind = "version" if advice.qualifier.isdigit() else "alias"
    whose = f"{kind} {code(advice.qualifier)}"
    if advice.schedule is not None:
        yield (
            f"Schedule the provisioned concurrency of {whose} with Application Auto Scaling, in "
            f"the time zone {code(advice.schedule.timezone)}:"
        )
        yield ""
        yield from _schedule(advice.schedule)
    elif after.get("provisioned"):
        yield f"Set the provisioned concurrency of {whose} to {after['provisioned']}."
    else:
        yield f"Remove the provisioned concurrency of {whose}."


def _schedule(schedule: WeeklySchedule) -> Iterator[str]:
    yield "| Days | Level |"
    yield "| --- | --- |"
    for one in alike(schedule):
        named = ", ".join(
            DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
            for first, last in runs(one.days)
        )
        yield f"| {named} | {_changes(one)} |"


def _changes(one: AlikeDays) -> str:
    if not one.changes:
        return f"all day {_level(one.level)}"
    return ", ".join(f"from {c.at:%H:%M} {_level(c)}" for c in one.changes)


def _level(change: LevelChange) -> str:
    if change.minimum == change.maximum:
        return str(change.minimum)
    return f"{change.minimum} to {change.maximum}"


def _costs(advice: ProvisionedAdvice, after: Mapping[str, int]) -> Iterator[str]:
    yield _row("now", advice.now)
    if advice.schedule is not None or after.get("provisioned"):
        yield _row("proposed", advice.proposed)
    yield _row("on demand", advice.on_demand)


def _row(way: str, outlook: Outlook) -> str:
    busy = "-" if outlook.utilisation is None else _percent(outlook.utilisation)
    spills = "-" if outlook.utilisation is None else _percent(outlook.spillover)
    level, usd = _number(outlook.level_mean, 1), _number(outlook.cost_usd_month, 2)
    return f"| {way} | {level} on average | {usd} | {busy} | {spills} |"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "not known"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if math.isfinite(share) else "not known"
