"""Where does a run keep what it read, found and planned? Plain JSON in the evidence bucket."""

import gzip
import json
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading

GZIPPED = ".gz"
REFUSED = ("PreconditionFailed",)


class S3RunStore:
    """The evidence bucket. Keys that end in .gz are compressed."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: Any) -> None:
        with reading(f"s3:PutObject {self._bucket}/{key}"):
            self._client.put_object(**self._object(key, data))

    def put_new(self, key: str, data: Any) -> bool:
        """Put only where nothing is yet; False: something is there, and stays as it is."""
        return self._put_if(key, data, REFUSED, IfNoneMatch="*")

    def put_over(self, key: str, data: Any, *, tag: str) -> bool:
        """Put only over what bears this tag; False: something else is there by now."""
        return self._put_if(key, data, (*REFUSED, "NoSuchKey"), IfMatch=tag)

    def _put_if(self, key: str, data: Any, refusals: tuple[str, ...], **condition: str) -> bool:
        with reading(f"s3:PutObject {self._bucket}/{key}"):
            try:
                self._client.put_object(**self._object(key, data), **condition)
            except ClientError as error:
                if code_of(error) not in refusals:
                    raise
                return False
        return True

    def _object(self, key: str, data: Any) -> dict[str, Any]:
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
        is_gzipped = key.endswith(GZIPPED)
        return {
            "Bucket": self._bucket,
            "Key": key,
            "Body": gzip.compress(text.encode(), mtime=0) if is_gzipped else text.encode(),
            "ContentType": "application/gzip" if is_gzipped else "application/json",
        }

    def get(self, key: str) -> Any:
        """Raises: NotFoundError."""
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[Any, str]:
        """Return what is there with its ETag.

        Raises: NotFoundError.
        """
        with reading(f"s3:GetObject {self._bucket}/{key}"):
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            body = found["Body"].read()
        data = json.loads(gzip.decompress(body) if key.endswith(GZIPPED) else body)
        return data, str(found["ETag"])

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
