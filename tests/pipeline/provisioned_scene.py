"""What do the tests of a watch of provisioned concurrency share? A change, and the week after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from tests.pipeline.provisioning import ALIAS, NAME, an_alias_house, applied
from trimtab.domain.evidence import NOT_ASKED
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Baseline, Figures, Health, Verification
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.provisioned_watch import weigh_cost, weigh_spillover
from trimtab.pipeline.savings import MEASURED, Bench

ON_ALIAS = {"FunctionName": NAME, "Resource": f"{NAME}:{ALIAS}"}
WEEK = timedelta(days=7)
UNKNOWN = Figures(
    invocations=NOT_ASKED,
    errors=NOT_ASKED,
    throttles=NOT_ASKED,
    duration_p95_ms=NOT_ASKED,
    out_of_memory=NOT_ASKED,
)


@dataclass
class Scene:
    """A change that was applied, and the watch of the week after."""

    house: House
    change: Remediation
    began: datetime

    @property
    def baseline(self) -> Baseline:
        return Baseline(figures=UNKNOWN, watch_from=self.began, watch_until=self.began + WEEK)

    def called(self, ran: float, spilled: float, *, invocations: float | None = None) -> None:
        """Let the alias be called so often in each five minutes from now on."""
        moments = [self.began + timedelta(minutes=5) * n for n in range(2016)]
        values: Mapping[str, float] = {
            "ProvisionedConcurrencyInvocations": ran,
            "ProvisionedConcurrencySpilloverInvocations": spilled,
            "Invocations": ran + spilled if invocations is None else invocations,
            "Duration": (ran + spilled) * 1000.0,
        }
        for metric, value in values.items():
            self.house.cloud[TARGET].metrics.put(
                metric, "Sum", dict.fromkeys(moments, value), **ON_ALIAS
            )

    def spoil(self, *metrics: str) -> None:
        for metric in metrics:
            self.house.cloud[TARGET].metrics.spoil(metric, "PartialData", **ON_ALIAS)

    def weighed(
        self, health: Health = Health.HEALTHY, *, after: timedelta = WEEK, **given: Any
    ) -> Verification:
        now = self.began + after
        self.house.clock.advance(now - self.house.clock.now())
        as_it_was = Verification(health=health, comparisons=(), at=now)
        source = self.house.fleet.open(TARGET)
        change = replace(self.change, **given)
        return weigh_spillover(change, self.baseline, source, as_it_was, now=now)

    def bench(self) -> Bench:
        return Bench(
            source=self.house.fleet.open(TARGET),
            ledger=self.house.ledger,
            memories=self.house.memories,
            clock=self.house.clock,
        )

    def cost(
        self, change: Remediation | None = None, *, health: Health = Health.HEALTHY
    ) -> Verification:
        now = self.began + WEEK
        if self.house.clock.now() < now:
            self.house.clock.advance(now - self.house.clock.now())
        as_it_was = Verification(health=health, comparisons=(), at=now)
        return weigh_cost(change or self.change, self.baseline, as_it_was, self.bench())

    def measured(self) -> Any:
        known = read_round(self.house.ledger, self.change.change_id, self.change.round)
        return known.last(MEASURED)


def scene(kind: str = "schedule", fields: str = "{min_saving_usd: 1}", **given: Any) -> Scene:
    house = an_alias_house(f"{kind}_provisioned_concurrency", fields, **given)
    change = applied(house)
    began = datetime(2026, 11, 2, 10, 15, tzinfo=UTC)
    return Scene(house, change, began)


def removed(bound: str = "0%") -> Scene:
    fields = f"{{max_spillover: {bound}, min_saving_usd: 0}}"
    return scene("remove", fields, of=lambda at: 0.0)
