"""Where are backups kept in a test? In memory: only what has its digest is kept."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from tests.fakes.member_state import CrashError
from trimtab.domain.errors import NotFoundError, OutsideError, TamperedError

BUCKET = "vault"


class FakeVault:
    """A Vault. `fail_put` and `fail_get` break the call of that number."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = 0
        self.gets = 0
        self.fail_put: tuple[int, OutsideError] | None = None
        self.fail_get: tuple[int, OutsideError] | None = None
        self.crash_put: tuple[int, str] | None = None

    def put(self, key: str, chunks: Iterable[bytes], *, sha256: str) -> int:
        number, self.puts = self.puts, self.puts + 1
        if self.crash_put == (number, "before"):
            raise CrashError(key)
        if self.fail_put is not None and self.fail_put[0] == number:
            raise self.fail_put[1]
        body = b"".join(chunks)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise TamperedError(f"{key}: what came does not have the digest it should have")
        self.objects[key] = body
        if self.crash_put == (number, "after"):
            raise CrashError(key)
        return len(body)

    def get(self, key: str) -> Iterator[bytes]:
        number, self.gets = self.gets, self.gets + 1
        if self.fail_get is not None and self.fail_get[0] == number:
            raise self.fail_get[1]
        if key not in self.objects:
            raise NotFoundError(f"s3:GetObject {key}: NoSuchKey")
        body = self.objects[key]
        for at in range(0, len(body), 1000):
            yield body[at : at + 1000]

    def keys(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self.objects if key.startswith(prefix)))

    def place(self, key: str) -> Mapping[str, str]:
        return {"S3Bucket": BUCKET, "S3Key": key}

    def fetch(self, bucket: str, key: str) -> bytes:
        """Give an object to Lambda, as the service would fetch it itself."""
        assert bucket == BUCKET
        return self.objects[key]
