"""Does every ApprovalDesk decide once, lock one change per function, and release it at the end?"""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.fakes.builders import a_decision, a_finding, a_remediation, an_arn
from tests.fakes.clock import NOW
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.ports import ApprovalDesk

pytestmark = pytest.mark.contract

OPEN = (RoundStatus.PROPOSED, RoundStatus.APPROVED, RoundStatus.APPLYING, RoundStatus.WATCHING)
FIRST = a_remediation()
OTHER_CHANGE = a_remediation(after={"memory_mb": 2048})
SECOND_ROUND = a_remediation(number=2)
ELSEWHERE = a_remediation(function=an_arn(region="us-east-1"))


def open_change(desk: ApprovalDesk) -> str | None:
    finding = a_finding()
    return desk.memory([finding])[finding.id].open_change


def test_a_proposed_round_is_read_back_as_it_was(desk: ApprovalDesk) -> None:
    assert desk.propose(FIRST)
    found = desk.round(FIRST.change_id, 1)
    assert found.remediation == FIRST
    assert found.status is RoundStatus.PROPOSED
    assert (found.decision, found.task_token, found.signalled) == (None, None, False)


def test_s6_proposing_the_same_round_again_changes_nothing(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    assert not desk.propose(FIRST)
    desk.decide(a_decision(FIRST))
    assert not desk.propose(FIRST)
    assert desk.round(FIRST.change_id, 1).status is RoundStatus.APPROVED


def test_s19_a_second_change_of_the_same_function_is_refused(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    for other in (OTHER_CHANGE, SECOND_ROUND):
        with pytest.raises(ConflictError):
            desk.propose(other)
        with pytest.raises(NotFoundError):
            desk.round(other.change_id, other.round)
    assert open_change(desk) == FIRST.execution_name


def test_s18_the_same_name_in_another_region_is_another_function(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    assert desk.propose(ELSEWHERE)


def test_a_round_that_is_not_there_is_not_found(desk: ApprovalDesk) -> None:
    with pytest.raises(NotFoundError):
        desk.round("nothing", 1)
    assert desk.last_round("nothing") is None


def test_the_last_round_is_the_one_with_the_highest_number(desk: ApprovalDesk) -> None:
    for number in (1, 2, 10):
        remediation = a_remediation(number=number)
        desk.propose(remediation)
        desk.decide(a_decision(remediation, DecisionWord.REJECTED))
    last = desk.last_round(FIRST.change_id)
    assert last is not None
    assert last.remediation.round == 10


@pytest.mark.parametrize("first", list(DecisionWord))
@pytest.mark.parametrize("second", list(DecisionWord))
def test_s3_a_round_is_decided_once(
    desk: ApprovalDesk, first: DecisionWord, second: DecisionWord
) -> None:
    desk.propose(FIRST)
    decided = desk.decide(a_decision(FIRST, first))
    assert decided.status == first.value
    with pytest.raises(ConflictError, match=first.value):
        desk.decide(a_decision(FIRST, second, approver="someone.else@example.com"))
    assert desk.round(FIRST.change_id, 1) == decided


def test_s6_the_very_same_decision_again_is_no_conflict(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    signed = a_decision(FIRST, reason="looks right", signature="c2ln", key_id="key")
    first = desk.decide(signed)
    assert desk.decide(signed) == first
    assert first.decision == signed


@pytest.mark.parametrize("word", [DecisionWord.REJECTED, DecisionWord.EXPIRED])
def test_s25_a_no_ends_the_round_and_frees_the_function(
    desk: ApprovalDesk, word: DecisionWord
) -> None:
    desk.propose(FIRST)
    desk.decide(a_decision(FIRST, word))
    assert open_change(desk) is None
    assert desk.open_rounds(OPEN) == ()
    assert desk.propose(OTHER_CHANGE)


def test_a_yes_keeps_the_function_locked(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.decide(a_decision(FIRST))
    assert open_change(desk) == FIRST.execution_name
    with pytest.raises(ConflictError):
        desk.propose(OTHER_CHANGE)


def test_a_decision_about_nothing_is_not_found(desk: ApprovalDesk) -> None:
    with pytest.raises(NotFoundError):
        desk.decide(a_decision(FIRST))


def test_a_round_moves_only_from_where_it_is_said_to_stand(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.decide(a_decision(FIRST))
    with pytest.raises(ConflictError, match="is approved, not applying"):
        desk.advance(FIRST.change_id, 1, from_=[RoundStatus.APPLYING], to=RoundStatus.WATCHING)
    moved = desk.advance(
        FIRST.change_id,
        1,
        from_=[RoundStatus.APPROVED, RoundStatus.APPLYING],
        to=RoundStatus.APPLYING,
        note="writing",
    )
    assert (moved.status, moved.note) == (RoundStatus.APPLYING, "writing")
    assert moved.decision is not None


def test_the_whole_life_of_a_change(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.decide(a_decision(FIRST))
    line = [RoundStatus.APPROVED, RoundStatus.APPLYING, RoundStatus.WATCHING, RoundStatus.VERIFIED]
    for before, after in pairwise(line):
        applied_at = NOW if after is RoundStatus.WATCHING else None
        desk.advance(FIRST.change_id, 1, from_=[before], to=after, applied_at=applied_at)
        is_listed = [r.status for r in desk.open_rounds(OPEN)] == [after]
        assert is_listed is after.is_open
    assert desk.round(FIRST.change_id, 1).applied_at == NOW
    assert open_change(desk) is None


def test_a_note_stays_until_another_is_given(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    steps = [(RoundStatus.APPROVED, "one"), (RoundStatus.APPLYING, None)]
    for to, note in steps:
        desk.advance(FIRST.change_id, 1, from_=OPEN, to=to, note=note)
    assert desk.round(FIRST.change_id, 1).note == "one"


def test_the_token_of_the_newest_execution_is_kept(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.await_decision(FIRST.change_id, 1, task_token="token-1")
    desk.signalled(FIRST.change_id, 1)
    same = desk.await_decision(FIRST.change_id, 1, task_token="token-1")
    assert (same.task_token, same.signalled) == ("token-1", True)
    new = desk.await_decision(FIRST.change_id, 1, task_token="token-2")
    assert (new.task_token, new.signalled) == ("token-2", False)
    assert desk.round(FIRST.change_id, 1) == new


@pytest.mark.parametrize("method", ["await_decision", "signalled", "advance"])
def test_a_round_that_is_not_there_cannot_be_touched(desk: ApprovalDesk, method: str) -> None:
    given = {
        "await_decision": {"task_token": "t"},
        "signalled": {},
        "advance": {"from_": OPEN, "to": RoundStatus.APPROVED},
    }[method]
    with pytest.raises(NotFoundError):
        getattr(desk, method)("nothing", 1, **given)
    with pytest.raises(NotFoundError):
        desk.round("nothing", 1)


def test_open_rounds_are_those_of_the_statuses_asked_for(desk: ApprovalDesk) -> None:
    for remediation in (FIRST, ELSEWHERE):
        desk.propose(remediation)
    desk.decide(a_decision(ELSEWHERE))
    names = [r.remediation.execution_name for r in desk.open_rounds([RoundStatus.PROPOSED])]
    assert names == [FIRST.execution_name]
    assert len(desk.open_rounds(OPEN)) == 2
    assert desk.open_rounds([RoundStatus.WATCHING]) == ()


def test_a_link_is_found_by_its_hash(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.issue_link(FIRST, approver="a@example.com", token_hash="hash")
    link = desk.link("hash")
    assert (link.change_id, link.round, link.approver) == (FIRST.change_id, 1, "a@example.com")
    assert link.expires_at == FIRST.expires_at


def test_issuing_a_link_again_does_not_reset_it(desk: ApprovalDesk) -> None:
    desk.issue_link(FIRST, approver="a@example.com", token_hash="hash")
    desk.issue_link(FIRST, approver="b@example.com", token_hash="hash")
    assert desk.link("hash").approver == "a@example.com"


def test_s2_an_unknown_link_is_not_found(desk: ApprovalDesk) -> None:
    with pytest.raises(NotFoundError):
        desk.link("hash")


def test_a_finding_nobody_has_seen_has_an_empty_memory(desk: ApprovalDesk) -> None:
    finding = a_finding()
    memory = desk.memory([finding])[finding.id]
    assert (memory.open_change, memory.cooling_until, memory.refused_changes, memory.rounds) == (
        None,
        None,
        (),
        None,
    )
    assert desk.memory([]) == {}


def test_s25_the_memory_of_a_finding_adds_up(desk: ApprovalDesk) -> None:
    finding = a_finding()
    until = NOW + timedelta(days=14)
    desk.propose(FIRST)
    desk.remember(finding.id, cooling_until=until)
    desk.remember(finding.id, refuse_change="one")
    desk.remember(finding.id, refuse_change="two")
    desk.remember(finding.id, refuse_change="two")
    desk.remember(finding.id)
    memory = desk.memory([finding])[finding.id]
    assert memory.open_change == FIRST.execution_name
    assert memory.cooling_until == until.isoformat()
    assert memory.refused_changes == ("one", "two")
    assert memory.rounds == {FIRST.change_id: 1}


def test_the_rounds_used_outlive_the_round(desk: ApprovalDesk) -> None:
    finding = a_finding()
    for remediation in (FIRST, SECOND_ROUND, OTHER_CHANGE):
        desk.propose(remediation)
        desk.decide(a_decision(remediation, DecisionWord.EXPIRED))
    rounds = desk.memory([finding])[finding.id].rounds
    assert rounds == {FIRST.change_id: 2, OTHER_CHANGE.change_id: 1}


def test_memories_of_many_findings_are_read_at_once(desk: ApprovalDesk) -> None:
    findings = [a_finding(f"function-{n}") for n in range(130)]
    desk.remember(findings[0].id, refuse_change="x")
    desk.remember(findings[-1].id, refuse_change="y")
    memories = desk.memory(findings)
    assert memories.keys() == {finding.id for finding in findings}
    assert memories[findings[-1].id].refused_changes == ("y",)
