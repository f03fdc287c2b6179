"""Which environment variables hold what has the form of a secret? Only their names go on (S16).

The forms are those that whoever issues such secrets has published, each with its source, read
2026-11-21. Nothing is guessed from how random a text looks: a secret of no such form is not found.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

_KINDS_OF_KEY = ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")
_ENCODED_KEYS = tuple(
    b64encode(head[: len(head) // 3 * 3]).decode()
    for head in (f"-----BEGIN {kind}PRIVATE KEY-----".encode() for kind in _KINDS_OF_KEY)
)
"""How a private key begins that was encoded once more, to fit on one line."""

_SAID = r"(?!\$|\{|<|\*|xxx)"
"""Not before what stands for a password that is filled in elsewhere: ${PASSWORD}, <password>."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What one kind of secret looks like in 'name=value'."""

    hints: tuple[str, ...]
    """One of these is in every such text, in lower case: looked for first, because it is cheap."""
    patterns: tuple[re.Pattern[str], ...]
    """All of them are in it."""


def _form(*patterns: str, hints: tuple[str, ...], flags: int = 0) -> _Form:
    return _Form(hints=hints, patterns=tuple(re.compile(one, flags) for one in patterns))


_FORMS = (
    # AWS IAM User Guide, "IAM identifiers", unique identifiers: AKIA and ASIA, access keys.
    _form(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])", hints=("akia", "asia")),
    # AWS Security Blog, "A safer way to distribute AWS credentials to EC2": 40 characters of base
    # 64. Only where the name beside it says so, and not 40 hexadecimal digits, which are a SHA-1.
    _form(
        r"(?:aws[a-z0-9_]{0,20}(?:key|secret)|secret_?access_?key)[a-z0-9_]{0,20}[\"']?"
        r"\s{0,9}[=:]\s{0,9}[\"']?(?![0-9a-f]{40})[a-z0-9/+]{40}(?![a-z0-9/+=])",
        hints=("aws", "accesskey", "access_key"),
        flags=re.IGNORECASE,
    ),
    # RFC 7468, sections 10 and 11; RFC 9580, section 6.2, for the one of PGP.
    _form(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----", hints=("private key",)),
    _form("|".join(map(re.escape, _ENCODED_KEYS)), hints=("ls0tls1crudjti",)),
    # GitHub changelog, 2021-03-31, "Authentication token format updates are generally available";
    # GitHub Docs, "Managing your personal access tokens".
    _form(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9_]{36}", hints=("gh",)),
    _form(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{36}", hints=("github_pat_",)),
    # Slack developer docs, "Tokens" and "Sending messages using incoming webhooks".
    _form(r"(?<![A-Za-z0-9])xox[abeprs][.-][A-Za-z0-9.-]{10}", hints=("xox",)),
    _form(r"(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{10}", hints=("xapp-",)),
    _form(r"hooks\.slack\.com/(?:services|workflows|triggers)/\w{8}", hints=("hooks.slack",)),
    # Stripe Docs, "API keys" and "Webhook signatures": keys of live mode; a publishable one is
    # no secret, and one of test mode moves no money.
    _form(r"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{10}", hints=("k_live_",)),
    _form(r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{24}", hints=("whsec_",)),
    # Microsoft Purview, "Google API key": the prefix and 35 characters.
    _form(r"(?<![\w-])AIza[A-Za-z0-9_-]{35}(?![\w-])", hints=("aiza",)),
    # RFC 7519, and RFC 7515, section 7.1: two JSON objects and a signature, in base64url.
    _form(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{4,}\.[\w-]{16}", hints=("eyj",)),
    # RFC 3986, section 3.2.1: user and password of a URL.
    _form(
        rf"[a-z][a-z0-9+.-]{{0,30}}://[^\s/?#:@]{{0,256}}:{_SAID}[^\s/?#@]{{1,512}}@[^\s/?#@]",
        hints=("://",),
        flags=re.IGNORECASE,
    ),
    # Microsoft Learn, "Connection String Syntax" (ADO.NET); PostgreSQL documentation, "Connection
    # Strings"; MySQL Connector/J, "Connection URL Syntax": a password, and who or where beside it.
    _form(
        rf"[=;?&\s](?:password|pwd)\s{{0,9}}=\s{{0,9}}{_SAID}[^;&\s]",
        r"[=;?&\s](?:server|data source|host|uid|user|user id|username)\s{0,9}=|jdbc:",
        hints=("password", "pwd"),
        flags=re.IGNORECASE,
    ),
    # Microsoft Learn, "Configure Azure Storage connection strings" and "Get an Event Hubs
    # connection string": keys of 64 and of 32 bytes.
    _form(
        r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{43,86}=",
        hints=("accountkey=", "sharedaccesskey="),
    ),
)

_BY_HINT = tuple((hint, form.patterns) for form in _FORMS for hint in form.hints)


def secret_valued(variables: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the variables whose values have the form of a secret, sorted."""
    return tuple(sorted(name for name, value in variables.items() if _is_secret(f"{name}={value}")))


def _is_secret(text: str) -> bool:
    lower = text.lower()
    for hint, patterns in _BY_HINT:
        if hint in lower and all(pattern.search(text) for pattern in patterns):
            return True
    return False
