"""How do Step Functions and the templates of CloudFormation answer? Definitions, and templates."""

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.bulk_clients import FakeCloudFormation
from tests.fakes.failures import FailingClient, client_error
from tests.fakes.fake_callers import paged
from trimtab.domain.arn import Target

Raw = dict[str, Any]


class FakeMachines(FailingClient):
    """The state machines of one account and region."""

    def __init__(self, target: Target, *, page: int = 1000) -> None:
        super().__init__()
        self._page = page
        self._here = f"arn:aws:states:{target.region}:{target.account}:stateMachine"
        self._role = f"arn:aws:iam::{target.account}:role/machine"
        self._machines: dict[str, Raw] = {}

    def put(
        self, name: str, definition: object, *, role: str | None = None, status: str = "ACTIVE"
    ) -> str:
        arn = f"{self._here}:{name}"
        text = definition if isinstance(definition, str) else json.dumps(definition)
        self._machines[arn] = {
            "stateMachineArn": arn,
            "name": name,
            "status": status,
            "definition": text,
            "roleArn": role or self._role,
        }
        return arn

    def forget(self, name: str) -> None:
        """Let a machine go between its listing and the reading of it."""
        self._machines[f"{self._here}:{name}"] = {"name": name}

    def list_state_machines(self, maxResults: int = 100, nextToken: str | None = None) -> Raw:
        def work() -> Raw:
            listed = [
                {"stateMachineArn": arn, "name": raw["name"]} for arn, raw in self._machines.items()
            ]
            page = paged(listed, nextToken, min(maxResults, self._page), "nextToken")
            return {"stateMachines": page.pop("items")} | page

        return self.run("ListStateMachines", work)

    def describe_state_machine(self, stateMachineArn: str) -> Raw:
        operation = "DescribeStateMachine"

        def work() -> Raw:
            found = self._machines[stateMachineArn]
            if "definition" not in found:
                message = "State Machine Does Not Exist"
                raise client_error("StateMachineDoesNotExist", message, operation, status=400)
            return found

        return self.run(operation, work)


class FakeStacks(FakeCloudFormation):
    """CloudFormation with templates, parameters, exports and the resources of a stack."""

    def __init__(self, target: Target, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._here = f"arn:aws:cloudformation:{target.region}:{target.account}:stack"
        self._templates: dict[str, Raw] = {}
        self.exports: dict[str, str] = {}

    def put_stack(
        self,
        name: str,
        template: object,
        *,
        resources: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        status: str = "CREATE_COMPLETE",
    ) -> None:
        """Add a stack. `resources`: the physical id of each by its logical one."""
        self._templates[f"{self._here}/{name}/1"] = {
            "name": name,
            "template": template,
            "resources": dict(resources or {}),
            "parameters": dict(parameters or {}),
            "status": status,
        }

    def describe_stacks(self, StackName: str | None = None, NextToken: str | None = None) -> Raw:
        if StackName is not None:
            return super().describe_stacks(StackName)

        def work() -> Raw:
            listed = [
                {
                    "StackId": stack,
                    "StackName": raw["name"],
                    "StackStatus": raw["status"],
                    "Parameters": [
                        {"ParameterKey": k, "ParameterValue": v}
                        for k, v in raw["parameters"].items()
                    ],
                }
                for stack, raw in self._templates.items()
            ]
            page = paged(listed, NextToken, self._page)
            return {"Stacks": page.pop("items")} | page

        return self.run("DescribeStacks", work)

    def get_template(self, StackName: str, TemplateStage: str) -> Raw:
        return self.run(
            "GetTemplate", lambda: {"TemplateBody": self._templates[StackName]["template"]}
        )

    def describe_stack_resources(
        self,
        PhysicalResourceId: str | None = None,
        StackName: str | None = None,
        LogicalResourceId: str | None = None,
    ) -> Raw:
        operation = "DescribeStackResources"
        if PhysicalResourceId is not None:
            return super().describe_stack_resources(PhysicalResourceId)

        def work() -> Raw:
            resources = self._templates[str(StackName)]["resources"]
            if LogicalResourceId not in resources:
                message = f"Resource {LogicalResourceId} does not exist for stack {StackName}"
                raise client_error("ValidationError", message, operation)
            found = resources[LogicalResourceId]
            return {"StackResources": [{"PhysicalResourceId": found}]}

        return self.run(operation, work)

    def list_exports(self, NextToken: str | None = None) -> Raw:
        def work() -> Raw:
            listed = [{"Name": name, "Value": value} for name, value in self.exports.items()]
            page = paged(listed, NextToken, self._page)
            return {"Exports": page.pop("items")} | page

        return self.run("ListExports", work)
