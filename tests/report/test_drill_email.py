"""Do the emails of a failed drill and of backups that end say what to do, inertly? (S23)"""

import shlex
from datetime import timedelta
from typing import Any

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_emails import shown
from tests.report.test_history import an_entry
from tests.report.things import APPROVER, NOW
from trimtab.cli.app import app
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import Drilled, DrillReport, DrillWord
from trimtab.domain.errors import InputError
from trimtab.domain.expiry import Expiring
from trimtab.domain.notice import Email
from trimtab.report import drill_email as of_drill
from trimtab.report import expiry_email as of_expiry
from trimtab.report.drill_email import drill_email
from trimtab.report.expiry_email import expiry_email
from trimtab.report.history import sentence

FUNCTION = FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:orders")


def one(word: DrillWord, reason: str = "", left: str = "") -> Drilled:
    return Drilled(
        function=FUNCTION,
        backup_id="b" * 8,
        taken_at=NOW,
        word=word,
        reason=reason,
        left_behind=left,
    )


def a_drill(
    reason: str = "code: version 1: code differs",
    problem: str = "the sandbox cannot be used",
    not_restored: str = "not restored: no sandbox account is configured",
) -> Email:
    report = DrillReport(
        drill_id="d" * 8,
        began_at=NOW,
        ended_at=NOW,
        by="trimtab-drill",
        why="the schedule",
        sandbox=None,
        not_restored=not_restored,
        backups=9,
        functions=(
            one(DrillWord.SAME),
            one(DrillWord.DIFFERENT, reason),
            one(DrillWord.SAME, left="a hard freeze"),
        ),
        problems=(problem,),
    )
    return drill_email(to=APPROVER, report=report, now=NOW)


def an_expiry(name: str = "orders") -> Email:
    soon, later = NOW + timedelta(days=30), NOW + timedelta(days=300)
    function = FunctionArn(partition="aws", region="eu-west-1", account="1" * 12, name=name)
    ends = {"function": function, "backup_id": "b" * 8, "taken_at": NOW, "expires_at": soon}
    backups = (Expiring(**ends, newest=soon), Expiring(**ends, newest=later))  # type: ignore[arg-type]
    return expiry_email(to=APPROVER, backups=backups, now=NOW)


@pytest.mark.parametrize(
    "said",
    [
        "A restore drill failed",
        "1 backup did as expected",
        "came back, but not all of it as it was: code: version 1: code differs",
        "came back as it was; what was made may still be there: a hard freeze",
        "the sandbox cannot be used",
        "not restored: no sandbox account is configured",
        "trimtab drill ARN --why 'mended'",
        "trimtab audit show control#drill",
        "No function in use was touched.",
    ],
)
def test_both_forms_say_what_failed_and_what_to_do(said: str) -> None:
    email = a_drill()
    assert said in shown(email.html)
    assert said in " ".join(email.text.split())
    assert email.subject == "Restore drill failed: 3 things to look at"
    assert email.to == APPROVER


@pytest.mark.parametrize(
    "said",
    [
        "Backups will be gone",
        "it is the last backup",
        "a newer one stays until Fri 17 Sep 2027, 07:45 UTC",
        "If nobody needs it, do nothing.",
        "trimtab restore ARN --why 'who needs it'",
        "You are told once of each backup.",
    ],
)
def test_both_forms_say_what_ends_and_what_to_do(said: str) -> None:
    email = an_expiry()
    assert said in shown(email.html)
    assert said in " ".join(email.text.split())
    assert "2 backups of functions will be gone, the first on 2026-12-21" in email.subject


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_text_changes_no_element_of_either(text: str) -> None:
    assert structure(a_drill(text, text, text).html) == structure(a_drill().html)
    assert structure(an_expiry(text).html) == structure(an_expiry().html)


def test_s23_no_mail_program_makes_a_link_of_a_reason() -> None:
    email = a_drill("see https://evil.com")
    for text in (email.html, email.text):
        assert "evil.com" not in text
        assert "evil[.]com" in text


def test_s23_an_address_with_a_header_in_it_is_refused() -> None:
    bad = "a@b.c\r\nBcc: x@y.z"
    with pytest.raises(InputError):
        expiry_email(to=bad, backups=(_soon(),), now=NOW)


def _soon() -> Expiring:
    return Expiring(function=FUNCTION, backup_id="b", taken_at=NOW, expires_at=NOW, newest=NOW)


def test_the_commands_they_name_exist() -> None:
    named = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    for line in (*of_drill.COMMANDS, *of_expiry.COMMANDS):
        assert shlex.split(line)[1] in named


REPORT = {
    "drill_id": "d",
    "sample": ["b"],
    "not_restored": "",
    "sandbox": "777777777777",
    "why": "the audit",
}
SENTENCES = [
    ("drill_begun", REPORT, "a drill of 1 backup begins, in sandbox 777777777777: the audit"),
    ("drilled", {"backup_id": "b", "word": "same", "reason": ""}, "backup b: same"),
    (
        "drilled",
        {"backup_id": "b", "word": "read_back", "reason": "no sandbox"},
        "backup b: read back: no sandbox",
    ),
    ("drill_ended", {"is_well": True, "words": {"same": 2}, "problems": []}, "all is well: 2 same"),
    (
        "drill_ended",
        {"is_well": False, "words": {}, "problems": ["no vault"]},
        "FAILED: nothing; no vault",
    ),
    ("drill_told", {"to": "person-1"}, "person-1 was told by email that the drill failed"),
    ("copy_removing", {"copy": "c"}, "about to delete c"),
    ("copy_removed", {"copy": "c"}, "c is deleted"),
    (
        "expiry_told",
        {"to": "person-1", "backups": ["a", "b"]},
        "person-1 was told by email of 2 backups that end",
    ),
]


@pytest.mark.parametrize(("event", "data", "said"), SENTENCES)
def test_an_entry_of_a_drill_is_said_in_words(event: str, data: dict[str, Any], said: str) -> None:
    assert sentence(an_entry(event, data), None) == said
