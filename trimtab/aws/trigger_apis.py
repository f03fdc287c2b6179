"""Which APIs of API Gateway call a function? Every integration and authorizer of every API.

An integration may bring credentials of its own, and then no resource policy shows it. What is read
is an API as it stands; an older deployment of it may call what it no longer names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_pages import Hurry, function_named, pages, pointers_in
from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Hidden, Pointer, Seen

PER_PAGE = 500
"""Source: "GetRestApis" and "GetResources", Amazon API Gateway API Reference: limit at most 500;
written from memory."""

VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
TO_LAMBDA = ":lambda:"
NAMED = re.compile(r"function:(?P<name>.+?)(?:/invocations|$)")
"""What a URI calls, where a stage variable is a part of it."""


class Listing(TypedDict):
    seen: Seen
    there: frozenset[str]
    """The ids of all APIs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One place in an API that calls something."""

    uri: str
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    kind: TriggerKind
    id: str
    name: str

    @property
    def text(self) -> str:
        return f"{self.id} ({self.name})" if self.name else self.id


def read_rest_apis(clients: Clients, target: Target, hurry: Hurry) -> Listing:
    """Read the REST APIs, and the ids of all of them. Three calls for each that calls a function,
    two for another.
    """
    client = clients.client("apigateway")
    listed = _rest(client.get_rest_apis, f"apigateway:GetRestApis in {target}")
    apis = [Api(kind=TriggerKind.REST_API, id=a["id"], name=a.get("name", "")) for a in listed]

    def calls(api: Api) -> Iterator[Call]:
        where = f"{api.id} in {target}"
        what = f"apigateway:GetResources {where}"
        for raw in _rest(client.get_resources, what, restApiId=api.id, embed=["methods"]):
            for method in (raw.get("resourceMethods") or {}).values():
                integration = (method or {}).get("methodIntegration") or {}
                yield Call(uri=integration.get("uri") or "", role=integration.get("credentials"))
        what = f"apigateway:GetAuthorizers {where}"
        for raw in _rest(client.get_authorizers, what, restApiId=api.id):
            role = raw.get("authorizerCredentials")
            yield Call(uri=raw.get("authorizerUri") or "", role=role)

    def stages(api: Api) -> Iterator[Mapping[str, str]]:
        what = f"apigateway:GetStages {api.id} in {target}"
        (page,) = pages(client.get_stages, what, more="", restApiId=api.id)
        for stage in page.get("item") or ():
            variables = stage.get("variables") or {}
            yield variables
            overrides = (stage.get("canarySettings") or {}).get("stageVariableOverrides")
            if overrides:
                yield {**variables, **overrides}

    seen = _read(apis, calls, stages, target, hurry)
    return {"seen": seen, "there": frozenset(api.id for api in apis)}


def read_http_apis(clients: Clients, target: Target, hurry: Hurry) -> Listing:
    """Read the HTTP and WebSocket APIs, and the ids of all of them."""
    client = clients.client("apigatewayv2")

    def items(method: Any, operation: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        what = f"apigateway:{operation} {asked.get('ApiId', '')} in {target}".replace("  ", " ")
        for page in pages(method, what, **asked):
            yield from page.get("Items") or ()

    apis = [
        Api(kind=TriggerKind.HTTP_API, id=raw["ApiId"], name=raw.get("Name", ""))
        for raw in items(client.get_apis, "GetApis")
    ]

    def calls(api: Api) -> Iterator[Call]:
        for raw in items(client.get_integrations, "GetIntegrations", ApiId=api.id):
            yield Call(uri=raw.get("IntegrationUri") or "", role=raw.get("CredentialsArn"))
        for raw in items(client.get_authorizers, "GetAuthorizers", ApiId=api.id):
            role = raw.get("AuthorizerCredentialsArn")
            yield Call(uri=raw.get("AuthorizerUri") or "", role=role)

    def stages(api: Api) -> Iterator[Mapping[str, str]]:
        for raw in items(client.get_stages, "GetStages", ApiId=api.id):
            yield raw.get("StageVariables") or {}

    seen = _read(apis, calls, stages, target, hurry)
    return {"seen": seen, "there": frozenset(api.id for api in apis)}


def _rest(method: Any, what: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    for page in pages(method, what, more="position", limit=PER_PAGE, **asked):
        yield from page.get("items") or ()


def _read(
    apis: Iterable[Api],
    calls: Callable[[Api], Iterator[Call]],
    stages: Callable[[Api], Iterator[Mapping[str, str]]],
    target: Target,
    hurry: Hurry,
) -> Seen:
    """Read each API by itself: one that fails hides what it calls, and the others are read."""
    pointers: dict[Pointer, None] = {}
    hidden: list[Hidden] = []
    for api in apis:
        hurry()
        try:
            to_lambda = [call for call in calls(api) if TO_LAMBDA in call.uri]
            found = tuple(stages(api)) if to_lambda else ()
        except NotFoundError:
            continue
        except OutsideError as error:
            hidden.append(Hidden(source=f"{api.kind} {api.text}", error=str(error)))
            continue
        for call in to_lambda:
            seen = _called(api, call, found, target)
            pointers |= dict.fromkeys(seen.pointers)
            hidden += seen.hidden
    return Seen(pointers=tuple(pointers), hidden=tuple(dict.fromkeys(hidden)))


def _called(api: Api, call: Call, stages: tuple[Mapping[str, str], ...], target: Target) -> Seen:
    """Return what one place calls, with the stage variables filled in."""
    is_on = bool(stages)
    why = "an integration or authorizer names it" if is_on else "the API has no stage"
    if not VARIABLE.search(call.uri):
        found = pointers_in(call.uri, api.kind, api.text, why, is_on=is_on)
        return Seen(pointers=found)
    pointers: list[Pointer] = []
    hidden: list[Hidden] = []
    for variables in stages:
        text = VARIABLE.sub(lambda m: variables.get(m[1], "${}"), call.uri)  # noqa: B023 - used here
        part = NAMED.search(text)
        named = function_named(part["name"], target, _partition(call.uri)) if part else None
        if named is None:
            said = f"a stage variable of {api.text} in {target} does not tell which function"
            hidden.append(Hidden(source=f"{api.kind} {api.text}", error=said, role=call.role))
        else:
            pointers.append(
                Pointer(
                    kind=api.kind, name=api.text, function=named[0], qualifier=named[1], why=why
                )
            )
    return Seen(pointers=tuple(pointers), hidden=tuple(hidden))


def _partition(uri: str) -> str:
    return next(iter(uri.split(":")[1:]), "aws")
