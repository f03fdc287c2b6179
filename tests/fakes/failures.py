"""How does AWS fail? With its own codes, before or after the call took effect, or in silence."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

STATUS = {
    "AccessDeniedException": 403,
    "AccessDenied": 403,
    "ExpiredTokenException": 403,
    "InternalError": 500,
    "InvalidParameterValueException": 400,
    "LimitExceededException": 400,
    "OptInRequiredException": 400,
    "PreconditionFailedException": 412,
    "ProvisionedConcurrencyConfigNotFoundException": 404,
    "RequestLimitExceeded": 503,
    "ResourceConflictException": 409,
    "ResourceNotFoundException": 404,
    "ServiceException": 500,
    "ThrottlingException": 400,
    "TooManyRequestsException": 429,
    "UnauthorizedOperation": 403,
    "ValidationError": 400,
    "ConcurrentUpdateException": 400,
    "FailedResourceAccessException": 400,
    "InternalServiceException": 500,
    "InvalidNextTokenException": 400,
    "ObjectNotFoundException": 400,
    "ValidationException": 400,
}

READ_TIMEOUT = "ReadTimeout"
CONNECTION_CLOSED = "ConnectionClosed"


def client_error(
    code: str, message: str, operation: str, *, status: int | None = None
) -> ClientError:
    """Build the error that botocore raises for an answer of AWS."""
    http = STATUS[code] if status is None else status
    answer = {
        "Error": {"Code": code, "Message": message},
        "Type": "User",
        "message": message,
        "ResponseMetadata": {"HTTPStatusCode": http, "HTTPHeaders": {}},
    }
    return ClientError(answer, operation)


def failure(code: str, operation: str) -> Exception:
    """Build any failure by its code; ReadTimeout and ConnectionClosed are no answer at all."""
    if code == READ_TIMEOUT:
        return ReadTimeoutError(endpoint_url="https://lambda.test")
    if code == CONNECTION_CLOSED:
        return ConnectionClosedError(endpoint_url="https://lambda.test")
    return client_error(code, f"{code} on purpose", operation)


class FailingClient:
    """What the fakes of AWS clients share: calls are counted, and any can be made to fail."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        """Operation -> how often it was called, failed calls included."""
        self._planned: dict[str, deque[tuple[str, bool]]] = defaultdict(deque)
        self._before: dict[str, deque[Callable[[], None]]] = defaultdict(deque)
        self._always: dict[str, str] = {}

    def fail_next(
        self, operation: str, code: str, *, after_landing: bool = False, times: int = 1
    ) -> None:
        """Make the next calls fail; `after_landing`: the work is done, only the answer fails."""
        self._planned[operation] += [(code, after_landing)] * times

    def fail_always(self, operation: str, code: str) -> None:
        self._always[operation] = code

    def before_next(self, operation: str, action: Callable[[], None]) -> None:
        """Let somebody else act just before the next call of this operation."""
        self._before[operation].append(action)

    def run(self, operation: str, work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Make one call: interference, planned failure, the work itself."""
        self.calls[operation] += 1
        if self._before[operation]:
            self._before[operation].popleft()()
        if operation in self._always:
            raise failure(self._always[operation], operation)
        if not self._planned[operation]:
            return dict(work())
        code, after_landing = self._planned[operation].popleft()
        if after_landing:
            work()
        raise failure(code, operation)
