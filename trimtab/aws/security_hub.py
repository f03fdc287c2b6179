"""How do findings get into Security Hub? `BatchImportFindings`, in batches that it takes.

Safe to repeat: a finding is known by its id, and an older one does not overwrite a newer one.
Source: "BatchImportFindings", AWS Security Hub API reference, and "Guidelines for using the
BatchImportFindings API", AWS Security Hub partner integration guide, read 2026-11-21.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, message_of, reading
from trimtab.domain.errors import AccessDeniedError

PER_CALL = 100
RECORD_MAX_BYTES = 240_000
CALL_MAX_BYTES = 6_000_000
"""Of one finding, and of all in one call; decimal, to stay below whatever AWS means by KB."""

TOO_LARGE = "InvalidInput: larger than 240 KB; report this as a bug of Trimtab"
NOT_ENABLED = ("InvalidAccess", "InvalidAccessException")
"""Of one finding, and of the call: Security Hub is off, or does not let us in."""

Batch = list[Mapping[str, Any]]


class AwsSecurityHub:
    """Security Hub of one account and region."""

    def __init__(self, client: Any, *, where: str) -> None:
        self._client = client
        self._where = where

    def bring_in(self, records: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """Import findings; return why it would not take one, by the id of the record.

        Raises: AccessDeniedError when Security Hub is not enabled there, or not for us;
        RetryableError, PermanentError.
        """
        refused = {str(r["Id"]): TOO_LARGE for r in records if _size(r) > RECORD_MAX_BYTES}
        for batch in _batches([r for r in records if r["Id"] not in refused]):
            failed = self._call(batch)
            if failed and all(f["ErrorCode"] in NOT_ENABLED for f in failed):
                raise self._not_enabled(failed[0]["ErrorMessage"])
            refused |= {f["Id"]: f"{f['ErrorCode']}: {f['ErrorMessage']}" for f in failed}
        return refused

    def _call(self, batch: Batch) -> list[Mapping[str, str]]:
        with reading(f"securityhub:BatchImportFindings in {self._where}"):
            try:
                answer = self._client.batch_import_findings(Findings=batch)
            except ClientError as error:
                if code_of(error) not in NOT_ENABLED:
                    raise
                raise self._not_enabled(message_of(error)) from error
        return list(answer.get("FailedFindings", ()))

    def _not_enabled(self, said: str) -> AccessDeniedError:
        return AccessDeniedError(
            f"Security Hub in {self._where} does not let us in: {said}; enable it there, or leave "
            "the account out of security_hub in fleet.yaml"
        )


def _batches(records: Sequence[Mapping[str, Any]]) -> Iterator[Batch]:
    """Yield as few batches as the limits allow."""
    batch: Batch = []
    size = 0
    for record in records:
        bytes_ = _size(record)
        if batch and (len(batch) == PER_CALL or size + bytes_ > CALL_MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += bytes_
    if batch:
        yield batch


def _size(record: Mapping[str, Any]) -> int:
    return len(json.dumps(record).encode())
