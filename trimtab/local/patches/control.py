"""How does a test or the demo tell the emulator what AWS would simply know?

Adds ``POST /_trimtab/<name>`` with a JSON body and a JSON answer. Other patches register a name
here: an account that joins, recommendations that exist, a function that was last changed weeks
ago. There is no authentication: the emulator listens on the loopback address only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from trimtab.local.patches import target

PREFIX = "/_trimtab/"

_handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def register(name: str, handler: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer ``POST /_trimtab/<name>`` with ``handler``; one handler per name."""
    if name in _handlers:
        raise target.PatchError(
            f"The control name {name!r} is taken twice; rename one of the two patches."
        )
    _handlers[name] = handler


def apply() -> None:
    """Serve the control names ahead of every other route."""
    app = target.module("ministack.app")
    original = target.demand(app, "_handle_post_body_shortcuts", needed_for="the control endpoint")

    async def with_control(
        method: str, path: str, headers: Any, body: bytes, query_params: Any, request_id: str
    ) -> Any:
        if path.startswith(PREFIX):
            return _answer(path.removeprefix(PREFIX), body)
        return await original(method, path, headers, body, query_params, request_id)

    target.replace(
        app, "_handle_post_body_shortcuts", with_control, needed_for="the control endpoint"
    )


def _answer(name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    handler = _handlers.get(name)
    if handler is None:
        return _reply(
            404, {"message": f"No control named {name!r}; known: {', '.join(sorted(_handlers))}."}
        )
    try:
        return _reply(200, handler(json.loads(body or b"{}")))
    except (KeyError, ValueError) as error:
        return _reply(400, {"message": f"Control {name!r} refused its input: {error!r}."})


def _reply(status: int, payload: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(payload).encode()
