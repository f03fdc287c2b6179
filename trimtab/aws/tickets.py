"""How does a ticket leave the plan? As one message each on a queue, which retries for us."""

from collections.abc import Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.digest import canonical_json


class SqsTicketQueue:
    """The queue in front of the ticket Lambda."""

    def __init__(self, client: Any, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, ticket: Mapping[str, Any]) -> None:
        with reading(f"sqs:SendMessage {self._queue_url}"):
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=canonical_json(dict(ticket))
            )
