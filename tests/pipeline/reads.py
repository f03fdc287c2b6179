"""What do the tests of reading share? One slice of one target, and its signals."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.fakes.builders import TARGET, an_account
from tests.fakes.clock import NOW
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import (
    FILES,
    House,
    with_policy,
)
from trimtab.domain.evidence import Evidence
from trimtab.domain.fleet import Inventory
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.pipeline.inventory import Cut, inventory
from trimtab.pipeline.signals.needs import Needs
from trimtab.policy.model import Bundle

POLICY = FILES["cost/memory-oversized.yaml"]


def watching(when: str) -> Bundle:
    """Load a bundle whose one policy only observes."""
    return with_policy(
        f"id: watch\ntitle: t\nwhy: w\nseverity: low\nmode: observe\nlookback: 14d\nwhen:\n{when}",
        name="watch",
    )


def read(
    house: House, *, is_unmanaged: bool = True, prices: Prices = SHIPPED, **given: Any
) -> Inventory:
    needs = Needs(policies=house.bundle.policies, account=an_account())
    return inventory(
        TARGET,
        house.fleet.open(TARGET),
        needs,
        clock=house.clock,
        is_unmanaged=is_unmanaged,
        cut=Cut(**given),
        prices=prices,
    )


def signals(house: House, name: str = "orders", **given: Any) -> Mapping[str, Evidence]:
    found = {s.function.name: s.signals for s in read(house, **given).snapshots}
    return found[name]


def a_report(house: House, name: str = "orders", *, lines: int = 14_000, **given: Any) -> None:
    usual: dict[str, Any] = {"at": NOW - timedelta(days=1), "memory_mb": 3008, "used_mb": 250.0}
    house.cloud[TARGET].logs.add(
        f"/aws/lambda/{name}", ReportLine(**usual | {"count": lines} | given)
    )
