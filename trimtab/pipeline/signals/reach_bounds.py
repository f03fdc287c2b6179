"""Does a condition of a resource policy bound who calls, and does a denial take a grant back?

Only what certainly bounds counts as a bound; what cannot be judged from the document alone is
unknown, never closed (S8).

Source of what narrows access: "PublicAccessBlockConfiguration", Amazon S3 API Reference, and
"lambda-function-public-access-prohibited", AWS Config Developer Guide, read 2026-11-21. That rule
takes any wildcard for public; here an ARN whose account is fixed is a bound all the same.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TypeVar

from trimtab.domain.iam_document import Condition, Statement, fits, is_open

INVOKE, INVOKE_URL = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"
URL_AUTH, VIA_URL = "lambda:functionurlauthtype", "lambda:invokedviafunctionurl"

SOURCE_IP = "aws:sourceip"
FROM_ARN = frozenset({"aws:sourcearn", "aws:principalarn"})
FROM_PATH = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
FROM_TEXT = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "lambda:eventsourcetoken",
    }
)
NO_BOUND = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthpresent",
        "aws:referer",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:useragent",
        "aws:vpcsourceip",
        URL_AUTH,
        VIA_URL,
    }
)
"""Conditions that anybody can meet: in a VPC of one's own every private address is there."""

OF_A_CALLER = frozenset({SOURCE_IP, "aws:sourcevpc", "aws:sourcevpce", "aws:userid"})
"""Conditions that say nothing of the account for which a service calls."""

TEXTUAL = frozenset({"stringequals", "stringequalsignorecase", "stringlike"})
OF_ARNS = frozenset({"arnequals", "arnlike"})
POSITIVE = TEXTUAL | OF_ARNS | {"ipaddress"}
NEGATIVE = frozenset(
    {
        "arnnotequals",
        "arnnotlike",
        "notipaddress",
        "null",
        "stringnotequals",
        "stringnotequalsignorecase",
        "stringnotlike",
    }
)
"""What these leave out is a part of the world, not the rest of it."""

MOST_ADDRESSES, MOST_ADDRESSES_V6 = 2**24, 2**96
"""All networks of a condition together: a /8, and a /32 of IPv6. Chosen: more belong to nobody
alone."""

N = TypeVar("N", IPv4Network, IPv6Network)

UNOWNED = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)
UNOWNED_V6 = tuple(IPv6Network(text) for text in ("::/8", "2002::/16", "fc00::/7", "fe80::/10"))
"""Addresses that many have, or that stand for others. Source: "IANA IPv4 Special-Purpose Address
Registry" and "IANA IPv6 Special-Purpose Address Registry"; written from memory."""

ACCOUNT = re.compile(r"[0-9]{12}")


def any_of(answers: Iterable[bool | None]) -> bool | None:
    found = tuple(answers)
    return True if True in found else (None if None in found else False)


def all_of(answers: Iterable[bool | None]) -> bool | None:
    found = tuple(answers)
    return False if False in found else (None if None in found else True)


def narrows(condition: Condition, *, of_a_service: bool = False) -> bool | None:
    """Tell whether a condition leaves out most of the world; None: it cannot be told.

    `of_a_service`: whether it says for whose account a service may call.
    """
    operator = condition.operator.removeprefix("foranyvalue:")
    if any("${" in value for value in condition.values):
        return None
    if condition.key in NO_BOUND or operator.startswith("forallvalues:"):
        return False
    if operator.removesuffix("ifexists") in NEGATIVE:
        return False
    if operator.endswith("ifexists"):
        return None if condition.key == SOURCE_IP else False
    if not condition.values:
        return None
    if of_a_service and condition.key in OF_A_CALLER:
        return False if condition.key == SOURCE_IP else None
    if condition.key == SOURCE_IP:
        return _are_small(condition.values) if operator == "ipaddress" else None
    return all_of(
        _is_fixed(condition.key, value, operator, of_a_service=of_a_service)
        for value in condition.values
    )


def _is_fixed(key: str, value: str, operator: str, *, of_a_service: bool) -> bool | None:
    """Tell whether one value of a key names somebody: no wildcard where it counts."""
    if key in FROM_ARN and operator in TEXTUAL | OF_ARNS:
        return _is_somebodys(value, operator, of_a_service=of_a_service)
    if key in FROM_PATH:
        value = value.partition("/")[0]
    elif key not in FROM_TEXT:
        return None
    if operator not in TEXTUAL:
        return None
    if not value.strip("*?"):
        return False
    return None if is_open(value) else True


def _is_somebodys(arn: str, operator: str, *, of_a_service: bool) -> bool | None:
    """Tell whether an ARN names an account. One of a bucket names none, and may change hands."""
    if not arn.strip("*?"):
        return False
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":  # noqa: PLR2004 - an ARN has six parts
        return None
    account, resource = parts[4:]
    if ACCOUNT.fullmatch(account):
        spans = operator == "stringlike" and is_open(":".join(parts[:4]))
        return None if spans else True
    if account:
        return None if account.strip("*?") else False
    return False if of_a_service or is_open(resource) else None


def _are_small(networks: Sequence[str]) -> bool | None:
    """Tell whether so few addresses are left in that somebody may own them all."""
    four: list[IPv4Network] = []
    six: list[IPv6Network] = []
    is_read = True
    for text in networks:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            is_read = False
            continue
        if isinstance(network, IPv4Network):
            four.append(network)
        else:
            six.append(network)
    if _count(four) > MOST_ADDRESSES or _count(six) > MOST_ADDRESSES_V6:
        return False
    is_owned = not (_meet(four, UNOWNED) or _meet(six, UNOWNED_V6))
    return True if is_read and is_owned else None


def _count(networks: Sequence[N]) -> int:
    return sum(one.num_addresses for one in collapse_addresses(networks))


def _meet(networks: Sequence[N], others: Sequence[N]) -> bool:
    return any(one.overlaps(other) for one in networks for other in others)


def left_of(action: str, statement: Statement, denials: Sequence[Statement]) -> bool | None:
    """Tell whether everybody may still do an action that a statement names; None: in doubt.

    The action may be a pattern: of one only the two that invoke are looked at.
    """
    touching = [d for d in denials if d.may_be_for_everybody]
    if not touching:
        return True
    if any(_takes_back(denial, action, statement) for denial in touching):
        return False
    named = (INVOKE, INVOKE_URL) if is_open(action) else (action,)
    is_left = any(
        statement.covers(one) and fits(action, one) and not any(d.covers(one) for d in touching)
        for one in named
    )
    return True if is_left else None


def _takes_back(denial: Statement, action: str, statement: Statement) -> bool:
    """Tell whether a denial certainly covers all that a statement gives of an action."""
    if denial.conditions or denial.is_but_these or not denial.is_for_everybody:
        return False
    if "*" not in denial.resources and not _are_among(statement, denial.resources):
        return False
    if is_open(action):
        return any(_holds_all(pattern, action) for pattern in denial.actions)
    return denial.covers(action)


def _are_among(statement: Statement, resources: Sequence[str]) -> bool:
    return bool(statement.resources) and set(statement.resources) <= set(resources)


def _holds_all(pattern: str, action: str) -> bool:
    """Tell whether all that one pattern fits, another fits too: it is the same, or begins it."""
    wide, narrow = pattern.lower(), action.lower()
    start = wide.removesuffix("*")
    return wide == narrow or (wide != start and not is_open(start) and narrow.startswith(start))
