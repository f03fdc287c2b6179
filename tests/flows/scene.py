"""On what is tampering tried? A small real ledger: the adapters, fakes of DynamoDB and S3, a key.

Four chains with six to nine entries, and two checkpoints: one in the middle, one at the end.
"""

import copy
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.fakes.clock import NOW, FakeClock
from tests.fakes.dynamodb import FakeDynamo
from tests.fakes.s3 import FakeS3
from tests.fakes.signing import LocalSigner
from trimtab.aws.ledger import AwsLedger
from trimtab.aws.mirror import S3Mirror
from trimtab.aws.public_key import PublicKeyVerifier
from trimtab.flows.audit import Verified, audit_hub, audit_record
from trimtab.flows.checkpoint import Bench, Checkpointed, checkpoint

CHANGE, OTHER, RUN, CONTROL = "change#aaaa", "change#bbbb", "run#2026-11-02", "control#freeze"
CHAINS = (CHANGE, OTHER, RUN, CONTROL)
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
EVENTS = ("proposed", "asked", "decided", "intended", "written", "applied", "watched", "told")
SIGNER = LocalSigner()


class Scene:
    """A hub's stores, its clock, and what its checkpoint Lambda does."""

    def __init__(self, dynamodb: Any = None, s3: Any = None) -> None:
        self.dynamodb = FakeDynamo() if dynamodb is None else dynamodb
        self.s3 = FakeS3() if s3 is None else s3
        self.clock = FakeClock()
        self.signer = SIGNER

    @property
    def ledger(self) -> AwsLedger:
        tables = {"ledger_table": "ledger", "heads_table": "heads", "bucket": "mirror"}
        return AwsLedger(self.dynamodb, self.s3, **tables, sleep=lambda _: None)

    @property
    def mirror(self) -> S3Mirror:
        return S3Mirror(self.s3, bucket="mirror")

    @property
    def bench(self) -> Bench:
        return Bench(
            ledger=self.ledger,
            mirror=self.mirror,
            signer=self.signer,
            verifier=PublicKeyVerifier(SIGNER.pem),
            clock=self.clock,
            hub_id="hub-1",
        )

    def enter(self, chain: str, event: str, **given: Any) -> Any:
        usual: dict[str, Any] = {
            "actor": "person-7f3a",
            "data": {"round": 1, "memory_mb": 1769, "note": "naïve", "deep": {"n": [1, None]}},
            "at": self.clock.advance(timedelta(seconds=7)),
            "function": FUNCTION if chain.startswith("change#") else None,
            "once": f"r1-{event}",
        }
        return self.ledger.append(chain, event=event, **usual | given)

    def checkpoint(self) -> Checkpointed:
        """Let the Lambda run, a quarter of an hour later."""
        self.clock.advance(timedelta(minutes=15))
        return checkpoint(self.bench)

    def verify(self) -> Verified:
        """Audit with the tables, a while after everything was entered."""
        now: datetime = self.clock.now() + timedelta(minutes=5)
        return audit_hub(self.ledger, self.mirror, PublicKeyVerifier(SIGNER.pem), now=now)

    def verify_bucket(self) -> Verified:
        return audit_record(self.mirror, PublicKeyVerifier(SIGNER.pem))


def played() -> Scene:
    """Return a scene of its own with the whole story in it."""
    scene = Scene()
    kept = _story()
    scene.dynamodb.rows = copy.deepcopy(kept.dynamodb.rows)
    scene.s3.versions = copy.deepcopy(kept.s3.versions)
    scene.clock = FakeClock(kept.clock.now())
    return scene


def snapshot(entries: int) -> Any:
    """Return the tables as they were after so many entries of each chain."""
    _story()
    return copy.deepcopy(_moments()[entries])


@cache
def _story() -> Scene:
    scene, moments = Scene(), _moments()
    moments[0] = copy.deepcopy(scene.dynamodb.rows)
    for n, event in enumerate(EVENTS, start=1):
        for chain in CHAINS:
            if n < len(EVENTS) or chain != CONTROL:
                scene.enter(chain, event)
        moments[n] = copy.deepcopy(scene.dynamodb.rows)
        if n == len(EVENTS) // 2:
            assert scene.checkpoint().number == 1
    assert scene.checkpoint().number == 2
    scene.clock.advance(timedelta(minutes=2))
    assert scene.clock.now() > NOW
    return scene


@cache
def _moments() -> dict[int, Any]:
    return {}
