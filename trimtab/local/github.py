"""Where do tickets go in the demo and in tests? A stand-in for GitHub's issues, on 127.0.0.1.

It keeps issues in memory and checks every request, and every answer of its own, against GitHub's
OpenAPI description when tools/github_openapi.py has fetched it; a request that does not fit is
answered with 422. Without the description it says in its log that nothing is checked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trimtab.local.github_contract import Asked, Contract
from trimtab.local.serving import LocalServer

DESCRIPTION = Path(__file__).resolve().parents[2] / "build" / "github-openapi.json"
UNCHECKED = "GitHub stand-in: requests are NOT checked, the description is not here"
DEFAULT_PER_PAGE = 30


class GitHubStandIn:
    """A running stand-in. Each repository asked for exists."""

    def __init__(
        self, *, log: Callable[[str], None], description: Path = DESCRIPTION, port: int = 0
    ) -> None:
        self.contract = Contract.load(description)
        if self.contract is None:
            log(UNCHECKED)
        self._log = log
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.requests: list[str] = []
        """Method and path of every request, in order."""
        self.answers_with: list[tuple[int, dict[str, str], Any]] = []
        """Failures to answer the next requests with: status, headers, body.
        Bytes go out as they are."""
        self._lock = threading.Lock()
        self._server = LocalServer(_handler_for(self), port=port)
        self.url = self._server.url

    def stop(self) -> None:
        """Stop listening; what was opened stays readable in `issues`."""
        self._server.stop()

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        """Answer one request as GitHub would."""
        with self._lock:
            self.requests.append(f"{asked.method} {asked.path}")
            if self.answers_with:
                return self.answers_with.pop(0)
            if not asked.headers.get("authorization", "").startswith("Bearer "):
                return 401, {}, _problem("Requires authentication")
            fault = None if self.contract is None else self.contract.request_fault(asked)
            if fault is not None:
                return 422, {}, _problem(f"Validation Failed: {fault}")
            status, body = self._act(asked)
            fault = (
                None
                if self.contract is None
                else self.contract.answer_fault(asked, status=status, body=body)
            )
            if fault is not None:
                self._log(f"GitHub stand-in: its own answer is not GitHub's: {fault}")
                return 500, {}, _problem(fault)
            return status, {}, body

    def _act(self, asked: Asked) -> tuple[int, Any]:
        _, repos, owner, name, *rest = asked.path.split("/")
        if repos != "repos" or not rest or rest[0] != "issues":
            return 404, _problem("Not Found")
        repository = f"{owner}/{name}"
        if len(rest) == 1:
            if asked.method == "POST":
                return 201, self._create(repository, asked.json())
            return 200, self._listed(repository, parse_qs(asked.query))
        issue = next((i for i in self.issues if self._is(i, repository, rest[1])), None)
        if issue is None:
            return 404, _problem("Not Found")
        if rest[2:] == ["comments"] and asked.method == "POST":
            return 201, self._comment(issue, asked.json())
        if asked.method == "PATCH":
            self._update(issue, asked.json())
        return 200, issue

    def _is(self, issue: Mapping[str, Any], repository: str, number: str) -> bool:
        return str(issue["number"]) == number and issue["repository_url"].endswith(
            f"/repos/{repository}"
        )

    def _create(self, repository: str, given: Mapping[str, Any]) -> dict[str, Any]:
        number, api = len(self.issues) + 1, f"{self.url}/repos/{repository}"
        issue = {
            "id": number,
            "node_id": f"I_{number}",
            "number": number,
            "url": f"{api}/issues/{number}",
            "repository_url": api,
            "labels_url": f"{api}/issues/{number}/labels{{/name}}",
            "comments_url": f"{api}/issues/{number}/comments",
            "events_url": f"{api}/issues/{number}/events",
            "html_url": f"{self.url}/{repository}/issues/{number}",
            "title": str(given["title"]),
            "body": given.get("body"),
            "labels": [_label(n, name) for n, name in enumerate(given.get("labels", []), start=1)],
            "user": _user(self.url),
            "state": "open",
            "state_reason": None,
            "locked": False,
            "assignee": None,
            "milestone": None,
            "comments": 0,
            "created_at": _now(),
            "updated_at": _now(),
            "closed_at": None,
        }
        self.issues.append(issue)
        return issue

    def _listed(self, repository: str, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        state, page = query.get("state", ["open"])[0], int(query.get("page", ["1"])[0])
        size = int(query.get("per_page", [str(DEFAULT_PER_PAGE)])[0])
        labels = {n for part in query.get("labels", []) for n in part.split(",")}
        fitting = [
            issue
            for issue in reversed(self.issues)
            if issue["repository_url"].endswith(f"/repos/{repository}")
            and state in ("all", issue["state"])
            and labels <= {label["name"] for label in issue["labels"]}
        ]
        return fitting[(page - 1) * size : page * size]

    def _update(self, issue: dict[str, Any], given: Mapping[str, Any]) -> None:
        for key in ("title", "body", "state", "state_reason"):
            if key in given:
                issue[key] = given[key]
        issue["updated_at"] = _now()
        issue["closed_at"] = _now() if issue["state"] == "closed" else None
        if issue["state"] == "open":
            issue["state_reason"] = None

    def _comment(self, issue: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        number = len(self.comments) + 1
        issue["comments"] += 1
        comment = {
            "id": number,
            "node_id": f"IC_{number}",
            "url": f"{issue['repository_url']}/issues/comments/{number}",
            "html_url": f"{issue['html_url']}#issuecomment-{number}",
            "issue_url": issue["url"],
            "author_association": "MEMBER",
            "user": issue["user"],
            "body": given["body"],
            "created_at": _now(),
            "updated_at": _now(),
        }
        self.comments.append(comment)
        return comment


def _handler_for(desk: GitHubStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer_any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                host=desk.url,
                path=parts.path,
                query=parts.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(size) if size else None,
            )
            status, headers, body = desk.answer(asked)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        do_GET = do_POST = do_PATCH = answer_any

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the console for the demo's story."""

    return Handler


def _user(url: str) -> dict[str, Any]:
    links = ("avatar", "events", "followers", "following", "gists", "html", "organizations")
    more = ("received_events", "repos", "starred", "subscriptions")
    user: dict[str, Any] = {f"{name}_url": f"{url}/users/trimtab" for name in (*links, *more)}
    return {
        **user,
        "url": f"{url}/users/trimtab",
        "login": "trimtab",
        "id": 1,
        "node_id": "U_1",
        "gravatar_id": "",
        "site_admin": False,
        "type": "Bot",
    }


def _label(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "color": "0c5d5b", "default": False, "description": None}


def _problem(message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
