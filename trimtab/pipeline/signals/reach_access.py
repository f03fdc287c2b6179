"""Whom does the resource policy of a function let in? Read from its statements; no I/O.

Where a condition or a denial cannot be judged from the document alone the answer is unknown, never
closed (S8). Whether anybody's own policies, a permissions boundary or a service control policy
stand in the way is not asked.

Source of what narrows access: "PublicAccessBlockConfiguration", Amazon S3 API Reference, and
"lambda-function-public-access-prohibited", AWS Config Developer Guide, read 2026-11-21. That rule
takes any wildcard for public; here an ARN whose account is fixed is a bound all the same.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trimtab.domain.arn import FunctionArn
from trimtab.domain.iam_document import EVERYBODY, Condition, Statement, statements_in
from trimtab.ports import FunctionUrl, ResourcePolicy

INVOKE, INVOKE_URL = "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"
URL_AUTH, VIA_URL = "lambda:functionurlauthtype", "lambda:invokedviafunctionurl"

FROM_ARN = frozenset({"aws:sourcearn", "aws:principalarn"})
FROM_ADDRESS = frozenset({"aws:sourceip", "aws:vpcsourceip"})
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
        URL_AUTH,
        VIA_URL,
    }
)
"""Conditions that anybody can meet."""

OF_A_SOURCE = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "lambda:eventsourcetoken",
    }
)
"""Conditions that say for whose resource a service may call."""

POSITIVE = frozenset(
    {
        "arnequals",
        "arnlike",
        "ipaddress",
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
    }
)
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

NARROWEST_NETWORK = 8
"""Bits of a network that is still a bound; chosen: larger ones belong to nobody alone."""

ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the policies of one function and its aliases say, together."""

    principals: tuple[str, ...]
    """Services, accounts and ARNs that are let in; '*' for everybody, whatever the conditions."""
    sources: int
    """How many callers it names, apart from EventBridge rules in the same place and from URLs."""
    is_public: bool | None
    """Whether anybody may call it directly; None: a condition cannot be judged."""
    url_grants: tuple[tuple[str | None, str | None], ...]
    """Qualifier and type of authentication of URLs that everybody may use; None: any type."""
    has_unclear_urls: bool
    accounts: tuple[str, ...]
    """Other accounts that are named."""
    unbound_services: tuple[str, ...] | None
    """Services that may call for whichever account; None: a condition cannot be judged."""


def access_of(policies: Sequence[ResourcePolicy], function: FunctionArn) -> Access:
    """Judge the policies of a function.

    Raises: InputError when a document has a form that is not known.
    """
    public: list[bool | None] = []
    urls: list[tuple[tuple[str | None, str | None], bool | None]] = []
    services: list[tuple[str, bool | None]] = []
    allowing: list[Statement] = []
    for policy in policies:
        statements = statements_in(policy.document)
        denials = [s for s in statements if not s.allows]
        for statement in (s for s in statements if s.allows):
            allowing.append(statement)
            if statement.is_for_everybody:
                is_open = _is_open(statement, denials)
                public += [] if _is_for_urls(statement) else [is_open]
                urls += [((policy.qualifier, a), is_open) for a in _url_auths(statement)]
            services += _unbound(statement)
    return Access(
        principals=tuple(sorted({p for s in allowing for p in _named(s)})),
        sources=len({key for s in allowing for key in _sources(s, function)}),
        is_public=_any(public),
        url_grants=tuple(grant for grant, is_open in urls if is_open),
        has_unclear_urls=any(is_open is None for _, is_open in urls),
        accounts=tuple(sorted({a for s in allowing for a in _accounts(s)} - {function.account})),
        unbound_services=_those_unbound(services),
    )


def is_public_url(access: Access, urls: Iterable[FunctionUrl]) -> bool | None:
    """Tell whether everybody may use one of these URLs; None: a condition cannot be judged."""
    found = tuple(urls)
    for url in found:
        if {(url.qualifier, None), (url.qualifier, url.auth)} & set(access.url_grants):
            return True
    return None if found and access.has_unclear_urls else False


def _those_unbound(services: Sequence[tuple[str, bool | None]]) -> tuple[str, ...] | None:
    if _any([is_unbound for _, is_unbound in services]) is None:
        return None
    return tuple(sorted({name for name, is_unbound in services if is_unbound}))


def _is_open(statement: Statement, denials: Sequence[Statement]) -> bool | None:
    """Tell whether nothing bounds a statement for everybody; None: it cannot be told."""
    bounds = [_narrows(condition) for condition in statement.conditions]
    if True in bounds or any(_takes_back(denial, statement) for denial in denials):
        return False
    in_doubt = any(d.conditions or d.is_but_these for d in denials if d.is_for_everybody)
    return None if None in bounds or in_doubt else True


def _takes_back(denial: Statement, statement: Statement) -> bool:
    if denial.conditions or EVERYBODY not in denial.principals or denial.is_but_these:
        return False
    return bool(statement.actions) and all(denial.covers(action) for action in statement.actions)


def _is_for_urls(statement: Statement) -> bool:
    """Tell whether it can be used through a function URL alone."""
    if not statement.covers(INVOKE) and not statement.not_actions:
        return all(action.lower() == INVOKE_URL.lower() for action in statement.actions)
    return any(
        condition.key == URL_AUTH or (condition.key == VIA_URL and condition.values == ("true",))
        for condition in statement.conditions
        if condition.operator in POSITIVE | {"bool"}
    )


def _url_auths(statement: Statement) -> tuple[str | None, ...]:
    if not statement.covers(INVOKE_URL):
        return ()
    said = [c.values for c in statement.conditions if c.key == URL_AUTH and c.operator in POSITIVE]
    return said[0] if said else (None,)


def _unbound(statement: Statement) -> Iterable[tuple[str, bool | None]]:
    """Name the services it lets in, and whether any account may make them call."""
    if statement.is_but_these or not statement.covers(INVOKE):
        return
    bounds = [
        _narrows(condition, needs_account=True)
        for condition in statement.conditions
        if condition.key not in FROM_ADDRESS
    ]
    is_unbound = False if True in bounds else (None if None in bounds else True)
    yield from ((value, is_unbound) for kind, value in statement.principals if kind == "Service")


def _named(statement: Statement) -> tuple[str, ...]:
    if statement.is_but_these:
        return ("*",)
    return tuple(_account_in(v) or v for _, v in statement.principals)


def _sources(statement: Statement, function: FunctionArn) -> Iterable[tuple[str, ...]]:
    """Name each caller with what it calls for; not a rule or URL, which have listings."""
    if not statement.covers(INVOKE) or _is_for_urls(statement):
        return
    values = tuple(
        sorted(v for c in statement.conditions if c.key in OF_A_SOURCE for v in c.values)
    )
    here = f"arn:{function.partition}:events:{function.region}:{function.account}:rule/"
    arns = [v for c in statement.conditions if c.key == "aws:sourcearn" for v in c.values]
    for name in _named(statement):
        is_rule = name == "events.amazonaws.com" and arns
        if not (is_rule and all(arn.startswith(here) for arn in arns)):
            yield (name, *values)


def _accounts(statement: Statement) -> Iterable[str]:
    """Name the accounts of principals and of what services may call for."""
    if not statement.is_but_these:
        yield from (a for _, v in statement.principals if (a := _account_in(v)))
    for condition in statement.conditions:
        if condition.key in ("aws:sourceaccount", "aws:principalaccount", *FROM_ARN) and (
            condition.operator in POSITIVE
        ):
            yield from (a for v in condition.values if (a := _account_in(v)))


def _account_in(text: str) -> str | None:
    """Return the account of an ARN, or the text where it is one."""
    parts = text.split(":", 5)
    account = parts[4] if len(parts) == 6 and parts[0] == "arn" else text  # noqa: PLR2004 - ARN
    return account if ACCOUNT.fullmatch(account) else None


def _narrows(condition: Condition, *, needs_account: bool = False) -> bool | None:
    """Tell whether a condition leaves out most of the world; None: it cannot be told."""
    operator = condition.operator.removeprefix("foranyvalue:")
    if condition.key in NO_BOUND or operator.startswith("forallvalues:"):
        return False
    if operator.removesuffix("ifexists") in NEGATIVE:
        return False
    if operator.endswith("ifexists"):
        return None if condition.key in FROM_ADDRESS else False
    if operator not in POSITIVE or not condition.values:
        return None
    return _all(
        _is_fixed(condition.key, value, needs_account=needs_account) for value in condition.values
    )


def _is_fixed(key: str, value: str, *, needs_account: bool) -> bool | None:
    """Tell whether one value of a key names somebody: no wildcard where it counts."""
    if key in FROM_ADDRESS:
        return _is_small(value)
    if key in FROM_ARN:
        return _is_somebodys(value, needs_account=needs_account)
    if key in FROM_PATH:
        value = value.partition("/")[0]
    elif key not in FROM_TEXT:
        return None
    if not value.strip("*?"):
        return False
    return None if set(value) & set("*?$") else True


def _is_somebodys(arn: str, *, needs_account: bool) -> bool | None:
    """Tell whether an ARN names an account, or a bucket, whose ARN has none."""
    if not arn.strip("*?"):
        return False
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":  # noqa: PLR2004 - an ARN has six parts
        return None
    account, resource = parts[4:]
    if ACCOUNT.fullmatch(account):
        return True
    if account:
        return None if account.strip("*?") else False
    return not needs_account and not resource.startswith(("*", "?"))


def _is_small(network: str) -> bool | None:
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen >= NARROWEST_NETWORK
    except ValueError:
        return None


def _any(answers: Sequence[bool | None]) -> bool | None:
    return True if True in answers else (None if None in answers else False)


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = tuple(answers)
    return False if False in found else (None if None in found else True)
