"""Does `trimtab pc explain` read a function now and explain what the shipped policies propose?"""

import math
from datetime import datetime, timedelta

import pytest

from tests.architecture.source_tree import ROOT
from tests.cli.conftest import Call, Said
from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.pipeline.house import House
from trimtab import wiring
from trimtab.wiring import Lookout

PERIOD = timedelta(minutes=5)
PERIODS = 28 * 24 * 12
ALIAS = {"FunctionName": "orders", "Resource": "orders:live"}


def busy(at: datetime) -> float:
    """Return how many environments an office keeps busy: twelve at noon, one at night."""
    hour = at.hour + at.minute / 60
    if at.weekday() > 4 or not 6 <= hour < 18:
        return 0.2
    return 1 + 11 * math.sin(math.pi * (hour - 6) / 12)


def office(provisioned: int) -> House:
    house = House()
    house.plant()
    aws = house.functions
    aws.change("orders", CodeSha256="code-1")
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    aws.provision("orders", "live", provisioned)
    end = house.clock.now().replace(minute=0, second=0, microsecond=0)
    times = [end - PERIOD * n for n in range(1, PERIODS + 1)]
    metrics = house.cloud[TARGET].metrics
    each = {at: busy(at) * 300_000.0 for at in times}
    calls = {at: busy(at) * 1_000 for at in times}
    metrics.put("Duration", "Sum", each, **ALIAS)
    metrics.put("Invocations", "Sum", calls, **ALIAS)
    metrics.put("ProvisionedConcurrencyInvocations", "Sum", calls, **ALIAS)
    metrics.put("ProvisionedConcurrencyInvocations", "Sum", calls, FunctionName="orders")
    peaks = {at: float(math.ceil(busy(at))) for at in times}
    none = dict.fromkeys(times, 0.0)
    metrics.put("ProvisionedConcurrencySpilloverInvocations", "Sum", none, **ALIAS)
    shares = {at: peaks[at] / provisioned for at in times}
    metrics.put("ProvisionedConcurrencyUtilization", "Maximum", shares, **ALIAS)
    metrics.put("ProvisionedConcurrentExecutions", "Maximum", peaks, **ALIAS)
    return house


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, call: Call) -> Said:
    house = office(40)
    out = Lookout(
        home=lambda: ACCOUNT,
        accounts=house.accounts,
        fleet=lambda roles, external_ids: house.fleet,
        prices=house.prices,
        clock=house.clock,
    )
    monkeypatch.setattr(wiring, "lookout", lambda _: out)
    return call("pc", "explain", str(an_arn()), "--policies", str(ROOT / "policies"))


def told_by(said: Said, policy: str) -> list[str]:
    """Return the lines about one policy."""
    _, _, rest = said.out.partition(f"policy {policy}: ")
    return rest.partition("\npolicy ")[0].splitlines()


def test_a_schedule_is_told_from_what_cloudwatch_answers(said: Said) -> None:
    assert said.code == 1, said.err
    lines = told_by(said, "pc-schedule")
    assert (
        "Provisioned concurrency of alias live: under-used; too little of it is busy, and less "
        "would do." in lines
    )
    (now,) = [x for x in lines if x.startswith("now ")]
    assert now.split()[:2] == ["now", "40"]
    (proposed,) = [x for x in lines if x.startswith("proposed ")]
    assert "by schedule" in proposed
    at = lines.index("schedule, in UTC:")
    assert lines[at + 1].startswith("  Mon\N{EN DASH}Fri   05:")
    (noon,) = [x for x in lines if x.startswith("Mon needed")]
    assert "\N{FULL BLOCK}" not in noon[:30], "at night little is needed"
    assert noon[13 + 24] > noon[13 + 4]


def test_a_removal_is_told_by_its_own_policy(said: Said) -> None:
    lines = told_by(said, "pc-cheaper-on-demand")
    assert any(x.startswith("proposed: nothing provisioned, saves $") for x in lines)
    assert any(x.startswith("proposed: on demand  none") for x in lines)
    assert not any(x.strip() == "proposed" for x in lines), "no empty rows in the chart"


def test_what_finds_nothing_is_told_with_its_reason(said: Said) -> None:
    assert "policy pc-idle: compliant: concurrency.provisioned_invocations = 0: " in said.out
