"""Does any of many hostile requests decide, break, or get to read itself in answer or log?

(S2, S16, S23)
"""

import io
import json
import logging
import runpy
from collections import Counter

import pytest

import handlers.approval
from tests.handlers.conftest import Context
from tests.hostile import doors, forms, rounds, words
from tests.hostile.conftest import StandFor
from tests.hostile.inert import check_headers, check_log, check_no_echo, check_page
from tests.hostile.stand import COOKIE, FRESH, MARK, NONCE, TOKEN, Case, Stand, form, post, visit
from trimtab import wiring
from trimtab.domain.errors import RetryableError

OPEN = forms.cases() + doors.cases()
"""Requests at a round that waits for its answer; none of them is a valid post."""
LEAST = 300


@pytest.mark.parametrize("case", OPEN, ids=[case.name for case in OPEN])
def test_s02_a_hostile_request_decides_nothing_and_reads_nothing_of_itself(
    stand: Stand, case: Case
) -> None:
    before = stand.stored()
    answer = stand.visit(case.event)
    assert answer["statusCode"] == case.status
    assert stand.stored() == before
    check_headers(answer)
    check_page(answer["body"])
    check_no_echo(answer, case.event)
    check_log(stand.log.getvalue(), case.event)


@pytest.mark.parametrize("state", rounds.STATES)
def test_s03_no_request_decides_a_round_that_takes_no_answer(stand: Stand, state: str) -> None:
    rounds.STATES[state](stand)
    before = stand.stored()
    for case in rounds.cases(state):
        stand.log.truncate(stand.log.seek(0))
        answer = stand.visit(case.event)
        assert answer["statusCode"] == case.status, case.name
        assert stand.stored() == before, case.name
        check_headers(answer)
        check_page(answer["body"])
        check_no_echo(answer, case.event)
        check_log(stand.log.getvalue(), case.event)


@pytest.mark.parametrize("case", words.cases(), ids=lambda case: case.name)
def test_s23_a_hostile_reason_is_kept_as_it_is_and_shown_inert(stand: Stand, case: Case) -> None:
    """These are valid posts: the reason is the visitor's to choose, and nobody else's to run."""
    answer = stand.visit(case.event)
    assert answer["statusCode"] == case.status
    assert stand.decisions() == 1
    check_headers(answer)
    words.check_shown(answer["body"], case)
    check_log(stand.log.getvalue(), case.event)
    decision = stand.house.round(stand.change).decision
    assert decision is not None
    assert decision.decision.reason == words.kept(case)


def test_there_are_as_many_distinct_requests_as_promised() -> None:
    """Two requests are one when their events and the state of the round are the same."""
    closed = [(state, case) for state in rounds.STATES for case in rounds.cases(state)]
    seen = Counter([("open", case.text) for case in OPEN + words.cases()])
    seen.update((state, case.text) for state, case in closed)
    assert not [text[:200] for text, count in seen.items() if count > 1]
    assert len(seen) >= LEAST
    names = Counter(case.name for case in OPEN + words.cases())
    assert not [name for name, count in names.items() if count > 1]


def test_the_requests_carry_what_an_echo_would_show() -> None:
    without = [case.name for case in OPEN if MARK not in case.text]
    assert without == ["event: nothing"]


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_the_same_stand_takes_the_form_of_a_person(stand: Stand, word: str) -> None:
    """Were this refused, the refusals above would prove nothing."""
    page = stand.visit(visit("GET", cookies=[], headers={"cookie": ""}))
    assert page["statusCode"] == 200
    assert page["body"].count(f'value="{FRESH}"') == 2
    (cookie,) = page["cookies"]
    body = form(nonce=FRESH, decision=word)
    answer = stand.visit(post(body, cookies=[cookie.partition(";")[0]]))
    assert answer["statusCode"] == 200
    assert stand.decisions() == 1
    assert stand.signatures == 1


def test_s02_a_scanner_that_opens_and_posts_every_form_without_the_cookie_decides_nothing(
    stand: Stand,
) -> None:
    page = stand.visit(visit("GET", cookies=[]))
    assert FRESH in page["body"]
    before = stand.stored()
    for word in ("approve", "reject"):
        body = form(nonce=FRESH, decision=word)
        assert stand.visit(post(body, cookies=[]))["statusCode"] == 400
    assert stand.stored() == before


def test_s16_the_lambda_logs_no_event_even_when_its_environment_says_so(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    module = runpy.run_path(handlers.approval.__file__)
    written = module["logger"].registered_handler
    assert isinstance(written, logging.StreamHandler)
    log = io.StringIO()
    usual = written.setStream(log)
    try:
        assert module["handler"](post(), Context())["statusCode"] == 200
    finally:
        written.setStream(usual)
    for secret in (TOKEN, NONCE, COOKIE, MARK):
        assert secret not in log.getvalue()
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["page"]


def test_s16_nothing_is_printed_beside_the_log(
    stand_for: StandFor, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stand = stand_for()
    for event in (visit("GET"), post("broken"), post()):
        stand.visit(event)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    said = " ".join(str(vars(record)) for record in caplog.records)
    assert "'status': 200" in said
    for secret in (MARK, FRESH):
        assert secret not in said


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_s16_a_visit_that_fails_outside_gets_a_page_and_tells_nothing(
    stand: Stand, method: str
) -> None:
    before = stand.stored()
    stand.desk.fail_next("round", RetryableError("dynamodb:GetItem on purpose"))
    event = visit(method, body=form())
    answer = stand.visit(event)
    assert answer["statusCode"] == 503
    assert "in some minutes" in answer["body"]
    assert stand.stored() == before
    check_headers(answer)
    check_page(answer["body"])
    check_no_echo(answer, event)
    log = stand.log.getvalue()
    assert '"level":"ERROR"' in log
    for secret in (TOKEN, NONCE, COOKIE, MARK):
        assert secret not in log


def test_the_wiring_gives_the_lambda_the_page_of_this_stand(stand: Stand) -> None:
    assert wiring.approval_desk() is stand.page
