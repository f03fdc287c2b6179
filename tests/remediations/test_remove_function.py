"""What is ticketed and never removed, and which write comes next? (S5, S8, S12, S15)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_finding, a_state
from tests.pipeline.findings import FREE
from tests.report.things import a_removal
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Finding
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.step import SetReserved
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.remove_function import (
    GUARD_SIGNALS,
    KIND,
    removal_plan,
    why_not_as_quarantined,
)

UNUSED = FREE | {
    "concurrency.owner": "none",
    "concurrency.reserved": None,
    "trigger.has_url": False,
}
FIELDS = {
    "notice": timedelta(days=14),
    "quarantine": timedelta(hours=72),
    "last_call": timedelta(hours=48),
}


def found(**given: Any) -> Finding:
    values = UNUSED | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test") for n, v in values.items()
    }
    return a_finding(signals=signals)


def test_nothing_stands_in_the_way_of_what_is_unused() -> None:
    assert KIND.spec.kind is ChangeKind.REMOVE_FUNCTION
    assert KIND.obstacle(found()) is None
    assert KIND.undo(found()) == {"functions": 1}
    assert all(KIND.risks(found()))
    assert KIND.probes(None, a_state()) == ()  # type: ignore[arg-type]
    assert KIND.reverted(None, a_state()) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GUARD_SIGNALS)
def test_s08_a_guard_that_is_not_known_is_an_obstacle(name: str) -> None:
    said = KIND.obstacle(found(**{name.replace(".", "__"): Unknown(reason="denied")}))
    assert said == f"{name} is not known: denied"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"owner__tool": "Terraform"}, "owned by Terraform: take it out of the code there"),
        ({"concurrency__owner": "stack web"}, "its alias is owned by stack web"),
        ({"trigger__has_url": True}, "it has a function URL"),
        ({"concurrency__reserved": 0}, "somebody has turned it off already"),
    ],
)
def test_s12_what_is_somebodys_or_would_not_come_back_is_ticketed(
    given: dict[str, Any], said: str
) -> None:
    assert (KIND.obstacle(found(**given)) or "").startswith(said)


@pytest.mark.parametrize(("reserved", "kept"), [(None, None), (7.0, 7)])
def test_the_plan_keeps_what_was_reserved(reserved: float | None, kept: int | None) -> None:
    plan = removal_plan(found(concurrency__reserved=reserved), FIELDS)
    assert plan == RemovalPlan(**FIELDS, reserved=kept)


def test_what_is_not_known_is_never_planned() -> None:
    with pytest.raises(ValueError, match="without its pauses"):
        removal_plan(found(concurrency__reserved=Unknown(reason="denied")), FIELDS)
    with pytest.raises(ValueError, match="without its pauses"):
        removal_plan(found(), {})


def test_a_function_that_is_not_settled_is_not_as_it_was_quarantined() -> None:
    pending = replace(a_state(), state="Pending")
    assert why_not_as_quarantined(None, pending) == "it is Pending, its last update Successful"  # type: ignore[arg-type]


def test_letting_go_removes_the_limit_before_it_sets_the_old_value() -> None:
    plan = RemovalPlan(**FIELDS, reserved=7)
    change = a_removal(removal=plan)
    off = replace(a_state(), reserved_concurrency=0)
    free = replace(a_state(), reserved_concurrency=None)
    back = replace(a_state(), reserved_concurrency=7)
    steps = [KIND.next_undo_step(change, state, None) for state in (off, free, back)]
    assert steps == [SetReserved(reserved=None), SetReserved(reserved=7), None]
    assert KIND.next_step(change, free, None) == SetReserved(reserved=0)
    assert KIND.next_step(change, off, None) is None
    assert KIND.foreign_change(change, back, None) is None
