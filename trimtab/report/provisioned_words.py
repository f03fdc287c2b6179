"""What do we say of provisioned concurrency? The same in a page, an email, a ticket and a terminal.

Concurrency is counted in environments. A level holds from its moment until the next one.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.provisioned import (
    LevelChange,
    Outlook,
    ProvisionedAdvice,
    ProvisionedVerdict,
    WeeklySchedule,
)
from trimtab.domain.week import AlikeDays, alike, runs
from trimtab.report import words
from trimtab.report.figures import amount, percent

DAYS = words.DAYS
HOURS_PER_WEEK = 7 * 24
ARROW = "\N{RIGHTWARDS ARROW}"

MEANINGS: Mapping[ProvisionedVerdict, str] = {
    ProvisionedVerdict.IDLE: "nothing runs on it",
    ProvisionedVerdict.UNDER_USED: "too little of it is busy, and less would do",
    ProvisionedVerdict.SPILLING: "all of it is busy at times, and the rest runs on demand",
    ProvisionedVerdict.UNJUSTIFIED: "it costs more than running on demand",
    ProvisionedVerdict.FOR_LATENCY: "it costs more than on demand, and buys fewer cold starts",
    ProvisionedVerdict.FINE: "it is as it should be",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One advice, as it is shown."""

    advice: ProvisionedAdvice
    after: Mapping[str, int] | None
    """What is proposed; None: nothing is."""

    @property
    def schedule(self) -> WeeklySchedule | None:
        """Return the proposed schedule; None: a constant level is proposed, or nothing."""
        return None if self.after is None else self.advice.schedule

    @property
    def demand(self) -> tuple[float, ...]:
        """Return what is needed, typically; nothing ever where it is idle."""
        return self.advice.demand or self._idle

    @property
    def demand_high(self) -> tuple[float, ...]:
        return self.advice.demand_high or self._idle

    @property
    def _idle(self) -> tuple[float, ...]:
        is_idle = self.advice.verdict is ProvisionedVerdict.IDLE
        return (0.0,) * HOURS_PER_WEEK if is_idle else ()

    @property
    def level(self) -> int | None:
        """Return the proposed constant level; None: a schedule is proposed, or nothing."""
        if self.after is None or self.schedule is not None:
            return None
        return self.after.get("provisioned")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """Days with the same changes of the level."""

    days: str
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookRow:
    """One way of provisioning, in words."""

    way: str
    provisioned: str
    cost: str
    busy: str
    spills: str


def shown(advice: Recommendation | Abstention | None) -> Shown | None:
    """Return what an advisor says of provisioned concurrency; None: nothing."""
    if advice is None or advice.provisioned is None:
        return None
    after = advice.after if isinstance(advice, Recommendation) else None
    return Shown(advice=advice.provisioned, after=after)


def levels_of(change: LevelChange) -> str:
    """Return a level: '12', or '4 to 12' where target tracking moves it in between."""
    return words.between(change.minimum, change.maximum)


def weekly(schedule: WeeklySchedule) -> tuple[ScheduleRow, ...]:
    """Return a schedule with equal days in one row: 'Mon-Fri', '07:50 -> 12, 18:10 -> 4'."""
    return tuple(ScheduleRow(days=_named(one.days), changes=_said(one)) for one in alike(schedule))


def _said(one: AlikeDays) -> str:
    if not one.changes:
        return f"all day {levels_of(one.level)}"
    return ", ".join(f"{c.at:%H:%M} {ARROW} {levels_of(c)}" for c in one.changes)


def _named(days: tuple[int, ...]) -> str:
    """Return days by name, those in a row as a span: 'Mon-Thu, Sat'."""
    if len(days) == len(DAYS):
        return "every day"
    return ", ".join(
        DAYS[first] if first == last else f"{DAYS[first]}{words.TO}{DAYS[last]}"
        for first, last in runs(days)
    )


def in_one_line(schedule: WeeklySchedule) -> str:
    """Return a schedule within a sentence, with its time zone."""
    said = "; ".join(f"{row.days} {row.changes}" for row in weekly(schedule))
    return f"{said} ({words.inert(schedule.timezone)})"


def now_level(advice: ProvisionedAdvice) -> str:
    """Return what is provisioned today: '12', 'none', or '6.4 on average, by our schedule'."""
    if advice.level is None:
        return f"{amount(round(advice.now.level_mean, 1))} on average, by our schedule"
    return f"{advice.level:,}" if advice.level else words.NONE


def proposed_level(seen: Shown) -> str:
    """Return what is proposed: '4', 'none', '4 to 12 by schedule', or that nothing is."""
    return "no change" if seen.after is None else words.level(seen.after)


def outlooks(seen: Shown) -> tuple[OutlookRow, ...]:
    """Return today, the proposal and on demand, side by side."""
    advice = seen.advice
    rows = [_row("now", now_level(advice), advice.now)]
    if seen.after is not None and not _is_on_demand(seen):
        rows.append(_row("proposed", proposed_level(seen), advice.proposed))
    way = "proposed: on demand" if _is_on_demand(seen) else "on demand"
    rows.append(_row(way, words.NONE, advice.on_demand))
    return tuple(rows)


def _is_on_demand(seen: Shown) -> bool:
    return seen.level == 0


def _row(way: str, provisioned: str, outlook: Outlook) -> OutlookRow:
    return OutlookRow(
        way=way,
        provisioned=provisioned,
        cost=cost(outlook),
        busy="" if outlook.utilisation is None else share(outlook.utilisation),
        spills="" if outlook.utilisation is None else share(outlook.spillover),
    )


def cost(outlook: Outlook) -> str:
    return f"{words.money(outlook.cost_usd_month)} a month" if _is_known(outlook) else "not known"


def _is_known(outlook: Outlook) -> bool:
    return math.isfinite(outlook.cost_usd_month)


def share(part: float) -> str:
    """Return a share with as many digits as mean something; one that is no number is not known."""
    return percent(round(part, 3)) if math.isfinite(part) else "not known"


def verdict(advice: ProvisionedAdvice) -> str:
    """Return what it is worth: 'alias live is under-used: too little of it is busy, ...'."""
    what, meaning = advice.verdict.value, MEANINGS[advice.verdict]
    return f"Provisioned concurrency of {words.qualified(advice.qualifier)}: {what}; {meaning}."


def sentences(seen: Shown) -> tuple[str, ...]:
    """Return what is provisioned now, what is proposed and what each costs, with its basis."""
    return (*_compared(seen), based_on(seen.advice))


def in_short(seen: Shown) -> tuple[str, ...]:
    """Return what stands in no table beside the drawing."""
    *_, latency = _compared(seen)
    price = () if seen.after is None or _is_on_demand(seen) else (latency,)
    return (*_tracked(seen), *price, based_on(seen.advice))


def _tracked(seen: Shown) -> tuple[str, ...]:
    """Say what moves a level between two numbers; nothing where nothing does."""
    schedule = seen.schedule
    if schedule is None or schedule.target_utilisation is None:
        return ()
    share_busy = share(schedule.target_utilisation)
    return (f"Between two numbers target tracking moves the level, to keep {share_busy} busy.",)


def _compared(seen: Shown) -> Iterator[str]:
    advice = seen.advice
    yield f"Now, with {_told(_many(now_level(advice)), advice.now)}"
    if seen.schedule is not None:
        mean = amount(round(advice.proposed.level_mean, 1))
        level = f"{proposed_level(seen)}, {mean} on average"
        yield f"Proposed, with {_told(level, advice.proposed)}"
        yield f"Schedule: {in_one_line(seen.schedule)}."
        yield from _tracked(seen)
    elif seen.after is not None and not _is_on_demand(seen):
        yield f"Proposed, with {_told(_many(proposed_level(seen)), advice.proposed)}"
    start = "Proposed: nothing" if _is_on_demand(seen) else "With nothing"
    yield (
        f"{start} provisioned, all on demand: {cost(advice.on_demand)}; then every new environment "
        "begins with a cold start."
    )
    if seen.after is not None and not _is_on_demand(seen):
        yield _latency(advice)


def _many(level: str) -> str:
    """Return a level within a sentence: '14 provisioned'; an average says it already."""
    if level == words.NONE:
        return "nothing provisioned"
    return f"{level} provisioned" if level.replace(",", "").isdigit() else level


def _told(level: str, outlook: Outlook) -> str:
    """Return a level with what it costs; nothing is busy of nothing."""
    if outlook.utilisation is None:
        return f"{level}: {cost(outlook)}."
    return (
        f"{level}: {cost(outlook)}; {share(outlook.utilisation)} of it is busy, "
        f"{share(outlook.spillover)} of what is needed spills over to on demand."
    )


def _latency(advice: ProvisionedAdvice) -> str:
    each = advice.cold_start_usd
    more = advice.proposed.cost_usd_month - advice.on_demand.cost_usd_month
    if each is None and more > 0:
        return (
            "It costs more than on demand; what each cold start costs that it avoids is not known."
        )
    if each is None:
        return "The proposal costs no more than on demand: the cold starts it avoids are free."
    return f"Each cold start that the proposal avoids costs ${amount(each)} over on demand."


def based_on(advice: ProvisionedAdvice) -> str:
    """Return what all this rests on. Nothing is said to be nothing."""
    lines = "; ".join(words.inert(line) for line in advice.basis)
    return f"Based on: {lines}." if lines else "It is not said what that is based on."


def in_words(seen: Shown) -> str:
    """Return the drawing in words, for those who do not see it."""
    return " ".join((verdict(seen.advice), *sentences(seen)))
