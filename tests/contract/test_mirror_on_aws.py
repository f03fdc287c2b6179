"""Does the mirror on a versioned bucket behave as the fake says, and is tampering found there too?
(S17)
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import MIRROR
from tests.fakes.s3 import FakeS3
from tests.fakes.signing import LocalSigner
from tests.flows.scene import CHAINS, CHANGE, SIGNER, Scene
from trimtab.aws.mirror import CONFLICTS, S3Mirror
from trimtab.aws.public_key import PublicKeyVerifier, public_key_pem
from trimtab.aws.sessions import HubSession
from trimtab.aws.signing import KmsSigner, KmsVerifier
from trimtab.domain.errors import NotFoundError, RetryableError
from trimtab.domain.ledger import mirror_key
from trimtab.ports import Stored

pytestmark = pytest.mark.contract


@pytest.fixture(params=["fake", "fake, page by page", "adapter on moto"])
def s3(request: pytest.FixtureRequest) -> Any:
    if request.param != "adapter on moto":
        return Versioned(FakeS3(page=1000 if request.param == "fake" else 2))
    hub: HubSession = request.getfixturevalue("aws")
    client = hub.client("s3")
    client.put_bucket_versioning(Bucket=MIRROR, VersioningConfiguration={"Status": "Enabled"})
    return client


class Versioned:
    """The fake, called with the bucket's name as the real client is."""

    def __init__(self, fake: FakeS3) -> None:
        self._fake = fake

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fake, name)


def listed(mirror: S3Mirror, prefix: str = "", after: str = "") -> list[tuple[str, int, bool]]:
    return [(s.key, s.versions, s.is_hidden) for s in mirror.listed(prefix, after=after)]


def test_a_key_is_written_once(s3: Any) -> None:
    mirror = S3Mirror(s3, bucket=MIRROR)
    assert mirror.put_new("log/a#1/00000001", b"first")
    assert not mirror.put_new("log/a#1/00000001", b"second")
    assert mirror.newest("log/a#1/00000001") == b"first"


def test_s17_the_oldest_of_many_versions_is_read_and_all_are_counted(s3: Any) -> None:
    mirror = S3Mirror(s3, bucket=MIRROR)
    for body in (b"first", b"second", b"third"):
        s3.put_object(Bucket=MIRROR, Key="log/a#1/00000001", Body=body)
    s3.put_object(Bucket=MIRROR, Key="log/a#1/00000002", Body=b"other")
    s3.delete_object(Bucket=MIRROR, Key="log/a#1/00000002")
    assert listed(mirror) == [("log/a#1/00000001", 3, False), ("log/a#1/00000002", 1, True)]
    bodies = [body for _, body in mirror.read_many(mirror.listed(""))]
    assert bodies == [b"first", b"other"]
    assert mirror.newest("log/a#1/00000001") == b"third"


def test_keys_come_in_order_by_prefix_and_behind_a_key(s3: Any) -> None:
    mirror = S3Mirror(s3, bucket=MIRROR)
    keys = [f"log/change#{n}/0000000{m}" for n in (1, 2) for m in (1, 2, 3)]
    for key in reversed(keys):
        s3.put_object(Bucket=MIRROR, Key=key, Body=b"x")
    assert [key for key, _, _ in listed(mirror)] == keys
    assert [key for key, _, _ in listed(mirror, "log/change#1/")] == keys[:3]
    assert [key for key, _, _ in listed(mirror, "log/change#1/", keys[1])] == keys[2:3]
    assert listed(mirror, "log/change#3/") == []
    assert mirror.read(Stored(key=keys[0], oldest=None, versions=1)) == b"x"


class Contended:
    """A bucket in which another put of the same key is under way, so many times."""

    def __init__(self, *, times: int) -> None:
        self._times = times

    def put_object(self, **_: Any) -> None:
        self._times -= 1
        if self._times >= 0:
            told: Any = {"Error": {"Code": "ConditionalRequestConflict"}}
            raise ClientError(told, "PutObject")


def test_s7_a_put_that_meets_another_one_is_repeated() -> None:
    assert S3Mirror(Contended(times=CONFLICTS - 1), bucket=MIRROR).put_new("log/a/1", b"x")
    with pytest.raises(RetryableError, match="ConditionalRequestConflict"):
        S3Mirror(Contended(times=CONFLICTS), bucket=MIRROR).put_new("log/a/1", b"x")


def test_a_key_of_which_nothing_is_left_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no version is left"):
        S3Mirror(FakeS3(), bucket=MIRROR).read(Stored(key="log/a/1", oldest=None, versions=0))


@pytest.fixture
def scene(aws: HubSession) -> Scene:
    """Three entries in each of four chains, and a checkpoint, on moto."""
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=MIRROR, VersioningConfiguration={"Status": "Enabled"})
    made = Scene(aws.client("dynamodb"), s3)
    for event in ("proposed", "asked", "decided"):
        for chain in CHAINS:
            made.enter(chain, event)
    assert made.checkpoint().number == 1
    return made


def key_of(seq: int) -> dict[str, Any]:
    return {"chain": {"S": CHANGE}, "seq": {"N": str(seq)}}


def alter(scene: Scene, what: str) -> None:
    """Tamper with the rows of a real table."""
    tables = scene.dynamodb
    row = tables.get_item(TableName="ledger", Key=key_of(2))["Item"]
    head = tables.get_item(TableName="heads", Key={"chain": {"S": CHANGE}})["Item"]
    if what in row:
        tables.put_item(TableName="ledger", Item=row | {what: {"S": "2026-01-01"}})
    elif what == "row deleted":
        tables.delete_item(TableName="ledger", Key=key_of(2))
    elif what == "row added":
        tables.put_item(TableName="ledger", Item=row | {"seq": {"N": "4"}})
    elif what == "end cut with its head":
        tables.delete_item(TableName="ledger", Key=key_of(3))
        tables.put_item(TableName="heads", Item=head | {"seq": {"N": "2"}, "hash": row["hash"]})
    elif what == "chain dropped with its head":
        for seq in (1, 2, 3):
            tables.delete_item(TableName="ledger", Key=key_of(seq))
        tables.delete_item(TableName="heads", Key={"chain": {"S": CHANGE}})
    elif what == "head of another type":
        tables.put_item(TableName="heads", Item=head | {"seq": {"N": "2.5"}})
    elif what == "row number a fraction":
        tables.put_item(TableName="ledger", Item=row | {"seq": {"N": "2.5"}})


WHAT = ["at", "day", "actor", "event", "function", "once", "body", "hash", "previous_hash"]
WHAT += ["row deleted", "row added", "end cut with its head", "chain dropped with its head"]
WHAT += ["head of another type", "row number a fraction"]


def test_an_untouched_ledger_on_moto_is_whole(scene: Scene) -> None:
    found = scene.verify()
    assert (found.faults, found.entries, found.covered) == ((), 12, 12)


@pytest.mark.parametrize("what", WHAT)
def test_s17_tampering_is_found_on_moto_as_on_the_fake(scene: Scene, what: str) -> None:
    alter(scene, what)
    assert scene.verify().faults


@pytest.mark.parametrize("how", ["written over", "hidden"])
def test_s17_an_entry_of_the_bucket_that_was_touched_is_found_on_moto(
    scene: Scene, how: str
) -> None:
    key = mirror_key(CHANGE, 2)
    if how == "hidden":
        scene.s3.delete_object(Bucket=MIRROR, Key=key)
    else:
        scene.s3.put_object(Bucket=MIRROR, Key=key, Body=b"{}")
    (fault,) = scene.verify().faults
    assert (fault.chain, fault.seq) == (CHANGE, 2)


def test_what_the_filler_does_on_moto(scene: Scene) -> None:
    entry = scene.enter(CHANGE, "late")
    scene.s3.delete_object(
        Bucket=MIRROR,
        Key=mirror_key(CHANGE, entry.seq),
        VersionId=next(iter(scene.mirror.listed(mirror_key(CHANGE, entry.seq)))).oldest,
    )
    done = scene.checkpoint()
    assert (done.filled, done.number, done.faults) == (1, 2, ())
    assert scene.verify().filled == (mirror_key(CHANGE, entry.seq),)


def test_a_signature_of_kms_holds_with_the_public_key_alone(aws: HubSession) -> None:
    kms = aws.client("kms")
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    key_id = made["KeyMetadata"]["Arn"]
    signature, _ = KmsSigner(kms, key_id=key_id).sign(b"statement")
    own = PublicKeyVerifier(public_key_pem(kms, key_id))
    for verifier in (own, KmsVerifier(kms, key_id=key_id)):
        assert verifier.holds(b"statement", signature=signature, key_id=key_id)
        assert not verifier.holds(b"statements", signature=signature, key_id=key_id)
        assert not verifier.holds(b"statement", signature="x", key_id=key_id)
    assert not PublicKeyVerifier(SIGNER.pem).holds(b"statement", signature=signature, key_id="")
    assert LocalSigner().sign(b"")[0]
