"""Why did AWS say no, and who can lift it? Read from the words of an access-denied message.

Source: "Troubleshoot access denied error messages", IAM user guide,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, read 2026-11-21:
"with an explicit deny in a <type> policy", "because no <type> policy allows the ... action". A
message without such words is not explained further.
"""

import re

_TYPE = "(?P<type>[a-z][a-z -]*?(?:policy|boundary))"
EXPLICIT = re.compile(rf"explicit deny in an? {_TYPE}")
IMPLICIT = re.compile(rf"no {_TYPE} allows")

_KEEPS = "ask whoever keeps the Organization's {} policies to let"

WHO = {
    "service control policy": _KEEPS.format("service control"),
    "resource control policy": _KEEPS.format("resource control"),
    "permissions boundary": "take the permissions boundary off, or widen it, to let",
    "session policy": "a policy of the session forbids it, which is a fault of Trimtab; let",
    "vpc endpoint policy": "widen the policy of the VPC endpoint to let",
}


def type_of_policy(message: str) -> str | None:
    """Return which type of policy said no, as AWS names it; None: the message does not tell."""
    match = EXPLICIT.search(message.lower()) or IMPLICIT.search(message.lower())
    return None if match is None else match["type"].strip()


def above(message: str) -> bool:
    """Tell whether the denial came from above the account's own roles."""
    return type_of_policy(message) in WHO


def what_to_do(message: str, *, role: str, action: str, stack: str) -> str:
    """Say who can lift a denial of an action of a role, and how."""
    who = WHO.get(type_of_policy(message) or "")
    if who is not None:
        return f"{who} role {role} call {action}"
    return (
        f"bring the stack {stack} of this account to this release: its template allows {action} "
        f"to role {role}"
    )
