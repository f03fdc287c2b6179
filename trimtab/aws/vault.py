"""How does a backup get into a bucket and out again? Content-addressed, encrypted, in chunks.

An object is spooled before it is put: its digest is compared first, S3 compares it once more, and
memory holds a few megabytes of it. A put in parts would need `kms:Decrypt`, which the writer must
not have. The bucket's own setting encrypts it with the vault's key.
Source: "Uploading and copying objects using multipart upload", permissions with AWS KMS, Amazon S3
User Guide; "Checking object integrity", read 2026-11-22; botocore 1.44.5, s3: PutObject.
"""

import base64
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.errors import TamperedError

CHUNK_BYTES = 1024 * 1024
IN_MEMORY_BYTES = 8 * 1024 * 1024
"""Up to here an object is not written to the temporary disk. Chosen."""


class S3Vault:
    """One bucket of one region."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, chunks: Iterable[bytes], *, sha256: str) -> int:
        """Raises: TamperedError when the content does not have this digest; OutsideError."""
        digest, size_bytes = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
            for chunk in chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
                spool.write(chunk)
            if digest.hexdigest() != sha256:
                raise TamperedError(f"{key}: what came does not have the digest it should have")
            spool.seek(0)
            with reading(f"s3:PutObject {key}"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=spool,
                    ContentLength=size_bytes,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
                )
        return size_bytes

    def get(self, key: str) -> Iterator[bytes]:
        """Raises: NotFoundError, OutsideError, before the first chunk or between two."""
        what = f"s3:GetObject {key}"
        with reading(what):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        try:
            with reading(what):
                yield from body.iter_chunks(CHUNK_BYTES)
        finally:
            body.close()

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Raises: OutsideError."""
        found: list[str] = []
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            with reading(f"s3:ListBucket {prefix}"):
                page = self._client.list_objects_v2(**asked)
            found += [item["Key"] for item in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return tuple(sorted(found))
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def place(self, key: str) -> Mapping[str, str]:
        return {"S3Bucket": self._bucket, "S3Key": key}
