"""Where does a function's code come from, if its bucket is another account's?

The emulator looks for it among the caller's buckets only; AWS fetches from any bucket of the region
that lets the caller read. Whether this bucket does is not checked here: the template's own tests
look at its policy. Source: "CreateFunction", AWS Lambda API reference, FunctionCode, read
2026-11-22: "an Amazon S3 bucket in the same AWS Region as your function. The bucket can be in a
different AWS account."
"""

from __future__ import annotations

from typing import Any

from trimtab.local.patches import target

NEEDED_FOR = "code in a bucket of another account"


def apply() -> None:
    """Look among the buckets of the caller first, then among those of everybody."""
    service = target.module("ministack.services.lambda_svc")
    storage = target.module("ministack.services.s3")
    responses = target.module("ministack.core.responses")
    original = target.demand(service, "_fetch_code_from_s3", needed_for=NEEDED_FOR)
    buckets = target.demand(storage, "_buckets", needed_for=NEEDED_FOR)
    scope = target.demand(responses, "request_scope", needed_for=NEEDED_FOR)

    def fetch(bucket: str, key: str, version_id: str | None = None) -> Any:
        found = original(bucket, key, version_id=version_id)
        if found is not None:
            return found
        for account, name in list(buckets._data):
            if name == bucket:
                with scope(account, responses.get_region()):
                    return original(bucket, key, version_id=version_id)
        return None

    service._fetch_code_from_s3 = fetch
