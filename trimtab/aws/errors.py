"""What does an error of AWS mean for us: try again, call a person, or find out what happened?

Reads and writes are read differently. A read that failed was simply not made. A write whose answer
was lost, or that met a conflict, may have landed: it is unknown until a fresh read (S26).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from trimtab.domain.errors import (
    AccessDeniedError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Refused before anything was done. LimitExceededException: CloudWatch Logs says it when too many
queries run at once."""

PASSING = frozenset(
    {
        "ConcurrentModificationException",
        "ConcurrentUpdateException",
        "ConditionalRequestConflict",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceException",
        "ServiceUnavailable",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Something in the way that goes away by itself."""

DENIED = frozenset(
    {
        "AuthFailure",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)

NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
"""No connection, so no request: a write is surely not done."""

LOST = (HTTPClientError, IncompleteReadError, SSLError)
"""The answer did not arrive whole: it timed out, or the connection was closed."""

AGAIN = "try again later"
GRANT = "let the role do it, or check its trust policy and the service control policies"
GONE = "check that it still exists"
READ = "read the reason: trying again is useless"
UNKNOWN = "it may have landed: read the function again before saying anything"


def code_of(error: ClientError) -> str:
    """Return the error code of AWS, such as ResourceNotFoundException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status; 0 when there is none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def translate(error: Exception, what: str) -> OutsideError:
    """Say what a failed read means. `what` names the call and the ARN it was about."""
    if not isinstance(error, ClientError):
        if isinstance(error, NEVER_SENT) or _is_lost(error):
            return RetryableError(f"{what}: {_told(error)}; {AGAIN}")
        return PermanentError(f"{what}: {error}; {READ}")
    code, status = code_of(error), status_of(error)
    said = f"{what}: {code}: {message_of(error)}"
    if code in THROTTLED | PASSING or status == 429 or status >= 500:  # noqa: PLR2004 - HTTP
        return RetryableError(f"{said}; {AGAIN}")
    if code in DENIED or code.startswith("AccessDenied") or status == 403:  # noqa: PLR2004
        return AccessDeniedError(f"{said}; {GRANT}")
    if is_not_found(error):
        return NotFoundError(f"{said}; {GONE}")
    return PermanentError(f"{said}; {READ}")


def translate_write(error: Exception, what: str) -> OutsideError:
    """Say what a failed write means: unknown unless it is sure that nothing was done (S26)."""
    if not isinstance(error, ClientError):
        if _is_lost(error):
            return WriteUnknownError(f"{what}: {_told(error)}; {UNKNOWN}")
        return translate(error, what)
    code, status = code_of(error), status_of(error)
    if code in THROTTLED or status == 429:  # noqa: PLR2004 - HTTP
        return translate(error, what)
    if code in PASSING or status in (408, 409, 412) or status >= 500:  # noqa: PLR2004
        return WriteUnknownError(f"{what}: {code}: {message_of(error)}; {UNKNOWN}")
    return translate(error, what)


def from_botocore() -> tuple[type[Exception], ...]:
    """Return all that a call may raise; evaluated only when something was raised."""
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - 55 ms of a cold start

    return (ClientError, BotoCoreError, ResponseParserError)


def _is_lost(error: Exception) -> bool:
    return isinstance(error, LOST) or _is_garbled(error)


def _is_garbled(error: Exception) -> bool:
    """Tell whether the answer could not be parsed: the one error here that is no BotoCoreError."""
    return not isinstance(error, BotoCoreError | ClientError)


def _told(error: Exception) -> str:
    """Quote an error, but no garbled answer: its body may hold credentials or variables (S16)."""
    return "the answer could not be read" if _is_garbled(error) else str(error)


def _cause(error: Exception) -> Exception | None:
    return None if _is_garbled(error) else error


def is_not_found(error: ClientError) -> bool:
    code = code_of(error)
    return (
        code.endswith(("NotFound", "NotFoundException", "DoesNotExist"))
        or code in ("NoSuchKey", "NoSuchBucket", "NoSuchEntity", "404")
        or status_of(error) == 404  # noqa: PLR2004 - HTTP
    )


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what AWS raises inside into our errors, for reads and for our own stores.

    Parameters that botocore refuses are our bug: they escape as they are.
    Raises: RetryableError, AccessDeniedError, NotFoundError, PermanentError.
    """
    try:
        yield
    except ParamValidationError:
        raise
    except from_botocore() as error:
        raise translate(error, what) from _cause(error)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn what AWS raises inside into our errors, for the one call that changes a function.

    Raises: WriteUnknownError besides what `reading` raises.
    """
    try:
        yield
    except ParamValidationError:
        raise
    except from_botocore() as error:
        raise translate_write(error, what) from _cause(error)
