"""Where is the record that nobody can take back? In a locked S3 bucket, each key written once
(S17).

S3 keeps every version of a key. Whoever may write can put a newer version over an entry but cannot
remove the first, so the oldest version is the one that counts, and a second one is a fault.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.domain.errors import NotFoundError
from trimtab.ports import Stored

AT_ONCE = 16
"""Objects read at the same time; above botocore's 10 connections it only waits. Chosen."""
BATCH = 1000
CONFLICTS = 5
"""How often a put is repeated while another put of the same key is under way.

Source: "Add preconditions to S3 operations with conditional requests", Amazon S3 User Guide,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html, read 2026-11-21:
409 ConditionalRequestConflict, "upload the object again".
"""


class S3Mirror:
    """The mirror bucket of one hub."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put_new(self, key: str, body: bytes) -> bool:
        """Put only where nothing is yet; False: something is there, and stays as it is."""
        with reading(f"s3:PutObject {self._bucket}/{key}"):
            for left in reversed(range(CONFLICTS)):
                try:
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=body,
                        ContentType="application/gzip"
                        if key.endswith(".gz")
                        else "application/json",
                        IfNoneMatch="*",
                    )
                except ClientError as error:
                    if code_of(error) == "PreconditionFailed":
                        return False
                    if code_of(error) != "ConditionalRequestConflict" or left == 0:
                        raise
                else:
                    return True
        raise AssertionError("the last attempt returns or raises")

    def newest(self, key: str) -> bytes:
        """Read a key as it is now, whichever version that is."""
        with reading(f"s3:GetObject {self._bucket}/{key}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            return bytes(answer["Body"].read())

    def read(self, stored: Stored) -> bytes:
        """Raises: NotFoundError when no version of it is left."""
        if not stored.versions:
            raise NotFoundError(f"s3:GetObject {self._bucket}/{stored.key}: no version is left")
        version = {} if stored.oldest is None else {"VersionId": stored.oldest}
        with reading(f"s3:GetObject {self._bucket}/{stored.key}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=stored.key, **version)
            return bytes(answer["Body"].read())

    def read_many(self, stored: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
        """Read many, several at a time, in the order given."""
        wanted = iter(stored)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while batch := list(islice(wanted, BATCH)):
                yield from zip(batch, pool.map(self.read, batch), strict=True)

    def listed(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        """Yield the keys that start so, in order, those behind `after` only."""
        for key, versions in groupby(self._versions(prefix, after), key=lambda found: found[0]):
            ids = [version for _, version in versions]
            kept = [version for version in ids if version is not None]
            yield Stored(
                key=key,
                oldest=kept[-1] if kept else None,
                versions=len(kept),
                is_hidden=len(kept) < len(ids),
            )

    def _versions(self, prefix: str, after: str) -> Iterator[tuple[str, str | None]]:
        """Yield key and version of everything there, newest first; None: a delete marker."""
        more: dict[str, str] = {"KeyMarker": after} if after else {}
        while True:
            with reading(f"s3:ListBucketVersions {self._bucket}/{prefix}"):
                page = self._client.list_object_versions(Bucket=self._bucket, Prefix=prefix, **more)
            found = [(item["Key"], item["VersionId"]) for item in page.get("Versions", ())]
            found += [(item["Key"], None) for item in page.get("DeleteMarkers", ())]
            yield from sorted(found, key=lambda item: item[0])
            if not page.get("IsTruncated"):
                return
            more = {"KeyMarker": page["NextKeyMarker"]}
            if page.get("NextVersionIdMarker"):
                more["VersionIdMarker"] = page["NextVersionIdMarker"]
