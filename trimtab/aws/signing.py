"""Was this decision really made here? Signatures of a key that never leaves KMS (S1)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading

ALGORITHM = "ECDSA_SHA_256"
RAW_LIMIT_BYTES = 4096
"""Source: KMS API, Sign, Message maximum for MessageType RAW (botocore 1.44.5)."""


class KmsSigner:
    """Signs; the approval Lambda alone may."""

    def __init__(self, client: Any, *, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def sign(self, message: bytes) -> tuple[str, str]:
        with reading(f"kms:Sign {self._key_id}"):
            answer = self._client.sign(
                KeyId=self._key_id, SigningAlgorithm=ALGORITHM, **_message(message)
            )
        return base64.b64encode(answer["Signature"]).decode(), self._key_id


class KmsVerifier:
    """Checks a signature against the one key that counts, whatever key the record names."""

    def __init__(self, client: Any, *, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool:
        if key_id != self._key_id:
            return False
        try:
            given = base64.b64decode(signature, validate=True)
        except ValueError:
            return False
        if not given:
            return False
        with reading(f"kms:Verify {self._key_id}"):
            try:
                answer = self._client.verify(
                    KeyId=self._key_id,
                    Signature=given,
                    SigningAlgorithm=ALGORITHM,
                    **_message(message),
                )
            except ClientError as error:
                if code_of(error) == "KMSInvalidSignatureException":
                    return False
                raise
        return answer["SignatureValid"] is True


def _message(message: bytes) -> Mapping[str, Any]:
    """Give KMS the message, or its digest where it is too long: the signature is the same kind."""
    if len(message) <= RAW_LIMIT_BYTES:
        return {"Message": message, "MessageType": "RAW"}
    return {"Message": hashlib.sha256(message).digest(), "MessageType": "DIGEST"}
