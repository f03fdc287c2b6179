"""Does a yes count only with the proof that its round asks for? (S1, S28)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import NOW
from tests.fakes.people import FakeVerifier
from tests.flows.signing_in import asking_bundle
from tests.pipeline.house import House
from tests.pipeline.test_approve import BUNDLE, LINKS, a_change, ask, signed
from trimtab.domain.approval import Decision, DecisionWord, SignedDecision
from trimtab.domain.errors import TamperedError
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import HOLDS_FOR, SignedIn
from trimtab.domain.terms import Direction, Identity
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.approve import ApprovedRemediation, Refusal
from trimtab.pipeline.genuine import why_not_genuine

ASKING = asking_bundle()
PROOF = SignedIn(issuer="https://login.test", subject="subject", at=NOW)
PROVEN: dict[str, Any] = {"auth": "sign_in", "signed_in": PROOF}


def asking(**given: Any) -> Remediation:
    """Return a change whose round asks for a sign-in."""
    change = a_change(**given)
    return replace(change, approval=replace(change.approval, identity=Identity.SIGN_IN))


def test_s01_a_yes_with_the_sign_in_that_is_asked_for_counts() -> None:
    change = asking()
    for direction in Direction:
        found = ask(change, signed(change, **PROVEN), bundle=ASKING, direction=direction)
        assert isinstance(found, ApprovedRemediation)


@pytest.mark.parametrize("direction", Direction)
def test_s01_a_yes_by_link_does_not_count_where_a_sign_in_is_asked_for(
    direction: Direction,
) -> None:
    change = asking()
    found = ask(change, signed(change), bundle=ASKING, direction=direction)
    assert found == Refusal(reason="it asks for a sign-in, and auth is link")


WRONG: dict[str, dict[str, Any]] = {
    "sign_in without a proof": {"auth": "sign_in"},
    "a proof under link": {"auth": "link", "signed_in": PROOF},
    "a proof under the clock": {"auth": "clock", "signed_in": PROOF},
    "another word": {"auth": "Sign_in"},
    "a session that was over": {
        "auth": "sign_in",
        "signed_in": replace(PROOF, at=NOW - HOLDS_FOR),
    },
    "a session of later": {
        "auth": "sign_in",
        "signed_in": replace(PROOF, at=NOW + timedelta(seconds=1)),
    },
}


@pytest.mark.parametrize("given", WRONG.values(), ids=list(WRONG))
def test_s01_a_yes_whose_proof_does_not_fit_does_not_count(given: dict[str, Any]) -> None:
    change = asking()
    assert isinstance(ask(change, signed(change, **given), bundle=ASKING), Refusal)


def test_s01_a_sign_in_that_was_added_after_signing_breaks_the_signature() -> None:
    change = asking()
    by_link = signed(change)
    forged = replace(by_link, decision=replace(by_link.decision, **PROVEN))
    assert ask(change, forged, bundle=ASKING) == Refusal(
        reason="the signature of the decision does not hold"
    )


def test_a_no_needs_the_link_alone() -> None:
    change = asking()
    no = signed(change, word=DecisionWord.REJECTED, reason="no")
    assert why_not_genuine(change, no, LINKS, FakeVerifier()) is None


def test_a_yes_with_a_sign_in_counts_where_the_link_is_enough() -> None:
    change = a_change()
    assert isinstance(ask(change, signed(change, **PROVEN)), ApprovedRemediation)


def test_s29_a_round_of_before_the_guardrails_asked_for_more_is_refused_forward_only() -> None:
    change = a_change()
    found = ask(change, signed(change), bundle=ASKING)
    assert found == Refusal(
        reason="guardrails.yaml asks for a sign-in by now, and it was asked for with link"
    )
    undo = ask(change, signed(change), bundle=ASKING, direction=Direction.UNDO)
    assert isinstance(undo, ApprovedRemediation)


def test_guardrails_that_ask_for_less_by_now_do_not_lower_a_round() -> None:
    change = asking()
    assert isinstance(ask(change, signed(change), bundle=BUNDLE), Refusal)
    assert isinstance(ask(change, signed(change, **PROVEN), bundle=BUNDLE), ApprovedRemediation)


def test_s20_without_a_provider_by_now_nothing_goes_forward_and_the_way_back_is_open() -> None:
    change, nobody = asking(), asking_bundle(can_sign_in=False)
    found = ask(change, signed(change, **PROVEN), bundle=nobody)
    why = "no sign-in is configured, and set_memory asks for one"
    assert found == Refusal(reason=f"the mode is now ticket: {why}")
    undo = ask(change, signed(change, **PROVEN), bundle=nobody, direction=Direction.UNDO)
    assert isinstance(undo, ApprovedRemediation)


def test_s01_a_yes_by_link_is_not_even_entered() -> None:
    house = House(ASKING)
    change = house.proposed()
    with pytest.raises(TamperedError, match="asks for a sign-in"):
        house.answer(change)
    assert "decided" not in house.events(change)


def test_s01_the_state_table_cannot_lower_what_a_round_asks_for() -> None:
    house = House(ASKING)
    change = house.proposed()
    lowered = replace(change, approval=replace(change.approval, identity=Identity.LINK))
    house.desk.forge(replace(house.round(change), remediation=lowered))
    with pytest.raises(TamperedError, match="asks for a sign-in"):
        house.answer(change)


def test_what_asks_for_no_sign_in_is_stored_read_and_signed_as_before_there_were_any() -> None:
    change = a_change()
    yes = signed(change)
    stored, decided = to_wire(change), to_wire(yes)
    assert "identity" not in stored["approval"]
    assert "signed_in" not in decided["decision"]
    assert "identity" not in to_wire(BUNDLE.policies[0].approval), "digests of policies stay"
    assert from_wire(Remediation, stored) == change
    assert from_wire(SignedDecision, decided) == yes
    assert yes.decision.message() == _message_of_before(yes.decision)


def test_what_asks_for_a_sign_in_survives_the_wire() -> None:
    change = asking()
    yes = signed(change, **PROVEN)
    assert to_wire(change)["approval"]["identity"] == "sign_in"
    assert from_wire(Remediation, to_wire(change)) == change
    assert from_wire(SignedDecision, to_wire(yes)) == yes


def _message_of_before(decision: Decision) -> bytes:
    """Say again what was signed before."""
    return (
        f'{{"approver":"{decision.approver}","auth":"link","change_id":"{decision.change_id}",'
        f'"decided_at":"{decision.decided_at.isoformat()}","is":"Decision","reason":null,'
        f'"round":1,"token_hash":"{decision.token_hash}","word":"approved"}}'
    ).encode()
