"""Which functions name another in their environment, and where do they send what came of events?

Values of the environment are looked at here, while a page of the listing is at hand, and nowhere
else. What is kept is which ARNs they name, and a digest of those that could be a name: no value
leaves this module (S16).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import reading
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_pages import FUNCTION, pages
from trimtab.domain.arn import FunctionArn, Target, with_qualifier
from trimtab.domain.errors import PermanentError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Hidden, Pointer, Seen

FUNCTIONS_PER_PAGE = 50
"""Source: Lambda API, ListFunctions, MaxItems: at most 50 are answered (botocore 1.44.5)."""
CONFIGS_PER_PAGE = 50
"""Source: Lambda API, ListFunctionEventInvokeConfigs, MaxItems at most 50 (botocore 1.44.5)."""
MOST_PAGES = 400
"""Chosen: 20,000 functions."""
LONGEST_NAME = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What the listing tells of one function as a caller of others."""

    function: FunctionArn
    role: str | None
    arns: frozenset[str]
    """ARNs of functions in the values of its environment."""
    digests: frozenset[bytes]
    """Of values that could be the name of a function."""
    is_read: bool
    """Whether Lambda could decrypt its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    callers: tuple[Caller, ...]
    next_marker: str | None


class FleetReader:
    """Reads all functions of one target as callers, from pages that others had or anew."""

    def __init__(self, clients: Clients, target: Target) -> None:
        self._clients = clients
        self._target = target
        self._pages: dict[str | None, Page] = {}

    def know(self, marker: str | None, raw: Mapping[str, Any]) -> None:
        """Keep what a page of ListFunctions tells, and where the next one begins."""
        callers = tuple(_caller(one, self._target) for one in raw["Functions"])
        self._pages[marker] = Page(callers=callers, next_marker=raw.get("NextMarker") or None)

    def callers(self) -> tuple[Caller, ...]:
        """Raises: OutsideError; PermanentError when there are too many functions."""
        client = self._clients.client("lambda")
        found: list[Caller] = []
        marker: str | None = None
        for _ in range(MOST_PAGES):
            if marker not in self._pages:
                more = {} if marker is None else {"Marker": marker}
                with reading(f"lambda:ListFunctions in {self._target}"):
                    raw = raw_of(client.list_functions(MaxItems=FUNCTIONS_PER_PAGE, **more))
                self.know(marker, raw)
            page = self._pages[marker]
            found += page.callers
            marker = page.next_marker
            if marker is None:
                return tuple(found)
        raise PermanentError(
            f"lambda:ListFunctions in {self._target}: more than {MOST_PAGES} pages"
        )

    def destinations(self, caller: FunctionArn) -> tuple[str, ...]:
        """Return the functions that its asynchronous events go on to."""
        client = self._clients.client("lambda")
        found: dict[str, None] = {}
        for page in pages(
            client.list_function_event_invoke_configs,
            f"lambda:ListFunctionEventInvokeConfigs {caller}",
            more="NextMarker",
            token="Marker",
            FunctionName=str(caller),
            MaxItems=CONFIGS_PER_PAGE,
        ):
            for raw in page["FunctionEventInvokeConfigs"]:
                config = raw.get("DestinationConfig") or {}
                ends = (
                    (config.get(key) or {}).get("Destination") for key in ("OnSuccess", "OnFailure")
                )
                found |= dict.fromkeys(end for end in ends if end and with_qualifier(end))
        return tuple(found)


def named_in_environments(callers: tuple[Caller, ...]) -> Seen:
    """Tell which functions are named by the environment of another; never what stands there."""
    by_digest = {_digest(one.function.name): one.function for one in callers}
    pointers: dict[Pointer, None] = {}
    hidden: list[Hidden] = []
    for caller in callers:
        if not caller.is_read:
            said = f"lambda:ListFunctions: the environment of {caller.function} is encrypted"
            source = f"{TriggerKind.ENVIRONMENT} {caller.function.name}"
            hidden.append(Hidden(source=source, error=said, role=caller.role))
        named = {with_qualifier(arn) for arn in caller.arns}
        named |= {(by_digest[one], None) for one in caller.digests if one in by_digest}
        for function, qualifier in sorted((n for n in named if n is not None), key=str):
            if function != caller.function:
                pointers[
                    Pointer(
                        kind=TriggerKind.ENVIRONMENT,
                        name=caller.function.name,
                        function=function,
                        qualifier=qualifier,
                        why="a variable names it",
                    )
                ] = None
    return Seen(pointers=tuple(pointers), hidden=tuple(hidden))


def _caller(raw: Mapping[str, Any], target: Target) -> Caller:
    named = with_qualifier(str(raw.get("FunctionArn")))
    if named is None:
        said = f"lambda:ListFunctions in {target}: {raw.get('FunctionArn')!r} is no function"
        raise PermanentError(said)
    environment = raw.get("Environment") or {}
    values = [str(value) for value in (environment.get("Variables") or {}).values()]
    return Caller(
        function=named[0],
        role=raw.get("Role"),
        arns=frozenset(arn for value in values for arn in FUNCTION.findall(value)),
        digests=frozenset(_digest(v) for v in values if _may_be_a_name(v)),
        is_read=not environment.get("Error"),
    )


def _may_be_a_name(value: str) -> bool:
    is_short = 0 < len(value) <= LONGEST_NAME
    return is_short and value.replace("-", "").replace("_", "").isalnum() and value.isascii()


def _digest(name: str) -> bytes:
    return sha256(name.encode()).digest()
