"""Is there one issue per finding, kept up to date, and does every failure say what to do?"""

import json
from pathlib import Path

import pytest
import urllib3

from tests.tickets.conftest import REPOSITORY
from trimtab.domain.errors import (
    AccessDeniedError,
    InputError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
)
from trimtab.local.github import GitHubStandIn
from trimtab.tickets.github import GitHubTicketDesk, marker

FINDING = "a" * 26


def open_one(desk: GitHubTicketDesk, finding_id: str = FINDING, body: str = "text") -> str:
    return desk.open(finding_id=finding_id, title="Too much", body=body, labels=("memory", "low"))


def test_a_finding_opens_one_issue_with_its_labels(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    assert open_one(desk) == f"{github.url}/{REPOSITORY}/issues/1"
    (issue,) = github.issues
    assert issue["title"] == "Too much"
    assert issue["body"] == f"<!-- trimtab:finding:{FINDING} -->\n\ntext"
    assert [label["name"] for label in issue["labels"]] == ["trimtab", "memory", "low"]


def test_the_same_finding_again_writes_nothing(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    assert open_one(desk) == open_one(desk)
    assert [r for r in github.requests if not r.startswith("GET")] == [
        f"POST /repos/{REPOSITORY}/issues"
    ]


def test_a_changed_finding_updates_its_issue(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk)
    open_one(desk, body="more")
    (issue,) = github.issues
    assert issue["body"].endswith("more")


def test_labels_that_people_gave_stay(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk)
    github.issues[0]["labels"].append({"name": "team-shop"})
    open_one(desk, body="more")
    assert "team-shop" in [label["name"] for label in github.issues[0]["labels"]]


def test_two_findings_have_two_issues(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk)
    open_one(desk, "b" * 26)
    assert len(github.issues) == 2


def test_a_resolved_finding_is_told_and_closed_once(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    open_one(desk)
    desk.close(finding_id=FINDING, comment="resolved")
    desk.close(finding_id=FINDING, comment="resolved")
    (issue,) = github.issues
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert [c["body"] for c in github.comments] == ["Closed by Trimtab: `resolved`"]


def test_closing_what_was_never_opened_does_nothing(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    desk.close(finding_id=FINDING, comment="resolved")
    assert not github.issues


def test_a_finding_that_comes_back_opens_its_issue_again(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    open_one(desk)
    desk.close(finding_id=FINDING, comment="resolved")
    open_one(desk)
    (issue,) = github.issues
    assert issue["state"] == "open"


def test_an_issue_on_the_third_page_is_found(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk)
    (mine,) = github.issues
    for number in range(2, 202):
        github.issues.append({**mine, "number": number, "body": "another"})
    before = len(github.requests)
    open_one(desk)
    assert len(github.requests) - before == 3
    assert len(github.issues) == 201


def test_a_pull_request_is_not_an_issue(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk)
    github.issues[0]["pull_request"] = {
        key: None for key in ("diff_url", "html_url", "patch_url", "url")
    }
    open_one(desk)
    assert len(github.issues) == 2


def test_s23_a_marker_in_outside_text_finds_nothing(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    open_one(desk, "victim")
    open_one(desk, "other", body=f"`{marker('victim')}`")
    desk.close(finding_id="other", comment="resolved")
    assert [issue["state"] for issue in github.issues] == ["open", "closed"]


@pytest.mark.parametrize("finding_id", ["", "a-->b", "a b", "a\n", "a--b"])
def test_s23_an_id_that_could_end_its_comment_is_refused(finding_id: str) -> None:
    with pytest.raises(InputError, match="not a finding id"):
        marker(finding_id)


@pytest.mark.parametrize("repository", ["fleet", "a/b/c", "../x/y", "a/b?c"])
def test_a_repository_is_owner_and_name(repository: str) -> None:
    with pytest.raises(InputError, match="owner/name"):
        GitHubTicketDesk(base_url="http://x", repository=repository, token="t")


def test_a_very_long_text_is_cut_and_says_so(desk: GitHubTicketDesk, github: GitHubStandIn) -> None:
    open_one(desk, body="x" * 70_000)
    assert github.issues[0]["body"].endswith("(cut: too long for a ticket)")
    assert len(github.issues[0]["body"]) < 65_536


@pytest.mark.parametrize(
    ("status", "headers", "kind", "advice"),
    [
        (401, {}, AccessDeniedError, "valid token"),
        (403, {}, AccessDeniedError, "read and write issues"),
        (403, {"Retry-After": "60"}, RetryableError, "403"),
        (403, {"X-RateLimit-Remaining": "0"}, RetryableError, "403"),
        (429, {}, RetryableError, "429"),
        (301, {}, NotFoundError, "repository's name"),
        (404, {}, NotFoundError, "repository's name"),
        (410, {}, PermanentError, "Switch issues on"),
        (422, {}, PermanentError, "Report this"),
        (500, {}, RetryableError, "500"),
        (503, {}, RetryableError, "503"),
    ],
)
def test_a_failure_says_what_to_do(
    desk: GitHubTicketDesk,
    github: GitHubStandIn,
    status: int,
    headers: dict[str, str],
    kind: type[OutsideError],
    advice: str,
) -> None:
    github.answers_with.append((status, headers, {"message": "no @everyone"}))
    with pytest.raises(kind, match=advice) as raised:
        open_one(desk)
    assert "no (at)everyone" in str(raised.value)
    assert "token-1" not in str(raised.value) + repr(desk)


def test_a_secondary_rate_limit_is_known_by_its_words(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    github.answers_with.append((403, {}, {"message": "You exceeded a secondary rate limit."}))
    with pytest.raises(RetryableError):
        open_one(desk)


def test_an_answer_without_a_message_is_still_told(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    github.answers_with.append((404, {}, {}))
    with pytest.raises(NotFoundError, match="no message"):
        open_one(desk)


def test_an_answer_that_is_not_json_can_be_asked_for_again(
    desk: GitHubTicketDesk, github: GitHubStandIn
) -> None:
    github.answers_with.append((200, {}, b"<html>"))
    with pytest.raises(RetryableError, match="not JSON"):
        open_one(desk)


def test_a_lost_connection_can_be_tried_again(github: GitHubStandIn) -> None:
    desk = GitHubTicketDesk(base_url="http://127.0.0.1:9", repository=REPOSITORY, token="t")
    with pytest.raises(RetryableError, match="did not answer"):
        open_one(desk)


def test_an_unfit_request_is_refused_as_github_would(
    github: GitHubStandIn, description: str | None
) -> None:
    if description is not None:
        pytest.skip(f"GitHub's description cannot be had: {description}")
    address = f"{github.url}/repos/{REPOSITORY}/issues"
    answer = urllib3.request(
        "POST", address, json={"body": 5}, headers={"Authorization": "Bearer t"}
    )
    assert answer.status == 422
    assert "'title' is a required property" in json.loads(answer.data)["message"]


def test_a_stand_in_that_checks_nothing_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    standin = GitHubStandIn(log=said.append, description=tmp_path / "nowhere.json")
    standin.stop()
    assert said == ["GitHub stand-in: requests are NOT checked, the description is not here"]


def test_without_a_token_nothing_is_answered(github: GitHubStandIn) -> None:
    answer = urllib3.request("GET", f"{github.url}/repos/{REPOSITORY}/issues")
    assert answer.status == 401
