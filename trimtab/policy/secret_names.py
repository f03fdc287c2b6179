"""Which names of environment variables say that a secret is inside? No value is looked at.

The words are those of Yelp's detect-secrets, detect_secrets/plugins/keyword.py (read 2026-11-21),
as whole words, so that MAX_TOKENS is no token; plurals, "passphrase" and "access key" are added. A
name that ends in what points at a secret (DB_SECRET_ARN) or describes one (TOKEN_TTL) is not meant:
these endings are chosen.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

SECRET_WORDS = frozenset(
    {
        "accountkey",
        "apikey",
        "appkey",
        "authkey",
        "clientkey",
        "dbkey",
        "keypass",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "privatekey",
        "privkey",
        "pwd",
        "secret",
        "secrets",
        "servicekey",
        "token",
    }
)
SECRET_PAIRS = frozenset(
    {
        (first, "key")
        for first in (
            *("access", "account", "api", "app", "application", "auth", "client"),
            *("database", "db", "priv", "private", "service"),
        )
    }
)
SECRET_ENDS = frozenset({"pass"})
"""Words that mean a secret only at the end: DB_PASS, but not PASS_THROUGH."""
POINTING_ENDS = frozenset(
    {
        "arn",
        "audience",
        "bucket",
        "count",
        "enabled",
        "endpoint",
        "expiry",
        "header",
        "id",
        "issuer",
        "length",
        "limit",
        "name",
        "param",
        "parameter",
        "path",
        "prefix",
        "region",
        "table",
        "timeout",
        "ttl",
        "type",
        "uri",
        "url",
        "version",
    }
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def secret_like(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of these names that look as if a secret were their value, sorted."""
    return tuple(sorted(name for name in names if _is_secret_like(name)))


def _is_secret_like(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in POINTING_ENDS:
        return False
    return (
        words[-1] in SECRET_ENDS
        or not SECRET_WORDS.isdisjoint(words)
        or not SECRET_PAIRS.isdisjoint(pairwise(words))
    )
