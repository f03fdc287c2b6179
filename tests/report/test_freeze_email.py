"""Does the email of a freeze say what stopped, why, and how to lift it, inertly? (S20, S23)"""

import shlex

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_emails import shown
from tests.report.things import APPROVER, NOW
from trimtab.cli.app import app
from trimtab.domain.errors import InputError
from trimtab.domain.freeze import Freeze, Level
from trimtab.domain.notice import Email
from trimtab.report.freeze_email import COMMANDS, freeze_email


def an_email(why: str = "2 changes were rolled back within 24 hours: a-r1, b-r1") -> Email:
    freeze = Freeze(level=Level.FORWARD, since=NOW, by="trimtab-breaker", why=why)
    return freeze_email(to=APPROVER, freeze=freeze, now=NOW)


@pytest.mark.parametrize(
    "said",
    [
        "Trimtab has frozen itself",
        "No change is written until a person lifts this.",
        "2 changes were rolled back within 24 hours: a-r1, b-r1",
        "trimtab audit show control#freeze",
        "trimtab thaw --why 'what was found'",
        "Sat 21 Nov 2026, 07:45 UTC",
    ],
)
def test_s20_both_forms_say_why_and_how_it_is_lifted(said: str) -> None:
    email = an_email()
    assert said in shown(email.html)
    assert said in " ".join(email.text.split())


def test_it_goes_to_whom_it_is_for_and_loads_nothing() -> None:
    email = an_email()
    assert (email.to, email.reference) == (APPROVER, "freeze")
    assert "frozen itself" in email.subject
    elements = structure(email.html)
    assert not {tag for tag, _ in elements} & {"script", "img", "link", "iframe", "form"}
    assert "url(" not in email.html


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_text_changes_no_element_of_it(text: str) -> None:
    assert structure(an_email(text).html) == structure(an_email().html)


def test_s23_an_address_with_a_header_in_it_is_refused() -> None:
    with pytest.raises(InputError):
        freeze_email(to="a@b.c\r\nBcc: x@y.z", freeze=Freeze(), now=NOW)


def test_the_commands_it_names_exist() -> None:
    named = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    groups = {g.name for g in app.registered_groups}
    for line in COMMANDS:
        assert shlex.split(line)[1] in named | groups


def test_s23_no_mail_program_makes_a_link_of_the_reason() -> None:
    for text in (an_email("see https://evil.com").html, an_email("see https://evil.com").text):
        assert "evil.com" not in text
        assert "evil[.]com" in text
