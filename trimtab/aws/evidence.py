"""Where does a run keep what it read, found and planned? Plain JSON in the evidence bucket."""

import gzip
import json
from typing import Any

from trimtab.aws.errors import reading

GZIPPED = ".gz"


class S3RunStore:
    """The evidence bucket. Keys that end in .gz are compressed."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: Any) -> None:
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
        body = gzip.compress(text.encode(), mtime=0) if key.endswith(GZIPPED) else text.encode()
        kind = "application/gzip" if key.endswith(GZIPPED) else "application/json"
        with reading(f"s3:PutObject {self._bucket}/{key}"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind)

    def get(self, key: str) -> Any:
        """Raises: NotFoundError."""
        with reading(f"s3:GetObject {self._bucket}/{key}"):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return json.loads(gzip.decompress(body) if key.endswith(GZIPPED) else body)

    def keys(self, prefix: str) -> tuple[str, ...]:
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            with reading(f"s3:ListBucket {self._bucket}/{prefix}"):
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            found += [item["Key"] for item in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return tuple(sorted(found))
            more = {"ContinuationToken": page["NextContinuationToken"]}
