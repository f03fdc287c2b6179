"""Is a removal of versions told as what it is, on pages, in emails and in the record?"""

import pytest

from tests.report.things import APPROVER, NOW, a_finding, a_link, a_removal_of_versions, a_round
from trimtab.domain.approval import RoundStatus
from trimtab.report.by_hand import by_hand
from trimtab.report.emails import closing_email, removal_email
from trimtab.report.history import step
from trimtab.report.pages import approval_page, decided_page
from trimtab.report.removal_words import about_to_delete
from trimtab.report.story import Tone, next_steps, standing, ways_back
from trimtab.report.words import becomes, headline, settings, was
from trimtab.tickets.body import ticket_body

CHANGE = a_removal_of_versions()
OF_IT = (
    RoundStatus.APPROVED,
    RoundStatus.NOTICE,
    RoundStatus.APPLYING,
    RoundStatus.REMOVED,
    RoundStatus.STALE,
    RoundStatus.NOT_WRITTEN,
    RoundStatus.UNDOING,
    RoundStatus.GIVEN_UP,
)


def test_exactly_what_goes_is_told_before_anybody_agrees() -> None:
    steps = next_steps(CHANGE, now=NOW)
    assert [s.title for s in steps] == [
        "Exactly these, and nothing else",
        "Backup",
        "Notice",
        "Deletion",
    ]
    assert "3 (code Y29kZTM=, revision r-3)" in steps[0].text
    assert "never comes back" in steps[3].text
    assert headline(CHANGE) == "Remove old versions of"
    assert (was(CHANGE), becomes(CHANGE)) == ("12 published versions", "10 published versions")
    assert settings({"versions": 1}) == "1 published version"


@pytest.mark.parametrize("status", OF_IT)
def test_each_standing_is_told_in_its_own_words(status: RoundStatus) -> None:
    told = standing(a_round(status, remediation=CHANGE), now=NOW)
    assert told.headline
    assert "takes no calls" not in told.text
    assert (told.tone is Tone.GOOD) is (status is RoundStatus.REMOVED)
    email = closing_email(
        approver=APPROVER,
        round=a_round(status, remediation=CHANGE),
        verification=None,
        now=NOW,
    )
    assert told.headline.lower() in email.subject


def test_no_way_back_is_promised_that_there_is_not() -> None:
    said = {s: ways_back(a_round(s, remediation=CHANGE), undo_days=90) for s in RoundStatus}
    assert "can be kept until they are deleted" in (said[RoundStatus.NOTICE] or "")
    assert "never comes back" in (said[RoundStatus.REMOVED] or "")
    assert said[RoundStatus.STALE] is None
    page = approval_page(round=a_round(remediation=CHANGE), link=a_link(), nonce="nonce", now=NOW)
    assert "No number comes back" in page
    assert "Three ways back" not in page
    assert "--as" in page
    (only,) = by_hand(CHANGE)
    assert "trimtab restore" in only.command


def test_the_notice_carries_the_link_that_keeps_them() -> None:
    email = removal_email(
        approver=APPROVER,
        remediation=CHANGE,
        link="https://hub.test/a/t0ken",
        deletes_at=None,
        now=NOW,
    )
    assert "https://hub.test/a/t0ken" in email.text
    assert "versions 1, 3 are deleted" in email.text
    assert "2 old versions to be removed" in email.subject
    page = decided_page(
        round=a_round(RoundStatus.NOTICE, remediation=CHANGE),
        link=a_link(),
        just_now=False,
        now=NOW,
        keep_nonce="nonce",
    )
    assert "Keep these versions" in page


def test_each_deletion_stands_in_the_record_by_its_number() -> None:
    assert step({"is": "DeleteVersion", "version": "3", "code_sha256": "x"}) == "delete version 3"
    data = {"backup_id": "b", "versions": ["1", "3"]}
    assert about_to_delete(data) == "still unused, and held by backup b: about to delete 1, 3"


def test_a_ticket_names_exactly_the_versions_that_may_go() -> None:
    body = ticket_body(a_finding(advice=CHANGE.recommendation), "mode ticket")
    assert "- version `1`, code `Y29kZTE=`" in body
    assert "- version `3`, code `Y29kZTM=`" in body
    assert "a deletion without one takes the whole function" in body
