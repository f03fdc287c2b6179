"""Who signs checkpoints in a test? A real key of the curve P-256, made for the test."""

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CHECKPOINT_KEY = "arn:aws:kms:eu-west-1:999999999999:key/checkpoints"


class LocalSigner:
    """Signs as KMS does with ECDSA_SHA_256; `key_id` may lie."""

    def __init__(self, key_id: str = CHECKPOINT_KEY) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = key_id

    def sign(self, message: bytes) -> tuple[str, str]:
        signature = self._key.sign(message, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode(), self._key_id

    @property
    def pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
