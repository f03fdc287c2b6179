"""How does a ticket, or a delivery, leave the plan? As one message on a queue, which retries."""

from collections.abc import Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.digest import canonical_json


class SqsQueue:
    """A queue in front of a Lambda: tickets, or deliveries to Security Hub."""

    def __init__(self, client: Any, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, message: Mapping[str, Any]) -> None:
        with reading(f"sqs:SendMessage {self._queue_url}"):
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=canonical_json(dict(message))
            )
