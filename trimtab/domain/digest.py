"""How do we name a thing by its content? Canonical JSON, SHA-256, and 26 characters of base32."""

import base64
import hashlib
import json
from typing import Any

ID_CHARACTERS = 26
"""26 base32 characters are 130 bits: no accidental collision, short enough for an execution name.
"""


def canonical_json(value: Any) -> str:
    """Render plain data the one way: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def content_id(value: Any) -> str:
    """Name plain data by its content: 26 lower-case base32 characters."""
    digest = hashlib.sha256(canonical_json(value).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:ID_CHARACTERS]
