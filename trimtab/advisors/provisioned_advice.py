"""What should be provisioned for an alias? Stage 3 of 8: the advisors behind the three kinds.

Each weighs the alias where most money is at stake. Where provisioned concurrency costs more than on
demand it buys fewer cold starts: then the price of one is said, and the policy decides.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from trimtab.advisors.provisioned_alike import alike
from trimtab.advisors.provisioned_case import SIGNALS, Case, cases_of
from trimtab.advisors.provisioned_demand import TypicalWeek
from trimtab.advisors.provisioned_option import (
    Declined,
    Option,
    advice_of,
    option_of,
    price_of_cold_start,
    recommended,
    usd,
)
from trimtab.advisors.provisioned_schedule import outlook_of, schedule_for, week_of
from trimtab.advisors.provisioned_terms import Prospect, ScheduleTerms
from trimtab.advisors.provisioned_times import billed_and_ready
from trimtab.domain.evidence import Signals
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.provisioned import ProvisionedVerdict
from trimtab.domain.terms import ChangeKind

__all__ = ["SIGNALS", "advise_reduce", "advise_remove", "advise_schedule"]

IDLE_FOR = timedelta(days=14)
"""How long a configuration must have stood to be called idle. Chosen: twice the week after which
nOps calls it so; see also policies/cost/pc-idle.yaml."""

UNDER_USED = 0.6
"""Of what is provisioned: what was never busy beyond it is too much. Datadog's warning, as in
policies/cost/pc-underused.yaml."""

ALL = 1.0
"""A bound on spillover that bounds nothing: cost alone decides."""

WITHIN = 0.8
"""Of the bound on spillover, beyond which a watch takes it back: so much is aimed at; chosen."""

FEW_CHANGES = (2, 4)
ABOUT_AS_LITTLE = 1.01
"""Fewer changes a day are tried first; what they cost more at most. Chosen: people read it."""


def advise_remove(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise to provision nothing where nothing ran on it, or where on demand is cheaper."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    left = [left_over(case) for case in cases if case.is_left_over]
    if left:
        return recommended(left[0], ChangeKind.REMOVE_PROVISIONED)
    provisioned = [case for case in cases if case.is_provisioned]
    return _best(
        [_without(case, fields) for case in provisioned],
        fields,
        kind=ChangeKind.REMOVE_PROVISIONED,
        none="nothing is provisioned for an alias that could be removed",
    )


def _without(case: Case, fields: Mapping[str, Any]) -> Option | Declined:
    name, use = case.name, case.use
    if use.ran is None or use.spilled is None:
        return Declined(why=f"{name}: how often it was used was not answered completely")
    fresh = _too_fresh(case)
    if fresh is not None:
        return Declined(why=f"{name}: {fresh}")
    terms = _terms(case, max_spillover=ALL)
    week = week_of(case.demand, terms)
    is_idle = use.ran + use.spilled == 0 and all(mean == 0.0 for mean in case.demand.means)
    if isinstance(week, str) and not is_idle:
        return Declined(why=f"{name}: {week}")
    if is_idle or isinstance(week, str):
        return _idle(case)
    option = option_of(case, week, terms, schedule=None, level=0, basis=_seen(week))
    if option.gain_usd_month <= 0:
        return Declined(why=f"{name}: it costs less than running on demand", option=option)
    price = price_of_cold_start(option, option.now, case.schedule, case.level)
    allowed = fields["max_price_per_cold_start"]
    if price is not None and price <= allowed:
        return Declined(
            why=f"{name}: justified only for latency: each cold start that it avoids costs "
            f"{usd(price)}, and the policy allows {usd(allowed)}",
            option=replace(option, verdict=ProvisionedVerdict.FOR_LATENCY),
        )
    return replace(option, verdict=ProvisionedVerdict.UNJUSTIFIED)


def _seen(week: TypicalWeek) -> tuple[str, ...]:
    return (f"{week.weeks:.1f} weeks of its demand",)


def _too_fresh(case: Case) -> str | None:
    """Say that what is provisioned has not stood long enough; what is scaled moves all the time."""
    since = case.use.stood_since
    if case.use.state.target is not None:
        return None
    if since is None:
        return "when it was last changed is not known"
    stood = case.as_of - since
    if stood >= IDLE_FOR:
        return None
    return f"it was changed {stood.days} days ago, {IDLE_FOR.days} are needed to tell"


def left_over(case: Case) -> Option:
    """Return the removal of what scales an alias that is gone: it costs nothing, for now."""
    words = f"alias {case.name} is gone: whatever bears its name next would be provisioned"
    return replace(_idle(case), basis=(words,))


def _idle(case: Case) -> Option:
    schedule, level = case.schedule, float(case.level)
    if schedule is not None:
        billed, _ = billed_and_ready(schedule)
        level = sum(billed) / len(billed)
    nothing = Prospect(
        cost_usd_gb_s=0.0, needed_mean=0.0, spillover=0.0, utilisation=None, level_mean=0.0
    )
    return Option(
        case=case,
        verdict=ProvisionedVerdict.IDLE,
        schedule=None,
        level=0,
        week=None,
        now=replace(
            nothing,
            cost_usd_gb_s=case.rates.provisioned * level,
            utilisation=0.0 if level else None,
            level_mean=level,
        ),
        proposed=nothing,
        on_demand=nothing,
        basis=("four weeks without a single invocation of it",),
    )


def advise_reduce(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise a lower level where much of it was never busy."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    return _best(
        [_lower(case, fields) for case in cases if case.level > 1],
        fields,
        kind=ChangeKind.REDUCE_PROVISIONED,
        none="nothing is provisioned for an alias that could be lowered",
    )


def _lower(case: Case, fields: Mapping[str, Any]) -> Option | Declined:
    name, peak = case.name, case.use.peak
    why = _why_not_lower(case) or _too_fresh(case)
    if why is not None or peak is None:
        return Declined(why=f"{name}: {why}")
    terms = _terms(case, max_spillover=ALL)
    week = week_of(case.demand, terms)
    if isinstance(week, str):
        return Declined(why=f"{name}: {week}")
    words = (
        f"at most {peak:g} were measured busy at once in four weeks, times "
        f"{fields['headroom']:g}, and as many as keep to the bound on spillover"
    )
    bound = fields["max_spillover"]
    found = None
    for level in range(math.ceil(round(peak * fields["headroom"], 6)), case.level):
        found = option_of(
            case, week, terms, schedule=None, level=level, basis=(*_seen(week), words)
        )
        if found.proposed.spillover <= bound * WITHIN:
            return replace(found, verdict=ProvisionedVerdict.UNDER_USED)
    why = f"with less than {case.level} more than {bound:.1%} may run on demand"
    return Declined(why=f"{name}: {why}", option=found)


def _why_not_lower(case: Case) -> str | None:
    peak = case.use.peak
    if case.use.state.target is not None:
        return "it is scaled already"
    if peak is None:
        return "how much was busy at once was not answered completely"
    if not peak:
        return "nothing ran on it, which another policy is about"
    if case.use.spilled is None or case.use.spilled > 0:
        return "some of its work found all of it busy, or nobody can tell"
    if peak >= case.level * UNDER_USED:
        return f"{peak:g} of {case.level} were busy at once"
    return None


def advise_schedule(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise a weekly schedule, where the gain is worth a change."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    return _best(
        [_scheduled(case, fields) for case in cases if case.use.exists],
        fields,
        kind=ChangeKind.SCHEDULE_PROVISIONED,
        none="it has no alias that serves a version",
    )


def _scheduled(case: Case, fields: Mapping[str, Any]) -> Option | Declined:
    """Weigh the schedule that keeps spillover well within its bound."""
    bound = fields["max_spillover"]
    option = _simplest(case, fields, bound=bound if bound >= ALL else bound * WITHIN)
    if isinstance(option, str):
        return Declined(why=f"{case.name}: {option}")
    price = price_of_cold_start(option, option.proposed, option.schedule, option.level)
    if option.verdict is ProvisionedVerdict.FINE and price is not None:
        option = replace(option, verdict=ProvisionedVerdict.FOR_LATENCY)
    why = _why_no_schedule(option, price, fields)
    return option if why is None else Declined(why=f"{case.name}: {why}", option=option)


def _why_no_schedule(option: Option, price: float | None, fields: Mapping[str, Any]) -> str | None:
    bound = fields["max_spillover"]
    if option.schedule is None:
        return f"the best is {option.level} all week, no schedule"
    if option.proposed.spillover > bound:
        return (
            f"{option.proposed.spillover:.1%} would run on demand, {bound:.1%} are allowed, and no "
            f"more than {option.case.highest} can be provisioned"
        )
    return _too_dear(option, price, fields) or _too_little(option, fields)


def _simplest(case: Case, fields: Mapping[str, Any], *, bound: float) -> Option | str:
    """Return the schedule with the fewest changes a day that costs about as little as any."""
    most = int(fields["changes_per_day"])
    options: list[Option] = []
    week: TypicalWeek | str | None = None
    for changes in sorted({*(n for n in FEW_CHANGES if n < most), most}):
        terms = _terms(
            case,
            max_spillover=bound,
            timezone=fields["timezone"],
            changes_per_day=changes,
            most=int(fields["max_level"]),
        )
        week = week_of(case.demand, terms) if week is None else week
        if isinstance(week, str):
            return week
        found = schedule_for(case.demand, week, terms)
        options.append(
            option_of(
                case,
                week,
                terms,
                schedule=found.schedule,
                level=found.level or 0,
                allowed=fields["max_spillover"],
                basis=found.basis,
            )
        )
    least = min(option.proposed.cost_usd_gb_s for option in options) * ABOUT_AS_LITTLE
    simplest = next(o for o in options if o.proposed.cost_usd_gb_s <= least)
    return _with_days_alike(simplest, terms, least)


def _with_days_alike(option: Option, terms: ScheduleTerms, least: float) -> Option:
    """Return the schedule with days alike that costs least, if it costs about as little."""
    week = option.week
    if option.schedule is None or week is None:
        return option
    found = [(outlook_of(one, week, terms), one) for one in alike(option.schedule)]
    bound = max(option.proposed.spillover, terms.max_spillover)
    good = [
        (prospect, one)
        for prospect, one in found
        if prospect.cost_usd_gb_s <= least and prospect.spillover <= bound
    ]
    if not good:
        return option
    prospect, schedule = min(good, key=lambda pair: pair[0].cost_usd_gb_s)
    return replace(option, schedule=schedule, proposed=prospect)


def _too_dear(option: Option, price: float | None, fields: Mapping[str, Any]) -> str | None:
    """Say that what is provisioned anew costs more than on demand, and more for each cold start
    than is allowed. Whoever provisions already pays for that: less is asked for, not nothing.
    """
    if option.case.is_provisioned:
        return None
    allowed = fields["max_price_per_cold_start"]
    if price is None or price <= allowed:
        return None
    return (
        f"a schedule would be justified only for latency: each cold start "
        f"that it avoids costs {usd(price)}, and the policy allows {usd(allowed)}"
    )


def _too_little(option: Option, fields: Mapping[str, Any]) -> str | None:
    """Say that the gain is not worth a change."""
    if not option.must_gain:
        return None
    now = option.case.usd_month(option.now.cost_usd_gb_s)
    least = max(fields["min_saving_usd"], now * fields["min_gain"])
    if option.gain_usd_month >= least:
        return None
    return f"a schedule saves {usd(option.gain_usd_month)} a month, {usd(least)} are asked for"


def _terms(
    case: Case,
    *,
    max_spillover: float,
    timezone: str = "UTC",
    changes_per_day: int = 8,
    most: int | None = None,
) -> ScheduleTerms:
    highest = case.highest if most is None else min(case.highest, most)
    return ScheduleTerms(
        rates=case.rates,
        timezone=timezone,
        highest=highest,
        max_spillover=max_spillover,
        changes_per_day=changes_per_day,
    )


def _best(
    weighed: Sequence[Option | Declined],
    fields: Mapping[str, Any],
    *,
    kind: ChangeKind,
    none: str,
) -> Recommendation | Abstention:
    """Return the option that gains most, if any gains enough; else all reasons, and the alias that
    costs most as it is.
    """
    options = [w for w in weighed if isinstance(w, Option)]
    worth = [option for option in options if not option.must_gain or _gains(option, fields)]
    if worth:
        return recommended(max(worth, key=lambda option: option.gain_usd_month), kind)
    least = usd(fields["min_saving_usd"])
    little = [
        Declined(
            why=f"{o.case.name}: it would save {usd(o.gain_usd_month)} a month, {least} are asked "
            "for",
            option=o,
        )
        for o in options
    ]
    declined = [*(w for w in weighed if isinstance(w, Declined)), *little]
    shown = [d.option for d in declined if d.option is not None]
    dearest = max(shown, key=lambda option: option.now.cost_usd_gb_s, default=None)
    return Abstention(
        reason="; ".join(d.why for d in declined) or none,
        provisioned=None if dearest is None else advice_of(dearest),
    )


def _gains(option: Option, fields: Mapping[str, Any]) -> bool:
    return bool(option.gain_usd_month >= max(fields["min_saving_usd"], 0.01))
