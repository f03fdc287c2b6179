"""How does a message wait until its sink answers? In a queue, and apart what never arrives.

Tickets wait for the ticket sink, deliveries for Security Hub.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import SIZES
from infra.names import TICKET_SECRET

ATTEMPTS = 5


class Waiting(Construct):
    """A queue in front of a Lambda, and its dead letters."""

    def __init__(self, scope: Construct, name: str, *, handler: str, key: kms.Key) -> None:
        super().__init__(scope, name)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(4),
            # Six times the function's timeout, as Lambda's guide asks.
            visibility_timeout=cdk.Duration.seconds(6 * SIZES[handler].timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=ATTEMPTS
            ),
        )

    def feed(self, function: lambda_.Function, *, batch: int, at_once: int = 2) -> None:
        """Give the messages to the Lambda in small batches, each failing on its own."""
        lambda_.EventSourceMapping(
            self,
            "Feed",
            target=function,
            event_source_arn=self.queue.queue_arn,
            batch_size=batch,
            max_concurrency=at_once,
            report_batch_item_failures=True,
        )


class Tickets(Waiting):
    """The queue of the tickets, and the secret that holds the sink's token."""

    def __init__(self, scope: Construct, *, key: kms.Key) -> None:
        super().__init__(scope, "Tickets", handler="ticket", key=key)
        self.token = secretsmanager.Secret(
            self,
            "Token",
            secret_name=TICKET_SECRET,
            description="Trimtab: token of the ticket sink; put yours in place of the random value",
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )


class Deliveries(Waiting):
    """The queue of what Security Hub is to be told: a message for each target and run."""

    def __init__(self, scope: Construct, *, key: kms.Key) -> None:
        super().__init__(scope, "Deliveries", handler="deliver", key=key)
