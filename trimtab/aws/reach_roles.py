"""What may the roles of an account do? One listing of all, whatever the number of regions."""

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from trimtab.aws.errors import reading
from trimtab.domain.arn import Target
from trimtab.ports import Clock, Role

PER_PAGE = 1000
"""Source: IAM API, GetAccountAuthorizationDetails, MaxItems at most 1000 (botocore 1.44.5)."""

KEPT_FOR = timedelta(minutes=15)
"""Chosen: the regions of one account follow each other within it."""


class RoleShelf:
    """Keeps the roles of accounts for a while: IAM answers the same in every region."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._doors: dict[str, threading.Lock] = {}
        self._kept: dict[str, tuple[datetime, Mapping[str, Role]]] = {}

    def roles(
        self, account: str, wanted: Collection[str], *, read: Callable[[], Mapping[str, Role]]
    ) -> Mapping[str, Role]:
        """Return all roles of an account, read anew where one of those wanted may be newer."""
        with self._lock:
            door = self._doors.setdefault(account, threading.Lock())
        with door:
            now = self._clock.now()
            kept = self._kept.get(account)
            if kept and now - kept[0] < KEPT_FOR and all(role in kept[1] for role in wanted):
                return kept[1]
            found = read()
            self._kept[account] = (now, found)
            return found


def read_roles(client: Any, target: Target) -> Mapping[str, Role]:
    """Read every role with its documents, and the policies attached to any."""
    details: list[Mapping[str, Any]] = []
    documents: dict[str, str] = {}
    for page in _pages(client, target):
        details += page.get("RoleDetailList", ())
        for policy in page.get("Policies", ()):
            documents |= _in_force(policy)
    return {detail["Arn"]: _role(detail, documents) for detail in details}


def _in_force(policy: Mapping[str, Any]) -> dict[str, str]:
    versions = policy.get("PolicyVersionList", ())
    version = next((one for one in versions if one["IsDefaultVersion"]), None)
    return {} if version is None else {policy["Arn"]: text_of(version["Document"])}


def _role(detail: Mapping[str, Any], documents: Mapping[str, str]) -> Role:
    inline = [text_of(p["PolicyDocument"]) for p in detail.get("RolePolicyList", ())]
    attached = [p["PolicyArn"] for p in detail.get("AttachedManagedPolicies", ())]
    return Role(
        trust=text_of(detail["AssumeRolePolicyDocument"]),
        policies=(*inline, *(documents[arn] for arn in attached if arn in documents)),
        unread=tuple(arn for arn in attached if arn not in documents),
    )


def text_of(document: object) -> str:
    """Return a document as JSON text: URL-encoded over the wire, decoded by botocore mostly."""
    return unquote(document) if isinstance(document, str) else json.dumps(document)


def _pages(client: Any, target: Target) -> Iterator[Mapping[str, Any]]:
    asked: dict[str, Any] = {
        "Filter": ["Role", "LocalManagedPolicy", "AWSManagedPolicy"],
        "MaxItems": PER_PAGE,
    }
    while True:
        with reading(f"iam:GetAccountAuthorizationDetails in {target.account}"):
            page = client.get_account_authorization_details(**asked)
        yield page
        if not page.get("IsTruncated"):
            return
        asked["Marker"] = page["Marker"]
