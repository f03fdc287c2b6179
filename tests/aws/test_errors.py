"""Is every failure of AWS told apart: try again, call a person, or nobody knows (S26)?"""

import traceback

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from tests.fakes.failures import client_error
from trimtab.aws.errors import reading, translate, writing
from trimtab.domain.errors import (
    AccessDeniedError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)

URL = "https://lambda.test"


def error(code: str, status: int) -> ClientError:
    return client_error(code, "why", "Operation", status=status)


ROWS = [
    (error("TooManyRequestsException", 429), RetryableError, RetryableError),
    (error("ThrottlingException", 400), RetryableError, RetryableError),
    (error("LimitExceededException", 400), RetryableError, RetryableError),
    (error("SlowDown", 503), RetryableError, RetryableError),
    (error("Anything", 429), RetryableError, RetryableError),
    (error("ServiceException", 500), RetryableError, WriteUnknownError),
    (error("Anything", 502), RetryableError, WriteUnknownError),
    (error("RequestTimeout", 400), RetryableError, WriteUnknownError),
    (error("Anything", 408), PermanentError, WriteUnknownError),
    (error("ResourceConflictException", 409), PermanentError, WriteUnknownError),
    (error("PreconditionFailedException", 412), PermanentError, WriteUnknownError),
    (error("AccessDeniedException", 403), AccessDeniedError, AccessDeniedError),
    (error("AccessDenied", 403), AccessDeniedError, AccessDeniedError),
    (error("UnauthorizedOperation", 400), AccessDeniedError, AccessDeniedError),
    (error("ExpiredTokenException", 400), AccessDeniedError, AccessDeniedError),
    (error("Anything", 403), AccessDeniedError, AccessDeniedError),
    (error("ResourceNotFoundException", 404), NotFoundError, NotFoundError),
    (error("ResourceNotFoundException", 400), NotFoundError, NotFoundError),
    (error("NoSuchKey", 404), NotFoundError, NotFoundError),
    (error("Anything", 404), NotFoundError, NotFoundError),
    (error("InvalidParameterValueException", 400), PermanentError, PermanentError),
    (error("OptInRequiredException", 400), PermanentError, PermanentError),
    (error("ValidationException", 400), PermanentError, PermanentError),
    (ReadTimeoutError(endpoint_url=URL), RetryableError, WriteUnknownError),
    (ConnectionClosedError(endpoint_url=URL), RetryableError, WriteUnknownError),
    (IncompleteReadError(actual_bytes=1, expected_bytes=2), RetryableError, WriteUnknownError),
    (ResponseParserError("no JSON"), RetryableError, WriteUnknownError),
    (ConnectTimeoutError(endpoint_url=URL), RetryableError, RetryableError),
    (EndpointConnectionError(endpoint_url=URL), RetryableError, RetryableError),
    (NoCredentialsError(), PermanentError, PermanentError),
]
IDS = [
    f"{e.response['Error']['Code']} {e.response['ResponseMetadata']['HTTPStatusCode']}"
    if isinstance(e, ClientError)
    else type(e).__name__
    for e, _, _ in ROWS
]


@pytest.mark.parametrize(("raised", "read", "write"), ROWS, ids=IDS)
def test_s26_reads_and_writes_are_told_apart(
    raised: Exception, read: type[Exception], write: type[Exception]
) -> None:
    with pytest.raises(read) as caught, reading("lambda:Read arn"):
        raise raised
    assert type(caught.value) is read
    with pytest.raises(write) as caught_write, writing("lambda:Write arn"):
        raise raised
    assert type(caught_write.value) is write
    is_garbled = isinstance(raised, ResponseParserError)
    assert caught_write.value.__cause__ is (None if is_garbled else raised)


def test_a_message_says_what_which_and_what_to_do_next() -> None:
    told = str(translate(error("AccessDeniedException", 403), "lambda:GetFunction arn:x"))
    assert told == (
        "lambda:GetFunction arn:x: AccessDeniedException: why; "
        "let the role do it, or check its trust policy and the service control policies"
    )


@pytest.mark.parametrize("manager", [reading, writing])
def test_s16_a_garbled_answer_is_not_quoted(manager: type) -> None:
    with pytest.raises(OutsideError) as caught, manager("sts:AssumeRole"):
        raise ResponseParserError("invalid XML: <SecretAccessKey>s3cr3t</SecretAccessKey>")
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cr3t" not in shown


@pytest.mark.parametrize("manager", [reading, writing])
def test_our_own_bugs_escape_as_they_are(manager: type) -> None:
    for bug in (ParamValidationError(report="wrong"), KeyError("x")):
        with pytest.raises(type(bug)), manager("what"):
            raise bug
