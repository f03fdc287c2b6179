"""Do a scan, a preview and a sweep judge runtimes by the rows of the installation?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes.builders import TARGET, an_account
from tests.pipeline.house import FILES, House
from tests.pipeline.reads import watching
from trimtab.domain.finding import Assessment
from trimtab.flows.preview import preview
from trimtab.flows.sweep import Bench, Place, sweep
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs

ROWS = """\
read_on: 2026-11-01
source: https://docs.example.com/runtimes
runtimes:
  - {runtime: nodejs26.x, deprecated: 2026-11-01}
"""
PLACE = Place(target=TARGET, account=an_account(TARGET.account), is_placed=True)


def bundle() -> Bundle:
    policy = watching('  runtime.is_deprecated: "true"\n')
    renewed = load_bundle({**FILES, "runtimes.yaml": ROWS}, kinds=change_specs())
    return replace(policy, runtimes=renewed.runtimes)


def bench(house: House) -> Bench:
    return Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)


def by_scan(house: House) -> int:
    house.scan()
    verdicts = [verdict for part in house.parts() for verdict in part.verdicts]
    return sum(one.assessment is Assessment.NON_COMPLIANT for one in verdicts)


def by_preview(house: House) -> int:
    return len(preview((PLACE,), (), bench(house)).plan.items)


def by_sweep(house: House) -> int:
    (sighting,) = sweep((PLACE,), bench(house))
    return sum(line.is_finding for line in sighting.lines)


@pytest.mark.parametrize("found_by", [by_scan, by_preview, by_sweep])
def test_s08_a_runtime_that_the_release_does_not_know_is_judged_by_the_row_of_the_installation(
    found_by: Callable[[House], int],
) -> None:
    plain = replace(bundle(), runtimes=watching('  runtime.is_deprecated: "true"\n').runtimes)
    for given, findings in ((bundle(), 1), (plain, 0)):
        house = House(given)
        house.plant(Runtime="nodejs26.x")
        assert found_by(house) == findings
