"""How does a ticket wait until its sink answers? In a queue, and apart what never arrives."""

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
BATCH = 10


class Tickets(Construct):
    """The queue, its dead letters, and the secret that holds the sink's token."""

    def __init__(self, scope: Construct, *, key: kms.Key) -> None:
        super().__init__(scope, "Tickets")
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
            visibility_timeout=cdk.Duration.seconds(6 * SIZES["ticket"].timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=ATTEMPTS
            ),
        )
        self.token = secretsmanager.Secret(
            self,
            "Token",
            secret_name=TICKET_SECRET,
            description="Trimtab: token of the ticket sink; put yours in place of the random value",
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def feed(self, function: lambda_.Function) -> None:
        """Give the tickets to the Lambda in small batches, each ticket failing on its own."""
        lambda_.EventSourceMapping(
            self,
            "Feed",
            target=function,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            max_concurrency=2,
            report_batch_item_failures=True,
        )
