"""What runs when? Scan once a day, watch every minute, look after what was closed every hour,
reconcile every five minutes, sign checkpoints every fifteen; drill once a week, and look once a day
at which backups end.
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
CALLED = ("watch", "reconcile", "checkpoint", "drill")
"""The handlers that schedules call."""
EXPIRY = "cron(0 6 * * ? *)"
"""Of the drill Lambda, too: 06:00 UTC, an hour after a scan begins. Chosen."""


class Schedules(Construct):
    """The schedules, the role they act with, and what they could not deliver."""

    def __init__(
        self,
        scope: Construct,
        *,
        scan: sfn.StateMachine,
        functions: Mapping[str, lambda_.Function],
        scan_expression: str,
        drill_days: int | None,
        key: kms.Key,
    ) -> None:
        """`functions`: by handler. `drill_days`: between two drills; None: none is scheduled."""
        super().__init__(scope, "Schedules")
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        called = {name: functions[name] for name in CALLED}
        arns = {name: function.function_arn for name, function in called.items()}
        self._role = self._scheduler_role(scan.state_machine_arn, list(arns.values()), key)
        # A day's scan is worth an hour of trying; the others come again anyway.
        self._schedule("scan", scan_expression, scan.state_machine_arn, retry_for_s=3600)
        self._schedule("watch", WATCH, arns["watch"], retry_for_s=60)
        self._schedule(
            "aftercare",
            AFTERCARE,
            arns["watch"],
            retry_for_s=600,
            event='{"aftercare": true}',
        )
        self._schedule("reconcile", RECONCILE, arns["reconcile"], retry_for_s=240)
        self._schedule("checkpoint", CHECKPOINT, arns["checkpoint"], retry_for_s=600)
        self._schedule(
            "expiry", EXPIRY, arns["drill"], retry_for_s=3600, event='{"announce": true}'
        )
        if drill_days is not None:
            days = "1 day" if drill_days == 1 else f"{drill_days} days"
            self._schedule("drill", f"rate({days})", arns["drill"], retry_for_s=3600)
        self._keep_failed_ticks(called, key)

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
                iam.Policy(
                    self, f"{name.title()}DeadLetters", statements=self._send_dead_letters(key)
                )
            )
            lambda_.CfnEventInvokeConfig(
                self,
                f"{name.title()}Ticks",
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
