"""Does nothing pass the gate but a signed, timely approval of exactly this change?"""

import copy
import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, APPROVER, APPROVER_ID, a_remediation
from tests.fakes.clock import NOW
from tests.fakes.people import FakeSigner, FakeVerifier
from tests.pipeline.house import a_bundle, a_window, with_fleet, with_limits
from trimtab.domain.approval import Decision, DecisionWord, SignedDecision
from trimtab.domain.finding import Exemption
from trimtab.domain.fleet import Scope
from trimtab.domain.freeze import Freeze, Level
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction, Mode
from trimtab.pipeline.approve import (
    ApprovedRemediation,
    Refusal,
    approve,
    why_not_by_its_tags,
)
from trimtab.policy.model import Bundle, PolicyScope, Selection

BUNDLE = a_bundle()
DIGEST = BUNDLE.policies[0].digest
TOKEN_HASH = "f" * 64
LINKS = {TOKEN_HASH: APPROVER_ID}
ADDRESSES = {APPROVER_ID: APPROVER}
OPEN = Freeze()


def a_change(**given: Any) -> Remediation:
    return a_remediation(policy_digest=DIGEST, **given)


def signed(change: Remediation, signer: FakeSigner | None = None, **given: Any) -> SignedDecision:
    usual: dict[str, Any] = {
        "change_id": change.change_id,
        "round": change.round,
        "word": DecisionWord.APPROVED,
        "approver": APPROVER_ID,
        "auth": "link",
        "reason": None,
        "decided_at": NOW,
        "token_hash": TOKEN_HASH,
    }
    decision = Decision(**usual | given)
    signature, key_id = (signer or FakeSigner()).sign(decision.message())
    return SignedDecision(decision=decision, signature=signature, key_id=key_id)


def ask(
    change: Remediation,
    decision: SignedDecision | None,
    *,
    direction: Direction = Direction.FORWARD,
    bundle: Bundle = BUNDLE,
    now: Any = NOW,
    links: Mapping[str, str] = LINKS,
    addresses: Mapping[str, str] = ADDRESSES,
    freeze: Freeze = OPEN,
) -> ApprovedRemediation | Refusal:
    return approve(
        change,
        decision,
        links=links,
        addresses=addresses,
        direction=direction,
        verifier=FakeVerifier(),
        bundle=bundle,
        freeze=freeze,
        now=now,
    )


def refusal(change: Remediation, decision: SignedDecision | None, **given: Any) -> str:
    answer = ask(change, decision, **given)
    assert isinstance(answer, Refusal)
    return answer.reason


@pytest.mark.parametrize("direction", Direction)
def test_an_approved_change_passes(direction: Direction) -> None:
    change = a_change()
    decision = signed(change)
    answer = ask(change, decision, direction=direction)
    assert isinstance(answer, ApprovedRemediation)
    assert (answer.remediation, answer.decision, answer.direction) == (change, decision, direction)


def test_s01_only_approve_builds_an_approved_remediation() -> None:
    change = a_change()
    for seal in (None, object(), True):
        with pytest.raises(TypeError, match="only approve"):
            ApprovedRemediation(
                remediation=change, decision=signed(change), direction=Direction.FORWARD, seal=seal
            )


def test_s01_an_approval_cannot_be_carried_over_to_another_change() -> None:
    change = a_change()
    answer = ask(change, signed(change))
    assert isinstance(answer, ApprovedRemediation)
    with pytest.raises((TypeError, ValueError)):
        replace(answer, remediation=a_change(after={"memory_mb": 128}))
    assert not hasattr(answer, "seal")
    assert copy.copy(answer) == answer


def test_s01_no_module_but_approve_holds_the_seal() -> None:
    change = a_change()
    answer = ask(change, signed(change))
    assert b"seal" not in pickle.dumps(answer)


DECISIONS: list[tuple[str, dict[str, Any], str]] = [
    ("another change", {"change_id": "another"}, "the decision is about another, round 1"),
    ("another round", {"round": 2}, "round 2"),
    ("rejected", {"word": DecisionWord.REJECTED}, "it was rejected"),
    ("expired", {"word": DecisionWord.EXPIRED}, "it was expired"),
    ("not asked", {"approver": "mallory@example.com"}, "mallory@example.com was not asked"),
    ("the clock", {"approver": "clock", "auth": "clock"}, "clock was not asked"),
    ("at expiry", {"decided_at": NOW + timedelta(days=7)}, "decided after it had expired"),
    ("after expiry", {"decided_at": NOW + timedelta(days=8)}, "decided after it had expired"),
]


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    ("given", "says"), [row[1:] for row in DECISIONS], ids=[row[0] for row in DECISIONS]
)
def test_s01_a_decision_that_is_not_an_approval_of_this_round_is_refused(
    given: dict[str, Any], says: str, direction: Direction
) -> None:
    change = a_change()
    assert says in refusal(change, signed(change, **given), direction=direction)


def test_s04_no_decision_is_no() -> None:
    for direction in Direction:
        assert refusal(a_change(), None, direction=direction) == "no decision is in the ledger"


@pytest.mark.parametrize("word", [DecisionWord.EXPIRED, DecisionWord.REJECTED])
def test_s04_only_a_yes_is_a_yes_however_well_signed(word: DecisionWord) -> None:
    change = a_change()
    for direction in Direction:
        said = refusal(change, signed(change, word=word), direction=direction)
        assert said == f"it was {word.value}"


@pytest.mark.parametrize("late_s", [0, 1])
def test_s04_a_yes_from_the_expiry_on_is_no(late_s: int) -> None:
    change = a_change()
    late = signed(change, decided_at=change.expires_at + timedelta(seconds=late_s))
    for direction in Direction:
        said = refusal(change, late, direction=direction)
        assert said == "it was decided after it had expired at 2026-11-09T10:00:00+00:00"


def test_s04_the_last_moment_before_expiry_still_counts() -> None:
    change = a_change()
    moment = change.expires_at - timedelta(microseconds=1)
    assert isinstance(ask(change, signed(change, decided_at=moment)), ApprovedRemediation)


@pytest.mark.parametrize(
    "altered",
    [
        {"after": {"memory_mb": 128}},
        {"undo": {"memory_mb": 128}},
        {"function": a_remediation("other").function},
        {"policy_digest": "another"},
    ],
)
def test_s01_a_stored_change_that_was_altered_is_refused(altered: dict[str, Any]) -> None:
    change = a_change()
    for direction in Direction:
        said = refusal(replace(change, **altered), signed(change), direction=direction)
        assert said == "the stored change is not what its id names: it was altered"


@pytest.mark.parametrize("direction", Direction)
def test_s01_a_signature_that_does_not_hold_is_refused(direction: Direction) -> None:
    change = a_change()
    good = signed(change)
    for bad in (
        replace(good, signature=""),
        replace(good, signature="AAAA"),
        replace(good, key_id="another-key"),
        replace(good, decision=replace(good.decision, reason="added later")),
        signed(change, FakeSigner("another-key")),
    ):
        said = refusal(change, bad, direction=direction)
        assert said == "the signature of the decision does not hold"


@pytest.mark.parametrize(
    ("seconds", "passes"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_s05_a_forward_change_must_be_applied_by_its_date(seconds: int, passes: bool) -> None:
    change = a_change()
    now = change.apply_by + timedelta(seconds=seconds)
    assert isinstance(ask(change, signed(change), now=now), ApprovedRemediation) is passes


def test_s05_a_closed_window_is_refused_with_its_next_opening() -> None:
    change = a_change(window=a_window())
    decision = signed(change)
    assert isinstance(ask(change, decision, now=NOW), ApprovedRemediation)
    said = refusal(change, decision, now=NOW + timedelta(hours=6))
    assert said == "its change window is closed until 2026-11-03T09:00:00+00:00"


@pytest.mark.parametrize(
    ("bundle", "says"),
    [
        (replace(BUNDLE, policies=()), "was changed or removed since"),
        (a_bundle(digest="another"), "was changed or removed since"),
        (a_bundle(mode=Mode.TICKET), "the mode is now ticket"),
        (a_bundle(mode=Mode.OBSERVE), "the mode is now observe"),
        (with_fleet(BUNDLE, default_mode=Mode.OBSERVE), "fleet.yaml allows observe"),
        (with_fleet(BUNDLE, scope=Scope(regions=("us-east-1",))), "no longer has"),
        (
            with_fleet(BUNDLE, scope=Scope(regions=("eu-west-1",), exclude_accounts=(ACCOUNT,))),
            "no longer has",
        ),
    ],
    ids=["removed", "changed", "ticket", "observe", "ceiling", "region", "account"],
)
def test_s05_a_policy_that_no_longer_goes_that_far_is_refused(bundle: Bundle, says: str) -> None:
    change = a_change()
    assert says in refusal(change, signed(change), bundle=bundle)


def test_s20_an_undo_is_stopped_by_no_date_window_policy_or_mode() -> None:
    change = a_change(window=a_window())
    night = change.apply_by + timedelta(hours=13)
    for bundle in (BUNDLE, replace(BUNDLE, policies=()), a_bundle(mode=Mode.OBSERVE)):
        answer = ask(change, signed(change), direction=Direction.UNDO, bundle=bundle, now=night)
        assert isinstance(answer, ApprovedRemediation)
        assert isinstance(ask(change, signed(change), bundle=bundle, now=night), Refusal)


def an_exemption(**given: Any) -> Exemption:
    usual: dict[str, Any] = {
        "policy_id": "memory-oversized",
        "functions": (str(a_change().function),),
        "why": "year end",
        "who": "pay@example.com",
        "ends_at": NOW + timedelta(seconds=1),
    }
    return Exemption(**usual | given)


@pytest.mark.parametrize(
    ("exemption", "covers"),
    [
        (an_exemption(), True),
        (an_exemption(functions=("arn:aws:lambda:*:function:ord*",)), True),
        (an_exemption(ends_at=NOW), False),
        (an_exemption(ends_at=NOW - timedelta(seconds=1)), False),
        (an_exemption(policy_id="another"), False),
        (an_exemption(functions=(str(a_remediation("other").function),)), False),
    ],
    ids=["exact", "pattern", "ends now", "ended a second ago", "other policy", "other function"],
)
def test_s10_an_exemption_covers_its_policy_its_functions_and_its_time(
    exemption: Exemption, covers: bool
) -> None:
    bundle = replace(BUNDLE, exemptions=(exemption,))
    reason = why_not_by_its_tags(a_change(), bundle, tags={}, now=NOW)
    assert reason == ("it is exempt by now: year end" if covers else None)


def test_s10_a_tag_set_since_the_approval_exempts() -> None:
    tags = {"trimtab:exempt": "memory-oversized:2026-11-02"}
    assert why_not_by_its_tags(a_change(), BUNDLE, tags=tags, now=NOW) is not None
    assert why_not_by_its_tags(a_change(), BUNDLE, tags=tags, now=NOW + timedelta(days=1)) is None


def test_s05_a_function_that_left_the_scope_of_its_policy_is_refused() -> None:
    outside = a_bundle(scope=PolicyScope(accounts=Selection(exclude=(ACCOUNT,))))
    assert "out of the scope" in str(why_not_by_its_tags(a_change(), outside, tags={}, now=NOW))
    assert why_not_by_its_tags(a_change(), replace(BUNDLE, policies=()), tags={}, now=NOW) == (
        "policy memory-oversized was removed since"
    )


def test_s20_a_freeze_stops_forward_and_lets_an_undo_through() -> None:
    change = a_change()
    decision = signed(change)
    for level in (Level.FORWARD, Level.HARD, Level.UNREADABLE):
        freeze = Freeze(level=level, by="ana", why="a sale")
        reason = refusal(change, decision, freeze=freeze)
        assert "a sale" in reason
        undo = ask(change, decision, direction=Direction.UNDO, freeze=freeze)
        assert isinstance(undo, ApprovedRemediation)


@pytest.mark.parametrize("links", [{}, {TOKEN_HASH: "eve@example.com"}, {"0" * 64: APPROVER_ID}])
def test_s01_a_yes_through_a_link_that_was_not_sent_does_not_count(links: dict[str, str]) -> None:
    change = a_change()
    assert "no link on record" in refusal(change, signed(change), links=links)


@pytest.mark.parametrize("limit", ["unverified", "unverified_per_account", "per_day"])
def test_s27_a_limit_of_zero_over_many_runs_is_zero_at_apply(limit: str) -> None:
    change = a_change()
    bundle = with_limits(BUNDLE, **{limit: 0})
    assert refusal(change, signed(change), bundle=bundle) == "the limits are zero by now"
