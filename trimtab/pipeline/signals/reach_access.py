"""Whom does the resource policy of a function let in? Read from its statements; no I/O.

Where a condition or a denial cannot be judged from the document alone the answer is unknown, never
closed (S8). Whether anybody's own policies, a permissions boundary or a service control policy
stand in the way is not asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.iam_document import Condition, Statement, fits, statements_in
from trimtab.pipeline.signals.reach_bounds import (
    ACCOUNT,
    FROM_ARN,
    INVOKE,
    INVOKE_URL,
    NEGATIVE,
    POSITIVE,
    URL_AUTH,
    VIA_URL,
    all_of,
    any_of,
    left_of,
    narrows,
)
from trimtab.ports import FunctionUrl, ResourcePolicy

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


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlGrant:
    """What a statement gives of the URLs of a function or of one alias, to everybody."""

    qualifier: str | None
    auths: tuple[Condition, ...]
    """What it asks of the type of authentication of the URL."""
    is_open: bool | None
    """None: a condition, a denial or a principal cannot be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the policies of one function and its aliases say, together."""

    principals: tuple[str, ...]
    """Services, accounts and ARNs that are let in; '*' for everybody, whatever the conditions."""
    sources: int
    """How many callers it names, apart from EventBridge rules in the same place and from URLs."""
    is_public: bool | None
    """Whether anybody may call it directly; None: a condition cannot be judged."""
    url_grants: tuple[UrlGrant, ...]
    """Those that may be open."""
    accounts: tuple[str, ...]
    """Other accounts that are named."""
    unbound_services: tuple[str, ...] | None
    """Services that may call for whichever account; None: a condition cannot be judged."""


def access_of(policies: Sequence[ResourcePolicy], function: FunctionArn) -> Access:
    """Judge the policies of a function.

    Raises: InputError when a document has a form that is not known.
    """
    public: list[bool | None] = []
    urls: list[UrlGrant] = []
    services: list[tuple[str, bool | None]] = []
    allowing: list[Statement] = []
    for policy in policies:
        statements = statements_in(policy.document)
        denials = [s for s in statements if not s.allows]
        for statement in (s for s in statements if s.allows):
            _must_name_somebody(statement)
            allowing.append(statement)
            if statement.may_be_for_everybody:
                public.append(_is_public(statement, denials))
                urls += _url_grants(policy.qualifier, statement, denials)
            services += _unbound(statement)
    return Access(
        principals=tuple(sorted({p for s in allowing for p in _named(s)})),
        sources=len({key for s in allowing for key in _sources(s, function)}),
        is_public=any_of(public),
        url_grants=tuple(urls),
        accounts=tuple(sorted({a for s in allowing for a in _accounts(s)} - {function.account})),
        unbound_services=_those_unbound(services),
    )


def is_public_url(access: Access, urls: Iterable[FunctionUrl]) -> bool | None:
    """Tell whether everybody may use one of these URLs; None: a condition cannot be judged."""
    return any_of(
        all_of((grant.is_open, *(_meets(condition, url.auth) for condition in grant.auths)))
        for url in urls
        for grant in access.url_grants
        if grant.qualifier == url.qualifier
    )


def _must_name_somebody(statement: Statement) -> None:
    if not statement.principals:
        raise InputError("a statement of the policy names nobody who is let in")


def _those_unbound(services: Sequence[tuple[str, bool | None]]) -> tuple[str, ...] | None:
    if any_of([is_unbound for _, is_unbound in services]) is None:
        return None
    return tuple(sorted({name for name, is_unbound in services if is_unbound}))


def _is_public(statement: Statement, denials: Sequence[Statement]) -> bool | None:
    """Tell whether a statement lets everybody use the function directly."""
    for_urls = is_for_urls(statement)
    left = (left_of(action, statement, denials) for action in statement.actions or ("*",))
    is_direct = None if for_urls is None else not for_urls
    return all_of((is_direct, _is_unbounded(statement), any_of(left)))


def _url_grants(
    qualifier: str | None, statement: Statement, denials: Sequence[Statement]
) -> Iterable[UrlGrant]:
    if not statement.covers(INVOKE_URL):
        return
    is_open = all_of((_is_unbounded(statement), left_of(INVOKE_URL, statement, denials)))
    if is_open is not False:
        auths = tuple(c for c in statement.conditions if c.key == URL_AUTH)
        yield UrlGrant(qualifier=qualifier, auths=auths, is_open=is_open)


def _is_unbounded(statement: Statement) -> bool | None:
    """Tell whether it is for everybody, and no condition bounds who that is."""
    bound = any_of(narrows(condition) for condition in statement.conditions)
    is_for_all = True if statement.is_for_everybody else None
    return all_of((is_for_all, None if bound is None else not bound))


def is_for_urls(statement: Statement) -> bool | None:
    """Tell whether it can be used through a function URL alone; None: it cannot be told."""
    named = {action.lower() for action in statement.actions}
    if named == {INVOKE_URL.lower()}:
        return True
    about = [c for c in statement.conditions if c.key in (URL_AUTH, VIA_URL) and _asks_for_url(c)]
    is_plain = bool(named) and named <= {INVOKE.lower(), INVOKE_URL.lower()}
    if is_plain and any(c.key == VIA_URL and c.operator == "bool" for c in about):
        return True
    return None if about else False


def _asks_for_url(condition: Condition) -> bool:
    """Tell whether a direct call may fail a condition on URLs: it has no such key."""
    operator = condition.operator
    if operator.startswith("forallvalues:") or operator.endswith("ifexists"):
        return False
    if operator == "bool":
        return {value.lower() for value in condition.values} == {"true"}
    return operator not in NEGATIVE - {"null"}


def _meets(condition: Condition, auth: str) -> bool | None:
    """Tell whether a URL with a type of authentication meets a condition on that type."""
    operator = condition.operator.removesuffix("ifexists")
    values = condition.values
    if any("${" in value for value in values):
        return None
    is_not = operator.startswith("stringnot")
    match operator.replace("stringnot", "string"):
        case "stringequals":
            is_met = auth in values
        case "stringequalsignorecase":
            is_met = auth.lower() in {value.lower() for value in values}
        case "stringlike":
            is_met = any(fits(value, auth) for value in values)
        case _:
            return None
    return is_met is not is_not


def _unbound(statement: Statement) -> Iterable[tuple[str, bool | None]]:
    """Name the services it lets in, and whether any account may make them call."""
    if statement.is_but_these or not statement.covers(INVOKE):
        return
    bound = any_of(narrows(c, of_a_service=True) for c in statement.conditions)
    is_unbound = None if bound is None else not bound
    yield from ((value, is_unbound) for kind, value in statement.principals if kind == "Service")


def _named(statement: Statement) -> tuple[str, ...]:
    if statement.is_but_these:
        return ("*",)
    return tuple(_account_in(v) or v for _, v in statement.principals)


def _sources(statement: Statement, function: FunctionArn) -> Iterable[tuple[str, ...]]:
    """Name each caller with what it calls for; not a rule or URL, which have listings."""
    if not statement.covers(INVOKE) or is_for_urls(statement):
        return
    values = tuple(
        sorted(v for c in statement.conditions if c.key in OF_A_SOURCE for v in c.values)
    )
    here = f"arn:{function.partition}:events:{function.region}:{function.account}:rule/"
    named = [c for c in statement.conditions if c.key == "aws:sourcearn" and c.operator in POSITIVE]
    arns = [value for condition in named for value in condition.values]
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
