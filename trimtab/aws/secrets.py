"""Where is the token of the ticket sink? In Secrets Manager, read when needed (S16)."""

from typing import Any

from trimtab.aws.errors import reading


class SecretStore:
    """Reads secrets by their id."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, secret_id: str) -> str:
        with reading(f"secretsmanager:GetSecretValue {secret_id}"):
            return str(self._client.get_secret_value(SecretId=secret_id)["SecretString"])
