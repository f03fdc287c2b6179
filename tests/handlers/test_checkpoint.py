"""Does the checkpoint Lambda fill the mirror, sign, and fail where the record does not agree?"""

import importlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.handlers.conftest import Hub
from trimtab import wiring
from trimtab.aws.mirror import S3Mirror
from trimtab.aws.public_key import public_key_pem
from trimtab.domain.checkpoint import checkpoint_key
from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import mirror_key
from trimtab.flows.audit import audit_hub
from trimtab.wiring import parts

CHAIN = "change#abc"
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


def call(hub: Hub) -> Any:
    return importlib.import_module("handlers.checkpoint").handler({}, hub.context)


def enter(event: str) -> Any:
    return parts.ledger().append(CHAIN, event=event, actor="plan", data={}, at=LONG_AGO)


def test_s17_a_checkpoint_is_signed_and_verifies_with_the_public_key(hub: Hub) -> None:
    enter("proposed")
    assert call(hub) == {"number": 1, "chains": 1, "filled": 0, "lag": 0}
    bucket = hub.environment["ledger_bucket"]
    body = hub.s3.get_object(Bucket=bucket, Key=checkpoint_key(1))["Body"].read()
    assert json.loads(body)["key_id"] == hub.environment["checkpoint_key"]
    pem = public_key_pem(hub.kms, hub.environment["checkpoint_key"])
    found = audit_hub(
        parts.ledger(),
        S3Mirror(hub.s3, bucket=bucket),
        wiring.verifier_of(pem),
        now=datetime.now(UTC),
    )
    assert (found.faults, found.checkpoints, found.covered) == ((), 1, 1)


def test_an_idle_quarter_of_an_hour_makes_no_checkpoint(hub: Hub) -> None:
    enter("proposed")
    assert call(hub)["number"] == 1
    assert call(hub)["number"] is None
    enter("asked")
    assert call(hub)["number"] == 2


def test_s17_a_mirror_with_other_content_makes_the_lambda_fail_and_names_the_key(
    hub: Hub,
) -> None:
    enter("proposed")
    key = mirror_key(CHAIN, 2)
    hub.s3.put_object(Bucket=hub.environment["ledger_bucket"], Key=key, Body=b"{}")
    with pytest.raises(TamperedError):
        enter("asked")
    with pytest.raises(TamperedError, match=f"{key}: the mirror holds another entry"):
        call(hub)
