"""What of a week of provisioned concurrency stands in a page, an email or a file?"""

from dataclasses import dataclass

from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.provisioned import ProvisionedState
from trimtab.domain.remediation import Remediation
from trimtab.report import provisioned_words as said
from trimtab.report import words
from trimtab.report.drawing import NARROW_PX, WIDE_PX, Markup, as_file
from trimtab.report.provisioned_picture import provisioned_picture
from trimtab.report.provisioned_words import OutlookRow, ScheduleRow, Shown

KEY = (
    "A typical week. Area: environments that were busy on average; dots: what they did not often "
    "exceed; dashes: what is provisioned now; thick line: what is proposed. What is needed above "
    "the line runs on demand. Dots and what spills over are a forecast: calls are taken to come "
    "independently of each other, so more may be busy at a moment than was measured on average. "
    "Long marks below are midnight, short ones noon."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedFigure:
    """Everything of one advice, for a template."""

    narrow: Markup
    wide: Markup
    key: str
    verdict: str
    sentences: tuple[str, ...]
    outlooks: tuple[OutlookRow, ...]
    timezone: str | None
    """None: no schedule is proposed."""
    weekly: tuple[ScheduleRow, ...]
    facts: tuple[str, ...]
    """Who scales it, and how it goes back; empty where no change is asked about."""


def sentences(advice: Recommendation | Abstention | None) -> tuple[str, ...]:
    """Return what is proposed and what that costs; none where it is not about this."""
    seen = said.shown(advice)
    return () if seen is None else said.sentences(seen)


def figure(seen: Shown, facts: tuple[str, ...] = ()) -> ProvisionedFigure:
    schedule = seen.schedule
    return ProvisionedFigure(
        narrow=Markup(html=provisioned_picture(seen, width_px=NARROW_PX, id_="week-n")),
        wide=Markup(html=provisioned_picture(seen, width_px=WIDE_PX, id_="week-w")),
        key=KEY,
        verdict=said.verdict(seen.advice),
        sentences=said.in_short(seen),
        outlooks=said.outlooks(seen),
        timezone=None if schedule is None else schedule.timezone,
        weekly=() if schedule is None else said.weekly(schedule),
        facts=facts,
    )


def of_change(remediation: Remediation) -> ProvisionedFigure | None:
    """Return the figure of a proposed change; None: it provisions nothing."""
    seen = said.shown(remediation.recommendation)
    return None if seen is None else figure(seen, facts(remediation))


def alone(seen: Shown, *, name: str, style: str) -> str:
    """Return the drawing as a file of its own: an SVG with its style in it."""
    drawn = provisioned_picture(seen, width_px=WIDE_PX, id_="week")
    return as_file(drawn, name=name, style=style)


def facts(remediation: Remediation) -> tuple[str, ...]:
    """Return who scales it today, who will, and what taking it back restores."""
    plan, before = remediation.provisioned, remediation.before.provisioned
    if plan is None or before is None:
        return ()
    found = [_scaled_by(before)]
    if plan.schedule is not None:
        zone = words.inert(plan.schedule.timezone)
        times = f"local in {zone}, and follow daylight saving" if zone != "UTC" else "in UTC"
        found.append(
            "The schedule is carried out by Application Auto Scaling, a service of AWS, also while "
            f"Trimtab does not run. Its times are {times}. "
            "A higher level takes some minutes until it is ready: none of it counts before all "
            "of it does."
        )
    found.append(_goes_back(remediation, before, is_schedule=plan.schedule is not None))
    return tuple(found)


def _scaled_by(before: ProvisionedState) -> str:
    whose = words.qualified(before.qualifier)
    if before.target is None:
        return f"Nobody else scales {whose}: it has no scalable target."
    many = words.count(len(before.target.actions), "scheduled action")
    return (
        f"{whose.capitalize()} has a scalable target today, {before.target.minimum:,} to "
        f"{before.target.maximum:,}, with {many}."
    )


def _goes_back(remediation: Remediation, before: ProvisionedState, *, is_schedule: bool) -> str:
    if before.target is not None and before.target.actions:
        return "Taken back, it is scaled by the scheduled actions of before again."
    also = ", and the schedule and its scalable target are deleted" if is_schedule else ""
    return f"Taken back, it has {words.settings(remediation.undo)} again, all the time{also}."
