"""What can one run say of what was found before it? (S8)"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import NOW, TARGET, a_life, an_arn
from tests.pipeline.findings import a_part
from tests.pipeline.house import House
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Assessment, Verdict
from trimtab.domain.fleet import Gap
from trimtab.domain.life import (
    FORGOTTEN_AFTER,
    FindingLife,
    TargetFindings,
)
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.flows.life import Look, age, looks, moment_of

HOUR = timedelta(hours=1)


def a_look(*, unread: str | None = None, **part: Any) -> Look:
    made = a_part(**part) if part else a_part(functions=0)
    return Look(target=TARGET, parts=(made,), unread=unread, policies=frozenset({"a", "b"}))


def aged(one: FindingLife, look: Look, *, at: datetime = NOW + HOUR) -> tuple[FindingLife, ...]:
    before = TargetFindings(target=TARGET, run_id="run-1", as_of=NOW, findings=(one,))
    return age(before, look, run_id="run-2", at=at).findings


def test_s08_a_function_that_other_policies_judged_is_not_gone() -> None:
    verdict = Verdict(policy_id="b", function=an_arn(), assessment=Assessment.COMPLIANT)
    part = replace(a_part(functions=1), verdicts=(verdict,))
    look = replace(a_look(), parts=(part,))
    (kept,) = aged(a_life(), look)
    assert kept.unseen_because == "the run did not judge it by this policy"


@pytest.mark.parametrize(("later", "remembered"), [(timedelta(), 1), (timedelta(seconds=1), 0)])
def test_a_resolved_finding_is_forgotten_after_half_a_year(
    later: timedelta, remembered: int
) -> None:
    one = a_life().resolved("compliant", at=NOW)
    assert len(aged(one, a_look(), at=NOW + FORGOTTEN_AFTER + later)) == remembered


def test_an_active_finding_is_never_forgotten() -> None:
    (kept,) = aged(a_life(), a_look(unread="gap"), at=NOW + 10 * FORGOTTEN_AFTER)
    assert kept.is_active


def test_a_target_that_was_listed_and_never_read_is_unread() -> None:
    house = House()
    house.discover()
    targets = from_wire(
        type(house.accounts.targets(house.bundle.fleet.scope)),
        house.store.get(keys.targets("run-1")),
    )
    (look,) = looks(targets, (), (), ("a",)).values()
    assert look.unread == "the run did not look at its target"
    gap = Gap(account=TARGET.account, region=TARGET.region, what="target", error="none")
    (look,) = looks(targets, (), (gap,), ("a",)).values()
    assert look.unread == "gap: target: none"
    half = a_part(functions=0, is_last=False)
    (look,) = looks(targets, (half,), (), ("a",)).values()
    assert look.unread == "the run did not look at its target"


def test_the_moment_of_a_run_is_its_last_reading_whoever_asks() -> None:
    part = a_part(functions=0)
    assert moment_of("run-1", (part,), now=NOW + HOUR).at == part.as_of
    assert moment_of("run-1", (), now=NOW).at == NOW


def test_a_key_that_is_no_target_is_named() -> None:
    with pytest.raises(InputError, match="findings/life/x"):
        keys.target_of("findings/life/x")
