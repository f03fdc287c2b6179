"""What is in the Lambda of one member account, and how do its clients fail? For backup and restore.

Requests are checked against botocore's own model. A call can be made to fail by its operation, and
the whole process can be made to crash at any write, before it lands or after.
"""

import base64
import copy
import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from tests.fakes.failures import FailingClient, client_error
from trimtab.aws.answers import RAW
from trimtab.domain.arn import FunctionArn

LATEST = "$LATEST"
READS = ("describe_", "get_", "list_")

Raw = dict[str, Any]


class CrashError(BaseException):
    """The process is gone: nothing catches this but the test."""


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def digest_of(code: bytes) -> str:
    """Return CodeSha256 as Lambda does."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


@dataclass(slots=True, kw_only=True)
class Kept:
    """One function of the account."""

    latest: Raw
    tags: dict[str, str]
    code: Raw
    versions: dict[str, Raw] = field(default_factory=dict)
    version_code: dict[str, Raw] = field(default_factory=dict)
    aliases: dict[str, Raw] = field(default_factory=dict)
    policies: dict[str, dict[str, Raw]] = field(default_factory=dict)
    urls: dict[str, Raw] = field(default_factory=dict)
    invoke: dict[str, Raw] = field(default_factory=dict)
    provisioned: dict[str, int] = field(default_factory=dict)
    runtime: dict[str, Raw] = field(default_factory=dict)
    reserved: int | None = None
    signing: str | None = None
    recursion: str = "Terminate"
    published: Raw | None = None


class MemberState(FailingClient):
    """Functions, mappings and what scales them, of one account and region."""

    def __init__(self, fetch: Callable[[str, str], bytes], *, account: str = "1" * 12) -> None:
        """`fetch`: how Lambda gets an object out of a bucket."""
        super().__init__()
        self.account = account
        self.fetch = fetch
        self.functions: dict[str, Kept] = {}
        self.mappings: list[Raw] = []
        self.targets: dict[str, Raw] = {}
        self.actions: dict[tuple[str, str], Raw] = {}
        self.policies: dict[tuple[str, str], Raw] = {}
        self.zips: dict[str, bytes] = {}
        self.numbers: dict[str, int] = {}
        """Function -> the last version number it ever had: none is given twice."""
        self.writes: list[str] = []
        self.crash: tuple[int, str] | None = None
        """At which write the process ends: its number, and `before` or `after` it landed."""
        self.page_size = 2
        self.busy_for = 1
        self._busy: dict[str, int] = {}
        self._ids = itertools.count(1)

    def revision(self) -> str:
        return f"revision-{next(self._ids)}"

    def find(self, name: str, operation: str, qualifier: str | None = None) -> tuple[Kept, str]:
        """Find a function by name or ARN, with or without a qualifier."""
        parts = name.split(":")
        short = parts[6] if len(parts) > 6 else parts[0]
        asked = qualifier or (parts[7] if len(parts) == 8 else LATEST)
        if len(parts) == 2:
            asked = parts[1]
        kept = self.functions.get(short)
        if kept is None or asked not in (LATEST, *kept.versions, *kept.aliases):
            raise client_error(
                "ResourceNotFoundException", f"not found: {short}:{asked}", operation
            )
        return kept, asked

    def arn(self, name: str, qualifier: str = LATEST) -> str:
        arn = str(FunctionArn(partition="aws", region="eu-west-1", account=self.account, name=name))
        return arn if qualifier == LATEST else f"{arn}:{qualifier}"

    def begin_update(self, kept: Kept) -> None:
        kept.latest["RevisionId"] = self.revision()
        kept.latest["LastUpdateStatus"] = "InProgress"
        self._busy[kept.latest["FunctionName"]] = self.busy_for

    def settle(self, kept: Kept) -> None:
        """See an update in progress once more, or settled under another revision."""
        name = kept.latest["FunctionName"]
        if kept.latest.get("LastUpdateStatus") != "InProgress":
            return
        if self._busy[name] > 0:
            self._busy[name] -= 1
            return
        kept.latest |= {"LastUpdateStatus": "Successful", "State": "Active"}
        kept.latest["RevisionId"] = self.revision()

    def guard(self, kept: Kept, revision: str | None, operation: str) -> None:
        if kept.latest.get("LastUpdateStatus") == "InProgress":
            raise client_error("ResourceConflictException", "an update is in progress", operation)
        if revision not in (None, kept.latest["RevisionId"]):
            raise client_error("PreconditionFailedException", "not the latest revision", operation)

    def page(self, key: str, items: list[Raw], asked: Mapping[str, Any]) -> Raw:
        at = int(asked.get("Marker") or 0)
        answer: Raw = {key: items[at : at + self.page_size]}
        if at + self.page_size < len(items):
            answer["NextMarker"] = str(at + self.page_size)
        return answer

    def token_page(self, key: str, items: list[Raw], asked: Mapping[str, Any]) -> Raw:
        at = int(asked.get("NextToken") or 0)
        answer: Raw = {key: items[at : at + self.page_size]}
        if at + self.page_size < len(items):
            answer["NextToken"] = str(at + self.page_size)
        return answer


class MemberClient:
    """One boto3 client: validates a request, then does what the account's method does."""

    def __init__(self, service: str, account: Any) -> None:
        self._service = service
        self._account = account

    def __getattr__(self, method: str) -> Callable[..., Raw]:
        operation = _operation(method)

        def call(**asked: Any) -> Raw:
            shape = model(self._service).operation_model(operation).input_shape
            report = ParamValidator().validate(asked, shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
            work = getattr(self._account, method)
            answer = self._run(method, operation, lambda: work(copy.deepcopy(asked)) or {})
            plain = copy.deepcopy(answer)
            return plain | {RAW: copy.deepcopy(plain)}

        return call

    def _run(self, method: str, operation: str, work: Callable[[], Raw]) -> Raw:
        account = self._account
        if method.startswith(READS):
            return dict(account.run(operation, work))
        number, crash = len(account.writes), account.crash
        if crash == (number, "before"):
            raise CrashError(operation)
        answer = dict(account.run(operation, work))
        account.writes.append(operation)
        if crash == (number, "after"):
            raise CrashError(operation)
        return answer


def _operation(method: str) -> str:
    return "".join(word.title() for word in method.split("_"))
