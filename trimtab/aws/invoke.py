"""How is a Lambda of the hub asked a question, and its answer waited for?"""

import json
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.errors import PermanentError


class Lambdas:
    """Asks Lambdas of the hub, by name."""

    def __init__(self, client: Any) -> None:
        """Give it a client that waits as long as the Lambda may run, and never asks twice."""
        self._client = client

    def ask(self, name: str, event: Any) -> Any:
        """Raises: PermanentError with what the Lambda said when it failed."""
        with reading(f"lambda:InvokeFunction {name}"):
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            message = said.get("errorMessage", "no message") if isinstance(said, dict) else said
            raise PermanentError(f"{name}: {message}; read its log")
        return said
