"""How does a versioned, locked bucket behave? The mirror's S3 calls, in memory.

Whoever may write can add versions and delete markers; nobody can take a version away.
"""

import io
import itertools
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]


def _nothing() -> None:
    return None


class FakeS3:
    """One bucket, whatever it is called. `page` is how many versions a listing gives at once."""

    def __init__(self, *, page: int = 1000, pace: Callable[[], None] = _nothing) -> None:
        self.versions: dict[str, list[tuple[str, bytes | None]]] = {}
        """By key, oldest first; None: a delete marker."""
        self.listings: list[str] = []
        self._page, self._pace = page, pace
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str = "", **_: Any) -> None:
        self._pace()
        with self._guard:
            there = self.versions.setdefault(Key, [])
            if IfNoneMatch and there and there[-1][1] is not None:
                raise _error("PreconditionFailed", 412)
            there.append((f"v{next(self._numbers):06d}", bytes(Body)))

    def delete_object(self, *, Key: str, **_: Any) -> None:
        self.versions[Key].append((f"v{next(self._numbers):06d}", None))

    def get_object(self, *, Key: str, VersionId: str | None = None, **_: Any) -> Item:
        self._pace()
        there = self.versions.get(Key) or [("", None)]
        body = there[-1][1] if VersionId is None else dict(there)[VersionId]
        if body is None:
            raise _error("NoSuchKey", 404)
        return {"Body": io.BytesIO(body)}

    def list_object_versions(
        self, *, Prefix: str, KeyMarker: str = "", VersionIdMarker: str = "", **_: Any
    ) -> Item:
        """Give the newest version of a key first, as S3 does."""
        self.listings.append(Prefix)
        found = [
            (key, version, body is None)
            for key in sorted(self.versions)
            if key.startswith(Prefix)
            for version, body in reversed(self.versions[key])
            if key > KeyMarker
            or (key == KeyMarker and VersionIdMarker and version < VersionIdMarker)
        ]
        page, rest = found[: self._page], found[self._page :]
        answer: Item = {
            "Versions": [{"Key": k, "VersionId": v} for k, v, is_mark in page if not is_mark],
            "DeleteMarkers": [{"Key": k, "VersionId": v} for k, v, is_mark in page if is_mark],
            "IsTruncated": bool(rest),
        }
        if rest:
            answer |= {"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1]}
        return answer


def _error(code: str, status: int) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "S3")
