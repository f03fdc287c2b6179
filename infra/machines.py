"""How do the two state machines get their Lambdas? The ASL files name them, this fills in which.

Scan and Change call numbered versions, so a running execution keeps the code it started with. Their
logs hold no input or output: a task token is in there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import LOG_DAYS, Functions
from infra.names import CHANGE_MACHINE, SCAN_MACHINE, machine_arn
from infra.stores import Stores

HERE = Path(__file__).parent


class Machines(Construct):
    """Scan and Change."""

    def __init__(self, scope: Construct, *, functions: Functions, stores: Stores) -> None:
        super().__init__(scope, "Machines")
        self._functions, self._stores = functions, stores
        self.change = self._machine(
            CHANGE_MACHINE,
            "change",
            ("request", "decide", "apply", "backup", "restore", "notify"),
        )
        self.scan = self._machine(
            SCAN_MACHINE,
            "scan",
            ("discover", "scan", "plan", "notify"),
            more_values={"ChangeMachine": machine_arn(CHANGE_MACHINE)},
            more_statements=self._scan_statements(),
        )

    def _machine(
        self,
        name: str,
        file: str,
        handlers: tuple[str, ...],
        *,
        more_values: Mapping[str, str] | None = None,
        more_statements: tuple[iam.PolicyStatement, ...] = (),
    ) -> sfn.StateMachine:
        versions = {
            f"{h.title()}Function": self._functions.version(h).function_arn for h in handlers
        }
        log = logs.LogGroup(
            self,
            f"{file.title()}Log",
            log_group_name=f"/aws/vendedlogs/trimtab-{file}-machine",
            retention=LOG_DAYS,
            encryption_key=self._stores.data_key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        machine = sfn.StateMachine(
            self,
            file.title(),
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(
                (HERE / f"{file}.asl.json").read_text(encoding="utf-8")
            ),
            definition_substitutions={
                "Partition": Aws.PARTITION,
                **versions,
                **(more_values or {}),
            },
            role=self._role(file, handlers, more_statements),
            logs=sfn.LogOptions(
                destination=log, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        # cfn-lint knows one partition only; tests/infra/test_machines.py lints with that one.
        lint = {"config": {"ignore_checks": ["E3601"]}}
        resource = machine.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        resource.add_metadata("cfn-lint", lint)
        return machine

    def _role(
        self, file: str, handlers: tuple[str, ...], more: tuple[iam.PolicyStatement, ...]
    ) -> iam.Role:
        # Any version: an execution that started before this deployment still calls an older one.
        functions = [f"{self._functions.by_handler[h].function_arn}:*" for h in handlers]
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=functions)
        return iam.Role(
            self,
            f"{file.title()}Role",
            role_name=f"trimtab-{file}-machine",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={"needs": iam.PolicyDocument(statements=[invoke, *more])},
        )

    def _scan_statements(self) -> tuple[iam.PolicyStatement, ...]:
        """Return what the Distributed Map and its children need, and starting changes.

        Source: "IAM policies for using Distributed Map states", AWS Step Functions Developer Guide,
        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html,
        read 2026-11-21.
        """
        executions = machine_arn(SCAN_MACHINE).replace(":stateMachine:", ":execution:")
        evidence, key = self._stores.evidence, self._stores.data_key
        via = f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"
        return (
            iam.PolicyStatement(
                actions=["states:StartExecution"],
                resources=[machine_arn(SCAN_MACHINE), machine_arn(CHANGE_MACHINE)],
            ),
            iam.PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[f"{executions}:*", f"{executions}/*:*"],
            ),
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[evidence.arn_for_objects("runs/*/manifest.json")],
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": via}},
            ),
        )
