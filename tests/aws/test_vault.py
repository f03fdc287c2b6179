"""Does the S3 vault keep only what has its digest, and are links to code never shown?"""

import hashlib
import json
from collections.abc import Iterator

import pytest
import urllib3
from botocore.session import Session
from moto import mock_aws

from tests.fakes.failures import client_error
from tests.pipeline.vaulted import SECRET, House
from trimtab.aws.doors import backup_session, restore_session
from trimtab.aws.download import Downloads
from trimtab.aws.recreator import AwsRecreator
from trimtab.aws.vault import IN_MEMORY_BYTES, S3Vault
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import LATEST
from trimtab.domain.errors import (
    NotFoundError,
    PermanentError,
    RetryableError,
    TamperedError,
)
from trimtab.domain.restoring import LAMBDA, Write

LINK = "https://code.test/x?X-Amz-Signature=secret"
FUNCTION = FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:orders")


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Vault]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = Session().create_client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="vault")
        yield S3Vault(client, bucket="vault")


@pytest.mark.parametrize("size", [0, 10, IN_MEMORY_BYTES + 1])
def test_what_is_put_is_what_is_got(vault: S3Vault, size: int) -> None:
    body = bytes(size)
    digest = hashlib.sha256(body).hexdigest()
    half = size // 2
    assert vault.put(f"a/{digest}", [body[:half], body[half:]], sha256=digest) == size
    assert b"".join(vault.get(f"a/{digest}")) == body
    assert vault.keys("a/") == (f"a/{digest}",)
    assert vault.keys("b/") == ()
    assert vault.place("k") == {"S3Bucket": "vault", "S3Key": "k"}


def test_s14_other_content_is_never_kept(vault: S3Vault) -> None:
    with pytest.raises(TamperedError):
        vault.put("a/x", [b"other"], sha256=hashlib.sha256(b"this").hexdigest())
    with pytest.raises(NotFoundError):
        list(vault.get("a/x"))


class Pool:
    """Answers a link, or fails, as urllib3 does."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def request(self, method: str, link: str, **more: object) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Body:
    def __init__(self, status: int, chunks: list[bytes], error: Exception | None = None) -> None:
        self.status, self._chunks, self._error = status, chunks, error
        self.is_released = False

    def stream(self, amount: int, *, decode_content: bool) -> Iterator[bytes]:
        yield from self._chunks
        if self._error is not None:
            raise self._error

    def release_conn(self) -> None:
        self.is_released = True


def fetched(answer: object) -> bytes:
    pool: urllib3.PoolManager = Pool(answer)  # type: ignore[assignment]
    return b"".join(Downloads(pool).chunks(LINK, what="the code of orders"))


def test_the_code_behind_a_link_is_fetched_in_chunks() -> None:
    body = Body(200, [b"a", b"b"])
    assert (fetched(body), body.is_released) == (b"ab", True)


BROKEN = urllib3.exceptions.ProtocolError(f"broken at {LINK}")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (BROKEN, RetryableError),
        (ValueError(LINK), RetryableError),
        (Body(200, [b"a"], BROKEN), RetryableError),
        (Body(503, []), RetryableError),
        (Body(403, []), PermanentError),
    ],
    ids=["refused", "malformed", "broken off", "unavailable", "expired"],
)
def test_s16_no_error_of_a_download_quotes_its_link(answer: object, kind: type) -> None:
    with pytest.raises(kind) as raised:
        fetched(answer)
    assert "ignature" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_s16_an_error_that_quotes_the_environment_is_not_passed_on() -> None:
    house = House()
    quoted = client_error("InvalidParameterValueException", f"bad value {SECRET}", "CreateFunction")

    def refuse() -> None:
        raise quoted

    house.account.before_next("CreateFunction", refuse)
    given = {"FunctionName": "orders", "Environment": {"Variables": {"A": SECRET}}}
    write = Write(
        name="function",
        service=LAMBDA,
        operation="create_function",
        given=given | {"Role": "arn:aws:iam::1:role/x", "Code": {"ImageUri": "x"}},
    )
    with pytest.raises(PermanentError) as raised:
        AwsRecreator(FUNCTION, house.account).write(write)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_call_that_no_restore_makes_is_refused_as_a_bug() -> None:
    write = Write(name="x", service=LAMBDA, operation="delete_function", given={})
    with pytest.raises(ValueError, match="never calls"):
        AwsRecreator(FUNCTION, House().account).write(write)


def test_a_function_that_failed_or_takes_too_long_is_said() -> None:
    house = House()
    house.add("orders")
    made = AwsRecreator(FUNCTION, house.account, sleep=house.clock.sleep, deadline_s=3)
    made.settle(LATEST)
    latest = house.account.functions["orders"].latest
    for state, update, said in (("Failed", None, "creation"), ("Active", "Failed", "update")):
        latest |= {"State": state, "LastUpdateStatus": update}
        with pytest.raises(PermanentError, match=f"its {said} failed"):
            made.settle(LATEST)
    latest |= {"State": "Pending", "LastUpdateStatus": "Successful"}
    with pytest.raises(RetryableError, match="after 3 s"):
        made.settle(LATEST)


@pytest.mark.parametrize("narrowed", [backup_session, restore_session])
def test_a_session_is_narrowed_to_one_function_and_fits_into_the_request(narrowed: object) -> None:
    policy = narrowed(FUNCTION)  # type: ignore[operator]
    assert len(json.dumps(policy, separators=(",", ":"))) <= 2048
    on_functions = policy["Statement"][0]["Resource"]
    assert on_functions == [str(FUNCTION), f"{FUNCTION}:*"]
