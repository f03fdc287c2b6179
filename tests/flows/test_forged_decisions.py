"""Does a decision that nobody made ever reach the ledger? (S1, S3, S4)"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import a_decision
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord, RoundStatus, SignedDecision
from trimtab.domain.errors import TamperedError
from trimtab.domain.remediation import Remediation
from trimtab.flows.decide import clock_says_no, settle

Forge = Callable[[Remediation, Any], SignedDecision]


def of_another(change: Remediation, now: Any) -> SignedDecision:
    return clock_says_no(replace(change, round=2), now=now)


def too_early(change: Remediation, now: Any) -> SignedDecision:
    return clock_says_no(change, now=now)


def unsigned(change: Remediation, now: Any) -> SignedDecision:
    return a_decision(change, decided_at=now)


@pytest.mark.parametrize(
    ("forge", "said", "is_late"),
    [
        (of_another, "round 2", True),
        (too_early, "expires at", False),
        (unsigned, "forged", False),
    ],
)
def test_s01_a_decision_that_nobody_made_is_not_entered(
    forge: Forge, said: str, *, is_late: bool
) -> None:
    house = House()
    change = house.proposed()
    if is_late:
        house.clock.advance(change.expires_at - house.clock.now())
    now = house.clock.now()
    signed = forge(change, now)
    status = RoundStatus(signed.decision.word.value)
    house.desk.forge(replace(house.round(change), status=status, decision=signed))
    with pytest.raises(TamperedError, match=said):
        settle(house.round(change), house.decide_bench(), at=now)
    assert "decided" not in house.events(change)
    assert house.desk._memories[change.finding_id].get("refused") is None


def test_s03_another_decision_than_the_one_on_record_is_not_entered() -> None:
    house = House()
    change = house.proposed()
    house.answer(change, DecisionWord.REJECTED)
    house.clock.advance(change.expires_at - house.clock.now())
    now = house.clock.now()
    other = replace(house.round(change), decision=clock_says_no(change, now=now))
    with pytest.raises(TamperedError, match="decided otherwise on record"):
        settle(other, house.decide_bench(), at=now)
    assert house.events(change).count("decided") == 1
