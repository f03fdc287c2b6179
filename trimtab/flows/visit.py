"""What did a visitor send? Token, cookies and form of an HTTP API event, none of it trusted."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from trimtab.domain.errors import InputError
from trimtab.flows.decide import MAX_TOKEN

MAX_BODY = 8_192
"""Characters of a posted form; the longest reason with every character escaped fits; chosen."""

MAX_FIELDS = 10
METHODS = ("GET", "HEAD", "POST")

_FORM = re.compile(r"application/x-www-form-urlencoded *(; *charset=\"?utf-8\"? *)?", re.IGNORECASE)
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_TOKEN}}}")


def method_of(event: Mapping[str, Any]) -> str:
    """Return the method of a request if it is one that is taken, else 'other': safe to log."""
    method = _mapping(_mapping(event.get("requestContext")).get("http")).get("method")
    return method if isinstance(method, str) and method in METHODS else "other"


def token_in(event: Mapping[str, Any]) -> str:
    """Return the token of the path; empty when it is not even written like one."""
    token = _mapping(event.get("pathParameters")).get("token")
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else ""


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def cookie_in(event: Mapping[str, Any], name: str) -> str | None:
    """Return the value of our cookie; None also when it came with two values.

    Another site of the same domain may set a cookie of our name beside ours: which of the two
    came with the page cannot be told.
    """
    given = event.get("cookies")
    values = set()
    for cookie in given if isinstance(given, list) else ():
        key, _, value = str(cookie).partition("=")
        if key.strip() == name:
            values.add(value.strip())
    value = values.pop() if len(values) == 1 else ""
    return value if value.isascii() else None


def form_in(event: Mapping[str, Any]) -> dict[str, str]:
    """Read a posted form; each field once.

    Raises: InputError for another content type, an oversize or a broken body.
    """
    headers = {str(k).lower(): str(v) for k, v in _mapping(event.get("headers")).items()}
    if not _FORM.fullmatch(headers.get("content-type", "")):
        raise InputError("this page takes its own form only")
    body = str(event.get("body") or "")
    if len(body) > MAX_BODY * 2:
        raise InputError("the form is too long")
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True).decode()
        if len(body) > MAX_BODY:
            raise InputError("the form is too long")
        body.encode()  # refuses half characters, which JSON can carry and no store takes
        fields = parse_qs(
            body,
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            encoding="utf-8",
            errors="strict",
        )
    except (binascii.Error, ValueError) as error:
        raise InputError("the form is not readable") from error
    if any(len(values) > 1 for values in fields.values()):
        raise InputError("the form names a field twice")
    return {name: values[0] for name, values in fields.items()}


def parameter_in(event: Mapping[str, Any], name: str) -> str:
    """Return one parameter of the query; empty when it is not there, or not ASCII.

    API Gateway joins one that is given twice by a comma.
    """
    value = _mapping(event.get("queryStringParameters")).get(name)
    return value if isinstance(value, str) and value.isascii() else ""


def is_route(event: Mapping[str, Any], route: str) -> bool:
    """Tell by which route of the API a visitor came."""
    return event.get("routeKey") == route
