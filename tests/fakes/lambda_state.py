"""What is in the Lambda of one account and region, and what does a test do to it?

Nothing here counts as a call of Trimtab: `fake_lambda` has the client.
"""

import copy
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.clock import FakeClock
from tests.fakes.failures import FailingClient, client_error
from tests.fakes.fake_trail import CHANGE_ROLE, FakeTrail
from trimtab.aws.answers import RAW
from trimtab.domain.arn import FunctionArn, Target

LATEST = "$LATEST"
STATUS = {
    "PublishVersion": 201,
    "PutProvisionedConcurrencyConfig": 202,
    "DeleteProvisionedConcurrencyConfig": 204,
}
"""The HTTP status of an operation, where it is not 200."""

NOT_LISTED = ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "RuntimeVersionConfig")
WRONG_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
NAME = re.compile(
    r"(arn:(?P<partition>[a-z-]+):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(:(?P<qualifier>.+))?"
)

Raw = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Provisioned:
    """What is provisioned for one alias or version."""

    requested: int
    allocated: int
    status: str
    last_modified: str
    reason: str = ""
    reads_left: int = 0


@dataclass(slots=True, kw_only=True)
class Function:
    latest: Raw
    tags: dict[str, str]
    tags_error: Raw | None = None
    reserved: int | None = None
    versions: dict[str, Raw] = field(default_factory=dict)
    published_from: Raw = field(default_factory=dict)
    aliases: dict[str, Raw] = field(default_factory=dict)
    provisioned: dict[str, Provisioned] = field(default_factory=dict)
    polls_left: int = 0
    published: int = 0
    """How many versions it ever had: no number is given twice."""


class LambdaState(FailingClient):
    """The functions of one account and region, and what a test does to them."""

    def __init__(
        self, target: Target, clock: FakeClock, *, polls_to_settle: int = 1, page_size: int = 50
    ) -> None:
        """`polls_to_settle`: how many GetFunction calls still see an update in progress."""
        super().__init__()
        self.target = target
        self.polls_to_settle = polls_to_settle
        self.reads_to_allocate = 1
        """How many reads still see provisioned concurrency that is being allocated."""
        self.concurrency_limit = 1000
        self.code_storage_limit = 75 * 1024**3
        self._clock = clock
        self._page_size = page_size
        self.session = "somebody"
        """The role session that calls: what CloudTrail names as the user."""
        self.trail: FakeTrail | None = None
        self._functions: dict[str, Function] = {}
        self._revisions = (f"{n:08x}-0000-4000-8000-{target.account}" for n in itertools.count(1))

    def add(self, name: str, *, tags: Mapping[str, str] | None = None, **raw: Any) -> FunctionArn:
        """Create a function, Active and Successful. `raw` overrides fields of its configuration."""
        arn = FunctionArn(
            partition="aws", region=self.target.region, account=self.target.account, name=name
        )
        latest = {
            "Architectures": ["x86_64"],
            "CodeSha256": "b2xkY29kZQ==",
            "CodeSize": 1024,
            "Description": "",
            "EphemeralStorage": {"Size": 512},
            "FunctionArn": str(arn),
            "FunctionName": name,
            "Handler": "index.handler",
            "LastModified": "2026-03-01T09:00:00.000+0000",
            "LastUpdateStatus": "Successful",
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
            "MemorySize": 3008,
            "PackageType": "Zip",
            "RevisionId": next(self._revisions),
            "Role": f"arn:aws:iam::{self.target.account}:role/service",
            "Runtime": "python3.13",
            "RuntimeVersionConfig": {
                "RuntimeVersionArn": f"arn:aws:lambda:{arn.region}::runtime:1"
            },
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "State": "Active",
            "Timeout": 30,
            "TracingConfig": {"Mode": "PassThrough"},
            "Version": LATEST,
        } | raw
        self._functions[name] = Function(latest=latest, tags=dict(tags or {}))
        return arn

    def publish(self, name: str, description: str = "") -> str:
        """Publish a version, as a pipeline would."""
        return str(self._publish(self._functions[name], description)["Version"])

    def alias(
        self, name: str, alias: str, version: str, weights: Mapping[str, float] | None = None
    ) -> None:
        """Create an alias, or point it elsewhere, as a pipeline would."""
        latest = self._functions[name].latest
        self._functions[name].aliases[alias] = {
            "AliasArn": f"{latest['FunctionArn']}:{alias}",
            "Description": "",
            "FunctionVersion": version,
            "Name": alias,
            "RevisionId": next(self._revisions),
        } | ({"RoutingConfig": {"AdditionalVersionWeights": dict(weights)}} if weights else {})
        self._reallocate(self._functions[name], alias)

    def move(self, name: str, alias: str, version: str) -> None:
        """Point an alias elsewhere and say nothing of its weights, as most pipelines do."""
        self._functions[name].aliases[alias] |= {
            "FunctionVersion": version,
            "RevisionId": next(self._revisions),
        }
        self._reallocate(self._functions[name], alias)

    def change(self, name: str, **raw: Any) -> None:
        """Change a function behind Trimtab's back, settled at once."""
        self._functions[name].latest |= raw | {
            "RevisionId": next(self._revisions),
            "LastModified": self._stamp(),
        }

    def provision(
        self, name: str, qualifier: str, count: int, *, at: datetime | None = None
    ) -> None:
        """Configure provisioned concurrency on an alias or version, long ago unless said."""
        since = datetime(2026, 1, 1, tzinfo=UTC) if at is None else at
        self._functions[name].provisioned[qualifier] = Provisioned(
            requested=count,
            allocated=count,
            status="READY",
            last_modified=since.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        )

    def reserve(self, name: str, count: int | None) -> None:
        self._functions[name].reserved = count

    def lose_tags(self, name: str) -> None:
        """Let GetFunction answer a TagsError."""
        error = {"ErrorCode": "AccessDeniedException", "Message": "lambda:ListTags is missing"}
        self._functions[name].tags_error = error

    def remove(self, name: str) -> None:
        del self._functions[name]

    def memory_mb(self, name: str) -> int:
        return int(self._functions[name].latest["MemorySize"])

    def served(self, name: str) -> Mapping[str, str]:
        """Return alias -> version."""
        return {a: raw["FunctionVersion"] for a, raw in self._functions[name].aliases.items()}

    def version_memory_mb(self, name: str, version: str) -> int:
        return int(self._functions[name].versions[version]["MemorySize"])

    def tags(self) -> Mapping[str, Mapping[str, str]]:
        """Return ARN -> tags of every function that has any: what the Tagging API lists."""
        return {f.latest["FunctionArn"]: f.tags for f in self._functions.values() if f.tags}

    def _log(self, event: str, function: str, request: Mapping[str, Any]) -> None:
        """Let CloudTrail know of a write that went through."""
        if self.trail is not None:
            self.trail.put(
                event,
                at=self._clock.now(),
                username=self.session,
                role=CHANGE_ROLE,
                function=function,
                request=request,
            )

    def _call(self, operation: str, work: Any) -> Raw:
        answer = copy.deepcopy(self.run(operation, work))
        status = STATUS.get(operation, 200)
        metadata = {"HTTPStatusCode": status, "HTTPHeaders": {}}
        return answer | {RAW: copy.deepcopy(answer), "ResponseMetadata": metadata}

    def _find(
        self, name: str, qualifier: str | None, operation: str = "GetFunction"
    ) -> tuple[Function, str]:
        match = NAME.fullmatch(name)
        assert match is not None, name
        region = match["region"] or self.target.region
        if region != self.target.region:
            message = f"Functions from '{region}' are not reachable in this region"
            raise not_found(f"{message} ('{self.target.region}')", operation)
        arn = f"arn:aws:lambda:{region}:{self.target.account}:function:{match['name']}"
        function = self._functions.get(match["name"])
        wanted = qualifier or match["qualifier"] or LATEST
        if function is None or match["account"] not in (None, self.target.account):
            raise not_found(f"Function not found: {arn}", operation)
        if wanted not in (LATEST, *function.versions, *function.aliases):
            raise not_found(f"Function not found: {arn}:{wanted}", operation)
        return function, wanted

    def _configuration(self, function: Function, qualifier: str) -> Raw:
        if qualifier == LATEST:
            self._poll(function)
            return function.latest
        arn = f"{function.latest['FunctionArn']}:{qualifier}"
        version = function.aliases.get(qualifier, {}).get("FunctionVersion", qualifier)
        return function.versions[version] | {"FunctionArn": arn}

    def _poll(self, function: Function) -> None:
        """See an update in progress once more, or settled under yet another RevisionId."""
        if function.latest["LastUpdateStatus"] != "InProgress":
            return
        if function.polls_left > 0:
            function.polls_left -= 1
            return
        for gone in ("LastUpdateStatusReason", "LastUpdateStatusReasonCode"):
            function.latest.pop(gone, None)
        function.latest |= {
            "LastUpdateStatus": "Successful",
            "RevisionId": next(self._revisions),
        }

    def _guard(self, function: Function, revision_id: str | None, operation: str) -> None:
        if function.latest["LastUpdateStatus"] == "InProgress":
            raise client_error(
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for "
                f"resource: {function.latest['FunctionArn']}",
                operation,
            )
        if revision_id not in (None, function.latest["RevisionId"]):
            raise client_error("PreconditionFailedException", WRONG_REVISION, operation)

    def _publish(self, function: Function, description: str) -> Raw:
        source = {k: v for k, v in function.latest.items() if k not in ("RevisionId", *NOT_LISTED)}
        if function.versions and source == function.published_from:
            return function.versions[max(function.versions, key=int)]
        function.published += 1
        number = str(function.published)
        function.published_from = copy.deepcopy(source)
        function.versions[number] = copy.deepcopy(function.latest) | {
            "Description": description or function.latest["Description"],
            "FunctionArn": f"{function.latest['FunctionArn']}:{number}",
            "LastModified": self._stamp(),
            "RevisionId": next(self._revisions),
            "Version": number,
        }
        return function.versions[number]

    def _reallocate(self, function: Function, alias: str) -> None:
        """Begin to provision the version that an alias moved to: IN_PROGRESS with what there was,
        as recorded.
        """
        config = function.provisioned.get(alias)
        if config is not None:
            config.status, config.reason = "IN_PROGRESS", ""
            config.reads_left = self.reads_to_allocate

    def _page(self, key: str, items: list[Raw], marker: str | None, size: int) -> Raw:
        at = int(marker or 0)
        page: Raw = {key: items[at : at + size]}
        if at + size < len(items):
            page["NextMarker"] = str(at + size)
        return page

    def _stamp(self) -> str:
        return self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def not_found(message: str, operation: str) -> Exception:
    return client_error("ResourceNotFoundException", message, operation)
