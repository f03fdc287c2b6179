"""What do the tests of writing share? The names of the calls, a function with aliases, a canary."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from trimtab.domain.errors import OutsideError
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.pipeline.canary_watch import watch_canaries
from trimtab.pipeline.figures import STATISTICS

UPDATE, PUBLISH, MOVE = "UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias"

ALIASES = ("beta", "live")
BUSY = 200_000.0
"""Invocations a day: enough for a tenth of them to prove something within an hour."""

PLAIN_WRITES, ALIASED_WRITES = 1, 3


def an_aliased(house: House, name: str = "orders", **raw: Any) -> Remediation:
    """Approve a change of a busy function whose aliases live and beta serve version 1."""
    arn = house.plant(name, invocations=BUSY, **raw)
    house.functions.publish(name)
    for alias in ALIASES:
        house.functions.alias(name, alias, "1")
    used_before(house, name)
    change = house.opened(arn)
    house.answer(change)
    return change


def used_before(house: House, name: str = "orders", *aliases: str, **each: float) -> None:
    """Let each alias have been called in the same hours of the weeks before."""
    now = house.clock.now()
    for alias in aliases or ALIASES:
        for weeks in (1, 2):
            since = now - timedelta(weeks=weeks, hours=1)
            until = since + timedelta(hours=8)
            share(
                house,
                name,
                alias=alias,
                version=None,
                since=since,
                until=until,
                **each,
            )


NAMES = {"duration_p95_ms": "p95", "duration_mean_ms": "mean"}


def share(
    house: House,
    name: str = "orders",
    *,
    alias: str,
    version: str | None,
    since: datetime,
    until: datetime,
    **each: float,
) -> None:
    """Store points of every minute that one version answered through an alias; None: all of it."""
    given = {"invocations": 10.0, "errors": 0.0, "throttles": 0.0, "p95": 400.0} | each
    given.setdefault("mean", given["p95"] / 2)
    minutes = int((until - since) / timedelta(minutes=1))
    moments = [since + timedelta(minutes=n) for n in range(minutes)]
    dimensions = {"FunctionName": name, "Resource": f"{name}:{alias}"}
    if version is not None:
        dimensions["ExecutedVersion"] = version
    for figure, (metric, statistic) in STATISTICS.items():
        value = given[NAMES.get(figure, figure)]
        points = dict.fromkeys(moments, value)
        house.cloud[TARGET].metrics.put(metric, statistic, points, **dimensions)


def tried(house: House, change: Remediation, **canary: Any) -> None:
    """Let the time of a canary go by, both versions answering; `canary`: what the new one did."""
    began = house.clock.now()
    house.clock.advance(timedelta(minutes=61))
    until = house.clock.now()
    name = change.function.name
    for alias in ALIASES:
        share(house, name, alias=alias, version="1", since=began, until=until, invocations=90.0)
        share(house, name, alias=alias, version="2", since=began, until=until, **canary)


def proven(house: House, change: Remediation) -> None:
    """Let a canary go well, and the watch see it."""
    tried(house, change)
    house.watch_canaries()


def carry_through(house: House, change: Remediation) -> Outcome:
    """Carry a change to its end; where a canary begins it goes well."""
    outcome = house.carry(change)
    if outcome.word is OutcomeWord.CANARY:
        proven(house, change)
        outcome = house.carry(change)
    return outcome


def carry_until_it_ends(house: House, change: Remediation, direction: Direction) -> Any:
    """Call again as the state machine would, whatever comes from outside."""
    for _ in range(24):
        try:
            outcome = house.carry(change, direction)
            if outcome.word is not OutcomeWord.CANARY:
                return outcome
            if "canary_healthy" not in house.events(change):
                tried(house, change)
                watch_canaries(house.verify_bench())
        except OutsideError:
            continue
    raise AssertionError("it never ended")


def entries_of(house: House, change: Remediation, event: str) -> list[Any]:
    return [e for e in house.ledger.entries(change_chain(change.change_id)) if e.event == event]


def weights(house: House, name: str = "orders") -> dict[str, Any]:
    aliases = house.functions._functions[name].aliases
    return {
        alias: raw.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        for alias, raw in sorted(aliases.items())
    }


UNSPLIT: Mapping[str, Any] = {"beta": {}, "live": {}}


def a_canary(house: House) -> Remediation:
    change = an_aliased(house)
    assert house.carry(change).word is OutcomeWord.CANARY
    return change
