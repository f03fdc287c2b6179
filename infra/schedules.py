"""What runs when? Scan once a day, watch every minute, look after what was closed every hour,
reconcile every five minutes, sign checkpoints every fifteen.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

WATCH = "rate(1 minute)"
AFTERCARE = "rate(1 hour)"
"""Of the watch Lambda, too: each closed change has one hour of the day."""
RECONCILE = "rate(5 minutes)"
CHECKPOINT = "rate(15 minutes)"


class Schedules(Construct):
    """The schedules, the role they act with, and what they could not deliver."""

    def __init__(
        self,
        scope: Construct,
        *,
        scan: sfn.StateMachine,
        watch: lambda_.Function,
        reconcile: lambda_.Function,
        checkpoint: lambda_.Function,
        scan_expression: str,
        key: kms.Key,
    ) -> None:
        super().__init__(scope, "Schedules")
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        functions = [watch.function_arn, reconcile.function_arn, checkpoint.function_arn]
        self._role = self._scheduler_role(scan.state_machine_arn, functions, key)
        # A day's scan is worth an hour of trying; the others come again anyway.
        self._schedule("scan", scan_expression, scan.state_machine_arn, retry_for_s=3600)
        self._schedule("watch", WATCH, watch.function_arn, retry_for_s=60)
        self._schedule(
            "aftercare",
            AFTERCARE,
            watch.function_arn,
            retry_for_s=600,
            event='{"aftercare": true}',
        )
        self._schedule("reconcile", RECONCILE, reconcile.function_arn, retry_for_s=240)
        self._schedule("checkpoint", CHECKPOINT, checkpoint.function_arn, retry_for_s=600)
        ticks = {"Watch": watch, "Reconcile": reconcile, "Checkpoint": checkpoint}
        self._keep_failed_ticks(ticks, key)

    def _schedule(
        self, name: str, expression: str, target: str, *, retry_for_s: int, event: str = "{}"
    ) -> None:
        scheduler.CfnSchedule(
            self,
            name.title(),
            name=f"trimtab-{name}",
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target,
                role_arn=self._role.role_arn,
                input=event,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.dead_letters.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=retry_for_s, maximum_retry_attempts=10
                ),
            ),
        )

    def _keep_failed_ticks(self, functions: Mapping[str, lambda_.Function], key: kms.Key) -> None:
        """Do not make up for a tick that failed or waited for five minutes, but keep it."""
        for name, function in functions.items():
            assert isinstance(function.role, iam.Role)
            function.role.attach_inline_policy(
                iam.Policy(self, f"{name}DeadLetters", statements=self._send_dead_letters(key))
            )
            lambda_.CfnEventInvokeConfig(
                self,
                f"{name}Ticks",
                function_name=function.function_name,
                qualifier="$LATEST",
                maximum_retry_attempts=0,
                maximum_event_age_in_seconds=300,
                destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                    on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                        destination=self.dead_letters.queue_arn
                    )
                ),
            )

    def _send_dead_letters(self, key: kms.Key) -> list[iam.PolicyStatement]:
        via = f"sqs.{Aws.REGION}.{Aws.URL_SUFFIX}"
        return [
            iam.PolicyStatement(
                actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": via}},
            ),
        ]

    def _scheduler_role(self, machine: str, functions: list[str], key: kms.Key) -> iam.Role:
        statements = [
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine]),
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=functions),
            *self._send_dead_letters(key),
        ]
        return iam.Role(
            self,
            "Role",
            role_name="trimtab-schedules",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={"needs": iam.PolicyDocument(statements=statements)},
        )
