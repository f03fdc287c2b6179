"""When must a person look? A Lambda or an execution failed, or something lies undelivered.

Whoever should be called subscribes to the topic.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

FIVE_MINUTES = cdk.Duration.minutes(5)


class Alarms(Construct):
    """The topic, and one alarm per thing that can fail."""

    def __init__(
        self,
        scope: Construct,
        *,
        functions: Mapping[str, lambda_.Function],
        machines: Mapping[str, sfn.StateMachine],
        dead_letters: Mapping[str, sqs.Queue],
        key: kms.Key,
    ) -> None:
        super().__init__(scope, "Alarms")
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        _let_alarms_use(key)
        for name, function in functions.items():
            self._alarm(name, "Errors", function.metric_errors(period=FIVE_MINUTES))
        for name, machine in machines.items():
            self._alarm(name, "Failed", machine.metric_failed(period=FIVE_MINUTES))
        for name, queue in dead_letters.items():
            depth = queue.metric_approximate_number_of_messages_visible(
                period=FIVE_MINUTES, statistic="Maximum"
            )
            self._alarm(name, "DeadLetters", depth)

    def _alarm(self, name: str, what: str, metric: cloudwatch.Metric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            f"{name.title()}{what}",
            alarm_name=f"trimtab-{name}-{what.lower()}",
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))


def _let_alarms_use(key: kms.Key) -> None:
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsToTheTopic",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
