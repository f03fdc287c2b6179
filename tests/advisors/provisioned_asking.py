"""Puts questions to the advisors of provisioned concurrency."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.advisors.demands import RATES
from tests.report.weeks import a_change, a_schedule
from trimtab.advisors.provisioned_advice import advise_reduce, advise_remove, advise_schedule
from trimtab.advisors.provisioned_case import Case, cases_of
from trimtab.domain.evidence import Evidence, Known, Signals, Unknown
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.provisioned import (
    Demand,
    ProvisionedAdvice,
    ProvisionedRates,
    ProvisionedRecord,
    ProvisionedState,
    QualifierUse,
    ScalableTarget,
    WeeklySchedule,
)
from trimtab.domain.provisioned_actions import actions_of
from trimtab.remediations import reduce_provisioned, remove_provisioned, schedule_provisioned

AS_OF = datetime(2026, 2, 2, tzinfo=UTC)
"""A Monday."""
LOOKBACK = timedelta(days=14)
REMOVE, REDUCE, SCHEDULE = (
    {field.name: field.default for field in kind.SPEC.fields}
    for kind in (remove_provisioned, reduce_provisioned, schedule_provisioned)
)
OFTEN = timedelta(minutes=30)
Pattern = Callable[[datetime], float | None]


def office(at: datetime) -> float:
    """Twelve busy from eight to six on working days, none else."""
    return 12.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.0


def all_day(busy: float) -> Pattern:
    return lambda _: busy


def a_demand(pattern: Pattern, *, days: float = 28) -> Demand:
    starts_at = AS_OF - timedelta(days=days)
    periods = int(timedelta(days=days) / OFTEN)
    means = tuple(pattern(starts_at + OFTEN * n) for n in range(periods))
    return Demand(starts_at=starts_at, period_s=int(OFTEN.total_seconds()), means=means)


def a_target(schedule: WeeklySchedule | None = None, **given: Any) -> ScalableTarget:
    actions = () if schedule is None else actions_of(schedule, "abcdefghijklmnop")
    usual: dict[str, Any] = {"minimum": 0, "maximum": 0, "is_suspended": False, "actions": actions}
    return ScalableTarget(**usual | given)


def a_use(
    level: int = 10,
    *,
    busy: Pattern = office,
    name: str = "live",
    target: ScalableTarget | None = None,
    **given: Any,
) -> QualifierUse:
    """Return an alias; what its four weeks were follows from how busy it was and how much was
    provisioned.
    """
    demand = given.get("demand", a_demand(busy))
    known = [] if demand is None else [mean or 0.0 for mean in demand.means]
    usual: dict[str, Any] = {
        "state": ProvisionedState(
            qualifier=name,
            requested=level,
            allocated=level,
            status="READY" if level else "NONE",
            target=target,
        ),
        "exists": True,
        "is_weighted": False,
        "stood_since": AS_OF - timedelta(days=90) if level else None,
        "demand": demand,
        "peak": min(max(known, default=0.0), float(level)),
        "ran": sum(min(mean, level) for mean in known),
        "spilled": sum(max(mean - level, 0.0) for mean in known),
    }
    return QualifierUse(**usual | given)


def signals(*uses: QualifierUse, rates: ProvisionedRates = RATES, **given: Any) -> Signals:
    values: dict[str, Any] = {
        "concurrency.provisioned_record": ProvisionedRecord(uses=uses or (a_use(),), as_of=AS_OF),
        "function.memory_mb": 1024,
        "price.compute_usd_gb_s": rates.on_demand,
        "price.provisioned_usd_gb_s": rates.provisioned,
        "price.provisioned_run_usd_gb_s": rates.provisioned_run,
        "concurrency.reserved": None,
        "account.unreserved_concurrency": 1000,
    }
    values |= {name.replace("__", "."): value for name, value in given.items()}
    found: dict[str, Evidence] = {}
    for name, value in values.items():
        found[name] = value if isinstance(value, Unknown) else Known(value=value, source="test")
    return found


def cases(*uses: QualifierUse, **given: Any) -> tuple[Case, ...]:
    found = cases_of(signals(*uses, **given))
    assert not isinstance(found, str), found
    return tuple(found)


class Asked:
    """One of the three advisors."""

    def __init__(self, advise: Any, usual: dict[str, Any]) -> None:
        self._advise, self._usual = advise, usual

    def __call__(
        self, *uses: QualifierUse, fields: dict[str, Any] | None = None, **given: Any
    ) -> Recommendation | Abstention:
        return self.of(signals(*uses, **given), fields)

    def of(
        self, found: Signals, fields: dict[str, Any] | None = None
    ) -> Recommendation | Abstention:
        asked = self._usual | (fields or {})
        advice = self._advise(found, asked, region="us-east-1", lookback=LOOKBACK)
        assert isinstance(advice, Recommendation | Abstention)
        return advice

    def proposed(
        self, *uses: QualifierUse, fields: dict[str, Any] | None = None, **given: Any
    ) -> Recommendation:
        advice = self(*uses, fields=fields, **given)
        assert isinstance(advice, Recommendation), advice
        return advice

    def advice(
        self, *uses: QualifierUse, fields: dict[str, Any] | None = None, **given: Any
    ) -> ProvisionedAdvice:
        found = self.proposed(*uses, fields=fields, **given).provisioned
        assert found is not None
        return found

    def why(self, *uses: QualifierUse, fields: dict[str, Any] | None = None, **given: Any) -> str:
        advice = self(*uses, fields=fields, **given)
        assert isinstance(advice, Abstention), advice
        return advice.reason


remove = Asked(advise_remove, REMOVE)
reduce = Asked(advise_reduce, REDUCE)
schedule = Asked(advise_schedule, SCHEDULE)
ALL = {"remove": remove, "reduce": reduce, "schedule": schedule}


def of_office(high: int, low: int) -> WeeklySchedule:
    changes = [
        a_change(day, at, level)
        for day in range(5)
        for at, level in (("07:50", high), ("18:00", low))
    ]
    return a_schedule(*changes, timezone="UTC")


def price_in(text: str) -> float:
    return float(text.partition("costs $")[2].partition(",")[0])


FREE = {"min_saving_usd": 0.0}
