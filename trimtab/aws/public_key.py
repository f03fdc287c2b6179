"""Was this signed with the key whose public half lies here? Without asking AWS (S17).

For the command line only: the Lambdas carry no `cryptography`, and ask KMS.
"""

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trimtab.aws.errors import reading
from trimtab.domain.errors import InputError


class PublicKeyVerifier:
    """Checks ECDSA signatures over SHA-256, whatever name the record gives the key."""

    def __init__(self, pem: bytes) -> None:
        """Raises: InputError when it is no public key of the curve P-256."""
        try:
            key = serialization.load_pem_public_key(pem)
        except ValueError as error:
            raise InputError("that is no public key in PEM: give the one of an export") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise InputError("that is no public key of the curve P-256: give the one of an export")
        self._key = key

    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool:
        try:
            given = base64.b64decode(signature, validate=True)
            self._key.verify(given, message, ec.ECDSA(hashes.SHA256()))
        except (ValueError, InvalidSignature):
            return False
        return True


def public_key_pem(client: Any, key_id: str) -> bytes:
    """Read the public half of a KMS key, as PEM."""
    with reading(f"kms:GetPublicKey {key_id}"):
        answer = client.get_public_key(KeyId=key_id)
    lines = base64.encodebytes(answer["PublicKey"]).replace(b"\n", b"")
    body = b"".join(lines[at : at + 64] + b"\n" for at in range(0, len(lines), 64))
    return b"-----BEGIN PUBLIC KEY-----\n" + body + b"-----END PUBLIC KEY-----\n"
