"""What does Lambda answer about provisioned concurrency? True to recorded answers.

Put is 202 IN_PROGRESS and gives nothing of what was asked for until all of it is there; what was
allocated before stays. It becomes READY, or FAILED, after some reads or when a test says so.
Recorded: tests/contract/test_provisioned_contract.py, also that deleting what is not there is no
error. Not recorded: the two limits ("Configuring provisioned concurrency" and
"PutProvisionedConcurrencyConfig", Lambda documentation) and 409 while a request is processed
(github.com/hashicorp/terraform-provider-aws/issues/13967); read 2026-11-21.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.failures import client_error
from tests.fakes.lambda_reach import LambdaReach
from tests.fakes.lambda_routing import weights_of
from tests.fakes.lambda_state import LATEST, NAME, Function, Provisioned, Raw, not_found

PUT = "PutProvisionedConcurrencyConfig"
GET = "GetProvisionedConcurrencyConfig"
DELETE = "DeleteProvisionedConcurrencyConfig"
LIST = "ListProvisionedConcurrencyConfigs"
UNRESERVED = 100
"""What an account must keep unreserved. Source: PutFunctionConcurrency, Lambda API reference."""

_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_NOT_PUBLISHED = "The function resource provided must be an alias or a published version."
_TAKEN = (
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
    "version"
)

INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
"""The recorded StatusReason of a function that fails to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whom CloudTrail names."""

    username: str
    role: str


class LambdaProvisioned(LambdaReach):
    """Provisioned concurrency of aliases and versions."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._caller: Caller | None = None
        self._failing: dict[tuple[str, str], str] = {}

    def publishes(self, name: str, qualifier: str) -> bool:
        """Tell whether the function is there, with this alias or version."""
        function = self._functions.get(name)
        return function is not None and qualifier in (*function.versions, *function.aliases)

    def provisioned(self, name: str, qualifier: str) -> Provisioned | None:
        """Return what is configured, without a call."""
        return self._functions[name].provisioned.get(qualifier)

    def allocate(self, name: str | None = None) -> None:
        """Let what is being allocated, of one function or all, be there, or have failed."""
        for each, function in self._functions.items():
            for qualifier, config in function.provisioned.items():
                if name in (None, each) and config.status == "IN_PROGRESS":
                    self._end(each, qualifier, config)

    def fail_allocation(self, name: str, qualifier: str, reason: str | None = INIT_FAILURE) -> None:
        """Let every allocation of it fail from now on, that in progress too; None: no longer."""
        self._failing.pop((name, qualifier), None)
        if reason is not None:
            self._failing[name, qualifier] = reason

    @contextmanager
    def called_by(self, caller: Caller) -> Iterator[None]:
        """Let somebody else call, such as a service on its own."""
        self._caller = caller
        try:
            yield
        finally:
            self._caller = None

    def put_provisioned_concurrency_config(
        self, FunctionName: str, Qualifier: str, ProvisionedConcurrentExecutions: int
    ) -> Raw:
        asked = (FunctionName, Qualifier, ProvisionedConcurrentExecutions)
        return self._call(PUT, lambda: self.put_provisioned(*asked))

    def get_provisioned_concurrency_config(self, FunctionName: str, Qualifier: str) -> Raw:
        def work() -> Raw:
            function = self._published(FunctionName, Qualifier, GET)
            config = function.provisioned.get(Qualifier)
            if config is None:
                message = "No Provisioned Concurrency Config found for this function"
                raise client_error("ProvisionedConcurrencyConfigNotFoundException", message, GET)
            return self._read(function, Qualifier, config)

        return self._call(GET, work)

    def delete_provisioned_concurrency_config(self, FunctionName: str, Qualifier: str) -> Raw:
        return self._call(DELETE, lambda: self.delete_provisioned(FunctionName, Qualifier))

    def list_provisioned_concurrency_configs(
        self, FunctionName: str, MaxItems: int = 50, Marker: str | None = None
    ) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None, LIST)
            arn = function.latest["FunctionArn"]
            configs = [
                {"FunctionArn": f"{arn}:{qualifier}"} | self._read(function, qualifier, config)
                for qualifier, config in function.provisioned.items()
            ]
            size = min(MaxItems, 50, self._page_size)
            return self._page("ProvisionedConcurrencyConfigs", configs, Marker, size)

        return self._call(LIST, work)

    def put_provisioned(self, name: str, qualifier: str, count: int) -> Raw:
        """Do the work of a put, and none of its counting."""
        if count < 1:
            message = (
                f"1 validation error detected: Value '{count}' at 'provisionedConcurrentExecutions'"
                " failed to satisfy constraint: Member must have value greater than or equal to 1"
            )
            raise client_error("ValidationException", message, PUT)
        function = self._published(name, qualifier, PUT)
        self._refuse_version(function, qualifier)
        old = function.provisioned.get(qualifier)
        if old is not None and old.status == "IN_PROGRESS":
            message = "A previous request is being processed. Please try again shortly"
            raise client_error("ResourceConflictException", message, PUT)
        self._refuse_count(function, qualifier, count)
        config = Provisioned(
            requested=count,
            allocated=0 if old is None else old.allocated,
            status="IN_PROGRESS",
            last_modified=self._clock.now().strftime("%Y-%m-%dT%H:%M:%S+0000"),
            reads_left=self.reads_to_allocate,
        )
        function.provisioned[qualifier] = config
        asked = {"qualifier": qualifier, "provisionedConcurrentExecutions": count}
        self._tell(f"{PUT}20190930", name, asked)
        return _said(config)

    def delete_provisioned(self, name: str, qualifier: str) -> Raw:
        """Do the work of a delete. Nothing to delete is no error: recorded."""
        function = self._published(name, qualifier, DELETE)
        function.provisioned.pop(qualifier, None)
        self._tell(f"{DELETE}20190930", name, {"qualifier": qualifier})
        return {}

    def _published(self, name: str, qualifier: str, operation: str) -> Function:
        if qualifier == LATEST:
            message = _UNPUBLISHED if operation == PUT else _NOT_PUBLISHED
            raise client_error("InvalidParameterValueException", message, operation)
        match = NAME.fullmatch(name)
        assert match is not None, name
        if not self.publishes(match["name"], qualifier):
            place = f"{self.target.region}:{self.target.account}"
            arn = f"arn:aws:lambda:{place}:function:{match['name']}:{qualifier}"
            what = "Function not found:" if qualifier.isdigit() else "Cannot find alias arn:"
            raise not_found(f"{what} {arn}", operation)
        return self._functions[match["name"]]

    def _refuse_version(self, function: Function, qualifier: str) -> None:
        """Refuse a second configuration for one version, weights, and an alias on $LATEST."""
        alias = function.aliases.get(qualifier)
        version = qualifier if alias is None else alias["FunctionVersion"]
        others = set(function.provisioned) - {qualifier}
        aliases = {a for a in others if _served(function, a) == version}
        if alias is None and aliases:
            raise _conflict("Version is pointed by a Provisioned Concurrency alias")
        if alias is not None and (aliases or version in others):
            raise _conflict(_TAKEN)
        if alias is not None and weights_of(alias.get("RoutingConfig")):
            raise _invalid("Alias with weights can not be used with Provisioned Concurrency")
        if version == LATEST:
            raise _invalid(_UNPUBLISHED)

    def _refuse_move(self, function: Function, alias: str, version: str) -> None:
        """Refuse to move provisioned concurrency where some is: not recorded for UpdateAlias."""
        others = set(function.provisioned) - {alias}
        taken = {q for q in others if q == version or _served(function, q) == version}
        if alias in function.provisioned and taken:
            raise _conflict(_TAKEN, "UpdateAlias")

    def _refuse_count(self, function: Function, qualifier: str, count: int) -> None:
        others = sum(c.requested for q, c in function.provisioned.items() if q != qualifier)
        if function.reserved is not None:
            if others + count > function.reserved:
                raise _invalid(
                    "Requested Provisioned Concurrency should not be greater than the "
                    "reservedConcurrentExecution for function"
                )
            return
        everything = self._functions.values()
        reserved = sum(f.reserved or 0 for f in everything)
        elsewhere = sum(
            config.requested
            for f in everything
            if f.reserved is None and f is not function
            for config in f.provisioned.values()
        )
        if self.concurrency_limit - reserved - elsewhere - others - count < UNRESERVED:
            raise _invalid(
                "Specified ConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
            )

    def _read(self, function: Function, qualifier: str, config: Provisioned) -> Raw:
        """Say how it stands; a request in progress is that for so many reads."""
        if config.status == "IN_PROGRESS":
            if config.reads_left == 0:
                self._end(function.latest["FunctionName"], qualifier, config)
            else:
                config.reads_left -= 1
        return _said(config)

    def _end(self, name: str, qualifier: str, config: Provisioned) -> None:
        reason = self._failing.get((name, qualifier))
        if reason is None:
            config.status, config.allocated = "READY", config.requested
        else:
            config.status, config.reason = "FAILED", reason

    def _tell(self, event: str, function: str, request: Raw) -> None:
        """Let CloudTrail know, also of a service that called on its own."""
        if self._caller is None:
            self._log(event, function, request)
        elif self.trail is not None:
            self.trail.put(
                event,
                at=self._clock.now(),
                username=self._caller.username,
                role=self._caller.role,
                function=function,
                request=request,
            )


def _served(function: Function, alias: str) -> str | None:
    raw = function.aliases.get(alias)
    return None if raw is None else str(raw["FunctionVersion"])


def _said(config: Provisioned) -> Raw:
    return {
        "RequestedProvisionedConcurrentExecutions": config.requested,
        "AllocatedProvisionedConcurrentExecutions": config.allocated,
        "AvailableProvisionedConcurrentExecutions": config.allocated,
        "LastModified": config.last_modified,
        "Status": config.status,
    } | ({"StatusReason": config.reason} if config.reason else {})


def _conflict(message: str, operation: str = PUT) -> ClientError:
    return client_error("ResourceConflictException", message, operation)


def _invalid(message: str) -> ClientError:
    return client_error("InvalidParameterValueException", message, PUT)
