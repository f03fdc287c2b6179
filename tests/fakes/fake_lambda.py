"""How does Lambda itself answer? A stateful stand-in for its client, true to recorded answers.

What it reproduces (recorded-shape tests: tests/contract): the RevisionId changes with an update and
once more when the update settles; a wrong one is 412; while an update is in progress every further
write is 409; publishing without a change answers the same version; lists are paged.
"""

from collections.abc import Mapping
from typing import Any

from tests.fakes.failures import client_error
from tests.fakes.lambda_removal import LambdaRemoval
from tests.fakes.lambda_routing import refuse_weights, weights_of
from tests.fakes.lambda_state import (
    LATEST,
    NOT_LISTED,
    WRONG_REVISION,
    Function,
    Raw,
    not_found,
)
from trimtab.aws.actuator import NO_REVISION


class FakeLambda(LambdaRemoval):
    """The boto3 client, as far as Trimtab uses it."""

    def list_functions(
        self, MaxItems: int = 50, Marker: str | None = None, FunctionVersion: str | None = None
    ) -> Raw:
        def work() -> Raw:
            functions = [function for _, function in sorted(self._functions.items())]
            entries = (
                [raw for function in functions for raw in _with_versions(function)]
                if FunctionVersion == "ALL"
                else [function.latest for function in functions]
            )
            configurations = [
                {k: v for k, v in raw.items() if k not in NOT_LISTED} for raw in entries
            ]
            return self._page("Functions", configurations, Marker, min(MaxItems, self._page_size))

        return self._call("ListFunctions", work)

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> Raw:
        def work() -> Raw:
            function, qualifier = self._find(FunctionName, Qualifier)
            answer: Raw = {
                "Configuration": self._configuration(function, qualifier),
                "Code": {"Location": "https://code.test/zip", "RepositoryType": "S3"},
            }
            if function.tags_error is not None:
                answer["TagsError"] = function.tags_error
            elif function.tags:
                answer["Tags"] = dict(function.tags)
            if function.reserved is not None:
                answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
            return answer

        return self._call("GetFunction", work)

    def get_function_configuration(
        self,
        FunctionName: str,
        Qualifier: str | None = None,
    ) -> Raw:
        return self._call(
            "GetFunctionConfiguration",
            lambda: self._configuration(*self._find(FunctionName, Qualifier)),
        )

    def list_aliases(self, FunctionName: str, Marker: str | None = None) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None)
            aliases = [raw for _, raw in sorted(function.aliases.items())]
            return self._page("Aliases", aliases, Marker, self._page_size)

        return self._call("ListAliases", work)

    def list_versions_by_function(
        self,
        FunctionName: str,
        Marker: str | None = None,
    ) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None)
            versions = [
                {k: v for k, v in raw.items() if k not in NOT_LISTED}
                for raw in _with_versions(function)
            ]
            return self._page("Versions", versions, Marker, self._page_size)

        return self._call("ListVersionsByFunction", work)

    def get_function_concurrency(self, FunctionName: str) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None)
            if function.reserved is None:
                return {}
            return {"ReservedConcurrentExecutions": function.reserved}

        return self._call("GetFunctionConcurrency", work)

    def get_account_settings(self) -> Raw:
        def work() -> Raw:
            functions = self._functions.values()
            reserved = sum(function.reserved or 0 for function in functions)
            sizes = [raw["CodeSize"] for f in functions for raw in _with_versions(f)]
            return {
                "AccountLimit": {
                    "CodeSizeUnzipped": 262_144_000,
                    "CodeSizeZipped": 52_428_800,
                    "ConcurrentExecutions": self.concurrency_limit,
                    "TotalCodeSize": self.code_storage_limit,
                    "UnreservedConcurrentExecutions": self.concurrency_limit - reserved,
                },
                "AccountUsage": {"FunctionCount": len(functions), "TotalCodeSize": sum(sizes)},
            }

        return self._call("GetAccountSettings", work)

    def update_function_configuration(
        self,
        FunctionName: str,
        RevisionId: str | None = None,
        **changes: Any,
    ) -> Raw:
        operation = "UpdateFunctionConfiguration"

        def work() -> Raw:
            function, _ = self._find(FunctionName, None, operation)
            self._guard(function, RevisionId, operation)
            self._log(
                f"{operation}20150331v2", FunctionName, {"memorySize": changes.get("MemorySize")}
            )
            memory_mb = changes.get("MemorySize", 128)
            if not 128 <= memory_mb <= 10_240:
                raise client_error(
                    "InvalidParameterValueException",
                    f"'MemorySize' value {memory_mb} is not allowed",
                    operation,
                )
            function.latest |= changes | {
                "LastModified": self._stamp(),
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
                "RevisionId": next(self._revisions),
            }
            function.polls_left = self.polls_to_settle
            return function.latest

        return self._call(_named(operation, RevisionId), work)

    def publish_version(
        self,
        FunctionName: str,
        CodeSha256: str | None = None,
        Description: str = "",
        RevisionId: str | None = None,
    ) -> Raw:
        operation = "PublishVersion"

        def work() -> Raw:
            function, _ = self._find(FunctionName, None, operation)
            self._guard(function, RevisionId, operation)
            current = function.latest["CodeSha256"]
            if CodeSha256 not in (None, current):
                raise client_error(
                    "InvalidParameterValueException",
                    f"CodeSHA256 ({CodeSha256}) is different from current CodeSHA256 in $LATEST "
                    f"({current}). Please try again with the CodeSHA256 in $LATEST.",
                    operation,
                )
            return self._publish(function, Description)

        return self._call(operation, work)

    def update_alias(
        self,
        FunctionName: str,
        Name: str,
        FunctionVersion: str | None = None,
        RoutingConfig: Mapping[str, Any] | None = None,
        RevisionId: str | None = None,
    ) -> Raw:
        operation = "UpdateAlias"

        def work() -> Raw:
            function, _ = self._find(FunctionName, None, operation)
            arn = function.latest["FunctionArn"]
            alias = function.aliases.get(Name)
            if alias is None:
                raise not_found(f"Cannot find alias arn: {arn}:{Name}", operation)
            version = FunctionVersion or alias["FunctionVersion"]
            if version != LATEST and version not in function.versions:
                raise not_found(f"Function not found: {arn}:{version}", operation)
            if RevisionId not in (None, alias["RevisionId"]):
                raise client_error("PreconditionFailedException", WRONG_REVISION, operation)
            routing = alias.get("RoutingConfig") if RoutingConfig is None else RoutingConfig
            refuse_weights(function, Name, version, weights_of(routing))
            self._refuse_move(function, Name, version)
            if version != alias["FunctionVersion"]:
                self._reallocate(function, Name)
            alias |= {"FunctionVersion": version, "RevisionId": next(self._revisions)}
            self._log(f"{operation}20150331", FunctionName, _asked(Name, FunctionVersion, routing))
            alias.pop("RoutingConfig", None)
            if weights_of(routing):
                alias["RoutingConfig"] = {"AdditionalVersionWeights": weights_of(routing)}
            return alias

        return self._call(_named(operation, RevisionId), work)

    def tag_resource(self, Resource: str, Tags: Mapping[str, str]) -> Raw:
        def work() -> Raw:
            function, _ = self._find(Resource, None, "TagResource")
            self._guard(function, None, "TagResource")
            function.tags |= Tags
            return {}

        return self._call("TagResource", work)


def _asked(name: str, version: str | None, routing: Mapping[str, Any] | None) -> Raw:
    """Say a request as CloudTrail does: what was not given is not there."""
    said: Raw = {"name": name}
    if version is not None:
        said["functionVersion"] = version
    if routing is not None:
        said["routingConfig"] = {"additionalVersionWeights": weights_of(routing)}
    return said


def _with_versions(function: Function) -> list[Raw]:
    """Return $LATEST and every version, each under its own qualified ARN."""
    latest = function.latest | {"FunctionArn": f"{function.latest['FunctionArn']}:{LATEST}"}
    return [latest, *function.versions.values()]


def _named(operation: str, revision_id: str | None) -> str:
    """Count and break trials apart from writes: TryUpdateAlias."""
    return f"Try{operation}" if revision_id == NO_REVISION else operation
