"""Does one decision come of many answers at once, in threads that have all passed every check?

(S3)
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.hostile.conftest import StandFor
from tests.hostile.inert import check_headers, check_page
from tests.hostile.stand import (
    MARK,
    SECOND,
    SECOND_COOKIE,
    TOKEN,
    WAITING,
    Event,
    WatchedDesk,
    form,
    post,
)
from trimtab.domain.approval import Round, SignedDecision

PATIENCE_S = 30


class BusyDesk(WatchedDesk):
    """Lets nobody decide before all have come to the door; then one after the other, as a
    conditional write does.
    """

    def __init__(self, visitors: int) -> None:
        super().__init__()
        self.door = threading.Barrier(visitors)
        self._one_at_a_time = threading.Lock()

    def decide(self, signed: SignedDecision) -> Round:
        self.door.wait(PATIENCE_S)
        with self._one_at_a_time:
            return super().decide(signed)


def yes(token: str = TOKEN) -> Event:
    return _answer(token, form())


def no(token: str = TOKEN) -> Event:
    return _answer(token, form(decision="reject", reason=f"{MARK} no"))


def _answer(token: str, body: str) -> Event:
    if token == SECOND:
        return post(body, token=token, cookies=[SECOND_COOKIE])
    return post(body, token=token)


CROWDS: dict[str, list[Event]] = {
    "two clicks": [yes(), yes()],
    "two noes": [no(), no()],
    "yes and no": [yes(), no()],
    "no and yes": [no(), yes()],
    "two approvers say yes": [yes(), yes(SECOND)],
    "two approvers do not agree": [yes(), no(SECOND)],
    "two approvers do not agree, the other way": [no(), yes(SECOND)],
    "twelve clicks": [yes()] * 12,
    "twelve of both": [yes(), no()] * 6,
    "twelve of both, of two approvers": [yes(), no(), yes(SECOND), no(SECOND)] * 3,
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_s03_of_many_answers_at_once_exactly_one_decides(stand_for: StandFor, crowd: str) -> None:
    events = CROWDS[crowd]
    desk = BusyDesk(len(events))
    stand = stand_for(desk)
    with ThreadPoolExecutor(len(events)) as pool:
        answers: list[Any] = list(pool.map(stand.visit, events))
    assert Counter(a["statusCode"] for a in answers) == {200: 1, 409: len(events) - 1}
    assert not desk.door.broken
    assert stand.signatures == len(events)
    assert stand.decisions() == 1
    (winner,) = (e for e, a in zip(events, answers, strict=True) if a["statusCode"] == 200)
    word = "approved" if "decision=approve" in winner["body"] else "rejected"
    assert stand.status() == word
    assert stand.house.executions.signals == [(WAITING, {"decision": word})]
    for answer in answers:
        check_headers(answer)
        check_page(answer["body"])
        told = "Already " + word if answer["statusCode"] == 409 else word.capitalize() + "."
        assert told in answer["body"]
    for line in stand.log_lines():
        assert line["method"] == "POST"
    assert MARK not in stand.log.getvalue()


def test_s03_a_form_posted_fifty_times_decides_once(stand_for: StandFor) -> None:
    stand = stand_for()
    statuses = Counter(stand.visit(yes())["statusCode"] for _ in range(50))
    assert statuses == {200: 1, 409: 49}
    assert (stand.decisions(), stand.signatures) == (1, 1)


def test_s03_the_link_of_the_second_approver_is_spent_with_the_round(stand_for: StandFor) -> None:
    stand = stand_for()
    assert stand.visit(no())["statusCode"] == 200
    before = stand.stored()
    for event in (yes(SECOND), no(SECOND), yes()):
        assert stand.visit(event)["statusCode"] == 409
    assert stand.stored() == before
    assert stand.status() == "rejected"


def test_s02_the_cookie_of_one_link_is_none_for_another_of_the_same_round(
    stand_for: StandFor,
) -> None:
    stand = stand_for()
    before = stand.stored()
    assert stand.visit(post(form(), token=SECOND))["statusCode"] == 400
    assert stand.visit(post(form(), cookies=[SECOND_COOKIE]))["statusCode"] == 400
    assert stand.stored() == before
