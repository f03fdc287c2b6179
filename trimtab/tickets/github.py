"""How does a finding become a GitHub issue? One per finding id: found, updated, closed.

The id stands in a hidden comment on the first line of the body, and every issue of ours has one
label. Issues are listed by that label and never searched: GitHub's search lags behind by minutes.
Source: GitHub REST API, "REST API endpoints for issues" and "Rate limits for the REST API", read
2026-11; the requests are checked against GitHub's OpenAPI description (tests/tickets).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import urllib3

from trimtab.domain.errors import (
    AccessDeniedError,
    InputError,
    NotFoundError,
    PermanentError,
    RetryableError,
)
from trimtab.tickets.markdown import code, label_text, title_text

API_VERSION = "2022-11-28"
LABEL = "trimtab"
PER_PAGE = 100
BODY_MAX_CHARACTERS = 65_000
"""GitHub takes 65,536; the rest is room for the mark that the text was cut."""
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0

_FINDING_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.]|-(?!-))*")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_MOVED = (NotFoundError, "Check the repository's name and that the token sees it")
_REFUSED = (PermanentError, "Report this: the request is not what GitHub accepts")
_REFUSALS: Mapping[int, tuple[type[PermanentError], str]] = {
    HTTPStatus.UNAUTHORIZED: (AccessDeniedError, "Put a valid token into the ticket secret"),
    HTTPStatus.FORBIDDEN: (AccessDeniedError, "The token needs to read and write issues there"),
    HTTPStatus.MOVED_PERMANENTLY: _MOVED,
    HTTPStatus.TEMPORARY_REDIRECT: _MOVED,
    HTTPStatus.PERMANENT_REDIRECT: _MOVED,
    HTTPStatus.NOT_FOUND: _MOVED,
    HTTPStatus.GONE: (PermanentError, "Switch issues on in the repository's settings"),
}


def marker(finding_id: str) -> str:
    """Return the hidden first line that names the finding.

    Raises: InputError when the id could end the comment it stands in.
    """
    if _FINDING_ID.fullmatch(finding_id) is None:
        raise InputError(f"{finding_id!r} is not a finding id")
    return f"<!-- trimtab:finding:{finding_id} -->"


class GitHubTicketDesk:
    """A TicketDesk: the issues of one repository."""

    def __init__(self, *, base_url: str, repository: str, token: str) -> None:
        """Make no connection yet. `base_url` is the address of the API, without a final slash.

        Raises: InputError when the repository is not owner/name.
        """
        if _REPOSITORY.fullmatch(repository) is None:
            raise InputError(f"{repository!r} is not a repository: give it as owner/name")
        self._repository = repository
        self._issues = f"{base_url.rstrip('/')}/repos/{repository}/issues"
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "trimtab",
            "X-GitHub-Api-Version": API_VERSION,
        }
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S), retries=False
        )

    def __repr__(self) -> str:
        return f"GitHubTicketDesk({self._repository})"

    def open(self, *, finding_id: str, title: str, body: str, labels: Sequence[str]) -> str:
        """Open the issue of this finding, or bring it up to date; return its address for people.

        Labels are given when it is opened and left to people afterwards.
        """
        first_line = marker(finding_id)
        text = {"title": title_text(title), "body": _within_limit(f"{first_line}\n\n{body}")}
        issue = self._find(first_line)
        if issue is None:
            named = [LABEL, *(label_text(label) for label in labels)]
            issue = self._call("POST", self._issues, {**text, "labels": list(dict.fromkeys(named))})
        elif any(issue.get(k) != v for k, v in text.items()) or issue["state"] != "open":
            issue = self._call("PATCH", self._one(issue), {**text, "state": "open"})
        return str(issue["html_url"])

    def close(self, *, finding_id: str, comment: str) -> None:
        """Comment and close the issue of this finding, if it has an open one.

        The comment is outside text too: it may quote an exemption, a tag or a reason (S23).
        """
        issue = self._find(marker(finding_id))
        if issue is None or issue["state"] == "closed":
            return
        self._call(
            "POST", f"{self._one(issue)}/comments", {"body": f"Closed by Trimtab: {code(comment)}"}
        )
        closing = {"state": "closed", "state_reason": "completed"}
        self._call("PATCH", self._one(issue), closing)

    def _one(self, issue: Mapping[str, Any]) -> str:
        return f"{self._issues}/{int(issue['number'])}"

    def _find(self, first_line: str) -> dict[str, Any] | None:
        """Return the oldest issue whose body begins with the marker.

        Only its beginning counts: further down stands outside text, which may hold any marker.
        """
        found = [i for i in self._listed() if (i.get("body") or "").startswith(first_line)]
        return min(found, key=lambda issue: int(issue["number"]), default=None)

    def _listed(self) -> Iterator[dict[str, Any]]:
        query = f"labels={LABEL}&state=all&per_page={PER_PAGE}"
        page = 1
        while True:
            issues = self._call("GET", f"{self._issues}?{query}&page={page}", None)
            yield from (i for i in issues if "pull_request" not in i)
            if len(issues) < PER_PAGE:
                return
            page += 1

    def _call(self, method: str, address: str, body: Mapping[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(
                method, address, body=data, headers=self._headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise RetryableError(f"GitHub did not answer: {type(error).__name__}") from error
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._failure(answer)
        try:
            return json.loads(answer.data)
        except ValueError as error:
            raise RetryableError("GitHub answered with something that is not JSON") from error

    def _failure(self, answer: urllib3.BaseHTTPResponse) -> RetryableError | PermanentError:
        status, said = answer.status, _message(answer.data)
        where = f"GitHub answered {status} for {self._repository}: {said}"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or _is_passing(answer, said):
            return RetryableError(where)
        kind, advice = _REFUSALS.get(status, _REFUSED)
        return kind(f"{where}. {advice}")


def _is_passing(answer: urllib3.BaseHTTPResponse, said: str) -> bool:
    """Tell whether waiting helps: GitHub says 403 for a spent rate limit too."""
    if answer.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT):
        return True
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    told = "retry-after" in answer.headers or "rate limit" in said.lower()
    return answer.status == HTTPStatus.FORBIDDEN and (spent or told)


def _message(data: bytes) -> str:
    """Return GitHub's own words, cut short; never a request of ours, which holds the token."""
    try:
        said = json.loads(data)["message"]
    except (ValueError, KeyError, TypeError):
        return "no message"
    return title_text(str(said))


def _within_limit(text: str) -> str:
    if len(text) <= BODY_MAX_CHARACTERS:
        return text
    return f"{text[:BODY_MAX_CHARACTERS]}\n\n(cut: too long for a ticket)"
