"""What calls the functions of one account and region, and who may? Beside their configuration."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.failures import client_error
from tests.fakes.lambda_state import LambdaState, Raw, not_found
from trimtab.domain.arn import FunctionArn


class LambdaReach(LambdaState):
    """Event source mappings, resource policies, URLs and settings of asynchronous invocation."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._mappings: list[Raw] = []
        self._policies: dict[tuple[str, str | None], list[Raw]] = {}
        self._urls: dict[str, list[Raw]] = {}
        self._event_configs: dict[str, list[Raw]] = {}
        self._loops: dict[str, str] = {}
        self.executions: dict[str, list[str]] = {}
        """The status of each durable execution, by the name of the function."""

    def feed(
        self, function: FunctionArn, source: str | None, *, qualifier: str = "", **raw: Any
    ) -> None:
        """Map an event source to a function. `source` None: Kafka that runs elsewhere."""
        arn = f"{function}:{qualifier}" if qualifier else str(function)
        where = (
            {"SelfManagedEventSource": {"Endpoints": {}}}
            if source is None
            else {"EventSourceArn": source}
        )
        number = len(self._mappings)
        usual = {"UUID": f"uuid-{number}", "FunctionArn": arn, "State": "Enabled"}
        usual |= {"LastModified": self._clock.now()}
        self._mappings.append(usual | where | raw)

    def permit(self, name: str, *statements: Mapping[str, Any], alias: str | None = None) -> None:
        """Add statements to the policy of a function, or of an alias of it."""
        self._policies.setdefault((name, alias), []).extend(map(dict, statements))

    def open_url(self, function: FunctionArn, auth: str, *, alias: str | None = None) -> None:
        arn = str(function) if alias is None else f"{function}:{alias}"
        url = {"FunctionArn": arn, "AuthType": auth, "FunctionUrl": "https://x.lambda-url.test/"}
        self._urls.setdefault(function.name, []).append(url)

    def handle_events(self, function: FunctionArn, qualifier: str = "$LATEST", **raw: Any) -> None:
        config = {"FunctionArn": f"{function}:{qualifier}", "LastModified": 0} | raw
        self._event_configs.setdefault(function.name, []).append(config)

    def allow_loops(self, name: str) -> None:
        self._loops[name] = "Allow"

    def list_event_source_mappings(
        self, MaxItems: int = 100, Marker: str | None = None, FunctionName: str | None = None
    ) -> Raw:
        def work() -> Raw:
            size = min(MaxItems, 100, self._page_size)
            found = [
                raw for raw in self._mappings if FunctionName in (None, raw.get("FunctionArn"))
            ]
            return self._page("EventSourceMappings", found, Marker, size)

        return self._call("ListEventSourceMappings", work)

    def get_policy(self, FunctionName: str, Qualifier: str | None = None) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, Qualifier, "GetPolicy")
            found = self._policies.get((function.latest["FunctionName"], Qualifier))
            if not found:
                raise not_found("The resource you requested does not exist.", "GetPolicy")
            document = {"Version": "2012-10-17", "Id": "default", "Statement": found}
            return {"Policy": json.dumps(document), "RevisionId": "policy-1"}

        return self._call("GetPolicy", work)

    def list_function_url_configs(
        self, FunctionName: str, MaxItems: int = 50, Marker: str | None = None
    ) -> Raw:
        return self._listing("ListFunctionUrlConfigs", FunctionName, self._urls, MaxItems, Marker)

    def list_function_event_invoke_configs(
        self, FunctionName: str, MaxItems: int = 50, Marker: str | None = None
    ) -> Raw:
        operation = "ListFunctionEventInvokeConfigs"
        return self._listing(operation, FunctionName, self._event_configs, MaxItems, Marker)

    def _listing(
        self,
        operation: str,
        name: str,
        found: Mapping[str, Sequence[Raw]],
        size: int,
        marker: str | None,
    ) -> Raw:
        def work() -> Raw:
            function, _ = self._find(name, None, operation)
            if size > 50:
                message = "Value at 'maxItems' failed to satisfy constraint"
                raise client_error("InvalidParameterValueException", message, operation)
            items = list(found.get(function.latest["FunctionName"], ()))
            key = operation.removeprefix("List")
            return self._page(key, items, marker, min(size, self._page_size))

        return self._call(operation, work)

    def get_function_recursion_config(self, FunctionName: str) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None, "GetFunctionRecursionConfig")
            return {"RecursiveLoop": self._loops.get(function.latest["FunctionName"], "Terminate")}

        return self._call("GetFunctionRecursionConfig", work)

    def list_durable_executions_by_function(
        self,
        FunctionName: str,
        Statuses: Sequence[str],
        MaxItems: int = 100,
        Marker: str | None = None,
    ) -> Raw:
        def work() -> Raw:
            function, _ = self._find(FunctionName, None, "ListDurableExecutionsByFunction")
            arn = function.latest["FunctionArn"]
            found = [
                {"DurableExecutionArn": f"{arn}:{n}", "FunctionArn": arn, "Status": status}
                for n, status in enumerate(self.executions.get(function.latest["FunctionName"], ()))
                if status in Statuses
            ]
            return self._page("DurableExecutions", found, Marker, min(MaxItems, self._page_size))

        return self._call("ListDurableExecutionsByFunction", work)
