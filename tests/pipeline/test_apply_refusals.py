"""What ends a change before and between its writes, and is each end on record? (S5, S6, S12)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import NOW
from tests.fakes.people import FakeVerifier
from tests.pipeline.house import House, a_bundle, with_fleet, with_limits
from tests.pipeline.test_approve import ADDRESSES, BUNDLE, LINKS, OPEN, a_change, signed
from tests.pipeline.test_verify import a_watched
from tests.pipeline.writes import MOVE, PUBLISH, an_aliased
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import (
    AccessDeniedError,
    PermanentError,
    RetryableError,
    TamperedError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.terms import Direction
from trimtab.domain.wire import to_wire
from trimtab.pipeline.approve import Refusal, approve, why_not_by_its_tags
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.verify import verify
from trimtab.policy.model import Bundle


def test_s05_a_function_that_cannot_be_opened_ends_stale_and_frees_its_lock() -> None:
    house = House()
    change = house.approved()
    house.cloud.deny(change.function.target)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "AssumeRole" in outcome.reason
    assert house.status(change) == "stale"
    assert house.desk.lock_of(str(change.function)) is None


def test_s06_an_undo_that_cannot_open_the_function_is_called_again() -> None:
    house = House()
    change = house.applied()
    house.cloud.deny(change.function.target)
    with pytest.raises(AccessDeniedError):
        house.undo(change)
    assert house.status(change) == "watching"


def test_s05_a_function_that_is_gone_ends_unwritten() -> None:
    house = House()
    change = house.approved()
    house.functions.fail_always("GetFunction", "ResourceNotFoundException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert (house.status(change), house.events(change)[-1]) == ("not_written", "not_written")


def test_s06_a_function_that_vanishes_between_two_writes_is_not_called_ended() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    house.functions.fail_always("GetFunction", "ResourceNotFoundException")
    with pytest.raises(PermanentError):
        house.carry(change)
    assert house.status(change) == "applying"


def test_s20_an_exemption_set_between_two_writes_takes_the_change_back() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    house.functions.lose_tags("orders")
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"


def test_s06_a_taking_back_that_crashed_goes_on_taking_back() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_next(MOVE, "AccessDeniedException")
    house.functions.before_next(
        MOVE, lambda: house.functions.fail_next("ListVersionsByFunction", "ServiceException")
    )
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.status(change) == "undoing"
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"


def test_s08_figures_that_are_not_known_mean_no_write() -> None:
    house = House()
    change = house.approved()
    metrics = house.cloud[change.function.target].metrics
    metrics.spoil("Errors", "PartialData", FunctionName="orders")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "not known" in outcome.reason
    assert house.writes() == 0


@pytest.mark.parametrize("to", [RoundStatus.APPLYING, RoundStatus.WATCHING])
def test_s06_a_call_that_is_overtaken_says_how_it_stands(to: RoundStatus) -> None:
    house = House()
    change = house.approved()
    usual = house.desk.advance

    def overtaken(*given: object, **named: object) -> object:
        if named["to"] is to:
            house.desk.forge(replace(house.round(change), status=RoundStatus.UNDOING))
            house.desk.advance = usual  # type: ignore[method-assign]
        return usual(*given, **named)  # type: ignore[arg-type]

    house.desk.advance = overtaken  # type: ignore[method-assign, assignment]
    assert "undoing" in house.carry(change).reason


def test_s06_an_undo_that_is_overtaken_writes_nothing_more() -> None:
    house = House()
    change = house.applied()

    def end_it() -> None:
        house.desk.forge(replace(house.round(change), status=RoundStatus.UNDONE))

    house.functions.before_next("GetFunction", end_it)
    writes = house.writes()
    assert "undone" in house.undo(change).reason
    assert house.writes() == writes


REFUSED: dict[str, tuple[Bundle, str]] = {
    "domain": (
        replace(
            BUNDLE, guardrails=replace(BUNDLE.guardrails, approver_domains=("elsewhere.test",))
        ),
        "allowed domain",
    ),
    "limits": (with_limits(a_bundle(), per_run=0), "limits are zero"),
    "units": (
        with_fleet(
            BUNDLE, scope=replace(BUNDLE.fleet.scope, organizational_units=("ou-elsewhere",))
        ),
        "no longer has",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_s05_what_the_policies_no_longer_allow_is_refused(what: str) -> None:
    change = a_change()
    bundle, says = REFUSED[what]
    refused = approve(
        change,
        signed(change),
        links=LINKS,
        addresses=ADDRESSES,
        direction=Direction.FORWARD,
        freeze=OPEN,
        verifier=FakeVerifier(),
        bundle=bundle,
        now=NOW,
    )
    assert isinstance(refused, Refusal)
    assert says in refused.reason


def test_s25_a_decision_of_before_the_plan_is_not_this_rounds() -> None:
    change = a_change()
    refused = approve(
        change,
        signed(change, decided_at=change.planned_at - timedelta(seconds=1)),
        links=LINKS,
        addresses=ADDRESSES,
        direction=Direction.UNDO,
        freeze=OPEN,
        verifier=FakeVerifier(),
        bundle=BUNDLE,
        now=NOW,
    )
    assert isinstance(refused, Refusal)
    assert "before it was planned" in refused.reason


def test_s12_an_owner_or_an_account_that_changed_since_forbids_the_write() -> None:
    change = a_change()
    owned = why_not_by_its_tags(change, BUNDLE, tags={"managed-by": "terraform"}, now=NOW)
    assert "terraform" in str(owned)
    managed = with_fleet(
        BUNDLE, unmanaged_accounts=frozenset(), unmanaged_organizational_units=frozenset()
    )
    assert "no longer declared" in str(why_not_by_its_tags(change, managed, tags={}, now=NOW))


def test_s17_a_change_that_is_not_what_its_id_names_is_tampering() -> None:
    house = House()
    change = a_change()
    chain = change_chain(change.change_id)
    forged = replace(change, after={"memory_mb": 128})
    proposal = {"round": change.round, "remediation": to_wire(forged)}
    opening = {"round": change.round, "run_id": change.run_id}
    for event, data in (("proposed", proposal), ("opened", opening)):
        house.ledger.append(chain, event=event, actor="somebody", data=data, at=NOW)
    with pytest.raises(TamperedError, match="altered"):
        read_round(house.ledger, change.change_id, change.round)


def test_s17_a_watched_round_without_its_entry_is_a_gap() -> None:
    house = House()
    change = house.approved()
    house.desk.forge(replace(house.round(change), status=RoundStatus.WATCHING))
    watch = verify(house.verify_bench())
    assert watch.watched == ()
    assert "watched but not in the ledger" in watch.gaps[0].error


def test_s13_a_verdict_that_cannot_be_entered_is_a_gap_and_comes_again() -> None:
    house = House()
    change = a_watched(house, errors=5.0)
    house.clock.advance(change.verify.settle + timedelta(hours=3))
    house.ledger.fail_next(RetryableError("on purpose"))
    assert "on purpose" in verify(house.verify_bench()).gaps[0].error
    assert house.executions.undos == []
    verify(house.verify_bench())
    assert house.executions.undos == [(change.change_id, change.round)]
