"""Are costs at the prices of today, and does each function get its score?"""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import HERE, Call, Scan
from tests.fakes.builders import REGION, TARGET
from tests.pipeline.house import House
from trimtab.domain.errors import AccessDeniedError
from trimtab.ports import Offer

DEAR = """id: dear
title: t
why: w
severity: low
mode: observe
lookback: 14d
when:
  cost.requests_usd_month: ">= $0.5"
"""


def test_costs_are_at_the_price_list_and_without_it_at_the_shipped_prices(
    scan: Scan, policies: Path
) -> None:
    (policies / "cost" / "dear.yaml").write_text(DEAR)
    house = House()
    house.plant(invocations=100_000)
    assert scan(house, *HERE).code == 1
    house.prices.listed = (Offer(usage_type="EU-Request", region=REGION, usd=0.00000003),)
    assert scan(house, *HERE).code == 0
    house.prices.error = AccessDeniedError("denied")
    said = scan(house, *HERE)
    assert (said.code, said.out.startswith("0 gaps\n")) == (1, True)
    assert "prices: the price list was not read: denied\n" in said.err


def test_explain_names_the_prices_that_a_cost_is_at(scan: Scan, call: Call, policies: Path) -> None:
    (policies / "cost" / "dear.yaml").write_text(DEAR)
    house = House()
    arn = str(house.plant(invocations=100_000))
    scan(house, *HERE)
    told = call("explain", arn, "dear", "--policies", str(policies))
    assert "shipped prices of 2026-11-21" in told.out


CHECKLIST = """id: production
title: Ready
points:
  - title: Used
    policies: [unused]
  - title: Piped
    not_checked: nobody looks
"""


@pytest.fixture
def listed(policies: Path) -> Path:
    """The bundle with a checklist over its policy."""
    (policies / "checklists").mkdir()
    (policies / "checklists" / "production.yaml").write_text(CHECKLIST)
    return policies


def test_a_checklist_scores_each_function_and_says_what_is_not_checked(
    scan: Scan, listed: Path
) -> None:
    assert listed.is_dir()
    house = House()
    idle, busy = house.plant("idle", invocations=0), house.plant("busy", invocations=5)
    said = scan(house, *HERE).out
    assert "checklist production, Ready: 1 of 2 judged points met" in said
    assert "not checked: Piped: nobody looks" in said
    (shown,) = json.loads(scan(house, *HERE, "--output", "json").out)["checklists"]
    assert (shown["id"], shown["title"]) == ("production", "Ready")
    assert shown["not_checked"] == {"Piped": "nobody looks"}
    nothing = {"unknown": [], "not_applicable": []}
    assert shown["functions"] == [
        {"function": str(busy), "met": 1, "judged": 1, "missing": []} | nothing,
        {"function": str(idle), "met": 0, "judged": 1, "missing": ["Used"]} | nothing,
    ]
    assert "<h2>Ready</h2>" in scan(house, *HERE, "--output", "html").out


def test_s08_a_point_behind_a_gap_is_unknown_and_neither_met_nor_missing(
    scan: Scan, listed: Path
) -> None:
    assert listed.is_dir()
    house = House()
    house.plant("idle")
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    said = scan(house, *HERE, "--output", "json").out
    (shown,) = json.loads(said)["checklists"][0]["functions"]
    assert (shown["met"], shown["judged"], shown["unknown"]) == (0, 0, ["Used"])


@pytest.mark.parametrize(
    ("invocations", "is_denied", "code", "word"),
    [(5, False, 0, "met"), (0, False, 1, "missing"), (0, True, 2, "unknown")],
)
def test_explain_of_a_checklist_shows_every_point(
    scan: Scan,
    call: Call,
    listed: Path,
    *,
    invocations: float,
    is_denied: bool,
    code: int,
    word: str,
) -> None:
    house = House()
    arn = str(house.plant(invocations=invocations))
    if is_denied:
        house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    scan(house, *HERE)
    given = ("explain", arn, "production", "--policies", str(listed))
    told = call(*given)
    assert told.code == code
    assert "checklist production: Ready" in told.out
    assert f"{word}: Used (unused)" in told.out
    assert "not checked: Piped (nobody looks)" in told.out
    assert ("gap: GetMetricData" in told.out) is is_denied
    shown = json.loads(call(*given, "--json").out)
    assert shown["score"]["states"] == [word, "not_checked"]
    assert shown["met"] == (word == "met")
