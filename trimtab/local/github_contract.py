"""Does a request, and its answer, fit GitHub's own OpenAPI description?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came in. Header names are lower case."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None

    def json(self) -> dict[str, Any]:
        """Return the body, empty when there is none."""
        return json.loads(self.body) if self.body else {}


class Contract:
    """The description, ready to check with."""

    def __init__(self, description: dict[str, Any]) -> None:
        from openapi_core import OpenAPI  # noqa: PLC0415 - slow, and a development dependency

        self._openapi: Any = OpenAPI.from_dict({**description, "servers": [{"url": "/"}]})

    @classmethod
    def load(cls, path: Path) -> Contract | None:
        """Read the description; None where it, or the library that checks with it, is missing."""
        try:
            return _ready(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ModuleNotFoundError):
            return None

    def request_fault(self, asked: Asked) -> str | None:
        """Say what is wrong with a request; None when it fits."""
        from openapi_core.exceptions import OpenAPIError  # noqa: PLC0415

        try:
            self._openapi.validate_request(_Request(asked))
        except OpenAPIError as error:
            return _words(error)
        return None

    def answer_fault(self, asked: Asked, *, status: int, body: Any) -> str | None:
        """Say what is wrong with an answer; None when it is one that GitHub could give."""
        from openapi_core.exceptions import OpenAPIError  # noqa: PLC0415

        try:
            self._openapi.validate_response(_Request(asked), _Response(status, body))
        except OpenAPIError as error:
            return f"{asked.method} {asked.path} {status}: {_words(error)}"
        return None


@lru_cache(maxsize=1)
def _ready(text: str) -> Contract:
    """Build a contract once for the same description: it takes a second."""
    return Contract(json.loads(text))


def _words(error: BaseException) -> str:
    """Return an error with what lies below it: the schema's own words come last."""
    below = getattr(error.__cause__, "schema_errors", None) or (error.__cause__,)
    return ": ".join(str(e)[:200] for e in (error, *below) if e is not None)


class _Request:
    """A request in the shape openapi-core reads."""

    def __init__(self, asked: Asked) -> None:
        from openapi_core.datatypes import RequestParameters  # noqa: PLC0415
        from werkzeug.datastructures import Headers, ImmutableMultiDict  # noqa: PLC0415

        self.host_url = asked.host
        self.path = asked.path
        self.method = asked.method.lower()
        self.body = asked.body
        self.content_type = asked.headers.get("content-type", JSON)
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(asked.query)),
            header=Headers(dict(asked.headers)),
            path={},
        )


class _Response:
    """An answer in the shape openapi-core reads."""

    content_type = JSON

    def __init__(self, status: int, body: Any) -> None:
        from werkzeug.datastructures import Headers  # noqa: PLC0415

        self.status_code = status
        self.data = json.dumps(body).encode()
        self.headers = Headers()
