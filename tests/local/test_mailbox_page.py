"""Does the demo's mailbox show what was caught, safely, and to this machine only?"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

from tests.report.hostile import TEXTS, structure
from trimtab.local.mailbox import Message
from trimtab.local.mailbox_page import MailboxServer, answer, framed, newest_first, serve_mailbox

NOW = datetime(2026, 11, 21, 7, 45, tzinfo=UTC)


def a_message(subject: str = "2 changes wait", *, minutes_ago: int = 5, **given: str) -> Message:
    usual = {"html": "<html><head></head><body>hi</body></html>", "text": "hi"}
    sent_at = NOW - timedelta(minutes=minutes_ago)
    return Message(to=("a@example.com",), subject=subject, sent_at=sent_at, **usual | given)


def look(path: str, *messages: Message, query: str = "") -> str:
    return answer(path, query, fetch=lambda: messages, now=NOW).body


def page_of(message: Message) -> str:
    (entry,) = newest_first([message])
    return f"/mail/{entry.id}"


def test_the_newest_email_comes_first() -> None:
    body = look("/list", a_message("old", minutes_ago=9), a_message("new", minutes_ago=1))
    assert body.index("new") < body.index("old")
    assert "1 minute ago" in body


def test_an_email_keeps_its_address_when_another_arrives() -> None:
    first = a_message()
    later = [entry.id for entry in newest_first([first, a_message("more", minutes_ago=1)])]
    assert page_of(first).removeprefix("/mail/") == later[1]


def test_the_same_email_twice_has_two_addresses() -> None:
    assert len({entry.id for entry in newest_first([a_message(), a_message()])}) == 2


def test_an_email_stands_in_a_frame_that_runs_nothing() -> None:
    body = look(page_of(a_message()), a_message())
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in body
    assert "allow-scripts" not in body


def test_links_of_an_email_open_in_a_new_tab() -> None:
    base = '<base target="_blank">'
    assert framed("<html><head></head></html>") == f"<html><head>{base}</head></html>"
    assert framed("<p>x</p>") == f"{base}<p>x</p>"


def test_the_text_of_an_email_has_its_links() -> None:
    message = a_message(text="see http://127.0.0.1:1/a/x\nend")
    body = look(page_of(message), message, query="view=text")
    assert '<a href="http://127.0.0.1:1/a/x" target="_blank" rel="noopener noreferrer">' in body


def test_an_unknown_email_says_so() -> None:
    given = answer("/mail/none", "", fetch=lambda: [a_message()], now=NOW)
    assert given.status == 404
    assert "This email is not here" in given.body


def test_a_mailbox_that_cannot_be_read_says_so() -> None:
    def broken() -> Sequence[Message]:
        raise ConnectionRefusedError("refused")

    given = answer("/", "", fetch=broken, now=NOW)
    assert given.status == 503
    assert "The mailbox cannot be read" in given.body


def test_the_state_counts_the_emails() -> None:
    assert json.loads(look("/state", a_message(), a_message()))["count"] == 2
    assert json.loads(look("/state")) == {"count": 0, "newest": ""}


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_mail_changes_no_element_of_the_mailbox(text: str) -> None:
    def page(said: str) -> str:
        message = a_message(said, html=said, text="hi")
        return look(page_of(message), message)

    assert structure(page(text)) == structure(page("x"))


@pytest.fixture
def server() -> Iterator[MailboxServer]:
    server = serve_mailbox(lambda: [a_message()])
    yield server
    server.stop()


def test_it_answers_on_this_machine(server: MailboxServer) -> None:
    given = urllib3.request("GET", server.url, retries=False)
    assert given.status == 200
    assert "script-src 'nonce-" in given.headers["Content-Security-Policy"]


def test_another_name_for_this_machine_is_refused(server: MailboxServer) -> None:
    given = urllib3.request("GET", server.url, headers={"Host": "evil.example:80"}, retries=False)
    assert given.status == 403
