"""Do page and email say what more than the link is asked for, and only where it is?"""

from dataclasses import replace

import pytest

from tests.report.test_emails import asked, shown
from tests.report.things import NOW, a_decision, a_link, a_remediation, a_round
from trimtab.domain.approval import RoundStatus
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import Session, SignedIn
from trimtab.domain.terms import Identity
from trimtab.report import pages

PROOF = SignedIn(issuer="https://login.example.com", subject="a-digest", at=NOW)
SESSION = Session(person="person-aaaaaaaaaaaaaaaa", signed_in=PROOF)


def asking() -> Remediation:
    change = a_remediation()
    return replace(change, approval=replace(change.approval, identity=Identity.SIGN_IN))


def page(change: Remediation, *, can_sign_in: bool = True, session: Session | None = None) -> str:
    return pages.approval_page(
        round=a_round(remediation=change),
        link=a_link(),
        nonce="n-1",
        now=NOW,
        can_sign_in=can_sign_in,
        session=session,
    )


def test_a_change_that_asks_for_the_link_says_nothing_of_a_sign_in() -> None:
    for session in (None, SESSION):
        html = page(a_remediation(), session=session)
        assert "sign in" not in html.lower()
        assert "sign_in" not in html
    assert "sign in" not in asked(a_remediation()).text


def test_an_email_says_beforehand_that_a_yes_asks_for_more() -> None:
    email = asked(asking())
    for text in (email.text, shown(email.html)):
        assert "sign in and type the function's name" in text


@pytest.mark.parametrize(
    ("can_sign_in", "session", "yes", "name", "way"),
    [(True, None, 0, 0, 1), (True, SESSION, 1, 1, 0), (False, None, 0, 0, 0)],
    ids=["out", "in", "no provider"],
)
def test_the_page_offers_what_is_possible_and_always_a_no(
    can_sign_in: bool, session: Session | None, yes: int, name: int, way: int
) -> None:
    html = page(asking(), can_sign_in=can_sign_in, session=session)
    assert html.count('value="approve"') == yes
    assert html.count('id="name"') == name
    assert html.count('href="?sign_in=start"') == way
    assert html.count('value="reject"') == 1
    assert "<script" not in html


def test_s16_neither_provider_nor_subject_nor_id_is_on_the_page() -> None:
    html = page(asking(), session=SESSION)
    signed = a_decision(auth="sign_in", signed_in=PROOF)
    stored = a_round(RoundStatus.APPROVED, remediation=asking(), decision=signed)
    done = pages.decided_page(round=stored, link=a_link(), just_now=True, now=NOW)
    assert "who signed in" in done
    for text in (html, done):
        for secret in (PROOF.issuer, PROOF.subject, SESSION.person):
            assert secret not in text
