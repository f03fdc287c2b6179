"""What do the tests of provisioned concurrency share? An alias that is called by the hours of the
day, what is provisioned for it, and the three policies.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.builders import APPROVER, TARGET
from tests.fakes.clock import NOW
from tests.pipeline.house import FILES, House
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.pipeline.record import propose
from trimtab.pipeline.signals.provisioned_use import BUSY, PEAK, PERIOD_S, RAN, SPILLED
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

ALIAS = "live"
NAME = "orders"
STEP = timedelta(seconds=PERIOD_S)
WEEKS = timedelta(weeks=4)
CALL_MS = 1000.0
"""How long a call takes: so many busy environments are so many calls a second."""

WHEN: Mapping[str, str] = {
    "schedule_provisioned_concurrency": "",
    "reduce_provisioned_concurrency": "",
    "remove_provisioned_concurrency": "",
}

Load = Callable[[datetime], float]
"""A moment → environments busy on average."""


def a_policy(kind: str, fields: str = "{}") -> Bundle:
    """Load one policy that asks for this kind of change whenever a function has an alias."""
    text = f"""
id: pc
title: It could be provisioned otherwise
why: It is paid for.
severity: low
mode: approve
when:
  alias.count: ">= 1"
lookback: 14d
change:
  {kind}: {fields}
approval:
  approvers: [owner]
  expires: 72h
verify:
  settle: 10m
  watch: 7d
  samples: 200
"""
    files = {n: t for n, t in FILES.items() if "/" not in n}
    return load_bundle(files | {"cost/pc.yaml": text}, kinds=change_specs())


def office_hours(at: datetime) -> float:
    """Twelve busy from eight to six on working days, one at night and at the weekend."""
    is_work = at.weekday() < 5 and 8 <= at.hour < 18
    return 12.0 if is_work else 1.0


def silence(at: datetime) -> float:
    return 0.0


def load(
    house: House,
    of: Load,
    *,
    since: datetime,
    until: datetime,
    name: str = NAME,
    alias: str = ALIAS,
    level: float | None = None,
) -> None:
    """Store what CloudWatch has of a load; `level`: what was provisioned, None: all of it ran so.

    A period without work has no figure at all.
    """
    series: dict[tuple[str, str], dict[datetime, float]] = {
        s: {} for s in (BUSY, PEAK, RAN, SPILLED, ("Invocations", "Sum"))
    }
    moment = since
    while moment < until:
        busy = of(moment)
        if busy > 0:
            ran = busy if level is None else min(busy, level)
            calls = busy * PERIOD_S * 1000.0 / CALL_MS
            series[BUSY][moment] = busy * PERIOD_S * 1000.0
            series[PEAK][moment] = ran
            series[RAN][moment] = calls * ran / busy
            series[SPILLED][moment] = calls * (busy - ran) / busy
            series["Invocations", "Sum"][moment] = calls
        moment += STEP
    for (metric, statistic), values in series.items():
        house.cloud[TARGET].metrics.put(
            metric, statistic, values, FunctionName=name, Resource=f"{name}:{alias}"
        )


class AliasHouse(House):
    """A house that knows what it was made from: the same one proposes the same change."""

    made_from: tuple[Any, ...] = ()


_PROPOSED: dict[tuple[Any, ...], Remediation] = {}


def an_alias_house(
    kind: str = "schedule_provisioned_concurrency",
    fields: str = "{min_saving_usd: 1}",
    *,
    of: Load = office_hours,
    level: int = 12,
    memory_mb: int = 1024,
) -> House:
    """Plant a function whose alias live serves version 1, with four weeks of load."""
    house = AliasHouse(a_policy(kind, fields))
    house.made_from = (kind, fields, of, level, memory_mb)
    house.plant(NAME, memory_mb=memory_mb, peak_mb=None)
    house.functions.publish(NAME)
    house.functions.alias(NAME, ALIAS, "1")
    if level:
        house.functions.provision(NAME, ALIAS, level)
    now = house.clock.now()
    load(house, of, since=now - WEEKS, until=now, level=float(level) if level else None)
    return house


def proposed(house: House, run_id: str = "run-1") -> Remediation:
    """Let a run propose the change. Four weeks are weighed once for each kind of house: houses that
    were made alike, and not touched since, are handed the very same change.
    """
    made_from = getattr(house, "made_from", ())
    is_fresh = house.clock.now() == NOW and run_id == "run-1"
    if is_fresh and made_from in _PROPOSED:
        house.people.ids([APPROVER])
        opened, refused = propose(
            (_PROPOSED[made_from],), house.desk, house.ledger, at=house.clock.now()
        )
        assert not refused, refused
        return opened[0]
    _, found = house.run(run_id)
    assert found, house.reasons(run_id)
    if is_fresh and made_from:
        _PROPOSED[made_from] = found[0]
    return found[0]


def approved(house: House) -> Remediation:
    change = proposed(house)
    house.answer(change)
    return change


def applied(house: House) -> Remediation:
    change = approved(house)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.WRITTEN, outcome
    return change


def carry_on(
    house: House, change: Remediation, direction: Direction, *, calls: int = 30
) -> Outcome:
    """Call again as the state machine would, time passing, until it has ended."""

    for _ in range(calls):
        try:
            return house.carry(change, direction)
        except OutsideError:
            house.clock.advance(timedelta(minutes=1))
            house.cloud[TARGET].scaling.tick()
    raise AssertionError("it never ended")


def function_of(house: House) -> FunctionArn:
    return FunctionArn(partition="aws", region=TARGET.region, account=TARGET.account, name=NAME)


def level_of(house: House) -> int:
    found = house.functions.provisioned(NAME, ALIAS)
    return 0 if found is None else found.requested


def actions(house: House) -> dict[str, Any]:
    return house.cloud[TARGET].scaling.scheduled(function_of(house), ALIAS)


def let_pass(house: House, until: datetime) -> list[Any]:
    """Let time go on in steps, Application Auto Scaling doing what is due."""
    fired = []
    while house.clock.now() < until:
        house.clock.advance(min(STEP, until - house.clock.now()))
        fired += house.cloud[TARGET].scaling.tick()
    return fired


MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
